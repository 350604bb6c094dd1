//! Permission rules as a person looks at them: listed, tested, added, taken away.

use serde::{Deserialize, Serialize};

use super::{RuleSource, SaveScope};

/// Whether a rule forbids, asks or allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleTier {
    Deny,
    Ask,
    Allow,
}

/// Where a new rule is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulePlace {
    /// Until the session ends.
    Session,
    Saved(SaveScope),
}

/// One rule in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLine {
    pub tier: RuleTier,
    pub text: String,
    pub source: RuleSource,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// All rules in force, and how many questions of this session a rule can be tried on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesReport {
    pub rules: Vec<RuleLine>,
    pub questions: u32,
}

/// What an allow rule would have covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleCover {
    /// The call that is asked about, where one was named.
    pub this_call: Option<bool>,
    /// Of the newest questions of this session, those that would not have been asked.
    pub covered: u32,
    pub of: u32,
}

/// The answer to a test of a rule. The error is a sentence about what is wrong with the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTest {
    pub rule: String,
    pub call_id: Option<String>,
    pub outcome: Result<RuleCover, String>,
}

impl RuleTier {
    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Ask => "ask",
            Self::Allow => "allow",
        }
    }
}
