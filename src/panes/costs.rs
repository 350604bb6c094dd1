//! `/cost`: the sums of the ledger, by model, tool, agent, session, day, project or request. The engine adds them up
//! from the ledger; this pane asks and shows.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::facts::Facts;
use super::purse::used;
use super::sidebar::percent;
use crate::base::text;
use crate::domain::{Act, CostGroup, CostQuery, CostReport, CostRow, CostScope, MoneyRequest, Request};
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};

/// Columns of the numbers.
const NUMBER: usize = 9;
/// Columns of the last one, money.
const MONEY: usize = 10;
/// A name gets at least so many.
const NAME: usize = 14;

/// The open pane.
#[derive(Debug, Default)]
pub struct Costs {
    query: CostQuery,
    report: Option<CostReport>,
    caps: Vec<String>,
    top: usize,
    area: Rect,
}

impl Costs {
    /// Opens it and asks for the first sums.
    pub fn open(facts: &Facts) -> (Self, Vec<Act>) {
        let caps = facts.money.caps.iter().map(|state| {
            let kind = if state.cap.hard { "hard" } else { "soft" };
            format!("{kind} cap, {}: {}", state.cap.scope.name(), used(state))
        });
        let costs = Self { caps: caps.collect(), ..Self::default() };
        let acts = costs.ask();
        (costs, acts)
    }

    /// Takes a key. None closes it.
    pub fn key(&mut self, key: KeyEvent) -> Option<Vec<Act>> {
        let page = usize::from(self.area.height.saturating_sub(6)).max(1);
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return None,
            KeyCode::Down | KeyCode::Char('j') => self.top += 1,
            KeyCode::Up | KeyCode::Char('k') => self.top = self.top.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.top += page,
            KeyCode::PageUp => self.top = self.top.saturating_sub(page),
            KeyCode::Home | KeyCode::Char('g') => self.top = 0,
            KeyCode::Right | KeyCode::Tab => return Some(self.turn(1)),
            KeyCode::Left | KeyCode::BackTab => return Some(self.turn(CostGroup::ALL.len() - 1)),
            KeyCode::Char('s') => {
                self.query.scope = match self.query.scope {
                    CostScope::Session => CostScope::Project,
                    CostScope::Project => CostScope::All,
                    CostScope::All => CostScope::Session,
                };
                self.top = 0;
                return Some(self.ask());
            }
            _ => {}
        }
        Some(Vec::new())
    }

    /// The wheel, in rows.
    pub fn wheel(&mut self, rows: i16) {
        self.top = self.top.saturating_add_signed(isize::from(rows));
    }

    /// An answer came.
    pub fn hear(&mut self, report: &CostReport) {
        if report.query == self.query {
            self.report = Some(report.clone());
        }
    }

    fn turn(&mut self, by: usize) -> Vec<Act> {
        let at = CostGroup::ALL.iter().position(|group| *group == self.query.group).unwrap_or(0);
        self.query.group = CostGroup::ALL[(at + by) % CostGroup::ALL.len()];
        self.top = 0;
        self.ask()
    }

    fn ask(&self) -> Vec<Act> {
        vec![Act::Send(Request::Money(MoneyRequest::Report(self.query.clone())))]
    }

    /// Finds its place.
    pub fn settle(&mut self, area: Rect) {
        self.area = area;
        let rows = self.report.as_ref().map_or(0, |report| report.rows.len());
        self.top = self.top.min(rows.saturating_sub(1));
    }

    /// Draws it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) {
        let frame = Frame { title: "cost", foot: "← → by what · s scope · j k scroll · Esc close" };
        let inner = popup::draw(self.area, buf, theme, &frame);
        let inner = if inner.width > 4 { Rect { x: inner.x + 1, width: inner.width - 2, ..inner } } else { inner };
        let mut lines = vec![self.tabs(theme), self.scope(theme), Line::default()];
        match &self.report {
            None => lines.push(Line::styled("adding up …", theme.style(Meaning::Muted))),
            Some(report) => lines.extend(self.rows(report, usize::from(inner.width), theme)),
        }
        lines.push(Line::default());
        lines.extend(self.caps.iter().map(|cap| Line::styled(cap.clone(), theme.style(Meaning::Muted))));
        for (line, y) in lines.iter().zip(inner.y..inner.bottom()) {
            buf.set_line(inner.x, y, line, inner.width);
        }
    }

    fn tabs(&self, theme: &Theme) -> Line<'static> {
        let tab = |group: &CostGroup| {
            let on = *group == self.query.group;
            let name = if on { format!("[{}] ", group.name()) } else { format!(" {}  ", group.name()) };
            Span::styled(name, theme.style(if on { Meaning::Title } else { Meaning::Muted }))
        };
        Line::from(CostGroup::ALL.iter().map(tab).collect::<Vec<_>>())
    }

    fn scope(&self, theme: &Theme) -> Line<'static> {
        let words = match self.query.scope {
            CostScope::Session => "of this session",
            CostScope::Project => "of this project, all sessions",
            CostScope::All => "of everything",
        };
        Line::styled(words, theme.style(Meaning::Muted))
    }

    fn rows(&self, report: &CostReport, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        let by_tool = report.query.group == CostGroup::Tool;
        let heads =
            if by_tool { ["calls", "re-read", "cached", "time"] } else { ["requests", "input", "cached", "output"] };
        let mut lines = vec![line("", &heads.map(str::to_owned), "cost", width, theme.style(Meaning::Heading))];
        if report.rows.is_empty() {
            lines.push(Line::styled("nothing has been spent yet", theme.style(Meaning::Muted)));
        }
        for row in report.rows.iter().skip(self.top) {
            lines.push(row_line(row, by_tool, width, theme.style(Meaning::Text)));
        }
        let room = usize::from(self.area.height).saturating_sub(8 + self.caps.len()).max(3);
        lines.truncate(room);
        lines.push(row_line(&report.total, by_tool, width, theme.style(Meaning::Title)));
        if let Some(rate) = report.total.usage.hit_rate() {
            let words = format!("{} % of the input was read from the provider's cache", percent(rate));
            lines.push(Line::styled(words, theme.style(Meaning::Muted)));
        }
        if report.total.cost().is_none() {
            let words = "+ the price of a part is unknown; your settings can add it under models";
            lines.push(Line::styled(words, theme.style(Meaning::Warning)));
        }
        if report.damaged > 0 {
            let words = format!("{} lines of the ledger could not be read", report.damaged);
            lines.push(Line::styled(words, theme.style(Meaning::Warning)));
        }
        lines
    }
}

fn row_line(row: &CostRow, by_tool: bool, width: usize, style: ratatui::style::Style) -> Line<'static> {
    let usage = &row.usage;
    let tokens = text::human_tokens;
    let cells = if by_tool {
        [row.calls.to_string(), tokens(row.carried), tokens(row.carried_cached), text::human_ms(row.duration_ms)]
    } else {
        [row.requests.to_string(), tokens(usage.prompt()), tokens(usage.cache_read), tokens(usage.output)]
    };
    line(&text::sanitize_line(&row.name), &cells, &money(row), width, style)
}

/// Dollars, with a plus where the price of a part is unknown.
pub fn money(row: &CostRow) -> String {
    match (row.unpriced, row.dollars) {
        (0, dollars) => text::exact_cost(dollars),
        (_, dollars) if dollars > 0.0 => format!("{}+", text::exact_cost(dollars)),
        _ => "unknown".to_owned(),
    }
}

fn line(name: &str, cells: &[String; 4], last: &str, width: usize, style: ratatui::style::Style) -> Line<'static> {
    // Narrow screens give up numbers from the left; the name and the money stay.
    let room = width.saturating_sub(MONEY);
    let shown = (room.saturating_sub(NAME) / NUMBER).min(cells.len());
    let name_room = room - shown * NUMBER;
    let mut row = text::clip(name, name_room.saturating_sub(1)).into_owned();
    row.push_str(&" ".repeat(name_room.saturating_sub(text::width(&row))));
    for cell in &cells[cells.len() - shown..] {
        let cell = format!("{cell:>NUMBER$}");
        row.push_str(&cell);
    }
    let last = format!("{last:>MONEY$}");
    row.push_str(&last);
    Line::styled(row, style)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::{Cap, CapScope, CapState, Limit, Usage};

    fn row(name: &str, requests: u64, usage: Usage, dollars: f64) -> CostRow {
        CostRow { name: name.into(), requests, usage, dollars, ..CostRow::default() }
    }

    fn screen(width: u16, height: u16, group: CostGroup) -> String {
        let cap = Cap { scope: CapScope::Session, limit: Limit::Dollars(2.0), hard: true };
        let mut facts = Facts::default();
        facts.money.caps.push(CapState { cap, dollars: 0.42, tokens: 0 });
        let (mut costs, acts) = Costs::open(&facts);
        assert_eq!(acts.len(), 1);
        while costs.query.group != group {
            costs.key(KeyEvent::from(KeyCode::Right)).unwrap();
        }
        let usage = Usage { input: 7_292, cache_read: 1_024, output: 184, ..Usage::default() };
        let read = CostRow {
            name: "Read".into(),
            calls: 3,
            carried: 4_100,
            carried_cached: 900,
            dollars: 0.0006,
            duration_ms: 120,
            ..CostRow::default()
        };
        let rows =
            if group == CostGroup::Tool { vec![read] } else { vec![row("openai/gpt-4o-mini", 4, usage, 0.00128)] };
        costs.hear(&CostReport {
            query: costs.query.clone(),
            rows,
            total: row("total", 4, usage, 0.00128),
            damaged: 0,
        });
        let area = Rect { x: 0, y: 0, width, height };
        let mut buf = Buffer::empty(area);
        costs.settle(area);
        costs.view(&Theme::load("no-color", &[]).0, &mut buf);
        let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn sums_by_model_and_tool() {
        insta::assert_snapshot!("costs_model_80x16", screen(80, 16, CostGroup::Model));
        insta::assert_snapshot!("costs_tool_120x16", screen(120, 16, CostGroup::Tool));
        insta::assert_snapshot!("costs_model_40x12", screen(40, 12, CostGroup::Model));
    }
}
