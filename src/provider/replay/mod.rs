//! Plays a recording as if it were a model: for the rehearsal without a key, for tests, for bug reports.
//!
//! It opens nothing. Its figures come from the same request that a real server would have counted, and
//! its prefix cache behaves like Anthropic's, so what the screen shows of usage is earned.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{CHANNEL, Provider};
use crate::domain::{CanonicalRequest, Hash, ModelError, ModelInfo, StreamItem, Wire};

mod cache;
mod play;
mod recording;
mod scene;

pub use recording::Recording;

use cache::PrefixCache;
use scene::Scene;

/// Requests whose tries are counted; the count starts anew beyond it.
const COUNTED: usize = 4_096;

/// A provider that answers from a recording.
pub struct Replay {
    recording: Arc<Recording>,
    vars: Arc<BTreeMap<String, String>>,
    memory: Arc<Mutex<Memory>>,
}

/// What a server would remember between requests.
#[derive(Default)]
struct Memory {
    cache: PrefixCache,
    /// How often each request came.
    tries: HashMap<Hash, u32>,
}

impl Replay {
    /// Plays `recording`, a new server with an empty cache. (A provider is only ever shared.)
    #[expect(clippy::new_ret_no_self, reason = "the engine holds providers behind the trait")]
    pub fn new(recording: Recording) -> Arc<dyn Provider> {
        Self::with_vars(recording, BTreeMap::new())
    }

    /// The same, with texts for the recording's place-holders: `${project}` is replaced by `vars["project"]`.
    pub fn with_vars(recording: Recording, vars: BTreeMap<String, String>) -> Arc<dyn Provider> {
        Arc::new(Self { recording: Arc::new(recording), vars: Arc::new(vars), memory: Arc::default() })
    }
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("recording", &self.recording.name).finish_non_exhaustive()
    }
}

impl Provider for Replay {
    fn wire(&self) -> Wire {
        Wire::Replay
    }

    fn stream(&self, request: Arc<CanonicalRequest>) -> mpsc::Receiver<StreamItem> {
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let (recording, vars, memory) = (self.recording.clone(), self.vars.clone(), self.memory.clone());
        tokio::spawn(async move {
            let player = match prepare(&request, &recording, &vars, &memory) {
                Ok(player) => player,
                Err(error) => {
                    sender.send(StreamItem::Failed(error)).await.ok();
                    return;
                }
            };
            tokio::select! {
                biased;
                () = sender.closed() => {}
                _ = player.play(&sender) => {}
            }
        });
        receiver
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        let model = self.recording.model.clone();
        Box::pin(async move { Ok(vec![model]) })
    }
}

/// Finds the answer to a request and counts what it costs. No await while the lock is held.
fn prepare(
    request: &CanonicalRequest,
    recording: &Recording,
    vars: &BTreeMap<String, String>,
    memory: &Mutex<Memory>,
) -> Result<play::Player, ModelError> {
    let chain = cache::chain(request);
    let name = chain.last().copied().unwrap_or(Hash::EMPTY);
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    if memory.tries.len() >= COUNTED {
        memory.tries.clear();
    }
    let attempt = *memory.tries.entry(name).and_modify(|tries| *tries += 1).or_insert(1);
    let scene = Scene::of(request, attempt);
    let answer = recording.answer(&scene)?;
    let prompt_usage = memory.cache.count(request, &chain, Instant::now());
    let mut words = vars.clone();
    words.extend((1..).zip(answer.groups).map(|(number, group): (u32, String)| (number.to_string(), group)));
    Ok(play::Player {
        model: recording.model.id.clone(),
        says: answer.says.iter().map(|say| say.filled(&words)).collect(),
        stop: answer.stop,
        usage: answer.usage,
        prompt_usage,
        rate: recording.rate,
        seed: name.to_string().chars().take(16).collect(),
    })
}

#[cfg(test)]
mod tests;
