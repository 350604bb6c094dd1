//! The way of every call through the gate: what it would touch, what the disk says of that, the verdict.

use std::path::PathBuf;

use super::Stage;
use super::classify::unanswered;
use super::driver::Driver;
use super::questions::Question;
use crate::base::paths;
use crate::domain::{
    Access, Action, Because, BecauseKind, Decision, Mode, PathFact, PathFacts, RuleSource, RuleTier, ToolCall, Verdict,
};
use crate::policy::{self, Case, Reserved, RuleProblem, RuleSet, RuleText, Scene, Tier};

/// The rules in force, with those that the person added.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) rules: RuleSet,
    /// The rules as they were written: those of files and flags, then those that were added in this session.
    texts: Vec<RuleText>,
    added: Vec<RuleText>,
    home: PathBuf,
    /// Folders of kept outputs, which may be read.
    readable: Vec<PathBuf>,
    interactive: bool,
}

impl Gate {
    /// The gate with these rules, and what is wrong with them.
    pub(super) fn new(
        texts: Vec<RuleText>,
        home: PathBuf,
        readable: Vec<PathBuf>,
        interactive: bool,
    ) -> (Self, Vec<RuleProblem>) {
        let (rules, problems) = RuleSet::parse(texts.clone());
        (Self { rules, texts, added: Vec::new(), home, readable, interactive }, problems)
    }

    /// Lets these folders be read too.
    pub(super) fn set_readable(&mut self, folders: Vec<PathBuf>) {
        let new: Vec<PathBuf> = folders.into_iter().filter(|folder| !self.readable.contains(folder)).collect();
        self.readable.extend(new);
    }

    /// The same gate with this deny rule alone.
    pub(super) fn with_denial(&self, text: RuleText) -> Self {
        let rules = RuleSet::parse(vec![text]).0;
        Self { rules, texts: Vec::new(), added: Vec::new(), interactive: true, ..self.clone() }
    }

    /// The same gate as if somebody were there to be asked.
    pub(super) fn attended(&self) -> Self {
        Self { interactive: true, ..self.clone() }
    }

    /// The same gate with hosts that settings open and close.
    pub(super) fn with_hosts(&self, open: &[String], closed: &[String], stage: &Stage) -> Self {
        let mut gate = self.clone();
        let source =
            RuleSource { scope: crate::domain::RuleScope::User, file: Some("sandbox.network".into()), line: None };
        for (tier, hosts) in [(RuleTier::Deny, closed), (RuleTier::Allow, open)] {
            for host in hosts {
                // What is no host was told when the settings were read.
                drop(gate.add(tier, &format!("WebFetch(domain:{host})"), source.clone(), stage));
            }
        }
        gate
    }

    /// All rules as they were written.
    pub(super) fn texts(&self) -> Vec<RuleText> {
        self.texts.iter().chain(&self.added).cloned().collect()
    }

    /// Adds a rule that the person gave.
    pub(super) fn add(&mut self, tier: RuleTier, rule: &str, source: RuleSource, stage: &Stage) -> Result<(), String> {
        let tier = match tier {
            RuleTier::Deny => Tier::Deny,
            RuleTier::Ask => Tier::Ask,
            RuleTier::Allow => Tier::Allow,
        };
        // Several rules stand one a line; each is one of its own from here on.
        if let Some((first, rest)) = rule.split_once(")\n") {
            let first = format!("{first})");
            self.add_one(tier, &first, source.clone(), stage)?;
            return self.add(tier_of(tier), rest, source, stage);
        }
        self.add_one(tier, rule, source, stage)
    }

    fn add_one(&mut self, tier: Tier, rule: &str, source: RuleSource, stage: &Stage) -> Result<(), String> {
        // Suggested rules are written from the project's root, so that is where they start.
        let text = RuleText { tier, text: rule.to_owned(), source, anchor: stage.place.project.clone() };
        match self.rules.add(text.clone()) {
            Err(problem) if problem.unused => Err(format!("The rule `{rule}` cannot be used: {}", problem.what)),
            // A remark about a rule that holds all the same.
            Ok(()) | Err(_) => {
                self.added.push(text);
                Ok(())
            }
        }
    }

    /// Takes a rule out of force.
    pub(super) fn remove(&mut self, tier: RuleTier, rule: &str, source: &RuleSource) {
        let is_it = |text: &RuleText| tier_of(text.tier) == tier && text.text == rule && text.source == *source;
        self.texts.retain(|text| !is_it(text));
        self.added.retain(|text| !is_it(text));
        self.rules = RuleSet::parse(self.texts()).0;
    }

    /// Rules that were added in this session.
    pub(super) fn granted(&self) -> Vec<RuleText> {
        self.added.clone()
    }

    /// Adds rules of the session to those of new files.
    pub(super) fn grant_again(&mut self, granted: Vec<RuleText>) {
        self.added = granted;
        self.rules = RuleSet::parse(self.texts()).0;
    }

    /// The same gate without allow rules of this text, to see what the rule itself would do.
    pub(super) fn without_allow(&self, rule: &str) -> Self {
        let stays = |text: &RuleText| text.tier != Tier::Allow || text.text != rule;
        let texts: Vec<RuleText> = self.texts().into_iter().filter(stays).collect();
        Self { rules: RuleSet::parse(texts.clone()).0, texts, added: Vec::new(), ..self.clone() }
    }

    /// Would this question not have been asked with that allow rule?
    pub(super) fn covers(&self, rule: &str, question: &Question, stage: &Stage) -> Result<bool, String> {
        let scene = Scene { cwd: &question.cwd, interactive: true, ..self.scene(stage, Mode::Default) };
        let case = Case { tool: &question.call.name, input: &question.call.input, access: &question.access };
        policy::rule_covers(rule, &case, &scene, &facts(&case, &scene))
    }

    fn scene<'a>(&'a self, stage: &'a Stage, mode: Mode) -> Scene<'a> {
        Scene {
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
        }
    }

    /// What searches and listings leave out; none when no rule is about it.
    pub(super) fn reserved(&self, stage: &Stage) -> Option<Reserved> {
        let scene = self.scene(stage, Mode::Default);
        let nothing = Access::of(Action::Internal);
        let case = Case { tool: "", input: &serde_json::Value::Null, access: &nothing };
        Reserved::new(&scene, &facts(&case, &scene))
    }

    /// Lays a call out for judging and hands it to `judge`.
    pub(super) fn with<T>(
        &self,
        asked: &Asked<'_>,
        stage: &Stage,
        mode: Mode,
        judge: impl FnOnce(&Case<'_>, &Scene<'_>, &PathFacts) -> T,
    ) -> T {
        let scene = self.scene(stage, mode);
        let case = Case { tool: asked.name, input: asked.input, access: &asked.access };
        judge(&case, &scene, &facts(&case, &scene))
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

/// What the disk says of every path that matters to a call.
fn facts(case: &Case<'_>, scene: &Scene<'_>) -> PathFacts {
    policy::paths(case, scene)
        .into_iter()
        .map(|path| {
            let (resolved, links, exists) = paths::facts(&path);
            (path, PathFact { resolved, links, exists })
        })
        .collect()
}

/// The tier by its name outside of the gate.
pub(super) fn tier_of(tier: Tier) -> RuleTier {
    match tier {
        Tier::Deny => RuleTier::Deny,
        Tier::Ask => RuleTier::Ask,
        Tier::Allow => RuleTier::Allow,
    }
}

impl Driver {
    pub(super) async fn judge(&mut self, call: ToolCall) {
        if !self.plans_rename(&call) && !self.hooks_speak_first(&call) {
            self.judge_now(call).await;
        }
    }

    /// Judges after hooks have spoken.
    pub(super) async fn judge_now(&mut self, call: ToolCall) {
        self.need_proof(&call).await;
        let verdict = self.settle(&call);
        let verdict = self.with_hooks(&call, verdict);
        let Some(verdict) = self.classify(&call, verdict) else { return };
        let verdict = if self.setup.interactive { verdict } else { unanswered(verdict) };
        self.conclude(call, verdict).await;
    }

    /// The verdict on a call, also when it is not one that could be run.
    pub(super) fn verdict(&self, call: &ToolCall) -> Verdict {
        self.verdict_under(&self.gate, self.machine.conversation().mode, call)
    }

    /// The same by another gate or in another mode.
    pub(super) fn verdict_under(&self, gate: &Gate, mode: Mode, call: &ToolCall) -> Verdict {
        self.verdict_with_places(gate, mode, call).0
    }
}

/// A call that nobody needs to decide about, because it cannot be run at all.
pub(super) fn refused(text: String) -> Verdict {
    Verdict {
        decision: Decision::Deny,
        because: Because::new(BecauseKind::Tool, text),
        read_only: true,
        suggestion: None,
        trail: Vec::new(),
    }
}
