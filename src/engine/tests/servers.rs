//! Prompts that need something of a tool server, and servers that let them wait.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use crate::domain::{ServerNews, ServerRequest, ServerState};
use crate::engine::ServerPlan;
use crate::mcp;

/// A server in the shell: it reads one resource at once and never the other, and its prompt likewise.
const ARMS: &str = r#"
    *'"resources/list"'*) say '{"resources":[{"uri":"x://fast","name":"fast"},{"uri":"x://slow","name":"slow"}]}' ;;
    *'"prompts/list"'*) say '{"prompts":[{"name":"ask","arguments":[{"name":"topic","required":true}]}]}' ;;
    *'"resources/templates/list"'*) say '{"resourceTemplates":[]}' ;;
    *'"x://fast"'*) say '{"contents":[{"uri":"x://fast","text":"the fast one"}]}' ;;
    *'"prompts/get"'*) say '{"messages":[{"role":"user","content":{"type":"text","text":"about trees"}}]}' ;;
"#;

async fn bench(answers: Vec<Vec<StreamItem>>) -> Bench {
    let mut bench = Bench::with(Arc::new(TempDir::new().unwrap()), Open::New, answers, |setup| {
        let value = json!({"command": "/bin/sh", "args": ["-c", toy_server(r#"{"resources":{},"prompts":{}}"#, ARMS)]});
        let entry = mcp::Entry { name: "toy".into(), scope: RuleScope::User, source: "test".into(), value, off: None };
        let env = [("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())].into();
        let config = mcp::parse(&entry, &env).unwrap().0;
        let folder = setup.home.join("mcp");
        setup.stage.env = Arc::new(env);
        setup.stage.servers = Arc::new(ServerPlan { servers: vec![config], folder, ..ServerPlan::default() });
    });
    bench.live(|live| all_ready(&live).then_some(())).await;
    bench
}

fn all_ready(live: &Live) -> bool {
    matches!(live, Live::Server(ServerNews::Status(all)) if all.iter().all(|s| s.state == ServerState::Ready && !s.prompts.is_empty()))
}

fn said(bench: &Bench) -> String {
    let heard = bench.script.heard.lock().unwrap();
    let message = heard.last().unwrap().segments.last().unwrap().as_message().unwrap().clone();
    let texts = message.blocks.iter().filter_map(|block| match block {
        Block::Text { text } => Some(text.clone()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_server_that_does_not_answer_holds_up_its_prompt_and_nothing_else() {
    let mut bench = bench(vec![text("one")]).await;
    bench.prompt("look at @toy:x://slow").await;
    bench.live(|live| matches!(live, Live::HookRuns(Some(words)) if words.contains("x://slow")).then_some(())).await;
    // A later one waits behind it, orders and questions do not.
    bench.prompt("and then").await;
    bench.ask(Request::Server(ServerRequest::Report)).await;
    bench.live(|live| all_ready(&live).then_some(())).await;
    bench.ask(Request::Interrupt).await;
    let refused = bench
        .live(|live| match live {
            Live::Refused(notice) => Some(notice.text),
            _ => None,
        })
        .await;
    assert!(refused.contains("look at @toy:x://slow") && refused.contains("you stopped it"), "{refused}");
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(said(&bench).contains("and then"));
    assert_eq!(bench.script.heard.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn mentions_and_prompts_of_servers_become_the_message() {
    let mut bench = bench(vec![text("one"), text("two")]).await;
    bench.prompt("look at @toy:x://fast").await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(said(&bench).contains("the fast one"), "{}", said(&bench));
    bench.ask(Request::RunCommand { name: "mcp__toy__ask".into(), arguments: String::new() }).await;
    let refused = bench
        .live(|live| match live {
            Live::Refused(notice) => Some(notice.text),
            _ => None,
        })
        .await;
    assert!(refused.contains("it needs topic"), "{refused}");
    bench.ask(Request::RunCommand { name: "mcp__toy__ask".into(), arguments: "trees".into() }).await;
    assert_eq!(bench.end().await, TurnEnd::Done);
    assert!(said(&bench).contains("about trees"), "{}", said(&bench));
}
