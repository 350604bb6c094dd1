//! Where everything comes from: settings, rules, instructions, commands, skills, sub-agents, tool servers, hooks, styles
//! and plugins, each with its file and what it takes the place of. The same rows for `/config` and `latigo config list`.

use std::path::Path;

use super::super::Stage;
use super::super::gate::tier_of;
use super::pages::off_row;
use crate::domain::{AgentFile, CommandFile, MemoryFile, MemoryScope, PageAct, PageRow, PromptKind, RowMark};
use crate::policy::RuleText;

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
        notes: server.off.iter().cloned().collect(),
        ..PageRow::default()
    });
    add("Tool servers", servers.collect());
    let styles = shelf.styles.iter().map(|style| PageRow {
        name: style.name.clone(),
        mark: if style.name == shelf.style.name { RowMark::On } else { RowMark::Off },
        ..file_row(style.path.as_deref().unwrap_or(Path::new("")), &style.source)
    });
    add("Output styles", styles.collect());
    let plugins = shelf.plugins.iter().map(|plugin| PageRow {
        name: plugin.name.clone(),
        mark: if plugin.enabled { RowMark::On } else { RowMark::Off },
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
    let over = file.traits.overrides.iter().map(|path| format!("takes the place of {}", path.display()));
    PageRow { name: format!("/{}", file.name), notes: over.collect(), ..file_row(&file.path, &file.source) }
}

fn agent(agent: &AgentFile) -> PageRow {
    PageRow {
        name: agent.name.clone(),
        notes: vec![agent.description.clone()],
        ..file_row(agent.path.as_deref().unwrap_or(Path::new("")), &agent.source)
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
