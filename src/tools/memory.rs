//! Memory: keeps, changes, forgets and finds what outlives a session. The engine does it, because it knows the session;
//! this file tells the model of it.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::{input, job};
use super::{Place, Tool, ToolContext};
use crate::domain::{Access, Action, MemoryId, StoreScope, ToolOutcome, ToolSpec};

const NAME: &str = "Memory";

#[derive(Debug)]
pub struct Memory;

/// What a call asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryCall {
    Save { scope: StoreScope, text: String },
    Change { id: MemoryId, text: String },
    Forget { id: MemoryId },
    Search { text: String },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MemoryInput {
    action: MemoryAction,
    /// The fact, or the search.
    #[serde(default)]
    text: Option<String>,
    /// Entry to change or forget, such as p12.
    #[serde(default)]
    id: Option<String>,
    /// user: in all projects.
    #[serde(default)]
    scope: Option<StoreScope>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum MemoryAction {
    Save,
    Change,
    Forget,
    Search,
}

/// Reads the input of a call. The error is a text for the model.
pub fn read(value: &Value) -> Result<MemoryCall, String> {
    let MemoryInput { action, text, id, scope } = input::parse(NAME, value)?;
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let id = || id.as_deref().ok_or_else(|| format!("{NAME}: `id` is missing"))?.parse::<MemoryId>();
    let words = || text.clone().ok_or_else(|| format!("{NAME}: `text` is missing"));
    Ok(match action {
        MemoryAction::Save => MemoryCall::Save { scope: scope.unwrap_or_default(), text: words()? },
        MemoryAction::Change => MemoryCall::Change { id: id()?, text: words()? },
        MemoryAction::Forget => MemoryCall::Forget { id: id()? },
        MemoryAction::Search => MemoryCall::Search { text: text.unwrap_or_default() },
    })
}

impl Tool for Memory {
    fn spec(&self) -> ToolSpec {
        input::spec::<MemoryInput>(NAME, include_str!("../../assets/tools/memory.md"))
    }

    fn access(&self, value: &Value, _: &Place) -> Result<Access, String> {
        let looks = matches!(read(value)?, MemoryCall::Search { .. });
        Ok(Access::of(if looks { Action::Internal } else { Action::Remember }))
    }

    fn run(&self, _: Value, _: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::ready(ToolOutcome::error("The memory store belongs to a session; there is none here."))
    }
}
