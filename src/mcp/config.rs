//! One entry of a list of servers: what it may hold, in the format of `.mcp.json`.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::base::expand::expand;
use crate::domain::{Hash, RuleScope};

/// The longest name of a server.
const LONGEST_NAME: usize = 64;
/// Names that Claude Code keeps for itself.
const RESERVED: [&str; 5] = ["workspace", "claude-in-chrome", "computer-use", "Claude Preview", "Claude Browser"];
/// The least that `timeout` may be, in milliseconds.
const LEAST_TIMEOUT: u64 = 1_000;

/// An entry as it stands in a file, before variables are put in.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    pub scope: RuleScope,
    /// File and line as a person would write them.
    pub source: String,
    pub value: Value,
    /// Why it is not used, when something speaks against it.
    pub off: Option<String>,
}

/// How a server is reached.
#[derive(Clone, PartialEq, Eq)]
pub enum Way {
    Stdio {
        command: String,
        args: Vec<String>,
        env: BTreeMap<String, String>,
    },
    /// Streamable HTTP.
    Http(Reach),
    /// The HTTP transport of 2024-11-05 with its two addresses.
    Sse(Reach),
}

/// An address and what goes with each request to it. Its `Debug` shows no header.
#[derive(Clone, PartialEq, Eq)]
pub struct Reach {
    pub url: String,
    pub headers: BTreeMap<String, String>,
    /// A shell command that prints a JSON object of further headers.
    pub headers_helper: Option<String>,
    pub oauth: OAuth,
}

/// What is known beforehand of a login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OAuth {
    pub client_id: Option<String>,
    /// The port that the login comes back to; none for any that is free.
    pub callback_port: Option<u16>,
    pub scopes: Vec<String>,
}

/// A server that can be used.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerConfig {
    pub name: String,
    pub scope: RuleScope,
    pub source: String,
    pub way: Way,
    /// Milliseconds that a call may take; none for the general limit.
    pub timeout_ms: Option<u64>,
    /// Its tools always stand in the request, and the first one waits for them.
    pub always_load: bool,
    /// Why it is not to be started.
    pub off: Option<String>,
    /// Entries of its name elsewhere that it takes the place of.
    pub overrides: Vec<String>,
    /// A name for everything above that decides what runs: another one is another server.
    pub content: String,
}

/// Limits in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Milliseconds for start and greeting (`MCP_TIMEOUT`).
    pub start_ms: u64,
    /// Milliseconds for one call (`MCP_TOOL_TIMEOUT`).
    pub call_ms: u64,
    /// Milliseconds of silence in a call, stdio and remote (`CLAUDE_CODE_MCP_TOOL_IDLE_TIMEOUT`).
    pub idle_ms: (u64, u64),
}

impl Default for Times {
    fn default() -> Self {
        Self { start_ms: 30_000, call_ms: 100_000_000, idle_ms: (1_800_000, 300_000) }
    }
}

/// A name is letters, digits, `-` and `_`, and not one that is reserved.
pub fn valid_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
        return Err(format!("`{name}` is no name of a server: letters, digits, - and _, at most {LONGEST_NAME}"));
    }
    if RESERVED.contains(&name) {
        return Err(format!("the name `{name}` is reserved"));
    }
    Ok(())
}

/// Reads an entry. The error says what is wrong with it; the texts beside the server are remarks.
pub fn parse(entry: &Entry, env: &BTreeMap<String, String>) -> Result<(ServerConfig, Vec<String>), String> {
    valid_name(&entry.name)?;
    let Value::Object(fields) = &entry.value else { return Err("it must be an object in braces".to_owned()) };
    let mut reader = Reader { fields, env, missing: Vec::new() };
    let way = reader.way()?;
    let timeout_ms = match fields.get("timeout") {
        None | Some(Value::Null) => None,
        Some(value) => Some(value.as_u64().ok_or("`timeout` is a number of milliseconds")?.max(LEAST_TIMEOUT)),
    };
    let mut remarks: Vec<String> =
        reader.missing.iter().map(|name| format!("the variable {name} is not set")).collect();
    remarks.dedup();
    let off = entry
        .off
        .clone()
        .or_else(|| (fields.get("disabled") == Some(&Value::Bool(true))).then(|| "`disabled` is set".to_owned()));
    let config = ServerConfig {
        overrides: Vec::new(),
        name: entry.name.clone(),
        scope: entry.scope,
        source: entry.source.clone(),
        way,
        timeout_ms,
        always_load: fields.get("alwaysLoad") == Some(&Value::Bool(true)),
        off,
        content: Hash::of(entry.value.to_string().as_bytes()).to_string(),
    };
    Ok((config, remarks))
}

struct Reader<'a> {
    fields: &'a serde_json::Map<String, Value>,
    env: &'a BTreeMap<String, String>,
    missing: Vec<String>,
}

impl Reader<'_> {
    fn way(&mut self) -> Result<Way, String> {
        let kind = match self.fields.get("type").or_else(|| self.fields.get("transport")) {
            None | Some(Value::Null) => None,
            Some(Value::String(kind)) => Some(kind.as_str()),
            Some(_) => return Err("`type` is a text".to_owned()),
        };
        match kind {
            None if self.fields.contains_key("url") && !self.fields.contains_key("command") => {
                Err("it has a `url` but no `type`; say \"http\" or \"sse\"".to_owned())
            }
            None | Some("stdio") => {
                let command = self.text("command")?.ok_or("`command` is missing")?;
                if command.trim().is_empty() {
                    return Err("`command` is empty".to_owned());
                }
                Ok(Way::Stdio { command, args: self.texts("args")?, env: self.table("env")? })
            }
            Some("http" | "streamable-http" | "streamableHttp") => self.reach().map(Way::Http),
            Some("sse") => self.reach().map(Way::Sse),
            Some("ws") => Err("the transport `ws` is not supported; use http".to_owned()),
            Some(other) => Err(format!("`{other}` is no transport: stdio, http or sse")),
        }
    }

    fn reach(&mut self) -> Result<Reach, String> {
        let url = self.text("url")?.ok_or("`url` is missing")?;
        match url::Url::parse(&url) {
            Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.host().is_some() => {}
            Ok(_) => return Err("`url` must begin with http:// or https://".to_owned()),
            Err(error) => return Err(format!("`url` is no address: {error}")),
        }
        let headers_helper = match self.fields.get("headersHelper") {
            None | Some(Value::Null) => None,
            Some(Value::String(command)) => Some(command.clone()),
            Some(_) => return Err("`headersHelper` is a text".to_owned()),
        };
        Ok(Reach { url, headers: self.table("headers")?, headers_helper, oauth: self.oauth() })
    }

    fn oauth(&self) -> OAuth {
        let Some(oauth) = self.fields.get("oauth") else { return OAuth::default() };
        let text = |key: &str| oauth.get(key).and_then(Value::as_str);
        let scopes = match oauth.get("scopes") {
            Some(Value::String(text)) => text.split_whitespace().map(ToOwned::to_owned).collect(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            _ => Vec::new(),
        };
        let port = oauth.get("callbackPort").and_then(Value::as_u64);
        OAuth {
            client_id: text("clientId").map(ToOwned::to_owned),
            callback_port: port.and_then(|port| u16::try_from(port).ok()),
            scopes,
        }
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(self.fill(text))),
            Some(_) => Err(format!("`{key}` is a text")),
        }
    }

    fn texts(&mut self, key: &str) -> Result<Vec<String>, String> {
        let items = match self.fields.get(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(format!("`{key}` is a list of texts")),
        };
        items.iter().map(|item| self.plain(item).ok_or_else(|| format!("`{key}` is a list of texts"))).collect()
    }

    fn table(&mut self, key: &str) -> Result<BTreeMap<String, String>, String> {
        let entries = match self.fields.get(key) {
            None | Some(Value::Null) => return Ok(BTreeMap::new()),
            Some(Value::Object(entries)) => entries,
            Some(_) => return Err(format!("`{key}` is an object of texts")),
        };
        let wrong = |name: &str| format!("`{key}.{name}` is a text");
        entries.iter().map(|(name, value)| Ok((name.clone(), self.plain(value).ok_or_else(|| wrong(name))?))).collect()
    }

    /// A text, number or switch as a text.
    fn plain(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(self.fill(text)),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    fn fill(&mut self, text: &str) -> String {
        let (filled, missing) = expand(text, self.env);
        self.missing.extend(missing);
        filled
    }
}

impl Way {
    /// `stdio`, `http` or `sse`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Stdio { .. } => "stdio",
            Self::Http(_) => "http",
            Self::Sse(_) => "sse",
        }
    }

    /// The command line or the address, without variables and headers.
    pub fn shown(&self) -> String {
        match self {
            Self::Stdio { command, args, .. } => {
                std::iter::once(command).chain(args).map(String::as_str).collect::<Vec<_>>().join(" ")
            }
            Self::Http(reach) | Self::Sse(reach) => reach.shown(),
        }
    }
}

impl Reach {
    /// The address without what may be secret in it.
    pub fn shown(&self) -> String {
        let Ok(mut url) = url::Url::parse(&self.url) else { return self.url.clone() };
        if url.password().is_some() {
            url.set_password(Some("…")).ok();
        }
        if url.query().is_some() {
            url.set_query(Some("…"));
        }
        url.to_string()
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.word(), self.shown())
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {:?})", self.name, self.source, self.way)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<(ServerConfig, Vec<String>), String> {
        let env = BTreeMap::from([("TOKEN".to_owned(), "t".to_owned())]);
        let entry = Entry { name: "s".into(), scope: RuleScope::User, source: "f:1".into(), value, off: None };
        parse(&entry, &env)
    }

    #[test]
    fn the_three_ways_are_read() {
        let (stdio, _) =
            read(json!({"command": "srv", "args": ["-x", 3, "${TOKEN}"], "env": {"A": "${B:-b}"}})).unwrap();
        let env = BTreeMap::from([("A".to_owned(), "b".to_owned())]);
        assert_eq!(
            stdio.way,
            Way::Stdio { command: "srv".into(), args: vec!["-x".into(), "3".into(), "t".into()], env }
        );
        let (http, _) =
            read(json!({"type": "streamable-http", "url": "https://h/m", "headers": {"K": "Bearer ${TOKEN}"},
            "timeout": 5, "alwaysLoad": true}))
            .unwrap();
        assert_eq!((http.timeout_ms, http.always_load), (Some(1_000), true));
        let Way::Http(reach) = http.way else { unreachable!() };
        assert_eq!(reach.headers["K"], "Bearer t");
        assert!(matches!(read(json!({"type": "sse", "url": "http://h/s"})).unwrap().0.way, Way::Sse(_)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (value, part) in [
            (json!({"url": "http://h"}), "no `type`"),
            (json!({"command": ""}), "empty"),
            (json!({}), "`command` is missing"),
            (json!({"command": "x", "args": "y"}), "list"),
            (json!({"type": "ws", "url": "ws://h"}), "ws"),
            (json!({"type": "http", "url": "file:///etc/passwd"}), "http://"),
            (json!({"type": "http", "url": "h"}), "no address"),
            (json!([]), "braces"),
        ] {
            let problem = read(value.clone()).unwrap_err();
            assert!(problem.contains(part), "{value}: {problem}");
        }
        assert!(valid_name("a b").is_err() && valid_name("workspace").is_err() && valid_name("a-b_1").is_ok());
    }

    #[test]
    fn a_variable_that_is_not_set_stays_and_is_told() {
        let (config, remarks) = read(json!({"command": "srv", "args": ["${NOPE}"]})).unwrap();
        assert_eq!(config.way.shown(), "srv ${NOPE}");
        assert_eq!(remarks, ["the variable NOPE is not set"]);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let (config, _) =
            read(json!({"type": "http", "url": "https://u:pw@h/p?key=secret", "headers": {"K": "${TOKEN}"}})).unwrap();
        assert_eq!(format!("{config:?}"), "s (f:1, http https://u:%E2%80%A6@h/p?%E2%80%A6)");
    }
}
