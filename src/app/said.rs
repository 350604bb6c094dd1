//! What the terminal says to a dialog, and how each pane hears it.

use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Position;

use crate::panes::{agents, ask, context, hooks, jobs, picker, plan, rules, sessions, timeline};

/// What the terminal says to a dialog.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Key(KeyEvent),
    Paste(String),
    Click(Position),
    /// Rows.
    Wheel(i16),
}

/// Gives every dialog with the four usual messages what the terminal said.
macro_rules! said {
    ($($pane:ident),+) => {
        $(impl From<Said> for $pane::Msg {
            fn from(said: Said) -> Self {
                match said {
                    Said::Key(key) => Self::Key(key),
                    Said::Paste(text) => Self::Paste(text),
                    Said::Click(at) => Self::Click(at),
                    Said::Wheel(rows) => Self::Wheel(rows),
                }
            }
        })+
    };
}

said!(ask, context, jobs, picker, plan, rules, sessions);

impl From<Said> for timeline::Msg {
    fn from(said: Said) -> Self {
        match said {
            Said::Key(key) => Self::Key(key),
            // Nothing is typed there.
            Said::Paste(_) => Self::Tick,
            Said::Click(at) => Self::Click(at),
            Said::Wheel(rows) => Self::Wheel(rows),
        }
    }
}

impl From<Said> for Option<agents::Msg> {
    fn from(said: Said) -> Self {
        match said {
            Said::Key(key) => Some(agents::Msg::Key(key)),
            Said::Paste(_) => None,
            Said::Click(at) => Some(agents::Msg::Click(at)),
            Said::Wheel(rows) => Some(agents::Msg::Wheel(rows)),
        }
    }
}

impl From<Said> for Option<hooks::Msg> {
    fn from(said: Said) -> Self {
        match said {
            Said::Key(key) => Some(hooks::Msg::Key(key)),
            // Nothing is typed there.
            Said::Paste(_) => None,
            Said::Click(at) => Some(hooks::Msg::Click(at)),
            Said::Wheel(rows) => Some(hooks::Msg::Wheel(rows)),
        }
    }
}
