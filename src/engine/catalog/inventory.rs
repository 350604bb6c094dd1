//! Where everything comes from: settings, rules, instructions, commands, skills, sub-agents, tool servers, hooks, styles
//! and plugins, each with its file and what it takes the place of. The same rows for `/config` and `latigo config list`.

use std::path::Path;

use super::super::Stage;
use super::super::gate::tier_of;
use super::pages::off_row;
use crate::base::secrets::Redactor;
use crate::base::text::clip;
use crate::domain::{
    AgentFile, CommandFile, HookEntry, HookState, MemoryFile, MemoryScope, PageAct, PageRow, PromptKind, RowMark,
};
use crate::lsp;
use crate::policy::RuleText;

/// Columns of a hook.
const HOOK: usize = 60;

/// The rows of all sections; a section without anything is left out.
pub fn inventory(stage: &Stage, rules: &[RuleText]) -> Vec<PageRow> {
    let shelf = &stage.shelf;
    let of_kind = |kind| stage.commands.iter().filter(move |file: &&CommandFile| file.kind == kind).map(command);
    let mut rows = Vec::new();
    let mut add = |title: &str, found: Vec<PageRow>| {
        if !found.is_empty() {
            rows.push(PageRow::section(title));
            rows.extend(found);
        }
    };
    add("Settings", shelf.settings.clone());
    add("Rules", rules.iter().map(rule).collect());
    add("Hooks", stage.hooks.entries(stage.trusted).iter().map(hook).collect());
    let skipped = shelf.skipped.iter().map(|(path, why)| PageRow {
        mark: RowMark::Problem,
        notes: vec![format!("not read: {why}")],
        ..file_row(path, "")
    });
    let waiting = shelf.rules.iter().map(|rule| PageRow {
        notes: vec![format!("for {}", rule.globs.join(", "))],
        ..file_row(&rule.file.path, scope(rule.file.scope))
    });
    add("Instructions", stage.memory.iter().map(memory).chain(waiting).chain(skipped).collect());
    let off = |kind| shelf.off.iter().filter(move |file| file.kind == kind).map(off_row);
    add("Commands", of_kind(PromptKind::Command).chain(off(PromptKind::Command)).collect());
    add("Skills", of_kind(PromptKind::Skill).chain(off(PromptKind::Skill)).collect());
    add("Sub-agents", stage.agents.iter().map(agent).collect());
    let servers = stage.servers.servers.iter().map(|server| PageRow {
        mark: if server.off.is_none() { RowMark::On } else { RowMark::Off },
        name: server.name.clone(),
        value: server.scope.to_string(),
        place: server.source.clone(),
        notes: server.off.iter().cloned().chain(server.overrides.iter().map(over)).collect(),
        ..PageRow::default()
    });
    add("Tool servers", servers.collect());
    add("Language servers", language_servers(stage));
    let styles = shelf.styles.iter().map(|style| PageRow {
        name: style.name.clone(),
        mark: if style.name == shelf.style.name { RowMark::On } else { RowMark::Off },
        notes: style.overrides.iter().map(|path| over(path.display())).collect(),
        ..lined_row(style.path.as_deref().unwrap_or(Path::new("")), style.line, &style.source)
    });
    add("Output styles", styles.collect());
    let plugins = shelf.plugins.iter().map(|plugin| PageRow {
        name: plugin.name.clone(),
        mark: if plugin.enabled { RowMark::On } else { RowMark::Off },
        notes: plugin.overrides.iter().map(|path| over(path.display())).collect(),
        ..file_row(&plugin.root, "plugin")
    });
    add("Plugins", plugins.collect());
    rows
}

fn rule(rule: &RuleText) -> PageRow {
    PageRow {
        name: format!("{} {}", tier_of(rule.tier).name(), rule.text),
        value: rule.source.scope.to_string(),
        place: rule.source.to_string(),
        ..PageRow::default()
    }
}

fn memory(file: &MemoryFile) -> PageRow {
    file_row(&file.path, scope(file.scope))
}

fn command(file: &CommandFile) -> PageRow {
    let notes = file.traits.overrides.iter().map(|path| over(path.display())).collect();
    PageRow { name: format!("/{}", file.name), notes, ..lined_row(&file.path, file.traits.line, &file.source) }
}

fn agent(agent: &AgentFile) -> PageRow {
    PageRow {
        name: agent.name.clone(),
        notes: agent.overrides.iter().map(|path| over(path.display())).chain([agent.description.clone()]).collect(),
        ..lined_row(agent.path.as_deref().unwrap_or(Path::new("")), agent.line, &agent.source)
    }
}

/// The language servers that somebody configured.
fn language_servers(stage: &Stage) -> Vec<PageRow> {
    let configured = stage.languages.servers.iter().filter(|server| server.source != lsp::INSTALLED);
    let languages = configured.map(|server| PageRow {
        mark: if server.off.is_none() && !server.unasked { RowMark::On } else { RowMark::Off },
        name: server.name.clone(),
        value: server.extensions.keys().cloned().collect::<Vec<_>>().join(" "),
        place: server.source.clone(),
        notes: server.off.iter().cloned().chain(server.unasked.then(|| "waits for your yes".to_owned())).collect(),
        ..PageRow::default()
    });
    languages.collect()
}

/// What something takes the place of.
fn over(what: impl std::fmt::Display) -> String {
    format!("takes the place of {what}")
}

fn hook(entry: &HookEntry) -> PageRow {
    let (mark, note) = match &entry.state {
        HookState::Runs => (RowMark::On, None),
        HookState::WaitsForTrust => (RowMark::Off, Some("waits until the folder is trusted".to_owned())),
        HookState::Off(why) => (RowMark::Off, Some(why.clone())),
    };
    PageRow {
        mark,
        name: format!("{} {}", entry.event, entry.matcher),
        value: format!("{}: {}", entry.kind, clip(&entry.hook, HOOK)),
        place: entry.source.to_string(),
        notes: note.into_iter().chain([entry.hook.clone()]).collect(),
        ..PageRow::default()
    }
}

/// The same rows without keys.
pub fn without_keys(mut rows: Vec<PageRow>, secrets: &Redactor) -> Vec<PageRow> {
    for row in &mut rows {
        for text in [&mut row.name, &mut row.value, &mut row.place].into_iter().chain(&mut row.notes) {
            *text = secrets.text(text).into_owned();
        }
    }
    rows
}

/// The row of a file with the line that says what it is.
fn lined_row(path: &Path, line: Option<u32>, value: &str) -> PageRow {
    let row = file_row(path, value);
    match line.filter(|_| path.is_absolute()) {
        Some(line) => PageRow { place: format!("{}:{line}", row.place), ..row },
        None => row,
    }
}

pub(super) fn file_row(path: &Path, value: &str) -> PageRow {
    PageRow {
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        value: value.to_owned(),
        place: path.display().to_string(),
        act: path.is_file().then(|| PageAct::Open(path.to_path_buf())),
        ..PageRow::default()
    }
}

pub(super) fn scope(scope: MemoryScope) -> &'static str {
    match scope {
        MemoryScope::Managed => "managed",
        MemoryScope::User => "user",
        MemoryScope::Project => "project",
        MemoryScope::Local => "local",
    }
}
