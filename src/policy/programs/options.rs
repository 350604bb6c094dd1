//! Reads the options of a command by a table, so that an option nobody looked at is not let through.
//!
//! Short options are written as for `getopt`: `n:` takes a value, `f@` takes a path that is read, `x?` may have
//! a value attached, `#` stands for digits (`-5`). Long ones are `name`, `name=`, `name@` and `name?`.

use crate::policy::shell::Word;

/// One program of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) short: &'static str,
    pub(super) long: &'static str,
    pub(super) operands: Operands,
    /// The program has options, not listed here, that write or run something. Then a word that is not known
    /// before the run could be one of them.
    pub(super) risky: bool,
}

/// What the words that are no options mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operands {
    /// Nothing to the file system.
    Text,
    /// Files or folders that are read.
    Paths,
    /// The first is a pattern, unless an option gave one; the others are paths.
    Pattern,
    /// There must be none.
    None,
    /// One path at most; a second would be written.
    One,
    /// Only `+format`.
    Format,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    pub(super) operands: Vec<&'a Word>,
    /// Values of options that are paths.
    pub(super) paths: Vec<&'a Word>,
    pub(super) seen: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    Path,
    Attached,
}

/// Reads the words behind the program's name.
pub(super) fn parse<'a>(program: &Program, words: &'a [Word]) -> Result<Parsed<'a>, String> {
    let mut out = Parsed::default();
    let mut at = 0;
    let mut open = true;
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.value.as_str();
        if program.risky && word.splits && !word.pipe {
            return Err(format!("`{}` could become an option of {}", word.raw, program.name));
        }
        if open && text == "--" {
            open = false;
        } else if open && text.starts_with("--") {
            at += long(program, word, words.get(at), &mut out)?;
        } else if open && text.starts_with('-') && text.len() > 1 {
            at += short(program, word, words.get(at), &mut out)?;
        } else {
            if program.risky && open && !word.pipe && text.starts_with(crate::policy::glob::UNKNOWN) {
                return Err(format!("`{}` could become an option of {}", word.raw, program.name));
            }
            out.operands.push(word);
        }
    }
    Ok(out)
}

fn not_listed(program: &Program, option: &str) -> String {
    format!("the option {option} of {} is not in the list of harmless ones", program.name)
}

/// How many further words the option takes.
fn long<'a>(program: &Program, word: &'a Word, next: Option<&'a Word>, out: &mut Parsed<'a>) -> Result<usize, String> {
    let text = word.value.trim_start_matches("--");
    let (name, attached) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let takes = program.long.split_ascii_whitespace().find_map(|entry| {
        let bare = entry.trim_end_matches(['=', '@', '?']);
        (bare == name).then(|| match entry.get(bare.len()..) {
            Some("=") => Takes::Value,
            Some("@") => Takes::Path,
            Some("?") => Takes::Attached,
            _ => Takes::Nothing,
        })
    });
    let takes = takes.ok_or_else(|| not_listed(program, &format!("--{}", name.replace(char::is_control, "?"))))?;
    out.seen.push(name.to_owned());
    match (takes, attached) {
        (Takes::Path, Some(_)) => Err(not_listed(program, &format!("--{name}= with a path"))),
        (Takes::Nothing, Some(_)) => Err(not_listed(program, &format!("--{name}="))),
        (Takes::Nothing | Takes::Attached, None) | (Takes::Value | Takes::Attached, Some(_)) => Ok(0),
        (Takes::Value, None) => Ok(1),
        (Takes::Path, None) => {
            out.paths.extend(next);
            Ok(1)
        }
    }
}

fn short<'a>(program: &Program, word: &'a Word, next: Option<&'a Word>, out: &mut Parsed<'a>) -> Result<usize, String> {
    let group = word.value.trim_start_matches('-');
    if program.short.contains('#') && group.chars().all(|c| c.is_ascii_digit()) {
        return Ok(0);
    }
    let mut chars = group.chars();
    while let Some(c) = chars.next() {
        let known = c.is_ascii_alphanumeric() && program.short.contains(c);
        if !known {
            return Err(not_listed(program, &format!("-{}", if c.is_control() { '?' } else { c })));
        }
        out.seen.push(c.to_string());
        let rest = chars.as_str();
        match takes_short(program.short, c) {
            Takes::Nothing => {}
            Takes::Attached => return Ok(0),
            Takes::Value => return Ok(usize::from(rest.is_empty())),
            Takes::Path if rest.is_empty() => {
                out.paths.extend(next);
                return Ok(1);
            }
            Takes::Path => return Err(not_listed(program, &format!("-{c} with a path attached"))),
        }
    }
    Ok(0)
}

fn takes_short(table: &str, option: char) -> Takes {
    let after =
        table.find(option).and_then(|at| table.get(at + option.len_utf8()..)).and_then(|rest| rest.chars().next());
    match after {
        Some(':') => Takes::Value,
        Some('@') => Takes::Path,
        Some('?') => Takes::Attached,
        _ => Takes::Nothing,
    }
}
