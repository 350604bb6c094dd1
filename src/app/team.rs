//! Dialogs about what runs beside the conversation: agents, commands, questions of the model, plans.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Model;
use super::dialogs::{Dialog, Said, push};
use super::layers::Layer;
use crate::commands::Show;
use crate::domain::{Act, Body, Event, PersonBody, TeamBody};
use crate::panes::agents::Agents;
use crate::panes::ask::Ask;
use crate::panes::conversation::Scene;
use crate::panes::facts::Facts;
use crate::panes::jobs::Jobs;
use crate::panes::plan::Plan;

/// One of them.
#[derive(Debug)]
pub(super) enum TeamDialog {
    Agents(Box<Agents>),
    Ask(Box<Ask>),
    Plan(Box<Plan>),
    Jobs(Box<Jobs>),
}

/// Opens what a command asked for.
pub(super) fn open(model: &mut Model, what: &Show) {
    let dialog = match what {
        Show::Jobs => Some(TeamDialog::Jobs(Box::default())),
        Show::Agents => Some(TeamDialog::Agents(Box::default())),
        _ => model.facts.work.plan.clone().map(|(file, text)| {
            let plan = Plan::new(None, file, text, model.pace.now);
            TeamDialog::Plan(Box::new(plan))
        }),
    };
    if let Some(dialog) = dialog {
        push(model, Dialog::Team(dialog));
    }
}

/// Opens one agent's conversation.
pub(super) fn open_agent(model: &mut Model, agent: &str) -> Vec<Act> {
    let (pane, acts) = Agents::on(agent, model.facts.info.as_ref());
    push(model, Dialog::Team(TeamDialog::Agents(Box::new(pane))));
    acts
}

/// The plan comes back from the editor.
pub(super) fn plan_edited(model: &mut Model, text: &str) {
    for layer in &mut model.layers {
        if let Layer::Dialog(Dialog::Team(TeamDialog::Plan(plan))) = layer {
            plan.set_text(text.to_owned());
        }
    }
}

/// Opens the dialog that the model wants, and closes it when its call is over.
pub(super) fn hear(model: &mut Model, body: &Body) {
    let now = model.pace.now;
    match body {
        Body::Team(TeamBody::Person(PersonBody::QuestionsAsked { call_id, questions })) => {
            let ask = Ask::new(call_id.clone(), questions.clone(), now);
            push(model, Dialog::Team(TeamDialog::Ask(Box::new(ask))));
        }
        Body::Team(TeamBody::Person(PersonBody::PlanProposed { call_id, file, text })) => {
            let plan = Plan::new(Some(call_id.clone()), file.display().to_string(), text.clone(), now);
            push(model, Dialog::Team(TeamDialog::Plan(Box::new(plan))));
        }
        Body::CallDone { result, .. } => model.layers.retain(|layer| match layer {
            Layer::Dialog(Dialog::Team(TeamDialog::Ask(ask))) => ask.call_id() != result.call_id,
            Layer::Dialog(Dialog::Team(TeamDialog::Plan(plan))) => plan.call_id() != Some(result.call_id.as_str()),
            _ => true,
        }),
        _ => {}
    }
}

impl TeamDialog {
    /// Takes what the terminal said. The flag tells whether the dialog is to be closed.
    pub fn update(&mut self, said: Said, facts: &Facts, now: u64) -> (Vec<Act>, bool) {
        match self {
            Self::Agents(agents) => agents.update(said, facts),
            Self::Ask(ask) => ask.update(said, now),
            Self::Plan(plan) => plan.update(said, now),
            Self::Jobs(jobs) => jobs.update(said),
        }
    }

    /// Takes in one message of the engine.
    pub fn hear(&mut self, event: &Event) {
        match self {
            Self::Agents(agents) => agents.hear(event),
            Self::Jobs(jobs) => jobs.hear(event),
            Self::Ask(_) | Self::Plan(_) => {}
        }
    }

    /// Time went by.
    pub fn tick(&self) -> Vec<Act> {
        match self {
            Self::Jobs(jobs) => jobs.tick(),
            _ => Vec::new(),
        }
    }

    /// Milliseconds until it changes by itself.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        match self {
            Self::Agents(agents) => agents.next_tick(now),
            Self::Ask(ask) => ask.next_tick(now),
            Self::Plan(plan) => plan.next_tick(now),
            Self::Jobs(jobs) => jobs.next_tick(now),
        }
    }

    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, scene: Scene<'_>) {
        match self {
            Self::Agents(agents) => agents.settle(area, scene),
            Self::Ask(ask) => ask.settle(area, scene.theme),
            Self::Plan(plan) => plan.settle(area, scene.theme),
            Self::Jobs(jobs) => jobs.settle(area, scene.facts),
        }
    }

    /// Draws it. Returns where the cursor belongs.
    pub fn view(&self, scene: Scene<'_>, buf: &mut Buffer) -> Option<Position> {
        match self {
            Self::Agents(agents) => {
                agents.view(scene, buf);
                None
            }
            Self::Ask(ask) => ask.view(scene.theme, buf),
            Self::Plan(plan) => plan.view(scene.theme, buf),
            Self::Jobs(jobs) => jobs.view(scene, buf),
        }
    }
}
