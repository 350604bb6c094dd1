//! A search of the web by the model's own provider: one small request with its search tool, beside the session.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::Endpoint;
use super::http::{Remote, broken, read_up_to, refusal};
use super::wire::codec;
use crate::domain::Wire;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that the answer may have.
const LIMIT: usize = 8 << 20;
/// Tokens that the answer may have.
const TOKENS: u32 = 2_048;
/// Searches that one request may lead to, as documented.
const SEARCHES: u32 = 8;

/// What a provider's search brought: titles with addresses, and what the model says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    pub pages: Vec<(String, String)>,
    pub text: String,
}

/// Whether this wire has a search of its own.
pub fn can_search(wire: Wire) -> bool {
    matches!(wire, Wire::Anthropic | Wire::OpenaiResponses)
}

/// Searches with the provider's own tool. The error is a sentence without the key.
pub async fn search(
    wire: Wire,
    endpoint: Endpoint,
    model: &str,
    query: &str,
    (allowed, blocked): (&[String], &[String]),
) -> Result<Searched, String> {
    let codec = codec(wire).filter(|_| can_search(wire)).ok_or("this provider has no search of its own")?;
    let body = match wire {
        Wire::Anthropic => anthropic(model, query, allowed, blocked),
        _ => responses(model, query, allowed),
    };
    let remote = Remote::new(wire, endpoint);
    let ask = async {
        let request = remote.request(reqwest::Method::POST, codec.path()).await?;
        let request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.to_string());
        let base_url = &remote.endpoint().base_url;
        let answer = request.send().await.map_err(|error| broken(&error, base_url))?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(refusal(answer).await);
        }
        read_up_to(answer, LIMIT).await.map_err(|error| broken(&error, base_url))
    };
    let bytes = timeout(PATIENCE, ask).await.map_err(|_| "it did not answer within 60 s".to_owned())?;
    let bytes = bytes.map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_slice(&bytes).map_err(|error| format!("its answer is no JSON: {error}"))?;
    match wire {
        Wire::Anthropic => read_anthropic(&answer),
        _ => Ok(read_responses(&answer)),
    }
}

fn order(query: &str) -> String {
    format!("Search the web for this and say briefly what was found, with the addresses: {query}")
}

fn anthropic(model: &str, query: &str, allowed: &[String], blocked: &[String]) -> Value {
    let mut tool = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": SEARCHES});
    if !allowed.is_empty() {
        tool["allowed_domains"] = json!(allowed);
    } else if !blocked.is_empty() {
        tool["blocked_domains"] = json!(blocked);
    }
    json!({
        "model": model, "max_tokens": TOKENS, "tools": [tool],
        "messages": [{"role": "user", "content": order(query)}],
    })
}

fn responses(model: &str, query: &str, allowed: &[String]) -> Value {
    let mut tool = json!({"type": "web_search"});
    if !allowed.is_empty() {
        tool["filters"] = json!({"allowed_domains": allowed});
    }
    json!({"model": model, "max_output_tokens": TOKENS, "store": false, "tools": [tool], "input": order(query)})
}

fn read_anthropic(answer: &Value) -> Result<Searched, String> {
    let mut found = Searched::default();
    for block in answer.get("content").and_then(Value::as_array).into_iter().flatten() {
        match block.get("type").and_then(Value::as_str) {
            Some("text") => found.text.push_str(text(block, "text")),
            Some("web_search_tool_result") => match block.get("content") {
                Some(Value::Array(pages)) => {
                    found.pages.extend(
                        pages.iter().map(|page| (text(page, "title").to_owned(), text(page, "url").to_owned())),
                    );
                }
                Some(problem) => return Err(format!("the provider's search says {}", text(problem, "error_code"))),
                None => {}
            },
            _ => {}
        }
    }
    Ok(found)
}

fn read_responses(answer: &Value) -> Searched {
    let mut found = Searched::default();
    let items = answer.get("output").and_then(Value::as_array).into_iter().flatten();
    for part in items.filter_map(|item| item.get("content").and_then(Value::as_array)).flatten() {
        found.text.push_str(text(part, "text"));
        for note in part.get("annotations").and_then(Value::as_array).into_iter().flatten() {
            let page = (text(note, "title").to_owned(), text(note, "url").to_owned());
            if text(note, "type") == "url_citation" && !found.pages.contains(&page) {
                found.pages.push(page);
            }
        }
    }
    found
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use axum::Json;
    use axum::routing::post;

    use super::*;
    use crate::provider::Auth;
    use crate::provider::testing::serve;

    #[tokio::test]
    async fn anthropics_search_is_asked_and_read() {
        let app = axum::Router::new().route(
            "/v1/messages",
            post(|headers: axum::http::HeaderMap, Json(body): Json<Value>| async move {
                assert_eq!(headers["x-api-key"], "k");
                assert_eq!(body["tools"][0]["type"], "web_search_20250305");
                assert_eq!(body["tools"][0]["allowed_domains"], json!(["docs.rs"]));
                Json(json!({"content": [
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": [
                    {"type": "web_search_result", "title": "T", "url": "https://docs.rs/", "encrypted_content": "e"}]},
                {"type": "text", "text": "It is so."}]}))
            }),
        );
        let endpoint = Endpoint::new(serve(app).await, Auth::ApiKey("k".into()));
        let found = search(Wire::Anthropic, endpoint, "m", "x", (&["docs.rs".to_owned()], &[])).await.unwrap();
        assert_eq!(found, Searched { pages: vec![("T".into(), "https://docs.rs/".into())], text: "It is so.".into() });
        let refused = json!({"content": [{"type": "web_search_tool_result", "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}}]});
        assert!(read_anthropic(&refused).unwrap_err().contains("max_uses_exceeded"));
    }

    #[tokio::test]
    async fn openais_search_is_asked_and_read() {
        let app = axum::Router::new().route("/v1/responses", post(|Json(body): Json<Value>| async move {
            assert_eq!(body["tools"][0], json!({"type": "web_search"}));
            Json(json!({"output": [{"type": "web_search_call"}, {"type": "message", "content": [{"type": "output_text", "text": "So.",
                "annotations": [{"type": "url_citation", "title": "T", "url": "https://a.b/"}]}]}]}))
        }));
        let endpoint = Endpoint::new(serve(app).await, Auth::Bearer("k".into()));
        let found = search(Wire::OpenaiResponses, endpoint, "m", "x", (&[], &[])).await.unwrap();
        assert_eq!(found, Searched { pages: vec![("T".into(), "https://a.b/".into())], text: "So.".into() });
        let none = search(Wire::Ollama, Endpoint::new("http://x", Auth::None), "m", "x", (&[], &[])).await;
        assert!(none.unwrap_err().contains("no search"));
    }
}
