//! The events by name: which fire, which may hold what.

/// Declares the events with the names that settings use.
macro_rules! events {
    ($($name:ident),+ $(,)?) => {
        /// A moment at which hooks may run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Event { $($name),+ }

        impl Event {
            /// All events, in the order of their list.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in settings and in a hook's input.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }
        }
    };
}

events![
    SessionStart,
    Setup,
    UserPromptSubmit,
    UserPromptExpansion,
    PreToolUse,
    PermissionRequest,
    PermissionDenied,
    PostToolUse,
    PostToolUseFailure,
    PostToolBatch,
    Notification,
    MessageDisplay,
    SubagentStart,
    SubagentStop,
    TaskCreated,
    TaskCompleted,
    Stop,
    StopFailure,
    TeammateIdle,
    InstructionsLoaded,
    ConfigChange,
    CwdChanged,
    DirectoryAdded,
    FileChanged,
    WorktreeCreate,
    WorktreeRemove,
    PreCompact,
    PostCompact,
    PreModelSwitch,
    PostModelSwitch,
    Elicitation,
    ElicitationResult,
    SessionEnd,
];

impl Event {
    /// The event of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.name() == name)
    }

    /// It is about one call of a tool, so that a handler may have a rule in `if`.
    pub fn is_about_a_call(self) -> bool {
        matches!(
            self,
            Self::PreToolUse
                | Self::PermissionRequest
                | Self::PermissionDenied
                | Self::PostToolUse
                | Self::PostToolUseFailure
        )
    }

    /// Handlers that ask a model may stand here.
    pub fn takes_questions(self) -> bool {
        self.is_about_a_call()
            || matches!(
                self,
                Self::PostToolBatch
                    | Self::Stop
                    | Self::SubagentStop
                    | Self::TaskCompleted
                    | Self::TaskCreated
                    | Self::TeammateIdle
                    | Self::UserPromptExpansion
                    | Self::UserPromptSubmit
            )
    }

    /// Only commands and tools of servers may stand here.
    pub fn is_start(self) -> bool {
        matches!(self, Self::SessionStart | Self::Setup)
    }

    /// Plain words on standard output are for the model.
    pub fn takes_plain_text(self) -> bool {
        matches!(self, Self::SessionStart | Self::UserPromptSubmit | Self::UserPromptExpansion)
    }

    /// What a blocking answer means here.
    pub fn on_block(self) -> Block {
        match self {
            Self::PermissionRequest
            | Self::PermissionDenied
            | Self::Notification
            | Self::StopFailure
            | Self::InstructionsLoaded
            | Self::MessageDisplay
            | Self::WorktreeRemove => Block::Ignored,
            Self::SessionStart
            | Self::Setup
            | Self::SubagentStart
            | Self::SessionEnd
            | Self::CwdChanged
            | Self::FileChanged
            | Self::DirectoryAdded
            | Self::PostCompact
            | Self::PostModelSwitch => Block::Shown,
            _ => Block::Blocks,
        }
    }

    /// `onFailure` counts here. Where a hook keeps the agent from stopping it would do so for ever.
    pub fn may_fail_closed(self) -> bool {
        !matches!(self, Self::Stop | Self::SubagentStop | Self::TaskCompleted | Self::TeammateIdle)
    }

    /// Milliseconds that a handler may take when its settings do not say.
    pub fn default_ms(self, kind: &str) -> u64 {
        match (self, kind) {
            (Self::UserPromptSubmit, _) | (_, "prompt") => 30_000,
            (Self::MessageDisplay, _) => 10_000,
            (_, "agent") => 60_000,
            _ => 600_000,
        }
    }
}

/// What exit code 2 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    Blocks,
    /// Its words are for the person; nothing is stopped.
    Shown,
    Ignored,
}
