//! A session as Markdown, for reading and sharing. Thinking and passing notes are left out.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::domain::{Block, Body, Origin, Record, ToolCall, TurnEnd};

/// Writes the conversation as Markdown: prompts, answers, calls with their results.
pub fn markdown<R: Borrow<Record>>(records: &[R]) -> String {
    let mut page = Page::default();
    for record in records {
        page.see(&record.borrow().body);
    }
    page.finish()
}

/// The page while it grows.
#[derive(Default)]
struct Page {
    title: Option<String>,
    project: Option<String>,
    body: String,
    /// Calls whose result has not come yet.
    open: BTreeMap<String, ToolCall>,
}

impl Page {
    fn see(&mut self, body: &Body) {
        match body {
            Body::SessionStarted { project, .. } => self.project = Some(project.display().to_string()),
            Body::TitleSet { title } => self.title = Some(title.replace('\n', " ")),
            Body::Prompted { message, origin, typed, .. } if *origin != Origin::Harness => {
                let text = typed.clone().unwrap_or_else(|| message.text());
                self.part("## You", &text);
            }
            Body::Responded(note) => self.answer(&note.message.blocks, note.cut),
            Body::CallDone { result, summary, .. } => {
                let call = self.open.remove(&result.call_id);
                self.call(call.as_ref(), summary, &result.joined());
            }
            Body::ShellRan { command, output, .. } => {
                self.part("## You ran", &fenced(&format!("$ {command}\n{output}"), ""));
            }
            Body::Cleared => self.part("---", "The conversation was cleared here."),
            Body::Compacted { summary, .. } => {
                self.part("---", &format!("The conversation so far was summarised for the model:\n\n{summary}"));
            }
            Body::TurnEnded { end, .. } => self.end(end),
            _ => {}
        }
    }

    fn answer(&mut self, blocks: &[Block], cut: bool) {
        let mut texts = Vec::new();
        for block in blocks {
            match block {
                Block::Text { text } if !text.trim().is_empty() => texts.push(text.trim()),
                Block::ToolCall(call) => {
                    self.open.insert(call.id.clone(), call.clone());
                }
                _ => {}
            }
        }
        if !texts.is_empty() {
            self.part("## Latigo", &texts.join("\n\n"));
        }
        if cut {
            self.part("", "*The answer was cut off here.*");
        }
    }

    fn call(&mut self, call: Option<&ToolCall>, summary: &str, output: &str) {
        let name = call.map_or("tool", |call| call.name.as_str());
        let input = call.map(|call| call.input.to_string()).unwrap_or_default();
        let mut text = format!("**{name}** {}", inline(&summary.replace('\n', " ")));
        if !input.is_empty() {
            let _ = write!(text, "\n\n{}", fenced(&input, "json"));
        }
        if !output.is_empty() {
            let _ = write!(text, "\n\n{}", fenced(output, ""));
        }
        self.part("", &text);
    }

    fn end(&mut self, end: &TurnEnd) {
        let text = match end {
            TurnEnd::Done => return,
            TurnEnd::Interrupted => "The turn was interrupted.".to_owned(),
            TurnEnd::Refused => "The turn ended because a call was refused.".to_owned(),
            TurnEnd::TurnCap { limit } => format!("The turn ended at its cap of {limit} requests."),
            TurnEnd::BudgetCap => "The turn ended at the cap on money.".to_owned(),
            TurnEnd::Declined { .. } => "The model declined.".to_owned(),
            TurnEnd::Failed { error } => format!("The turn failed: {error}"),
            TurnEnd::Stopped { reason } => format!("A hook stopped it: {reason}"),
        };
        self.part("", &format!("*{text}*"));
    }

    fn part(&mut self, heading: &str, text: &str) {
        for piece in [heading, text.trim_end()] {
            if !piece.is_empty() {
                self.body.push_str(piece);
                self.body.push_str("\n\n");
            }
        }
    }

    fn finish(self) -> String {
        let mut page = format!("# {}\n\n", self.title.as_deref().unwrap_or("Session"));
        if let Some(project) = self.project {
            let _ = write!(page, "Project: {}\n\n", inline(&project));
        }
        page.push_str(&self.body);
        page.truncate(page.trim_end().len());
        page.push('\n');
        page
    }
}

/// A fence that nothing in the text can close.
fn fenced(text: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// A code span that nothing in the text can close.
fn inline(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mark = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{mark}{pad}{text}{pad}{mark}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{Message, ModelRef, ResponseNote, Shown, StopReason, ToolResult, Usage, Wire};

    fn record(seq: u64, body: Body) -> Arc<Record> {
        Arc::new(Record { seq, at: seq, body })
    }

    #[test]
    fn a_session_reads_as_a_page() {
        let model = ModelRef::new(Wire::Anthropic, "m");
        let call = ToolCall::parse("c1".into(), "Bash".into(), r#"{"command":"ls"}"#);
        let blocks = vec![Block::Text { text: "I look.".into() }, Block::ToolCall(call)];
        let records = [
            record(0, Body::TitleSet { title: "Fix it".into() }),
            record(
                1,
                Body::Prompted {
                    turn: 1,
                    message: Arc::new(Message::user("expanded")),
                    origin: Origin::Typed,
                    typed: Some("fix it".into()),
                },
            ),
            record(
                2,
                Body::Responded(ResponseNote {
                    request: 1,
                    message: Arc::new(Message::assistant(blocks, model)),
                    stop: StopReason::ToolUse,
                    usage: Usage::default(),
                    estimated: false,
                    cost: None,
                    duration_ms: 1,
                    cut: false,
                }),
            ),
            record(
                3,
                Body::CallDone {
                    result: ToolResult::text("c1", "a\n```\nb\n", false),
                    shown: Shown::Nothing,
                    summary: "2 lines".into(),
                    duration_ms: 1,
                    full_output: None,
                },
            ),
            record(4, Body::TurnEnded { turn: 1, end: TurnEnd::Interrupted }),
        ];
        let page = markdown(&records);
        let expected = "# Fix it\n\n## You\n\nfix it\n\n## Latigo\n\nI look.\n\n**Bash** `2 lines`\n\n\
            ```json\n{\"command\":\"ls\"}\n```\n\n````\na\n```\nb\n````\n\n*The turn was interrupted.*\n";
        assert_eq!(page, expected);
    }
}
