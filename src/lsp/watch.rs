//! Which problems are news: what stood in a file before a change, and what was told already.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::domain::{LanguageProblem, Severity};

/// Files that are remembered.
const FILES: usize = 2_000;
/// Problems of one file that are.
const PROBLEMS: usize = 1_000;

/// What one session knows of problems. It is a value; time and servers are elsewhere.
#[derive(Debug, Default)]
pub struct Watch {
    /// Files that the session changed.
    changed: BTreeSet<PathBuf>,
    /// What is no news in a file.
    known: BTreeMap<PathBuf, Vec<LanguageProblem>>,
}

impl Watch {
    /// Nothing was told of this file yet.
    pub fn is_new(&self, path: &Path) -> bool {
        !self.known.contains_key(path)
    }

    /// What stands in a file now is no news later.
    pub fn take_as_known(&mut self, path: &Path, problems: Vec<LanguageProblem>) {
        if self.known.len() < FILES || self.known.contains_key(path) {
            self.known.insert(path.to_owned(), problems);
        }
    }

    /// The session is about to change this file.
    pub fn will_change(&mut self, path: &Path) {
        if self.changed.len() < FILES {
            self.changed.insert(path.to_owned());
        }
    }

    /// Before the first change everything that servers say is how things stood.
    pub fn nothing_changed(&self) -> bool {
        self.changed.is_empty()
    }

    /// What is wrong now and was not before: errors and warnings of files that the session changed, errors of other
    /// files of which it is known how they were. It is known from here on. Where a problem stands in its file does not
    /// matter, because lines move. A server that is not `calm` may have taken back for a moment what it is about to say
    /// again, so nothing counts as mended then.
    pub fn news(&mut self, now: BTreeMap<PathBuf, Vec<LanguageProblem>>, calm: bool) -> Vec<LanguageProblem> {
        let mut news = Vec::new();
        for (path, problems) in now {
            let changed = self.changed.contains(&path);
            let worst = if changed { Severity::Warning } else { Severity::Error };
            let known = self.known.get(&path).map_or(&[][..], Vec::as_slice);
            let new = without(&problems, known);
            let tells = changed || self.known.contains_key(&path);
            let mut next = if calm { problems } else { known.to_vec() };
            if !calm {
                next.extend(new.iter().take(PROBLEMS.saturating_sub(next.len())).cloned());
            }
            news.extend(new.into_iter().filter(|problem| tells && problem.severity <= worst));
            self.take_as_known(&path, next);
        }
        news.sort_by(|a, b| {
            let own = |problem: &LanguageProblem| !self.changed.contains(&problem.path);
            (own(a), a.severity, &a.path, a.line, a.column).cmp(&(own(b), b.severity, &b.path, b.line, b.column))
        });
        news
    }
}

/// The problems that `known` does not have. The same one twice is news when it was there once.
fn without(problems: &[LanguageProblem], known: &[LanguageProblem]) -> Vec<LanguageProblem> {
    let mut left: Vec<&LanguageProblem> = known.iter().collect();
    let mut news = Vec::new();
    for problem in problems {
        match left.iter().position(|known| is_same(known, problem)) {
            Some(at) => drop(left.swap_remove(at)),
            None => news.push(problem.clone()),
        }
    }
    news
}

fn is_same(a: &LanguageProblem, b: &LanguageProblem) -> bool {
    a.severity == b.severity && a.source == b.source && a.code == b.code && a.message == b.message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(path: &str, line: u32, severity: Severity, message: &str) -> LanguageProblem {
        LanguageProblem {
            path: path.into(),
            line,
            column: 1,
            severity,
            source: "x".into(),
            code: String::new(),
            message: message.into(),
        }
    }

    fn told(watch: &mut Watch, now: &[(&str, &[LanguageProblem])]) -> Vec<String> {
        let now = now.iter().map(|(path, problems)| (PathBuf::from(path), problems.to_vec())).collect();
        watch.news(now, true).iter().map(|p| format!("{}:{} {}", p.path.display(), p.line, p.message)).collect()
    }

    #[test]
    fn only_what_was_not_there_before_is_news_and_only_once() {
        let mut watch = Watch::default();
        let old = problem("/a", 1, Severity::Error, "old");
        assert!(watch.is_new(Path::new("/a")));
        watch.take_as_known(Path::new("/a"), vec![old.clone()]);
        watch.will_change(Path::new("/a"));
        let moved = LanguageProblem { line: 9, ..old.clone() };
        let new = problem("/a", 3, Severity::Warning, "new");
        let hint = problem("/a", 4, Severity::Hint, "hint");
        assert_eq!(told(&mut watch, &[("/a", &[moved.clone(), new.clone(), hint])]), ["/a:3 new"]);
        assert!(told(&mut watch, &[("/a", &[moved.clone(), new.clone()])]).is_empty());
        // What was mended and comes back is news; so is the same one a second time.
        assert!(told(&mut watch, &[("/a", &[])]).is_empty());
        assert_eq!(told(&mut watch, &[("/a", &[moved.clone(), moved])]), ["/a:9 old", "/a:9 old"]);
    }

    #[test]
    fn what_a_busy_server_takes_back_for_a_moment_is_no_news_when_it_returns() {
        let mut watch = Watch::default();
        let old = problem("/a", 1, Severity::Error, "old");
        watch.take_as_known(Path::new("/a"), vec![old.clone()]);
        watch.will_change(Path::new("/a"));
        assert!(watch.news(BTreeMap::from([("/a".into(), Vec::new())]), false).is_empty());
        let late = problem("/a", 2, Severity::Error, "late");
        assert_eq!(watch.news(BTreeMap::from([("/a".into(), vec![old.clone(), late.clone()])]), false).len(), 1);
        assert!(told(&mut watch, &[("/a", &[old, late])]).is_empty());
    }

    #[test]
    fn other_files_are_told_of_when_they_broke_since() {
        let mut watch = Watch::default();
        watch.will_change(Path::new("/a"));
        // A file nobody knew of: that is how it stood.
        assert!(told(&mut watch, &[("/b", &[problem("/b", 1, Severity::Error, "old")])]).is_empty());
        let both = [problem("/b", 1, Severity::Error, "old"), problem("/b", 2, Severity::Error, "broke")];
        let own = [problem("/a", 5, Severity::Warning, "own")];
        assert_eq!(told(&mut watch, &[("/a", &own), ("/b", &both)]), ["/a:5 own", "/b:2 broke"]);
        assert!(told(&mut watch, &[("/b", &[problem("/b", 3, Severity::Warning, "w")])]).is_empty());
    }
}
