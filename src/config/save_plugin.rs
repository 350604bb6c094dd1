//! Changes what the settings say of plugins: on or off, values, markets.

use std::path::{Path, PathBuf};

use jsonc_parser::cst::CstObject;
use serde_json::Value;

use super::plugins::secrets_file;
use super::save::{edit, input_value};
use crate::domain::SaveScope;

use super::Places;

/// Switches a plugin on or off in the settings file of that scope, by the key that stands there already or by `key`.
/// None takes it out. Returns the file.
pub fn save_plugin_switch(
    scope: SaveScope,
    key: &str,
    on: Option<bool>,
    places: Places<'_>,
) -> Result<PathBuf, String> {
    let file = super::save::settings_file(scope, places)?;
    edit(&file, scope != SaveScope::Project, |root| {
        let table = table(root, "enabledPlugins")?;
        let known = entry_key(&table, key).unwrap_or_else(|| key.to_owned());
        Ok(set(&table, &known, on.map(Value::Bool).as_ref()))
    })?;
    Ok(file)
}

/// Keeps a value that a plugin wants, or forgets it. Returns the file.
pub fn save_plugin_option(config: &Path, plugin: &str, key: &str, value: Option<&Value>) -> Result<PathBuf, String> {
    let file = config.join("settings.json");
    edit(&file, true, |root| {
        let all = table(root, "pluginConfigs")?;
        let id = entry_key(&all, plugin).unwrap_or_else(|| plugin.to_owned());
        Ok(set(&table(&table(&all, &id)?, "options")?, key, value))
    })?;
    Ok(file)
}

/// The same for a secret value, which stands in no settings file. Returns the file.
pub fn save_plugin_secret(data: &Path, plugin: &str, key: &str, value: Option<&str>) -> Result<PathBuf, String> {
    let file = secrets_file(data);
    edit(&file, true, |root| Ok(set(&table(root, plugin)?, key, value.map(Value::from).as_ref())))?;
    Ok(file)
}

/// Takes a market into the person's own settings, or out of them. Returns the file, and whether it was there before.
pub fn save_market(config: &Path, name: &str, folder: Option<&Path>) -> Result<(PathBuf, bool), String> {
    let file = config.join("settings.json");
    let source = folder.map(|folder| serde_json::json!({ "source": { "source": "directory", "path": folder } }));
    let mut known = false;
    edit(&file, true, |root| {
        let table = table(root, "extraKnownMarketplaces")?;
        known = table.get(name).is_some();
        Ok(set(&table, name, source.as_ref()))
    })?;
    Ok((file, known))
}

fn table(root: &CstObject, name: &str) -> Result<CstObject, String> {
    root.object_value_or_create(name).ok_or_else(|| format!("`{name}` is not an object"))
}

/// The key of a plugin in a table: with its market, or without.
fn entry_key(table: &CstObject, plugin: &str) -> Option<String> {
    let name = plugin.split('@').next().unwrap_or(plugin);
    let keys = table.properties().into_iter().filter_map(|property| property.name()?.decoded_value().ok());
    keys.into_iter().find(|key| if plugin.contains('@') { key == plugin } else { key.split('@').next() == Some(name) })
}

/// Sets an entry or takes it out; false when there is nothing to do.
fn set(table: &CstObject, key: &str, value: Option<&Value>) -> bool {
    match (table.get(key), value) {
        (Some(entry), Some(value)) => entry.set_value(input_value(value)),
        (None, Some(value)) => drop(table.append(key, input_value(value))),
        (Some(entry), None) => entry.remove(),
        (None, None) => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::*;

    #[test]
    fn switches_values_and_markets_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let places = Places { project: root, config: root };
        fs::write(root.join("settings.json"), "{\n  // mine\n  \"enabledPlugins\": {\"kit@home\": true}\n}\n").unwrap();
        let file = save_plugin_switch(SaveScope::User, "kit", Some(false), places).unwrap();
        save_plugin_option(root, "kit", "N", Some(&Value::from(3))).unwrap();
        save_plugin_option(root, "kit", "M", None).unwrap();
        assert!(!save_market(root, "home", Some(Path::new("/m"))).unwrap().1);
        let read = |file: &Path| fs::read_to_string(file).unwrap();
        assert!(read(&file).contains("// mine") && read(&file).contains("\"kit@home\": false"), "{}", read(&file));
        let value: Value = crate::config::document::parse(&read(&file)).unwrap().json();
        assert_eq!(value["pluginConfigs"]["kit"]["options"], serde_json::json!({ "N": 3 }));
        assert_eq!(value["extraKnownMarketplaces"]["home"]["source"]["path"], "/m");
        assert!(save_market(root, "home", None).unwrap().1);
        let secret = save_plugin_secret(root, "kit", "KEY", Some("s3cret-value")).unwrap();
        assert!(read(&secret).contains("s3cret-value") && !read(&file).contains("s3cret"));
        save_plugin_switch(SaveScope::Local, "kit", Some(true), places).unwrap();
        assert!(read(&root.join(".claude/settings.local.json")).contains("\"kit\": true"));
    }
}
