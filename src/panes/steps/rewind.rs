//! Going back: the steps of the session, then what going back before one of them would do, file by file.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{counts, divide, first_line, time};
use crate::base::text::sanitize_line;
use crate::domain::{Act, Event, FilesNews, FilesRequest, Live, MoveAct, MoveFile, MovePreview, Request, StepLine};
use crate::panes::picker::inside;
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::list::{self, Item, ListState};
use crate::widgets::wrap::clip_line;
use crate::widgets::{diff, popup};

/// The open pane.
#[derive(Debug, Default)]
pub struct Rewind {
    /// None until the engine answered.
    steps: Option<Vec<StepLine>>,
    list: ListState,
    preview: Option<Preview>,
    utc_offset: i32,
    frame: Rect,
    rows: Rect,
    side: Rect,
}

/// What going back would do.
#[derive(Debug)]
struct Preview {
    told: MovePreview,
    prompt: String,
    list: ListState,
    /// Files with a conflict that are restored all the same.
    chosen: BTreeSet<PathBuf>,
    /// The first row of the difference in view.
    top: usize,
    lines: Vec<Line<'static>>,
    /// For what the lines were made: file, width, theme.
    key: Option<(usize, u16, u64)>,
}

impl Rewind {
    /// An open pane, and what to ask the engine. `utc_offset` in seconds.
    pub fn open(utc_offset: i32) -> (Self, Vec<Act>) {
        (Self { utc_offset, ..Self::default() }, vec![ask(FilesRequest::ListSteps)])
    }

    /// Takes in the answers of the engine.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Live(Live::FilesNews(FilesNews::Steps(steps))) => {
                self.list.select(steps.len().saturating_sub(1));
                self.steps = Some(steps.clone());
            }
            Event::Live(Live::FilesNews(FilesNews::Preview(told))) => {
                let Some(step) = self.chosen().filter(|step| step.turn == told.turn) else { return };
                self.preview = Some(Preview {
                    prompt: first_line(&step.prompt),
                    told: (**told).clone(),
                    list: ListState::default(),
                    chosen: BTreeSet::new(),
                    top: 0,
                    lines: Vec::new(),
                    key: None,
                });
            }
            _ => {}
        }
    }

    /// Takes one message. The flag tells that the pane is done.
    pub fn update(&mut self, said: &Said) -> (Vec<Act>, bool) {
        let len = self.len();
        match said {
            Said::Key(key) => return self.key(key),
            Said::Paste(_) => {}
            Said::Wheel(rows) => match &mut self.preview {
                Some(preview) => preview.scroll(isize::from(*rows)),
                None => self.list.by(if *rows < 0 { -1 } else { 1 }, len),
            },
            Said::Click(at) => {
                let state = self.preview.as_mut().map_or(&mut self.list, |preview| &mut preview.list);
                if let Some(row) = state.row_at(self.rows, at.y, len).filter(|_| self.rows.contains(*at)) {
                    let again = state.selected() == row;
                    state.select(row);
                    if again && self.preview.is_none() {
                        return (self.ask_preview(), false);
                    }
                }
            }
        }
        (Vec::new(), false)
    }

    fn key(&mut self, key: &KeyEvent) -> (Vec<Act>, bool) {
        let len = self.len();
        let page = isize::from(self.rows.height.max(1).cast_signed());
        if let Some(rows) = step_of(key, page) {
            let state = self.preview.as_mut().map_or(&mut self.list, |preview| &mut preview.list);
            match rows {
                Step::By(rows) => state.by(rows, len),
                Step::First => state.select(0),
                Step::Last => state.select(len.saturating_sub(1)),
            }
            return (Vec::new(), false);
        }
        match (key.code, &mut self.preview) {
            (KeyCode::Esc | KeyCode::Char('q'), None) => (Vec::new(), true),
            (KeyCode::Esc | KeyCode::Char('q' | 'h') | KeyCode::Left, Some(_)) => {
                self.preview = None;
                (Vec::new(), false)
            }
            (KeyCode::Enter | KeyCode::Char('l') | KeyCode::Right, None) => (self.ask_preview(), false),
            (KeyCode::Char('f'), _) => self.fork(),
            (KeyCode::Enter | KeyCode::Char('1'), Some(preview)) => (preview.go(true, true), true),
            (KeyCode::Char('2'), Some(preview)) => (preview.go(false, true), true),
            (KeyCode::Char('3'), Some(preview)) => (preview.go(true, false), true),
            (KeyCode::Char(' '), Some(preview)) => {
                preview.choose();
                (Vec::new(), false)
            }
            (KeyCode::Char('d') | KeyCode::PageDown, Some(preview)) => {
                preview.scroll(page);
                (Vec::new(), false)
            }
            (KeyCode::Char('u') | KeyCode::PageUp, Some(preview)) => {
                preview.scroll(-page);
                (Vec::new(), false)
            }
            _ => (Vec::new(), false),
        }
    }

    fn ask_preview(&self) -> Vec<Act> {
        self.chosen().map(|step| ask(FilesRequest::Preview { turn: step.turn })).into_iter().collect()
    }

    fn fork(&self) -> (Vec<Act>, bool) {
        match self.chosen() {
            Some(step) => (vec![ask(FilesRequest::Fork { before: Some(step.turn) })], true),
            None => (Vec::new(), false),
        }
    }

    fn chosen(&self) -> Option<&StepLine> {
        self.steps.as_ref()?.get(self.list.selected())
    }

    /// Rows of the list that keys move in.
    fn len(&self) -> usize {
        match &self.preview {
            Some(preview) => preview.told.files.len(),
            None => self.steps.as_ref().map_or(0, Vec::len),
        }
    }

    /// Derives what the next draw needs; the pane fills `area`.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        self.frame = area;
        let (inner, len) = (inside(area), self.len());
        match &mut self.preview {
            None => {
                let head = 1.min(inner.height);
                self.rows = Rect { y: inner.y + head, height: inner.height - head, ..inner };
                self.list.settle(len, self.rows.height);
            }
            Some(preview) => {
                let head = preview.head(usize::from(inner.width)).len() as u16 + 1;
                (self.rows, self.side) = divide(inner, head, len);
                preview.list.settle(len, self.rows.height);
                preview.settle(self.side, theme);
            }
        }
    }

    /// Draws it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return;
        }
        match &self.preview {
            None => self.view_steps(theme, buf),
            Some(preview) => self.view_preview(preview, theme, buf),
        }
    }

    fn view_steps(&self, theme: &Theme, buf: &mut Buffer) {
        let foot = "Enter look · f fork before it · Esc close";
        let inner = popup::draw(self.frame, buf, theme, &popup::Frame { title: "rewind", foot });
        let muted = theme.style(Meaning::Muted);
        let words = match self.steps.as_deref() {
            None => "Looking …",
            Some([]) => "There is no step yet to go back to",
            Some(_) => "Go back to before which prompt?",
        };
        buf.set_stringn(inner.x, inner.y, words, inner.width.into(), muted);
        let steps = self.steps.as_deref().unwrap_or_default();
        let item = |row: usize| {
            let Some(step) = steps.get(row) else { return Item::default() };
            let files = match step.files {
                0 => String::new(),
                1 => "1 file · ".to_owned(),
                more => format!("{more} files · "),
            };
            let detail = format!("{files}{}", time(step.at, self.utc_offset));
            Item { text: first_line(&step.prompt).into(), detail: detail.into(), ..Item::default() }
        };
        list::draw(self.list, steps.len(), item, (self.rows, buf), theme);
    }

    fn view_preview(&self, preview: &Preview, theme: &Theme, buf: &mut Buffer) {
        let foot = if self.frame.width >= 90 {
            "Enter files and conversation · 2 conversation · 3 files · Space take along · f fork · Esc back"
        } else {
            "Enter both · 2 conversation · 3 files · Space take · f fork · Esc"
        };
        let inner = popup::draw(self.frame, buf, theme, &popup::Frame { title: "rewind", foot });
        for (line, y) in preview.head(inner.width.into()).iter().zip(inner.y..inner.bottom()) {
            let meaning = if y == inner.y { Meaning::Title } else { Meaning::Muted };
            buf.set_line(
                inner.x,
                y,
                &clip_line([(line.as_str(), theme.style(meaning))], inner.width.into()),
                inner.width,
            );
        }
        let item = |row: usize| preview.told.files.get(row).map_or_else(Item::default, |file| preview.row(file));
        list::draw(preview.list, preview.told.files.len(), item, (self.rows, buf), theme);
        for (line, y) in preview.lines.iter().skip(preview.top).zip(self.side.y..self.side.bottom()) {
            buf.set_line(self.side.x, y, line, self.side.width);
        }
    }
}

impl Preview {
    /// The rows above the list.
    fn head(&self, width: usize) -> Vec<String> {
        let left = self.told.files.iter().filter(|file| !self.is_taken(file)).count();
        let restored = self.told.files.len() - left;
        let files = |count: usize| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
        let prompts = match self.told.prompts {
            1 => "1 prompt leaves".to_owned(),
            more => format!("{more} prompts leave"),
        };
        let alone = if left > 0 { format!(", {} left alone", files(left)) } else { String::new() };
        let mut head = vec![
            format!("Back to before: {}", self.prompt),
            format!("{prompts} the conversation; {} restored{alone}. /undo takes it back.", files(restored)),
        ];
        for gap in &self.told.gaps {
            head.push(format!("Not covered: {}", sanitize_line(gap)));
        }
        if width < 40 {
            head.truncate(2);
        }
        head
    }

    fn is_taken(&self, file: &MoveFile) -> bool {
        file.skip.as_ref().is_none_or(|why| why.can_be_chosen() && self.chosen.contains(&file.path))
    }

    fn row(&self, file: &MoveFile) -> Item<'static> {
        let path = sanitize_line(&file.path.to_string_lossy()).into_owned();
        let sign = match file.act {
            MoveAct::Create => '+',
            MoveAct::Delete => '−',
            MoveAct::Change | MoveAct::Mode => '~',
        };
        let (mark, why) = match &file.skip {
            None => (sign, String::new()),
            Some(why) if self.is_taken(file) => (sign, format!("  taken along: {}", why.words())),
            Some(why) => ('!', format!("  left alone: {}", why.words())),
        };
        let detail = file.diff.as_ref().filter(|_| why.is_empty()).map(counts).unwrap_or_default();
        let why = sanitize_line(&why).into_owned();
        Item { text: format!("{mark} {path}{why}").into(), detail: detail.into(), ..Item::default() }
    }

    fn choose(&mut self) {
        let Some(file) = self.told.files.get(self.list.selected()) else { return };
        if file.skip.as_ref().is_some_and(crate::domain::SkipReason::can_be_chosen) && !self.chosen.remove(&file.path) {
            self.chosen.insert(file.path.clone());
        }
    }

    fn go(&self, files: bool, conversation: bool) -> Vec<Act> {
        let chosen = self.chosen.iter().cloned().collect();
        vec![ask(FilesRequest::Rewind { turn: self.told.turn, files, conversation, chosen })]
    }

    fn scroll(&mut self, rows: isize) {
        self.top = self.top.saturating_add_signed(rows);
    }

    fn settle(&mut self, side: Rect, theme: &Theme) {
        let (row, width) = (self.list.selected(), side.width);
        let key = (row, width, theme.stamp());
        if self.key != Some(key) {
            if self.key.is_some_and(|(old, ..)| old != row) {
                self.top = 0;
            }
            let file = self.told.files.get(row);
            self.lines = file.map(|file| explain(file, width, theme)).unwrap_or_default();
            self.key = Some(key);
        }
        self.top = self.top.min(self.lines.len().saturating_sub(side.height.into()));
    }
}

/// The difference of a file, or in words why there is none.
fn explain(file: &MoveFile, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let muted = theme.style(Meaning::Muted);
    let words = |text: String| clip_line([(text.as_str(), muted)], width.into());
    let what = match file.act {
        MoveAct::Create => "It is made again.",
        MoveAct::Delete => "It is deleted; its content is kept and /undo brings it back.",
        MoveAct::Mode => "Only its permissions change.",
        MoveAct::Change => "Its content is replaced; there is no text to compare.",
    };
    let mut lines = Vec::new();
    if let Some(why) = &file.skip {
        lines.push(words(format!("Left alone, because it {}.", sanitize_line(&why.words()))));
    }
    match &file.diff {
        Some(shown) if file.act != MoveAct::Mode => lines.extend(diff::lines(shown, width, theme)),
        _ => lines.push(words(what.to_owned())),
    }
    lines
}

/// A move in a list.
pub(super) enum Step {
    By(isize),
    First,
    Last,
}

/// The move that a key asks for.
pub(super) fn step_of(key: &KeyEvent, page: isize) -> Option<Step> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => Some(Step::By(-1)),
        KeyCode::Down | KeyCode::Char('j') => Some(Step::By(1)),
        KeyCode::Char('p') if ctrl => Some(Step::By(-1)),
        KeyCode::Char('n') if ctrl => Some(Step::By(1)),
        KeyCode::Home | KeyCode::Char('g') => Some(Step::First),
        KeyCode::End | KeyCode::Char('G') => Some(Step::Last),
        KeyCode::Char('b') if ctrl => Some(Step::By(-page)),
        KeyCode::Char('f') if ctrl => Some(Step::By(page)),
        _ => None,
    }
}

pub(super) fn ask(request: FilesRequest) -> Act {
    Act::Send(Request::Files(request))
}
