//! Plugins and markets as lists.

use serde_json::{Value, json};

use super::super::permissions::ground::Ground;
use crate::base::text::sanitize_line;
use crate::catalog::{Plugin, PluginOption};
use crate::config::{self, Settings};
use crate::engine::PluginCost;

/// The plugin of that name, with its market or without.
pub(super) fn find<'s>(settings: &'s Settings, name: &str) -> Result<&'s Plugin, String> {
    let here = &settings.catalog.plugins.here;
    let found = here.iter().find(|plugin| plugin.name == name || plugin.id() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = here.iter().map(|plugin| plugin.name.as_str()).collect();
        let known =
            if names.is_empty() { "there is none".to_owned() } else { format!("there are: {}", names.join(", ")) };
        format!("there is no plugin `{name}` here; {known}")
    })
}

/// One line a plugin.
pub(super) fn list(ground: &Ground, json: bool) -> String {
    let all = config::plugins(&ground.input());
    if all.is_empty() && !json {
        return format!(
            "no plugins; latigo plugin install FOLDER takes one in, --plugin-dir FOLDER uses one for a run\n({})\n",
            config::plugin_shelf(&ground.dirs.config).display()
        );
    }
    all.iter()
        .map(|(plugin, cost)| if json { format!("{}\n", object(plugin, cost)) } else { line(plugin, cost) })
        .collect()
}

fn line(plugin: &Plugin, cost: &PluginCost) -> String {
    let state = if !plugin.enabled {
        "off"
    } else if plugin.missing().is_empty() {
        "on"
    } else {
        "incomplete"
    };
    let version = plugin.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let id = sanitize_line(&plugin.id()).into_owned();
    let place = plugin.root.display();
    format!("{state:<10} {id}{}  {} tokens in every request  {place}\n", sanitize_line(&version), cost.always)
}

fn object(plugin: &Plugin, cost: &PluginCost) -> Value {
    let option = |option: &PluginOption| {
        let value = option.value.as_ref().filter(|_| !option.sensitive).map(|value| value.0.clone());
        json!({
            "key": option.key, "title": option.title, "description": option.description, "required": option.required,
            "sensitive": option.sensitive, "set": option.value.is_some(), "value": value,
        })
    };
    json!({
        "name": plugin.name, "market": plugin.market, "version": plugin.version, "description": plugin.description,
        "enabled": plugin.enabled, "root": plugin.root, "tokens": cost.always, "tokensWhenUsed": cost.used,
        "brings": cost.brings, "servers": cost.servers, "runs": plugin.runs(),
        "options": plugin.options.iter().map(option).collect::<Vec<_>>(), "missing": plugin.missing(),
    })
}

/// Everything about one.
pub(super) fn show(ground: &Ground, name: &str, json: bool) -> Result<String, String> {
    find(&config::load(ground.input()), name)?;
    let all = config::plugins(&ground.input());
    let found = all.iter().find(|(plugin, _)| plugin.name == name || plugin.id() == name);
    let (plugin, cost) = found.ok_or_else(|| format!("there is no plugin `{name}` here"))?;
    if json {
        return Ok(format!("{}\n", object(plugin, cost)));
    }
    let mut out = line(plugin, cost);
    let mut say = |text: String| out.extend(["  ", &sanitize_line(&text), "\n"]);
    say(plugin.description.clone());
    for (what, list) in [("brings", &cost.brings), ("tool servers", &cost.servers), ("runs", &plugin.runs())] {
        if !list.is_empty() {
            say(format!("{what}: {}", list.join(", ")));
        }
    }
    say(format!("{} tokens more when all of its texts are used", cost.used));
    plugin.options.iter().for_each(|option| out.extend(["  ", &option_line(option)]));
    Ok(out)
}

/// What a plugin wants to know.
pub(super) fn options(ground: &Ground, name: &str) -> Result<String, String> {
    let settings = config::load(ground.input());
    let plugin = find(&settings, name)?;
    if plugin.options.is_empty() {
        return Ok(format!("{} wants to know nothing\n", plugin.name));
    }
    Ok(plugin.options.iter().map(option_line).collect())
}

/// One wish with what is set; a secret is never told.
pub(super) fn option_line(option: &PluginOption) -> String {
    let value = match &option.value {
        None if option.required => "(needed, not set)".to_owned(),
        None => "(not set)".to_owned(),
        Some(_) if option.sensitive => "(set, secret)".to_owned(),
        Some(value) => value.0.clone(),
    };
    let words = [option.title.as_str(), option.description.as_str()];
    let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty()).collect();
    let told = sanitize_line(&format!("{} = {value}  {}: {}", option.key, option.kind.words(), words.join(" · ")))
        .into_owned();
    format!("{}\n", told.trim_end_matches([':', ' ']))
}

/// All markets with what they list.
pub(super) fn markets(ground: &Ground) -> String {
    let settings = config::load(ground.input());
    let mut out = String::new();
    for (name, folder, read) in settings.catalog.plugins.read_markets() {
        out.extend([format!("{}  {}\n", sanitize_line(&name), folder.display())]);
        match read {
            Err(problem) => out.extend([format!("  ! {}\n", sanitize_line(&problem))]),
            Ok(market) => {
                for offer in &market.offers {
                    let elsewhere = offer.place.as_ref().err().map(|place| format!(" (to be fetched from {place})"));
                    let text = format!("{}  {}{}", offer.name, offer.description, elsewhere.unwrap_or_default());
                    out.extend([format!("  {}\n", sanitize_line(&text))]);
                }
                out.extend(market.problems.iter().map(|problem| format!("  ! {}\n", sanitize_line(problem))));
            }
        }
    }
    if out.is_empty() { "no markets; latigo plugin marketplace add FOLDER uses one\n".to_owned() } else { out }
}
