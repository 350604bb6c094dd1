//! Commands that run beside the conversation, as a face and the log see them.

use serde::{Deserialize, Serialize};

/// One command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    pub id: String,
    /// The call that began it.
    pub call_id: String,
    pub command: String,
    /// What it does in a few words, or its first line.
    pub label: String,
    pub state: JobState,
    /// No call waits for it.
    pub background: bool,
    /// The newest line of its output, cut.
    pub last: String,
    /// It can be typed to.
    #[serde(default)]
    pub takes_input: bool,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Running,
    /// It waits for input.
    Waits,
    Done,
    Failed,
    TimedOut,
    Stopped,
}

impl JobState {
    /// It has not ended.
    pub fn runs(self) -> bool {
        matches!(self, Self::Running | Self::Waits)
    }

    /// In one word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waits => "waits for input",
            Self::Done => "completed",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::Stopped => "stopped",
        }
    }
}

impl JobView {
    /// It has not ended.
    pub fn runs(&self) -> bool {
        self.state.runs()
    }
}

/// What happened with jobs, in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobBody {
    /// One runs in the background now.
    Began(JobView),
    Ended(JobView),
}

/// What a face asks of jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobRequest {
    /// Puts what a call waits for into the background: the newest command or agent, or that call.
    Background {
        call_id: Option<String>,
    },
    Stop {
        id: String,
    },
    /// Types a line to it.
    Type {
        id: String,
        text: String,
    },
    /// Shows its output from now on; none to stop.
    Watch {
        id: Option<String>,
    },
}

/// News of jobs that are not on record.
#[derive(Clone, Debug)]
pub enum JobNote {
    Changed(JobView),
    /// The lines of the one that is looked at.
    Log {
        id: String,
        lines: Vec<String>,
    },
}
