//! The SDK, and the only place that knows it: a connection to one server in plain values.

mod auth;
mod child;
mod handler;
mod http;
mod plain;
mod serve;
mod sse;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CancelledNotification, CancelledNotificationParam, ClientRequest, GetPromptRequestParams,
    ListToolsRequest, PaginatedRequestParams, ReadResourceRequestParams, ServerResult,
};
use rmcp::service::{
    ClientInitializeError, PeerRequestOptions, RoleClient, RunningServiceCancellationToken, ServiceError,
};
use rmcp::{Peer, ServiceExt};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::handler::Handler;
use super::answer::Answer;
use super::config::{ServerConfig, Times, Way};
use super::offer::{ITEMS, Offer};

pub use self::auth::Login;
pub(super) use self::auth::{begin as begin_login, forget as forget_tokens};
pub(super) use self::handler::{Heard, Question};
pub use self::serve::{Served, serve_stdio};

/// Pages of one list that are asked for.
const PAGES: usize = 50;

/// Where a connection plays.
#[derive(Clone, Debug)]
pub(super) struct Around {
    /// The folder that servers are started in.
    pub cwd: PathBuf,
    /// Told to servers that ask for the folders of the work.
    pub roots: Vec<PathBuf>,
    /// The whole environment of a server.
    pub env: Arc<BTreeMap<String, String>>,
    pub times: Times,
    /// Where tokens of logins are kept.
    pub folder: PathBuf,
    /// Somebody is there to be asked.
    pub interactive: bool,
}

/// Why a server cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It wants a login.
    Login,
    /// Trying again will not help.
    Lasting(String),
    Passing(String),
}

/// A running connection.
pub(super) struct Link {
    caller: Caller,
    stop: RunningServiceCancellationToken,
    /// Waits for the end; none when it was seen. A handle must not be asked again after that.
    over: Option<JoinHandle<()>>,
    child: Option<child::Child>,
}

/// What calls a server; it can be cloned and outlives the connection as an error.
#[derive(Clone)]
pub(super) struct Caller {
    peer: Peer<RoleClient>,
    progress: handler::Progress,
    times: Times,
    /// Milliseconds of silence that a call may have.
    idle: Duration,
    call: Duration,
}

/// Connects and greets.
pub(super) async fn connect(
    config: &ServerConfig,
    around: &Around,
    heard: mpsc::Sender<Heard>,
) -> Result<Link, Problem> {
    let handler = Handler::new(around, heard.clone());
    let progress = handler.progress();
    let (service, child) = match &config.way {
        Way::Stdio { command, args, env } => {
            let (child, pipes) = child::start(command, args, env, around, heard)?;
            let greeted = handler.serve(pipes).await;
            match greeted {
                Ok(service) => (service, Some(child)),
                Err(error) => return Err(child.explain(problem(&error)).await),
            }
        }
        Way::Http(reach) => (http::serve(reach, around, handler).await?, None),
        Way::Sse(reach) => {
            let transport = sse::open(reach, around).await?;
            (handler.serve(transport).await.map_err(|error| problem(&error))?, None)
        }
    };
    let remote = child.is_none();
    let idle = if remote { around.times.idle_ms.1 } else { around.times.idle_ms.0 };
    let call = config.timeout_ms.unwrap_or(around.times.call_ms);
    let caller = Caller {
        peer: service.peer().clone(),
        progress,
        times: around.times,
        idle: Duration::from_millis(idle.min(call)),
        call: Duration::from_millis(call),
    };
    let stop = service.cancellation_token();
    let over = Some(tokio::spawn(async move { drop(service.waiting().await) }));
    Ok(Link { caller, stop, over, child })
}

impl Link {
    pub(super) fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Waits until the connection is over.
    pub(super) async fn over(&mut self) {
        if let Some(over) = &mut self.over {
            drop(over.await);
            self.over = None;
        }
    }

    /// Ends the connection, and the program with all that it started.
    pub(super) async fn close(self) {
        self.stop.cancel();
        let patience = Duration::from_secs(1);
        if let Some(over) = self.over {
            drop(tokio::time::timeout(patience, over).await);
        }
        if let Some(child) = self.child {
            child.end().await;
        }
    }
}

impl Caller {
    /// Asks for everything that the server offers.
    pub(super) async fn offer(&self) -> Result<Offer, String> {
        let asked = tokio::time::timeout(Duration::from_millis(self.times.start_ms), self.ask_all()).await;
        asked.map_err(|_| "it did not say in time what it offers".to_owned())?
    }

    async fn ask_all(&self) -> Result<Offer, String> {
        let mut offer = Offer::default();
        let Some(info) = self.peer.peer_info() else { return Ok(offer) };
        plain::about(&mut offer, &info);
        if info.capabilities.tools.is_some() {
            let mut cursor = None;
            for _ in 0..PAGES {
                let request = ListToolsRequest::with_param(PaginatedRequestParams::default().with_cursor(cursor));
                let answer = self.peer.send_request(ClientRequest::ListToolsRequest(request)).await;
                let ServerResult::ListToolsResult(page) = answer.map_err(|error| words(&error))? else {
                    return Err("its list of tools is no list".to_owned());
                };
                page.tools.into_iter().for_each(|tool| plain::tool(&mut offer, tool));
                cursor = page.next_cursor;
                if cursor.is_none() || offer.tools.len() >= ITEMS {
                    break;
                }
            }
        }
        if info.capabilities.prompts.is_some() {
            self.ask_prompts(&mut offer).await;
        }
        if info.capabilities.resources.is_some() {
            offer.has_resources = true;
            self.ask_resources(&mut offer).await;
        }
        Ok(offer)
    }

    /// What fails here costs the prompts, not the server.
    async fn ask_prompts(&self, offer: &mut Offer) {
        let mut cursor = None;
        for _ in 0..PAGES {
            let page = self.peer.list_prompts(Some(PaginatedRequestParams::default().with_cursor(cursor))).await;
            match page {
                Err(error) => return offer.left_out.push(format!("its prompts: {}", words(&error))),
                Ok(page) => {
                    page.prompts.into_iter().for_each(|prompt| plain::prompt(offer, prompt));
                    cursor = page.next_cursor;
                }
            }
            if cursor.is_none() || offer.prompts.len() >= ITEMS {
                return;
            }
        }
    }

    async fn ask_resources(&self, offer: &mut Offer) {
        let mut cursor = None;
        for _ in 0..PAGES {
            let page = self.peer.list_resources(Some(PaginatedRequestParams::default().with_cursor(cursor))).await;
            match page {
                Err(error) => return offer.left_out.push(format!("its resources: {}", words(&error))),
                Ok(page) => {
                    page.resources.into_iter().for_each(|resource| plain::resource(offer, resource));
                    cursor = page.next_cursor;
                }
            }
            if cursor.is_none() || offer.resources.len() >= ITEMS {
                return;
            }
        }
    }

    /// Calls a tool. Progress goes to `live`; cancelling tells the server.
    pub(super) async fn call(
        &self,
        tool: &str,
        input: Map<String, Value>,
        live: mpsc::Sender<String>,
        cancel: &CancellationToken,
    ) -> Result<Answer, String> {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(input);
        let request = ClientRequest::CallToolRequest(rmcp::model::CallToolRequest::new(params));
        let options =
            PeerRequestOptions::with_timeout(self.idle).reset_timeout_on_progress().with_max_total_timeout(self.call);
        let handle = self.peer.send_cancellable_request(request, options).await.map_err(|error| words(&error))?;
        let (id, token) = (handle.id.clone(), handle.progress_token.clone());
        let _listening = self.progress.listen(token, live);
        tokio::select! {
            answer = handle.await_response() => match answer.map_err(|error| words(&error))? {
                ServerResult::CallToolResult(result) => Ok(plain::answer(result)),
                _ => Err("its answer is no result of a call".to_owned()),
            },
            () = cancel.cancelled() => {
                let reason = Some("the user stopped it".to_owned());
                let params = CancelledNotificationParam::new(Some(id), reason);
                let told = self.peer.send_notification(CancelledNotification::new(params).into());
                drop(tokio::time::timeout(Duration::from_secs(1), told).await);
                Err("it was stopped".to_owned())
            }
        }
    }

    /// Reads a resource.
    pub(super) async fn read(&self, uri: &str) -> Result<Answer, String> {
        let asked = self.peer.read_resource(ReadResourceRequestParams::new(uri));
        plain::contents(within(self.idle, asked).await?.contents)
    }

    /// Fills in a prompt: its messages, and whether each is the model's own.
    pub(super) async fn prompt(
        &self,
        name: &str,
        arguments: Map<String, Value>,
    ) -> Result<Vec<(bool, Answer)>, String> {
        let params = GetPromptRequestParams::new(name).with_arguments(arguments);
        let filled = within(self.idle, self.peer.get_prompt(params)).await?;
        Ok(plain::messages(filled.messages))
    }
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, ServiceError>>) -> Result<T, String> {
    match tokio::time::timeout(time, work).await {
        Ok(done) => done.map_err(|error| words(&error)),
        Err(_) => Err(format!("it did not answer within {} s", time.as_secs())),
    }
}

/// An error of the SDK in words.
fn words(error: &ServiceError) -> String {
    match error {
        ServiceError::McpError(error) => format!("{} (code {})", error.message, error.code.0),
        ServiceError::TransportClosed => "the connection is over".to_owned(),
        ServiceError::Timeout { timeout } => format!("it did not answer within {} s", timeout.as_secs()),
        error if error.is_authorization_required() => "it wants a login".to_owned(),
        error => chain(error),
    }
}

fn problem(error: &ClientInitializeError) -> Problem {
    if error.is_authorization_required() || error.auth_challenge().is_some() {
        return Problem::Login;
    }
    match error {
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            Problem::Lasting("it speaks no version of the protocol that is known here".to_owned())
        }
        ClientInitializeError::ConnectionClosed(_) => Problem::Passing("it ended before it had answered".to_owned()),
        error => Problem::Passing(chain(error)),
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    for _ in 0..4 {
        let Some(inner) = cause else { break };
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    super::offer::cut(&text, 600)
}
