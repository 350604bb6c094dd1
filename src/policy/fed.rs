//! Commands that `xargs` gives names from a pipe: which producers name nothing but files of the project.

use super::matching::Bench;
use super::programs::{self, Named};
use super::ruleset::Tier;
use super::shell::{self, Command, Word};

/// A name as it may come out of a producer.
const SAMPLE: &str = "./name";

/// What a reading command behind a plain `xargs` reads, when the names come from a search of the project. None when they
/// may be anything, or when a rule reserves some files: which of them come is not known before the run.
pub(super) fn reads(bench: &Bench<'_>, command: &Command) -> Option<Vec<Named>> {
    let start = shell::stripped(&command.words);
    let (front, words) = command.words.split_at(start.min(command.words.len()));
    let reserved = [Tier::Deny, Tier::Ask].iter().any(|tier| bench.scene.rules.reserves_reads(*tier));
    if reserved || command.dirs.lost || !front.iter().any(|word| word.value == "xargs") {
        return None;
    }
    let producer = before(bench, command)?;
    let stays = producer.dirs == command.dirs && producer.assigns.is_empty();
    if !stays || !names_only(producer, bench) {
        return None;
    }
    let named = programs::reads(&[words, &[Word::plain(SAMPLE)]].concat()).ok()?;
    // The sample stands for files that were found in the project.
    Some(named.into_iter().filter(|named| named.path != SAMPLE).collect())
}

/// The one command of the stage before, past stages that only leave lines out.
fn before<'b>(bench: &'b Bench<'_>, command: &Command) -> Option<&'b Command> {
    let analysis = bench.subject.analysis.as_ref()?;
    let at = analysis.commands.iter().position(|own| std::ptr::eq(own, command))?;
    let stages = analysis.pipes.iter().find(|stages| stages.iter().any(|stage| stage.contains(&at)))?;
    let own = stages.iter().position(|stage| stage.contains(&at))?;
    for stage in stages.get(..own)?.iter().rev() {
        let [only] = analysis.commands.get(stage.clone())? else { return None };
        if !passes_lines(only) {
            return Some(only);
        }
    }
    None
}

/// A filter that lets whole lines through and makes none.
fn passes_lines(command: &Command) -> bool {
    let name = command.words.first().and_then(Word::literal);
    let plain = |words: &[Word]| words.iter().all(|word| word.literal().is_some());
    match name {
        Some("head" | "tail" | "sort" | "uniq") => {
            plain(&command.words)
                && command.words.iter().skip(1).all(|word| word.value.starts_with('-') || is_number(&word.value))
        }
        // Only with a pattern alone; with a file it would say that file's lines, with `-o` parts of lines.
        Some("grep") => {
            plain(&command.words)
                && command.words.iter().skip(1).filter(|word| !word.value.starts_with('-')).count() == 1
                && command.words.iter().skip(1).all(|word| {
                    !word.value.starts_with('-') || matches!(word.value.as_str(), "-v" | "-E" | "-i" | "-F")
                })
        }
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// The command prints names of files below folders of the project, each beginning with a word of its own line.
fn names_only(command: &Command, bench: &Bench<'_>) -> bool {
    let words: Vec<&str> = command.words.iter().map(|word| word.value.as_str()).collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let lists = match words.first() {
        // A format could print any text.
        Some(&"find") => !has(&["-printf", "-print0", "-ls"]),
        Some(&"git") => {
            matches!(words.get(1), Some(&"ls-files")) && !has(&["-z", "-s", "--stage", "--format"])
                || matches!(words.get(1), Some(&"diff")) && has(&["--name-only"]) && !has(&["-z"])
        }
        Some(&"rg") => has(&["-l", "--files", "--files-with-matches"]),
        Some(&"grep") => has(&["-l", "-rl", "-lr", "-Rl", "-rln", "-lrn", "-ril"]),
        _ => false,
    };
    let inside = |named: &Named| {
        let spots = super::subject::spots(named, command, bench.scene.home, bench.facts);
        !named.path.starts_with('-') && spots.iter().all(|spot| bench.roots.reads_in(spot))
    };
    let named = super::grant::only_reads(command);
    lists && named.is_ok_and(|named| named.iter().all(inside))
}
