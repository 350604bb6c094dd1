//! The context at work: orders of the person about it, the price of a change before it is made, outputs kept where
//! they can be read back.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::driver::Driver;
use crate::agent::{Input, Later};
use crate::domain::{
    Block, Body, BreakCause, Choice, ContextBody, ContextNews, ContextRequest, Effort, Event, ItemKey, Live, ModelRef,
    Notice, PriceQuestion, Segment, SegmentBody, Shown,
};
use crate::tools;

/// Tokens from which on the loss of a cached prefix is worth a question.
const ASK_FROM: u64 = 4_000;

/// What waits for the person's word.
#[derive(Debug, Default)]
pub(super) struct Prefixes {
    pending: Option<Pending>,
}

/// A change that breaks the prefix.
#[derive(Clone, Debug)]
pub(super) enum Pending {
    Model { model: ModelRef, effort: Option<Effort> },
    Prefix { prefix: Vec<Arc<Segment>>, why: String },
}

impl Driver {
    pub(super) async fn on_context(&mut self, request: ContextRequest) {
        match request {
            ContextRequest::Inspect => self.inspect().await,
            ContextRequest::ShowBreak { request } => self.show_break(request).await,
            ContextRequest::Read { item } => self.read_item(&item).await,
            ContextRequest::Pin { item, label, on } => {
                self.feed(Input::Note(Body::Context(ContextBody::Pinned { item, label, on }))).await;
            }
            ContextRequest::Eject { item, label, on, when } => {
                self.feed(Input::Note(Body::Context(ContextBody::Ejected { item, label, on, when }))).await;
            }
            ContextRequest::Accept { summary } => self.feed(Input::AcceptSummary { summary }).await,
            ContextRequest::Discard => self.feed(Input::DiscardSummary).await,
            ContextRequest::Undo => self.feed(Input::UndoCompaction).await,
            ContextRequest::Decide(choice) => self.decide(choice).await,
        }
    }

    /// The person chose a model or an effort. True when its price is asked about first.
    pub(super) async fn switch_is_dear(&mut self, model: &ModelRef, effort: Option<Effort>) -> bool {
        let now = self.setup.clock.wall_ms();
        let current = self.machine.model().map(|(model, _)| model.clone());
        let same = current.as_ref() == Some(model);
        if same && self.machine.conversation().effort == effort {
            return false;
        }
        let info = self.setup.table.find(&model.id).unwrap_or_else(|| crate::domain::ModelInfo::unknown(&model.id));
        let (tokens, cost) = self.machine.price_of_switch(model, &info, now);
        let (what, cause) = if same {
            (format!("change the effort to {}", effort.map_or("the default", Effort::name)), BreakCause::Effort)
        } else {
            (format!("switch to {}", model.id), BreakCause::Model)
        };
        let pending = Pending::Model { model: model.clone(), effort };
        self.ask_price(PriceQuestion { what, cause, tokens, cost }, pending).await
    }

    /// Puts another fixed part in place: at once where that costs little or nobody can be asked, else after the person
    /// has seen the price.
    pub(super) async fn offer_prefix(&mut self, prefix: Vec<Arc<Segment>>, (why, cause): (String, BreakCause)) {
        let now = self.setup.clock.wall_ms();
        let before = self.machine.prefix();
        let kept = before.iter().zip(&prefix).take_while(|(a, b)| a.hash == b.hash).count();
        let (tokens, cost) = self.machine.price_of_break(kept, now);
        let question = PriceQuestion { what: format!("take in a change ({why})"), cause, tokens, cost };
        let pending = Pending::Prefix { prefix: prefix.clone(), why: why.clone() };
        if kept == before.len() && kept == prefix.len() || self.ask_price(question, pending).await {
            return;
        }
        self.machine.set_prefix(prefix, &why);
    }

    async fn ask_price(&mut self, question: PriceQuestion, pending: Pending) -> bool {
        if !self.setup.interactive || question.tokens < ASK_FROM {
            return false;
        }
        self.parts.prefixes.pending = Some(pending);
        self.tell(Event::Live(Live::Context(ContextNews::Price(Box::new(question))))).await;
        true
    }

    async fn decide(&mut self, choice: Choice) {
        let Some(pending) = self.parts.prefixes.pending.take() else { return };
        match (choice, pending) {
            (Choice::Never, _) => {}
            (Choice::Now, Pending::Model { model, effort }) => self.switch_model(model, effort).await,
            (Choice::Now, Pending::Prefix { prefix, why }) => {
                self.machine.set_prefix(prefix, &why);
                self.work_inbox().await;
            }
            (Choice::Later, Pending::Model { model, effort }) => {
                let info = self.setup.table.find(&model.id);
                let info = Arc::new(info.unwrap_or_else(|| crate::domain::ModelInfo::unknown(&model.id)));
                self.feed(Input::Later(Later::Model { model, info, effort })).await;
            }
            (Choice::Later, Pending::Prefix { prefix, why }) => {
                self.feed(Input::Later(Later::Prefix { prefix, why })).await;
            }
        }
    }

    /// Tells the two texts of the segment that broke the prefix.
    async fn show_break(&mut self, request: u32) {
        let Some(texts) = self.texts_of_break(request).or_else(|| self.kept_break(request)) else {
            let text = "No texts are kept of what broke the cache then: nothing of ours changed.";
            return self.notice(Notice::info(text).hint("/cache lists all breaks")).await;
        };
        let BreakTexts { label, before, after } = texts;
        let diff = tools::compare(&label, before.as_deref(), &after);
        let news = ContextNews::Break { request, label, shown: Shown::Diff(vec![diff]) };
        self.tell(Event::Live(Live::Context(news))).await;
    }

    /// The same texts while the machine knows them, without keys.
    fn texts_of_break(&self, request: u32) -> Option<BreakTexts> {
        let evidence = self.machine.evidence(request)?;
        let label = evidence.after.as_ref().or(evidence.before.as_ref())?.label.clone();
        let text = |segment: &Option<Arc<Segment>>| {
            segment.as_ref().map(|segment| self.setup.secrets.text(&plain(segment)).into_owned())
        };
        Some(BreakTexts { label, before: text(&evidence.before), after: text(&evidence.after).unwrap_or_default() })
    }

    /// The same from the file beside the outputs, after another start.
    fn kept_break(&self, request: u32) -> Option<BreakTexts> {
        let path = self.setup.store.outputs(self.session).join(break_file(request));
        let small = path.metadata().is_ok_and(|metadata| metadata.len() <= BREAK_BYTES);
        small.then(|| std::fs::read(path).ok()).flatten().and_then(|bytes| serde_json::from_slice(&bytes).ok())
    }

    /// The texts of a break are kept, so that another start can show them.
    pub(super) async fn keep_break(&mut self, body: &Body) {
        let Body::CacheBroken(found) = body else { return };
        let texts = self.texts_of_break(found.request).and_then(|texts| serde_json::to_string(&texts).ok());
        if let Some(texts) = texts.filter(|texts| texts.len() as u64 <= BREAK_BYTES) {
            let folder = self.setup.store.outputs(self.session);
            self.keep_outputs(&folder, vec![(break_file(found.request), texts)]).await;
        }
    }

    async fn read_item(&mut self, item: &ItemKey) {
        let conversation = self.machine.conversation();
        let found = match item {
            ItemKey::Fixed { kind, label } => self
                .machine
                .prefix()
                .iter()
                .find(|segment| segment.kind == *kind && segment.label == *label)
                .map(|segment| (label.clone(), plain(segment))),
            ItemKey::Message(hash) => conversation
                .history
                .iter()
                .find(|segment| segment.hash == *hash)
                .and_then(|segment| Some((segment.label.clone(), words(segment.as_message()?)))),
            ItemKey::Result(id) => {
                let blocks = conversation.history.iter().filter_map(|segment| segment.as_message());
                let mut blocks = blocks.flat_map(|message| &message.blocks);
                blocks.find_map(|block| match block {
                    Block::ToolResult(result) if result.call_id == *id => {
                        let names = super::report::call_names(&conversation.history);
                        Some((names.get(id).cloned().unwrap_or_else(|| id.clone()), result.joined()))
                    }
                    _ => None,
                })
            }
        };
        match found {
            Some((label, text)) => {
                let text = self.setup.secrets.text(&text).into_owned();
                self.tell(Event::Live(Live::Context(ContextNews::Item { label, text }))).await;
            }
            None => self.notice(Notice::info("That is not in the context any more.")).await,
        }
    }

    /// Writes whole outputs, once each. A full disk costs the text, not the turn.
    pub(super) async fn keep_outputs(&mut self, folder: &Path, files: Vec<(String, String)>) {
        for (name, text) in files {
            let text = self.setup.secrets.text(&text).into_owned();
            if let Err(error) = write_once(folder, &name, &text) {
                let text = format!("{}: {error}; that output cannot be read back", folder.join(name).display());
                return self.notice(Notice::warning(text)).await;
            }
        }
    }
}

/// The texts of the segment that broke a prefix, as they are kept.
#[derive(Debug, Serialize, Deserialize)]
struct BreakTexts {
    label: String,
    before: Option<String>,
    after: String,
}

/// Bytes of such a file.
const BREAK_BYTES: u64 = 4 << 20;

fn break_file(request: u32) -> String {
    format!("break-{request}.json")
}

/// A segment as a text that people can compare.
pub(super) fn plain(segment: &Segment) -> String {
    match &segment.body {
        SegmentBody::Tool(spec) => serde_json::to_string_pretty(&**spec).unwrap_or_default(),
        SegmentBody::System(text) | SegmentBody::Memory(text) => text.to_string(),
        SegmentBody::Message(message) => words(message),
    }
}

/// All blocks of a message, one below the other.
fn words(message: &crate::domain::Message) -> String {
    let blocks: Vec<String> = message.blocks.iter().map(super::report::block_text).collect();
    blocks.join("\n\n")
}

fn write_once(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let path = folder.join(name);
    if path.exists() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
