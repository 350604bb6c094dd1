//! Hooks of type prompt and agent: one question to a model, or to a sub-agent that may look first, whose answer says
//! whether to go on.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::Ask;
use super::answer::Finished;

/// Where the event stands in the question.
const PLACE: &str = "$ARGUMENTS";
/// What the model is told of the form of its answer.
const FORM: &str = "Answer with one JSON object and nothing else: {\"ok\": true} when the condition holds, or \
                    {\"ok\": false, \"reason\": \"why not\"} when it does not.";

/// A question to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    /// Another model than the session's.
    pub model: Option<String>,
    /// A sub-agent answers, which may read.
    pub looks: bool,
}

impl Question {
    /// The hook's prompt with the event in its place, or after it.
    pub(super) fn new(prompt: &str, input: &str, model: Option<String>) -> Self {
        let asked =
            if prompt.contains(PLACE) { prompt.replace(PLACE, input) } else { format!("{prompt}\n\nEvent:\n{input}") };
        Self { text: format!("{asked}\n\n{FORM}"), model, looks: false }
    }

    /// The same for a sub-agent.
    pub(super) fn of_agent(prompt: &str, input: &str, model: Option<String>) -> Self {
        Self { looks: true, ..Self::new(prompt, input, model) }
    }
}

/// Asks. The answer is brought into the form that commands answer in.
pub(super) async fn run(question: Question, go_on: bool, ask: Option<&Ask>, limit: Duration) -> Finished {
    let broken = |why: String| Finished { broken: Some(why), ..Finished::default() };
    let Some(ask) = ask else { return broken("no model is configured that could be asked".to_owned()) };
    let said = match timeout(limit, ask(question)).await {
        Err(_) => return broken("the model took too long to answer".to_owned()),
        Ok(Err(problem)) => return broken(problem),
        Ok(Ok(said)) => said,
    };
    match verdict(&said) {
        None => {
            Finished { stderr: said, ..broken("the model's answer is not of the form that was asked for".to_owned()) }
        }
        Some((true, _)) => Finished { code: Some(0), stderr: said, ..Finished::default() },
        Some((false, reason)) => {
            let mut answer = json!({ "decision": "block", "reason": reason });
            if !go_on && let Some(answer) = answer.as_object_mut() {
                answer.insert("stopReason".to_owned(), json!(reason));
            }
            Finished { code: Some(0), stdout: answer.to_string(), ..Finished::default() }
        }
    }
}

/// `ok` and the reason, from the first object in the answer.
fn verdict(said: &str) -> Option<(bool, String)> {
    let (start, end) = (said.find('{')?, said.rfind('}')?);
    let value: Value = serde_json::from_str(said.get(start..=end)?).ok()?;
    let ok = value.get("ok")?.as_bool()?;
    let reason = value.get("reason").and_then(Value::as_str).unwrap_or("no reason was given");
    Some((ok, reason.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_event_stands_where_the_prompt_wants_it() {
        assert!(Question::new("Is $ARGUMENTS fine?", "{}", None).text.starts_with("Is {} fine?"));
        assert!(Question::new("Fine?", "{1}", None).text.contains("Event:\n{1}"));
    }

    #[test]
    fn only_an_answer_of_the_form_decides() {
        assert_eq!(verdict("```json\n{\"ok\": true}\n```"), Some((true, "no reason was given".to_owned())));
        assert_eq!(verdict("{\"ok\": false, \"reason\": \"no\"}"), Some((false, "no".to_owned())));
        assert_eq!(verdict("I think so"), None);
        assert_eq!(verdict("} {"), None);
        assert_eq!(verdict("{\"ok\": \"yes\"}"), None);
    }
}
