//! PDFs on every wire: as documents where server and model take them, else as their text.

use super::*;
use crate::domain::{Document, ResultPart};

const OPENAI: &str = "https://api.openai.com/v1";

fn document(name: &str, pages: u32, data: &str) -> Document {
    Document { name: name.into(), data: data.into(), pages, text: format!("the words of {name}") }
}

/// A document that the person mentioned, and one in a result.
fn both(wire: Wire, id: &str, base_url: &str) -> Value {
    let me = ModelRef::new(wire, id);
    let call = ToolCall { id: "c1".into(), name: "Read".into(), input: json!({}) };
    let result = ToolResult {
        call_id: "c1".into(),
        parts: vec![ResultPart::Document(document("b.pdf", 1, "QkJC"))],
        is_error: false,
    };
    let said = vec![Block::Document(document("a.pdf", 2, "QUFB")), Block::Text { text: "look".into() }];
    let messages = vec![
        Message { role: Role::User, blocks: said, by: None },
        Message::assistant(vec![Block::ToolCall(call)], me),
        Message { role: Role::User, blocks: vec![Block::ToolResult(result)], by: None },
    ];
    body_of(&request(wire, id, messages), base_url)
}

#[test]
fn anthropic_takes_documents_in_messages_and_in_results() {
    let body = both(Wire::Anthropic, "claude-opus-5-5", "");
    let source = |data: &str| json!({"type": "base64", "media_type": "application/pdf", "data": data});
    let said = &body["messages"][0]["content"];
    assert!(
        said.as_array().unwrap().contains(&json!({"type": "document", "source": source("QUFB"), "title": "a.pdf"})),
        "{said}"
    );
    let result = &body["messages"][2]["content"][0];
    assert_eq!(result["content"], json!([{"type": "document", "source": source("QkJC"), "title": "b.pdf"}]));
    assert!(!body.to_string().contains("the words of"));
}

#[test]
fn openai_takes_them_as_files() {
    let file =
        |name: &str, data: &str| json!({"filename": name, "file_data": format!("data:application/pdf;base64,{data}")});
    let body = both(Wire::OpenaiChat, "gpt-5.6-sol", OPENAI);
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(messages[1]["content"][0], json!({"type": "file", "file": file("a.pdf", "QUFB")}));
    assert_eq!((&messages[3]["role"], &messages[3]["content"]), (&json!("tool"), &json!("(no output)")));
    assert_eq!(messages[4]["content"], json!([{"type": "file", "file": file("b.pdf", "QkJC")}]));
    let body = both(Wire::OpenaiResponses, "gpt-6-sol", OPENAI);
    let items = body["input"].as_array().unwrap();
    let input = |name: &str, data: &str| {
        let mut part = file(name, data);
        part["type"] = "input_file".into();
        part
    };
    assert_eq!(items[1]["content"][0], input("a.pdf", "QUFB"));
    assert_eq!(items[3]["output"][1], input("b.pdf", "QkJC"));
}

#[test]
fn servers_and_models_that_take_none_read_the_text() {
    for (wire, id, base_url) in [
        (Wire::Anthropic, "other-model", ""),
        (Wire::OpenaiChat, "gpt-5.6-sol", "http://localhost:4000/v1"),
        (Wire::OpenaiChat, "o3-mini", OPENAI),
        (Wire::OpenaiResponses, "gpt-6-sol", "http://localhost:4000/v1"),
        (Wire::Ollama, "qwen3", ""),
    ] {
        let body = both(wire, id, base_url).to_string();
        assert!(body.contains("the words of a.pdf") && body.contains("the words of b.pdf"), "{wire:?} {id}: {body}");
        assert!(!body.contains("QUFB") && !body.contains("QkJC"), "{wire:?} {id}: {body}");
    }
}

#[test]
fn what_is_beyond_a_requests_limits_goes_as_text_and_the_earliest_stay() {
    let of = |pages: &[u32]| {
        let blocks =
            pages.iter().enumerate().map(|(at, pages)| Block::Document(document(&format!("{at}.pdf"), *pages, "QUFB")));
        let message = Message { role: Role::User, blocks: blocks.collect(), by: None };
        let mut request = request(Wire::Anthropic, "claude-x", vec![message]);
        let mut info = (*request.info).clone();
        info.window = 200_000;
        request.info = std::sync::Arc::new(info);
        body_of(&request, "")
    };
    let kinds = |body: &Value| -> Vec<String> {
        let content = body["messages"][0]["content"].as_array().unwrap();
        content.iter().skip(1).map(|block| block["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&of(&[60, 40, 1])), ["document", "document", "text"]);
    assert_eq!(kinds(&of(&[60, 60, 40])), ["document", "text", "document"]);
}
