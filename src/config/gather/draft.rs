//! The settings while the files are read, the strongest first: a value that is there stays, lists grow.

use std::path::{Path, PathBuf};

use crate::base::paths::absolute_from;
use crate::domain::{Effort, Mode, Notice, RuleSource};
use crate::usage::ModelTable;

use super::super::document::{Node, Value};
use super::super::layers::Layer;
use super::super::{Bounds, RuleEntry, Tier, UiSettings};
use super::entries::{count, flag, text, texts, wrong};
use crate::base::near::nearest;

/// Keys of `permissions`, ours and Claude Code's.
pub(in crate::config) const PERMISSIONS: [&str; 11] = [
    "allow",
    "ask",
    "deny",
    "additionalDirectories",
    "defaultMode",
    "disableBypassPermissionsMode",
    "disableAutoMode",
    "blockReadsOutsideWorkingDirectories",
    "blockWritesOutsideWorkingDirectories",
    "denyInsteadOfPrompting",
    "skipDangerousModePermissionPrompt",
];
/// Keys of our own section.
pub(in crate::config) const LATIGO: [&str; 22] = [
    "agentsMd",
    "answerCache",
    "answerCacheDays",
    "caps",
    "classifierTimeoutMs",
    "context",
    "diagnosticsWaitMs",
    "embeddings",
    "languageServers",
    "maxTurns",
    "memory",
    "models",
    "ollamaContext",
    "pauseAfterIdleSteps",
    "pauseAfterRepeats",
    "provider",
    "pullRequest",
    "telemetry",
    "titles",
    "toon",
    "webhooks",
    "webSearch",
];

/// What the files say so far.
pub(in crate::config) struct Draft<'a> {
    pub rules: Vec<RuleEntry>,
    pub directories: Vec<PathBuf>,
    pub mode: Option<Mode>,
    pub bypass_disabled: bool,
    pub auto_disabled: bool,
    pub model: Option<String>,
    pub fallback: Option<Vec<String>>,
    /// The provider, and the place that names it.
    pub provider: Option<(String, String)>,
    pub effort: Option<Effort>,
    pub thinking: Option<bool>,
    pub theme: Option<String>,
    pub ui: UiSettings,
    pub bounds: Bounds,
    pub models: ModelTable,
    pub sandbox: super::sandbox::Draft,
    pub money: super::money::Draft,
    pub notices: Vec<Notice>,
    trusted: bool,
    home: &'a Path,
    /// Keys of `ui` and `bounds` that a stronger file has set.
    seen: Vec<&'static str>,
}

impl<'a> Draft<'a> {
    pub fn new(trusted: bool, home: &'a Path) -> Self {
        Self {
            rules: Vec::new(),
            directories: Vec::new(),
            mode: None,
            bypass_disabled: false,
            auto_disabled: false,
            model: None,
            fallback: None,
            provider: None,
            effort: None,
            thinking: None,
            theme: None,
            ui: UiSettings::default(),
            bounds: Bounds::default(),
            models: ModelTable::built_in(),
            sandbox: super::sandbox::Draft::default(),
            money: super::money::Draft::default(),
            notices: Vec::new(),
            trusted,
            home,
            seen: Vec::new(),
        }
    }

    /// Adds what files say, the strongest first.
    pub fn take_all(&mut self, layers: &[Layer]) {
        for layer in layers {
            self.take(layer);
        }
    }

    /// Adds what a weaker file says.
    pub fn take(&mut self, layer: &Layer) {
        for (key, node) in layer.root.entries() {
            match key.as_str() {
                "permissions" => self.permissions(layer, node),
                "latigo" => self.latigo(layer, node),
                "sandbox" => self.sandbox.take(layer, node, self.home, &mut self.notices),
                // What only the screen shows waits too: before trust the folder changes nothing.
                "theme" if !self.waits(layer) => self.theme(layer, node),
                "model" | "fallbackModel" | "effortLevel" | "alwaysThinkingEnabled" => self.model(layer, key, node),
                _ if self.waits(layer) => {}
                _ => self.switches(layer, key, node),
            }
        }
    }

    fn waits(&self, layer: &Layer) -> bool {
        layer.is_from_project() && !self.trusted
    }

    fn permissions(&mut self, layer: &Layer, node: &Node) {
        if !matches!(node.value, Value::Table(_)) {
            wrong(layer, "permissions", node, "an object", &mut self.notices);
        }
        for (key, node) in node.entries() {
            match key.as_str() {
                "deny" => self.rules(layer, Tier::Deny, key, node),
                "ask" => self.rules(layer, Tier::Ask, key, node),
                "allow" => self.rules(layer, Tier::Allow, key, node),
                "additionalDirectories" => self.directories(layer, node),
                "defaultMode" => self.mode(layer, node),
                "disableBypassPermissionsMode" => self.bypass_disabled |= node.value == Value::Text("disable".into()),
                "disableAutoMode" => self.auto_disabled |= node.value == Value::Text("disable".into()),
                _ if PERMISSIONS.contains(&key.as_str()) => {}
                _ => self.unknown(layer, "permissions", key, node, &PERMISSIONS),
            }
        }
    }

    fn rules(&mut self, layer: &Layer, tier: Tier, key: &str, node: &Node) {
        let found = texts(layer, &format!("permissions.{key}"), node, &mut self.notices);
        if tier == Tier::Allow && self.waits(layer) {
            return;
        }
        self.rules.extend(found.into_iter().map(|(text, line)| RuleEntry {
            tier,
            text: text.to_owned(),
            source: RuleSource { scope: layer.scope, file: Some(layer.name.clone()), line: Some(line) },
            anchor: layer.anchor.clone(),
        }));
    }

    fn directories(&mut self, layer: &Layer, node: &Node) {
        let found = texts(layer, "permissions.additionalDirectories", node, &mut self.notices);
        if self.waits(layer) {
            return;
        }
        for (text, _) in found {
            let folder = absolute_from(&layer.folder, text, Some(self.home));
            if !self.directories.contains(&folder) {
                self.directories.push(folder);
            }
        }
    }

    fn mode(&mut self, layer: &Layer, node: &Node) {
        let Some(name) = text(layer, "permissions.defaultMode", node, &mut self.notices) else { return };
        let mode: Mode = match name.parse() {
            Ok(mode) => mode,
            Err(problem) => {
                self.notices.push(layer.notice(node.line, &problem));
                return;
            }
        };
        let refusal = match mode {
            Mode::Auto if layer.is_from_project() => Some("a project's file cannot choose the mode auto"),
            Mode::BypassPermissions if layer.is_from_project() => {
                Some("a project's file cannot choose bypassPermissions")
            }
            _ => None,
        };
        match refusal {
            Some(text) => self.notices.push(layer.notice(node.line, text)),
            None if self.waits(layer) => {}
            None => self.mode = self.mode.or(Some(mode)),
        }
    }

    fn model(&mut self, layer: &Layer, key: &str, node: &Node) {
        if self.waits(layer) {
            return;
        }
        let notices = &mut self.notices;
        match key {
            "model" => {
                let named = text(layer, key, node, notices).map(ToOwned::to_owned);
                self.model = self.model.take().or(named);
            }
            "fallbackModel" => {
                let named: Vec<String> = match &node.value {
                    Value::Text(text) => vec![text.clone()],
                    _ => texts(layer, key, node, notices).into_iter().map(|(text, _)| text.to_owned()).collect(),
                };
                self.fallback = self.fallback.take().or(Some(named));
            }
            "effortLevel" => {
                let named = text(layer, key, node, notices).filter(|name| *name != "auto");
                let effort = named.and_then(Effort::named);
                if named.is_some() && effort.is_none() {
                    notices.push(layer.notice(node.line, "`effortLevel` is one of low, medium, high, xhigh, max"));
                }
                self.effort = self.effort.or(effort);
            }
            _ => self.thinking = self.thinking.or(flag(layer, key, node, notices)),
        }
    }

    /// Claude Code's names for themes lead to the nearest of ours.
    fn theme(&mut self, layer: &Layer, node: &Node) {
        let Some(name) = text(layer, "theme", node, &mut self.notices) else { return };
        let own = match name {
            "auto" => return,
            name if name.starts_with("custom:") => return,
            name if name.ends_with("-ansi") => "ansi",
            name => name.strip_suffix("-daltonized").unwrap_or(name),
        };
        self.theme = self.theme.take().or_else(|| Some(own.to_owned()));
    }

    fn latigo(&mut self, layer: &Layer, node: &Node) {
        if layer.is_from_project() {
            let text = "the section `latigo` only counts in the user's own settings; it is skipped";
            self.notices.push(layer.notice(node.line, text));
            return;
        }
        if !matches!(node.value, Value::Table(_)) {
            wrong(layer, "latigo", node, "an object", &mut self.notices);
        }
        for (key, node) in node.entries() {
            let notices = &mut self.notices;
            match key.as_str() {
                "provider" => {
                    let named = text(layer, "latigo.provider", node, notices);
                    let place = format!("{}, line {}: latigo.provider", layer.name, node.line);
                    self.provider = self.provider.take().or_else(|| named.map(|name| (name.to_owned(), place)));
                }
                "models" => {
                    let problems = self.models.extend(&node.json());
                    self.notices.extend(problems.iter().map(|problem| layer.notice(node.line, problem)));
                }
                "context" => self.bounds.context.read(layer, node, notices),
                "maxTurns" => {
                    let limit = count(layer, "latigo.maxTurns", node, notices);
                    self.bounds.max_turns = self.bounds.max_turns.or(limit);
                }
                "classifierTimeoutMs" => {
                    let limit = count(layer, "latigo.classifierTimeoutMs", node, notices);
                    if let Some(ms) = limit.filter(|_| !self.seen.contains(&"classifierTimeoutMs")) {
                        self.bounds.classifier_ms = u64::from(ms).min(300_000);
                        self.seen.push("classifierTimeoutMs");
                    }
                }
                "ollamaContext" => {
                    let tokens = count(layer, "latigo.ollamaContext", node, notices);
                    self.bounds.ollama_context = self.bounds.ollama_context.or(tokens);
                }
                key if super::money::KEYS.contains(&key) => self.money.take(layer, key, node, notices),
                // Read with the hooks, the instructions, the search, the answer cache and the language servers.
                "telemetry" | "webhooks" | "agentsMd" | "memory" | "webSearch" | "embeddings" | "languageServers"
                | "diagnosticsWaitMs" | "pullRequest" => {}
                _ => self.unknown(layer, "latigo", key, node, &LATIGO),
            }
        }
    }

    /// Switches of Claude Code that mean the same here. Its many other keys are none of our business.
    fn switches(&mut self, layer: &Layer, key: &str, node: &Node) {
        let known = [
            "prefersReducedMotion",
            "axScreenReader",
            "syntaxHighlightingDisabled",
            "respectGitignore",
            "preferredNotifChannel",
            "bashOutputMaxChars",
            "autoCompactEnabled",
        ];
        let Some(name) = known.into_iter().find(|name| *name == key) else { return };
        if self.seen.contains(&name) {
            return;
        }
        let notices = &mut self.notices;
        let is_set = match name {
            "bashOutputMaxChars" => count(layer, key, node, notices)
                .map(|chars| self.bounds.result_chars = chars.clamp(4_000, 128_000) as usize)
                .is_some(),
            "preferredNotifChannel" => text(layer, key, node, notices)
                .map(|channel| self.ui.notify = channel != "notifications_disabled")
                .is_some(),
            _ => {
                let Some(value) = flag(layer, key, node, notices) else { return };
                match name {
                    "prefersReducedMotion" => self.ui.reduced_motion = value,
                    "axScreenReader" => self.ui.screen_reader = value,
                    "autoCompactEnabled" => self.bounds.context.auto = value,
                    "syntaxHighlightingDisabled" => self.ui.syntax_colors = !value,
                    _ => self.ui.respect_gitignore = value,
                }
                true
            }
        };
        if is_set {
            self.seen.push(name);
        }
    }

    /// A key that nobody knows is a slip where a known one is near, and always in our own section.
    fn unknown(&mut self, layer: &Layer, section: &str, key: &str, node: &Node, known: &[&str]) {
        let near = nearest(key, known.iter().copied());
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if section == "latigo" => format!("its keys are {}", known.join(", ")),
            None => return,
        };
        let text = format!("`{section}.{key}` is not known and does nothing");
        self.notices.push(layer.notice(node.line, &text).hint(hint));
    }
}
