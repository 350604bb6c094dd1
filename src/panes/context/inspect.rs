//! `/inspect`: the next request as a tree with its tokens, against the one before, and as the bytes that would go out.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Reply, inside, scrolled};
use crate::base::text;
use crate::domain::{InspectNode, Inspection, NodeChange, Shown};
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::list::{self, ListState};
use crate::widgets::{popup, shown};

/// Rows of the raw form that are laid out.
const ROWS: usize = 50_000;

/// What is in view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Tree,
    /// Only what is not as it was.
    Changes,
    Raw,
    /// One node's text.
    Node,
}

/// The open pane.
#[derive(Debug, Default)]
pub struct Inspector {
    inspection: Option<Inspection>,
    page: Page,
    /// Where Esc goes back to from a node.
    from: Page,
    list: ListState,
    lines: Vec<Line<'static>>,
    key: Option<(Page, usize, u16, u64)>,
    top: usize,
    frame: Rect,
}

impl Inspector {
    pub(super) fn set(&mut self, inspection: Inspection) {
        self.inspection = Some(inspection);
        self.key = None;
    }

    fn nodes(&self) -> Vec<&InspectNode> {
        let all = self.inspection.as_ref().map(|inspection| inspection.nodes.as_slice()).unwrap_or_default();
        let changes = self.page == Page::Changes || self.page == Page::Node && self.from == Page::Changes;
        all.iter().filter(|node| !changes || node.depth == 0 || node.change != NodeChange::Same).collect()
    }

    pub(super) fn update(&mut self, said: Said) -> Reply {
        let listed = matches!(self.page, Page::Tree | Page::Changes);
        let count = self.nodes().len();
        match said {
            Said::Key(key) => match key.code {
                KeyCode::Esc if self.page == Page::Node => self.go(self.from),
                KeyCode::Esc | KeyCode::Char('q') => return Reply::closed(),
                KeyCode::Tab => self.go(match self.page {
                    Page::Tree => Page::Changes,
                    Page::Changes => Page::Raw,
                    Page::Raw | Page::Node => Page::Tree,
                }),
                KeyCode::Enter if listed && count > 0 => {
                    self.from = self.page;
                    self.go(Page::Node);
                }
                _ if listed => self.choose(key.code, count),
                _ => self.top = scrolled(&key, self.top, self.height()).unwrap_or(self.top),
            },
            Said::Wheel(rows) if listed => self.list.by(isize::from(rows), count),
            Said::Wheel(rows) => self.top = self.top.saturating_add_signed(rows.into()),
            Said::Paste(_) | Said::Click(_) => {}
        }
        self.top = self.top.min(self.lines.len().saturating_sub(self.height()));
        Reply::default()
    }

    fn choose(&mut self, code: KeyCode, count: usize) {
        let page = self.height() as isize / 2;
        let rows = match code {
            KeyCode::Char('j') | KeyCode::Down => 1,
            KeyCode::Char('k') | KeyCode::Up => -1,
            KeyCode::Char(' ') | KeyCode::PageDown => page,
            KeyCode::PageUp => -page,
            KeyCode::Char('g') | KeyCode::Home => isize::MIN / 2,
            KeyCode::Char('G') | KeyCode::End => isize::MAX / 2,
            _ => return,
        };
        self.list.by(rows, count);
    }

    fn go(&mut self, page: Page) {
        self.page = page;
        self.top = 0;
    }

    fn height(&self) -> usize {
        usize::from(self.frame.height.saturating_sub(4)).max(1)
    }

    pub(super) fn settle(&mut self, area: Rect, theme: &Theme) {
        self.frame = area;
        self.list.settle(self.nodes().len(), self.height() as u16);
        let width = area.width.saturating_sub(4);
        let key = (self.page, self.list.selected(), width, theme.stamp());
        if self.key == Some(key) {
            return;
        }
        let source = match self.page {
            Page::Tree | Page::Changes => return,
            Page::Raw => self.inspection.as_ref().map(|inspection| (inspection.raw.clone(), Some("json"))),
            Page::Node => self.nodes().get(self.list.selected()).map(|node| (node.text.clone(), None)),
        };
        let (text, language) = source.unwrap_or_default();
        let language = language.map(str::to_owned);
        self.lines = shown::lines(&Shown::Text { text, language }, width, theme, ROWS);
        self.key = Some(key);
    }

    pub(super) fn view(&self, theme: &Theme, buf: &mut Buffer) {
        let foot = match self.page {
            Page::Tree => "j k choose · Enter read · Tab only changes · Esc close",
            Page::Changes => "j k choose · Enter read · Tab raw form · Esc close",
            Page::Raw => "j k scroll · Tab tree · Esc close",
            Page::Node => "j k scroll · Esc back",
        };
        let title = match self.page {
            Page::Tree | Page::Node => "the next request",
            Page::Changes => "what is new against the request before",
            Page::Raw => "the next request as it goes out, keys taken out",
        };
        let inner = inside(self.frame, (theme, buf), &popup::Frame { title, foot });
        let Some(inspection) = &self.inspection else {
            buf.set_stringn(inner.x, inner.y, "taking it apart …", inner.width.into(), theme.style(Meaning::Muted));
            return;
        };
        let (all, cached) = (text::human_tokens(inspection.tokens), text::human_tokens(inspection.cached));
        let head = format!("{} · {all} tokens, {cached} of them should be read from the cache", inspection.model);
        let head = text::sanitize_line(&head);
        buf.set_stringn(
            inner.x,
            inner.y,
            text::clip(&head, inner.width.into()),
            inner.width.into(),
            theme.style(Meaning::Text),
        );
        let body = Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner };
        match self.page {
            Page::Tree | Page::Changes => self.draw_tree(body, theme, buf),
            Page::Raw | Page::Node => {
                for (line, place) in self.lines.iter().skip(self.top).zip(body.rows()) {
                    buf.set_line(place.x, place.y, line, place.width);
                }
            }
        }
    }

    fn draw_tree(&self, body: Rect, theme: &Theme, buf: &mut Buffer) {
        let nodes = self.nodes();
        let item = |row: usize| {
            nodes.get(row).map_or_else(list::Item::default, |node| list::Item {
                text: line(node).into(),
                marks: [].as_slice().into(),
                detail: node.mark.map(|life| format!("cache mark, {life}")).unwrap_or_default().into(),
            })
        };
        list::draw(self.list, nodes.len(), item, (body, buf), theme);
        if nodes.is_empty() {
            let words = Line::from(Span::styled("nothing", theme.style(Meaning::Muted)));
            buf.set_line(body.x, body.y, &words, body.width);
        }
    }
}

fn line(node: &InspectNode) -> String {
    let sign = match node.change {
        NodeChange::Same => ' ',
        NodeChange::New => '+',
        NodeChange::Changed => '~',
        NodeChange::Gone => '−',
    };
    let indent = "  ".repeat(usize::from(node.depth));
    format!("{:>7} {sign} {indent}{}", text::human_tokens(node.tokens), text::sanitize_line(&node.label))
}
