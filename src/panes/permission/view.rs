//! Draws the question: a box at the lower edge, so that the conversation stays in view above it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::choice::Choice;
use super::question::{Question, Stage};
use super::{Folders, Permission, content};
use crate::base::text;
use crate::domain::SaveScope;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};
use crate::widgets::wrap::clip_line;

/// The box is not wider than this.
const WIDEST: u16 = 110;
/// Rows of the reason that stay in view.
const WHY_ROWS: usize = 3;
/// On a screen of fewer rows the reason scrolls with the call.
const LOW: u16 = 16;

/// Where things are on the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    pub(super) frame: Rect,
    pub(super) content: Rect,
    why: Rect,
    /// Between the call and what can be done: says how much is hidden.
    rule: Rect,
    answers: Rect,
    choices: Vec<Choice>,
}

impl Places {
    pub(super) fn of(question: &mut Question, area: Rect, theme: &Theme, folders: &Folders) -> Self {
        let width = area.width.min(WIDEST);
        let inner_width = width.saturating_sub(2);
        content::make(question, (inner_width, area.height < LOW), theme, folders);
        let choices = question.choices();
        let answers = choices.len();
        let why = question.content.why.len().min(WHY_ROWS);
        let rows = question.content.rows.len().max(1);
        // A long call leaves some of the conversation in view where the screen is high enough.
        let most = if area.height > 24 { usize::from(area.height) * 4 / 5 } else { usize::from(area.height) };
        let height = (rows + why + answers + 3).min(most) as u16;
        let frame = Rect { x: area.x + (area.width - width) / 2, y: area.bottom() - height, width, height };
        let inner = if frame.width < 4 || frame.height < 3 {
            frame
        } else {
            Rect { x: frame.x + 1, y: frame.y + 1, width: frame.width - 2, height: frame.height - 2 }
        };
        let [answers, rest] = from_below(inner, answers as u16);
        let [why, rest] = from_below(rest, (why as u16).min(rest.height.saturating_sub(2)));
        let [rule, content] = from_below(rest, u16::from(rest.height > 1));
        Self { frame, content, why, rule, answers, choices }
    }

    /// The answer under the mouse.
    pub(super) fn choice_at(&self, position: Position) -> Option<Choice> {
        let row = position.y.checked_sub(self.answers.y)?;
        self.answers.contains(position).then(|| self.choices.get(usize::from(row)).copied())?
    }
}

/// The lowest rows and the rest.
fn from_below(area: Rect, rows: u16) -> [Rect; 2] {
    let rows = rows.min(area.height);
    let rest = area.height - rows;
    [Rect { y: area.y + rest, height: rows, ..area }, Rect { height: rest, ..area }]
}

impl Permission {
    /// Draws the first question where the last settle put it. Returns where the cursor belongs while a text
    /// field is open.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let question = self.waiting.front()?;
        let places = &self.places;
        if places.frame.is_empty() || places.frame.intersection(buf.area) != places.frame {
            return None;
        }
        let total = self.answered + self.waiting.len();
        let count = if total > 1 { format!(" · {} of {total}", self.answered + 1) } else { String::new() };
        let title = format!("{}{count}", question.title());
        popup::draw(places.frame, buf, theme, &Frame { title: &title, foot: foot(question) });
        for (place, row) in places.content.rows().zip(question.content.rows.iter().skip(question.scroll)) {
            buf.set_line(place.x, place.y, row, place.width);
        }
        draw_rule(theme, question, places.rule, buf);
        for (place, row) in places.why.rows().zip(&question.content.why) {
            buf.set_line(place.x, place.y, row, place.width);
        }
        match question.stage {
            Stage::Choose | Stage::Trail | Stage::Parts => {
                draw_choices(theme, question, places, buf);
                None
            }
            Stage::Rule => draw_rule_field(theme, question, places.answers, buf),
            Stage::Comment { yes } => draw_comment(theme, question, (yes, places.answers), buf),
        }
    }
}

fn foot(question: &Question) -> &'static str {
    match question.stage {
        Stage::Choose if question.is_about_a_file() => "Enter · Esc no · ? why · Tab comment · Shift+Tab session",
        Stage::Choose => "↑↓ Enter · Esc no · Tab comment · ? why",
        Stage::Rule => "Enter save · Tab where · Esc back",
        Stage::Comment { .. } => "Enter send · Ctrl+G editor · Esc back",
        Stage::Trail => "Esc back",
        Stage::Parts => "Space take or leave · ↑↓ · a all · n none · f file · Enter accept · Esc back",
    }
}

/// Says how many rows are hidden, and that a yes waits for them.
fn draw_rule(theme: &Theme, question: &Question, place: Rect, buf: &mut Buffer) {
    let hidden = question.hidden_below();
    let waits = hidden > 0 && !question.may_say_yes() && question.stage != Stage::Trail;
    let (words, meaning) = match hidden {
        0 if !question.content.whole => ("─── a yes waits for the whole call ".to_owned(), Meaning::Warning),
        0 => (String::new(), Meaning::Border),
        _ if waits => (format!("─── {hidden} more rows, PgDn · a yes waits for the end "), Meaning::Warning),
        _ => (format!("─── {hidden} more rows, PgDn "), Meaning::Border),
    };
    let line = "─".repeat(usize::from(place.width).saturating_sub(text::width(&words)));
    let pieces = [(words.as_str(), theme.style(meaning)), (line.as_str(), theme.style(Meaning::Border))];
    buf.set_line(place.x, place.y, &clip_line(pieces, usize::from(place.width)), place.width);
}

fn draw_choices(theme: &Theme, question: &Question, places: &Places, buf: &mut Buffer) {
    for (index, (place, choice)) in places.answers.rows().zip(&places.choices).enumerate() {
        let focused = question.focus == Some(index) && question.stage == Stage::Choose;
        let base = theme.style(if focused { Meaning::Selection } else { Meaning::Text });
        if focused {
            buf.set_style(place, base);
        }
        let (number, letter, words) = label(*choice, question);
        let marked = if focused { "› " } else { "  " };
        let key = format!("{number} ");
        let room = usize::from(place.width).saturating_sub(text::width(marked) + 2 + 3);
        let words = text::clip(&words, room).into_owned();
        let pad = " ".repeat(room.saturating_sub(text::width(&words)) + 1);
        let key_style = if focused { base } else { theme.style(Meaning::Key) };
        let line = Line::from(vec![
            Span::styled(marked, base),
            Span::styled(key, key_style),
            Span::styled(words, base),
            Span::styled(pad, base),
            Span::styled(letter, key_style),
        ]);
        buf.set_line(place.x, place.y, &line, place.width);
    }
}

/// Number, letter and words of an answer.
fn label(choice: Choice, question: &Question) -> (char, &'static str, String) {
    let rule = text::sanitize_line(question.rule.text()).into_owned();
    let suggested = text::sanitize_line(question.suggestion().unwrap_or_default()).into_owned();
    match choice {
        Choice::Once if question.is_about_a_host() => ('1', "y", "Yes, this host for this session".to_owned()),
        Choice::Once => ('1', "y", "Yes, once".to_owned()),
        Choice::Session => ('2', "s", format!("Yes, for this session: {suggested}")),
        Choice::Always => ('3', "w", format!("Always: {rule}")),
        Choice::No if question.is_about_a_host() => ('4', "n", "No, not in this session".to_owned()),
        Choice::No if question.agent.is_some() => ('4', "n", "No, and stop this agent".to_owned()),
        Choice::No => ('4', "n", "No, and stop the turn".to_owned()),
        Choice::Comment => ('5', "c", "No, and tell the model what to do instead".to_owned()),
        Choice::Parts => {
            let (count, of) = question.parts.as_ref().map_or((0, 0), |parts| (parts.count(), parts.len()));
            ('6', "p", format!("Yes, but only some of it: choose among the {of} parts ({count} chosen)"))
        }
    }
}

fn draw_rule_field(theme: &Theme, question: &Question, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut rows = area.rows();
    let head = rows.next()?;
    let (words, meaning) = tested(question);
    buf.set_stringn(head.x, head.y, text::clip(&words, head.width.into()), head.width.into(), theme.style(meaning));
    let place = rows.next()?;
    let cursor = draw_field(theme, &question.rule, place, buf);
    for (scope, file) in [
        (SaveScope::Local, "local    .claude/settings.local.json"),
        (SaveScope::Project, "project  .claude/settings.json"),
        (SaveScope::User, "user     your own settings"),
    ] {
        let Some(row) = rows.next() else { break };
        let chosen = scope == question.scope;
        let style = theme.style(if chosen { Meaning::Selection } else { Meaning::Muted });
        let mark = if chosen { "› " } else { "  " };
        buf.set_stringn(row.x, row.y, format!("{mark}{file}"), row.width.into(), style);
    }
    Some(cursor)
}

/// What the rule in the field would do, as far as the engine has said.
fn tested(question: &Question) -> (String, Meaning) {
    let Some(test) = question.test_result() else {
        return ("Everything that this rule covers will run unasked:".to_owned(), Meaning::Muted);
    };
    match &test.outcome {
        Err(problem) => (text::sanitize_line(problem).into_owned(), Meaning::Error),
        Ok(cover) => {
            let more = match cover.of {
                0 | 1 => String::new(),
                of => format!(" · it would have covered {} of the last {of} questions", cover.covered),
            };
            if cover.this_call == Some(false) {
                (format!("It does not cover this call{more}"), Meaning::Warning)
            } else {
                (format!("It covers this call{more}"), Meaning::Success)
            }
        }
    }
}

fn draw_comment(theme: &Theme, question: &Question, place: (bool, Rect), buf: &mut Buffer) -> Option<Position> {
    let (yes, area) = place;
    let mut rows = area.rows();
    let head = rows.next()?;
    let words = if yes { "Yes, once. A remark for the model:" } else { "No. What shall the model do instead?" };
    buf.set_stringn(head.x, head.y, words, head.width.into(), theme.style(Meaning::Muted));
    let place = rows.next()?;
    Some(draw_field(theme, &question.comment, place, buf))
}

fn draw_field(theme: &Theme, field: &super::field::Field, place: Rect, buf: &mut Buffer) -> Position {
    let (shown, column) = field.window(usize::from(place.width).saturating_sub(2));
    let mark = theme.style(Meaning::Accent);
    buf.set_stringn(place.x, place.y, "❯ ", usize::from(place.width), mark);
    let x = place.x.saturating_add(2).min(place.right());
    buf.set_stringn(x, place.y, shown, usize::from(place.width).saturating_sub(2), theme.style(Meaning::Text));
    Position::new((x + column as u16).min(place.right().saturating_sub(1)), place.y)
}
