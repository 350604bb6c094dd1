//! Completion of command names: which commands a half-typed word may mean, best first.

use super::builtin;
use crate::domain::CommandFile;

/// Where a completion comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    BuiltIn,
    /// A command file of the project or the user.
    File,
}

/// One command that the typed word may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The name without its slash.
    pub name: String,
    /// The alias that matched, when the name itself did not.
    pub alias: Option<&'static str>,
    /// One line; for files foreign text.
    pub summary: String,
    pub argument_hint: Option<String>,
    pub kind: CompletionKind,
}

/// The commands that `prefix` (with or without its slash) may mean: names that start with it, then
/// aliases, then names that hold it, then names that hold its letters in order.
pub fn complete(prefix: &str, files: &[CommandFile]) -> Vec<Completion> {
    let word = prefix.strip_prefix('/').unwrap_or(prefix).to_lowercase();
    let mut found: Vec<(u8, usize, Completion)> = Vec::new();
    for (order, command) in builtin::all().iter().enumerate() {
        let by_name = rank(&word, command.name);
        let by_alias = command.aliases.iter().copied().filter(|alias| !word.is_empty() && alias.starts_with(&word));
        let alias = by_alias.min_by_key(|alias| alias.len());
        let (rank, alias) = match (by_name, alias) {
            (Some(rank @ 0..=1), _) | (Some(rank), None) => (rank, None),
            (_, Some(alias)) => (if alias == word { 0 } else { 2 }, Some(alias)),
            (None, None) => continue,
        };
        let completion = Completion {
            name: command.name.to_owned(),
            alias,
            summary: command.summary.to_owned(),
            argument_hint: command.argument_hint.map(str::to_owned),
            kind: CompletionKind::BuiltIn,
        };
        found.push((rank, order, completion));
    }
    let built_in = found.len();
    let visible = files.iter().filter(|file| super::find(&file.name).is_none());
    for (order, file) in visible.enumerate() {
        let Some(rank) = rank(&word, &file.name) else { continue };
        let completion = Completion {
            name: file.name.clone(),
            alias: None,
            summary: with_source(file),
            argument_hint: file.argument_hint.clone(),
            kind: CompletionKind::File,
        };
        found.push((rank, built_in + builtin::all().len() + order, completion));
    }
    found.sort_by_key(|(rank, order, _)| (*rank, *order));
    found.into_iter().map(|(_, _, completion)| completion).collect()
}

/// What a file is for, and whose it is.
fn with_source(file: &CommandFile) -> String {
    let gap = if file.description.is_empty() { "" } else { " · " };
    format!("{}{gap}{}", file.description, file.source)
}

/// 0 exact, 1 start, 3 inside, 4 letters in order; none when it does not match.
fn rank(word: &str, name: &str) -> Option<u8> {
    let name = name.to_lowercase();
    if name == word {
        Some(0)
    } else if name.starts_with(word) {
        Some(1)
    } else if name.contains(word) {
        Some(3)
    } else {
        let mut letters = name.chars();
        word.chars().all(|wanted| letters.any(|letter| letter == wanted)).then_some(4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefix: &str, files: &[CommandFile]) -> Vec<String> {
        complete(prefix, files).into_iter().map(|completion| completion.name).collect()
    }

    fn file(name: &str) -> CommandFile {
        CommandFile {
            name: name.to_owned(),
            description: "own".to_owned(),
            argument_hint: None,
            path: "x.md".into(),
            source: "user".to_owned(),
            body: String::new(),
            ..CommandFile::default()
        }
    }

    #[test]
    fn the_start_of_a_name_comes_first() {
        assert_eq!(names("/co", &[])[..3], ["compact", "context", "cost"]);
        assert_eq!(names("mode", &[])[..2], ["mode", "model"]);
        assert_eq!(names("/qui", &[])[0], "exit", "an alias finds its command");
        assert_eq!(names("/q", &[])[0], "exit", "an exact alias comes first");
        assert!(names("/zzz", &[]).is_empty());
    }

    #[test]
    fn an_empty_word_lists_everything_once() {
        let files = [file("deploy"), file("help")];
        let names = names("/", &files);
        assert_eq!(names.len(), builtin::all().len() + 1, "a file cannot hide a built-in command");
        assert!(names.contains(&"deploy".to_owned()));
    }
}
