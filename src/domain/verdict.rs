//! What the gate says of a call, and why. Every verdict can name the rule, file and line behind it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// May it run?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allow,
    Ask,
    Deny,
}

/// The gate's answer for one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub decision: Decision,
    pub because: Because,
    /// The call changes nothing, so it may run beside others.
    pub read_only: bool,
    /// The rule that "always" would write, in the settings' own grammar; none where the gate never
    /// lets a rule cover the call.
    pub suggestion: Option<String>,
    /// Everything that was looked at, in order.
    pub trail: Vec<TrailStep>,
}

/// The one reason that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    pub kind: BecauseKind,
    /// The rule's text, when a rule decided.
    pub rule: Option<String>,
    /// Where that rule stands.
    pub source: Option<RuleSource>,
    /// One sentence for a person.
    pub text: String,
}

/// What kind of thing decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BecauseKind {
    /// A deny, ask or allow rule.
    Rule,
    /// The permission mode.
    Mode,
    /// The tool's own nature, such as a read inside the project.
    Tool,
    /// What the command or the path was found to do.
    Analysis,
    /// A protected path or a critical removal.
    Protected,
    /// A hook.
    Hook,
    /// The person answered.
    Person,
    /// Nobody is there to be asked.
    Headless,
    /// A model judged it (mode auto).
    Classifier,
    /// The sandbox keeps it in, or is missing or to be left.
    Sandbox,
}

/// Which settings a rule came from. The order is the precedence, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    Managed,
    Flag,
    Session,
    Local,
    Project,
    User,
}

/// The place of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSource {
    pub scope: RuleScope,
    /// The file, if it came from one.
    pub file: Option<String>,
    /// Its line, counted from 1.
    pub line: Option<u32>,
}

/// One thing that the gate looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailStep {
    /// What was looked at: `deny rules`, `command part`, `mode` …
    pub stage: String,
    /// What came of it.
    pub finding: String,
}

impl Because {
    /// A reason that is no rule.
    pub fn new(kind: BecauseKind, text: impl Into<String>) -> Self {
        Self { kind, rule: None, source: None, text: text.into() }
    }
}

impl fmt::Display for RuleScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Managed => "managed",
            Self::Flag => "flag",
            Self::Session => "session",
            Self::Local => "local",
            Self::Project => "project",
            Self::User => "user",
        })
    }
}

impl fmt::Display for RuleSource {
    /// `project .claude/settings.json:12`, or the scope alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.scope)?;
        if let Some(file) = &self.file {
            write!(f, " {file}")?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
        }
        Ok(())
    }
}
