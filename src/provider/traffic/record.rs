//! Listens in on a provider and writes what was said.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use super::shape::{Ground, Shapes};
use super::tape::{Exchange, FORMAT, Header, Item, Line, Outcome, ToolNote};
use crate::base::dirs::private_options;
use crate::domain::{CanonicalRequest, Hash, ModelError, ModelInfo, ModelRef, StreamItem, ToolOutcome, Wire};
use crate::provider::{CHANNEL, Provider};

/// The tape that a run is recorded on. Clones write to the same one.
#[derive(Clone, Debug)]
pub struct Recorder {
    ground: Arc<Ground>,
    tape: Arc<Mutex<Tape>>,
}

#[derive(Debug)]
struct Tape {
    path: PathBuf,
    file: File,
    shapes: Shapes,
    written: HashSet<Hash>,
    /// The session whose id is replaced.
    session: String,
    /// Writing failed; that is said once.
    failed: bool,
}

impl Recorder {
    /// Begins a tape. A file that is there is never overwritten. `at` in milliseconds since 1970.
    pub fn create(path: &Path, ground: Ground, (model, info): (ModelRef, ModelInfo), at: u64) -> Result<Self, String> {
        let wrong = |error: std::io::Error| format!("the recording {} cannot be written: {error}", path.display());
        let mut file = private_options().write(true).create_new(true).open(path).map_err(wrong)?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let header = Header { latigo_traffic: FORMAT, version, at, model, info };
        let mut line = serde_json::to_vec(&header).unwrap_or_default();
        line.push(b'\n');
        file.write_all(&line).map_err(wrong)?;
        let tape = Tape {
            path: path.to_path_buf(),
            file,
            shapes: Shapes::default(),
            written: HashSet::new(),
            session: String::new(),
            failed: false,
        };
        Ok(Self { ground: Arc::new(ground), tape: Arc::new(Mutex::new(tape)) })
    }

    /// The same provider, listened in on.
    pub fn listen(&self, inner: Arc<dyn Provider>) -> Arc<dyn Provider> {
        Arc::new(Listened { inner, recorder: self.clone() })
    }

    /// Writes what a call came to.
    pub fn tool(&self, call_id: &str, name: &str, outcome: &ToolOutcome) {
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.ground.to_tape(Outcome::of(outcome), &tape.session);
        tape.put(&Line::Tool(ToolNote { call_id: call_id.to_owned(), name: name.to_owned(), outcome }));
    }

    fn exchange(&self, request: &CanonicalRequest, items: Vec<Item>, cut: bool) {
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        tape.session.clone_from(&request.session_key);
        let shape = tape.shapes.of(request, &self.ground);
        for piece in shape.new {
            if tape.written.insert(piece.hash) {
                tape.put(&Line::Segment(piece));
            }
        }
        let items = self.ground.to_tape(items, &request.session_key);
        tape.put(&Line::Exchange(Exchange {
            key: shape.key,
            model: request.model.clone(),
            sampling: request.sampling,
            segments: shape.segments,
            items,
            cut,
        }));
    }
}

impl Tape {
    /// Writes one line. The run goes on without the recording when the disk refuses.
    fn put(&mut self, line: &Line) {
        let Ok(mut bytes) = serde_json::to_vec(line) else { return };
        bytes.push(b'\n');
        if let Err(error) = self.file.write_all(&bytes)
            && !std::mem::replace(&mut self.failed, true)
        {
            tracing::error!(path = %self.path.display(), %error, "the recording is no longer whole");
        }
    }
}

/// A provider that is listened in on.
#[derive(Debug)]
struct Listened {
    inner: Arc<dyn Provider>,
    recorder: Recorder,
}

impl Provider for Listened {
    fn wire(&self) -> Wire {
        self.inner.wire()
    }

    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem> {
        let mut items = self.inner.stream(Arc::clone(&request));
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let recorder = self.recorder.clone();
        tokio::spawn(async move {
            let mut heard: Vec<Item> = Vec::new();
            let mut whole = false;
            loop {
                let item = tokio::select! {
                    biased;
                    () = sender.closed() => break,
                    item = items.recv() => item,
                };
                let Some(item) = item else { break };
                let ends = matches!(item, StreamItem::Done { .. } | StreamItem::Failed(_));
                keep(&mut heard, item.clone());
                if ends {
                    // On the tape before it is known: whoever hears the end may leave at once.
                    recorder.exchange(&request, std::mem::take(&mut heard), false);
                    whole = true;
                }
                if sender.send(item).await.is_err() || ends {
                    break;
                }
            }
            if !whole {
                recorder.exchange(&request, heard, true);
            }
        });
        receiver
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        self.inner.models()
    }
}

/// Deltas of the same block are one on a tape.
fn keep(heard: &mut Vec<Item>, item: StreamItem) {
    match (heard.last_mut(), item) {
        (Some(Item::Delta { index, text }), StreamItem::Delta { index: next, text: more }) if *index == next => {
            text.push_str(&more);
        }
        (_, item) => heard.extend(Item::of(item)),
    }
}
