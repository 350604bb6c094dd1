//! Hooks of type mcp_tool: a tool of a connected server is called, its input filled from the event.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::timeout;

use super::CallServer;
use super::answer::Finished;

/// Bytes of one text of the input after filling.
const TEXT: usize = 1 << 20;
/// How deep an input may be nested.
const DEPTH: usize = 16;

/// A call of a server's tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerCall {
    pub server: String,
    pub tool: String,
    pub input: Map<String, Value>,
}

impl ServerCall {
    /// The hook's input with the event's fields in the places of `${tool_input.file_path}` and the like.
    pub(super) fn new((server, tool): (&str, &str), input: &Map<String, Value>, event: &str) -> Self {
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let filled = input.iter().map(|(key, value)| (key.clone(), filled(value, &event, DEPTH)));
        Self { server: server.to_owned(), tool: tool.to_owned(), input: filled.collect() }
    }
}

/// Calls it. Its text is read as a command's output is; a failure decides nothing.
pub(super) async fn run(call: ServerCall, way: Option<&CallServer>, limit: Duration) -> Finished {
    let broken = |why: String| Finished { broken: Some(why), ..Finished::default() };
    let Some(way) = way else { return broken("no tool server is connected".to_owned()) };
    match timeout(limit, way(call)).await {
        Err(_) => broken("the server took too long to answer".to_owned()),
        Ok(Err(problem)) => broken(problem),
        Ok(Ok((text, true))) => Finished { stderr: text, ..broken("the tool reports a failure".to_owned()) },
        Ok(Ok((text, false))) => Finished { code: Some(0), stdout: text, ..Finished::default() },
    }
}

fn filled(value: &Value, event: &Value, depth: usize) -> Value {
    match value {
        Value::String(text) => Value::String(placed(text, event)),
        Value::Array(items) if depth > 0 => items.iter().map(|item| filled(item, event, depth - 1)).collect(),
        Value::Object(fields) if depth > 0 => {
            fields.iter().map(|(key, value)| (key.clone(), filled(value, event, depth - 1))).collect()
        }
        other => other.clone(),
    }
}

/// Puts fields of the event in the places of `${path.to.field}`; one that is not there is empty. What is put in is not
/// looked through again.
fn placed(text: &str, event: &Value) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let after = rest.get(at + 2..).unwrap_or_default();
        let Some((path, next)) = after.split_once('}') else { break };
        out.push_str(rest.get(..at).unwrap_or_default());
        match path.trim().split('.').try_fold(event, |value, key| match value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            value => value.get(key),
        }) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => out.push_str(text),
            Some(other) => out.push_str(&other.to_string()),
        }
        if out.len() > TEXT {
            let end = (0..=TEXT).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
            out.truncate(end);
            return out;
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_the_event_stand_in_their_places() {
        let input = json!({
            "path": "${tool_input.file_path}",
            "note": "${tool_name}: ${tool_input.count} ${missing.field}.",
            "list": ["${cwd}", 3, { "deep": "${tool_input.items.1}" }],
            "odd": "$ {tool_name} ${tool_name",
            "number": 5,
        });
        let event = json!({
            "tool_name": "Edit", "cwd": "/p",
            "tool_input": { "file_path": "/p/${cwd}", "count": 2, "items": ["a", "b"] },
        });
        let call = ServerCall::new(("srv", "scan"), input.as_object().unwrap(), &event.to_string());
        assert_eq!(
            Value::Object(call.input),
            json!({
                "path": "/p/${cwd}",
                "note": "Edit: 2 .",
                "list": ["/p", 3, { "deep": "b" }],
                "odd": "$ {tool_name} ${tool_name",
                "number": 5,
            })
        );
    }
}
