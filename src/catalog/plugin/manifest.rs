//! What a plugin's manifest says: `.claude-plugin/plugin.json`, or the plugin's entry in a market.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use super::options::{self, PluginOption};
use crate::base::read;

/// Bytes that a manifest, or a file that it names, may have.
const LIMIT: u64 = 1024 * 1024;
/// The place of the manifest in the plugin's folder.
pub(in crate::catalog) const MANIFEST: &str = ".claude-plugin/plugin.json";
/// Fields that must be texts where they stand.
const TEXTS: [&str; 5] = ["name", "displayName", "version", "description", "homepage"];

/// Reads a JSON file of a plugin; none where there is no such file. The error names the file.
pub(in crate::catalog) fn json(file: &Path) -> Result<Option<Value>, String> {
    let text = read::text(file, LIMIT).map_err(|error| format!("{}: {error}", file.display()))?;
    let parse = |text: String| {
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        serde_json::from_str(text).map_err(|error| format!("{}: {error}", file.display()))
    };
    text.map(parse).transpose()
}

/// The fields of a manifest with the folder that their paths begin in.
pub(super) struct Manifest<'a> {
    pub root: &'a Path,
    /// The file that the fields stand in.
    pub file: PathBuf,
    pub fields: Map<String, Value>,
    /// Only what the fields name belongs to the plugin, the usual folders do not.
    pub exact: bool,
}

impl<'a> Manifest<'a> {
    /// Reads it. A market's entry says what the manifest does not, or, where it is not `strict`, everything.
    pub fn read(root: &'a Path, entry: Option<(&Map<String, Value>, bool)>) -> Result<Self, String> {
        let file = root.join(MANIFEST);
        let own = json(&file)?.unwrap_or_else(|| Value::Object(Map::new()));
        let Value::Object(mut fields) = own else { return Err(format!("{} is no object", file.display())) };
        let mut exact = false;
        if let Some((entry, strict)) = entry {
            if !strict {
                fields.clear();
                exact = super::COMPONENTS.iter().any(|key| entry.contains_key(*key));
            }
            for (key, value) in entry {
                fields.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        exact |= fields.get(EXACT) == Some(&Value::Bool(true));
        let manifest = Self { root, file, fields, exact };
        manifest.types()?;
        Ok(manifest)
    }

    /// Known fields are of their types, or the plugin cannot be used.
    fn types(&self) -> Result<(), String> {
        for key in TEXTS {
            self.text(key)?;
        }
        let wrong = |key: &str, kind: &str| Err(format!("`{key}` in {} must be {kind}", self.file.display()));
        match self.fields.get("keywords") {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {}
            Some(_) => return wrong("keywords", "a list of texts"),
        }
        match self.fields.get("defaultEnabled") {
            None | Some(Value::Null | Value::Bool(_)) => {}
            Some(_) => return wrong("defaultEnabled", "true or false"),
        }
        match self.fields.get("userConfig") {
            None | Some(Value::Null | Value::Object(_)) => Ok(()),
            Some(_) => wrong("userConfig", "an object"),
        }
    }

    pub fn text(&self, key: &str) -> Result<Option<String>, String> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("`{key}` in {} must be a text", self.file.display())),
        }
    }

    pub fn enabled(&self) -> bool {
        self.fields.get("defaultEnabled").and_then(Value::as_bool).unwrap_or(true)
    }

    pub fn options(&self) -> Result<Vec<PluginOption>, String> {
        match self.fields.get("userConfig") {
            Some(Value::Object(entries)) => {
                options::read(entries).map_err(|problem| format!("{}: {problem}", self.file.display()))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Names of the plugins that it needs.
    pub fn dependencies(&self) -> Vec<String> {
        let named = |value: &Value| match value {
            Value::String(name) => Some(name.clone()),
            Value::Object(fields) => fields.get("name").and_then(Value::as_str).map(ToOwned::to_owned),
            _ => None,
        };
        let list = self.fields.get("dependencies").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(named).collect()
    }

    /// A path of the manifest: it stays inside.
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

    fn named(&self, key: &str) -> Vec<&Value> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.iter().collect(),
            Some(item) => vec![item],
        }
    }

    /// Folders that the manifest names, with the usual one or in its place.
    pub fn folders(&self, key: &str, usual: &str, adds: bool) -> Result<Vec<PathBuf>, String> {
        let named = self.named(key);
        let mut found = Vec::new();
        if !self.exact && (named.is_empty() || adds) {
            found.extend(Some(self.root.join(usual)).filter(|folder| folder.is_dir()));
        }
        for item in named {
            let text = item.as_str().ok_or_else(|| format!("`{key}` must be a path or a list of paths"))?;
            found.push(self.inside(key, text)?);
        }
        Ok(found)
    }

    /// JSON that the manifest holds or names, else that of the usual file.
    pub fn files(&self, key: &str, usual: &str) -> Result<Vec<(PathBuf, Value)>, String> {
        let named = self.named(key);
        let mut found = Vec::new();
        if named.is_empty() && !self.exact {
            let file = self.root.join(usual);
            found.extend(json(&file)?.map(|value| (file, value)));
        }
        for item in named {
            if let Value::String(text) = item {
                let file = self.inside(key, text)?;
                let value = json(&file)?.ok_or_else(|| format!("`{key}` names {text}, which is not there"))?;
                found.push((file, value));
            } else {
                found.push((self.file.clone(), item.clone()));
            }
        }
        Ok(found)
    }
}

/// Our own mark in the manifest of an installed copy: what it names is all that belongs to it.
pub const EXACT: &str = "latigoExact";
