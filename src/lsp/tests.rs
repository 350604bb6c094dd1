//! The toy server, as it should be and in every way that it should not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::domain::{LanguageState, LanguageStatus, RuleScope, Severity};

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/lsp/toy.py");
const LONG: Duration = Duration::from_secs(20);

struct Bench {
    folder: TempDir,
    host: Host,
    news: mpsc::Receiver<News>,
    watch: Mutex<Watch>,
}

impl Bench {
    fn new(modes: &[&str]) -> Self {
        Self::with(modes, |_| {})
    }

    fn with(modes: &[&str], change: impl FnOnce(&mut LanguageConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let args: Vec<&str> = std::iter::once(TOY).chain(modes.iter().copied()).collect();
        let value = json!({"command": "python3", "args": args, "extensionToLanguage": {".toy": "toy"},
            "settings": {"toy": {"level": 7}}, "maxRestarts": 1});
        let entry = Entry { name: "toy".into(), scope: RuleScope::User, source: "test".into(), value, off: None };
        let mut config = parse(&entry, &std::collections::BTreeMap::new()).unwrap().0;
        change(&mut config);
        let env = [("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())].into();
        let roots = vec![folder.path().to_owned()];
        let (host, news) = Host::start(Grounds { servers: vec![config], roots, env: Arc::new(env) });
        Self { folder, host, news, watch: Mutex::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// Changes a file as a tool does, and tells what is new.
    async fn change(&self, name: &str, text: &str, limit: Duration) -> Vec<String> {
        let before = fs::read(self.path(name)).ok();
        let path = self.put(name, text);
        let calm = self.host.settle(&[Change { path, before }], &self.watch, limit).await;
        let news = self.watch.lock().unwrap().news(self.host.problems(), calm);
        news.iter().map(|p| format!("{}:{} {}", p.line, p.column, p.message)).collect()
    }

    async fn ask(&self, operation: Operation, name: &str, line: u32, character: u32) -> Result<Answer, String> {
        let (query, new_name) = ("o".to_owned(), "neu".to_owned());
        let question = Question { operation, path: self.path(name), line, character, query, new_name };
        self.host.ask(&question, LONG).await
    }

    fn status(&self) -> LanguageStatus {
        self.host.statuses().remove(0)
    }

    /// Waits until the state is one of that kind.
    async fn until(&mut self, is_so: impl Fn(&LanguageStatus) -> bool) -> LanguageStatus {
        let late = Instant::now() + LONG;
        loop {
            let status = self.status();
            if is_so(&status) {
                return status;
            }
            assert!(Instant::now() < late, "it stays {status:?}");
            drop(tokio::time::timeout(Duration::from_secs(1), self.news.recv()).await);
        }
    }
}

fn places(answer: Result<Answer, String>) -> Vec<String> {
    let Ok(Answer::Spots(spots)) = answer else { panic!("{answer:?}") };
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    spots.iter().map(|spot| format!("{}:{}:{}", name(&spot.path), spot.line, spot.character(None))).collect()
}

#[tokio::test]
async fn nothing_is_started_before_it_is_needed_and_only_new_problems_are_news() {
    for modes in [&[][..], &["silent"], &["pull"], &["slow"], &["versions"]] {
        let bench = Bench::new(modes);
        assert_eq!((bench.status().state, bench.status().pid), (LanguageState::Asleep, None));
        bench.put("a.toy", "BAD old\nfine\n");
        let news = bench.change("a.toy", "fine\nBAD old\nBAD new\nHM\n", LONG).await;
        assert_eq!(news, ["3:1 BAD in: BAD new", "4:1 HM in: HM"], "{modes:?}");
        assert!(bench.change("a.toy", "x\n\nBAD old\nBAD new\n", LONG).await.is_empty(), "{modes:?}");
        assert_eq!(bench.change("b.toy", "BAD b\n", LONG).await, ["1:1 BAD in: BAD b"], "{modes:?}");
        let status = bench.status();
        assert_eq!((&status.state, status.about.as_str(), status.open), (&LanguageState::Ready, "toy 1", 2));
        assert_eq!(status.counts(), (3, 0));
        assert!(status.pid.is_some() && status.problems.iter().all(|problem| problem.severity == Severity::Error));
        bench.host.close().await;
        assert!(!crate::base::process::is_running(status.pid.unwrap()));
    }
}

#[tokio::test]
async fn every_question_has_its_answer() {
    let bench = Bench::new(&[]);
    bench.put("a.toy", "def one\ndef two\nä call one\n");
    bench.put("b.toy", "call one\n");
    assert_eq!(places(bench.ask(Operation::GoToDefinition, "a.toy", 3, 8).await), ["a.toy:1:5"]);
    assert_eq!(
        places(bench.ask(Operation::FindReferences, "b.toy", 1, 6).await),
        ["a.toy:1:5", "a.toy:3:8", "b.toy:1:6"]
    );
    assert_eq!(bench.ask(Operation::Hover, "a.toy", 1, 5).await.unwrap(), Answer::Text("**one** is a word".into()));
    let names = |answer: Result<Answer, String>| match answer.unwrap() {
        Answer::Symbols(symbols) => symbols.iter().map(|s| format!("{} {}", s.kind, s.name)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(names(bench.ask(Operation::DocumentSymbol, "a.toy", 1, 1).await), ["function one", "function two"]);
    assert_eq!(names(bench.ask(Operation::WorkspaceSymbol, "a.toy", 1, 1).await), ["function one", "function two"]);
    assert_eq!(names(bench.ask(Operation::PrepareCallHierarchy, "b.toy", 1, 6).await), ["function one"]);
    let Answer::Calls(calls) = bench.ask(Operation::IncomingCalls, "b.toy", 1, 6).await.unwrap() else { panic!() };
    assert_eq!(calls.iter().map(|(_, spots)| spots.len()).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(bench.ask(Operation::OutgoingCalls, "b.toy", 1, 6).await.unwrap(), Answer::Calls(Vec::new()));
    let problem = bench.ask(Operation::GoToImplementation, "a.toy", 1, 5).await.unwrap_err();
    assert_eq!(problem, "toy: it does not offer textDocument/implementation.");
    assert!(bench.ask(Operation::Hover, "a.toy", 9, 1).await.unwrap_err().contains("has 3 lines"));
    assert!(bench.ask(Operation::Hover, "no.toy", 1, 1).await.unwrap_err().contains("cannot be read"));
    let other = bench.ask(Operation::Hover, "x.rs", 1, 1).await.unwrap_err();
    assert_eq!(other, "No language server serves `.rs` files. There are: toy for .toy.");
    // A file that changed on the disk is told before the next question.
    bench.put("a.toy", "BAD\n");
    let Answer::Problems(found) = bench.ask(Operation::Diagnostics, "a.toy", 1, 1).await.unwrap() else { panic!() };
    assert_eq!(found.len(), 1);
    bench.host.close().await;
}

#[tokio::test]
async fn a_rename_is_worked_out_and_writes_nothing() {
    let bench = Bench::new(&[]);
    bench.put("a.toy", "def one\nä call one one\n");
    bench.put("b.toy", "call one\n");
    let Answer::Rewrites(all) = bench.ask(Operation::Rename, "a.toy", 1, 5).await.unwrap() else { panic!() };
    let told: Vec<(usize, &str)> = all.iter().map(|file| (file.places, file.after.as_str())).collect();
    assert_eq!(told, [(3, "def neu\nä call neu neu\n"), (1, "call neu\n")]);
    assert_eq!(fs::read_to_string(bench.path("b.toy")).unwrap(), "call one\n");
    bench.host.close().await;
}

#[tokio::test]
async fn what_a_server_asks_is_answered_and_its_wish_to_write_is_not_granted() {
    let mut bench = Bench::new(&["ask"]);
    bench.put("a.toy", "x");
    bench.ask(Operation::Hover, "a.toy", 1, 1).await.unwrap();
    let status = bench.until(|status| status.log.len() >= 3).await;
    let log = status.log.join("\n");
    assert!(log.contains(r#""id": "a", "result": [7]"#), "{log}");
    assert!(log.contains(r#""applied": false"#) && log.contains(r#""code": -32601"#), "{log}");
    bench.host.close().await;
}

#[tokio::test]
async fn a_server_that_dies_is_started_again_within_bounds() {
    let mut bench = Bench::new(&["crash"]);
    bench.put("a.toy", "one\n");
    let began = Instant::now();
    assert!(bench.change("a.toy", "BAD\n", Duration::from_secs(5)).await.is_empty());
    assert!(began.elapsed() < Duration::from_secs(5), "the loss is noticed");
    bench.until(|status| status.restarts == 1 && status.state == LanguageState::Ready).await;
    // The second run dies as the first did, and that was the last.
    bench.change("a.toy", "x\n", Duration::from_secs(5)).await;
    bench.change("a.toy", "y\n", Duration::from_secs(5)).await;
    let status = bench.until(|status| matches!(status.state, LanguageState::Failed { .. })).await;
    let LanguageState::Failed { reason } = status.state else { panic!() };
    assert_eq!(reason, "it ended (exit status: 3)");
    let problem = bench.ask(Operation::Hover, "a.toy", 1, 1).await.unwrap_err();
    assert_eq!(problem, "toy does not work: it ended (exit status: 3).");
    bench.host.close().await;
}

#[tokio::test]
async fn one_that_never_works_is_told_with_its_last_words() {
    let mut bench = Bench::new(&["die"]);
    bench.put("a.toy", "x");
    let problem = bench.ask(Operation::Hover, "a.toy", 1, 1).await.unwrap_err();
    assert!(problem.contains("there is no toy here"), "{problem}");
    let mut remarks = Vec::new();
    while let Ok(told) = bench.news.try_recv() {
        if let News::Remark(text) = told {
            remarks.push(text);
        }
    }
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    let bench = Bench::with(&[], |config| config.command = "no-such-program".into());
    bench.put("a.toy", "x");
    let problem = bench.ask(Operation::Hover, "a.toy", 1, 1).await.unwrap_err();
    assert!(problem.contains("`no-such-program` is not found"), "{problem}");
}

#[tokio::test]
async fn a_server_that_hangs_floods_or_lies_costs_its_answers_alone() {
    for (mode, words) in [("mute", "did not answer within"), ("garbage", "something that is no message: Welcome")] {
        let bench = Bench::with(&[mode], |config| config.start_ms = 700);
        bench.put("a.toy", "x");
        let problem = bench.ask(Operation::Hover, "a.toy", 1, 1).await.unwrap_err();
        assert!(problem.contains(words) || problem.contains("without a length"), "{mode}: {problem}");
        bench.host.close().await;
    }
    let bench = Bench::new(&["deaf"]);
    let big = "x".repeat(1024 * 1024);
    for round in 0..4 {
        let began = Instant::now();
        let news = bench.change("a.toy", &format!("{big}{round}"), Duration::from_millis(300)).await;
        assert!(news.is_empty() && began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    }
    bench.host.close().await;
    let mut bench = Bench::new(&["flood"]);
    bench.put("a.toy", "x");
    bench.host.warm(&bench.path("a.toy"));
    let status = bench
        .until(|status| matches!(status.state, LanguageState::Failed { .. } | LanguageState::Retrying { .. }))
        .await;
    assert!(status.state.word() != "ready");
    bench.host.close().await;
}

#[tokio::test]
async fn one_that_nobody_asked_for_waits_for_a_yes() {
    let mut bench = Bench::with(&[], |config| config.unasked = true);
    bench.put("a.toy", "BAD\n");
    assert!(bench.change("a.toy", "BAD BAD\n", LONG).await.is_empty());
    assert_eq!(bench.news.recv().await, Some(News::Wanted("toy".into())));
    let problem = bench.ask(Operation::Hover, "a.toy", 1, 1).await.unwrap_err();
    assert!(problem.contains("/lsp starts it"), "{problem}");
    assert_eq!((bench.status().state, bench.status().pid), (LanguageState::Unasked, None));
    assert!(bench.host.start_one("toy") && !bench.host.start_one("other"));
    bench.until(|status| status.state == LanguageState::Ready).await;
    assert!(bench.host.stop_one("toy"));
    let status = bench.until(|status| matches!(status.state, LanguageState::Off { .. })).await;
    assert_eq!(status.pid, None);
    bench.host.close().await;
}
