//! Taking plugins in: a copy of a folder onto our own shelf, whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::super::permissions::ground::Ground;
use super::lists;
use crate::base::dirs::create_private;
use crate::catalog::{self, Offer, PLUGIN_EXACT, Plugin};
use crate::config::{self, Places};
use crate::domain::SaveScope;

/// Files and bytes that one plugin may have, and folders inside folders.
const FILES: usize = 20_000;
const BYTES: u64 = 512 * 1024 * 1024;
const DEPTH: usize = 32;
/// Names that are never copied.
const LEFT_OUT: [&str; 2] = [".git", ".DS_Store"];
/// Where the manifest stands.
const MANIFEST: &str = ".claude-plugin/plugin.json";

/// Copies a plugin onto the shelf and switches it on.
pub(super) fn install(ground: &Ground, from: &str, force: bool) -> Result<String, String> {
    let (folder, offer) = source(ground, from)?;
    let none = std::collections::BTreeMap::new();
    let plugin = catalog::load_plugin(&folder, offer.as_ref(), &ground.dirs.data, &none)
        .map_err(|problem| format!("{}: {problem}", folder.display()))?;
    let shelf = config::plugin_shelf(&ground.dirs.config);
    let target = shelf.join(&plugin.name);
    if target.starts_with(&plugin.root) || plugin.root.starts_with(&target) {
        return Err(format!("{} lies on the shelf already", plugin.root.display()));
    }
    if target.symlink_metadata().is_ok() && !force {
        return Err(format!("{} is there already; --force takes its place", target.display()));
    }
    let fresh = shelf.join(format!(".new-{}", plugin.name));
    let told = |problem: io::Error| format!("{}: {problem}", plugin.root.display());
    let placed = (|| {
        create_private(&shelf)?;
        remove(&fresh)?;
        Copying { root: &plugin.root, files: 0, bytes: 0 }.folder(&plugin.root, &fresh, 0)?;
        if let Some(offer) = &offer {
            write_manifest(&fresh, offer)?;
        }
        remove(&target)?;
        fs::rename(&fresh, &target)
    })();
    if let Err(problem) = placed {
        let _gone = remove(&fresh);
        return Err(told(problem));
    }
    let places = Places { project: &ground.cwd, config: &ground.dirs.config };
    let key = offer.as_ref().map_or_else(|| plugin.name.clone(), |offer| format!("{}@{}", plugin.name, offer.market));
    config::save_plugin_switch(SaveScope::User, &key, Some(true), places)?;
    Ok(words(&plugin, &key, &target))
}

fn words(plugin: &Plugin, key: &str, target: &Path) -> String {
    let mut text = format!("{key} is installed in {} and on from the next start on\n", target.display());
    if !plugin.runs().is_empty() {
        text.extend([format!("It runs programs: {}\n", plugin.runs().join(", "))]);
    }
    for key in plugin.missing() {
        text.extend([format!("It needs `{key}`: {}\n", plugin.how_to_set(key))]);
    }
    text
}

/// The folder of a plugin that is named, with its entry in the market.
fn source(ground: &Ground, from: &str) -> Result<(PathBuf, Option<Offer>), String> {
    let folder = ground.cwd.join(from);
    if folder.is_dir() {
        let manifest = folder.join(MANIFEST).is_file();
        return match catalog::market(&folder)? {
            Some(market) if !manifest => match market.offers.as_slice() {
                [offer] => offered(offer),
                offers => {
                    let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
                    Err(format!(
                        "{from} is a market of several plugins ({}): latigo plugin marketplace add {from}, then \
                         latigo plugin install NAME@{}",
                        names.join(", "),
                        market.name
                    ))
                }
            },
            _ => Ok((folder, None)),
        };
    }
    let Some((name, market)) = from.split_once('@') else {
        return Err(format!("there is no folder {from}; or name a plugin of a market as NAME@MARKET"));
    };
    let settings = config::load(ground.input());
    let markets = settings.catalog.plugins.read_markets();
    let found = markets.into_iter().find(|(known, _, _)| known == market);
    let (_, _, read) =
        found.ok_or_else(|| format!("there is no market `{market}`; latigo plugin marketplace add FOLDER uses one"))?;
    let read = read.map_err(|problem| format!("market {market}: {problem}"))?;
    let offer = read.offers.iter().find(|offer| offer.name == name);
    offered(offer.ok_or_else(|| {
        let names: Vec<&str> = read.offers.iter().map(|offer| offer.name.as_str()).collect();
        format!("the market {market} has no plugin `{name}`; it has: {}", names.join(", "))
    })?)
}

fn offered(offer: &Offer) -> Result<(PathBuf, Option<Offer>), String> {
    match &offer.place {
        Ok(folder) => Ok((folder.clone(), Some(offer.clone()))),
        Err(place) => Err(format!(
            "{} lies elsewhere ({place}) and nothing is fetched here; get it yourself, then: latigo plugin install FOLDER",
            offer.name
        )),
    }
}

/// The copy has a manifest of its own that says what the market's entry said.
fn write_manifest(folder: &Path, offer: &Offer) -> io::Result<()> {
    let file = folder.join(MANIFEST);
    let text = fs::read_to_string(&file).unwrap_or_default();
    let own: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
    let mut fields = if offer.strict { own } else { Map::new() };
    for (key, value) in &offer.entry {
        fields.entry(key.clone()).or_insert_with(|| value.clone());
    }
    if !offer.strict {
        fields.insert(PLUGIN_EXACT.to_owned(), Value::Bool(names_parts(&offer.entry)));
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, serde_json::to_vec_pretty(&Value::Object(fields))?)
}

fn names_parts(entry: &Map<String, Value>) -> bool {
    ["skills", "commands", "agents", "outputStyles", "hooks", "mcpServers", "lspServers"]
        .iter()
        .any(|key| entry.contains_key(*key))
}

/// Takes an installed plugin out, with its switch.
pub(super) fn uninstall(ground: &Ground, name: &str) -> Result<String, String> {
    let settings = config::load(ground.input());
    let plugin = lists::find(&settings, name)?;
    let shelf = config::plugin_shelf(&ground.dirs.config);
    let target = shelf.join(&plugin.name);
    let real = |path: &Path| fs::canonicalize(path).ok();
    if real(&target) != real(&plugin.root) || real(&target).is_none() {
        return Err(format!("{} was not installed, it lies in {}", plugin.name, plugin.root.display()));
    }
    remove(&target).map_err(|problem| format!("{}: {problem}", target.display()))?;
    let places = Places { project: &ground.cwd, config: &ground.dirs.config };
    config::save_plugin_switch(SaveScope::User, &plugin.id(), None, places)?;
    let kept =
        if plugin.data.is_dir() { format!("; what it kept stays in {}", plugin.data.display()) } else { String::new() };
    Ok(format!("{} is out ({}){kept}\n", plugin.name, target.display()))
}

/// Uses a market from now on.
pub(super) fn add_market(ground: &Ground, folder: &Path) -> Result<String, String> {
    let folder = ground.cwd.join(folder);
    let market = catalog::market(&folder)?
        .ok_or_else(|| format!("{} holds no .claude-plugin/marketplace.json", folder.display()))?;
    let (file, known) = config::save_market(&ground.dirs.config, &market.name, Some(&market.root))?;
    let word = if known { "is changed" } else { "is used" };
    let mut text = format!("{} {word}: {} plugins ({})\n", market.name, market.offers.len(), file.display());
    text.extend(market.problems.iter().map(|problem| format!("! {problem}\n")));
    text.extend([format!("latigo plugin install NAME@{} takes one in\n", market.name)]);
    Ok(text)
}

/// Removes a folder, or the link to one.
fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}

/// Copies a tree. A link is followed when it stays inside, else it is refused.
struct Copying<'a> {
    root: &'a Path,
    files: usize,
    bytes: u64,
}

impl Copying<'_> {
    fn folder(&mut self, from: &Path, to: &Path, depth: usize) -> io::Result<()> {
        if depth > DEPTH {
            return Err(io::Error::other(format!("more than {DEPTH} folders inside folders: {}", from.display())));
        }
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name();
            if LEFT_OUT.iter().any(|left_out| name == *left_out) {
                continue;
            }
            let real = fs::canonicalize(entry.path())?;
            if !real.starts_with(self.root) {
                let text = format!("{} is a link out of the plugin", entry.path().display());
                return Err(io::Error::other(text));
            }
            if real.is_dir() {
                self.folder(&real, &to.join(name), depth + 1)?;
            } else if real.is_file() {
                self.file(&real, &to.join(name))?;
            }
        }
        Ok(())
    }

    fn file(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.files += 1;
        self.bytes += fs::copy(from, to)?;
        if self.files > FILES || self.bytes > BYTES {
            return Err(io::Error::other(format!("it has more than {FILES} files or {} MiB", BYTES >> 20)));
        }
        Ok(())
    }
}
