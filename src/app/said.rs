//! What the terminal says to a dialog, in the words of each pane.

use super::dialogs::Said;
use crate::panes::{picker, rules, sessions, timeline};

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

impl From<Said> for picker::Msg {
    fn from(said: Said) -> Self {
        match said {
            Said::Key(key) => Self::Key(key),
            Said::Paste(text) => Self::Paste(text),
            Said::Click(at) => Self::Click(at),
            Said::Wheel(rows) => Self::Wheel(rows),
        }
    }
}

impl From<Said> for rules::Msg {
    fn from(said: Said) -> Self {
        match said {
            Said::Key(key) => Self::Key(key),
            Said::Paste(text) => Self::Paste(text),
            Said::Click(at) => Self::Click(at),
            Said::Wheel(rows) => Self::Wheel(rows),
        }
    }
}

impl From<Said> for sessions::Msg {
    fn from(said: Said) -> Self {
        match said {
            Said::Key(key) => Self::Key(key),
            Said::Paste(text) => Self::Paste(text),
            Said::Click(at) => Self::Click(at),
            Said::Wheel(rows) => Self::Wheel(rows),
        }
    }
}
