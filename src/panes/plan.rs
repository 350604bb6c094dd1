//! A plan: shown as Markdown, edited in the person's editor, approved or sent back with a comment. The same pane shows
//! earlier plans again, then without a decision.

use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::permission::DEAD_MS;
use super::permission::field::Field;
use super::picker::inside;
use crate::base::text;
use crate::domain::{Act, EditPurpose, Mode, PersonRequest, PlanDecision, Request, TeamRequest};
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::markdown;
use crate::widgets::popup::{self, Frame};

/// The answers with their keys.
const CHOICES: [(&str, &str); 3] = [
    ("1", "Yes, and let edits run from here on"),
    ("2", "Yes, and ask about each change"),
    ("3", "No, keep planning, with a comment"),
];

/// The pane.
#[derive(Debug)]
pub struct Plan {
    /// The call that waits; none when the plan is only shown.
    call_id: Option<String>,
    file: String,
    text: String,
    edited: bool,
    focus: usize,
    /// Open while a comment is written.
    comment: Option<Field>,
    armed_at: u64,
    top: usize,
    lines: Vec<Line<'static>>,
    made_for: Option<(u16, u64)>,
    frame: Rect,
    body: Rect,
    answers: Rect,
}

impl Plan {
    /// A plan that waits for a decision, or, without a call, one that is shown again.
    pub fn new(call_id: Option<String>, file: String, text: String, now: u64) -> Self {
        let armed_at = if call_id.is_some() { now + DEAD_MS } else { now };
        Self {
            call_id,
            file,
            text,
            edited: false,
            focus: 0,
            comment: None,
            armed_at,
            top: 0,
            lines: Vec::new(),
            made_for: None,
            frame: Rect::default(),
            body: Rect::default(),
            answers: Rect::default(),
        }
    }

    pub fn call_id(&self) -> Option<&str> {
        self.call_id.as_deref()
    }

    /// The text as the person left it in the editor.
    pub fn set_text(&mut self, text: String) {
        if text.trim_end() != self.text.trim_end() {
            self.text = text;
            self.edited = true;
            self.made_for = None;
        }
    }

    /// Takes one message. The flag tells whether the pane is to be closed.
    pub fn update(&mut self, said: Said, now: u64) -> (Vec<Act>, bool) {
        match said {
            Said::Wheel(rows) => {
                self.scroll(rows.into());
                (Vec::new(), false)
            }
            _ if now < self.armed_at => (Vec::new(), false),
            Said::Paste(text) => {
                if let Some(comment) = &mut self.comment {
                    comment.insert(&text.lines().collect::<Vec<_>>().join(" "));
                }
                (Vec::new(), false)
            }
            Said::Click(at) => match at.y.checked_sub(self.answers.y) {
                Some(row) if self.answers.contains(at) && self.comment.is_none() => self.choose(row.into()),
                _ => (Vec::new(), false),
            },
            Said::Key(key) if self.comment.is_some() => self.key_comment(&key),
            Said::Key(key) => self.key(&key),
        }
    }

    fn key(&mut self, key: &KeyEvent) -> (Vec<Act>, bool) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let waits = self.call_id.is_some();
        match key.code {
            KeyCode::Char('g') if ctrl && waits => {
                let act = Act::Edit { purpose: EditPurpose::Plan, text: self.text.clone() };
                return (vec![act], false);
            }
            KeyCode::Esc if waits => return self.decide(PlanDecision::Rejected { comment: None }),
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') if !waits => return (Vec::new(), true),
            KeyCode::Enter => return self.choose(self.focus),
            KeyCode::Up if waits => self.focus = (self.focus + CHOICES.len() - 1) % CHOICES.len(),
            KeyCode::Down if waits => self.focus = (self.focus + 1) % CHOICES.len(),
            KeyCode::Char('1' | 'a') if waits => return self.choose(0),
            KeyCode::Char('2' | 'y') if waits => return self.choose(1),
            KeyCode::Char('3' | 'n' | 'c') if waits => return self.choose(2),
            KeyCode::Char('j') | KeyCode::Down => self.scroll(1),
            KeyCode::Char('k') | KeyCode::Up => self.scroll(-1),
            KeyCode::PageDown | KeyCode::Char(' ' | 'd') => self.scroll(self.page()),
            KeyCode::PageUp | KeyCode::Char('u') => self.scroll(-self.page()),
            KeyCode::Home | KeyCode::Char('g') => self.top = 0,
            KeyCode::End | KeyCode::Char('G') => self.scroll(isize::MAX),
            _ => {}
        }
        (Vec::new(), false)
    }

    fn key_comment(&mut self, key: &KeyEvent) -> (Vec<Act>, bool) {
        let Some(comment) = &mut self.comment else { return (Vec::new(), false) };
        match key.code {
            KeyCode::Esc => self.comment = None,
            KeyCode::Enter => {
                let words = comment.text().trim().to_owned();
                if !words.is_empty() {
                    return self.decide(PlanDecision::Rejected { comment: Some(words) });
                }
            }
            _ => drop(comment.key(key)),
        }
        (Vec::new(), false)
    }

    fn choose(&mut self, choice: usize) -> (Vec<Act>, bool) {
        self.focus = choice;
        match choice {
            0 => self.decide(PlanDecision::Approved { mode: Mode::AcceptEdits }),
            1 => self.decide(PlanDecision::Approved { mode: Mode::Default }),
            _ => {
                self.comment = Some(Field::default());
                (Vec::new(), false)
            }
        }
    }

    fn decide(&self, decision: PlanDecision) -> (Vec<Act>, bool) {
        let Some(call_id) = self.call_id.clone() else { return (Vec::new(), true) };
        let edited = self.edited.then(|| self.text.clone());
        let request = PersonRequest::Decide { call_id, decision, edited };
        (vec![Act::Send(Request::Team(TeamRequest::Person(request)))], true)
    }

    fn page(&self) -> isize {
        (self.body.height / 2).max(1) as isize
    }

    fn scroll(&mut self, rows: isize) {
        let last = self.lines.len().saturating_sub(self.body.height.into());
        self.top = self.top.saturating_add_signed(rows).min(last);
    }

    /// Milliseconds until keys count.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        (now < self.armed_at).then(|| self.armed_at - now)
    }

    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        self.frame = area;
        let inner = inside(area);
        let rows = if self.call_id.is_some() { CHOICES.len() as u16 + 1 } else { 0 };
        self.body = Rect { height: inner.height.saturating_sub(rows), ..inner };
        let below = rows.saturating_sub(1);
        self.answers = Rect { y: inner.bottom().saturating_sub(below), height: below.min(inner.height), ..inner };
        let key = Some((self.body.width, theme.stamp()));
        if self.made_for != key {
            self.lines = markdown::render(&self.text, self.body.width, theme);
            self.made_for = key;
        }
        self.scroll(0);
    }

    /// Draws where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return None;
        }
        // The name says which plan it is; the folder is the same for all.
        let name = Path::new(&self.file).file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| self.file.clone());
        let file = text::sanitize_line(&name);
        let changed = if self.edited { " · changed by you" } else { "" };
        let title = format!("plan{changed} · {}", text::clip(&file, usize::from(self.frame.width).saturating_sub(30)));
        let foot = match (&self.comment, &self.call_id) {
            (Some(_), _) => "Enter send · Esc back",
            (None, Some(_)) => "↑↓ Enter · j k scroll · Ctrl+G edit · Esc stop",
            (None, None) => "j k scroll · Esc close",
        };
        popup::draw(self.frame, buf, theme, &Frame { title: &title, foot });
        for (place, line) in self.body.rows().zip(self.lines.iter().skip(self.top)) {
            buf.set_line(place.x, place.y, line, place.width);
        }
        self.call_id.as_ref()?;
        self.draw_rule(theme, buf);
        if let Some(comment) = &self.comment {
            return self.draw_comment(comment, theme, buf);
        }
        self.draw_choices(theme, buf);
        None
    }

    fn draw_rule(&self, theme: &Theme, buf: &mut Buffer) {
        let below = self.lines.len().saturating_sub(self.top + usize::from(self.body.height));
        let words = if below > 0 { format!("─── {below} more rows, j ") } else { String::new() };
        let room = usize::from(self.body.width);
        let line = format!("{words}{}", "─".repeat(room.saturating_sub(text::width(&words))));
        buf.set_stringn(self.body.x, self.body.bottom(), line, room, theme.style(Meaning::Border));
    }

    fn draw_choices(&self, theme: &Theme, buf: &mut Buffer) {
        for (at, (place, (key, words))) in self.answers.rows().zip(CHOICES).enumerate() {
            let focused = at == self.focus;
            let base = theme.style(if focused { Meaning::Selection } else { Meaning::Text });
            let key_style = if focused { base } else { theme.style(Meaning::Key) };
            let mark = if focused { "› " } else { "  " };
            let line = Line::from(vec![
                Span::styled(mark, base),
                Span::styled(format!("{key} "), key_style),
                Span::styled(words, base),
            ]);
            buf.set_line(place.x, place.y, &line, place.width);
        }
    }

    fn draw_comment(&self, comment: &Field, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let mut rows = self.answers.rows();
        let head = rows.next()?;
        let words = "What shall be different?";
        buf.set_stringn(head.x, head.y, words, head.width.into(), theme.style(Meaning::Muted));
        let place = rows.next()?;
        let (shown, column) = comment.window(usize::from(place.width).saturating_sub(2));
        buf.set_stringn(place.x, place.y, "❯ ", place.width.into(), theme.style(Meaning::Accent));
        buf.set_stringn(place.x + 2, place.y, shown, place.width.saturating_sub(2).into(), theme.style(Meaning::Text));
        Some(Position::new((place.x + 2 + column as u16).min(place.right().saturating_sub(1)), place.y))
    }
}
