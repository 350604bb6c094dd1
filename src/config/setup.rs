//! From settings to an engine: each room gets its own part, and the door's own acts (saving a rule,
//! reaching a server, setting up the rehearsal) are handed in as functions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{
    ConfigInput, ModelChoice, Places, Settings, Traffic, Trust, edit_rule, folder, lead, rehearsal, rule_text, shelf,
    team,
};
use crate::agent;
use crate::base::clock::SharedClock;
use crate::base::dirs::Dirs;
use crate::base::ids::SharedIds;
use crate::domain::{Cap, Mode, ModelInfo, ModelRef, Notice, PageRow, SaveScope, Wire};
use crate::engine::{self, Connect, Open, RuleEdit, Stage};
use crate::provider;
use crate::sandbox;
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
    /// Caps of the command line.
    pub caps: Vec<Cap>,
    /// `--report`.
    pub report: Option<PathBuf>,
    /// A model was named on the command line.
    pub model_forced: bool,
    /// Play the rehearsal instead of the person's own project.
    pub rehearse: bool,
    /// Record or replay what is said to the model.
    pub traffic: Traffic,
}

/// Makes the setup of an engine. The error is a sentence for the person.
pub fn setup(settings: &Settings, start: Start<'_>) -> Result<engine::Setup, String> {
    let mut notices = settings.notices.clone();
    if !start.interactive && !settings.trusted {
        notices.push(folder::ignored(&settings.folder));
    }
    settings.catalog.plugins.make_folders();
    let base = Base { home: start.home, cwd: start.cwd, dirs: start.dirs, model_forced: start.model_forced };
    let own = own_stage(settings, &base, &mut notices);
    let rehearse = rehearsal::opener(&own);
    let mut stage = if start.rehearse { rehearse()? } else { own };
    let mut tools = all_tools(settings);
    let ground = (start.dirs, &settings.secrets, start.clock.wall_ms());
    start.traffic.apply(&mut stage, &mut tools, ground)?;
    Ok(engine::Setup {
        clock: start.clock,
        ids: start.ids.clone(),
        store: start.traffic.store(start.dirs)?,
        agent: agent_settings(
            settings,
            &stage,
            (start.max_turns, start.interactive),
            start.ids.next().as_u128() as u64,
        ),
        stage,
        rehearse,
        tools,
        table: settings.models.clone(),
        open: start.open,
        notices,
        limits: limits(settings),
        tuning: engine::Tuning {
            classifier_ms: settings.bounds.classifier_ms,
            team: engine::TeamTuning { worktrees: Some(start.dirs.state.join("worktrees")), ..team::tuning(settings) },
            money: engine::Purse {
                caps: start.caps.iter().chain(&settings.money.purse.caps).copied().collect(),
                report: start.report.clone(),
                ..settings.money.purse.clone()
            },
            toon: settings.money.toon,
            recall: super::vectors::answers(settings, start.dirs),
            library: engine::LibraryTuning::new(start.dirs.cache.join("search.sqlite3"), settings.money.titles),
        },
        home: start.home.to_path_buf(),
        interactive: start.interactive,
        alone: true,
        secrets: settings.secrets.clone(),
        sandbox: engine::Sandbox {
            wish: settings.capabilities.sandbox.clone(),
            prove: Arc::new(sandbox::prove),
            helper: std::env::current_exe().unwrap_or_default(),
            private: vec![start.dirs.config.clone(), start.dirs.data.clone()],
        },
        folder: None,
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// All tools; a search of the web only where there is one.
fn all_tools(settings: &Settings) -> Vec<Arc<dyn tools::Tool>> {
    let mut all = tools::registry();
    let search = super::web::tool(&settings.capabilities.search, settings.model.as_ref());
    all.extend(search.map(|tool| Arc::new(tool) as Arc<dyn tools::Tool>));
    all
}

/// The part of a start that a stage is made of.
pub(super) struct Base<'a> {
    pub home: &'a Path,
    pub cwd: &'a Path,
    pub dirs: &'a Dirs,
    pub model_forced: bool,
}

pub(super) fn own_stage(settings: &Settings, start: &Base<'_>, notices: &mut Vec<Notice>) -> Stage {
    let shelf::Texts { commands, memory, agents, shelf, rules } = shelf::texts(settings, start, notices);
    let place =
        Place { cwd: start.cwd.to_path_buf(), project: settings.project.clone(), added: settings.directories.clone() };
    let choice = settings.model.clone();
    let lead = lead::lead(settings, &agents, notices);
    let lead::Brings { hooks, servers } = lead::brings(settings, lead.as_deref(), notices);
    let memory = if lead.as_ref().is_some_and(|lead| lead.way.without_memory) { Vec::new() } else { memory };
    let model = choice.as_ref().and_then(|choice| choice.model.as_deref().map(|id| (choice.wire, id)));
    let named = lead.as_ref().and_then(|lead| lead.model.model.as_deref()).filter(|_| !start.model_forced);
    let model = model.map(|(wire, id)| (wire, named.unwrap_or(id)));
    let mode = lead.as_ref().map_or(settings.mode, |lead| lead::mode(settings, lead, notices));
    Stage {
        place,
        model: model.map(|(wire, id)| known(wire, id, &settings.models, settings.bounds.ollama_context)),
        effort: lead.as_ref().and_then(|lead| lead.model.effort).or(settings.effort),
        model_forced: start.model_forced,
        connect: connector(choice),
        rules: settings.rules.iter().map(rule_text).chain(rules).collect(),
        edit_rule: rule_editor(settings, start),
        mode,
        modes: modes(settings.allowed.bypass, settings.allowed.auto && choice_has_model(settings)),
        trusted: settings.trusted,
        memory,
        commands,
        agents,
        shelf: Arc::new(engine::Shelf { lead, ..shelf }),
        env: Arc::new(settings.child_env.clone()),
        hooks: Arc::new(hooks),
        servers: Arc::new(servers),
        languages: Arc::new(settings.capabilities.languages.clone()),
        rehearsal: false,
        child: None,
    }
}

/// Where everything comes from that a start here would use.
pub fn listing(input: &ConfigInput<'_>) -> Vec<PageRow> {
    let settings = super::load(input.clone());
    let base = Base { home: input.home, cwd: input.cwd, dirs: input.dirs, model_forced: false };
    let stage = own_stage(&settings, &base, &mut Vec::new());
    engine::rows_without_keys(engine::inventory(&stage, &stage.rules), &settings.secrets)
}

/// The plugins that a start here would find, with what each costs.
pub fn plugins(input: &ConfigInput<'_>) -> Vec<(crate::catalog::Plugin, engine::PluginCost)> {
    let settings = super::load(input.clone());
    let base = Base { home: input.home, cwd: input.cwd, dirs: input.dirs, model_forced: false };
    engine::plugin_costs(&own_stage(&settings, &base, &mut Vec::new()))
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

fn agent_settings(
    settings: &Settings,
    stage: &Stage,
    (max_turns, interactive): (Option<u32>, bool),
    seed: u64,
) -> agent::Settings {
    let usual = agent::Settings::default();
    let context = &settings.bounds.context;
    let fallback = settings.model.as_ref().and_then(|choice| {
        let current = stage.model.as_ref().map(|(model, _)| model.id.as_str());
        let id = choice.fallback.iter().find(|id| Some(id.as_str()) != current)?;
        Some(known(choice.wire, id, &settings.models, settings.bounds.ollama_context))
    });
    let stop_cap = settings.child_env.get("CLAUDE_CODE_STOP_HOOK_BLOCK_CAP").and_then(|cap| cap.trim().parse().ok());
    agent::Settings {
        stop_cap: stop_cap.unwrap_or(usual.stop_cap),
        max_turns: max_turns.or(settings.bounds.max_turns),
        first_output: settings.bounds.max_output.unwrap_or(usual.first_output),
        max_attempts: settings.bounds.retries.saturating_add(1),
        thinking: settings.thinking.unwrap_or(usual.thinking),
        auto_compact: context.auto,
        lives: context.lives(interactive),
        thresholds: context.thresholds,
        review: interactive,
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

/// There is somebody who could judge in the mode auto.
fn choice_has_model(settings: &Settings) -> bool {
    settings.model.as_ref().is_some_and(|choice| choice.model.is_some())
}

/// Shift+Tab goes through these. Bypass is among them only when it was allowed at the start, auto only when a
/// model could judge.
fn modes(bypass: bool, auto: bool) -> Vec<Mode> {
    let mut modes = vec![Mode::Default, Mode::AcceptEdits, Mode::Plan];
    if bypass {
        modes.push(Mode::BypassPermissions);
    }
    if auto {
        modes.push(Mode::Auto);
    }
    modes
}

/// Changes rules in the settings files. What the person writes into a trusted folder himself must not make it ask at the next start.
fn rule_editor(settings: &Settings, start: &Base<'_>) -> engine::EditRule {
    let (project, config) = (settings.project.clone(), start.dirs.config.clone());
    let trust = Trust::new(&start.dirs.data, start.home);
    let content = (settings.trusted && project != start.home).then(|| settings.folder.content.clone());
    let (cwd, home) = (start.cwd.to_path_buf(), start.home.to_path_buf());
    Arc::new(move |edit| {
        let file = edit_rule(edit, Places { project: &project, config: &config }, (&cwd, &home))?;
        let in_project = matches!(edit, RuleEdit::Save { scope, .. } if scope != SaveScope::User);
        if let Some(content) = content.as_ref().filter(|_| in_project) {
            // Without it the folder asks once more, which is no harm.
            let _kept = trust.remember(&project, content);
        }
        Ok(file)
    })
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
