//! TodoWrite: the model's list of what is to be done, replaced as a whole.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, Shown, Todo, TodoState, ToolOutcome, ToolSpec};

const NAME: &str = "TodoWrite";
/// Entries that a list may have.
const MAX_TODOS: usize = 200;

#[derive(Debug)]
pub struct TodoWrite;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TodoInput {
    /// The whole list.
    todos: Vec<Todo>,
}

fn read(value: &Value) -> Result<Vec<Todo>, String> {
    let TodoInput { todos } = input::parse(NAME, value)?;
    if todos.len() > MAX_TODOS {
        return Err(format!(
            "The list has {} entries; {MAX_TODOS} are the most. Join what belongs together.",
            todos.len()
        ));
    }
    match todos.iter().position(|todo| todo.content.trim().is_empty()) {
        Some(index) => Err(format!("todos[{index}].content is empty. Say what is to be done.")),
        None => Ok(todos),
    }
}

impl Tool for TodoWrite {
    fn spec(&self) -> ToolSpec {
        input::spec::<TodoInput>(NAME, include_str!("../../assets/tools/todo_write.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        read(value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, value: Value, _context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(match read(&value) {
            Ok(todos) => outcome(todos),
            Err(error) => ToolOutcome::error(error),
        })
    }
}

fn outcome(todos: Vec<Todo>) -> ToolOutcome {
    let done = todos.iter().filter(|todo| todo.status == TodoState::Completed).count();
    let summary = format!("{done} of {} done", todos.len());
    let lines = todos
        .iter()
        .map(|todo| match todo.status {
            TodoState::Completed => format!("[x] {}", todo.content),
            TodoState::InProgress => format!("[~] {}", todo.active_form),
            TodoState::Pending => format!("[ ] {}", todo.content),
        })
        .collect();
    ToolOutcome {
        shown: Shown::List(lines),
        todos: Some(todos),
        ..ToolOutcome::text(format!("The list is set: {summary}."), summary)
    }
}
