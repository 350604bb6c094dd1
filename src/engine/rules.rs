//! Rules at the person's hand: listed with their places, tested on what was asked, added, taken away.

use super::driver::Driver;
use super::gate::{Gate, tier_of};
use super::questions::{Question, Questions};
use super::{RuleEdit, Stage};
use crate::agent::Input;
use crate::domain::{
    Body, Event, Live, Notice, RuleCover, RuleLine, RulePlace, RuleScope, RuleSource, RuleTest, RuleTier, RulesReport,
    SaveScope,
};
use crate::policy::{RuleSet, RuleText};

impl Driver {
    pub(super) async fn report_rules(&mut self) {
        let texts = self.gate.texts();
        let (set, mut problems) = RuleSet::parse(texts.clone());
        problems.extend(set.broad());
        let line = |entry: RuleText| {
            let problem = problems.iter().find(|problem| problem.text == entry.text && problem.source == entry.source);
            let problem = problem.map(|problem| problem.what.clone());
            RuleLine { tier: tier_of(entry.tier), text: entry.text, source: entry.source, problem }
        };
        let mut rules: Vec<RuleLine> = texts.into_iter().map(line).collect();
        rules.sort_by_key(|line| (line.tier, line.source.scope));
        let report = RulesReport { rules, questions: self.questions.len() as u32 };
        self.tell(Event::Live(Live::Rules(Box::new(report)))).await;
    }

    /// Tries an allow rule on the call that is asked about and on the newest questions.
    pub(super) fn test_rule(&mut self, rule: String, call_id: Option<String>) {
        let (gate, questions, stage) = (self.gate.without_allow(&rule), self.questions.clone(), self.stage.clone());
        self.beside(move || {
            let outcome = cover(&gate, &questions, &stage, (&rule, call_id.as_deref()));
            Live::RuleTested(Box::new(RuleTest { rule, call_id, outcome }))
        });
    }

    pub(super) async fn add_rule(&mut self, tier: RuleTier, rule: String, place: RulePlace) {
        let rule = rule.trim().to_owned();
        let added = match place {
            RulePlace::Session => self.gate.add(tier, &rule, session_source(), &self.stage).map(|()| None),
            RulePlace::Saved(scope) => self.save_rule(tier, &rule, scope).map(Some),
        };
        match added {
            Err(problem) => self.notice(Notice::warning(problem)).await,
            Ok(file) => {
                if let (RulePlace::Saved(scope), Some(file)) = (place, &file) {
                    self.config_changed(scope, file);
                }
                self.feed(Input::Note(Body::RuleAdded { rule, file })).await;
                self.judge_open_questions().await;
            }
        }
        self.report_rules().await;
    }

    /// Saves a rule and takes it in force.
    pub(super) fn save_rule(
        &mut self,
        tier: RuleTier,
        rule: &str,
        scope: SaveScope,
    ) -> Result<std::path::PathBuf, String> {
        // Tried first, so that no broken rule is saved.
        self.gate.clone().add(tier, rule, session_source(), &self.stage)?;
        let file = (self.stage.edit_rule)(RuleEdit::Save { scope, tier, rule })?;
        self.settle_file(&file);
        let name = crate::base::paths::relative_to(&file, &self.stage.place.project);
        let source = RuleSource { scope: rule_scope(scope), file: Some(name), line: None };
        self.gate.add(tier, rule, source, &self.stage)?;
        Ok(file)
    }

    pub(super) async fn remove_rule(&mut self, tier: RuleTier, rule: String, source: RuleSource) {
        let removed = match source.scope {
            RuleScope::Session => Ok(()),
            RuleScope::Flag => Err("it comes from the command line; start without it".to_owned()),
            RuleScope::Managed => Err("it is the administrator's".to_owned()),
            _ => {
                let file = (self.stage.edit_rule)(RuleEdit::Remove { source: &source, tier, rule: &rule });
                file.map(|file| self.settle_file(&file))
            }
        };
        if let Err(problem) = removed {
            let text = format!("The rule `{rule}` was not removed: {problem}");
            self.notice(Notice::warning(text)).await;
        } else {
            self.gate.remove(tier, &rule, &source);
            self.notice(Notice::info(format!("The {} rule `{rule}` is gone ({source}).", tier.name()))).await;
            self.judge_open_questions().await;
        }
        self.report_rules().await;
    }

    /// What waits for the person may be allowed or denied by the rules as they are now.
    async fn judge_open_questions(&mut self) {
        self.feed(Input::RulesChanged).await;
    }
}

/// What the rule would cover if it were the only one of its text.
fn cover(
    gate: &Gate,
    questions: &Questions,
    stage: &Stage,
    (rule, call_id): (&str, Option<&str>),
) -> Result<RuleCover, String> {
    let covers = |question: &Question| gate.covers(rule, question, stage);
    let mut found = RuleCover { this_call: None, covered: 0, of: 0 };
    for question in questions.iter() {
        let covered = covers(question)?;
        if Some(question.call.id.as_str()) == call_id {
            found.this_call = Some(covered);
        }
        found.of += 1;
        found.covered += u32::from(covered);
    }
    if found.of == 0 {
        // Nothing to try it on, but a broken rule is told all the same.
        gate.clone().add(RuleTier::Allow, rule, session_source(), stage)?;
    }
    Ok(found)
}

/// The place of a rule that ends with the session.
pub(super) fn session_source() -> RuleSource {
    RuleSource { scope: RuleScope::Session, file: None, line: None }
}

fn rule_scope(scope: SaveScope) -> RuleScope {
    match scope {
        SaveScope::Local => RuleScope::Local,
        SaveScope::Project => RuleScope::Project,
        SaveScope::User => RuleScope::User,
    }
}
