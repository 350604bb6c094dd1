//! Language servers in the engine: started when a file of theirs is at hand, told of changes, asked by the model.
//!
//! Nothing waits for a server but the calls that need it, and those only so long. Which tools the model has is settled
//! by the settings before the first prompt, whatever becomes of the servers, so none of them breaks the cached prefix.

mod check;
mod rename;
mod tool;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(in crate::engine) use rename::RENAME;

use self::rename::Planned;
use super::driver::{Driver, News, What};
use super::team;
use crate::domain::{AgentFile, Event, LanguageNews, LanguageRequest, Live, Notice, ToolCall};
use crate::lsp::{Grounds, Host, LanguageConfig, News as ServerNews, Watch};
use crate::tools::Tool;

/// How long changes are gathered before they are told, and how long an edit waits when the settings do not say.
const CALM: Duration = Duration::from_millis(150);
const WAIT_MS: u64 = 2_000;

/// Remembers that a server may run in this project. The error tells why it is not remembered.
pub type KeepConsent = Arc<dyn Fn(&str) -> Result<PathBuf, String> + Send + Sync>;

/// What the settings say of language servers.
#[derive(Clone)]
pub struct LanguagePlan {
    pub servers: Vec<LanguageConfig>,
    /// Milliseconds that an edit waits for what is wrong after it.
    pub wait_ms: u64,
    pub keep: KeepConsent,
    /// Those of the session that a sub-agent belongs to, and which tools it is given.
    pub shared: Option<Shared>,
}

/// Running servers, and what of them is given.
#[derive(Clone)]
pub struct Shared {
    pub(in crate::engine) host: Host,
    pub(in crate::engine) tools: Vec<Arc<dyn Tool>>,
}

/// The servers of the session, and what was told of their findings.
#[derive(Default)]
pub(super) struct Languages {
    host: Option<Host>,
    plan: Option<Arc<LanguagePlan>>,
    tools: Vec<Arc<dyn Tool>>,
    watch: Arc<Mutex<Watch>>,
    /// Renames that were worked out and wait for the gate, by call.
    planned: HashMap<String, Planned>,
}

/// What work beside the driver reports.
#[derive(Debug)]
pub(super) enum Heard {
    Server(ServerNews),
    /// A rename was worked out.
    Planned {
        call: ToolCall,
        planned: Planned,
    },
}

impl Heard {
    /// Servers outlive a session.
    pub(super) fn is_of_any_session(&self) -> bool {
        matches!(self, Self::Server(_))
    }
}

impl Default for LanguagePlan {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            wait_ms: WAIT_MS,
            keep: Arc::new(|_| Err("nothing is kept here".to_owned())),
            shared: None,
        }
    }
}

impl fmt::Debug for LanguagePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LanguagePlan")
            .field("servers", &self.servers)
            .field("wait_ms", &self.wait_ms)
            .finish_non_exhaustive()
    }
}

impl Driver {
    /// Makes the servers of the stage ready, unless they are. No program is started.
    pub(super) async fn open_languages(&mut self) {
        let plan = Arc::clone(&self.stage.languages);
        if self.parts.languages.plan.as_ref().is_some_and(|open| Arc::ptr_eq(open, &plan)) {
            return;
        }
        self.close_languages().await;
        let languages = &mut self.parts.languages;
        languages.plan = Some(Arc::clone(&plan));
        if let Some(shared) = &plan.shared {
            languages.host = Some(shared.host.clone());
            languages.tools.clone_from(&shared.tools);
        } else if !plan.servers.is_empty() {
            let place = &self.stage.place;
            let (host, heard) = Host::start(Grounds {
                servers: plan.servers.clone(),
                roots: std::iter::once(&place.project).chain(&place.added).cloned().collect(),
                env: Arc::clone(&self.stage.env),
            });
            languages.tools = tool::tools(&host);
            languages.host = Some(host);
            self.listen(heard);
        }
    }

    /// Passes on what servers report; many changes at once are one.
    fn listen(&self, mut heard: tokio::sync::mpsc::Receiver<ServerNews>) {
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            while let Some(told) = heard.recv().await {
                let mut all = Vec::new();
                if told == ServerNews::Changed {
                    tokio::time::sleep(CALM).await;
                }
                all.push(told);
                while let Ok(told) = heard.try_recv() {
                    if told != ServerNews::Changed || !all.contains(&told) {
                        all.push(told);
                    }
                }
                for told in all {
                    let what = What::Language(Box::new(Heard::Server(told)));
                    if news.send(News { epoch, what }).await.is_err() {
                        return;
                    }
                }
            }
        });
    }

    /// Ends all servers.
    pub(super) async fn close_languages(&mut self) {
        let languages = std::mem::take(&mut self.parts.languages);
        let own = languages.plan.is_none_or(|plan| plan.shared.is_none());
        if let Some(host) = languages.host.filter(|_| own) {
            host.close().await;
        }
    }

    /// Another session begins: what was told in the last one is not known in this one.
    pub(super) fn forget_problems(&mut self) {
        self.parts.languages.watch = Arc::default();
        self.parts.languages.planned.clear();
    }

    /// The tools that language servers bring.
    pub(super) fn language_tools(&self) -> &[Arc<dyn Tool>] {
        &self.parts.languages.tools
    }

    /// The servers for a sub-agent, with those of their tools that its lists give it.
    pub(super) fn languages_for(&self, agent: &AgentFile) -> Arc<LanguagePlan> {
        let plan = LanguagePlan { servers: Vec::new(), shared: None, ..(*self.stage.languages).clone() };
        let shared = self.parts.languages.host.clone().map(|host| {
            let given = |tool: &&Arc<dyn Tool>| team::admits(&agent.tools, &tool.spec().name);
            Shared { host, tools: self.parts.languages.tools.iter().filter(given).cloned().collect() }
        });
        Arc::new(LanguagePlan { shared, ..plan })
    }

    /// A call works with a file: its server is woken, so that it knows the file when it is changed.
    pub(super) fn wake_language(&self, call: &ToolCall) {
        let path = call.input.get("file_path").and_then(serde_json::Value::as_str);
        if let (Some(host), Some(path)) = (&self.parts.languages.host, path) {
            host.warm(&crate::base::paths::absolute(&self.stage.place.cwd, path));
        }
    }

    pub(super) async fn on_language(&mut self, heard: Heard) {
        match heard {
            Heard::Server(ServerNews::Changed) => self.tell_languages().await,
            Heard::Server(ServerNews::Remark(text)) => {
                self.notice(Notice::warning(text).hint("/lsp shows its log and starts it again")).await;
            }
            Heard::Server(ServerNews::Wanted(name)) if self.setup.interactive => {
                let text = format!("{name} is installed and could check this project. It may run code of the project.");
                self.notice(Notice::info(text).hint(format!("/lsp start {name} uses it here from now on"))).await;
            }
            Heard::Server(ServerNews::Wanted(_)) => {}
            Heard::Planned { call, planned } => self.on_planned(call, planned).await,
        }
    }

    async fn tell_languages(&mut self) {
        let statuses = self.parts.languages.host.as_ref().map(Host::statuses).unwrap_or_default();
        self.tell(Event::Live(Live::Language(LanguageNews::Status(statuses)))).await;
    }

    pub(super) async fn on_language_request(&mut self, request: LanguageRequest) {
        let host = self.parts.languages.host.clone();
        let (name, done) = match (&request, &host) {
            (LanguageRequest::Report, _) => return self.tell_languages().await,
            (LanguageRequest::Start(name), Some(host)) => (name, host.start_one(name)),
            (LanguageRequest::Stop(name), Some(host)) => (name, host.stop_one(name)),
            (LanguageRequest::Start(name) | LanguageRequest::Stop(name), None) => (name, false),
        };
        if !done {
            return self.notice(Notice::warning(format!("There is no language server `{name}` here."))).await;
        }
        let plan = Arc::clone(&self.stage.languages);
        let asks = plan.servers.iter().any(|config| config.name == *name && config.unasked);
        if let (LanguageRequest::Start(_), true) = (&request, asks)
            && let Err(problem) = (plan.keep)(name)
        {
            self.notice(Notice::warning(format!("{name} runs for this session only: {problem}."))).await;
        }
    }
}

/// The path as it is told: from the project's folder on when it lies there.
fn told(path: &Path, project: &Path) -> String {
    crate::base::paths::relative_to(path, project)
}
