//! The driver's purse: one ledger row for each request and call, and the caps before each request.
//!
//! What the session itself spends is heard from its own records, so that log, ledger, caps and screen have one
//! source. What others spend in its name (sub-agents, hooks) comes in by [`Driver::spent`].

mod asking;
mod export;
mod rows;
mod watch;

use std::collections::HashMap;

use super::driver::Driver;
use crate::agent::Input;
use crate::domain::{
    Bill, Body, CanonicalRequest, CapScope, CapState, Event, LedgerRow, Live, MoneyBody, MoneyNews, Notice,
    RequestNote, Spent, SpentOn,
};
use crate::session::LedgerTail;
use crate::usage::{self, Meter, Places, Sum, Tally};

use watch::Watch;

/// Requests whose places are remembered; only those on their way matter.
const ASKED: usize = 64;

/// What the driver keeps about money.
#[derive(Default)]
pub(super) struct Money {
    meter: Meter,
    tail: LedgerTail,
    /// The ledger was read from its beginning.
    read: bool,
    /// Requests on their way, with where the results of tools stand in them.
    asked: HashMap<u32, (RequestNote, Places)>,
    /// Names of the tools that the calls of this turn are of.
    tools: HashMap<String, String>,
    turn: Tally,
    session: Tally,
    watch: Watch,
    /// The hold that waits for the person.
    waits: Option<asking::Waits>,
    /// Rows of this run, for its report.
    rows: Vec<LedgerRow>,
    /// The disk refuses rows; that is said once.
    failing: bool,
}

impl Money {
    /// What it has cost so far.
    fn bill(&self) -> Bill {
        Bill { turn: self.turn.cost(), session: self.session.cost(), requests: self.session.requests }
    }
}

impl Driver {
    /// A session was opened: what it had spent counts for its caps.
    pub(super) fn open_purse<'a>(&mut self, bodies: impl IntoIterator<Item = &'a Body>) {
        let mut money = Money { meter: Meter::new(&self.setup.tuning.money.caps), ..Money::default() };
        for (usage, cost) in bodies.into_iter().filter_map(Body::paid) {
            money.session.add(usage, cost);
        }
        money.meter.set_session(Sum { dollars: money.session.known_cost(), tokens: money.session.usage.total() });
        let before = std::mem::take(&mut self.parts.money);
        self.parts.money = Money { rows: before.rows, failing: before.failing, ..money };
        self.parts.money.meter.set_run(before.meter.run());
    }

    /// Puts into log, ledger and caps what somebody else than the session's own turn spent.
    pub(super) async fn spent(&mut self, spent: Spent) {
        self.put_on_record(Body::Money(MoneyBody::Spent(Box::new(spent)))).await;
    }

    /// The hard cap that forbids the next request, whoever would make it.
    pub(super) fn cap_forbids(&mut self) -> Option<CapState> {
        self.count_wider();
        for state in self.parts.money.meter.warnings() {
            let notice = Notice::warning(format!("Passed the soft cap: {}.", asking::told(&state)));
            self.inbox.push_back(Input::Note(Body::Noticed(notice)));
        }
        self.parts.money.meter.stop()
    }

    /// A request leaves: where the results of tools stand in it is known now.
    pub(super) fn note_places(&mut self, request: u32, canonical: &CanonicalRequest) {
        if let Some((_, places)) = self.parts.money.asked.get_mut(&request) {
            *places = crate::prompt::places(canonical);
        }
    }

    /// Something is on record: what was spent goes into the ledger.
    pub(super) async fn money_hears(&mut self, body: &Body) {
        let money = &mut self.parts.money;
        money.watch.hear(body);
        match body {
            Body::Prompted { turn, .. } => money.prompted(*turn),
            Body::RequestSent(note) => money.sent(note),
            _ => {}
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
        let row = LedgerRow {
            at: self.setup.clock.wall_ms(),
            session: self.session,
            project: self.stage.place.project.clone(),
            who,
            on,
        };
        if let SpentOn::Request(spent) = &row.on {
            self.parts.money.count(spent);
        }
        self.keep(&row).await;
        let paid = matches!(row.on, SpentOn::Request(_));
        if self.parts.money.rows.len() < export::ROWS {
            self.parts.money.rows.push(row);
        }
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
        let (day, project) = {
            let meter = &self.parts.money.meter;
            (meter.watches(CapScope::Day), meter.watches(CapScope::Project))
        };
        if !day && !project {
            return;
        }
        let now = self.setup.clock.wall_ms();
        let ledger = self.setup.store.ledger();
        let money = &mut self.parts.money;
        let reading = if money.read { ledger.more(now, &mut money.tail) } else { ledger.all(now, &mut money.tail) };
        money.read = true;
        let offset = utc_offset(now);
        money.meter.begin_day(&usage::day(now, offset));
        for row in reading.rows {
            let SpentOn::Request(spent) = &row.on else { continue };
            if usage::day(row.at, offset) == usage::day(now, offset) {
                money.meter.add_wider(CapScope::Day, &spent.usage, spent.cost);
            }
            if row.project == self.stage.place.project {
                money.meter.add_wider(CapScope::Project, &spent.usage, spent.cost);
            }
        }
    }

    /// Lets the face show how far the caps are used.
    pub(super) async fn tell_caps(&mut self) {
        let states = self.parts.money.meter.states();
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
