//! The way of every call through the gate: what it would touch, what the disk says of that, the verdict.

use std::path::PathBuf;

use super::Stage;
use super::classify::unanswered;
use super::driver::Driver;
use crate::agent::Input;
use crate::base::paths;
use crate::domain::{
    Access, Because, BecauseKind, Decision, Event, Live, Mode, PathFact, PathFacts, RuleScope, RuleSource, ToolCall,
    Verdict,
};
use crate::policy::{self, Case, RuleSet, RuleText, Scene, Tier};
use crate::tools;

/// The rules in force, with those that the person added.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) rules: RuleSet,
    home: PathBuf,
    /// Folders of kept outputs, which may be read.
    readable: Vec<PathBuf>,
    interactive: bool,
}

impl Gate {
    pub(super) fn new(rules: RuleSet, home: PathBuf, readable: Vec<PathBuf>, interactive: bool) -> Self {
        Self { rules, home, readable, interactive }
    }

    /// Adds an allow rule that ends with the session.
    pub(super) fn allow_for_session(&mut self, rule: &str, stage: &Stage) -> Result<(), String> {
        let text = RuleText {
            tier: Tier::Allow,
            text: rule.to_owned(),
            source: RuleSource { scope: RuleScope::Session, file: None, line: None },
            anchor: stage.place.cwd.clone(),
        };
        match self.rules.add(text) {
            Err(problem) if problem.unused => Err(format!("The rule `{rule}` cannot be used: {}", problem.what)),
            // A remark about a rule that holds all the same.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Judges one call.
    pub(super) fn judge(&self, call: &ToolCall, access: &Access, stage: &Stage, mode: Mode) -> Verdict {
        let scene = Scene {
            rules: &self.rules,
            mode,
            cwd: &stage.place.cwd,
            project: &stage.place.project,
            added: &stage.place.added,
            readable: &self.readable,
            home: &self.home,
            trusted: stage.trusted,
            // The classifier is heard before anybody is missed.
            interactive: self.interactive || mode == Mode::Auto,
        };
        let case = Case { tool: &call.name, input: &call.input, access };
        let facts: PathFacts = policy::paths(&case, &scene)
            .into_iter()
            .map(|path| {
                let (resolved, links, exists) = paths::facts(&path);
                (path, PathFact { resolved, links, exists })
            })
            .collect();
        policy::judge(&case, &scene, &facts)
    }
}

impl Driver {
    pub(super) async fn judge(&mut self, call: ToolCall) {
        let verdict = self.verdict(&call);
        let Some(verdict) = self.classify(&call, verdict) else { return };
        let verdict = if self.setup.interactive { verdict } else { unanswered(verdict) };
        if verdict.decision == Decision::Ask {
            self.preview(&call.id).await;
        }
        self.inbox.push_back(Input::Judged { call_id: call.id, verdict });
    }

    /// Tells what a call that the person is asked about would change.
    pub(super) async fn preview(&mut self, call_id: &str) {
        let Some(call) = self.machine.call(call_id) else { return };
        if let Some(shown) = tools::preview(&call.name, &call.input, &self.stage.place) {
            let preview = Live::CallPreview { call_id: call_id.to_owned(), shown };
            self.tell(Event::Live(preview)).await;
        }
    }

    /// The verdict on a call, also when it is not one that could be run.
    pub(super) fn verdict(&self, call: &ToolCall) -> Verdict {
        if let Some(text) = call.invalid() {
            let start: String = text.chars().take(200).collect();
            return refused(format!("its input was not a JSON object, so nothing was done. It began with: {start}"));
        }
        let Some(tool) = self.setup.tools.iter().find(|tool| tool.spec().name == call.name) else {
            let names: Vec<String> = self.setup.tools.iter().map(|tool| tool.spec().name).collect();
            return refused(format!("there is no tool `{}`. The tools are {}.", call.name, names.join(", ")));
        };
        match tool.access(&call.input, &self.stage.place) {
            Ok(access) => self.gate.judge(call, &access, &self.stage, self.machine.conversation().mode),
            Err(problem) => refused(problem),
        }
    }
}

/// A call that nobody needs to decide about, because it cannot be run at all.
fn refused(text: String) -> Verdict {
    Verdict {
        decision: Decision::Deny,
        because: Because::new(BecauseKind::Tool, text),
        read_only: true,
        suggestion: None,
        trail: Vec::new(),
    }
}
