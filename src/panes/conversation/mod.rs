//! The conversation: what was said and done, in order, foldable and scrollable.
//!
//! It keeps entries with their sources; lines exist only for what is on the screen. Facts about calls
//! and money are read from [`Facts`]; nothing is decided here.

mod call;
mod cell;
mod choose;
mod draft;
mod draw;
mod earlier;
mod find;
mod fold;
mod marks;
mod seek;
mod speech;
mod turn;
mod viewport;
mod welcome;
mod words;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::facts::{CallState, Facts};
use crate::domain::{Act, Event, HookNews, LibraryNews, Live, Notice, Request};
use crate::theme::{Meaning, Theme};
use cell::{Key, Kind, RetryState};
use draw::Frame;
use earlier::Spot;
use find::Find;
use fold::Fold;
use viewport::Viewport;

pub use call::{
    body as call_body, duration as call_duration, state_sign as call_sign, summary as call_summary, tail as call_tail,
};
pub use words::break_text;

/// Entries whose lines are kept although they are off the screen.
const KEPT: usize = 128;

/// State of the pane.
#[derive(Debug)]
pub struct Conversation {
    fold: Fold,
    view: Viewport,
    /// Everything that can be unfolded is, unless the person folded it.
    details: bool,
    /// The entry that keys act on, while the pane has the focus.
    selected: Option<usize>,
    /// Entries when the person scrolled away from the end.
    seen: usize,
    /// Notices from before the first session was open.
    early: Vec<Notice>,
    /// Entries that have lines now.
    laid: Vec<usize>,
    opened: bool,
    /// What is looked for in it.
    find: Option<Find>,
    /// A place that is not read yet.
    wanted: Option<Spot>,
}

/// What can be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Msg {
    /// By rows; negative is up.
    Scroll(isize),
    /// By parts of the height, in halves; negative is up.
    HalfPages(isize),
    Start,
    End,
    /// Selects the next or previous entry that can be unfolded.
    Select(isize),
    /// Folds or unfolds the selected entry.
    Toggle,
    /// Folds or unfolds everything.
    Details,
    /// A key of the search.
    Find(KeyEvent),
    /// A click on the row of the pane, counted from its top, and the column.
    Click {
        row: u16,
        column: u16,
        width: u16,
    },
}

impl Default for Conversation {
    fn default() -> Self {
        let mut fold = Fold::default();
        fold.push(Kind::Welcome);
        Self {
            fold,
            view: Viewport::default(),
            details: false,
            selected: None,
            seen: 0,
            early: Vec::new(),
            laid: Vec::new(),
            opened: false,
            find: None,
            wanted: None,
        }
    }
}

impl Conversation {
    /// Without a welcome: a session that is only looked at.
    pub fn bare() -> Self {
        Self { fold: Fold::bare(), ..Self::default() }
    }

    /// Takes in one message of the engine, after the facts did.
    pub fn hear(&mut self, event: &Event, facts: &Facts) {
        match event {
            Event::Opened { records, .. } => {
                let early = std::mem::take(&mut self.early);
                *self = Self { details: self.details, opened: true, ..Self::default() };
                for record in records {
                    self.fold.record(record, facts);
                }
                self.fold.nothing_runs();
                for notice in &early {
                    self.fold.notice(notice);
                }
            }
            Event::Recorded(record) => self.fold.record(record, facts),
            Event::Live(Live::Library(LibraryNews::Earlier { before, records, .. })) => self.prepend(*before, records),
            Event::Live(Live::Notice(notice) | Live::Refused(notice)) => {
                if !self.opened {
                    self.early.push(notice.clone());
                }
                self.fold.notice(notice);
            }
            Event::Live(Live::ShellOutput(line)) => self.fold.shell_output(line),
            Event::Live(Live::Hook(HookNews::Displayed { original, text })) => self.fold.displayed(original, text),
            Event::Live(_) => {}
            Event::Closed => {
                self.fold.cut_off();
                let notice = Notice::error("The engine has stopped; everything up to here is on disk");
                self.fold.notice(&notice.hint("quit with Ctrl+C twice and go on with `latigo --continue`"));
            }
        }
        if self.view.follows() {
            self.seen = self.fold.cells.len();
        }
    }

    /// Notes what leaves for the engine: a prompt brings the end back into view.
    pub fn sent(&mut self, request: &Request) {
        match request {
            Request::Shell(command) => {
                self.fold.shell_started(command);
                self.view.go_to_end();
            }
            Request::Prompt(_) | Request::RunCommand { .. } => self.view.go_to_end(),
            _ => {}
        }
    }

    /// A line for the person that is not part of the session.
    pub fn tell(&mut self, notice: &Notice) {
        self.fold.notice(notice);
        self.view.go_to_end();
    }

    /// Takes one message.
    pub fn update(&mut self, msg: Msg) -> Vec<Act> {
        match msg {
            Msg::Scroll(rows) => self.view.scroll(rows),
            Msg::HalfPages(halves) => self.view.scroll(halves * (self.view.height as isize / 2).max(1)),
            Msg::Start => self.view.go_to_start(),
            Msg::End => self.view.go_to_end(),
            Msg::Select(step) => self.select(step),
            Msg::Toggle => self.toggle(),
            Msg::Details => self.toggle_details(),
            Msg::Find(key) => self.find_key(&key),
            Msg::Click { row, column, width } => self.click(row, column, width),
        }
        Vec::new()
    }

    /// How many entries have lines at the moment.
    pub fn laid_out(&self) -> usize {
        self.laid.len()
    }

    /// Keys act on no entry any more.
    pub fn deselect(&mut self) {
        self.selected = None;
        self.find = None;
    }

    /// The entries follow the end.
    pub fn follows(&self) -> bool {
        self.view.follows()
    }

    /// Derives the lines that are on the screen. `now` is in milliseconds since 1970; `still` stops the spinners.
    pub fn settle(&mut self, area: Rect, scene: Scene<'_>) {
        let frame = Frame { facts: scene.facts, theme: scene.theme, now: scene.now, still: scene.still };
        self.fill(area, &frame);
        if self.seek(area.width, &frame) {
            self.fill(area, &frame);
        }
        self.look_up();
        self.forget();
    }

    fn fill(&mut self, area: Rect, frame: &Frame<'_>) {
        let Self { fold, view, details, laid, find, .. } = self;
        // The search has the last row.
        let height = usize::from(area.height).saturating_sub(usize::from(find.is_some()));
        let count = fold.cells.len();
        let mut rows = |index: usize| lay_out((fold, laid), *details, index, (area.width, frame));
        view.fill(count, height, &mut rows);
    }

    /// Draws what the last [`Conversation::settle`] derived.
    pub fn view(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        for (slot, y) in self.view.slots.iter().zip(area.y..area.bottom()) {
            let Some(layout) = self.fold.cells.get(slot.cell).and_then(|cell| cell.layout.as_ref()) else { continue };
            let Some(row) = slot.row.checked_sub(layout.gap) else { continue };
            let Some(line) = layout.lines.as_slice().get(row) else { continue };
            let x = area.x.saturating_add(layout.indent).min(area.right());
            if let Some((label, meaning)) = layout.label.filter(|_| row == 0) {
                buf.set_stringn(area.x, y, label, usize::from(layout.indent), theme.style(meaning));
            }
            buf.set_line(x, y, line, area.right() - x);
            if self.selected == Some(slot.cell) && row == 0 {
                buf.set_stringn(area.x, y, "›", 1, theme.style(Meaning::Accent));
                buf.set_style(Rect { y, height: 1, ..area }, theme.style(Meaning::Selection));
            }
        }
        if let Some(find) = &self.find {
            find.mark(theme, area, buf);
            find.view(theme, area, buf);
            return;
        }
        self.view_pill(theme, area, buf);
    }

    fn view_pill(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        if self.view.follows() || area.height == 0 {
            return;
        }
        let new = self.fold.cells.iter().skip(self.seen).filter(|cell| !cell.is_hidden()).count();
        let pill = if new > 0 { format!(" ↓ {new} new ") } else { " ↓ more ".to_owned() };
        let width = (pill.chars().count() as u16).min(area.width);
        buf.set_line(
            area.right() - width,
            area.bottom() - 1,
            &Line::styled(pill, theme.style(Meaning::Selection)),
            width,
        );
    }

    /// Lets go of lines that are far from the screen.
    fn forget(&mut self) {
        if self.laid.len() <= KEPT {
            return;
        }
        let (Some(first), Some(last)) = (self.view.slots.first(), self.view.slots.last()) else { return };
        let near = first.cell.saturating_sub(KEPT / 4)..=last.cell + KEPT / 4;
        let cells = &mut self.fold.cells;
        self.laid.retain(|index| {
            if near.contains(index) {
                return true;
            }
            if let Some(cell) = cells.get_mut(*index) {
                cell.layout = None;
            }
            false
        });
    }
}

/// Lays an entry out for this width. The result is its height.
fn lay_out(
    (fold, laid): (&mut Fold, &mut Vec<usize>),
    details: bool,
    index: usize,
    (width, frame): (u16, &Frame<'_>),
) -> usize {
    let gap = gap(&fold.cells, index);
    let Some(cell) = fold.cells.get_mut(index) else { return 0 };
    if cell.is_hidden() {
        return 0;
    }
    if cell.layout.is_none() {
        laid.push(index);
    }
    let unfolded = cell.unfolded.unwrap_or(details) && cell.is_foldable();
    let (version, tick) = volatile(&cell.kind, cell.version, frame);
    draw::refresh(cell, gap, Key { width, theme: frame.theme.stamp(), version, unfolded, tick }, frame);
    cell.rows()
}

/// What the pane is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub facts: &'a Facts,
    pub theme: &'a Theme,
    /// Milliseconds since 1970.
    pub now: u64,
    /// Nothing spins.
    pub still: bool,
    /// Seconds that the person's clock is ahead of UTC.
    pub utc_offset: i32,
}

/// Empty rows above an entry: none between calls that follow each other.
fn gap(cells: &[cell::Cell], index: usize) -> usize {
    let Some(cell) = cells.get(index) else { return 0 };
    let before = cells.get(..index).unwrap_or_default().iter().rev().take(64).find(|cell| !cell.is_hidden());
    let is_row = |kind: &Kind| matches!(kind, Kind::Call(_) | Kind::Thinking(_) | Kind::Retry(_));
    match (before.map(|before| &before.kind), &cell.kind) {
        (Some(before), kind) if is_row(before) && is_row(kind) => 0,
        (None, _) | (Some(Kind::Mark { .. } | Kind::Notice(_)), Kind::Mark { .. } | Kind::Notice(_)) => 0,
        _ => 1,
    }
}

/// The version of what an entry shows, and a number that moves while it moves by itself.
fn volatile(kind: &Kind, version: u32, frame: &Frame<'_>) -> (u32, u64) {
    match kind {
        Kind::Call(index) => match frame.facts.calls.at(*index) {
            Some(call) if call.state == CallState::Running => {
                (call.version, frame.now / if frame.still { 1_000 } else { 100 })
            }
            Some(call) => (call.version, 0),
            None => (0, 0),
        },
        Kind::Retry(row) => match row.state {
            RetryState::Until(until) => (version, until.saturating_sub(frame.now).div_ceil(1_000) + 1),
            _ => (version, 0),
        },
        Kind::Welcome => (frame.facts.opened, 0),
        _ => (version, 0),
    }
}
