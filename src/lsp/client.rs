//! JSON-RPC over the pipes of a server: requests with a time limit, notifications, and answers to what it asks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::frame::{Frames, frame};

/// Messages to a server that may wait.
const WAITING: usize = 32;
/// Requests that may be open.
const OPEN: usize = 256;
/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;
/// More than that in one window of time is a flood, and the server is ended.
const WINDOW: Duration = Duration::from_secs(10);
const FLOOD: (u64, u64) = (if cfg!(test) { 2_000 } else { 30_000 }, 512 * 1024 * 1024);
/// The server was still changing what it knows, or dropped the request because of that (ContentModified and
/// ServerCancelled of the protocol): the same request is sent again after a pause, so often.
const BUSY: [i64; 2] = [-32801, -32802];
const AGAIN: (u32, Duration) = (5, Duration::from_millis(300));
/// Said of a server that ended, or at least will not say anything more.
pub(super) const CLOSED: &str = "it closed its output";
const NO_METHOD: i64 = -32601;

/// Hears what a server says of itself, and knows the answers to what it asks.
pub(super) trait Listener: Send + Sync + 'static {
    fn notified(&self, method: &str, params: Value);
    /// The result of a request of the server; none for one that is not known.
    fn asked(&self, method: &str, params: &Value) -> Option<Value>;
}

type Reply = Result<Value, Refusal>;

/// What a server answers instead of a result.
struct Refusal {
    code: i64,
    text: String,
}

/// The way to a server. It can be cloned.
#[derive(Clone)]
pub(super) struct Client(Arc<Inner>);

struct Inner {
    out: mpsc::Sender<Vec<u8>>,
    open: Mutex<HashMap<i64, oneshot::Sender<Reply>>>,
    next: AtomicI64,
}

/// Connects the pipes. The future reads until the stream ends and says why it did.
pub(super) fn connect(
    (output, input): (ChildStdout, ChildStdin),
    listener: Arc<dyn Listener>,
) -> (Client, impl Future<Output = String> + Send) {
    let (out, waiting) = mpsc::channel(WAITING);
    tokio::spawn(write(input, waiting));
    let client = Client(Arc::new(Inner { out, open: Mutex::default(), next: AtomicI64::new(1) }));
    (client.clone(), read(output, client, listener))
}

async fn write(mut input: ChildStdin, mut waiting: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = waiting.recv().await {
        if input.write_all(&bytes).await.is_err() || input.flush().await.is_err() {
            return;
        }
    }
}

async fn read(mut output: ChildStdout, client: Client, listener: Arc<dyn Listener>) -> String {
    let mut frames = Frames::default();
    let mut chunk = vec![0; CHUNK];
    let mut meter = Meter { since: Instant::now(), messages: 0, bytes: 0 };
    let why = 'reading: loop {
        match output.read(&mut chunk).await {
            Ok(0) | Err(_) => break CLOSED.to_owned(),
            Ok(count) => frames.feed(chunk.get(..count).unwrap_or_default()),
        }
        loop {
            let body = match frames.next() {
                Ok(Some(body)) => body,
                Ok(None) => break,
                Err(problem) => break 'reading format!("it wrote {problem}"),
            };
            if meter.is_flood(body.len()) {
                break 'reading "it floods: more messages than anybody could need".to_owned();
            }
            // A message that is no JSON is skipped: its length was right, so the next one can be read.
            let taken = serde_json::from_slice(&body).map_or(Ok(()), |message| client.take(message, &*listener));
            if taken.is_err() {
                break 'reading "it asks without reading the answers".to_owned();
            }
            tokio::task::consume_budget().await;
        }
    };
    client.open().clear();
    why
}

/// Counts what arrives.
struct Meter {
    since: Instant,
    messages: u64,
    bytes: u64,
}

impl Meter {
    fn is_flood(&mut self, bytes: usize) -> bool {
        if self.since.elapsed() > WINDOW {
            *self = Self { since: Instant::now(), messages: 0, bytes: 0 };
        }
        self.messages += 1;
        self.bytes += bytes as u64;
        self.messages > FLOOD.0 || self.bytes > FLOOD.1
    }
}

impl Client {
    fn open(&self) -> MutexGuard<'_, HashMap<i64, oneshot::Sender<Reply>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks and waits, at most so long. The error is half a sentence.
    pub(super) async fn request(&self, method: &str, params: Value, limit: Duration) -> Result<Value, String> {
        let late = Instant::now() + limit;
        for left in (0..=AGAIN.0).rev() {
            match self.ask(method, params.clone(), late, limit).await? {
                Ok(result) => return Ok(result),
                Err(refusal) if BUSY.contains(&refusal.code) && left > 0 => tokio::time::sleep(AGAIN.1).await,
                Err(refusal) => return Err(format!("it refused: {}", refusal.text)),
            }
        }
        Err("it is still changing what it knows".to_owned())
    }

    async fn ask(&self, method: &str, params: Value, late: Instant, limit: Duration) -> Result<Reply, String> {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let (reply, answer) = oneshot::channel();
        {
            let mut open = self.open();
            if open.len() >= OPEN {
                return Err("too many requests to it are open".to_owned());
            }
            open.insert(id, reply);
        }
        let _closing = Closing { client: self, id };
        let asking = async {
            self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await?;
            answer.await.map_err(|_| "it ended before it answered".to_owned())
        };
        let done = tokio::time::timeout_at(late, asking).await;
        done.unwrap_or_else(|_| Err(format!("it did not answer within {:.1} s", limit.as_secs_f32())))
    }

    /// Tells the server something. A server that does not read holds this up, so whoever calls it has a time limit.
    pub(super) async fn notify(&self, method: &str, params: Value) -> Result<(), String> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params})).await
    }

    async fn send(&self, message: &Value) -> Result<(), String> {
        self.0.out.send(frame(message)).await.map_err(|_| "it has ended".to_owned())
    }

    /// Takes one message. An error means that the server does not read what it asked for.
    fn take(&self, mut message: Value, listener: &dyn Listener) -> Result<(), ()> {
        let method = message.get("method").and_then(Value::as_str).map(ToOwned::to_owned);
        let id = message.get("id").cloned();
        let params = message.get_mut("params").map(Value::take).unwrap_or_default();
        match (method, id) {
            (Some(method), None | Some(Value::Null)) => listener.notified(&method, params),
            (Some(method), Some(id)) => return self.answer(&id, listener.asked(&method, &params)),
            (None, Some(id)) => {
                let waits = id.as_i64().and_then(|id| self.open().remove(&id));
                // Whoever asked may have stopped waiting.
                let _gone = waits.map(|waits| waits.send(reply(&mut message)));
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// Answers a request of the server.
    fn answer(&self, id: &Value, result: Option<Value>) -> Result<(), ()> {
        let answer = match result {
            Some(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            None => json!({"jsonrpc": "2.0", "id": id, "error": {"code": NO_METHOD, "message": "not supported"}}),
        };
        match self.0.out.try_send(frame(&answer)) {
            Err(mpsc::error::TrySendError::Full(_)) => Err(()),
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }
}

fn reply(message: &mut Value) -> Reply {
    match message.get("error").filter(|error| !error.is_null()) {
        Some(error) => {
            let text = error.get("message").and_then(Value::as_str).unwrap_or("no reason given");
            let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
            Err(Refusal { code, text: text.chars().take(500).collect() })
        }
        None => Ok(message.get_mut("result").map(Value::take).unwrap_or_default()),
    }
}

/// Closes a request that nobody waits for any more, and tells the server so.
struct Closing<'a> {
    client: &'a Client,
    id: i64,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        if self.client.open().remove(&self.id).is_some() {
            let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": self.id}});
            self.client.0.out.try_send(frame(&cancel)).ok();
        }
    }
}
