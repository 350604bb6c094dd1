//! AskUserQuestion: questions with choices, put before the person by the engine.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, PersonQuestion, ToolOutcome, ToolSpec};

const NAME: &str = "AskUserQuestion";
/// Questions of one call, and choices of one question.
const QUESTIONS: usize = 4;
const OPTIONS: usize = 4;
/// Characters of a label over a question.
const HEADER: usize = 12;

#[derive(Debug)]
pub struct AskUserQuestion;

#[derive(Debug, Deserialize, JsonSchema)]
struct AskInput {
    /// One to four.
    questions: Vec<PersonQuestion>,
}

/// Reads a call. The error is a text for the model.
pub fn read(value: &Value) -> Result<Vec<PersonQuestion>, String> {
    let AskInput { mut questions } = input::parse(NAME, value)?;
    if questions.is_empty() || questions.len() > QUESTIONS {
        return Err(format!("questions has {} entries; one to {QUESTIONS} can be asked at once.", questions.len()));
    }
    for (index, question) in questions.iter_mut().enumerate() {
        let count = question.options.len();
        if !(2..=OPTIONS).contains(&count) {
            return Err(format!("questions[{index}].options has {count} entries; give two to {OPTIONS}."));
        }
        if question.question.trim().is_empty() {
            return Err(format!("questions[{index}].question is empty."));
        }
        question.header = question.header.chars().take(HEADER).collect();
    }
    Ok(questions)
}

impl Tool for AskUserQuestion {
    fn spec(&self) -> ToolSpec {
        input::spec::<AskInput>(NAME, include_str!("../../assets/tools/ask_user_question.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        read(value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, _value: Value, _context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(ToolOutcome::error("Nobody is there to answer."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_bounds_of_the_format_hold() {
        let option = json!({"label": "A", "description": "a"});
        let question = json!({"question": "Which?", "header": "A very long header", "options": [option, option]});
        let read_questions = |questions: Vec<Value>| read(&json!({ "questions": questions }));
        let read_one = read_questions(vec![question.clone()]).map(|questions| questions[0].header.clone());
        assert_eq!(read_one, Ok("A very long ".to_owned()));
        assert!(read_questions(vec![question.clone(); 5]).is_err());
        assert!(read_questions(Vec::new()).is_err());
        assert!(read(&json!({"questions": [{"question": "q", "header": "h", "options": [option]}]})).is_err());
    }
}
