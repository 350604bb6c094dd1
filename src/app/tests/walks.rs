//! Records in any order: nothing panics, everything draws, and a crashed session opens at rest.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::play::{Play, diff, model_ref, start_info};
use crate::app::next_tick;
use crate::domain::*;

/// One record out of three small numbers.
fn body(what: u8, id: u8, more: u8) -> Body {
    let call_id = format!("c{}", id % 4);
    let request = u32::from(id % 3) + 1;
    let block = u32::from(more % 3);
    let error = ModelError::new(ErrorKind::Connection, "reset");
    match what % 18 {
        0 => Body::Prompted {
            turn: request,
            message: Arc::new(Message::user("hello")),
            origin: Origin::Typed,
            typed: None,
        },
        1 => Body::Delta { request, block, kind: Some(DeltaKind::Text), text: "some *text*\n".into() },
        2 => Body::Delta { request, block, kind: Some(DeltaKind::Thinking), text: "hm".into() },
        3 => {
            let kind = DeltaKind::ToolCall { id: call_id, name: "Bash".into() };
            Body::Delta { request, block, kind: Some(kind), text: r#"{"command":"#.into() }
        }
        4 => Body::Delta { request, block, kind: None, text: "tail".into() },
        5 | 6 => {
            let call = ToolCall { id: call_id, name: "Bash".into(), input: json!({"command": "ls"}) };
            let blocks = vec![Block::Text { text: "some *text*\n".into() }, Block::ToolCall(call)];
            let blocks = blocks.into_iter().take(usize::from(more % 3)).collect();
            Body::Responded(ResponseNote {
                request,
                message: Arc::new(Message::assistant(blocks, model_ref())),
                stop: StopReason::EndTurn,
                usage: Usage { input: 5, output: 5, ..Usage::default() },
                estimated: false,
                cost: None,
                duration_ms: 1,
                cut: what % 18 == 6,
            })
        }
        7 => Body::RequestFailed { request, error, retry_in_ms: (more.is_multiple_of(2)).then_some(500) },
        8 => Body::Asked { ask: request, call_id },
        9 => Body::Decided { ask: request, call_id, answer: Answer::No { comment: None } },
        10 => Body::CallStarted { call_id },
        11 => Body::CallOutput { call_id, text: "out\r\nput".into() },
        12 => Body::CallDone {
            result: ToolResult::text(call_id, "x", more.is_multiple_of(2)),
            shown: Shown::Diff(vec![diff()]),
            summary: "+1".into(),
            duration_ms: 3,
            full_output: None,
        },
        13 => Body::TurnEnded { turn: request, end: TurnEnd::Failed { error } },
        14 => Body::TurnEnded { turn: request, end: TurnEnd::Interrupted },
        15 => Body::Cleared,
        16 => Body::ShellRan { command: "ls".into(), output: "a\nb".into(), exit: None },
        _ => Body::QueueSet { queue: vec![Queued { id: 1, text: "next".into() }] },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_records(steps in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 0..60), keys in 0usize..6) {
        let mut play = Play::new(90, 32);
        let mut records = Vec::new();
        for (what, id, more) in &steps {
            records.push(play.make(body(*what, *id, *more)));
        }
        for (index, record) in records.iter().enumerate() {
            play.message(crate::app::Message::Engine(Event::Recorded(record.clone())));
            if index % 7 == keys {
                play.keys(["ctrl+o", "pageup", "tab n", "f3", "ctrl+home", "ctrl+t"][keys]).screen();
            }
        }
        play.screen();
        let mut again = Play::bare(90, 32);
        again.open(start_info(true), records);
        let screen = again.screen();
        prop_assert!(!screen.contains("esc to interrupt"));
        prop_assert_eq!(next_tick(&again.model, again.now), None);
    }
}
