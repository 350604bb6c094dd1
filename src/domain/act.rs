//! What a face asks of the shell around it. `update` returns acts; the shell runs them.

use std::path::PathBuf;

use super::{MemoryId, PageKind, Request, SessionId};

/// One order from the app to its shell.
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// To the engine.
    Send(Request),
    /// Leave the program.
    Quit,
    /// Leave it and open this session in the folder that it belongs to.
    Elsewhere(SessionId),
    /// Hand the terminal back until the program is continued.
    Suspend,
    /// Draw everything again, because the terminal may show something else.
    Redraw,
    /// Put text into the clipboard.
    Copy(String),
    /// Let the person edit a text in `$VISUAL` or `$EDITOR`.
    Edit { purpose: EditPurpose, text: String },
    /// Append to the prompt history.
    Remember(String),
    /// Keep the chosen theme in the user's settings.
    SaveTheme(String),
    /// Call the person, who looks elsewhere.
    Notify(String),
    /// Set the terminal's title.
    Title(String),
}

/// What an edited text is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditPurpose {
    Prompt,
    /// The comment of a permission question.
    Comment {
        ask: u32,
    },
    /// An entry of the memory store.
    Memory {
        id: MemoryId,
    },
    /// The plan that waits for a decision.
    Plan,
    /// A file of the person's own; the text that goes along counts for nothing.
    File {
        path: PathBuf,
        /// The page that it was opened from.
        page: PageKind,
    },
}
