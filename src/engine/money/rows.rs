//! From records to rows of the ledger.

use super::super::driver::Driver;
use super::{ASKED, Money};
use crate::domain::{
    AgentSpent, Asker, Block, Body, CallSpent, Cost, LedgerRow, ModelRef, MoneyBody, PriceSource, Purpose, RequestEnd,
    RequestNote, RequestSpent, ResponseNote, ResultPart, Spent, SpentOn, ToolResult, Usage,
};
use crate::usage::{self, Places, Tally};

impl Money {
    /// The turn that runs, or the last one.
    pub(in crate::engine) fn turn_now(&self) -> u32 {
        self.watch.turn
    }

    /// A message went into the conversation: a new turn has spent nothing.
    pub(super) fn prompted(&mut self, turn: u32) -> bool {
        let new = self.watch.turn != turn;
        if new {
            self.watch.begin(turn);
            self.turn = Tally::default();
            self.tools.clear();
        }
        new
    }

    pub(super) fn sent(&mut self, note: &RequestNote) {
        if self.asked.len() >= ASKED {
            self.asked.clear();
        }
        self.asked.insert(note.request, (note.clone(), Places::default()));
    }

    pub(super) fn count(&mut self, usage: Usage, cost: Cost) {
        self.turn.add(usage, cost);
        self.session.add(usage, cost);
    }
}

impl Driver {
    /// What a record says was spent.
    pub(super) fn row_of(&mut self, body: &Body) -> Option<Spent> {
        match body {
            Body::Responded(note) => {
                self.know_calls(note);
                let end = if note.cut { RequestEnd::Cut } else { RequestEnd::Whole };
                let paid = Paid { usage: note.usage, cost: note.cost, duration_ms: note.duration_ms, end };
                self.request_row(note.request, &paid, note.estimated)
            }
            Body::Money(MoneyBody::Lost { request, usage, cost, duration_ms }) => {
                let paid = Paid { usage: *usage, cost: *cost, duration_ms: *duration_ms, end: RequestEnd::Failed };
                self.request_row(*request, &paid, false)
            }
            Body::Money(MoneyBody::Spent(spent)) => Some(Spent::clone(spent)),
            Body::Classified(note) => {
                let paid = Paid {
                    usage: note.usage,
                    cost: note.cost,
                    duration_ms: note.duration_ms,
                    end: if note.opinion.is_some() { RequestEnd::Whole } else { RequestEnd::Failed },
                };
                Some(self.small_row(Purpose::Classifier, &note.model, &paid))
            }
            // What was paid for it is on record before it; without that the wire told nothing.
            Body::RequestFailed { request, .. } => {
                self.request_row(*request, &Paid::nothing(RequestEnd::Failed), false)
            }
            Body::CallDone { result, duration_ms, .. } => Some(self.call_row(result, *duration_ms)),
            _ => None,
        }
    }

    /// An agent in a process of its own spent something: its engine booked it, the caps and the report of this run do not
    /// know of it yet.
    pub(in crate::engine) fn count_apart(&self, spent: &AgentSpent, whose: String) {
        let request = RequestSpent {
            request: spent.request,
            attempt: 1,
            purpose: Purpose::Answer,
            usage: spent.usage,
            estimated: spent.estimated,
            cost: spent.cost,
            price: self.price_source(&spent.model, spent.cost),
            duration_ms: spent.duration_ms,
            end: RequestEnd::Whole,
            carried: Vec::new(),
            model: spent.model.clone(),
        };
        let row = LedgerRow {
            at: self.setup.clock.wall_ms(),
            session: self.stage.child.as_ref().map_or(self.session, |child| child.session),
            project: self.stage.place.project.clone(),
            who: Asker { agent: Some(whose), ..own(spent.turn) },
            on: SpentOn::Request(request),
        };
        let shared = &self.setup.tuning.money.shared;
        shared.add(&spent.usage, spent.cost);
        shared.keep(row);
    }

    /// Requests that were stopped before the wire told anything.
    pub(super) fn unanswered_rows(&mut self) -> Vec<Spent> {
        let mut open: Vec<u32> = self.parts.money.asked.keys().copied().collect();
        open.sort_unstable();
        open.iter().filter_map(|request| self.request_row(*request, &Paid::nothing(RequestEnd::Cut), false)).collect()
    }

    fn know_calls(&mut self, note: &ResponseNote) {
        let calls = note.message.blocks.iter().filter_map(|block| match block {
            Block::ToolCall(call) => Some((call.id.clone(), call.name.clone())),
            _ => None,
        });
        self.parts.money.tools.extend(calls);
    }

    fn request_row(&mut self, request: u32, paid: &Paid, estimated: bool) -> Option<Spent> {
        let (note, places) = self.parts.money.asked.remove(&request)?;
        let info = self.setup.table.find(&note.model.id);
        let prices = info.as_ref().and_then(|info| info.prices);
        let spent = RequestSpent {
            request,
            attempt: note.attempt,
            purpose: if note.summary { Purpose::Summary } else { Purpose::Answer },
            usage: paid.usage,
            estimated,
            cost: paid.cost,
            price: self.price_source(&note.model, paid.cost),
            duration_ms: paid.duration_ms,
            end: paid.end,
            carried: usage::carried(&places, &paid.usage, prices.as_ref()),
            model: note.model,
        };
        Some(Spent { who: own(note.turn), on: SpentOn::Request(spent) })
    }

    /// A small request beside the conversation.
    fn small_row(&self, purpose: Purpose, model: &ModelRef, paid: &Paid) -> Spent {
        let price = self.price_source(model, paid.cost);
        let spent = RequestSpent {
            duration_ms: paid.duration_ms,
            end: paid.end,
            ..beside(purpose, model.clone(), paid.usage, (paid.cost, price))
        };
        Spent { who: own(self.parts.money.watch.turn), on: SpentOn::Request(spent) }
    }

    fn call_row(&self, result: &ToolResult, duration_ms: u64) -> Spent {
        let name = self.machine.call(&result.call_id).map(|call| call.name.clone());
        let tool = name.or_else(|| self.parts.money.tools.get(&result.call_id).cloned());
        let call = CallSpent {
            call_id: result.call_id.clone(),
            tool: tool.unwrap_or_else(|| "unknown".to_owned()),
            server: None,
            is_error: result.is_error,
            duration_ms,
            result_bytes: result.parts.iter().map(bytes).sum(),
        };
        let server = call.tool.strip_prefix("mcp__").and_then(|rest| rest.split_once("__"));
        let server = server.map(|(server, _)| server.to_owned());
        Spent { who: own(self.parts.money.watch.turn), on: SpentOn::Call(CallSpent { server, ..call }) }
    }

    fn price_source(&self, model: &ModelRef, cost: Cost) -> PriceSource {
        match cost {
            None => PriceSource::Unknown,
            Some(_) if self.setup.table.is_own(&model.id) => PriceSource::Settings,
            Some(_) => PriceSource::Table,
        }
    }
}

/// The session itself.
fn own(turn: u32) -> Asker {
    Asker { turn, ..Asker::default() }
}

/// A small request beside the conversation, which was answered whole.
pub(in crate::engine) fn beside(
    purpose: Purpose,
    model: ModelRef,
    usage: Usage,
    (cost, price): (Cost, PriceSource),
) -> RequestSpent {
    RequestSpent {
        request: 0,
        attempt: 1,
        purpose,
        model,
        usage,
        estimated: false,
        cost,
        price,
        duration_ms: 0,
        end: RequestEnd::Whole,
        carried: Vec::new(),
    }
}

/// What a request took.
struct Paid {
    usage: Usage,
    cost: Cost,
    duration_ms: u64,
    end: RequestEnd,
}

impl Paid {
    fn nothing(end: RequestEnd) -> Self {
        Self { usage: Usage::default(), cost: Some(0.0), duration_ms: 0, end }
    }
}

fn bytes(part: &ResultPart) -> u64 {
    match part {
        ResultPart::Text(text) => text.len() as u64,
        ResultPart::Image(media) => media.data.len() as u64,
        ResultPart::Document(document) => document.data.len() as u64,
    }
}
