//! The price of a change that breaks the cached prefix, before it is made: now, with the next compaction, or not.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Reply, inside};
use crate::base::text;
use crate::domain::{Choice, ContextRequest, PriceQuestion};
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup;
use crate::widgets::wrap::{Break, Indent, wrap};

/// The answers in their order.
const ANSWERS: [(Choice, &str); 3] = [
    (Choice::Now, "do it now and pay"),
    (Choice::Later, "wait for the next compaction, which pays for it anyway"),
    (Choice::Never, "leave everything as it is"),
];

/// The open question.
#[derive(Debug)]
pub struct Price {
    question: PriceQuestion,
    chosen: usize,
    frame: Rect,
    /// The first row of the answers, after the last draw's layout.
    answers: u16,
}

impl Price {
    pub fn new(question: PriceQuestion) -> Self {
        Self { question, chosen: 0, frame: Rect::ZERO, answers: 0 }
    }

    pub(super) fn update(&mut self, said: Said) -> Reply {
        let choice = match said {
            Said::Key(key) => match key.code {
                KeyCode::Char(digit @ '1'..='3') => ANSWERS.get(digit as usize - '1' as usize),
                KeyCode::Esc => ANSWERS.last(),
                KeyCode::Enter => ANSWERS.get(self.chosen),
                KeyCode::Down | KeyCode::Char('j') => return self.by(1),
                KeyCode::Up | KeyCode::Char('k') => return self.by(ANSWERS.len() - 1),
                _ => None,
            },
            Said::Click(at) => at.y.checked_sub(self.answers).and_then(|row| ANSWERS.get(usize::from(row))),
            Said::Paste(_) | Said::Wheel(_) => None,
        };
        choice.map_or_else(Reply::default, |(choice, _)| Reply::close_with(ContextRequest::Decide(*choice)))
    }

    fn by(&mut self, rows: usize) -> Reply {
        self.chosen = (self.chosen + rows) % ANSWERS.len();
        Reply::default()
    }

    fn words(&self) -> String {
        let PriceQuestion { what, cause, tokens, cost } = &self.question;
        let price = cost.map(|cost| format!(", {} more", text::human_cost(cost))).unwrap_or_default();
        format!(
            "To {} breaks the cached prefix ({}): the next request pays {} tokens again{price}.",
            text::sanitize_line(what),
            cause.words(),
            text::human_tokens(*tokens)
        )
    }

    pub(super) fn settle(&mut self, area: Rect) {
        let width = area.width.min(66);
        let rows = self.rows(width).len() as u16;
        self.frame = popup::centered(area, width, rows + 1 + ANSWERS.len() as u16 + 2);
        self.answers = self.frame.y + 1 + rows + 1;
    }

    fn rows(&self, width: u16) -> Vec<ratatui::text::Line<'static>> {
        let words = self.words();
        let width = usize::from(width.saturating_sub(4)).max(1);
        wrap([(words.as_str(), Style::default())], width, &Indent::hanging(0), Break::Words)
    }

    pub(super) fn view(&self, theme: &Theme, buf: &mut Buffer) {
        let frame = popup::Frame { title: "this costs the cache", foot: "1 2 3 or Enter · Esc leaves it" };
        let inner = inside(self.frame, (theme, buf), &frame);
        let mut places = inner.rows();
        for (row, place) in self.rows(self.frame.width).iter().zip(places.by_ref()) {
            buf.set_line(place.x, place.y, row, place.width);
        }
        for (index, ((_, words), place)) in ANSWERS.iter().zip(places.skip(1)).enumerate() {
            let chosen = index == self.chosen;
            let style = theme.style(if chosen { Meaning::Selection } else { Meaning::Text });
            let sign = if chosen { "›" } else { " " };
            buf.set_stringn(place.x, place.y, format!("{sign} {} {words}", index + 1), place.width.into(), style);
        }
    }
}
