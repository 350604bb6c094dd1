//! Every recorded stream, whole and cut everywhere; every body, written out.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::{Block, Effort, Mark, Message, ModelRef, Role, Thinking, ToolCall, ToolResult, Ttl};
use crate::provider::testing::{decode, everything, fixtures, request, thinking, transcript};

mod documents;

const WIRES: [(Wire, &str, &str); 4] = [
    (Wire::Anthropic, "anthropic", "claude-opus-5"),
    (Wire::OpenaiChat, "openai_chat", "gpt-4.1"),
    (Wire::OpenaiResponses, "openai_responses", "gpt-6-sol"),
    (Wire::Ollama, "ollama", "qwen3"),
];

fn decoder(wire: Wire) -> Box<dyn Decoder> {
    codec(wire).unwrap().decoder(Ids::new("test", None))
}

fn body_of(request: &CanonicalRequest, base_url: &str) -> Value {
    let bytes = codec(request.model.wire).unwrap().body(request, Site::of(base_url));
    assert_eq!(bytes, codec(request.model.wire).unwrap().body(request, Site::of(base_url)), "the bytes are stable");
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn every_wire_is_registered_once() {
    for (wire, ..) in WIRES {
        assert_eq!(CODECS.iter().filter(|codec| codec.wire() == wire).count(), 1);
    }
    assert!(codec(Wire::Replay).is_none());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/provider/wire");
    let folders =
        std::fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().join("mod.rs").is_file());
    assert_eq!(folders.count(), CODECS.len(), "a wire's folder is not in the list");
}

#[test]
fn recorded_streams_read_as_written_down() {
    for (wire, folder, _) in WIRES {
        for (name, bytes) in fixtures(folder) {
            let items = decode(decoder(wire), &bytes, &[]);
            insta::assert_snapshot!(format!("{folder}_{name}"), transcript(&items));
        }
    }
}

#[test]
fn no_cut_changes_what_is_read() {
    for (wire, folder, _) in WIRES {
        for (name, bytes) in fixtures(folder) {
            let whole = decode(decoder(wire), &bytes, &[]);
            for cut in 0..=bytes.len() {
                assert_eq!(decode(decoder(wire), &bytes, &[cut]), whole, "{folder}/{name} at {cut}");
            }
            let every: Vec<usize> = (0..bytes.len()).collect();
            assert_eq!(decode(decoder(wire), &bytes, &every), whole, "{folder}/{name} byte by byte");
        }
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    for (wire, folder, _) in WIRES {
        for (name, bytes) in fixtures(folder) {
            let whole = decode(decoder(wire), &bytes, &[]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let crlf = format!("\u{feff}{}", text.replace('\n', "\r\n"));
            assert_eq!(decode(decoder(wire), crlf.as_bytes(), &[]), whole, "{folder}/{name}");
        }
    }
}

#[test]
fn every_prefix_ends_in_exactly_one_end() {
    for (wire, folder, _) in WIRES {
        for (name, bytes) in fixtures(folder) {
            for cut in (0..bytes.len()).step_by(5) {
                let items = decode(decoder(wire), &bytes[..cut], &[]);
                let is_end = |item: &StreamItem| matches!(item, StreamItem::Done { .. } | StreamItem::Failed(_));
                assert_eq!(items.iter().filter(|item| is_end(item)).count(), 1, "{folder}/{name} until {cut}");
                assert!(is_end(items.last().unwrap()), "{folder}/{name} until {cut}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn noise_never_panics_and_always_ends(noise in proptest::collection::vec(any::<u8>(), 0..40), at in 0usize..4_000, cut in 0usize..4_000) {
        for (wire, folder, _) in WIRES {
            let (_, mut bytes) = fixtures(folder).swap_remove(0);
            let at = at.min(bytes.len());
            bytes.splice(at..(at + noise.len()).min(bytes.len()), noise.iter().copied());
            let whole = decode(decoder(wire), &bytes, &[]);
            prop_assert_eq!(decode(decoder(wire), &bytes, &[cut]), whole.clone());
            let ended = matches!(whole.last(), Some(StreamItem::Done { .. } | StreamItem::Failed(_)));
            prop_assert!(ended);
        }
    }

    #[test]
    fn any_document_is_survived(json in "[\\[\\]{}:,\"a-z0-9_ ]{0,80}") {
        for (wire, ..) in WIRES {
            let items = decoder(wire).whole(json.as_bytes());
            prop_assert!(!items.is_empty());
        }
    }
}

#[test]
fn bad_utf8_and_halves_of_pairs_become_replacement_characters() {
    let chunk = |text: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let mut bytes = chunk("A@B").into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'@').unwrap();
    bytes.splice(at..=at, [0xe2, 0x82]);
    bytes.extend(chunk("\\ud83d!").into_bytes());
    let items = decode(decoder(Wire::OpenaiChat), &bytes, &[]);
    let texts: Vec<&str> = items
        .iter()
        .filter_map(|item| match item {
            StreamItem::Delta { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["A\u{fffd}B", "\u{fffd}!"]);
}

#[test]
fn bodies_are_as_written_down() {
    for (wire, name, id) in WIRES {
        let ways = [(Wire::Anthropic, Thinking::Adaptive)];
        let way = ways.iter().find(|(is, _)| *is == wire).map_or(Thinking::Effort, |(_, way)| *way);
        let request = thinking(request(wire, id, everything(wire, id)), way, Some(Effort::High));
        let body = body_of(&request, "https://gateway.example.com");
        insta::assert_snapshot!(format!("body_{name}"), serde_json::to_string_pretty(&body).unwrap());
    }
}

#[test]
fn addresses_are_taken_as_people_write_them() {
    let at = |wire: Wire, base: &str| {
        let codec = codec(wire).unwrap();
        address(codec, base, codec.path()).map(|url| url.to_string())
    };
    for (wire, base, url) in [
        (Wire::Anthropic, "https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
        (Wire::Anthropic, "https://h/v1/", "https://h/v1/messages"),
        (Wire::Anthropic, "https://h/a/b", "https://h/a/b/v1/messages"),
        (Wire::Anthropic, "https://h/v1/messages", "https://h/v1/messages"),
        (Wire::Anthropic, "https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1/messages"),
        (Wire::OpenaiChat, "https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
        (Wire::OpenaiChat, "http://localhost:4000", "http://localhost:4000/v1/chat/completions"),
        (Wire::OpenaiChat, "https://api.deepseek.com", "https://api.deepseek.com/chat/completions"),
        (Wire::OpenaiChat, "https://h/api/v3/", "https://h/api/v3/chat/completions"),
        (Wire::OpenaiChat, "https://h/x/chat/completions?v=1", "https://h/x/chat/completions?v=1"),
        (Wire::OpenaiResponses, "https://api.openai.com", "https://api.openai.com/v1/responses"),
        (Wire::Ollama, "http://localhost:11434", "http://localhost:11434/api/chat"),
        (Wire::Ollama, "http://localhost:11434/v1", "http://localhost:11434/api/chat"),
    ] {
        assert_eq!(at(wire, base).as_deref(), Ok(url), "{base}");
    }
    for bad in ["", "localhost:4000", "ftp://h/", "file:///etc/passwd"] {
        assert!(at(Wire::OpenaiChat, bad).is_err(), "{bad}");
    }
}

#[test]
fn sites_are_known_by_their_host() {
    assert!(Site::of("https://api.openai.com/v1").openai);
    assert!(!Site::of("https://api.openai.com.evil.example/v1").openai);
    assert!(!Site::of("https://notopenai.com").openai);
    assert!(Site::of("https://api.deepseek.com").deepseek);
}

/// A mark moves off thinking, and a message of nothing but thinking keeps no mark.
#[test]
fn anthropic_marks_stand_on_cacheable_blocks() {
    let me = ModelRef::new(Wire::Anthropic, "m");
    let thought = Block::Thinking { text: "t".to_owned(), signature: Some("s".to_owned()) };
    let answer = Message::assistant(vec![Block::Text { text: "said".to_owned() }, thought.clone()], me.clone());
    let mut request = request(Wire::Anthropic, "m", vec![Message::user("a"), answer, Message::user("b")]);
    request.marks = vec![
        Mark { segment: 0, ttl: Ttl::OneHour },
        Mark { segment: 2, ttl: Ttl::OneHour },
        Mark { segment: 4, ttl: Ttl::FiveMinutes },
    ];
    let body = body_of(&request, "");
    let mark = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(mark("/tools/0/cache_control"), json!({"type": "ephemeral", "ttl": "1h"}));
    assert_eq!(mark("/messages/0/content/0/cache_control"), json!({"type": "ephemeral", "ttl": "1h"}));
    assert_eq!(mark("/messages/1/content/0/cache_control"), json!({"type": "ephemeral"}));
    assert_eq!(mark("/messages/1/content/1/cache_control"), Value::Null);
    let only = Message::assistant(vec![thought], me);
    let mut request =
        super::super::testing::request(Wire::Anthropic, "m", vec![Message::user("a"), only, Message::user("b")]);
    request.marks = vec![Mark { segment: 4, ttl: Ttl::FiveMinutes }, Mark { segment: 99, ttl: Ttl::FiveMinutes }];
    assert!(!body_of(&request, "").to_string().contains("cache_control"));
}

#[test]
fn anthropic_thinking_follows_the_model() {
    let plain = || request(Wire::Anthropic, "m", vec![Message::user("a")]);
    let of = |way, effort| body_of(&thinking(plain(), way, effort), "");
    assert_eq!(of(Thinking::Adaptive, None)["thinking"], json!({"type": "adaptive"}));
    assert_eq!(of(Thinking::Adaptive, Some(Effort::Max))["output_config"], json!({"effort": "max"}));
    assert_eq!(of(Thinking::Budget, None)["thinking"], json!({"type": "enabled", "budget_tokens": 4096}));
    assert_eq!(of(Thinking::Budget, Some(Effort::High)).get("output_config"), None);
    assert_eq!(of(Thinking::Unset, Some(Effort::High)).get("thinking"), None);
    assert_eq!(body_of(&plain(), "").get("thinking"), None);
    let mut small = thinking(plain(), Thinking::Budget, None);
    small.sampling.max_output = 2_000;
    assert_eq!(body_of(&small, "").get("thinking"), None, "less than the API takes");
}

/// A tool loop that another model began has no thinking at its start, which a budget would demand.
#[test]
fn anthropic_budget_waits_for_the_next_prompt_after_a_change_of_model() {
    let call = Block::ToolCall(ToolCall { id: "c".to_owned(), name: "Read".to_owned(), input: json!({}) });
    let result = Block::ToolResult(ToolResult::text("c", "ok", false));
    let mut messages = vec![
        Message::user("a"),
        Message::assistant(vec![call], ModelRef::new(Wire::OpenaiChat, "other")),
        Message { role: Role::User, blocks: vec![result], by: None },
    ];
    let of = |messages: &[Message]| {
        body_of(&thinking(request(Wire::Anthropic, "m", messages.to_vec()), Thinking::Budget, None), "")
    };
    assert_eq!(of(&messages).get("thinking"), None);
    messages
        .push(Message::assistant(vec![Block::Text { text: "done".to_owned() }], ModelRef::new(Wire::Anthropic, "m")));
    messages.push(Message::user("next"));
    assert!(of(&messages).get("thinking").is_some());
}

/// What was sent stays as it was when the conversation grows: the cache depends on it.
#[test]
fn anthropic_history_only_grows() {
    let all = everything(Wire::Anthropic, "m");
    let blocks = |count: usize| {
        let mut request = request(Wire::Anthropic, "m", all[..count].to_vec());
        request.marks.clear();
        let body = body_of(&request, "");
        let messages = body["messages"].as_array().unwrap().clone();
        messages
            .iter()
            .flat_map(|m| m["content"].as_array().unwrap().clone())
            .map(|b| b.to_string())
            .collect::<Vec<_>>()
    };
    for count in 1..all.len() {
        let (short, long) = (blocks(count), blocks(count + 1));
        assert_eq!(short, long[..short.len()], "{count} messages");
    }
}

#[test]
fn anthropic_lists_begin_with_the_user_and_do_not_end_in_white_space() {
    let by = || ModelRef::new(Wire::Anthropic, "m");
    let mut request =
        request(Wire::Anthropic, "m", vec![Message::assistant(vec![Block::Text { text: "go \n".to_owned() }], by())]);
    request.segments.retain(|segment| segment.as_message().is_some());
    request.marks.clear();
    let body = body_of(&request, "");
    assert_eq!(body["messages"][0]["role"], "user");
    assert_eq!(body["messages"][1]["content"][0]["text"], "go");
    assert_eq!((body.get("tools"), body.get("system")), (None, None));
}

#[test]
fn chat_limits_follow_the_model_and_the_host() {
    let of = |id: &str, base: &str| body_of(&request(Wire::OpenaiChat, id, vec![Message::user("a")]), base);
    for id in ["gpt-5", "gpt-6.2-astra", "o3", "o4-mini", "openai/gpt-5.4"] {
        let body = of(id, "http://localhost/v1");
        assert_eq!((body.get("max_tokens"), body["max_completion_tokens"].as_u64()), (None, Some(8_192)), "{id}");
    }
    for id in ["gpt-4.1", "gpt-oss:20b", "deepseek-flash", "olmo", "qwen3"] {
        assert_eq!(of(id, "http://localhost/v1")["max_tokens"], 8_192, "{id}");
    }
    let official = of("gpt-4.1", "https://api.openai.com/v1");
    assert_eq!(
        (&official["max_completion_tokens"], &official["prompt_cache_key"]),
        (&json!(8_192), &json!("session-1"))
    );
    assert_eq!(of("gpt-5", "http://localhost/v1").get("prompt_cache_key"), None);
}

#[test]
fn deepseek_gets_its_reasoning_back_with_calls() {
    let call = || Block::ToolCall(ToolCall { id: "c".to_owned(), name: "Read".to_owned(), input: json!({}) });
    let result =
        || Message { role: Role::User, blocks: vec![Block::ToolResult(ToolResult::text("c", "ok", false))], by: None };
    let thought = Block::Thinking { text: "hm".to_owned(), signature: None };
    let of = |id: &str, by: &str, blocks: Vec<Block>| {
        let messages =
            vec![Message::user("a"), Message::assistant(blocks, ModelRef::new(Wire::OpenaiChat, by)), result()];
        body_of(&request(Wire::OpenaiChat, id, messages), "http://localhost/v1")["messages"][2].clone()
    };
    assert_eq!(of("deepseek-flash", "deepseek-flash", vec![thought.clone(), call()])["reasoning_content"], "hm");
    assert_eq!(of("deepseek-flash", "deepseek-flash", vec![call()])["reasoning_content"], "");
    assert_eq!(of("deepseek-flash", "deepseek-flash", vec![thought.clone()]).get("reasoning_content"), None);
    assert_eq!(of("gpt-4.1", "gpt-4.1", vec![thought.clone(), call()]).get("reasoning_content"), None);
    assert_eq!(of("kimi-k2", "kimi-k2", vec![thought.clone(), call()])["reasoning_content"], "hm");
    assert_eq!(of("kimi-k2", "other", vec![thought.clone(), call()]).get("reasoning_content"), None);
    assert_eq!(of("deepseek-flash", "other", vec![thought, call()])["reasoning_content"], "", "not its own thoughts");
}

#[test]
fn responses_drop_reasoning_that_leads_nowhere() {
    let me = ModelRef::new(Wire::OpenaiResponses, "gpt-6-sol");
    let item = |sealed: Value| Block::Opaque {
        wire: Wire::OpenaiResponses,
        item: json!({"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": sealed}),
    };
    let of = |blocks: Vec<Block>| {
        let messages = vec![Message::user("a"), Message::assistant(blocks, me.clone()), Message::user("b")];
        body_of(&request(Wire::OpenaiResponses, "gpt-6-sol", messages), "")["input"][2].clone()
    };
    assert_eq!(of(vec![item(json!("x"))])["content"], "(no content)");
    assert_eq!(of(vec![item(Value::Null), Block::Text { text: "t".to_owned() }])["content"], "t");
    assert_eq!(of(vec![item(json!("x")), Block::Text { text: "t".to_owned() }])["type"], "reasoning");
}

#[test]
fn images_are_named_to_models_that_do_not_see() {
    for (wire, _, id) in WIRES {
        let mut request = request(wire, id, everything(wire, id));
        let mut info = (*request.info).clone();
        info.images = false;
        request.info = std::sync::Arc::new(info);
        let text = body_of(&request, "").to_string();
        assert!(!text.contains("iVBORw0KGgo=") && text.contains("does not take images"), "{text}");
    }
}

#[test]
fn whole_documents_are_read_like_streams() {
    let documents = [
        (
            Wire::Anthropic,
            json!({"type": "message", "model": "m", "role": "assistant", "stop_reason": "tool_use",
            "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "hi"},
                        {"type": "tool_use", "id": "t1", "name": "Read", "input": {"a": 1}}],
            "usage": {"input_tokens": 3, "output_tokens": 4}}),
        ),
        (
            Wire::OpenaiChat,
            json!({"model": "m", "choices": [{"finish_reason": "tool_calls", "message": {"content": "hi",
            "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "Read", "arguments": "{\"a\":1}"}}]}}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 4}}),
        ),
        (
            Wire::OpenaiResponses,
            json!({"model": "m", "status": "completed", "error": null, "output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]},
            {"type": "function_call", "call_id": "t1", "name": "Read", "arguments": "{\"a\":1}"}],
            "usage": {"input_tokens": 3, "output_tokens": 4}}),
        ),
        (
            Wire::Ollama,
            json!({"model": "m", "done": true, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4,
            "message": {"content": "hi", "tool_calls": [{"id": "t1", "function": {"name": "Read", "arguments": {"a": 1}}}]}}),
        ),
    ];
    for (wire, document) in documents {
        let items = decoder(wire).whole(document.to_string().as_bytes());
        let text = transcript(&items);
        assert!(text.starts_with("started m"), "{wire:?}: {text}");
        assert!(text.contains(r#"{"text":{"text":"hi"}}"#), "{wire:?}: {text}");
        assert!(text.contains(r#"{"tool_call":{"id":"t1","name":"Read","input":{"a":1}}}"#), "{wire:?}: {text}");
        assert!(text.contains("done ToolUse {\"input\":3,"), "{wire:?}: {text}");
        let refused = decoder(wire).whole(br#"{"error": {"message": "no", "type": "overloaded_error"}}"#);
        assert!(transcript(&refused).contains("failed Overloaded no"), "{wire:?}");
    }
}

#[test]
fn ids_that_a_session_knows_are_not_given_twice() {
    let call = Block::ToolCall(ToolCall { id: "call_0".to_owned(), name: "Read".to_owned(), input: json!({}) });
    let by = ModelRef::new(Wire::OpenaiChat, "m");
    let history = request(Wire::OpenaiChat, "m", vec![Message::user("a"), Message::assistant(vec![call], by)]);
    let mut ids = Ids::new("new", Some(std::sync::Arc::new(history)));
    assert_eq!(ids.admit(Some("call_0")), "call_new_1");
    assert_eq!(ids.admit(Some("call_1")), "call_1");
}

#[test]
fn lists_of_models_are_read_in_every_form() {
    let openrouter = json!({"data": [{"id": "a/b", "context_length": 1_000_000, "top_provider": {"max_completion_tokens": 64_000}}, {"no": "id"}]});
    let models = codec(Wire::OpenaiChat).unwrap().models(&openrouter);
    assert_eq!((models.len(), models[0].window, models[0].max_output), (1, 1_000_000, 64_000));
    let vllm = json!({"data": [{"id": "q", "max_model_len": 16_384}]});
    assert_eq!(codec(Wire::OpenaiChat).unwrap().models(&vllm)[0].window, 16_384);
    let show =
        json!({"model_info": {"llama.context_length": 8_192}, "capabilities": ["completion", "tools", "thinking"]});
    let info = info_of_show("llama", &show);
    assert_eq!((info.window, info.thinking, info.images), (8_192, Thinking::Effort, false));
    assert!(info.prices.is_some() && info_of_show("big:cloud", &show).prices.is_none());
    assert_eq!(names_of_tags(&json!({"models": [{"name": "x"}, {"model": "y"}, 3]})), ["x", "y"]);
}

/// Bodies of long sessions are written in one pass over borrowed text.
#[test]
fn long_histories_are_written_whole() {
    let by = ModelRef::new(Wire::Anthropic, "m");
    let messages: Vec<Message> = (0..2_000)
        .map(|n| match n % 2 {
            0 => Message::user(format!("question {n}")),
            _ => Message::assistant(vec![Block::Text { text: format!("answer {n}") }], by.clone()),
        })
        .collect();
    let request = request(Wire::Anthropic, "m", messages);
    assert_eq!(body_of(&request, "")["messages"].as_array().unwrap().len(), 2_000);
    assert!(matches!(request.segments.last().map(|segment| &segment.kind), Some(crate::domain::SegmentKind::Message)));
}

#[test]
fn an_endless_answer_is_refused() {
    let mut decoder = decoder(Wire::OpenaiChat);
    let text = "x".repeat(1 << 20);
    let chunk = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let mut chunks = 0;
    loop {
        let items = decoder.feed(chunk.as_bytes());
        chunks += 1;
        assert!(chunks < 100, "it never ends");
        if let Some(StreamItem::Failed(error)) = items.last() {
            assert_eq!(error.kind, crate::domain::ErrorKind::Protocol);
            break;
        }
    }
}

#[test]
fn what_the_person_says_in_a_row_is_one_message() {
    for (wire, _, model) in WIRES {
        let user = |text: &str| Message::user(text);
        let call = ToolCall { id: "c1".into(), name: "Read".into(), input: json!({}) };
        let results = Message {
            role: Role::User,
            blocks: vec![
                Block::ToolResult(ToolResult::text("c1", "stopped", true)),
                Block::Text { text: "[interrupted]".into() },
            ],
            by: None,
        };
        let assistant = Message::assistant(vec![Block::ToolCall(call)], ModelRef::new(wire, model));
        let body = body_of(
            &request(wire, model, vec![user("one"), user("two"), assistant, results, user("three")]),
            "http://x/v1",
        );
        let list = body.get("messages").or(body.get("input")).unwrap().as_array().unwrap();
        let roles: Vec<&str> =
            list.iter().map(|message| message["role"].as_str().or(message["type"].as_str()).unwrap()).collect();
        let expected: &[&str] = match wire {
            Wire::Anthropic => &["user", "assistant", "user"],
            // Instruction files are a message of their own there.
            Wire::OpenaiResponses => &["user", "user", "function_call", "function_call_output", "user"],
            _ => &["user", "assistant", "tool", "user"],
        };
        let roles: Vec<&str> = roles.into_iter().filter(|role| *role != "system").collect();
        assert_eq!(roles, expected, "{wire:?}");
        let last = list.last().unwrap().to_string();
        assert!(last.contains("[interrupted]") && last.contains("three"), "{last}");
    }
}
