//! Decides what may be done, and says why: rules, modes, shell and path analysis. A function of its input.
//!
//! The order of [`judge`] is fixed: deny rules, what the mode forbids, dangers, ask rules, what is free by its own
//! nature, protected names, allow rules, mode, the person. What is not understood is asked, and a question that
//! nobody can answer is a no. Nothing here reads a disk, a clock or the environment.

mod assigns;
mod bash_rule;
mod broad;
mod confined;
mod danger;
mod fed;
mod glob;
mod grant;
mod hosts;
mod matching;
mod path_rule;
mod place;
mod programs;
mod protected;
mod rule;
mod ruleset;
mod shell;
mod stages;
mod subject;
mod suggest;
mod unseen;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::domain::{Access, Action, Decision, Mode, PathFacts, RuleScope, RuleSource, Verdict};
pub use confined::{insist, is_among, judge_confined, refuse};
pub use ruleset::{RuleProblem, RuleSet, RuleText, Tier};
pub use unseen::Reserved;

/// Where and under which rules a call is judged.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub rules: &'a RuleSet,
    pub mode: Mode,
    /// The shell's folder; relative paths start here.
    pub cwd: &'a Path,
    /// The session's own root.
    pub project: &'a Path,
    /// Further folders that belong to the session.
    pub added: &'a [PathBuf],
    /// Folders outside that may be read, such as kept outputs.
    pub readable: &'a [PathBuf],
    pub home: &'a Path,
    /// The folder is trusted, so the allow rules of its own files count.
    pub trusted: bool,
    /// Somebody is there to be asked.
    pub interactive: bool,
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub tool: &'a str,
    pub input: &'a Value,
    pub access: &'a Access,
}

/// The absolute paths whose facts the caller must gather before it asks for a verdict: those of the tool, those
/// that the command names, and the session's folders. Dots are kept, because a `..` behind a link leads elsewhere
/// on the disk than in the text. What has no fact cannot be allowed.
pub fn paths(case: &Case<'_>, scene: &Scene<'_>) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = case.access.paths.iter().map(|used| used.path.clone()).collect();
    if case.access.action == Action::Execute {
        out.extend(stages::command_paths(case.access.command.as_deref().unwrap_or_default(), scene));
    }
    out.extend([scene.cwd, scene.project, scene.home].map(Path::to_path_buf));
    out.extend(scene.added.iter().chain(scene.readable).chain(scene.rules.anchors()).cloned());
    out.sort_unstable();
    out.dedup();
    out
}

/// The gate. Never panics; what it cannot judge it asks about.
pub fn judge(case: &Case<'_>, scene: &Scene<'_>, facts: &PathFacts) -> Verdict {
    stages::run(case, scene, facts, true)
}

/// Would this call run without a question if `rule` were an allow rule of the session? Several rules stand one a line.
/// An error is a sentence about what is wrong with the rule.
pub fn rule_covers(rule: &str, case: &Case<'_>, scene: &Scene<'_>, facts: &PathFacts) -> Result<bool, String> {
    let mut rules = scene.rules.clone();
    rules
        .add(RuleText {
            tier: Tier::Allow,
            text: rule.to_owned(),
            source: RuleSource { scope: RuleScope::Session, file: None, line: None },
            anchor: scene.project.to_path_buf(),
        })
        .or_else(|problem| if problem.unused { Err(problem.what) } else { Ok(()) })?;
    let scene = Scene { rules: &rules, ..*scene };
    Ok(stages::run(case, &scene, facts, false).decision == Decision::Allow)
}

/// Tools that the model need not see, because a bare deny rule stops every call of them.
pub fn hidden_tools(rules: &RuleSet, names: &[String]) -> Vec<String> {
    let denied = |name: &&String| rules.tier(Tier::Deny, true).any(|rule| rule.removes(name));
    names.iter().filter(denied).cloned().collect()
}

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
