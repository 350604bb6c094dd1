//! What an order does: the manners of Esc, Ctrl+C and the rest, in one place.

use super::layers::{self, Layer};
use super::sheet::{Sheet, What};
use super::{Focus, Model, Order, dialogs, layout, steps};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::domain::{Act, ContextRequest, EditPurpose, JobRequest, MoneyRequest, Notice, Request, TeamRequest};
use crate::panes::facts::CallState;
use crate::panes::{activity, composer, conversation};

/// Milliseconds in which a second press counts.
const TWICE: u64 = 2_000;

/// A key that does something when it is pressed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Armed {
    pub what: Twice,
    /// Milliseconds since 1970.
    pub until: u64,
}

/// What the second press does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    QuitByC,
    QuitByD,
    Clear,
    Rewind,
}

impl Twice {
    /// What the status line says meanwhile.
    pub fn hint(self) -> &'static str {
        match self {
            Self::QuitByC => "press Ctrl+C again to quit",
            Self::QuitByD => "press Ctrl+D again to quit",
            Self::Rewind => "press Esc again to go back to an earlier prompt",
            Self::Clear => "press Esc again to clear the text (Up brings it back)",
        }
    }
}

/// Does what a key asks for.
pub(super) fn run(model: &mut Model, order: Order) -> Vec<Act> {
    match order {
        Order::Stop => stop(model),
        Order::Leave => leave(model),
        Order::Escape => escape(model),
        Order::Suspend => vec![Act::Suspend],
        Order::Redraw => vec![Act::Redraw],
        Order::CycleMode => cycle_mode(model),
        Order::NextPane => next_pane(model),
        Order::Editor => vec![Act::Edit { purpose: EditPurpose::Prompt, text: model.composer.text() }],
        Order::Help => dialogs::open_help(model),
        Order::Palette => dialogs::open_palette(model),
        Order::Todos => layers::toggle_sheet(model, What::Todos),
        Order::Side => side(model),
        Order::ActivityPane => activity_pane(model),
        Order::ShowBreak => show_break(model),
        Order::RetryNow => vec![Act::Send(Request::RetryNow)],
        Order::Background => background(model),
        Order::AskAfresh if model.facts.money.from_cache => vec![Act::Send(Request::Money(MoneyRequest::AskAfresh))],
        Order::AskAfresh => Vec::new(),
        Order::Kill => kill(model),
        Order::Open => open(model),
        Order::Find => {
            model.conversation.find();
            Vec::new()
        }
        Order::Close => {
            model.layers.pop();
            Vec::new()
        }
        _ => movement(model, order),
    }
}

fn stop(model: &mut Model) -> Vec<Act> {
    if armed(model, Twice::QuitByC) {
        return vec![Act::Quit];
    }
    if model.facts.is_busy() {
        arm(model, Twice::QuitByC);
        return vec![Act::Send(Request::Interrupt)];
    }
    if model.composer.is_empty() {
        arm(model, Twice::QuitByC);
        return Vec::new();
    }
    model.focus = Focus::Composer;
    model.composer.clear()
}

fn leave(model: &mut Model) -> Vec<Act> {
    if armed(model, Twice::QuitByD) {
        return vec![Act::Quit];
    }
    if model.composer.is_empty() {
        arm(model, Twice::QuitByD);
    }
    Vec::new()
}

fn escape(model: &mut Model) -> Vec<Act> {
    if model.layers.pop().is_some() {
        return Vec::new();
    }
    if model.composer.escape() {
        return Vec::new();
    }
    if model.focus != Focus::Composer {
        focus(model, Focus::Composer);
        return Vec::new();
    }
    if model.facts.is_busy() {
        return vec![Act::Send(Request::Interrupt)];
    }
    if armed(model, Twice::Clear) {
        model.armed = None;
        return model.composer.clear();
    }
    if armed(model, Twice::Rewind) {
        model.armed = None;
        return steps::open_rewind(model);
    }
    arm(model, if model.composer.is_empty() { Twice::Rewind } else { Twice::Clear });
    Vec::new()
}

fn cycle_mode(model: &mut Model) -> Vec<Act> {
    let Some(info) = &model.facts.info else { return Vec::new() };
    let at = info.modes.iter().position(|mode| *mode == model.facts.mode);
    let next = at.map_or(0, |at| (at + 1) % info.modes.len().max(1));
    info.modes.get(next).map(|mode| vec![Act::Send(Request::SetMode(*mode))]).unwrap_or_default()
}

fn next_pane(model: &mut Model) -> Vec<Act> {
    let next = match model.focus {
        Focus::Composer => Focus::Conversation,
        Focus::Conversation if !model.layout.activity.is_empty() => Focus::Activity,
        Focus::Conversation | Focus::Activity => Focus::Composer,
    };
    focus(model, next);
    Vec::new()
}

/// Moves the focus; what was selected in a pane that loses it is let go.
pub(super) fn focus(model: &mut Model, focus: Focus) {
    if model.focus == Focus::Conversation && focus != Focus::Conversation {
        model.conversation.deselect();
    }
    if model.focus == Focus::Activity && focus != Focus::Activity {
        model.activity.deselect();
    }
    model.focus = focus;
}

/// Beside the conversation where there is room, over it elsewhere.
fn side(model: &mut Model) -> Vec<Act> {
    if model.layout.size.width >= layout::WIDE {
        model.layout.hidden.sidebar = !model.layout.hidden.sidebar;
        return Vec::new();
    }
    layers::toggle_sheet(model, What::Side)
}

fn activity_pane(model: &mut Model) -> Vec<Act> {
    if matches!(model.layers.last(), Some(Layer::Activity)) {
        model.layers.pop();
    } else if model.layout.activity.is_empty() && !model.layout.hidden.activity {
        model.layers.push(Layer::Activity);
    } else {
        model.layout.hidden.activity = !model.layout.hidden.activity;
        if model.focus == Focus::Activity {
            focus(model, Focus::Composer);
        }
    }
    Vec::new()
}

/// What a call waits for goes to the background. Where none waits the key is the prompt's own.
fn background(model: &mut Model) -> Vec<Act> {
    if model.facts.calls.any_running() {
        let request = JobRequest::Background { call_id: None };
        return vec![Act::Send(Request::Team(TeamRequest::Job(request)))];
    }
    let key = KeyEvent::new(KeyCode::Char('b'), KeyModifiers::CONTROL);
    model.composer.update(composer::Msg::Key(key), model.pace.now).acts
}

fn show_break(model: &mut Model) -> Vec<Act> {
    if let Some(found) = model.facts.ledger.breaks.back() {
        return vec![Act::Send(Request::Context(ContextRequest::ShowBreak { request: found.request }))];
    }
    super::show::tell(model, &Notice::info("The provider's cache was not broken in this session."));
    Vec::new()
}

fn kill(model: &mut Model) -> Vec<Act> {
    match model.layers.last() {
        Some(Layer::Sheet(Sheet { what: What::Call(id), .. })) => {
            let running = model.facts.calls.find(id).is_some_and(|call| call.state == CallState::Running);
            if running { vec![Act::Send(Request::Kill { call_id: id.clone() })] } else { Vec::new() }
        }
        // Where no call is in view, none is stopped.
        Some(Layer::Sheet(_) | Layer::Dialog(_)) => Vec::new(),
        Some(Layer::Activity) | None => model.activity.update(activity::Msg::Kill, &model.facts),
    }
}

fn open(model: &mut Model) -> Vec<Act> {
    if let Some(call) = model.activity.chosen(&model.facts) {
        let what = What::Call(call.id.clone());
        model.layers.push(Layer::Sheet(Sheet::new(what)));
    }
    Vec::new()
}

/// The same behind a question, where movement is the conversation's.
pub(super) fn run_behind(model: &mut Model, order: Order) -> Vec<Act> {
    let msg = match order {
        Order::HalfUp => conversation::Msg::HalfPages(-1),
        Order::HalfDown => conversation::Msg::HalfPages(1),
        Order::Start => conversation::Msg::Start,
        Order::End => conversation::Msg::End,
        other => return run(model, other),
    };
    model.conversation.update(msg)
}

fn movement(model: &mut Model, order: Order) -> Vec<Act> {
    if let Some(Layer::Sheet(sheet)) = model.layers.last_mut() {
        sheet.scroll(order);
        return Vec::new();
    }
    let in_activity = matches!(model.layers.last(), Some(Layer::Activity))
        || (model.layers.is_empty() && model.focus == Focus::Activity);
    let activity = match order {
        Order::Previous => Some(activity::Msg::Move(-1)),
        Order::Next => Some(activity::Msg::Move(1)),
        Order::Start => Some(activity::Msg::First),
        Order::End => Some(activity::Msg::Last),
        _ => None,
    };
    if let Some(msg) = activity.filter(|_| in_activity) {
        return model.activity.update(msg, &model.facts);
    }
    let msg = match order {
        Order::LineUp => conversation::Msg::Scroll(-1),
        Order::LineDown => conversation::Msg::Scroll(1),
        Order::HalfUp => conversation::Msg::HalfPages(-1),
        Order::HalfDown => conversation::Msg::HalfPages(1),
        Order::Start => conversation::Msg::Start,
        Order::End => conversation::Msg::End,
        Order::Previous => conversation::Msg::Select(-1),
        Order::Next => conversation::Msg::Select(1),
        Order::Toggle => conversation::Msg::Toggle,
        Order::Details => conversation::Msg::Details,
        _ => return Vec::new(),
    };
    model.conversation.update(msg)
}

fn arm(model: &mut Model, what: Twice) {
    model.armed = Some(Armed { what, until: model.pace.now + TWICE });
}

/// The key was pressed a moment ago.
fn armed(model: &Model, what: Twice) -> bool {
    model.armed.is_some_and(|armed| armed.what == what && armed.until > model.pace.now)
}
