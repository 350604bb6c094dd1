//! From a file's parts to its text: its shell lines pass the gate before the first of them runs, then run beside the
//! driver one after the other. A line that may not run, or fails, stops the whole.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::super::driver::{Driver, Running, What};
use crate::catalog::Part;
use crate::domain::{CommandFile, Decision, ToolCall, ToolOutcome, ToolResult};
use crate::tools::{Tool, ToolContext};

/// Bytes of a text with all its outputs.
const LIMIT: usize = 4 << 20;

/// A text that is complete, with what it is for.
#[derive(Debug)]
pub(in crate::engine) struct Filled {
    pub(super) file: CommandFile,
    pub(super) arguments: String,
    pub(super) text: Result<String, String>,
    pub(super) id: String,
    /// The model's call that it is for, where it becomes the prompt of a sub-agent.
    pub(super) by: Option<ToolCall>,
}

/// What is left to do for a text.
pub(super) struct Filling {
    steps: Vec<Step>,
}

enum Step {
    Text(String),
    Run { tool: Arc<dyn Tool>, call: ToolCall, context: Box<ToolContext> },
}

impl Filling {
    /// There is nothing to run.
    pub(super) fn is_ready(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Text(_)))
    }

    /// Runs what has to run.
    pub(super) async fn run(self) -> Result<String, String> {
        let mut text = String::new();
        for step in self.steps {
            match step {
                Step::Text(part) => text.push_str(&part),
                Step::Run { tool, call, context } => {
                    let command = call.input["command"].as_str().unwrap_or_default().to_owned();
                    let outcome = tool.run(call.input, *context).await;
                    let output = joined(&outcome);
                    if outcome.is_error {
                        return Err(format!("its line `{command}` failed: {}", output.trim()));
                    }
                    text.push_str(&output);
                }
            }
            if text.len() > LIMIT {
                return Err(format!("its text is larger than {} MiB", LIMIT >> 20));
            }
        }
        Ok(text)
    }
}

fn joined(outcome: &ToolOutcome) -> String {
    ToolResult { call_id: String::new(), parts: outcome.parts.clone(), is_error: false }.joined()
}

impl Driver {
    /// Judges the shell lines and makes everything ready to run.
    pub(super) async fn fill(
        &mut self,
        parts: Vec<Part>,
        id: &str,
        cancel: &CancellationToken,
    ) -> Result<Filling, String> {
        let mut steps = Vec::new();
        for part in parts {
            steps.push(match part {
                Part::Text(text) => Step::Text(text),
                Part::Shell(command) => self.step(command, id, cancel).await?,
            });
        }
        Ok(Filling { steps })
    }

    async fn step(&mut self, command: String, id: &str, cancel: &CancellationToken) -> Result<Step, String> {
        if !self.stage.trusted {
            return Err(format!("its line `{command}` may not run before the folder is trusted"));
        }
        let input = serde_json::json!({ "command": command });
        let call = ToolCall { id: id.to_owned(), name: "Bash".to_owned(), input };
        self.need_proof(&call).await;
        let verdict = self.verdict(&call);
        if verdict.decision != Decision::Allow {
            return Err(format!("its line `{command}` may not run: {}", verdict.because.text));
        }
        let Some(tool) = self.setup.tools.iter().find(|tool| tool.spec().name == "Bash") else {
            return Err("there is no tool `Bash`".to_owned());
        };
        let tool = Arc::clone(tool);
        let mut context = self.context(id, |_, text| What::ShellOutput(text));
        context.cage = self.cage(&call)?;
        context.cancel = cancel.clone();
        Ok(Step::Run { tool, call, context: Box::new(context) })
    }

    /// Lets a running text be stopped like the person's own commands.
    pub(super) fn keep_cancel(&mut self, id: &str, cancel: CancellationToken) {
        self.running
            .insert(id.to_owned(), Running { cancel, detach: tokio_util::sync::CancellationToken::new(), recorded: 0 });
    }
}
