//! Answers from a tape. It opens nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use super::miss;
use super::shape::{Ground, Shape, Shapes};
use super::tape::{Exchange, Header, Line, Outcome, Piece, read};
use crate::domain::{CanonicalRequest, ErrorKind, Hash, ModelError, ModelInfo, StreamItem, ToolOutcome, Wire};
use crate::provider::{CHANNEL, Provider};

/// A tape that is played. Clones share where it stands.
#[derive(Clone)]
pub struct Player {
    path: PathBuf,
    header: Header,
    ground: Arc<Ground>,
    tape: Arc<Loaded>,
    state: Arc<Mutex<State>>,
}

/// What stands on the tape.
pub(super) struct Loaded {
    pub pieces: HashMap<Hash, Piece>,
    pub exchanges: Vec<Exchange>,
    by_key: HashMap<Hash, Vec<usize>>,
    tools: HashMap<String, Outcome>,
}

/// Where it stands.
#[derive(Default)]
struct State {
    shapes: Shapes,
    /// How often each request came.
    tries: HashMap<Hash, usize>,
    /// Pieces of requests that were made here.
    seen: HashMap<Hash, Piece>,
    session: String,
    requests: u32,
}

impl Player {
    /// Loads a tape. The error is a sentence for the person.
    pub fn open(path: &Path, ground: Ground) -> Result<Self, String> {
        let (header, lines) = read(path)?;
        let mut tape =
            Loaded { pieces: HashMap::new(), exchanges: Vec::new(), by_key: HashMap::new(), tools: HashMap::new() };
        for line in lines {
            match line {
                Line::Segment(piece) => drop(tape.pieces.insert(piece.hash, piece)),
                Line::Exchange(exchange) => {
                    tape.by_key.entry(exchange.key).or_default().push(tape.exchanges.len());
                    tape.exchanges.push(exchange);
                }
                Line::Tool(note) => drop(tape.tools.insert(note.call_id, note.outcome)),
            }
        }
        Ok(Self {
            path: path.to_path_buf(),
            header,
            ground: Arc::new(ground),
            tape: Arc::new(tape),
            state: Arc::default(),
        })
    }

    /// What the tape says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The first line of a tape alone.
    pub fn peek(path: &Path) -> Result<Header, String> {
        read(path).map(|(header, _)| header)
    }

    /// Itself as a provider.
    pub fn provider(&self) -> Arc<dyn Provider> {
        Arc::new(self.clone())
    }

    /// What a call came to when it was recorded.
    pub fn tool(&self, call_id: &str) -> Option<ToolOutcome> {
        let outcome = self.tape.tools.get(call_id)?.clone();
        let session = self.state.lock().unwrap_or_else(PoisonError::into_inner).session.clone();
        Some(self.ground.here_from_tape(outcome, &session).into_outcome())
    }

    /// The answer to a request. The same request, sent again, gets the next answer; the last one stays.
    fn find(&self, request: &CanonicalRequest) -> Result<Exchange, ModelError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.session.clone_from(&request.session_key);
        state.requests += 1;
        let Shape { key, segments, new } = state.shapes.of(request, &self.ground);
        state.seen.extend(new.into_iter().map(|piece| (piece.hash, piece)));
        let number = *state.tries.entry(key).and_modify(|tries| *tries += 1).or_insert(0);
        let found = self.tape.by_key.get(&key).and_then(|places| places.get(number.min(places.len() - 1)));
        if let Some(exchange) = found.and_then(|place| self.tape.exchanges.get(*place)) {
            return Ok(self.ground.here_from_tape(exchange.clone(), &request.session_key));
        }
        let asked =
            miss::Asked { model: &request.model, sampling: request.sampling, segments: &segments, seen: &state.seen };
        let why = miss::explain(&asked, &self.tape);
        let text = format!("the recording {} has no answer to request {}: {why}", self.path.display(), state.requests);
        Err(ModelError::new(ErrorKind::ReplayMiss, text))
    }
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Provider for Player {
    fn wire(&self) -> Wire {
        self.header.model.wire
    }

    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem> {
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let found = self.find(&request);
        tokio::spawn(async move {
            let exchange = match found {
                Ok(exchange) => exchange,
                Err(error) => return drop(sender.send(StreamItem::Failed(error)).await),
            };
            for item in exchange.items {
                if sender.send(item.into_stream()).await.is_err() {
                    return;
                }
            }
            if exchange.cut {
                // It went on when it was recorded, until the person stopped it.
                sender.closed().await;
            }
        });
        receiver
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        let info = self.header.info.clone();
        Box::pin(async move { Ok(vec![info]) })
    }
}
