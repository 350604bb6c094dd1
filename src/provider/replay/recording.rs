//! The document of a recording: which answer is given to which request.
//!
//! ```json
//! { "name": "fix a test", "model": { "id": "rehearsal", "window": 200000, "max_output": 32000 }, "rate": 80,
//!   "steps": [ { "when": { "prompt": "fix (.*)", "step": 1, "result": "FAILED", "nth": 1, "attempt": 1 },
//!                "say": [ { "think": "Hm." }, { "text": "I look at ${1}.", "rate": 40 }, { "pause": 300 },
//!                         { "call": { "name": "Read", "input": { "file_path": "${project}/a.rs" } } },
//!                         { "fail": { "kind": "overloaded", "message": "Overloaded" } } ],
//!                "stop": "tool_use", "usage": { … } } ],
//!   "otherwise": [ { "text": "I have no answer to that." } ] }
//! ```
//!
//! The first step whose `when` fits answers. `prompt` and `result` are regular expressions (`.` matches
//! newlines) on the newest prompt and the newest results; `step` is one more than the answers since the
//! prompt; `nth` counts the prompts of the conversation; `attempt` the tries of the same request.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use serde_json::Value;

use super::scene::Scene;
use crate::domain::{ErrorKind, ModelError, ModelInfo, StopReason, Usage};

/// A recording, checked.
#[derive(Clone, Debug)]
pub struct Recording {
    pub name: String,
    /// What the rest of the program is told of the model.
    pub model: ModelInfo,
    /// Tokens a second where a piece gives none of its own; none is as fast as it can.
    pub(super) rate: Option<f64>,
    steps: Vec<Step>,
    otherwise: Vec<Say>,
}

/// What is said to a request.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) says: &'a [Say],
    pub(super) stop: Option<StopReason>,
    pub(super) usage: Option<Usage>,
    /// What the prompt's groups matched.
    pub(super) groups: Vec<String>,
}

#[derive(Clone, Debug)]
struct Step {
    when: When,
    say: Vec<Say>,
    stop: Option<StopReason>,
    usage: Option<Usage>,
}

#[derive(Clone, Debug)]
struct When {
    prompt: Option<Regex>,
    result: Option<Regex>,
    step: Option<u32>,
    nth: Option<u32>,
    attempt: Option<u32>,
}

/// A piece of an answer.
#[derive(Clone, Debug)]
pub(super) enum Say {
    Think { text: String, rate: Option<f64> },
    Text { text: String, rate: Option<f64> },
    Call { name: String, input: Value },
    Pause { ms: u64 },
    Fail(ModelError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecording {
    name: String,
    model: ModelInfo,
    #[serde(default)]
    rate: Option<f64>,
    #[serde(default)]
    steps: Vec<RawStep>,
    #[serde(default)]
    otherwise: Vec<RawSay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    #[serde(default)]
    when: RawWhen,
    say: Vec<RawSay>,
    #[serde(default)]
    stop: Option<StopReason>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWhen {
    prompt: Option<String>,
    result: Option<String>,
    step: Option<u32>,
    nth: Option<u32>,
    attempt: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSay {
    think: Option<String>,
    text: Option<String>,
    rate: Option<f64>,
    call: Option<RawCall>,
    pause: Option<u64>,
    fail: Option<ModelError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall {
    name: String,
    #[serde(default)]
    input: serde_json::Map<String, Value>,
}

impl Recording {
    /// Reads a recording. The error says which step is wrong and how.
    pub fn parse(text: &str) -> Result<Self, String> {
        let raw: RawRecording = serde_json::from_str(text).map_err(|error| format!("this is no recording: {error}"))?;
        let mut steps = Vec::with_capacity(raw.steps.len());
        for (number, step) in (1..).zip(raw.steps) {
            steps.push(Step::of(step).map_err(|error| format!("step {number} of the recording: {error}"))?);
        }
        let otherwise = raw.otherwise.into_iter().map(Say::of).collect::<Result<_, _>>();
        let otherwise = otherwise.map_err(|error| format!("`otherwise` of the recording: {error}"))?;
        Ok(Self { name: raw.name, model: raw.model, rate: sane(raw.rate)?, steps, otherwise })
    }

    /// The answer to this scene, or what did not match.
    pub(super) fn answer(&self, scene: &Scene) -> Result<Answer<'_>, ModelError> {
        if let Some(step) = self.steps.iter().find(|step| step.when.fits(scene)) {
            let groups = step.when.groups(&scene.prompt);
            return Ok(Answer { says: &step.say, stop: step.stop.clone(), usage: step.usage, groups });
        }
        if self.otherwise.is_empty() {
            let text = format!("the recording `{}` has no answer to {}", self.name, scene.in_words());
            return Err(ModelError::new(ErrorKind::ReplayMiss, text));
        }
        Ok(Answer { says: &self.otherwise, stop: None, usage: None, groups: Vec::new() })
    }
}

impl Step {
    fn of(raw: RawStep) -> Result<Self, String> {
        let pattern = |text: Option<String>| match text {
            Some(text) => RegexBuilder::new(&text)
                .dot_matches_new_line(true)
                .build()
                .map(Some)
                .map_err(|error| format!("`{text}` is no regular expression: {error}")),
            None => Ok(None),
        };
        let RawWhen { prompt, result, step, nth, attempt } = raw.when;
        let when = When { prompt: pattern(prompt)?, result: pattern(result)?, step, nth, attempt };
        let say = raw.say.into_iter().map(Say::of).collect::<Result<_, _>>()?;
        Ok(Self { when, say, stop: raw.stop, usage: raw.usage })
    }
}

impl When {
    fn fits(&self, scene: &Scene) -> bool {
        let is = |wanted: Option<u32>, is: u32| wanted.is_none_or(|wanted| wanted == is);
        let matches = |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|regex| regex.is_match(text));
        is(self.step, scene.step)
            && is(self.nth, scene.nth)
            && is(self.attempt, scene.attempt)
            && matches(&self.prompt, &scene.prompt)
            && matches(&self.result, &scene.results)
    }

    fn groups(&self, prompt: &str) -> Vec<String> {
        let captures = self.prompt.as_ref().and_then(|regex| regex.captures(prompt));
        let text = |group: Option<regex::Match<'_>>| group.map_or_else(String::new, |group| group.as_str().to_owned());
        captures.map(|captures| captures.iter().skip(1).map(text).collect()).unwrap_or_default()
    }
}

impl Say {
    fn of(raw: RawSay) -> Result<Self, String> {
        let rate = sane(raw.rate)?;
        match (raw.think, raw.text, raw.call, raw.pause, raw.fail) {
            (Some(text), None, None, None, None) => Ok(Self::Think { text, rate }),
            (None, Some(text), None, None, None) => Ok(Self::Text { text, rate }),
            (None, None, Some(call), None, None) => {
                Ok(Self::Call { name: call.name, input: Value::Object(call.input) })
            }
            (None, None, None, Some(ms), None) => Ok(Self::Pause { ms }),
            (None, None, None, None, Some(error)) => Ok(Self::Fail(error)),
            _ => Err("every entry of `say` is one of think, text, call, pause or fail".to_owned()),
        }
    }

    /// The piece with its place-holders filled in.
    pub(super) fn filled(&self, words: &BTreeMap<String, String>) -> Self {
        match self {
            Self::Think { text, rate } => Self::Think { text: fill(text, words), rate: *rate },
            Self::Text { text, rate } => Self::Text { text: fill(text, words), rate: *rate },
            Self::Call { name, input } => Self::Call { name: fill(name, words), input: fill_value(input, words) },
            Self::Pause { .. } | Self::Fail(_) => self.clone(),
        }
    }
}

fn sane(rate: Option<f64>) -> Result<Option<f64>, String> {
    match rate {
        Some(rate) if !(0.1..=1_000_000.0).contains(&rate) => {
            Err(format!("a rate is tokens a second, from 0.1 to a million, not {rate}"))
        }
        rate => Ok(rate),
    }
}

/// Replaces `${name}`; a name that nobody knows stays as it is. What was filled in is not looked at again.
fn fill(text: &str, words: &BTreeMap<String, String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let known = after.split_once('}').and_then(|(name, tail)| Some((words.get(name)?, tail)));
        if let Some((word, tail)) = known {
            filled.push_str(word);
            rest = tail;
        } else {
            filled.push_str("${");
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// The same in every string of a document; its depth is bounded by the reader that made it.
fn fill_value(value: &Value, words: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, words)),
        Value::Array(list) => list.iter().map(|value| fill_value(value, words)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), fill_value(value, words))).collect(),
        other => other.clone(),
    }
}
