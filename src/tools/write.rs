//! Write: a whole file, new or in place of the old one.

use std::path::Path;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::change::{Known, Plan, carry_out, plan_write};
use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, ToolOutcome, ToolSpec};

const NAME: &str = "Write";

#[derive(Debug)]
pub struct Write;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WriteInput {
    /// Absolute path.
    file_path: String,
    /// The whole content.
    content: String,
}

/// The change that a call would make, by what is on disk now. With a ledger the rules of reading first hold.
pub fn plan(value: &Value, place: &Place, known: Known<'_>) -> Result<Plan, String> {
    let input: WriteInput = input::parse(NAME, value)?;
    plan_write(&input::path("file_path", &input.file_path, place)?, &input.content, known)
}

impl Tool for Write {
    fn spec(&self) -> ToolSpec {
        input::spec::<WriteInput>(NAME, include_str!("../../assets/tools/write.md"))
    }

    fn access(&self, value: &Value, place: &Place) -> Result<Access, String> {
        let input: WriteInput = input::parse(NAME, value)?;
        input::path("file_path", &input.file_path, place).map(Access::edit)
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::whole(context.cancel.clone(), move || {
            let real = |path: &Path| context.real(path);
            carry_out(plan(&value, &context.place, (&real, Some(&context.reads))), &context)
        })
    }
}
