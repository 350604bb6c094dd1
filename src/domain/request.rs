//! What a face asks of the engine. The full screen, the headless mode and a test send the same.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    CatalogRequest, ContextRequest, Effort, FilesRequest, FolderAnswer, HookRequest, LanguageRequest, LibraryRequest,
    Media, Mode, ModelRef, MoneyRequest, RulePlace, RuleSource, RuleTier, ServerRequest, SessionId, TeamRequest,
};

/// One order from a face to the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A prompt. While a turn runs it waits in the queue.
    Prompt(Input),
    /// A command file by its name, with what was typed after it.
    RunCommand {
        name: String,
        arguments: String,
    },
    /// A shell command of the person's own (`!`): it runs unasked, its output joins the next message.
    Shell(String),
    /// Stop the turn and everything that it runs.
    Interrupt,
    /// Do not wait for the back-off to end.
    RetryNow,
    /// The answer to question `ask`.
    Answer {
        ask: u32,
        answer: Answer,
    },
    /// Stop one running call; the turn goes on.
    Kill {
        call_id: String,
    },
    /// Put a waiting message's new text in place; an empty text takes it back.
    EditQueued {
        id: u32,
        text: String,
    },
    SetMode(Mode),
    SetModel {
        model: ModelRef,
        effort: Option<Effort>,
    },
    SetTitle(String),
    /// Start the conversation anew in a new session.
    Clear,
    /// Summarise, with what to keep in view.
    Compact {
        focus: Option<String>,
    },
    Resume(SessionId),
    ListSessions(SessionScope),
    PreviewSession(SessionId),
    ListFiles,
    ListModels,
    /// What fills the context.
    ReportContext,
    Context(ContextRequest),
    /// Write the conversation as Markdown to a file, named by us when none is given.
    Save(Option<PathBuf>),
    /// Start the offline rehearsal in a session of its own.
    Rehearse,
    /// The answer to what the folder would bring.
    AnswerFolder(FolderAnswer),
    /// Show what the folder brings, to trust it after all.
    ShowFolder,
    /// The rules in force, with their places.
    ListRules,
    /// What an allow rule would cover: the call that is asked about, and the newest questions.
    TestRule {
        rule: String,
        call_id: Option<String>,
    },
    AddRule {
        tier: RuleTier,
        rule: String,
        place: RulePlace,
    },
    RemoveRule {
        tier: RuleTier,
        rule: String,
        source: RuleSource,
    },
    /// All hooks with their places.
    Hook(HookRequest),
    /// Something about money.
    Money(MoneyRequest),
    /// Checkpoints, going back and forth, forks.
    Files(FilesRequest),
    /// Of the library of sessions.
    Library(LibraryRequest),
    /// Something about tool servers.
    Server(ServerRequest),
    /// Something about language servers.
    Language(LanguageRequest),
    /// About sub-agents.
    Team(TeamRequest),
    /// Commands, skills, memory, styles, plugins, settings.
    Catalog(CatalogRequest),
    /// Finish what must be finished and close.
    Shutdown,
}

/// A prompt as it left the composer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Input {
    /// The text with pasted passages put in; `@path` mentions are still to be read by the engine.
    pub text: String,
    pub images: Vec<Media>,
}

/// Which sessions to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionScope {
    Project,
    All,
}

/// The person's answer to a permission question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// This call, with a remark for the model if there is one.
    Once { comment: Option<String> },
    /// This call, but only these parts of the change that was shown, counted from 0 over all its files.
    Partly { parts: Vec<u32>, comment: Option<String> },
    /// Everything that the rule covers, until the session ends.
    Session { rule: String },
    /// Everything that the rule covers, from now on, saved in a settings file.
    Always { rule: String, scope: SaveScope },
    /// Not this call. With a comment the turn goes on and the model reads it; without, the turn stops.
    No { comment: Option<String> },
}

/// Which settings file a rule is saved in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveScope {
    /// `.claude/settings.local.json` of the project.
    Local,
    /// `.claude/settings.json` of the project.
    Project,
    /// The user's own settings.
    User,
}

impl Answer {
    /// The call may run.
    pub fn is_yes(&self) -> bool {
        !matches!(self, Self::No { .. })
    }
}
