//! The texts of compaction: what asks for a summary, what stands in its place, what is gathered when no model can be
//! asked, and how single results and finished steps are made shorter.

mod cut;
mod fold;
mod statements;

use std::sync::Arc;

pub use cut::{reduce, short_input, snip, stub};
pub use fold::{FOLDED, Folding, Numbers, call_line, fold, has_results, words};
pub use statements::statements;

use super::wrap;
use crate::domain::{Message, Role, Segment};

/// Calls that a gathered summary lists, and characters of the last answer that it keeps.
const CALLS: usize = 30;
const LAST_WORDS: usize = 2_000;

/// The message that asks for a summary of everything before it.
pub fn summary_request(focus: Option<&str>) -> Message {
    let focus = focus.map(|focus| format!("\n\nKeep in view above all: {focus}")).unwrap_or_default();
    Message::user(wrap(&format!(
        "The conversation is about to be shortened. Write a summary that lets you go on without the earlier \
         messages. Use no tools. Where your instructions have a section `Compact instructions`, follow it. \
         Use these headings and leave none out:\n\
         ## Goal\nWhat the user wants.\n\
         ## Constraints\nEvery wish and limit the user stated, in the user's own words.\n\
         ## Files\nEach file that was read or changed and what matters about it.\n\
         ## Decisions\nWhat was decided and why.\n\
         ## Errors and fixes\nWhat went wrong and how it was mended.\n\
         ## Open\nWhat is left to do, the next step first.{focus}"
    )))
}

/// The message that stands for everything before a compaction.
pub fn summary_message(summary: &str) -> Message {
    Message::user(format!(
        "{}\n\n{summary}",
        wrap("The earlier part of this conversation was replaced by the following summary of it.")
    ))
}

/// A summary made without a model: the newest calls and the last words. What was said stands beside it, from
/// [`statements`].
pub fn gathered_summary(history: &[Arc<Segment>]) -> String {
    let mut calls = Vec::new();
    let mut last = String::new();
    for message in history.iter().filter_map(|segment| segment.as_message()) {
        calls.extend(message.calls().map(|call| format!("- {}", fold::call_line(call))));
        let text = message.text();
        if message.role == Role::Assistant && !text.trim().is_empty() {
            last = text;
        }
    }
    let older = calls.len().saturating_sub(CALLS);
    let calls = calls.split_off(older);
    format!(
        "## Calls made (newest last, {older} older left out)\n{}\n\n## Last words of the answer\n{}",
        calls.join("\n"),
        cut::clip(&last, LAST_WORDS)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_without_a_model_keeps_every_prompt() {
        let history: Vec<_> = ["fix the parser", "and keep the tests green"]
            .iter()
            .map(|text| Arc::new(Segment::message("you", Arc::new(Message::user(*text)))))
            .collect();
        let summary = format!("{}\n{}", gathered_summary(&history), statements(&history, 1_000));
        assert!(summary.contains("fix the parser") && summary.contains("and keep the tests green"), "{summary}");
    }
}
