//! What a hook said, read from its exit code and its output: the rules that all events share.

use serde_json::{Map, Value};

use super::Event;
use super::event::Block;

/// Characters of a failure that are told.
const FAILURE: usize = 300;

/// How a handler ended, before anybody knows what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Finished {
    /// Exit code or HTTP status.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// It did not come to an answer, for this reason.
    pub broken: Option<String>,
    /// The answer came over HTTP, where a code blocks nothing.
    pub http: bool,
}

/// What it said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// It blocks, with this reason.
    pub block: Option<String>,
    /// `continue: false`: everything stops, with this reason for the person.
    pub halt: Option<String>,
    /// For the person.
    pub warning: Option<String>,
    /// For the model.
    pub context: Option<String>,
    /// The fields that belong to the event: `hookSpecificOutput`.
    pub fields: Map<String, Value>,
    /// The fields beside it, some of which older hooks use for the same.
    pub top: Map<String, Value>,
    /// It could not be read, or the hook failed.
    pub failure: Option<String>,
}

impl Answer {
    /// A failure and nothing else.
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self { failure: Some(why.into()), ..Self::default() }
    }

    /// Reads what came. `fail_closed` makes a failure block.
    pub(super) fn read(event: Event, finished: &Finished, fail_closed: bool) -> Self {
        let mut answer = match &finished.broken {
            Some(why) => Self::failed(why.clone()),
            None => Self::of_output(event, finished),
        };
        if let Some(failure) = answer.failure.clone().filter(|_| fail_closed) {
            answer.block(event, failure);
        }
        answer
    }

    fn of_output(event: Event, finished: &Finished) -> Self {
        let stdout = finished.stdout.trim();
        let exits_two = finished.code == Some(2) && !finished.http;
        let is_json = stdout.starts_with('{');
        let parsed = is_json.then(|| serde_json::from_str::<Value>(stdout));
        let mut answer = match parsed {
            Some(Ok(Value::Object(fields))) => Self::of_json(event, fields),
            Some(_) if !exits_two => Self::failed("its answer begins like JSON and is none"),
            _ => Self::default(),
        };
        if exits_two {
            let reason = answer.block.take().unwrap_or_else(|| words(&finished.stderr));
            answer.block(event, reason);
        } else if !is_json {
            answer.plain(event, finished);
        }
        answer
    }

    /// Output that is no JSON.
    fn plain(&mut self, event: Event, finished: &Finished) {
        let stdout = finished.stdout.trim();
        if finished.http {
            if !(200..300).contains(&finished.code.unwrap_or_default()) {
                self.failure = Some(format!("the server answered {}", finished.code.unwrap_or_default()));
            } else if !stdout.is_empty() {
                self.failure = Some("the server's answer is no JSON object".to_owned());
            }
            return;
        }
        match finished.code {
            Some(0) if event.takes_plain_text() && !stdout.is_empty() => self.context = Some(stdout.to_owned()),
            Some(0) => {}
            code => {
                let code = code.map_or_else(|| "a signal ended it".to_owned(), |code| format!("exit {code}"));
                let line = finished.stderr.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                let line: String = line.trim().chars().take(FAILURE).collect();
                self.failure = Some(if line.is_empty() { code } else { format!("{code}: {line}") });
            }
        }
    }

    fn of_json(event: Event, mut top: Map<String, Value>) -> Self {
        let mut answer = Self::default();
        if let Some(Value::Object(fields)) = top.remove("hookSpecificOutput") {
            let named = fields.get("hookEventName").and_then(Value::as_str);
            match named.filter(|name| *name != event.name()) {
                Some(name) => {
                    let name: String = name.chars().take(40).collect();
                    answer.failure = Some(format!("it answered for the event {name} instead of {}", event.name()));
                }
                None => answer.fields = fields,
            }
        }
        let text = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
        if top.get("continue") == Some(&Value::Bool(false)) {
            answer.halt = Some(text(&top, "stopReason").unwrap_or_default());
        }
        answer.warning = text(&top, "systemMessage").filter(|text| !text.trim().is_empty());
        let context = text(&answer.fields, "additionalContext").or_else(|| text(&top, "additionalContext"));
        answer.context = context.filter(|text| !text.trim().is_empty());
        if text(&top, "decision").as_deref() == Some("block") {
            let reason = text(&top, "reason").unwrap_or_default();
            answer.block(event, words(&reason));
        }
        answer.top = top;
        answer
    }

    /// Notes a block as far as the event knows one.
    pub(super) fn block(&mut self, event: Event, reason: String) {
        match event.on_block() {
            Block::Blocks => self.block = Some(reason),
            Block::Shown => self.warning = Some(reason),
            Block::Ignored => {}
        }
    }

    /// A text field of the event's own part.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.fields.get(key).and_then(Value::as_str)
    }
}

fn words(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() { "no reason was given".to_owned() } else { text.to_owned() }
}
