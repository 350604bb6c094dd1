//! A session as one JSON object: all its records, for keeping and for `sessions import`.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::Record;

/// What the object says that it is.
pub const NAME: &str = "latigo-session";
/// The version of the object's form. The records have their own, in their first one.
pub const VERSION: u32 = 1;

/// The object. Records are as they stand in the log, so that those of other versions pass through unread.
#[derive(Debug, Deserialize, Serialize)]
pub struct Whole {
    pub format: String,
    pub version: u32,
    pub records: Vec<Box<RawValue>>,
}

/// All records as one object, a record a line.
pub(super) fn json<R: Borrow<Record>>(records: &[R]) -> String {
    let lines: Vec<String> = records.iter().filter_map(|record| serde_json::to_string(record.borrow()).ok()).collect();
    format!("{{\"format\":\"{NAME}\",\"version\":{VERSION},\"records\":[\n{}\n]}}\n", lines.join(",\n"))
}
