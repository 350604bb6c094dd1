//! Hooks over HTTP, webhooks and telemetry, against a server in this process.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};

use super::*;
use crate::hooks::bus::{Telemetry, Webhook};

/// One request as it came.
#[derive(Clone, Debug)]
struct Asked {
    path: String,
    authorization: Option<String>,
    body: Value,
}

#[derive(Default)]
struct Inner {
    asked: Mutex<Vec<Asked>>,
    /// Answers in order; none left is 200 without a body.
    answers: Mutex<VecDeque<(u16, String)>>,
    came: tokio::sync::Notify,
}

struct Server {
    url: String,
    inner: Arc<Inner>,
}

impl Server {
    async fn start(answers: &[(u16, &str)]) -> Self {
        let answers = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        let inner = Arc::new(Inner { answers: Mutex::new(answers), ..Inner::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(hear).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner }
    }

    async fn until(&self, wanted: impl Fn(&[Asked]) -> bool) -> Vec<Asked> {
        let look = async {
            loop {
                let came = self.inner.came.notified();
                let asked = self.inner.asked.lock().unwrap().clone();
                if wanted(&asked) {
                    return asked;
                }
                came.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), look).await.expect("the requests that were waited for")
    }
}

async fn hear(State(inner): State<Arc<Inner>>, uri: Uri, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_str(&body).unwrap_or(Value::Null);
    inner.asked.lock().unwrap().push(Asked { path: uri.path().to_owned(), authorization, body });
    inner.came.notify_waiters();
    let (status, text) = inner.answers.lock().unwrap().pop_front().unwrap_or((200, String::new()));
    (StatusCode::from_u16(status).unwrap(), text)
}

/// One turn with one call under a PreToolUse hook that posts to this address.
async fn under_http(url: &str) -> Bench {
    let hooks = json!({ "PreToolUse": [{ "hooks": [{
        "type": "http", "url": url, "allowedEnvVars": ["TOKEN"],
        "headers": { "Authorization": "Bearer $TOKEN$OTHER" },
    }]}]});
    let mut bench = changed(&hooks, vec![calls(&["Quick"]), text("ok")], |setup| {
        let pairs = [("TOKEN", "t"), ("OTHER", "o")];
        setup.stage.env = Arc::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    });
    bench.prompt("go").await;
    bench.end().await;
    bench
}

#[tokio::test]
async fn a_hook_over_http_is_told_and_decides() {
    let deny = r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"said the server"}}"#;
    let server = Server::start(&[(200, deny)]).await;
    let bench = under_http(&format!("{}/hook", server.url)).await;
    assert!(bench.results(1)[0].contains("said the server"), "{:?}", bench.results(1));
    let asked = &server.inner.asked.lock().unwrap()[0];
    assert_eq!((asked.path.as_str(), asked.authorization.as_deref()), ("/hook", Some("Bearer t")));
    assert_eq!(asked.body["tool_name"], "Quick");
}

#[tokio::test]
async fn a_server_cannot_block_by_its_status_or_by_garbage() {
    for (status, body, failure) in
        [(500, "{}", ""), (403, "no", "403"), (200, "fine", "no JSON object"), (200, "", ""), (200, "{x", "is none")]
    {
        let server = Server::start(&[(status, body)]).await;
        let bench = under_http(&server.url).await;
        assert_eq!(bench.results(1), ["Quick is done"]);
        assert!(bench.runs()[0].outcome.contains(failure), "{status} {body}: {}", bench.runs()[0].outcome);
    }
}

#[tokio::test]
async fn private_addresses_are_closed_to_hooks() {
    let bench = under_http("http://169.254.169.254/latest").await;
    assert!(bench.runs()[0].outcome.contains("not allowed here"), "{}", bench.runs()[0].outcome);
}

fn told_to(url: &str) -> Webhook {
    let secret = Some("s3cret".to_owned().into());
    Webhook { url: format!("{url}/in"), events: Vec::new(), secret, allow_private: true }
}

fn with_bus(answers: Vec<Vec<StreamItem>>, change: impl FnOnce(&mut Config)) -> Bench {
    changed(&json!({}), answers, |setup| {
        let mut config = (*setup.stage.hooks).clone();
        change(&mut config);
        setup.stage.hooks = Arc::new(config);
    })
}

impl Bench {
    pub(super) async fn ran_to_close(&mut self) {
        while !matches!(self.events.recv().await, None | Some(Event::Closed)) {}
    }
}

#[tokio::test]
async fn webhooks_are_told_in_order_and_again_after_a_failure() {
    let server = Server::start(&[(503, ""), (429, ""), (200, "")]).await;
    let webhook = told_to(&server.url);
    let mut bench = with_bus(vec![calls(&["Quick", "Fail"]), text("ok")], |config| config.webhooks.push(webhook));
    bench.prompt("hello").await;
    bench.end().await;
    let asked = server.until(|asked| asked.iter().any(|asked| asked.body["event"] == "Stop")).await;
    bench.ask(Request::Shutdown).await;
    server.until(|asked| asked.iter().any(|asked| asked.body["event"] == "SessionEnd")).await;
    assert!(asked.iter().all(|asked| asked.authorization.as_deref() == Some("Bearer s3cret")));
    let names: Vec<&str> = asked.iter().map(|asked| asked.body["event"].as_str().unwrap()).collect();
    assert_eq!(names[..3], ["SessionStart"; 3], "the first was sent until it was taken");
    for name in ["UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure", "Stop"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let prompt = asked.iter().find(|asked| asked.body["event"] == "UserPromptSubmit").unwrap();
    assert_eq!(prompt.body["data"]["prompt"], "hello");
    assert!(prompt.body["session_id"].is_string());
}

#[tokio::test]
async fn a_webhook_hears_what_it_wants_and_private_addresses_are_refused() {
    let server = Server::start(&[]).await;
    let wanted = Webhook { events: vec!["Stop".to_owned()], ..told_to(&server.url) };
    let refused = Webhook { url: format!("{}/refused", server.url), allow_private: false, ..told_to(&server.url) };
    let mut bench = with_bus(vec![text("ok")], |config| config.webhooks.extend([refused, wanted]));
    bench.prompt("hello").await;
    bench.end().await;
    let asked = server.until(|asked| !asked.is_empty()).await;
    bench.ask(Request::Shutdown).await;
    bench.ran_to_close().await;
    assert_eq!(asked[0].body["event"], "Stop");
    let all = server.inner.asked.lock().unwrap().clone();
    assert!(all.iter().all(|asked| asked.path == "/in"), "{all:?}");
}

#[tokio::test]
async fn a_webhook_that_never_answers_holds_nothing_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let webhook = told_to(&format!("http://{}", listener.local_addr().unwrap()));
    let answers = std::iter::repeat_with(|| text("ok")).take(3).collect();
    let mut bench = with_bus(answers, |config| config.webhooks.push(webhook));
    for _ in 0..3 {
        bench.prompt("hello").await;
        assert_eq!(bench.end().await, TurnEnd::Done);
    }
    bench.ask(Request::Shutdown).await;
    tokio::time::timeout(Duration::from_secs(5), bench.ran_to_close()).await.expect("the end does not wait for it");
}

#[tokio::test]
async fn telemetry_has_numbers_and_no_words() {
    let server = Server::start(&[]).await;
    let headers = vec![("authorization".to_owned(), "k".to_owned().into())];
    let telemetry = Telemetry { endpoint: server.url.clone(), headers };
    let answers = vec![calls(&["Quick"]), text("private words")];
    let mut bench = with_bus(answers, |config| config.telemetry = Some(telemetry));
    bench.prompt("my private prompt").await;
    bench.end().await;
    bench.ask(Request::Shutdown).await;
    let asked = server.until(|asked| asked.len() >= 2).await;
    assert_eq!((asked[0].path.as_str(), asked[1].path.as_str()), ("/v1/logs", "/v1/metrics"));
    assert_eq!(asked[0].authorization.as_deref(), Some("k"));
    let logs = asked[0].body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().unwrap();
    assert!(logs.iter().any(|log| log["body"]["stringValue"] == "latigo.PostToolUse"));
    assert!(logs[0]["timeUnixNano"].is_string());
    let metrics = asked[1].body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap();
    let tokens = metrics.iter().find(|metric| metric["name"] == "latigo.token.usage").unwrap();
    let points = tokens["sum"]["dataPoints"].as_array().unwrap();
    let input = points.iter().find(|point| point["attributes"][1]["value"]["stringValue"] == "input").unwrap();
    assert_eq!(input["asDouble"], 7.0);
    let all = format!("{:?}", server.inner.asked.lock().unwrap());
    assert!(!all.contains("private"), "{all}");
}
