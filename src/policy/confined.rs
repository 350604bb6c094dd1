//! What the sandbox changes in a verdict: a confined command may run unasked where the person chose that, a
//! command that leaves the sandbox is asked about, and some commands are outside by the person's own word.
//!
//! Deny rules, what plan mode forbids, dangers, ask rules and protected names are decided as ever.

use super::{Case, RuleSet, RuleText, Scene, Tier, judge};
use crate::domain::{Because, BecauseKind, Decision, Mode, PathFacts, RuleScope, RuleSource, TrailStep, Verdict};

/// The gate for a command that the sandbox will keep in, named `how`, when such commands may run unasked.
pub fn judge_confined(case: &Case<'_>, scene: &Scene<'_>, facts: &PathFacts, how: &str) -> Verdict {
    // As if somebody were there: a question that only wants a permission is answered by the sandbox.
    let open = Scene { interactive: true, mode: asking(scene.mode), ..*scene };
    let found = judge(case, &open, facts);
    let may_be_answered =
        found.decision == Decision::Ask && found.because.kind == BecauseKind::Analysis && !is_unreadable(&found);
    if !may_be_answered {
        return judge(case, scene, facts);
    }
    let mut trail = found.trail;
    trail.retain(|step| step.stage != "person");
    trail.push(TrailStep { stage: "sandbox".into(), finding: format!("{how} keeps it in, so it runs without asking") });
    let text = format!("The sandbox ({how}) keeps it in, and you chose that such commands run without asking.");
    let because = Because::new(BecauseKind::Sandbox, text);
    Verdict { decision: Decision::Allow, because, read_only: found.read_only, suggestion: None, trail }
}

/// dontAsk denies what would ask; a confined command would not. What it denies by itself is judged again.
fn asking(mode: Mode) -> Mode {
    if mode == Mode::DontAsk { Mode::Default } else { mode }
}

/// Deny rules and dangers cannot be looked for in a command that was not understood.
fn is_unreadable(verdict: &Verdict) -> bool {
    verdict.trail.iter().any(|step| step.stage == "part" && step.finding.contains("cannot be analysed"))
}

/// Turns a permission into a question that no rule answers, for the reason in `text`; where nobody may or can
/// be asked, into a no. What is denied stays denied.
pub fn insist(verdict: Verdict, scene: &Scene<'_>, text: String) -> Verdict {
    let mut trail = verdict.trail;
    trail.push(TrailStep { stage: "sandbox".into(), finding: text.clone() });
    if verdict.decision == Decision::Deny {
        return Verdict { trail, ..verdict };
    }
    let (decision, kind, text) = match (scene.mode, scene.interactive) {
        (Mode::DontAsk, _) => {
            (Decision::Deny, BecauseKind::Mode, format!("The mode dontAsk denies what would ask. {text}"))
        }
        (_, false) => (Decision::Deny, BecauseKind::Headless, format!("Nobody is there to be asked. {text}")),
        _ => (Decision::Ask, BecauseKind::Sandbox, text),
    };
    let because = Because::new(kind, text);
    Verdict { decision, because, read_only: verdict.read_only, suggestion: None, trail }
}

/// Turns whatever was decided into a no, for the reason in `text`.
pub fn refuse(verdict: Verdict, text: String) -> Verdict {
    let mut trail = verdict.trail;
    trail.push(TrailStep { stage: "sandbox".into(), finding: text.clone() });
    let because = Because::new(BecauseKind::Sandbox, text);
    Verdict { decision: Decision::Deny, because, read_only: verdict.read_only, suggestion: None, trail }
}

/// Every part of the command that needs a permission is among these patterns of Bash rules. A bare word means
/// the program with any arguments.
pub fn is_among(patterns: &[String], case: &Case<'_>, scene: &Scene<'_>, facts: &PathFacts) -> bool {
    // A pattern of everything would be a switch of the whole sandbox, for which there is another setting.
    let useful = patterns.iter().map(|pattern| pattern.trim()).filter(|pattern| !pattern.is_empty() && *pattern != "*");
    let texts = useful.flat_map(|pattern| {
        let more = (!pattern.contains(['*', ' '])).then(|| format!("{pattern} *"));
        std::iter::once(pattern.to_owned()).chain(more)
    });
    let texts: Vec<String> = texts.collect();
    let decision = |tier: Tier| {
        let rules = texts.iter().map(|text| RuleText {
            tier,
            text: format!("Bash({text})"),
            source: RuleSource { scope: RuleScope::Session, file: None, line: None },
            anchor: scene.project.to_path_buf(),
        });
        let (rules, _) = RuleSet::parse(rules.collect());
        let scene = Scene { rules: &rules, mode: Mode::Default, trusted: true, interactive: true, ..*scene };
        judge(case, &scene, facts).decision
    };
    // Nothing else is in the line, and one of them is: some of them need no rule, because they only read.
    decision(Tier::Allow) == Decision::Allow && decision(Tier::Deny) == Decision::Deny
}

#[cfg(test)]
#[path = "tests/confined.rs"]
mod tests;
