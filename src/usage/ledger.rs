//! Sums over the rows of the ledger, grouped as a person asks.

use std::collections::HashMap;
use std::path::Path;

use crate::domain::{
    Carried, CostGroup, CostQuery, CostReport, CostRow, CostScope, LedgerRow, RequestSpent, SessionId, SpentOn,
};

/// Rows of a report at most; the rest is in the total.
const ROWS: usize = 1_000;
/// The name of what no result of a tool took.
const REST: &str = "everything else";

/// Whose ledger is looked at, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Viewpoint<'a> {
    pub session: Option<SessionId>,
    pub project: Option<&'a Path>,
    /// Seconds that the person's clock is ahead of UTC.
    pub utc_offset: i32,
}

/// Adds up what a query asks for.
pub fn report(rows: &[LedgerRow], query: &CostQuery, from: Viewpoint<'_>) -> CostReport {
    let counts = |row: &&LedgerRow| match query.scope {
        CostScope::Session => Some(row.session) == from.session,
        CostScope::Project => from.project == Some(row.project.as_path()),
        CostScope::All => true,
    };
    let mut sums = Sums::default();
    let mut total = CostRow { name: "total".to_owned(), ..CostRow::default() };
    for row in rows.iter().filter(counts) {
        add(&mut total, row);
        match query.group {
            CostGroup::Tool => by_tool(&mut sums, row),
            // A call has no model and is no request.
            CostGroup::Model | CostGroup::Request if matches!(row.on, SpentOn::Call(_)) => {}
            group => add(sums.of(&name(row, group, from.utc_offset), row.at), row),
        }
    }
    CostReport { query: query.clone(), rows: sums.sorted(query.group), total, damaged: 0 }
}

/// Sums by name, with the newest moment of each.
#[derive(Default)]
struct Sums {
    rows: Vec<(u64, CostRow)>,
    by_name: HashMap<String, usize>,
}

impl Sums {
    fn of(&mut self, name: &str, at: u64) -> &mut CostRow {
        let next = self.rows.len();
        let index = *self.by_name.entry(name.to_owned()).or_insert(next);
        if index == next {
            self.rows.push((at, CostRow { name: name.to_owned(), ..CostRow::default() }));
        }
        let (newest, row) = &mut self.rows[index];
        *newest = at.max(*newest);
        row
    }

    fn sorted(mut self, group: CostGroup) -> Vec<CostRow> {
        match group {
            CostGroup::Request => self.rows.reverse(),
            CostGroup::Session | CostGroup::Day => self.rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at)),
            _ => self.rows.sort_by(|(_, a), (_, b)| b.dollars.total_cmp(&a.dollars).then_with(|| a.name.cmp(&b.name))),
        }
        self.rows.into_iter().take(ROWS).map(|(_, row)| row).collect()
    }
}

fn name(row: &LedgerRow, group: CostGroup, utc_offset: i32) -> String {
    match (group, &row.on) {
        (CostGroup::Session, _) => row.session.to_string(),
        (CostGroup::Day, _) => day(row.at, utc_offset),
        (CostGroup::Project, _) => row.project.display().to_string(),
        (CostGroup::Agent, _) => row.who.agent.clone().unwrap_or_else(|| "main".to_owned()),
        (CostGroup::Model, SpentOn::Request(spent)) => spent.model.to_string(),
        (CostGroup::Request, SpentOn::Request(spent)) => request_name(row, spent),
        (CostGroup::Model | CostGroup::Request | CostGroup::Tool, _) => "calls of tools".to_owned(),
    }
}

fn request_name(row: &LedgerRow, spent: &RequestSpent) -> String {
    let agent = row.who.agent.as_ref().map(|agent| format!(" {agent}")).unwrap_or_default();
    // Time keeps requests of several sessions apart.
    format!("{} turn {}{agent} {}@{}", spent.request, row.who.turn, spent.model.id, row.at)
}

/// The day of a moment on the person's calendar.
pub fn day(at: u64, utc_offset: i32) -> String {
    let ms = at as i64 + i64::from(utc_offset) * 1_000;
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d").to_string()
}

fn add(sum: &mut CostRow, row: &LedgerRow) {
    match &row.on {
        SpentOn::Request(spent) => {
            sum.requests += 1;
            sum.usage += spent.usage;
            sum.duration_ms += spent.duration_ms;
            match spent.cost {
                Some(dollars) => sum.dollars += dollars,
                None => sum.unpriced += 1,
            }
        }
        SpentOn::Call(call) => {
            sum.calls += 1;
            sum.duration_ms += call.duration_ms;
        }
    }
}

/// A tool costs what its results cost whenever they are read; the rest stands in a row of its own, so that all rows
/// add up to the total.
fn by_tool(sums: &mut Sums, row: &LedgerRow) {
    match &row.on {
        SpentOn::Call(call) => {
            let name =
                call.server.as_ref().map_or_else(|| call.tool.clone(), |server| format!("{} ({server})", call.tool));
            add(sums.of(&name, row.at), row);
        }
        SpentOn::Request(spent) => {
            for part in &spent.carried {
                carry(sums.of(&part.tool, row.at), part);
            }
            let taken: f64 = spent.carried.iter().filter_map(|part| part.cost).sum();
            let rest = sums.of(REST, row.at);
            add(rest, row);
            rest.dollars -= taken;
        }
    }
}

fn carry(sum: &mut CostRow, part: &Carried) {
    sum.carried += part.tokens;
    sum.carried_cached += part.cached;
    match part.cost {
        Some(dollars) => sum.dollars += dollars,
        None => sum.unpriced += 1,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::{Asker, CallSpent, ModelRef, PriceSource, Purpose, RequestEnd, Usage, Wire};

    const DAY: u64 = 86_400_000;

    fn request(at: u64, session: u128, input: u64, cost: Option<f64>, carried: Vec<Carried>) -> LedgerRow {
        let spent = RequestSpent {
            request: 1,
            attempt: 1,
            purpose: Purpose::Answer,
            model: ModelRef::new(Wire::Anthropic, "m"),
            usage: Usage { input, output: 10, ..Usage::default() },
            estimated: false,
            cost,
            price: PriceSource::Table,
            duration_ms: 5,
            end: RequestEnd::Whole,
            carried,
        };
        row(at, session, SpentOn::Request(spent))
    }

    fn call(at: u64, tool: &str) -> LedgerRow {
        let call = CallSpent {
            call_id: "c".into(),
            tool: tool.into(),
            server: None,
            is_error: false,
            duration_ms: 7,
            result_bytes: 9,
        };
        row(at, 1, SpentOn::Call(call))
    }

    fn row(at: u64, session: u128, on: SpentOn) -> LedgerRow {
        LedgerRow {
            at,
            session: SessionId(uuid::Uuid::from_u128(session)),
            project: "/p".into(),
            who: Asker { turn: 1, ..Asker::default() },
            on,
        }
    }

    fn ask(rows: &[LedgerRow], group: CostGroup, scope: CostScope) -> CostReport {
        let from = Viewpoint {
            session: Some(SessionId(uuid::Uuid::from_u128(1))),
            project: Some(Path::new("/p")),
            utc_offset: 3_600,
        };
        report(rows, &CostQuery { group, scope }, from)
    }

    #[test]
    fn a_tool_pays_for_its_results_and_all_rows_add_up() {
        let part = |cost| Carried { tool: "Read".into(), tokens: 40, cached: 30, cost: Some(cost) };
        let rows = [
            call(1, "Read"),
            request(2, 1, 100, Some(0.5), vec![part(0.2)]),
            request(3, 1, 200, Some(0.5), vec![part(0.1)]),
        ];
        let found = ask(&rows, CostGroup::Tool, CostScope::Session);
        let names: Vec<&str> = found.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, [REST, "Read"]);
        let read = &found.rows[1];
        assert_eq!((read.calls, read.carried, read.carried_cached, read.duration_ms), (1, 80, 60, 7));
        let all: f64 = found.rows.iter().map(|row| row.dollars).sum();
        assert!((all - found.total.dollars).abs() < 1e-12 && (all - 1.0).abs() < 1e-12);
    }

    #[test]
    fn days_are_the_persons_own_and_scopes_choose() {
        let rows = [
            request(DAY - 1_800_000, 1, 1, Some(0.1), vec![]),
            request(DAY + 1, 2, 2, None, vec![]),
            request(0, 1, 4, Some(0.2), vec![]),
        ];
        let days = ask(&rows, CostGroup::Day, CostScope::All);
        let seen: Vec<_> = days.rows.iter().map(|row| (row.name.as_str(), row.requests, row.cost())).collect();
        assert_eq!(seen, [("1970-01-02", 2, None), ("1970-01-01", 1, Some(0.2))]);
        assert_eq!(ask(&rows, CostGroup::Model, CostScope::Session).total.usage.input, 5);
        assert_eq!(ask(&rows, CostGroup::Request, CostScope::All).rows.len(), 3);
    }
}
