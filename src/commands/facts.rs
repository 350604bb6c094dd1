//! What a command is told and what it answers. Plain values; the app fills and reads them.

use crate::domain::{Act, Mode, ModelRef, Notice, PageKind, Request};

/// What commands may know of the running program. The app lends it for one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// Models that are known by now; may be empty before the first `ListModels` was answered.
    pub models: &'a [ModelRef],
    /// The model in use.
    pub model: Option<&'a ModelRef>,
    /// Names of the themes that can be chosen.
    pub themes: &'a [String],
    /// The permission mode in force.
    pub mode: Mode,
    /// Modes that Shift+Tab goes through; `bypassPermissions` is among them only when it was enabled.
    pub modes: &'a [Mode],
    /// A turn is running.
    pub busy: bool,
    /// A request waits for its next try.
    pub retrying: bool,
    /// The session has a plan.
    pub has_plan: bool,
}

/// What came of a command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Orders for the shell and the engine, in this order.
    pub acts: Vec<Act>,
    /// What the app shall show.
    pub show: Option<Show>,
}

/// What the app shall show after a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Show {
    Help,
    Cost,
    Context,
    /// The next request, taken apart.
    Inspect,
    Cache,
    Tools,
    Permissions,
    Hooks,
    Servers,
    Languages,
    /// The steps of the session, to go back to one.
    Rewind,
    /// What the session changed.
    Changes,
    Agents,
    Jobs,
    /// The list of what is to be done.
    Tasks,
    /// The newest plan.
    Plan,
    /// The session browser, with this text in its filter.
    Sessions {
        filter: String,
    },
    /// The search through all sessions, with this query.
    Search {
        query: String,
    },
    /// The events of the session that is open.
    Timeline,
    /// A page of things with where they come from.
    Page(PageKind),
    /// The list of models.
    Model,
    /// The list of themes.
    Theme,
    /// Switch to this theme now.
    UseTheme(String),
    /// A line for the person.
    Notice(Notice),
}

impl Outcome {
    /// One request to the engine.
    pub fn send(request: Request) -> Self {
        Self { acts: vec![Act::Send(request)], show: None }
    }

    /// A pane and nothing else.
    pub fn show(show: Show) -> Self {
        Self { acts: Vec::new(), show: Some(show) }
    }

    /// A line for the person and nothing else.
    pub fn notice(notice: Notice) -> Self {
        Self::show(Show::Notice(notice))
    }

    /// The same, and show this.
    pub fn and_show(mut self, show: Show) -> Self {
        self.show = Some(show);
        self
    }
}
