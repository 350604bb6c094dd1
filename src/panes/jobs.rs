//! `/jobs`: commands that run, newest first, with their output on Enter; one can be stopped, and one that takes input
//! can be typed to.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::{Position, Rect};

use super::conversation::Scene;
use super::facts::Facts;
use super::permission::field::Field;
use super::picker::inside;
use crate::base::text;
use crate::domain::{Act, Event, JobNote, JobRequest, JobState, JobView, Live, Request, TeamNews, TeamRequest};
use crate::panes::said::Said;
use crate::theme::Meaning;
use crate::widgets::list::{self, ListState};
use crate::widgets::popup::{self, Frame};

/// The pane's state.
#[derive(Debug, Default)]
pub struct Jobs {
    list: ListState,
    /// Newest first, as at the last settle.
    shown: Vec<JobView>,
    opened: Option<Opened>,
    frame: Rect,
}

/// A command whose output is in view.
#[derive(Debug)]
struct Opened {
    id: String,
    lines: Vec<String>,
    field: Field,
    /// Rows above the end.
    up: usize,
}

fn send(request: JobRequest) -> Vec<Act> {
    vec![Act::Send(Request::Team(TeamRequest::Job(request)))]
}

impl Jobs {
    /// Takes in one message of the engine.
    pub fn hear(&mut self, event: &Event) {
        let Some(opened) = &mut self.opened else { return };
        if let Event::Live(Live::Team(TeamNews::Job(JobNote::Log { id, lines }))) = event
            && *id == opened.id
        {
            opened.lines.clone_from(lines);
        }
    }

    /// Takes one message. The flag tells whether the pane is to be closed.
    pub fn update(&mut self, said: Said) -> (Vec<Act>, bool) {
        if self.opened.is_some() {
            return (self.update_opened(said), false);
        }
        let len = self.shown.len();
        match said {
            Said::Wheel(rows) => self.list.by(isize::from(rows.signum()), len),
            Said::Click(at) if !self.frame.contains(at) => return (Vec::new(), true),
            Said::Click(at) => {
                let row = usize::from(at.y.saturating_sub(inside(self.frame).y)) + self.list.top();
                if row < len {
                    self.list.select(row);
                }
            }
            Said::Paste(_) => {}
            Said::Key(key) => match key.code {
                KeyCode::Esc | KeyCode::Char('q') => return (Vec::new(), true),
                KeyCode::Up | KeyCode::Char('k') => self.list.by(-1, len),
                KeyCode::Down | KeyCode::Char('j') => self.list.by(1, len),
                KeyCode::Enter => return (self.open(), false),
                KeyCode::Char('x') => return (self.stop(), false),
                KeyCode::Char('b') => {
                    let call_id = self.chosen().filter(|job| !job.background).map(|job| job.call_id.clone());
                    return (
                        call_id.map_or_else(Vec::new, |id| send(JobRequest::Background { call_id: Some(id) })),
                        false,
                    );
                }
                _ => {}
            },
        }
        (Vec::new(), false)
    }

    fn chosen(&self) -> Option<&JobView> {
        self.shown.get(self.list.selected())
    }

    fn stop(&self) -> Vec<Act> {
        let id = self.chosen().filter(|job| job.runs()).map(|job| job.id.clone());
        id.map_or_else(Vec::new, |id| send(JobRequest::Stop { id }))
    }

    fn open(&mut self) -> Vec<Act> {
        let Some(id) = self.chosen().map(|job| job.id.clone()) else { return Vec::new() };
        self.opened = Some(Opened { id: id.clone(), lines: Vec::new(), field: Field::default(), up: 0 });
        send(JobRequest::Watch { id: Some(id) })
    }

    fn update_opened(&mut self, said: Said) -> Vec<Act> {
        let takes_input = self.in_view().is_some_and(|job| job.takes_input && job.runs());
        let Some(opened) = &mut self.opened else { return Vec::new() };
        let key = match said {
            Said::Wheel(rows) => {
                opened.up = opened.up.saturating_add_signed(-isize::from(rows)).min(opened.lines.len());
                return Vec::new();
            }
            Said::Paste(text) => {
                opened.field.insert(&text.lines().collect::<Vec<_>>().join(" "));
                return Vec::new();
            }
            Said::Click(_) => return Vec::new(),
            Said::Key(key) => key,
        };
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => {
                self.opened = None;
                return send(JobRequest::Watch { id: None });
            }
            KeyCode::Char('x') if ctrl => return send(JobRequest::Stop { id: opened.id.clone() }),
            KeyCode::PageUp => opened.up = (opened.up + 10).min(opened.lines.len()),
            KeyCode::PageDown => opened.up = opened.up.saturating_sub(10),
            KeyCode::Enter if takes_input => {
                let text = std::mem::take(&mut opened.field).text().to_owned();
                let id = opened.id.clone();
                return [send(JobRequest::Type { id: id.clone(), text }), send(JobRequest::Watch { id: Some(id) })]
                    .concat();
            }
            _ if takes_input => drop(opened.field.key(&key)),
            _ => {}
        }
        Vec::new()
    }

    fn in_view(&self) -> Option<&JobView> {
        let opened = self.opened.as_ref()?;
        self.shown.iter().find(|job| job.id == opened.id)
    }

    /// Time went by: output in view is asked for again.
    pub fn tick(&self) -> Vec<Act> {
        match &self.opened {
            Some(opened) if self.in_view().is_some_and(JobView::runs) => {
                send(JobRequest::Watch { id: Some(opened.id.clone()) })
            }
            _ => Vec::new(),
        }
    }

    /// Milliseconds until it wants to look again.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        self.opened.as_ref().map(|_| 500 - now % 500)
    }

    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, facts: &Facts) {
        self.frame = area;
        let (running, done): (Vec<&JobView>, Vec<&JobView>) = facts.work.jobs.iter().rev().partition(|job| job.runs());
        self.shown = running.into_iter().chain(done).cloned().collect();
        self.list.settle(self.shown.len(), inside(area).height);
    }

    /// Draws where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, scene: Scene<'_>, buf: &mut Buffer) -> Option<Position> {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return None;
        }
        if let Some(opened) = &self.opened {
            return self.view_opened(opened, scene, buf);
        }
        let running = self.shown.iter().filter(|job| job.runs()).count();
        let title = format!("jobs · {running} running");
        let foot = "Enter output · x stop · b to the background · Esc close";
        let inner = popup::draw(self.frame, buf, scene.theme, &Frame { title: &title, foot });
        let item = |at: usize| self.shown.get(at).map(row).unwrap_or_default();
        list::draw(self.list, self.shown.len(), item, (inner, buf), scene.theme);
        if self.shown.is_empty() {
            let words = "No command has run in this session.";
            buf.set_stringn(inner.x, inner.y, words, inner.width.into(), scene.theme.style(Meaning::Muted));
        }
        None
    }

    fn view_opened(&self, opened: &Opened, scene: Scene<'_>, buf: &mut Buffer) -> Option<Position> {
        let job = self.in_view()?;
        let takes_input = job.takes_input && job.runs();
        let title = format!("{} · {} · {}", job.id, job.state.name(), text::sanitize_line(&job.command));
        let title = text::clip(&title, usize::from(self.frame.width).saturating_sub(4)).into_owned();
        let foot = if takes_input {
            "Enter types it · Ctrl+X stop · Esc back"
        } else {
            "PgUp PgDn · Ctrl+X stop · Esc back"
        };
        let inner = popup::draw(self.frame, buf, scene.theme, &Frame { title: &title, foot });
        let body = Rect { height: inner.height.saturating_sub(u16::from(takes_input)), ..inner };
        let rows: Vec<String> = opened
            .lines
            .iter()
            .flat_map(|line| text::wrap_plain(&text::sanitize_line(line), usize::from(body.width.max(1))))
            .collect();
        let end = rows.len().saturating_sub(opened.up.min(rows.len().saturating_sub(body.height.into())));
        let first = end.saturating_sub(body.height.into());
        for (place, line) in body.rows().zip(rows.get(first..end).unwrap_or_default()) {
            buf.set_stringn(place.x, place.y, line, place.width.into(), scene.theme.style(Meaning::Code));
        }
        if !takes_input {
            return None;
        }
        let y = inner.bottom().saturating_sub(1);
        let waits = job.state == JobState::Waits;
        let mark = if waits { "input ❯ " } else { "      ❯ " };
        let wide = text::width(mark) as u16;
        buf.set_stringn(inner.x, y, mark, inner.width.into(), scene.theme.style(Meaning::Accent));
        let (shown, column) = opened.field.window(usize::from(inner.width.saturating_sub(wide)));
        buf.set_stringn(
            inner.x + wide,
            y,
            shown,
            inner.width.saturating_sub(wide).into(),
            scene.theme.style(Meaning::Text),
        );
        Some(Position::new((inner.x + wide + column as u16).min(inner.right().saturating_sub(1)), y))
    }
}

fn row(job: &JobView) -> list::Item<'static> {
    let sign = match job.state {
        JobState::Running => "◐",
        JobState::Waits => "?",
        JobState::Done => "●",
        JobState::Failed | JobState::TimedOut => "✗",
        JobState::Stopped => "■",
    };
    let place = if job.background { " (background)" } else { "" };
    let last = if job.last.trim().is_empty() { String::new() } else { format!(" — {}", job.last.trim()) };
    list::Item {
        text: format!("{sign} {} {}{place}{last}", job.id, job.label).into(),
        marks: Vec::new().into(),
        detail: job.state.name().into(),
    }
}

/// A command in one short row, for the sidebar.
pub fn job_row(job: &JobView) -> (String, Meaning) {
    match job.state {
        JobState::Waits => (format!("? {} waits for input", job.label), Meaning::Warning),
        _ => (format!("◐ {}", job.label), Meaning::Accent),
    }
}
