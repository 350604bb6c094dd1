//! Which segment ended the prefix that two requests share, and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::shape::{Shape, Trace};
use crate::domain::{BreakCause, Segment, SegmentKind};

/// Names that a change lists.
const NAMES: usize = 4;
/// How names of a server's tools begin.
const SERVER: &str = "mcp__";

/// What happened to the prefix since the last answered request, as far as it was announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub cause: BreakCause,
    pub detail: Option<String>,
}

/// The first difference between two requests.
#[derive(Clone, Debug)]
pub struct Change {
    pub cause: BreakCause,
    pub segment: Option<String>,
    pub detail: Option<String>,
    /// The segment as it was and as it is, where there is one and its text is at hand.
    pub before: Option<Arc<Segment>>,
    pub after: Option<Arc<Segment>>,
}

/// Says what keeps `after` from reading all of `before`; none when it only goes on from it.
pub fn first_change(before: &Shape, after: &Shape, reasons: &[Reason]) -> Option<Change> {
    if before.model != after.model {
        let detail = Some(format!("{} → {}", before.model.id, after.model.id));
        return Some(Change { detail, ..plain(BreakCause::Model) });
    }
    let shared = before.shared(after);
    let kind = |shape: &Shape| shape.traces.get(shared).map(|trace| trace.note.kind);
    let first = kind(before).into_iter().chain(kind(after)).min();
    if shared < before.len() && first.is_some_and(|kind| kind != SegmentKind::Message) {
        return first.map(|kind| in_prefix(before, after, (kind, shared), reasons));
    }
    let has_messages = before.prefix_len() < before.len();
    if has_messages && before.effort != after.effort {
        let name = |shape: &Shape| shape.effort.map_or("default", |effort| effort.name());
        let detail = Some(format!("{} → {}", name(before), name(after)));
        return Some(Change { detail, ..plain(BreakCause::Effort) });
    }
    if has_messages && before.thinking != after.thinking {
        let detail = Some(if after.thinking { "on" } else { "off" }.to_owned());
        return Some(Change { detail, ..plain(BreakCause::Thinking) });
    }
    (shared < before.len()).then(|| in_history(before, after, shared, reasons))
}

fn plain(cause: BreakCause) -> Change {
    Change { cause, segment: None, detail: None, before: None, after: None }
}

fn in_prefix(before: &Shape, after: &Shape, (kind, at): (SegmentKind, usize), reasons: &[Reason]) -> Change {
    let of_kind = |shape: &Shape| -> Vec<Trace> {
        shape.traces.iter().filter(|trace| trace.note.kind == kind).cloned().collect()
    };
    let (old, new) = (of_kind(before), of_kind(after));
    let hashes = |traces: &[Trace]| traces.iter().map(|trace| trace.note.hash).collect::<BTreeSet<_>>();
    let labels = |traces: &[Trace]| traces.iter().map(|trace| trace.note.label.clone()).collect::<BTreeSet<_>>();
    let (had, has) = (labels(&old), labels(&new));
    let added: Vec<&String> = has.difference(&had).collect();
    let removed: Vec<&String> = had.difference(&has).collect();
    let same = hashes(&old) == hashes(&new) && old.len() == new.len();
    let from_server = !added.is_empty() || !removed.is_empty();
    let from_server = from_server && added.iter().chain(&removed).all(|label| label.starts_with(SERVER));
    let cause = match kind {
        _ if same => BreakCause::Order,
        SegmentKind::Tool if from_server => BreakCause::Server,
        SegmentKind::Tool => BreakCause::Tools,
        SegmentKind::System => BreakCause::System,
        SegmentKind::Memory | SegmentKind::Message => BreakCause::Memory,
    };
    let here = |traces: &[Trace], label: &str| {
        traces.iter().find(|trace| trace.note.label == label).and_then(|trace| trace.segment.clone())
    };
    let at_place = |shape: &Shape| shape.traces.get(at).map(|trace| trace.note.label.clone());
    let changed = (|| Some((*added.first().or(removed.first())?).clone()))();
    let segment = changed.or_else(|| at_place(after)).or_else(|| at_place(before));
    let announced = reasons.iter().find(|reason| reason.cause == cause).or_else(|| reasons.first());
    let detail: Vec<String> =
        counted(&added, &removed).into_iter().chain(announced.and_then(|reason| reason.detail.clone())).collect();
    Change {
        cause,
        before: segment.as_deref().and_then(|label| here(&old, label)),
        after: segment.as_deref().and_then(|label| here(&new, label)),
        segment,
        detail: (!detail.is_empty()).then(|| detail.join("; ")),
    }
}

/// `+a +b −c`, with the number of what is left out.
fn counted(added: &[&String], removed: &[&String]) -> Option<String> {
    let names: Vec<String> =
        added.iter().map(|name| format!("+{name}")).chain(removed.iter().map(|name| format!("−{name}"))).collect();
    // One name stands as the segment itself.
    if names.is_empty() || names.len() == 1 && added.is_empty() {
        return names.first().map(|_| "removed".to_owned());
    }
    if names.len() == 1 {
        return Some("added".to_owned());
    }
    let rest = names.len().saturating_sub(NAMES);
    let shown = names.into_iter().take(NAMES).collect::<Vec<_>>().join(" ");
    Some(if rest > 0 { format!("{shown} and {rest} more") } else { shown })
}

fn in_history(before: &Shape, after: &Shape, at: usize, reasons: &[Reason]) -> Change {
    let reason = reasons.iter().rev().find(|reason| {
        matches!(reason.cause, BreakCause::Compaction | BreakCause::Ejected | BreakCause::Rewound | BreakCause::History)
    });
    let trace = |shape: &Shape| shape.traces.get(at).cloned();
    let (old, new) = (trace(before), trace(after));
    let place = at - before.prefix_len().min(at) + 1;
    Change {
        cause: reason.map_or(BreakCause::History, |reason| reason.cause),
        segment: old.as_ref().map(|old| format!("message {place}: {}", old.note.label)),
        detail: reason.and_then(|reason| reason.detail.clone()),
        before: old.and_then(|old| old.segment),
        after: new.and_then(|new| new.segment),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{CanonicalRequest, Effort, Message, ModelInfo, ModelRef, Sampling, ToolSpec, Wire};
    use crate::prompt::{Anchors, Draft, Next, assemble};

    /// A request in parts that can be changed one by one.
    #[derive(Clone)]
    struct Parts {
        tools: Vec<(&'static str, &'static str)>,
        system: &'static str,
        memory: Vec<(&'static str, &'static str)>,
        messages: Vec<&'static str>,
        model: &'static str,
        effort: Option<Effort>,
        thinking: bool,
    }

    fn usual() -> Parts {
        Parts {
            tools: vec![("Bash", "run"), ("Read", "read")],
            system: "be good",
            memory: vec![("/p/CLAUDE.md", "tabs"), ("/p/b/CLAUDE.md", "blanks")],
            messages: vec!["fix it", "and test"],
            model: "m",
            effort: None,
            thinking: true,
        }
    }

    fn shape(parts: &Parts) -> Shape {
        Shape::of(&request(parts))
    }

    fn request(parts: &Parts) -> CanonicalRequest {
        let tool = |(name, description): &(&str, &str)| {
            let (name, description) = ((*name).to_owned(), (*description).to_owned());
            Segment::tool(Arc::new(ToolSpec { name, description, input_schema: json!({}) }))
        };
        let mut prefix: Vec<Segment> = parts.tools.iter().map(tool).collect();
        prefix.push(Segment::system("system prompt", parts.system));
        prefix.extend(parts.memory.iter().map(|(path, text)| Segment::memory(*path, *text)));
        let prefix: Vec<_> = prefix.into_iter().map(Arc::new).collect();
        let message = |text: &&str| Arc::new(Segment::message("you", Arc::new(Message::user(*text))));
        assemble(&Draft {
            prefix: &prefix,
            history: &parts.messages.iter().map(message).collect::<Vec<_>>(),
            model: &ModelRef::new(Wire::Anthropic, parts.model),
            info: &Arc::new(ModelInfo::unknown(parts.model)),
            sampling: Sampling { max_output: 1, effort: parts.effort, thinking: parts.thinking },
            session_key: "k",
            anchors: Anchors::default(),
        })
    }

    fn change(
        edit: impl FnOnce(&mut Parts),
        reasons: &[Reason],
    ) -> Option<(BreakCause, Option<String>, Option<String>)> {
        let mut after = usual();
        edit(&mut after);
        first_change(&shape(&usual()), &shape(&after), reasons).map(|found| (found.cause, found.segment, found.detail))
    }

    fn cause(edit: impl FnOnce(&mut Parts)) -> BreakCause {
        change(edit, &[]).unwrap().0
    }

    #[test]
    fn growth_at_the_end_breaks_nothing() {
        assert_eq!(change(|parts| parts.messages.push("more"), &[]), None);
    }

    #[test]
    fn each_kind_of_change_has_its_own_cause() {
        assert_eq!(cause(|parts| parts.tools.push(("Zip", "pack"))), BreakCause::Tools);
        assert_eq!(cause(|parts| parts.tools.truncate(1)), BreakCause::Tools);
        assert_eq!(cause(|parts| parts.tools[0].1 = "runs"), BreakCause::Tools);
        assert_eq!(cause(|parts| parts.tools.insert(1, ("mcp__docs__find", "find"))), BreakCause::Server);
        assert_eq!(cause(|parts| parts.tools.reverse()), BreakCause::Order);
        assert_eq!(cause(|parts| parts.system = "be better"), BreakCause::System);
        assert_eq!(cause(|parts| parts.memory[0].1 = "four blanks"), BreakCause::Memory);
        assert_eq!(cause(|parts| parts.memory.truncate(1)), BreakCause::Memory);
        assert_eq!(cause(|parts| parts.memory.reverse()), BreakCause::Order);
        assert_eq!(cause(|parts| parts.model = "n"), BreakCause::Model);
        assert_eq!(cause(|parts| parts.effort = Some(Effort::High)), BreakCause::Effort);
        assert_eq!(cause(|parts| parts.thinking = false), BreakCause::Thinking);
        assert_eq!(cause(|parts| parts.messages[1] = "and lint"), BreakCause::History);
        assert_eq!(cause(|parts| parts.messages.truncate(1)), BreakCause::History);
    }

    #[test]
    fn the_changed_segment_is_named_and_what_was_announced_is_said() {
        let memory = change(|parts| parts.memory[1].1 = "x", &[]).unwrap();
        assert_eq!(memory.1.as_deref(), Some("/p/b/CLAUDE.md"));
        let tools = change(|parts| parts.tools.push(("Zip", "pack")), &[]).unwrap();
        assert_eq!((tools.1.as_deref(), tools.2.as_deref()), (Some("Zip"), Some("added")));
        let reason = Reason { cause: BreakCause::Compaction, detail: Some("snip".into()) };
        let compacted = change(|parts| parts.messages[0] = "sum", &[reason]).unwrap();
        assert_eq!((compacted.0, compacted.2.as_deref()), (BreakCause::Compaction, Some("snip")));
    }

    #[test]
    fn old_and_new_text_are_at_hand() {
        let mut after = usual();
        after.memory[0].1 = "four blanks";
        let found = first_change(&shape(&usual()), &shape(&after), &[]).unwrap();
        assert_ne!(found.before.unwrap().hash, found.after.unwrap().hash);
    }

    #[test]
    fn a_shape_from_the_log_is_the_same_prefix() {
        let whole = request(&usual());
        let notes: Vec<_> = whole.segments.iter().map(|segment| crate::prompt::note_of(segment)).collect();
        let next = |kept: usize, added| Next {
            model: &whole.model,
            effort: whole.sampling.effort,
            thinking: whole.sampling.thinking,
            kept,
            added,
            marks: &whole.marks,
        };
        let from_log = Shape::empty(whole.model.clone()).then(next(0, &notes));
        assert_eq!(from_log.names(), Shape::of(&whole).names());
        for kept in 0..=notes.len() {
            let (front, back) = notes.split_at(kept);
            let before =
                Shape::empty(whole.model.clone()).then(Next { effort: None, thinking: false, ..next(0, front) });
            before.names();
            let again = before.then(next(kept, back)).then(next(kept, back));
            assert_eq!(again.names(), Shape::of(&whole).names(), "{kept} segments kept");
        }
        assert_eq!(from_log.shared(&Shape::of(&whole)), whole.segments.len());
        assert_eq!(from_log.tokens(99), Shape::of(&whole).tokens(99));
    }
}
