//! One handler: what runs, read from its settings.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Event;

/// Seconds that a handler may ask for, at most.
const LONGEST_S: f64 = 24.0 * 3_600.0;
/// Characters of a handler's own words in lists.
const LABEL: usize = 200;

/// One handler.
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    pub kind: Kind,
    /// A permission rule; it runs only for calls that the rule matches.
    pub condition: Option<String>,
    /// Milliseconds; none for what the event grants.
    pub timeout_ms: Option<u64>,
    /// What the person reads while it runs.
    pub status: Option<String>,
    /// A failure counts as a block.
    pub fail_closed: bool,
}

/// What a handler is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Command {
        command: String,
        /// The words of the exec form; none for a line of the shell.
        args: Option<Vec<String>>,
        wait: Wait,
    },
    Http {
        url: String,
        headers: BTreeMap<String, String>,
        /// Variables whose values may stand in headers.
        allowed_env: Vec<String>,
    },
    Prompt {
        prompt: String,
        model: Option<String>,
        continue_on_block: bool,
    },
    /// A short run of a sub-agent that may only read, which answers as a prompt does.
    Agent {
        prompt: String,
        model: Option<String>,
    },
    /// A tool of a connected server; what it answers counts as a command's output does.
    McpTool {
        server: String,
        tool: String,
        /// Texts in it may hold `${field.of.the.event}`.
        input: Map<String, Value>,
    },
    /// Accepted and listed; it does not run, for this reason.
    Unsupported {
        name: String,
        label: String,
        why: String,
    },
}

/// Whether the action waits for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until it has answered.
    Answer,
    /// It runs beside.
    No,
    /// It runs beside; its exit code 2 wakes the model.
    Rewake,
}

impl Handler {
    /// Reads a handler. The error is a sentence without the place.
    pub fn parse(event: Event, value: &Value) -> Result<Self, String> {
        let Some(fields) = value.as_object() else { return Err("a hook must be an object".to_owned()) };
        let name = text(fields, "type")?.ok_or("a hook needs a `type`")?;
        let kind = match name.as_str() {
            "command" => command(fields)?,
            "http" => http(fields)?,
            "prompt" => Kind::Prompt {
                prompt: needed(fields, "prompt")?,
                model: text(fields, "model")?,
                continue_on_block: flag(fields, "continueOnBlock")?,
            },
            "agent" => Kind::Agent { prompt: needed(fields, "prompt")?, model: text(fields, "model")? },
            "mcp_tool" => mcp_tool(fields)?,
            other => {
                return Err(format!("`{other}` is no type of hook; it is command, http, prompt, agent or mcp_tool"));
            }
        };
        Ok(Self {
            kind: fitting(event, kind),
            condition: text(fields, "if")?.filter(|_| event.is_about_a_call()),
            timeout_ms: seconds(fields)?,
            status: text(fields, "statusMessage")?,
            fail_closed: fails_closed(event, fields)?,
        })
    }

    /// The type as settings name it.
    pub fn type_name(&self) -> &str {
        match &self.kind {
            Kind::Command { .. } => "command",
            Kind::Http { .. } => "http",
            Kind::Prompt { .. } => "prompt",
            Kind::Agent { .. } => "agent",
            Kind::McpTool { .. } => "mcp_tool",
            Kind::Unsupported { name, .. } => name,
        }
    }

    /// What a person knows it by; foreign text.
    pub fn label(&self) -> String {
        let whole = match &self.kind {
            Kind::Command { command, args: None, .. } => command.clone(),
            Kind::Command { command, args: Some(args), .. } => format!("{command} {}", args.join(" ")),
            Kind::Http { url, .. } => url.clone(),
            Kind::Prompt { prompt, .. } | Kind::Agent { prompt, .. } => prompt.clone(),
            Kind::McpTool { server, tool, .. } => format!("{server} {tool}"),
            Kind::Unsupported { label, .. } => label.clone(),
        };
        whole.trim().chars().take(LABEL).collect()
    }

    /// The action goes on without its answer.
    pub fn runs_beside(&self) -> bool {
        matches!(self.kind, Kind::Command { wait: Wait::No | Wait::Rewake, .. })
    }

    /// Two handlers that do the same run once.
    pub fn does_the_same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Command { command, args, .. }, Kind::Command { command: second, args: others, .. }) => {
                command == second && args == others
            }
            (Kind::Http { url, .. }, Kind::Http { url: second, .. }) => url == second,
            (Kind::Prompt { prompt, .. }, Kind::Prompt { prompt: second, .. })
            | (Kind::Agent { prompt, .. }, Kind::Agent { prompt: second, .. }) => prompt == second,
            (one, two) => one == two,
        }
    }
}

fn command(fields: &Map<String, Value>) -> Result<Kind, String> {
    let command = needed(fields, "command")?;
    let args = match fields.get("args") {
        None | Some(Value::Null) => None,
        Some(Value::Array(items)) => Some(
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or("`args` must be a list of texts"))
                .collect::<Result<Vec<_>, _>>()?,
        ),
        Some(_) => return Err("`args` must be a list of texts".to_owned()),
    };
    if text(fields, "shell")?.is_some_and(|shell| shell != "bash") {
        return Ok(unsupported("command", fields, "only the shell bash is supported"));
    }
    let wait = match (flag(fields, "asyncRewake")?, flag(fields, "async")?) {
        (true, _) => Wait::Rewake,
        (false, true) => Wait::No,
        (false, false) => Wait::Answer,
    };
    Ok(Kind::Command { command, args, wait })
}

fn http(fields: &Map<String, Value>) -> Result<Kind, String> {
    let url = needed(fields, "url")?;
    let mut headers = BTreeMap::new();
    for (name, value) in fields.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().ok_or_else(|| format!("the header `{name}` must be a text"))?;
        headers.insert(name.clone(), value.to_owned());
    }
    let allowed = fields.get("allowedEnvVars").and_then(Value::as_array).into_iter().flatten();
    let allowed_env = allowed.filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(Kind::Http { url, headers, allowed_env })
}

fn mcp_tool(fields: &Map<String, Value>) -> Result<Kind, String> {
    let input = match fields.get("input") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(input)) => input.clone(),
        Some(_) => return Err("`input` must be an object".to_owned()),
    };
    Ok(Kind::McpTool { server: needed(fields, "server")?, tool: needed(fields, "tool")?, input })
}

fn unsupported(name: &str, fields: &Map<String, Value>, why: &str) -> Kind {
    let label = ["command", "prompt", "tool"].iter().find_map(|key| fields.get(*key)?.as_str()).unwrap_or(name);
    Kind::Unsupported { name: name.to_owned(), label: label.to_owned(), why: why.to_owned() }
}

/// Some events take some types only.
fn fitting(event: Event, kind: Kind) -> Kind {
    let refused = match &kind {
        Kind::Http { url, .. } if event.is_start() => Some(("http", url.clone())),
        Kind::Prompt { prompt, .. } if !event.takes_questions() => Some(("prompt", prompt.clone())),
        Kind::Agent { prompt, .. } if !event.takes_questions() => Some(("agent", prompt.clone())),
        _ => None,
    };
    let Some((name, label)) = refused else { return kind };
    Kind::Unsupported { name: name.to_owned(), label, why: format!("{} takes no hook of this type", event.name()) }
}

fn seconds(fields: &Map<String, Value>) -> Result<Option<u64>, String> {
    match fields.get("timeout") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => match number.as_f64().filter(|seconds| *seconds > 0.0) {
            Some(seconds) => Ok(Some((seconds.min(LONGEST_S) * 1_000.0) as u64)),
            None => Err("`timeout` must be a number of seconds above 0".to_owned()),
        },
        Some(_) => Err("`timeout` must be a number of seconds above 0".to_owned()),
    }
}

fn fails_closed(event: Event, fields: &Map<String, Value>) -> Result<bool, String> {
    match text(fields, "onFailure")?.as_deref() {
        None | Some("continue") => Ok(false),
        Some("block") => Ok(event.may_fail_closed()),
        Some(other) => Err(format!("`onFailure` is continue or block, not `{other}`")),
    }
}

fn text(fields: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{key}` must be a text")),
    }
}

fn needed(fields: &Map<String, Value>, key: &str) -> Result<String, String> {
    let found = text(fields, key)?.filter(|text| !text.trim().is_empty() && !text.contains('\0'));
    found.ok_or_else(|| format!("a hook of this type needs `{key}`"))
}

fn flag(fields: &Map<String, Value>, key: &str) -> Result<bool, String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(format!("`{key}` must be true or false")),
    }
}
