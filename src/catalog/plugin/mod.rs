//! Plugins: folders that bring commands, skills, agents, output styles, hooks and servers. Format: Claude Code's
//! `.claude-plugin/plugin.json`, which may be missing.

mod find;
mod manifest;
mod market;
mod options;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub use find::{PluginGround, plugins};
pub use manifest::EXACT as PLUGIN_EXACT;
use manifest::Manifest;
pub use market::{Market, Offer, market};
pub use options::{Hidden, OptionKind, PluginOption, plain};

/// Fields of a manifest that say what belongs to the plugin.
pub(in crate::catalog) const COMPONENTS: [&str; 8] =
    ["skills", "commands", "agents", "outputStyles", "hooks", "mcpServers", "lspServers", "workflows"];
/// How a place-holder for something that the person sets begins.
const OPTION: &str = "${user_config.";
/// How a variable for it begins.
const OPTION_VARIABLE: &str = "CLAUDE_PLUGIN_OPTION_";

/// A plugin that is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plugin {
    pub name: String,
    /// The market that it is switched on by, where there is one.
    pub market: Option<String>,
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
    /// Programs for Bash.
    pub programs: Option<PathBuf>,
    /// The agent that sessions run as, where nobody says otherwise.
    pub lead: Option<String>,
    /// Hooks, tool servers and language servers, with the file that they stand in. Place-holders are filled.
    pub hooks: Vec<(PathBuf, Value)>,
    pub servers: Vec<(PathBuf, Value)>,
    pub languages: Vec<(PathBuf, Value)>,
    /// What it wants to know of the person.
    pub options: Vec<PluginOption>,
    /// Other plugins that it needs.
    pub dependencies: Vec<String>,
    /// Folders of plugins of its name that it takes the place of.
    pub overrides: Vec<PathBuf>,
}

impl Plugin {
    /// A text for the model with what stands in the place of place-holders; a secret value is left out.
    pub fn placed(&self, text: &str) -> String {
        self.filled(text, false)
    }

    /// The same for a program, which gets secret values, too.
    pub fn for_programs(&self, text: &str) -> String {
        self.filled(text, true)
    }

    fn filled(&self, text: &str, secrets: bool) -> String {
        let mut text = text.replace("${CLAUDE_PLUGIN_ROOT}", &self.root.display().to_string());
        text = text.replace("${CLAUDE_PLUGIN_DATA}", &self.data.display().to_string());
        if !text.contains(OPTION) {
            return text;
        }
        for option in self.options.iter().filter(|option| secrets || !option.sensitive) {
            if let Some(Hidden(value)) = &option.value {
                text = text.replace(&format!("{OPTION}{}}}", option.key), value);
            }
        }
        text
    }

    /// The same for every text of a JSON value; programs may have secret values.
    fn filled_in(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.for_programs(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.filled_in(item)).collect(),
            Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, self.filled_in(value))).collect(),
            other => other,
        }
    }

    /// The key by which the settings switch it.
    pub fn id(&self) -> String {
        self.market.as_ref().map_or_else(|| self.name.clone(), |market| format!("{}@{market}", self.name))
    }

    /// How its things are labelled.
    pub fn source(&self) -> String {
        format!("plugin {}", self.name)
    }

    /// What it brings that runs programs, in words.
    pub fn runs(&self) -> Vec<String> {
        let parts = [("hooks", &self.hooks), ("tool servers", &self.servers), ("language servers", &self.languages)];
        let parts = parts.into_iter().filter(|(_, files)| !files.is_empty()).map(|(what, _)| what.to_owned());
        parts.chain(self.programs.iter().map(|_| "programs for Bash".to_owned())).collect()
    }

    /// Variables of the programs that it brings.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let places = [("CLAUDE_PLUGIN_ROOT", &self.root), ("CLAUDE_PLUGIN_DATA", &self.data)];
        let places = places.into_iter().map(|(name, path)| (name.to_owned(), path.display().to_string()));
        let set = self.options.iter().filter_map(|option| {
            let Hidden(value) = option.value.as_ref()?;
            Some((format!("{OPTION_VARIABLE}{}", option.key), value.clone()))
        });
        places.chain(set).collect()
    }

    /// Its secret values.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = self.options.iter().filter(|option| option.sensitive);
        secret.filter_map(|option| option.value.as_ref().map(|Hidden(value)| value.as_str()))
    }

    /// The command that sets one of its values.
    pub fn how_to_set(&self, key: &str) -> String {
        let secret = self.options.iter().any(|option| option.key == key && option.sensitive);
        let value = if secret { "- < FILE" } else { "VALUE" };
        format!("latigo plugin config {} {key} {value}", self.name)
    }

    /// Values that it cannot do without and that nobody has set.
    pub fn missing(&self) -> Vec<&str> {
        self.options.iter().filter(|option| option.is_missing()).map(|option| option.key.as_str()).collect()
    }
}

/// A place-holder that nothing could be put in for: the key that it names.
pub fn unfilled(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let (_, rest) = text.split_once(OPTION)?;
            Some(rest.split('}').next().unwrap_or_default().to_owned())
        }
        Value::Array(items) => items.iter().find_map(unfilled),
        Value::Object(fields) => fields.values().find_map(unfilled),
        _ => None,
    }
}

/// Reads one plugin, with its entry in a market where it comes from one. `given` is what the person set for it, by its
/// name. The error is a sentence for the person.
pub fn load(
    root: &Path,
    offer: Option<&Offer>,
    data: &Path,
    given: &BTreeMap<String, BTreeMap<String, Hidden>>,
) -> Result<Plugin, String> {
    let root = fs::canonicalize(root).map_err(|error| error.to_string())?;
    if !root.is_dir() {
        return Err("it is no folder".to_owned());
    }
    let manifest = Manifest::read(&root, offer.map(|offer| (&offer.entry, offer.strict)))?;
    let folder = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = manifest.text("name")?.unwrap_or(folder);
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == ':' || c == '/') {
        return Err(format!("`{name}` is no name for a plugin; write it with dashes"));
    }
    let mut options = manifest.options()?;
    options::fill(&mut options, given.get(&name));
    let settings = manifest::json(&root.join("settings.json"))?;
    let plugin = Plugin {
        market: offer.map(|offer| offer.market.clone()),
        description: manifest.text("description")?.unwrap_or_default(),
        version: manifest.text("version")?,
        enabled: manifest.enabled(),
        skills: manifest.folders("skills", "skills", true)?,
        commands: manifest.folders("commands", "commands", false)?,
        agents: manifest.folders("agents", "agents", false)?,
        styles: manifest.folders("outputStyles", "output-styles", false)?,
        programs: Some(root.join("bin")).filter(|bin| bin.is_dir() && !manifest.exact),
        lead: settings.as_ref().and_then(|fields| fields.get("agent")?.as_str()).map(ToOwned::to_owned),
        options,
        dependencies: manifest.dependencies(),
        data: data.join(&name),
        name,
        root: root.clone(),
        ..Plugin::default()
    };
    let filled = |files: Vec<(PathBuf, Value)>| {
        files.into_iter().map(|(file, value)| (file, plugin.filled_in(value))).collect::<Vec<_>>()
    };
    let hooks = filled(manifest.files("hooks", "hooks/hooks.json")?);
    let servers = filled(manifest.files("mcpServers", ".mcp.json")?);
    let languages = filled(manifest.files("lspServers", ".lsp.json")?);
    Ok(Plugin { hooks, servers, languages, ..plugin })
}

#[cfg(test)]
mod tests;
