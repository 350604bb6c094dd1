//! One call, in the shape that rules are matched against: texts of commands, paths read, paths written.

use std::path::{Path, PathBuf};

use super::place::{Spot, absolute};
use super::programs::{self, Named};
use super::shell::{self, Analysis, Command, Redirect, Word};
use super::{Case, Scene};
use crate::domain::{Action, PathFacts, PathMode};

/// A path that the call touches.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) spot: Spot,
    /// As the call names it.
    pub(super) label: String,
    /// The whole absolute path with its wild characters, when it is a glob.
    pub(super) globbed: Option<String>,
    /// Everything below is touched too.
    pub(super) deep: bool,
    /// Only of what is not hidden.
    pub(super) visible: bool,
}

/// The call.
#[derive(Debug, Default)]
pub(super) struct Subject {
    pub(super) analysis: Option<Analysis>,
    /// Every text that a deny or ask rule may match: each command in each of its forms.
    pub(super) texts: Vec<String>,
    pub(super) reads: Vec<Target>,
    pub(super) writes: Vec<Target>,
}

/// Where a named path may lie, one for each folder that the command may run in.
pub(super) fn places(path: &str, dirs: &shell::Dirs, home: &Path) -> Vec<PathBuf> {
    dirs.at.iter().map(|dir| absolute(dir, path, home)).collect()
}

impl Subject {
    pub(super) fn new(case: &Case<'_>, scene: &Scene<'_>, facts: &PathFacts) -> Self {
        let mut out = Self::default();
        for used in &case.access.paths {
            let spot = Spot::new(&used.path, facts);
            let target =
                Target { label: used.path.display().to_string(), spot, globbed: None, deep: false, visible: false };
            match used.mode {
                PathMode::Read => out.reads.push(target),
                PathMode::Write => out.writes.push(target),
            }
        }
        if case.access.action == Action::Execute {
            out.add_command(case.access.command.as_deref().unwrap_or_default(), scene, facts);
        }
        out
    }

    fn add_command(&mut self, text: &str, scene: &Scene<'_>, facts: &PathFacts) {
        let analysis = shell::analyse(text, scene.cwd, scene.home);
        for command in &analysis.commands {
            self.texts.extend(texts_of(command));
            let (reads, writes) = touched(command, scene.home, facts);
            self.reads.extend(reads);
            self.writes.extend(writes);
        }
        for words in &analysis.guesses {
            let command = guess(words, scene);
            self.texts.extend(texts_of(&command));
            let (reads, writes) = touched(&command, scene.home, facts);
            self.reads.extend(reads);
            self.writes.extend(writes);
        }
        self.texts.push(text.trim().to_owned());
        for write in analysis.writes.iter().filter(|write| !is_harmless_device(&write.target)) {
            self.writes.extend(redirect_targets(write, scene.home, facts));
        }
        for read in &analysis.reads {
            self.reads.extend(redirect_targets(read, scene.home, facts));
        }
        self.texts.sort_unstable();
        self.texts.dedup();
        self.analysis = Some(analysis);
    }
}

fn guess(words: &[Word], scene: &Scene<'_>) -> Command {
    Command {
        kind: shell::Kind::Simple,
        assigns: Vec::new(),
        words: words.to_vec(),
        dirs: shell::Dirs { at: vec![scene.cwd.to_path_buf()], moved: false, lost: true },
        nested: true,
        inner: 0..0,
        shown: String::new(),
    }
}

/// Output that goes nowhere, or where it would have gone anyway.
pub(super) fn is_harmless_device(word: &Word) -> bool {
    matches!(word.literal(), Some("/dev/null" | "/dev/stdout" | "/dev/stderr"))
}

pub(super) fn redirect_targets(redirect: &Redirect, home: &Path, facts: &PathFacts) -> Vec<Target> {
    let value = redirect.target.literal().unwrap_or_default();
    places(value, &redirect.dirs, home)
        .iter()
        .filter(|_| !value.is_empty())
        .map(|path| Target {
            spot: Spot::new(path, facts),
            label: value.to_owned(),
            globbed: None,
            deep: false,
            visible: false,
        })
        .collect()
}

fn target_of(named: &Named, dirs: &shell::Dirs, home: &Path, facts: &PathFacts) -> Vec<Target> {
    let globbed = |dir: &PathBuf| {
        let pattern = named.pattern.as_deref()?;
        Some(super::place::normal(&absolute(dir, pattern, home)).to_string_lossy().into_owned())
    };
    dirs.at
        .iter()
        .map(|dir| Target {
            spot: Spot::new(&absolute(dir, &named.path, home), facts),
            label: named.path.clone(),
            globbed: globbed(dir),
            deep: named.deep,
            visible: named.visible,
        })
        .collect()
}

/// Files that a command reads and writes, looked for behind every wrapper.
fn touched(command: &Command, home: &Path, facts: &PathFacts) -> (Vec<Target>, Vec<Target>) {
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    for layer in shell::layers(&command.words).list {
        let words = command.words.get(layer.range).unwrap_or_default();
        reads.extend(programs::half_known(words).into_iter().flat_map(|word| guessed(word, command, facts)));
    }
    for (named, is_write) in named_in(command) {
        let targets = target_of(&named, &command.dirs, home, facts);
        if is_write { writes.extend(targets) } else { reads.extend(targets) }
    }
    (reads, writes)
}

/// A path of which only a part is known, for the rules that forbid or ask.
fn guessed(word: &Word, command: &Command, facts: &PathFacts) -> Vec<Target> {
    let fixed = word.value.starts_with(['/', super::glob::UNKNOWN]);
    let target = |dir: &PathBuf| Target {
        spot: Spot::new(dir, facts),
        label: word.raw.clone(),
        globbed: Some(if fixed { word.value.clone() } else { format!("{}/{}", dir.display(), word.value) }),
        deep: false,
        visible: false,
    };
    command.dirs.at.iter().map(target).collect()
}

/// Paths by name, with whether they are written.
pub(super) fn named_in(command: &Command) -> Vec<(Named, bool)> {
    let mut out = Vec::new();
    for layer in shell::layers(&command.words).list {
        let words = command.words.get(layer.range).unwrap_or_default();
        let reads = programs::reads(words);
        out.extend(programs::sent(words).into_iter().map(|named| (named, false)));
        if let Ok(named) = reads {
            out.extend(named.into_iter().map(|named| (named, false)));
        } else if let Some(work) = programs::work_of(words) {
            out.extend(work.reads.into_iter().map(|named| (named, false)));
            out.extend(work.writes.into_iter().map(|named| (named, true)));
        }
    }
    out
}

/// A path of one part of a command, in every folder that it may run in.
pub(super) fn spots(named: &Named, command: &Command, home: &Path, facts: &PathFacts) -> Vec<Spot> {
    places(&named.path, &command.dirs, home).iter().map(|path| Spot::new(path, facts)).collect()
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// The texts by which an allow rule may name this command: as written, and with needless quotes gone.
pub(super) fn allow_texts(words: &[Word]) -> [String; 2] {
    [joined(words.iter().map(|word| word.raw.as_str())), joined(words.iter().map(Word::canonical))]
}

/// Every text by which a deny or ask rule may name the command.
fn texts_of(command: &Command) -> Vec<String> {
    let mut out = vec![command.shown.clone()];
    for layer in shell::layers(&command.words).list {
        let words = command.words.get(layer.range).unwrap_or_default();
        let Some(first) = words.first() else { continue };
        out.extend(allow_texts(words));
        let rest = joined(words.iter().skip(1).map(|word| word.value.as_str()));
        let name = &first.value;
        let base = shell::base_name(name);
        for name in [name.clone(), base.to_owned(), base.to_lowercase()] {
            out.push(if rest.is_empty() { name } else { format!("{name} {rest}") });
        }
        if base == "git" {
            out.extend(git_without_globals(words));
        }
    }
    out
}

/// `git -C x -c a=b push` as `git push`.
fn git_without_globals(words: &[Word]) -> Option<String> {
    let mut at = 1;
    while let Some(text) = words.get(at).map(|word| word.value.as_str()).filter(|text| text.starts_with('-')) {
        at += if matches!(text, "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace") { 2 } else { 1 };
    }
    (at > 1)
        .then(|| format!("git {}", joined(words.get(at..).unwrap_or_default().iter().map(|word| word.value.as_str()))))
}
