//! The purse through the engine: the ledger's sums, caps at the exact request, turns that run in circles.

use super::*;
use crate::session::Ledger;

const TEN_CENTS: Usage =
    Usage { input: 10_000, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output: 5_000, thinking: 0 };

/// One call, with a usage that costs ten cents.
fn step(name: &str, number: usize) -> Vec<StreamItem> {
    let call = ToolCall { id: format!("call-{number}"), name: name.into(), input: json!({ "n": number }) };
    vec![
        StreamItem::Usage(Usage { input: 10_000, output: 1, ..Usage::default() }),
        StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
        StreamItem::Done { stop: StopReason::ToolUse, usage: Some(TEN_CENTS) },
    ]
}

fn priced() -> (ModelRef, Arc<ModelInfo>) {
    let prices =
        Prices { input: 5.0, output: 10.0, cache_write_5m: 5.0, cache_write_1h: 5.0, cache_read: 0.5, above: None };
    let info = ModelInfo { prices: Some(prices), ..ModelInfo::unknown("m") };
    (ModelRef::new(Wire::Replay, "m"), Arc::new(info))
}

fn bench(answers: Vec<Vec<StreamItem>>, interactive: bool, caps: &[Cap]) -> Bench {
    let caps = caps.to_vec();
    Bench::with(Arc::new(TempDir::new().unwrap()), Open::New, answers, |setup| {
        setup.stage.model = Some(priced());
        setup.interactive = interactive;
        setup.tuning.money.caps = caps;
        setup.tuning.money.report = Some(setup.home.join("report.csv"));
    })
}

fn dollar(scope: CapScope) -> Cap {
    Cap { scope, limit: Limit::Dollars(1.0), hard: true }
}

fn rows(bench: &Bench) -> Vec<LedgerRow> {
    Ledger::new(&bench.root.path().join("data")).read().rows
}

fn sent(bench: &Bench) -> usize {
    bench.script.heard.lock().unwrap().len()
}

#[tokio::test]
async fn a_hard_cap_of_a_dollar_stops_before_the_eleventh_request_of_ten_cents() {
    let steps = (0..30).map(|number| step("Quick", number)).collect();
    let mut bench = bench(steps, false, &[dollar(CapScope::Run)]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::BudgetCap);
    assert_eq!(sent(&bench), 10);
    let told = bench
        .seen
        .iter()
        .any(|record| matches!(&record.body, Body::Noticed(notice) if notice.text.contains("$1.00 of $1.00")));
    assert!(told, "the person is told why");
}

#[tokio::test]
async fn somebody_on_the_screen_raises_the_cap_or_ends() {
    let steps = (0..40).map(|number| step("Quick", number)).collect();
    let mut bench = bench(steps, true, &[dollar(CapScope::Session)]);
    bench.prompt("go").await;
    let paused = |body: &Body| matches!(body, Body::Money(MoneyBody::Paused { .. }));
    let record = bench.until(paused).await;
    let Body::Money(MoneyBody::Paused { reason: PauseReason::Cap(state), bill }) = &record.body else {
        panic!("a cap")
    };
    assert!((state.dollars - 1.0).abs() < 1e-9 && bill.requests == 10 && sent(&bench) == 10);
    bench.ask(Request::Money(MoneyRequest::GoOn)).await;
    bench.until(paused).await;
    assert_eq!(sent(&bench), 20, "raised by a dollar");
    bench.ask(Request::Money(MoneyRequest::End)).await;
    assert_eq!(bench.end().await, TurnEnd::BudgetCap);
    bench.prompt("and now?").await;
    bench.until(paused).await;
    bench.ask(Request::Interrupt).await;
    assert_eq!(bench.end().await, TurnEnd::Interrupted);
    assert_eq!(sent(&bench), 20);
}

#[tokio::test]
async fn the_ledger_adds_up_to_the_token_also_what_failed_and_what_was_stopped() {
    let failed = vec![
        StreamItem::Usage(Usage { input: 77, cache_read: 5, output: 3, ..Usage::default() }),
        StreamItem::Failed(ModelError::new(ErrorKind::Rejected, "no")),
    ];
    let cut = vec![StreamItem::Usage(Usage { input: 33, output: 1, ..Usage::default() }), StreamItem::Ping];
    let mut bench = bench(vec![step("Quick", 1), failed, step("Fail", 2), text("done"), cut], true, &[]);
    bench.prompt("one").await;
    assert!(matches!(bench.end().await, TurnEnd::Failed { .. }));
    bench.prompt("two").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.prompt("three").await;
    bench.until(|body| matches!(body, Body::RequestSent(_))).await;
    // The stream has told its usage when its last item was taken.
    while !bench.script.heard.lock().unwrap().len().eq(&5) {
        tokio::task::yield_now().await;
    }
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    bench.ask(Request::Interrupt).await;
    assert_eq!(bench.end().await, TurnEnd::Interrupted);
    bench.ask(Request::Shutdown).await;
    while !matches!(bench.events.recv().await, Some(Event::Closed) | None) {}

    let rows = rows(&bench);
    let mut usage = Usage::default();
    let requests: Vec<&RequestSpent> = rows
        .iter()
        .filter_map(|row| match &row.on {
            SpentOn::Request(spent) => Some(spent),
            SpentOn::Call(_) => None,
        })
        .collect();
    for spent in &requests {
        usage += spent.usage;
    }
    assert_eq!(
        (usage.input, usage.cache_read, usage.output),
        (10_000 + 77 + 10_000 + 7 + 33, 5, 5_000 + 3 + 5_000 + 3 + 1)
    );
    assert_eq!(requests.len(), 5);
    let calls: Vec<&str> = rows
        .iter()
        .filter_map(|row| match &row.on {
            SpentOn::Call(call) => Some(call.tool.as_str()),
            SpentOn::Request(_) => None,
        })
        .collect();
    assert_eq!(calls, ["Quick", "Fail"]);
    assert!(requests[1].carried.is_empty() || requests[1].carried[0].tool == "Quick");
    assert_eq!(requests[3].carried.iter().map(|part| part.tool.as_str()).collect::<Vec<_>>(), ["Fail", "Quick"]);

    // The log says the same.
    let mut logged = Usage::default();
    bench.seen.iter().filter_map(|record| record.body.paid()).for_each(|(usage, _)| logged += usage);
    assert_eq!(logged, usage);
    // And so does the report.
    let report = std::fs::read_to_string(bench.root.path().join("report.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(report.as_bytes());
    let input: u64 = reader
        .deserialize::<std::collections::HashMap<String, String>>()
        .map(|row| row.unwrap()["input_tokens"].parse::<u64>().unwrap())
        .sum();
    assert_eq!(input, usage.input);
    assert_eq!(report.lines().count(), 6);
}

#[tokio::test]
async fn the_same_call_with_the_same_result_three_times_is_asked_about() {
    let same = || {
        vec![
            StreamItem::BlockDone {
                index: 0,
                block: Block::ToolCall(ToolCall {
                    id: uuid::Uuid::new_v4().to_string(),
                    name: "Quick".into(),
                    input: json!({}),
                }),
            },
            StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
        ]
    };
    let mut bench = bench(vec![same(), same(), same(), same(), text("done")], true, &[]);
    bench.prompt("go").await;
    let record = bench.until(|body| matches!(body, Body::Money(MoneyBody::Paused { .. }))).await;
    let Body::Money(MoneyBody::Paused { reason, .. }) = &record.body else { panic!("a pause") };
    assert_eq!(*reason, PauseReason::SameCall { tool: "Quick".into(), times: 3 });
    assert_eq!(sent(&bench), 3);
    bench.ask(Request::Money(MoneyRequest::GoOn)).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
}

#[tokio::test]
async fn different_calls_are_no_circle_and_caps_over_the_day_count_other_sessions() {
    let steps =
        |from: usize| (from..from + 12).map(|number| step("Quick", number)).chain([text("done")]).collect::<Vec<_>>();
    let mut first = bench(steps(0), true, &[]);
    first.prompt("go").await;
    assert_eq!(first.end().await, TurnEnd::Done);
    let root = Arc::clone(&first.root);
    let mut second = Bench::with(root, Open::New, steps(100), |setup| {
        setup.stage.model = Some(priced());
        setup.interactive = false;
        setup.tuning.money.caps = vec![dollar(CapScope::Day)];
    });
    second.prompt("go").await;
    assert_eq!(second.end().await, TurnEnd::BudgetCap);
    assert_eq!(sent(&second), 0);
}

fn cached(root: &Arc<TempDir>, answers: Vec<Vec<StreamItem>>) -> Bench {
    Bench::with(Arc::clone(root), Open::New, answers, |setup| {
        setup.stage.model = Some(priced());
        setup.tuning.recall.mode = AnswerMode::Semantic;
        setup.tuning.recall.file = Some(setup.home.join("cache/answers.sqlite"));
    })
}

/// Prompts until the answer is kept: the engine looks at the workspace once more after the turn.
async fn ask_and_keep(bench: &mut Bench, text: &str) {
    bench.prompt(text).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    loop {
        bench.ask(Request::Money(MoneyRequest::ReportAnswers)).await;
        let entries = bench.live(|live| match live {
            Live::Money(MoneyNews::Answers(stats)) => Some(stats.entries),
            _ => None,
        });
        if entries.await > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_question_that_was_answered_makes_no_request_and_says_so() {
    let question = "How do I reverse a list in Python?";
    for (again, tier) in
        [(question, AnswerTier::Exact), ("What's the best way to reverse a Python list?", AnswerTier::Semantic)]
    {
        let root = Arc::new(TempDir::new().unwrap());
        let mut first = cached(&root, vec![text("with reversed()")]);
        ask_and_keep(&mut first, question).await;
        let mut second = cached(&root, vec![text("another answer")]);
        second.prompt(again).await;
        assert_eq!(second.end().await, TurnEnd::Done);
        assert_eq!(sent(&second), 0, "{again}");
        let served = second.seen.iter().find_map(|record| match &record.body {
            Body::Money(MoneyBody::Served(served)) => Some(served.tier),
            _ => None,
        });
        assert_eq!(served, Some(tier));
        let said = second
            .seen
            .iter()
            .any(|record| matches!(&record.body, Body::Responded(note) if note.message.text() == "with reversed()"));
        assert!(said, "the answer stands in the conversation");
        // One key asks the model.
        second.ask(Request::Money(MoneyRequest::AskAfresh)).await;
        assert_eq!(second.end().await, TurnEnd::Done);
        let heard = second.script.heard.lock().unwrap();
        assert_eq!(heard.len(), 1);
        let messages = heard[0].segments.iter().filter(|segment| segment.as_message().is_some()).count();
        assert_eq!(messages, 1, "the cached answer is out of the conversation");
    }
}

#[tokio::test]
async fn a_changed_file_another_history_an_order_or_another_question_is_not_served() {
    let root = Arc::new(TempDir::new().unwrap());
    let question = "How do I reverse a list in Python?";
    let mut first = cached(&root, vec![text("with reversed()")]);
    ask_and_keep(&mut first, question).await;

    let mut other = cached(&root, vec![text("a"), text("b")]);
    other.prompt("How do I reverse a list in Java?").await;
    other.end().await;
    other.prompt(question).await;
    other.end().await;
    assert_eq!(sent(&other), 2, "another question, then the same one with a history");

    std::fs::write(root.path().join("project/new.txt"), "changed").unwrap();
    let mut changed = cached(&root, vec![text("c")]);
    changed.prompt(question).await;
    changed.end().await;
    assert_eq!(sent(&changed), 1, "a file changed");

    for _ in 0..2 {
        let mut order = cached(&root, vec![text("done")]);
        order.prompt("Write a haiku about lists").await;
        order.end().await;
        assert_eq!(sent(&order), 1, "an order is always carried out");
    }
}

#[tokio::test]
async fn an_answer_of_a_turn_that_ran_something_is_not_kept() {
    let root = Arc::new(TempDir::new().unwrap());
    for _ in 0..2 {
        let mut bench = cached(&root, vec![calls(&["Quick"]), text("it says so")]);
        bench.prompt("What does the tool say?").await;
        assert_eq!(bench.end().await, TurnEnd::Done);
        assert_eq!(sent(&bench), 2);
    }
}
