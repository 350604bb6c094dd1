//! From settings to an engine: each room gets its own part, and the door's own acts (saving a rule,
//! reaching a server, setting up the rehearsal) are handed in as functions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ModelChoice, Places, RuleEntry, Settings, Tier, rehearsal, save_rule};
use crate::agent;
use crate::base::clock::SharedClock;
use crate::base::dirs::Dirs;
use crate::base::ids::SharedIds;
use crate::catalog;
use crate::domain::{Mode, ModelInfo, ModelRef, Notice, SaveScope, Wire};
use crate::engine::{self, Connect, Open, Stage};
use crate::policy::{self, RuleText};
use crate::provider;
use crate::sandbox;
use crate::session::Store;
use crate::tools::{self, Limits, Place};
use crate::usage::ModelTable;

/// What an engine needs besides settings.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    pub home: &'a Path,
    pub cwd: &'a Path,
    pub dirs: &'a Dirs,
    pub clock: SharedClock,
    pub ids: SharedIds,
    pub open: Open,
    /// Somebody is there to be asked.
    pub interactive: bool,
    /// `--max-turns`.
    pub max_turns: Option<u32>,
    /// A model was named on the command line.
    pub model_forced: bool,
    /// Play the rehearsal instead of the person's own project.
    pub rehearse: bool,
}

/// Makes the setup of an engine. The error is a sentence for the person.
pub fn setup(settings: &Settings, start: Start<'_>) -> Result<engine::Setup, String> {
    let mut notices = settings.notices.clone();
    let own = own_stage(settings, &start, &mut notices);
    let rehearse = rehearsal::opener(&own);
    let stage = if start.rehearse { rehearse()? } else { own };
    Ok(engine::Setup {
        clock: start.clock,
        ids: start.ids.clone(),
        store: Store::new(start.dirs.data.clone()),
        agent: agent_settings(settings, &stage, start.max_turns, start.ids.next().as_u128() as u64),
        stage,
        rehearse,
        tools: tools::registry(),
        table: settings.models.clone(),
        open: start.open,
        notices,
        limits: limits(settings),
        home: start.home.to_path_buf(),
        interactive: start.interactive,
        sandbox: engine::Sandbox {
            wish: settings.sandbox.clone(),
            prove: Arc::new(sandbox::prove),
            helper: std::env::current_exe().unwrap_or_default(),
            private: vec![start.dirs.config.clone(), start.dirs.data.clone()],
        },
        version: env!("CARGO_PKG_VERSION"),
    })
}

fn own_stage(settings: &Settings, start: &Start<'_>, notices: &mut Vec<Notice>) -> Stage {
    let (memory, told) = catalog::memory(start.home, start.cwd, &settings.project);
    notices.extend(told);
    let (commands, told) = catalog::commands(start.home, start.cwd, &settings.project);
    notices.extend(told);
    let place =
        Place { cwd: start.cwd.to_path_buf(), project: settings.project.clone(), added: settings.directories.clone() };
    let choice = settings.model.clone();
    let model = choice.as_ref().and_then(|choice| choice.model.as_deref().map(|id| (choice.wire, id)));
    Stage {
        place,
        model: model.map(|(wire, id)| known(wire, id, &settings.models, settings.bounds.ollama_context)),
        effort: settings.effort,
        model_forced: start.model_forced,
        connect: connector(choice),
        rules: settings.rules.iter().map(rule_text).collect(),
        save_rule: rule_saver(settings.project.clone(), start.dirs.config.clone()),
        mode: settings.mode,
        modes: modes(settings.bypass_allowed),
        trusted: settings.trusted,
        memory,
        commands,
        env: Arc::new(settings.child_env.clone()),
        rehearsal: false,
    }
}

/// A model with what the table knows of it. A context size set for Ollama is the window.
fn known(wire: Wire, id: &str, table: &ModelTable, context: Option<u32>) -> (ModelRef, Arc<ModelInfo>) {
    let id = table.resolve(id);
    let mut info = table.find(id).unwrap_or_else(|| ModelInfo::unknown(id));
    if let Some(window) = context.filter(|_| wire == Wire::Ollama) {
        info.window = window;
    }
    (ModelRef::new(wire, id), Arc::new(info))
}

fn agent_settings(settings: &Settings, stage: &Stage, max_turns: Option<u32>, seed: u64) -> agent::Settings {
    let usual = agent::Settings::default();
    let fallback = settings.model.as_ref().and_then(|choice| {
        let current = stage.model.as_ref().map(|(model, _)| model.id.as_str());
        let id = choice.fallback.iter().find(|id| Some(id.as_str()) != current)?;
        Some(known(choice.wire, id, &settings.models, settings.bounds.ollama_context))
    });
    agent::Settings {
        max_turns: max_turns.or(settings.bounds.max_turns),
        first_output: settings.bounds.max_output.unwrap_or(usual.first_output),
        max_attempts: settings.bounds.retries.saturating_add(1),
        thinking: settings.thinking.unwrap_or(usual.thinking),
        fallback: fallback.filter(|_| !stage.rehearsal),
        seed,
        ..usual
    }
}

fn limits(settings: &Settings) -> Limits {
    Limits {
        result_chars: settings.bounds.result_chars,
        command_ms: settings.bounds.command_ms,
        command_max_ms: settings.bounds.command_max_ms,
        ..Limits::default()
    }
}

/// Shift+Tab goes through these. Bypass is among them only when it was allowed at the start.
fn modes(bypass: bool) -> Vec<Mode> {
    let mut modes = vec![Mode::Default, Mode::AcceptEdits, Mode::Plan];
    if bypass {
        modes.push(Mode::BypassPermissions);
    }
    modes
}

fn rule_text(entry: &RuleEntry) -> RuleText {
    let tier = match entry.tier {
        Tier::Deny => policy::Tier::Deny,
        Tier::Ask => policy::Tier::Ask,
        Tier::Allow => policy::Tier::Allow,
    };
    RuleText { tier, text: entry.text.clone(), source: entry.source.clone(), anchor: entry.anchor.clone() }
}

/// An answer may name several rules, one a line, when one command needs several.
pub(super) fn rule_saver(project: PathBuf, config: PathBuf) -> engine::SaveRule {
    Arc::new(move |scope, rules| {
        let places = Places { project: &project, config: &config };
        let mut saved = Err("there is no rule to save".to_owned());
        for rule in rules.lines().map(str::trim).filter(|rule| !rule.is_empty()) {
            saved = save_rule(scope, Tier::Allow, &anchored(rule, scope, &project), places);
            if saved.is_err() {
                break;
            }
        }
        saved
    })
}

/// A path rule is suggested from the project's root. In the user's own file `/x` would mean another
/// folder, so there it becomes an absolute path.
fn anchored(rule: &str, scope: SaveScope, project: &Path) -> String {
    let path = rule.strip_suffix(')').and_then(|rule| rule.split_once("(/"));
    match path {
        Some((tool @ ("Read" | "Edit"), path)) if scope == SaveScope::User && !path.starts_with('/') => {
            format!("{tool}(/{}/{path})", project.display())
        }
        _ => rule.to_owned(),
    }
}

/// Reaches the server that was chosen. Its two OpenAI wires share one address and key; any other wire
/// has none in this run.
fn connector(choice: Option<ModelChoice>) -> Connect {
    Arc::new(move |model| {
        let Some(choice) = &choice else {
            return Err("no model is configured; set ANTHROPIC_API_KEY or OPENAI_API_KEY, or start Ollama".to_owned());
        };
        let openai = |wire| matches!(wire, Wire::OpenaiChat | Wire::OpenaiResponses);
        if model.wire != choice.wire && !(openai(model.wire) && openai(choice.wire)) {
            return Err(format!("{model} cannot be reached: this run speaks to {}", choice.source));
        }
        Ok(provider::connect(model.wire, choice.endpoint()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_rule_means_the_same_folder_in_every_file() {
        let project = Path::new("/work/app");
        assert_eq!(anchored("Edit(/src/**)", SaveScope::User, project), "Edit(//work/app/src/**)");
        assert_eq!(anchored("Edit(/src/**)", SaveScope::Local, project), "Edit(/src/**)");
        assert_eq!(anchored("Read(//etc/**)", SaveScope::User, project), "Read(//etc/**)");
        assert_eq!(anchored("Bash(ls /x)", SaveScope::User, project), "Bash(ls /x)");
    }
}
