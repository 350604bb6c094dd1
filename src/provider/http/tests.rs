//! Against servers in this process: what arrives there, and what comes of every kind of answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::sync::Mutex;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap as Headers, Response, StatusCode, Uri};
use futures::{Stream, StreamExt, stream};
use tokio::sync::oneshot;

use super::*;
use crate::domain::{Message, Thinking};
use crate::provider::testing::{decode, everything, fixtures, request, transcript};
use crate::provider::{Auth, Endpoint, connect, list_ollama};

type Answer = Box<dyn Fn(&str) -> Response<Body> + Send + Sync>;

/// A request as it arrived.
#[derive(Clone, Debug)]
struct Arrived {
    path: String,
    headers: Headers,
    body: Vec<u8>,
}

struct Server {
    url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

#[derive(Clone)]
struct Shared {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    answer: Arc<Answer>,
}

impl Server {
    async fn start(answer: impl Fn(&str) -> Response<Body> + Send + Sync + 'static) -> Self {
        async fn handle(State(shared): State<Shared>, uri: Uri, headers: Headers, body: Bytes) -> Response<Body> {
            let arrived = Arrived { path: uri.to_string(), headers, body: body.to_vec() };
            shared.arrived.lock().unwrap().push(arrived);
            (shared.answer)(uri.path())
        }
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { arrived: arrived.clone(), answer: Arc::new(Box::new(answer)) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handle).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, arrived }
    }

    fn only_request(&self) -> Arrived {
        let arrived = self.arrived.lock().unwrap();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        arrived[0].clone()
    }

    fn endpoint(&self, auth: Auth) -> Endpoint {
        Endpoint::new(self.url.clone(), auth)
    }
}

fn sse(body: impl Into<Body>) -> Response<Body> {
    Response::builder().header("content-type", "text/event-stream").body(body.into()).unwrap()
}

fn pieces<S>(stream: S) -> Body
where
    S: Stream<Item = Result<Vec<u8>, std::io::Error>> + Send + 'static,
{
    Body::from_stream(stream)
}

async fn all(mut receiver: mpsc::Receiver<StreamItem>) -> Vec<StreamItem> {
    let mut items = Vec::new();
    while let Some(item) = receiver.recv().await {
        items.push(item);
    }
    items
}

fn failure_of(items: &[StreamItem]) -> &ModelError {
    match items.last() {
        Some(StreamItem::Failed(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn simple(wire: Wire) -> Arc<CanonicalRequest> {
    Arc::new(request(wire, "m", vec![Message::user("hello")]))
}

const START: &str = "data: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\n";
const OPEN: &str =
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
const PING: &str = "data: {\"type\":\"ping\"}\n\n";

fn delta(text: &str) -> String {
    format!(
        "data: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}\n\n"
    )
}

#[tokio::test]
async fn every_wire_sends_its_request_and_reads_its_answer() {
    let wires = [
        (Wire::Anthropic, "anthropic", "full", "/v1/messages"),
        (Wire::OpenaiChat, "openai_chat", "parallel", "/v1/chat/completions"),
        (Wire::OpenaiResponses, "openai_responses", "full", "/v1/responses"),
        (Wire::Ollama, "ollama", "length", "/api/chat"),
    ];
    for (wire, folder, name, path) in wires {
        let (_, bytes) = fixtures(folder).into_iter().find(|(fixture, _)| fixture == name).unwrap();
        let answer = bytes.clone();
        let server = Server::start(move |_| sse(answer.clone())).await;
        let provider = connect(wire, server.endpoint(Auth::ApiKey("sk-1234567".into())));
        let request = Arc::new(request(wire, "m", everything(wire, "m")));
        let items = all(provider.stream(request.clone())).await;
        let codec = wire::codec(wire).unwrap();
        assert_eq!(transcript(&items), transcript(&decode(codec.decoder(Ids::new("x", None)), &bytes, &[])));
        let arrived = server.only_request();
        assert_eq!(arrived.path, path);
        assert_eq!(arrived.body, codec.body(&request, Site::of(&server.url)));
        let header = |name: &str| arrived.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("content-type"), Some("application/json"));
        assert!(header("user-agent").unwrap().starts_with("latigo/"));
        assert_eq!(header("accept-encoding"), None);
        if wire == Wire::Anthropic {
            assert_eq!((header("x-api-key"), header("authorization")), (Some("sk-1234567"), None));
            assert_eq!(header("anthropic-version"), Some("2023-06-01"));
        } else {
            assert_eq!((header("x-api-key"), header("authorization")), (None, Some("Bearer sk-1234567")));
        }
    }
}

#[tokio::test]
async fn headers_of_the_endpoint_win() {
    let server = Server::start(|_| sse("")).await;
    let mut endpoint = server.endpoint(Auth::Bearer(" token-1234\n".into()));
    endpoint.headers = vec![("Anthropic-Version".to_owned(), "2026-10-21".to_owned())];
    all(connect(Wire::Anthropic, endpoint).stream(simple(Wire::Anthropic))).await;
    let headers = server.only_request().headers;
    assert_eq!(headers["anthropic-version"], "2026-10-21");
    assert_eq!(headers["authorization"], "Bearer token-1234");
}

#[tokio::test]
async fn statuses_become_failures_and_keys_are_taken_out() {
    let cases = [
        (401, r#"{"error":{"message":"invalid key sk-secret-key"}}"#, ErrorKind::Auth, "invalid key [key]"),
        (429, r#"{"error":{"message":"slow"}}"#, ErrorKind::RateLimit, "slow"),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            ErrorKind::Overloaded,
            "Overloaded",
        ),
        (
            400,
            r#"{"error":{"message":"prompt is too long: 3 > 2"}}"#,
            ErrorKind::PromptTooLong,
            "prompt is too long: 3 > 2",
        ),
        (404, r#"{"error":"model `x` not found"}"#, ErrorKind::NotFound, "model `x` not found"),
        (502, "<html><h1>Bad gateway</h1></html>", ErrorKind::Server, "Bad gateway"),
    ];
    for (status, body, kind, message) in cases {
        let server = Server::start(move |_| {
            Response::builder().status(status).header("retry-after", "7").body(body.into()).unwrap()
        })
        .await;
        let provider = connect(Wire::Anthropic, server.endpoint(Auth::ApiKey("sk-secret-key".into())));
        let items = all(provider.stream(simple(Wire::Anthropic))).await;
        let error = failure_of(&items);
        assert_eq!((error.kind, error.status, error.message.as_str()), (kind, Some(status), message));
        assert_eq!(error.retry_after_ms, Some(7_000));
        assert!(!format!("{provider:?} {items:?}").contains("sk-secret-key"));
        assert_eq!(server.arrived.lock().unwrap().len(), 1, "nothing is retried here");
    }
}

#[tokio::test]
async fn keys_are_taken_out_of_error_events_too() {
    let event = r#"data: {"type":"error","error":{"type":"api_error","message":"who is sk-secret-key?"}}"#;
    let server = Server::start(move |_| sse(format!("{event}\n\n"))).await;
    let provider = connect(Wire::Anthropic, server.endpoint(Auth::Bearer("sk-secret-key".into())));
    let items = all(provider.stream(simple(Wire::Anthropic))).await;
    assert_eq!(failure_of(&items).message, "who is [key]?");
}

#[tokio::test]
async fn redirects_are_told_and_not_followed() {
    let target = Server::start(|_| sse("")).await;
    let location = format!("{}/v1/messages", target.url);
    let server = Server::start(move |_| {
        Response::builder().status(307).header("location", &location).body(Body::empty()).unwrap()
    })
    .await;
    let items = all(connect(Wire::Anthropic, server.endpoint(Auth::None)).stream(simple(Wire::Anthropic))).await;
    assert!(failure_of(&items).message.contains(&target.url), "{items:?}");
    assert!(target.arrived.lock().unwrap().is_empty());
}

#[tokio::test]
async fn web_pages_and_bare_documents_are_told_apart() {
    let typed = |kind: &'static str, body: &'static str| {
        move |_: &str| Response::builder().header("content-type", kind).body(body.into()).unwrap()
    };
    let page = Server::start(typed("text/html; charset=utf-8", "<html>Welcome</html>")).await;
    let items = all(connect(Wire::OpenaiChat, page.endpoint(Auth::None)).stream(simple(Wire::OpenaiChat))).await;
    assert_eq!(failure_of(&items).kind, ErrorKind::NotFound);
    let whole = r#"{"model":"m","choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#;
    let document = Server::start(typed("application/json", whole)).await;
    let items = all(connect(Wire::OpenaiChat, document.endpoint(Auth::None)).stream(simple(Wire::OpenaiChat))).await;
    assert!(matches!(items.last(), Some(StreamItem::Done { .. })), "{items:?}");
    let stream =
        "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let mislabelled = Server::start(typed("application/json", stream)).await;
    let items = all(connect(Wire::OpenaiChat, mislabelled.endpoint(Auth::None)).stream(simple(Wire::OpenaiChat))).await;
    assert!(matches!(items.last(), Some(StreamItem::Done { .. })), "{items:?}");
}

#[tokio::test]
async fn a_delta_arrives_while_the_stream_is_open() {
    let (go, wait) = oneshot::channel::<()>();
    let wait = Mutex::new(Some(wait));
    let server = Server::start(move |_| {
        let wait = wait.lock().unwrap().take().unwrap();
        let head = stream::iter([Ok(format!("{START}{OPEN}{}", delta("now")).into_bytes())]);
        let tail = stream::once(async move {
            wait.await.unwrap();
            Ok(b"data: {\"type\":\"message_stop\"}\n\n".to_vec())
        });
        sse(pieces(head.chain(tail)))
    })
    .await;
    let mut receiver = connect(Wire::Anthropic, server.endpoint(Auth::None)).stream(simple(Wire::Anthropic));
    loop {
        match receiver.recv().await.unwrap() {
            StreamItem::Delta { text, .. } => break assert_eq!(text, "now"),
            StreamItem::Failed(error) => panic!("{error}"),
            _ => {}
        }
    }
    go.send(()).unwrap();
    assert!(matches!(all(receiver).await.last(), Some(StreamItem::Done { .. })));
}

/// Tells when it is dropped: here, when the server notices that nobody reads.
struct Gone(Option<oneshot::Sender<()>>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.take().unwrap().send(()).ok();
    }
}

#[tokio::test]
async fn dropping_the_receiver_hangs_up() {
    let (gone, noticed) = oneshot::channel::<()>();
    let gone = Mutex::new(Some(Gone(Some(gone))));
    let server = Server::start(move |_| {
        let gone = gone.lock().unwrap().take().unwrap();
        let head = stream::iter([Ok(START.as_bytes().to_vec())]);
        let tail = stream::once(async move {
            let _kept = gone;
            std::future::pending::<Result<Vec<u8>, std::io::Error>>().await
        });
        sse(pieces(head.chain(tail)))
    })
    .await;
    let mut receiver = connect(Wire::Anthropic, server.endpoint(Auth::None)).stream(simple(Wire::Anthropic));
    assert!(matches!(receiver.recv().await, Some(StreamItem::Started { .. })));
    drop(receiver);
    timeout(Duration::from_secs(5), noticed).await.expect("the connection closes").unwrap();
}

#[tokio::test]
async fn what_came_before_a_cut_is_kept() {
    let server = Server::start(|_| {
        let head = stream::iter([Ok(format!("{START}{OPEN}{}", delta("half")).into_bytes())]);
        // The pause lets the first piece leave before the connection is torn down.
        let cut = stream::once(async {
            tokio::task::yield_now().await;
            Err(std::io::Error::other("cut"))
        });
        sse(pieces(head.chain(cut)))
    })
    .await;
    let items = all(connect(Wire::Anthropic, server.endpoint(Auth::None)).stream(simple(Wire::Anthropic))).await;
    let error = failure_of(&items);
    assert_eq!(error.kind, ErrorKind::Connection, "{error}");
    let end = Server::start(|_| sse(format!("{START}{OPEN}{}", delta("half")))).await;
    let items = all(connect(Wire::Anthropic, end.endpoint(Auth::None)).stream(simple(Wire::Anthropic))).await;
    assert_eq!(failure_of(&items).kind, ErrorKind::Connection);
    assert!(transcript(&items).contains("0 + \"half\""));
}

#[tokio::test]
async fn a_cut_or_silence_after_the_reason_to_stop_is_no_failure() {
    let chunk = b"data: {\"choices\":[{\"delta\":{\"content\":\"all\"},\"finish_reason\":\"stop\"}]}\n\n";
    let cut = Server::start(|_| {
        let tail = stream::once(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(std::io::Error::other("cut"))
        });
        sse(pieces(stream::iter([Ok(chunk.to_vec())]).chain(tail)))
    })
    .await;
    let silent = Server::start(|_| sse(pieces(stream::iter([Ok(chunk.to_vec())]).chain(stream::pending())))).await;
    for server in [cut, silent] {
        let mut endpoint = server.endpoint(Auth::None);
        endpoint.timeouts.stall = Duration::from_millis(100);
        let items = all(connect(Wire::OpenaiChat, endpoint).stream(simple(Wire::OpenaiChat))).await;
        assert!(matches!(items.last(), Some(StreamItem::Done { .. })), "{items:?}");
    }
}

#[tokio::test]
async fn malformed_streams_end_at_once() {
    let server = Server::start(|_| {
        let head = stream::iter([Ok(format!("{START}data: {{\"type\": oops\n\n").into_bytes())]);
        sse(pieces(head.chain(stream::pending())))
    })
    .await;
    let items = all(connect(Wire::Anthropic, server.endpoint(Auth::None)).stream(simple(Wire::Anthropic))).await;
    assert_eq!(failure_of(&items).kind, ErrorKind::Protocol);
}

#[tokio::test]
async fn silence_and_endless_pings_are_stalls() {
    let silent = Server::start(|_| sse(pieces(stream::pending()))).await;
    let pinging = Server::start(|_| {
        sse(pieces(stream::repeat(()).then(|()| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(PING.as_bytes().to_vec())
        })))
    })
    .await;
    let (short, long) = (Duration::from_millis(60), Duration::from_secs(60));
    for (server, stall, alive) in [(silent, short, long), (pinging, long, short)] {
        let mut endpoint = server.endpoint(Auth::None);
        endpoint.timeouts = Timeouts { connect: long, stall, alive };
        let items = all(connect(Wire::Anthropic, endpoint).stream(simple(Wire::Anthropic))).await;
        assert_eq!(failure_of(&items).kind, ErrorKind::Stalled);
    }
}

#[test]
fn pings_extend_patience_and_content_renews_it() {
    let seconds = Duration::from_secs;
    let start = Instant::now();
    let times = Timeouts { connect: seconds(1), stall: seconds(90), alive: seconds(300) };
    let mut patience = Patience::new(times, start);
    assert_eq!(patience.until(), start + seconds(90));
    patience.heard(&[], start + seconds(10));
    assert_eq!(patience.until(), start + seconds(90), "bytes alone are no event");
    patience.heard(&[StreamItem::Ping], start + seconds(80));
    assert_eq!(patience.until(), start + seconds(170));
    patience.heard(&[StreamItem::Ping], start + seconds(250));
    assert_eq!((patience.until(), patience.waited()), (start + seconds(300), seconds(300)));
    patience.heard(&[StreamItem::Delta { index: 0, text: "a".to_owned() }], start + seconds(260));
    assert_eq!(patience.until(), start + seconds(350));
}

#[tokio::test]
async fn unreachable_and_wrong_addresses_are_told_plainly() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let endpoint = Endpoint::new(format!("http://joe:password9@127.0.0.1:{port}"), Auth::None);
    let items = all(connect(Wire::Ollama, endpoint).stream(simple(Wire::Ollama))).await;
    let error = failure_of(&items);
    assert_eq!(error.kind, ErrorKind::Connection);
    assert!(error.message.starts_with(&format!("cannot connect to http://127.0.0.1:{port}")), "{error}");
    assert!(!error.message.contains("password9"), "{error}");
    let items = all(connect(Wire::Ollama, Endpoint::new("nonsense", Auth::None)).stream(simple(Wire::Ollama))).await;
    assert_eq!(failure_of(&items).kind, ErrorKind::NotFound);
    let bad = Endpoint::new("http://127.0.0.1:1", Auth::ApiKey("sk-with\nnewline".into()));
    let items = all(connect(Wire::Anthropic, bad).stream(simple(Wire::Anthropic))).await;
    let error = failure_of(&items);
    assert!(error.kind == ErrorKind::Auth && !error.message.contains("newline"), "{error}");
    let items = all(connect(Wire::Replay, Endpoint::new("http://h", Auth::None)).stream(simple(Wire::Replay))).await;
    assert_eq!(failure_of(&items).kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn models_are_listed() {
    let server = Server::start(|path| {
        let body = match path {
            "/v1/models" => r#"{"data":[{"id":"a"},{"id":"b","context_length":1000}]}"#,
            "/api/tags" => r#"{"models":[{"name":"qwen3"}]}"#,
            "/api/show" => r#"{"model_info":{"q.context_length":32768},"capabilities":["tools","thinking"]}"#,
            _ => return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap(),
        };
        Response::builder().header("content-type", "application/json").body(body.into()).unwrap()
    })
    .await;
    let models = connect(Wire::OpenaiChat, server.endpoint(Auth::None)).models().await.unwrap();
    assert_eq!(
        models.iter().map(|model| (model.id.as_str(), model.window)).collect::<Vec<_>>(),
        [("a", 128_000), ("b", 1_000)]
    );
    connect(Wire::Anthropic, server.endpoint(Auth::ApiKey("k-123456".into()))).models().await.unwrap();
    let paths: Vec<String> = server.arrived.lock().unwrap().iter().map(|arrived| arrived.path.clone()).collect();
    assert_eq!(paths, ["/v1/models", "/v1/models?limit=1000"]);
    let ollama = list_ollama(&server.url).await.unwrap();
    assert_eq!((ollama[0].window, ollama[0].thinking), (32_768, Thinking::Effort));
    let nobody = Server::start(|_| Response::builder().status(401).body("no".into()).unwrap()).await;
    let error = connect(Wire::OpenaiChat, nobody.endpoint(Auth::None)).models().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
}

/// A server by hand, whose body ends a little later than the answer in it. It tells of each request which
/// one it is on its connection.
async fn slow_to_end(listener: tokio::net::TcpListener, count: mpsc::UnboundedSender<u32>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        let count = count.clone();
        tokio::spawn(async move {
            let (mut seen, mut buffer, mut number) = (Vec::new(), [0; 8_192], 0);
            while let Ok(length @ 1..) = socket.read(&mut buffer).await {
                seen.extend_from_slice(&buffer[..length]);
                // The body of `simple` ends so.
                if !seen.ends_with(b"]}]}") {
                    continue;
                }
                seen.clear();
                number += 1;
                count.send(number).unwrap();
                let body = "data: {\"type\":\"message_stop\"}\n\n";
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
                let text = format!("{head}{:x}\r\n{body}\r\n", body.len());
                socket.write_all(text.as_bytes()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(2)).await;
                if socket.write_all(b"0\r\n\r\n").await.is_err() {
                    return;
                }
            }
        });
    }
}

#[tokio::test]
async fn a_later_request_finds_the_connection_open() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (count, mut counted) = mpsc::unbounded_channel();
    tokio::spawn(slow_to_end(listener, count));
    let provider = connect(Wire::Anthropic, Endpoint::new(url, Auth::None));
    // The rest of a body is read by a task of its own, so the very next request may be too early for it.
    for _ in 0..100 {
        let items = all(provider.stream(simple(Wire::Anthropic))).await;
        assert!(matches!(items.last(), Some(StreamItem::Done { .. })), "{items:?}");
        if counted.recv().await.unwrap() > 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("a hundred requests opened a hundred connections");
}

#[tokio::test]
async fn limits_of_the_server_are_told_with_an_answer_and_with_a_refusal() {
    let server = Server::start(|path| {
        let (status, left) = if path.starts_with("/full") { (429, "0") } else { (200, "45") };
        Response::builder()
            .status(status)
            .header("content-type", "text/event-stream")
            .header("anthropic-ratelimit-requests-limit", "50")
            .header("anthropic-ratelimit-requests-remaining", left)
            .header("anthropic-ratelimit-unified-5h-utilization", "0.5")
            .header("anthropic-ratelimit-unified-5h-reset", "1800000000")
            .body(Body::from(""))
            .unwrap()
    })
    .await;
    for (path, used) in [("", 10.0), ("/full", 100.0)] {
        let endpoint = Endpoint::new(format!("{}{path}", server.url), Auth::None);
        let items = all(connect(Wire::Anthropic, endpoint).stream(simple(Wire::Anthropic))).await;
        let StreamItem::Limits(limits) = &items[0] else { panic!("{items:?}") };
        let told: Vec<_> = limits.windows.iter().map(|window| (window.name, window.used, window.resets_at)).collect();
        assert_eq!(told, [("five_hour", 50.0, Some(1_800_000_000)), ("requests", used, None)]);
    }
}
