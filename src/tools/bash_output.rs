//! BashOutput: what a background command printed since it was asked last, or a list of them.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, JobView, Shown, ToolOutcome, ToolSpec};

const NAME: &str = "BashOutput";

#[derive(Debug)]
pub struct BashOutput;

#[derive(Debug, Deserialize, JsonSchema)]
struct OutputInput {
    /// Left out: lists them.
    #[serde(default, alias = "task_id", alias = "shell_id", alias = "id")]
    bash_id: Option<String>,
    /// Only lines that match this regular expression.
    #[serde(default)]
    filter: Option<String>,
}

impl Tool for BashOutput {
    fn spec(&self) -> ToolSpec {
        input::spec::<OutputInput>(NAME, include_str!("../../assets/tools/bash_output.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        input::parse::<OutputInput>(NAME, value).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(match input::parse::<OutputInput>(NAME, &value) {
            Ok(input) => read(&input, &context),
            Err(problem) => ToolOutcome::error(problem),
        })
    }
}

fn read(input: &OutputInput, context: &ToolContext) -> ToolOutcome {
    let Some(id) = input.bash_id.as_deref().filter(|id| !id.trim().is_empty()) else {
        return list(&context.jobs.views());
    };
    let Some(job) = context.jobs.find(id) else {
        let known = context.jobs.views();
        let ids: Vec<&str> = known.iter().filter(|job| job.background).map(|job| job.id.as_str()).collect();
        let ids = if ids.is_empty() { "There is none.".to_owned() } else { format!("There are {}.", ids.join(", ")) };
        return ToolOutcome::error(format!("There is no background command `{id}`. {ids}"));
    };
    let mut text = job.news();
    if let Some(filter) = &input.filter {
        let Ok(pattern) = regex::Regex::new(filter) else {
            return ToolOutcome::error(format!("filter is not a regular expression: {filter}"));
        };
        text = text.lines().filter(|line| pattern.is_match(line)).collect::<Vec<_>>().join("\n");
    }
    let state = job.view().state.name();
    let output = if text.is_empty() { "(no new output)".to_owned() } else { text };
    let shown = Shown::Text { text: output.clone(), language: None };
    ToolOutcome { shown, ..ToolOutcome::text(format!("{id}: {state}.\n{output}"), state) }
}

fn list(jobs: &[JobView]) -> ToolOutcome {
    let line = |job: &JobView| format!("{} [{}] {}", job.id, job.state.name(), job.label);
    let lines: Vec<String> = jobs.iter().filter(|job| job.background).map(line).collect();
    if lines.is_empty() {
        return ToolOutcome::text("There are no background commands.", "none");
    }
    let summary = format!("{} jobs", lines.len());
    ToolOutcome { shown: Shown::List(lines.clone()), ..ToolOutcome::text(lines.join("\n"), summary) }
}
