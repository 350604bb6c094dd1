//! `latigo cost`: the sums of the ledger, without a screen. The same rows and the same arithmetic as `/cost`.

use serde_json::{Value, json};

use super::bench::Table;
use super::sessions::store;
use crate::base::clock::SystemClock;
use crate::base::text::{exact_cost, human_ms, human_tokens};
use crate::config;
use crate::domain::{CostGroup, CostQuery, CostReport, CostRow, CostScope};
use crate::shell::{Exit, Printer};
use crate::usage::{Viewpoint, report};

/// What is asked of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostOrder {
    pub group: CostGroup,
    /// The id of a session, or the start of it.
    pub session: Option<String>,
    /// Only this folder's project.
    pub project: bool,
    pub json: bool,
}

/// Adds up and prints.
pub(super) fn run(order: &CostOrder, printer: &mut Printer) -> Exit {
    let Some(store) = store(printer) else { return Exit::Failure };
    let session = match order.session.as_deref().map(|text| session(&store, text)).transpose() {
        Ok(session) => session,
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            return Exit::Failure;
        }
    };
    let reading = store.ledger().read();
    let cwd = std::env::current_dir().unwrap_or_default();
    let home = std::env::var_os("HOME").map_or_else(|| cwd.clone(), std::path::PathBuf::from);
    let project = config::project_root(&cwd, &home);
    let now = SystemClock::shared().wall_ms();
    let time = jiff::Timestamp::from_millisecond(now as i64).unwrap_or_default();
    let from = Viewpoint {
        session,
        project: Some(&project),
        utc_offset: jiff::tz::TimeZone::system().to_offset(time).seconds(),
    };
    let scope = match (session, order.project) {
        (Some(_), _) => CostScope::Session,
        (None, true) => CostScope::Project,
        (None, false) => CostScope::All,
    };
    let sums = CostReport {
        damaged: reading.damaged,
        ..report(&reading.rows, &CostQuery { group: order.group, scope }, from)
    };
    if order.json {
        printer.line(&as_json(&sums).to_string());
    } else {
        printer.text(&table(&sums).to_string());
    }
    printer.exit(Exit::Done)
}

/// A session that the ledger knows may be deleted by now, so a whole id is taken as it is.
fn session(store: &crate::session::Store, text: &str) -> Result<crate::domain::SessionId, String> {
    text.parse().or_else(|_| store.find(text).map_err(|error| error.to_string()))
}

fn as_json(sums: &CostReport) -> Value {
    let row = |row: &CostRow| {
        json!({
            "name": row.name,
            "requests": row.requests,
            "calls": row.calls,
            "input_tokens": row.usage.input,
            "cache_read_tokens": row.usage.cache_read,
            "cache_write_tokens": row.usage.cache_write_5m + row.usage.cache_write_1h,
            "output_tokens": row.usage.output,
            "cost_usd": row.cost(),
            "known_cost_usd": row.dollars,
            "carried_tokens": row.carried,
            "carried_cached_tokens": row.carried_cached,
            "duration_ms": row.duration_ms,
        })
    };
    json!({
        "by": sums.query.group.name(),
        "rows": sums.rows.iter().map(row).collect::<Vec<_>>(),
        "total": row(&sums.total),
        "damaged_lines": sums.damaged,
    })
}

fn table(sums: &CostReport) -> Table {
    let group = sums.query.group;
    let by_tool = group == CostGroup::Tool;
    let columns: [&str; 7] = if by_tool {
        [group.name(), "calls", "re-read", "of it cached", "time", "", "cost"]
    } else {
        [group.name(), "requests", "input", "cached", "written", "output", "cost"]
    };
    let mut table = Table::new("What was spent", &columns);
    for row in sums.rows.iter().chain([&sums.total]) {
        let usage = &row.usage;
        let cost = match row.unpriced {
            0 => exact_cost(row.dollars),
            _ if row.dollars > 0.0 => format!("{}+", exact_cost(row.dollars)),
            _ => "unknown".to_owned(),
        };
        let cells = if by_tool {
            [
                row.calls.to_string(),
                human_tokens(row.carried),
                human_tokens(row.carried_cached),
                human_ms(row.duration_ms),
                String::new(),
            ]
        } else {
            [
                row.requests.to_string(),
                human_tokens(usage.input),
                human_tokens(usage.cache_read),
                human_tokens(usage.cache_write_5m + usage.cache_write_1h),
                human_tokens(usage.output),
            ]
        };
        table.row(std::iter::once(row.name.clone()).chain(cells).chain([cost]));
    }
    if sums.total.unpriced > 0 {
        table.note("+ the price of a part is unknown; your settings can add it under latigo.models");
    }
    if sums.damaged > 0 {
        table.note(format!("{} lines of the ledger could not be read.", sums.damaged));
    }
    table
}
