//! The page of plugins: what each brings, what runs, what it wants to know, and what it costs.

use std::sync::Arc;

use super::super::Stage;
use super::Shelf;
use super::pages::Tokens;
use crate::catalog::{OptionKind, Plugin, PluginOption, Style};
use crate::domain::{AgentFile, CommandFile, Page, PageAct, PageKind, PageRow, RowMark};

/// What a plugin costs and brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginCost {
    /// Tokens in every request: of the list of skills, the kinds of agents, and a style that it sets.
    pub always: u64,
    /// Tokens of all its texts that are paid when they are used.
    pub used: u64,
    /// Commands and skills as they are typed, agents, styles.
    pub brings: Vec<String>,
    /// Tool servers; their tools are listed by `/mcp`, because nobody knows them before the server runs.
    pub servers: Vec<String>,
}

/// What plugins are counted by.
pub(super) struct Bring {
    commands: Vec<CommandFile>,
    agents: Vec<AgentFile>,
    servers: Vec<String>,
    shelf: Arc<Shelf>,
}

/// The plugins of a stage with what each costs.
pub fn plugin_costs(stage: &Stage) -> Vec<(Plugin, PluginCost)> {
    let bring = Bring::of(stage);
    let tokens = Tokens::load();
    bring.shelf.plugins.iter().map(|plugin| (plugin.clone(), bring.cost(plugin, &tokens))).collect()
}

impl Bring {
    pub(super) fn of(stage: &Stage) -> Self {
        Self {
            commands: stage.commands.clone(),
            agents: stage.agents.clone(),
            servers: stage.servers.servers.iter().map(|server| server.name.clone()).collect(),
            shelf: Arc::clone(&stage.shelf),
        }
    }

    fn cost(&self, plugin: &Plugin, tokens: &Tokens) -> PluginCost {
        let source = plugin.source();
        let mut cost = PluginCost::default();
        for file in self.commands.iter().filter(|file| file.source == source) {
            cost.brings.push(format!("/{}", file.name));
            cost.used += tokens.of(&file.body);
            if file.is_listed() {
                cost.always += tokens.of(&file.line());
            }
        }
        for agent in self.agents.iter().filter(|agent| agent.source == source) {
            cost.brings.push(format!("agent {}", agent.name));
            cost.used += tokens.of(&agent.prompt);
            cost.always += tokens.of(&format!("- {}: {}\n", agent.name, agent.description));
        }
        for style in self.shelf.styles.iter().filter(|style| style.source == source) {
            cost.brings.push(format!("style {}", style.name));
            let in_use = style.name == self.shelf.style.name;
            *(if in_use { &mut cost.always } else { &mut cost.used }) += tokens.of(&style.text);
        }
        let own = format!("plugin_{}_", plugin.name);
        cost.servers = self.servers.iter().filter(|name| name.starts_with(&own)).cloned().collect();
        cost
    }

    pub(super) fn page(&self) -> Page {
        let tokens = Tokens::load();
        let rows = self.shelf.plugins.iter().map(|plugin| row(plugin, &self.cost(plugin, &tokens), &self.shelf.styles));
        let head = "Folders in <settings>/plugins, markets, and --plugin-dir. Enter switches one on or off.".to_owned();
        Page { kind: PageKind::Plugins, head, rows: rows.collect() }
    }
}

fn row(plugin: &Plugin, cost: &PluginCost, styles: &[Style]) -> PageRow {
    let mut notes = vec![plugin.description.clone()];
    notes.extend((!cost.brings.is_empty()).then(|| format!("brings {}", cost.brings.join(" "))));
    notes.extend((!plugin.runs().is_empty()).then(|| format!("runs programs: {}", plugin.runs().join(", "))));
    notes.extend(
        (!cost.servers.is_empty()).then(|| format!("tools of {}: /mcp shows what they cost", cost.servers.join(", "))),
    );
    let forced = styles.iter().find(|style| style.forced && style.source == plugin.source());
    notes.extend(forced.map(|style| format!("sets the output style {}", style.name)));
    notes.extend(plugin.options.iter().map(option));
    notes.extend((cost.used > 0).then(|| format!("{} tokens more when all of its texts are used", cost.used)));
    let mark = match (plugin.enabled, plugin.missing().is_empty()) {
        (false, _) => RowMark::Off,
        (true, true) => RowMark::On,
        (true, false) => RowMark::Problem,
    };
    PageRow {
        mark,
        name: plugin.name.clone(),
        value: format!("{} tokens in every request", cost.always),
        place: plugin.root.display().to_string(),
        notes,
        act: Some(PageAct::Choose(plugin.name.clone())),
        drop: None,
    }
}

/// A wish of a plugin with what is set, unless that is secret.
fn option(option: &PluginOption) -> String {
    let set = match &option.value {
        None if option.required => "needed, not set".to_owned(),
        None => "not set".to_owned(),
        Some(_) if option.sensitive => "set".to_owned(),
        Some(value) => value.0.clone(),
    };
    let kind = if option.kind == OptionKind::Text { String::new() } else { format!(", {}", option.kind.words()) };
    format!("{}{kind}: {set}", option.key)
}
