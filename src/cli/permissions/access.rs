//! What a call would touch, also of tools that are not built in and of calls that name only a path.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::base::paths;
use crate::domain::{Access, Action};
use crate::tools::{self, Place, Tool};

/// Tools that run a shell command, write a file, read one: ours and those that rules of other agents name.
const SHELLS: &[&str] = &["Bash", "Monitor"];
const WRITERS: &[&str] = &["Edit", "MultiEdit", "NotebookEdit", "Write"];
const READERS: &[&str] = &["Glob", "Grep", "LS", "LSP", "NotebookRead", "Read"];
/// Tools of Claude Code that touch nothing by themselves and need no permission, as documented.
const FREE: &[&str] = &[
    "Agent",
    "AskUserQuestion",
    "BashOutput",
    "CronCreate",
    "CronDelete",
    "CronList",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitWorktree",
    "KillShell",
    "ListAgents",
    "ListMcpResources",
    "PushNotification",
    "ReadMcpResource",
    "ReportFindings",
    "ScheduleWakeup",
    "SendMessage",
    "SendUserFile",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskUpdate",
    "TodoWrite",
    "ToolSearch",
    "WaitForMcpServers",
];
/// Tools that need a permission although they touch nothing by themselves.
const GRANTED: &[&str] = &["ExitPlanMode", "Skill", "SlashCommand"];
/// Fields in which tools name their path.
pub(super) const PATHS: &[&str] = &["file_path", "notebook_path", "path"];

/// A call that can be judged.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) input: Value,
    pub(super) access: Access,
}

/// The tools, made once.
#[derive(Debug)]
pub(super) struct Bench {
    tools: Vec<Arc<dyn Tool>>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self { tools: tools::registry() }
    }

    /// A shell command.
    pub(super) fn command(tool: &str, command: &str, input: Option<Value>) -> Call {
        let input = input.unwrap_or_else(|| json!({ "command": command }));
        Call { tool: tool.to_owned(), input, access: Access::execute(command) }
    }

    /// A call that names a path and nothing else.
    pub(super) fn path(tool: &str, path: &str, cwd: &Path) -> Result<Call, String> {
        if path.is_empty() || path.contains('\0') {
            return Err("`path` is empty or holds a NUL character".to_owned());
        }
        let whole = paths::absolute(cwd, path);
        let (access, field) = if WRITERS.contains(&tool) {
            (Access::edit(whole), "file_path")
        } else if READERS.contains(&tool) {
            (Access::read(whole), if tool == "Read" { "file_path" } else { "path" })
        } else {
            return Err(format!("`{tool}` takes no path; give `command` or `input`"));
        };
        Ok(Call { tool: tool.to_owned(), input: json!({ field: path }), access })
    }

    /// A call with its whole input.
    pub(super) fn input(&self, tool: &str, input: &Map<String, Value>, cwd: &Path) -> Result<Call, String> {
        let tool = tools::today(tool);
        let value = Value::Object(input.clone());
        let text = |key: &str| input.get(key).and_then(Value::as_str);
        if GRANTED.contains(&tool) {
            return Ok(Call { tool: tool.to_owned(), input: value, access: Access::of(Action::Grant) });
        }
        if SHELLS.contains(&tool) {
            let command = text("command").ok_or_else(|| format!("the input of {tool} has no `command`"))?;
            return Ok(Self::command(tool, command, Some(value)));
        }
        let place = Place { cwd: cwd.to_path_buf(), project: cwd.to_path_buf(), added: Vec::new() };
        let built_in = self.tools.iter().find(|known| known.spec().name == tool);
        let access = match built_in.map(|known| known.access(&value, &place)) {
            // Which skills there are is not looked up here, so this one may bring allow rules of its own.
            Some(Ok(_)) if tool == "Skill" => Access::of(Action::Grant),
            Some(Ok(access)) => access,
            Some(Err(problem)) => match PATHS.iter().find_map(|key| text(key)) {
                // What a path decides can be said without the rest of the input.
                Some(path) => Self::path(tool, path, cwd)?.access,
                None if names_paths(tool) => return Err(problem),
                // Rules see the tool and what its input does say; a missing field hides no deny rule.
                None => foreign(tool, &text, cwd)?,
            },
            None => foreign(tool, &text, cwd)?,
        };
        Ok(Call { tool: tool.to_owned(), input: value, access })
    }
}

/// The tool works on files that its input names.
fn names_paths(tool: &str) -> bool {
    WRITERS.contains(&tool) || READERS.contains(&tool)
}

/// What a tool that is not built in, or whose input is not whole, would touch.
fn foreign<'t>(tool: &str, text: &impl Fn(&str) -> Option<&'t str>, cwd: &Path) -> Result<Access, String> {
    if tool == "WebFetch" {
        let url = text("url").ok_or("the input of WebFetch has no `url`")?;
        let host = host(url).ok_or_else(|| format!("`{url}` is no address with a host"))?;
        return Ok(Access { host: Some(host), ..Access::of(Action::Fetch) });
    }
    if tool == "WebSearch" {
        return Ok(Access::of(Action::Fetch));
    }
    if names_paths(tool) {
        let path =
            PATHS.iter().find_map(|key| text(key)).ok_or_else(|| format!("the input of {tool} names no path"))?;
        return Bench::path(tool, path, cwd).map(|call| call.access);
    }
    Ok(Access::of(if FREE.contains(&tool) { Action::Internal } else { Action::External }))
}

fn host(address: &str) -> Option<String> {
    url::Url::parse(address).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn access(tool: &str, input: Value) -> Result<Access, String> {
        let Value::Object(input) = input else { return Err("no object".into()) };
        Bench::new().input(tool, &input, Path::new("/w")).map(|call| call.access)
    }

    #[test]
    fn a_call_is_known_by_its_tool_and_as_much_of_its_input_as_matters() {
        assert_eq!(access("Read", json!({"file_path": "a"})).unwrap(), Access::read("/w/a".into()));
        assert_eq!(access("Edit", json!({"file_path": "a"})).unwrap(), Access::edit("/w/a".into()));
        assert_eq!(access("NotebookEdit", json!({"notebook_path": "n"})).unwrap(), Access::edit("/w/n".into()));
        assert_eq!(access("Bash", json!({"command": "ls"})).unwrap(), Access::execute("ls"));
        assert_eq!(access("WebFetch", json!({"url": "https://a.b/c"})).unwrap().host.as_deref(), Some("a.b"));
        assert_eq!(access("mcp__s__t", json!({})).unwrap().action, Action::External);
        assert_eq!(access("Agent", json!({"subagent_type": "Explore"})).unwrap().action, Action::Internal);
        assert_eq!(access("Task", json!({})).unwrap().action, Action::Internal);
        assert_eq!(access("Skill", json!({"skill": "x"})).unwrap().action, Action::Grant);
        assert_eq!(access("TodoWrite", json!({"todos": []})).unwrap().action, Action::Internal);
        assert_eq!(access("Skill", json!({"skill": "pdf"})).unwrap().action, Action::Grant);
    }

    #[test]
    fn what_cannot_be_judged_is_said() {
        for (tool, input, part) in [
            ("Bash", json!({}), "no `command`"),
            ("Edit", json!({}), "file_path"),
            ("WebFetch", json!({"url": "x"}), "no address"),
            ("NotebookEdit", json!({}), "notebook_path"),
        ] {
            let problem = access(tool, input).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
        assert!(Bench::path("Bash", "x", Path::new("/w")).is_err());
    }
}
