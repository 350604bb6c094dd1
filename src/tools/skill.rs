//! Skill: loads the instructions of a skill or a command into the conversation. The engine does it, because shell
//! lines of a skill pass the gate; this file tells the model of it.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, ToolOutcome, ToolSpec};

const NAME: &str = "Skill";

#[derive(Debug)]
pub struct Skill;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the engine reads the fields")]
struct SkillInput {
    /// Name from the list.
    skill: String,
    /// What the skill shall work on.
    #[serde(default)]
    args: Option<String>,
}

impl Tool for Skill {
    fn spec(&self) -> ToolSpec {
        input::spec::<SkillInput>(NAME, include_str!("../../assets/tools/skill.md"))
    }

    fn access(&self, value: &Value, _: &Place) -> Result<Access, String> {
        input::parse::<SkillInput>(NAME, value)?;
        Ok(Access::of(Action::Internal))
    }

    fn run(&self, _: Value, _: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(ToolOutcome::error("Skills are loaded by the session; there is none here."))
    }
}
