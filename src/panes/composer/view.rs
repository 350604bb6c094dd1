//! Draws the prompt: waiting messages, the search, the text with its mark, and the list above it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use unicode_segmentation::UnicodeSegmentation;

use super::Composer;
use super::completion::{Item, MOST};
use super::edits::MARK_WIDTH;
use super::layout::{Row, drawn};
use crate::base::text;
use crate::theme::{Meaning, Theme};
use crate::widgets::fuzzy;
use crate::widgets::wrap::clip_line;

/// Waiting messages that are shown; the rest is a number.
const QUEUE_ROWS: usize = 3;

const HINT: &str = "Type a task · / commands · @ files · ! shell · ? help";

impl Composer {
    /// Rows above the text: half of the prompt's room at most.
    pub(super) fn head_rows(&self, max: u16) -> usize {
        let queue = self.queue.len().min(QUEUE_ROWS + 1);
        (queue + usize::from(self.search.is_some())).min(usize::from(max) / 2)
    }

    /// Draws into `area`, and the list over the rows above it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return None;
        }
        let head = self.head_rows(area.height) as u16;
        let [above, below] = split(area, head);
        let searching = self.draw_head(theme, above, buf);
        let cursor = self.draw_text(theme, below, buf);
        self.draw_list(theme, below, buf);
        searching.or(cursor)
    }

    fn draw_head(&self, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
        let mut rows = area.rows();
        let mut cursor = None;
        let room = usize::from(area.height).saturating_sub(usize::from(self.search.is_some()));
        let all = self.queue.len() <= room;
        let shown = if all { self.queue.len() } else { room.saturating_sub(1) };
        let style = theme.style(Meaning::Muted);
        for (waiting, row) in self.queue.iter().take(shown).zip(rows.by_ref()) {
            let line = text::sanitize_line(&waiting.text);
            let line = format!("⧗ {}", text::clip(&line, usize::from(row.width).saturating_sub(2)));
            buf.set_stringn(row.x, row.y, line, usize::from(row.width), style);
        }
        if !all
            && room > 0
            && let Some(row) = rows.next()
        {
            let line = format!("⧗ … {} more waiting", self.queue.len() - shown);
            buf.set_stringn(row.x, row.y, line, usize::from(row.width), style);
        }
        if let Some(search) = &self.search
            && let Some(row) = rows.next()
        {
            let name = if search.failed() { "no such prompt: " } else { "search prompts: " };
            let query = text::sanitize_line(&search.query);
            let line = Line::from(vec![
                Span::styled(name, theme.style(Meaning::Accent)),
                Span::styled(query.as_ref(), theme.style(Meaning::Text)),
            ]);
            let used = line.width().min(usize::from(row.width).saturating_sub(1));
            buf.set_line(row.x, row.y, &line, row.width);
            cursor = Some(Position::new(row.x + used as u16, row.y));
        }
        cursor
    }

    fn draw_text(&self, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
        let (mark, meaning) = if self.shell { ("! ", Meaning::Warning) } else { ("❯ ", Meaning::Accent) };
        buf.set_stringn(area.x, area.y, mark, usize::from(area.width), theme.style(meaning));
        let inner = Rect {
            x: area.x.saturating_add(MARK_WIDTH).min(area.right()),
            width: area.width.saturating_sub(MARK_WIDTH),
            ..area
        };
        if self.is_empty() && self.search.is_none() {
            let hint = text::clip(HINT, usize::from(inner.width));
            buf.set_stringn(inner.x, inner.y, hint, usize::from(inner.width), theme.style(Meaning::Placeholder));
        }
        for (place, (row, content)) in inner.rows().zip(self.layout.from(self.scroll)) {
            buf.set_line(place.x, place.y, &self.styled(theme, row, content), place.width);
        }
        let (row, x) = self.layout.locate(self.editor.spot());
        let y = row.checked_sub(self.scroll).filter(|y| *y < usize::from(inner.height))? as u16;
        let x = (x as u16).min(inner.width.saturating_sub(1));
        (inner.width > 0).then(|| Position::new(inner.x + x, inner.y + y))
    }

    /// One row of the text, with place-holders in a colour of their own.
    fn styled(&self, theme: &Theme, row: Row, content: &str) -> Line<'static> {
        let ranges = self.pastes.ranges(self.editor.line(row.line));
        let mut spans: Vec<(bool, String)> = Vec::new();
        for (at, cluster) in content.grapheme_indices(true) {
            let held = ranges.iter().any(|range| range.contains(&(row.start + at)));
            match spans.last_mut() {
                Some((same, text)) if *same == held => text.push_str(&drawn(cluster)),
                _ => spans.push((held, drawn(cluster).into_owned())),
            }
        }
        let style = |held: bool| theme.style(if held { Meaning::Accent } else { Meaning::Text });
        Line::from(spans.into_iter().map(|(held, text)| Span::styled(text, style(held))).collect::<Vec<_>>())
    }

    fn draw_list(&self, theme: &Theme, prompt: Rect, buf: &mut Buffer) {
        let items = self.popup.items();
        let room = usize::from(prompt.y.saturating_sub(buf.area.y)).min(MOST);
        let count = items.len().min(room);
        if count == 0 {
            return;
        }
        let first = (self.popup.selected() + 1).saturating_sub(count);
        let area = Rect { y: prompt.y - count as u16, height: count as u16, ..prompt };
        Clear.render(area, buf);
        buf.set_style(area, theme.style(Meaning::Surface));
        let shown = items.iter().enumerate().skip(first).take(count);
        let label_width = shown.clone().map(|(_, item)| text::width(&text::sanitize_line(&item.label))).max();
        let label_width = label_width.unwrap_or(0).min(usize::from(area.width) / 2);
        for (place, (index, item)) in area.rows().zip(shown) {
            let selected = index == self.popup.selected();
            draw_item(theme, item, (selected, label_width), place, buf);
        }
    }
}

/// One line of the list; `marks` are whether it is chosen and the width of the first column.
fn draw_item(theme: &Theme, item: &Item, marks: (bool, usize), place: Rect, buf: &mut Buffer) {
    let (selected, label_width) = marks;
    let base = theme.style(if selected { Meaning::Selection } else { Meaning::Surface });
    buf.set_style(place, base);
    let pointer = if selected { "› " } else { "  " };
    let mut spans = vec![Span::styled(pointer, base)];
    let label = text::sanitize_line(&item.label);
    let full = usize::from(place.width).saturating_sub(2);
    if item.detail.is_empty() {
        let pieces = fuzzy::pieces(&item.label, &item.hits, base, theme);
        let pieces = pieces.iter().map(|(text, style)| (text.as_str(), *style));
        spans.extend(clip_line(pieces, full).spans);
    } else {
        let label = text::clip(&label, label_width.max(12));
        let pad = label_width.saturating_sub(text::width(&label)) + 2;
        let detail = text::sanitize_line(&item.detail).into_owned();
        let detail = text::clip(&detail, full.saturating_sub(text::width(&label) + pad)).into_owned();
        let muted = if selected { base } else { base.patch(theme.style(Meaning::Muted)) };
        spans.push(Span::styled(label.into_owned(), base));
        spans.push(Span::styled(format!("{}{detail}", " ".repeat(pad)), muted));
    }
    buf.set_line(place.x, place.y, &Line::from(spans), place.width);
}

fn split(area: Rect, head: u16) -> [Rect; 2] {
    let head = head.min(area.height.saturating_sub(1));
    [Rect { height: head, ..area }, Rect { y: area.y + head, height: area.height - head, ..area }]
}
