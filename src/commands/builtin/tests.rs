//! Tests of the registry and of what each command answers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use super::{ALL, FILES};
use crate::commands::{Facts, Outcome, Show, find};
use crate::domain::{Act, ExportForm, LibraryRequest, Mode, Request, SessionId};

fn run(name: &str, arguments: &str, facts: &Facts<'_>) -> Outcome {
    (find(name).unwrap_or_else(|| panic!("no command {name}")).run)(arguments, facts)
}

fn requests(outcome: &Outcome) -> Vec<Request> {
    let sent = outcome.acts.iter().filter_map(|act| match act {
        Act::Send(request) => Some(request.clone()),
        _ => None,
    });
    sent.collect()
}

#[test]
fn every_file_is_registered_under_its_own_name() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/builtin");
    let on_disk: BTreeSet<String> = folder
        .read_dir()
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "mod" && name != "tests")
        .collect();
    let registered: BTreeSet<String> = FILES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(on_disk, registered);
    for (command, file) in ALL.iter().zip(FILES) {
        assert_eq!(command.name, file.replace('_', "-"), "a command stands in the file of its name");
    }
}

#[test]
fn names_and_aliases_are_unique_and_summaries_are_short() {
    let mut seen = BTreeSet::new();
    for command in ALL {
        for name in std::iter::once(&command.name).chain(command.aliases) {
            assert!(seen.insert(*name), "{name} stands twice");
            assert!(name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{name}");
        }
        assert!(!command.summary.is_empty() && command.summary.len() <= 60, "{}", command.name);
        assert!(!command.summary.ends_with('.'), "{}", command.name);
    }
}

#[test]
fn what_changes_the_conversation_waits_for_the_turn() {
    let waits: Vec<&str> = ALL.iter().filter(|command| !command.while_busy).map(|command| command.name).collect();
    assert_eq!(
        waits,
        [
            "clear",
            "compact",
            "init",
            "output-style",
            "trust",
            "resume",
            "rewind",
            "undo",
            "redo",
            "fork",
            "fresh",
            "rehearse",
        ]
    );
}

#[test]
fn commands_send_what_they_say() {
    let facts = Facts::default();
    assert_eq!(requests(&run("reset", "", &facts)), [Request::Clear]);
    assert_eq!(
        requests(&run("summarize", "the parser", &facts)),
        [Request::Compact { focus: Some("the parser".to_owned()) }]
    );
    assert_eq!(requests(&run("save", "a b.md", &facts)), [Request::Save(Some("a b.md".into()))]);
    let export = |form, path: Option<&str>| {
        Request::Library(LibraryRequest::Export { id: None, form, path: path.map(Into::into) })
    };
    assert_eq!(requests(&run("export", "a b.html", &facts)), [export(ExportForm::Html, Some("a b.html"))]);
    assert_eq!(requests(&run("export", "json", &facts)), [export(ExportForm::Json, None)]);
    assert_eq!(requests(&run("export", "md notes.txt", &facts)), [export(ExportForm::Markdown, Some("notes.txt"))]);
    assert_eq!(requests(&run("rename", " a \n b ", &facts)), [Request::SetTitle("a b".to_owned())]);
    assert_eq!(run("q", "", &facts).acts, [Act::Quit]);
    let context = run("context", "", &facts);
    assert_eq!((requests(&context), context.show), (vec![Request::ReportContext], Some(Show::Context)));
    assert!(requests(&run("title", "", &facts)).is_empty());
}

#[test]
fn resume_takes_an_id_or_a_filter() {
    let facts = Facts::default();
    let id: SessionId = "0197c2a4-7d0e-7000-8000-000000000001".parse().unwrap();
    assert_eq!(requests(&run("resume", &id.to_string(), &facts)), [Request::Resume(id)]);
    assert_eq!(run("sessions", "parser", &facts).show, Some(Show::Sessions { filter: "parser".to_owned() }));
}

#[test]
fn modes_beyond_what_the_start_allowed_are_refused() {
    let facts = Facts { modes: &[Mode::Default, Mode::Plan], ..Facts::default() };
    assert_eq!(requests(&run("mode", "PLAN", &facts)), [Request::SetMode(Mode::Plan)]);
    assert_eq!(requests(&run("mode", "acceptedits", &facts)), [Request::SetMode(Mode::AcceptEdits)]);
    assert!(requests(&run("mode", "bypassPermissions", &facts)).is_empty());
    let open = Facts { modes: &[Mode::BypassPermissions], ..facts };
    assert_eq!(requests(&run("mode", "bypassPermissions", &open)), [Request::SetMode(Mode::BypassPermissions)]);
    let Some(Show::Notice(notice)) = run("mode", "warp", &facts).show else { panic!("no notice") };
    assert!(notice.text.contains("warp"));
}

#[test]
fn a_theme_is_used_and_kept() {
    let themes = ["dark".to_owned(), "light".to_owned()];
    let facts = Facts { themes: &themes, ..Facts::default() };
    let outcome = run("theme", "Light", &facts);
    assert_eq!(outcome.acts, [Act::SaveTheme("light".to_owned())]);
    assert_eq!(outcome.show, Some(Show::UseTheme("light".to_owned())));
    assert!(matches!(run("theme", "neon", &facts).show, Some(Show::Notice(_))));
    assert_eq!(run("theme", "", &facts).show, Some(Show::Theme));
}

#[test]
fn retry_needs_something_to_retry() {
    assert!(requests(&run("retry", "", &Facts::default())).is_empty());
    assert_eq!(requests(&run("retry", "", &Facts { retrying: true, ..Facts::default() })), [Request::RetryNow]);
}
