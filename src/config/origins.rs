//! Where every setting comes from: its file and line, what it overrides, and keys that nobody knows.

use crate::base::paths::absolute_from;
use crate::base::secrets::Redactor;
use crate::base::text;
use crate::domain::{PageAct, PageRow, RowMark};

use super::document::{Node, Value};
use super::gather::{LATIGO, PERMISSIONS};
use super::layers::Layer;
use super::{ConfigInput, known};
use crate::base::near::nearest;

/// Characters of a value that are shown.
const VALUE: usize = 200;
/// Keys whose entries stand for themselves.
const TABLES: [&str; 9] = [
    "attribution",
    "autoMode",
    "enabledPlugins",
    "env",
    "latigo",
    "permissions",
    "sandbox",
    "skillOverrides",
    "worktree",
];
/// Lists that are taken whole from the strongest file.
const WHOLE: [&str; 1] = ["fallbackModel"];
/// Parts of a variable's name that mark a secret.
const SECRET: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"];

/// One entry of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `permissions.defaultMode`
    pub key: String,
    pub value: serde_json::Value,
    /// `.claude/settings.json:7`
    pub place: String,
    pub file: Option<std::path::PathBuf>,
    pub state: OriginState,
}

/// What an entry comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginState {
    Used,
    /// A list to which other files add.
    Joined,
    /// The entry at this place wins.
    Overridden(String),
    /// The folder is not trusted.
    Waits,
    /// Nobody knows the key; the nearest known one.
    Unknown(Option<String>),
}

/// All entries, the strongest file first.
pub(super) fn origins(input: &ConfigInput<'_>, layers: &[Layer], trusted: bool, secrets: &Redactor) -> Vec<Origin> {
    let mut found: Vec<Origin> = Vec::new();
    for layer in layers {
        for (key, node) in layer.root.entries() {
            if TABLES.contains(&key.as_str()) && matches!(node.value, Value::Table(_)) {
                for (name, node) in node.entries() {
                    let value = shown(key, name, node, secrets);
                    push(&mut found, input, (layer, trusted), (format!("{key}.{name}"), node, value));
                }
            } else {
                let value = shown("", key, node, secrets);
                push(&mut found, input, (layer, trusted), (key.clone(), node, value));
            }
        }
    }
    found
}

fn push(
    found: &mut Vec<Origin>,
    input: &ConfigInput<'_>,
    (layer, trusted): (&Layer, bool),
    (key, node, value): (String, &Node, serde_json::Value),
) {
    let winner = found.iter().find(|origin| origin.key == key && origin.state == OriginState::Used);
    let tightens = matches!(key.as_str(), "permissions.deny" | "permissions.ask" | "sandbox.enabled");
    let is_list = matches!(node.value, Value::List(_)) && !WHOLE.contains(&key.as_str());
    let state = if let Some(unknown) = unknown(&key) {
        unknown
    } else if layer.is_from_project() && !trusted && !tightens {
        OriginState::Waits
    } else if is_list || key == "hooks" {
        OriginState::Joined
    } else {
        winner.map_or(OriginState::Used, |winner| OriginState::Overridden(winner.place.clone()))
    };
    let file = (layer.name != "--settings").then(|| absolute_from(input.cwd, &layer.name, Some(input.home)));
    found.push(Origin { key, value, place: format!("{}:{}", layer.name, node.line), file, state });
}

/// A value as it may be shown: without what is or looks like a secret.
fn shown(table: &str, name: &str, node: &Node, secrets: &Redactor) -> serde_json::Value {
    let upper = name.to_uppercase();
    if table == "env" && SECRET.iter().any(|part| upper.contains(part)) {
        return "…".into();
    }
    secrets.value(node.json())
}

impl Origin {
    /// The row of a page.
    pub fn row(&self) -> PageRow {
        let value = match &self.value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let (mark, note) = match &self.state {
            OriginState::Used => (RowMark::On, String::new()),
            OriginState::Joined => (RowMark::On, "joined with the same list of other files".to_owned()),
            OriginState::Overridden(place) => (RowMark::Off, format!("overridden by {place}")),
            OriginState::Waits => (RowMark::Off, "waits until the folder is trusted".to_owned()),
            OriginState::Unknown(None) => (RowMark::Problem, "not known; it does nothing".to_owned()),
            OriginState::Unknown(Some(near)) => {
                (RowMark::Problem, format!("not known, so it does nothing; did you mean `{near}`?"))
            }
        };
        PageRow {
            mark,
            name: self.key.clone(),
            value: text::clip(&value, 40).into_owned(),
            place: self.place.clone(),
            notes: vec![note, value.chars().take(VALUE).collect()],
            act: self.file.clone().map(PageAct::Open),
            drop: None,
        }
    }
}

/// The value in force: the one that wins, or a list of all that are joined.
pub fn effective(origins: &[Origin], key: &str) -> Option<serde_json::Value> {
    let mut joined: Option<Vec<serde_json::Value>> = None;
    for origin in origins.iter().filter(|origin| origin.key == key) {
        match (&origin.state, &origin.value) {
            (OriginState::Used, value) => return Some(value.clone()),
            (OriginState::Joined, serde_json::Value::Array(items)) => {
                let all = joined.get_or_insert_default();
                let new: Vec<_> = items.iter().filter(|item| !all.contains(item)).cloned().collect();
                all.extend(new);
            }
            (OriginState::Joined, value) => joined.get_or_insert_default().push(value.clone()),
            _ => {}
        }
    }
    joined.map(serde_json::Value::Array)
}

/// What a key comes to that nobody knows; none for a known one.
fn unknown(key: &str) -> Option<OriginState> {
    let (top, rest) = key.split_once('.').unwrap_or((key, ""));
    let below = rest.split('.').next().unwrap_or_default();
    if !known::TOP.contains(&top) {
        let near = nearest(top, known::TOP.iter().copied());
        return Some(OriginState::Unknown(near.map(ToOwned::to_owned)));
    }
    let known: &[&str] = match top {
        "latigo" => &LATIGO,
        "permissions" => &PERMISSIONS,
        _ => return None,
    };
    if below.is_empty() || known.contains(&below) {
        return None;
    }
    let near = nearest(below, known.iter().copied());
    Some(OriginState::Unknown(near.map(|near| format!("{top}.{near}"))))
}

/// What is wrong with a key that nobody knows.
pub fn unknown_key(key: &str) -> Option<String> {
    let OriginState::Unknown(near) = unknown(key)? else { return None };
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Some(format!("there is no setting `{key}`{near}"))
}
