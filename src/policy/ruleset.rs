//! All rules of a session by tier, with what was wrong with those that could not be used.

use std::path::PathBuf;

use super::bash_rule::BashPattern;
use super::rule::{Rule, Target};
use crate::domain::{RuleScope, RuleSource};

/// Deny, ask or allow, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    Deny,
    Ask,
    Allow,
}

/// A rule as it stands in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    pub tier: Tier,
    pub text: String,
    pub source: RuleSource,
    /// The folder that `/x` patterns start at: the project for project settings, `~/.claude` for the user's,
    /// the current folder for flags and session rules.
    pub anchor: PathBuf,
}

/// Something the person should know about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleProblem {
    pub text: String,
    pub source: RuleSource,
    /// One sentence: what is wrong and what to write instead.
    pub what: String,
    /// The rule has no effect at all.
    pub unused: bool,
}

/// The rules of a session.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    anchors: Vec<PathBuf>,
}

impl RuleSet {
    /// Parses all entries. A broken one grants nothing and is reported; the others hold.
    pub fn parse(entries: Vec<RuleText>) -> (Self, Vec<RuleProblem>) {
        let mut set = Self::default();
        let mut problems: Vec<RuleProblem> = entries.into_iter().filter_map(|entry| set.add(entry).err()).collect();
        problems.extend(set.shadowed());
        (set, problems)
    }

    /// Adds one rule, or several that stand one a line. An error with `unused: false` is a remark about a rule
    /// that was added all the same.
    pub fn add(&mut self, entry: RuleText) -> Result<(), RuleProblem> {
        let Some((first, rest)) = entry.text.split_once(")\n") else { return self.add_one(entry) };
        let one = RuleText { text: format!("{first})"), ..entry.clone() };
        let others = RuleText { text: rest.to_owned(), ..entry.clone() };
        self.add_one(one).and(self.add(others))
    }

    fn add_one(&mut self, entry: RuleText) -> Result<(), RuleProblem> {
        let problem = |what: String, unused: bool| RuleProblem {
            text: entry.text.clone(),
            source: entry.source.clone(),
            what,
            unused,
        };
        let (rule, remark) = Rule::parse(&entry).map_err(|what| problem(what, true))?;
        let same = |old: &&Rule| old.tier == rule.tier && old.text == rule.text && old.source == rule.source;
        if self.rules.iter().any(|old| same(&old)) {
            return Ok(());
        }
        self.rules.push(rule);
        if !self.anchors.contains(&entry.anchor) {
            self.anchors.push(entry.anchor.clone());
        }
        // Within a tier the strongest scope is named as the reason, so it comes first.
        self.rules.sort_by_key(|rule| (rule.tier, rule.source.scope));
        remark.map_or(Ok(()), |what| Err(problem(what, false)))
    }

    /// The rules of one tier that apply. Allow rules of the project wait until the folder is trusted.
    pub(super) fn tier(&self, tier: Tier, trusted: bool) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| {
            rule.tier == tier
                && (trusted
                    || tier != Tier::Allow
                    || !matches!(rule.source.scope, RuleScope::Project | RuleScope::Local))
        })
    }

    /// Some rule of the tier is about reading certain paths.
    pub(super) fn reserves_reads(&self, tier: Tier) -> bool {
        self.tier(tier, true).any(|rule| matches!(rule.target, Target::Read(_)))
    }

    /// Folders at which patterns of the rules start.
    pub(super) fn anchors(&self) -> &[PathBuf] {
        &self.anchors
    }

    /// Remarks about allow rules that the mode auto sets aside.
    pub fn broad(&self) -> Vec<RuleProblem> {
        let broad = self.rules.iter().filter(|rule| rule.broad);
        broad
            .map(|rule| RuleProblem {
                text: rule.text.clone(),
                source: rule.source.clone(),
                what: "it covers anything, so it does not count in the mode auto; name what may run".to_owned(),
                unused: false,
            })
            .collect()
    }

    /// How many allow rules wait for trust.
    pub(super) fn waiting(&self) -> usize {
        self.tier(Tier::Allow, true).count() - self.tier(Tier::Allow, false).count()
    }

    /// Allow rules that can never decide, because a deny or ask rule of the same text or of the whole tool
    /// comes first.
    fn shadowed(&self) -> Vec<RuleProblem> {
        let allows = self.rules.iter().filter(|rule| rule.tier == Tier::Allow);
        allows
            .filter_map(|rule| {
                let over = self.rules.iter().find(|other| other.tier != Tier::Allow && hides(other, rule))?;
                let tier = if over.tier == Tier::Deny { "denied" } else { "asked about" };
                Some(RuleProblem {
                    text: rule.text.clone(),
                    source: rule.source.clone(),
                    what: format!(
                        "it never allows anything: the call is {tier} first by `{}` ({})",
                        over.text, over.source
                    ),
                    unused: true,
                })
            })
            .collect()
    }
}

fn hides(over: &Rule, rule: &Rule) -> bool {
    if over.text == rule.text {
        return true;
    }
    let tool = match &rule.target {
        Target::Tool { name, .. } => name.as_str(),
        Target::Bash(_) => "Bash",
        Target::Read(_) => "Read",
        Target::Edit(_) => "Edit",
        Target::Domain(_) => "WebFetch",
        Target::Named { tool, .. } | Target::Param { tool, .. } => tool.as_str(),
    };
    let covers_command = match (&over.target, &rule.target) {
        (Target::Bash(BashPattern::Every), Target::Bash(_)) => true,
        (Target::Bash(over), Target::Bash(BashPattern::Exact(text))) => over.covers(text),
        _ => false,
    };
    covers_command || over.names(tool)
}
