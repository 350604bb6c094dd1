//! The texts of compaction: what asks for a summary, what stands in its place, and what is gathered
//! when no model can be asked.

use std::sync::Arc;

use super::wrap;
use crate::domain::{Block, Message, Role, Segment};

/// Characters of a gathered line.
const LINE_CHARS: usize = 300;

/// The message that asks for a summary of everything before it.
pub fn summary_request(focus: Option<&str>) -> Message {
    let focus = focus.map(|focus| format!("\n\nKeep in view above all: {focus}")).unwrap_or_default();
    Message::user(wrap(&format!(
        "The conversation is about to be shortened. Write a summary that lets you go on without the earlier \
         messages. Use no tools. Use these headings and leave none out:\n\
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

/// What stands in place of a tool result that was taken out of the context.
pub fn stub(chars: usize) -> String {
    format!("[{chars} characters of output were taken out of the context to save room. Run the call again if needed.]")
}

/// A summary made without a model: every prompt, every call, the last words of the model.
pub fn gathered_summary(history: &[Arc<Segment>]) -> String {
    let mut prompts = Vec::new();
    let mut calls = Vec::new();
    let mut last = String::new();
    for message in history.iter().filter_map(|segment| segment.as_message()) {
        match message.role {
            Role::User => prompts.extend(prompt_lines(message)),
            Role::Assistant => {
                calls.extend(message.calls().map(|call| format!("- {} {}", call.name, cut(&call.input.to_string()))));
                let text = message.text();
                if !text.trim().is_empty() {
                    last = text;
                }
            }
        }
    }
    let recent = calls.len().saturating_sub(40);
    format!(
        "## Goal and constraints, in the user's words\n{}\n\n## Calls made (newest last, {recent} older left out)\n{}\n\n\
         ## Last words of the answer\n{}",
        prompts.join("\n"),
        calls[recent..].join("\n"),
        last.chars().take(2_000).collect::<String>()
    )
}

fn prompt_lines(message: &Message) -> Vec<String> {
    message
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Text { text } if !text.starts_with("<system-reminder>") => {
                Some(format!("- {}", text.chars().take(2_000).collect::<String>()))
            }
            _ => None,
        })
        .collect()
}

fn cut(text: &str) -> String {
    text.chars().take(LINE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gathered_summary_keeps_every_prompt() {
        let history: Vec<_> = ["fix the parser", "and keep the tests green"]
            .iter()
            .map(|text| Arc::new(Segment::message("you", Arc::new(Message::user(*text)))))
            .collect();
        let summary = gathered_summary(&history);
        assert!(summary.contains("fix the parser") && summary.contains("and keep the tests green"), "{summary}");
    }
}
