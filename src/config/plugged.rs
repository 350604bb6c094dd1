//! What plugins that are on bring to the settings: hooks as files of the person's own, tool servers by their names.

use std::path::{Path, PathBuf};

use crate::catalog::Plugin;
use crate::domain::RuleScope;
use crate::mcp::Entry;

use super::ConfigInput;
use super::document;
use super::layers::Layer;
use super::project::shown;

/// Servers that one plugin may bring.
const SERVERS: usize = 50;

/// The hooks, each file as a layer.
pub(super) fn hooks(input: &ConfigInput<'_>, plugins: &[Plugin]) -> Vec<Layer> {
    let files = plugins.iter().filter(|plugin| plugin.enabled).flat_map(|plugin| &plugin.hooks);
    let layer = |(file, value): &(PathBuf, serde_json::Value)| {
        let root = document::parse(&value.to_string()).ok()?;
        let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
        let name = shown(file, input.cwd, input.home);
        Some(Layer { scope: RuleScope::User, name, anchor: folder.clone(), folder, root })
    };
    files.filter_map(layer).collect()
}

/// The tool servers, named after the plugin and themselves so that they meet no other: `plugin_<plugin>_<server>`.
/// A file has them under `mcpServers`, a manifest as they are.
pub(super) fn servers(input: &ConfigInput<'_>, plugins: &[Plugin]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for plugin in plugins.iter().filter(|plugin| plugin.enabled) {
        let lists = plugin.servers.iter().flat_map(|(file, value)| {
            let list = value.get("mcpServers").unwrap_or(value).as_object();
            list.into_iter().flatten().map(move |(server, value)| (file, server, value))
        });
        entries.extend(lists.take(SERVERS).map(|(file, server, value)| Entry {
            name: format!("plugin_{}_{server}", plugin.name),
            scope: RuleScope::User,
            source: format!("plugin {} {}", plugin.name, shown(file, input.cwd, input.home)),
            value: value.clone(),
            off: None,
        }));
    }
    entries
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
        let hook = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"${CLAUDE_PLUGIN_ROOT}/x.sh"}]}]}}"#;
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
        let (servers, names, _) = listed(true);
        assert_eq!(servers, ["plugin_other_two"]);
        assert!(!names.iter().any(|name| name.contains("kit")), "{names:?}");
        fs::write(root.join("own/config/settings.json"), r#"{"enabledPlugins":{"other@local":false}}"#).unwrap();
        let (servers, names, _) = listed(true);
        assert!(servers.is_empty() && names.iter().any(|name| name == "other"), "{servers:?} {names:?}");
    }
}
