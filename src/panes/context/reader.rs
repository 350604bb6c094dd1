//! A text or a difference to read: it scrolls and closes.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Reply, inside, scrolled};
use crate::domain::Shown;
use crate::panes::said::Said;
use crate::theme::Theme;
use crate::widgets::{popup, shown};

/// Rows that are laid out at most.
const ROWS: usize = 20_000;

/// The open text.
#[derive(Debug)]
pub struct Reader {
    title: String,
    shown: Shown,
    lines: Vec<Line<'static>>,
    /// The width and theme for which they were made.
    key: (u16, u64),
    frame: Rect,
    top: usize,
    height: usize,
}

impl Reader {
    pub fn new(title: String, shown: Shown) -> Self {
        Self { title, shown, lines: Vec::new(), key: (0, 0), frame: Rect::ZERO, top: 0, height: 0 }
    }

    pub fn text(title: String, text: String) -> Self {
        Self::new(title, Shown::Text { text, language: None })
    }

    pub(super) fn update(&mut self, said: Said) -> Reply {
        match said {
            Said::Key(key) => match (key.code, scrolled(&key, self.top, self.height)) {
                (_, Some(top)) => self.top = top,
                (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q'), _) => return Reply::closed(),
                _ => {}
            },
            Said::Wheel(rows) => self.top = self.top.saturating_add_signed(rows.into()),
            Said::Paste(_) | Said::Click(_) => {}
        }
        self.top = self.top.min(self.lines.len().saturating_sub(self.height));
        Reply::default()
    }

    pub(super) fn settle(&mut self, area: Rect, theme: &Theme) {
        self.frame = area;
        let key = (area.width.saturating_sub(4), theme.stamp());
        if self.key != key {
            self.lines = shown::lines(&self.shown, key.0, theme, ROWS);
            self.key = key;
        }
        self.height = usize::from(area.height.saturating_sub(2));
        self.top = self.top.min(self.lines.len().saturating_sub(self.height));
    }

    pub(super) fn view(&self, theme: &Theme, buf: &mut Buffer) {
        let frame = popup::Frame { title: &self.title, foot: "j k scroll · Esc close" };
        let inner = inside(self.frame, (theme, buf), &frame);
        for (line, place) in self.lines.iter().skip(self.top).zip(inner.rows()) {
            buf.set_line(place.x, place.y, line, place.width);
        }
    }
}
