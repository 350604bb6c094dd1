//! What the model puts before the person in a dialog: questions with choices, and a plan to be approved.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Mode;

/// What happened with dialogs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonBody {
    QuestionsAsked {
        call_id: String,
        questions: Vec<PersonQuestion>,
    },
    /// None when the person closed the dialog.
    QuestionsAnswered {
        call_id: String,
        answers: Option<Vec<PersonAnswer>>,
    },
    PlanProposed {
        call_id: String,
        file: PathBuf,
        text: String,
    },
    PlanDecided {
        call_id: String,
        decision: PlanDecision,
        /// The plan as the person changed it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edited: Option<String>,
    },
}

/// One question. Formats as in Claude Code's `AskUserQuestion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonQuestion {
    pub question: String,
    /// A label of at most 12 characters.
    pub header: String,
    /// Two to four; an answer in own words is always offered besides.
    pub options: Vec<PersonOption>,
    /// Several may be chosen.
    #[serde(default)]
    pub multi_select: bool,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PersonOption {
    pub label: String,
    #[serde(default)]
    pub description: String,
    /// Shown beside it while it has the focus, such as a sketch or some code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonAnswer {
    pub question: String,
    /// Labels that were chosen.
    pub chosen: Vec<String>,
    /// Own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// What the person says to a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanDecision {
    /// Carry it out in this mode.
    Approved { mode: Mode },
    /// Plan on; with what is to be different, if that was said.
    Rejected { comment: Option<String> },
}

/// What a face says to a dialog.
#[derive(Clone, Debug, PartialEq)]
pub enum PersonRequest {
    Answer { call_id: String, answers: Option<Vec<PersonAnswer>> },
    Decide { call_id: String, decision: PlanDecision, edited: Option<String> },
}
