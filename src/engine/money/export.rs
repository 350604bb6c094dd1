//! `--report FILE`: one row for each request of this run, as CSV, or as JSON where the name ends in `.json`.

use std::io;
use std::path::Path;

use serde::Serialize;

use super::super::driver::Driver;
use crate::base::atomic;
use crate::domain::{LedgerRow, Notice, PriceSource, Purpose, RequestEnd, RequestSpent, SpentOn};

/// Rows that are kept for the report.
pub(super) const ROWS: usize = 200_000;

/// One request, under names that a spreadsheet shows.
#[derive(Serialize)]
struct Row<'a> {
    time: String,
    session: String,
    project: String,
    turn: u32,
    agent: &'a str,
    task: &'a str,
    request: u32,
    attempt: u32,
    purpose: Purpose,
    model: String,
    input_tokens: u64,
    cache_read_tokens: u64,
    cache_write_5m_tokens: u64,
    cache_write_1h_tokens: u64,
    output_tokens: u64,
    estimated: bool,
    cost_usd: Option<f64>,
    price: PriceSource,
    duration_ms: u64,
    end: RequestEnd,
}

impl<'a> Row<'a> {
    fn of(row: &'a LedgerRow) -> Option<Self> {
        let SpentOn::Request(spent) = &row.on else { return None };
        let RequestSpent { usage, .. } = spent;
        Some(Self {
            time: jiff::Timestamp::from_millisecond(row.at as i64).unwrap_or_default().to_string(),
            session: row.session.to_string(),
            project: row.project.display().to_string(),
            turn: row.who.turn,
            agent: row.who.agent.as_deref().unwrap_or_default(),
            task: row.who.task.as_deref().or(row.who.skill.as_deref()).unwrap_or_default(),
            request: spent.request,
            attempt: spent.attempt,
            purpose: spent.purpose,
            model: spent.model.to_string(),
            input_tokens: usage.input,
            cache_read_tokens: usage.cache_read,
            cache_write_5m_tokens: usage.cache_write_5m,
            cache_write_1h_tokens: usage.cache_write_1h,
            output_tokens: usage.output,
            estimated: spent.estimated,
            cost_usd: spent.cost,
            price: spent.price,
            duration_ms: spent.duration_ms,
            end: spent.end,
        })
    }
}

impl Driver {
    /// Writes the report of the run so far, where one is wanted.
    pub(in crate::engine) async fn write_report(&mut self) {
        if self.is_child() {
            return;
        }
        let Some(path) = self.setup.tuning.money.report.clone() else { return };
        let written = write(&path, &self.setup.tuning.money.shared.sums().rows);
        if let Err(error) = written {
            let text = format!("The report {} was not written: {error}.", path.display());
            self.notice(Notice::error(text).hint("Name another file: --report FILE")).await;
        }
    }
}

fn write(path: &Path, rows: &[LedgerRow]) -> io::Result<()> {
    let rows = rows.iter().filter_map(Row::of);
    let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let bytes = if json {
        let mut bytes = serde_json::to_vec_pretty(&rows.collect::<Vec<_>>())?;
        bytes.push(b'\n');
        bytes
    } else {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.serialize(row).map_err(io::Error::other)?;
        }
        writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?
    };
    atomic::write(path, &bytes)
}
