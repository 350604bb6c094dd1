//! EnterPlanMode: from here on nothing may change until a plan is approved.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, ToolOutcome, ToolSpec};

#[derive(Debug)]
pub struct EnterPlanMode;

#[derive(Debug, Deserialize, JsonSchema)]
struct Nothing {}

impl Tool for EnterPlanMode {
    fn spec(&self) -> ToolSpec {
        input::spec::<Nothing>("EnterPlanMode", include_str!("../../assets/tools/enter_plan_mode.md"))
    }

    fn access(&self, _value: &Value, _place: &Place) -> Result<Access, String> {
        Ok(Access::of(Action::Internal))
    }

    fn run(&self, _value: Value, _context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(ToolOutcome::error("There is no session whose mode could change."))
    }
}
