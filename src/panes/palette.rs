//! The palette (Ctrl+P): every command and every action of the keymap in one list that is searched.
//!
//! It names what was chosen; running it is the app's part.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::picker::{Entry, Outcome, Picker};
use crate::commands;
use crate::domain::CommandFile;
use crate::panes::said::Said;
use crate::theme::Theme;

/// An action of the app that can be chosen here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What the app knows it by.
    pub id: String,
    /// What it does, in words.
    pub name: String,
    /// Its key, such as `Ctrl+T`; empty when it has none.
    pub key: String,
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// A command line, to be run as if it had been typed; `complete` is false when an argument must follow.
    Command { line: String, complete: bool },
    /// The id of an [`Action`].
    Action(String),
}

/// What came of a message.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The palette stays open.
    No,
    Cancelled,
    Chosen(Pick),
}

/// The open palette.
#[derive(Debug)]
pub struct Palette {
    picks: Vec<Pick>,
    picker: Picker,
}

impl Palette {
    /// A palette of the built-in commands, the command files and these actions.
    pub fn new(files: &[CommandFile], actions: Vec<Action>) -> Self {
        let mut picks = Vec::new();
        let mut entries = Vec::new();
        let mut add = |pick: Pick, name: String, detail: String| {
            picks.push(pick);
            entries.push(Entry { name, detail, current: false });
        };
        for action in actions {
            add(Pick::Action(action.id), action.name, action.key);
        }
        for completion in commands::complete("", files) {
            let complete = !completion.argument_hint.as_deref().is_some_and(|hint| hint.starts_with('<'));
            let line = format!("/{}", completion.name);
            let name =
                if completion.summary.is_empty() { line.clone() } else { format!("{line}  {}", completion.summary) };
            add(Pick::Command { line, complete }, name, String::new());
        }
        Self { picks, picker: Picker::new("Commands and actions", entries) }
    }

    pub fn update(&mut self, said: Said) -> Done {
        match self.picker.update(said) {
            Outcome::Nothing | Outcome::Preview(_) => Done::No,
            Outcome::Cancelled => Done::Cancelled,
            Outcome::Chosen(index) => self.picks.get(index).cloned().map_or(Done::No, Done::Chosen),
        }
    }

    pub fn settle(&mut self, area: Rect) {
        self.picker.settle(area);
    }

    /// Draws where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        self.picker.view(theme, buf)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent};

    use super::*;

    fn palette() -> Palette {
        let action =
            |id: &str, name: &str, key: &str| Action { id: id.to_owned(), name: name.to_owned(), key: key.to_owned() };
        Palette::new(
            &[],
            vec![action("mode.next", "Next permission mode", "Shift+Tab"), action("redraw", "Draw again", "Ctrl+L")],
        )
    }

    fn typed(palette: &mut Palette, text: &str) -> Done {
        text.chars().for_each(|letter| drop(palette.update(Said::Key(KeyEvent::from(KeyCode::Char(letter))))));
        palette.update(Said::Key(KeyEvent::from(KeyCode::Enter)))
    }

    #[test]
    fn actions_and_commands_are_chosen_by_their_words() {
        assert_eq!(typed(&mut palette(), "next permission"), Done::Chosen(Pick::Action("mode.next".to_owned())));
        let pick = Pick::Command { line: "/compact".to_owned(), complete: true };
        assert_eq!(typed(&mut palette(), "summarise conv"), Done::Chosen(pick));
        let pick = Pick::Command { line: "/title".to_owned(), complete: false };
        assert_eq!(typed(&mut palette(), "/title"), Done::Chosen(pick));
    }

    #[test]
    fn screens() {
        for (width, height) in [(80, 24), (40, 10)] {
            let mut palette = palette();
            let area = Rect::new(0, 0, width, height);
            palette.settle(area);
            let mut buf = Buffer::empty(area);
            palette.view(&Theme::default(), &mut buf);
            let rows =
                (0..height).map(|y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned());
            insta::assert_snapshot!(format!("palette_{width}x{height}"), rows.collect::<Vec<_>>().join("\n"));
        }
    }
}
