//! What plugins that are on bring to the settings: hooks as files of the person's own, tool servers by their names.

use std::path::Path;
use std::sync::Arc;

use crate::base::read;
use crate::catalog::{self, Plugin};
use crate::domain::{Notice, RuleScope};
use crate::hooks::Extra;
use crate::mcp::Entry;

use super::ConfigInput;
use super::document::{self, Node, Value};
use super::layers::{LIMIT, Layer};
use super::project::shown;

/// Servers that one plugin may bring.
const SERVERS: usize = 50;

/// The hooks, each file as a layer, with the variables that its programs get.
pub(super) fn hooks(input: &ConfigInput<'_>, plugins: &[Plugin], notices: &mut Vec<Notice>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for plugin in plugins.iter().filter(|plugin| plugin.enabled) {
        for (file, value) in &plugin.hooks {
            let name = shown(file, input.cwd, input.home);
            if let Some(key) = catalog::unfilled(value) {
                let text = format!("{name}: its hooks need `{key}` of the plugin {}, so they do not run", plugin.name);
                notices.push(Notice::warning(text).hint(plugin.how_to_set(&key)));
                continue;
            }
            let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
            let Some(root) = node(plugin, file, value, "hooks") else { continue };
            // A file of a plugin has the events in `hooks`, a manifest may have them as they are.
            let is_wrapped = root.entries().iter().any(|(key, _)| key == "hooks");
            let wrapped = Value::Table(vec![("hooks".to_owned(), root.clone())]);
            let root = if is_wrapped { root } else { Node { line: root.line, value: wrapped } };
            let plugged = Some(Extra(Arc::new(plugin.variables())));
            layers.push(Layer { scope: RuleScope::User, name, anchor: folder.clone(), folder, root, plugged });
        }
    }
    layers
}

/// A value of a plugin with the lines that it has in its file, or in the manifest under this key.
fn node(plugin: &Plugin, file: &Path, value: &serde_json::Value, key: &str) -> Option<Node> {
    let lined = candidates(plugin, file, key).into_iter().find(|node| node.json() == *value);
    // What a market's list says stands in no file of the plugin.
    lined.or_else(|| document::parse(&value.to_string()).ok())
}

fn candidates(plugin: &Plugin, file: &Path, key: &str) -> Vec<Node> {
    let Ok(Some(text)) = read::text(file, LIMIT) else { return Vec::new() };
    let Ok(root) = document::parse(text.strip_prefix('\u{feff}').unwrap_or(&text)) else { return Vec::new() };
    let mut found = if file.ends_with(".claude-plugin/plugin.json") {
        let named = root.entries().iter().filter(|(name, _)| name == key).map(|(_, node)| node.clone());
        named.flat_map(|node| if let Value::List(items) = node.value { items } else { vec![node] }).collect()
    } else {
        vec![root]
    };
    found.retain(|node| matches!(node.value, Value::Table(_)));
    for node in &mut found {
        fill(plugin, node);
    }
    found
}

fn fill(plugin: &Plugin, node: &mut Node) {
    match &mut node.value {
        Value::Text(text) => *text = plugin.for_programs(text),
        Value::List(items) => items.iter_mut().for_each(|node| fill(plugin, node)),
        Value::Table(entries) => entries.iter_mut().for_each(|(_, node)| fill(plugin, node)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The tool servers, named after the plugin and themselves so that they meet no other: `plugin_<plugin>_<server>`.
/// A file has them under `mcpServers`, a manifest as they are.
pub(super) fn servers(input: &ConfigInput<'_>, plugins: &[Plugin]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for plugin in plugins.iter().filter(|plugin| plugin.enabled) {
        let mut own = Vec::new();
        for (file, value) in &plugin.servers {
            let place = shown(file, input.cwd, input.home);
            let Some(root) = node(plugin, file, value, "mcpServers") else { continue };
            let list = root.entries().iter().find(|(key, _)| key == "mcpServers").map_or(&root, |(_, list)| list);
            own.extend(list.entries().iter().map(|(server, node)| server_of(plugin, server, node, &place)));
        }
        own.truncate(SERVERS);
        entries.extend(own);
    }
    entries
}

fn server_of(plugin: &Plugin, server: &str, node: &Node, place: &str) -> Entry {
    let mut value = node.json();
    let missing = catalog::unfilled(&value);
    if let Some(fields) = value.as_object_mut().filter(|fields| fields.contains_key("command")) {
        let env = fields.entry("env").or_insert_with(|| serde_json::json!({}));
        for (name, text) in plugin.variables() {
            if let Some(env) = env.as_object_mut() {
                env.entry(name).or_insert(text.into());
            }
        }
    }
    Entry {
        name: format!("plugin_{}_{server}", plugin.name),
        scope: RuleScope::User,
        source: format!("plugin {} {place}:{}", plugin.name, node.line),
        value,
        off: missing.map(|key| format!("it needs `{key}`: {}", plugin.how_to_set(&key))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;
    use std::fs;

    use super::super::{ConfigInput, Flags, load};
    use crate::base::dirs::Dirs;

    fn put(root: &std::path::Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn a_plugin_brings_everything_while_it_is_on_and_nothing_while_it_is_off() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let hook = "{\"hooks\":{\"Stop\":[{\"hooks\":[\n{\"type\":\"command\",\"command\":\"${CLAUDE_PLUGIN_ROOT}/x.sh\"}]}]}}";
        put(
            &root,
            &[
                (
                    "kit/.claude-plugin/plugin.json",
                    r#"{"name":"kit","mcpServers":{"one":{"command":"${CLAUDE_PLUGIN_ROOT}/srv"}}}"#,
                ),
                ("kit/hooks/hooks.json", hook),
                ("kit/commands/go.md", "Run ${CLAUDE_PLUGIN_ROOT}/go.sh, keep in ${CLAUDE_PLUGIN_DATA}"),
                ("kit/skills/look/SKILL.md", "---\ndescription: Looks\n---\nLook."),
                ("kit/agents/helper.md", "---\nname: helper\ndescription: Helps\n---\nHelp."),
                ("kit/output-styles/loud.md", "---\nname: Loud\n---\nShout."),
                ("own/config/plugins/other/.mcp.json", r#"{"mcpServers":{"two":{"command":"srv"}}}"#),
                ("home/x", ""),
                ("p/x", ""),
            ],
        );
        let dirs = Dirs { config: root.join("own/config"), ..Dirs::under(&root.join("own")) };
        let (home, cwd) = (root.join("home"), root.join("p"));
        let listed = |off| {
            let plugins = if off { Vec::new() } else { vec![root.join("kit").display().to_string()] };
            let input = ConfigInput {
                home: &home,
                cwd: &cwd,
                env: BTreeMap::new(),
                flags: Flags { plugins, ..Flags::default() },
                dirs: &dirs,
                managed: Some(root.join("none")),
            };
            let settings = load(input.clone());
            let servers: Vec<String> = settings.capabilities.servers.servers.iter().map(|s| s.name.clone()).collect();
            let names: Vec<String> = super::super::listing(&input).into_iter().map(|row| row.name).collect();
            (servers, names, settings)
        };
        let (servers, names, settings) = listed(false);
        assert_eq!(servers, ["plugin_kit_one", "plugin_other_two"]);
        for name in ["/kit:go", "/kit:look", "kit:helper", "Loud", "kit", "other"] {
            assert!(names.iter().any(|known| known == name), "{name} is not in {names:?}");
        }
        let kit = root.join("kit");
        let source = format!("{:?}", settings.capabilities.servers.servers[0].way);
        assert!(source.contains(&kit.join("srv").display().to_string()), "{source}");
        assert!(format!("{:?}", settings.capabilities.hooks).contains(&kit.join("x.sh").display().to_string()));
        let hook = &settings.capabilities.hooks.hooks[0];
        assert_eq!(hook.source.line, Some(2));
        assert_eq!(hook.extra.0["CLAUDE_PLUGIN_ROOT"], kit.display().to_string());
        let (servers, names, _) = listed(true);
        assert_eq!(servers, ["plugin_other_two"]);
        assert!(!names.iter().any(|name| name.contains("kit")), "{names:?}");
        fs::write(root.join("own/config/settings.json"), r#"{"enabledPlugins":{"other@local":false}}"#).unwrap();
        let (servers, names, _) = listed(true);
        assert!(servers.is_empty() && names.iter().any(|name| name == "other"), "{servers:?} {names:?}");
    }
}
