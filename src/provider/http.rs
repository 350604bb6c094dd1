//! The one driver of all wires: sends the body, feeds the decoder, watches the clock.
//!
//! One task per request. It ends by `Done`, by `Failed`, or at once when nobody listens any more, and
//! with it the connection.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::secrets::Redactor;
use super::wire::{self, Codec, Decoder, Ids, Site};
use super::{CHANNEL, Endpoint, Provider, Timeouts, client, endpoint, failure, listing};
use crate::domain::{CanonicalRequest, ErrorKind, ModelError, ModelInfo, StreamItem, Wire};

/// Bytes of an error page that are read.
const ERROR_LIMIT: usize = 64 << 10;
/// Bytes that an answer which does not stream may have.
const WHOLE_LIMIT: usize = 64 << 20;
/// How long an error page may take.
const ERROR_PATIENCE: Duration = Duration::from_secs(5);
/// How long the last formalities of an answer may take.
const TAIL_PATIENCE: Duration = Duration::from_secs(3);
/// How long the last bytes after an answer may take.
const DRAIN_PATIENCE: Duration = Duration::from_secs(2);

/// A server that is reached over HTTP.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    wire: Wire,
    endpoint: Arc<Endpoint>,
}

impl Remote {
    pub(super) fn new(wire: Wire, endpoint: Endpoint) -> Self {
        Self { wire, endpoint: Arc::new(endpoint) }
    }

    pub(super) fn codec(&self) -> Result<&'static dyn Codec, ModelError> {
        wire::codec(self.wire)
            .ok_or_else(|| ModelError::new(ErrorKind::NotFound, format!("no server speaks `{}`", self.wire.name())))
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A request to `path` below the API's root, with every header it needs.
    pub(super) async fn request(&self, method: reqwest::Method, path: &str) -> Result<RequestBuilder, ModelError> {
        let codec = self.codec()?;
        let wrong = |text: String| ModelError::new(ErrorKind::NotFound, text);
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = wire::address(codec, &self.endpoint.base_url, path).map_err(wrong)?;
        if query.is_some() {
            url.set_query(query);
        }
        let headers = self.headers(codec).map_err(|text| ModelError::new(ErrorKind::Auth, text))?;
        let connect = self.endpoint.timeouts.connect;
        let client = client::for_url(&url, connect).await;
        let client = client.map_err(|text| ModelError::new(ErrorKind::Connection, text))?;
        Ok(client.request(method, url).headers(headers))
    }

    fn headers(&self, codec: &dyn Codec) -> Result<HeaderMap, String> {
        let ours = codec.headers(&self.endpoint.auth);
        let ours = ours.iter().map(|(name, value)| (*name, value.as_str()));
        let theirs = self.endpoint.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut headers = HeaderMap::new();
        for (name, value) in ours.chain(theirs) {
            let key = HeaderName::from_bytes(name.trim().as_bytes())
                .map_err(|_| format!("`{name}` is no name of a header"))?;
            // The value is not quoted: it may be the key.
            let mut value = HeaderValue::from_str(value.trim()).map_err(|_| {
                format!("the value of the header `{name}` has characters that no header may have; check the key")
            })?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        Ok(headers)
    }
}

impl Provider for Remote {
    fn wire(&self) -> Wire {
        self.wire
    }

    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem> {
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let exchange = Exchange { remote: self.clone(), redactor: Redactor::of(&self.endpoint), sender };
        tokio::spawn(exchange.run(request));
        receiver
    }

    fn wire_form(&self, request: &CanonicalRequest) -> Option<Vec<u8>> {
        super::body(self.wire, request, &self.endpoint.base_url)
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        Box::pin(async move {
            let redactor = Redactor::of(&self.endpoint);
            listing::models(self).await.map_err(|error| redactor.error(error))
        })
    }
}

/// One request on its way.
struct Exchange {
    remote: Remote,
    redactor: Redactor,
    sender: mpsc::Sender<StreamItem>,
}

/// Why reading ends.
enum End {
    /// `Done` or `Failed` was handed out.
    Told,
    /// Nobody listens.
    Left,
}

impl Exchange {
    async fn run(self, request: Arc<CanonicalRequest>) {
        let listener = self.sender.clone();
        let left = async move { listener.closed().await };
        // Dropping the exchange drops the connection with it.
        tokio::select! {
            biased;
            () = left => {}
            outcome = self.exchange(request) => if let Err(error) = outcome {
                // Nobody may be left to hear it.
                self.sender.send(StreamItem::Failed(self.redactor.error(error))).await.ok();
            }
        }
    }

    async fn exchange(&self, request: Arc<CanonicalRequest>) -> Result<(), ModelError> {
        let codec = self.remote.codec()?;
        let builder = self.remote.request(reqwest::Method::POST, codec.path()).await?;
        let body = codec.body(&request, Site::of(&self.remote.endpoint.base_url));
        let builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        // A local model reads the whole prompt before it says anything.
        let times = self.remote.endpoint.timeouts;
        let patience = if codec.wire() == Wire::Ollama { times.alive } else { times.stall };
        let response = match timeout(patience, builder.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(broken(&error, &self.remote.endpoint.base_url)),
            Err(_) => return Err(stalled(patience)),
        };
        if let Some(limits) = super::limits::of(response.headers(), now_ms() / 1_000) {
            // Nobody may be left to hear it.
            self.sender.send(StreamItem::Limits(limits)).await.ok();
        }
        let seed = uuid::Uuid::new_v4().simple().to_string();
        let mut decoder = codec.decoder(Ids::new(&seed[..16], Some(request)));
        match what_is(&response) {
            Kind::Refusal => Err(refusal(response).await),
            Kind::Page => Err(page(response).await),
            Kind::Document if codec.wire() != Wire::Ollama => self.document(response, &mut *decoder).await,
            Kind::Document | Kind::Stream => self.listen(response, &mut *decoder).await,
        }
    }

    /// Feeds the decoder until the answer ends or stalls. Signs of life only buy time up to `alive`.
    async fn listen(&self, mut response: Response, decoder: &mut dyn Decoder) -> Result<(), ModelError> {
        let mut patience = Patience::new(self.remote.endpoint.timeouts, Instant::now());
        loop {
            let until = if decoder.is_complete() { patience.until_tail() } else { patience.until() };
            let read = match tokio::time::timeout_at(until, response.chunk()).await {
                Ok(Ok(Some(bytes))) => Ok(decoder.feed(&bytes)),
                Ok(Ok(None)) => Ok(decoder.finish()),
                Ok(Err(error)) => Err(broken(&error, &self.remote.endpoint.base_url)),
                Err(_) => Err(stalled(patience.waited())),
            };
            let items = match read {
                Ok(items) => items,
                Err(_) if decoder.is_complete() => decoder.finish(),
                Err(error) => return Err(error),
            };
            patience.heard(&items, Instant::now());
            match self.hand_out(items).await {
                None => {}
                Some(End::Left) => return Ok(()),
                Some(End::Told) => {
                    // Not awaited here: whoever heard the end may let go of us at once.
                    tokio::spawn(timeout(DRAIN_PATIENCE, drain(response)));
                    return Ok(());
                }
            }
        }
    }

    /// An answer of a server that does not stream, or that says so of a stream.
    async fn document(&self, response: Response, decoder: &mut dyn Decoder) -> Result<(), ModelError> {
        let alive = self.remote.endpoint.timeouts.alive;
        let body = timeout(alive, read_up_to(response, WHOLE_LIMIT)).await.map_err(|_| stalled(alive))?;
        let body = body.map_err(|error| broken(&error, &self.remote.endpoint.base_url))?;
        let items = if body.trim_ascii_start().starts_with(b"{") {
            decoder.whole(&body)
        } else {
            let mut items = decoder.feed(&body);
            items.extend(decoder.finish());
            items
        };
        self.hand_out(items).await;
        Ok(())
    }

    async fn hand_out(&self, items: Vec<StreamItem>) -> Option<End> {
        for item in items {
            let last = matches!(item, StreamItem::Done { .. } | StreamItem::Failed(_));
            if self.sender.send(self.redactor.item(item)).await.is_err() {
                return Some(End::Left);
            }
            if last {
                return Some(End::Told);
            }
        }
        None
    }
}

/// When to give up on a stream.
#[derive(Debug)]
struct Patience {
    times: Timeouts,
    /// The last content, and the last sign of life of any kind.
    content: Instant,
    sign: Instant,
}

impl Patience {
    fn new(times: Timeouts, now: Instant) -> Self {
        Self { times, content: now, sign: now }
    }

    fn heard(&mut self, items: &[StreamItem], now: Instant) {
        if !items.is_empty() {
            self.sign = now;
        }
        if items.iter().any(|item| *item != StreamItem::Ping) {
            self.content = now;
        }
    }

    fn until(&self) -> Instant {
        (self.sign + self.times.stall).min(self.content + self.times.alive)
    }

    /// The same when only formalities are missing.
    fn until_tail(&self) -> Instant {
        self.until().min(self.content + TAIL_PATIENCE)
    }

    /// How long there was no content when patience ended.
    fn waited(&self) -> Duration {
        self.until().duration_since(self.content)
    }
}

/// What kind of answer its head announces.
enum Kind {
    Refusal,
    /// A web page where an API should be.
    Page,
    Document,
    Stream,
}

fn what_is(response: &Response) -> Kind {
    if !response.status().is_success() {
        return Kind::Refusal;
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match content_type.split(';').next().unwrap_or_default().trim() {
        "text/html" => Kind::Page,
        "application/json" => Kind::Document,
        _ => Kind::Stream,
    }
}

/// Reads what is left of a finished answer, so that the next request finds the connection open.
async fn drain(mut response: Response) {
    while let Ok(Some(_)) = response.chunk().await {}
}

/// The error that a status other than 200 tells of.
pub(super) async fn refusal(response: Response) -> ModelError {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = timeout(ERROR_PATIENCE, read_up_to(response, ERROR_LIMIT)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    failure::of_status(status, &headers, &body, now_ms())
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

async fn page(response: Response) -> ModelError {
    let error = refusal(response).await;
    let text = "the server answered with a web page, so the base URL is not that of an API";
    ModelError::new(ErrorKind::NotFound, failure::cut(&format!("{text}: {}", error.message)))
}

/// The body, cut at a size.
pub(super) async fn read_up_to(mut response: Response, limit: usize) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await? {
        let room = limit.saturating_sub(body.len());
        body.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        if body.len() >= limit {
            break;
        }
    }
    Ok(body)
}

/// The connection could not be made or broke.
pub(super) fn broken(error: &reqwest::Error, base_url: &str) -> ModelError {
    let place = endpoint::without_userinfo(base_url);
    let what = if error.is_connect() { "cannot connect to" } else { "lost the connection to" };
    // The error's own text begins with the address, password and all; its causes do not.
    let cause = std::error::Error::source(error).map_or_else(|| "no reason given".to_owned(), client::reason);
    ModelError::new(ErrorKind::Connection, failure::cut(&format!("{what} {place}: {cause}")))
}

fn stalled(waited: Duration) -> ModelError {
    ModelError::new(ErrorKind::Stalled, format!("nothing of the answer came for {} s", waited.as_secs().max(1)))
}

#[cfg(test)]
mod tests;
