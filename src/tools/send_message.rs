//! SendMessage: to an agent that was called before. What is called is described here; the engine does it.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, ToolOutcome, ToolSpec};

const NAME: &str = "SendMessage";

#[derive(Debug)]
pub struct SendMessage;

/// A call of SendMessage.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct MessageInput {
    /// Its id, name, or description in your call.
    #[serde(alias = "recipient", alias = "agent", alias = "agent_id")]
    pub to: String,
    #[serde(alias = "content", alias = "text", alias = "prompt")]
    pub message: String,
    #[serde(default)]
    #[schemars(skip)]
    pub run_in_background: Option<bool>,
}

/// Reads a call. The error is a text for the model.
pub fn read(value: &Value) -> Result<MessageInput, String> {
    let input: MessageInput = input::parse(NAME, value)?;
    if input.message.trim().is_empty() {
        return Err("message is empty. Say what the agent is to do.".to_owned());
    }
    Ok(input)
}

impl Tool for SendMessage {
    fn spec(&self) -> ToolSpec {
        input::spec::<MessageInput>(NAME, include_str!("../../assets/tools/send_message.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        read(value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, _value: Value, _context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(ToolOutcome::error("Agents can be reached only within a session."))
    }
}
