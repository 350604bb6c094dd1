//! The answer while it is put together: decoders tell it what they read, it hands out items in order.
//!
//! It knows no wire. It numbers the blocks, joins the pieces of each and keeps silent after the end.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ids::Ids;
use crate::domain::{Block, DeltaKind, ModelError, StopReason, StreamItem, ToolCall, Usage, Wire};
use crate::provider::failure;

/// Bytes that all blocks of one answer may have together; no model's output limit comes near it.
const ANSWER_LIMIT: usize = 32 << 20;
/// What a call costs besides its arguments, so that endless empty ones end too.
const CALL_COST: usize = 1 << 10;

/// A call of this answer, by its place among the calls.
pub(super) type CallNumber = usize;

/// Everything of one answer so far.
#[derive(Debug)]
pub(super) struct Answer {
    ids: Ids,
    items: Vec<StreamItem>,
    next: u32,
    bytes: usize,
    prose: Option<Prose>,
    calls: Vec<Call>,
    started: bool,
    ended: bool,
}

/// The open block of text or thinking.
#[derive(Debug)]
struct Prose {
    index: u32,
    thinking: bool,
    text: String,
    signature: Option<String>,
}

#[derive(Debug)]
struct Call {
    index: u32,
    id: String,
    name: String,
    arguments: String,
    done: bool,
}

impl Answer {
    pub(super) fn new(ids: Ids) -> Self {
        Self { ids, items: Vec::new(), next: 0, bytes: 0, prose: None, calls: Vec::new(), started: false, ended: false }
    }

    /// The items since the last time.
    pub(super) fn take(&mut self) -> Vec<StreamItem> {
        std::mem::take(&mut self.items)
    }

    /// `Done` or `Failed` was said.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Something of the answer itself came.
    pub(super) fn has_content(&self) -> bool {
        self.next > 0
    }

    /// The model called a tool.
    pub(super) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// The server began to answer; only the first time counts.
    pub(super) fn started(&mut self, model: Option<&str>) {
        if !std::mem::replace(&mut self.started, true) {
            let model = model.filter(|model| !model.is_empty()).map(str::to_owned);
            self.push(StreamItem::Started { model });
        }
    }

    pub(super) fn ping(&mut self) {
        self.push(StreamItem::Ping);
    }

    pub(super) fn usage(&mut self, usage: Usage) {
        self.push(StreamItem::Usage(usage));
    }

    /// More text; opens a block if none is open.
    pub(super) fn text(&mut self, text: &str) {
        self.say(false, text);
    }

    /// More thinking; opens a block if none is open.
    pub(super) fn thinking(&mut self, text: &str) {
        self.say(true, text);
    }

    /// Begins a block of thinking although nothing of it came yet.
    pub(super) fn begin_thinking(&mut self) {
        self.open(true);
    }

    /// The proof that the open thinking is the model's own.
    pub(super) fn sign(&mut self, signature: &str) {
        if let Some(prose) = self.prose.as_mut().filter(|prose| prose.thinking) {
            prose.signature = Some(signature.to_owned());
        }
    }

    /// The open text or thinking is whole.
    pub(super) fn close_prose(&mut self) {
        if let Some(prose) = self.prose.take() {
            let Prose { index, thinking, text, signature } = prose;
            let block = if thinking { Block::Thinking { text, signature } } else { Block::Text { text } };
            self.push(StreamItem::BlockDone { index, block });
        }
    }

    /// An item that only its provider can read. It has no beginning, only this end.
    pub(super) fn opaque(&mut self, wire: Wire, item: Value) {
        self.close_prose();
        let index = self.number();
        self.push(StreamItem::BlockDone { index, block: Block::Opaque { wire, item } });
    }

    /// A call began.
    pub(super) fn call(&mut self, id: Option<&str>, name: &str) -> CallNumber {
        self.close_prose();
        self.grow(CALL_COST);
        let (index, id) = (self.number(), self.ids.admit(id));
        let kind = DeltaKind::ToolCall { id: id.clone(), name: name.to_owned() };
        self.push(StreamItem::BlockStarted { index, kind });
        self.calls.push(Call { index, id, name: name.to_owned(), arguments: String::new(), done: false });
        self.calls.len() - 1
    }

    /// More of a call's arguments.
    pub(super) fn arguments(&mut self, number: CallNumber, text: &str) {
        let Some(call) = self.calls.get_mut(number).filter(|call| !call.done && !text.is_empty()) else { return };
        call.arguments.push_str(text);
        let index = call.index;
        self.push(StreamItem::Delta { index, text: text.to_owned() });
        self.grow(text.len());
    }

    /// The arguments of a call so far.
    pub(super) fn arguments_of(&self, number: CallNumber) -> &str {
        self.calls.get(number).map_or("", |call| &call.arguments)
    }

    /// A call is whole.
    pub(super) fn close_call(&mut self, number: CallNumber) {
        let Some(call) = self.calls.get_mut(number).filter(|call| !call.done) else { return };
        call.done = true;
        let parsed = ToolCall::parse(call.id.clone(), call.name.clone(), &call.arguments);
        let index = call.index;
        self.push(StreamItem::BlockDone { index, block: Block::ToolCall(parsed) });
    }

    /// The arguments of a call are an object already, so nothing can follow.
    pub(super) fn is_complete(&self, number: CallNumber) -> bool {
        serde_json::from_str::<serde_json::Map<String, Value>>(self.arguments_of(number)).is_ok()
    }

    /// The calls that are complete are whole.
    pub(super) fn close_finished_calls(&mut self) {
        for number in 0..self.calls.len() {
            let open = self.calls.get(number).is_some_and(|call| !call.done);
            if open && self.is_complete(number) {
                self.close_call(number);
            }
        }
    }

    /// Everything that is open is whole.
    pub(super) fn close_all(&mut self) {
        self.close_prose();
        for number in 0..self.calls.len() {
            self.close_call(number);
        }
    }

    /// The answer is over.
    pub(super) fn done(&mut self, stop: StopReason, usage: Option<Usage>) {
        self.close_all();
        self.push(StreamItem::Done { stop, usage });
        self.ended = true;
    }

    /// The answer broke off; what is open stays unfinished.
    pub(super) fn fail(&mut self, error: ModelError) {
        self.push(StreamItem::Failed(error));
        self.ended = true;
    }

    fn say(&mut self, thinking: bool, text: &str) {
        if text.is_empty() {
            return;
        }
        let index = self.open(thinking);
        if let Some(prose) = &mut self.prose {
            prose.text.push_str(text);
        }
        self.push(StreamItem::Delta { index, text: text.to_owned() });
        self.grow(text.len());
    }

    fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes > ANSWER_LIMIT {
            self.fail(failure::protocol("it is larger than 32 MB"));
        }
    }

    /// The index of the open block of this kind, which is begun if need be.
    fn open(&mut self, thinking: bool) -> u32 {
        if let Some(prose) = self.prose.as_ref().filter(|prose| prose.thinking == thinking) {
            return prose.index;
        }
        self.close_prose();
        let index = self.number();
        let kind = if thinking { DeltaKind::Thinking } else { DeltaKind::Text };
        self.push(StreamItem::BlockStarted { index, kind });
        self.prose = Some(Prose { index, thinking, text: String::new(), signature: None });
        index
    }

    fn number(&mut self) -> u32 {
        let index = self.next;
        self.next += 1;
        index
    }

    fn push(&mut self, item: StreamItem) {
        if !self.ended {
            self.items.push(item);
        }
    }
}

/// Reads a document of a stream. Bytes that are no UTF-8 and halves of surrogate pairs, which servers cut
/// through when they chop text, become replacement characters.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&text).or_else(|error| match mend_surrogates(&text) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// The text with every escape of half a surrogate pair replaced; none when there is no such escape.
fn mend_surrogates(text: &str) -> Option<String> {
    let mut mended = String::new();
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let unit = |escape: &str| {
            let digits = escape.strip_prefix("\\u")?.get(..4)?;
            u16::from_str_radix(digits, 16).ok()
        };
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                mended.push_str("\\ufffd");
                changed = true;
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            _ => escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end),
        };
        let (kept, after) = escape.split_at(length);
        mended.push_str(kept);
        rest = after;
    }
    mended.push_str(rest);
    changed.then_some(mended)
}

/// A count at a path of keys, whatever kind of number it is; absent is none.
pub(super) fn count(json: &Value, path: &[&str]) -> Option<u64> {
    let value = path.iter().try_fold(json, |value, key| value.get(*key))?;
    value.as_u64().or_else(|| value.as_f64().filter(|number| *number >= 0.0).map(|number| number as u64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_of_pairs_are_mended() {
        let read = |text: &str| read::<Vec<String>>(text.as_bytes()).unwrap();
        assert_eq!(
            read(r#"["a\ud83d", "\ude00b", "\ud83d\ude00", "\\ud83d"]"#),
            ["a\u{fffd}", "\u{fffd}b", "😀", "\\ud83d"]
        );
        assert_eq!(super::read::<Vec<String>>(b"[\"a\xe2\x82b\"]").unwrap(), ["a\u{fffd}b"]);
    }

    #[test]
    fn nothing_follows_the_end() {
        let mut answer = Answer::new(Ids::new("s", None));
        answer.text("a");
        answer.done(StopReason::EndTurn, None);
        answer.text("b");
        answer.fail(failure::ended_early());
        let items = answer.take();
        assert!(matches!(items.last(), Some(StreamItem::Done { .. })), "{items:?}");
        assert_eq!(items.len(), 4);
    }

    proptest! {
        #[test]
        fn mending_never_panics(text in "[\\\\ud8ef0c\"é]{0,40}") {
            let mended = mend_surrogates(&text);
            prop_assert!(mended.is_none_or(|mended| mended != text));
        }
    }
}
