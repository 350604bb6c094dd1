//! All language servers of a session. A handle that can be cloned. Paths are absolute.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::actor;
use super::answer::Answer;
use super::ask::{self, Operation, Question};
use super::config::LanguageConfig;
use super::connection::{Connection, LARGEST, Text};
use super::place;
use super::server::{Order, Server};
use super::watch::Watch;
use crate::domain::{LanguageProblem, LanguageState, LanguageStatus};

/// News that may wait for the engine, and orders for a server.
const NEWS: usize = 64;
const ORDERS: usize = 8;
/// How long after its answer a server may begin a longer check, and how often it is looked whether that is over.
const BREATH: Duration = Duration::from_millis(120);
/// The share of a wait that goes to learning how things stood before.
const BEFORE: u32 = 2;

/// Which servers there are, and where they work.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    pub servers: Vec<LanguageConfig>,
    /// Folders of the work, the project's own first.
    pub roots: Vec<PathBuf>,
    pub env: Arc<BTreeMap<String, String>>,
}

/// What happened.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// Something is not what it was.
    Changed,
    /// A server would be of use and waits for the person's yes.
    Wanted(String),
    /// Something to tell the person.
    Remark(String),
}

/// A file that was changed, with its bytes before; none when it is new.
#[derive(Clone, Debug)]
pub struct Change {
    pub path: PathBuf,
    pub before: Option<Vec<u8>>,
}

/// The servers.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

pub(super) struct Inner {
    pub env: Arc<BTreeMap<String, String>>,
    pub news: mpsc::Sender<News>,
    pub stop: CancellationToken,
    roots: Vec<PathBuf>,
    servers: Vec<Arc<Server>>,
    /// Something changed.
    moved: Notify,
    running: TaskTracker,
}

impl Inner {
    pub(super) fn changed(&self) {
        self.moved.notify_waiters();
        // A full channel means that the engine will look anyway.
        self.news.try_send(News::Changed).ok();
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.servers.iter().map(|server| &server.config.name)).finish()
    }
}

impl Host {
    /// Makes ready what there is. No program is started.
    pub fn start(grounds: Grounds) -> (Self, mpsc::Receiver<News>) {
        let (news, heard) = mpsc::channel(NEWS);
        let mut waiting = Vec::new();
        // Servers and the disk name files by where they really lie.
        let roots: Vec<PathBuf> = grounds.roots.iter().map(|root| real(root)).collect();
        let inner = Arc::new_cyclic(|inner| {
            let project = roots.first().cloned().unwrap_or_else(|| PathBuf::from("/"));
            let make = |config: LanguageConfig| {
                let (orders, taken) = mpsc::channel(ORDERS);
                let root = config.folder.as_ref().map_or_else(|| project.clone(), |folder| project.join(folder));
                waiting.push(taken);
                Arc::new(Server::new(config, orders, root, inner.clone()))
            };
            Inner {
                servers: grounds.servers.into_iter().map(make).collect(),
                env: grounds.env,
                roots,
                news,
                stop: CancellationToken::new(),
                moved: Notify::new(),
                running: TaskTracker::new(),
            }
        });
        for (server, taken) in inner.servers.iter().zip(waiting) {
            inner.running.spawn(actor::run(Arc::clone(server), taken, Arc::clone(&inner)));
        }
        inner.running.close();
        (Self(inner), heard)
    }

    /// How all stand.
    pub fn statuses(&self) -> Vec<LanguageStatus> {
        self.0.servers.iter().map(|server| server.status()).collect()
    }

    /// The person's order to start one, or to start it anew. Says whether there is one of that name.
    pub fn start_one(&self, name: &str) -> bool {
        self.order(name, Order::Start)
    }

    /// The person's order to end one for this session.
    pub fn stop_one(&self, name: &str) -> bool {
        self.order(name, Order::Stop)
    }

    fn order(&self, name: &str, order: Order) -> bool {
        let server = self.0.servers.iter().find(|server| server.config.name == name);
        server.is_some_and(|server| server.orders.try_send(order).is_ok())
    }

    /// A file is at hand that a server may know something of. The server is woken; nothing is waited for.
    pub fn warm(&self, path: &Path) {
        let Some(server) = self.server_of(path).filter(|_| self.is_inside(&real(path))) else { return };
        if server.seen().state == LanguageState::Asleep {
            server.orders.try_send(Order::Wake).ok();
        }
        self.offer(&server);
    }

    /// Tells the person once that a server could be of use here.
    fn offer(&self, server: &Server) {
        let mut seen = server.seen();
        if seen.state == LanguageState::Unasked && !std::mem::replace(&mut seen.offered, true) {
            self.0.news.try_send(News::Wanted(server.config.name.clone())).ok();
        }
    }

    fn server_of(&self, path: &Path) -> Option<Arc<Server>> {
        self.0.servers.iter().find(|server| server.language(path).is_some()).cloned()
    }

    fn is_inside(&self, path: &Path) -> bool {
        self.0.roots.iter().any(|root| path.starts_with(root))
    }

    /// Everything that servers find wrong now, by file.
    pub fn problems(&self) -> BTreeMap<PathBuf, Vec<LanguageProblem>> {
        let mut all = BTreeMap::new();
        for server in &self.0.servers {
            all.extend(server.seen().problems.all());
        }
        all
    }

    /// Tells servers of changed files and waits, at most so long, for what they say. What stood there before goes to
    /// `watch`, as far as it can be learnt. Files are told together. Says whether all was heard in time.
    pub async fn settle(&self, changes: &[Change], watch: &Mutex<Watch>, limit: Duration) -> bool {
        let late = Instant::now() + limit;
        let mut known: Vec<(Arc<Server>, &Change)> = Vec::new();
        let changes: Vec<Change> =
            changes.iter().map(|change| Change { path: real(&change.path), ..change.clone() }).collect();
        for change in changes.iter().filter(|change| self.is_inside(&change.path)) {
            self.warm(&change.path);
            known.extend(self.server_of(&change.path).map(|server| (server, change)));
        }
        if known.is_empty() {
            return false;
        }
        if lock(watch).nothing_changed() {
            self.problems().into_iter().for_each(|(path, problems)| lock(watch).take_as_known(&path, problems));
        }
        for (_, change) in &known {
            if change.before.is_none() {
                lock(watch).take_as_known(&change.path, Vec::new());
            }
            lock(watch).will_change(&change.path);
        }
        let work =
            futures::future::join_all(known.iter().map(|(server, change)| self.check(server, change, watch, late)));
        let done = tokio::time::timeout_at(late, work).await;
        done.is_ok_and(|checked| checked.iter().all(Result::is_ok))
    }

    async fn check(&self, server: &Server, change: &Change, watch: &Mutex<Watch>, late: Instant) -> Result<(), String> {
        let connection = self.connection(server, late).await?;
        let path = &change.path;
        let language = server.language(path).unwrap_or_default();
        let left = late.saturating_duration_since(Instant::now());
        if let Some(before) = change.before.as_deref().filter(|_| lock(watch).is_new(path)) {
            let text = String::from_utf8_lossy(before);
            if !connection.knows(path).await {
                connection.tell(Text { path, language, content: &text }).await?;
                // Not all servers say anything of a file that is in order.
                drop(tokio::time::timeout(left / BEFORE, self.heard(server, &connection, path, (0, 1))).await);
            }
            let stood = server.seen().problems.of(path);
            if let Some(stood) = stood {
                lock(watch).take_as_known(path, stood);
            }
        }
        let Some(text) = text_of(path).await else { return connection.forget(path).await };
        let published = server.seen().problems.published(path);
        let version = connection.tell(Text { path, language, content: &text }).await?;
        connection.saved(path, change.before.is_none()).await?;
        if let Some(version) = version {
            self.heard(server, &connection, path, (published, version)).await;
        }
        self.is_calm(server).await;
        Ok(())
    }

    /// Waits until the server has spoken of a version of a file: asked when it can be asked, else until it publishes
    /// something after what was published `since`.
    async fn heard(&self, server: &Server, connection: &Connection, path: &Path, (since, version): (u64, i64)) {
        if connection.can("diagnosticProvider")
            && let Ok(uri) = place::uri(path)
        {
            let params = json!({"textDocument": {"uri": uri}});
            // The wait as a whole has a limit.
            let answer = connection.client.request("textDocument/diagnostic", params, Duration::from_secs(30)).await;
            if let Ok(report) = answer {
                server.seen().problems.answered(path, report);
                return;
            }
        }
        self.until(|| {
            let seen = server.seen();
            seen.connection.is_none() || seen.problems.is_newer(path, since, version)
        })
        .await;
    }

    /// Waits until the server is busy with nothing; it may take a breath before it begins.
    async fn is_calm(&self, server: &Server) {
        loop {
            tokio::time::sleep(BREATH).await;
            if server.seen().busy.is_empty() {
                return;
            }
            self.until(|| server.seen().busy.is_empty()).await;
        }
    }

    async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            let moved = self.0.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if is_so() {
                return;
            }
            moved.await;
        }
    }

    /// The connection of a server, once it is up. The error is half a sentence.
    async fn connection(&self, server: &Server, late: Instant) -> Result<Arc<Connection>, String> {
        let name = &server.config.name;
        let done = || {
            let seen = server.seen();
            match &seen.state {
                _ if seen.connection.is_some() => true,
                LanguageState::Asleep | LanguageState::Starting | LanguageState::Retrying { .. } => false,
                _ => true,
            }
        };
        let waited = tokio::time::timeout_at(late, self.until(done)).await;
        let seen = server.seen();
        match (&seen.connection, &seen.state) {
            (Some(connection), _) => Ok(Arc::clone(connection)),
            (None, LanguageState::Unasked) => Err(format!(
                "{name} is installed, but the user has not said that it may run in this project; /lsp starts it"
            )),
            (None, LanguageState::Failed { reason }) => Err(format!("{name} does not work: {reason}")),
            (None, LanguageState::Off { why }) => Err(format!("{name} is off: {why}")),
            (None, _) if waited.is_err() => Err(format!("{name} is still starting; try again later")),
            (None, state) => Err(format!("{name} is {}", state.word())),
        }
    }

    /// Asks the server of a file, and waits at most so long. The error is a sentence for the model.
    pub async fn ask(&self, question: &Question, limit: Duration) -> Result<Answer, String> {
        let late = Instant::now() + limit;
        let path = &question.path;
        let Some(server) = self.server_of(path) else { return Err(self.no_server(path)) };
        if server.seen().state == LanguageState::Asleep {
            server.orders.try_send(Order::Wake).ok();
        }
        self.offer(&server);
        let sentence = |problem: String| format!("{problem}.");
        let connection = self.connection(&server, late).await.map_err(sentence)?;
        let asking = async {
            let published = server.seen().problems.published(path);
            let changed = self.refresh(&server, &connection).await?;
            let text = text_of(path)
                .await
                .ok_or_else(|| format!("{} cannot be read as a text of at most {LARGEST} bytes", path.display()))?;
            let language = server.language(path).unwrap_or_default();
            let version = connection.tell(Text { path, language, content: &text }).await?;
            let is_new = version.is_some() || changed.contains(path);
            if question.operation == Operation::Diagnostics {
                if is_new || server.seen().problems.of(path).is_none() {
                    self.heard(&server, &connection, path, (published, version.unwrap_or(0))).await;
                }
                return Ok(Answer::Problems(server.seen().problems.of(path).unwrap_or_default()));
            }
            let left = late.saturating_duration_since(Instant::now());
            ask::ask(&connection, question, &text, left).await
        };
        let answered = tokio::time::timeout_at(late, asking).await;
        let answered =
            answered.unwrap_or_else(|_| Err(format!("it did not answer within {:.0} s", limit.as_secs_f32())));
        answered.map_err(|problem| format!("{}: {problem}.", server.config.name))
    }

    /// Tells a server of files that changed since it was told of them. Returns those.
    async fn refresh(&self, server: &Server, connection: &Connection) -> Result<Vec<PathBuf>, String> {
        let mut changed = Vec::new();
        for path in connection.known().await {
            match text_of(&path).await {
                Some(text) => {
                    let language = server.language(&path).unwrap_or_default();
                    if connection.tell(Text { path: &path, language, content: &text }).await?.is_some() {
                        connection.saved(&path, false).await?;
                        changed.push(path);
                    }
                }
                None => connection.forget(&path).await?,
            }
        }
        Ok(changed)
    }

    fn no_server(&self, path: &Path) -> String {
        let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
        let all: Vec<String> = self
            .0
            .servers
            .iter()
            .map(|server| {
                let endings: Vec<&str> = server.config.extensions.keys().map(String::as_str).collect();
                format!("{} for {}", server.config.name, endings.join(" "))
            })
            .collect();
        format!("No language server serves `{ending}` files. There are: {}.", all.join("; "))
    }

    /// Ends all servers and waits for that, a bounded time.
    pub async fn close(&self) {
        self.0.stop.cancel();
        drop(tokio::time::timeout(Duration::from_secs(5), self.0.running.wait()).await);
    }
}

/// Where a file really lies; of one that is gone, its folder.
fn real(path: &Path) -> PathBuf {
    crate::base::paths::facts(path).0
}

fn lock(watch: &Mutex<Watch>) -> std::sync::MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text of a file, when it is one and not too large.
async fn text_of(path: &Path) -> Option<String> {
    let path = path.to_owned();
    let read = move || crate::base::read::text(&path, LARGEST as u64).ok().flatten();
    tokio::task::spawn_blocking(read).await.ok().flatten()
}
