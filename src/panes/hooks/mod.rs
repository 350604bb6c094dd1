//! `/hooks`: every hook with its place, what its last runs did, and any of them tried on an event that is on record.
//!
//! A trial runs the hook for real; what it answers is shown and has no effect.

mod view;

use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::conversation::Scene;
use super::facts::Facts;
use crate::domain::{Act, Body, Event, HookEntry, HookNews, HookRequest, HookRun, HookTrial, Live, Report, Request};
use crate::panes::said::Said;
use crate::widgets::list::ListState;

/// Runs that are shown, the newest first.
const RUNS: usize = 50;
/// Rows that the wheel moves.
const WHEEL: usize = 3;

/// What became of the last trial.
#[derive(Clone, Debug, PartialEq)]
enum Trial {
    Runs(HookTrial),
    Done(HookTrial, Box<HookRun>),
    Failed(HookTrial, String),
    /// There is nothing to try it on.
    Nothing(String),
}

/// One row of the list.
#[derive(Clone, Debug)]
enum Row {
    Hook(HookEntry),
    Run(u64, Box<HookRun>),
}

/// The open pane.
#[derive(Debug, Default)]
pub struct Hooks {
    /// None until the engine has answered.
    entries: Option<Vec<HookEntry>>,
    rows: Vec<Row>,
    list: ListState,
    trial: Option<Trial>,
    /// Details, scrolled by so many rows.
    details: Vec<Line<'static>>,
    top: usize,
    frame: Rect,
    upper: Rect,
    lower: Rect,
}

impl Hooks {
    /// An open pane, and what to ask the engine.
    pub fn open() -> (Self, Vec<Act>) {
        (Self::default(), vec![Act::Send(Request::Hook(HookRequest::Report))])
    }

    /// Takes in the answers of the engine.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Live(Live::Report(report)) => {
                if let Report::Hooks(entries) = &**report {
                    self.entries = Some(entries.clone());
                }
            }
            Event::Live(Live::Hook(HookNews::Tried(run))) => {
                if let Some(Trial::Runs(trial)) = self.trial.take() {
                    self.trial = Some(Trial::Done(trial, run.clone()));
                    self.top = 0;
                }
            }
            Event::Live(Live::Hook(HookNews::Untried(why))) => {
                if let Some(Trial::Runs(trial)) = self.trial.take() {
                    self.trial = Some(Trial::Failed(trial, why.clone()));
                    self.top = 0;
                }
            }
            _ => {}
        }
    }

    /// Takes one message. The flag tells that the pane is to be closed.
    pub fn update(&mut self, said: Said) -> (Vec<Act>, bool) {
        match said {
            Said::Key(key) => return self.key(&key),
            Said::Paste(_) => {}
            Said::Wheel(rows) => self.scroll(isize::from(rows)),
            Said::Click(at) => {
                if self.upper.contains(at)
                    && let Some(row) = self.list.row_at(self.upper, at.y, self.rows.len())
                {
                    self.choose(row);
                }
            }
        }
        (Vec::new(), false)
    }

    fn key(&mut self, key: &KeyEvent) -> (Vec<Act>, bool) {
        let page = isize::try_from(self.lower.height.max(2) - 1).unwrap_or(1);
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return (Vec::new(), true),
            KeyCode::Up | KeyCode::Char('k') => self.by(-1),
            KeyCode::Down | KeyCode::Char('j') => self.by(1),
            KeyCode::Home => self.choose(0),
            KeyCode::End => self.choose(self.rows.len().saturating_sub(1)),
            KeyCode::PageUp => self.scroll(-page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll(page),
            KeyCode::Char('r') | KeyCode::Enter => return (self.try_it(), false),
            _ => {}
        }
        (Vec::new(), false)
    }

    fn by(&mut self, rows: isize) {
        let mut list = self.list;
        list.by(rows, self.rows.len());
        self.choose(list.selected());
    }

    fn choose(&mut self, row: usize) {
        if row != self.list.selected() {
            self.list.select(row);
            self.top = 0;
            // A trial that still runs is waited for.
            self.trial = self.trial.take().filter(|trial| matches!(trial, Trial::Runs(_)));
        }
    }

    fn scroll(&mut self, rows: isize) {
        let rows = rows.clamp(-1_000, 1_000);
        let rows = if rows.unsigned_abs() < WHEEL { rows * WHEEL.cast_signed() } else { rows };
        let last = self.details.len().saturating_sub(usize::from(self.lower.height));
        self.top = self.top.saturating_add_signed(rows).min(last);
    }

    /// Runs the chosen hook on the chosen event, or on the newest of its kind.
    fn try_it(&mut self) -> Vec<Act> {
        if matches!(self.trial, Some(Trial::Runs(_))) {
            return Vec::new();
        }
        let trial = match self.rows.get(self.list.selected()) {
            None => return Vec::new(),
            Some(Row::Run(_, run)) => HookTrial {
                event: run.event.clone(),
                hook: run.hook.clone(),
                source: run.source.clone(),
                input: run.input.clone(),
            },
            Some(Row::Hook(entry)) => {
                let Some(input) = self.newest_input(&entry.event) else {
                    let text = format!("no {} event is on record in this session to try it on", entry.event);
                    self.trial = Some(Trial::Nothing(text));
                    return Vec::new();
                };
                let (event, hook, source) = (entry.event.clone(), entry.hook.clone(), entry.source.clone());
                HookTrial { event, hook, source, input }
            }
        };
        self.trial = Some(Trial::Runs(trial.clone()));
        self.top = 0;
        vec![Act::Send(Request::Hook(HookRequest::Try(Box::new(trial))))]
    }

    fn newest_input(&self, event: &str) -> Option<String> {
        self.rows.iter().find_map(|row| match row {
            Row::Run(_, run) if run.event == event => Some(run.input.clone()),
            _ => None,
        })
    }

    /// Divides the area and derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, scene: Scene<'_>) {
        self.take_rows(scene.facts);
        self.frame = area;
        let inner = super::picker::inside(area);
        let wanted = u16::try_from(self.rows.len().max(1)).unwrap_or(u16::MAX);
        let height = wanted.min((inner.height * 2 / 5).max(3)).min(inner.height);
        self.upper = Rect { height, ..inner };
        let rest = inner.height.saturating_sub(height + 1);
        self.lower = Rect { y: inner.bottom() - rest, height: rest, ..inner };
        self.list.settle(self.rows.len(), height);
        self.details = view::details(self, scene.theme, (self.lower.width, scene.utc_offset));
        self.scroll(0);
    }

    /// The list stays on the chosen row when another run comes in above it.
    fn take_rows(&mut self, facts: &Facts) {
        // A run that stands first only because the list is not there yet was chosen by nobody.
        let waits = self.list.selected() == 0 && !self.rows.iter().any(|row| matches!(row, Row::Hook(_)));
        let chosen = match self.rows.get(self.list.selected()) {
            Some(Row::Run(at, run)) if !waits => Some((*at, run.clone())),
            _ => None,
        };
        let entries = self.entries.iter().flatten().cloned().map(Row::Hook);
        let runs = runs(facts).take(RUNS).map(|(at, run)| Row::Run(at, Box::new(run.clone())));
        self.rows = entries.chain(runs).collect();
        if let Some((at, run)) = chosen {
            let same = |row: &Row| matches!(row, Row::Run(other, one) if *other == at && **one == *run);
            if let Some(place) = self.rows.iter().position(same) {
                self.list.select(place);
            }
        }
    }
}

/// The runs of this session, the newest first.
fn runs(facts: &Facts) -> impl Iterator<Item = (u64, &HookRun)> {
    facts.hooks.iter().rev().filter_map(|record| match &record.body {
        Body::HookRan(run) => Some((record.at, &**run)),
        _ => None,
    })
}
