//! The prompt: the text being written, its history, completion, pastes, and the messages that wait.
//!
//! It says what was submitted; what that means, and what Esc and Ctrl+C do, is the app's decision.

mod completion;
mod dropped;
mod editor;
mod edits;
mod history;
mod keys;
mod layout;
mod paste;
mod view;

use std::sync::Arc;

use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Size;

use self::completion::Popup;
use self::editor::Editor;
use self::history::{Past, Search};
use self::layout::Layout;
use self::paste::Pastes;
use crate::domain::{Act, Body, CommandFile, Event, Input, Live, Queued};

/// Milliseconds after which the list of files is asked for again.
const FILES_FRESH_MS: u64 = 5_000;

/// The prompt's keys, for help.
pub const KEYS: &[(&str, &str)] = &[
    ("Enter", "Send"),
    ("Shift+Enter, Alt+Enter", "New line; also Ctrl+J, or a backslash before Enter"),
    ("/  @  !", "Command, file, shell command"),
    ("Tab", "Take the completion"),
    ("Up, Down", "Rows, then earlier prompts; Up on an empty prompt takes a waiting message back"),
    ("Ctrl+R", "Search earlier prompts; Ctrl+G gives up"),
    ("Ctrl+A, Ctrl+E", "Start and end of the line"),
    ("Alt+B, Alt+F", "Back and forward by a word"),
    ("Ctrl+W, Alt+D", "Delete the word before, behind"),
    ("Ctrl+U, Ctrl+K", "Delete to the start, to the end of the line"),
    ("Ctrl+Y", "Bring back what was deleted"),
    ("Ctrl+_, Alt+_", "Undo, redo"),
    ("Ctrl+S", "Put the prompt aside, take it back"),
];

/// Input of the prompt.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(KeyEvent),
    /// A bracketed paste.
    Paste(String),
    /// A click, in cells from the prompt's own corner.
    Click {
        column: u16,
        row: u16,
    },
}

/// What came of a message.
#[must_use]
#[derive(Debug, Default)]
pub struct Reply {
    pub acts: Vec<Act>,
    /// The person sent this.
    pub submitted: Option<Submission>,
    /// The prompt had a use for the message.
    pub used: bool,
}

/// Something that was sent from the prompt.
#[derive(Clone, Debug, PartialEq)]
pub enum Submission {
    Prompt(Input),
    /// A shell command, without its `!`.
    Shell(String),
    /// A line that starts with a slash and names a command, or tries to: see `commands::parse`. A name that
    /// does not exist stays in the prompt for mending.
    Command(String),
}

/// The prompt's state.
#[derive(Debug, Default)]
pub struct Composer {
    editor: Editor,
    layout: Layout,
    pastes: Pastes,
    past: Past,
    popup: Popup,
    search: Option<Search>,
    /// The text is a shell command; its `!` is the mark and not in the text.
    shell: bool,
    stash: Option<String>,
    queue: Vec<Queued>,
    commands: Vec<CommandFile>,
    files: Arc<Vec<String>>,
    /// When the files were asked for.
    files_asked: Option<u64>,
    /// The revision that popup and layout belong to.
    seen: Option<u64>,
    size: Size,
    /// First row of the text that is shown.
    scroll: usize,
    /// The column that Up and Down keep to, at this revision.
    goal: Option<(u64, usize)>,
}

impl Composer {
    /// An empty prompt with earlier prompts, oldest first.
    pub fn new(history: Vec<String>) -> Self {
        Self { past: Past::new(history), size: Size::new(80, 1), ..Self::default() }
    }

    /// Nothing is written and no mark is set.
    pub fn is_empty(&self) -> bool {
        self.editor.is_empty() && !self.shell
    }

    /// Another number after every change of the text.
    pub fn revision(&self) -> u64 {
        self.editor.revision()
    }

    /// The text is a shell command.
    pub fn is_shell(&self) -> bool {
        self.shell
    }

    /// The history is being searched.
    pub fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// The whole text with pastes put in and `!` in front of a shell command, as an editor shall see it.
    pub fn text(&mut self) -> String {
        let written = self.written();
        self.pastes.expand(&written)
    }

    /// Puts a text into the prompt in place of what is there, such as one that comes back from an editor.
    pub fn set_text(&mut self, text: &str) {
        /// What is longer is not worth editing in a prompt and would make every key slow.
        const LARGE: usize = 16 << 10;
        if text.len() > LARGE {
            self.write("");
            self.paste(text.to_owned());
        } else {
            self.write(text);
        }
    }

    /// Empties the prompt; what was there can be called back with Up.
    pub fn clear(&mut self) -> Vec<Act> {
        let written = self.written();
        self.write("");
        self.past.rest();
        let acts = self.remember(written);
        self.trim();
        acts
    }

    /// Closes the list or the search, if one is open; false when there was nothing to close.
    pub fn escape(&mut self) -> bool {
        self.sync();
        if self.search.take().is_some() {
            return true;
        }
        let open = self.popup.is_open();
        self.popup.close();
        open
    }

    /// Takes in what the prompt shows of the session.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Opened { info, records } => {
                self.commands.clone_from(&info.commands);
                let last = records.iter().rev().find_map(|record| match &record.body {
                    Body::QueueSet { queue } => Some(queue.clone()),
                    _ => None,
                });
                self.queue = last.unwrap_or_default();
                self.files_asked = None;
                self.seen = None;
            }
            Event::Live(Live::Info(info)) => {
                self.commands.clone_from(&info.commands);
                self.seen = None;
            }
            Event::Live(Live::Files(files)) => {
                self.files = Arc::clone(files);
                self.seen = None;
            }
            Event::Recorded(record) => {
                if let Body::QueueSet { queue } = &record.body {
                    self.queue.clone_from(queue);
                }
            }
            Event::Live(_) | Event::Closed => {}
        }
    }

    /// Rows that the prompt would like to have at this width, `max` at most.
    pub fn desired_height(&mut self, width: u16, max: u16) -> u16 {
        self.size.width = width;
        self.sync();
        let rows = self.head_rows(max) + self.layout.rows();
        rows.clamp(1, usize::from(max.max(1))) as u16
    }

    /// Derives what the next draw at this size needs.
    pub fn settle(&mut self, size: Size) {
        self.size = size;
        self.sync();
        let height = usize::from(size.height).saturating_sub(self.head_rows(size.height)).max(1);
        let (row, _) = self.layout.locate(self.editor.spot());
        let last = self.layout.rows().saturating_sub(height);
        self.scroll = self.scroll.clamp((row + 1).saturating_sub(height), row).min(last);
    }

    /// Takes one message. `now` in milliseconds.
    pub fn update(&mut self, msg: Msg, now: u64) -> Reply {
        match msg {
            Msg::Key(key) => self.key(&key, now),
            Msg::Paste(text) => {
                self.paste(text);
                Reply::used()
            }
            Msg::Click { column, row } => {
                self.click(column, row);
                Reply::used()
            }
        }
    }
}

impl Reply {
    fn used() -> Self {
        Self { used: true, ..Self::default() }
    }

    fn act(act: Act) -> Self {
        Self { acts: vec![act], ..Self::used() }
    }
}

#[cfg(test)]
mod tests;
