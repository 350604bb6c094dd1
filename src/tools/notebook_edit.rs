//! NotebookEdit: one cell of a Jupyter notebook replaced, inserted or deleted. Everything else in the file stays as it
//! is, its indentation too.

use std::path::Path;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::change::{Known, Plan, carry_out, plan_with};
use super::support::notebook::{self, Change};
use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, ToolOutcome, ToolSpec};

const NAME: &str = "NotebookEdit";

#[derive(Debug)]
pub struct NotebookEdit;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NotebookEditInput {
    /// Absolute path.
    notebook_path: String,
    /// Id or number of the cell, as Read shows them. An insert goes after it, or to the top.
    #[serde(default)]
    cell_id: Option<String>,
    new_source: String,
    #[serde(default)]
    cell_type: Option<CellType>,
    /// Left out: replace.
    #[serde(default)]
    edit_mode: Option<EditMode>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CellType {
    Code,
    Markdown,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EditMode {
    #[default]
    Replace,
    Insert,
    Delete,
}

/// The change that a call would make, by what is on disk now. With a ledger the rules of reading first hold.
pub fn plan(value: &Value, place: &Place, known: Known<'_>) -> Result<Plan, String> {
    let input: NotebookEditInput = input::parse(NAME, value)?;
    let path = input::path("notebook_path", &input.notebook_path, place)?;
    if path.extension().is_none_or(|extension| extension != "ipynb") {
        return Err(format!("{} is no notebook (.ipynb). Use Edit.", path.display()));
    }
    let kind = input.cell_type.map(|kind| match kind {
        CellType::Code => "code",
        CellType::Markdown => "markdown",
    });
    let change = match input.edit_mode.unwrap_or_default() {
        EditMode::Replace => Change::Replace { kind, source: &input.new_source },
        EditMode::Insert => Change::Insert { kind: kind.unwrap_or("code"), source: &input.new_source },
        EditMode::Delete => Change::Delete,
    };
    let shown = path.display().to_string();
    plan_with(&path, known, |text| {
        notebook::change(text, input.cell_id.as_deref(), &change).map_err(|problem| format!("{shown}: {problem}"))
    })
}

impl Tool for NotebookEdit {
    fn spec(&self) -> ToolSpec {
        input::spec::<NotebookEditInput>(NAME, include_str!("../../assets/tools/notebook_edit.md"))
    }

    fn access(&self, value: &Value, place: &Place) -> Result<Access, String> {
        let input: NotebookEditInput = input::parse(NAME, value)?;
        input::path("notebook_path", &input.notebook_path, place).map(Access::edit)
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::whole(context.cancel.clone(), move || {
            let real = |path: &Path| context.real(path);
            carry_out(plan(&value, &context.place, (&real, Some(&context.reads))), &context)
        })
    }
}
