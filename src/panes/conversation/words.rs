//! Small pieces of wording: prompts as they were typed, signs of notices, causes in words.
//!
//! What comes from outside is not sanitised here; the drawing does that.

use std::fmt::Write;

use crate::base::text;
use crate::domain::{
    Block, Body, BreakCause, CacheBreak, CatalogBody, ContextBody, FileMove, FilesBody, MoveKind, NoticeLevel, Origin,
    Recalled, Record, When,
};
use crate::theme::Meaning;

/// The prompt's text as a person typed it.
pub(super) fn prompt_text(record: &Record) -> (std::borrow::Cow<'_, str>, Origin) {
    let Body::Prompted { message, typed, origin, .. } = &record.body else { return ("".into(), Origin::Harness) };
    match (typed, message.blocks.as_slice()) {
        (Some(typed), _) => (typed.as_str().into(), *origin),
        (None, [Block::Text { text }]) => (text.as_str().into(), *origin),
        _ => (message.text().into(), *origin),
    }
}

/// The line that stands for a notice level, so that colour is never the only sign.
pub(super) fn sign(level: NoticeLevel) -> (&'static str, Meaning) {
    match level {
        NoticeLevel::Info => ("i", Meaning::Accent),
        NoticeLevel::Warning => ("!", Meaning::Warning),
        NoticeLevel::Error => ("✗", Meaning::Error),
    }
}

/// What broke the cache, in words.
pub fn break_text(broken: &CacheBreak) -> String {
    let cause = broken.cause.words();
    let named: Vec<&str> = [broken.segment.as_deref(), broken.detail.as_deref()].into_iter().flatten().collect();
    let segment = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    let cost = broken.cost.map(|cost| format!(", {}", text::human_cost(cost))).unwrap_or_default();
    format!("cache broken: {cause}{segment}; {} tokens are paid again{cost}", text::human_tokens(broken.tokens))
}

/// What happened to the context, in words.
pub(super) fn context_text(body: &ContextBody) -> String {
    let cost = |cost: Option<f64>| cost.map(|cost| format!(" ({})", text::human_cost(cost))).unwrap_or_default();
    match body {
        ContextBody::Shrunk(note) => {
            let (freed, written) = (text::human_tokens(note.freed()), text::human_tokens(note.rewritten));
            let again =
                if note.rewritten > 0 { format!(", {written} written to the cache again") } else { String::new() };
            format!("{}: {}, {freed} tokens freed{again}", note.stage.name(), note.told())
        }
        ContextBody::PrefixSet(note) => {
            let names = [("+", &note.added), ("−", &note.removed), ("~", &note.changed)];
            let names: Vec<String> = names
                .iter()
                .flat_map(|(sign, list)| list.iter().take(3).map(move |name| format!("{sign}{name}")))
                .collect();
            let again = if note.tokens > 0 {
                format!("; {} tokens are paid again{}", text::human_tokens(note.tokens), cost(note.cost))
            } else {
                String::new()
            };
            format!("what every request begins with changed: {} ({}){again}", note.why, names.join(" "))
        }
        ContextBody::Pinned { label, on, .. } => {
            format!("{} {label}", if *on { "pinned, never dropped from the context:" } else { "no longer pinned:" })
        }
        ContextBody::Ejected { label, on: true, when: When::Now, .. } => format!("taken out of the context: {label}"),
        ContextBody::Ejected { label, on: true, when: When::Next, .. } => {
            format!("leaves the context with the next compaction: {label}")
        }
        ContextBody::Ejected { label, on: false, .. } => format!("stays in the context: {label}"),
        ContextBody::Restored { messages } => {
            format!("the compaction is undone: {messages} messages are in the context")
        }
        ContextBody::Deferred { what, on: true } => format!("waits for the next compaction: {what}"),
        ContextBody::Deferred { what, on: false } => format!("waits no longer: {what}"),
    }
}

/// It cost something, and the person did not cause it by asking for a compaction.
pub(super) fn worth_telling(broken: &CacheBreak) -> bool {
    broken.tokens > 0 && broken.cause != BreakCause::Compaction
}

/// A mark for what happened beside the conversation, with what unfolds below it. None for what is not worth one.
pub(super) fn aside(body: &Body) -> Option<(String, Option<String>, Meaning)> {
    match body {
        Body::Money(money) => crate::panes::purse::mark(money).map(|text| (text, None, Meaning::Warning)),
        Body::Files(files) => files_text(files).map(|(text, body)| (text, body, Meaning::Warning)),
        Body::Catalog(CatalogBody::Recalled { entries }) => {
            let (text, body) = recalled(entries);
            Some((text, Some(body), Meaning::Muted))
        }
        _ => None,
    }
}

/// What is told of a move between steps or of a fork, and what unfolds below it. None for all else.
fn files_text(files: &FilesBody) -> Option<(String, Option<String>)> {
    match files {
        FilesBody::Moved(step) => Some(move_text(step)),
        FilesBody::Forked { parent, .. } => {
            Some((format!("forked here from session {parent}, which stays as it is"), None))
        }
        FilesBody::Held { .. } | FilesBody::Changed { .. } | FilesBody::MoveBegan(_) => None,
    }
}

/// What of the memory store went along with a prompt: a line, and the entries with their scores.
fn recalled(entries: &[Recalled]) -> (String, String) {
    let count = if entries.len() == 1 { "1 memory".to_owned() } else { format!("{} memories", entries.len()) };
    let ids: Vec<String> = entries.iter().map(|entry| format!("{} {:.2}", entry.id, entry.score)).collect();
    let text = format!("recalled {count} for the model: {} · /memory", ids.join(", "));
    let body: Vec<String> =
        entries.iter().map(|entry| format!("{} {:.2}  {}", entry.id, entry.score, entry.text)).collect();
    (text, body.join("\n"))
}

fn move_text(step: &FileMove) -> (String, Option<String>) {
    let files = |count: usize| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    let what = match (step.kind, step.conversation) {
        (MoveKind::Undo, Some(_)) => "undone: files and conversation are as before",
        (MoveKind::Undo, None) => "undone",
        (MoveKind::Redo, _) => "done again",
        (MoveKind::Rewind { .. }, Some(_)) => "went back: what came after left the conversation",
        (MoveKind::Rewind { .. }, None) => "went back, files only",
        (MoveKind::Hunk, _) => "one hunk taken back",
    };
    let mut text = what.to_owned();
    if !step.steps.is_empty() {
        let _ = write!(text, " · {} restored", files(step.steps.len()));
    }
    if !step.skipped.is_empty() {
        let _ = write!(text, " · {} left alone", files(step.skipped.len()));
    }
    text.push_str(if step.kind == MoveKind::Undo { " · /redo brings it back" } else { " · /undo takes it back" });
    let restored = step.steps.iter().map(|step| format!("restored  {}", step.path.display()));
    let skipped = step.skipped.iter().map(|left| format!("left      {}: {}", left.path.display(), left.why.words()));
    let body: Vec<String> = restored.chain(skipped).collect();
    (text, (!body.is_empty()).then(|| body.join("\n")))
}
