//! What was spent in each scope, held against the caps. It counts and compares; stopping is the engine's.

use crate::domain::{Cap, CapScope, CapState, Cost, Limit, Usage};

/// Dollars and tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    pub dollars: f64,
    pub tokens: u64,
}

/// Sums by scope, and the caps over them.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    caps: Vec<Counted>,
    turn: Sum,
    run: Sum,
    session: Sum,
    day: Sum,
    project: Sum,
    /// The day that is counted.
    today: String,
}

/// One cap, as it was set and as it is.
#[derive(Clone, Copy, Debug)]
struct Counted {
    cap: Cap,
    first: Limit,
    warned: bool,
}

impl Sum {
    /// Adds what was spent; an unknown price adds nothing.
    pub fn add(&mut self, usage: &Usage, cost: Cost) {
        self.dollars += cost.unwrap_or_default();
        self.tokens += usage.total();
    }
}

impl Meter {
    /// A meter that has counted nothing.
    pub fn new(caps: &[Cap]) -> Self {
        let caps = caps.iter().map(|cap| Counted { cap: *cap, first: cap.limit, warned: false }).collect();
        Self { caps, ..Self::default() }
    }

    /// Adds what was spent to the turn, the run and the session. Day and project are counted from the ledger.
    pub fn add(&mut self, usage: &Usage, cost: Cost) {
        for sum in [&mut self.turn, &mut self.run, &mut self.session] {
            sum.add(usage, cost);
        }
    }

    /// A turn begins: it has spent nothing, and what was raised for the last one is as it was.
    pub fn begin_turn(&mut self) {
        self.turn = Sum::default();
        self.renew(CapScope::Turn);
    }

    /// What this run of the program has spent so far.
    pub fn run(&self) -> Sum {
        self.run
    }

    /// What the run had spent before another session was opened in it.
    pub fn set_run(&mut self, sum: Sum) {
        self.run = sum;
    }

    /// What the turn, the run and the session have spent so far.
    pub fn spent(&self) -> [Sum; 3] {
        [self.turn, self.run, self.session]
    }

    /// What the turn had spent before it was counted here.
    pub fn set_turn(&mut self, sum: Sum) {
        self.turn = sum;
    }

    /// What the session had spent before it was opened.
    pub fn set_session(&mut self, sum: Sum) {
        self.session = sum;
    }

    /// It is that day now; another day has spent nothing.
    pub fn begin_day(&mut self, day: &str) {
        if self.today != day {
            self.day = Sum::default();
            day.clone_into(&mut self.today);
            self.renew(CapScope::Day);
        }
    }

    /// Adds what the ledger says of one of the two scopes that go beyond the session.
    pub fn add_wider(&mut self, scope: CapScope, usage: &Usage, cost: Cost) {
        match scope {
            CapScope::Day => self.day.add(usage, cost),
            CapScope::Project => self.project.add(usage, cost),
            CapScope::Turn | CapScope::Run | CapScope::Session => {}
        }
    }

    /// Some cap counts over this scope.
    pub fn watches(&self, scope: CapScope) -> bool {
        self.caps.iter().any(|counted| counted.cap.scope == scope)
    }

    /// All caps and how far they are used.
    pub fn states(&self) -> Vec<CapState> {
        self.caps.iter().map(|counted| self.state(&counted.cap)).collect()
    }

    /// The hard cap that forbids to spend more.
    pub fn stop(&self) -> Option<CapState> {
        self.states().into_iter().find(|state| state.cap.hard && state.is_used_up())
    }

    /// Soft caps that were passed since the last time.
    pub fn warnings(&mut self) -> Vec<CapState> {
        let states = self.states();
        let mut passed = Vec::new();
        for (counted, state) in self.caps.iter_mut().zip(states) {
            if !counted.cap.hard && !counted.warned && state.is_used_up() {
                counted.warned = true;
                passed.push(state);
            }
        }
        passed
    }

    /// Raises a cap by as much as it was at first, until something may be spent under it again.
    pub fn raise(&mut self, cap: &Cap) -> Option<Cap> {
        let at = self.caps.iter().position(|counted| counted.cap == *cap)?;
        while self.state(&self.caps.get(at)?.cap).is_used_up() {
            let counted = self.caps.get_mut(at)?;
            counted.cap.limit = match (counted.cap.limit, counted.first) {
                (Limit::Dollars(limit), Limit::Dollars(first)) => Limit::Dollars(limit + first.max(0.01)),
                (Limit::Tokens(limit), Limit::Tokens(first)) => Limit::Tokens(limit.saturating_add(first.max(1_000))),
                (limit, _) => limit,
            };
        }
        self.caps.get(at).map(|counted| counted.cap)
    }

    fn renew(&mut self, scope: CapScope) {
        for counted in self.caps.iter_mut().filter(|counted| counted.cap.scope == scope) {
            counted.cap.limit = counted.first;
            counted.warned = false;
        }
    }

    fn state(&self, cap: &Cap) -> CapState {
        let sum = match cap.scope {
            CapScope::Turn => self.turn,
            CapScope::Run => self.run,
            CapScope::Session => self.session,
            CapScope::Day => self.day,
            CapScope::Project => self.project,
        };
        CapState { cap: *cap, dollars: sum.dollars, tokens: sum.tokens }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn cap(scope: CapScope, limit: Limit, hard: bool) -> Cap {
        Cap { scope, limit, hard }
    }

    fn tokens(input: u64) -> Usage {
        Usage { input, ..Usage::default() }
    }

    #[test]
    fn a_hard_cap_stops_at_the_request_that_reaches_it() {
        let mut meter = Meter::new(&[cap(CapScope::Session, Limit::Dollars(1.0), true)]);
        for request in 1..=10 {
            assert_eq!(meter.stop(), None, "before request {request}");
            // Ten tenths are not one in binary.
            meter.add(&tokens(5), Some(0.1));
        }
        assert!(meter.stop().is_some());
    }

    #[test]
    fn raising_adds_what_it_was_at_first_until_there_is_room() {
        let first = cap(CapScope::Session, Limit::Dollars(1.0), true);
        let mut meter = Meter::new(&[first]);
        meter.add(&tokens(5), Some(2.5));
        let raised = meter.raise(&first).unwrap();
        assert_eq!((raised.limit, meter.stop()), (Limit::Dollars(3.0), None));
    }

    #[test]
    fn a_soft_cap_warns_once_and_never_stops() {
        let mut meter = Meter::new(&[cap(CapScope::Run, Limit::Tokens(10), false)]);
        meter.add(&tokens(9), None);
        assert!(meter.warnings().is_empty());
        meter.add(&tokens(1), None);
        assert_eq!((meter.warnings().len(), meter.warnings().len(), meter.stop()), (1, 0, None));
    }

    #[test]
    fn a_turn_counts_anew_and_its_cap_is_as_it_was() {
        let first = cap(CapScope::Turn, Limit::Tokens(10), true);
        let mut meter = Meter::new(&[first]);
        meter.add(&tokens(12), None);
        assert!(meter.raise(&first).is_some() && meter.stop().is_none());
        meter.begin_turn();
        meter.add(&tokens(10), None);
        assert_eq!(meter.stop().unwrap().cap, first);
    }
}
