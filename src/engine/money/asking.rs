//! Before each request: may it leave? A hard cap and a turn that runs in circles wait for the person.

use super::super::driver::Driver;
use crate::agent::{Input, Release};
use crate::base::text::{human_cost, human_tokens};
use crate::domain::{
    Body, Cap, CapState, CostQuery, Limit, Live, MoneyBody, MoneyNews, MoneyRequest, Notice, PauseReason,
};
use crate::usage::{self, Viewpoint};

/// A request that waits for the person.
#[derive(Clone, Debug)]
pub(super) struct Waits {
    hold: u32,
    reason: PauseReason,
}

impl Driver {
    /// The machine is about to send a request.
    pub(in crate::engine) async fn on_spend(&mut self, hold: u32) {
        if !self.recall_looks(hold) {
            self.check_purse(hold).await;
        }
    }

    /// No cache has the answer: may it be asked for?
    pub(in crate::engine) async fn check_purse(&mut self, hold: u32) {
        let reason = match self.cap_forbids() {
            Some(state) => Some(PauseReason::Cap(state)),
            None => self.parts.money.watch.circles(&self.setup.tuning.money),
        };
        let release = match reason {
            None => Release::Go,
            Some(reason) if self.setup.interactive && !self.is_child() => return self.pause(hold, reason).await,
            Some(PauseReason::Cap(state)) => {
                let notice = Notice::error(format!("Stopped before the next request: {}.", told(&state)))
                    .hint("Everything is kept. Go on with a higher cap: latigo --continue --max-budget-usd …");
                self.inbox.push_back(Input::Note(Body::Noticed(notice)));
                Release::OverBudget
            }
            Some(reason) => {
                // Nobody is there to be asked; a cap is what stops a run without a screen.
                let notice = Notice::warning(format!("{} {}", circle(&reason), self.bill_so_far()));
                self.inbox.push_back(Input::Note(Body::Noticed(notice)));
                Release::Go
            }
        };
        self.inbox.push_back(Input::Released { hold, release });
    }

    async fn pause(&mut self, hold: u32, reason: PauseReason) {
        let bill = self.parts.money.bill();
        self.parts.money.waits = Some(Waits { hold, reason: reason.clone() });
        self.put_on_record(Body::Money(MoneyBody::Paused { reason, bill })).await;
    }

    /// The person has a word on money.
    pub(in crate::engine) async fn on_money(&mut self, request: MoneyRequest) {
        match request {
            MoneyRequest::GoOn => self.go_on().await,
            MoneyRequest::End => {
                let Some(waits) = self.parts.money.waits.take() else { return };
                let release = match &waits.reason {
                    PauseReason::Cap(_) => Release::OverBudget,
                    reason => Release::Halt { reason: circle(reason) },
                };
                self.feed(Input::Released { hold: waits.hold, release }).await;
            }
            MoneyRequest::Report(query) => self.report_cost(query),
            MoneyRequest::AskAfresh => self.ask_afresh().await,
            MoneyRequest::ReportAnswers => self.report_answers().await,
            MoneyRequest::SetAnswers(mode) => self.set_answers(mode).await,
            MoneyRequest::ClearAnswers => self.clear_answers().await,
        }
    }

    async fn go_on(&mut self) {
        let Some(waits) = self.parts.money.waits.take() else { return };
        let raised = match &waits.reason {
            PauseReason::Cap(state) => self.setup.tuning.money.shared.sums().meter.raise(&state.cap),
            _ => None,
        };
        self.put_on_record(Body::Money(MoneyBody::WentOn { raised })).await;
        self.tell_caps().await;
        // Another cap may be used up as well.
        match self.cap_forbids() {
            Some(state) => self.pause(waits.hold, PauseReason::Cap(state)).await,
            None => self.feed(Input::Released { hold: waits.hold, release: Release::Go }).await,
        }
    }

    /// Adds up the ledger beside the driver.
    fn report_cost(&self, query: CostQuery) {
        let (ledger, session) = (self.setup.store.ledger(), self.session);
        let (project, now) = (self.stage.place.project.clone(), self.setup.clock.wall_ms());
        let own = self.stage.rehearsal.then(|| self.setup.tuning.money.shared.sums().rows.clone());
        self.beside(move || {
            // What a rehearsal spends is in no file.
            let reading = ledger.read();
            let rows = own.unwrap_or(reading.rows);
            let from =
                Viewpoint { session: Some(session), project: Some(&project), utc_offset: super::utc_offset(now) };
            let mut report = usage::report(&rows, &query, from);
            report.damaged = reading.damaged;
            Live::Money(MoneyNews::Report(Box::new(report)))
        });
    }

    fn bill_so_far(&self) -> String {
        let bill = self.parts.money.bill();
        let price = |cost: Option<f64>| cost.map_or_else(|| "of unknown price".to_owned(), human_cost);
        format!("So far this turn is {}, the session {}.", price(bill.turn), price(bill.session))
    }
}

/// How far a cap is used, in words.
pub(super) fn told(state: &CapState) -> String {
    let Cap { scope, limit, .. } = state.cap;
    match limit {
        Limit::Dollars(limit) => {
            format!("{} of {} for this {}", human_cost(state.dollars), human_cost(limit), scope.name())
        }
        Limit::Tokens(limit) => {
            format!("{} of {} tokens for this {}", human_tokens(state.tokens), human_tokens(limit), scope.name())
        }
    }
}

/// What goes in circles, as a sentence.
fn circle(reason: &PauseReason) -> String {
    match reason {
        PauseReason::Cap(state) => format!("{}.", told(state)),
        PauseReason::SameCall { tool, times } => format!("{tool} was called {times} times with the same result."),
        PauseReason::SameError { text, times } => format!("The same error came {times} times: {text}"),
        PauseReason::NoChange { steps } => format!("{steps} steps have brought nothing new."),
    }
}
