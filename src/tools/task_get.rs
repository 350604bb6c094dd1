//! TaskGet: one task with everything that is known of it.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, ToolOutcome, ToolSpec};

const NAME: &str = "TaskGet";

#[derive(Debug)]
pub struct TaskGet;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetInput {
    task_id: String,
}

impl Tool for TaskGet {
    fn spec(&self) -> ToolSpec {
        input::spec::<GetInput>(NAME, include_str!("../../assets/tools/task_get.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        input::parse::<GetInput>(NAME, value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(get(&value, &context).unwrap_or_else(ToolOutcome::error))
    }
}

fn get(value: &Value, context: &ToolContext) -> Result<ToolOutcome, String> {
    let GetInput { task_id } = input::parse(NAME, value)?;
    let task = context.board.find(&task_id).ok_or_else(|| format!("There is no task {task_id}."))?;
    let all = context.board.list();
    let mut whole = serde_json::to_value(&task).unwrap_or_default();
    if let Some(fields) = whole.as_object_mut() {
        let blocks: Vec<&str> = task.blocks(&all).collect();
        fields.insert("blocks".to_owned(), blocks.into());
    }
    Ok(ToolOutcome::text(whole.to_string(), task.subject.clone()))
}
