//! Language servers: `lspServers` of the settings and of plugins, what is installed, and which of it may run here.
//!
//! What somebody configured runs in a trusted folder. What was only found on the machine runs code of the project
//! without anybody having said so (build scripts, plugins of a compiler), so there the person's yes is needed: for the
//! folder, by a setting, or for the one server. It is remembered by project.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::dirs::create_private;
use crate::base::{atomic, read};
use crate::domain::{Notice, RuleScope};
use crate::engine::LanguagePlan;
use crate::lsp::{self, Entry, LanguageConfig};

use super::document::Node;
use super::gather::entries::{text, wrong};
use super::layers::{LIMIT, Layer};
use super::project::shown;
use super::servers::Ground;
use super::{CatalogWish, Standing, Trust};

/// Entries that are read in all.
const ENTRIES: usize = 200;
/// The most that an edit may wait, in milliseconds.
const LONGEST: u64 = 60_000;

/// What is done with servers that nobody configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Installed {
    Ask,
    On,
    Off,
}

/// Reads everything about language servers. `content` names what the folder brings.
pub(super) fn gather(
    ground: &Ground<'_>,
    wish: &CatalogWish,
    content: &str,
    notices: &mut Vec<Notice>,
) -> LanguagePlan {
    let own = ground.vars.plain();
    let (entries, installed, wait_ms) = read_layers(ground, wish, notices);
    let mut servers: Vec<LanguageConfig> = Vec::new();
    for entry in entries {
        if servers.iter().any(|known| known.name == entry.name) {
            continue;
        }
        let env = if entry.scope == RuleScope::Project { ground.child_env } else { &own };
        let told = |text: &str| Notice::warning(format!("{}: language server `{}`: {text}", entry.source, entry.name));
        match lsp::parse(&entry, env) {
            Ok((config, remarks)) => {
                notices.extend(remarks.iter().filter(|_| config.off.is_none()).map(|text| told(text)));
                servers.push(config);
            }
            Err(problem) => notices.push(told(&format!("it is skipped: {problem}"))),
        }
    }
    let file = ground.input.dirs.data.join("lsp.json");
    if installed != Installed::Off && ground.trusted {
        let agreed = installed == Installed::On || is_answered(ground, content);
        let remembered = load(&file).unwrap_or_default();
        let here = remembered.get(&*ground.project.to_string_lossy()).cloned().unwrap_or_default();
        let path = ground.child_env.get("PATH").map(String::as_str);
        servers.extend(lsp::installed(path, &servers).into_iter().map(|config| {
            let unasked = !agreed && !here.contains(&config.name);
            LanguageConfig { unasked, ..config }
        }));
    }
    let usual = LanguagePlan::default();
    let project = ground.project.to_path_buf();
    LanguagePlan {
        servers,
        wait_ms: wait_ms.unwrap_or(usual.wait_ms),
        keep: Arc::new(move |name| keep(&file, &project, name).map_err(|error| error.to_string())),
        shared: None,
    }
}

/// The person said yes to this folder, and did not just never have to be asked.
fn is_answered(ground: &Ground<'_>, content: &str) -> bool {
    let flags = &ground.input.flags;
    let known = || Trust::new(&ground.input.dirs.data, ground.input.home).standing(ground.project, content).0;
    flags.trust || (!flags.distrust && known() == Standing::Trusted)
}

type Read = (Vec<Entry>, Installed, Option<u64>);

fn read_layers(ground: &Ground<'_>, wish: &CatalogWish, notices: &mut Vec<Notice>) -> Read {
    let mut entries = Vec::new();
    let (mut installed, mut wait_ms) = (None, None);
    // The person's own lists come before those of the project, and both before plugins.
    let (own, project): (Vec<&Layer>, Vec<&Layer>) = ground.layers.iter().partition(|layer| !layer.is_from_project());
    for layer in own.into_iter().chain(project) {
        let keys = layer.root.entries();
        entries
            .extend(keys.iter().filter(|(key, _)| key == "lspServers").flat_map(|(_, node)| list(ground, layer, node)));
        let latigo = keys.iter().filter(|(key, _)| key == "latigo" && !layer.is_from_project());
        for (key, node) in latigo.flat_map(|(_, node)| node.entries()) {
            match key.as_str() {
                "languageServers" => installed = installed.or_else(|| mode(layer, node, notices)),
                "diagnosticsWaitMs" => wait_ms = wait_ms.or_else(|| wait(layer, node, notices)),
                _ => {}
            }
        }
    }
    entries.extend(of_plugins(ground, wish));
    entries.truncate(ENTRIES);
    (entries, installed.unwrap_or(Installed::Ask), wait_ms)
}

fn mode(layer: &Layer, node: &Node, notices: &mut Vec<Notice>) -> Option<Installed> {
    match text(layer, "latigo.languageServers", node, notices)? {
        "ask" => Some(Installed::Ask),
        "on" => Some(Installed::On),
        "off" => Some(Installed::Off),
        _ => {
            notices.push(layer.notice(node.line, "`latigo.languageServers` is one of ask, on, off"));
            None
        }
    }
}

fn wait(layer: &Layer, node: &Node, notices: &mut Vec<Notice>) -> Option<u64> {
    let ms = node.json().as_u64();
    if ms.is_none() {
        wrong(layer, "latigo.diagnosticsWaitMs", node, "a whole number of milliseconds", notices);
    }
    ms.map(|ms| ms.min(LONGEST))
}

fn list(ground: &Ground<'_>, layer: &Layer, list: &Node) -> Vec<Entry> {
    let scope = if layer.is_from_project() { RuleScope::Project } else { RuleScope::User };
    let off =
        (scope == RuleScope::Project && !ground.trusted).then(|| "it waits until the folder is trusted".to_owned());
    let entry = |(name, node): &(String, Node)| Entry {
        name: name.clone(),
        scope,
        source: format!("{scope} {}:{}", layer.name, node.line),
        value: node.json(),
        off: off.clone(),
    };
    list.entries().iter().map(entry).collect()
}

fn of_plugins(ground: &Ground<'_>, wish: &CatalogWish) -> Vec<Entry> {
    let input = ground.input;
    let mut entries = Vec::new();
    for plugin in wish.plugins.here.iter().filter(|plugin| plugin.enabled) {
        for (file, value) in &plugin.languages {
            let list = value.get("lspServers").unwrap_or(value).as_object();
            for (name, value) in list.into_iter().flatten() {
                entries.push(Entry {
                    name: name.clone(),
                    scope: RuleScope::User,
                    source: format!("{} {}", plugin.source(), shown(file, input.cwd, input.home)),
                    value: value.clone(),
                    off: None,
                });
            }
        }
    }
    entries
}

type Remembered = BTreeMap<String, Vec<String>>;

fn load(file: &Path) -> io::Result<Remembered> {
    let Some(text) = read::text(file, LIMIT)? else { return Ok(Remembered::new()) };
    Ok(serde_json::from_str(&text)?)
}

/// Remembers that a server may run in a project. A list that cannot be read is not overwritten.
fn keep(file: &Path, project: &Path, name: &str) -> io::Result<PathBuf> {
    let mut remembered = load(file)?;
    let here = remembered.entry(project.to_string_lossy().into_owned()).or_default();
    if !here.iter().any(|known| known == name) {
        here.push(name.to_owned());
    }
    if let Some(folder) = file.parent() {
        create_private(folder)?;
    }
    atomic::write_private(file, &serde_json::to_vec_pretty(&remembered)?)?;
    Ok(file.to_path_buf())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::super::{ConfigInput, Flags, Settings};
    use crate::base::dirs::Dirs;

    const GO: &str = r#"{"command": "srv", "extensionToLanguage": {".go": "go"}}"#;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new(files: &[(&str, &str)]) -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            for folder in ["p/.git", "bin", "home"] {
                fs::create_dir_all(tree.0.path().join(folder)).unwrap();
            }
            for (path, text) in files {
                tree.put(path, text);
            }
            tree
        }

        fn put(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            if path.parent().unwrap().ends_with("bin") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }

        fn load(&self, trust: bool) -> Settings {
            let root = self.0.path();
            super::super::load(ConfigInput {
                home: &root.join("home"),
                cwd: &root.join("p"),
                env: [("PATH".to_owned(), root.join("bin").display().to_string())].into(),
                flags: Flags { trust, ..Flags::default() },
                dirs: &Dirs::under(&root.join("own")),
                managed: Some(root.join("none")),
            })
        }

        fn told(&self, trust: bool) -> Vec<String> {
            let plan = self.load(trust).capabilities.languages;
            let word = |config: &crate::lsp::LanguageConfig| match (&config.off, config.unasked) {
                (Some(why), _) => format!("{}: {why}", config.name),
                (None, true) => format!("{}?", config.name),
                (None, false) => config.name.clone(),
            };
            plan.servers.iter().map(word).collect()
        }
    }

    #[test]
    fn what_was_only_found_needs_a_yes_and_what_the_project_brings_needs_trust() {
        let tree = Tree::new(&[("bin/gopls", ""), ("bin/pylsp", "")]);
        assert_eq!(tree.told(false), ["pylsp?", "gopls?"]);
        assert_eq!(tree.told(true), ["pylsp", "gopls"]);
        let plan = tree.load(false).capabilities.languages;
        (plan.keep)("gopls").unwrap();
        assert_eq!(tree.told(false), ["pylsp?", "gopls"]);
        tree.put("p/.claude/settings.json", &format!(r#"{{"lspServers": {{"mine": {GO}}}}}"#));
        assert_eq!(tree.told(false), ["mine: it waits until the folder is trusted"]);
        assert_eq!(tree.told(true), ["mine", "pylsp"]);
        assert!(tree.load(false).folder.claims.iter().any(|claim| claim.name.contains("mine")));
    }

    #[test]
    fn settings_and_plugins_bring_servers_and_say_what_holds() {
        let tree = Tree::new(&[("bin/gopls", "")]);
        let own = |more: &str| format!(r#"{{"lspServers": {{"a": {GO}, "bad": {{}}}}, "latigo": {{{more}}}}}"#);
        tree.put("own/config/settings.json", &own(r#""languageServers": "on", "diagnosticsWaitMs": 70000"#));
        tree.put(
            "own/config/plugins/pl/.lsp.json",
            &GO.replace("srv", "${CLAUDE_PLUGIN_ROOT}/s").replace("{\"c", "{\"b\": {\"c").replace("}}", "}}}"),
        );
        assert_eq!(tree.told(false), ["a", "b"]);
        let settings = tree.load(false);
        assert_eq!(settings.capabilities.languages.wait_ms, 60_000);
        let server = &settings.capabilities.languages.servers[1];
        assert!(server.command.ends_with("plugins/pl/s") && server.source.starts_with("plugin pl"), "{server:?}");
        let notices: Vec<&str> = settings.notices.iter().map(|notice| notice.text.as_str()).collect();
        assert!(
            notices.iter().any(|text| text.contains("`bad`: it is skipped: missing field `command`")),
            "{notices:?}"
        );
        tree.put("own/config/settings.json", r#"{"latigo": {"languageServers": "off", "diagnosticsWaitMs": "x"}}"#);
        assert_eq!(tree.told(true), ["b"]);
        tree.put("own/config/settings.json", r#"{"latigo": {"languageServers": "yes"}}"#);
        let settings = tree.load(true);
        assert!(settings.notices.iter().any(|notice| notice.text.contains("one of ask, on, off")));
    }
}
