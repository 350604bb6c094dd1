//! Logs of an earlier version of the schema: written anew, line by line, and kept as they were.
//!
//! The schema only grows, so that most versions need no step. One that does has a function here that changes the JSON of
//! a record of the version before.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::line::{encode_raw, record_of};
use super::lines::Lines;
use crate::base::dirs::{create_private, private_options};

/// Changes a record of one version to the next.
pub(super) type Step = fn(&mut Value);

/// The steps from each version to the next: the first leads from version 1 to 2. There is only version 1 yet.
pub(super) const STEPS: &[Step] = &[];

/// Brings a log up to the newest version. The result is where the old file is kept; none when it is not older, or not a
/// log. The caller holds the lock. After an error everything is as it was.
pub(super) fn migrate(log: &Path, steps: &[Step]) -> io::Result<Option<PathBuf>> {
    let newest = steps.len() as u32 + 1;
    let Some(from) = format_of(log)?.filter(|from| (1..newest).contains(from)) else { return Ok(None) };
    let steps = steps.get(from as usize - 1..).unwrap_or_default();
    let folder = log.parent().ok_or_else(|| io::Error::other("there is no folder to write into"))?;
    let mut new = tempfile::Builder::new().prefix(".migrate-").tempfile_in(folder)?;
    let mut out = BufWriter::new(private_options().write(true).open(new.path())?);
    let mut lines = Lines::open(log, 0)?;
    let mut buffer = Vec::new();
    while let Some(line) = lines.next()? {
        if line.too_long {
            return Err(io::Error::other(format!("line {} is too long to be brought up to date", line.number)));
        }
        if let Some(raw) = record_of(line.bytes).ok().and_then(|raw| changed(raw, steps, newest)) {
            encode_raw(&raw, &mut buffer);
            out.write_all(&buffer)?;
        } else {
            // What is damaged stays as it is.
            out.write_all(line.bytes)?;
            out.write_all(if line.ended { b"\n" } else { b"" })?;
        }
    }
    out.flush()?;
    new.as_file_mut().sync_all()?;
    let kept = kept_as(log, from);
    if let Some(folder) = kept.parent() {
        create_private(folder)?;
    }
    match fs::hard_link(log, &kept) {
        Err(problem) if problem.kind() != io::ErrorKind::AlreadyExists => return Err(problem),
        _ => {}
    }
    new.persist(log)?;
    Ok(Some(kept))
}

/// Where the file of that version is kept.
fn kept_as(log: &Path, format: u32) -> PathBuf {
    log.with_extension("").join(format!("format-{format}.jsonl"))
}

/// The version that the first record tells.
fn format_of(log: &Path) -> io::Result<Option<u32>> {
    let mut lines = Lines::open(log, 0)?;
    let Some(line) = lines.next()? else { return Ok(None) };
    let record = record_of(line.bytes).ok().and_then(|raw| serde_json::from_str::<Value>(raw).ok());
    let format = record.and_then(|record| record.pointer("/body/session_started/format")?.as_u64());
    Ok(format.and_then(|format| u32::try_from(format).ok()))
}

/// The record in the newest version; none when it is no JSON.
fn changed(raw: &str, steps: &[Step], newest: u32) -> Option<String> {
    let mut record: Value = serde_json::from_str(raw).ok()?;
    for step in steps {
        step(&mut record);
    }
    if let Some(format) = record.pointer_mut("/body/session_started/format") {
        *format = newest.into();
    }
    serde_json::to_string(&record).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::{Body, Record};
    use crate::session::read::read;

    /// As if titles had been called names in version 1.
    fn names_are_titles(record: &mut Value) {
        if let Some(name) = record["body"].as_object_mut().and_then(|body| body.remove("named")) {
            record["body"] = serde_json::json!({ "title_set": { "title": name } });
        }
    }

    fn line(record: &str) -> String {
        let mut out = Vec::new();
        encode_raw(record, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_old_log_is_written_anew_and_kept_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.jsonl");
        let id = uuid::Uuid::from_u128(7);
        let started = format!(
            r#"{{"seq":0,"at":1,"body":{{"session_started":{{"format":1,"id":"{id}","version":"0","cwd":"/w","project":"/w"}}}}}}"#
        );
        let old = [line(&started), line(r#"{"seq":1,"at":2,"body":{"named":"the title"}}"#), "damaged\n{torn".into()]
            .concat();
        fs::write(&log, &old).unwrap();
        assert_eq!(migrate(&log, &[]).unwrap(), None, "it is of the newest version");
        assert_eq!(read(&log).unwrap().records.len(), 1, "the other is not known");

        let kept = migrate(&log, &[names_are_titles]).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), old);
        let reading = read(&log).unwrap();
        let title = Body::TitleSet { title: "the title".into() };
        assert_eq!(reading.records[1], Record { seq: 1, at: 2, body: title });
        assert!(matches!(reading.records[0].body, Body::SessionStarted { format: 2, .. }));
        assert!(fs::read_to_string(&log).unwrap().ends_with("damaged\n{torn"), "what is damaged stays");
        assert_eq!(migrate(&log, &[names_are_titles]).unwrap(), None, "once");
        let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(beside.len(), 2, "{beside:?}");
    }

    #[test]
    fn the_version_of_new_logs_is_the_one_that_the_steps_lead_to() {
        assert_eq!(crate::session::FORMAT as usize, STEPS.len() + 1);
    }
}
