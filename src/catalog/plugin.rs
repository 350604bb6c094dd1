//! Plugins: folders that bring commands, skills, agents, output styles, hooks and servers. Format: Claude Code's
//! `.claude-plugin/plugin.json`, which may be missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::base::read;
use crate::domain::Notice;

/// Bytes that a manifest may have, and plugins that are looked at.
const LIMIT: u64 = 1024 * 1024;
const MOST: usize = 100;

/// A plugin that is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plugin {
    pub name: String,
    pub description: String,
    pub version: Option<String>,
    pub root: PathBuf,
    /// Where it may keep files of its own.
    pub data: PathBuf,
    /// Off plugins are listed and bring nothing.
    pub enabled: bool,
    /// Folders of skills, and single skill folders.
    pub skills: Vec<PathBuf>,
    /// Folders of command files, and single files.
    pub commands: Vec<PathBuf>,
    pub agents: Vec<PathBuf>,
    pub styles: Vec<PathBuf>,
    /// Hooks, tool servers and language servers, with the file that they stand in. The plugin's folder is put in.
    pub hooks: Vec<(PathBuf, Value)>,
    pub servers: Vec<(PathBuf, Value)>,
    pub languages: Vec<(PathBuf, Value)>,
}

impl Plugin {
    /// A text with the plugin's folders in the place of their place-holders.
    pub fn placed(&self, text: &str) -> String {
        placed(text, &self.root, &self.data)
    }

    /// How its things are labelled.
    pub fn source(&self) -> String {
        format!("plugin {}", self.name)
    }

    /// What it brings that runs programs, in words.
    pub fn runs(&self) -> Vec<String> {
        let parts = [("hooks", &self.hooks), ("tool servers", &self.servers), ("language servers", &self.languages)];
        parts.into_iter().filter(|(_, files)| !files.is_empty()).map(|(what, _)| what.to_owned()).collect()
    }
}

/// Reads the plugins in these folders (each a plugin itself), and those below `shelf`. `switched` says which are on or
/// off by name (what follows an `@` is the market, which does not matter here); the others are as they say themselves.
pub fn plugins(
    folders: &[PathBuf],
    shelf: &Path,
    switched: &BTreeMap<String, bool>,
    data: &Path,
) -> (Vec<Plugin>, Vec<Notice>) {
    let mut below: Vec<PathBuf> =
        fs::read_dir(shelf).into_iter().flatten().flatten().take(MOST).map(|entry| entry.path()).collect();
    below.retain(|path| path.is_dir());
    below.sort();
    let mut found: Vec<Plugin> = Vec::new();
    let mut notices = Vec::new();
    for (folder, named) in folders.iter().map(|folder| (folder, true)).chain(below.iter().map(|folder| (folder, false)))
    {
        match load(folder, data) {
            Err(problem) => notices.push(Notice::warning(format!("plugin {}: {problem}", folder.display()))),
            Ok(plugin) if found.iter().any(|known| known.name == plugin.name) => {}
            Ok(mut plugin) => {
                let said = switched.iter().find(|(name, _)| name.split('@').next() == Some(&plugin.name));
                plugin.enabled = named || said.map_or(plugin.enabled, |(_, on)| *on);
                found.push(plugin);
            }
        }
    }
    (found, notices)
}

/// Reads one plugin. The error is a sentence for the person.
pub fn load(root: &Path, data: &Path) -> Result<Plugin, String> {
    let root = fs::canonicalize(root).map_err(|error| error.to_string())?;
    let file = root.join(".claude-plugin/plugin.json");
    let manifest = json(&file)?.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let Value::Object(fields) = &manifest else { return Err(format!("{} is no object", file.display())) };
    let text = |key: &str| match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{key}` in {} must be a text", file.display())),
    };
    let folder = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = text("name")?.unwrap_or(folder);
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == ':' || c == '/') {
        return Err(format!("`{name}` is no name for a plugin; write it with dashes"));
    }
    let reader = Reader { root: &root, fields, data: data.join(&name) };
    Ok(Plugin {
        description: text("description")?.unwrap_or_default(),
        version: text("version")?,
        enabled: fields.get("defaultEnabled").and_then(Value::as_bool).unwrap_or(true),
        skills: reader.folders("skills", "skills", true)?,
        commands: reader.folders("commands", "commands", false)?,
        agents: reader.folders("agents", "agents", false)?,
        styles: reader.folders("outputStyles", "output-styles", false)?,
        hooks: reader.files("hooks", "hooks/hooks.json")?,
        servers: reader.files("mcpServers", ".mcp.json")?,
        languages: reader.files("lspServers", ".lsp.json")?,
        data: reader.data.clone(),
        name,
        root,
    })
}

fn json(file: &Path) -> Result<Option<Value>, String> {
    let text = read::text(file, LIMIT).map_err(|error| format!("{}: {error}", file.display()))?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))).transpose()
}

fn placed(text: &str, root: &Path, data: &Path) -> String {
    let text = text.replace("${CLAUDE_PLUGIN_ROOT}", &root.display().to_string());
    text.replace("${CLAUDE_PLUGIN_DATA}", &data.display().to_string())
}

struct Reader<'a> {
    root: &'a Path,
    fields: &'a serde_json::Map<String, Value>,
    data: PathBuf,
}

impl Reader<'_> {
    /// A path of the manifest: it starts with `./` and stays inside.
    fn inside(&self, key: &str, text: &str) -> Result<PathBuf, String> {
        let path = Path::new(text);
        let stays = !path.is_absolute() && !path.components().any(|part| part == Component::ParentDir);
        let path = self.root.join(path);
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if stays && real.starts_with(self.root) {
            Ok(path)
        } else {
            Err(format!("`{key}` names {text}, which is outside of the plugin"))
        }
    }

    /// Folders that the manifest names, with the usual one or in its place.
    fn folders(&self, key: &str, usual: &str, adds: bool) -> Result<Vec<PathBuf>, String> {
        let named: Vec<&Value> = match self.fields.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.iter().collect(),
            Some(item) => vec![item],
        };
        let mut found = Vec::new();
        if named.is_empty() || adds {
            found.extend(Some(self.root.join(usual)).filter(|folder| folder.is_dir()));
        }
        for item in named {
            let text = item.as_str().ok_or_else(|| format!("`{key}` must be a path or a list of paths"))?;
            found.push(self.inside(key, text)?);
        }
        Ok(found)
    }

    /// JSON that the manifest holds or names, else that of the usual file.
    fn files(&self, key: &str, usual: &str) -> Result<Vec<(PathBuf, Value)>, String> {
        let own = self.root.join(".claude-plugin/plugin.json");
        let named: Vec<&Value> = match self.fields.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.iter().collect(),
            Some(item) => vec![item],
        };
        let mut found = Vec::new();
        if named.is_empty() {
            let file = self.root.join(usual);
            found.extend(json(&file)?.map(|value| (file, value)));
        }
        for item in named {
            if let Value::String(text) = item {
                let file = self.inside(key, text)?;
                let value = json(&file)?.ok_or_else(|| format!("`{key}` names {text}, which is not there"))?;
                found.push((file, value));
            } else {
                found.push((own.clone(), item.clone()));
            }
        }
        Ok(found.into_iter().map(|(file, value)| (file, self.placed(value))).collect())
    }

    /// Puts the plugin's folders in the place of their place-holders.
    fn placed(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(placed(&text, self.root, &self.data)),
            Value::Array(items) => items.into_iter().map(|item| self.placed(item)).collect(),
            Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, self.placed(value))).collect(),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_without_a_manifest_is_a_plugin() {
        let folder = tree(&[("tool/skills/a/SKILL.md", "x"), ("tool/commands/b.md", "y"), ("tool/.mcp.json", "{}")]);
        let plugin = load(&folder.path().join("tool"), Path::new("/data")).unwrap();
        assert_eq!((plugin.name.as_str(), plugin.enabled), ("tool", true));
        assert!(plugin.skills[0].ends_with("tool/skills") && plugin.commands[0].ends_with("tool/commands"));
        assert_eq!(plugin.runs(), ["tool servers"]);
    }

    #[test]
    fn the_manifest_names_and_places() {
        let manifest = r#"{"name":"my-tool","version":"1","description":"d","defaultEnabled":false,
            "skills":"./more","commands":["./one.md"],"unknown":1,
            "hooks":{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"${CLAUDE_PLUGIN_ROOT}/x.sh"}]}]}}}"#;
        let folder = tree(&[
            (".claude-plugin/plugin.json", manifest),
            ("skills/a/SKILL.md", "x"),
            ("more/b/SKILL.md", "x"),
            ("one.md", "y"),
            ("commands/left-out.md", "z"),
        ]);
        let plugin = load(folder.path(), Path::new("/data")).unwrap();
        assert_eq!((plugin.name.as_str(), plugin.enabled, plugin.skills.len()), ("my-tool", false, 2));
        assert!(plugin.commands.len() == 1 && plugin.commands[0].ends_with("one.md"));
        let command = plugin.hooks[0].1["hooks"]["Stop"][0]["hooks"][0]["command"].as_str().unwrap();
        assert_eq!(command, format!("{}/x.sh", plugin.root.display()));
    }

    #[test]
    fn what_is_wrong_fails_the_plugin_alone() {
        for manifest in [
            r#"{"name": 5}"#,
            r#"{"name": "two words"}"#,
            r#"{"skills": "../out"}"#,
            r#"{"skills": "/etc"}"#,
            r#"{"commands": {"a": 1}}"#,
            r#"{"hooks": "./none.json"}"#,
            "[]",
            "{",
        ] {
            let folder = tree(&[(".claude-plugin/plugin.json", manifest)]);
            assert!(load(folder.path(), Path::new("/data")).is_err(), "{manifest}");
        }
        let shelf = tree(&[("good/skills/a/SKILL.md", "x"), ("bad/.claude-plugin/plugin.json", "{")]);
        let off = BTreeMap::from([("good@market".to_owned(), false)]);
        let (found, notices) = plugins(&[], shelf.path(), &off, Path::new("/data"));
        assert_eq!((found.len(), found[0].enabled, notices.len()), (1, false, 1));
    }
}
