//! The face as one value: what it shows, what a message does to it, and how it is drawn.
//!
//! `update` takes a message and returns acts; it reads no clock, no disk and no channel. `settle` derives
//! what the next draw needs, `view` only reads. The shell around it acts.

mod catalog;
mod chosen;
mod context;
mod dialogs;
mod engine;
mod input;
mod keys;
mod layers;
mod layout;
mod library;
mod money;
mod mouse;
mod orders;
mod servers;
mod sheet;
mod show;
mod steps;
mod team;
mod view;

use ratatui::crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Size;

use crate::domain::{Act, EditPurpose, Event, ModelInfo, ModelRef, SessionId};
use crate::panes::activity::Activity;
use crate::panes::composer::Composer;
use crate::panes::conversation::{Conversation, Scene};
use crate::panes::facts::Facts;
use crate::panes::folder::FolderQuestion;
use crate::panes::permission::Permission;
use crate::theme::{ColorDepth, Theme};
use layers::Layer;
use layout::Layout;
use orders::Armed;

pub use keys::{Context, DEFAULTS, Keymap, Order, name as key_name};
pub use view::view;

/// What the app starts with.
#[derive(Debug)]
pub struct Setup {
    pub theme: Theme,
    /// The theme was chosen by the user, so the terminal's background does not change it.
    pub theme_chosen: bool,
    /// What colours the terminal can show; every theme is brought down to them.
    pub depth: ColorDepth,
    /// The user's own themes: name and text.
    pub themes: Vec<(String, String)>,
    /// Earlier prompts, oldest first.
    pub history: Vec<String>,
    pub keymap: Keymap,
    /// Nothing spins.
    pub reduced_motion: bool,
    /// Seconds that the person's clock is ahead of UTC.
    pub utc_offset: i32,
    /// Milliseconds since 1970.
    pub now: u64,
}

/// What can happen to the app.
#[derive(Debug)]
pub enum Message {
    Key(KeyEvent),
    /// A bracketed paste.
    Paste(String),
    Mouse(MouseEvent),
    Resize(u16, u16),
    /// The terminal's window got or lost the focus.
    Focus(bool),
    /// Time went by, as [`next_tick`] asked.
    Tick,
    Engine(Event),
    /// An editor was closed; none when the text was left as it was.
    Edited {
        purpose: EditPurpose,
        text: Option<String>,
    },
    /// What the terminal says of its background.
    Background {
        light: bool,
    },
}

/// Which pane keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    #[default]
    Composer,
    Conversation,
    Activity,
}

/// How things look, and what could be chosen instead.
#[derive(Debug)]
struct Look {
    theme: Theme,
    chosen: bool,
    depth: ColorDepth,
    user: Vec<(String, String)>,
    names: Vec<String>,
}

/// Time and motion.
#[derive(Clone, Copy, Debug)]
struct Pace {
    now: u64,
    still: bool,
    utc_offset: i32,
    /// The window has the focus.
    focused: bool,
}

/// Answers of the engine that panes ask for.
#[derive(Debug, Default)]
struct Answers {
    models: Vec<(ModelRef, ModelInfo)>,
}

/// The whole face.
#[derive(Debug)]
pub struct Model {
    facts: Facts,
    conversation: Conversation,
    activity: Activity,
    composer: Composer,
    /// Stands over every layer while a question waits.
    permission: Permission,
    /// Stands over everything while the folder's question is open.
    folder: Option<FolderQuestion>,
    layers: Vec<Layer>,
    focus: Focus,
    look: Look,
    keymap: Keymap,
    pace: Pace,
    layout: Layout,
    answers: Answers,
    /// A place to be brought into view when its session is open.
    goto: Option<(SessionId, crate::panes::sessions::Spot)>,
    /// A key whose second press does something.
    armed: Option<Armed>,
    dirty: bool,
    /// What of the face was kept last.
    kept: steps::Kept,
}

impl Model {
    /// The face before the engine said anything. Cheap: nothing is loaded here.
    pub fn new(setup: Setup) -> Self {
        let names = Theme::names(&setup.themes);
        Self {
            facts: Facts::default(),
            conversation: Conversation::default(),
            activity: Activity::default(),
            composer: Composer::new(setup.history),
            permission: Permission::default(),
            folder: None,
            layers: Vec::new(),
            focus: Focus::default(),
            look: Look {
                theme: setup.theme.for_depth(setup.depth),
                chosen: setup.theme_chosen,
                depth: setup.depth,
                user: setup.themes,
                names,
            },
            keymap: setup.keymap,
            pace: Pace { now: setup.now, still: setup.reduced_motion, utc_offset: setup.utc_offset, focused: true },
            layout: Layout::default(),
            answers: Answers::default(),
            goto: None,
            armed: None,
            dirty: true,
            kept: steps::Kept::default(),
        }
    }

    /// What the panes are drawn from.
    fn scene(&self) -> Scene<'_> {
        Scene {
            facts: &self.facts,
            theme: &self.look.theme,
            now: self.pace.now,
            still: self.pace.still,
            utc_offset: self.pace.utc_offset,
        }
    }

    /// The theme in use.
    pub fn theme(&self) -> &Theme {
        &self.look.theme
    }
}

/// Takes one message. `now` is in milliseconds since 1970.
pub fn update(model: &mut Model, message: Message, now: u64) -> Vec<Act> {
    model.pace.now = model.pace.now.max(now);
    if matches!(&message, Message::Mouse(event) if !mouse::matters(*event)) {
        return Vec::new();
    }
    model.dirty = true;
    let mut acts = match message {
        Message::Key(key) => input::key(model, key),
        Message::Paste(text) => input::paste(model, text),
        Message::Mouse(event) => mouse::mouse(model, event),
        Message::Resize(..) => Vec::new(),
        Message::Focus(focused) => {
            model.pace.focused = focused;
            Vec::new()
        }
        Message::Tick => tick(model),
        Message::Engine(event) => engine::hear(model, event),
        Message::Edited { purpose, text } => input::edited(model, purpose, text),
        Message::Background { light } => {
            if !model.look.chosen {
                model.look.theme = Theme::for_background(light).for_depth(model.look.depth);
            }
            Vec::new()
        }
    };
    steps::keep(model, &mut acts);
    note_sent(model, &acts);
    acts
}

/// Panes show some requests before a record of them comes back.
fn note_sent(model: &mut Model, acts: &[Act]) {
    for act in acts {
        if let Act::Send(request) = act {
            model.facts.sent(request, model.pace.now);
            model.conversation.sent(request);
        }
    }
}

fn tick(model: &mut Model) -> Vec<Act> {
    if model.armed.as_ref().is_some_and(|armed| armed.until <= model.pace.now) {
        model.armed = None;
    }
    let mut acts = dialogs::tick(model);
    acts.extend(model.conversation.ask_earlier());
    acts
}

/// Derives what the next draw at this size needs. To be called before [`view`].
pub fn settle(model: &mut Model, size: Size) {
    let wish = layout::Wish::of(model, size);
    let hidden = model.layout.hidden;
    model.layout = layout::Layout { hidden, ..layout::compute(size, wish) };
    layers::settle(model, size);
    if model.permission.is_open() {
        // What was said last stays in view above the question.
        let top = model.permission.frame().y.max(2);
        model.layout.conversation.height = model.layout.conversation.height.min(top);
    }
    let layout = model.layout;
    let Model { facts, conversation, activity, composer, look, pace, .. } = model;
    let scene = Scene { facts, theme: &look.theme, now: pace.now, still: pace.still, utc_offset: pace.utc_offset };
    conversation.settle(layout.conversation, scene);
    activity.settle(facts, layout.activity.height);
    composer.settle(layout.composer.as_size());
}

/// Milliseconds until the app wants a [`Message::Tick`]; none when nothing moves by itself.
pub fn next_tick(model: &Model, now: u64) -> Option<u64> {
    let armed = model.armed.as_ref().map(|armed| armed.until.saturating_sub(now).max(1));
    let layer = layers::next_tick(model, now);
    let moves = if model.facts.is_busy() {
        let counts_only = model.facts.retry.is_some() && !model.facts.calls.any_running();
        Some(if model.pace.still || counts_only { 1_000 - now % 1_000 } else { 100 })
    } else {
        None
    };
    let keep = model.kept.next_tick(now);
    let earlier = model.conversation.wants_earlier().then_some(1);
    [armed, layer, moves, keep, earlier].into_iter().flatten().min()
}

/// Whether something changed; from here on nothing has.
pub fn take_dirty(model: &mut Model) -> bool {
    std::mem::take(&mut model.dirty)
}

#[cfg(test)]
mod tests;
