//! Brings layers, variables and flags together into one [`Settings`].

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::paths::absolute_from;
use crate::base::secrets::Redactor;
use crate::domain::{Effort, Mode, Notice, RuleScope, RuleSource};

use super::environment::{Vars, child_env, is_powerful};
use super::layers::{Layer, layers};
use super::model::{Wishes, choose};
use super::project::{project_root, shown};
use super::{Bounds, Capabilities, ConfigInput, RuleEntry, Settings, Tier, dotenv, folder, servers};

pub(super) mod context;
pub(super) mod draft;
pub(super) mod entries;
mod money;
mod sandbox;

use draft::Draft;
pub(super) use draft::{LATIGO, PERMISSIONS};

/// Variables that hold a key of a server of ours.
const KEYS: [&str; 8] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "BRAVE_API_KEY",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "DEEPSEEK_API_KEY",
    "LLM_API_KEY",
    "OLLAMA_API_KEY",
    "OPENAI_API_KEY",
];
/// Problems that are told one by one.
const NOTICES: usize = 30;

/// Reads all there is.
pub(super) fn gather(input: &ConfigInput<'_>) -> Settings {
    let project = project_root(input.cwd, input.home);
    let mut notices = Vec::new();
    let layers = layers(input, &project, &mut notices);
    let (trusted, folder) = folder::standing(input, &project, &layers, &mut notices);
    let mut draft = Draft::new(trusted, input.home);
    draft.rules = flag_rules(input);
    draft.take_all(&layers);
    notices.append(&mut draft.notices);

    let sandbox = std::mem::take(&mut draft.sandbox).finish(&draft.rules, (input.cwd, input.home), &mut notices);
    let catalog = super::wish::read(input, &layers, (trusted, &folder), &mut notices);
    let hooks = super::wish::hooks(input, (&layers, &project), &catalog, &mut notices);
    let set = variables(input, &layers, trusted, &mut notices);
    let mut all = set.clone();
    read_dotenv(input, &project, trusted, &mut all, &mut notices);
    let vectors = super::vectors::choice(&layers, &all, &mut notices);
    let secrets = secrets(&all, vectors.as_ref(), &catalog.plugins);
    let mut child_env = without_keys(child_env(&set.plain()), &secrets);
    catalog.plugins.extend_path(&mut child_env);
    let ground =
        servers::Ground { input, project: &project, layers: &layers, trusted, vars: &set, child_env: &child_env };
    let servers = servers::gather(&ground, &catalog.plugins.here, &mut notices);
    let languages = super::languages::gather(&ground, &catalog, &folder.content, &mut notices);
    let search = super::web::choice(&layers, &all, &mut notices);
    let model = choose(&set, &all, &wishes(input, &draft), &draft.models, &mut notices);

    let mut directories: Vec<_> =
        input.flags.directories.iter().map(|text| absolute_from(input.cwd, text, Some(input.home))).collect();
    directories.append(&mut draft.directories);
    let mode = mode(input, &draft, &mut notices);
    bound(&mut notices);
    Settings {
        project,
        trusted,
        folder,
        model,
        effort: effort(&set, input, &draft),
        thinking: if is_thinking_off(&set) { Some(false) } else { draft.thinking },
        rules: draft.rules,
        mode,
        // Who did not start with bypassPermissions does not come upon it with Shift+Tab.
        allowed: super::Allowed { bypass: mode == Mode::BypassPermissions, auto: !draft.auto_disabled },
        directories,
        theme: draft.theme,
        ui: super::UiSettings {
            mouse: !set.switch("CLAUDE_CODE_DISABLE_MOUSE"),
            title: !set.switch("CLAUDE_CODE_DISABLE_TERMINAL_TITLE"),
            ..draft.ui
        },
        bounds: bounds(draft.bounds, &set),
        money: draft.money.finish(),
        models: draft.models,
        child_env,
        capabilities: Capabilities { sandbox, hooks, servers, languages, search, vectors },
        catalog: super::wish::with_origins(catalog, super::origins::origins(input, &layers, trusted, &secrets)),
        secrets,
        notices,
    }
}

/// A key under another name is still a key.
fn without_keys(mut vars: BTreeMap<String, String>, secrets: &Redactor) -> BTreeMap<String, String> {
    vars.retain(|_, value| !secrets.finds(value));
    vars
}

/// Every key that some variable holds, also of servers that are not in use.
fn secrets(vars: &Vars, vectors: Option<&super::vectors::VectorChoice>, plugins: &super::plugins::Plugins) -> Redactor {
    let further = vectors.and_then(super::vectors::VectorChoice::key);
    let keys = KEYS.iter().filter_map(|name| vars.text(name)).chain(further).map(ToOwned::to_owned);
    let headers = vars.text("ANTHROPIC_CUSTOM_HEADERS").unwrap_or_default().lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = name.to_ascii_lowercase();
        let is_secret = ["auth", "cookie", "key", "secret", "token"].iter().any(|word| name.contains(word));
        // Of `Bearer x` the last word is the key.
        is_secret.then(|| value.split_whitespace().last().map(ToOwned::to_owned)).flatten()
    });
    Redactor::new(keys.chain(headers).chain(plugins.secrets()))
}

/// A file of garbage has one fault a line; nobody reads them all.
fn bound(notices: &mut Vec<Notice>) {
    let more = notices.len().saturating_sub(NOTICES);
    if more > 0 {
        notices.truncate(NOTICES);
        notices.push(Notice::warning(format!("{more} more problems were found in the settings")));
    }
}

pub(super) fn flag_rules(input: &ConfigInput<'_>) -> Vec<RuleEntry> {
    let rule = |tier, text: &String| RuleEntry {
        tier,
        text: text.clone(),
        source: RuleSource { scope: RuleScope::Flag, file: None, line: None },
        anchor: input.cwd.to_path_buf(),
    };
    let deny = input.flags.deny.iter().map(|text| rule(Tier::Deny, text));
    deny.chain(input.flags.allow.iter().map(|text| rule(Tier::Allow, text))).collect()
}

/// The process's variables under those that settings set, the strongest file last.
fn variables(input: &ConfigInput<'_>, layers: &[Layer], trusted: bool, notices: &mut Vec<Notice>) -> Vars {
    let mut vars = Vars::of_process(&input.env);
    for layer in layers.iter().rev() {
        let waits = layer.is_from_project() && !trusted;
        for (name, value, line) in entries::variables(layer, notices) {
            if waits {
                continue;
            }
            if layer.is_from_project() && is_powerful(name) {
                let text = format!("`env.{name}` picks programs or servers, so a project's file cannot set it");
                notices.push(layer.notice(line, &text));
                continue;
            }
            vars.set(name, &value, &layer.name);
        }
    }
    vars
}

fn read_dotenv(input: &ConfigInput<'_>, project: &Path, trusted: bool, vars: &mut Vars, notices: &mut Vec<Notice>) {
    let mut found = Vars::default();
    let mut folders = vec![input.cwd];
    if project != input.cwd {
        folders.push(project);
    }
    for folder in folders {
        let path = folder.join(".env");
        let name = shown(&path, input.cwd, input.home);
        dotenv::load(&path, &name, trusted, &mut found, notices);
    }
    // A variable that the person emptied stays empty: he took it away.
    for name in input.env.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| name) {
        found.set(name, "", "");
    }
    *vars = vars.completed_by(&found);
}

fn wishes(input: &ConfigInput<'_>, draft: &Draft<'_>) -> Wishes {
    let flag = input.flags.provider.clone().map(|name| (name, "--provider".to_owned()));
    let mut fallback = input.flags.fallback.clone();
    if fallback.is_empty() {
        fallback = draft.fallback.clone().unwrap_or_default();
    }
    Wishes {
        provider: flag.or_else(|| draft.provider.clone()),
        model: input.flags.model.clone().filter(|model| !model.trim().is_empty()),
        setting: draft.model.clone(),
        fallback,
    }
}

/// The flag, else what the files may choose; bypassPermissions only where nobody forbids it.
fn mode(input: &ConfigInput<'_>, draft: &Draft<'_>, notices: &mut Vec<Notice>) -> Mode {
    let mode = input.flags.mode.or(draft.mode).unwrap_or_default();
    if mode == Mode::BypassPermissions && draft.bypass_disabled {
        let text = "bypassPermissions is switched off by `permissions.disableBypassPermissionsMode`";
        notices.push(Notice::warning(text).hint("the session starts in the default mode"));
        return Mode::Default;
    }
    if mode == Mode::BypassPermissions
        && let Some(reason) = &input.flags.no_bypass
    {
        notices.push(Notice::warning(reason.as_str()).hint("the session starts in the default mode"));
        return Mode::Default;
    }
    if mode == Mode::Auto && draft.auto_disabled {
        let text = "the mode auto is switched off by `permissions.disableAutoMode`";
        notices.push(Notice::warning(text).hint("the session starts in the default mode"));
        return Mode::Default;
    }
    mode
}

fn effort(vars: &Vars, input: &ConfigInput<'_>, draft: &Draft<'_>) -> Option<Effort> {
    let named = vars.text("CLAUDE_CODE_EFFORT_LEVEL").and_then(Effort::named);
    named.or(input.flags.effort).or(draft.effort)
}

fn is_thinking_off(vars: &Vars) -> bool {
    vars.number("MAX_THINKING_TOKENS") == Some(0) || vars.switch("CLAUDE_CODE_DISABLE_THINKING")
}

/// The variables that Claude Code reads for the same bounds.
fn bounds(from_files: Bounds, vars: &Vars) -> Bounds {
    let small = |name: &str| vars.number(name).map(|number| number.min(u64::from(u32::MAX)) as u32);
    let mut bounds = from_files;
    bounds.command_ms = vars.number("BASH_DEFAULT_TIMEOUT_MS").filter(|ms| *ms > 0).unwrap_or(bounds.command_ms);
    bounds.command_max_ms = vars.number("BASH_MAX_TIMEOUT_MS").unwrap_or(bounds.command_max_ms).max(bounds.command_ms);
    if let Some(chars) = vars.number("BASH_MAX_OUTPUT_LENGTH") {
        bounds.result_chars = chars.clamp(1_000, 150_000) as usize;
    }
    if let Some(percent) = vars.number("CLAUDE_AUTOCOMPACT_PCT_OVERRIDE").filter(|percent| (1..=100).contains(percent))
    {
        // It lowers the mark at which a summary is made, never raises it.
        let thresholds = &mut bounds.context.thresholds;
        thresholds.summary = thresholds.summary.min(percent as f64 / 100.0);
        thresholds.act = thresholds.act.min(thresholds.summary);
        thresholds.target = thresholds.target.min(thresholds.act);
    }
    if let Some(tokens) = vars.number("LATIGO_MAX_CONTEXT").filter(|tokens| *tokens > 0) {
        bounds.context.thresholds.window = Some(tokens);
    }
    bounds.retries = small("CLAUDE_CODE_MAX_RETRIES").unwrap_or(bounds.retries).min(15);
    bounds.max_turns = small("CLAUDE_CODE_MAX_TURNS").filter(|turns| *turns > 0).or(bounds.max_turns);
    bounds.max_output = small("CLAUDE_CODE_MAX_OUTPUT_TOKENS").filter(|tokens| *tokens > 0).or(bounds.max_output);
    bounds
}
