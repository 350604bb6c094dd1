//! One entry of a list of language servers, in the format of Claude Code's `.lsp.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::base::expand::expand;
use crate::domain::RuleScope;

/// How long a server may take to greet, and to end, in milliseconds, when its entry does not say.
const TIMES: (u64, u64) = (30_000, 2_000);
/// The most that an entry may ask for.
const LONGEST: u64 = 600_000;
/// Starts after an end that nobody wanted.
const RESTARTS: u32 = 3;
/// The source of a server that stands in no file.
pub const INSTALLED: &str = "installed";
/// The longest name.
const LONGEST_NAME: usize = 64;

/// An entry as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    pub scope: RuleScope,
    /// Scope and file, such as `project .claude/settings.json:3`.
    pub source: String,
    pub value: Value,
    /// Why it must not be used, known before it is read.
    pub off: Option<String>,
}

/// A language server that can be started.
#[derive(Clone, PartialEq)]
pub struct LanguageConfig {
    pub name: String,
    pub source: String,
    pub command: String,
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    /// Language ids by the ending of a file, with the dot and in small letters.
    pub extensions: BTreeMap<String, String>,
    /// `initializationOptions` of the greeting.
    pub options: Value,
    /// What the server is told when it asks for its configuration.
    pub settings: Value,
    /// The folder that it works on; none for the project.
    pub folder: Option<PathBuf>,
    pub start_ms: u64,
    pub stop_ms: u64,
    pub restarts: u32,
    /// Why it must not be used.
    pub off: Option<String>,
    /// Found on the machine and not configured by anybody, so the person has to say that it may run here.
    pub unasked: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    command: String,
    #[serde(default)]
    args: Vec<String>,
    extension_to_language: BTreeMap<String, String>,
    #[serde(default)]
    transport: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    initialization_options: Value,
    #[serde(default)]
    settings: Value,
    #[serde(default)]
    workspace_folder: Option<String>,
    #[serde(default)]
    startup_timeout: Option<u64>,
    #[serde(default)]
    shutdown_timeout: Option<u64>,
    #[serde(default)]
    restart_on_crash: Option<bool>,
    #[serde(default)]
    max_restarts: Option<u32>,
}

/// Reads an entry; `env` fills in its variables. With it come remarks; the error is a sentence for the person.
pub fn parse(entry: &Entry, env: &BTreeMap<String, String>) -> Result<(LanguageConfig, Vec<String>), String> {
    if entry.name.is_empty() || entry.name.len() > LONGEST_NAME || entry.name.chars().any(char::is_control) {
        return Err(format!("its name must have 1 to {LONGEST_NAME} characters"));
    }
    let written: Written = serde_json::from_value(entry.value.clone()).map_err(|error| error.to_string())?;
    if let Some(other) = written.transport.as_deref().filter(|transport| *transport != "stdio") {
        return Err(format!("`transport` is `{other}`; only `stdio` is spoken here"));
    }
    if written.command.trim().is_empty() {
        return Err("`command` is empty".to_owned());
    }
    let mut missing = Vec::new();
    let mut fill = |text: &str| {
        let (filled, more) = expand(text, env);
        missing.extend(more);
        filled
    };
    let extensions = extensions(&written.extension_to_language)?;
    let config = LanguageConfig {
        name: entry.name.clone(),
        source: entry.source.clone(),
        command: fill(&written.command),
        args: written.args.iter().map(|arg| fill(arg)).collect(),
        env: written.env.iter().map(|(name, value)| (name.clone(), fill(value))).collect(),
        extensions,
        options: written.initialization_options,
        settings: written.settings,
        folder: written.workspace_folder.map(|folder| PathBuf::from(fill(&folder))),
        start_ms: written.startup_timeout.unwrap_or(TIMES.0).clamp(100, LONGEST),
        stop_ms: written.shutdown_timeout.unwrap_or(TIMES.1).clamp(100, LONGEST),
        restarts: if written.restart_on_crash == Some(false) { 0 } else { written.max_restarts.unwrap_or(RESTARTS) },
        off: entry.off.clone(),
        unasked: false,
    };
    let remarks = missing.iter().map(|name| format!("the variable {name} is not set")).collect();
    Ok((config, remarks))
}

fn extensions(written: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    if written.is_empty() {
        return Err("`extensionToLanguage` names no file ending".to_owned());
    }
    Ok(written
        .iter()
        .map(|(ending, language)| {
            let ending = ending.trim_start_matches('.').to_lowercase();
            (format!(".{ending}"), language.clone())
        })
        .collect())
}

impl LanguageConfig {
    /// A server with its usual bounds.
    pub(super) fn plain(name: &str, command: &str, args: &[&str], extensions: &[(&str, &str)]) -> Self {
        Self {
            name: name.to_owned(),
            source: INSTALLED.to_owned(),
            command: command.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: BTreeMap::new(),
            extensions: extensions.iter().map(|(ending, id)| (format!(".{ending}"), (*id).to_owned())).collect(),
            options: Value::Null,
            settings: Value::Null,
            folder: None,
            start_ms: TIMES.0,
            stop_ms: TIMES.1,
            restarts: RESTARTS,
            off: None,
            unasked: true,
        }
    }

    /// The command line, without variables.
    pub fn shown(&self) -> String {
        std::iter::once(&self.command).chain(&self.args).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for LanguageConfig {
    /// Variables and options may hold keys and are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.name, self.source, self.shown())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<(LanguageConfig, Vec<String>), String> {
        let env = BTreeMap::from([("ROOT".to_owned(), "/r".to_owned())]);
        let entry = Entry { name: "s".into(), scope: RuleScope::User, source: "f:1".into(), value, off: None };
        parse(&entry, &env)
    }

    #[test]
    fn the_documented_form_is_read() {
        let (config, remarks) = read(json!({
            "command": "${ROOT}/gopls", "args": ["serve", "${NOPE}"], "extensionToLanguage": {".GO": "go", "mod": "go.mod"},
            "transport": "stdio", "env": {"A": "${ROOT}"}, "initializationOptions": {"a": 1}, "settings": {"b": 2},
            "workspaceFolder": "${ROOT}/w", "startupTimeout": 5000, "shutdownTimeout": 1, "restartOnCrash": true,
            "maxRestarts": 7, "loggingConfig": {}
        }))
        .unwrap();
        assert_eq!(config.shown(), "/r/gopls serve ${NOPE}");
        assert_eq!(remarks, ["the variable NOPE is not set"]);
        let pairs: Vec<(&str, &str)> = config.extensions.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(pairs, [(".go", "go"), (".mod", "go.mod")]);
        assert_eq!((config.start_ms, config.stop_ms, config.restarts), (5000, 100, 7));
        assert_eq!((config.options, config.settings), (json!({"a": 1}), json!({"b": 2})));
        assert_eq!((config.folder, config.unasked), (Some(PathBuf::from("/r/w")), false));
        let least = json!({"command": "x", "extensionToLanguage": {".a": "a"}, "restartOnCrash": false});
        assert_eq!(read(least).unwrap().0.restarts, 0);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (value, part) in [
            (json!({"command": "x"}), "extensionToLanguage"),
            (json!({"command": "x", "extensionToLanguage": {}}), "no file ending"),
            (json!({"command": " ", "extensionToLanguage": {".a": "a"}}), "empty"),
            (json!({"command": "x", "extensionToLanguage": {".a": "a"}, "transport": "socket"}), "socket"),
            (json!({"command": "x", "extensionToLanguage": {".a": "a"}, "args": "y"}), "sequence"),
            (json!([]), "length"),
        ] {
            let problem = read(value.clone()).unwrap_err();
            assert!(problem.contains(part), "{value}: {problem}");
        }
    }
}
