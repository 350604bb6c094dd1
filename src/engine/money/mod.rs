//! The driver's purse: one ledger row for each request and call, and the caps before each request.
//!
//! What the session itself spends is heard from its own records, so that log, ledger, caps and screen have one
//! source. What others spend in its name (sub-agents, hooks) comes in by [`Driver::spent`].

mod asking;
mod export;
mod rows;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Purse;
use super::driver::Driver;
use crate::agent::Input;
use crate::domain::{
    Bill, Body, CanonicalRequest, Cap, CapScope, CapState, Cost, Event, LedgerRow, Live, MoneyBody, MoneyNews, Notice,
    RequestNote, Spent, SpentOn, TeamBody, Usage,
};
use crate::session::LedgerTail;
use crate::usage::{self, Meter, Places, Sum, Tally};

pub(super) use rows::beside;
use watch::Watch;

/// Requests whose places are remembered; only those on their way matter.
const ASKED: usize = 64;

/// What the driver keeps about money.
#[derive(Default)]
pub(super) struct Money {
    /// Requests on their way, with where the results of tools stand in them.
    asked: HashMap<u32, (RequestNote, Places)>,
    /// Names of the tools that the calls of this turn are of.
    tools: HashMap<String, String>,
    turn: Tally,
    session: Tally,
    watch: Watch,
    /// The hold that waits for the person.
    waits: Option<asking::Waits>,
    /// The disk refuses rows; that is said once.
    failing: bool,
}

/// What an engine and its sub-agents count together: a clone counts on in the same sums.
#[derive(Clone, Debug, Default)]
pub struct Together(Arc<Mutex<Sums>>);

#[derive(Debug, Default)]
struct Sums {
    meter: Meter,
    tail: LedgerTail,
    /// The ledger was read from its beginning.
    read: bool,
    /// Rows of this run, for its report.
    rows: Vec<LedgerRow>,
}

impl Together {
    /// The sums, for a moment; nobody holds them over a wait.
    fn sums(&self) -> MutexGuard<'_, Sums> {
        // Whoever broke down while he held them only counted.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Together {
    /// Begins to count under these caps with what was spent before: in the turn, the run and the session.
    pub(super) fn begin(&self, caps: &[Cap], [turn, run, session]: [Sum; 3]) {
        let mut meter = Meter::new(caps);
        meter.set_turn(turn);
        meter.set_run(run);
        meter.set_session(session);
        self.sums().meter = meter;
    }

    /// Adds what an engine in another process has spent.
    pub(super) fn add(&self, usage: &Usage, cost: Cost) {
        self.sums().meter.add(usage, cost);
    }

    /// Keeps a row for the report of the run.
    fn keep(&self, row: LedgerRow) {
        let mut sums = self.sums();
        if sums.rows.len() < export::ROWS {
            sums.rows.push(row);
        }
    }

    /// The caps as they are now, with what was spent in the turn, the run and the session.
    pub(super) fn now(&self) -> (Vec<Cap>, [Sum; 3]) {
        let sums = self.sums();
        (sums.meter.states().iter().map(|state| state.cap).collect(), sums.meter.spent())
    }
}

impl Money {
    /// What it has cost so far.
    fn bill(&self) -> Bill {
        Bill { turn: self.turn.cost(), session: self.session.cost(), requests: self.session.requests }
    }
}

impl Driver {
    /// A session was opened: what it had spent counts for its caps.
    pub(super) fn open_purse(&mut self, spent: Tally) {
        let mut money = Money { session: spent, ..Money::default() };
        if !self.is_child() {
            let before = Sum { dollars: money.session.known_cost(), tokens: money.session.usage.total() };
            let mut sums = self.setup.tuning.money.shared.sums();
            let run = sums.meter.run();
            sums.meter = Meter::new(&self.setup.tuning.money.caps);
            sums.meter.set_session(before);
            sums.meter.set_run(run);
        }
        money.failing = self.parts.money.failing;
        self.parts.money = money;
    }

    /// This engine is a sub-agent: what it spends is its parent's, and the parent asks the person.
    pub(super) fn is_child(&self) -> bool {
        self.stage.child.is_some()
    }

    /// Puts into log, ledger and caps what somebody else than the session's own turn spent.
    pub(super) async fn spent(&mut self, spent: Spent) {
        self.put_on_record(Body::Money(MoneyBody::Spent(Box::new(spent)))).await;
    }

    /// The hard cap that forbids the next request, whoever would make it.
    pub(super) fn cap_forbids(&mut self) -> Option<CapState> {
        self.count_wider();
        let warnings = self.setup.tuning.money.shared.sums().meter.warnings();
        for state in warnings {
            let notice = Notice::warning(format!("Passed the soft cap: {}.", asking::told(&state)));
            self.inbox.push_back(Input::Note(Body::Noticed(notice)));
        }
        self.setup.tuning.money.shared.sums().meter.stop()
    }

    /// A request leaves: where the results of tools stand in it is known now.
    pub(super) fn note_places(&mut self, request: u32, canonical: &CanonicalRequest) {
        if let Some((_, places)) = self.parts.money.asked.get_mut(&request) {
            *places = crate::prompt::places(canonical);
        }
    }

    /// Something is on record: what was spent goes into the ledger.
    pub(super) async fn money_hears(&mut self, body: &Body) {
        let new_turn = matches!(body, Body::Prompted { turn, .. } if self.parts.money.prompted(*turn));
        if new_turn && !self.is_child() {
            self.setup.tuning.money.shared.sums().meter.begin_turn();
        }
        let money = &mut self.parts.money;
        money.watch.hear(body);
        if let Body::RequestSent(note) = body {
            money.sent(note);
        }
        if matches!(body, Body::ModelSet { .. }) {
            // A session was opened, or another model has other prices: the face starts with true figures.
            self.tell_caps().await;
        }
        if let Body::Team(TeamBody::AgentSpent(spent)) = body {
            // The sub-agent's own engine has booked it.
            self.parts.money.count(spent.usage, spent.cost);
            self.tell_caps().await;
        }
        if let Some(spent) = self.row_of(body) {
            self.book(spent).await;
        }
        if matches!(body, Body::TurnEnded { .. }) {
            self.parts.money.waits = None;
            for spent in self.unanswered_rows() {
                self.book(spent).await;
            }
            self.write_report().await;
        }
    }

    /// Into the ledger, the sums and the run's report.
    async fn book(&mut self, Spent { who, on }: Spent) {
        let mut row = LedgerRow {
            at: self.setup.clock.wall_ms(),
            session: self.session,
            project: self.stage.place.project.clone(),
            who,
            on,
        };
        if let Some(child) = &self.stage.child {
            row.session = child.session;
            row.who.agent.get_or_insert_with(|| format!("{} {}", child.kind, child.agent));
        }
        if let SpentOn::Request(spent) = &row.on {
            self.parts.money.count(spent.usage, spent.cost);
            self.setup.tuning.money.shared.sums().meter.add(&spent.usage, spent.cost);
        }
        self.keep(&row).await;
        let paid = matches!(row.on, SpentOn::Request(_));
        self.setup.tuning.money.shared.keep(row);
        if paid {
            self.count_wider();
            self.tell_caps().await;
        }
    }

    /// Writes a row. What a rehearsal spends is not real.
    async fn keep(&mut self, row: &LedgerRow) {
        if self.stage.rehearsal {
            return;
        }
        let written = self.setup.store.ledger().append(row);
        let failed_before = std::mem::replace(&mut self.parts.money.failing, written.is_err());
        if let (Err(error), false) = (written, failed_before) {
            let text = format!("The ledger could not be written: {error}. Sums of other sessions will miss this.");
            self.notice(Notice::warning(text)).await;
        }
    }

    /// Reads what this and other processes have added to the ledger, where a cap goes beyond the session.
    fn count_wider(&mut self) {
        let Purse { shared, .. } = &self.setup.tuning.money;
        let mut sums = shared.sums();
        if !sums.meter.watches(CapScope::Day) && !sums.meter.watches(CapScope::Project) {
            return;
        }
        let now = self.setup.clock.wall_ms();
        let ledger = self.setup.store.ledger();
        let Sums { meter, tail, read, .. } = &mut *sums;
        let reading = if *read { ledger.more(now, tail) } else { ledger.all(now, tail) };
        *read = true;
        let offset = utc_offset(now);
        let today = usage::day(now, offset);
        meter.begin_day(&today);
        for row in reading.rows {
            let SpentOn::Request(spent) = &row.on else { continue };
            if usage::day(row.at, offset) == today {
                meter.add_wider(CapScope::Day, &spent.usage, spent.cost);
            }
            if row.project == self.stage.place.project {
                meter.add_wider(CapScope::Project, &spent.usage, spent.cost);
            }
        }
    }

    /// Lets the face show how far the caps are used.
    pub(super) async fn tell_caps(&mut self) {
        let states = self.setup.tuning.money.shared.sums().meter.states();
        if !states.is_empty() {
            self.tell(Event::Live(Live::Money(MoneyNews::Caps(states)))).await;
        }
    }
}

/// Seconds that the person's clock is ahead of UTC at a moment.
fn utc_offset(now: u64) -> i32 {
    let time = jiff::Timestamp::from_millisecond(now as i64).unwrap_or_default();
    jiff::tz::TimeZone::system().to_offset(time).seconds()
}
