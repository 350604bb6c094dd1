//! What a server may ask of us and tell us.

#![allow(deprecated, reason = "roots and log messages: gone from the newest revision, in use by the servers of today")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    ClientCapabilities, ClientInfo, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability,
    FormElicitationCapability, Implementation, ListRootsResult, LoggingMessageNotificationParam,
    ProgressNotificationParam, ProgressToken, ProtocolVersion, Root, RootsCapabilities, UrlElicitationCapability,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use rmcp::{ClientHandler, ErrorData};
use tokio::sync::{mpsc, oneshot};

use super::{Around, plain};
use crate::domain::{QuestionForm, ServerAnswer};
use crate::mcp::offer::cut;

/// Bytes of a log message that are kept.
const LOG: usize = 2_000;
/// Calls whose progress is listened to.
const LISTENERS: usize = 256;

/// What a server told or asked beside the answers to our requests.
pub enum Heard {
    /// A line of its standard error or a log message.
    Log(String),
    /// Its lists are not what they were.
    Changed,
    Question(Question),
}

/// A question to the person.
pub struct Question {
    pub message: String,
    pub form: QuestionForm,
    pub reply: oneshot::Sender<ServerAnswer>,
}

/// Our side of a connection.
pub(super) struct Handler {
    roots: Vec<PathBuf>,
    interactive: bool,
    heard: mpsc::Sender<Heard>,
    progress: Progress,
}

type Listeners = HashMap<ProgressToken, mpsc::Sender<String>>;

/// Who waits for the progress of which call.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<Mutex<Listeners>>);

/// Listens until it is dropped.
pub(super) struct Listening(Progress, ProgressToken);

impl Progress {
    pub(super) fn listen(&self, token: ProgressToken, live: mpsc::Sender<String>) -> Listening {
        let mut listeners = self.lock();
        if listeners.len() < LISTENERS {
            listeners.insert(token.clone(), live);
        }
        drop(listeners);
        Listening(self.clone(), token)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Listeners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, params: &ProgressNotificationParam) {
        let live = self.lock().get(&params.progress_token).cloned();
        if let Some(live) = live {
            // A flood of progress costs lines, not time.
            live.try_send(format!("{}\n", progress_line(params))).ok();
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

fn progress_line(params: &ProgressNotificationParam) -> String {
    let figures = match params.total {
        Some(total) if total > 0.0 => format!("{} of {total}", params.progress),
        _ => params.progress.to_string(),
    };
    match &params.message {
        Some(message) => format!("{figures} {}", cut(message, 200)),
        None => figures,
    }
}

impl Handler {
    pub(super) fn new(around: &Around, heard: mpsc::Sender<Heard>) -> Self {
        let (roots, interactive) = (around.roots.clone(), around.interactive);
        Self { roots, interactive, heard, progress: Progress::default() }
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientInfo {
        let mut can = ClientCapabilities::default();
        can.roots = Some(RootsCapabilities::default());
        // Said also where nobody can be asked: servers offer other tools to clients without it, and what was agreed to
        // on the screen would not be what a run without one sees.
        can.elicitation = Some(
            ElicitationCapability::new()
                .with_form(FormElicitationCapability::default())
                .with_url(UrlElicitationCapability::default()),
        );
        let us = Implementation::new("latigo", env!("CARGO_PKG_VERSION"));
        ClientInfo::new(can, us).with_protocol_version(ProtocolVersion::V_2025_11_25)
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        let root = |path: &PathBuf| {
            let uri = url::Url::from_directory_path(path).ok()?;
            let name = path.file_name().map(|name| name.display().to_string()).unwrap_or_default();
            Some(Root::new(uri.as_str().trim_end_matches('/')).with_name(name))
        };
        Ok(ListRootsResult::new(self.roots.iter().filter_map(root).collect()))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if !self.interactive {
            return Ok(ElicitResult::new(ElicitationAction::Cancel));
        }
        let Some((message, form)) = plain::question(request) else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        let (reply, answer) = oneshot::channel();
        let asked = self.heard.send(Heard::Question(Question { message, form, reply })).await.is_ok();
        let answer = tokio::select! {
            answer = answer, if asked => answer.unwrap_or(ServerAnswer::Cancel),
            () = context.ct.cancelled() => ServerAnswer::Cancel,
            else => ServerAnswer::Cancel,
        };
        Ok(match answer {
            ServerAnswer::Accept(serde_json::Value::Null) => ElicitResult::new(ElicitationAction::Accept),
            ServerAnswer::Accept(fields) => ElicitResult::new(ElicitationAction::Accept).with_content(fields),
            ServerAnswer::Decline => ElicitResult::new(ElicitationAction::Decline),
            ServerAnswer::Cancel => ElicitResult::new(ElicitationAction::Cancel),
        })
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progress.tell(&params);
    }

    async fn on_logging_message(&self, params: LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        let said = match params.data {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        let level = format!("{:?}", params.level).to_lowercase();
        self.heard.try_send(Heard::Log(format!("{level}: {}", cut(&said, LOG)))).ok();
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard.send(Heard::Changed).await.ok();
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard.send(Heard::Changed).await.ok();
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard.send(Heard::Changed).await.ok();
    }
}
