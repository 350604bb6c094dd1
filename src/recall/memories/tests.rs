//! The store: what is found of fifty entries, what is kept, and what is refused.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

/// What a project of some months has gathered.
const FIFTY: [&str; 50] = [
    "The staging database listens on port 5433 and is reset every Sunday.",
    "Run the tests with `cargo nextest run`; plain cargo test is too slow.",
    "The user prefers tabs over spaces in Makefiles.",
    "Deploys go through the release branch; never push to main on Fridays.",
    "The API gateway rejects bodies larger than 2 MB.",
    "Feature flags live in config/flags.yaml and need a restart.",
    "The billing service rounds half to even, as accounting asked.",
    "Screenshots for the docs are made with playwright in headless mode.",
    "The mobile team owns everything below apps/ios.",
    "Redis is used for sessions only, never as a queue.",
    "Error messages are written in British English.",
    "The parser must keep comments, because the formatter needs them.",
    "Customer names are never logged.",
    "The nightly build publishes to the internal registry at registry.example.",
    "OAuth tokens expire after 45 minutes; refresh them in the background.",
    "The search index is rebuilt by `make reindex` in about ten minutes.",
    "Kubernetes manifests are generated; edit the templates in deploy/templates.",
    "The CSV import accepts semicolons, because of German Excel.",
    "Avatars are stored in the bucket media-eu with a lifetime of one year.",
    "The linter is clippy with pedantic warnings turned on.",
    "Timestamps are stored as UTC and shown in the zone of the user.",
    "The payment provider sends each webhook twice; handlers are idempotent.",
    "Large migrations run with the tool gh-ost outside of business hours.",
    "Icons come from the design system package, never from the web.",
    "The cache key of the product page contains the currency.",
    "Version numbers follow the calendar: 2026.11.2.",
    "Anna reviews changes of the encryption module.",
    "The GraphQL schema is the source of truth for the TypeScript types.",
    "Flaky tests get the tag quarantine and a ticket.",
    "Logs of production are in Loki under the label app=shop.",
    "The installer supports Windows 11 and macOS 14 at least.",
    "Emails are rendered from MJML templates in mail/.",
    "The rate limit of the public endpoint is 60 requests a minute.",
    "Translations are pulled from Weblate each Monday.",
    "The monorepo is built with bazel; gradle files are leftovers.",
    "PDF invoices are signed with the key of the finance team.",
    "The websocket server drops idle connections after 90 seconds.",
    "Benchmarks run on the machine called goldfish.",
    "The onboarding wizard has five steps and is tested by hand.",
    "Passwords are hashed with argon2id, memory 64 MB.",
    "The queue worker retries three times with a back-off of 10 seconds.",
    "Fonts are self-hosted for privacy.",
    "The report generator needs LibreOffice on the server.",
    "Docker images are based on distroless.",
    "The admin panel is reachable through the VPN only.",
    "Coordinates are latitude first, then longitude.",
    "The scheduler skips jobs on public holidays.",
    "Thumbnails are webp with quality 80.",
    "Terraform state is kept in the bucket tf-state with locking.",
    "The shopping cart is kept for 30 days.",
];

fn setting(folder: &std::path::Path) -> MemorySetting {
    MemorySetting {
        project: Some(folder.join("p/memories.sqlite")),
        user: Some(folder.join("u/memories.sqlite")),
        ..MemorySetting::default()
    }
}

fn new(text: &str) -> NewMemory<'_> {
    let author = MemoryAuthor::Person;
    NewMemory { scope: StoreScope::Project, text, author, session: Some("s1".to_owned()), turn: 2 }
}

fn fifty(folder: &std::path::Path) -> Memories {
    let mut memories = Memories::new(&setting(folder), Redactor::default());
    for (at, text) in FIFTY.iter().enumerate() {
        memories.add(&new(text), at as u64).unwrap();
    }
    memories
}

#[test]
fn of_fifty_entries_the_apt_one_alone_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut memories = fifty(folder.path());
    for (prompt, apt) in [
        ("Connect to the staging database and list the tables.", "port 5433"),
        ("Why does the websocket connection close?", "90 seconds"),
        ("Add a field to the CSV import.", "semicolons"),
        ("fix the rounding in the billing service", "half to even"),
        ("rebuild the search index", "make reindex"),
        ("Please write a handler for the webhook of the payment provider.", "idempotent"),
        ("Make the thumbnails smaller.", "webp"),
        ("Where are avatars stored?", "media-eu"),
        ("I want to change the onboarding wizard.\n\nIt should have four steps. Start with the last one.", "by hand"),
        ("how long is a shopping cart kept", "30 days"),
        ("change the password hashing to bcrypt", "argon2id"),
        ("Edit the kubernetes manifests so that the worker gets more memory", "deploy/templates"),
    ] {
        let found = memories.relevant(prompt, 5, &|_| false).unwrap();
        let told: Vec<String> = found.iter().map(|found| format!("{:.2} {}", found.score, found.text)).collect();
        assert!(found.first().is_some_and(|first| first.text.contains(apt)), "{prompt}: {told:?}");
        assert_eq!(found.len(), 1, "{prompt}: {told:?}");
    }
    for prompt in
        ["hello", "continue", "yes, do it", "Fix the failing build.", "What does main.rs do?", "write a poem", ""]
    {
        let found = memories.relevant(prompt, 5, &|_| false).unwrap();
        let told: Vec<String> = found.iter().map(|found| format!("{:.2} {}", found.score, found.text)).collect();
        assert_eq!(told, Vec::<String>::new(), "{prompt}");
    }
}

#[test]
fn what_was_given_already_is_not_given_again_and_uses_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut memories = fifty(folder.path());
    let prompt = "Where are avatars stored?";
    let first = memories.relevant(prompt, 5, &|_| false).unwrap();
    let id = first[0].id;
    assert!(memories.relevant(prompt, 5, &|known| known == id).unwrap().is_empty());
    assert!(memories.relevant(prompt, 0, &|_| false).unwrap().is_empty());
    assert_eq!(memories.get(id).unwrap().used, 1);
}

#[test]
fn entries_are_written_changed_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut memories = Memories::new(&setting(folder.path()), Redactor::new(["key-12345678".to_owned()]));
    assert!(memories.list().unwrap().is_empty() && !folder.path().join("p").exists(), "nothing is made for looking");
    let entry = memories.add(&new("  The port is 5433, key-12345678, ghp_abcdefgh12345678 \n"), 7).unwrap();
    assert_eq!((entry.id.to_string().as_str(), entry.at, entry.turn), ("p1", 7, 2));
    assert_eq!(entry.text, "The port is 5433, [key removed], [secret removed]");
    assert_eq!(memories.add(&new(&entry.text), 8).unwrap(), entry, "the same text twice is one entry");
    let user = memories.add(&NewMemory { scope: StoreScope::User, ..new("I like tabs") }, 9).unwrap();
    let changed = memories.edit(entry.id, "The port is 6000 now.", 10).unwrap();
    assert_eq!((changed.at, changed.changed, changed.text.as_str()), (7, 10, "The port is 6000 now."));
    assert_eq!(memories.search("which port", 3).unwrap()[0].text, changed.text);
    // Another program sees the same.
    let mut other = Memories::new(&setting(folder.path()), Redactor::default());
    assert_eq!(other.list().unwrap(), [changed, user]);
    other.forget(entry.id).unwrap();
    assert!(matches!(memories.get(entry.id), Err(MemoryError::Unknown(_))));
    assert_eq!(memories.add(&new("again"), 11).unwrap().id.to_string(), "p2", "a number is never given twice");
    for (text, problem) in [(" \n", "needs a text"), ("é".repeat(TEXT + 1).as_str(), "this one has 2001")] {
        let refused = memories.add(&new(text), 12).unwrap_err().to_string();
        assert!(refused.contains(problem), "{refused}");
    }
    let nowhere = MemorySetting { project: None, ..setting(folder.path()) };
    let refused = Memories::new(&nowhere, Redactor::default()).add(&new("x"), 1).unwrap_err();
    assert_eq!(refused.to_string(), "there is no place for the memory store of the project");
}

#[test]
fn a_full_store_says_so_and_summaries_make_room_for_newer_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut memories = Memories::new(&setting(folder.path()), Redactor::default());
    for number in 0..SUMMARIES + 3 {
        let text = format!("summary {number}");
        memories.add(&NewMemory { author: MemoryAuthor::Summary, ..new(&text) }, 1).unwrap();
    }
    let entries = memories.list().unwrap();
    assert_eq!((entries.len(), entries.last().unwrap().text.as_str()), (SUMMARIES, "summary 3"));
    for number in SUMMARIES..ENTRIES {
        memories.add(&new(&format!("entry {number}")), 1).unwrap();
    }
    let refused = memories.add(&new("one more"), 1).unwrap_err().to_string();
    assert_eq!(refused, "the memory store of the project is full (1000 entries); forget some first");
}

#[test]
fn a_long_entry_is_found_by_one_of_its_sentences_and_given_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let mut memories = Memories::new(&setting(folder.path()), Redactor::default());
    let text = FIFTY[..30].join("\n").chars().take(TEXT).collect::<String>();
    memories.add(&new(&text), 1).unwrap();
    let found = memories.relevant("Run the tests.", 5, &|_| false).unwrap();
    assert!(found[0].text.contains("cargo nextest") && found[0].text.chars().count() < 700, "{found:?}");
}

#[test]
fn vectors_of_another_origin_are_made_anew() {
    #[derive(Debug)]
    struct Letters;
    impl Embedder for Letters {
        fn name(&self) -> &'static str {
            "letters"
        }
        fn embed(&self, text: &str) -> Vec<f32> {
            let count = |letter| text.chars().filter(|c| *c == letter).count() as f32;
            crate::recall::embed::normalised(vec![count('a'), count('b')])
        }
        fn knows_meaning(&self) -> bool {
            true
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut memories = Memories::new(&setting(folder.path()), Redactor::default());
    memories.add(&new("aaa"), 1).unwrap();
    memories.add(&new("bbb"), 1).unwrap();
    let mut other = Memories::with(&setting(folder.path()), Redactor::default(), Arc::new(Letters));
    assert_eq!(other.search("ab bb", 1).unwrap()[0].text, "bbb");
}

#[test]
fn a_broken_file_is_told_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memories.sqlite");
    std::fs::write(&file, "not a database, but long enough to be taken for one ".repeat(50)).unwrap();
    let setting = MemorySetting { project: Some(file.clone()), ..MemorySetting::default() };
    let problem = Memories::new(&setting, Redactor::default()).list().unwrap_err().to_string();
    assert!(problem.contains(&file.display().to_string()), "{problem}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]
    #[test]
    fn no_prompt_breaks_it(prompt in "\\PC{0,80}|[a-z .\\n]{0,3}") {
        let folder = tempfile::tempdir().unwrap();
        let mut memories = Memories::new(&setting(folder.path()), Redactor::default());
        memories.add(&new("The port is 5433."), 1).unwrap();
        memories.relevant(&prompt, 5, &|_| false).unwrap();
    }
}
