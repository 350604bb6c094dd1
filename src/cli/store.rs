//! `latigo sessions verify` and `gc`: whether what is kept is whole, and what of it nobody needs any more.

use std::time::SystemTime;

use crate::base::text::{human_bytes, sanitize_line};
use crate::session::{Checked, Garbage, Store};
use crate::shell::{Exit, Printer};

/// Checks one session or all. Damage makes the exit code 1.
pub(super) fn verify(id: Option<&str>, json: bool, store: &Store, printer: &mut Printer) -> Exit {
    let checked = id.map(|id| store.find(id)).transpose().and_then(|id| store.verify(id));
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) => {
            printer.remark(&format!("latigo: {error}"));
            return Exit::Failure;
        }
    };
    for file in &checked {
        for line in if json { vec![json_line(file)] } else { lines(file) } {
            printer.line(&line);
        }
    }
    let damaged = checked.iter().filter(|file| !file.is_sound()).count();
    if !json {
        printer.remark(&match (checked.len(), damaged) {
            (0, _) => "There are no sessions yet.".to_owned(),
            (all, 0) => format!("{all} files, all sound."),
            (all, damaged) => format!("{damaged} of {all} files are damaged; nothing was changed."),
        });
    }
    if damaged == 0 { Exit::Done } else { Exit::Failure }
}

/// Tells what nothing refers to, or removes it; first what lies in the trash, when that is asked for.
pub(super) fn gc((remove, trash, json): (bool, bool, bool), store: &Store, printer: &mut Printer) -> Exit {
    let emptied = if trash { store.empty_trash(remove).map(Some) } else { Ok(None) };
    let emptied = match emptied {
        Ok(emptied) => emptied,
        Err(error) => {
            printer.remark(&format!("latigo: the trash was not emptied: {error}"));
            return Exit::Failure;
        }
    };
    match store.collect_garbage(SystemTime::now(), remove) {
        Ok(garbage) => {
            let lines = if json { vec![garbage_json(&garbage, emptied)] } else { told(&garbage) };
            let trash = emptied.filter(|_| !json).map(|trash| of_trash(trash, remove));
            trash.into_iter().chain(lines).for_each(|line| printer.line(&line));
            if garbage.problems.is_empty() { Exit::Done } else { Exit::Failure }
        }
        Err(error) => {
            printer.remark(&format!("latigo: {error}; nothing was removed, because that file may refer to anything"));
            Exit::Failure
        }
    }
}

fn json_line(file: &Checked) -> String {
    let mut value = serde_json::to_value(file).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.insert("sound".to_owned(), file.is_sound().into());
    }
    value.to_string()
}

/// One line for a sound file; for another one a line for each problem besides.
fn lines(file: &Checked) -> Vec<String> {
    let name = sanitize_line(&file.file.to_string_lossy()).into_owned();
    let mut facts = vec![format!("{} records", file.records), human_bytes(file.bytes)];
    if file.unknown > 0 {
        facts.push(format!("{} of a newer version", file.unknown));
    }
    if file.open_calls > 0 {
        facts.push(format!("{} calls without a result, because the program ended", file.open_calls));
    }
    if file.torn_bytes > 0 {
        facts.push(format!("the last record was cut off ({} bytes); going on mends it", file.torn_bytes));
    }
    let state = if file.is_sound() { "sound  " } else { "DAMAGED" };
    let mut lines = vec![format!("{state}  {name}  {}", facts.join(", "))];
    for problem in &file.problems {
        let place = problem.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        lines.push(format!("         {place}{}", sanitize_line(&problem.what)));
    }
    if file.more > 0 {
        lines.push(format!("         and {} more", file.more));
    }
    lines
}

fn garbage_json(garbage: &Garbage, trash: Option<(u64, u64)>) -> String {
    let mut value = serde_json::to_value(garbage).unwrap_or_default();
    if let (Some(object), Some((sessions, bytes))) = (value.as_object_mut(), trash) {
        object.insert("trash".to_owned(), serde_json::json!({ "sessions": sessions, "bytes": bytes }));
    }
    value.to_string()
}

fn of_trash((sessions, bytes): (u64, u64), removed: bool) -> String {
    match (sessions, removed) {
        (0, _) => "The trash is empty.".to_owned(),
        (_, true) => format!("{sessions} sessions ({}) in the trash are gone for good.", human_bytes(bytes)),
        (_, false) => format!(
            "{sessions} sessions ({}) in the trash would be gone for good, and then what only they refer to.",
            human_bytes(bytes)
        ),
    }
}

fn told(garbage: &Garbage) -> Vec<String> {
    let (blobs, size) = (garbage.blobs, human_bytes(garbage.bytes));
    let kept = format!("{} kept ({})", garbage.kept, human_bytes(garbage.kept_bytes));
    let mut lines = vec![match (blobs, garbage.removed) {
        (0, _) => format!("Nothing can go; {kept}."),
        (_, false) => {
            format!(
                "{blobs} contents ({size}) could go, because nothing refers to them; {kept}. --remove removes them."
            )
        }
        (_, true) => format!("{blobs} contents ({size}) were removed; {kept}."),
    }];
    lines.extend(garbage.problems.iter().map(|problem| format!("not removed: {}", sanitize_line(problem))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Problem;

    #[test]
    fn a_damaged_file_is_told_in_harmless_lines() {
        let problem = |line, what: &str| Problem { line, what: what.to_owned() };
        let file = Checked {
            file: "/s/a\x1b[2J.jsonl".into(),
            bytes: 2048,
            records: 3,
            torn_bytes: 7,
            problems: vec![problem(Some(2), "the line is damaged: it is not a record"), problem(None, "x\ny")],
            more: 4,
            ..Checked::default()
        };
        let text = lines(&file).join("\n");
        assert!(
            text.starts_with("DAMAGED") && text.contains("line 2: the line is damaged") && text.contains("and 4 more")
        );
        assert!(!text.contains('\x1b') && text.lines().count() == 4, "{text}");
        assert!(json_line(&file).contains("\"sound\":false"));
    }

    #[test]
    fn what_would_go_is_told_before_it_goes() {
        let found = Garbage { blobs: 2, bytes: 10, kept: 3, kept_bytes: 4, ..Garbage::default() };
        assert!(told(&found)[0].contains("could go") && told(&found)[0].contains("--remove"));
        assert!(told(&Garbage { removed: true, ..found })[0].contains("were removed"));
        assert!(told(&Garbage::default())[0].contains("Nothing can go"));
    }
}
