//! TaskCreate: a new task on the list.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, Task, ToolOutcome, ToolSpec};

const NAME: &str = "TaskCreate";

#[derive(Debug)]
pub struct TaskCreate;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateInput {
    /// As an order: "Run the tests".
    subject: String,
    #[serde(default)]
    description: String,
    /// While it is done: "Running the tests".
    #[serde(default)]
    active_form: Option<String>,
    #[serde(default)]
    #[schemars(skip)]
    metadata: Map<String, Value>,
}

impl Tool for TaskCreate {
    fn spec(&self) -> ToolSpec {
        input::spec::<CreateInput>(NAME, include_str!("../../assets/tools/task_create.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        input::parse::<CreateInput>(NAME, value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(create(&value, &context).unwrap_or_else(ToolOutcome::error))
    }
}

fn create(value: &Value, context: &ToolContext) -> Result<ToolOutcome, String> {
    let CreateInput { subject, description, active_form, metadata } = input::parse(NAME, value)?;
    let summary = format!("+ {subject}");
    let task = Task { subject, description, active_form, metadata, ..Task::default() };
    let id = context.board.create(task)?;
    let tasks = Some(context.board.list());
    Ok(ToolOutcome { tasks, ..ToolOutcome::text(format!("Task {id} is on the list."), summary) })
}
