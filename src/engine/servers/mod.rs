//! Tool servers in the engine: started beside the session, their tools behind the one gate.
//!
//! What is known of their tools when the first prompt leaves, and fits, stands in the request; everything that comes
//! later or does not fit is found by search. So no prompt waits for a server and none of them breaks the cached prefix.

mod events;
mod fetch;
mod outcome;
mod plan;
mod prefix;
mod resources;
mod serve;
mod stable;
mod tool;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

pub(super) use fetch::Fetched;
pub use plan::{Admits, SearchMode, ServerPlan};
pub use serve::{OutsideCall, open_counter};

use self::outcome::Bounds;
use super::driver::{Driver, News, What};
use super::team;
use crate::domain::{AgentFile, CommandFile, ServerAnswer, ServerState, ToolSpec};
use crate::mcp::{self, Grounds, Host, Known};
use crate::tools::{self, Tool};

/// How long nothing must have changed before a change is told.
const CALM: Duration = Duration::from_millis(60);
/// A change is told this soon in any case.
const LATEST: Duration = Duration::from_millis(500);
const FOREVER: Duration = Duration::from_secs(86_400);

/// The servers of the session and what was told of them.
#[derive(Default)]
pub(super) struct Servers {
    host: Option<Host>,
    /// The plan that they were started by.
    plan: Option<Arc<ServerPlan>>,
    /// The tools that are the same in every request.
    stable: Vec<Arc<dyn Tool>>,
    /// Tools of servers by full name.
    tools: BTreeMap<String, Arc<dyn Tool>>,
    /// Those of them that stand in the request.
    loaded: Vec<ToolSpec>,
    /// The request of this session is settled.
    frozen: bool,
    /// Servers that the model was told of.
    announced: BTreeSet<String>,
    questions: HashMap<u32, Question>,
    asked: u32,
    /// Calls of servers' tools that the person is asked about, by the number of the question.
    asks: HashMap<u32, String>,
    /// What was fetched for the prompt that is made now.
    fetched: Fetched,
    /// Switched off or on with `/mcp` in this session.
    switched: BTreeMap<String, bool>,
}

/// A question of a server that is open.
#[derive(Debug)]
struct Question {
    server: String,
    message: String,
    reply: oneshot::Sender<ServerAnswer>,
}

impl Servers {
    /// The running servers.
    pub(super) fn host(&self) -> Option<Host> {
        self.host.clone()
    }

    fn is_loaded(&self, name: &str) -> bool {
        self.loaded.iter().any(|spec| spec.name == name)
    }
}

impl Driver {
    /// Starts the servers of the stage, unless they run, and makes language servers ready. Nothing is waited for.
    pub(super) async fn start_servers(&mut self) {
        self.open_languages().await;
        let plan = Arc::clone(&self.stage.servers);
        if self.parts.servers.plan.as_ref().is_some_and(|started| Arc::ptr_eq(started, &plan)) {
            return;
        }
        self.close_servers().await;
        self.parts.servers.plan = Some(Arc::clone(&plan));
        if let Some(shared) = &plan.shared {
            self.parts.servers.host = Some(shared.clone());
            return self.thaw_servers("tool servers of the session");
        }
        if plan.servers.is_empty() {
            return self.thaw_servers("tool servers ended");
        }
        let place = &self.stage.place;
        let mut servers = plan.servers.clone();
        for server in &mut servers {
            if self.parts.servers.switched.get(&server.name) == Some(&false) {
                server.off = Some("you switched it off".to_owned());
            }
        }
        let (host, mut heard) = Host::start(Grounds {
            servers,
            times: plan.times,
            cwd: place.cwd.clone(),
            roots: std::iter::once(&place.project).chain(&place.added).cloned().collect(),
            env: Arc::clone(&self.stage.env),
            folder: plan.folder.clone(),
            interactive: self.setup.interactive,
        });
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let mut changed: Option<Instant> = None;
            loop {
                // Many servers that start at once are one change.
                let calm = changed.map_or(FOREVER, |since| CALM.min(LATEST.saturating_sub(since.elapsed())));
                let told = match tokio::time::timeout(calm, heard.recv()).await {
                    Ok(None) => return,
                    Ok(Some(mcp::News::Changed)) => {
                        changed = changed.or_else(|| Some(Instant::now()));
                        continue;
                    }
                    Ok(Some(told)) => told,
                    Err(_) => {
                        changed = None;
                        mcp::News::Changed
                    }
                };
                if news.send(News { epoch, what: What::Server(Box::new(told)) }).await.is_err() {
                    return;
                }
            }
        });
        self.parts.servers.host = Some(host);
        self.thaw_servers("tool servers were started");
    }

    /// Ends all servers.
    pub(super) async fn close_servers(&mut self) {
        let switched = std::mem::take(&mut self.parts.servers.switched);
        let servers = std::mem::take(&mut self.parts.servers);
        self.parts.servers.switched = switched;
        let own = servers.plan.is_none_or(|plan| plan.shared.is_none());
        if let Some(host) = servers.host.filter(|_| own) {
            host.close().await;
        }
    }

    /// The tool of that name: one of the program's own, or one of a server.
    pub(super) fn tool(&self, name: &str) -> Option<Arc<dyn Tool>> {
        if !team::lead_has(&self.stage, tools::today(name)) {
            return None;
        }
        let own = tools::named(&self.setup.tools, name);
        let more = || self.parts.servers.stable.iter().chain(self.language_tools());
        let stable = || more().find(|tool| tool.spec().name == name);
        own.or_else(stable).or_else(|| self.parts.servers.tools.get(name)).map(Arc::clone)
    }

    /// The running servers for a sub-agent, as far as its lists give it their tools.
    pub(super) fn servers_for(&self, agent: &AgentFile) -> Arc<ServerPlan> {
        let lists = agent.tools.clone();
        // Lists that name neither a server's tool nor the search give none of all this.
        let none = lists.allowed.as_ref().is_some_and(|list| {
            !list.iter().any(|entry| entry.starts_with("mcp__") || entry == "ToolSearch" || entry == "*")
        });
        let plan = ServerPlan { servers: Vec::new(), shared: None, ..(*self.stage.servers).clone() };
        let Some(host) = self.parts.servers.host.clone().filter(|_| !none) else { return Arc::new(plan) };
        // Nobody hands on what he was not given; what runs the session limits itself alone.
        let own = self.stage.servers.admits.clone().filter(|_| self.stage.child.is_some());
        let admits: Admits =
            Arc::new(move |name| own.as_ref().is_none_or(|own| own(name)) && team::admits_of_server(&lists, name));
        Arc::new(ServerPlan { shared: Some(host), admits: Some(admits), ..plan })
    }

    /// The tools of servers that are known and given here.
    fn known_tools(&self) -> Vec<Arc<Known>> {
        let Some(host) = &self.parts.servers.host else { return Vec::new() };
        let mut known = host.known();
        if let Some(admits) = &self.stage.servers.admits {
            known.retain(|known| admits(&known.spec.name));
        }
        known
    }

    /// Names of the tools that stand in the request.
    pub(super) fn tool_names(&self) -> Vec<String> {
        let more = self.parts.servers.stable.iter().chain(self.language_tools());
        let own = self.setup.tools.iter().chain(more).map(|tool| tool.spec().name);
        own.chain(self.parts.servers.loaded.iter().map(|spec| spec.name.clone())).collect()
    }

    /// What the model is told when it calls a tool that is none.
    pub(super) fn no_such_tool(&self, name: &str) -> String {
        let search = if self.parts.servers.host.is_some() && name.starts_with("mcp__") {
            " ToolSearch finds the tools of servers."
        } else {
            ""
        };
        format!("there is no tool `{name}`. The tools are {}.{search}", self.tool_names().join(", "))
    }

    /// Command files, and the prompts of servers.
    pub(super) fn all_commands(&self) -> Vec<CommandFile> {
        let own = self.stage.commands.iter().filter(|file| !file.traits.model_only);
        let mut all: Vec<CommandFile> = own.cloned().collect();
        all.extend(self.server_prompts());
        all
    }

    /// All servers by name; those that are not begun yet wait.
    pub(super) fn server_states(&self) -> Vec<(String, ServerState)> {
        if let Some(host) = &self.parts.servers.host {
            return host.statuses(|_| false).into_iter().map(|status| (status.name, status.state)).collect();
        }
        let state = |config: &mcp::ServerConfig| match &config.off {
            Some(why) => ServerState::Off { why: why.clone() },
            None => ServerState::Waiting,
        };
        self.stage.servers.servers.iter().map(|config| (config.name.clone(), state(config))).collect()
    }

    fn server_bounds(&self) -> Bounds {
        let (most, large) = self.stage.servers.output;
        Bounds { most, large }
    }
}
