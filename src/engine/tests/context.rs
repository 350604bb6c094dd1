//! What reaches the model of results, and answers from the cache where nobody sits at a screen.

use super::*;

/// The texts of the last message of a request that are no results.
fn told(bench: &Bench, request: usize) -> String {
    bench.script.heard.lock().unwrap()[request].segments.last().unwrap().as_message().unwrap().text()
}

#[tokio::test]
async fn rows_go_as_toon_and_the_form_is_explained_once_behind_the_first() {
    let mut bench = Bench::new(vec![calls(&["Rows"]), calls(&["Rows"]), text("done")]);
    bench.prompt("which files are there").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    for request in [1, 2] {
        let result = bench.results(request).concat();
        assert!(result.starts_with("files[20]{id,name,size}:\n  0,file 0,0\n"), "{result}");
    }
    assert!(told(&bench, 1).contains("a result above is TOON"), "{}", told(&bench, 1));
    assert!(!told(&bench, 2).contains("TOON"), "{}", told(&bench, 2));
    let heard = bench.script.heard.lock().unwrap();
    let sent = |at: usize| heard[at].segments.iter().map(|segment| segment.hash).collect::<Vec<_>>();
    assert_eq!(sent(2)[..sent(1).len()], sent(1), "what was sent stays as it was");
}

fn headless(root: &Arc<TempDir>, answers: Vec<Vec<StreamItem>>) -> Bench {
    Bench::with(Arc::clone(root), Open::New, answers, |setup| {
        setup.interactive = false;
        setup.tuning.recall.mode = AnswerMode::Exact;
        setup.tuning.recall.file = Some(setup.home.join("cache/answers.sqlite"));
    })
}

/// A run without a screen ends with its turn: the answer is kept before the engine is gone.
#[tokio::test]
async fn a_run_without_a_screen_keeps_its_answer_and_the_next_one_makes_no_request() {
    let root = Arc::new(TempDir::new().unwrap());
    for (run, requests) in [(0, 1), (1, 0)] {
        let mut bench = headless(&root, vec![text("a lock")]);
        bench.prompt("What is a mutex?").await;
        assert_eq!(bench.end().await, TurnEnd::Done);
        bench.ask(Request::Shutdown).await;
        while !matches!(bench.events.recv().await, Some(Event::Closed) | None) {}
        assert_eq!(bench.script.heard.lock().unwrap().len(), requests, "run {run}");
        let said = bench
            .seen
            .iter()
            .any(|record| matches!(&record.body, Body::Responded(note) if note.message.text() == "a lock"));
        assert!(said, "run {run}");
    }
}

fn meaning(text: &str, fails: bool) -> Result<Vec<f32>, String> {
    let same = text.contains("lock") || text.contains("mutual exclusion");
    if fails { Err("it is not there".into()) } else { Ok(if same { vec![1.0, 0.0] } else { vec![0.0, 1.0] }) }
}

/// Hears events to the end of a turn, and how often it was said that something is wrong with the embeddings.
async fn turn_with_warnings(bench: &mut Bench) -> usize {
    let mut warned = 0;
    loop {
        match bench.events.recv().await {
            Some(Event::Live(Live::Notice(notice))) => warned += usize::from(notice.text.contains("embeddings")),
            Some(Event::Recorded(record)) if matches!(record.body, Body::TurnEnded { .. }) => return warned,
            Some(_) => {}
            None => panic!("the engine is gone"),
        }
    }
}

async fn close(bench: &mut Bench) {
    bench.ask(Request::Shutdown).await;
    while !matches!(bench.events.recv().await, Some(Event::Closed) | None) {}
}

/// A server's vectors are asked for once a prompt; when it fails that is said once, and wording counts.
#[tokio::test]
async fn embeddings_of_a_server_are_used_and_their_failure_is_told_once() {
    for fails in [false, true] {
        let root = Arc::new(TempDir::new().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let hear = Arc::clone(&asked);
        let ask: crate::recall::AskVector = Arc::new(move |text: String| {
            hear.lock().unwrap().push(text.clone());
            Box::pin(async move { meaning(&text, fails).map(|vector| (vector, Some(7))) })
        });
        let remote = crate::recall::Remote {
            name: "toy".into(),
            threshold: 0.95,
            model: ModelRef::new(Wire::OpenaiChat, "toy"),
            price: Some(2.0),
            ask,
        };
        let run = |answers| {
            let remote = remote.clone();
            Bench::with(Arc::clone(&root), Open::New, answers, |setup| {
                setup.tuning.recall.mode = AnswerMode::Semantic;
                setup.tuning.recall.file = Some(setup.home.join("cache/answers.sqlite"));
                setup.tuning.recall.remote = Some(remote);
            })
        };
        // An answer is kept at the latest when the session ends.
        let mut first = run(vec![text("one holder")]);
        first.prompt("What is the purpose of a lock?").await;
        assert_eq!(turn_with_warnings(&mut first).await, usize::from(fails));
        close(&mut first).await;

        let mut other = run(vec![text("again"), text("and again")]);
        other.prompt("What is the purpose of a queue?").await;
        let mut warned = turn_with_warnings(&mut other).await;
        other.prompt("What is the purpose of a stack?").await;
        warned += turn_with_warnings(&mut other).await;
        close(&mut other).await;
        assert_eq!(warned, usize::from(fails));
        assert_eq!(asked.lock().unwrap().len(), if fails { 2 } else { 3 }, "each prompt once, no more after a failure");

        let mut second = run(vec![text("asked")]);
        second.prompt("What is the purpose of mutual exclusion?").await;
        second.end().await;
        let paid = second.seen.iter().find_map(|record| match &record.body {
            Body::Money(MoneyBody::Spent(spent)) => Some(spent.on.clone()),
            _ => None,
        });
        let wanted = (!fails).then_some((7, Some(14e-6)));
        let told = paid.and_then(|on| match on {
            SpentOn::Request(on) if on.purpose == Purpose::Embedding => Some((on.usage.input, on.cost)),
            _ => None,
        });
        assert_eq!(told, wanted, "a vector stands on the bill");
        assert_eq!(second.script.heard.lock().unwrap().len(), usize::from(fails));
    }
}

fn read_and_written(read: u64, written: u64) -> Vec<StreamItem> {
    let usage = Usage { cache_read: read, cache_write_5m: written, output: 5, ..Usage::default() };
    vec![
        StreamItem::BlockDone { index: 0, block: Block::Text { text: "well".into() } },
        StreamItem::Done { stop: StopReason::EndTurn, usage: Some(usage) },
    ]
}

#[tokio::test]
async fn what_broke_the_cache_can_be_read_after_another_start() {
    let root = Arc::new(TempDir::new().unwrap());
    let run = |open, answers| {
        Bench::with(Arc::clone(&root), open, answers, |setup| {
            setup.stage.model = Some((ModelRef::new(Wire::Anthropic, "m"), Arc::new(ModelInfo::unknown("m"))));
            let path = std::path::PathBuf::from("/p/CLAUDE.md");
            let text = format!("use tabs {}", "and be brief ".repeat(2_000));
            setup.stage.memory = vec![MemoryFile { scope: MemoryScope::Project, path, text }];
        })
    };
    let mut first = run(Open::New, vec![read_and_written(0, 9_000), read_and_written(0, 2_000)]);
    first.prompt("one").await;
    first.end().await;
    let item = ItemKey::Fixed { kind: SegmentKind::Memory, label: "/p/CLAUDE.md".into() };
    let eject = ContextRequest::Eject { item, label: "/p/CLAUDE.md".into(), on: true, when: When::Now };
    first.ask(Request::Context(eject)).await;
    first.prompt("two").await;
    let record = first.until(|body| matches!(body, Body::CacheBroken(_))).await;
    let Body::CacheBroken(broken) = &record.body else { panic!("a break") };
    assert_eq!(broken.cause, BreakCause::Memory);
    first.end().await;
    first.ask(Request::Shutdown).await;
    while !matches!(first.events.recv().await, Some(Event::Closed) | None) {}

    let mut second = run(Open::Latest, Vec::new());
    second.ask(Request::Context(ContextRequest::ShowBreak { request: broken.request })).await;
    let shown = second.live(|live| match live {
        Live::Context(ContextNews::Break { label, shown, .. }) => Some((label, format!("{shown:?}"))),
        _ => None,
    });
    let (label, shown) = shown.await;
    assert!(label.contains("CLAUDE.md") && shown.contains("use tabs"), "{label}: {shown}");
}
