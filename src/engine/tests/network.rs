//! Hosts of confined commands in the engine: rules, questions, and who is not asked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::super::driver::Driver;
use super::*;
use crate::domain::NetworkNews;
use crate::sandbox::Pass;

/// A driver with the sandbox on, and the events that it tells.
async fn driver(change: impl FnOnce(&mut Setup)) -> (Box<Driver>, mpsc::Receiver<Event>, TempDir) {
    let root = TempDir::new().unwrap();
    let script = Arc::new(Script::default());
    let mut made = setup(root.path(), &script, Open::New);
    made.sandbox.wish = crate::sandbox::Wish {
        enabled: true,
        allowed_domains: vec!["*.open.org".into(), "named.org".into()],
        denied_domains: vec!["bad.open.org".into()],
        ..crate::sandbox::Wish::default()
    };
    change(&mut made);
    let (news, _heard) = mpsc::channel(8);
    let (events, told) = mpsc::channel(64);
    let driver = Box::pin(Driver::open_first(made, news, events)).await;
    (Box::new(driver), told, root)
}

async fn visit(driver: &mut Driver, host: &str) -> tokio::sync::oneshot::Receiver<Pass> {
    let (visit, answer) = super::super::network::Visit::to(host, 443);
    driver.on_visit(visit).await;
    answer
}

fn asked(events: &mut mpsc::Receiver<Event>) -> Option<AgentQuestion> {
    while let Ok(event) = events.try_recv() {
        if let Event::Live(Live::Network(NetworkNews::Asks(question))) = event {
            return Some(*question);
        }
    }
    None
}

#[tokio::test]
async fn lists_and_rules_decide_and_the_strict_one_comes_first() {
    let (mut driver, mut events, _root) = Box::pin(driver(|setup| {
        let rule = |tier, text: &str| RuleText {
            tier,
            text: text.into(),
            source: RuleSource { scope: RuleScope::User, file: None, line: None },
            anchor: setup.home.clone(),
        };
        setup.stage.rules = vec![
            rule(crate::policy::Tier::Allow, "WebFetch(domain:rules.org)"),
            rule(crate::policy::Tier::Allow, "WebFetch"),
            rule(crate::policy::Tier::Deny, "WebFetch(domain:named.org)"),
        ];
    }))
    .await;
    assert_eq!(visit(&mut driver, "a.open.org").await.await.unwrap(), Pass::Open { named: false });
    assert_eq!(visit(&mut driver, "rules.org").await.await.unwrap(), Pass::Open { named: true });
    for host in ["bad.open.org", "named.org"] {
        assert!(matches!(visit(&mut driver, host).await.await.unwrap(), Pass::Closed(_)), "{host}");
    }
    assert!(asked(&mut events).is_none());
    // A bare rule for a tool opens no host to commands.
    let waiting = visit(&mut driver, "other.org").await;
    let question = asked(&mut events).expect("a question");
    assert_eq!(question.call.input["host"], "other.org");
    assert_eq!(question.verdict.suggestion.as_deref(), Some("WebFetch(domain:other.org)"));
    // A second connection to the same host waits for the same answer.
    let second = visit(&mut driver, "other.org").await;
    assert!(asked(&mut events).is_none());
    driver.answer_host(question.ask, Answer::Once { comment: None }).await;
    assert_eq!(waiting.await.unwrap(), Pass::Open { named: true });
    assert_eq!(second.await.unwrap(), Pass::Open { named: true });
    assert_eq!(visit(&mut driver, "other.org").await.await.unwrap(), Pass::Open { named: true });
}

#[tokio::test]
async fn a_no_is_remembered_and_a_stop_closes_what_waits() {
    let (mut driver, mut events, _root) = Box::pin(driver(|_| {})).await;
    let waiting = visit(&mut driver, "x.org").await;
    let question = asked(&mut events).expect("a question");
    driver.answer_host(question.ask, Answer::No { comment: None }).await;
    assert!(matches!(waiting.await.unwrap(), Pass::Closed(_)));
    assert!(matches!(visit(&mut driver, "x.org").await.await.unwrap(), Pass::Closed(_)));
    let waiting = visit(&mut driver, "y.org").await;
    driver.drop_visits().await;
    assert!(waiting.await.is_err(), "the proxy takes it for a no");
}

#[tokio::test]
async fn nobody_is_asked_where_nobody_is_or_where_the_settings_say_so() {
    for strict in [true, false] {
        let (mut driver, mut events, _root) = Box::pin(driver(|setup| {
            setup.interactive = strict;
            setup.sandbox.wish.strict_domains = strict;
        }))
        .await;
        assert!(matches!(visit(&mut driver, "x.org").await.await.unwrap(), Pass::Closed(_)));
        assert!(asked(&mut events).is_none());
        assert_eq!(visit(&mut driver, "a.open.org").await.await.unwrap(), Pass::Open { named: false });
    }
}

#[tokio::test]
async fn whose_command_wants_a_host_stands_in_the_question() {
    let (mut driver, mut events, _root) = Box::pin(driver(|_| {})).await;
    let (visit, answer) = super::super::network::Visit::to("x.org", 443);
    driver.on_visit(visit.of("Explore · find it")).await;
    let question = asked(&mut events).expect("a question");
    assert_eq!(question.who, "the sandbox, for Explore · find it");
    assert!(
        question.verdict.because.text.contains("A command of Explore · find it"),
        "{}",
        question.verdict.because.text
    );
    driver.answer_host(question.ask, Answer::Once { comment: None }).await;
    assert_eq!(answer.await.unwrap(), Pass::Open { named: true });
}
