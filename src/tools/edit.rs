//! Edit: one exact replacement in a file.

use std::path::Path;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::change::{Known, Plan, carry_out, plan_edits};
use super::support::replace::Swap;
use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, ToolOutcome, ToolSpec};

const NAME: &str = "Edit";

#[derive(Debug)]
pub struct Edit;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EditInput {
    /// Absolute path.
    file_path: String,
    /// The exact text to replace.
    old_string: String,
    /// The text that takes its place.
    new_string: String,
    /// Replace every occurrence.
    #[serde(default, deserialize_with = "input::flag")]
    #[schemars(with = "Option<bool>")]
    replace_all: Option<bool>,
}

/// The change that a call would make, by what is on disk now. With a ledger the rules of reading first hold.
pub fn plan(value: &Value, place: &Place, known: Known<'_>) -> Result<Plan, String> {
    let input: EditInput = input::parse(NAME, value)?;
    let path = input::path("file_path", &input.file_path, place)?;
    let swap = Swap { old: input.old_string, new: input.new_string, all: input.replace_all.unwrap_or(false) };
    plan_edits(&path, &[swap], known)
}

impl Tool for Edit {
    fn spec(&self) -> ToolSpec {
        input::spec::<EditInput>(NAME, include_str!("../../assets/tools/edit.md"))
    }

    fn access(&self, value: &Value, place: &Place) -> Result<Access, String> {
        let input: EditInput = input::parse(NAME, value)?;
        input::path("file_path", &input.file_path, place).map(Access::edit)
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::whole(context.cancel.clone(), move || {
            let real = |path: &Path| context.real(path);
            carry_out(plan(&value, &context.place, (&real, Some(&context.reads))), &context)
        })
    }
}
