//! What the settings say of memory, skills, output styles, the status line, plugins and language servers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::paths::absolute_from;
use crate::catalog::{self, AgentsMd, MemoryWish, SkillSwitch};
use crate::domain::{AgentFile, FolderClaims, MemoryFile, MemoryScope, Notice, RuleScope};
use crate::engine::StatusLine;
use crate::recall::MemorySetting;
use crate::team::Outfit;

use super::document::{Node, Value};
use super::gather::entries::{flag, text, texts, wrong};
use super::layers::Layer;
use super::plugins::Plugins;
use super::project::project_root;
use super::{ConfigInput, Origin};
use crate::base::near::nearest;

/// Everything of that kind.
#[derive(Clone, Debug, Default)]
pub struct CatalogWish {
    pub memory: MemoryWish,
    /// The model keeps notes of its own.
    pub auto_memory: bool,
    pub auto_folder: Option<PathBuf>,
    /// The memory store; its files come later.
    pub memories: MemorySetting,
    /// The list's share of the context window, and characters of one description.
    pub share: Option<f64>,
    pub description: Option<usize>,
    /// The skills that come along are not there.
    pub no_bundled: bool,
    /// `skillOverrides`.
    pub skills: BTreeMap<String, SkillSwitch>,
    /// `disableSkillShellExecution`.
    pub no_shell: bool,
    pub style: Option<String>,
    pub status_line: Option<StatusLine>,
    pub plugins: Plugins,
    /// `--agents`.
    pub agents: Vec<AgentFile>,
    /// `--agent`, or the setting `agent`: what the session runs as.
    pub agent: Option<String>,
    /// `plansDirectory`: where plans are kept.
    pub plans: Option<PathBuf>,
    /// `worktree.baseRef` is `head`.
    pub worktrees_from_head: bool,
    /// `worktree.sparsePaths` and `worktree.symlinkDirectories`.
    pub outfit: Outfit,
    /// The user's `.claude`.
    pub claude: PathBuf,
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
    let all: Vec<Layer> =
        layers.iter().cloned().chain(super::plugged::hooks(input, &wish.plugins.here, notices)).collect();
    let mut config = super::hooks::read(&all, &input.env, notices);
    config.setup = input.flags.setup;
    config.files = super::layers::files(input, project);
    config
}

/// Reads the files, the strongest first; a project's files count when the folder is trusted.
pub(super) fn read(
    input: &ConfigInput<'_>,
    layers: &[Layer],
    (trusted, folder): (bool, &FolderClaims),
    notices: &mut Vec<Notice>,
) -> CatalogWish {
    let mut reader = Reader {
        wish: CatalogWish { auto_memory: true, ..CatalogWish::default() },
        seen: Vec::new(),
        pull_request: false,
        notices: &mut *notices,
    };
    for layer in layers.iter().filter(|layer| trusted || !layer.is_from_project()) {
        for (key, node) in layer.root.entries() {
            reader.entry(input, layer, key, node);
        }
    }
    let (mut wish, pull_request) = (reader.wish, reader.pull_request);
    wish.status_line = wish.status_line.map(|line| StatusLine { pull_request, ..line });
    wish.agent = input.flags.agent.clone().or(wish.agent);
    wish.memory.outside = super::claims::agreed_imports(folder, trusted);
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
    if layers.iter().any(is_without_hooks) {
        wish.status_line = None;
    }
    wish.claude = super::layers::claude_folder(input);
    wish.memory.off |= switch("CLAUDE_CODE_DISABLE_CLAUDE_MDS");
    if switch("CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD") {
        let folders = input.flags.directories.iter();
        wish.memory.added = folders.map(|folder| absolute_from(input.cwd, folder, Some(input.home))).collect();
    }
    wish.auto_memory &= !switch("CLAUDE_CODE_DISABLE_AUTO_MEMORY");
    wish.plugins.find(input, notices);
    wish.agent = wish.agent.or_else(|| wish.plugins.lead());
    wish
}

/// A file switches all hooks off, and the status line's program with them.
fn is_without_hooks(layer: &Layer) -> bool {
    layer.root.entries().iter().any(|(key, node)| key == "disableAllHooks" && node.value == Value::Bool(true))
}

struct Reader<'a> {
    wish: CatalogWish,
    /// Keys that a stronger file has set.
    seen: Vec<String>,
    /// `latigo.pullRequest`.
    pull_request: bool,
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
            "enabledPlugins" | "extraKnownMarketplaces" | "pluginConfigs" => {
                self.wish.plugins.entry((input, layer), key, node, notices);
            }
            "claudeMd" if layer.scope == RuleScope::Managed => {
                if let Some(text) = text(layer, key, node, notices).filter(|_| self.wish.memory.managed.is_none()) {
                    let path = absolute_from(input.cwd, &layer.name, Some(input.home));
                    let (scope, text) = (MemoryScope::Managed, text.to_owned());
                    self.wish.memory.managed = Some(MemoryFile { scope, path, text });
                }
            }
            "skillOverrides" => self.skills(layer, node),
            "latigo" if !layer.is_from_project() => {
                for (key, node) in node.entries() {
                    self.own(layer, key, node);
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
            "disableSkillShellExecution" => {
                self.wish.no_shell = flag(layer, key, node, self.notices).unwrap_or(false);
            }
            "outputStyle" => self.wish.style = text(layer, key, node, self.notices).map(ToOwned::to_owned),
            "skillListingBudgetFraction" => self.wish.share = number(node).filter(|share| (0.0..=1.0).contains(share)),
            "skillListingMaxDescChars" => self.wish.description = number(node).map(|chars| chars as usize),
            "agent" => self.wish.agent = text(layer, key, node, self.notices).map(ToOwned::to_owned),
            "plansDirectory" => self.plans(input, layer, node),
            "worktree" => self.worktree(layer, node),
            _ => self.status_line(layer, node),
        }
    }

    /// The strongest file decides for each skill.
    fn skills(&mut self, layer: &Layer, node: &Node) {
        for (name, node) in node.entries() {
            let word = match &node.value {
                Value::Text(word) => SkillSwitch::named(word),
                _ => None,
            };
            if let Some(switch) = word {
                self.wish.skills.entry(name.clone()).or_insert(switch);
            } else {
                let words = format!("`skillOverrides.{name}` is on, name-only, user-invocable-only or off");
                self.notices.push(layer.notice(node.line, &words));
            }
        }
    }

    /// An entry of our own section.
    fn own(&mut self, layer: &Layer, key: &str, node: &Node) {
        match key {
            "agentsMd" if self.first("latigo.agentsMd") => self.agents(layer, node),
            "memory" if self.first("latigo.memory") => self.memories(layer, node),
            "pullRequest" if self.first("latigo.pullRequest") => {
                self.pull_request = flag(layer, "latigo.pullRequest", node, self.notices).unwrap_or(false);
            }
            _ => {}
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
                ("symlinkDirectories" | "sparsePaths", _) => {
                    let names = texts(layer, &format!("worktree.{key}"), node, self.notices);
                    let outfit = &mut self.wish.outfit;
                    let list = if key == "sparsePaths" { &mut outfit.sparse } else { &mut outfit.links };
                    *list = names.into_iter().map(|(text, _)| text.to_owned()).collect();
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

    /// `latigo.memory`: true or false, or an object.
    fn memories(&mut self, layer: &Layer, node: &Node) {
        let setting = &mut self.wish.memories;
        if let Value::Bool(on) = node.value {
            setting.on = on;
            return;
        }
        if !matches!(node.value, Value::Table(_)) {
            return wrong(layer, "latigo.memory", node, "true, false or an object", self.notices);
        }
        for (key, node) in node.entries() {
            let name = format!("latigo.memory.{key}");
            match key.as_str() {
                "enabled" => setting.on = flag(layer, &name, node, self.notices).unwrap_or(true),
                "summaries" => setting.summaries = flag(layer, &name, node, self.notices).unwrap_or(true),
                "entries" => match number(node).filter(|count| count.fract() == 0.0 && *count <= MOST_ENTRIES) {
                    Some(count) => setting.most = count as usize,
                    None => wrong(layer, &name, node, "a whole number from 0 to 20", self.notices),
                },
                _ => {
                    let near = nearest(key, MEMORY_KEYS.into_iter())
                        .map(|near| format!("; did you mean `{near}`?"))
                        .unwrap_or_default();
                    self.notices.push(layer.notice(node.line, &format!("`{name}` is not known{near}")));
                }
            }
        }
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
        let padding = field("padding").and_then(number).map_or(0, |columns| columns.min(MOST_PADDING) as u16);
        self.wish.status_line = Some(StatusLine {
            command,
            padding,
            refresh_s: refresh.map(|seconds| seconds as u64),
            pull_request: false,
        });
    }
}

/// Blanks before the status line.
const MOST_PADDING: f64 = 40.0;
/// Entries of the memory store that one prompt may get at most.
const MOST_ENTRIES: f64 = 20.0;
const MEMORY_KEYS: [&str; 3] = ["enabled", "entries", "summaries"];
const KEYS: [&str; 11] = [
    "agent",
    "autoMemoryDirectory",
    "autoMemoryEnabled",
    "disableBundledSkills",
    "disableSkillShellExecution",
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
