//! Where plugins are looked for: the command line, our own shelf, markets on this disk, and what Claude Code installed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::manifest::json;
use super::market::{Market, Offer, market};
use super::{Hidden, Plugin, load};
use crate::domain::Notice;

/// Plugins that are looked at in one folder.
const MOST: usize = 100;
/// Claude Code's list of what it installed, beside its copies.
const INSTALLED: &str = "plugins/installed_plugins.json";

/// Where to look, and what the settings say.
#[derive(Clone, Copy, Debug)]
pub struct PluginGround<'a> {
    /// `--plugin-dir`: each a plugin itself, and on.
    pub folders: &'a [PathBuf],
    /// The folder with one plugin in each of its folders.
    pub shelf: &'a Path,
    /// `enabledPlugins`: which are on or off, by name or `name@market`.
    pub switched: &'a BTreeMap<String, bool>,
    /// `extraKnownMarketplaces`, those of them that are folders.
    pub markets: &'a BTreeMap<String, PathBuf>,
    /// Claude Code's own folder.
    pub claude: &'a Path,
    /// Where plugins may keep files of their own.
    pub data: &'a Path,
    /// What the person set, by the plugin's name.
    pub given: &'a BTreeMap<String, BTreeMap<String, Hidden>>,
}

/// Finds the plugins, those that are off among them. The first of a name wins: the command line's over those of the
/// shelf, these over what `enabledPlugins` names from a market or from Claude Code's copies.
pub fn plugins(ground: &PluginGround<'_>) -> (Vec<Plugin>, Vec<Notice>) {
    let mut finder = Finder { ground, found: Vec::new(), notices: Vec::new(), markets: BTreeMap::new() };
    for folder in ground.folders {
        finder.add(folder, None, Some(true));
    }
    let entries = fs::read_dir(ground.shelf).into_iter().flatten().flatten().take(MOST);
    let mut below: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    below.retain(|path| path.is_dir() && !hidden(path));
    below.sort();
    for folder in &below {
        finder.add(folder, None, None);
    }
    for (name, on) in ground.switched {
        finder.switched(name, *on);
    }
    finder.needs();
    (finder.found, finder.notices)
}

struct Finder<'a> {
    ground: &'a PluginGround<'a>,
    found: Vec<Plugin>,
    notices: Vec<Notice>,
    markets: BTreeMap<String, Option<Market>>,
}

impl Finder<'_> {
    /// Takes in the plugin of a folder. Whether it is on is said, else stands in the settings, else in its manifest.
    fn add(&mut self, folder: &Path, offer: Option<&Offer>, on: Option<bool>) {
        match load(folder, offer, self.ground.data, self.ground.given) {
            Err(problem) => {
                self.notices.push(Notice::warning(format!("plugin {}: {problem}", folder.display())));
            }
            Ok(plugin) if self.knows(&plugin.name) => {
                let known = self.found.iter_mut().find(|known| known.name == plugin.name && known.root != plugin.root);
                if let Some(known) = known {
                    known.overrides.push(plugin.root);
                }
            }
            Ok(mut plugin) => {
                let said = self.ground.switched.iter().find(|(key, _)| key.split('@').next() == Some(&plugin.name));
                plugin.market = plugin.market.or_else(|| Some(said?.0.split_once('@')?.1.to_owned()));
                plugin.enabled = on.or(said.map(|(_, on)| *on)).unwrap_or(plugin.enabled);
                if plugin.enabled && !plugin.missing().is_empty() {
                    let keys = plugin.missing().join(", ");
                    let text = format!("The plugin {} needs {keys}; what depends on it does not run.", plugin.name);
                    let first = plugin.missing().first().copied().unwrap_or_default();
                    self.notices.push(Notice::warning(text).hint(plugin.how_to_set(first)));
                }
                self.found.push(plugin);
            }
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.found.iter().any(|known| known.name == name)
    }

    /// A plugin that the settings name and that did not lie on the shelf.
    fn switched(&mut self, key: &str, on: bool) {
        let Some((name, market)) = key.split_once('@') else { return };
        if self.knows(name) {
            return;
        }
        if let Some(offer) = self.offered(name, market) {
            return match &offer.place {
                Ok(folder) => self.add(&folder.clone(), Some(&offer), Some(on)),
                Err(place) => self.lacks(key, on, &format!("it has to be fetched from {place}")),
            };
        }
        match installed(self.ground.claude, key) {
            Some(folder) => {
                // A copy lies in a folder of its version; one without a manifest has its name from here.
                let entry = std::iter::once(("name".to_owned(), Value::from(name))).collect();
                let (market, place) = (market.to_owned(), Ok(folder.clone()));
                let (name, description) = (name.to_owned(), String::new());
                let offer = Offer { name, market, description, place, entry, strict: true };
                self.add(&folder, Some(&offer), Some(on));
            }
            None => self.lacks(key, on, "it is not on this disk"),
        }
    }

    fn lacks(&mut self, key: &str, on: bool, why: &str) {
        if on {
            let text = format!("The plugin {key} is switched on, but {why}.");
            self.notices.push(Notice::info(text).hint("latigo plugin install FOLDER takes one from a folder"));
        }
    }

    fn offered(&mut self, name: &str, market: &str) -> Option<Offer> {
        let folder = self.ground.markets.get(market)?.clone();
        if !self.markets.contains_key(market) {
            let read = read_market(&folder);
            let found = read.unwrap_or_else(|problem| {
                self.notices.push(Notice::warning(format!("market {market}: {problem}")));
                None
            });
            self.markets.insert(market.to_owned(), found);
        }
        let known = self.markets.get(market)?.as_ref()?;
        known.offers.iter().find(|offer| offer.name == name).cloned()
    }

    /// Plugins that others need.
    fn needs(&mut self) {
        let on = |name: &str| self.found.iter().any(|plugin| plugin.enabled && plugin.name == name);
        for plugin in self.found.iter().filter(|plugin| plugin.enabled) {
            for needed in &plugin.dependencies {
                if !on(needed.split('@').next().unwrap_or(needed)) {
                    let text = format!("The plugin {} needs the plugin {needed}, which is not on.", plugin.name);
                    self.notices.push(Notice::warning(text).hint("latigo plugin list shows what is there"));
                }
            }
        }
    }
}

fn read_market(folder: &Path) -> Result<Option<Market>, String> {
    market(folder)?.map(Some).ok_or_else(|| format!("{} holds no .claude-plugin/marketplace.json", folder.display()))
}

/// The copy that Claude Code keeps of a plugin: by its own list, else the newest of its versions.
fn installed(claude: &Path, key: &str) -> Option<PathBuf> {
    let list = json(&claude.join(INSTALLED)).ok().flatten();
    let entry = list.as_ref().and_then(|list| list.get("plugins")?.get(key));
    let entry = entry.and_then(|entry| entry.as_array().map_or(Some(entry), |copies| copies.last()));
    let named = entry.and_then(|entry| entry.get("installPath").and_then(Value::as_str)).map(PathBuf::from);
    if let Some(folder) = named.filter(|folder| folder.is_dir()) {
        return Some(folder);
    }
    let (name, market) = key.split_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('/');
    if !plain(name) || !plain(market) {
        return None;
    }
    let versions = fs::read_dir(claude.join("plugins/cache").join(market).join(name)).ok()?;
    let folders = versions.flatten().take(MOST).map(|entry| entry.path()).filter(|path| path.is_dir());
    folders.max_by_key(|path| path.metadata().and_then(|metadata| metadata.modified()).ok())
}
