//! Tool servers (MCP) as the program speaks of them: how each stands, what it offers, what it asks the person.
//!
//! Names, descriptions and messages of servers are foreign text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ToolCall;

/// What a tool of a server says of itself, and how it stands, for the gate. Hints never allow anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolMarks {
    /// It says that it changes nothing, so it may run beside others, and in plan mode after a question.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads: bool,
    /// It says that it may destroy something.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destroys: bool,
    /// Why no rule may cover its next call: the tool is not what it was when it was agreed to, or it wants the
    /// person to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<String>,
}

/// How a server stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    /// It waits for its turn to be started.
    Waiting,
    Connecting,
    Ready,
    /// It failed and is tried again in so many milliseconds.
    Retrying {
        reason: String,
        in_ms: u64,
    },
    Failed {
        reason: String,
    },
    /// It wants the person to log in.
    NeedsLogin,
    /// The person, an administrator or a setting switched it off.
    Off {
        why: String,
    },
}

/// A tool of a server, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTool {
    /// The server's own name of it.
    pub name: String,
    pub description: String,
    /// Bytes of its definition, the basis of estimates.
    pub bytes: u64,
    /// It stands in every request; else it is found by search.
    pub loaded: bool,
    pub marks: ToolMarks,
    /// What is different from what was agreed to, a line each.
    pub change: Vec<String>,
}

/// A prompt that a server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerPrompt {
    pub name: String,
    pub description: String,
    /// Names of its arguments in order, and whether each is needed.
    pub arguments: Vec<(String, bool)>,
}

/// A resource that a server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerResource {
    pub uri: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

/// Everything that is shown of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    pub name: String,
    pub state: ServerState,
    /// Scope and file, such as `project .mcp.json:3`.
    pub source: String,
    /// `stdio`, `http` or `sse`, with the command or address.
    pub reached: String,
    /// What it calls itself, with its version and protocol.
    pub about: String,
    pub tools: Vec<ServerTool>,
    pub prompts: Vec<ServerPrompt>,
    pub resources: Vec<ServerResource>,
    /// The newest lines of its standard error and its log messages.
    pub log: Vec<String>,
}

/// What a server asks the person.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerQuestion {
    pub id: u32,
    pub server: String,
    pub message: String,
    pub form: QuestionForm,
}

/// How it is to be answered.
#[derive(Clone, Debug, PartialEq)]
pub enum QuestionForm {
    /// Fields of a JSON Schema object with plain values.
    Fields(Vec<QuestionField>),
    /// Something is to be done at this address.
    Address(String),
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionField {
    pub name: String,
    pub title: String,
    pub description: String,
    pub required: bool,
    pub kind: FieldKind,
    pub default: Option<Value>,
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Number,
    Integer,
    Flag,
    /// One of these: value and words.
    Choice(Vec<(String, String)>),
    /// Any number of these.
    Choices(Vec<(String, String)>),
}

/// The person's answer to a server.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerAnswer {
    /// With the fields as a JSON object; null for an address.
    Accept(Value),
    Decline,
    Cancel,
}

/// What the face asks about servers.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerRequest {
    /// How all stand.
    Report,
    Reconnect(String),
    /// Use or no longer use a server in this project.
    Switch {
        server: String,
        on: bool,
    },
    Login(String),
    Logout(String),
    /// Agree to a server's tools as they are now.
    Agree(String),
    Answer {
        id: u32,
        answer: ServerAnswer,
    },
}

/// News of servers.
#[derive(Clone, Debug)]
pub enum ServerNews {
    /// All servers, after a change and as the answer to `Report`.
    Status(Vec<ServerStatus>),
    Asks(Box<ServerQuestion>),
    /// The question is no longer open.
    Settled(u32),
}

/// What the log keeps of servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerBody {
    /// A server's tools are not what they were in this session.
    ToolsChanged {
        server: String,
        added: Vec<String>,
        removed: Vec<String>,
        changed: Vec<String>,
        /// Estimated tokens of a cached prefix that the change costs; 0 when the prefix stays as it is.
        prefix_tokens: u64,
    },
    /// The person answered a server.
    Answered {
        server: String,
        message: String,
        /// `accept`, `decline` or `cancel`; what was filled in is not kept.
        action: String,
    },
}

impl ServerState {
    /// One or two words.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Connecting => "connecting",
            Self::Ready => "ready",
            Self::Retrying { .. } => "retrying",
            Self::Failed { .. } => "failed",
            Self::NeedsLogin => "needs login",
            Self::Off { .. } => "off",
        }
    }

    /// It may still become ready by itself.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self, Self::Waiting | Self::Connecting | Self::Retrying { .. })
    }
}

/// The tool by which a model calls tools of servers that do not stand in its request. It is the same in every
/// request, so that a tool that was found does not break the cached prefix.
pub const CALL_TOOL: &str = "CallMcpTool";

impl ToolCall {
    /// The call that is meant: of [`CALL_TOOL`] the tool and the input that it names, else the call itself. The gate,
    /// hooks and everybody who shows a call look at this one.
    pub fn effective(&self) -> Cow<'_, Self> {
        let named = self.input.get("name").and_then(Value::as_str).filter(|_| self.name == CALL_TOOL);
        let Some(name) = named.filter(|name| name.starts_with("mcp__")) else { return Cow::Borrowed(self) };
        let input = match self.input.get("arguments") {
            None | Some(Value::Null) => Value::Object(serde_json::Map::new()),
            // Some models write an object as a text.
            Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
                Ok(value) if value.is_object() => value,
                _ => Value::String(text.clone()),
            },
            Some(value) => value.clone(),
        };
        Cow::Owned(Self { id: self.id.clone(), name: name.to_owned(), input })
    }

    /// The input that this call needs so that the call that is meant has that one.
    pub fn input_for(&self, input: Value) -> Value {
        match self.effective() {
            Cow::Borrowed(_) => input,
            Cow::Owned(meant) => serde_json::json!({ "name": meant.name, "arguments": input }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_call_that_is_meant_is_found_and_can_be_changed() {
        let call = |name: &str, input: Value| ToolCall { id: "1".into(), name: name.into(), input };
        let sent = call(CALL_TOOL, json!({"name": "mcp__s__t", "arguments": {"a": 1}}));
        assert_eq!(*sent.effective(), call("mcp__s__t", json!({"a": 1})));
        assert_eq!(sent.input_for(json!({"a": 2})), json!({"name": "mcp__s__t", "arguments": {"a": 2}}));
        let text = call(CALL_TOOL, json!({"name": "mcp__s__t", "arguments": "{\"a\": 1}"}));
        assert_eq!(text.effective().input, json!({"a": 1}));
        assert_eq!(call(CALL_TOOL, json!({"name": "mcp__s__t"})).effective().input, json!({}));
        // It leads to tools of servers alone.
        let bash = call(CALL_TOOL, json!({"name": "Bash", "arguments": {"command": "x"}}));
        assert_eq!(bash.effective().name, CALL_TOOL);
        assert_eq!(call("Read", json!({"name": "mcp__s__t"})).effective().name, "Read");
    }
}
