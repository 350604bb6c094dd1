//! ExitPlanMode: puts a plan before the person, who approves it or says what is to be different.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, ToolOutcome, ToolSpec};

#[derive(Debug)]
pub struct ExitPlanMode;

#[derive(Debug, Deserialize, JsonSchema)]
struct PlanInput {
    /// The plan, in Markdown.
    #[serde(default)]
    plan: Option<String>,
}

/// The plan of a call; none when it says none.
pub fn read(value: &Value) -> Option<String> {
    let input: PlanInput = serde_json::from_value(value.clone()).ok()?;
    input.plan.filter(|plan| !plan.trim().is_empty())
}

impl Tool for ExitPlanMode {
    fn spec(&self) -> ToolSpec {
        input::spec::<PlanInput>("ExitPlanMode", include_str!("../../assets/tools/exit_plan_mode.md"))
    }

    fn access(&self, _value: &Value, _place: &Place) -> Result<Access, String> {
        Ok(Access::of(Action::Internal))
    }

    fn run(&self, _value: Value, _context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(ToolOutcome::error("There is nobody who could approve a plan."))
    }
}
