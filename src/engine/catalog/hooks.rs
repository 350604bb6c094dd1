//! Hooks that skills bring: in force from the first use on, for the rest of the session, also when it is opened again.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::super::driver::Driver;
use crate::domain::{CommandFile, HookRun, Notice, RuleScope, RuleSource};
use crate::hooks::{self, Hook};

/// Hooks that ran their one time and are remembered.
const ONCE: usize = 1_000;

/// A hook as the log names it: its file and its own words.
pub(in crate::engine) type HookName = (String, String);

/// Notes that a hook of a skill or an agent ran, as far as its record tells.
pub(in crate::engine) fn hear_run(ran: &mut BTreeSet<HookName>, run: &HookRun) {
    let file = run.source.file.as_ref().filter(|file| Path::new(file).extension().is_some_and(|kind| kind == "md"));
    if let Some(file) = file.filter(|_| ran.len() < ONCE) {
        ran.insert((file.clone(), run.hook.clone()));
    }
}

impl Driver {
    /// Puts the hooks that a skill brings in force, for the rest of the session.
    pub(super) async fn bring_hooks(&mut self, file: &CommandFile) {
        for problem in self.take_hooks(file) {
            self.notice(Notice::warning(format!("{}: {problem}", file.path.display()))).await;
        }
    }

    /// The same; what is wrong with them comes back.
    fn take_hooks(&mut self, file: &CommandFile) -> Vec<String> {
        let Some(value) = &file.traits.hooks else { return Vec::new() };
        if !self.stage.trusted || !self.parts.catalog.hooked.insert(file.path.clone()) {
            return Vec::new();
        }
        let scope = if file.source == "project" { RuleScope::Project } else { RuleScope::User };
        let source = RuleSource { scope, file: Some(file.path.display().to_string()), line: file.traits.hooks_line };
        let (mut hooks, problems) = hooks::brought(value, &source);
        hooks.retain(|hook| !hook.once || !self.parts.catalog.ran.contains(&name(hook)));
        Arc::make_mut(&mut self.stage.hooks).hooks.extend(hooks);
        self.set_points();
        problems
    }

    /// Takes the hooks of skills out again: another session begins.
    pub(in crate::engine) fn drop_skill_hooks(&mut self) {
        let hooked = std::mem::take(&mut self.parts.catalog.hooked);
        if hooked.is_empty() {
            return;
        }
        let files: BTreeSet<String> = hooked.iter().map(|path| path.display().to_string()).collect();
        let is_of_skill = |hook: &Hook| hook.source.file.as_ref().is_some_and(|file| files.contains(file));
        Arc::make_mut(&mut self.stage.hooks).hooks.retain(|hook| !is_of_skill(hook));
    }

    /// Puts the hooks of all skills that the session used in force, after they were lost: it was opened again, the
    /// settings were read again, the folder was trusted.
    pub(in crate::engine) fn bring_hooks_again(&mut self) {
        self.drop_skill_hooks();
        let names: BTreeSet<String> = self.parts.catalog.used.iter().map(|(name, _)| name.clone()).collect();
        let files: Vec<CommandFile> =
            self.stage.commands.iter().filter(|file| names.contains(&file.name)).cloned().collect();
        for file in files {
            for problem in self.take_hooks(&file) {
                tracing::warn!(%problem, file = %file.path.display(), "a hook of a skill");
            }
        }
    }

    /// These begin to run: those that may run one time are out from now on.
    pub(in crate::engine) fn spend_hooks(&mut self, running: &[Hook]) {
        if running.iter().all(|hook| !hook.once) {
            return;
        }
        let spent: BTreeSet<HookName> = running.iter().filter(|hook| hook.once).map(name).collect();
        let is_spent = |hook: &Hook| hook.once && spent.contains(&name(hook));
        Arc::make_mut(&mut self.stage.hooks).hooks.retain(|hook| !is_spent(hook));
        self.parts.catalog.ran.extend(spent);
        self.set_points();
    }
}

fn name(hook: &Hook) -> HookName {
    (hook.source.file.clone().unwrap_or_default(), hook.handler.label())
}
