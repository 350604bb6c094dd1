//! What the settings say of memory, skills, output styles, the status line, plugins and language servers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::paths::absolute_from;
use crate::catalog::{self, AgentsMd, MemoryWish};
use crate::domain::{AgentFile, Notice, RuleScope};
use crate::engine::StatusLine;

use super::document::{self, Node, Value};
use super::gather::entries::{flag, text, texts, wrong};
use super::layers::Layer;
use super::project::{project_root, shown};
use super::{ConfigInput, Origin};

/// Everything of that kind.
#[derive(Clone, Debug, Default)]
pub struct CatalogWish {
    pub memory: MemoryWish,
    /// The model keeps notes of its own.
    pub auto_memory: bool,
    pub auto_folder: Option<PathBuf>,
    /// The list's share of the context window, and characters of one description.
    pub share: Option<f64>,
    pub description: Option<usize>,
    /// The skills that come along are not there.
    pub no_bundled: bool,
    pub style: Option<String>,
    pub status_line: Option<StatusLine>,
    /// Plugins that are switched on or off.
    pub plugins: BTreeMap<String, bool>,
    /// `--plugin-dir`.
    pub plugin_folders: Vec<PathBuf>,
    /// `--agents`.
    pub agents: Vec<AgentFile>,
    /// `plansDirectory`: where plans are kept.
    pub plans: Option<PathBuf>,
    /// `worktree.baseRef` is `head`.
    pub worktrees_from_head: bool,
    /// Every entry of every file.
    pub origins: Vec<Origin>,
}

/// The same with what all files say.
pub(super) fn with_origins(wish: CatalogWish, origins: Vec<Origin>) -> CatalogWish {
    CatalogWish { origins, ..wish }
}

/// Hooks of all settings files and of plugins that are on.
pub(super) fn hooks(
    input: &ConfigInput<'_>,
    (layers, project): (&[Layer], &Path),
    wish: &CatalogWish,
    notices: &mut Vec<Notice>,
) -> crate::hooks::Config {
    let all: Vec<Layer> = layers.iter().cloned().chain(plugin_hooks(input, wish)).collect();
    let mut config = super::hooks::read(&all, &input.env, notices);
    config.setup = input.flags.setup;
    config.files = super::layers::files(input, project);
    config
}

/// Reads the files, the strongest first; a project's files count when the folder is trusted.
pub(super) fn read(input: &ConfigInput<'_>, layers: &[Layer], trusted: bool, notices: &mut Vec<Notice>) -> CatalogWish {
    let mut reader = Reader {
        wish: CatalogWish { auto_memory: true, ..CatalogWish::default() },
        seen: Vec::new(),
        notices: &mut *notices,
    };
    for layer in layers.iter().filter(|layer| trusted || !layer.is_from_project()) {
        for (key, node) in layer.root.entries() {
            reader.entry(input, layer, key, node);
        }
    }
    let mut wish = reader.wish;
    if let Some(text) = &input.flags.agents {
        match catalog::agents_given(text) {
            Ok((agents, told)) => {
                wish.agents = agents;
                notices.extend(told);
            }
            Err(problem) => notices.push(Notice::warning(format!("{problem}; no agent is added"))),
        }
    }
    let switch = |name: &str| input.env.get(name).is_some_and(|value| matches!(value.as_str(), "1" | "true"));
    wish.memory.off |= switch("CLAUDE_CODE_DISABLE_CLAUDE_MDS");
    wish.auto_memory &= !switch("CLAUDE_CODE_DISABLE_AUTO_MEMORY");
    wish.plugin_folders =
        input.flags.plugins.iter().map(|folder| absolute_from(input.cwd, folder, Some(input.home))).collect();
    wish
}

/// The hooks of plugins that are on, each file as a layer of the person's own.
fn plugin_hooks(input: &ConfigInput<'_>, wish: &CatalogWish) -> Vec<Layer> {
    let shelf = input.dirs.config.join("plugins");
    let data = input.dirs.data.join("plugins");
    let (plugins, _) = catalog::plugins(&wish.plugin_folders, &shelf, &wish.plugins, &data);
    let files = plugins.into_iter().filter(|plugin| plugin.enabled).flat_map(|plugin| plugin.hooks);
    let layer = |(file, value): (PathBuf, serde_json::Value)| {
        let root = document::parse(&value.to_string()).ok()?;
        let folder = file.parent().map(std::path::Path::to_path_buf).unwrap_or_default();
        let name = shown(&file, input.cwd, input.home);
        Some(Layer { scope: RuleScope::User, name, anchor: folder.clone(), folder, root })
    };
    files.filter_map(layer).collect()
}

struct Reader<'a> {
    wish: CatalogWish,
    /// Keys that a stronger file has set.
    seen: Vec<String>,
    notices: &'a mut Vec<Notice>,
}

impl Reader<'_> {
    fn entry(&mut self, input: &ConfigInput<'_>, layer: &Layer, key: &str, node: &Node) {
        let notices = &mut *self.notices;
        match key {
            "claudeMdExcludes" => {
                let found = texts(layer, key, node, notices);
                self.wish.memory.excludes.extend(found.into_iter().map(|(text, _)| text.to_owned()));
            }
            "enabledPlugins" => {
                for (name, node) in node.entries() {
                    if let Value::Bool(on) = node.value {
                        self.wish.plugins.entry(name.clone()).or_insert(on);
                    }
                }
            }
            "latigo" if !layer.is_from_project() => {
                for (key, node) in node.entries().iter().filter(|(key, _)| key == "agentsMd") {
                    if self.first(key) {
                        self.agents(layer, node);
                    }
                }
            }
            "autoMemoryDirectory" if layer.is_from_project() => {}
            _ if !KEYS.contains(&key) || !self.first(key) => {}
            "autoMemoryEnabled" => self.wish.auto_memory = flag(layer, key, node, self.notices).unwrap_or(true),
            "autoMemoryDirectory" => {
                let folder = text(layer, key, node, self.notices);
                self.wish.auto_folder = folder.map(|text| absolute_from(&layer.folder, text, Some(input.home)));
            }
            "disableBundledSkills" => self.wish.no_bundled = flag(layer, key, node, self.notices).unwrap_or(false),
            "outputStyle" => self.wish.style = text(layer, key, node, self.notices).map(ToOwned::to_owned),
            "skillListingBudgetFraction" => self.wish.share = number(node).filter(|share| (0.0..=1.0).contains(share)),
            "skillListingMaxDescChars" => self.wish.description = number(node).map(|chars| chars as usize),
            "plansDirectory" => self.plans(input, layer, node),
            "worktree" => self.worktree(layer, node),
            _ => self.status_line(layer, node),
        }
    }

    /// It counts from the project's root; a project's file cannot lead out of the project.
    fn plans(&mut self, input: &ConfigInput<'_>, layer: &Layer, node: &Node) {
        let Some(text) = text(layer, "plansDirectory", node, self.notices) else { return };
        let project = project_root(input.cwd, input.home);
        let folder = absolute_from(&project, text, Some(input.home));
        if layer.is_from_project() && !folder.starts_with(&project) {
            let words = "`plansDirectory` of a project must lie in the project; it is skipped";
            return self.notices.push(layer.notice(node.line, words));
        }
        self.wish.plans = Some(folder);
    }

    fn worktree(&mut self, layer: &Layer, node: &Node) {
        for (key, node) in node.entries() {
            match (key.as_str(), &node.value) {
                ("baseRef", Value::Text(base)) if base == "head" => self.wish.worktrees_from_head = true,
                ("baseRef", Value::Text(base)) if base == "fresh" => {}
                ("baseRef", _) => wrong(layer, "worktree.baseRef", node, "`fresh` or `head`", self.notices),
                ("symlinkDirectories" | "sparsePaths", Value::List(items)) if !items.is_empty() => {
                    let words = format!("`worktree.{key}` does nothing here: worktrees of agents are whole and apart");
                    self.notices.push(layer.notice(node.line, &words));
                }
                _ => {}
            }
        }
    }

    fn first(&mut self, key: &str) -> bool {
        let first = !self.seen.iter().any(|seen| seen == key);
        self.seen.push(key.to_owned());
        first
    }

    fn agents(&mut self, layer: &Layer, node: &Node) {
        self.wish.memory.agents = match text(layer, "latigo.agentsMd", node, self.notices) {
            Some("always") => AgentsMd::Always,
            Some("never") => AgentsMd::Never,
            Some("fallback") | None => AgentsMd::Fallback,
            Some(_) => {
                let words = "`latigo.agentsMd` is fallback, always or never";
                self.notices.push(layer.notice(node.line, words));
                AgentsMd::Fallback
            }
        };
    }

    fn status_line(&mut self, layer: &Layer, node: &Node) {
        let field = |name: &str| node.entries().iter().find(|(key, _)| key == name).map(|(_, node)| node);
        let command = field("command").and_then(|node| match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => None,
        });
        let Some(command) = command else {
            return wrong(layer, "statusLine", node, "an object with a `command`", self.notices);
        };
        let refresh = field("refreshInterval").and_then(number).filter(|seconds| *seconds >= 1.0);
        self.wish.status_line = Some(StatusLine { command, refresh_s: refresh.map(|seconds| seconds as u64) });
    }
}

const KEYS: [&str; 9] = [
    "autoMemoryDirectory",
    "autoMemoryEnabled",
    "disableBundledSkills",
    "outputStyle",
    "plansDirectory",
    "skillListingBudgetFraction",
    "skillListingMaxDescChars",
    "statusLine",
    "worktree",
];

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(number) => number.as_f64().filter(|number| *number >= 0.0),
        _ => None,
    }
}
