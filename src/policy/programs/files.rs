//! Programs that create, change or remove the files they name.

use super::{Named, options, path_of, table};
use crate::policy::glob::{UNKNOWN, WILD};
use crate::policy::shell::Word;

/// Which files a command touches, as far as its words tell.
#[derive(Debug, Default)]
pub(in super::super) struct FileWork {
    pub(in super::super) reads: Vec<Named>,
    pub(in super::super) writes: Vec<Named>,
    /// A path is not known before the run.
    pub(in super::super) unknown: Option<String>,
    /// The mode `acceptEdits` lets it run inside the session's folders.
    pub(in super::super) is_edit: bool,
}

/// Options that take a value, so that the value is not mistaken for a file.
fn valued(name: &str) -> &'static str {
    match name {
        "mkdir" | "install" => "mgotS",
        "touch" => "dtr",
        "truncate" => "sr",
        "cp" | "mv" | "ln" => "St",
        "shred" => "ns",
        _ => "",
    }
}

/// The files of a command that is known to write, or to read with options that are not harmless.
pub(in super::super) fn work_of(words: &[Word]) -> Option<FileWork> {
    let name = super::super::shell::base_name(words.first()?.literal()?);
    let rest = words.get(1..).unwrap_or_default();
    let mut work = match name {
        "rm" | "rmdir" | "mkdir" | "touch" | "unlink" | "shred" | "truncate" | "tee" => all_written(name, rest),
        "cp" | "mv" | "ln" | "install" | "rsync" => transferred(name, rest),
        "chmod" | "chown" | "chgrp" => after_first(name, rest),
        "dd" => disk_dump(rest),
        "sed" if in_place(rest) => sed(rest),
        "awk" | "gawk" | "mawk" | "less" | "more" | "bat" | "sed" | "jq" | "find" | "vim" | "vi" | "nano" | "zcat"
        | "tar" | "source" | "." => read_words(rest),
        _ if table::find(name).is_some_and(|program| reads_files(program.operands)) => read_words(rest),
        _ => return None,
    };
    work.is_edit =
        matches!(name, "mkdir" | "touch" | "rm" | "rmdir" | "mv" | "cp") || (name == "sed" && in_place(rest));
    Some(work)
}

/// Words of a command that reads files which may turn out to be paths that are only partly known, or one of several.
pub(in super::super) fn half_known(words: &[Word]) -> Vec<&Word> {
    let reads = words.first().and_then(Word::literal).is_some_and(|name| {
        let name = super::super::shell::base_name(name);
        matches!(name, "sed" | "jq" | "cp" | "mv" | "ln" | "dd")
            || work_of(words).is_some_and(|work| !work.is_edit && work.writes.is_empty())
            || table::find(name).is_some_and(|program| reads_files(program.operands))
    });
    // A word that is unknown as a whole is what a rule for the command was written for.
    let half = |word: &&Word| word.has_unknown() && !word.pipe && (word.value.len() > 1 || word.raw.contains('{'));
    words.iter().skip(1).filter(|_| reads).filter(half).collect()
}

fn reads_files(kind: options::Operands) -> bool {
    matches!(kind, options::Operands::Paths | options::Operands::Pattern | options::Operands::One)
}

/// The operands: what is no option and no value of one.
fn operands<'a>(name: &str, words: &'a [Word]) -> Vec<&'a Word> {
    let takes = valued(name);
    let mut out = Vec::new();
    let mut open = true;
    let mut skip = false;
    for word in words {
        let text = word.value.as_str();
        if skip {
            skip = false;
        } else if open && text == "--" {
            open = false;
        } else if open && text.len() > 1 && text.starts_with('-') {
            skip = !text.starts_with("--") && text.chars().last().is_some_and(|last| takes.contains(last));
        } else {
            out.push(word);
        }
    }
    out
}

impl FileWork {
    fn read(&mut self, word: &Word, deep: bool) {
        match path_of(word, deep) {
            Ok(named) => self.reads.push(named),
            Err(what) => self.unknown = Some(what),
        }
    }

    fn write(&mut self, word: &Word, deep: bool) {
        match path_of(word, deep) {
            Ok(named) => self.writes.push(named),
            Err(what) => self.unknown = Some(what),
        }
    }
}

fn all_written(name: &str, words: &[Word]) -> FileWork {
    let mut work = FileWork::default();
    let deep = name == "rm";
    for word in operands(name, words) {
        work.write(word, deep);
    }
    work
}

fn after_first(name: &str, words: &[Word]) -> FileWork {
    let mut work = FileWork::default();
    let referenced = words.iter().any(|word| word.value.starts_with("--reference"));
    for word in operands(name, words).into_iter().skip(usize::from(!referenced)) {
        work.write(word, true);
    }
    work
}

/// From sources to a target, which may be a folder that gets files by the sources' names.
fn transferred(name: &str, words: &[Word]) -> FileWork {
    let mut work = FileWork::default();
    let mut sources = operands(name, words);
    let option = words.iter().enumerate().find_map(|(at, word)| match word.value.strip_prefix("--target-directory=") {
        Some(folder) => Some(Word::plain(folder)),
        None if matches!(word.value.as_str(), "-t" | "--target-directory") => words.get(at + 1).cloned(),
        None => None,
    });
    let target = match option {
        Some(folder) => folder,
        None if name == "ln" && sources.len() == 1 => Word::plain("."),
        None => match sources.pop() {
            Some(target) => target.clone(),
            None => return work,
        },
    };
    work.write(&target, true);
    for source in sources {
        if name == "mv" {
            work.write(source, true);
        } else {
            work.read(source, true);
        }
        let value = source.value.trim_end_matches('/');
        let last = value.rsplit('/').next().unwrap_or(value);
        if !last.is_empty() && !last.contains([UNKNOWN, WILD]) && !target.has_unknown() && !target.has_glob() {
            let path = format!("{}/{last}", target.value);
            work.writes.push(Named { path, pattern: None, deep: true, visible: false });
        }
    }
    work
}

fn disk_dump(words: &[Word]) -> FileWork {
    let mut work = FileWork::default();
    for word in words {
        let strip =
            |key: &str| word.value.strip_prefix(key).map(|value| Word { value: value.to_owned(), ..word.clone() });
        if let Some(path) = strip("of=") {
            work.write(&path, false);
        } else if let Some(path) = strip("if=") {
            work.read(&path, false);
        }
    }
    work
}

fn in_place(words: &[Word]) -> bool {
    words.iter().any(|word| {
        let text = word.value.as_str();
        text.starts_with("--in-place") || (text.starts_with('-') && !text.starts_with("--") && text.contains('i'))
    })
}

/// `sed -i` with a script that itself neither runs nor writes is left to the rules; its files are written.
fn sed(words: &[Word]) -> FileWork {
    let mut work = FileWork::default();
    let scripted = words.iter().any(|word| {
        matches!(word.value.as_str(), "-e" | "-f")
            || word.value.starts_with("--expression")
            || word.value.starts_with("--file")
    });
    let mut value_next = false;
    let mut seen = usize::from(scripted);
    for word in words {
        let text = word.value.as_str();
        if std::mem::take(&mut value_next) {
            continue;
        }
        if text.starts_with('-') && text.len() > 1 {
            value_next = matches!(text, "-e" | "-f" | "--expression" | "--file" | "-l");
        } else if seen == 0 {
            seen = 1;
            if super::special::is_risky_sed(word) {
                work.unknown = Some("the script of sed may write or run something".into());
            }
        } else {
            work.write(word, false);
        }
    }
    work
}

/// Everything that could be a file.
fn read_words(words: &[Word]) -> FileWork {
    let mut work = FileWork::default();
    for word in words {
        let text = word.value.as_str();
        let path = match text.split_once('=') {
            Some((option, value)) if option.starts_with("--") => value,
            _ if text.starts_with('-') => continue,
            _ => text,
        };
        if path.contains(UNKNOWN) {
            // A word that is unknown as a whole is what the rule was written for; a path below an unknown
            // folder may be any file of the machine.
            if path.contains('/') {
                work.unknown = Some(format!("the path `{}` is not known before the run", word.raw));
            }
            continue;
        }
        let plain = Word { value: path.to_owned(), ..word.clone() };
        work.read(&plain, false);
    }
    work
}
