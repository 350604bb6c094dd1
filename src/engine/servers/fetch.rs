//! What a prompt needs of tool servers before it can be sent: fetched beside the driver, which meanwhile hears
//! everything else. Prompts that come later wait behind it.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::super::driver::{Driver, News, What};
use super::super::hooks::Pending;
use super::super::prompts::mentions;
use super::resources;
use crate::domain::{Event, Live};
use crate::mcp::{Answer, Host, Waits};

/// How long a prompt or a mentioned resource may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// A run without a screen waits so long for servers that it sees for the first time, when they are few.
const FIRST_SIGHT: Duration = Duration::from_secs(2);
const FEW: usize = 8;
/// How long a prompt waits for what earlier runs knew, which is on the disk.
const LOOK: Duration = Duration::from_millis(200);
/// How long a prompt waits for servers that are always loaded.
const ALWAYS: Duration = Duration::from_secs(5);

/// A filled-in prompt: its messages, and whether each is the model's own.
pub(super) type Filled = Result<Vec<(bool, Answer)>, String>;

/// What is to be fetched.
#[derive(Debug, Default)]
pub(in crate::engine) struct Wants {
    /// The request of the session is not settled yet.
    settle: bool,
    /// Mentions with the server and the address that they name.
    mentions: Vec<(String, String, String)>,
    /// A prompt of a server, with its arguments.
    prompt: Option<(String, String, Map<String, Value>)>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(in crate::engine) struct Fetched {
    pub(super) mentions: HashMap<String, Result<Answer, String>>,
    pub(super) prompt: Option<Filled>,
    /// The person did not wait for it.
    pub(in crate::engine) stopped: bool,
}

impl Driver {
    /// What servers have to say before this can be sent; none when nothing is to be waited for.
    pub(in crate::engine) fn wants_of_servers(&self, pending: &Pending) -> Option<Wants> {
        let host = self.parts.servers.host.as_ref()?;
        let text = match pending {
            Pending::Typed(input) => input.text.as_str(),
            Pending::Edit { text, .. } => text,
            Pending::Command { name, arguments } => {
                let found = self.server_prompt(name)?;
                let fields = resources::fill(&found.1, arguments).ok()?;
                let prompt = Some((found.0, found.1.name, fields));
                return Some(Wants { settle: !self.parts.servers.frozen, prompt, ..Wants::default() });
            }
            // A sub-agent's own servers are there when it begins; those of the session are known by then.
            Pending::Task(_) => {
                let own = self.stage.servers.shared.is_none() && !self.parts.servers.frozen;
                return own.then(|| Wants { settle: true, ..Wants::default() });
            }
        };
        let named = |mention: String| {
            let (server, uri) = mention.split_once(':')?;
            host.config(server)?;
            Some((mention.clone(), server.to_owned(), uri.to_owned()))
        };
        let mentions: Vec<_> = mentions(text).into_iter().filter_map(named).collect();
        let settle = !self.parts.servers.frozen;
        (settle || !mentions.is_empty()).then_some(Wants { settle, mentions, prompt: None })
    }

    /// Fetches it beside the driver.
    pub(in crate::engine) async fn ask_servers(&mut self, pending: Pending, wants: Wants, cancel: CancellationToken) {
        let Some(host) = self.parts.servers.host.clone() else { return };
        let words = match (&wants.prompt, wants.mentions.first()) {
            (Some((server, name, _)), _) => Some(format!("{server} fills in {name}")),
            (None, Some((mention, ..))) => Some(format!("reading {mention}")),
            (None, None) => None,
        };
        if words.is_some() {
            self.tell(Event::Live(Live::HookRuns(words))).await;
        }
        let (news, epoch, interactive) = (self.news.clone(), self.epoch, self.setup.interactive);
        tokio::spawn(async move {
            let fetched = tokio::select! {
                fetched = fetch(&host, wants, interactive) => fetched,
                () = cancel.cancelled() => Fetched { stopped: true, ..Fetched::default() },
            };
            let what = What::Fetched(Box::new((pending, fetched)));
            let _gone = news.send(News { epoch, what }).await;
        });
    }

    /// Takes in what was fetched; it holds for the prompt that is made next.
    pub(in crate::engine) async fn take_fetched(&mut self, fetched: Fetched) {
        self.parts.servers.fetched = fetched;
        self.tell(Event::Live(Live::HookRuns(None))).await;
    }
}

async fn fetch(host: &Host, wants: Wants, interactive: bool) -> Fetched {
    if wants.settle {
        // The tools of many servers are found by search in any case, so nothing is waited for.
        if host.len() <= FEW {
            host.wait(LOOK, Waits::Looked).await;
            if !interactive {
                host.wait(FIRST_SIGHT, Waits::Known).await;
            }
        }
        host.wait(ALWAYS, Waits::Loaded).await;
    }
    let read = wants.mentions.into_iter().map(|(mention, server, uri)| async move {
        let answer = Box::pin(in_time(host.read(&server, &uri))).await;
        (mention, answer)
    });
    let mentions = futures::future::join_all(read).await.into_iter().collect();
    let prompt = match wants.prompt {
        Some((server, name, fields)) => Some(Box::pin(in_time(host.prompt(&server, &name, fields))).await),
        None => None,
    };
    Fetched { mentions, prompt, stopped: false }
}

/// The person waits for it, so it has little time.
async fn in_time<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| Err(format!("the server did not answer within {} s", PATIENCE.as_secs())))
}
