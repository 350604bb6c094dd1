//! Points at which the turn waits for somebody outside: what the engine asks there, the machine does not know.
//!
//! A point that nobody waits at costs nothing: [`Points`] says which are in use.

use std::sync::Arc;

use super::Effect;
use super::machine::Machine;
use super::turn::{Phase, Purpose};
use crate::domain::{Body, Message, Notice, Origin, Served, TurnEnd};
use crate::prompt;

/// Points that are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Points {
    pub batch: bool,
    pub stop: bool,
    pub compact: bool,
    /// Before each request.
    pub spend: bool,
}

/// Where the turn waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// All calls of an answer are done; the next request waits.
    Batch,
    /// The turn would end. `active`: it was kept from ending before.
    Stop { active: bool },
    /// The history would be summarised.
    Compact { auto: bool, focus: Option<String> },
    /// A request is ready to leave.
    Spend,
}

/// How it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Release {
    Go,
    /// Not to end: the model reads this and works on. Elsewhere it is as good as [`Release::Go`].
    WorkOn {
        text: String,
    },
    /// Not to do it, and at the other points to end the turn.
    Halt {
        reason: String,
    },
    /// To end the turn, because nothing more may be spent.
    OverBudget,
    /// Not to ask the model: a cache has the answer.
    Answered {
        served: Box<Served>,
        answer: String,
    },
}

impl Machine {
    /// Says which points are in use from now on.
    pub fn set_points(&mut self, points: Points) {
        self.points = points;
    }

    /// Lets the turn end, instead of asking the model again, when the results of its calls are joined.
    pub fn stop_at_join(&mut self, reason: &str) {
        if let Some(turn) = &mut self.turn {
            turn.stopped = Some(reason.to_owned());
        }
    }

    /// All calls are done: joins them, after the engine had its look.
    pub(super) fn batch_done(&mut self, now: u64) {
        let refused =
            self.turn.as_ref().is_some_and(|turn| turn.refused || turn.stopped.is_some() || turn.batch.is_empty());
        if self.points.batch && !refused {
            return self.hold(Point::Batch);
        }
        self.join(now);
    }

    /// The model has nothing more to do: ends the turn, after the engine had its look.
    pub(super) fn finish(&mut self, now: u64) {
        if !self.points.stop {
            return self.end_turn(TurnEnd::Done, now);
        }
        let active = self.turn.as_ref().is_some_and(|turn| turn.kept > 0);
        self.hold(Point::Stop { active });
    }

    /// Asks for the summary, after the engine had its look.
    pub(super) fn begin_summary(&mut self, now: u64) {
        let purpose = self.turn.as_ref().map(|turn| turn.purpose.clone());
        match purpose {
            Some(Purpose::Summary { auto, focus }) if self.points.compact => self.hold(Point::Compact { auto, focus }),
            _ => self.send_next(now),
        }
    }

    pub(super) fn hold(&mut self, point: Point) {
        self.held += 1;
        let hold = self.held;
        if let Some(turn) = &mut self.turn {
            turn.phase = Phase::Held { hold, point: point.clone() };
            self.out.push(Effect::Hold { hold, point });
        }
    }

    /// The engine has had its look. An answer to a point that is over is dropped.
    pub(super) fn on_released(&mut self, hold: u32, release: Release, now: u64) {
        let Some(turn) = &mut self.turn else { return };
        let Phase::Held { hold: current, point } = &turn.phase else { return };
        if *current != hold {
            return;
        }
        let point = point.clone();
        turn.phase = Phase::Calls;
        match (point, release) {
            (Point::Spend, Release::OverBudget) => self.end_turn(TurnEnd::BudgetCap, now),
            (Point::Batch, Release::Halt { reason }) => {
                turn.stopped = Some(reason);
                self.join(now);
            }
            (Point::Batch, _) => self.join(now),
            (Point::Stop { .. }, Release::Go | Release::OverBudget | Release::Answered { .. }) => {
                self.end_turn(TurnEnd::Done, now);
            }
            (Point::Stop { .. }, Release::WorkOn { text }) => self.work_on(text, now),
            (Point::Stop { .. }, Release::Halt { reason }) => self.end_turn(TurnEnd::Stopped { reason }, now),
            // The person saw the bill and ended it.
            (Point::Spend, Release::Halt { .. }) => self.end_turn(TurnEnd::Interrupted, now),
            (Point::Spend, Release::Answered { served, answer }) => self.answer_from_cache(*served, answer, now),
            (Point::Spend, _) => self.send_pending(now),
            (Point::Compact { auto, .. }, Release::Halt { reason }) => self.not_compacted(auto, reason, now),
            (Point::Compact { .. }, _) => {
                turn.phase = Phase::Preparing;
                self.send_next(now);
            }
        }
    }

    /// The turn was kept from ending: the model reads why and goes on, within a cap.
    fn work_on(&mut self, text: String, now: u64) {
        let cap = self.settings.stop_cap;
        let Some(turn) = &mut self.turn else { return };
        if turn.kept >= cap {
            let notice = Notice::warning(format!("A Stop hook kept the turn from ending {cap} times, so it ends now."))
                .hint("The hook should look at stop_hook_active.");
            self.record(Body::Noticed(notice));
            return self.end_turn(TurnEnd::Done, now);
        }
        turn.kept += 1;
        let number = turn.number;
        let message = Arc::new(self.with_surroundings(Message::user(prompt::wrap(&text))));
        self.record(Body::Prompted { turn: number, message, origin: Origin::Harness, typed: None });
        self.send_next(now);
    }

    fn not_compacted(&mut self, auto: bool, reason: String, now: u64) {
        if !auto {
            return self.end_turn(TurnEnd::Stopped { reason }, now);
        }
        self.record(Body::Noticed(Notice::warning(format!("The history was not summarised: {reason}"))));
        if let Some(turn) = &mut self.turn {
            turn.purpose = Purpose::Answer;
            turn.phase = Phase::Preparing;
            turn.uncompacted = true;
        }
        self.send_next(now);
    }

    /// Something outside stops the turn, as the person could.
    pub(super) fn on_stop(&mut self, reason: String, now: u64) {
        let mark = prompt::wrap(&format!("A hook stopped the turn here: {reason}"));
        self.break_off(TurnEnd::Stopped { reason }, &mark, now);
    }
}
