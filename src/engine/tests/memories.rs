//! The memory store over the whole engine: what goes to the tail, what the prefix does not notice, who may write.

use super::catalog::call;
use super::*;
use crate::base::secrets::Redactor;
use crate::policy::{RuleText, Tier};
use crate::recall::{Memories, MemorySetting, NewMemory};

const PORT: &str = "The staging database listens on port 5433.";

fn setting(root: &Path) -> MemorySetting {
    let file = |name: &str| Some(root.join("memories").join(name));
    MemorySetting { project: file("project.sqlite"), user: file("user.sqlite"), ..MemorySetting::default() }
}

fn store(root: &Path) -> Memories {
    Memories::new(&setting(root), Redactor::default())
}

/// A store with an entry of the person and one that nothing here is about.
fn filled() -> Arc<TempDir> {
    let root = Arc::new(TempDir::new().unwrap());
    for text in [PORT, "Icons come from the design system."] {
        let author = MemoryAuthor::Person;
        let new = NewMemory { scope: StoreScope::Project, text, author, session: None, turn: 0 };
        store(root.path()).add(&new, 1).unwrap();
    }
    root
}

fn bench(root: &Arc<TempDir>, open: Open, answers: Vec<Vec<StreamItem>>, change: impl FnOnce(&mut Setup)) -> Bench {
    Bench::with(Arc::clone(root), open, answers, |setup| {
        let memories = Some(setting(root.path()));
        setup.stage.shelf = Arc::new(Shelf { memories, ..Shelf::default() });
        setup.tools = crate::tools::registry();
        change(setup);
    })
}

/// What stands before the last message of a request, byte for byte, and the texts of that message.
fn parts(bench: &Bench, request: usize) -> (Vec<Vec<u8>>, Vec<String>) {
    let heard = bench.script.heard.lock().unwrap();
    let (last, before) = heard[request].segments.split_last().unwrap();
    let bytes = before.iter().map(|segment| format!("{:?}", segment.body).into_bytes()).collect();
    let texts = last.as_message().unwrap().blocks.iter().filter_map(|block| match block {
        Block::Text { text } => Some(text.clone()),
        _ => None,
    });
    (bytes, texts.collect())
}

fn recalled(bench: &Bench) -> Vec<(String, f32)> {
    let entries = bench.seen.iter().filter_map(|record| match &record.body {
        Body::Catalog(CatalogBody::Recalled { entries }) => Some(entries.clone()),
        _ => None,
    });
    entries.flatten().map(|entry| (entry.id.to_string(), entry.score)).collect()
}

#[tokio::test]
async fn what_matters_stands_in_the_tail_and_the_prefix_stays_byte_for_byte() {
    let root = filled();
    let mut heard = Vec::new();
    for is_filled in [true, false] {
        if !is_filled {
            std::fs::remove_dir_all(root.path().join("memories")).unwrap();
        }
        let mut bench = bench(&root, Open::New, vec![text("ok"), text("ok"), text("ok")], |_| {});
        for prompt in ["hello", "List the tables of the staging database.", "Which port was it, the staging database?"]
        {
            bench.prompt(prompt).await;
            bench.end().await;
        }
        heard.push(((0..3).map(|request| parts(&bench, request)).collect::<Vec<_>>(), recalled(&bench)));
    }
    let [(with, told), (without, nothing)] = &heard[..] else { panic!("two runs") };
    assert_eq!(with[0], without[0], "a prompt that nothing is about brings nothing");
    assert_eq!(with[1].0, without[1].0, "the prefix and all that was said before are the same bytes");
    let texts = &with[1].1;
    assert!(texts[0].contains(&format!("- [p1] {PORT}\n")) && !texts[0].contains("Icons"), "{texts:?}");
    assert_eq!(texts.last().unwrap(), "List the tables of the staging database.");
    assert_eq!(texts[1..], without[1].1[..]);
    assert_eq!(with[2].1, without[2].1, "what was told is not told again");
    assert!(told.len() == 1 && told[0].0 == "p1" && told[0].1 > 0.3, "{told:?}");
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn a_resumed_session_knows_what_it_was_told_and_a_cleared_one_does_not() {
    let root = filled();
    let prompt = "Connect to the staging database.";
    let mut first = bench(&root, Open::New, vec![text("ok")], |_| {});
    first.prompt(prompt).await;
    first.end().await;
    first.ask(Request::Shutdown).await;
    while first.events.recv().await.is_some() {}
    let mut again = bench(&root, Open::Latest, vec![text("ok"), text("ok")], |_| {});
    again.prompt(prompt).await;
    again.end().await;
    assert_eq!(parts(&again, 0).1, [prompt]);
    again.ask(Request::Clear).await;
    again.prompt(prompt).await;
    again.end().await;
    assert!(parts(&again, 1).1.iter().any(|text| text.contains(PORT)));
}

#[tokio::test]
async fn the_model_writes_through_the_gate() {
    let save = || call("Memory", json!({"action": "save", "text": "Run `make lint` first."}));
    let root = filled();
    // Somebody is there: the person is asked, with the reason.
    let mut asked = bench(&root, Open::New, vec![save(), text("ok")], |_| {});
    asked.prompt("go").await;
    let record = asked.until(|body| matches!(body, Body::Asked { .. })).await;
    let (verdict, _) = asked.verdict();
    assert!(verdict.because.text.contains("later sessions"), "{verdict:?}");
    assert_eq!(verdict.suggestion.as_deref(), Some("Memory"));
    let Body::Asked { ask, .. } = record.body else { panic!("a question") };
    asked.ask(Request::Answer { ask, answer: Answer::Once { comment: None } }).await;
    asked.end().await;
    assert_eq!(asked.results(1), ["The entry p3 of the project is kept."]);
    let entry = store(root.path()).get("p3".parse().unwrap()).unwrap();
    assert_eq!((entry.author, entry.turn), (MemoryAuthor::Model, 1));
    assert!(entry.session.is_some_and(|id| asked.log().contains(&id)));
    // Nobody is there, or nothing may change: it is denied. A rule lets it through.
    let rule = |tier| RuleText {
        tier,
        text: "Memory".into(),
        source: RuleSource { scope: RuleScope::User, file: None, line: None },
        anchor: "/".into(),
    };
    type Change = Box<dyn FnOnce(&mut Setup)>;
    let changes: [(&str, Change); 3] = [
        ("denied", Box::new(|setup| setup.interactive = false)),
        ("denied", Box::new(|setup| setup.stage.mode = Mode::Plan)),
        ("kept", Box::new(move |setup| setup.stage.rules = vec![rule(Tier::Allow)])),
    ];
    for (what, change) in changes {
        let root = Arc::new(TempDir::new().unwrap());
        let mut bench = bench(&root, Open::New, vec![save(), text("ok")], change);
        bench.prompt("go").await;
        bench.end().await;
        let count = store(root.path()).list().unwrap().len();
        assert_eq!(count, usize::from(what == "kept"), "{what}");
    }
}

#[tokio::test]
async fn the_model_finds_changes_and_forgets() {
    let root = filled();
    let answers = vec![
        call("Memory", json!({"action": "search", "text": "staging"})),
        call("Memory", json!({"action": "change", "id": "p1", "text": "The port is 6000."})),
        call("Memory", json!({"action": "forget", "id": "p2"})),
        call("Memory", json!({"action": "forget", "id": "p9"})),
        call("Memory", json!({"action": "save"})),
        text("ok"),
    ];
    let mut bench = bench(&root, Open::New, answers, |setup| {
        setup.stage.mode = Mode::BypassPermissions;
    });
    bench.prompt("go").await;
    bench.end().await;
    assert!(bench.results(1)[0].starts_with("- [p1] 0."), "{:?}", bench.results(1));
    assert_eq!(bench.results(2), ["The entry p1 of the project is changed."]);
    assert_eq!(bench.results(3), ["The entry p2 of the project is forgotten."]);
    assert_eq!(bench.results(4), ["There is no entry p9 in the memory store."]);
    assert!(bench.results(5)[0].contains("`text` is missing"));
    let texts: Vec<String> = store(root.path()).list().unwrap().into_iter().map(|entry| entry.text).collect();
    assert_eq!(texts, ["The port is 6000."]);
}

#[tokio::test]
async fn the_person_keeps_and_forgets_and_the_page_shows_it() {
    let root = filled();
    let mut bench = bench(&root, Open::New, Vec::new(), |_| {});
    let page = |live| match live {
        Live::Catalog(CatalogNews::Page(page)) => Some(page),
        _ => None,
    };
    let order = |order| Request::Catalog(CatalogRequest::Memory(order));
    let text = format!("I like tabs, {KEY}");
    bench.ask(order(MemoryOrder::Add { scope: StoreScope::User, text })).await;
    let shown = bench.live(page).await;
    let row = shown.rows.iter().find(|row| row.name.starts_with("u1 ")).expect("the new entry");
    assert_eq!(row.name, "u1 I like tabs, [key removed]");
    assert!(row.place.starts_with("written by you 0.00 s ago, session "), "{row:?}");
    bench.ask(Request::Catalog(CatalogRequest::Drop { kind: PageKind::Memory, key: "u1".into() })).await;
    assert!(!bench.live(page).await.rows.iter().any(|row| row.name.starts_with("u1 ")));
    bench.ask(order(MemoryOrder::Edit { id: "p1".parse().unwrap(), text: "Other.".into() })).await;
    assert!(bench.live(page).await.rows.iter().any(|row| row.name == "p1 Other."));
}

#[tokio::test]
async fn off_is_off_and_a_broken_file_costs_no_turn() {
    let root = filled();
    let mut off = bench(&root, Open::New, vec![text("ok")], |setup| {
        let memories = Some(MemorySetting { on: false, ..setting(root.path()) });
        setup.stage.shelf = Arc::new(Shelf { memories, ..Shelf::default() });
    });
    off.prompt("Connect to the staging database.").await;
    off.end().await;
    assert!(parts(&off, 0).1.iter().all(|text| !text.contains(PORT)));
    let tools = off.script.heard.lock().unwrap()[0].segments.iter().any(|segment| segment.label == "Memory");
    assert!(!tools, "the model is not told of a store that is off");
    let broken = Arc::new(TempDir::new().unwrap());
    let file = setting(broken.path()).project.unwrap();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "no database ".repeat(500)).unwrap();
    let mut bench = bench(&broken, Open::New, vec![text("ok")], |_| {});
    bench.prompt("go").await;
    let notice = bench.live(|live| if let Live::Notice(notice) = live { Some(notice.text) } else { None }).await;
    assert!(notice.starts_with("The memory store ") && notice.contains("cannot be used"), "{notice}");
    assert_eq!(bench.end().await, TurnEnd::Done);
}

#[tokio::test]
async fn a_summary_becomes_an_entry() {
    let root = Arc::new(TempDir::new().unwrap());
    let summary = "We moved the parser to the crate `grammar` and left the lexer.";
    let mut bench = bench(&root, Open::New, vec![text("one"), text("two"), text(summary)], |_| {});
    for prompt in ["a", "b"] {
        bench.prompt(prompt).await;
        bench.end().await;
    }
    bench.ask(Request::Compact { focus: None }).await;
    bench.until(|body| matches!(body, Body::Compacted { .. })).await;
    let entries = store(root.path()).list().unwrap();
    assert_eq!(entries[0].author, MemoryAuthor::Summary);
    assert!(entries[0].text.starts_with(summary));
}
