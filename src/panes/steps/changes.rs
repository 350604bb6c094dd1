//! What the session changed: steps, a tree of files, and their hunks, each of which can be taken back.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::rewind::{Step, ask, step_of};
use super::tree::{self, Row};
use super::{counts, divide, first_line};
use crate::base::text::sanitize_line;
use crate::domain::{Act, DiffFile, DiffReport, Event, FileDiff, FilesNews, FilesRequest, Live};
use crate::panes::picker::inside;
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::list::{self, Item, ListState};
use crate::widgets::wrap::clip_line;
use crate::widgets::{diff, popup};

/// The open pane.
#[derive(Debug, Default)]
pub struct Changes {
    /// None until the engine answered.
    report: Option<DiffReport>,
    rows: Vec<Row>,
    list: ListState,
    /// The hunk that a key acts on.
    hunk: usize,
    /// The first row of the difference in view.
    top: usize,
    lines: Vec<Line<'static>>,
    /// Where each hunk begins in the lines.
    starts: Vec<usize>,
    /// For what the lines were made: row, hunk, width, theme.
    key: Option<(usize, usize, u16, u64)>,
    /// The hunk that a second press takes back.
    armed: bool,
    frame: Rect,
    area: Rect,
    side: Rect,
}

impl Changes {
    /// An open pane over all changes, and what to ask the engine.
    pub fn open() -> (Self, Vec<Act>) {
        (Self::default(), vec![ask(FilesRequest::Diff { turn: None })])
    }

    /// Takes in the answers of the engine.
    pub fn hear(&mut self, event: &Event) {
        let Event::Live(Live::FilesNews(FilesNews::Diff(report))) = event else { return };
        let chosen = self.file().map(|file| file.path.clone());
        let same = self.report.as_ref().is_some_and(|old| old.turn == report.turn);
        self.rows = tree::rows(report.files.iter().map(|file| file.path.as_path()));
        self.report = Some((**report).clone());
        let is_chosen =
            |row: &Row| row.file.and_then(|at| report.files.get(at)).map(|file| &file.path) == chosen.as_ref();
        let at = self.rows.iter().position(|row| row.file.is_some() && is_chosen(row)).filter(|_| same);
        let first = self.rows.iter().position(|row| row.file.is_some()).unwrap_or(0);
        self.list.select(at.unwrap_or(first));
        if at.is_none() {
            (self.hunk, self.top) = (0, 0);
        }
        (self.key, self.armed) = (None, false);
    }

    /// Takes one message. The flag tells that the pane is done.
    pub fn update(&mut self, said: &Said) -> (Vec<Act>, bool) {
        match said {
            Said::Key(key) => return self.key(key),
            Said::Paste(_) => {}
            Said::Wheel(rows) => self.top = self.top.saturating_add_signed((*rows).into()),
            Said::Click(at) => {
                if let Some(row) =
                    self.list.row_at(self.area, at.y, self.rows.len()).filter(|_| self.area.contains(*at))
                {
                    self.choose(row);
                }
            }
        }
        (Vec::new(), false)
    }

    fn key(&mut self, key: &KeyEvent) -> (Vec<Act>, bool) {
        let armed = std::mem::take(&mut self.armed);
        let page = isize::from(self.side.height.max(1).cast_signed());
        if let Some(step) = step_of(key, page) {
            let mut list = self.list;
            match step {
                Step::By(rows) => list.by(rows, self.rows.len()),
                Step::First => list.select(0),
                Step::Last => list.select(self.rows.len().saturating_sub(1)),
            }
            self.choose(list.selected());
            return (Vec::new(), false);
        }
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return (Vec::new(), true),
            KeyCode::Left | KeyCode::Char('h' | '[') => return (self.step(-1), false),
            KeyCode::Right | KeyCode::Char('l' | ']') => return (self.step(1), false),
            KeyCode::Char('n') | KeyCode::Tab => self.go_to_hunk(1),
            KeyCode::Char('p') | KeyCode::BackTab => self.go_to_hunk(-1),
            KeyCode::PageDown | KeyCode::Char('d' | ' ') => self.top = self.top.saturating_add_signed(page),
            KeyCode::PageUp | KeyCode::Char('u') => self.top = self.top.saturating_add_signed(-page),
            KeyCode::Char('x') if armed => return (self.revert(), false),
            KeyCode::Char('x') => self.armed = self.can_revert(),
            _ => {}
        }
        self.key = None;
        (Vec::new(), false)
    }

    fn choose(&mut self, row: usize) {
        if row != self.list.selected() {
            (self.hunk, self.top) = (0, 0);
        }
        self.list.select(row);
    }

    /// To the changes of the next or previous step; before the first stand all of them.
    fn step(&self, by: isize) -> Vec<Act> {
        let Some(report) = &self.report else { return Vec::new() };
        let at = report.turn.and_then(|turn| report.steps.iter().position(|step| step.turn == turn));
        let at = at.map_or(0, |at| at + 1);
        let next = (at + report.steps.len() + 1).saturating_add_signed(by) % (report.steps.len() + 1);
        let turn = next.checked_sub(1).and_then(|at| report.steps.get(at)).map(|step| step.turn);
        vec![ask(FilesRequest::Diff { turn })]
    }

    fn go_to_hunk(&mut self, by: isize) {
        let hunks = self.file().map_or(0, |file| file.diff.hunks.len());
        if hunks > 0 {
            self.hunk = (self.hunk + hunks).saturating_add_signed(by) % hunks;
            self.top = self.starts.get(self.hunk).copied().unwrap_or(0);
        }
    }

    fn can_revert(&self) -> bool {
        self.file().is_some_and(|file| file.current && file.seen.is_some() && self.hunk < file.diff.hunks.len())
    }

    fn revert(&self) -> Vec<Act> {
        let turn = self.report.as_ref().and_then(|report| report.turn);
        match self.file() {
            Some(DiffFile { path, seen: Some(seen), .. }) if self.can_revert() => {
                vec![ask(FilesRequest::RevertHunk { turn, path: path.clone(), hunk: self.hunk, seen: *seen })]
            }
            _ => Vec::new(),
        }
    }

    fn file(&self) -> Option<&DiffFile> {
        let at = self.rows.get(self.list.selected())?.file?;
        self.report.as_ref()?.files.get(at)
    }

    /// Derives what the next draw needs; the pane fills `area`.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        self.frame = area;
        let gaps = self.report.as_ref().map_or(0, |report| report.gaps.len()) as u16;
        (self.area, self.side) = divide(inside(area), 2 + gaps, self.rows.len());
        self.list.settle(self.rows.len(), self.area.height);
        let key = (self.list.selected(), self.hunk, self.side.width, theme.stamp());
        if self.key != Some(key) {
            (self.lines, self.starts) = match self.file() {
                Some(file) => self.lines_of(file, self.side.width, theme),
                None => (Vec::new(), Vec::new()),
            };
            self.key = Some(key);
        }
        self.top = self.top.min(self.lines.len().saturating_sub(self.side.height.into()));
    }

    fn lines_of(&self, file: &DiffFile, width: u16, theme: &Theme) -> (Vec<Line<'static>>, Vec<usize>) {
        let muted = theme.style(Meaning::Muted);
        let mut lines = vec![diff::header(&file.diff, width, theme)];
        let mut starts = Vec::new();
        if let Some(note) = &file.note {
            lines.push(clip_line([(sanitize_line(note).as_ref(), muted)], width.into()));
        }
        for (at, hunk) in file.diff.hunks.iter().enumerate() {
            starts.push(lines.len());
            let chosen = at == self.hunk;
            let words = match (chosen, self.armed, file.current) {
                (true, true, _) => "press x again to take this hunk back (/undo brings it again)",
                (true, false, true) => "x takes it back",
                (true, false, false) => "changed again since; only what is on disk can be taken back",
                _ => "",
            };
            let sign = if chosen { "›" } else { " " };
            let head = format!("{sign} hunk {} of {}  {words}", at + 1, file.diff.hunks.len());
            let style = if chosen { theme.style(Meaning::Accent) } else { muted };
            lines.push(clip_line([(head.as_str(), style)], width.into()));
            let alone = FileDiff { hunks: vec![hunk.clone()], ..file.diff.clone() };
            lines.extend(diff::lines(&alone, width, theme).into_iter().skip(1));
        }
        (lines, starts)
    }

    /// Draws it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return;
        }
        let foot = if self.frame.width >= 90 {
            "↑↓ file · n p hunk · x take the hunk back · ←→ step · PgUp PgDn scroll · Esc close"
        } else {
            "↑↓ file · n p hunk · x revert · ←→ step · Esc close"
        };
        let inner = popup::draw(self.frame, buf, theme, &popup::Frame { title: "changes", foot });
        let mut heads = vec![self.title()];
        heads.extend(self.report.iter().flat_map(|report| &report.gaps).map(|gap| format!("Not covered: {gap}")));
        for ((at, text), y) in heads.iter().enumerate().zip(inner.y..inner.bottom()) {
            let meaning = if at == 0 { Meaning::Title } else { Meaning::Muted };
            let line = clip_line([(sanitize_line(text).as_ref(), theme.style(meaning))], inner.width.into());
            buf.set_line(inner.x, y, &line, inner.width);
        }
        let item = |row: usize| self.rows.get(row).map_or_else(Item::default, |row| self.item(row));
        list::draw(self.list, self.rows.len(), item, (self.area, buf), theme);
        for (line, y) in self.lines.iter().skip(self.top).zip(self.side.y..self.side.bottom()) {
            buf.set_line(self.side.x, y, line, self.side.width);
        }
    }

    fn title(&self) -> String {
        let Some(report) = &self.report else { return "Looking …".to_owned() };
        let (added, removed) = report
            .files
            .iter()
            .fold((0, 0), |(added, removed), file| (added + file.diff.added, removed + file.diff.removed));
        let place = report.turn.and_then(|turn| report.steps.iter().position(|step| step.turn == turn));
        let what = match place.and_then(|at| report.steps.get(at).map(|step| (at, step))) {
            Some((at, step)) => format!("Step {} of {}: {}", at + 1, report.steps.len(), first_line(&step.prompt)),
            None => "All steps, against what is on disk now".to_owned(),
        };
        match report.files.len() {
            0 => format!("{what} · no file is changed"),
            1 => format!("1 file +{added} −{removed} · {what}"),
            files => format!("{files} files +{added} −{removed} · {what}"),
        }
    }

    fn item(&self, row: &Row) -> Item<'static> {
        let file = row.file.and_then(|at| self.report.as_ref()?.files.get(at));
        let indent = "  ".repeat(row.depth.min(8));
        let sign = match file {
            None => "",
            Some(file) if file.diff.created => "+ ",
            Some(file) if file.seen.is_none() && file.note.is_none() => "− ",
            Some(_) => "~ ",
        };
        let text = format!("{indent}{sign}{}", sanitize_line(&row.name));
        let detail = file.map(|file| counts(&file.diff)).unwrap_or_default();
        Item { text: text.into(), detail: detail.into(), ..Item::default() }
    }
}
