//! What lets each part of a call run: its own nature, an allow rule, the mode, or nothing.
//!
//! A shell line is as many parts as it has commands, redirections and doubts; each needs its own grant.

use super::assigns::is_harmless;
use super::bash_rule::BashPattern;
use super::fed;
use super::hosts;
use super::matching::Bench;
use super::place::Spot;
use super::programs::{self, FileWork};
use super::rule::{Rule, Target as About};
use super::shell::{self, Analysis, Assign, Command, Kind, Redirect, Word};
use super::subject::{self, Target};
use crate::domain::{Action, Mode};

/// Why a part may run.
#[derive(Clone, Copy)]
pub(super) enum Grant<'a> {
    /// By its own nature, such as a read inside the project.
    Free,
    Rule(&'a Rule),
    Mode,
}

/// One part and what lets it run, or the sentence that says why nothing does.
pub(super) struct Part<'a> {
    pub(super) label: String,
    pub(super) grant: Result<Grant<'a>, String>,
    /// The words of the command, for the suggestion of a rule.
    pub(super) words: Option<Vec<Word>>,
    /// The command with all that stands in front of it.
    pub(super) exact: Option<String>,
}

/// All parts of the call, in order.
pub(super) fn parts<'a>(bench: &Bench<'a>) -> Vec<Part<'a>> {
    match bench.case.access.action {
        _ if hosts::needs_nothing(bench.case.access) => {
            vec![Part { label: bench.case.tool.to_owned(), grant: Ok(Grant::Free), words: None, exact: None }]
        }
        Action::Execute => match &bench.subject.analysis {
            Some(analysis) => shell_parts(bench, analysis),
            None => Vec::new(),
        },
        Action::Read | Action::Edit => {
            let reads = bench.subject.reads.iter().map(|target| path_part(bench, target, false));
            let writes = bench.subject.writes.iter().map(|target| path_part(bench, target, true));
            let parts: Vec<Part<'a>> = reads.chain(writes).collect();
            if parts.is_empty() { vec![call_part(bench, "it names no path")] } else { parts }
        }
        Action::Fetch if bench.inner_host().is_some() => {
            let why = "it talks to this machine or its own network, which only a rule that names the host allows";
            vec![call_part(bench, why)]
        }
        Action::Internal | Action::Fetch | Action::External | Action::Remember => {
            vec![call_part(bench, bench.case.access.outside())]
        }
        Action::Grant => {
            let why = if bench.case.tool == "Skill" {
                "the skill may bring allow rules of its own"
            } else {
                "it needs permission"
            };
            vec![call_part(bench, why)]
        }
    }
}

fn call_part<'a>(bench: &Bench<'a>, why: &str) -> Part<'a> {
    let host = bench.case.access.host.as_deref();
    let label = host.map_or_else(|| bench.case.tool.to_owned(), |host| format!("{} {host}", bench.case.tool));
    Part { label, grant: bench.call_rule().map(Grant::Rule).ok_or_else(|| why.to_owned()), words: None, exact: None }
}

fn path_part<'a>(bench: &Bench<'a>, target: &Target, write: bool) -> Part<'a> {
    Part { label: target.label.clone(), grant: path_grant(bench, target, write), words: None, exact: None }
}

fn path_grant<'a>(bench: &Bench<'a>, target: &Target, write: bool) -> Result<Grant<'a>, String> {
    let spot = &target.spot;
    if !write && bench.roots.reads_in(spot) {
        return Ok(Grant::Free);
    }
    if let Some(rule) = bench.path_rule(spot, write) {
        return Ok(Grant::Rule(rule));
    }
    let inside = bench.roots.works_in(spot);
    if write && inside && accepts_edits(bench) {
        return Ok(Grant::Mode);
    }
    Err(match (write, inside) {
        _ if spot.resolved.is_none() => format!("{} could not be looked up", target.label),
        (true, true) => format!("it changes {}", target.label),
        (true, false) => format!("it changes {}, which is outside the project", target.label),
        (false, _) => format!("it reads {}, which is outside the project", target.label),
    })
}

fn shell_parts<'a>(bench: &Bench<'a>, analysis: &Analysis) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    if let Some(broken) = &analysis.broken {
        let grant = Err(format!("the command cannot be analysed: {broken}"));
        parts.push(Part { label: "the whole line".into(), grant, words: None, exact: None });
        return parts;
    }
    let whole = whole_rule(bench);
    let blanket = whole.filter(|rule| !matches!(rule.target, About::Bash(BashPattern::Exact(_))));
    for doubt in &analysis.doubts {
        let grant = whole.map(Grant::Rule).ok_or_else(|| format!("{doubt}, so it is not known what it runs"));
        parts.push(Part { label: "analysis".into(), grant, words: None, exact: None });
    }
    for command in analysis.commands.iter().filter(|command| !command.nested) {
        // A name that is not known may be any program, so only a rule about all of them covers it.
        parts.push(command_part(bench, command, if is_named(command) { whole } else { blanket }));
    }
    for write in analysis.writes.iter().filter(|write| !subject::is_harmless_device(&write.target)) {
        let label = format!("> {}", write.target.raw);
        parts.push(Part { label, grant: write_grant(bench, write, whole), words: None, exact: None });
    }
    for read in &analysis.reads {
        let label = format!("< {}", read.target.raw);
        parts.push(Part { label, grant: read_grant(bench, read, whole), words: None, exact: None });
    }
    parts
}

/// The rule that is about every command, or about this very line.
fn whole_rule<'a>(bench: &Bench<'a>) -> Option<&'a Rule> {
    let line = bench.case.access.command.as_deref().unwrap_or_default().trim();
    bench.allows().find(|rule| match &rule.target {
        About::Tool { .. } => rule.names("Bash"),
        About::Bash(BashPattern::Every) => true,
        About::Bash(BashPattern::Exact(text)) => text == line,
        _ => false,
    })
}

fn command_part<'a>(bench: &Bench<'a>, command: &Command, whole: Option<&'a Rule>) -> Part<'a> {
    let grant = match free(bench, command) {
        Ok(()) => Ok(Grant::Free),
        Err(why) => command_rule(bench, command, whole)
            .map(Grant::Rule)
            .or_else(|| accepted(bench, command).then_some(Grant::Mode))
            .ok_or(why),
    };
    let start = shell::stripped(&command.words);
    let words = command.words.get(start..).unwrap_or_default().to_vec();
    let exact = allowed_texts(command).pop();
    Part { label: command.shown.clone(), grant, words: Some(words).filter(|words| !words.is_empty()), exact }
}

/// The command changes nothing, wherever it looks.
pub(super) fn only_reads(command: &Command) -> Result<Vec<programs::Named>, String> {
    let is_read = command.words.first().is_some_and(|word| word.value == "read");
    let open =
        |assign: &&Assign| !(is_harmless(assign) || is_read && assign.name == "IFS" && !assign.value.has_unknown());
    if let Some(assign) = command.assigns.iter().find(open) {
        return Err(format!("it sets the variable {}", assign.name));
    }
    match command.kind {
        Kind::Test => return Ok(Vec::new()),
        Kind::Declaration => {
            let plain = command.words.len() == 1 && command.words.first().is_some_and(|word| word.value == "export");
            return if plain { Ok(Vec::new()) } else { Err("it declares variables".into()) };
        }
        Kind::Assignment | Kind::Simple => {}
    }
    let start = shell::stripped(&command.words);
    let (before, words) = command.words.split_at(start.min(command.words.len()));
    if before.iter().any(|word| word.value == "xargs") {
        // What it reads from its input become further operands.
        let more = Word { raw: "names from the input".into(), value: "\0".into(), splits: true, ..Word::default() };
        return programs::reads(&[words, &[more]].concat());
    }
    programs::reads(words)
}

/// The command only reads, and only what may be read.
fn free(bench: &Bench<'_>, command: &Command) -> Result<(), String> {
    let named = only_reads(command).or_else(|why| fed::reads(bench, command).ok_or(why))?;
    let start = shell::stripped(&command.words);
    let name = command.words.get(start).map(|word| word.value.as_str()).unwrap_or_default();
    if name == "git" && (command.dirs.moved || command.dirs.lost) {
        return Err("git runs in a folder that `cd` went to, whose settings may start programs".into());
    }
    for named in named {
        let relative = !named.path.starts_with(['/', '~']);
        if relative && command.dirs.lost {
            return Err(format!("the folder of {} is not known before the run", named.path));
        }
        let spots = subject::spots(&named, command, bench.scene.home, bench.facts);
        let may = |spot: &Spot| bench.roots.reads_in(spot) || bench.path_rule(spot, false).is_some();
        // Going somewhere reads nothing; what follows is judged in every folder that it may run in.
        let fine = if name == "cd" { spots.iter().any(may) } else { spots.iter().all(may) };
        if !fine {
            return Err(format!("it reads {}, which is outside the project", named.path));
        }
    }
    Ok(())
}

/// The allow rule that covers the command and the files that it names.
fn command_rule<'a>(bench: &Bench<'a>, command: &Command, whole: Option<&'a Rule>) -> Option<&'a Rule> {
    if whole.is_some() {
        return whole;
    }
    let texts = allowed_texts(command);
    let wrapped = wrapped_length(command);
    let loose = files_allowed(bench, command)
        && !command.dirs.lost
        && !shell::runs_arguments(&command.words)
        && !is_moved_git(command);
    bench.allows().find(|rule| match &rule.target {
        About::Bash(_) if !is_named(command) => false,
        About::Bash(pattern @ BashPattern::Exact(_)) => {
            !is_moved_git(command) && texts.iter().any(|text| pattern.covers(text))
        }
        // What stands in front of a stripped wrapper's command counts only for a rule that names that command.
        About::Bash(pattern) => {
            let named = |text: &&String| {
                !text.starts_with(&wrapped) || pattern.head() > wrapped.len() + 1 || wrapped.is_empty()
            };
            loose && texts.iter().filter(named).any(|text| pattern.covers(text))
        }
        _ => false,
    })
}

/// The program's name is known before the run.
fn is_named(command: &Command) -> bool {
    let start = shell::stripped(&command.words);
    command.words.get(start).is_none_or(|name| name.literal().is_some())
}

/// The wrappers in front of the command, up to its name.
fn wrapped_length(command: &Command) -> String {
    let start = shell::stripped(&command.words);
    if start == 0 {
        return String::new();
    }
    let words: Vec<&str> = command.words.iter().take(start).map(|word| word.raw.as_str()).collect();
    words.join(" ")
}

/// The texts that a rule may name. Without its assignments only if they are harmless.
fn allowed_texts(command: &Command) -> Vec<String> {
    let mut out = Vec::new();
    let start = shell::stripped(&command.words);
    for from in [0, start] {
        out.extend(subject::allow_texts(command.words.get(from..).unwrap_or_default()));
    }
    if !command.assigns.is_empty() {
        let front: Vec<String> =
            command.assigns.iter().map(|assign| format!("{}={}", assign.name, assign.value.raw)).collect();
        let with: Vec<String> =
            out.iter().map(|text| format!("{} {text}", front.join(" ")).trim().to_owned()).collect();
        if command.assigns.iter().all(is_harmless) {
            out.extend(with);
        } else {
            out = with;
        }
    }
    out.retain(|text| !text.is_empty());
    out
}

fn is_moved_git(command: &Command) -> bool {
    let start = shell::stripped(&command.words);
    let is_git = command.words.get(start).is_some_and(|word| shell::base_name(&word.value) == "git");
    is_git && (command.dirs.moved || command.dirs.lost)
}

/// What the command is known to do to files, without its wrappers.
fn work(command: &Command) -> Option<FileWork> {
    let start = shell::stripped(&command.words);
    programs::work_of(command.words.get(start..).unwrap_or_default())
}

/// The files that the command names may be read and written by a rule for the command.
fn files_allowed(bench: &Bench<'_>, command: &Command) -> bool {
    if let Ok(named) = only_reads(command) {
        return all_in(bench, command, &named, false);
    }
    work(command).is_none_or(|work| {
        work.unknown.is_none()
            && all_in(bench, command, &work.reads, false)
            && all_in(bench, command, &work.writes, true)
    })
}

fn all_in(bench: &Bench<'_>, command: &Command, named: &[programs::Named], write: bool) -> bool {
    named.iter().flat_map(|named| subject::spots(named, command, bench.scene.home, bench.facts)).all(|spot| {
        let inside = if write { bench.roots.works_in(&spot) } else { bench.roots.reads_in(&spot) };
        inside || bench.path_rule(&spot, write).is_some()
    })
}

/// Changes inside the session's folders need no question. In `auto` the classifier sees only what is left.
fn accepts_edits(bench: &Bench<'_>) -> bool {
    matches!(bench.scene.mode, Mode::AcceptEdits | Mode::Auto)
}

/// The mode `acceptEdits` covers it: a file command inside the session's folders.
fn accepted(bench: &Bench<'_>, command: &Command) -> bool {
    let Some(work) = work(command).filter(|work| work.is_edit && work.unknown.is_none()) else { return false };
    accepts_edits(bench)
        && command.assigns.iter().all(is_harmless)
        && !command.dirs.lost
        && !command.words.iter().any(|word| word.value == "xargs")
        && work.writes.iter().all(|named| {
            subject::spots(named, command, bench.scene.home, bench.facts).iter().all(|spot| bench.roots.works_in(spot))
        })
        && all_in(bench, command, &work.reads, false)
}

fn write_grant<'a>(bench: &Bench<'a>, write: &Redirect, whole: Option<&'a Rule>) -> Result<Grant<'a>, String> {
    let raw = &write.target.raw;
    if write.target.literal().is_none_or(str::is_empty) || write.target.tilde {
        return Err(format!("it writes to `{raw}`, whose place is not known before the run"));
    }
    if write.dirs.moved || write.dirs.lost {
        return Err(format!("it writes to {raw} behind a change of folder"));
    }
    let targets = subject::redirect_targets(write, bench.scene.home, bench.facts);
    let inside = targets.iter().all(|target| bench.roots.works_in(&target.spot));
    let mut grant = Err(format!("it writes to {raw}"));
    for target in &targets {
        grant = path_grant(bench, target, true);
        if grant.is_err() {
            break;
        }
    }
    match whole {
        Some(rule) if inside => grant.or(Ok(Grant::Rule(rule))),
        _ => grant
            .map_err(|_| format!("it writes to {raw}{}", if inside { "" } else { ", which is outside the project" })),
    }
}

fn read_grant<'a>(bench: &Bench<'a>, read: &Redirect, whole: Option<&'a Rule>) -> Result<Grant<'a>, String> {
    let raw = &read.target.raw;
    let targets = subject::redirect_targets(read, bench.scene.home, bench.facts);
    if targets.is_empty() || read.dirs.lost {
        return whole
            .map(Grant::Rule)
            .ok_or_else(|| format!("it reads from `{raw}`, whose place is not known before the run"));
    }
    if read.target.literal() == Some("/dev/null") {
        return Ok(Grant::Free);
    }
    let mut grant = Ok(Grant::Free);
    for target in &targets {
        grant = grant.and_then(|_| path_grant(bench, target, false));
    }
    grant.or_else(|why| whole.map(Grant::Rule).ok_or(why))
}

/// Everything in the line only reads.
pub(super) fn line_only_reads(analysis: &Analysis) -> bool {
    analysis.is_clear()
        && analysis.writes.iter().all(|write| subject::is_harmless_device(&write.target))
        && analysis.commands.iter().all(|command| !command.nested && only_reads(command).is_ok())
}
