//! The dialogs over the panes: opening them, and what follows from a choice in them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layers::Layer;
use super::sheet::{Sheet, What};
use super::steps::StepsPane;
use super::team::{self, TeamDialog};
use super::{Model, catalog, chosen, library, money, servers, show, steps};
use crate::commands::Show;
use crate::domain::{Act, CommandFile, Event, LibraryNews, Live};
use crate::panes::context::Panel;
use crate::panes::conversation::Scene;
use crate::panes::costs::Costs;
use crate::panes::form::Form;
use crate::panes::help::Help;
use crate::panes::hooks::Hooks;
use crate::panes::languages::Languages;
use crate::panes::page::PagePane;
use crate::panes::palette::Palette;
use crate::panes::picker::{Entry, Picker};
use crate::panes::purse::PurseQuestion;
use crate::panes::rules::{self, Rules};
pub(super) use crate::panes::said::Said;
use crate::panes::servers::Servers;
use crate::panes::sessions::Sessions;
use crate::panes::timeline::{self, Timeline};
use crate::theme::Theme;

/// One dialog.
#[derive(Debug)]
pub(super) enum Dialog {
    Help(Help),
    Palette(Palette),
    Models(Picker),
    /// With the theme that was in use when it opened.
    Themes(Picker, Box<Theme>),
    Sessions(Box<Sessions>),
    Rules(Box<Rules>),
    Team(TeamDialog),
    Costs(Box<Costs>),
    /// The next request waits for an answer.
    Purse(Box<PurseQuestion>),
    Servers(Box<Servers>),
    Languages(Box<Languages>),
    /// What a server asks.
    Form(Box<Form>),
    Steps(Box<StepsPane>),
    Timeline(Box<Timeline>),
    Page(Box<PagePane>),
    Hooks(Box<Hooks>),
    Context(Box<Panel>),
}

/// Opens the help overlay.
pub(super) fn open_help(model: &mut Model) -> Vec<Act> {
    let help = Help::new(catalog::sections(), files(model));
    push(model, Dialog::Help(help));
    Vec::new()
}

/// Opens the palette.
pub(super) fn open_palette(model: &mut Model) -> Vec<Act> {
    let palette = Palette::new(files(model), catalog::actions());
    push(model, Dialog::Palette(palette));
    Vec::new()
}

/// Opens what a command asked to be shown.
pub(super) fn open(model: &mut Model, what: Show) -> Vec<Act> {
    match what {
        Show::Help => open_help(model),
        Show::Servers => servers::open(model),
        Show::Languages => servers::open_languages(model),
        Show::Model => {
            let picker = Picker::new("Model", model_entries(model));
            push(model, Dialog::Models(picker));
            Vec::new()
        }
        Show::Theme => {
            let current = model.look.theme.name().to_owned();
            let entry = |name: &String| Entry { name: name.clone(), detail: String::new(), current: *name == current };
            let picker = Picker::new("Theme", model.look.names.iter().map(entry).collect());
            let before = Box::new(model.look.theme.clone());
            push(model, Dialog::Themes(picker, before));
            Vec::new()
        }
        Show::Cost => {
            let (costs, acts) = Costs::open(&model.facts);
            push(model, Dialog::Costs(Box::new(costs)));
            acts
        }
        Show::Rewind => steps::open_rewind(model),
        Show::Changes => steps::open_changes(model),
        Show::Permissions => {
            let (rules, acts) = Rules::open();
            push(model, Dialog::Rules(Box::new(rules)));
            acts
        }
        Show::Hooks => {
            let (hooks, acts) = Hooks::open();
            push(model, Dialog::Hooks(Box::new(hooks)));
            acts
        }
        Show::Context | Show::Inspect => super::context::open(model, &what),
        Show::Sessions { filter } => library::open_browser(model, &filter),
        Show::Search { query } => library::open_search(model, &query),
        Show::Timeline => library::open_timeline(model, None, None),
        Show::Jobs | Show::Plan | Show::Agents => {
            team::open(model, &what);
            Vec::new()
        }
        Show::Page(kind) => {
            let (page, acts) = PagePane::open(kind);
            push(model, Dialog::Page(Box::new(page)));
            acts
        }
        _ => Vec::new(),
    }
}

pub(super) fn push(model: &mut Model, dialog: Dialog) {
    model.layers.push(Layer::Dialog(dialog));
}

fn files(model: &Model) -> &[CommandFile] {
    model.facts.info.as_ref().map(|info| info.commands.as_slice()).unwrap_or_default()
}

fn model_entries(model: &Model) -> Vec<Entry> {
    let entry = |(id, info): &(crate::domain::ModelRef, crate::domain::ModelInfo)| {
        let window = crate::base::text::human_tokens(info.window.into());
        let price = info.prices.map(|prices| format!("${} in ${} out · ", prices.input, prices.output));
        Entry {
            name: id.to_string(),
            detail: format!("{}{window}", price.unwrap_or_default()),
            current: model.facts.model.as_ref() == Some(id),
        }
    };
    model.answers.models.iter().map(entry).collect()
}

/// Gives the dialog on top what was said to it.
pub(super) fn say(model: &mut Model, said: Said) -> Vec<Act> {
    let now = model.pace.now;
    let Some(Layer::Dialog(dialog)) = model.layers.last_mut() else { return Vec::new() };
    let (acts, close) = match dialog {
        Dialog::Help(help) => (Vec::new(), help.update(said)),
        Dialog::Servers(pane) => pane.update(said),
        Dialog::Languages(pane) => pane.update(said),
        Dialog::Form(form) => form.update(said, now),
        Dialog::Team(dialog) => dialog.update(said, &model.facts, now),
        Dialog::Page(page) => page.update(said),
        Dialog::Hooks(hooks) => hooks.update(said),
        Dialog::Context(panel) => {
            let reply = panel.update(said);
            (reply.acts, reply.close)
        }
        Dialog::Timeline(timeline) => {
            let (acts, wish) = timeline.update(said, now);
            (acts, wish == timeline::Wish::Close)
        }
        // From what is chosen in these more follows than acts.
        Dialog::Palette(palette) => {
            let done = palette.update(said);
            return chosen::in_palette(model, done);
        }
        Dialog::Models(picker) => {
            let outcome = picker.update(said);
            return chosen::model(model, outcome);
        }
        Dialog::Themes(picker, _) => {
            let outcome = picker.update(said);
            return chosen::theme(model, outcome);
        }
        Dialog::Steps(pane) => {
            let done = pane.update(said);
            return steps::done(model, done);
        }
        Dialog::Rules(rules) => {
            let (acts, wish) = rules.update(said);
            follow(model, wish);
            return acts;
        }
        Dialog::Sessions(sessions) => {
            let acts = sessions.update(said, now);
            return library::after(model, acts);
        }
        Dialog::Costs(_) | Dialog::Purse(_) => return money::say(model, &said),
    };
    if close {
        model.layers.pop();
    }
    acts
}

/// What the pane of rules asks for besides acts.
fn follow(model: &mut Model, wish: rules::Wish) {
    match wish {
        rules::Wish::Nothing => {}
        rules::Wish::Close => drop(model.layers.pop()),
        rules::Wish::Decisions => model.layers.push(Layer::Sheet(Sheet::new(What::Permissions))),
    }
}

/// Hands answers of the engine to the dialogs that wait for them.
pub(super) fn hear(model: &mut Model, event: &Event) -> Vec<Act> {
    if let Event::Live(Live::Models(models)) = event {
        model.answers.models.clone_from(models);
        let entries = model_entries(model);
        for layer in &mut model.layers {
            if let Layer::Dialog(Dialog::Models(picker)) = layer {
                picker.set_entries(entries.clone());
            }
        }
    }
    for layer in &mut model.layers {
        match layer {
            Layer::Dialog(Dialog::Rules(rules)) => rules.hear(event),
            Layer::Dialog(Dialog::Steps(pane)) => pane.hear(event),
            Layer::Dialog(Dialog::Timeline(timeline)) => timeline.hear(event),
            Layer::Dialog(Dialog::Team(dialog)) => dialog.hear(event),
            Layer::Dialog(Dialog::Page(page)) => page.hear(event),
            Layer::Dialog(Dialog::Hooks(hooks)) => hooks.hear(event),
            Layer::Dialog(Dialog::Context(panel)) => panel.hear(event),
            _ => {}
        }
    }
    if browsers(model).next().is_none()
        && let Event::Live(Live::Library(LibraryNews::Done(notice))) = event
    {
        show::tell(model, notice);
    }
    money::hear(model, event);
    browsers(model).flat_map(|sessions| sessions.hear(event)).collect()
}

/// Time went by.
pub(super) fn tick(model: &mut Model) -> Vec<Act> {
    let now = model.pace.now;
    if let Some(Layer::Dialog(Dialog::Team(dialog))) = model.layers.last() {
        return dialog.tick();
    }
    for layer in &mut model.layers {
        if let Layer::Dialog(Dialog::Timeline(timeline)) = layer {
            timeline.tick(now);
        }
    }
    browsers(model).flat_map(|sessions| sessions.tick(now)).collect()
}

fn browsers(model: &mut Model) -> impl Iterator<Item = &mut Sessions> {
    model.layers.iter_mut().filter_map(|layer| match layer {
        Layer::Dialog(Dialog::Sessions(sessions)) => Some(&mut **sessions),
        _ => None,
    })
}

impl Dialog {
    /// Milliseconds until it changes by itself.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        match self {
            Self::Sessions(sessions) => sessions.next_tick(now),
            Self::Form(form) => form.next_tick(now),
            Self::Timeline(timeline) => timeline.next_tick(now),
            Self::Team(dialog) => dialog.next_tick(now),
            _ => None,
        }
    }

    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, scene: Scene<'_>) {
        let (theme, now) = (scene.theme, scene.now);
        match self {
            Self::Help(help) => help.settle(area, theme),
            Self::Palette(palette) => palette.settle(area),
            Self::Models(picker) | Self::Themes(picker, _) => picker.settle(area),
            Self::Steps(pane) => pane.settle(area, theme),
            Self::Sessions(sessions) => sessions.settle(area, theme, now),
            Self::Rules(rules) => rules.settle(area),
            Self::Costs(costs) => costs.settle(area),
            Self::Purse(question) => question.settle(area),
            Self::Servers(pane) => pane.settle(area, theme),
            Self::Languages(pane) => pane.settle(area, theme),
            Self::Form(form) => form.settle(area, theme),
            Self::Timeline(timeline) => timeline.settle(area, theme, scene.utc_offset),
            Self::Team(dialog) => dialog.settle(area, scene),
            Self::Page(page) => page.settle(area),
            Self::Hooks(hooks) => hooks.settle(area, scene),
            Self::Context(panel) => panel.settle(area, scene.theme),
        }
    }

    /// Draws it. Returns where the cursor belongs.
    pub fn view(&self, scene: Scene<'_>, buf: &mut Buffer) -> Option<Position> {
        let theme = scene.theme;
        match self {
            Self::Help(help) => {
                help.view(theme, buf);
                None
            }
            Self::Palette(palette) => palette.view(theme, buf),
            Self::Models(picker) | Self::Themes(picker, _) => picker.view(theme, buf),
            Self::Steps(pane) => pane.view(theme, buf),
            Self::Sessions(sessions) => sessions.view(theme, buf),
            Self::Rules(rules) => rules.view(theme, buf),
            Self::Costs(costs) => {
                costs.view(theme, buf);
                None
            }
            Self::Purse(question) => {
                question.view(theme, buf);
                None
            }
            Self::Servers(pane) => pane.view(theme, buf),
            Self::Languages(pane) => pane.view(theme, buf),
            Self::Form(form) => form.view(theme, buf),
            Self::Timeline(timeline) => {
                timeline.view(theme, scene.utc_offset, buf);
                None
            }
            Self::Team(dialog) => dialog.view(scene, buf),
            Self::Page(page) => page.view(theme, buf),
            Self::Hooks(hooks) => {
                hooks.view(theme, scene.utc_offset, buf);
                None
            }
            Self::Context(panel) => panel.view(scene.theme, buf),
        }
    }
}
