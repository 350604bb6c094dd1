//! `/context`: what fills the window, by category and by item, and what can be done about each.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;

use super::grid::{self, Part};
use super::{Reply, ask, inside};
use crate::base::text;
use crate::domain::{ContextItem, ContextReport, ContextRequest, ItemKey, Request, When};
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::list::{self, ListState};
use crate::widgets::popup;

/// Columns that the legend takes.
const LEGEND: u16 = 40;

/// The open pane.
#[derive(Debug, Default)]
pub struct Items {
    report: Option<ContextReport>,
    /// Items in the order of the list, by their place in the report.
    order: Vec<usize>,
    by_size: bool,
    list: ListState,
    /// The item that a second press takes out.
    doomed: Option<ItemKey>,
    frame: Rect,
    rows: Rect,
}

impl Items {
    /// A report came.
    pub(super) fn set(&mut self, report: ContextReport) {
        self.report = Some(report);
        self.sort();
    }

    fn sort(&mut self) {
        let chosen = self.chosen().map(|item| item.key.clone());
        let Some(report) = &self.report else { return };
        self.order = (0..report.items.len()).collect();
        if !self.by_size {
            let size = |index: &usize| std::cmp::Reverse(report.items.get(*index).map_or(0, |item| item.tokens));
            self.order.sort_by_key(size);
        }
        let place =
            self.order.iter().position(|index| report.items.get(*index).map(|item| &item.key) == chosen.as_ref());
        self.list.select(place.unwrap_or(0));
    }

    fn chosen(&self) -> Option<&ContextItem> {
        self.report.as_ref()?.items.get(*self.order.get(self.list.selected())?)
    }

    pub(super) fn update(&mut self, said: Said) -> Reply {
        let before = self.chosen().map(|item| item.key.clone());
        let reply = match said {
            Said::Key(key) => self.key(key.code),
            Said::Wheel(rows) => {
                self.list.by(isize::from(rows), self.order.len());
                Reply::default()
            }
            Said::Click(at) => {
                if let Some(row) = self.list.row_at(self.rows, at.y, self.order.len()) {
                    self.list.select(row);
                }
                Reply::default()
            }
            Said::Paste(_) => Reply::default(),
        };
        if self.chosen().map(|item| item.key.clone()) != before {
            self.doomed = None;
        }
        reply
    }

    fn key(&mut self, code: KeyCode) -> Reply {
        let page = isize::from(self.rows.height.max(2) as i16 / 2);
        let rows = match code {
            KeyCode::Char('j') | KeyCode::Down => 1,
            KeyCode::Char('k') | KeyCode::Up => -1,
            KeyCode::Char(' ') | KeyCode::PageDown => page,
            KeyCode::PageUp => -page,
            KeyCode::Char('g') | KeyCode::Home => isize::MIN / 2,
            KeyCode::Char('G') | KeyCode::End => isize::MAX / 2,
            _ => return self.order(code),
        };
        self.list.by(rows, self.order.len());
        Reply::default()
    }

    fn order(&mut self, code: KeyCode) -> Reply {
        match code {
            KeyCode::Esc | KeyCode::Char('q') => return Reply::closed(),
            KeyCode::Char('s') => {
                self.by_size = !self.by_size;
                self.sort();
                return Reply::default();
            }
            KeyCode::Char('u') => return changed(ContextRequest::Undo),
            _ => {}
        }
        let Some(item) = self.chosen().cloned() else { return Reply::default() };
        let ContextItem { key: item_key, label, pinned, leaving, hidden, .. } = item;
        match code {
            KeyCode::Enter => Reply { acts: vec![ask(ContextRequest::Read { item: item_key })], close: false },
            KeyCode::Char('p') => changed(ContextRequest::Pin { item: item_key, label, on: !pinned }),
            KeyCode::Char('d') => {
                changed(ContextRequest::Eject { item: item_key, label, on: !leaving, when: When::Next })
            }
            KeyCode::Char('e') if hidden => {
                changed(ContextRequest::Eject { item: item_key, label, on: false, when: When::Now })
            }
            KeyCode::Char('e') if self.doomed.as_ref() == Some(&item_key) => {
                self.doomed = None;
                changed(ContextRequest::Eject { item: item_key, label, on: true, when: When::Now })
            }
            KeyCode::Char('e') => {
                self.doomed = Some(item_key);
                Reply::default()
            }
            _ => Reply::default(),
        }
    }

    pub(super) fn settle(&mut self, area: Rect) {
        self.frame = area;
        let [_, _, rows] = self.layout(inner(area));
        self.rows = rows;
        self.list.settle(self.order.len(), rows.height);
    }

    /// Head, field, list.
    fn layout(&self, inner: Rect) -> [Rect; 3] {
        let parts = self.report.as_ref().map_or(0, |report| grid::parts(report).len()) as u16;
        let head = 2.min(inner.height);
        let field = parts.min((inner.height - head) / 2);
        let below = head + field + 1;
        [
            Rect { height: head, ..inner },
            Rect { y: inner.y + head, height: field, ..inner },
            Rect { y: inner.y + below.min(inner.height), height: inner.height.saturating_sub(below), ..inner },
        ]
    }

    pub(super) fn view(&self, theme: &Theme, buf: &mut Buffer) {
        let foot = match self.doomed.as_ref().zip(self.chosen()) {
            Some((_, item)) => format!("e again: {} paid again now · d waits for the next compaction", again(item)),
            None => "Enter read · p pin · e take out · d take out later · u undo · s order · Esc".to_owned(),
        };
        let inner = inside(self.frame, (theme, buf), &popup::Frame { title: "context", foot: &foot });
        let [head, field, rows] = self.layout(inner);
        let Some(report) = &self.report else {
            buf.set_stringn(inner.x, inner.y, "counting …", inner.width.into(), theme.style(Meaning::Muted));
            return;
        };
        for (words, place) in heads(report).iter().zip(head.rows()) {
            buf.set_stringn(
                place.x,
                place.y,
                text::clip(words, place.width.into()),
                place.width.into(),
                theme.style(Meaning::Text),
            );
        }
        let parts = grid::parts(report);
        let legend = LEGEND.min(field.width);
        let cells = Rect { width: field.width.saturating_sub(legend + 1).min(64), ..field };
        grid::draw(&parts, report.window, cells, (theme, buf));
        let names = Rect { x: cells.right() + u16::from(cells.width > 0), width: legend, ..field };
        for (part, place) in parts.iter().zip(names.rows()) {
            let Part { meaning, .. } = part;
            buf.set_stringn(
                place.x,
                place.y,
                grid::legend(part, report.window),
                place.width.into(),
                theme.style(*meaning),
            );
        }
        let item = |row: usize| {
            let item = self.order.get(row).and_then(|index| report.items.get(*index));
            item.map_or_else(list::Item::default, |item| list::Item {
                text: line(item).into(),
                marks: [].as_slice().into(),
                detail: detail(item).into(),
            })
        };
        list::draw(self.list, self.order.len(), item, (rows, buf), theme);
    }
}

fn inner(area: Rect) -> Rect {
    Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) }
}

/// Orders about the context change it, so it is counted anew.
fn changed(request: ContextRequest) -> Reply {
    Reply::send(vec![Request::Context(request), Request::ReportContext])
}

/// Two lines: how full it is, what an empty session costs, how long it lasts.
fn heads(report: &ContextReport) -> Vec<String> {
    let used: u64 = report.items.iter().filter(|item| !item.hidden).map(|item| item.tokens).sum();
    let share = (used * 100 + report.window / 2).checked_div(report.window).unwrap_or(0);
    let basis =
        if report.measured.is_some() { "by the provider's own count" } else { "estimated, nothing was sent yet" };
    let cost = report.idle_cost.map(|cost| format!(" ({})", text::human_cost(cost))).unwrap_or_default();
    let last = match report.turns_left {
        Some(0) => " · compaction with the next turn".to_owned(),
        Some(turns) => format!(" · about {turns} turns until compaction"),
        None => String::new(),
    };
    vec![
        format!("{} of {} tokens ({share} %), {basis}", text::human_tokens(used), text::human_tokens(report.window)),
        format!("an empty session: {} tokens{cost}{last}", text::human_tokens(report.idle)),
    ]
}

fn line(item: &ContextItem) -> String {
    let sign = match (item.pinned, item.hidden, item.leaving) {
        (true, ..) => "pinned  ",
        (_, true, _) => "out     ",
        (.., true) => "leaving ",
        _ => "",
    };
    format!("{:>7}  {sign}{:8} {}", text::human_tokens(item.tokens), item.category, text::sanitize_line(&item.label))
}

/// What it costs in every request.
fn detail(item: &ContextItem) -> String {
    let each = |cost: f64| {
        if cost < 0.000_05 { "under $0.0001 each".to_owned() } else { format!("{} each", text::human_cost(cost)) }
    };
    item.cost.filter(|cost| *cost > 0.0).map(each).unwrap_or_default()
}

fn again(item: &ContextItem) -> String {
    let cost = item.again_cost.map(|cost| format!(" ({})", text::human_cost(cost))).unwrap_or_default();
    format!("{} tokens{cost}", text::human_tokens(item.again))
}
