//! Draws a question: its words, its choices, own words, and the preview of the choice with the focus.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Ask, Asked, Page};
use crate::base::text;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};
use crate::widgets::{markdown, row};

/// The box is not wider than this, and with previews from this width on they stand beside the choices.
const WIDEST: u16 = 120;
const BESIDE: u16 = 90;
/// Rows of a preview below the choices.
const PREVIEW: u16 = 7;

impl Ask {
    /// Derives what the next draw needs. The box stands at the lower edge, so that the conversation stays in view.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        let Some(asked) = self.asked.get(self.at) else { return };
        let width = area.width.min(WIDEST);
        let inner = width.saturating_sub(2);
        let has_preview = asked.question.options.iter().any(|option| option.preview.is_some());
        let beside = has_preview && inner >= BESIDE;
        let room = if beside { inner / 2 - 1 } else { inner };
        let mut page = Page::default();
        if self.asked.len() > 1 {
            let names: Vec<String> = self.asked.iter().map(Asked::tab).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            page.push(row::tabs(&names, self.at, room, theme), None);
        }
        page.words(&asked.question.question, (room, 0), theme.style(Meaning::Title), None);
        page.push(Line::default(), None);
        let cursor = choices(&mut page, asked, room, theme);
        let preview = asked.question.options.get(asked.focus).and_then(|option| option.preview.as_deref());
        // A line keeps the choices apart from what they mean.
        let preview_rows = if has_preview && !beside { PREVIEW + 1 } else { 0 };
        let wanted = page.lines.len() as u16 + preview_rows + 2;
        let height = wanted.max(if beside { 12 } else { 0 }).min(area.height);
        page.frame = Rect { x: area.x + (area.width - width) / 2, y: area.bottom() - height, width, height };
        let inside = super::super::picker::inside(page.frame);
        (page.body, page.preview) = if beside {
            let left = Rect { width: room, ..inside };
            (left, Rect { x: inside.x + room + 2, width: inside.width.saturating_sub(room + 2), ..inside })
        } else {
            let body = Rect { height: inside.height.saturating_sub(preview_rows), ..inside };
            let rest = inside.bottom().saturating_sub(body.bottom() + 1);
            page.line = (preview_rows > 0 && rest > 0).then_some(Rect { y: body.bottom(), height: 1, ..inside });
            (body, Rect { y: body.bottom() + 1, height: rest, ..inside })
        };
        let focus_row = page.rows.iter().position(|row| *row == Some(asked.focus)).unwrap_or(0);
        let shown = usize::from(page.body.height).max(1);
        if focus_row >= self.top + shown {
            self.top = focus_row + 1 - shown;
        }
        self.top = self.top.min(page.lines.len().saturating_sub(shown));
        page.cursor = cursor.and_then(|(line, column)| {
            let y = line.checked_sub(self.top).filter(|y| *y < shown)? as u16;
            Some(Position::new((page.body.x + column).min(page.body.right().saturating_sub(1)), page.body.y + y))
        });
        if let Some(preview) = preview {
            page.shown_preview = markdown::render(preview, page.preview.width, theme);
        }
        self.page = page;
    }

    /// Draws where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let page = &self.page;
        if page.frame.is_empty() || page.frame.intersection(buf.area) != page.frame {
            return None;
        }
        let title = match self.asked.len() {
            1 => "latigo asks".to_owned(),
            all => format!("latigo asks · {} of {all}", self.at + 1),
        };
        let several = self.asked.get(self.at).is_some_and(|asked| asked.question.multi_select);
        let foot = match (several, self.asked.len() > 1) {
            (true, true) => "Space choose · Enter go on · Tab next question · Esc close",
            (true, false) => "Space choose · Enter go on · Esc close",
            (false, true) => "↑↓ Enter · Tab next question · Esc close",
            (false, false) => "↑↓ Enter · Esc close",
        };
        popup::draw(page.frame, buf, theme, &Frame { title: &title, foot });
        for (place, line) in page.body.rows().zip(page.lines.iter().skip(self.top)) {
            buf.set_line(place.x, place.y, line, place.width);
        }
        if let Some(place) = page.line {
            let line = "─".repeat(usize::from(place.width));
            buf.set_stringn(place.x, place.y, line, place.width.into(), theme.style(Meaning::Border));
        }
        for (place, line) in page.preview.rows().zip(&page.shown_preview) {
            buf.set_line(place.x, place.y, line, place.width);
        }
        page.cursor
    }
}

/// The rows that can be chosen. The cursor's line and column come back while own words are written.
fn choices(page: &mut Page, asked: &Asked, room: u16, theme: &Theme) -> Option<(usize, u16)> {
    for (at, option) in asked.question.options.iter().enumerate() {
        let focused = at == asked.focus;
        let mark = if focused { "›" } else { " " };
        let sign = match (asked.question.multi_select, asked.chosen.contains(&at)) {
            (true, true) => "[x] ",
            (true, false) => "[ ] ",
            (false, true) => "✓ ",
            (false, false) => "",
        };
        let style = theme.style(if focused { Meaning::Selection } else { Meaning::Text });
        let words = format!("{mark} {} {sign}{}", at + 1, text::sanitize_line(&option.label));
        let words = text::clip(&words, room.into()).into_owned();
        page.push(Line::styled(words, style), Some(at));
        page.words(&option.description, (room, 4), theme.style(Meaning::Muted), Some(at));
    }
    let at = asked.question.options.len();
    let focused = at == asked.focus;
    let head = format!("{} {} Other: ", if focused { "›" } else { " " }, at + 1);
    let (shown, column) = asked.other.window(usize::from(room).saturating_sub(text::width(&head)));
    let style = theme.style(if focused { Meaning::Selection } else { Meaning::Text });
    let wide = text::width(&head);
    page.push(Line::from(vec![Span::styled(head, style), Span::styled(shown, theme.style(Meaning::Text))]), Some(at));
    focused.then(|| (page.lines.len() - 1, (wide + column) as u16))
}

impl Asked {
    fn tab(&self) -> String {
        let name = if self.question.header.trim().is_empty() { "question" } else { self.question.header.trim() };
        if self.answered { format!("✓ {name}") } else { name.to_owned() }
    }
}

impl Page {
    fn push(&mut self, line: Line<'static>, row: Option<usize>) {
        self.lines.push(line);
        self.rows.push(row);
    }

    fn words(&mut self, words: &str, (room, indent): (u16, usize), style: ratatui::style::Style, row: Option<usize>) {
        let words = text::sanitize(words);
        let room = usize::from(room).saturating_sub(indent).max(1);
        for part in words.lines().flat_map(|line| text::wrap_plain(line, room)) {
            self.push(Line::styled(format!("{:indent$}{part}", ""), style), row);
        }
    }
}
