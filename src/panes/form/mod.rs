//! A question of a tool server to the person: a form, or an address where something is to be done. Everything in it is
//! marked as the server's words.

mod view;

use crate::panes::said::Said;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use serde_json::{Map, Value};

use super::permission::DEAD_MS;
use super::permission::field::Field;
use crate::domain::{
    Act, FieldKind, QuestionField, QuestionForm, Request, ServerAnswer, ServerQuestion, ServerRequest,
};

/// What stands in one field.
#[derive(Clone, Debug)]
enum Filled {
    Text(Field),
    /// None while nothing was chosen.
    Flag(Option<bool>),
    Choice(Option<usize>),
    /// The options that are on, and the one with the focus.
    Choices(Vec<bool>, usize),
}

/// An open question.
#[derive(Debug)]
pub struct Form {
    question: ServerQuestion,
    filled: Vec<Filled>,
    /// The row with the focus: fields first, then the answers.
    focus: usize,
    /// What is wrong with the field that kept it from being sent.
    problem: Option<(usize, String)>,
    appeared: u64,
    top: usize,
    frame: Rect,
}

/// The answers below the fields.
const ANSWERS: usize = 2;

impl Form {
    /// A question that appears now, in milliseconds.
    pub fn new(question: ServerQuestion, now: u64) -> Self {
        let filled: Vec<Filled> = fields(&question).iter().map(Filled::of).collect();
        // With nothing to fill in, the safe answer has the focus.
        let focus = usize::from(filled.is_empty());
        Self { question, filled, focus, problem: None, appeared: now, top: 0, frame: Rect::default() }
    }

    /// The number of the question.
    pub fn id(&self) -> u32 {
        self.question.id
    }

    /// Milliseconds until keys count; none when they do.
    pub fn next_tick(&self, now: u64) -> Option<u64> {
        let armed = self.appeared + DEAD_MS;
        (now < armed).then(|| armed - now)
    }

    fn rows(&self) -> usize {
        self.filled.len() + ANSWERS
    }

    /// Takes one message. The flag tells that the question is answered.
    pub fn update(&mut self, said: Said, now: u64) -> (Vec<Act>, bool) {
        if self.next_tick(now).is_some() {
            return (Vec::new(), false);
        }
        match said {
            Said::Wheel(rows) => self.step(isize::from(rows.signum())),
            Said::Paste(text) => {
                if let Some(Filled::Text(field)) = self.filled.get_mut(self.focus) {
                    field.insert(&text.lines().collect::<Vec<_>>().join(" "));
                }
            }
            Said::Key(key) => return self.key(&key),
            Said::Click(_) => {}
        }
        (Vec::new(), false)
    }

    fn key(&mut self, key: &KeyEvent) -> (Vec<Act>, bool) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return self.answer(ServerAnswer::Cancel),
            KeyCode::Up | KeyCode::BackTab => self.step(-1),
            KeyCode::Down | KeyCode::Tab => self.step(1),
            KeyCode::Char('s') if ctrl => return self.send(),
            KeyCode::Enter => return self.enter(),
            _ => {
                if let Some(filled) = self.filled.get_mut(self.focus) {
                    let options = fields(&self.question).get(self.focus).map_or(0, options);
                    filled.key(key, options);
                    self.problem = None;
                }
            }
        }
        (Vec::new(), false)
    }

    fn step(&mut self, by: isize) {
        let rows = self.rows() as isize;
        self.focus = (self.focus as isize + by).rem_euclid(rows) as usize;
    }

    fn enter(&mut self) -> (Vec<Act>, bool) {
        match self.focus.checked_sub(self.filled.len()) {
            None => self.step(1),
            Some(0) => return self.send(),
            Some(_) => return self.answer(ServerAnswer::Decline),
        }
        (Vec::new(), false)
    }

    fn send(&mut self) -> (Vec<Act>, bool) {
        if matches!(self.question.form, QuestionForm::Address(_)) {
            return self.answer(ServerAnswer::Accept(Value::Null));
        }
        match self.values() {
            Ok(values) => self.answer(ServerAnswer::Accept(Value::Object(values))),
            Err((at, problem)) => {
                self.focus = at;
                self.problem = Some((at, problem));
                (Vec::new(), false)
            }
        }
    }

    fn answer(&self, answer: ServerAnswer) -> (Vec<Act>, bool) {
        let request = ServerRequest::Answer { id: self.question.id, answer };
        (vec![Act::Send(Request::Server(request))], true)
    }

    /// What was filled in, or the first field that does not fit.
    fn values(&self) -> Result<Map<String, Value>, (usize, String)> {
        let mut values = Map::new();
        for (at, (field, filled)) in fields(&self.question).iter().zip(&self.filled).enumerate() {
            match filled.value(field).map_err(|problem| (at, problem))? {
                Some(value) => drop(values.insert(field.name.clone(), value)),
                None if field.required => return Err((at, "this is needed".to_owned())),
                None => {}
            }
        }
        Ok(values)
    }
}

fn fields(question: &ServerQuestion) -> &[QuestionField] {
    match &question.form {
        QuestionForm::Fields(fields) => fields,
        QuestionForm::Address(_) => &[],
    }
}

fn options(field: &QuestionField) -> usize {
    match &field.kind {
        FieldKind::Choice(options) | FieldKind::Choices(options) => options.len(),
        _ => 0,
    }
}

impl Filled {
    fn of(field: &QuestionField) -> Self {
        let default = field.default.as_ref();
        match &field.kind {
            FieldKind::Flag => Self::Flag(default.and_then(Value::as_bool)),
            FieldKind::Choice(options) => {
                let wanted = default.and_then(Value::as_str);
                Self::Choice(options.iter().position(|(value, _)| Some(value.as_str()) == wanted))
            }
            FieldKind::Choices(options) => {
                let wanted: Vec<&str> =
                    default.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
                Self::Choices(options.iter().map(|(value, _)| wanted.contains(&value.as_str())).collect(), 0)
            }
            FieldKind::Text | FieldKind::Number | FieldKind::Integer => Self::Text(Field::new(match default {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => String::new(),
            })),
        }
    }

    fn key(&mut self, key: &KeyEvent, options: usize) {
        let by = match key.code {
            KeyCode::Right => 1,
            KeyCode::Left => -1,
            _ => 0,
        };
        match self {
            Self::Text(field) => drop(field.key(key)),
            Self::Flag(flag) => match key.code {
                KeyCode::Char('y') => *flag = Some(true),
                KeyCode::Char('n') => *flag = Some(false),
                KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right => *flag = Some(!flag.unwrap_or(false)),
                _ => {}
            },
            Self::Choice(chosen) if options > 0 => {
                let step = if key.code == KeyCode::Char(' ') { 1 } else { by };
                if step != 0 {
                    let next = chosen.map_or(if step > 0 { 0 } else { -1 }, |at| at as isize + step);
                    *chosen = Some(next.rem_euclid(options as isize) as usize);
                }
            }
            Self::Choices(on, at) if options > 0 => {
                if key.code == KeyCode::Char(' ') {
                    if let Some(on) = on.get_mut(*at) {
                        *on = !*on;
                    }
                } else {
                    *at = (*at as isize + by).rem_euclid(options as isize) as usize;
                }
            }
            Self::Choice(_) | Self::Choices(..) => {}
        }
    }

    /// The value for the server; none where nothing was filled in.
    fn value(&self, field: &QuestionField) -> Result<Option<Value>, String> {
        Ok(match (self, &field.kind) {
            (Self::Text(text), _) if text.text().is_empty() => None,
            (Self::Text(text), FieldKind::Integer) => {
                let number: i64 = text.text().trim().parse().map_err(|_| "a whole number is wanted".to_owned())?;
                Some(number.into())
            }
            (Self::Text(text), FieldKind::Number) => {
                let number: f64 = text.text().trim().parse().map_err(|_| "a number is wanted".to_owned())?;
                Some(serde_json::Number::from_f64(number).ok_or_else(|| "a number is wanted".to_owned())?.into())
            }
            (Self::Text(text), _) => Some(text.text().into()),
            (Self::Flag(flag), _) => flag.map(Value::Bool),
            (Self::Choice(chosen), FieldKind::Choice(options)) => {
                chosen.and_then(|at| options.get(at)).map(|(value, _)| value.clone().into())
            }
            (Self::Choices(on, _), FieldKind::Choices(options)) => {
                let chosen = options.iter().zip(on).filter(|(_, on)| **on);
                let values: Vec<Value> = chosen.map(|((value, _), _)| value.clone().into()).collect();
                (!values.is_empty() || field.required).then_some(Value::Array(values))
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
