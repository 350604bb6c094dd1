//! A full pane of rows that only scrolls: tables, reports, the details of a call.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Order;
use crate::panes::conversation::Scene;
use crate::panes::sidebar::todo_row;
use crate::panes::{activity, cost, sidebar};
use crate::theme::{Meaning, Theme};
use crate::widgets::popup;

/// What it shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum What {
    Cache,
    Tools,
    Permissions,
    Todos,
    Side,
    /// A call, by its id.
    Call(String),
}

/// The sheet.
#[derive(Debug)]
pub(super) struct Sheet {
    pub what: What,
    top: usize,
    height: usize,
    lines: Vec<Line<'static>>,
    /// For what the lines were made.
    key: Option<u64>,
}

impl Sheet {
    /// A sheet whose rows are derived at the first settle.
    pub fn new(what: What) -> Self {
        Self { what, top: 0, height: 0, lines: Vec::new(), key: None }
    }

    /// It counts or spins by itself.
    pub fn moves(&self) -> bool {
        matches!(self.what, What::Call(_))
    }

    /// Moves as an order says; other orders do nothing.
    pub fn scroll(&mut self, order: Order) {
        let half = (self.height / 2).max(1);
        self.top = match order {
            Order::LineUp => self.top.saturating_sub(1),
            Order::LineDown => self.top + 1,
            Order::HalfUp => self.top.saturating_sub(half),
            Order::HalfDown => self.top + half,
            Order::Start => 0,
            Order::End => usize::MAX,
            _ => self.top,
        }
        .min(self.lines.len().saturating_sub(self.height));
    }

    /// Moves by rows.
    pub fn by(&mut self, rows: isize) {
        self.top = self.top.saturating_add_signed(rows).min(self.lines.len().saturating_sub(self.height));
    }

    /// Derives the rows, unless nothing has changed.
    pub fn settle(&mut self, screen: Rect, scene: Scene<'_>) {
        let area = self.area(screen);
        let width = area.width.saturating_sub(4);
        self.height = usize::from(area.height.saturating_sub(2));
        let key = self.key(scene, width);
        if self.key != Some(key) {
            self.lines = self.derive(scene, width);
            self.key = Some(key);
        }
        self.top = self.top.min(self.lines.len().saturating_sub(self.height));
    }

    /// Draws the rows that fit.
    pub fn view(&self, theme: &Theme, screen: Rect, buf: &mut Buffer) {
        let area = self.area(screen);
        let more = self.lines.len() > self.height;
        let foot = match (&self.what, more) {
            (What::Call(_), _) => "j k scroll · x kill · Esc close",
            (_, true) => "j k scroll · Esc close",
            (_, false) => "Esc close",
        };
        let inner = popup::draw(area, buf, theme, &popup::Frame { title: self.title(), foot });
        let inner = if inner.width > 4 { Rect { x: inner.x + 1, width: inner.width - 2, ..inner } } else { inner };
        for (line, y) in self.lines.iter().skip(self.top).zip(inner.y..inner.bottom()) {
            buf.set_line(inner.x, y, line, inner.width);
        }
    }

    /// Where it stands on a screen.
    pub fn area(&self, screen: Rect) -> Rect {
        match self.what {
            What::Side => Rect {
                x: screen.right() - (sidebar::WIDTH + 4).min(screen.width),
                width: (sidebar::WIDTH + 4).min(screen.width),
                ..screen
            },
            What::Todos => popup::centered(screen, 70, (self.lines.len().max(3) + 2) as u16),
            _ => screen,
        }
    }

    fn title(&self) -> &'static str {
        match self.what {
            What::Cache => "cache",
            What::Tools => "tools",
            What::Permissions => "decisions",
            What::Todos => "todos",
            What::Side => "session",
            What::Call(_) => "call",
        }
    }

    fn derive(&self, scene: Scene<'_>, width: u16) -> Vec<Line<'static>> {
        match &self.what {
            What::Cache => {
                let mut lines = cost::cache_lines(scene.facts, scene.theme);
                lines.extend(crate::panes::answers::lines(scene.facts.money.answers.as_ref(), scene.theme, width));
                lines
            }
            What::Tools => cost::tools_lines(scene.facts, scene.theme),
            What::Permissions => cost::permission_lines(scene.facts, scene.theme),
            What::Todos => todos(scene, width),
            What::Side => sidebar::lines(scene, width),
            What::Call(id) => match scene.facts.calls.find(id) {
                Some(call) => activity::details(call, scene, width),
                None => vec![Line::styled("this call is not of this session", scene.theme.style(Meaning::Muted))],
            },
        }
    }

    fn key(&self, scene: Scene<'_>, width: u16) -> u64 {
        let mut hasher = DefaultHasher::new();
        (width, scene.theme.stamp()).hash(&mut hasher);
        match &self.what {
            What::Call(id) => {
                let call = scene.facts.calls.find(id);
                call.map(|call| (call.version, call.is_open().then_some(scene.now / 1_000))).hash(&mut hasher);
            }
            _ => scene.facts.revision.hash(&mut hasher),
        }
        hasher.finish()
    }
}

fn todos(scene: Scene<'_>, width: u16) -> Vec<Line<'static>> {
    let todos = &scene.facts.todos;
    if todos.is_empty() {
        return vec![Line::styled("there are no todos", scene.theme.style(Meaning::Muted))];
    }
    let row = |todo| {
        let (sign, content, meaning) = todo_row(todo);
        let content = crate::base::text::sanitize_line(content);
        let content = crate::base::text::clip(&content, usize::from(width.saturating_sub(2))).into_owned();
        Line::styled(format!("{sign} {content}"), scene.theme.style(meaning))
    };
    todos.iter().map(row).collect()
}
