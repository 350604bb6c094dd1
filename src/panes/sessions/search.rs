//! The browser's other face: what was said and done in all sessions, found by its words.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::age;
use super::field::Field;
use crate::base::text;
use crate::domain::{Act, Found, Hit, LibraryRequest, Request};
use crate::theme::{Meaning, Theme};
use crate::widgets::list::ListState;
use crate::widgets::wrap::clip_line;

/// Milliseconds that typing must rest before it is searched.
const REST_MS: u64 = 90;
/// Rows of one hit.
const ROWS: u16 = 2;

/// The state of the search.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) query: Field,
    number: u32,
    /// When the query changed, while it was not asked yet.
    changed: Option<u64>,
    found: Option<Found>,
    state: ListState,
    rows: Rect,
}

impl Search {
    /// Starts with this query, to be asked at once.
    pub(super) fn new(query: &str, number: u32) -> Self {
        Self { query: Field::new(query), number, changed: Some(0), ..Self::default() }
    }

    /// The answer to the newest question replaces what was there; the choice stays on its hit.
    pub(super) fn hear(&mut self, found: &Found) {
        if found.number != self.number || found.query != self.query.text() {
            return;
        }
        let chosen = self.chosen().map(|hit| (hit.session, hit.agent.clone(), hit.seq, hit.kind));
        self.found = Some(found.clone());
        let at = found.hits.iter().position(|hit| Some((hit.session, hit.agent.clone(), hit.seq, hit.kind)) == chosen);
        self.state.select(at.unwrap_or(0));
    }

    /// The hit with the choice.
    pub(super) fn chosen(&self) -> Option<&Hit> {
        self.found.as_ref()?.hits.get(self.state.selected())
    }

    fn len(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.hits.len())
    }

    pub(super) fn by(&mut self, rows: isize) {
        self.state.by(rows, self.len());
    }

    /// Takes a key that moves or types.
    pub(super) fn key(&mut self, key: &KeyEvent, now: u64) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = isize::from((self.rows.height / ROWS).saturating_sub(1).max(2) as i16);
        match key.code {
            KeyCode::Up => self.by(-1),
            KeyCode::Down => self.by(1),
            KeyCode::Char('p' | 'k') if ctrl => self.by(-1),
            KeyCode::Char('n' | 'j') if ctrl => self.by(1),
            KeyCode::PageUp => self.by(-page),
            KeyCode::PageDown => self.by(page),
            KeyCode::Home => self.state.select(0),
            KeyCode::End => self.state.select(self.len().saturating_sub(1)),
            _ => {
                if self.query.key(key) {
                    self.changed = Some(now);
                }
            }
        }
    }

    pub(super) fn paste(&mut self, text: &str, now: u64) {
        self.query.paste(text);
        self.changed = Some(now);
    }

    /// Chooses what is under the mouse. True when it was chosen before.
    pub(super) fn click(&mut self, at: Position) -> bool {
        if !self.rows.contains(at) {
            return false;
        }
        let row = self.state.top() + usize::from((at.y - self.rows.y) / ROWS);
        let again = row == self.state.selected() && row < self.len();
        if row < self.len() {
            self.state.select(row);
        }
        again
    }

    /// Asks when typing has rested.
    pub(super) fn ask(&mut self, now: u64) -> Vec<Act> {
        let Some(_) = self.changed.filter(|changed| now >= changed.saturating_add(REST_MS)) else { return Vec::new() };
        self.changed = None;
        if self.query.text().trim().is_empty() {
            self.found = None;
            return Vec::new();
        }
        self.number = self.number.wrapping_add(1);
        let request = LibraryRequest::Search { query: self.query.text().to_owned(), number: self.number };
        vec![Act::Send(Request::Library(request))]
    }

    pub(super) fn next_tick(&self, now: u64) -> Option<u64> {
        self.changed.map(|changed| changed.saturating_add(REST_MS).saturating_sub(now))
    }

    pub(super) fn settle(&mut self, rows: Rect) {
        self.rows = rows;
        let len = self.len();
        self.state.settle(len, (rows.height / ROWS).max(1));
    }

    /// What the title says of it.
    pub(super) fn title(&self) -> String {
        match &self.found {
            None => "Search in all sessions".to_owned(),
            Some(found) => {
                let count = found.hits.len();
                let more = if found.more { "+" } else { "" };
                let reading = match found.reading {
                    Some((_, 0)) => " · looking for what is new".to_owned(),
                    Some((read, all)) => {
                        format!(" · reading {} of {}", text::human_bytes(read), text::human_bytes(all))
                    }
                    None => String::new(),
                };
                format!("Search in all sessions · {count}{more}{reading}")
            }
        }
    }

    /// Draws the hits: a row that says where, a row that says what.
    pub(super) fn view(&self, theme: &Theme, now: u64, buf: &mut Buffer) {
        let rows = self.rows;
        if let Some(words) = self.words() {
            let meaning = if self.problem().is_some() { Meaning::Warning } else { Meaning::Muted };
            for (line, y) in text::wrap_plain(&text::sanitize(&words), usize::from(rows.width.max(1)))
                .iter()
                .zip(rows.y..rows.bottom())
            {
                buf.set_stringn(rows.x, y, line, rows.width.into(), theme.style(meaning));
            }
            return;
        }
        let Some(found) = &self.found else { return };
        let shown = found.hits.iter().enumerate().skip(self.state.top());
        for ((index, hit), y) in shown.zip((rows.y..rows.bottom()).step_by(ROWS.into())) {
            let chosen = index == self.state.selected();
            let place = Rect { y, height: ROWS.min(rows.bottom() - y), ..rows };
            if chosen {
                buf.set_style(place, theme.style(Meaning::Selection));
            }
            buf.set_line(rows.x, y, &where_line(hit, chosen, (rows.width, now), theme), rows.width);
            if place.height > 1 {
                buf.set_line(rows.x, y + 1, &what_line(hit, chosen, rows.width, theme), rows.width);
            }
        }
    }

    fn problem(&self) -> Option<&str> {
        self.found.as_ref().and_then(|found| found.problem.as_deref())
    }

    /// What stands there instead of hits.
    fn words(&self) -> Option<String> {
        let Some(found) = &self.found else {
            let words = if self.query.text().trim().is_empty() {
                "Prompts, answers, what tools were asked and answered, changes, titles.\n\
                 Filters: project: tool: file: model: in:prompt after:2026-11-01 before:yesterday date:2026-10\n\
                 \"a phrase\"  -without"
            } else {
                "Looking …"
            };
            return Some(words.to_owned());
        };
        match (&found.problem, found.hits.is_empty(), found.reading) {
            (Some(problem), ..) => Some(problem.clone()),
            (None, true, Some(_)) => Some("Looking …".to_owned()),
            (None, true, None) => Some("Nothing was found".to_owned()),
            (None, false, _) => None,
        }
    }
}

fn where_line(hit: &Hit, chosen: bool, (width, now): (u16, u64), theme: &Theme) -> Line<'static> {
    let base = theme.style(if chosen { Meaning::Selection } else { Meaning::Text });
    let muted = if chosen { base } else { theme.style(Meaning::Muted) };
    let title = if hit.title.trim().is_empty() { "(no title)" } else { hit.title.trim() };
    let kind = match &hit.tool {
        Some(tool) => format!("{} {tool}", hit.kind.name()),
        None => hit.kind.name().to_owned(),
    };
    let kind = if hit.agent.is_some() { format!("{kind} of an agent") } else { kind };
    let project = hit.project.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let facts = format!("  {kind} · {project} · {}", age(hit.at, now));
    let facts = text::sanitize_line(&facts).into_owned();
    let room = usize::from(width).saturating_sub(2 + text::width(&facts)).max(12);
    let title = text::sanitize_line(title);
    let title = text::clip(&title, room).into_owned();
    let sign = if chosen { "› " } else { "  " };
    let pieces = [(sign, base), (title.as_str(), base.add_modifier(Modifier::BOLD)), (facts.as_str(), muted)];
    clip_line(pieces, width.into())
}

fn what_line(hit: &Hit, chosen: bool, width: u16, theme: &Theme) -> Line<'static> {
    let base = theme.style(if chosen { Meaning::Selection } else { Meaning::Muted });
    let found = base.patch(theme.style(Meaning::Match));
    let mut spans = vec![("    ".to_owned(), base)];
    for (is_found, piece) in &hit.passage {
        spans.push((text::sanitize_line(piece).into_owned(), if *is_found { found } else { base }));
    }
    let line = clip_line(spans.iter().map(|(text, style)| (text.as_str(), *style)), width.into());
    Line::from(line.spans.into_iter().collect::<Vec<Span<'static>>>())
}
