//! Draws the question: what the folder brings, how much of it is below, the answers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{CHOICES, Choice, FolderQuestion, rows};
use crate::base::text;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};
use crate::widgets::wrap::clip_line;

/// The box is not wider than this.
const WIDEST: u16 = 100;

impl FolderQuestion {
    /// Makes the rows for this width and finds their place.
    pub(super) fn place(&mut self, area: Rect, theme: &Theme) {
        let width = area.width.min(WIDEST);
        let inner_width = width.saturating_sub(4);
        let key = Some((inner_width, theme.stamp()));
        if self.made_for != key {
            self.rows = rows::rows(&self.claims, inner_width, theme);
            self.made_for = key;
            self.end_seen = false;
        }
        let wanted = self.rows.len() + CHOICES.len() + 3;
        let height = wanted.min(usize::from(area.height)) as u16;
        self.frame = popup::centered(area, width, height);
        let inner = Rect {
            x: self.frame.x + 2.min(self.frame.width / 2),
            y: self.frame.y + 1.min(self.frame.height),
            width: self.frame.width.saturating_sub(4),
            height: self.frame.height.saturating_sub(2),
        };
        let answers = (CHOICES.len() as u16).min(inner.height);
        let rule = u16::from(inner.height > answers);
        let content = inner.height - answers - rule;
        self.content = Rect { height: content, ..inner };
        self.rule = Rect { y: inner.y + content, height: rule, ..inner };
        self.answers = Rect { y: inner.y + content + rule, height: answers, ..inner };
    }

    /// Draws it where the last settle put it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return;
        }
        let foot = "↑↓ Enter · PgDn read on · Esc go on without";
        popup::draw(self.frame, buf, theme, &Frame { title: "Do you trust this folder?", foot });
        for (place, row) in self.content.rows().zip(self.rows.iter().skip(self.scroll)) {
            buf.set_line(place.x, place.y, row, place.width);
        }
        self.draw_rule(theme, buf);
        for (index, (place, choice)) in self.answers.rows().zip(CHOICES).enumerate() {
            let focused = index == self.focus;
            let style = theme.style(if focused { Meaning::Selection } else { Meaning::Text });
            if focused {
                buf.set_style(place, style);
            }
            let words = match choice {
                Choice::Trust => "Trust it: all of this counts from now on, until it changes",
                Choice::Without => "Go on without: nothing of this is used",
                Choice::Quit => "Quit",
            };
            let mark = if focused { "› " } else { "  " };
            let key = if focused { style } else { theme.style(Meaning::Key) };
            let line = Line::from(vec![
                Span::styled(mark, style),
                Span::styled(format!("{} ", index + 1), key),
                Span::styled(text::clip(words, usize::from(place.width).saturating_sub(4)).into_owned(), style),
            ]);
            buf.set_line(place.x, place.y, &line, place.width);
        }
    }

    fn draw_rule(&self, theme: &Theme, buf: &mut Buffer) {
        let hidden = self.hidden_below();
        let (words, meaning) = match hidden {
            0 => (String::new(), Meaning::Border),
            _ if self.end_seen => (format!("─── {hidden} more rows, PgDn "), Meaning::Border),
            _ => (format!("─── {hidden} more rows, PgDn · trust waits for the end "), Meaning::Warning),
        };
        let line = "─".repeat(usize::from(self.rule.width).saturating_sub(text::width(&words)));
        let pieces = [(words.as_str(), theme.style(meaning)), (line.as_str(), theme.style(Meaning::Border))];
        let row = clip_line(pieces, usize::from(self.rule.width));
        for place in self.rule.rows() {
            buf.set_line(place.x, place.y, &row, place.width);
        }
    }
}
