//! KillShell: ends a background command with everything that it started.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, ToolOutcome, ToolSpec};

const NAME: &str = "KillShell";

#[derive(Debug)]
pub struct KillShell;

#[derive(Debug, Deserialize, JsonSchema)]
struct KillInput {
    #[serde(alias = "task_id", alias = "bash_id", alias = "id")]
    shell_id: String,
}

impl Tool for KillShell {
    fn spec(&self) -> ToolSpec {
        input::spec::<KillInput>(NAME, include_str!("../../assets/tools/kill_shell.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        input::parse::<KillInput>(NAME, value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(match input::parse::<KillInput>(NAME, &value) {
            Ok(input) => kill(&input.shell_id, &context),
            Err(problem) => ToolOutcome::error(problem),
        })
    }
}

fn kill(id: &str, context: &ToolContext) -> ToolOutcome {
    match context.jobs.find(id) {
        None => ToolOutcome::error(format!("There is no background command `{id}`.")),
        Some(job) if !job.view().runs() => {
            let state = job.view().state.name();
            ToolOutcome::text(format!("{id} has ended already: {state}."), state)
        }
        Some(job) => {
            job.stop();
            ToolOutcome::text(format!("{id} is being stopped with everything that it started."), "stopped")
        }
    }
}
