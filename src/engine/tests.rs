//! The engine with a scripted model and toy tools, over a real log on disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod hooks;
mod kept;
mod long;
mod person;
mod steps;
mod team;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Barrier;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::ids::TimeIds;
use crate::domain::*;
use crate::tools::ToolContext;

mod catalog;
mod confine;
mod context;
mod languages;
mod memories;
mod money;
mod network;
mod servers;
mod terms;

/// A model that says what the script says, one answer a request.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<Vec<StreamItem>>>,
    heard: Mutex<Vec<Arc<CanonicalRequest>>>,
}

impl Provider for Script {
    fn wire(&self) -> Wire {
        Wire::Replay
    }

    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem> {
        self.heard.lock().unwrap().push(request);
        let items = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        let (send, receive) = mpsc::channel(64);
        tokio::spawn(async move {
            for item in items {
                if send.send(item).await.is_err() {
                    return;
                }
            }
            // A script that says no end leaves the stream open, as a slow model does.
            send.closed().await;
        });
        receive
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// A tool that reads: it is allowed unasked, and does what its name says.
#[derive(Debug)]
struct Toy {
    name: &'static str,
    together: Option<Arc<Barrier>>,
}

impl Tool for Toy {
    fn spec(&self) -> ToolSpec {
        let input_schema = json!({ "type": "object" });
        ToolSpec { name: self.name.into(), description: "a toy".into(), input_schema }
    }

    fn access(&self, input: &Value, _: &Place) -> Result<Access, String> {
        Ok(match self.name {
            "Bash" => Access::execute(input["command"].as_str().unwrap_or_default()),
            "Make" => Access::execute("make install"),
            "Outside" => Access::of(Action::External),
            _ => Access::of(Action::Internal),
        })
    }

    fn run(&self, input: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let (name, together) = (self.name, self.together.clone());
        Box::pin(async move {
            match name {
                "Wait" => context.cancel.cancelled().await,
                "Break" => panic!("inside"),
                "Meet" => {
                    together.expect("a barrier").wait().await;
                }
                "Fail" => return ToolOutcome::error("it did not work"),
                "Bash" => return ToolOutcome::text(format!("ran {}", input["command"]), "done"),
                "Rows" => {
                    let row = |n: u32| json!({"id": n, "name": format!("file {n}"), "size": n * 31});
                    let rows: Vec<Value> = (0..20).map(row).collect();
                    return ToolOutcome::text(json!({ "files": rows }).to_string(), "done");
                }
                "Env" => return ToolOutcome::text(format!("{:?}", context.env), "done"),
                "Move" => {
                    let cwd = Some(context.place.project.join("sub"));
                    return ToolOutcome { cwd, ..ToolOutcome::text("moved", "done") };
                }
                _ => {}
            }
            if name == "Leak" {
                return ToolOutcome::text(format!("ANTHROPIC_API_KEY={KEY}"), KEY);
            }
            ToolOutcome::text(format!("{name} is done"), "done")
        })
    }
}

struct Bench {
    root: Arc<TempDir>,
    script: Arc<Script>,
    requests: mpsc::Sender<Request>,
    events: mpsc::Receiver<Event>,
    seen: Vec<Arc<Record>>,
}

fn text(answer: &str) -> Vec<StreamItem> {
    vec![
        StreamItem::Delta { index: 0, text: answer.into() },
        StreamItem::BlockDone { index: 0, block: Block::Text { text: answer.into() } },
        StreamItem::Done { stop: StopReason::EndTurn, usage: Some(Usage { input: 7, output: 3, ..Usage::default() }) },
    ]
}

fn calls(names: &[&str]) -> Vec<StreamItem> {
    let mut items: Vec<StreamItem> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let id = format!("call-{index}-{name}");
            let call = ToolCall { id, name: (*name).into(), input: json!({}) };
            StreamItem::BlockDone { index: index as u32, block: Block::ToolCall(call) }
        })
        .collect();
    items.push(StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) });
    items
}

/// A server in the shell that says what it can do and answers as the arms of its `case` say: there `say` sends a result.
fn toy_server(capabilities: &str, arms: &str) -> String {
    let greeting = format!(
        r#"{{"protocolVersion":"2025-06-18","capabilities":{capabilities},"serverInfo":{{"name":"toy","version":"1"}}}}"#
    );
    format!(
        r#"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  say() {{ printf '{{"jsonrpc":"2.0","id":%s,"result":%s}}\n' "$id" "$1"; }}
  case "$line" in
    *'"initialize"'*) say '{greeting}' ;;
{arms}
  esac
done
"#
    )
}

/// A key of this run.
const KEY: &str = "sk-ant-very-secret";

fn setup(root: &Path, script: &Arc<Script>, open: Open) -> Setup {
    let project = root.join("project");
    std::fs::create_dir_all(&project).unwrap();
    let provider: Arc<dyn Provider> = Arc::clone(script) as Arc<dyn Provider>;
    let together = Arc::new(Barrier::new(8));
    let toy = |name| Arc::new(Toy { name, together: Some(Arc::clone(&together)) }) as Arc<dyn Tool>;
    Setup {
        clock: ManualClock::at(1_000_000),
        ids: Arc::new(TimeIds),
        store: Store::new(root.join("data")),
        stage: Stage {
            place: Place { cwd: project.clone(), project, added: Vec::new() },
            model: Some((ModelRef::new(Wire::Replay, "m"), Arc::new(ModelInfo::unknown("m")))),
            effort: None,
            model_forced: true,
            connect: Arc::new(move |_| Ok(Arc::clone(&provider))),
            rules: Vec::new(),
            edit_rule: Arc::new(|_| Err("not here".into())),
            mode: Mode::Default,
            modes: vec![Mode::Default],
            trusted: true,
            memory: Vec::new(),
            commands: Vec::new(),
            agents: crate::catalog::built_in(),
            shelf: Arc::default(),
            env: Arc::default(),
            hooks: Arc::default(),
            servers: Arc::default(),
            languages: Arc::default(),
            rehearsal: false,
            child: None,
        },
        rehearse: Arc::new(|| Err("not here".into())),
        tools: ["Bash", "Break", "Env", "Fail", "Leak", "Make", "Meet", "Move", "Outside", "Quick", "Rows", "Wait"]
            .map(toy)
            .to_vec(),
        table: ModelTable::built_in(),
        agent: agent::Settings::default(),
        open,
        notices: Vec::new(),
        limits: Limits::default(),
        tuning: Tuning::default(),
        home: root.to_path_buf(),
        interactive: true,
        alone: false,
        secrets: crate::base::secrets::Redactor::new([KEY.to_owned()]),
        sandbox: Sandbox {
            wish: crate::sandbox::Wish::default(),
            prove: Arc::new(crate::sandbox::Proof::default),
            helper: root.join("none"),
            private: Vec::new(),
        },
        folder: None,
        version: "test",
    }
}

impl Bench {
    fn new(answers: Vec<Vec<StreamItem>>) -> Self {
        Self::at(Arc::new(TempDir::new().unwrap()), Open::New, answers)
    }

    fn at(root: Arc<TempDir>, open: Open, answers: Vec<Vec<StreamItem>>) -> Self {
        Self::with(root, open, answers, |_| {})
    }

    fn with(root: Arc<TempDir>, open: Open, answers: Vec<Vec<StreamItem>>, change: impl FnOnce(&mut Setup)) -> Self {
        let script = Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() });
        let mut made = setup(root.path(), &script, open);
        change(&mut made);
        let (requests, events) = start(made);
        Self { root, script, requests, events, seen: Vec::new() }
    }

    async fn ask(&self, request: Request) {
        self.requests.send(request).await.unwrap();
    }

    async fn prompt(&self, text: &str) {
        self.ask(Request::Prompt(domain_input(text))).await;
    }

    /// Hears events until a record fits.
    async fn until(&mut self, wanted: impl Fn(&Body) -> bool) -> Arc<Record> {
        let hear = async {
            loop {
                let Some(Event::Recorded(record)) = self.events.recv().await else { continue };
                self.seen.push(Arc::clone(&record));
                if wanted(&record.body) {
                    return record;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), hear).await.expect("the record that was waited for")
    }

    /// Hears events until there is news of that kind.
    async fn live<T>(&mut self, wanted: impl Fn(Live) -> Option<T>) -> T {
        let hear = async {
            loop {
                match self.events.recv().await {
                    Some(Event::Recorded(record)) => self.seen.push(record),
                    Some(Event::Live(live)) => {
                        if let Some(found) = wanted(live) {
                            return found;
                        }
                    }
                    Some(_) => {}
                    None => panic!("the engine is gone"),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), hear).await.expect("the news that was waited for")
    }

    async fn end(&mut self) -> TurnEnd {
        let record = self.until(|body| matches!(body, Body::TurnEnded { .. })).await;
        let Body::TurnEnded { end, .. } = &record.body else { panic!("a turn's end") };
        end.clone()
    }

    /// The newest verdict and whether the person was asked.
    fn verdict(&self) -> (Verdict, bool) {
        let verdicts = self.seen.iter().filter_map(|record| match &record.body {
            Body::Judged { verdict, .. } => Some(verdict.clone()),
            _ => None,
        });
        let asked = self.seen.iter().any(|record| matches!(record.body, Body::Asked { .. }));
        (verdicts.fold(None, |_, verdict| Some(verdict)).unwrap(), asked)
    }

    fn results(&self, request: usize) -> Vec<String> {
        let heard = self.script.heard.lock().unwrap();
        let message = heard[request].segments.last().unwrap().as_message().unwrap().clone();
        message
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::ToolResult(result) => Some(result.joined()),
                _ => None,
            })
            .collect()
    }

    fn log(&self) -> String {
        let mut found = String::new();
        for folder in std::fs::read_dir(self.root.path().join("data/sessions")).into_iter().flatten().flatten() {
            for file in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                if file.path().extension().is_some_and(|extension| extension == "jsonl") {
                    found.push_str(&std::fs::read_to_string(file.path()).unwrap());
                }
            }
        }
        found
    }
}

fn domain_input(text: &str) -> Input {
    Input { text: text.into(), images: Vec::new() }
}

#[tokio::test]
async fn everything_is_on_disk_before_it_is_told() {
    let mut bench = Bench::new(vec![text("hello")]);
    bench.prompt("hi").await;
    loop {
        let record = bench.until(|_| true).await;
        let started = bench.seen.iter().any(|record| matches!(record.body, Body::Prompted { .. }));
        if started {
            assert!(bench.log().contains(&format!("\"seq\":{},", record.seq)), "record {} is on disk", record.seq);
        }
        if matches!(record.body, Body::TurnEnded { .. }) {
            break;
        }
    }
}

#[tokio::test]
async fn a_program_that_was_only_opened_leaves_nothing() {
    let mut bench = Bench::new(Vec::new());
    bench.until(|body| matches!(body, Body::ModelSet { .. })).await;
    assert_eq!(bench.log(), "");
}

#[tokio::test]
async fn eight_calls_run_at_once() {
    let mut bench = Bench::new(vec![calls(&["Meet"; 8]), text("met")]);
    bench.prompt("meet").await;
    // The calls wait for each other: had they run in turn, the end would never come.
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(bench.results(1).len(), 8);
}

#[tokio::test]
async fn a_tool_that_breaks_down_is_a_result() {
    let mut bench = Bench::new(vec![calls(&["Break", "Nothing"]), text("sorry")]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let results = bench.results(1);
    assert!(results[0].contains("broke down") && results[1].contains("no tool `Nothing`"), "{results:?}");
}

#[tokio::test]
async fn an_interrupt_stops_what_runs_and_the_next_message_works() {
    let mut bench = Bench::new(vec![calls(&["Wait"]), text("fine")]);
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::CallStarted { .. })).await;
    bench.ask(Request::Interrupt).await;
    assert_eq!(bench.end().await, TurnEnd::Interrupted);
    bench.prompt("again").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
}

#[tokio::test]
async fn a_session_that_was_cut_goes_on_with_every_call_paired() {
    let mut bench = Bench::new(vec![calls(&["Quick", "Wait"])]);
    bench.prompt("first words").await;
    bench.until(|body| matches!(body, Body::CallStarted { call_id } if call_id.ends_with("Wait"))).await;
    let (root, shown) = (Arc::clone(&bench.root), bench.seen.len());
    drop(bench);

    let mut again = loop {
        let mut again = Bench::at(Arc::clone(&root), Open::Latest, vec![text("on we go")]);
        let Some(Event::Opened { records, .. }) = again.events.recv().await else { panic!("opened") };
        // The engine that was dropped may hold the lock for a moment more.
        if !records.is_empty() {
            assert!(records.len() >= shown, "nothing that was shown is missing");
            break again;
        }
        tokio::task::yield_now().await;
    };
    again.prompt("go on").await;
    again.until(|body| matches!(body, Body::Responded(_))).await;
    let heard = again.script.heard.lock().unwrap();
    let results = heard[0].segments.iter().filter_map(|segment| segment.as_message());
    let results = results.flat_map(|message| &message.blocks);
    assert_eq!(results.filter(|block| matches!(block, Block::ToolResult(_))).count(), 2);
}

#[tokio::test]
async fn a_mentioned_file_is_read_into_the_message() {
    let mut bench = Bench::new(vec![text("I see")]);
    // The toys have no Read tool, so the mention is explained instead of silently dropped.
    std::fs::write(bench.root.path().join("project/notes.txt"), "remember").unwrap();
    bench.prompt("see @notes.txt and @missing.txt").await;
    bench.end().await;
    let heard = bench.script.heard.lock().unwrap();
    let message = heard[0].segments.last().unwrap().as_message().unwrap().text();
    assert!(message.contains("mentioned notes.txt") && !message.contains("mentioned missing.txt"), "{message}");
}

#[tokio::test]
async fn a_stream_that_just_ends_is_a_broken_connection() {
    let mut bench = Bench::new(vec![]);
    bench.prompt("hi").await;
    bench.until(|body| matches!(body, Body::RequestSent(_))).await;
    bench.ask(Request::Interrupt).await;
    assert_eq!(bench.end().await, TurnEnd::Interrupted);
}

/// A call that no rule covers, in the mode auto, with what the classifier answers.
async fn in_auto(opinion: &str) -> Bench {
    let bench = Bench::new(vec![calls(&["Make"]), text(opinion), text("done")]);
    bench.ask(Request::SetMode(Mode::Auto)).await;
    bench.prompt("install it, please").await;
    bench
}

#[tokio::test]
async fn in_auto_a_model_judges_what_the_rules_leave_open() {
    let mut bench = in_auto("{\"verdict\":\"allow\",\"reason\":\"it was asked for\"}").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let (verdict, asked) = bench.verdict();
    assert_eq!((verdict.decision, verdict.because.kind, asked), (Decision::Allow, BecauseKind::Classifier, false));
    assert!(verdict.because.text.contains("it was asked for"), "{verdict:?}");
    let note = bench.seen.iter().find_map(|record| match &record.body {
        Body::Classified(note) => Some(note.clone()),
        _ => None,
    });
    assert_eq!((note.as_ref().unwrap().opinion, note.unwrap().usage.input), (Some(Opinion::Allow), 7));
    let heard = bench.script.heard.lock().unwrap();
    let question = heard[1].segments.last().unwrap().as_message().unwrap().text();
    assert!(question.contains("\"install it, please\"") && heard[1].segments.len() == 2, "{question}");
    assert!(heard[2].segments.len() > heard[0].segments.len(), "the conversation goes on as if nothing had been");
}

#[tokio::test]
async fn a_block_of_the_classifier_is_told_to_the_model() {
    let mut bench = in_auto("{\"verdict\":\"block\",\"reason\":\"it leaves the project\"}").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(bench.verdict().0.decision, Decision::Deny);
    assert!(bench.results(2)[0].contains("it leaves the project"), "{:?}", bench.results(2));
}

#[tokio::test]
async fn what_the_classifier_does_not_decide_is_asked() {
    for opinion in ["{\"verdict\":\"ask\",\"reason\":\"unsure\"}", "sure, go ahead", ""] {
        let mut bench = in_auto(opinion).await;
        bench.until(|body| matches!(body, Body::Asked { .. })).await;
        assert!(bench.verdict().0.trail.iter().any(|step| step.stage == "classifier"));
        let comment = Some("but only once".to_owned());
        bench.ask(Request::Answer { ask: 1, answer: Answer::Once { comment } }).await;
        assert_eq!(bench.end().await, TurnEnd::Done);
        let heard = bench.script.heard.lock().unwrap();
        let last = heard[2].segments.last().unwrap().as_message().unwrap().text();
        assert!(last.contains("allowed Make and remarked: but only once"), "{last}");
    }
}

#[tokio::test]
async fn an_interrupt_does_not_wait_for_the_classifier() {
    let mut bench = Bench::new(vec![calls(&["Make"]), Vec::new()]);
    bench.ask(Request::SetMode(Mode::Auto)).await;
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::Responded(_))).await;
    bench.ask(Request::Interrupt).await;
    assert_eq!(bench.end().await, TurnEnd::Interrupted);
    assert!(!bench.seen.iter().any(|record| matches!(record.body, Body::Judged { .. })));
}

fn claims() -> FolderClaims {
    let claim = |kind, text: &str| Claim { kind, source: "s:1".into(), name: "n".into(), text: text.into() };
    let claims = vec![claim(ClaimKind::Hook, "evil.sh"), claim(ClaimKind::Rule, "Bash(make *)")];
    FolderClaims { claims, content: "content".into(), ..FolderClaims::default() }
}

/// A session in a folder that asks for trust. Trusting it brings a memory file and an allow rule.
fn in_strange_folder(answers: Vec<Vec<StreamItem>>) -> Bench {
    let root = Arc::new(TempDir::new().unwrap());
    let script = Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() });
    let mut setup = setup(root.path(), &script, Open::New);
    let mut trusted = setup.stage.clone();
    trusted.memory =
        vec![MemoryFile { scope: MemoryScope::Project, path: "/p/CLAUDE.md".into(), text: "canary text".into() }];
    trusted.rules = vec![RuleText {
        tier: crate::policy::Tier::Allow,
        text: "Bash(make *)".into(),
        source: RuleSource { scope: RuleScope::Project, file: None, line: None },
        anchor: root.path().into(),
    }];
    setup.folder = Some(Folder {
        ask: Some(claims()),
        survey: Arc::new(|| (claims(), false)),
        accept: Arc::new(move |content| {
            let stage = if content == "content" { Ok((trusted.clone(), Vec::new())) } else { Err("changed".into()) };
            Box::pin(async move { stage })
        }),
        reload: Arc::new(|| unreachable!("no settings file is watched")),
    });
    let (requests, events) = start(setup);
    Bench { root, script, requests, events, seen: Vec::new() }
}

#[tokio::test]
async fn nothing_starts_before_the_folder_is_answered_for() {
    let mut bench = in_strange_folder(vec![calls(&["Make"]), text("done")]);
    bench.prompt("go").await;
    bench.ask(Request::SetTitle("still here".into())).await;
    bench.until(|body| matches!(body, Body::TitleSet { .. })).await;
    assert!(bench.script.heard.lock().unwrap().is_empty(), "the prompt waits");
    bench.ask(Request::AnswerFolder(FolderAnswer::Trust)).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    let heard = bench.script.heard.lock().unwrap();
    let has_memory = |request: &CanonicalRequest| {
        request
            .segments
            .iter()
            .any(|segment| matches!(&segment.body, SegmentBody::Memory(text) if text.contains("canary")))
    };
    assert!(has_memory(&heard[0]), "the prefix is made with what was trusted");
    assert_eq!(bench.verdict().0.because.rule.as_deref(), Some("Bash(make *)"));
}

#[tokio::test]
async fn without_trust_the_session_works_and_uses_nothing_of_the_folder() {
    let mut bench = in_strange_folder(vec![calls(&["Make"])]);
    bench.prompt("go").await;
    bench.ask(Request::AnswerFolder(FolderAnswer::Without)).await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
    let heard = bench.script.heard.lock().unwrap();
    assert!(!heard[0].segments.iter().any(|segment| segment.kind == SegmentKind::Memory));
}

#[tokio::test]
async fn a_rule_is_tried_on_what_was_asked_and_can_be_taken_back() {
    let mut bench = Bench::new(vec![calls(&["Make"]), text("done"), calls(&["Make"])]);
    bench.prompt("go").await;
    bench.until(|body| matches!(body, Body::Asked { .. })).await;
    let id = Some("call-0-Make".to_owned());
    for (rule, this_call) in [("Bash(make *)", Ok(Some(true))), ("Bash(ls *)", Ok(Some(false))), ("Bash(ls", Err(()))] {
        bench.ask(Request::TestRule { rule: rule.into(), call_id: id.clone() }).await;
        let tested = bench.live(|live| if let Live::RuleTested(test) = live { Some(*test) } else { None }).await;
        assert_eq!((tested.rule.as_str(), &tested.call_id), (rule, &id));
        assert_eq!(tested.outcome.clone().map(|cover| cover.this_call).map_err(|_| ()), this_call, "{tested:?}");
    }
    let place = RulePlace::Session;
    bench.ask(Request::AddRule { tier: RuleTier::Allow, rule: "Bash(make *)".into(), place }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    bench.ask(Request::ListRules).await;
    let report = bench.live(|live| if let Live::Rules(report) = live { Some(*report) } else { None }).await;
    let line = report.rules[0].clone();
    assert_eq!((report.rules.len(), report.questions, line.source.to_string().as_str()), (1, 1, "session"));
    bench.ask(Request::RemoveRule { tier: line.tier, rule: line.text, source: line.source }).await;
    let report = bench.live(|live| if let Live::Rules(report) = live { Some(*report) } else { None }).await;
    assert_eq!(report.rules.len(), 0);
}

#[tokio::test]
async fn a_key_reaches_neither_the_log_nor_the_model_nor_the_face() {
    let failed = StreamItem::Failed(ModelError::new(ErrorKind::Auth, format!("invalid key {KEY}")));
    let mut bench = Bench::new(vec![calls(&["Leak"]), text(&format!("it is {KEY}")), vec![failed]]);
    bench.prompt("go").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert_eq!(bench.results(1), ["ANTHROPIC_API_KEY=[key removed]"]);
    bench.prompt("again").await;
    let end = bench.end().await;
    assert!(matches!(&end, TurnEnd::Failed { error } if error.message == "invalid key [key removed]"), "{end:?}");
    assert!(!bench.log().contains(KEY) && bench.log().contains("it is [key removed]"));
    assert!(!format!("{:?}", bench.seen).contains(KEY));
}
