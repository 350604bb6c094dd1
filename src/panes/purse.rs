//! The question whether to spend more: a cap is used up, or the turn runs in circles. The next request waits.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::permission::DEAD_MS;
use crate::base::text;
use crate::domain::{
    Act, AnswerTier, Bill, CapState, Cost, Limit, MoneyBody, MoneyRequest, PauseReason, Request, Served,
};
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};

/// The box is not wider than this.
const WIDEST: u16 = 76;

/// An open question.
#[derive(Debug)]
pub struct PurseQuestion {
    reason: PauseReason,
    bill: Bill,
    appeared: u64,
    /// 0 goes on, 1 ends.
    focus: usize,
    frame: Rect,
    answers: Rect,
}

impl PurseQuestion {
    /// A question that appears now, in milliseconds.
    pub fn new(reason: PauseReason, bill: Bill, now: u64) -> Self {
        Self { reason, bill, appeared: now, focus: 1, frame: Rect::default(), answers: Rect::default() }
    }

    /// Takes a key. Keys of the first moment do not count.
    pub fn key(&mut self, key: KeyEvent, now: u64) -> Vec<Act> {
        let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        if now < self.appeared + DEAD_MS || held {
            return Vec::new();
        }
        match key.code {
            KeyCode::Up | KeyCode::Down | KeyCode::Tab => self.focus = 1 - self.focus,
            KeyCode::Enter => return answer(self.focus),
            KeyCode::Char('1' | 'g') => return answer(0),
            KeyCode::Char('2' | 'e') | KeyCode::Esc => return answer(1),
            _ => {}
        }
        Vec::new()
    }

    /// Takes a click.
    pub fn click(&self, at: Position, now: u64) -> Vec<Act> {
        if now < self.appeared + DEAD_MS || !self.answers.contains(at) {
            return Vec::new();
        }
        answer(usize::from(at.y - self.answers.y))
    }

    /// Finds its place.
    pub fn settle(&mut self, area: Rect) {
        let width = area.width.min(WIDEST);
        let room = usize::from(width.saturating_sub(4)).max(1);
        let height = (self.words(room).len() + 5).min(usize::from(area.height)) as u16;
        self.frame = popup::centered(area, width, height);
        let bottom = self.frame.bottom().saturating_sub(3);
        self.answers = Rect {
            x: self.frame.x + 2.min(self.frame.width),
            y: bottom,
            width: self.frame.width.saturating_sub(4),
            height: 2.min(self.frame.height),
        };
    }

    /// Draws it where the last settle put it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return;
        }
        let frame = Frame { title: "The next request waits for you", foot: "↑↓ Enter · Esc end the turn" };
        let inner = popup::draw(self.frame, buf, theme, &frame);
        let room = usize::from(self.answers.width);
        for (row, y) in self.words(room.max(1)).into_iter().zip(inner.y..self.answers.y) {
            buf.set_line(self.answers.x, y, &Line::styled(row, theme.style(Meaning::Text)), self.answers.width);
        }
        let choices = [self.go_on(), "End the turn here; everything is kept".to_owned()];
        for (index, (place, words)) in self.answers.rows().zip(choices).enumerate() {
            let focused = index == self.focus;
            let style = theme.style(if focused { Meaning::Selection } else { Meaning::Text });
            if focused {
                buf.set_style(place, style);
            }
            let key = if focused { style } else { theme.style(Meaning::Key) };
            let line = Line::from(vec![
                Span::styled(if focused { "› " } else { "  " }, style),
                Span::styled(format!("{} ", index + 1), key),
                Span::styled(text::clip(&words, room.saturating_sub(4)).into_owned(), style),
            ]);
            buf.set_line(place.x, place.y, &line, place.width);
        }
    }

    fn words(&self, room: usize) -> Vec<String> {
        let mut rows = text::wrap_plain(&text::sanitize_line(&why(&self.reason)), room);
        rows.extend(text::wrap_plain(&bill(&self.bill), room));
        rows
    }

    fn go_on(&self) -> String {
        match &self.reason {
            PauseReason::Cap(state) => {
                let more = match state.cap.limit {
                    Limit::Dollars(limit) => text::human_cost(limit),
                    Limit::Tokens(limit) => format!("{} tokens", text::human_tokens(limit)),
                };
                format!("Raise the cap by {more} and go on")
            }
            _ => "Go on".to_owned(),
        }
    }
}

fn answer(choice: usize) -> Vec<Act> {
    let request = if choice == 0 { MoneyRequest::GoOn } else { MoneyRequest::End };
    vec![Act::Send(Request::Money(request))]
}

/// How far a cap is used: `$1.02 of $1.00`.
pub fn used(state: &CapState) -> String {
    match state.cap.limit {
        Limit::Dollars(limit) => format!("{} of {}", text::human_cost(state.dollars), text::human_cost(limit)),
        Limit::Tokens(limit) => {
            format!("{} of {} tokens", text::human_tokens(state.tokens), text::human_tokens(limit))
        }
    }
}

/// Why it waits, as a sentence with foreign text in it.
pub fn why(reason: &PauseReason) -> String {
    match reason {
        PauseReason::Cap(state) => {
            format!("The hard cap for this {} is used up: {}.", state.cap.scope.name(), used(state))
        }
        PauseReason::SameCall { tool, times } => format!("{tool} was called {times} times with the same result."),
        PauseReason::SameError { text, times } => format!("The same error came {times} times: {text}"),
        PauseReason::NoChange { steps } => format!("{steps} steps have brought nothing new."),
    }
}

/// The line in the conversation that tells of it; none for what only the sums show.
pub fn mark(body: &MoneyBody) -> Option<String> {
    match body {
        MoneyBody::Paused { reason, bill: so_far } => Some(format!("paused: {} {}", why(reason), bill(so_far))),
        MoneyBody::WentOn { raised: Some(cap) } => {
            let limit = match cap.limit {
                Limit::Dollars(limit) => text::human_cost(limit),
                Limit::Tokens(limit) => format!("{} tokens", text::human_tokens(limit)),
            };
            Some(format!("the cap for this {} is {limit} now", cap.scope.name()))
        }
        MoneyBody::WentOn { raised: None } => Some("went on".to_owned()),
        MoneyBody::Served(served) => Some(from_cache(served)),
        MoneyBody::Discarded => Some("asked afresh: the cached answer is out of the conversation".to_owned()),
        MoneyBody::Spent(_) | MoneyBody::Lost { .. } => None,
    }
}

/// Tells that an answer is not the model's, how old it is and how near the question was.
fn from_cache(served: &Served) -> String {
    let age = text::human_ms(served.age_ms);
    let near = match served.tier {
        AnswerTier::Exact => String::new(),
        AnswerTier::Semantic => format!(", {:.2} similar to: {}", served.similarity, served.asked),
    };
    format!("answered from the {} cache, {age} old{near} · F5 asks the model (/fresh)", served.tier.name())
}

/// The bill so far, as a sentence.
pub fn bill(bill: &Bill) -> String {
    let price = |cost: Cost| cost.map_or_else(|| "of unknown price".to_owned(), text::human_cost);
    let requests = if bill.requests == 1 { "request" } else { "requests" };
    format!(
        "So far this turn is {}, the session {} in {} {requests}.",
        price(bill.turn),
        price(bill.session),
        bill.requests
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::{Cap, CapScope};

    fn question() -> PurseQuestion {
        let cap = Cap { scope: CapScope::Session, limit: Limit::Dollars(1.0), hard: true };
        let reason = PauseReason::Cap(CapState { cap, dollars: 1.02, tokens: 5 });
        PurseQuestion::new(reason, Bill { turn: Some(0.4), session: Some(1.02), requests: 12 }, 1_000)
    }

    fn screen(width: u16, height: u16) -> String {
        let area = Rect { x: 0, y: 0, width, height };
        let mut buf = Buffer::empty(area);
        let mut question = question();
        question.settle(area);
        question.view(&Theme::load("no-color", &[]).0, &mut buf);
        let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn it_says_why_what_it_cost_and_what_can_be_done() {
        insta::assert_snapshot!("purse_80x12", screen(80, 12));
        insta::assert_snapshot!("purse_40x10", screen(40, 10));
    }

    #[test]
    fn keys_of_the_first_moment_do_not_count_and_the_safe_answer_has_the_focus() {
        let mut question = question();
        let enter = KeyEvent::from(KeyCode::Enter);
        assert!(question.key(enter, 1_000 + DEAD_MS - 1).is_empty());
        assert_eq!(question.key(enter, 1_000 + DEAD_MS), [Act::Send(Request::Money(MoneyRequest::End))]);
        let go = KeyEvent::from(KeyCode::Char('1'));
        assert_eq!(question.key(go, 2_000), [Act::Send(Request::Money(MoneyRequest::GoOn))]);
    }
}
