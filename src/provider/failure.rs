//! What a refusal means: from HTTP statuses, headers, error bodies and error events to one [`ModelError`].
//!
//! Statuses and types as Anthropic, OpenAI, DeepSeek, OpenRouter, LiteLLM and Ollama document them.

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::domain::{ErrorKind, ModelError};

/// Characters of a foreign message that are kept.
const MESSAGE_LIMIT: usize = 2_000;

/// The longest pause that a server may ask for, in milliseconds; beyond a day it is no pause.
const LONGEST_PAUSE: f64 = 86_400_000.0;

/// Phrases by which servers say that the prompt does not fit, in lower case.
const TOO_LONG: &[&str] = &[
    "prompt is too long",
    "input is too long",
    "prompt too long",
    "context_length_exceeded",
    "contextwindowexceeded",
    "maximum context length",
    "exceed context limit",
    "exceeds the context",
    "exceeds the available context",
    "exceed_context_size",
    "exceeds the model's context",
    "context window of this model",
    "exceeds the maximum number of tokens",
];

/// Phrases by which servers say that money is missing, in lower case.
const NO_MONEY: &[&str] = &[
    "insufficient_quota",
    "insufficient balance",
    "credit balance is too low",
    "exceeded your current quota",
    "spend limit",
    "spending limit",
    "usage limits",
    "budget has been exceeded",
];

/// The error that an HTTP answer other than 200 stands for. `now` is in milliseconds since 1970.
pub(super) fn of_status(status: u16, headers: &HeaderMap, body: &[u8], now: u64) -> ModelError {
    let message = message_of(body).unwrap_or_else(|| said_nothing(status, headers));
    let code = serde_json::from_slice(body).ok().and_then(|json: Value| code_of(&json)).unwrap_or_default();
    let mut kind = kind_of_status(status, &format!("{code} {message}").to_lowercase());
    match header(headers, "x-should-retry") {
        Some("false") if kind.is_transient() => kind = ErrorKind::Rejected,
        Some("true") if kind == ErrorKind::Rejected => kind = ErrorKind::Server,
        _ => {}
    }
    ModelError { kind, status: Some(status), message: cut(&message), retry_after_ms: retry_after(headers, now) }
}

/// The error that an event in a stream (or a 200 with an error in it) stands for. `code` is the type or
/// the code that the server gave, whichever says more.
pub(super) fn of_event(code: &str, message: &str) -> ModelError {
    let text = format!("{code} {message}").to_lowercase();
    let status = code.parse::<u16>().ok().filter(|status| (400..600).contains(status));
    let kind = match code {
        _ if says(&text, TOO_LONG) => ErrorKind::PromptTooLong,
        _ if says(&text, NO_MONEY) => ErrorKind::Billing,
        "overloaded_error" | "server_is_overloaded" | "slow_down" => ErrorKind::Overloaded,
        "rate_limit_error" | "rate_limit_exceeded" => ErrorKind::RateLimit,
        "authentication_error" | "permission_error" | "invalid_api_key" => ErrorKind::Auth,
        "billing_error" => ErrorKind::Billing,
        "not_found_error" | "model_not_found" => ErrorKind::NotFound,
        "request_too_large" => ErrorKind::PromptTooLong,
        "invalid_request_error" | "invalid_prompt" | "invalid_image" => ErrorKind::Rejected,
        _ => status.map_or(ErrorKind::Server, |status| kind_of_status(status, &text)),
    };
    let message = if message.trim().is_empty() { code } else { message };
    let message = if message.is_empty() { "the server reported an error without a word" } else { message };
    ModelError { kind, status, message: cut(message), retry_after_ms: None }
}

/// The error in a JSON document such as `{"error": …}`, if it holds one.
pub(super) fn in_json(json: &Value) -> Option<ModelError> {
    let error = json.get("error").filter(|error| !error.is_null())?;
    let message = words(error).unwrap_or_else(|| error.to_string());
    Some(of_event(&code_of(json).unwrap_or_default(), &message))
}

/// The stream was not what the protocol says.
pub(super) fn protocol(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(ErrorKind::Protocol, cut(&format!("the answer is not what the protocol says: {what}")))
}

/// The stream ended before the answer did.
pub(super) fn ended_early() -> ModelError {
    ModelError::new(ErrorKind::Connection, "the connection ended early, in the middle of the answer")
}

/// The text, cut to what is kept of a foreign message.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn kind_of_status(status: u16, text: &str) -> ErrorKind {
    match status {
        401 | 403 => ErrorKind::Auth,
        402 => ErrorKind::Billing,
        429 if says(text, NO_MONEY) => ErrorKind::Billing,
        429 => ErrorKind::RateLimit,
        413 => ErrorKind::PromptTooLong,
        _ if says(text, TOO_LONG) => ErrorKind::PromptTooLong,
        404 => ErrorKind::NotFound,
        503 | 529 => ErrorKind::Overloaded,
        408 | 409 | 500..=599 => ErrorKind::Server,
        _ if says(text, NO_MONEY) => ErrorKind::Billing,
        _ => ErrorKind::Rejected,
    }
}

fn says(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| text.contains(phrase))
}

/// `error.code` or `error.type`: the one with more meaning first.
fn code_of(json: &Value) -> Option<String> {
    let error = json.get("error").unwrap_or(json);
    ["code", "type"].iter().find_map(|key| match error.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    })
}

/// The provider's own words out of an error body, JSON or not.
fn message_of(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = match serde_json::from_str::<Value>(&text) {
        Ok(json) => words(&json).unwrap_or_else(|| text.trim().to_owned()),
        Err(_) if text.trim_start().starts_with('<') => without_tags(&text),
        Err(_) => text.trim().to_owned(),
    };
    (!text.is_empty()).then_some(text)
}

fn words(json: &Value) -> Option<String> {
    match json {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Object(map) => {
            ["error", "message", "detail", "errors", "msg", "description"].iter().find_map(|key| words(map.get(*key)?))
        }
        Value::Array(list) => list.iter().find_map(words),
        _ => None,
    }
}

/// The words of a web page, as gateways answer with one.
fn without_tags(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in page.chars().take(16 * MESSAGE_LIMIT) {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn said_nothing(status: u16, headers: &HeaderMap) -> String {
    if (300..400).contains(&status) {
        let target = header(headers, "location").map(super::endpoint::without_userinfo).unwrap_or_default();
        return format!("the server redirects to {target}; redirects are not followed, set that address as base URL");
    }
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.unwrap_or("the server gave no reason").to_owned()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: u64) -> Option<u64> {
    let number = |text: &str, factor: f64| {
        let ms = text.parse::<f64>().ok()? * factor;
        (0.0..=LONGEST_PAUSE).contains(&ms).then_some(ms.ceil() as u64)
    };
    if let Some(ms) = header(headers, "retry-after-ms").and_then(|text| number(text, 1.0)) {
        return Some(ms);
    }
    let text = header(headers, "retry-after")?;
    number(text, 1_000.0).or_else(|| {
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond();
        let pause = u64::try_from(at).ok()?.saturating_sub(now);
        (pause as f64 <= LONGEST_PAUSE).then_some(pause)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    fn kind(status: u16, body: &str) -> ErrorKind {
        of_status(status, &HeaderMap::new(), body.as_bytes(), 0).kind
    }

    #[test]
    fn statuses_have_their_kinds() {
        let plain = r#"{"error":{"message":"no"}}"#;
        for (status, expected) in [
            (400, ErrorKind::Rejected),
            (401, ErrorKind::Auth),
            (402, ErrorKind::Billing),
            (403, ErrorKind::Auth),
            (404, ErrorKind::NotFound),
            (408, ErrorKind::Server),
            (409, ErrorKind::Server),
            (413, ErrorKind::PromptTooLong),
            (422, ErrorKind::Rejected),
            (429, ErrorKind::RateLimit),
            (500, ErrorKind::Server),
            (503, ErrorKind::Overloaded),
            (504, ErrorKind::Server),
            (529, ErrorKind::Overloaded),
        ] {
            assert_eq!(kind(status, plain), expected, "{status}");
        }
    }

    #[test]
    fn texts_refine_the_kind() {
        let long = r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 214133 tokens > 200000 maximum"}}"#;
        assert_eq!(kind(400, long), ErrorKind::PromptTooLong);
        assert_eq!(
            kind(400, r#"{"error":{"message":"x","code":"context_length_exceeded"}}"#),
            ErrorKind::PromptTooLong
        );
        assert_eq!(
            kind(500, r#"{"error":"the request exceeds the available context size"}"#),
            ErrorKind::PromptTooLong
        );
        assert_eq!(kind(429, r#"{"error":{"message":"x","code":"insufficient_quota"}}"#), ErrorKind::Billing);
        assert_eq!(kind(400, r#"{"error":{"message":"Your credit balance is too low"}}"#), ErrorKind::Billing);
        assert_eq!(
            kind(429, r#"{"error":{"message":"maximum context length of tokens per minute"}}"#),
            ErrorKind::RateLimit
        );
    }

    #[test]
    fn messages_are_found_in_every_form() {
        let message = |body: &str| of_status(400, &HeaderMap::new(), body.as_bytes(), 0).message;
        assert_eq!(message(r#"{"error":{"message":"a"}}"#), "a");
        assert_eq!(message(r#"{"error":"b"}"#), "b");
        assert_eq!(message(r#"{"message":"c"}"#), "c");
        assert_eq!(message(r#"{"detail":[{"loc":["x"],"msg":"d"}]}"#), "d");
        assert_eq!(message("<html><title>502 Bad\n Gateway</title></html>"), "502 Bad Gateway");
        assert_eq!(message("plain words"), "plain words");
        assert_eq!(message(""), "Bad Request");
        assert_eq!(message(&"ü".repeat(5_000)).chars().count(), MESSAGE_LIMIT + 1);
    }

    #[test]
    fn pauses_are_read_in_every_form() {
        let pause = |pairs: &[(&str, &str)]| of_status(429, &headers(pairs), b"", 784_111_777_000).retry_after_ms;
        assert_eq!(pause(&[("retry-after", "2")]), Some(2_000));
        assert_eq!(pause(&[("retry-after", "0.5")]), Some(500));
        assert_eq!(pause(&[("retry-after-ms", "120.2"), ("retry-after", "9")]), Some(121));
        assert_eq!(pause(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]), Some(10_000));
        assert_eq!(pause(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(0));
        assert_eq!(pause(&[("retry-after", "soon")]), None);
        assert_eq!(pause(&[("retry-after", "-1")]), None);
        assert_eq!(pause(&[("retry-after", "NaN")]), None);
        assert_eq!(pause(&[]), None);
    }

    #[test]
    fn the_server_may_say_whether_to_retry() {
        let kind = |status, value| of_status(status, &headers(&[("x-should-retry", value)]), b"no", 0).kind;
        assert_eq!(kind(500, "false"), ErrorKind::Rejected);
        assert_eq!(kind(400, "true"), ErrorKind::Server);
        assert_eq!(kind(401, "false"), ErrorKind::Auth);
    }

    #[test]
    fn redirects_say_where_to() {
        let error = of_status(301, &headers(&[("location", "https://a:b@x.example/v1")]), b"", 0);
        assert!(error.message.contains("https://x.example/v1"), "{}", error.message);
    }

    #[test]
    fn events_have_their_kinds() {
        assert_eq!(of_event("overloaded_error", "Overloaded").kind, ErrorKind::Overloaded);
        assert_eq!(of_event("api_error", "x").kind, ErrorKind::Server);
        assert_eq!(of_event("502", "Bad gateway").kind, ErrorKind::Server);
        assert_eq!(of_event("429", "slow").kind, ErrorKind::RateLimit);
        assert_eq!(of_event("", "").kind, ErrorKind::Server);
        let json = serde_json::json!({"error": {"code": "context_length_exceeded", "message": "big"}});
        assert_eq!(in_json(&json).unwrap().kind, ErrorKind::PromptTooLong);
        assert_eq!(in_json(&serde_json::json!({"error": null})), None);
    }
}
