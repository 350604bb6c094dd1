//! The request by which a model judges what rules leave open, and the reading of its answer.
//!
//! It is a small request of its own: nothing of the conversation's prefix stands in it, so it neither reads nor
//! breaks that cache, and no tool result stands in it, so that what a file says cannot argue for a call.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use crate::domain::{
    Block, CanonicalRequest, Effort, Message, ModelInfo, ModelRef, Opinion, Role, Sampling, Segment, ToolCall,
};

const SYSTEM: &str = include_str!("../../assets/prompt/classifier.md");
/// Bytes of a call's input that are judged; a longer one is the person's to read.
const INPUT: usize = 16 * 1024;
/// Messages of the person that are shown, and characters of each.
const SAID: usize = 5;
const SAID_CHARS: usize = 2_000;
/// Tokens of the answer, with room for a model that cannot help thinking.
const OUTPUT: u32 = 2_048;
/// Characters of the reason that are kept.
const REASON: usize = 300;

/// What is judged, and with what in view.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    pub call: &'a ToolCall,
    /// What the person typed, oldest first.
    pub said: &'a [String],
    pub folder: &'a str,
    pub project: &'a str,
    /// What the gate's own analysis left open.
    pub analysis: &'a str,
}

/// Makes the request; none for a call too long to be judged whole.
pub fn classifier_request(
    judged: &Judged<'_>,
    model: &ModelRef,
    info: &Arc<ModelInfo>,
    session_key: &str,
) -> Option<Arc<CanonicalRequest>> {
    if judged.call.input.to_string().len() > INPUT {
        return None;
    }
    let skip = judged.said.len().saturating_sub(SAID);
    let said: Vec<String> = judged.said.iter().skip(skip).map(|text| text.chars().take(SAID_CHARS).collect()).collect();
    let question = json!({
        "said": said,
        "folder": judged.folder,
        "project": judged.project,
        "analysis": judged.analysis,
        "call": { "tool": judged.call.name, "input": judged.call.input },
    });
    let message = Message { role: Role::User, blocks: vec![Block::Text { text: question.to_string() }], by: None };
    let segments =
        vec![Arc::new(Segment::system("classifier", SYSTEM)), Arc::new(Segment::message("call", Arc::new(message)))];
    Some(Arc::new(CanonicalRequest {
        model: model.clone(),
        info: Arc::clone(info),
        segments,
        marks: Vec::new(),
        sampling: Sampling { max_output: OUTPUT.min(info.max_output), effort: Some(Effort::Low), thinking: false },
        session_key: format!("{session_key}-classifier"),
    }))
}

#[derive(Deserialize)]
struct Answer {
    verdict: Opinion,
    #[serde(default)]
    reason: String,
}

/// Reads an answer. Anything but one JSON object with a verdict is no opinion.
pub fn read_opinion(text: &str) -> Option<(Opinion, String)> {
    let text = text.trim();
    let text = text.strip_prefix("```json").or_else(|| text.strip_prefix("```")).unwrap_or(text);
    let text = text.strip_suffix("```").unwrap_or(text).trim();
    let answer: Answer = serde_json::from_str(text).ok()?;
    Some((answer.verdict, answer.reason.trim().chars().take(REASON).collect()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::domain::Wire;

    fn request(input: serde_json::Value) -> Option<Arc<CanonicalRequest>> {
        let call = ToolCall { id: "c".into(), name: "Bash".into(), input };
        let said: Vec<String> = (0..9).map(|number| format!("wish {number}")).collect();
        let judged = Judged { call: &call, said: &said, folder: "/w", project: "/w", analysis: "unknown program" };
        classifier_request(&judged, &ModelRef::new(Wire::Replay, "m"), &Arc::new(ModelInfo::unknown("m")), "key")
    }

    #[test]
    fn the_request_stands_alone_and_holds_the_call_as_data() {
        let request = request(json!({"command": "make \"x\"\n"})).unwrap();
        assert_eq!((request.segments.len(), request.marks.len()), (2, 0));
        assert_ne!(request.session_key, "key");
        let message = request.segments[1].as_message().unwrap().text();
        let question: serde_json::Value = serde_json::from_str(&message).unwrap();
        assert_eq!(question["call"]["input"]["command"], "make \"x\"\n");
        assert_eq!(question["said"].as_array().unwrap().len(), SAID);
        assert_eq!(question["said"][4], "wish 8");
    }

    #[test]
    fn a_call_that_cannot_be_shown_whole_is_not_judged() {
        assert!(request(json!({"command": "x".repeat(INPUT)})).is_none());
    }

    #[test]
    fn only_a_clear_answer_is_an_opinion() {
        let allow = Some((Opinion::Allow, "fine".to_owned()));
        assert_eq!(read_opinion("{\"verdict\":\"allow\",\"reason\":\"fine\"}"), allow);
        assert_eq!(read_opinion("```json\n{\"verdict\": \"allow\", \"reason\": \"fine\"}\n```\n"), allow);
        assert_eq!(read_opinion("{\"verdict\":\"block\"}"), Some((Opinion::Block, String::new())));
        for garbage in ["", "allow", "{\"verdict\":\"yes\"}", "allow {\"verdict\":\"allow\"}", "[]"] {
            assert_eq!(read_opinion(garbage), None, "{garbage}");
        }
    }
}
