//! One server with what is known of it now.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::client::Listener;
use super::config::LanguageConfig;
use super::connection::Connection;
use super::host::Inner;
use super::place;
use super::problems::Problems;
use crate::base::text;
use crate::domain::{LanguageProblem, LanguageState, LanguageStatus};

/// Lines of a server's log that are kept, and characters of one.
const LOG: usize = 200;
const LINE: usize = 2_000;
/// Things that a server is busy with that are kept.
const BUSY: usize = 32;
/// Problems that are shown.
const SHOWN: usize = 500;

/// One server.
pub(super) struct Server {
    pub config: LanguageConfig,
    pub orders: mpsc::Sender<Order>,
    /// The folder that it works on.
    pub root: PathBuf,
    pub inner: Weak<Inner>,
    seen: Mutex<Seen>,
}

/// What is wanted of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// A file of its kind is at hand.
    Wake,
    /// The person wants it started, anew if it runs.
    Start,
    Stop,
}

pub(super) struct Seen {
    pub state: LanguageState,
    pub connection: Option<Arc<Connection>>,
    pub pid: Option<u32>,
    pub about: String,
    pub restarts: u32,
    pub problems: Problems,
    /// What it works on, by its own token.
    pub busy: BTreeMap<String, String>,
    /// The person was told that it waits for a yes.
    pub offered: bool,
    pub log: VecDeque<String>,
}

impl Server {
    pub fn new(config: LanguageConfig, orders: mpsc::Sender<Order>, root: PathBuf, inner: Weak<Inner>) -> Self {
        let state = match &config.off {
            Some(why) => LanguageState::Off { why: why.clone() },
            None if config.unasked => LanguageState::Unasked,
            None => LanguageState::Asleep,
        };
        let seen = Seen {
            state,
            connection: None,
            pid: None,
            about: String::new(),
            restarts: 0,
            problems: Problems::default(),
            busy: BTreeMap::new(),
            offered: false,
            log: VecDeque::new(),
        };
        Self { config, orders, root, inner, seen: Mutex::new(seen) }
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The language of a file, when it is one of this server's.
    pub fn language(&self, path: &Path) -> Option<&str> {
        let ending = format!(".{}", path.extension()?.to_str()?.to_lowercase());
        self.config.extensions.get(&ending).map(String::as_str)
    }

    /// Keeps a line of its log.
    pub fn note(&self, line: &str) {
        let mut seen = self.seen();
        if seen.log.len() >= LOG {
            seen.log.pop_front();
        }
        seen.log.push_back(line.chars().take(LINE).collect());
    }

    /// The newest line of its log, for a problem with it.
    pub fn last_words(&self) -> Option<String> {
        self.seen().log.back().map(|line| text::sanitize_line(line).into_owned())
    }

    pub fn status(&self) -> LanguageStatus {
        let seen = self.seen();
        let mut problems: Vec<LanguageProblem> = seen.problems.all().into_values().flatten().collect();
        problems.sort_by(|a, b| a.severity.cmp(&b.severity).then_with(|| a.path.cmp(&b.path)));
        problems.truncate(SHOWN);
        LanguageStatus {
            name: self.config.name.clone(),
            state: seen.state.clone(),
            source: self.config.source.clone(),
            command: self.config.shown(),
            extensions: self.config.extensions.keys().cloned().collect(),
            about: seen.about.clone(),
            pid: seen.pid,
            open: seen.connection.as_ref().map_or(0, |connection| connection.open_files()),
            restarts: seen.restarts,
            busy: seen.busy.values().cloned().collect(),
            problems,
            log: seen.log.iter().cloned().collect(),
        }
    }

    /// `$/progress`: begin, report and end of a piece of work.
    fn progress(&self, params: &Value) {
        let token = params.get("token").map(Value::to_string).unwrap_or_default();
        let value = params.get("value").unwrap_or(&Value::Null);
        let word = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let mut seen = self.seen();
        match word("kind") {
            "begin" if seen.busy.len() < BUSY => {
                let title: String = word("title").chars().take(80).collect();
                seen.busy.insert(token, title);
            }
            "end" => drop(seen.busy.remove(&token)),
            _ => return,
        }
        drop(seen);
        self.moved();
    }

    /// Whoever waits for something looks again.
    fn moved(&self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.changed();
        }
    }
}

impl Listener for Server {
    fn notified(&self, method: &str, params: Value) {
        match method {
            "textDocument/publishDiagnostics" => {
                self.seen().problems.publish(params);
                self.moved();
            }
            "window/logMessage" | "window/showMessage" => {
                let text = params.get("message").and_then(Value::as_str).unwrap_or_default();
                text.lines().take(20).for_each(|line| self.note(line));
            }
            "$/progress" => self.progress(&params),
            _ => {}
        }
    }

    fn asked(&self, method: &str, params: &Value) -> Option<Value> {
        Some(match method {
            "workspace/configuration" => {
                let items = params.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let part = |item: &Value| section(&self.config.settings, item.get("section").and_then(Value::as_str));
                items.iter().map(part).collect()
            }
            "workspace/workspaceFolders" => folders(&self.root),
            // It wants to change files; whoever asked for that gets the change and passes it through the gate.
            "workspace/applyEdit" => json!({"applied": false, "failureReason": "changes are made by the client"}),
            "window/showDocument" => json!({"success": false}),
            "client/registerCapability"
            | "client/unregisterCapability"
            | "window/showMessageRequest"
            | "window/workDoneProgress/create"
            | "workspace/codeLens/refresh"
            | "workspace/diagnostic/refresh"
            | "workspace/inlayHint/refresh"
            | "workspace/semanticTokens/refresh" => Value::Null,
            _ => return None,
        })
    }
}

/// The folders of the work as the protocol names them.
pub(super) fn folders(root: &Path) -> Value {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    place::uri(root).map_or_else(|_| json!([]), |uri| json!([{"uri": uri, "name": name}]))
}

/// The part of the settings under a dotted name; a name may also stand as a key of its own.
fn section(settings: &Value, name: Option<&str>) -> Value {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return settings.clone() };
    if let Some(value) = settings.get(name) {
        return value.clone();
    }
    let mut part = settings;
    for word in name.split('.') {
        match part.get(word) {
            Some(value) => part = value,
            None => return Value::Null,
        }
    }
    part.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_by_dotted_names() {
        let settings = json!({"a": {"b": {"c": 1}}, "x.y": 2});
        for (name, want) in [
            (Some("a.b"), json!({"c": 1})),
            (Some("x.y"), json!(2)),
            (Some("a.z"), Value::Null),
            (Some(""), settings.clone()),
            (None, settings.clone()),
        ] {
            assert_eq!(section(&settings, name), want, "{name:?}");
        }
    }
}
