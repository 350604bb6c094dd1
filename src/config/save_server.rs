//! Changes the lists of tool servers: an entry in, an entry out, a server on or off for a project.

use std::path::Path;

use jsonc_parser::cst::{CstInputValue, CstObject};
use serde_json::Value;

use super::save::edit;

/// Puts a server into the list of a file, or takes it out when `entry` is none. With a project the list is the one for
/// that project in a file of the form of `~/.claude.json`. Says whether an entry of that name was there.
pub fn save_server(file: &Path, project: Option<&Path>, name: &str, entry: Option<&Value>) -> Result<bool, String> {
    let mut found = false;
    // Entries may hold keys, so a file of our own is for the person alone; a project's is shared.
    let private = !file.ends_with(".mcp.json");
    edit(file, private, |root| {
        let place = place(root, project)?;
        let servers = place.object_value_or_create("mcpServers").ok_or("`mcpServers` is not an object")?;
        let old = servers.get(name);
        found = old.is_some();
        match (old, entry) {
            (Some(old), Some(entry)) => old.set_value(input(entry)),
            (None, Some(entry)) => drop(servers.append(name, input(entry))),
            (Some(old), None) => old.remove(),
            (None, None) => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(found)
}

/// Notes that a server is used or not used in a project.
pub fn save_server_switch(file: &Path, project: &Path, name: &str, on: bool) -> Result<(), String> {
    edit(file, true, |root| {
        let place = place(root, Some(project))?;
        let list = place.array_value_or_create("disabledMcpServers").ok_or("`disabledMcpServers` is not a list")?;
        let is_it = |node: &jsonc_parser::cst::CstNode| {
            node.as_string_lit().and_then(|text| text.decoded_value().ok()).is_some_and(|text| text == name)
        };
        let found: Vec<_> = list.elements().into_iter().filter(is_it).collect();
        if on {
            let any = !found.is_empty();
            found.into_iter().for_each(jsonc_parser::cst::CstNode::remove);
            return Ok(any);
        }
        if found.is_empty() {
            list.append(CstInputValue::from(name));
        }
        Ok(true)
    })
}

/// Forgets all choices about the servers of a project. Says whether there were any.
pub fn forget_server_choices(file: &Path, project: &Path) -> Result<bool, String> {
    let mut any = false;
    edit(file, true, |root| {
        let place = place(root, Some(project))?;
        for key in
            ["disabledMcpServers", "disabledMcpjsonServers", "enabledMcpjsonServers", "enableAllProjectMcpServers"]
        {
            if let Some(entry) = place.get(key) {
                entry.remove();
                any = true;
            }
        }
        Ok(any)
    })?;
    Ok(any)
}

fn place(root: &CstObject, project: Option<&Path>) -> Result<CstObject, String> {
    let Some(project) = project else { return Ok(root.clone()) };
    let projects = root.object_value_or_create("projects").ok_or("`projects` is not an object")?;
    let name = project.display().to_string();
    projects.object_value_or_create(&name).ok_or_else(|| format!("`projects.{name}` is not an object"))
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(entries) => {
            CstInputValue::Object(entries.iter().map(|(key, value)| (key.clone(), input(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use serde_json::json;

    use super::*;

    #[test]
    fn entries_come_and_go_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".mcp.json");
        fs::write(&file, "{\n  // mine\n  \"mcpServers\": {\n    \"a\": {\"command\": \"x\"}\n  }\n}\n").unwrap();
        assert!(!save_server(&file, None, "b", Some(&json!({"command": "y", "args": ["1"]}))).unwrap());
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("// mine") && text.contains("\"a\"") && text.contains("\"y\""), "{text}");
        assert!(save_server(&file, None, "a", None).unwrap());
        assert!(!save_server(&file, None, "nope", None).unwrap());
        assert!(!fs::read_to_string(&file).unwrap().contains("\"a\""));
    }

    #[test]
    fn choices_are_kept_by_project_and_forgotten_together() {
        let folder = tempfile::tempdir().unwrap();
        let (file, project) = (folder.path().join("mcp.json"), Path::new("/code/p"));
        save_server_switch(&file, project, "s", false).unwrap();
        save_server_switch(&file, project, "s", false).unwrap();
        let read = || serde_json::from_str::<Value>(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(read(), json!({"projects": {"/code/p": {"disabledMcpServers": ["s"]}}}));
        save_server_switch(&file, project, "s", true).unwrap();
        assert_eq!(read()["projects"]["/code/p"]["disabledMcpServers"], json!([]));
        assert!(forget_server_choices(&file, project).unwrap());
        assert!(!forget_server_choices(&file, project).unwrap());
    }
}
