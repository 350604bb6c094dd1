//! Draws the form: the server's words, the fields, the answers.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::picker::inside;
use super::{Filled, Form, fields};
use crate::base::text;
use crate::domain::{FieldKind, QuestionField, QuestionForm};
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};

/// The box is not wider than this.
const WIDEST: u16 = 90;
/// Rows of the server's message.
const MESSAGE: usize = 8;

/// A row of the box, and the row of the form that it belongs to.
struct Row {
    line: Line<'static>,
    of: Option<usize>,
    /// Where the cursor stands in it.
    cursor: Option<u16>,
}

impl Form {
    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        let width = area.width.min(WIDEST);
        let rows = self.lines(theme, width.saturating_sub(4));
        self.frame = popup::centered(area, width, (rows.len() + 2).min(usize::from(area.height)) as u16);
        let height = usize::from(inside(self.frame).height).max(1);
        let at = rows.iter().rposition(|row| row.of == Some(self.focus)).unwrap_or(0);
        self.top = self.top.min(at).max((at + 1).saturating_sub(height)).min(rows.len().saturating_sub(height));
    }

    /// Draws it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return None;
        }
        let name = text::sanitize_line(&self.question.server).into_owned();
        let title = format!("The server {name} asks");
        popup::draw(
            self.frame,
            buf,
            theme,
            &Frame { title: &title, foot: "↑↓ field · Enter next · Ctrl+S send · Esc cancel" },
        );
        let inner = inside(self.frame);
        let mut cursor = None;
        for (place, row) in inner.rows().zip(self.lines(theme, inner.width).into_iter().skip(self.top)) {
            if row.of == Some(self.focus) {
                cursor = cursor.or(row
                    .cursor
                    .map(|column| Position::new((place.x + column).min(place.right().saturating_sub(1)), place.y)));
            }
            buf.set_line(place.x, place.y, &row.line, place.width);
        }
        cursor
    }

    fn lines(&self, theme: &Theme, width: u16) -> Vec<Row> {
        let room = usize::from(width).max(1);
        let plain = |line: Line<'static>| Row { line, of: None, cursor: None };
        let mut rows = Vec::new();
        let message = self
            .question
            .message
            .lines()
            .flat_map(|line| text::wrap_plain(&text::sanitize_line(line), room.saturating_sub(2).max(1)));
        for part in message.take(MESSAGE) {
            rows.push(plain(Line::from(vec![
                Span::styled("│ ", theme.style(Meaning::Border)),
                Span::styled(part, theme.style(Meaning::Text)),
            ])));
        }
        if let QuestionForm::Address(address) = &self.question.form {
            rows.push(plain(Line::styled("It wants you to open this address yourself:", theme.style(Meaning::Muted))));
            for part in text::wrap_plain(&text::sanitize_line(address), room) {
                rows.push(plain(Line::styled(part, theme.style(Meaning::Code))));
            }
        }
        rows.push(plain(Line::styled(
            "These are the server's words. Give it nothing that it need not know.",
            theme.style(Meaning::Muted),
        )));
        for (at, (field, filled)) in fields(&self.question).iter().zip(&self.filled).enumerate() {
            self.field_rows(&mut rows, at, (field, filled), (theme, room));
        }
        for (offset, words) in self.answers().into_iter().enumerate() {
            let at = self.filled.len() + offset;
            let focused = at == self.focus;
            let style = theme.style(if focused { Meaning::Selection } else { Meaning::Text });
            let mark = if focused { "› " } else { "  " };
            rows.push(Row { line: Line::styled(format!("{mark}{words}"), style), of: Some(at), cursor: None });
        }
        rows
    }

    fn answers(&self) -> [&'static str; 2] {
        match self.question.form {
            QuestionForm::Fields(_) => ["Send this", "Decline"],
            QuestionForm::Address(_) => ["I have done it", "Decline"],
        }
    }

    fn field_rows(
        &self,
        rows: &mut Vec<Row>,
        at: usize,
        (field, filled): (&QuestionField, &Filled),
        (theme, room): (&Theme, usize),
    ) {
        let focused = at == self.focus;
        let name = if field.title.is_empty() { &field.name } else { &field.title };
        let needed = if field.required { " *" } else { "" };
        let mark = if focused { "› " } else { "  " };
        let head = format!("{mark}{}{needed}: ", text::clip(&text::sanitize_line(name), room / 2));
        let used = text::width(&head);
        let (value, column) = shown(filled, &field.kind, room.saturating_sub(used));
        let style = theme.style(if focused { Meaning::Accent } else { Meaning::Text });
        rows.push(Row {
            line: Line::from(vec![Span::styled(head, style), Span::styled(value, theme.style(Meaning::Code))]),
            of: Some(at),
            cursor: column.map(|column| (used + column) as u16),
        });
        let problem =
            self.problem.as_ref().filter(|(of, _)| *of == at).map(|(_, problem)| (problem.as_str(), Meaning::Error));
        let told = problem
            .or((!field.description.is_empty() && focused).then_some((field.description.as_str(), Meaning::Muted)));
        if let Some((words, meaning)) = told {
            for part in text::wrap_plain(&text::sanitize_line(words), room.saturating_sub(4).max(1)).into_iter().take(2)
            {
                rows.push(Row {
                    line: Line::styled(format!("    {part}"), theme.style(meaning)),
                    of: Some(at),
                    cursor: None,
                });
            }
        }
    }
}

/// What stands in a field, and the column of the cursor.
fn shown(filled: &Filled, kind: &FieldKind, room: usize) -> (String, Option<usize>) {
    let label = |options: &[(String, String)], at: usize| {
        options.get(at).map(|(_, words)| text::sanitize_line(words).into_owned()).unwrap_or_default()
    };
    match (filled, kind) {
        (Filled::Text(field), _) => {
            let (shown, column) = field.window(room);
            (text::sanitize_line(&shown).into_owned(), Some(column))
        }
        (Filled::Flag(flag), _) => {
            let words = match flag {
                Some(true) => "[x] yes",
                Some(false) => "[ ] no",
                None => "[ ] not answered (y, n)",
            };
            (words.to_owned(), None)
        }
        (Filled::Choice(chosen), FieldKind::Choice(options)) => {
            let words = chosen.map_or_else(|| "choose".to_owned(), |at| label(options, at));
            (text::clip(&format!("‹ {words} ›"), room).into_owned(), None)
        }
        (Filled::Choices(on, at), FieldKind::Choices(options)) => {
            let one = |index: usize| {
                let sign = if on.get(index) == Some(&true) { "[x]" } else { "[ ]" };
                let focus = if index == *at { "›" } else { " " };
                format!("{focus}{sign} {}", label(options, index))
            };
            let words: Vec<String> = (0..options.len()).map(one).collect();
            (text::clip(&words.join(" "), room).into_owned(), None)
        }
        _ => (String::new(), None),
    }
}
