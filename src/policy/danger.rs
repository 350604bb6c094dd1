//! What is asked about in every mode and by no rule covered, because it cannot be taken back.
//!
//! Removals at critical places, writes to disks, fork bombs, downloads piped to a shell, and git commands that
//! destroy history. All of it is looked for behind wrappers and in texts that are handed to a shell.

use std::path::{Path, PathBuf};

use super::glob::{UNKNOWN, WILD};
use super::place::{Roots, Spot, absolute, normal};
use super::shell::{self, Analysis, Command, Word, base_name};
use super::{Scene, programs};
use crate::domain::PathFacts;

/// A danger, as one sentence.
pub(super) fn find(analysis: &Analysis, text: &str, scene: &Scene<'_>, facts: &PathFacts) -> Option<String> {
    let roots = Roots::new(scene, facts);
    let here = Place { scene, facts, roots: &roots };
    let known = analysis.commands.iter().find_map(|command| in_command(command, &here));
    known
        .or_else(|| analysis.guesses.iter().find_map(|words| in_words(words, &start(scene), &here)))
        .or_else(|| analysis.writes.iter().find_map(|write| device(&write.target.value)))
        .or_else(|| analysis.reads.iter().find_map(|read| network(&read.target.value)))
        .or_else(|| download(analysis))
        .or_else(|| bomb(analysis, text))
}

struct Place<'a> {
    scene: &'a Scene<'a>,
    facts: &'a PathFacts,
    roots: &'a Roots,
}

fn start(scene: &Scene<'_>) -> Vec<PathBuf> {
    vec![scene.cwd.to_path_buf()]
}

fn in_command(command: &Command, here: &Place<'_>) -> Option<String> {
    shell::layers(&command.words)
        .list
        .iter()
        .find_map(|layer| in_words(command.words.get(layer.range.clone()).unwrap_or_default(), &command.dirs.at, here))
}

fn in_words(words: &[Word], dirs: &[PathBuf], here: &Place<'_>) -> Option<String> {
    let first = &words.first()?.value;
    let name = base_name(first).to_ascii_lowercase();
    let rest = words.get(1..).unwrap_or_default();
    match name.as_str() {
        "rm" | "rmdir" | "unlink" | "shred" | "srm" => rest
            .iter()
            .find_map(|word| device(&word.value).filter(|_| name == "shred" || name == "srm"))
            .or_else(|| removal(&name, rest, dirs, here)),
        "mv" => {
            let sources = rest.split_last().map_or(rest, |(_, sources)| sources);
            removal("mv", sources, dirs, here)
        }
        "find" | "fd" if rest.iter().any(|word| is_removing(&word.value)) => removal("find", rest, dirs, here),
        "chmod" | "chown" | "chgrp" if is_recursive(rest) => removal(&name, rest.get(1..)?, dirs, here),
        "git" => git(rest),
        "shutdown" | "reboot" | "halt" | "poweroff" => Some(format!("{name} stops the machine")),
        "fdisk" | "sfdisk" | "cfdisk" | "gdisk" | "sgdisk" | "parted" | "wipefs" | "blkdiscard" | "mkswap"
        | "badblocks" | "diskutil" | "hdparm" | "cryptsetup" => Some(format!("{name} changes disks")),
        "dd" | "tee" | "cp" | "install" => {
            programs::work_of(words)?.writes.iter().find_map(|named| device(&named.path))
        }
        _ if name == "mkfs" || name.starts_with("mkfs.") || name.starts_with("newfs") => {
            Some(format!("{name} formats a disk"))
        }
        _ => None,
    }
}

fn is_removing(text: &str) -> bool {
    matches!(text, "-delete" | "rm" | "rmdir" | "unlink" | "shred" | "/bin/rm")
}

fn is_recursive(words: &[Word]) -> bool {
    words.iter().any(|word| {
        let text = word.value.as_str();
        text == "--recursive" || (text.starts_with('-') && !text.starts_with("--") && text.contains('R'))
    })
}

fn removal(name: &str, words: &[Word], dirs: &[PathBuf], here: &Place<'_>) -> Option<String> {
    if words.iter().any(|word| word.value == "--no-preserve-root") {
        return Some(format!("{name} is told to spare nothing, not even the root"));
    }
    let verb = match name {
        "chmod" | "chown" | "chgrp" => "changes everything below",
        "mv" => "moves away",
        _ => "removes",
    };
    // For find only the folders in front of the tests count.
    let until = if name == "find" {
        words.iter().take_while(|word| !word.value.starts_with(['-', '(', '!'])).count()
    } else {
        words.len()
    };
    let targets = words.iter().take(until).filter(|word| !word.value.starts_with('-'));
    let filtered = name == "find" && words.iter().any(|word| is_filter(&word.value));
    for word in targets {
        // With a filter a search of the project removes some of it, which is an ordinary question.
        if let Some(place) = critical(word, dirs, here).filter(|place| !(filtered && place.contains("project"))) {
            return Some(format!("{name} {verb} {place} (`{}`)", word.raw));
        }
    }
    None
}

fn is_filter(text: &str) -> bool {
    ["-name", "-iname", "-path", "-regex", "-mtime", "-mmin", "-size", "-empty"].contains(&text)
}

/// What critical place a target is or may be.
fn critical(word: &Word, dirs: &[PathBuf], here: &Place<'_>) -> Option<&'static str> {
    let value = &word.value;
    // With an empty variable the path starts one folder higher.
    let under_variable = value.find(UNKNOWN).is_some_and(|at| {
        let after = value.get(at + 1..).unwrap_or_default();
        after == "/" || (after.starts_with('/') && after.get(1..).is_some_and(|rest| rest.starts_with(WILD)))
    });
    if under_variable {
        return Some("what lies directly under a variable that may be empty");
    }
    dirs.iter().find_map(|dir| {
        let text = filled(word, dir, here.scene.home);
        if text.is_empty() {
            return None;
        }
        let path = absolute(dir, &text, here.scene.home);
        let named = critical_path(&path, here);
        named.or_else(|| {
            let resolved = Spot::new(&path, here.facts).resolved?;
            critical_path(&resolved, here)
        })
    })
}

/// The text with known variables put in, unknown ones empty, and globs as stars.
fn filled(word: &Word, dir: &Path, home: &Path) -> String {
    let unknown = word.value.matches(UNKNOWN).count();
    let aligned = unknown == word.names.len();
    let braces = word.raw.contains('{') && word.raw.contains(',');
    let mut names = word.names.iter().filter(|_| aligned);
    let mut known = || match names.next().map(|name| name.trim_end_matches(|c: char| !c.is_alphanumeric())) {
        Some("HOME") => home.to_string_lossy(),
        Some("PWD" | "OLDPWD") => dir.to_string_lossy(),
        _ => "".into(),
    };
    let mut out = String::new();
    for c in word.value.chars() {
        match c {
            UNKNOWN if braces => out.push('*'),
            UNKNOWN => out.push_str(&known()),
            WILD => out.push('*'),
            other => out.push(other),
        }
    }
    out
}

fn critical_path(path: &Path, here: &Place<'_>) -> Option<&'static str> {
    let path = normal(path);
    let mut plain = PathBuf::new();
    let mut glob = None;
    for part in path.components() {
        let text = part.as_os_str().to_string_lossy();
        if text.contains('*') {
            glob = Some(text.into_owned());
            break;
        }
        plain.push(part);
    }
    let root = Path::new("/");
    let kept: Vec<&Path> =
        here.roots.working().iter().map(PathBuf::as_path).chain([here.scene.cwd, here.scene.project]).collect();
    match glob {
        None if plain == root => Some("the root of the file system"),
        None if plain.parent() == Some(root) => Some("a folder directly under the root"),
        None if here.scene.home.starts_with(&plain) => Some("the home folder"),
        None if kept.iter().any(|kept| kept.starts_with(&plain)) => Some("the project or a folder around it"),
        Some(_) if plain == root => Some("folders directly under the root"),
        Some(text) => {
            let wide = text.chars().all(|c| c == '*' || c == '.');
            let above = |kept: &Path| kept.starts_with(&plain) && (wide || kept != plain);
            if above(here.scene.home) {
                Some("everything in the home folder")
            } else if kept.iter().any(|kept| above(kept)) {
                Some("everything in the project or in a folder around it")
            } else {
                None
            }
        }
        None => None,
    }
}

/// A write to a device, or to the network by a pseudo-file.
fn device(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/dev/")?;
    let harmless = matches!(rest, "null" | "stdout" | "stderr" | "tty" | "zero" | "full")
        || rest.starts_with("fd/")
        || rest.starts_with("shm/");
    network(path).or_else(|| (!harmless).then(|| format!("it writes to the device {path}")))
}

fn network(path: &str) -> Option<String> {
    (path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/")).then(|| format!("it opens a connection by {path}"))
}

/// Git commands after which commits, branches or uncommitted work are gone.
fn git(words: &[Word]) -> Option<String> {
    let mut at = 0;
    while let Some(text) = words.get(at).map(|word| word.value.as_str()).filter(|text| text.starts_with('-')) {
        at += if matches!(text, "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace" | "--exec-path") {
            2
        } else {
            1
        };
    }
    let command = words.get(at)?.value.as_str();
    let rest: Vec<&str> = words.get(at + 1..)?.iter().map(|word| word.value.as_str()).collect();
    let first = rest.first().copied().unwrap_or_default();
    let has = |names: &[&str]| rest.iter().any(|word| names.contains(word));
    let short = |letter: char| {
        rest.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
    };
    let long = |start: &str| rest.iter().any(|word| word.starts_with(start));
    let forced = || short('f') || long("--force") || rest.iter().skip(1).any(|word| word.starts_with('+'));
    let what = match command {
        "push" if forced() => "overwrites the history of the remote",
        "push" if long("--mirror") || long("--delete") || long("--prune") || short('d') => {
            "deletes branches of the remote"
        }
        "push" if rest.iter().skip(1).any(|word| word.starts_with(':') && word.len() > 1) => {
            "deletes branches of the remote"
        }
        "reset" if long("--hard") => "throws uncommitted work and commits away",
        "filter-branch" | "filter-repo" => "rewrites the whole history",
        "reflog" if matches!(first, "expire" | "delete") => "deletes the record by which lost commits are found",
        "gc" if long("--prune=now") || long("--prune=all") => "deletes commits that nothing refers to",
        "prune" => "deletes commits that nothing refers to",
        "update-ref" if short('d') => "deletes a reference",
        "branch" if short('D') || ((short('d') || long("--delete")) && (short('f') || long("--force"))) => {
            "deletes a branch whose commits may be nowhere else"
        }
        "clean" if (short('f') || long("--force")) && !(short('n') || long("--dry-run")) => {
            "deletes files that no commit has"
        }
        "checkout" | "restore" if whole_tree(command, &rest) => "throws all uncommitted work away",
        "stash" if matches!(first, "drop" | "clear") => "deletes stashed work",
        _ => return None,
    };
    let named =
        if has(&[first]) && command == "reflog" { format!("git {command} {first}") } else { format!("git {command}") };
    Some(format!("{named} of this form {what}"))
}

/// All files of the tree are put back, not some that are named.
fn whole_tree(command: &str, words: &[&str]) -> bool {
    let staged_only = command == "restore"
        && words.iter().any(|word| matches!(*word, "--staged" | "-S"))
        && !words.iter().any(|word| matches!(*word, "--worktree" | "-W"));
    let forced = command == "checkout" && words.iter().any(|word| matches!(*word, "-f" | "--force"));
    forced || (!staged_only && words.iter().any(|word| matches!(*word, "." | "./" | ":/" | ":/." | "*")))
}

const LOADERS: &[&str] =
    &["curl", "wget", "wget2", "fetch", "aria2c", "http", "https", "xh", "httpie", "lynx", "ftp", "nc", "ncat"];
const DECODERS: &[&str] = &["base64", "base32", "xxd", "openssl", "uudecode"];
const RUNNERS: &[&str] = &[
    "bash",
    "sh",
    "zsh",
    "dash",
    "ksh",
    "ash",
    "fish",
    "python",
    "python2",
    "python3",
    "perl",
    "ruby",
    "node",
    "php",
    "lua",
    "osascript",
    "pwsh",
    "eval",
    "source",
    ".",
];

fn has_name(command: &Command, names: &[&str]) -> bool {
    shell::layers(&command.words).list.iter().any(|layer| {
        let first = command.words.get(layer.range.start).map(|word| base_name(&word.value)).unwrap_or_default();
        names.contains(&first)
    })
}

/// Text from the network, or decoded text, that becomes commands.
fn download(analysis: &Analysis) -> Option<String> {
    let of = |range: &std::ops::Range<usize>| analysis.commands.get(range.clone()).unwrap_or_default();
    let loads =
        |commands: &[Command]| commands.iter().any(|command| has_name(command, LOADERS) || has_name(command, DECODERS));
    let runs = |commands: &[Command]| commands.iter().any(|command| has_name(command, RUNNERS));
    let piped = analysis.pipes.iter().any(|stages| {
        (0..stages.len()).any(|at| {
            let (before, after) = stages.split_at(at);
            before.iter().any(|range| loads(of(range))) && after.iter().any(|range| runs(of(range)))
        })
    });
    let inserted = analysis.commands.iter().any(|command| {
        let unknown_name = command.words.first().is_some_and(Word::has_unknown);
        (unknown_name || has_name(command, RUNNERS)) && loads(of(&command.inner))
    });
    (piped || inserted).then(|| "it runs what it downloads or decodes, unseen".to_owned())
}

/// A function that starts itself.
fn bomb(analysis: &Analysis, text: &str) -> Option<String> {
    let calls_itself = analysis.functions.iter().any(|(name, body)| {
        let body = analysis.commands.get(body.clone()).unwrap_or_default();
        body.iter().any(|command| command.words.first().is_some_and(|word| &word.value == name))
    });
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let classic = squeezed.split("(){").zip(squeezed.split("(){").skip(1)).any(|(before, after)| {
        let name = before.rsplit([';', '&', '|', '{', '}']).next().unwrap_or_default();
        !name.is_empty() && after.contains(&format!("{name}|{name}"))
    });
    (calls_itself || classic).then(|| "it is a fork bomb: a function starts itself again and again".to_owned())
}
