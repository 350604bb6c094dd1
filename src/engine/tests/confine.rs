//! The sandbox in the engine, with probes that say what the test wants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use crate::sandbox::{Doubt, Proof, Trial, Wish};

/// A bench with the real tools and nothing that confines.
fn bench(wish: Wish, rules: &[&str], command: &str) -> Bench {
    let root = Arc::new(TempDir::new().unwrap());
    let input = json!({ "command": command });
    let call = ToolCall { id: "call".into(), name: "Bash".into(), input };
    let answers = vec![
        vec![
            StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
            StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
        ],
        text("done"),
    ];
    let script = Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() });
    let mut setup = setup(root.path(), &script, Open::New);
    setup.tools = crate::tools::registry();
    let allow = |rule: &&str| RuleText {
        tier: crate::policy::Tier::Allow,
        text: (*rule).to_owned(),
        source: RuleSource { scope: RuleScope::User, file: None, line: None },
        anchor: root.path().to_path_buf(),
    };
    setup.stage.rules = rules.iter().map(allow).collect();
    setup.sandbox.wish = wish;
    setup.sandbox.prove = Arc::new(|| Proof {
        means: None,
        trials: vec![Trial { name: "bubblewrap", outcome: Err(Doubt::Fails("it is not installed".into())) }],
    });
    let (requests, events) = start(setup);
    Bench { root, script, requests, events, seen: Vec::new() }
}

fn on() -> Wish {
    Wish { enabled: true, auto_allow: true, escape: true, ..Wish::default() }
}

async fn verdict(bench: &mut Bench) -> Verdict {
    bench.prompt("go").await;
    let record = bench.until(|body| matches!(body, Body::Judged { .. })).await;
    let Body::Judged { verdict, .. } = &record.body else { panic!("a verdict") };
    verdict.clone()
}

#[tokio::test]
async fn the_badge_says_that_nothing_confines() {
    let mut bench = bench(on(), &[], "ls");
    let Some(Event::Opened { info, .. }) = bench.events.recv().await else { panic!("opened") };
    assert_eq!(info.sandbox, SandboxState::Checking);
    let (mut state, mut told) = (None, String::new());
    while state.is_none() || told.is_empty() {
        match bench.events.recv().await {
            Some(Event::Live(Live::Info(info))) => state = Some(info.sandbox),
            Some(Event::Live(Live::Notice(notice))) => told = notice.text,
            Some(_) => {}
            None => panic!("the engine is gone"),
        }
    }
    assert!(matches!(state, Some(SandboxState::Unavailable(why)) if why.contains("not installed")));
    assert!(told.contains("nothing confines here"), "{told}");
}

#[tokio::test]
async fn a_missing_sandbox_is_a_question_whatever_the_rules_say() {
    for command in ["ls", "touch made"] {
        let mut bench = bench(on(), &["Bash"], command);
        let verdict = verdict(&mut bench).await;
        assert_eq!((verdict.decision, verdict.suggestion), (Decision::Ask, None), "{command}");
        assert_eq!(verdict.because.kind, BecauseKind::Sandbox);
        assert!(!bench.root.path().join("project/made").exists());
    }
    let mut bench = bench(on(), &["Bash"], "touch made");
    verdict(&mut bench).await;
    let record = bench.until(|body| matches!(body, Body::Asked { .. })).await;
    let Body::Asked { ask, .. } = record.body else { panic!("a question") };
    bench.ask(Request::Answer { ask, answer: Answer::Once { comment: None } }).await;
    let record = bench.until(|body| matches!(body, Body::Confined { .. })).await;
    assert!(matches!(&record.body, Body::Confined { how: Confinement::Outside { .. }, .. }));
    bench.end().await;
    assert!(bench.root.path().join("project/made").exists());
}

#[tokio::test]
async fn a_sandbox_that_is_demanded_and_missing_is_a_no() {
    let mut bench = bench(Wish { required: true, ..on() }, &["Bash"], "touch made");
    let verdict = verdict(&mut bench).await;
    assert_eq!(verdict.decision, Decision::Deny);
    assert!(verdict.because.text.contains("demand a sandbox"), "{}", verdict.because.text);
    bench.end().await;
    assert!(!bench.root.path().join("project/made").exists());
}

#[tokio::test]
async fn without_the_wish_nothing_is_tried_and_nothing_recorded() {
    let mut bench = bench(Wish::default(), &["Bash"], "touch made");
    assert_eq!(verdict(&mut bench).await.decision, Decision::Allow);
    bench.end().await;
    assert!(!bench.seen.iter().any(|record| matches!(record.body, Body::Confined { .. })));
}
