//! Going back, changes, forks, and what of the face is kept beside the log: the app's side of them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Model;
use super::dialogs::{self, Dialog, Said};
use crate::commands::Show;
use crate::domain::{Act, Event, FacePlace, FaceState, FilesNews, FilesRequest, Live, Request};
use crate::panes::picker::{self, Entry, Picker};
use crate::panes::steps::{Changes, Rewind};
use crate::theme::Theme;

/// Milliseconds that a draft rests before it is kept.
const REST: u64 = 700;

/// A pane over the steps.
#[derive(Debug)]
pub(super) enum StepsPane {
    Rewind(Rewind),
    Changes(Changes),
    /// A session that cannot be opened here, and what can be done: what the first entry does.
    Choice(Picker, Act),
}

/// What was kept last.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    state: FaceState,
    revision: u64,
    place: Option<FacePlace>,
    /// When it is kept again, in milliseconds since 1970; none while nothing has changed.
    due: Option<u64>,
}

impl Kept {
    /// Milliseconds until something is to be kept.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        self.due.map(|due| due.saturating_sub(now).max(1))
    }
}

impl StepsPane {
    /// Takes what was said to it. The flag tells that it is done.
    pub fn update(&mut self, said: Said) -> (Vec<Act>, bool) {
        match self {
            Self::Rewind(pane) => pane.update(&said),
            Self::Changes(pane) => pane.update(&said),
            Self::Choice(..) => self.choose(said),
        }
    }

    /// What follows from the choice about a session that cannot be opened here.
    fn choose(&mut self, said: Said) -> (Vec<Act>, bool) {
        let Self::Choice(picker, act) = self else { return (Vec::new(), false) };
        match picker.update(said) {
            picker::Outcome::Chosen(0) => (vec![act.clone()], true),
            picker::Outcome::Chosen(_) | picker::Outcome::Cancelled => (Vec::new(), true),
            picker::Outcome::Nothing | picker::Outcome::Preview(_) => (Vec::new(), false),
        }
    }

    pub fn hear(&mut self, event: &Event) {
        match self {
            Self::Rewind(pane) => pane.hear(event),
            Self::Changes(pane) => pane.hear(event),
            Self::Choice(..) => {}
        }
    }

    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        match self {
            Self::Rewind(pane) => pane.settle(area, theme),
            Self::Changes(pane) => pane.settle(area, theme),
            Self::Choice(picker, _) => picker.settle(area),
        }
    }

    /// Draws it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        match self {
            Self::Rewind(pane) => pane.view(theme, buf),
            Self::Changes(pane) => pane.view(theme, buf),
            Self::Choice(picker, _) => return picker.view(theme, buf),
        }
        None
    }
}

/// Opens the steps of the session.
pub(super) fn open_rewind(model: &mut Model) -> Vec<Act> {
    let (pane, acts) = Rewind::open(model.pace.utc_offset);
    dialogs::push(model, Dialog::Steps(Box::new(StepsPane::Rewind(pane))));
    acts
}

/// Opens what the session changed.
pub(super) fn open_changes(model: &mut Model) -> Vec<Act> {
    let (pane, acts) = Changes::open();
    dialogs::push(model, Dialog::Steps(Box::new(StepsPane::Changes(pane))));
    acts
}

/// Takes in what the engine says of it.
pub(super) fn hear(model: &mut Model, event: &Event) -> Vec<Act> {
    if matches!(event, Event::Opened { .. }) {
        // Another session: what was kept for the last one says nothing of it.
        model.kept = Kept { revision: model.composer.revision(), ..Kept::default() };
    }
    let Event::Live(Live::FilesNews(news)) = event else { return Vec::new() };
    match news {
        FilesNews::Back { prompt } if model.composer.is_empty() => model.composer.set_text(prompt),
        FilesNews::Restored(state) => restore(model, state),
        FilesNews::Choose { filter } => return dialogs::open(model, Show::Sessions { filter: filter.clone() }),
        FilesNews::Busy { id, title } => {
            let fork = Act::Send(Request::Files(FilesRequest::ForkOf(*id)));
            let words = [
                ("Go on in a copy of it", "the other program keeps its own"),
                ("Stay in this session", "/resume shows the others"),
            ];
            offer(model, ("Open in another program", title), words, fork);
        }
        FilesNews::Elsewhere { id, title, project } => {
            let folder = crate::base::text::sanitize_line(&project.display().to_string()).into_owned();
            let words = [
                ("Open it there", folder.as_str()),
                ("Stay in this session", "Tab in the list shows it event by event"),
            ];
            offer(model, ("Of another folder", title), words, Act::Elsewhere(*id));
        }
        FilesNews::Back { .. } | FilesNews::Steps(_) | FilesNews::Preview(_) | FilesNews::Diff(_) => {}
    }
    Vec::new()
}

/// Offers what can be done about a session that cannot be opened here.
fn offer(model: &mut Model, (what, title): (&str, &str), words: [(&str, &str); 2], act: Act) {
    let entry =
        |(name, detail): (&str, &str)| Entry { name: name.to_owned(), detail: detail.to_owned(), current: false };
    let title = crate::base::text::sanitize_line(title).into_owned();
    let title = format!("{what}: {}", crate::base::text::clip(&title, 40));
    let picker = Picker::new(title, words.map(entry).to_vec());
    dialogs::push(model, Dialog::Steps(Box::new(StepsPane::Choice(picker, act))));
}

/// What a pane asked for; one that is done closes.
pub(super) fn done(model: &mut Model, (acts, done): (Vec<Act>, bool)) -> Vec<Act> {
    if done {
        model.layers.pop();
    }
    acts
}

fn restore(model: &mut Model, state: &FaceState) {
    if model.composer.is_empty() && !state.draft.is_empty() {
        model.composer.set_text(&state.draft);
    }
    if let Some(place) = state.place {
        model.conversation.return_to(place);
    }
    model.kept = Kept { state: state.clone(), revision: model.composer.revision(), place: state.place, due: None };
}

/// Notes changes of what is kept, and has it kept when it has rested, or when the program is left.
pub(super) fn keep(model: &mut Model, acts: &mut Vec<Act>) {
    if model.facts.info.is_none() {
        return;
    }
    let (revision, place) = (model.composer.revision(), model.conversation.place());
    if (revision, place) != (model.kept.revision, model.kept.place) {
        let due = Some(model.pace.now + REST);
        model.kept = Kept { state: std::mem::take(&mut model.kept.state), revision, place, due };
    }
    let leaves = acts.iter().position(|act| matches!(act, Act::Quit | Act::Elsewhere(_)));
    let Some(due) = model.kept.due else { return };
    if leaves.is_some() || due <= model.pace.now {
        model.kept.due = None;
        let state = FaceState { draft: model.composer.text(), place };
        if state == model.kept.state {
            return;
        }
        model.kept.state = state.clone();
        let act = Act::Send(Request::Files(FilesRequest::Keep(state)));
        acts.insert(leaves.unwrap_or(acts.len()), act);
    }
}
