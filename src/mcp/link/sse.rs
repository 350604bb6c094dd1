//! The HTTP transport of 2024-11-05: one stream of events from the server, one address to post to. The SDK no longer
//! has it; many servers still do.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use rmcp::service::{RoleClient, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use url::Url;

use super::{Around, Problem, http};
use crate::base::net;
use crate::mcp::config::Reach;

/// Bytes that one event may have.
const EVENT: usize = 16 * 1024 * 1024;
/// Messages that wait for us.
const WAITING: usize = 64;

/// An open stream with the address that it named.
pub(super) struct Sse {
    client: reqwest::Client,
    post: Url,
    headers: HashMap<HeaderName, HeaderValue>,
    messages: mpsc::Receiver<RxJsonRpcMessage<RoleClient>>,
    reading: AbortHandle,
}

/// Why a message could not be sent.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct SseError(String);

/// Opens the stream and waits for the address to post to.
pub(super) async fn open(reach: &Reach, around: &Around) -> Result<Sse, Problem> {
    let headers = http::headers(reach, around).await.map_err(Problem::Lasting)?;
    let client = http::client().await.map_err(Problem::Lasting)?;
    let url = Url::parse(&reach.url).map_err(|error| Problem::Lasting(error.to_string()))?;
    let mut request = client.get(url.clone()).header(ACCEPT, "text/event-stream");
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.map_err(|error| Problem::Passing(net::reason(&error)))?;
    match answer.status().as_u16() {
        200 => {}
        401 => return Err(Problem::Login),
        403..=405 => return Err(Problem::Lasting(format!("the address answers {}", answer.status()))),
        _ => return Err(Problem::Passing(format!("the address answers {}", answer.status()))),
    }
    let is_stream = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !is_stream.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return Err(Problem::Lasting("the address sends no stream of events; the transport may be http".to_owned()));
    }
    let (tell, messages) = mpsc::channel(WAITING);
    let (named, endpoint) = tokio::sync::oneshot::channel();
    let reading = tokio::spawn(read(answer, tell, named)).abort_handle();
    let limit = Duration::from_millis(around.times.start_ms);
    let endpoint = tokio::time::timeout(limit, endpoint).await;
    let Ok(Ok(endpoint)) = endpoint else {
        reading.abort();
        return Err(Problem::Passing("the stream named no address to post to".to_owned()));
    };
    match url.join(endpoint.trim()) {
        // Whoever can write into the stream must not send our headers elsewhere.
        Ok(post) if post.origin() == url.origin() => Ok(Sse { client, post, headers, messages, reading }),
        _ => {
            reading.abort();
            Err(Problem::Lasting(format!("the stream names an address of another host: {endpoint}")))
        }
    }
}

async fn read(
    answer: reqwest::Response,
    tell: mpsc::Sender<RxJsonRpcMessage<RoleClient>>,
    named: tokio::sync::oneshot::Sender<String>,
) {
    let mut named = Some(named);
    let mut events = Events::default();
    let mut bytes = answer.bytes_stream();
    while let Some(Ok(chunk)) = bytes.next().await {
        let Some(found) = events.feed(&chunk) else { return };
        for (kind, data) in found {
            if kind == "endpoint" {
                if let Some(named) = named.take() {
                    named.send(data).ok();
                }
            } else if (kind.is_empty() || kind == "message")
                && let Ok(message) = serde_json::from_str(&data)
                && tell.send(message).await.is_err()
            {
                return;
            }
        }
    }
}

/// Events by kind and data, line by line.
#[derive(Default)]
struct Events {
    line: Vec<u8>,
    kind: String,
    data: String,
}

impl Events {
    /// The events that the chunk completes; none when one is too large.
    fn feed(&mut self, chunk: &[u8]) -> Option<Vec<(String, String)>> {
        let mut found = Vec::new();
        for byte in chunk {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() + self.data.len() > EVENT {
                    return None;
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches('\r').trim_start_matches('\u{feff}');
            if line.is_empty() {
                if !self.data.is_empty() {
                    found.push((std::mem::take(&mut self.kind), std::mem::take(&mut self.data)));
                }
                self.kind.clear();
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut self.kind),
                "data" => {
                    if !self.data.is_empty() {
                        self.data.push('\n');
                    }
                    self.data.push_str(value);
                }
                _ => {}
            }
        }
        Some(found)
    }
}

impl Transport<RoleClient> for Sse {
    type Error = SseError;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let mut request = self.client.post(self.post.clone()).header(CONTENT_TYPE, "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = serde_json::to_vec(&item).unwrap_or_default();
        async move {
            let answer = request.body(body).send().await.map_err(|error| SseError(net::reason(&error)))?;
            if answer.status().is_success() {
                return Ok(());
            }
            Err(SseError(format!("the server answers {}", answer.status())))
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        self.messages.recv().await
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.reading.abort();
        Ok(())
    }
}

impl Drop for Sse {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn events_are_the_same_however_they_are_cut() {
        let text = "\u{feff}event: endpoint\r\ndata: /m?s=1\r\n\r\n: note\ndata: {\ndata: }\n\nevent: x\n\ndata:y\n\n";
        let want: Vec<(String, String)> =
            [("endpoint", "/m?s=1"), ("", "{\n}"), ("", "y")].map(|(k, d)| (k.into(), d.into())).into();
        for cut in 0..text.len() {
            let mut events = Events::default();
            let (one, two) = text.as_bytes().split_at(cut);
            let mut found = events.feed(one).unwrap();
            found.extend(events.feed(two).unwrap());
            assert_eq!(found, want, "cut at {cut}");
        }
    }
}
