//! Draws the list of agents, or the conversation of one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Agents;
use crate::base::text;
use crate::domain::{AgentOutcome, AgentState};
use crate::panes::conversation::Scene;
use crate::panes::facts::{self, AgentRow};
use crate::panes::picker::inside;
use crate::theme::{Meaning, Theme};
use crate::widgets::list;
use crate::widgets::popup::{self, Frame};

/// Seconds without an event after which an agent is marked.
const QUIET_S: u64 = 15;
/// The least that is left of a task, in columns.
const SHORTEST: usize = 12;

/// An agent in one short row, for the sidebar: pieces and their looks.
pub fn agent_row(row: &AgentRow, all: &facts::Agents, now: u64) -> [(String, Meaning); 3] {
    let (sign, meaning) = sign(row, all, now);
    let age = age(row, now).map(|age| format!(" {age}")).unwrap_or_default();
    let kind = (row.start.kind.clone(), color(row).unwrap_or(meaning));
    [(format!("{sign} "), meaning), kind, (format!("{age} {}", row.start.task), meaning)]
}

/// The look that its file asks for.
fn color(row: &AgentRow) -> Option<Meaning> {
    row.start.color.as_deref().and_then(Meaning::of_agent)
}

fn sign(row: &AgentRow, all: &facts::Agents, now: u64) -> (&'static str, Meaning) {
    match (&row.end, row.state) {
        (None, AgentState::Asking) => ("?", Meaning::Warning),
        (None, _) if quiet(row, all, now) => ("!", Meaning::Warning),
        (None, AgentState::Retrying) => ("↻", Meaning::Warning),
        (None, _) => ("◐", Meaning::Accent),
        (Some(end), _) => match end.outcome {
            AgentOutcome::Done => ("●", Meaning::Success),
            AgentOutcome::TurnCap => ("●", Meaning::Warning),
            AgentOutcome::Stopped => ("■", Meaning::Muted),
            AgentOutcome::Failed => ("✗", Meaning::Error),
        },
    }
}

/// Nothing was heard of it for long, nor of those that it waits for.
fn quiet(row: &AgentRow, all: &facts::Agents, now: u64) -> bool {
    let silent = |row: &AgentRow| {
        row.state != AgentState::Asking && now.saturating_sub(row.at.max(row.since)) >= QUIET_S * 1_000
    };
    silent(row) && all.below(&row.start.agent).all(silent)
}

/// How long ago its last event was, once that says something.
fn age(row: &AgentRow, now: u64) -> Option<String> {
    let seconds = now.saturating_sub(row.at.max(row.since)) / 1_000;
    (row.lives() && seconds >= 2).then(|| text::human_ms(seconds * 1_000))
}

fn state(row: &AgentRow, all: &facts::Agents, now: u64) -> String {
    if let Some(end) = &row.end {
        let word = match end.outcome {
            AgentOutcome::Done => "done",
            AgentOutcome::TurnCap => "at its limit",
            AgentOutcome::Stopped => "stopped",
            AgentOutcome::Failed => "failed",
        };
        return format!("{word} after {}", text::human_ms(end.duration_ms));
    }
    let what = match row.state {
        AgentState::Asking => "asks you".to_owned(),
        AgentState::Retrying => format!("tries again: {}", row.last),
        AgentState::Thinking | AgentState::Working => row.last.clone(),
    };
    match age(row, now) {
        Some(age) if quiet(row, all, now) => format!("silent for {age}: {what}"),
        Some(age) => format!("{what} · {age}"),
        None => what,
    }
}

fn figures(row: &AgentRow) -> String {
    let calls = if row.calls == 1 { "1 call".to_owned() } else { format!("{} calls", row.calls) };
    if row.tally.requests == 0 {
        return calls;
    }
    let tokens = text::human_tokens(row.tally.usage.prompt() + row.tally.usage.output);
    match row.tally.cost() {
        Some(cost) => format!("{calls} · {tokens} · {}", text::human_cost(cost)),
        None => format!("{calls} · {tokens}"),
    }
}

/// The task of a row, as long as it leaves the state in sight.
fn task(row: &AgentRow, room: usize) -> String {
    let task = text::sanitize_line(&row.start.task);
    text::clip(&task, room.max(SHORTEST)).into_owned()
}

fn indent(row: &AgentRow) -> &'static str {
    if row.start.parent.is_some() { "  ↳ " } else { "" }
}

impl Agents {
    pub(super) fn place(&mut self, area: Rect) {
        self.frame = area;
        let inner = inside(area);
        let low = inner.height / 2;
        let kinds = if low > 6 { low } else { 0 };
        self.rows = Rect { height: inner.height.saturating_sub(kinds), ..inner };
    }

    /// Draws where the last settle put it.
    pub fn view(&self, scene: Scene<'_>, buf: &mut Buffer) {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return;
        }
        if self.opened.is_some() {
            return self.view_opened(scene, buf);
        }
        let living = scene.facts.work.agents.living().count();
        let title = format!("agents · {living} running of {}", self.ids.len());
        let foot = "Enter conversation · x stop · X stop those in the background · Esc close";
        popup::draw(self.frame, buf, scene.theme, &Frame { title: &title, foot });
        let item = |at: usize| self.item(at, scene);
        list::draw(self.list, self.ids.len(), item, (self.rows, buf), scene.theme);
        self.tint(scene, buf);
        if self.ids.is_empty() {
            let words = "No agent has run in this session. The model starts them with the tool Agent.";
            let style = scene.theme.style(Meaning::Muted);
            buf.set_stringn(self.rows.x, self.rows.y, words, self.rows.width.into(), style);
        }
        self.view_kinds(scene, buf);
    }

    /// Gives the kinds their colours; the chosen row keeps its own look.
    fn tint(&self, scene: Scene<'_>, buf: &mut Buffer) {
        for (y, at) in (self.rows.top()..self.rows.bottom()).zip(self.list.top()..self.ids.len()) {
            let row = self.ids.get(at).and_then(|id| scene.facts.work.agents.find(id));
            let Some((row, color)) = row.and_then(|row| Some((row, color(row)?))) else { continue };
            // Behind the list's mark, the indent, the sign and a space.
            let before = (text::width(indent(row)) + 4) as u16;
            let width = text::width(&text::sanitize_line(&row.start.kind)) as u16;
            let kind = Rect { x: self.rows.x + before, y, width, height: 1 };
            if at != self.list.selected() {
                buf.set_style(kind.intersection(self.rows), scene.theme.style(color));
            }
        }
    }

    fn item(&self, at: usize, scene: Scene<'_>) -> list::Item<'static> {
        let row = self.ids.get(at).and_then(|id| scene.facts.work.agents.find(id));
        let Some(row) = row else { return list::Item::default() };
        let all = &scene.facts.work.agents;
        let (sign, _) = sign(row, all, scene.now);
        let below = indent(row);
        let apart = if row.start.background { " (background)" } else { "" };
        let (figures, state) = (figures(row), state(row, all, scene.now));
        let head = format!("{below}{sign} {} · ", row.start.kind);
        let taken = text::width(&head) + text::width(apart) + text::width(&figures) + 8;
        let room = usize::from(self.rows.width).saturating_sub(taken);
        // State and last event matter more than the whole of the task.
        let task = task(row, room.saturating_sub(text::width(&state).min(room * 2 / 3)));
        let text = format!("{head}{task}{apart} — {state}");
        list::Item { text: text.into(), marks: Vec::new().into(), detail: figures.into() }
    }

    /// The kinds of agents that there are, below the list where there is room.
    fn view_kinds(&self, scene: Scene<'_>, buf: &mut Buffer) {
        let inner = inside(self.frame);
        let area = Rect { y: self.rows.bottom(), height: inner.bottom() - self.rows.bottom(), ..inner };
        let kinds = scene.facts.info.as_ref().map(|info| info.agents.as_slice()).unwrap_or_default();
        for (at, place) in area.rows().enumerate() {
            let line = match at {
                0 => Line::styled("─".repeat(usize::from(place.width)), scene.theme.style(Meaning::Border)),
                1 => Line::styled("kinds", scene.theme.style(Meaning::Title)),
                at => match kinds.get(at - 2) {
                    Some(kind) => kind_line(kind, place.width, scene.theme),
                    None => break,
                },
            };
            buf.set_line(place.x, place.y, &line, place.width);
        }
    }

    fn view_opened(&self, scene: Scene<'_>, buf: &mut Buffer) {
        let Some(opened) = &self.opened else { return };
        let row = scene.facts.work.agents.find(&opened.agent);
        let title = row.map_or_else(|| opened.agent.clone(), |row| format!("{} · {}", row.start.kind, row.start.task));
        let title = text::sanitize_line(&title).into_owned();
        let foot = "j k scroll · Enter unfold · x stop · Esc back";
        let inner = popup::draw(self.frame, buf, scene.theme, &Frame { title: &title, foot });
        if let Some(row) = row {
            let all = &scene.facts.work.agents;
            let (sign, meaning) = sign(row, all, scene.now);
            let model = &row.start.model.id;
            let line = format!("{sign} {} · {} · {model}", state(row, all, scene.now), figures(row));
            let line = text::clip(&text::sanitize_line(&line), inner.width.into()).into_owned();
            buf.set_stringn(inner.x, inner.y, line, inner.width.into(), scene.theme.style(meaning));
        }
        opened.conversation.view(scene.theme, opened.area, buf);
    }
}

fn kind_line(kind: &crate::domain::AgentFile, width: u16, theme: &Theme) -> Line<'static> {
    let name = text::sanitize_line(&kind.name).into_owned();
    let source = text::sanitize_line(&kind.source).into_owned();
    let room = usize::from(width).saturating_sub(text::width(&name) + text::width(&source) + 5);
    let words = text::sanitize_line(&kind.description);
    let color = kind.color.as_deref().and_then(Meaning::of_agent);
    Line::from(vec![
        Span::styled(format!("{name} "), theme.style(color.unwrap_or(Meaning::Tool))),
        Span::styled(format!("({source})  "), theme.style(Meaning::Muted)),
        Span::styled(text::clip(&words, room).into_owned(), theme.style(Meaning::Text)),
    ])
}
