//! A session without a network: the real machine, fed with what a scripted model answers and scripted tools return,
//! against a cache that keeps to the published rules.
//!
//! Tokens are counted by `o200k_base`, text by text, as a provider would count them, and reported as usage, so that
//! the machine plans with figures of the same kind as in a real session.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::live::Live;

use crate::agent::{Effect, Input, Machine, Prompt, Settings};
use crate::domain::{
    Because, BecauseKind, Block, CanonicalRequest, Decision, Hash, ModelInfo, ModelRef, Segment, SegmentBody,
    StopReason, StreamItem, ToolCall, ToolOutcome, Usage, Verdict, Wire,
};
use crate::usage::{Counter, Tiktoken};

/// Blocks that a read looks back from a mark, and tokens that a prefix must have.
const LOOK_BACK: usize = 20;
const LEAST: u64 = 1_024;
/// Milliseconds between two requests.
const PACE: u64 = 10_000;
/// What the scripted model says when it is asked for a summary: as little as a poor model says.
const SUMMARY: &str = "## Goal\nThe work on the project goes on.\n## Open\nThe next step.";

/// A call of a workload.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Call {
    pub tool: String,
    #[serde(default)]
    pub input: Value,
    #[serde(default)]
    pub output: Output,
}

/// What a call returns: a text, or so many lines in each of which `{n}` is the line's number.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Output {
    Lines { line: String, count: u32 },
    Any(Value),
}

impl Default for Output {
    fn default() -> Self {
        Self::Any(Value::Null)
    }
}

impl Output {
    pub fn text(&self) -> String {
        match self {
            Self::Lines { line, count } => {
                let lines: Vec<String> = (1..=*count).map(|n| line.replace("{n}", &n.to_string())).collect();
                lines.join("\n")
            }
            Self::Any(Value::String(text)) => text.clone(),
            Self::Any(Value::Null) => String::new(),
            Self::Any(other) => other.to_string(),
        }
    }
}

/// What was sent once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub usage: Usage,
    pub summary: bool,
}

/// The session.
pub(super) struct Play<'l> {
    machine: Machine,
    counter: Tiktoken,
    counted: HashMap<Hash, u64>,
    cache: HashSet<Hash>,
    now: u64,
    calls: u32,
    outputs: HashMap<String, String>,
    /// The request that waits for its answer.
    open: Option<(u32, Arc<CanonicalRequest>)>,
    pub sent: Vec<Sent>,
    /// The model that is asked too.
    live: Option<&'l mut Live>,
    /// Why it is asked no more.
    problem: Option<String>,
    /// The last request of the conversation.
    pub last: Option<Arc<CanonicalRequest>>,
}

impl<'l> Play<'l> {
    /// A session of a model with a window of `window` tokens.
    pub fn new(
        settings: Settings,
        prefix: Vec<Arc<Segment>>,
        window: u32,
        live: Option<&'l mut Live>,
    ) -> Result<Self, String> {
        let mut machine = Machine::new(settings, prefix, "bench".to_owned(), []);
        let info = ModelInfo { window, max_output: (window / 4).max(1), ..ModelInfo::unknown("scripted") };
        let model = ModelRef::new(Wire::Replay, "scripted");
        machine.set_outputs("/outputs".into());
        let _records = machine.handle(Input::SetModel { model, info: Arc::new(info), effort: None }, 0);
        Ok(Self {
            machine,
            counter: Tiktoken::load()?,
            counted: HashMap::new(),
            cache: HashSet::new(),
            now: 0,
            calls: 0,
            outputs: HashMap::new(),
            open: None,
            sent: Vec::new(),
            live,
            problem: None,
            last: None,
        })
    }

    /// The person says something; the request goes out.
    pub fn say(&mut self, text: &str) {
        self.feed(Input::Prompt(Prompt::typed(text)));
        self.pass_summaries();
    }

    /// The model answers with words and calls, which are run, and the next request goes out.
    pub fn answer(&mut self, words: &str, calls: &[Call]) {
        let Some((request, canonical)) = self.open.take() else { return };
        let mut blocks = Vec::new();
        if !words.trim().is_empty() {
            blocks.push(Block::Text { text: words.to_owned() });
        }
        for call in calls {
            self.calls += 1;
            let id = format!("call_{}", self.calls);
            self.outputs.insert(id.clone(), call.output.text());
            let input = if call.input.is_object() { call.input.clone() } else { serde_json::json!({}) };
            blocks.push(Block::ToolCall(ToolCall { id, name: call.tool.clone(), input }));
        }
        let output: u64 = blocks.iter().map(|block| self.block(block)).sum();
        self.last = Some(Arc::clone(&canonical));
        let stop = if calls.is_empty() { StopReason::EndTurn } else { StopReason::ToolUse };
        self.end(request, (&canonical, false), blocks, (stop, output));
        self.pass_summaries();
    }

    /// Whether the model that is asked too answered everything. The error is a sentence for the person.
    pub fn check(&self) -> Result<(), String> {
        self.problem.clone().map_or(Ok(()), Err)
    }

    /// Tokens of a text.
    pub fn count(&self, text: &str) -> u64 {
        self.counter.count(text) as u64
    }

    /// Tokens of everything that the last request of the conversation sent.
    pub fn last_tokens(&mut self) -> u64 {
        self.last.clone().map_or(0, |canonical| canonical.segments.iter().map(|segment| self.tokens(segment)).sum())
    }

    /// What was put on record stays in the machine; what it asks for is done here.
    fn feed(&mut self, input: Input) {
        let mut inbox = VecDeque::from([input]);
        while let Some(input) = inbox.pop_front() {
            let effects = self.machine.handle(input, self.now);
            inbox.extend(effects.into_iter().filter_map(|effect| self.perform(effect)));
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Send { request, canonical } => {
                self.open = Some((request, canonical));
                None
            }
            Effect::Judge(call) => Some(Input::Judged { call_id: call.id, verdict: allowed() }),
            Effect::Run(call) => {
                let text = self.outputs.remove(&call.id).unwrap_or_default();
                let outcome = Box::new(ToolOutcome::text(text, "ok"));
                Some(Input::CallDone { call_id: call.id, outcome, duration_ms: 1 })
            }
            _ => None,
        }
    }

    /// Answers requests for a summary, poorly.
    fn pass_summaries(&mut self) {
        while let Some((request, canonical)) =
            self.open.take_if(|(_, canonical)| canonical.segments.last().is_some_and(|s| s.label == "summary request"))
        {
            let blocks = vec![Block::Text { text: SUMMARY.to_owned() }];
            let output = self.count(SUMMARY);
            self.end(request, (&canonical, true), blocks, (StopReason::EndTurn, output));
        }
    }

    fn end(
        &mut self,
        request: u32,
        (canonical, summary): (&CanonicalRequest, bool),
        blocks: Vec<Block>,
        (stop, output): (StopReason, u64),
    ) {
        self.now += PACE;
        let usage = Usage { output, ..self.charged(canonical) };
        self.sent.push(Sent { usage, summary });
        for (index, block) in blocks.into_iter().enumerate() {
            self.feed(Input::Stream { request, item: StreamItem::BlockDone { index: index as u32, block } });
        }
        self.feed(Input::Stream { request, item: StreamItem::Done { stop, usage: Some(usage) } });
    }

    /// What a provider counts of a request: the one that is asked, or one that keeps to the published rules.
    fn charged(&mut self, canonical: &CanonicalRequest) -> Usage {
        let planned = self.cached(canonical);
        let Some(live) = self.live.as_mut().filter(|_| self.problem.is_none()) else { return planned };
        live.usage(canonical).unwrap_or_else(|problem| {
            self.problem = Some(problem);
            planned
        })
    }

    /// What the cache serves and takes of a request: entries at marks only, short prefixes not at all, a read looks
    /// back so many blocks.
    fn cached(&mut self, canonical: &CanonicalRequest) -> Usage {
        let mut ends: Vec<(Hash, u64, bool)> = Vec::new();
        let (mut name, mut sum) = (Hash::of(canonical.model.id.as_bytes()), 0);
        for (index, segment) in canonical.segments.iter().enumerate() {
            let marked = canonical.marks.iter().any(|mark| mark.segment == index);
            let pieces = self.pieces(segment);
            for (place, (hash, tokens)) in pieces.iter().enumerate() {
                name = name.chain(*hash);
                sum += tokens;
                ends.push((name, sum, marked && place + 1 == pieces.len()));
            }
        }
        let marks: Vec<usize> = ends.iter().enumerate().filter(|(_, end)| end.2).map(|(index, _)| index).collect();
        let hit = marks.iter().rev().find_map(|mark| {
            (mark.saturating_sub(LOOK_BACK - 1)..=*mark)
                .rev()
                .find(|index| ends.get(*index).is_some_and(|(name, ..)| self.cache.contains(name)))
        });
        let read = hit.and_then(|index| ends.get(index)).map_or(0, |end| end.1);
        let mut written = read;
        for (name, tokens, _) in marks.iter().filter_map(|mark| ends.get(*mark)).filter(|end| end.1 >= LEAST) {
            self.cache.insert(*name);
            written = written.max(*tokens);
        }
        Usage { cache_read: read, cache_write_5m: written - read, input: sum - written, ..Usage::default() }
    }

    /// The blocks of a segment as a cache sees them, with their tokens.
    fn pieces(&mut self, segment: &Segment) -> Vec<(Hash, u64)> {
        match &segment.body {
            SegmentBody::Message(message) => message
                .blocks
                .iter()
                .map(|block| {
                    let bytes = serde_json::to_vec(&(message.role, block)).unwrap_or_default();
                    (Hash::of(&bytes), self.block(block))
                })
                .collect(),
            _ => vec![(segment.hash, self.tokens(segment))],
        }
    }

    fn tokens(&mut self, segment: &Segment) -> u64 {
        if let Some(tokens) = self.counted.get(&segment.hash) {
            return *tokens;
        }
        let tokens = match &segment.body {
            SegmentBody::Tool(spec) => self.count(&serde_json::to_string(&**spec).unwrap_or_default()),
            SegmentBody::System(text) | SegmentBody::Memory(text) => self.count(text),
            SegmentBody::Message(message) => message.blocks.iter().map(|block| self.block(block)).sum(),
        };
        self.counted.insert(segment.hash, tokens);
        tokens
    }

    /// Tokens of a block.
    pub fn block(&self, block: &Block) -> u64 {
        match block {
            Block::Text { text } | Block::Thinking { text, .. } => self.count(text),
            Block::ToolCall(call) => self.count(&call.name) + self.count(&call.input.to_string()),
            Block::ToolResult(result) => self.count(&result.joined()),
            Block::Opaque { .. } | Block::Image(_) | Block::Document(_) => 0,
        }
    }
}

/// Whether every call of a request has its result right behind it.
#[cfg(test)]
pub(super) fn paired(canonical: &CanonicalRequest) -> bool {
    let messages: Vec<&Arc<crate::domain::Message>> =
        canonical.segments.iter().filter_map(|segment| segment.as_message()).collect();
    messages.iter().enumerate().all(|(index, message)| {
        let asked: Vec<&str> = message.calls().map(|call| call.id.as_str()).collect();
        let answered: Vec<&str> = messages.get(index + 1).map_or_else(Vec::new, |next| {
            next.blocks
                .iter()
                .filter_map(|block| match block {
                    Block::ToolResult(result) => Some(result.call_id.as_str()),
                    _ => None,
                })
                .collect()
        });
        asked == answered
    })
}

fn allowed() -> Verdict {
    let because = Because::new(BecauseKind::Rule, "a bench allows everything");
    Verdict { decision: Decision::Allow, because, read_only: true, suggestion: None, trail: Vec::new() }
}
