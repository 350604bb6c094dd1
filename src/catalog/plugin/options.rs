//! What a plugin wants to know of the person (`userConfig` of its manifest), and what he said.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

/// Wishes that a plugin may have.
const MOST: usize = 64;

/// A value that somebody set. Its `Debug` does not show it: it may be a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

/// One wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginOption {
    pub key: String,
    pub kind: OptionKind,
    pub title: String,
    pub description: String,
    /// Its value is never shown and never goes to a model.
    pub sensitive: bool,
    pub required: bool,
    /// What is set, else what the plugin says by itself.
    pub value: Option<Hidden>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptionKind {
    #[default]
    Text,
    Number,
    Flag,
    Directory,
    File,
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl OptionKind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::Text,
            "number" => Self::Number,
            "boolean" => Self::Flag,
            "directory" => Self::Directory,
            "file" => Self::File,
            _ => return None,
        })
    }

    /// What may be set, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Directory => "a folder",
            Self::File => "a file",
        }
    }

    /// A text as a value of this kind, if it is one.
    pub fn value(self, text: &str) -> Option<Value> {
        match self {
            Self::Text | Self::Directory | Self::File => Some(Value::from(text)),
            Self::Number => serde_json::from_str::<Value>(text.trim()).ok().filter(Value::is_number),
            Self::Flag => super::super::front::truth(text).map(Value::Bool),
        }
    }
}

impl PluginOption {
    /// It is needed and nobody has set it.
    pub fn is_missing(&self) -> bool {
        self.required && self.value.is_none()
    }
}

/// Reads the wishes of a manifest.
pub(super) fn read(entries: &Map<String, Value>) -> Result<Vec<PluginOption>, String> {
    entries.iter().take(MOST).map(|(key, value)| option(key, value)).collect()
}

fn option(key: &str, value: &Value) -> Result<PluginOption, String> {
    let is_name = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !is_name {
        return Err(format!("`{key}` is no name for a value of `userConfig`"));
    }
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
    let kind = match value.get("type").and_then(Value::as_str) {
        None => OptionKind::Text,
        Some(name) => OptionKind::named(name).ok_or_else(|| {
            format!("`userConfig.{key}` has the type `{name}`; string, number, boolean, directory or file")
        })?,
    };
    Ok(PluginOption {
        key: key.to_owned(),
        kind,
        title: text("title"),
        description: text("description"),
        sensitive: flag("sensitive"),
        required: flag("required"),
        value: value.get("default").and_then(plain).map(Hidden),
    })
}

/// A value as the text that takes a place-holder's place.
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(items.iter().filter_map(plain).collect::<Vec<_>>().join(",")),
        other => Some(other.to_string()),
    }
}

/// Puts in what the person set.
pub(super) fn fill(options: &mut [PluginOption], given: Option<&BTreeMap<String, Hidden>>) {
    for option in options {
        if let Some(value) = given.and_then(|given| given.get(&option.key)) {
            option.value = Some(value.clone());
        }
    }
}
