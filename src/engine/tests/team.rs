//! Sub-agents with a model that answers by who asks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;

mod apart;
mod brought;
mod plan;
mod skills;

/// What the model does with a request.
enum Say {
    Now(Vec<StreamItem>),
    /// After this many requests wait here.
    Together(Arc<Barrier>, Vec<StreamItem>),
    Never,
}

type Model = Box<dyn Fn(&Seen) -> Say + Send + Sync>;

/// A request, as the tests look at it.
struct Seen {
    /// The system text is a sub-agent's.
    child: bool,
    /// The newest prompt.
    prompt: String,
    /// Answers so far.
    step: usize,
}

struct Play {
    model: Model,
    heard: Mutex<Vec<Arc<CanonicalRequest>>>,
}

impl std::fmt::Debug for Play {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Play")
    }
}

fn seen(request: &CanonicalRequest) -> Seen {
    let system = request.segments.iter().find_map(|segment| match &segment.body {
        SegmentBody::System(text) => Some(text.to_string()),
        _ => None,
    });
    let messages: Vec<&Arc<Message>> = request.segments.iter().filter_map(|segment| segment.as_message()).collect();
    let prompt = messages.iter().rev().filter(|message| message.role == Role::User).find_map(|message| {
        message.blocks.iter().rev().find_map(|block| match block {
            Block::Text { text } => Some(text.clone()),
            _ => None,
        })
    });
    Seen {
        child: !system.unwrap_or_default().starts_with("You are Latigo"),
        prompt: prompt.unwrap_or_default(),
        step: messages.iter().filter(|message| message.role == Role::Assistant).count(),
    }
}

impl Provider for Play {
    fn wire(&self) -> Wire {
        Wire::Replay
    }

    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem> {
        let say = (self.model)(&seen(&request));
        self.heard.lock().unwrap().push(request);
        let (send, receive) = mpsc::channel(64);
        tokio::spawn(async move {
            let items = match say {
                Say::Now(items) => items,
                Say::Together(barrier, items) => {
                    barrier.wait().await;
                    items
                }
                Say::Never => return send.closed().await,
            };
            for item in items {
                if send.send(item).await.is_err() {
                    return;
                }
            }
            send.closed().await;
        });
        receive
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn call(id: &str, name: &str, input: Value) -> StreamItem {
    StreamItem::BlockDone { index: 0, block: Block::ToolCall(ToolCall { id: id.into(), name: name.into(), input }) }
}

fn many(mut items: Vec<StreamItem>) -> Vec<StreamItem> {
    items.push(StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage { input: 5, ..Usage::default() }) });
    items
}

fn delegate(tasks: &[&str]) -> Vec<StreamItem> {
    let one =
        |task: &&str| call(task, "Agent", json!({"description": task, "prompt": task, "subagent_type": "explore"}));
    many(tasks.iter().map(one).collect())
}

fn bench(model: Model, change: impl FnOnce(&mut Setup)) -> (Bench, Arc<Play>) {
    let play = Arc::new(Play { model, heard: Mutex::default() });
    let provider: Arc<dyn Provider> = Arc::clone(&play) as Arc<dyn Provider>;
    let bench = Bench::with(Arc::new(TempDir::new().unwrap()), Open::New, Vec::new(), |setup| {
        setup.stage.connect = Arc::new(move |_| Ok(Arc::clone(&provider)));
        setup.tools.push(crate::tools::named(&crate::tools::registry(), "Agent").unwrap().clone());
        change(setup);
    });
    (bench, play)
}

/// The results in the last request of the session itself.
fn told(play: &Play) -> Vec<ToolResult> {
    let heard = play.heard.lock().unwrap();
    let own = heard.iter().rev().find(|request| !seen(request).child).unwrap();
    let message = own.segments.last().unwrap().as_message().unwrap();
    message
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::ToolResult(result) => Some(result.clone()),
            _ => None,
        })
        .collect()
}

fn ended(bench: &Bench) -> Vec<AgentEnd> {
    let ends = bench.seen.iter().filter_map(|record| match &record.body {
        Body::Team(TeamBody::AgentEnded(end)) => Some(end.clone()),
        _ => None,
    });
    ends.collect()
}

#[tokio::test]
async fn three_explorers_run_at_once_and_only_their_last_words_come_back() {
    let together = Arc::new(Barrier::new(3));
    let model = move |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(delegate(&["one", "two", "three"])),
        (false, _) => Say::Now(text("all found")),
        // Had they run one after the other, the first would wait for ever.
        (true, 0) => Say::Together(Arc::clone(&together), many(vec![call("q", "Quick", json!({}))])),
        (true, _) => Say::Now(text(&format!("{} is in a.rs:1", seen.prompt))),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        setup.stage.agents.iter_mut().for_each(|agent| agent.tools.allowed = None);
    });
    bench.prompt("zebra").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let results: Vec<String> = told(&play).iter().map(ToolResult::joined).collect();
    assert_eq!(results, ["one is in a.rs:1", "two is in a.rs:1", "three is in a.rs:1"]);
    let heard = play.heard.lock().unwrap();
    let child = heard.iter().find(|request| seen(request).child).unwrap();
    assert!(!format!("{:?}", child.segments).contains("zebra"), "a child knows nothing of its parent's conversation");
    drop(heard);
    assert_eq!(ended(&bench).len(), 3);
    let spent = bench.seen.iter().filter(|record| matches!(record.body, Body::Team(TeamBody::AgentSpent(_)))).count();
    assert_eq!(spent, 6, "every request of a child is accounted for");
    let logs = std::fs::read_dir(bench.seen.iter().find_map(log_folder).unwrap()).unwrap();
    assert_eq!(logs.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "jsonl")).count(), 3);
}

fn log_folder(record: &Arc<Record>) -> Option<std::path::PathBuf> {
    match &record.body {
        Body::Team(TeamBody::AgentStarted(start)) => start.log.parent().map(Path::to_path_buf),
        _ => None,
    }
}

#[tokio::test]
async fn a_hung_agent_is_stopped_alone() {
    let model = |seen: &Seen| match (seen.child, seen.step, seen.prompt.as_str()) {
        (false, 0, _) => Say::Now(delegate(&["hangs", "works"])),
        (false, ..) => Say::Now(text("done")),
        (true, _, "hangs") => Say::Never,
        (true, ..) => Say::Now(text("worked")),
    };
    let (mut bench, play) = bench(Box::new(model), |_| {});
    bench.prompt("go").await;
    let record = bench.until(|body| matches!(body, Body::Team(TeamBody::AgentEnded(_)))).await;
    let hung = bench.seen.iter().find_map(|record| match &record.body {
        Body::Team(TeamBody::AgentStarted(start)) if start.task == "hangs" => Some(start.agent.clone()),
        _ => None,
    });
    assert_ne!(ended(&bench)[0].agent, hung.clone().unwrap(), "{record:?}");
    bench.ask(Request::Team(TeamRequest::Kill { agent: hung.unwrap() })).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let results = told(&play);
    assert_eq!((results[0].is_error, results[1].joined().as_str()), (true, "worked"));
    assert_eq!(ended(&bench)[1].outcome, AgentOutcome::Stopped);
}

#[tokio::test]
async fn a_stopped_turn_stops_its_agents_and_every_call_has_a_result() {
    let model = |seen: &Seen| match (seen.child, seen.prompt.as_str()) {
        (false, "go") if seen.step == 0 => Say::Now(delegate(&["a", "b"])),
        (false, _) => Say::Now(text("well")),
        (true, _) => Say::Never,
    };
    let (mut bench, play) = bench(Box::new(model), |_| {});
    bench.prompt("go").await;
    for _ in 0..2 {
        bench.until(|body| matches!(body, Body::Team(TeamBody::AgentStarted(_)))).await;
    }
    bench.ask(Request::Interrupt).await;
    assert_eq!(bench.end().await, TurnEnd::Interrupted);
    for _ in 0..2 {
        bench.until(|body| matches!(body, Body::Team(TeamBody::AgentEnded(_)))).await;
    }
    assert!(ended(&bench).iter().all(|end| end.outcome == AgentOutcome::Stopped));
    bench.prompt("and now").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let heard = play.heard.lock().unwrap();
    let joined = format!("{:?}", heard.last().unwrap().segments);
    assert_eq!(joined.matches("ToolResult(").count(), 2);
}

#[tokio::test]
async fn a_call_of_an_agent_is_asked_in_the_persons_queue_and_deny_rules_bind() {
    let bash = |command: &str| many(vec![call("bash", "Bash", json!({ "command": command }))]);
    let model = move |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => {
            let input = json!({"description": "build", "prompt": "build", "subagent_type": "general-purpose"});
            Say::Now(many(vec![call("agent", "Agent", input)]))
        }
        (false, _) => Say::Now(text("done")),
        (true, 0) => Say::Now(bash("make install")),
        (true, 1) => Say::Now(bash("make clean")),
        (true, _) => Say::Now(text("built")),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        setup.stage.rules = vec![RuleText {
            tier: crate::policy::Tier::Deny,
            text: "Bash(make clean)".into(),
            source: RuleSource { scope: RuleScope::User, file: None, line: None },
            anchor: setup.home.clone(),
        }];
    });
    bench.prompt("go").await;
    let record = bench.until(|body| matches!(body, Body::Team(TeamBody::AgentAsked(_)))).await;
    let Body::Team(TeamBody::AgentAsked(question)) = &record.body else { panic!("a question") };
    assert_eq!(
        (question.who.as_str(), question.call.input["command"].as_str()),
        ("general-purpose · build", Some("make install"))
    );
    let (agent, ask) = (question.agent.clone(), question.ask);
    bench.ask(Request::Team(TeamRequest::Answer { agent, ask, answer: Answer::Once { comment: None } })).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(told(&play)[0].joined(), "built");
    let heard = play.heard.lock().unwrap();
    let child: Vec<String> =
        heard.iter().filter(|r| seen(r).child).map(|r| format!("{:?}", r.segments.last())).collect();
    assert!(child[1].contains("ran"), "{}", child[1]);
    assert!(child[2].contains("deny rule `Bash(make clean)`"), "{}", child[2]);
}

#[tokio::test]
async fn explorers_cannot_change_anything_whatever_the_mode() {
    let model = |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => Say::Now(delegate(&["look"])),
        (false, _) => Say::Now(text("done")),
        (true, 0) => Say::Now(many(vec![call("bash", "Bash", json!({ "command": "rm -rf x" }))])),
        (true, _) => Say::Now(text("no")),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| setup.stage.mode = Mode::AcceptEdits);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let heard = play.heard.lock().unwrap();
    let last = heard.iter().rev().find(|request| seen(request).child).unwrap();
    assert!(format!("{:?}", last.segments.last()).contains("This call was denied"));
}

#[tokio::test]
async fn an_agent_of_the_background_reports_between_turns() {
    let gate = Arc::new(Barrier::new(2));
    let held = Arc::clone(&gate);
    let model = move |seen: &Seen| match (seen.child, seen.prompt.as_str()) {
        (false, "go") if seen.step == 0 => {
            let input = json!({"description": "dig", "prompt": "dig", "run_in_background": true});
            Say::Now(many(vec![call("agent", "Agent", input)]))
        }
        (false, "go") => Say::Now(text("it digs")),
        (false, _) => Say::Now(text("heard")),
        (true, _) => Say::Together(Arc::clone(&held), text("gold at 3 m")),
    };
    let (mut bench, play) = bench(Box::new(model), |_| {});
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(told(&play)[0].joined().contains("in the background"));
    gate.wait().await;
    // Without a word of the person a new turn begins.
    assert_eq!(bench.end().await, TurnEnd::Done);
    let heard = play.heard.lock().unwrap();
    assert!(format!("{:?}", heard.last().unwrap().segments).contains("gold at 3 m"));
}

#[tokio::test]
async fn agents_are_nested_to_a_limit() {
    let model = |seen: &Seen| {
        let deeper = || many(vec![call("agent", "Agent", json!({"description": "deeper", "prompt": "deeper"}))]);
        match (seen.child, seen.step) {
            (_, 0) => Say::Now(deeper()),
            _ => Say::Now(text("up again")),
        }
    };
    let (mut bench, play) = bench(Box::new(model), |setup| setup.tuning.team.depth = 2);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(ended(&bench).len(), 2);
    let heard = play.heard.lock().unwrap();
    let tools = |request: &CanonicalRequest| format!("{:?}", request.segments).contains("name: \"Agent\"");
    let offered: Vec<bool> = heard.iter().filter(|request| seen(request).child).map(|request| tools(request)).collect();
    assert!(offered.contains(&false), "the deepest is not offered the tool");
}

/// What children spend counts: the cap of the run stops the request that would pass it, whoever makes it.
#[tokio::test]
async fn a_cap_counts_what_agents_spend() {
    let ten_cents = |name: &str, id: String, input: Value| {
        let usage = Usage { input: 10_000, output: 5_000, ..Usage::default() };
        let done = StreamItem::Done { stop: StopReason::ToolUse, usage: Some(usage) };
        Say::Now(vec![call(&id, name, input), done])
    };
    let model = move |seen: &Seen| match (seen.child, seen.step) {
        (false, 0) => {
            let task = json!({"description": "look", "prompt": "look", "subagent_type": "explore"});
            ten_cents("Agent", "agent".into(), task)
        }
        (false, _) => Say::Now(text("never")),
        (true, step) => ten_cents("Quick", format!("q{step}"), json!({ "n": step })),
    };
    let (mut bench, play) = bench(Box::new(model), |setup| {
        let prices =
            Prices { input: 5.0, output: 10.0, cache_write_5m: 5.0, cache_write_1h: 5.0, cache_read: 0.5, above: None };
        let info = ModelInfo { prices: Some(prices), ..ModelInfo::unknown("m") };
        setup.stage.model = Some((ModelRef::new(Wire::Replay, "m"), Arc::new(info)));
        setup.stage.agents.iter_mut().for_each(|agent| agent.tools.allowed = None);
        setup.interactive = false;
        setup.tuning.money.caps = vec![Cap { scope: CapScope::Run, limit: Limit::Dollars(1.0), hard: true }];
    });
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::BudgetCap);
    assert_eq!(play.heard.lock().unwrap().len(), 10, "one of the session, nine of its agent");
}
