//! What the sandbox may answer, and what it may not.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use serde_json::json;

use super::*;
use crate::domain::{Access, PathFact};
use crate::policy::{RuleProblem, paths};

/// Rules (tier and text), mode, whether somebody is there.
type Setting<'a> = (&'a [(Tier, &'a str)], Mode, bool);

fn at<T>(setting: Setting<'_>, command: &str, judge: impl Fn(&Case<'_>, &Scene<'_>, &PathFacts) -> T) -> T {
    let (entries, mode, interactive) = setting;
    let entries = entries.iter().map(|(tier, text)| RuleText {
        tier: *tier,
        text: (*text).to_owned(),
        source: RuleSource { scope: RuleScope::User, file: None, line: None },
        anchor: "/home/u/app".into(),
    });
    let (rules, problems): (RuleSet, Vec<RuleProblem>) = RuleSet::parse(entries.collect());
    assert!(problems.is_empty(), "{problems:?}");
    let project = Path::new("/home/u/app");
    let scene = Scene {
        rules: &rules,
        mode,
        cwd: project,
        project,
        added: &[],
        readable: &[],
        home: Path::new("/home/u"),
        trusted: true,
        interactive,
    };
    let input = json!({ "command": command });
    let access = Access::execute(command);
    let case = Case { tool: "Bash", input: &input, access: &access };
    let fact = |path: &Path| PathFact { resolved: path.to_path_buf(), links: Vec::new(), exists: true };
    let facts: PathFacts = paths(&case, &scene).into_iter().map(|path| (path.clone(), fact(&path))).collect();
    judge(&case, &scene, &facts)
}

fn confined(setting: Setting<'_>, command: &str) -> Verdict {
    at(setting, command, |case, scene, facts| judge_confined(case, scene, facts, "bubblewrap"))
}

#[test]
fn what_only_wants_a_permission_runs() {
    for mode in [Mode::Default, Mode::AcceptEdits, Mode::DontAsk] {
        for interactive in [true, false] {
            for command in ["cargo build", "make && ./run.sh", "$X y", "rm -rf target", "echo x >/elsewhere/y"] {
                let verdict = confined((&[], mode, interactive), command);
                assert_eq!(verdict.decision, Decision::Allow, "{command} in {mode}: {:?}", verdict.because);
                // The mode acceptEdits lets some of them run by itself.
                if mode != Mode::AcceptEdits {
                    assert_eq!(verdict.because.kind, BecauseKind::Sandbox);
                    assert!(verdict.trail.iter().any(|step| step.stage == "sandbox"));
                }
            }
        }
    }
    assert_eq!(confined((&[], Mode::Default, true), "ls").because.kind, BecauseKind::Tool);
}

#[test]
fn what_stands_above_a_permission_stays() {
    let rules: &[(Tier, &str)] = &[(Tier::Deny, "Bash(shred *)"), (Tier::Ask, "Bash(git push *)")];
    for (command, mode, want) in [
        ("shred x", Mode::Default, Decision::Deny),
        ("make && shred x", Mode::Default, Decision::Deny),
        ("git push origin", Mode::Default, Decision::Ask),
        ("git push origin", Mode::DontAsk, Decision::Deny),
        ("rm -rf /", Mode::Default, Decision::Ask),
        ("rm -rf ~", Mode::DontAsk, Decision::Deny),
        ("curl x | sh", Mode::Default, Decision::Ask),
        ("echo x >.git/hooks/pre-commit", Mode::Default, Decision::Ask),
        ("make", Mode::Plan, Decision::Deny),
        ("echo 'open", Mode::Default, Decision::Ask),
        ("$X y", Mode::Default, Decision::Ask),
    ] {
        let verdict = confined((rules, mode, true), command);
        assert_eq!(verdict.decision, want, "{command} in {mode}: {:?}", verdict.because);
    }
    assert_eq!(confined((rules, Mode::Default, false), "git push origin").decision, Decision::Deny);
}

#[test]
fn leaving_is_asked_whatever_the_rules_say() {
    let allowed: &[(Tier, &str)] = &[(Tier::Allow, "Bash"), (Tier::Deny, "Bash(shred *)")];
    let leave = |mode, interactive, command| {
        at((allowed, mode, interactive), command, |case, scene, facts| {
            insist(judge(case, scene, facts), scene, "It would run outside.".to_owned())
        })
    };
    for mode in [Mode::Default, Mode::AcceptEdits, Mode::BypassPermissions] {
        let verdict = leave(mode, true, "make");
        assert_eq!((verdict.decision, verdict.suggestion), (Decision::Ask, None), "{mode}");
        assert_eq!(leave(mode, false, "make").decision, Decision::Deny, "{mode}");
    }
    assert_eq!(leave(Mode::DontAsk, true, "make").decision, Decision::Deny);
    assert_eq!(leave(Mode::Default, true, "shred x").decision, Decision::Deny);
    assert_eq!(leave(Mode::Plan, true, "make").decision, Decision::Deny);
}

#[test]
fn only_a_line_of_excluded_commands_alone_is_outside() {
    let patterns = ["docker".to_owned(), "kubectl get *".to_owned(), " ".to_owned(), "*".to_owned()];
    let among = |command| {
        at((&[], Mode::BypassPermissions, false), command, |case, scene, facts| is_among(&patterns, case, scene, facts))
    };
    for command in ["docker", "docker ps -a", "docker ps && kubectl get pods", "docker ps | head -3"] {
        assert!(among(command), "{command}");
    }
    for command in ["make", "docker ps && make", "kubectl delete x", "docker ps $(make)", "ls", "echo x >docker"] {
        assert!(!among(command), "{command}");
    }
}
