//! All servers of a session: started in the background, asked, called, ended. A handle that can be cloned.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::actor;
use super::answer::Answer;
use super::config::{Reach, ServerConfig, Times, Way};
use super::link::{self, Around, Caller, Login};
use super::server::{Order, Server, describe};
use crate::domain::{QuestionForm, ServerAnswer, ServerState, ServerStatus, ToolMarks, ToolSpec};

/// Servers that are started at the same time: programs and remote ones.
const AT_ONCE: (usize, usize) = (3, 20);
/// News that may wait for the engine.
const NEWS: usize = 256;

/// What the servers of a session are, and within which bounds.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    pub servers: Vec<ServerConfig>,
    pub times: Times,
    /// The start folder.
    pub cwd: PathBuf,
    /// Folders of the work, the project's own first.
    pub roots: Vec<PathBuf>,
    pub env: Arc<BTreeMap<String, String>>,
    /// Where we keep what was agreed and tokens of logins.
    pub folder: PathBuf,
    pub interactive: bool,
}

/// What happened to a server.
#[derive(Debug)]
pub enum News {
    /// Its state or what it offers is not what it was.
    Changed,
    /// Its tools changed while it ran, by name.
    Tools { server: String, added: Vec<String>, removed: Vec<String>, changed: Vec<String> },
    /// Something to tell the person.
    Remark(String),
    /// The person is known to that server now.
    LoggedIn(String),
    Question {
        server: String,
        message: String,
        form: QuestionForm,
        /// It is our own, about a login.
        login: bool,
        reply: oneshot::Sender<ServerAnswer>,
    },
}

/// A tool as the engine offers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub server: String,
    /// The server's own name of the tool.
    pub tool: String,
    /// What a model is told: of a changed tool what was agreed to.
    pub spec: ToolSpec,
    pub marks: ToolMarks,
    pub always_load: bool,
    pub result_chars: Option<usize>,
    /// Bytes of the definition, the basis of estimates.
    pub bytes: u64,
    /// What is different from what was agreed to, a line each.
    pub change: Vec<String>,
}

/// The servers.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

pub(super) struct Inner {
    pub around: Around,
    pub servers: BTreeMap<String, Arc<Server>>,
    pub news: mpsc::Sender<News>,
    pub stop: CancellationToken,
    pub gates: (Semaphore, Semaphore),
    /// Something changed.
    pub moved: Notify,
    /// Servers that still run.
    running: tokio_util::task::TaskTracker,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.servers.keys()).finish()
    }
}

impl Host {
    /// Starts all servers in the background; nothing is waited for.
    pub fn start(grounds: Grounds) -> (Self, mpsc::Receiver<News>) {
        let (news, heard) = mpsc::channel(NEWS);
        let Grounds { servers, times, cwd, roots, env, folder, interactive } = grounds;
        let around = Around { cwd, roots, env, times, folder: folder.clone(), interactive };
        let project = around.roots.first().map(|root| root.display().to_string()).unwrap_or_default();
        let mut waiting = Vec::new();
        let mut all = BTreeMap::new();
        for config in servers {
            let (orders, taken) = mpsc::channel(8);
            let name = config.name.clone();
            let scope = config.scope.to_string();
            let pins_file = super::pins::file(&folder, &[&scope, &project, &name, &config.content]);
            let server = Arc::new(Server::new(config, orders, pins_file));
            waiting.push((Arc::clone(&server), taken));
            all.insert(name, server);
        }
        let inner = Arc::new(Inner {
            around,
            servers: all,
            news,
            stop: CancellationToken::new(),
            gates: (Semaphore::new(AT_ONCE.0), Semaphore::new(AT_ONCE.1)),
            moved: Notify::new(),
            running: tokio_util::task::TaskTracker::new(),
        });
        for (server, taken) in waiting {
            inner.running.spawn(actor::run(server, taken, Arc::clone(&inner)));
        }
        inner.running.close();
        (Self(inner), heard)
    }

    /// How many servers there are.
    pub fn len(&self) -> usize {
        self.0.servers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.servers.is_empty()
    }

    /// All tools that are known, those of servers that are not up yet among them, by full name.
    pub fn known(&self) -> Vec<Arc<Known>> {
        let mut all: BTreeMap<String, Arc<Known>> = BTreeMap::new();
        for server in self.0.servers.values() {
            let seen = server.seen();
            if matches!(seen.state, ServerState::Off { .. }) {
                continue;
            }
            for known in &seen.known {
                // Two tools whose names become the same: the first one has it.
                all.entry(known.spec.name.clone()).or_insert_with(|| Arc::clone(known));
            }
        }
        all.into_values().collect()
    }

    /// How all servers stand; `loaded` tells which tools stand in every request.
    pub fn statuses(&self, loaded: impl Fn(&str) -> bool) -> Vec<ServerStatus> {
        self.0.servers.values().map(|server| server.status(&loaded)).collect()
    }

    /// Names of servers that may still become ready by themselves.
    pub fn on_their_way(&self) -> Vec<String> {
        let waits = |server: &&Arc<Server>| server.seen().state.is_on_its_way();
        self.0.servers.values().filter(waits).map(|server| server.config.name.clone()).collect()
    }

    /// The instructions of servers that are ready.
    pub fn instructions(&self) -> Vec<(String, String)> {
        let told = |server: &Arc<Server>| {
            let text = server.seen().offer.instructions.clone();
            (!text.is_empty()).then(|| (server.config.name.clone(), text))
        };
        self.0.servers.values().filter_map(told).collect()
    }

    /// Waits until `enough` or the time is over.
    pub async fn wait(&self, time: Duration, enough: Waits) {
        let done = async {
            loop {
                let moved = self.0.moved.notified();
                if self.is(enough) {
                    return;
                }
                moved.await;
            }
        };
        drop(tokio::time::timeout(time, done).await);
    }

    fn is(&self, enough: Waits) -> bool {
        self.0.servers.values().all(|server| {
            let seen = server.seen();
            match enough {
                Waits::Looked => seen.looked,
                Waits::Known => seen.looked && (seen.pins.is_some() || !seen.state.is_on_its_way()),
                Waits::Loaded => !server.config.always_load || !seen.state.is_on_its_way(),
                Waits::Settled => !seen.state.is_on_its_way(),
            }
        })
    }

    /// Waits for a server while it is on its way, and says whether a tool is still what was judged: an earlier run may
    /// have known another one.
    pub async fn is_as_judged(&self, judged: &Known, cancel: &CancellationToken) -> Result<bool, String> {
        tokio::select! {
            caller = self.caller(&judged.server) => drop(caller?),
            () = cancel.cancelled() => return Err("it was stopped".to_owned()),
        }
        let now = self.known().into_iter().find(|known| known.spec.name == judged.spec.name);
        Ok(now.is_none_or(|now| now.marks.asks.is_none() || now.marks.asks == judged.marks.asks))
    }

    /// Waits for a server while it is on its way. The error says why it cannot be called.
    pub async fn ready(&self, server: &str) -> Result<(), String> {
        self.caller(server).await.map(drop)
    }

    /// Calls a tool; waits for its server while that is on its way.
    pub async fn call(
        &self,
        server: &str,
        tool: &str,
        input: Map<String, Value>,
        live: mpsc::Sender<String>,
        cancel: &CancellationToken,
    ) -> Result<Answer, String> {
        let caller = tokio::select! {
            caller = self.caller(server) => caller?,
            () = cancel.cancelled() => return Err("it was stopped".to_owned()),
        };
        caller.call(tool, input, live, cancel).await
    }

    /// Reads a resource.
    pub async fn read(&self, server: &str, uri: &str) -> Result<Answer, String> {
        self.caller(server).await?.read(uri).await
    }

    /// Fills in a prompt: its messages, and whether each is the model's own.
    pub async fn prompt(
        &self,
        server: &str,
        name: &str,
        arguments: Map<String, Value>,
    ) -> Result<Vec<(bool, Answer)>, String> {
        self.caller(server).await?.prompt(name, arguments).await
    }

    async fn caller(&self, name: &str) -> Result<Caller, String> {
        let server = self.0.servers.get(name).ok_or_else(|| format!("there is no server `{name}`"))?;
        let limit = Duration::from_millis(self.0.around.times.start_ms);
        let ready = async {
            loop {
                let moved = self.0.moved.notified();
                {
                    let seen = server.seen();
                    if let Some(caller) = &seen.caller {
                        return Ok(caller.clone());
                    }
                    if !seen.state.is_on_its_way() {
                        return Err(format!("the server {name} is {}", describe(&seen.state)));
                    }
                }
                moved.await;
            }
        };
        tokio::time::timeout(limit, ready)
            .await
            .unwrap_or_else(|_| Err(format!("the server {name} is still not connected after {} s", limit.as_secs())))
    }

    /// Connects a server anew.
    pub fn reconnect(&self, name: &str) -> bool {
        self.order(name, Order::Reconnect)
    }

    /// Ends a server for this session.
    pub fn switch_off(&self, name: &str) -> bool {
        self.order(name, Order::Off)
    }

    fn order(&self, name: &str, order: Order) -> bool {
        self.0.servers.get(name).is_some_and(|server| server.orders.try_send(order).is_ok())
    }

    /// Agrees to a tool as it is now, or to all tools of a server. The error tells why it is not remembered.
    pub fn agree(&self, name: &str, tool: Option<&str>) -> Result<(), String> {
        let Some(server) = self.0.servers.get(name) else { return Ok(()) };
        let pins = {
            let mut seen = server.seen();
            let offer = Arc::clone(&seen.offer);
            let mut pins = seen.pins.take().unwrap_or_default();
            for info in offer.tools.iter().filter(|info| tool.is_none_or(|tool| tool == info.name)) {
                pins.agree(info);
            }
            seen.pins = Some(pins.clone());
            server.count(&mut seen);
            pins
        };
        pins.save(&server.pins_file)
    }

    /// Begins a login to a server.
    pub async fn login(&self, name: &str) -> Result<Login, String> {
        let server = self.0.servers.get(name).ok_or_else(|| format!("there is no server `{name}`"))?;
        link::begin_login(reach(&server.config)?, &self.0.around).await
    }

    /// Forgets the login to a server. Says whether there was one.
    pub fn logout(&self, name: &str) -> Result<bool, String> {
        let server = self.0.servers.get(name).ok_or_else(|| format!("there is no server `{name}`"))?;
        Ok(link::forget_tokens(&self.0.around.folder, reach(&server.config)?))
    }

    /// The configuration of a server.
    pub fn config(&self, name: &str) -> Option<&ServerConfig> {
        self.0.servers.get(name).map(|server| &server.config)
    }

    /// Ends all servers and waits for that, a bounded time.
    pub async fn close(&self) {
        self.0.stop.cancel();
        drop(tokio::time::timeout(Duration::from_secs(5), self.0.running.wait()).await);
    }
}

/// Forgets the login to a server that does not run.
pub fn forget_login(grounds: &Grounds, name: &str) -> Result<bool, String> {
    let config = grounds.servers.iter().find(|server| server.name == name);
    let config = config.ok_or_else(|| format!("there is no server `{name}`"))?;
    Ok(link::forget_tokens(&grounds.folder, reach(config)?))
}

fn reach(config: &ServerConfig) -> Result<&Reach, String> {
    match &config.way {
        Way::Http(reach) | Way::Sse(reach) => Ok(reach),
        Way::Stdio { .. } => Err(format!("the server {} is a program here and has no login", config.name)),
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// It is known what earlier runs knew.
    Looked,
    /// The tools of every server are known, be it from an earlier run.
    Known,
    /// Servers that are always loaded are up, or failed.
    Loaded,
    /// No server is on its way.
    Settled,
}
