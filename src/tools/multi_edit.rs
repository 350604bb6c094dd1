//! MultiEdit: several replacements in one file, all or none.

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

const NAME: &str = "MultiEdit";

#[derive(Debug)]
pub struct MultiEdit;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MultiEditInput {
    /// Absolute path.
    file_path: String,
    /// Done in this order, each on the result of the one before.
    edits: Vec<OneEdit>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneEdit {
    old_string: String,
    new_string: String,
    #[serde(default, deserialize_with = "input::flag")]
    #[schemars(with = "Option<bool>")]
    replace_all: Option<bool>,
}

/// The change that a call would make, by what is on disk now. With a ledger the rules of reading first hold.
pub fn plan(value: &Value, place: &Place, known: Known<'_>) -> Result<Plan, String> {
    let input: MultiEditInput = input::parse(NAME, value)?;
    let path = input::path("file_path", &input.file_path, place)?;
    if input.edits.is_empty() {
        return Err("edits is empty. Give at least one edit.".to_owned());
    }
    let swaps: Vec<Swap> = input.edits.into_iter().map(Swap::from).collect();
    plan_edits(&path, &swaps, known)
}

impl From<OneEdit> for Swap {
    fn from(edit: OneEdit) -> Self {
        Self { old: edit.old_string, new: edit.new_string, all: edit.replace_all.unwrap_or(false) }
    }
}

impl Tool for MultiEdit {
    fn spec(&self) -> ToolSpec {
        input::spec::<MultiEditInput>(NAME, include_str!("../../assets/tools/multi_edit.md"))
    }

    fn access(&self, value: &Value, place: &Place) -> Result<Access, String> {
        let input: MultiEditInput = input::parse(NAME, value)?;
        input::path("file_path", &input.file_path, place).map(Access::edit)
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::whole(context.cancel.clone(), move || {
            let real = |path: &Path| context.real(path);
            carry_out(plan(&value, &context.place, (&real, Some(&context.reads))), &context)
        })
    }
}
