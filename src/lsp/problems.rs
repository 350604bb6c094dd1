//! What a server finds wrong, by file: what it published by itself and what it was asked for, within bounds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::{Diagnostic, DiagnosticSeverity, NumberOrString};
use serde_json::Value;

use super::place;
use crate::domain::{LanguageProblem, Severity};

/// Files, problems of one file and characters of a message that are kept.
const FILES: usize = 5_000;
const PROBLEMS: usize = 200;
const MESSAGE: usize = 2_000;

/// Everything that a server found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    files: BTreeMap<PathBuf, Found>,
    /// Counts what was published.
    count: u64,
}

#[derive(Debug, Default)]
struct Found {
    /// When it was published last, 0 for never, and of which version of the file.
    at: u64,
    version: Option<i64>,
    pushed: Vec<LanguageProblem>,
    pulled: Vec<LanguageProblem>,
}

impl Problems {
    /// Takes in what the server published of a file.
    pub(super) fn publish(&mut self, mut params: Value) {
        let Some(path) = params.get("uri").and_then(Value::as_str).and_then(place::path) else { return };
        let version = params.get("version").and_then(Value::as_i64);
        let items = params.get_mut("diagnostics").map(Value::take).unwrap_or_default();
        self.count += 1;
        let count = self.count;
        if let Some(found) = self.found(&path) {
            found.pushed = read(&path, items);
            found.at = count;
            found.version = version;
        }
    }

    /// Takes in the answer to a question about a file. An answer that says "as before" changes nothing.
    pub(super) fn answered(&mut self, path: &Path, mut report: Value) {
        let Some(items) = report.get_mut("items").map(Value::take) else { return };
        if let Some(found) = self.found(path) {
            found.pulled = read(path, items);
        }
    }

    fn found(&mut self, path: &Path) -> Option<&mut Found> {
        if self.files.len() >= FILES && !self.files.contains_key(path) {
            return None;
        }
        Some(self.files.entry(path.to_owned()).or_default())
    }

    /// When something was published of a file last.
    pub(super) fn published(&self, path: &Path) -> u64 {
        self.files.get(path).map_or(0, |found| found.at)
    }

    /// Something was published of a file since then, and of this version of it or a later one, as far as that is said.
    pub(super) fn is_newer(&self, path: &Path, than: u64, version: i64) -> bool {
        let newer = |found: &Found| found.at > than && found.version.is_none_or(|of| of >= version);
        self.files.get(path).is_some_and(newer)
    }

    /// The problems of a file; none when the server never said anything of it.
    pub(super) fn of(&self, path: &Path) -> Option<Vec<LanguageProblem>> {
        self.files.get(path).map(Found::all)
    }

    /// All files with what is wrong in them, empty ones too.
    pub(super) fn all(&self) -> BTreeMap<PathBuf, Vec<LanguageProblem>> {
        self.files.iter().map(|(path, found)| (path.clone(), found.all())).collect()
    }

    /// Another run of the server starts from nothing.
    pub(super) fn clear(&mut self) {
        self.files.clear();
    }
}

impl Found {
    fn all(&self) -> Vec<LanguageProblem> {
        let mut all = self.pulled.clone();
        all.extend(self.pushed.iter().filter(|problem| !self.pulled.contains(problem)).cloned());
        all
    }
}

/// Reads a list; an entry that is of no known form is left out.
fn read(path: &Path, items: Value) -> Vec<LanguageProblem> {
    let Value::Array(items) = items else { return Vec::new() };
    let known = items.into_iter().filter_map(|item| serde_json::from_value(item).ok());
    let mut problems: Vec<LanguageProblem> = known.take(PROBLEMS).map(|item| problem(path, item)).collect();
    problems.sort_by_key(|problem| (problem.severity, problem.line, problem.column));
    problems
}

fn problem(path: &Path, item: Diagnostic) -> LanguageProblem {
    let code = match item.code {
        Some(NumberOrString::Number(number)) => number.to_string(),
        Some(NumberOrString::String(text)) => text,
        None => String::new(),
    };
    LanguageProblem {
        path: path.to_owned(),
        line: item.range.start.line.saturating_add(1),
        column: item.range.start.character.saturating_add(1),
        severity: match item.severity {
            None | Some(DiagnosticSeverity::ERROR) => Severity::Error,
            Some(DiagnosticSeverity::WARNING) => Severity::Warning,
            Some(DiagnosticSeverity::INFORMATION) => Severity::Information,
            Some(_) => Severity::Hint,
        },
        source: item.source.unwrap_or_default().chars().take(60).collect(),
        code: code.chars().take(100).collect(),
        message: item.message.chars().take(MESSAGE).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn item(line: u32, severity: Value, message: &str) -> Value {
        let at = json!({"line": line, "character": 2});
        json!({"range": {"start": at, "end": at}, "severity": severity, "message": message, "code": 7, "source": "x"})
    }

    #[test]
    fn what_is_published_replaces_what_was_and_stands_beside_answers() {
        let mut problems = Problems::default();
        let path = Path::new("/p/a.rs");
        assert_eq!((problems.of(path), problems.published(path)), (None, 0));
        problems.publish(json!({"uri": "file:///p/a.rs", "diagnostics": [
            item(4, json!(2), "w"), item(1, json!(1), "e"), {"odd": true}, item(0, json!(null), "n")]}));
        let told: Vec<String> = problems
            .of(path)
            .unwrap()
            .iter()
            .map(|p| format!("{} {} {}", p.severity.word(), p.line, p.message))
            .collect();
        assert_eq!(told, ["error 1 n", "error 2 e", "warning 5 w"]);
        problems.answered(path, json!({"kind": "full", "items": [item(1, json!(1), "e"), item(9, json!(4), "h")]}));
        problems.answered(path, json!({"kind": "unchanged", "resultId": "1"}));
        assert_eq!(problems.of(path).unwrap().len(), 4);
        problems.publish(json!({"uri": "file:///p/a.rs", "diagnostics": []}));
        assert_eq!((problems.of(path).unwrap().len(), problems.published(path)), (2, 2));
        problems.publish(json!({"uri": "untitled:1", "diagnostics": "?"}));
        assert_eq!(problems.all().len(), 1);
    }

    #[test]
    fn a_flood_is_kept_within_bounds() {
        let mut problems = Problems::default();
        let many: Vec<Value> = (0..1_000).map(|line| item(line, json!(1), &"x".repeat(5_000))).collect();
        for file in 0..FILES + 10 {
            problems.publish(json!({"uri": format!("file:///{file}"), "diagnostics": if file == 0 { many.clone() } else { Vec::new() }}));
        }
        assert_eq!(problems.all().len(), FILES);
        let first = problems.of(Path::new("/0")).unwrap();
        assert_eq!((first.len(), first[0].message.len()), (PROBLEMS, MESSAGE));
    }
}
