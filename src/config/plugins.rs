//! Plugins: what the settings say of them, where they are found, and what the person set for each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::paths::absolute_from;
use crate::base::read;
use crate::catalog::{self, Hidden, Market, Plugin, PluginGround};
use crate::domain::Notice;

use super::ConfigInput;
use super::document::{Node, Value};
use super::gather::entries::wrong;
use super::layers::{LIMIT, Layer, claude_folder};

/// The file with secret values, for the person alone.
const SECRETS: &str = "plugin-secrets.json";

type Given = BTreeMap<String, BTreeMap<String, Hidden>>;

/// Everything about plugins.
#[derive(Clone, Debug, Default)]
pub struct Plugins {
    /// `enabledPlugins`.
    pub switched: BTreeMap<String, bool>,
    /// Markets that are folders, by name.
    pub markets: BTreeMap<String, PathBuf>,
    /// `pluginConfigs`, by the plugin's name.
    given: Given,
    /// All plugins that are there, those that are off among them.
    pub here: Vec<Plugin>,
}

impl Plugins {
    /// Takes what an entry of a file says; stronger files come first. A project's file can switch plugins that the
    /// person has, and nothing else.
    pub(super) fn entry(
        &mut self,
        (input, layer): (&ConfigInput<'_>, &Layer),
        key: &str,
        node: &Node,
        notices: &mut Vec<Notice>,
    ) {
        match key {
            "enabledPlugins" => {
                for (name, node) in node.entries() {
                    if let Value::Bool(on) = node.value {
                        self.switched.entry(name.clone()).or_insert(on);
                    }
                }
            }
            "extraKnownMarketplaces" | "pluginConfigs" if layer.is_from_project() => {
                let text = format!("`{key}` counts in your own settings alone; it is skipped");
                notices.push(layer.notice(node.line, &text).hint("latigo plugin marketplace add FOLDER"));
            }
            "extraKnownMarketplaces" => self.markets(input, layer, node, notices),
            _ => self.options(layer, node, notices),
        }
    }

    fn markets(&mut self, input: &ConfigInput<'_>, layer: &Layer, node: &Node, notices: &mut Vec<Notice>) {
        for (name, node) in node.entries() {
            let value = node.json();
            let source = value.get("source").unwrap_or(&serde_json::Value::Null);
            let path = match source.get("source").and_then(serde_json::Value::as_str) {
                Some("directory" | "file") => source.get("path").and_then(serde_json::Value::as_str),
                Some(_) => continue,
                None => source.as_str(),
            };
            let Some(path) = path else {
                wrong(layer, &format!("extraKnownMarketplaces.{name}"), node, "an object with a `source`", notices);
                continue;
            };
            // A source of type `file` names the list itself.
            let path = path.strip_suffix(".claude-plugin/marketplace.json").unwrap_or(path);
            let folder = absolute_from(&layer.anchor, path, Some(input.home));
            self.markets.entry(name.clone()).or_insert(folder);
        }
    }

    fn options(&mut self, layer: &Layer, node: &Node, notices: &mut Vec<Notice>) {
        for (id, node) in node.entries() {
            let options = node.entries().iter().find(|(key, _)| key == "options").map(|(_, node)| node);
            let Some(options) = options else { continue };
            if !matches!(options.value, Value::Table(_)) {
                wrong(layer, &format!("pluginConfigs.{id}.options"), options, "an object", notices);
            }
            let given = self.given.entry(plain_name(id).to_owned()).or_default();
            for (key, node) in options.entries() {
                if let Some(value) = catalog::plain(&node.json()) {
                    given.entry(key.clone()).or_insert(Hidden(value));
                }
            }
        }
    }

    /// Looks for them.
    pub(super) fn find(&mut self, input: &ConfigInput<'_>, notices: &mut Vec<Notice>) {
        match secrets(&input.dirs.data) {
            Ok(secrets) => {
                for (name, values) in secrets {
                    self.given.entry(name).or_default().extend(values);
                }
            }
            Err(problem) => notices.push(Notice::warning(format!("{problem}; secret values of plugins are not set"))),
        }
        let folders: Vec<PathBuf> =
            input.flags.plugins.iter().map(|folder| absolute_from(input.cwd, folder, Some(input.home))).collect();
        let (plugins, told) = catalog::plugins(&PluginGround {
            folders: &folders,
            shelf: &shelf(&input.dirs.config),
            switched: &self.switched,
            markets: &self.markets,
            claude: &claude_folder(input),
            data: &input.dirs.data.join("plugins"),
            given: &self.given,
        });
        self.here = plugins;
        notices.extend(told);
    }

    /// Makes the folders that programs of plugins may keep files in. A program that cannot do without says so itself.
    pub(super) fn make_folders(&self) {
        for plugin in self.here.iter().filter(|plugin| plugin.enabled && !plugin.runs().is_empty()) {
            let _made = crate::base::dirs::create_private(&plugin.data);
        }
    }

    /// Secret values of all of them.
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        self.here.iter().flat_map(Plugin::secrets).map(ToOwned::to_owned)
    }

    /// The search path with the programs of plugins at its end, so that none takes the place of another program.
    pub(super) fn extend_path(&self, env: &mut BTreeMap<String, String>) {
        let bins = self.here.iter().filter(|plugin| plugin.enabled).filter_map(|plugin| plugin.programs.clone());
        let path = env.get("PATH").cloned().unwrap_or_default();
        let all: Vec<PathBuf> = std::env::split_paths(&path).chain(bins).collect();
        if let Ok(joined) = std::env::join_paths(all) {
            env.insert("PATH".to_owned(), joined.to_string_lossy().into_owned());
        }
    }

    /// The agent that a plugin has sessions run as.
    pub(super) fn lead(&self) -> Option<String> {
        let plugin = self.here.iter().find(|plugin| plugin.enabled && plugin.lead.is_some())?;
        let name = plugin.lead.as_ref()?;
        Some(if name.contains(':') { name.clone() } else { format!("{}:{name}", plugin.name) })
    }

    /// The markets that the settings name, each with what it lists.
    pub fn read_markets(&self) -> Vec<(String, PathBuf, Result<Market, String>)> {
        let read = |folder: &Path| match catalog::market(folder) {
            Ok(Some(market)) => Ok(market),
            Ok(None) => Err("it holds no .claude-plugin/marketplace.json".to_owned()),
            Err(problem) => Err(problem),
        };
        self.markets.iter().map(|(name, folder)| (name.clone(), folder.clone(), read(folder))).collect()
    }
}

/// The folder with one plugin in each of its folders.
pub fn shelf(config: &Path) -> PathBuf {
    config.join("plugins")
}

/// The file with secret values.
pub(super) fn secrets_file(data: &Path) -> PathBuf {
    data.join(SECRETS)
}

fn plain_name(id: &str) -> &str {
    id.split('@').next().unwrap_or(id)
}

fn secrets(data: &Path) -> Result<Given, String> {
    let file = secrets_file(data);
    let told = |problem: &dyn std::fmt::Display| format!("{}: {problem}", file.display());
    let Some(text) = read::text(&file, LIMIT).map_err(|problem| told(&problem))? else { return Ok(Given::new()) };
    let read: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&text).map_err(|problem| told(&problem))?;
    let hidden = |values: BTreeMap<String, String>| values.into_iter().map(|(key, value)| (key, Hidden(value)));
    Ok(read.into_iter().map(|(name, values)| (name, hidden(values).collect())).collect())
}
