//! What well-known programs do with their arguments: which only read, which files they name, what they write.
//!
//! A program, an option or an operand that no table names is not known to be harmless, and says so.

mod files;
mod git;
mod options;
mod sent;
mod special;
mod table;

pub(super) use files::{FileWork, half_known, work_of};
pub(super) use sent::sent;
pub(super) use special::is_plain_variable;

use super::glob::WILD;
use super::shell::Word;
use options::Operands;

/// A path that a command reads, as the command names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The path, or for a glob the folder before its first glob character.
    pub(super) path: String,
    /// The whole word with its glob characters, when there are any.
    pub(super) pattern: Option<String>,
    /// The contents of everything below are read too.
    pub(super) deep: bool,
    /// Only of what is not hidden.
    pub(super) visible: bool,
}

/// The paths that this command reads if it is one that only reads; otherwise why it is not known to be one.
pub(super) fn reads(words: &[Word]) -> Result<Vec<Named>, String> {
    let name = match words.first() {
        None => return Ok(Vec::new()),
        Some(first) => first.literal().ok_or("the command's name is not known before the run")?,
    };
    if let Some(found) = special::reads(name, words) {
        return found;
    }
    let Some(program) = table::find(name) else {
        return Err(format!("`{name}` is not in the list of commands that only read"));
    };
    let parsed = options::parse(program, words.get(1..).unwrap_or_default())?;
    let deep = parsed.seen.iter().any(|seen| {
        matches!((name, seen.as_str()), ("grep" | "egrep" | "fgrep", "r" | "R" | "recursive" | "dereference-recursive"))
            || matches!((name, seen.as_str()), ("diff", "r" | "recursive"))
    }) || name == "rg";
    let shows_hidden = |seen: &String| matches!(seen.as_str(), "hidden" | "." | "u" | "unrestricted");
    let visible = name == "rg" && !parsed.seen.iter().any(shows_hidden);
    let mut named = Vec::new();
    for word in &parsed.paths {
        named.push(path_of(word, false)?);
    }
    let mut operands = operand_paths(program.operands, &parsed)?;
    operands.retain(|word| !word.pipe);
    if deep && operands.is_empty() {
        named.push(Named { path: ".".into(), pattern: None, deep: true, visible });
    }
    for word in operands {
        named.push(Named { visible, ..path_of(word, deep)? });
    }
    Ok(named)
}

/// Which operands are paths.
fn operand_paths<'a>(kind: Operands, parsed: &options::Parsed<'a>) -> Result<Vec<&'a Word>, String> {
    let all = || parsed.operands.clone();
    match kind {
        Operands::Text => Ok(Vec::new()),
        Operands::Paths => Ok(all()),
        Operands::None if all().is_empty() => Ok(Vec::new()),
        Operands::One if parsed.operands.len() <= 1 => Ok(all()),
        Operands::Pattern => {
            let given =
                ["e", "f", "regexp", "file", "files"].iter().any(|name| parsed.seen.iter().any(|seen| seen == name));
            Ok(parsed.operands.iter().skip(usize::from(!given)).copied().collect())
        }
        Operands::Format => {
            if parsed.operands.iter().all(|word| word.literal().is_some_and(|text| text.starts_with('+'))) {
                Ok(Vec::new())
            } else {
                Err("an operand that may set something".into())
            }
        }
        Operands::None | Operands::One => Err("it has an operand that may write or set something".into()),
    }
}

/// A word as a path to be read.
fn path_of(word: &Word, deep: bool) -> Result<Named, String> {
    if word.has_unknown() {
        return Err(format!("the path `{}` is not known before the run", word.raw));
    }
    let value = &word.value;
    let Some(first) = value.find(WILD) else {
        return Ok(Named { path: value.clone(), pattern: None, deep, visible: false });
    };
    let (before, after) = value.split_at(first);
    if after.split('/').any(|part| part == "..") {
        return Err(format!("the path `{}` climbs behind a glob", word.raw));
    }
    let folder = match before.rfind('/') {
        Some(0) => "/",
        Some(slash) => before.get(..slash).unwrap_or("."),
        None => ".",
    };
    Ok(Named { path: folder.to_owned(), pattern: Some(value.clone()), deep, visible: false })
}

#[cfg(test)]
#[path = "../tests/programs.rs"]
mod tests;
