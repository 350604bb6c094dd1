//! Answers from the cache: looked for before the first request of a turn, kept after a turn that only looked.

use std::path::{Component, Path};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::driver::{Driver, News, What};
use super::memories::Remembered;
use super::money::beside;
use crate::agent::{Input, Release};
use crate::domain::{
    AnswerLine, AnswerMode, AnswerStats, AnswerTier, Asker, Block, Body, CanonicalRequest, Cost, Event, Live, Message,
    MoneyBody, MoneyNews, Notice, Origin, PriceSource, Purpose, Served, Spent, SpentOn, TierStats, TurnEnd, Usage,
};
use crate::prompt;
use crate::recall::{self, Cache, Cached, Context, Lookup, Meaning, Query};
use crate::usage;

/// Tools whose results depend on nothing but files of the workspace.
const LOOKS: [&str; 4] = ["Read", "Grep", "Glob", "LS"];
/// Entries that `/cache` shows.
const SHOWN: usize = 20;

/// What the driver keeps about cached answers and memories.
#[derive(Default)]
pub(super) struct Recall {
    /// The memory store.
    pub(super) memories: Remembered,
    /// None until it is needed, or when it cannot be used.
    cache: Option<Mutex<Cache>>,
    /// How it is used now; none for what the settings say.
    mode: Option<AnswerMode>,
    broken: bool,
    /// The server of embeddings failed: in this run wording is compared.
    deaf: bool,
    /// What was typed for the turn that runs.
    typed: Option<String>,
    /// The question of this turn, while its answer may still be kept.
    asked: Option<Asked>,
    /// The next prompt goes to the model.
    skip: bool,
    /// The prompt that was last answered from the cache, and the entry that did.
    served: Option<(String, i64)>,
}

/// A question that the model answers.
struct Asked {
    query: Query,
    print: [u8; 32],
    model: String,
    answer: String,
    usage: Usage,
    cost: Cost,
}

/// A look at the workspace is over.
#[derive(Debug)]
pub(super) struct Looked {
    print: Option<[u8; 32]>,
    /// What a server says that the question means; none where none was asked.
    meaning: Option<Result<Meaning, String>>,
    /// The hold that waits for it; none after the turn.
    hold: Option<u32>,
}

impl Driver {
    fn answer_mode(&self) -> AnswerMode {
        if self.stage.rehearsal || self.stage.child.is_some() {
            return AnswerMode::Off;
        }
        self.parts.recall.mode.unwrap_or(self.setup.tuning.recall.mode)
    }

    /// A request is ready. True when the cache is looked at first.
    pub(super) fn recall_looks(&mut self, hold: u32) -> bool {
        let may = self.answer_mode() != AnswerMode::Off
            && !self.parts.recall.broken
            && self.machine.is_first_request()
            && !std::mem::take(&mut self.parts.recall.skip);
        let text = self.parts.recall.typed.clone();
        if !may || text.is_none_or(|text| recall::asks_to_act(&text)) {
            self.parts.recall.asked = None;
            return false;
        }
        self.look_around(Some(hold));
        true
    }

    /// Looks at the workspace beside the driver.
    fn look_around(&self, hold: Option<u32>) {
        let root = self.stage.place.project.clone();
        let (news, epoch) = (self.news.clone(), self.epoch);
        let remote = self.setup.tuning.recall.remote.clone();
        let listens = self.answer_mode() == AnswerMode::Semantic && !self.parts.recall.deaf && hold.is_some();
        let asked = remote.filter(|_| listens).zip(self.parts.recall.typed.clone());
        tokio::spawn(async move {
            let print = tokio::task::spawn_blocking(move || recall::fingerprint(&root));
            let meaning = async {
                match asked {
                    Some((remote, text)) => Some(remote.meaning(text).await),
                    None => None,
                }
            };
            let (print, meaning) = tokio::join!(print, meaning);
            let looked = Looked { print: print.ok().flatten(), meaning, hold };
            let _gone = news.send(News { epoch, what: What::Looked(Box::new(looked)) }).await;
        });
    }

    pub(super) async fn on_looked(&mut self, looked: Looked) {
        let Some(hold) = looked.hold else { return self.keep_answer(looked.print).await };
        let meaning = self.heard(looked.meaning).await;
        let served = match (looked.print, self.machine.pending_request()) {
            (Some(print), Some(canonical)) => self.answer_from_cache(print, meaning, &canonical).await,
            // Without a sure look at the workspace nothing is served and nothing kept.
            _ => None,
        };
        if let Some((served, answer)) = served {
            let release = Release::Answered { served: Box::new(served), answer };
            return self.feed(Input::Released { hold, release }).await;
        }
        self.check_purse(hold).await;
        self.work_inbox().await;
    }

    /// The first failure of a server of embeddings is told, and wording is compared from then on.
    async fn heard(&mut self, meaning: Option<Result<Meaning, String>>) -> Option<Meaning> {
        match meaning? {
            Ok(meaning) => {
                self.meaning_is_paid(&meaning).await;
                Some(meaning)
            }
            Err(error) => {
                self.parts.recall.deaf = true;
                let text = format!("The embeddings of the answer cache did not come: {error}");
                let hint = "in this run questions are compared by their words; see latigo.embeddings in your settings";
                self.notice(Notice::warning(text).hint(hint)).await;
                None
            }
        }
    }

    /// A vector is a request like any other on the bill.
    async fn meaning_is_paid(&mut self, meaning: &Meaning) {
        let Some(remote) = self.setup.tuning.recall.remote.as_ref() else { return };
        let text = self.parts.recall.typed.as_deref().unwrap_or_default();
        let tokens = meaning.tokens.unwrap_or_else(|| usage::estimate(text.len() as u64));
        let cost = remote.price.map(|price| price * tokens as f64 / 1e6);
        let price = if cost.is_some() { PriceSource::Table } else { PriceSource::Unknown };
        let usage = Usage { input: tokens, ..Usage::default() };
        let mut request = beside(Purpose::Embedding, remote.model.clone(), usage, (cost, price));
        request.estimated = meaning.tokens.is_none();
        let who = Asker { turn: self.parts.money.turn_now(), ..Asker::default() };
        self.spent(Spent { who, on: SpentOn::Request(request) }).await;
    }

    async fn answer_from_cache(
        &mut self,
        print: [u8; 32],
        meaning: Option<Meaning>,
        canonical: &CanonicalRequest,
    ) -> Option<(Served, String)> {
        let text = self.parts.recall.typed.clone()?;
        let context = context(canonical, &text, self.machine.conversation().mode.name(), &print)?;
        let query = Query { context, text, meaning };
        let now = self.setup.clock.wall_ms();
        let found = self.cache().map(|cache| cache.look(&query, now))?;
        match found {
            Ok(Lookup::Hit(hit)) => {
                self.parts.recall.asked = None;
                self.parts.recall.served = Some((query.text, hit.entry.id));
                let served = Served {
                    request: 0,
                    tier: hit.tier,
                    similarity: hit.similarity,
                    age_ms: hit.age_ms,
                    asked: hit.entry.text.clone(),
                    entry: hit.entry.id,
                };
                Some((served, hit.entry.answer.clone()))
            }
            Ok(Lookup::Miss) => {
                let model = canonical.model.to_string();
                let asked =
                    Asked { query, print, model, answer: String::new(), usage: Usage::default(), cost: Some(0.0) };
                self.parts.recall.asked = Some(asked);
                None
            }
            Ok(Lookup::Passed) => None,
            Err(error) => {
                self.cache_is_broken(&error.to_string()).await;
                None
            }
        }
    }

    /// Something is on record: whether the answer can be kept, and what it is.
    pub(super) fn recall_hears(&mut self, body: &Body) {
        let recall = &mut self.parts.recall;
        match body {
            Body::Prompted { origin, typed, message, .. } if *origin != Origin::Harness => {
                let image = message.blocks.iter().any(|block| matches!(block, Block::Image(_) | Block::Document(_)));
                let own = matches!(origin, Origin::Typed | Origin::Queued | Origin::Headless) && !image;
                recall.typed = typed.clone().filter(|text| own && !text.trim().is_empty());
                recall.served = None;
            }
            // What joins a running turn is a question of its own.
            Body::Prompted { .. } => recall.asked = None,
            Body::Responded(note) => {
                let project = &self.stage.place.project;
                let looks =
                    note.message.calls().all(|call| LOOKS.contains(&call.name.as_str()) && stays(&call.input, project));
                if !looks || note.cut {
                    recall.asked = None;
                }
                if let Some(asked) = &mut recall.asked {
                    asked.answer = note.message.text();
                    asked.usage += note.usage;
                    asked.cost = asked.cost.zip(note.cost).map(|(sum, cost)| sum + cost);
                }
            }
            Body::CallDone { result, .. } if result.is_error => recall.asked = None,
            Body::TurnEnded { end, .. } => {
                if *end != TurnEnd::Done {
                    recall.asked = None;
                }
                if recall.asked.is_some() {
                    self.look_around(None);
                }
            }
            _ => {}
        }
    }

    /// The turn is over and the workspace was looked at again: an answer about what has changed meanwhile is not kept.
    async fn keep_answer(&mut self, print: Option<[u8; 32]>) {
        let Some(asked) = self.parts.recall.asked.take().filter(|asked| Some(asked.print) == print) else { return };
        let now = self.setup.clock.wall_ms();
        let cached = Cached { answer: &asked.answer, model: &asked.model, usage: asked.usage, cost: asked.cost };
        let kept = self.cache().map(|cache| cache.keep(&asked.query, cached, now));
        if let Some(Err(error)) = kept {
            self.cache_is_broken(&error.to_string()).await;
        }
    }

    /// The engine closes: the answer of the last turn is kept before that.
    pub(super) async fn settle_answer(&mut self) {
        if self.parts.recall.asked.is_none() || self.machine.is_busy() {
            return;
        }
        let root = self.stage.place.project.clone();
        let print = tokio::task::spawn_blocking(move || recall::fingerprint(&root)).await.ok().flatten();
        self.keep_answer(print).await;
    }

    /// The person wants the model's answer after all.
    pub(super) async fn ask_afresh(&mut self) {
        if self.machine.is_busy() {
            return self.notice(Notice::info("A turn runs; ask when it is over.")).await;
        }
        let Some((text, entry)) = self.parts.recall.served.take() else {
            return self.notice(Notice::info("The last answer was not from the cache.")).await;
        };
        if let Some(Err(error)) = self.cache().map(|cache| cache.store().forget(entry)) {
            self.cache_is_broken(&error.to_string()).await;
        }
        self.feed(Input::Note(Body::Money(MoneyBody::Discarded))).await;
        self.parts.recall.skip = true;
        self.on_prompt(crate::domain::Input { text, images: Vec::new() }).await;
    }

    /// Answers `/cache`.
    pub(super) async fn report_answers(&mut self) {
        let (mode, now) = (self.answer_mode(), self.setup.clock.wall_ms());
        let read = |cache: &Cache| -> Result<AnswerStats, recall::Error> {
            let mut stats = AnswerStats { mode, entries: cache.store().len(now)?, ..AnswerStats::default() };
            for tier in [AnswerTier::Exact, AnswerTier::Semantic] {
                let counter = cache.store().counter(tier)?;
                let recall::Counter { hits, misses, saved, tokens } = counter;
                stats.tiers.push(TierStats { tier, hits, misses, saved, tokens });
            }
            let line = |entry: recall::Entry| AnswerLine {
                text: entry.text,
                age_ms: now.saturating_sub(entry.at),
                hits: entry.hits,
            };
            stats.newest = cache.store().list(now, SHOWN)?.into_iter().map(line).collect();
            Ok(stats)
        };
        let stats = match self.cache().map(|cache| read(&cache)) {
            Some(Ok(stats)) => stats,
            Some(Err(error)) => {
                self.cache_is_broken(&error.to_string()).await;
                AnswerStats::default()
            }
            None => AnswerStats { mode, ..AnswerStats::default() },
        };
        self.tell(Event::Live(Live::Money(MoneyNews::Answers(Box::new(stats))))).await;
    }

    /// Uses other tiers from now on, in this run.
    pub(super) async fn set_answers(&mut self, mode: AnswerMode) {
        self.parts.recall.mode = Some(mode);
        self.parts.recall.cache = None;
        self.notice(Notice::info(format!("The answer cache is {} in this run.", mode.name()))).await;
        self.report_answers().await;
    }

    /// Takes all answers out.
    pub(super) async fn clear_answers(&mut self) {
        let notice = match self.cache().map(|cache| cache.store().clear()) {
            Some(Ok(count)) => Notice::info(format!("{count} answers were taken out of the cache.")),
            Some(Err(error)) => Notice::warning(error.to_string()),
            None => Notice::info("There is no answer cache."),
        };
        self.notice(notice).await;
        self.report_answers().await;
    }

    /// The cache, opened when it is first needed.
    fn cache(&mut self) -> Option<MutexGuard<'_, Cache>> {
        let mode = self.answer_mode();
        if self.parts.recall.cache.is_none() && !self.parts.recall.broken {
            let recall::Setting { file, days, .. } = &self.setup.tuning.recall;
            let store = file.as_ref().map(|file| recall::Store::open(file))?;
            match store {
                Ok(store) => self.parts.recall.cache = Some(Mutex::new(Cache::new(store, mode, *days))),
                Err(error) => {
                    tracing::warn!(%error, "the answer cache cannot be opened");
                    self.parts.recall.broken = true;
                }
            }
        }
        // Nobody holds it over a wait; whoever broke down with it has only read or added rows.
        self.parts.recall.cache.as_ref().map(|cache| cache.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn cache_is_broken(&mut self, error: &str) {
        self.parts.recall.broken = true;
        self.parts.recall.cache = None;
        self.notice(Notice::warning(format!("{error}. Answers come from the model."))).await;
    }
}

/// Everything but the question that its answer depends on; none when the request does not end with the prompt.
fn context(canonical: &CanonicalRequest, typed: &str, mode: &str, print: &[u8; 32]) -> Option<Context> {
    let (last, before) = canonical.segments.split_last()?;
    let message: &Message = last.as_message()?;
    let mut parts: Vec<Vec<u8>> = vec![
        canonical.model.to_string().into_bytes(),
        format!("{:?} {mode}", (canonical.sampling.effort, canonical.sampling.thinking)).into_bytes(),
        print.to_vec(),
    ];
    parts.extend(before.iter().map(|segment| segment.hash.0.to_vec()));
    for block in &message.blocks {
        // What was typed is the question; the date is told with every first prompt.
        let plain = matches!(block, Block::Text { text } if text == typed || prompt::is_first_prompt(text));
        if !plain {
            parts.push(serde_json::to_vec(block).ok()?);
        }
    }
    Some(Context::of(parts.iter().map(Vec::as_slice)))
}

/// A call looks only at what the fingerprint of the workspace covers.
fn stays(input: &serde_json::Value, project: &Path) -> bool {
    let path = ["file_path", "path"].iter().find_map(|key| input.get(*key)).and_then(serde_json::Value::as_str);
    path.is_none_or(|path| {
        let path = Path::new(path);
        let inside = path.is_relative() || path.starts_with(project);
        inside
            && path.components().all(|part| match part {
                Component::ParentDir => false,
                Component::Normal(name) => !recall::is_left_out(name),
                _ => true,
            })
    })
}
