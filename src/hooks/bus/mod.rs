//! The event bus: what is on record is told to subscribers outside, under the names that hooks know.
//!
//! It hears records and nothing else; the turn does not know it. Each subscriber has a bounded queue of its own: one
//! that is slow or gone loses events, counts them, and holds up nobody.

mod metrics;
mod otlp;
mod translate;
mod webhook;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

pub use otlp::Telemetry;
pub use translate::{Attribute, Told};
pub use webhook::Webhook;

use super::Config;
use crate::domain::{Record, SessionId};
use translate::Translator;

/// Events that may wait for one subscriber.
const WAITING: usize = 256;

/// All subscribers.
#[derive(Debug)]
pub struct Bus {
    translator: Translator,
    lines: Vec<Line>,
    tasks: Vec<JoinHandle<()>>,
}

/// The way to one subscriber.
#[derive(Debug)]
struct Line {
    send: mpsc::Sender<Arc<Told>>,
    lost: Arc<AtomicU64>,
    /// Names that it wants; none for all.
    events: Vec<String>,
}

impl Bus {
    /// Starts the subscribers that settings name; none when there are none. `now` is in milliseconds since 1970.
    pub fn start(config: &Config, session: SessionId, now: u64) -> Option<Self> {
        let mut bus = Self { translator: Translator::new(session), lines: Vec::new(), tasks: Vec::new() };
        for webhook in &config.webhooks {
            let (receive, lost) = bus.line(webhook.events.clone());
            bus.tasks.push(tokio::spawn(webhook::serve(webhook.clone(), receive, lost)));
        }
        if let Some(telemetry) = &config.telemetry {
            let (receive, _) = bus.line(Vec::new());
            bus.tasks.push(tokio::spawn(otlp::serve(telemetry.clone(), receive, now)));
        }
        (!bus.lines.is_empty()).then_some(bus)
    }

    fn line(&mut self, events: Vec<String>) -> (mpsc::Receiver<Arc<Told>>, Arc<AtomicU64>) {
        let (send, receive) = mpsc::channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        self.lines.push(Line { send, lost: Arc::clone(&lost), events });
        (receive, lost)
    }

    /// Another session is open.
    pub fn set_session(&mut self, session: SessionId) {
        self.translator = Translator::new(session);
    }

    /// Tells what a record means to those who want to know. Never waits.
    pub fn hear(&mut self, record: &Arc<Record>) {
        for told in self.translator.hear(record) {
            self.tell(told);
        }
    }

    /// The session ends.
    pub fn ended(&mut self, reason: &str, at: u64) {
        let told = self.translator.ended(reason, at);
        self.tell(told);
    }

    fn tell(&self, told: Told) {
        let told = Arc::new(told);
        for line in &self.lines {
            let wanted = line.events.is_empty() || line.events.iter().any(|name| *name == told.event);
            if wanted && line.send.try_send(Arc::clone(&told)).is_err() {
                line.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Lets the subscribers send what waits, for so long and no longer.
    pub async fn close(self, limit: Duration) {
        drop(self.lines);
        let until = Instant::now() + limit;
        for task in self.tasks {
            let stop = task.abort_handle();
            if timeout_at(until, task).await.is_err() {
                stop.abort();
            }
        }
    }
}
