//! The pipeline of the gate: one stage after the other, each with its line in the trail.

use std::path::PathBuf;

use super::grant::{self, Grant, Part};
use super::matching::{Bench, Hit};
use super::rule::Rule;
use super::ruleset::Tier;
use super::{Case, Scene, danger, protected, shell, subject, suggest};
use crate::domain::{Action, Because, BecauseKind, Decision, Mode, PathFacts, TrailStep, Verdict};

/// More steps of this kind are counted, not listed.
const MAX_PART_STEPS: usize = 50;

/// A decision with its reason, before anybody was found to ask.
type Finding = (Decision, Because);

struct Trail(Vec<TrailStep>);

impl Trail {
    fn add(&mut self, stage: &str, finding: impl Into<String>) {
        self.0.push(TrailStep { stage: stage.to_owned(), finding: finding.into() });
    }
}

/// Judges one call. Whether a rule would help is only worked out when `suggesting`, because that judges again.
pub(super) fn run(case: &Case<'_>, scene: &Scene<'_>, facts: &PathFacts, suggesting: bool) -> Verdict {
    let bench = Bench::new(case, scene, facts);
    let read_only = is_read_only(&bench);
    let parts = grant::parts(&bench);
    let mut trail = Trail(Vec::new());
    describe(&bench, &parts, read_only, &mut trail);
    let stopped = hard(&bench, read_only, &mut trail);
    let is_open = stopped.is_none();
    let found = stopped.unwrap_or_else(|| soft(&bench, &parts, &mut trail));
    let helps = suggesting && is_open && found.0 == Decision::Ask && found.1.kind != BecauseKind::Protected;
    let suggestion = if helps { suggest::rules(&bench, &parts) } else { None };
    let (decision, because) = answerable(&bench, found, &mut trail);
    Verdict { decision, because, read_only, suggestion, trail: trail.0 }
}

/// The call changes nothing.
fn is_read_only(bench: &Bench<'_>) -> bool {
    match bench.case.access.action {
        Action::Internal => true,
        Action::Read => bench.subject.writes.is_empty(),
        Action::Execute => bench.subject.analysis.as_ref().is_some_and(grant::line_only_reads),
        // What a server says of itself lets calls run beside others; it never allows one.
        Action::External => bench.case.access.marks.reads,
        Action::Edit | Action::Fetch | Action::Grant | Action::Remember => false,
    }
}

fn describe(bench: &Bench<'_>, parts: &[Part<'_>], read_only: bool, trail: &mut Trail) {
    for part in parts.iter().take(MAX_PART_STEPS) {
        let finding = match &part.grant {
            Ok(Grant::Free) => format!("`{}` needs no permission", part.label),
            Ok(Grant::Rule(rule)) => format!("`{}` is covered by the allow rule {}", part.label, place_of(rule)),
            Ok(Grant::Mode) => format!("`{}` is covered by the mode {}", part.label, bench.scene.mode),
            Err(why) => format!("`{}` needs permission: {why}", part.label),
        };
        trail.add("part", finding);
    }
    if parts.len() > MAX_PART_STEPS {
        trail.add("part", format!("and {} more", parts.len() - MAX_PART_STEPS));
    }
    trail.add("nature", if read_only { "the call only reads" } else { "the call may change something" });
    let waiting = bench.scene.rules.waiting();
    if !bench.scene.trusted && waiting > 0 {
        trail.add("trust", format!("{waiting} allow rules of the folder wait until it is trusted"));
    }
}

fn place_of(rule: &Rule) -> String {
    format!("`{}` ({})", rule.text, rule.source)
}

/// Stages whose answer no allow rule changes.
fn hard(bench: &Bench<'_>, read_only: bool, trail: &mut Trail) -> Option<Finding> {
    let deny = bench.first(Tier::Deny);
    if let Some((rule, Hit::Sure)) = deny {
        trail.add("deny rules", format!("{} matches", place_of(rule)));
        return Some((Decision::Deny, by_rule(rule, format!("The deny rule {} forbids it.", place_of(rule)))));
    }
    trail.add("deny rules", deny.map_or("none matches".into(), |(rule, _)| format!("{} may match", place_of(rule))));
    if let Some(found) = forbidden_by_plan(bench, read_only) {
        trail.add("mode", "plan: only reading is allowed");
        return Some(found);
    }
    if let Some(why) = &bench.case.access.marks.asks {
        trail.add("tool", why.clone());
        let text = format!("Always asked, because {why}.");
        return Some((Decision::Ask, Because::new(BecauseKind::Protected, text)));
    }
    if let Some(host) = bench.inner_host().filter(|_| bench.call_rule().is_none()) {
        let why = format!("{host} is this machine or an address of a private network");
        trail.add("host", format!("{why}, and no rule names it"));
        return Some((Decision::Ask, Because::new(BecauseKind::Protected, format!("Always asked, because {why}."))));
    }
    if let Some(danger) = find_danger(bench) {
        trail.add("dangers", danger.clone());
        let text = format!("Always asked, because {danger}.");
        return Some((Decision::Ask, Because::new(BecauseKind::Protected, text)));
    }
    trail.add("dangers", "none found");
    if let Some((rule, _)) = deny {
        let text = format!("What is not known before the run may be what the deny rule {} forbids.", place_of(rule));
        return Some((Decision::Ask, by_rule(rule, text)));
    }
    if let Some((rule, hit)) = bench.first(Tier::Ask) {
        let verb = if hit == Hit::Sure { "matches" } else { "may match" };
        trail.add("ask rules", format!("{} {verb}", place_of(rule)));
        return Some((Decision::Ask, by_rule(rule, format!("The ask rule {} {verb} it.", place_of(rule)))));
    }
    trail.add("ask rules", "none matches");
    None
}

fn find_danger(bench: &Bench<'_>) -> Option<String> {
    let analysis = bench.subject.analysis.as_ref()?;
    let text = bench.case.access.command.as_deref().unwrap_or_default();
    danger::find(analysis, text, bench.scene, bench.facts)
}

fn by_rule(rule: &Rule, text: String) -> Because {
    Because { kind: BecauseKind::Rule, rule: Some(rule.text.clone()), source: Some(rule.source.clone()), text }
}

/// Plan mode lets nothing change. A tool of a server that does not say that it only reads may change things unseen.
fn forbidden_by_plan(bench: &Bench<'_>, read_only: bool) -> Option<Finding> {
    if bench.scene.mode != Mode::Plan || read_only {
        return None;
    }
    let because = |text: &str| Because::new(BecauseKind::Mode, text);
    match bench.case.access.action {
        // A skill is only read; what it allows still changes nothing here.
        Action::Fetch | Action::Grant => None,
        Action::External => Some((
            Decision::Deny,
            because(
                "Plan mode is on, and this tool's server does not say that it only reads, so it may change something. \
                 Finish the plan and present it; the person leaves plan mode when it is agreed.",
            ),
        )),
        _ => Some((
            Decision::Deny,
            because(
                "Plan mode is on, so nothing may be changed and only commands that read may run. \
                 Finish the plan and present it; the person leaves plan mode when it is agreed.",
            ),
        )),
    }
}

/// Stages that look for a permission.
fn soft(bench: &Bench<'_>, parts: &[Part<'_>], trail: &mut Trail) -> Finding {
    if bench.case.tool == "AskUserQuestion" && bench.scene.mode == Mode::DontAsk {
        trail.add("mode", "dontAsk: questions of the model are denied");
        return (Decision::Deny, Because::new(BecauseKind::Mode, "The mode dontAsk denies questions to the person."));
    }
    if parts.iter().all(|part| matches!(part.grant, Ok(Grant::Free))) {
        trail.add("tool", "needs no permission");
        return (Decision::Allow, Because::new(BecauseKind::Tool, free_text(bench)));
    }
    let bypass = bench.scene.mode == Mode::BypassPermissions;
    if let Some((name, label)) = protected_name(bench).filter(|_| !bypass) {
        trail.add("protected names", format!("{label} is or lies in `{name}`"));
        let text =
            format!("`{name}` is protected, because other programs run or obey it; no rule covers changing {label}.");
        return (Decision::Ask, Because::new(BecauseKind::Protected, text));
    }
    let broken = bench.subject.analysis.as_ref().and_then(|analysis| analysis.broken.as_ref());
    if bypass && broken.is_none() {
        trail.add("mode", "bypassPermissions: runs without asking");
        return (
            Decision::Allow,
            Because::new(BecauseKind::Mode, "The mode bypassPermissions asks about nothing else."),
        );
    }
    match parts.iter().find_map(|part| part.grant.as_ref().err()) {
        Some(why) => asked(bench, parts, why, trail),
        None => granted(parts, bench, trail),
    }
}

fn free_text(bench: &Bench<'_>) -> &'static str {
    match bench.case.access.action {
        Action::Internal => "It touches nothing outside the session.",
        Action::Execute => "The command only reads, and only what may be read without asking.",
        _ => "It reads inside the project.",
    }
}

fn protected_name(bench: &Bench<'_>) -> Option<(&'static str, String)> {
    bench.subject.writes.iter().find_map(|target| Some((protected::name_in(&target.spot)?, target.label.clone())))
}

fn granted(parts: &[Part<'_>], bench: &Bench<'_>, trail: &mut Trail) -> Finding {
    let rule = parts.iter().find_map(|part| match part.grant {
        Ok(Grant::Rule(rule)) => Some(rule),
        _ => None,
    });
    if let Some(rule) = rule {
        trail.add("allow rules", format!("{} covers it", place_of(rule)));
        return (Decision::Allow, by_rule(rule, format!("The allow rule {} covers it.", place_of(rule))));
    }
    trail.add("mode", format!("{}: runs without asking", bench.scene.mode));
    let text = format!("The mode {} allows changes inside the project.", bench.scene.mode);
    (Decision::Allow, Because::new(BecauseKind::Mode, text))
}

fn asked(bench: &Bench<'_>, parts: &[Part<'_>], why: &str, trail: &mut Trail) -> Finding {
    let open = parts.iter().filter(|part| part.grant.is_err()).count();
    trail.add("allow rules", format!("{open} of {} parts are not covered", parts.len()));
    let more = if open > 1 { format!(", and {} more", open - 1) } else { String::new() };
    let text = format!("No rule covers it: {why}{more}.");
    if bench.scene.mode == Mode::Auto {
        for rule in bench.set_aside() {
            trail.add("mode", format!("auto: {} does not count, because it covers anything", place_of(rule)));
        }
        trail.add("mode", "auto: the classifier judges what the rules leave open");
    } else {
        trail.add("mode", format!("{}: asks", bench.scene.mode));
    }
    let kind = match bench.case.access.action {
        // No model decides about what its own server calls destructive.
        Action::External if bench.case.access.marks.destroys && bench.scene.mode == Mode::Auto => {
            BecauseKind::Protected
        }
        Action::Execute => BecauseKind::Analysis,
        _ => BecauseKind::Tool,
    };
    (Decision::Ask, Because::new(kind, text))
}

/// A question that nobody may or can answer is a no.
fn answerable(bench: &Bench<'_>, found: Finding, trail: &mut Trail) -> Finding {
    let (decision, because) = found;
    if decision != Decision::Ask {
        return (decision, because);
    }
    if bench.scene.mode == Mode::DontAsk {
        trail.add("mode", "dontAsk: what would ask is denied");
        let text = format!("The mode dontAsk denies what would ask. {}", because.text);
        return (Decision::Deny, Because { kind: BecauseKind::Mode, text, ..because });
    }
    if !bench.scene.interactive {
        trail.add("person", "nobody is there to be asked");
        let text = format!("Nobody is there to be asked. {}", because.text);
        return (Decision::Deny, Because { kind: BecauseKind::Headless, text, ..because });
    }
    trail.add("person", "is asked");
    (Decision::Ask, because)
}

/// Every path that a command names, in each folder it may run in.
pub(super) fn command_paths(text: &str, scene: &Scene<'_>) -> Vec<PathBuf> {
    let analysis = shell::analyse(text, scene.cwd, scene.home);
    let mut out = Vec::new();
    for command in &analysis.commands {
        for (named, _) in subject::named_in(command) {
            out.extend(subject::places(&named.path, &command.dirs, scene.home));
        }
    }
    for redirect in analysis.writes.iter().chain(&analysis.reads) {
        if let Some(path) = redirect.target.literal() {
            out.extend(subject::places(path, &redirect.dirs, scene.home));
        }
    }
    out
}
