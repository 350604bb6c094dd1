//! What the engine tells a face: records that are on disk now, and passing news that need not be.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    CatalogNews, CommandFile, ContextNews, FilesNews, FolderClaims, HookNews, LanguageNews, LibraryNews, MemoryFile,
    Mode, ModelInfo, ModelRef, MoneyNews, NetworkNews, Record, Report, RuleTest, RulesReport, SandboxState, ServerNews,
    SessionId, SessionScope, SessionSummary, Shown, TeamNews,
};

/// One message from the engine to its face.
#[derive(Clone, Debug)]
pub enum Event {
    /// A session is open: at the start, after `/clear` with a new one, after a resume. The records are
    /// its whole history so far, for the face to fold.
    Opened { info: Box<StartInfo>, records: Vec<Arc<Record>> },
    /// It happened and is on disk.
    Recorded(Arc<Record>),
    /// News that the next of its kind replaces, or answers to a question of the face.
    Live(Live),
    /// The engine is gone; nothing follows.
    Closed,
}

/// News outside the log.
#[derive(Clone, Debug)]
pub enum Live {
    /// For the person, not part of the session: a broken settings file, a hint.
    Notice(Notice),
    /// Answer to `ListSessions`, newest first; several may come in another order than they were asked for.
    Sessions(SessionScope, Vec<SessionSummary>),
    /// Answer to `PreviewSession`.
    Preview {
        id: SessionId,
        records: Vec<Arc<Record>>,
    },
    /// Answer to `ListFiles`: project files, relative, `/` after folders.
    Files(Arc<Vec<String>>),
    /// Answer to `ListModels`.
    Models(Vec<(ModelRef, ModelInfo)>),
    /// Answer to `Report`.
    Report(Box<Report>),
    /// The branch or other facts of the start changed.
    Info(Box<StartInfo>),
    /// What a call that the person is asked about would change, and how many parts of it they can choose from.
    CallPreview {
        call_id: String,
        shown: Shown,
        parts: u32,
    },
    /// A confined command wants to reach a host.
    Network(NetworkNews),
    /// A line of output of a command that the person runs with `!`.
    ShellOutput(String),
    /// What was asked for cannot be had, and no turn will come of it: a prompt that was not taken, or a
    /// session that a headless run cannot open.
    Refused(Notice),
    /// What the folder would bring: the person is asked whether to trust it.
    Folder(Box<FolderClaims>),
    /// Answer to `ListRules`, and news after a change of the rules.
    Rules(Box<RulesReport>),
    /// Answer to `TestRule`.
    RuleTested(Box<RuleTest>),
    /// News of tool servers.
    Server(ServerNews),
    /// News of language servers.
    Language(LanguageNews),
    Context(ContextNews),
    /// What hooks say beside the log.
    Hook(HookNews),
    /// A hook holds something up, in its own words; none when nothing is held up any more.
    HookRuns(Option<String>),
    /// Something about money.
    Money(MoneyNews),
    /// Checkpoints, going back and forth, forks.
    FilesNews(FilesNews),
    /// Of the library of sessions.
    Library(LibraryNews),
    /// Of sub-agents.
    Team(TeamNews),
    /// Commands, skills, memory, styles, plugins, settings.
    Catalog(CatalogNews),
}

/// What a face shows around the conversation.
#[derive(Clone, Debug)]
pub struct StartInfo {
    pub session: SessionId,
    pub cwd: PathBuf,
    pub project: PathBuf,
    pub branch: Option<String>,
    /// None while no model is configured.
    pub model: Option<(ModelRef, Arc<ModelInfo>)>,
    pub mode: Mode,
    /// Modes that Shift+Tab goes through.
    pub modes: Vec<Mode>,
    pub memory: Vec<MemoryFile>,
    pub commands: Vec<CommandFile>,
    /// Kinds of sub-agents.
    pub agents: Vec<super::AgentFile>,
    /// Names of the tools that the model is offered.
    pub tools: Vec<String>,
    /// Tool servers by name, as they stand.
    pub servers: Vec<(String, super::ServerState)>,
    /// This is the offline rehearsal.
    pub rehearsal: bool,
    /// What keeps commands in.
    pub sandbox: SandboxState,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    Info,
    Warning,
    Error,
}

/// Something to tell the person: what happened, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub level: NoticeLevel,
    pub text: String,
    /// The next thing to type or do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Notice {
    pub fn info(text: impl Into<String>) -> Self {
        Self { level: NoticeLevel::Info, text: text.into(), hint: None }
    }

    pub fn warning(text: impl Into<String>) -> Self {
        Self { level: NoticeLevel::Warning, text: text.into(), hint: None }
    }

    pub fn error(text: impl Into<String>) -> Self {
        Self { level: NoticeLevel::Error, text: text.into(), hint: None }
    }

    /// The same with the next thing to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
