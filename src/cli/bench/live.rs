//! `--live`: the same benches with what a real provider counts, caches and charges instead of our own arithmetic.
//!
//! The session stays scripted. Each of its requests is sent to the configured model too, which may say next to nothing;
//! the usage that comes back is the one that counts. It costs money, so the sum stands under the table.

use std::sync::Arc;

use serde_json::json;
use tokio::runtime::Runtime;

use super::Finding;
use crate::base::text::{exact_cost, human_tokens};
use crate::cli::model::{Asked, ModelWish, Place, Said, ask, cost};
use crate::domain::{CanonicalRequest, Message, Sampling, Segment, Usage};
use crate::recall::{Meaning, Remote};

/// Tokens that the model may say where only its count is wanted. Some endpoints refuse less.
const WORDS: u32 = 16;
/// Tokens of an answer that is kept.
const ANSWER: u32 = 1_024;
/// What is sent to learn what a request with nothing in it has.
const NOTHING: &str = "a";

/// A model that is really asked.
pub(in crate::cli) struct Live {
    runtime: Runtime,
    asked: Asked,
    /// Who tells what a question means, as the settings say.
    meanings: Option<Remote>,
    /// Tokens of a request with nothing in it.
    empty: Option<u64>,
    requests: u32,
    spent: Usage,
}

impl Live {
    /// The model that the settings or the command line name. The error is a sentence for the person.
    pub(super) fn open(wish: &ModelWish) -> Result<Self, String> {
        let runtime = runtime()?;
        let place = runtime.block_on(Place::survey(wish))?;
        let asked = place.model()?;
        let meanings = place.setup.tuning.recall.remote.clone();
        Ok(Self { meanings, ..Self::of(runtime, asked) })
    }

    fn of(runtime: Runtime, asked: Asked) -> Self {
        Self { runtime, asked, meanings: None, empty: None, requests: 0, spent: Usage::default() }
    }

    #[cfg(test)]
    pub(super) fn with(asked: Asked) -> Result<Self, String> {
        Ok(Self::of(runtime()?, asked))
    }

    /// What the provider counts of a request of the scripted session.
    pub(super) fn usage(&mut self, canonical: &CanonicalRequest) -> Result<Usage, String> {
        let sampling = Sampling { max_output: WORDS, effort: None, thinking: false };
        let (model, info, _) = &self.asked;
        let request = CanonicalRequest {
            model: model.clone(),
            info: Arc::clone(info),
            sampling,
            ..CanonicalRequest::clone(canonical)
        };
        Ok(self.say(request)?.usage)
    }

    /// Tokens of a text as the provider counts them.
    pub(super) fn tokens(&mut self, text: &str) -> Result<u64, String> {
        let empty = match self.empty {
            Some(empty) => empty,
            None => self.text(NOTHING, WORDS)?.usage.prompt(),
        };
        self.empty = Some(empty);
        // The text of an empty request has one token itself.
        Ok((self.text(text, WORDS)?.usage.prompt() + 1).saturating_sub(empty))
    }

    /// An answer, what it took and what that costs.
    pub(super) fn answer(&mut self, text: &str) -> Result<(String, Usage, Option<f64>), String> {
        let said = self.text(text, ANSWER)?;
        let words = said.blocks.iter().filter_map(|block| match block {
            crate::domain::Block::Text { text } => Some(text.as_str()),
            _ => None,
        });
        let price = cost(&self.asked.1, &said.usage);
        Ok((words.collect::<Vec<_>>().join("\n"), said.usage, price))
    }

    /// What a server of embeddings says of a text; none where none is configured.
    pub(super) fn meaning(&self, text: &str) -> Result<Option<Meaning>, String> {
        let Some(remote) = &self.meanings else { return Ok(None) };
        self.runtime.block_on(remote.meaning(text.to_owned())).map(Some)
    }

    /// Adds to what was found who was asked, and what that came to.
    pub(super) fn tell(&self, finding: &mut Finding) {
        let (model, info, _) = &self.asked;
        let price = cost(info, &self.spent);
        let told = price.map_or_else(|| "of unknown price".to_owned(), exact_cost);
        let (prompt, output) = (human_tokens(self.spent.prompt()), human_tokens(self.spent.output));
        finding.table.note(format!(
            "live: {} requests to {model}, {prompt} tokens sent and {output} said, {told}.",
            self.requests
        ));
        let live = json!({
            "model": model.to_string(), "requests": self.requests, "input_tokens": self.spent.prompt(),
            "output_tokens": self.spent.output, "cost_usd": price,
        });
        finding.fields.insert("live".to_owned(), live);
    }

    fn text(&mut self, text: &str, max_output: u32) -> Result<Said, String> {
        let (model, info, _) = &self.asked;
        let message = Segment::message("text", Arc::new(Message::user(text.to_owned())));
        let request = CanonicalRequest {
            model: model.clone(),
            info: Arc::clone(info),
            segments: vec![Arc::new(message)],
            marks: Vec::new(),
            sampling: Sampling { max_output: max_output.min(info.max_output), effort: None, thinking: false },
            session_key: "bench".to_owned(),
        };
        self.say(request)
    }

    fn say(&mut self, request: CanonicalRequest) -> Result<Said, String> {
        let said = self.runtime.block_on(ask(&self.asked.2, &Arc::new(request)))?;
        self.requests += 1;
        self.spent += said.usage;
        Ok(said)
    }
}

fn runtime() -> Result<Runtime, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("the system gives no threads: {error}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Mutex;

    use futures::future::BoxFuture;
    use tokio::sync::mpsc;

    use super::super::ALL;
    use super::*;
    use crate::domain::{Block, ErrorKind, ModelError, ModelInfo, ModelRef, StopReason, StreamItem, Wire};
    use crate::provider::Provider;

    /// Counts each request as 90 tokens read and 10 sent, or refuses.
    #[derive(Debug, Default)]
    struct Counting {
        heard: Mutex<Vec<Arc<CanonicalRequest>>>,
        refuses: bool,
    }

    impl Provider for Counting {
        fn wire(&self) -> Wire {
            Wire::Anthropic
        }

        fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem> {
            self.heard.lock().unwrap().push(request);
            let (send, receive) = mpsc::channel(2);
            let usage = Usage { input: 10, cache_read: 90, output: 2, ..Usage::default() };
            let items = if self.refuses {
                vec![StreamItem::Failed(ModelError::new(ErrorKind::Auth, "no such key"))]
            } else {
                let block = Block::Text { text: "well".into() };
                let done = StreamItem::Done { stop: StopReason::MaxTokens, usage: Some(usage) };
                vec![StreamItem::BlockDone { index: 0, block }, done]
            };
            for item in items {
                send.try_send(item).unwrap();
            }
            receive
        }

        fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    fn live(refuses: bool) -> (Live, Arc<Counting>) {
        let provider = Arc::new(Counting { refuses, ..Counting::default() });
        let model = ModelRef::new(Wire::Anthropic, "claude-sonnet-5-5");
        let info = crate::usage::ModelTable::built_in().find("claude-sonnet-5-5").unwrap();
        let asked = (model, Arc::new(info), Arc::clone(&provider) as Arc<dyn Provider>);
        (Live::with(asked).unwrap(), provider)
    }

    #[test]
    fn every_bench_takes_what_the_provider_counts() {
        for bench in ALL {
            let (mut live, provider) = live(false);
            let mut finding = (bench.run)(bench.built_in, Some(&mut live)).unwrap();
            live.tell(&mut finding);
            let heard = provider.heard.lock().unwrap();
            assert_eq!(finding.fields["live"]["requests"], json!(heard.len()), "{}", bench.name);
            assert!(heard.iter().all(|request| request.model.id == "claude-sonnet-5-5"));
            assert!(finding.table.to_string().contains("live: "), "{}", finding.table);
            let fields = &finding.fields;
            match bench.name {
                "prompt-cache" => {
                    assert!((fields["hit_rate"].as_f64().unwrap() - 0.9).abs() < 1e-9);
                    assert!(
                        heard.iter().all(|request| request.sampling.max_output == WORDS && !request.marks.is_empty())
                    );
                }
                "compaction" => assert_eq!(fields["max_tokens"], 100),
                "cache" => assert_eq!((heard.len(), &fields["misses"]), (11, &json!(11))),
                // Every text has the tokens of an empty one.
                "toon" => assert_eq!(fields["toon_tokens"], 5),
                _ => assert_eq!(fields["parent_tokens"], 1),
            }
        }
    }

    #[test]
    fn a_provider_that_refuses_ends_the_bench_with_its_words() {
        for bench in ALL {
            let (mut live, provider) = live(true);
            let problem = (bench.run)(bench.built_in, Some(&mut live)).err().unwrap();
            assert!(problem.contains("no such key"), "{}: {problem}", bench.name);
            assert_eq!(provider.heard.lock().unwrap().len(), 1, "{}", bench.name);
        }
    }
}
