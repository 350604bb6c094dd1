//! Draws the timeline: the conversation and the state as they were, and the bar with all events.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::super::picker::inside;
use super::words::words;
use super::{Places, SPEEDS, Timeline};
use crate::base::text;
use crate::domain::Body;
use crate::panes::sidebar::todo_row;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};

/// From this width on the state stands beside the conversation.
const WIDE: u16 = 90;
/// Columns of the state.
const STATE: u16 = 36;

impl Timeline {
    pub(super) fn place(&mut self, area: Rect) {
        let inner = inside(area);
        let low = inner.height.min(3);
        let body = Rect { height: inner.height - low, ..inner };
        let bar = Rect {
            y: body.bottom() + low.saturating_sub(2),
            height: low.min(1),
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
        };
        let line = Rect { y: body.bottom() + low.saturating_sub(1), ..bar };
        let (talk, state) = match (inner.width >= WIDE, self.state_shown) {
            (true, _) => {
                let left = body.width - STATE - 2;
                (Rect { width: left, ..body }, Rect { x: body.x + left + 2, width: STATE, ..body })
            }
            (false, true) => (Rect::default(), body),
            (false, false) => (body, Rect::default()),
        };
        self.places = Places { frame: area, talk, state, bar, line };
    }

    /// Draws where the last settle put it.
    pub fn view(&self, theme: &Theme, utc_offset: i32, buf: &mut Buffer) {
        let Places { frame, talk, state, bar, line } = self.places;
        if frame.is_empty() || frame.intersection(buf.area) != frame {
            return;
        }
        let foot = if frame.width >= WIDE {
            "← → step · p n prompts · Space play · + - speed · j k scroll · o unfold · f fork here · Enter open · Esc close"
        } else {
            "← → step · p n prompts · Space play · Tab state · f fork · Esc"
        };
        let title = self
            .moment
            .facts
            .title
            .as_deref()
            .map_or_else(|| "Timeline".to_owned(), |title| format!("Timeline · {title}"));
        popup::draw(frame, buf, theme, &Frame { title: &title, foot });
        if !self.loaded {
            let inner = inside(frame);
            buf.set_stringn(inner.x, inner.y, "Looking …", inner.width.into(), theme.style(Meaning::Muted));
            return;
        }
        self.moment.conversation.view(theme, talk, buf);
        for (row, y) in self.state_lines(theme, state.width, utc_offset).iter().zip(state.y..state.bottom()) {
            buf.set_line(state.x, y, row, state.width);
        }
        if talk.right() < state.x {
            for y in state.y..state.bottom() {
                buf.set_stringn(state.x - 1, y, "│", 1, theme.style(Meaning::Border));
            }
        }
        self.view_bar(theme, bar, buf);
        buf.set_line(line.x, line.y, &self.line(theme, line.width, utc_offset), line.width);
    }

    /// All events on one row: prompts, failures, the place, and what is still to come.
    fn view_bar(&self, theme: &Theme, bar: Rect, buf: &mut Buffer) {
        let last = self.stops.len().saturating_sub(1).max(1);
        let width = usize::from(bar.width);
        let column = |stop: usize| bar.x + (stop * width.saturating_sub(1) / last) as u16;
        let here = column(self.at);
        for x in bar.x..bar.right() {
            let (sign, meaning) = if x <= here { ("━", Meaning::Accent) } else { ("─", Meaning::Border) };
            buf.set_stringn(x, bar.y, sign, 1, theme.style(meaning));
        }
        for (stop, index) in self.stops.iter().enumerate() {
            let Some(record) = self.records.get(*index) else { continue };
            let (sign, meaning) = match &record.body {
                Body::Prompted { .. } => ("┃", Meaning::You),
                Body::CallDone { result, .. } if result.is_error => ("✗", Meaning::Error),
                Body::Compacted { .. } | Body::Cleared => ("┋", Meaning::Warning),
                _ => continue,
            };
            buf.set_stringn(column(stop), bar.y, sign, 1, theme.style(meaning));
        }
        buf.set_stringn(here, bar.y, "●", 1, theme.style(Meaning::Accent).add_modifier(Modifier::BOLD));
    }

    /// Where it stands, and what happened there.
    fn line(&self, theme: &Theme, width: u16, utc_offset: i32) -> Line<'static> {
        let Some(record) = self.record() else {
            return Line::styled("nothing has happened yet", theme.style(Meaning::Muted));
        };
        let played = match self.playing {
            Some(_) => format!("▶ ×{} ", SPEEDS.get(self.speed).copied().unwrap_or(1)),
            None => String::new(),
        };
        // Of a long session this is a part.
        let before = if self.begins_after.is_some() { "… " } else { "" };
        let behind = if self.more { " …" } else { "" };
        let place =
            format!("{played}{before}{}/{}{behind} {} ", self.at + 1, self.stops.len(), clock(record.at, utc_offset));
        let what = text::sanitize_line(&words(record, &self.moment)).into_owned();
        let room = usize::from(width).saturating_sub(text::width(&place));
        Line::from(vec![
            Span::styled(place, theme.style(Meaning::Muted)),
            Span::styled(text::clip(&what, room).into_owned(), theme.style(Meaning::Text)),
        ])
    }

    /// The state at this moment, as rows.
    fn state_lines(&self, theme: &Theme, width: u16, utc_offset: i32) -> Vec<Line<'static>> {
        let moment = &self.moment;
        let facts = &moment.facts;
        let mut rows = Rows { theme, width: width.into(), lines: Vec::new() };
        let since = self.records.first().map_or(0, |record| moment.at.saturating_sub(record.at));
        rows.fact("time", &format!("{} · {} in", clock(moment.at, utc_offset), text::human_ms(since)));
        rows.fact("model", facts.model_name().unwrap_or("none"));
        rows.fact("mode", facts.mode.name());
        rows.fact("folder", &moment.cwd.display().to_string());
        let context = text::human_tokens(facts.ledger.context);
        rows.fact("context", &format!("{context} tokens"));
        let sum = &facts.ledger.session;
        let cost = sum.cost().map_or_else(|| "price unknown".to_owned(), text::human_cost);
        rows.fact("cost", &cost);
        let (input, output) = (text::human_tokens(sum.usage.prompt()), text::human_tokens(sum.usage.output));
        rows.fact("tokens", &format!("{input} in · {output} out"));
        if let Some(rate) = facts.ledger.hit_rate() {
            rows.fact("cache", &format!("{:.0} % hit", rate * 100.0));
        }
        let (allowed, asked, denied) = moment.decisions;
        rows.fact("gate", &format!("{allowed} allowed · {asked} asked · {denied} denied"));
        rows.list("rules added", moment.rules.iter().map(String::as_str));
        if !facts.queue.is_empty() {
            rows.list("waiting", facts.queue.iter().map(|queued| queued.text.as_str()));
        }
        if !facts.todos.is_empty() {
            rows.head(&format!("todos {} of {}", facts.progress().0, facts.todos.len()));
            for todo in &facts.todos {
                let (sign, content, meaning) = todo_row(todo);
                rows.row(&format!("{sign} {content}"), meaning);
            }
        }
        if !moment.files.is_empty() {
            rows.head(&format!("files changed {}", moment.files.len()));
            for (path, (added, removed)) in &moment.files {
                rows.row(&format!("+{added} −{removed} {path}"), Meaning::Text);
            }
        }
        rows.lines
    }
}

/// Rows that are being put together.
struct Rows<'t> {
    theme: &'t Theme,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl Rows<'_> {
    fn fact(&mut self, name: &str, value: &str) {
        let value = text::sanitize_line(value);
        let value = text::clip(&value, self.width.saturating_sub(9)).into_owned();
        self.lines.push(Line::from(vec![
            Span::styled(format!("{name:<9}"), self.theme.style(Meaning::Muted)),
            Span::styled(value, self.theme.style(Meaning::Text)),
        ]));
    }

    fn head(&mut self, words: &str) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(words.to_owned(), self.theme.style(Meaning::Title)));
    }

    fn row(&mut self, words: &str, meaning: Meaning) {
        let words = text::sanitize_line(words);
        self.lines.push(Line::styled(text::clip(&words, self.width).into_owned(), self.theme.style(meaning)));
    }

    fn list<'a>(&mut self, head: &str, items: impl Iterator<Item = &'a str>) {
        let items: Vec<&str> = items.collect();
        if !items.is_empty() {
            self.head(head);
            for item in items {
                self.row(item, Meaning::Text);
            }
        }
    }
}

/// The time of day where the person is.
fn clock(at: u64, utc_offset: i32) -> String {
    let seconds = (at / 1_000) as i64 + i64::from(utc_offset);
    let day = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", day / 3_600, day / 60 % 60, day % 60)
}
