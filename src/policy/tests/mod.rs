//! The corpus of the gate, by subject. `Desk` sets a scene; each line says a call and what becomes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::needless_pass_by_value, reason = "tests")]

mod attacks;
mod everyday;
mod modes;
mod properties;
mod rules;
mod second;

use std::path::{Path, PathBuf};

use serde_json::json;

use super::place::normal;
use super::*;
use crate::domain::{BecauseKind, Decision, PathFact, ToolMarks};
pub(super) use Decision::{Allow, Ask, Deny};

/// A scene that tests change field by field.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) entries: Vec<RuleText>,
    pub(super) mode: Mode,
    pub(super) added: Vec<PathBuf>,
    pub(super) readable: Vec<PathBuf>,
    /// Link and where it leads.
    pub(super) links: Vec<(PathBuf, PathBuf)>,
    pub(super) trusted: bool,
    pub(super) interactive: bool,
    pub(super) scope: RuleScope,
}

pub(super) const PROJECT: &str = "/home/u/app";

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::new(),
            mode: Mode::Default,
            added: Vec::new(),
            readable: Vec::new(),
            links: Vec::new(),
            trusted: true,
            interactive: true,
            scope: RuleScope::Project,
        }
    }

    fn rule(mut self, tier: Tier, text: &str) -> Self {
        self.entries.push(RuleText {
            tier,
            text: text.into(),
            source: RuleSource { scope: self.scope, file: Some(".claude/settings.json".into()), line: Some(3) },
            anchor: PROJECT.into(),
        });
        self
    }

    pub(super) fn allow(self, text: &str) -> Self {
        self.rule(Tier::Allow, text)
    }

    pub(super) fn ask(self, text: &str) -> Self {
        self.rule(Tier::Ask, text)
    }

    pub(super) fn deny(self, text: &str) -> Self {
        self.rule(Tier::Deny, text)
    }

    pub(super) fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    pub(super) fn link(mut self, from: &str, to: &str) -> Self {
        self.links.push((from.into(), to.into()));
        self
    }

    /// Facts as a disk with these links would give them.
    fn fact(&self, path: &Path) -> PathFact {
        let mut resolved = PathBuf::new();
        let mut links = Vec::new();
        for part in path.components() {
            match part {
                std::path::Component::ParentDir => {
                    resolved.pop();
                }
                std::path::Component::CurDir => {}
                other => resolved.push(other),
            }
            if let Some((from, to)) = self.links.iter().find(|(from, _)| *from == resolved) {
                links.push(from.clone());
                resolved.clone_from(to);
            }
        }
        PathFact { resolved: normal(&resolved), links, exists: true }
    }

    pub(super) fn case(&self, tool: &str, input: Value, access: &Access) -> Verdict {
        let (rules, _) = RuleSet::parse(self.entries.clone());
        let scene = Scene {
            rules: &rules,
            mode: self.mode,
            cwd: Path::new(PROJECT),
            project: Path::new(PROJECT),
            added: &self.added,
            readable: &self.readable,
            home: Path::new("/home/u"),
            trusted: self.trusted,
            interactive: self.interactive,
        };
        let case = Case { tool, input: &input, access };
        let facts: PathFacts = paths(&case, &scene).into_iter().map(|path| (path.clone(), self.fact(&path))).collect();
        let verdict = judge(&case, &scene, &facts);
        if let Some(rule) = &verdict.suggestion {
            assert_eq!(
                rule_covers(rule, &case, &scene, &facts),
                Ok(true),
                "the suggestion {rule} for {input} covers it not"
            );
        }
        verdict
    }

    pub(super) fn bash(&self, command: &str) -> Verdict {
        self.case("Bash", json!({ "command": command }), &Access::execute(command))
    }

    pub(super) fn read(&self, path: &str) -> Verdict {
        self.case("Read", json!({ "file_path": path }), &Access::read(path.into()))
    }

    pub(super) fn edit(&self, path: &str) -> Verdict {
        self.case("Edit", json!({ "file_path": path }), &Access::edit(path.into()))
    }

    /// The command's decision is `want`.
    #[track_caller]
    pub(super) fn check(&self, command: &str, want: Decision) {
        let verdict = self.bash(command);
        assert_eq!(verdict.decision, want, "{command}\n{}\n{:#?}", verdict.because.text, verdict.trail);
    }

    #[track_caller]
    pub(super) fn all(&self, want: Decision, commands: &[&str]) {
        let wrong: Vec<String> = commands
            .iter()
            .filter_map(|command| {
                let verdict = self.bash(command);
                (verdict.decision != want)
                    .then(|| format!("{command}\n    {:?}: {}", verdict.decision, verdict.because.text))
            })
            .collect();
        assert!(wrong.is_empty(), "{} of {} are not {want:?}:\n{}", wrong.len(), commands.len(), wrong.join("\n"));
    }
}
