//! The way of every call through the gate: what it would touch, what the disk says of that, the verdict.

use std::path::PathBuf;

use super::Stage;
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
            anchor: stage.place.project.clone(),
        };
        match self.rules.add(text) {
            Err(problem) if problem.unused => Err(format!("The rule `{rule}` cannot be used: {}", problem.what)),
            // A remark about a rule that holds all the same.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Lays a call out for judging and hands it to `judge`.
    pub(super) fn with<T>(
        &self,
        asked: &Asked<'_>,
        stage: &Stage,
        mode: Mode,
        judge: impl FnOnce(&Case<'_>, &Scene<'_>, &PathFacts) -> T,
    ) -> T {
        let scene = Scene {
            rules: &self.rules,
            mode,
            cwd: &stage.place.cwd,
            project: &stage.place.project,
            added: &stage.place.added,
            readable: &self.readable,
            home: &self.home,
            trusted: stage.trusted,
            interactive: self.interactive,
        };
        let case = Case { tool: asked.name, input: asked.input, access: &asked.access };
        let facts: PathFacts = policy::paths(&case, &scene)
            .into_iter()
            .map(|path| {
                let (resolved, links, exists) = paths::facts(&path);
                (path, PathFact { resolved, links, exists })
            })
            .collect();
        judge(&case, &scene, &facts)
    }
}

/// A call as the gate sees it.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    pub(super) name: &'a str,
    pub(super) input: &'a serde_json::Value,
    pub(super) access: Access,
}

impl<'a> Asked<'a> {
    /// A call of which only the command matters.
    pub(super) fn of(call: &'a ToolCall) -> Self {
        let command = call.input.get("command").and_then(serde_json::Value::as_str).unwrap_or_default();
        Self { name: &call.name, input: &call.input, access: Access::execute(command) }
    }
}

impl Driver {
    pub(super) async fn judge(&mut self, call: ToolCall) {
        self.need_proof(&call).await;
        let verdict = self.verdict(&call);
        if verdict.decision == Decision::Ask
            && let Some(shown) = tools::preview(&call.name, &call.input, &self.stage.place)
        {
            let preview = Live::CallPreview { call_id: call.id.clone(), shown };
            self.tell(Event::Live(preview)).await;
        }
        self.inbox.push_back(Input::Judged { call_id: call.id, verdict });
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
            Ok(access) => {
                let asked = Asked { name: &call.name, input: &call.input, access };
                self.judge_with_walls(&asked, self.machine.conversation().mode)
            }
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
