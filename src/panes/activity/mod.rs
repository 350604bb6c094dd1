//! Every tool call in order: when, what, how far, how long, how many tokens, and why it may run.
//!
//! It keeps which row is chosen; the calls themselves are in the facts.

mod details;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::conversation::{Scene, call_duration, call_sign, call_summary, call_tail};
use super::facts::{Call, CallState, Facts};
use crate::base::text;
use crate::domain::{Act, Request, Verdict};
use crate::theme::Meaning;
use crate::usage::estimate;

pub use details::details;

/// State of the pane.
#[derive(Debug, Default)]
pub struct Activity {
    /// The chosen call; none follows the newest.
    selected: Option<usize>,
    /// The call in the top row.
    top: usize,
}

/// What can be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Msg {
    Move(i64),
    First,
    Last,
    /// Stops the chosen call, if it runs.
    Kill,
    /// Chooses the call in this row of the pane.
    Click(u16),
}

impl Activity {
    /// Takes one message.
    pub fn update(&mut self, msg: Msg, facts: &Facts) -> Vec<Act> {
        let count = facts.calls.list().len();
        let last = count.saturating_sub(1);
        match msg {
            Msg::Move(step) => {
                let from = self.selected.unwrap_or(last) as i64;
                self.selected = Some(from.saturating_add(step).clamp(0, last as i64) as usize);
            }
            Msg::First => self.selected = Some(0),
            Msg::Last => self.selected = None,
            Msg::Click(row) => self.selected = Some(self.top + usize::from(row)).filter(|index| *index < count),
            Msg::Kill => {
                let running = self.chosen(facts).filter(|call| call.state == CallState::Running);
                return running
                    .map(|call| vec![Act::Send(Request::Kill { call_id: call.id.clone() })])
                    .unwrap_or_default();
            }
        }
        Vec::new()
    }

    /// Follows the newest again.
    pub fn deselect(&mut self) {
        self.selected = None;
    }

    /// The call that keys act on.
    pub fn chosen<'a>(&self, facts: &'a Facts) -> Option<&'a Call> {
        let list = facts.calls.list();
        match self.selected {
            Some(index) => list.get(index),
            // A running call is what a person wants to see or stop.
            None => list.iter().rev().take(64).find(|call| call.state == CallState::Running).or(list.last()),
        }
    }

    /// Finds the rows that are on screen.
    pub fn settle(&mut self, facts: &Facts, height: u16) {
        let (count, height) = (facts.calls.list().len(), usize::from(height));
        let bottom = count.saturating_sub(height);
        self.top = match self.selected {
            None => bottom,
            Some(selected) => self.top.clamp((selected + 1).saturating_sub(height), selected).min(bottom),
        };
    }

    /// Draws the rows that the last settle found; the chosen one is marked while the pane has the focus.
    pub fn view(&self, scene: Scene<'_>, focused: bool, area: Rect, buf: &mut Buffer) {
        let list = scene.facts.calls.list();
        if list.is_empty() {
            let line = Line::styled("no tool has been called yet", scene.theme.style(Meaning::Muted));
            buf.set_line(area.x, area.y, &line, area.width);
            return;
        }
        let Some(chosen) = self.chosen(scene.facts) else { return };
        for (call, y) in list.iter().skip(self.top).zip(area.y..area.bottom()) {
            buf.set_line(area.x, y, &row(call, scene, area.width), area.width);
            if focused && chosen.id == call.id {
                buf.set_style(Rect { y, height: 1, ..area }, scene.theme.style(Meaning::Selection));
            }
        }
        let used = (list.len().saturating_sub(self.top) as u16).min(area.height);
        let spare = Rect { y: area.y + used, height: area.height - used, ..area };
        live_output(chosen, scene, spare, buf);
    }
}

/// The end of a running call's output, in the rows that are left.
fn live_output(call: &Call, scene: Scene<'_>, area: Rect, buf: &mut Buffer) {
    if call.state != CallState::Running {
        return;
    }
    let lines = call_tail(call, usize::from(area.height), area.width.saturating_sub(4), scene.theme);
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        buf.set_line(area.x, y, line, area.width);
    }
}

/// Why a call may run or not: the rule and where it stands, or the sentence.
pub fn because(verdict: &Verdict) -> String {
    let because = &verdict.because;
    match (&because.rule, &because.source) {
        (Some(rule), Some(source)) => format!("rule {rule} ({source})"),
        (Some(rule), None) => format!("rule {rule}"),
        _ => because.text.clone(),
    }
}

/// The time of day, `12:03`.
pub fn clock(at: u64, utc_offset: i32) -> String {
    let local = (at / 1_000) as i64 + i64::from(utc_offset);
    let minutes = local.rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn row(call: &Call, scene: Scene<'_>, width: u16) -> Line<'static> {
    let theme = scene.theme;
    let (sign, meaning, word) = call_sign(call.state);
    let name = text::sanitize_line(&call.name);
    let mut head = format!("{word:8}");
    if let Some(took) = call_duration(call, scene.now) {
        head = format!("{head} {}", text::human_ms(took));
    }
    let tokens = match call.result_bytes() {
        0 => String::new(),
        bytes => format!("  ~{} tok", text::human_tokens(estimate(bytes))),
    };
    let why = call.verdict.as_ref().map(|verdict| format!("  because {}", because(verdict))).unwrap_or_default();
    let why = text::sanitize_line(&why);
    let what = match call_summary(call) {
        "" => call.title.clone(),
        summary => format!("{} · {summary}", call.title),
    };
    let what = text::sanitize_line(&what);
    let room = usize::from(width).saturating_sub(8 + 12 + text::width(&head) + text::width(&tokens));
    let what = text::clip(&what, room.saturating_sub(text::width(&why).min(room / 2))).into_owned();
    let why = text::clip(&why, room.saturating_sub(text::width(&what))).into_owned();
    Line::from(vec![
        Span::styled(
            format!("{} ", clock(call.started_at.unwrap_or(call.asked_at), scene.utc_offset)),
            theme.style(Meaning::Muted),
        ),
        Span::styled(format!("{sign} "), theme.style(meaning)),
        Span::styled(format!("{:10} ", text::clip(&name, 10)), theme.style(Meaning::Tool)),
        Span::styled(head, theme.style(meaning)),
        Span::styled(format!("{tokens}  "), theme.style(Meaning::Muted)),
        Span::styled(what, theme.style(Meaning::Text)),
        Span::styled(why, theme.style(Meaning::Muted)),
    ])
}
