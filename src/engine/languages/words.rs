//! Answers and findings of language servers in words: bounded, without what rules keep from the model.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::told;
use crate::domain::{LanguageProblem, Severity, Unseen};
use crate::lsp::{Answer, Spot, Symbol};

/// Entries of an answer that are told, and characters of a line of code.
const MOST: usize = 100;
const LINE: usize = 160;
/// Problems that are told after a change, characters of one, and of all.
const PROBLEMS: usize = 20;
const MESSAGE: usize = 400;
const ALL: usize = 6_000;
/// Bytes of a file whose lines are shown, and files whose lines are.
const FILE: u64 = 4 * 1024 * 1024;
const FILES: usize = 60;

/// What may be shown to whom.
pub(super) struct Sight<'a> {
    pub(super) project: &'a Path,
    pub(super) unseen: &'a Unseen,
}

impl Sight<'_> {
    pub(super) fn hides(&self, path: &Path) -> bool {
        self.unseen.hides(path, self.project)
    }
}

/// Problems as a result of a tool; `head` says whose they are. None when there is nothing to tell.
pub(super) fn problems(head: &str, all: &[LanguageProblem], sight: &Sight<'_>) -> Option<String> {
    let seen: Vec<&LanguageProblem> = all.iter().filter(|problem| !sight.hides(&problem.path)).collect();
    if seen.is_empty() {
        return None;
    }
    let mut out = head.to_owned();
    let mut count = 0;
    for problem in seen.iter().take(PROBLEMS) {
        let line = problem_line(problem, sight.project);
        if out.len() + line.len() > ALL {
            break;
        }
        count += 1;
        out.push('\n');
        out.push_str(&line);
    }
    if seen.len() > count {
        let _ = write!(
            out,
            "\n… and {} more; LSP with the operation diagnostics tells those of a file.",
            seen.len() - count
        );
    }
    Some(out)
}

fn problem_line(problem: &LanguageProblem, project: &Path) -> String {
    let code = match (problem.source.as_str(), problem.code.as_str()) {
        ("", "") => String::new(),
        (source, "") => format!(" ({source})"),
        ("", code) => format!(" [{code}]"),
        (source, code) => format!(" ({source} {code})"),
    };
    let message: String = problem.message.chars().take(MESSAGE).collect();
    let message = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" · ");
    let place = told(&problem.path, project);
    format!("{place}:{}:{} {}: {message}{code}", problem.line, problem.column, problem.severity.word())
}

/// `2 errors, 1 warning`.
pub(super) fn count(problems: &[LanguageProblem]) -> String {
    let number = |wanted| problems.iter().filter(|problem| problem.severity == wanted).count();
    let part = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        count => Some(format!("{count} {word}s")),
    };
    let others = problems.len() - number(Severity::Error) - number(Severity::Warning);
    let parts =
        [part(number(Severity::Error), "error"), part(number(Severity::Warning), "warning"), part(others, "remark")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// An answer, and its size in a few words.
pub(super) fn answer(answer: &Answer, sight: &Sight<'_>) -> (String, String) {
    let mut page = Page { sight, out: Vec::new(), left_out: 0, lines: Lines::default() };
    let (word, none) = match answer {
        Answer::Spots(spots) => {
            page.spots(spots, "");
            ("place", "Nothing was found.")
        }
        Answer::Symbols(symbols) => {
            for symbol in symbols {
                page.symbol(symbol);
            }
            ("symbol", "There are no symbols.")
        }
        Answer::Calls(calls) => {
            for (symbol, spots) in calls {
                page.symbol(symbol);
                page.spots(spots, "    at ");
            }
            ("line", "There are no calls.")
        }
        Answer::Problems(all) => {
            let text = problems(&format!("{}:", count(all)), all, sight);
            return (text.unwrap_or_else(|| "No problems.".to_owned()), counted(all));
        }
        Answer::Text(text) if text.is_empty() => {
            return ("There is nothing to tell of it.".to_owned(), "nothing".to_owned());
        }
        Answer::Text(text) => return (text.clone(), format!("{} lines", text.lines().count())),
        Answer::Rewrites(rewrites) => return (String::new(), format!("{} files", rewrites.len())),
    };
    page.finish(word, none)
}

fn counted(all: &[LanguageProblem]) -> String {
    if all.is_empty() { "no problems".to_owned() } else { count(all) }
}

struct Page<'a> {
    sight: &'a Sight<'a>,
    out: Vec<String>,
    /// Entries that a rule keeps from the model.
    left_out: usize,
    lines: Lines,
}

impl Page<'_> {
    fn spots(&mut self, spots: &[Spot], indent: &str) {
        for spot in spots {
            self.spot(spot, indent);
        }
    }

    fn spot(&mut self, spot: &Spot, indent: &str) {
        if self.sight.hides(&spot.path) {
            self.left_out += 1;
            return;
        }
        // Of what lies elsewhere nobody decided that it may be read.
        let inside = spot.path.starts_with(self.sight.project) && self.out.len() < MOST;
        let line = if inside { self.lines.of(&spot.path, spot.line) } else { None };
        let code: String = line.as_deref().unwrap_or_default().trim().chars().take(LINE).collect();
        let place = told(&spot.path, self.sight.project);
        let text = format!("{indent}{place}:{}:{}  {code}", spot.line, spot.character(line.as_deref()));
        self.out.push(text.trim_end().to_owned());
    }

    fn symbol(&mut self, symbol: &Symbol) {
        if self.sight.hides(&symbol.spot.path) {
            self.left_out += 1;
            return;
        }
        let detail: String = symbol.detail.chars().take(LINE).collect();
        let place = told(&symbol.spot.path, self.sight.project);
        let text = format!(
            "{:indent$}{} {}  {place}:{}  {detail}",
            "",
            symbol.kind,
            symbol.name,
            symbol.spot.line,
            indent = symbol.depth * 2
        );
        self.out.push(text.trim_end().to_owned());
    }

    fn finish(mut self, word: &str, none: &str) -> (String, String) {
        let count = self.out.len();
        let summary = if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
        if count > MOST {
            self.out.truncate(MOST);
            self.out.push(format!("… and {} more.", count - MOST));
        }
        if self.left_out > 0 {
            self.out.push(format!("{} more lie in files that a rule keeps from you.", self.left_out));
        }
        if self.out.is_empty() {
            self.out.push(none.to_owned());
        }
        (self.out.join("\n"), summary)
    }
}

/// Lines of files, each file read once.
#[derive(Default)]
struct Lines {
    files: HashMap<PathBuf, Vec<String>>,
}

impl Lines {
    fn of(&mut self, path: &Path, line: u32) -> Option<String> {
        if !self.files.contains_key(path) {
            if self.files.len() >= FILES {
                return None;
            }
            let text = crate::base::read::text(path, FILE).ok().flatten().unwrap_or_default();
            self.files.insert(path.to_owned(), text.lines().map(ToOwned::to_owned).collect());
        }
        self.files.get(path)?.get(line.checked_sub(1)? as usize).cloned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn problem(path: &str, line: u32, severity: Severity, message: &str) -> LanguageProblem {
        let (source, code) = ("rustc".to_owned(), "E0308".to_owned());
        LanguageProblem { path: path.into(), line, column: 5, severity, source, code, message: message.to_owned() }
    }

    #[test]
    fn problems_are_told_within_bounds_and_without_hidden_files() {
        let unseen = Unseen::new(|path, _| path.ends_with("secret.rs"));
        let sight = Sight { project: Path::new("/p"), unseen: &unseen };
        let few =
            [problem("/p/a.rs", 3, Severity::Error, "one\n\n  two"), problem("/p/secret.rs", 1, Severity::Error, "x")];
        let text = problems("New:", &few, &sight).unwrap();
        assert_eq!(text, "New:\na.rs:3:5 error: one · two (rustc E0308)");
        assert_eq!(problems("New:", &few[1..], &sight), None);
        let many: Vec<_> =
            (0..500).map(|line| problem("/p/a.rs", line, Severity::Warning, &"y".repeat(3_000))).collect();
        let text = problems("New:", &many, &sight).unwrap();
        assert!(text.len() < ALL + 200 && text.contains("… and 4"), "{text}");
        assert_eq!(count(&few), "2 errors");
        assert_eq!(count(&[problem("/a", 1, Severity::Hint, "")]), "1 remark");
    }
}
