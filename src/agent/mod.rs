//! The turn machine: Input in, Effects out. It decides and touches nothing.
//!
//! [`Machine::handle`] takes one [`Input`] and the time, changes the machine's state and returns
//! [`Effect`]s for the engine to carry out. Whatever happens to the conversation happens by a record:
//! the machine applies the same records live that a resume folds from the log, so both end in the same
//! state. Answers that come too late (a stream that was hung up, a timer that was replaced) are known
//! by their number and dropped.

mod attempt;
mod batch;
mod calls;
mod conversation;
mod fit;
mod holds;
mod keep;
mod later;
mod machine;
mod moves;
mod partial;
mod prompts;
mod recollection;
mod recovery;
mod retry;
mod served;
mod shrink;
mod stream;
#[cfg(test)]
mod tests;
mod turn;
mod view;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

pub use conversation::Conversation;
pub use holds::{Point, Points, Release};
pub use later::Later;
pub use machine::Machine;
pub use recollection::Recollection;
pub use view::View;
pub use watch::Evidence;

use crate::domain::{
    Answer, Body, CanonicalRequest, Effort, Message, Mode, ModelInfo, ModelRef, Origin, StreamItem, SummaryDraft,
    ToolCall, ToolOutcome, Verdict,
};
use crate::prompt::{Lives, Thresholds};

/// Something that the machine has to react to.
#[derive(Clone, Debug)]
pub enum Input {
    Prompt(Prompt),
    /// An item of the answer to request `request`.
    Stream {
        request: u32,
        item: StreamItem,
    },
    Judged {
        call_id: String,
        verdict: Verdict,
    },
    Answered {
        ask: u32,
        answer: Answer,
    },
    CallOutput {
        call_id: String,
        text: String,
    },
    CallDone {
        call_id: String,
        outcome: Box<ToolOutcome>,
        duration_ms: u64,
    },
    Timer(u32),
    Interrupt,
    RetryNow,
    Kill {
        call_id: String,
    },
    /// A waiting message's new content, or none to take it back.
    EditQueued {
        id: u32,
        prompt: Option<Prompt>,
    },
    SetMode(Mode),
    SetModel {
        model: ModelRef,
        info: Arc<ModelInfo>,
        effort: Option<Effort>,
    },
    SetTitle(String),
    Compact {
        focus: Option<String>,
    },
    ShellRan {
        command: String,
        output: String,
        exit: Option<i32>,
    },
    /// The rules are not what they were: the gate is asked again about what waits for the person.
    RulesChanged,
    /// The conversation stands elsewhere in the log: this is what it is there.
    Adopt(Box<Conversation>),
    /// Something outside the machine is to be on record (a saved rule, a notice).
    Note(Body),
    /// Another input in the place of a call's own, before it is judged or started.
    ChangeCall {
        call_id: String,
        input: serde_json::Value,
        by: String,
    },
    /// The person's answer to [`Effect::Review`].
    AcceptSummary {
        summary: String,
    },
    DiscardSummary,
    /// What the newest compaction replaced comes back.
    UndoCompaction,
    /// With the next compaction.
    Later(Later),
    /// The answer to [`Effect::Hold`].
    Released {
        hold: u32,
        release: Release,
    },
    /// Something outside ends the turn.
    Stop {
        reason: String,
    },
}

/// A prompt, ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    pub message: Message,
    /// What the person typed.
    pub typed: String,
    pub origin: Origin,
}

/// Something that the engine has to do.
#[must_use]
#[derive(Clone, Debug)]
pub enum Effect {
    /// Append to the log, then tell the face.
    Record(Body),
    /// Send this request and report its items under this number. Any other stream is over.
    Send {
        request: u32,
        canonical: Arc<CanonicalRequest>,
    },
    /// Drop the stream that runs.
    HangUp,
    /// Gather facts and ask the gate.
    Judge(ToolCall),
    /// The person granted more than this call: remember or save the rule.
    Grant(Answer),
    Run(ToolCall),
    Kill {
        call_id: String,
    },
    /// Report [`Input::Timer`] after so long.
    Sleep {
        timer: u32,
        ms: u64,
    },
    /// Write these outputs (names and texts) where they can be read back, unless they are there.
    Keep {
        folder: PathBuf,
        files: Vec<(String, String)>,
    },
    /// A summary is there that the person is to look at.
    Review(Box<SummaryDraft>),
    /// What is on record must be on the disk before anything else happens.
    Sync,
    /// The turn waits here until [`Input::Released`].
    Hold {
        hold: u32,
        point: Point,
    },
}

/// How the machine behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests that one turn may make; none is no limit.
    pub max_turns: Option<u32>,
    /// Output tokens that are asked for at first.
    pub first_output: u32,
    /// Tries of one request.
    pub max_attempts: u32,
    /// Calls that may run at the same time.
    pub parallel: usize,
    /// Let models that can think do so.
    pub thinking: bool,
    /// Summarise by itself when the window fills up.
    pub auto_compact: bool,
    /// How long entries of the provider's cache shall live.
    pub lives: Lives,
    /// When the stages of compaction act.
    pub thresholds: Thresholds,
    /// A summary that the person asked for is shown before it takes effect.
    pub review: bool,
    /// The model that takes over when the chosen one stays overloaded.
    pub fallback: Option<(ModelRef, Arc<ModelInfo>)>,
    /// It is a sub-agent: nobody reads along.
    pub child: bool,
    /// Times that a turn can be kept from ending.
    pub stop_cap: u32,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_turns: None,
            first_output: 8_192,
            max_attempts: 10,
            parallel: 10,
            thinking: true,
            auto_compact: true,
            lives: Lives::default(),
            thresholds: Thresholds::default(),
            review: false,
            fallback: None,
            child: false,
            stop_cap: 8,
            seed: 0x9e37_79b9_7f4a_7c15,
        }
    }
}
