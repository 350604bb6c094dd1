//! What the terminal says to whatever lies over the panes: dialogs, overlays, full-screen lists.

use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Position;

/// One thing said. While something lies over the panes it hears everything; what has no use for a kind of it lets it go.
#[derive(Clone, Debug)]
pub enum Said {
    Key(KeyEvent),
    /// A bracketed paste. It goes into a text field and never answers a question.
    Paste(String),
    /// A click, in cells of the screen.
    Click(Position),
    /// The wheel, in rows.
    Wheel(i16),
}
