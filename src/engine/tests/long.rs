//! A long session that is opened in parts goes on exactly as one that is read as a whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use crate::session::Bounds;

const TINY: Bounds = Bounds { long: 2_000, tail: 1_500, part: 3_000 };

fn open(root: &Arc<TempDir>, bounds: Bounds, answers: Vec<Vec<StreamItem>>) -> Bench {
    Bench::with(Arc::clone(root), Open::Latest, answers, |setup| setup.tuning.library.bounds = bounds)
}

/// The first event, with the records that the face is given.
async fn opened(bench: &mut Bench) -> Vec<Arc<Record>> {
    let hear = async {
        loop {
            if let Some(Event::Opened { records, .. }) = bench.events.recv().await {
                return records;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), hear).await.expect("a session")
}

/// What the last request says, and what is known of the session.
async fn goes_on(bench: &mut Bench) -> (Vec<(String, Hash)>, Vec<u32>, usize) {
    bench.prompt("and now?").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.ask(Request::Files(FilesRequest::ListSteps)).await;
    let steps = bench
        .live(|live| match live {
            Live::FilesNews(FilesNews::Steps(steps)) => Some(steps),
            _ => None,
        })
        .await;
    let heard = bench.script.heard.lock().unwrap();
    let segments = heard.last().unwrap().segments.iter().map(|segment| (segment.label.clone(), segment.hash)).collect();
    (segments, steps.iter().map(|step| step.turn).collect(), heard.len())
}

#[tokio::test]
async fn a_session_opened_in_parts_goes_on_as_the_whole_one_would() {
    let root = Arc::new(TempDir::new().unwrap());
    let answers = (0..12).flat_map(|turn| [calls(&["Quick"]), text(&format!("answer {turn}"))]).collect();
    let mut bench = Bench::at(Arc::clone(&root), Open::New, answers);
    for turn in 0..12 {
        bench.prompt(&format!("question {turn}")).await;
        assert_eq!(bench.end().await, TurnEnd::Done);
    }
    // The conversation goes back, so that not every record counts.
    bench.ask(Request::Files(FilesRequest::Undo)).await;
    bench.until(|body| matches!(body, Body::Files(FilesBody::Moved(_)))).await;
    bench.ask(Request::Shutdown).await;
    while bench.events.recv().await.is_some() {}
    let copy = Arc::new(TempDir::new().unwrap());
    // Two homes, the same log.
    let log = bench.log();
    let session = bench.seen.iter().find_map(|record| match &record.body {
        Body::SessionStarted { id, .. } => Some(*id),
        _ => None,
    });
    let store = Store::new(copy.path().join("data"));
    let project = copy.path().join("project");
    let path = store.log(session.unwrap(), &project);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lines = log.lines().map(|line| moved(line, root.path(), copy.path())).collect::<Vec<_>>().join("\n");
    std::fs::write(&path, lines + "\n").unwrap();

    let mut whole = open(&copy, Bounds::default(), vec![text("so")]);
    let all = opened(&mut whole).await;
    let expected = goes_on(&mut whole).await;
    whole.ask(Request::Shutdown).await;
    while whole.events.recv().await.is_some() {}

    let mut parts = open(&copy, TINY, vec![text("so")]);
    let tail = opened(&mut parts).await;
    assert!(tail.len() < all.len() / 2, "{} of {}", tail.len(), all.len());
    parts.ask(Request::Files(FilesRequest::Undo)).await;
    parts.until(|body| matches!(body, Body::Files(FilesBody::Moved(_)))).await;
    let found = goes_on(&mut parts).await;
    let names = |segments: &[(String, Hash)]| segments.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found.0), names(&expected.0));
    assert_eq!(found.1.len(), expected.1.len());
    // What was earlier is there when it is asked for.
    let before = tail.iter().find(|record| matches!(record.body, Body::Library(LibraryBody::Earlier(_)))).unwrap().seq;
    parts.ask(Request::Library(LibraryRequest::Earlier { before, back_to: Some(0) })).await;
    let records = parts
        .live(|live| match live {
            Live::Library(LibraryNews::Earlier { records, .. }) => Some(records),
            _ => None,
        })
        .await;
    assert_eq!(records.len() as u64, before, "all that stand before it");
}

/// A line of the log as another home would have it.
fn moved(line: &str, from: &Path, to: &Path) -> String {
    let record = line.split_once("\"record\":").unwrap().1.strip_suffix('}').unwrap();
    let record = record.replace(from.to_str().unwrap(), to.to_str().unwrap());
    format!("{{\"crc\":\"{:08x}\",\"record\":{record}}}", crc32fast::hash(record.as_bytes()))
}

#[tokio::test]
async fn what_the_disk_does_not_take_is_not_shown_until_it_does() {
    let root = Arc::new(TempDir::new().unwrap());
    let sessions = root.path().join("data/sessions");
    std::fs::create_dir_all(root.path().join("data")).unwrap();
    // Where the folder of sessions should be stands a file.
    std::fs::write(&sessions, "").unwrap();
    let mut bench = Bench::at(Arc::clone(&root), Open::New, vec![text("hello"), text("again")]);
    bench.prompt("one").await;
    let notice = |live| match live {
        Live::Notice(notice) if notice.text.contains("cannot be saved") => Some(notice),
        _ => None,
    };
    assert!(bench.live(notice).await.hint.is_some());
    bench.prompt("two").await;
    let back = |live| match live {
        Live::FilesNews(FilesNews::Back { prompt }) => Some(prompt),
        _ => None,
    };
    assert_eq!(bench.live(back).await, "two", "what cannot be taken is given back");
    let shown = |bench: &Bench| bench.seen.iter().any(|record| matches!(record.body, Body::Prompted { .. }));
    assert!(!shown(&bench), "nothing is shown that is not saved");
    std::fs::remove_file(&sessions).unwrap();
    let record = bench.until(|body| matches!(body, Body::TurnEnded { .. })).await;
    assert!(matches!(&record.body, Body::TurnEnded { end: TurnEnd::Interrupted, .. }), "{record:?}");
    assert!(shown(&bench), "what waited is shown in its order");
    for record in bench.seen.iter().filter(|record| record.seq > 0) {
        assert!(bench.log().contains(&format!("\"seq\":{},", record.seq)), "record {} is on disk", record.seq);
    }
    bench.prompt("three").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
}

/// With the fold of the timeline, which is that of the live face, this makes the state at an event what was live then.
#[tokio::test]
async fn the_log_reads_back_exactly_what_was_told() {
    let mut bench = Bench::new(vec![calls(&["Quick", "Fail", "Move"]), text("done"), calls(&["Leak"]), text("so")]);
    for prompt in ["one", "two"] {
        bench.prompt(prompt).await;
        assert_eq!(bench.end().await, TurnEnd::Done);
    }
    bench.ask(Request::SetTitle("a \u{1b}[2Jtitle".into())).await;
    bench.until(|body| matches!(body, Body::TitleSet { .. })).await;
    let store = Store::new(bench.root.path().join("data"));
    let id = store.list(None)[0].id;
    let (records, notices) = store.read(id).unwrap();
    assert!(notices.is_empty());
    let told: Vec<Record> = bench.seen.iter().map(|record| Record::clone(record)).collect();
    assert_eq!(records, told);
}

#[tokio::test]
async fn a_model_names_a_session_only_where_the_settings_want_it() {
    let answers = || vec![text("done"), text("**Mending the parser**\nmore")];
    let mut plain = Bench::new(answers());
    plain.prompt("mend it").await;
    assert_eq!(plain.end().await, TurnEnd::Done);
    assert_eq!(plain.script.heard.lock().unwrap().len(), 1, "no hidden request");
    let root = Arc::new(TempDir::new().unwrap());
    let mut bench = Bench::with(root, Open::New, answers(), |setup| setup.tuning.library.titles = true);
    bench.prompt("mend it").await;
    let record = bench.until(|body| matches!(body, Body::TitleSet { .. })).await;
    assert!(matches!(&record.body, Body::TitleSet { title } if title == "Mending the parser"), "{record:?}");
    let heard = bench.script.heard.lock().unwrap().clone();
    assert!(heard.len() == 2 && heard[1].segments.len() == 1, "one question, with nothing of the conversation");
    let spent = bench.seen.iter().any(|record| match &record.body {
        Body::Money(MoneyBody::Spent(spent)) => {
            matches!(&spent.on, SpentOn::Request(on) if on.purpose == Purpose::Title)
        }
        _ => false,
    });
    assert!(spent, "it is on the bill");
}
