//! Agent: hands work to a sub-agent. What is called is described here; the engine runs it.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, ToolOutcome, ToolSpec};

const NAME: &str = "Agent";
/// The kind that is taken when none is named.
const USUAL: &str = "general-purpose";

#[derive(Debug)]
pub struct Agent;

/// A call of Agent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct AgentInput {
    /// Three to five words.
    #[serde(default)]
    pub description: String,
    pub prompt: String,
    #[serde(default = "usual")]
    #[schemars(with = "Option<String>")]
    pub subagent_type: String,
    #[serde(default)]
    #[schemars(skip)]
    pub model: Option<String>,
    #[serde(default)]
    #[schemars(skip)]
    pub effort: Option<crate::domain::Effort>,
    /// Return at once; you are told when it is done.
    #[serde(default)]
    pub run_in_background: Option<bool>,
    #[serde(default)]
    #[schemars(skip)]
    pub name: Option<String>,
    #[serde(default)]
    #[schemars(skip)]
    pub isolation: Option<String>,
}

fn usual() -> String {
    USUAL.to_owned()
}

/// Reads a call. The error is a text for the model.
pub fn read(value: &Value) -> Result<AgentInput, String> {
    let mut input: AgentInput = input::parse(NAME, value)?;
    if input.prompt.trim().is_empty() {
        return Err("prompt is empty. Say what the agent is to do and what it is to answer.".to_owned());
    }
    if input.subagent_type.trim().is_empty() {
        input.subagent_type = usual();
    }
    if input.description.trim().is_empty() {
        input.description = input.prompt.chars().take(40).collect();
    }
    Ok(input)
}

/// Adds the kinds of agents to what the model is told of the tool.
pub fn list_kinds(spec: &mut ToolSpec, kinds: &[(String, String)]) {
    if spec.name != NAME {
        return;
    }
    spec.description.push_str("\nKinds:");
    for (name, description) in kinds {
        let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        spec.description.extend(["\n- ", name, ": ", &description]);
    }
}

impl Tool for Agent {
    fn spec(&self) -> ToolSpec {
        input::spec::<AgentInput>(NAME, include_str!("../../assets/tools/agent.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        read(value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, _value: Value, _context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(ToolOutcome::error("Agents can be called only within a session."))
    }
}
