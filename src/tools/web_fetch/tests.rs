//! Pages from a server in the process: what is asked of it, and what comes of its answers.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Redirect;
use axum::routing::get;
use serde_json::json;

use super::super::support::testing::{Desk, serve};
use super::*;

fn access(url: &str) -> Result<Access, String> {
    let place = Place { cwd: "/".into(), project: "/".into(), added: Vec::new() };
    WebFetch.access(&json!({ "url": url, "prompt": "x" }), &place)
}

#[test]
fn the_gate_learns_the_host_as_it_is_reached() {
    let plain = access("https://Docs.Example.com:8443/a#b").unwrap();
    assert_eq!(plain.host.as_deref(), Some("docs.example.com"));
    for private in [
        "http://localhost:3000/",
        "http://127.1/",
        "http://[::1]/",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://x.localhost/",
        "http://localhost./",
    ] {
        assert!(hosts::is_inner(access(private).unwrap().host.as_deref().unwrap()), "{private}");
    }
    for wrong in ["file:///etc/passwd", "ftp://x/", "x", "https://u:p@h/", "javascript:1"] {
        assert!(access(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn http_is_raised_and_redirects_stay_on_the_host() {
    assert_eq!(address("http://example.com/a#b").unwrap().as_str(), "https://example.com/a");
    assert_eq!(address("http://example.com:8080/").unwrap().as_str(), "http://example.com:8080/");
    assert_eq!(address("http://127.0.0.1/").unwrap().as_str(), "http://127.0.0.1/");
    let url = |text: &str| Url::parse(text).unwrap();
    assert!(same_host(&url("https://example.com/"), &url("https://www.example.com/x")));
    assert!(!same_host(&url("https://example.com/"), &url("https://example.org/")));
    assert!(!same_host(&url("https://example.com/"), &url("http://example.com/")));
}

async fn fetched(desk: &Desk, input: Value) -> (String, bool) {
    let outcome = WebFetch.run(input, desk.context.clone()).await;
    let text = crate::domain::ToolResult { call_id: String::new(), parts: outcome.parts, is_error: false }.joined();
    (text, outcome.is_error)
}

#[tokio::test]
async fn a_page_becomes_markdown_is_read_in_parts_and_asked_for_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let page = move |headers: HeaderMap| async move {
        count.fetch_add(1, Ordering::Relaxed);
        assert!(headers[header::ACCEPT].to_str().unwrap().starts_with("text/markdown"));
        assert!(headers.get(header::COOKIE).is_none() && headers.get(header::AUTHORIZATION).is_none());
        let html = "<html><head><style>x{}</style><script>alert(1)</script></head><body><h1>Title</h1>\
                    <p>See <a href='/b'>this</a>.</p></body></html>";
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html)
    };
    let url = format!("{}/a", serve(Router::new().route("/a", get(page))).await);
    let mut desk = Desk::new();
    let (whole, is_error) = fetched(&desk, json!({"url": format!("{url}#part"), "prompt": "x"})).await;
    assert!(!is_error && whole.starts_with(&url) && whole.contains("# Title"), "{whole}");
    assert!(whole.contains("[this](") && !whole.contains("alert") && !whole.contains("x{}"), "{whole}");
    desk.context.limits.result_chars = 7;
    let (part, _) = fetched(&desk, json!({"url": url})).await;
    assert!(part.contains("# Title") && part.contains("Fetch it with offset 7"), "{part}");
    let (rest, _) = fetched(&desk, json!({"url": url, "offset": "7"})).await;
    assert!(!rest.contains("# Title") && rest.contains("[Characters 7 to 14"), "{rest}");
    assert!(fetched(&desk, json!({"url": url, "offset": 9999})).await.1);
    assert_eq!(asked.load(Ordering::Relaxed), 1, "it is kept for a while");
}

#[tokio::test]
async fn redirects_stay_on_the_host_and_end() {
    let there = serve(Router::new().route("/", get(|| async { "there" }))).await;
    let elsewhere = there.replace("127.0.0.1", "localhost");
    let target = elsewhere.clone();
    let app = Router::new()
        .route("/here", get(|| async { Redirect::temporary("/end") }))
        .route("/end", get(|| async { "the end" }))
        .route("/away", get(move || async move { Redirect::permanent(&target) }))
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route("/file", get(|| async { Redirect::temporary("file:///etc/passwd") }))
        .route("/gone", get(|| async { (StatusCode::NOT_FOUND, "secret words of an error page") }));
    let base = serve(app).await;
    let desk = Desk::new();
    let get = |path: &str| {
        let url = format!("{base}{path}");
        let desk = &desk;
        async move { fetched(desk, json!({"url": url})).await }
    };
    let (text, is_error) = get("/here").await;
    assert!(!is_error && text.contains("the end") && text.starts_with(&format!("{base}/end")), "{text}");
    let (text, is_error) = get("/away").await;
    assert!(is_error && text.contains("another host") && text.contains(&elsewhere), "{text}");
    assert!(get("/round").await.0.contains("more than 10 times"));
    assert!(get("/file").await.1);
    let (text, is_error) = get("/gone").await;
    assert!(is_error && text.contains("404") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn what_is_long_slow_or_no_text_is_bounded() {
    let app = Router::new()
        .route("/long", get(|| async { ([(header::CONTENT_TYPE, "text/plain")], vec![b'x'; BODY + 5]) }))
        .route("/slow", get(|| async { std::future::pending::<&str>().await }))
        .route("/data", get(|| async { ([(header::CONTENT_TYPE, "application/octet-stream")], vec![0u8, 255, 7]) }));
    let base = serve(app).await;
    let desk = Desk::new();
    let (text, is_error) = fetched(&desk, json!({"url": format!("{base}/long")})).await;
    assert!(!is_error && text.contains("more than 10 MB") && text.len() < 40_000, "{}", text.len());
    let (text, is_error) = fetched(&desk, json!({"url": format!("{base}/slow")})).await;
    assert!(is_error && text.contains("did not answer within 2 s"), "{text}");
    let (text, is_error) = fetched(&desk, json!({"url": format!("{base}/data")})).await;
    assert!(!is_error && text.contains("3 bytes, kept as"), "{text}");
    desk.context.cancel.cancel();
    assert!(fetched(&desk, json!({"url": format!("{base}/slow")})).await.0.contains("stopped"));
}
