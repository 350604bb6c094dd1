//! From a line that was typed to the command that it names. Nothing is run here.

use super::{Command, builtin, find};
use crate::domain::{CommandFile, Notice, PromptKind};

/// What a line that was typed turned out to be.
#[derive(Debug)]
pub enum Parsed<'a> {
    /// A built-in command with what follows its name.
    BuiltIn(&'static Command, &'a str),
    /// A command file with what follows its name.
    File(&'a str, &'a str),
    /// A command that does not exist, and the name that comes closest.
    Unknown { word: &'a str, nearest: Option<String> },
    /// Text for the model. A path such as `/usr/bin/x` at the start makes no command.
    NotACommand,
}

/// Tells what `text` is. Built-in commands win over files of the same name. The slash must be the very
/// first character, so that a space before it sends the text as it is.
pub fn parse<'a>(text: &'a str, files: &'a [CommandFile]) -> Parsed<'a> {
    let Some(rest) = text.strip_prefix('/') else { return Parsed::NotACommand };
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (word, arguments) = rest.split_at(end);
    let arguments = arguments.trim();
    if word.contains('/') {
        return Parsed::NotACommand;
    }
    if let Some(command) = find(word) {
        return Parsed::BuiltIn(command, arguments);
    }
    let exact = files.iter().find(|file| file.name == word);
    if let Some(file) = exact.or_else(|| short(word, files)) {
        return Parsed::File(&file.name, arguments);
    }
    Parsed::Unknown { word, nearest: nearest(word, files) }
}

/// The one command file in a sub-folder that is meant by its own name alone: `/pr` for `git:pr`.
fn short<'a>(word: &str, files: &'a [CommandFile]) -> Option<&'a CommandFile> {
    let is_meant = |file: &&CommandFile| {
        file.kind == PromptKind::Command
            && !file.source.starts_with("plugin ")
            && file.name.rsplit_once(':').is_some_and(|(_, name)| name == word)
    };
    let mut meant = files.iter().filter(is_meant);
    meant.next().filter(|_| meant.next().is_none())
}

/// The name that is most like `word`, if one is near enough to be meant.
pub fn nearest(word: &str, files: &[CommandFile]) -> Option<String> {
    let word: String = word.chars().take(LONGEST).flat_map(char::to_lowercase).collect();
    if word.is_empty() {
        return Some("help".to_owned());
    }
    let built_in = builtin::all().iter().flat_map(|command| {
        std::iter::once(command.name).chain(command.aliases.iter().copied()).map(|name| (name, command.name))
    });
    let own = files.iter().map(|file| (file.name.as_str(), file.name.as_str()));
    built_in
        .chain(own)
        .filter_map(|(name, meant)| distance(&word, name).map(|far| (far, meant)))
        .min_by_key(|(far, _)| *far)
        .map(|(_, meant)| meant.to_owned())
}

/// Words longer than this are compared by their start only.
const LONGEST: usize = 64;

/// How far a name is from the word that was typed: 0 when one starts the other; none when it is too far.
fn distance(word: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    if word.chars().count() >= 2 && (name.starts_with(word) || word.starts_with(&name)) {
        return Some(0);
    }
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let far = strsim::damerau_levenshtein(word, &name);
    (far <= allowed).then_some(far)
}

/// The error for a word that names no command. It is shown and never sent to the model.
pub fn unknown(word: &str, nearest: Option<&str>) -> Notice {
    let shown: String = word.chars().take(LONGEST).collect();
    let notice = Notice::error(format!("There is no command /{shown}"));
    match nearest {
        Some(name) => notice.hint(format!("Did you mean /{name}? A space before the slash sends the text as it is.")),
        None => notice.hint("/help lists the commands. A space before the slash sends the text as it is."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]

    use super::*;

    fn file(name: &str) -> CommandFile {
        CommandFile {
            name: name.to_owned(),
            description: String::new(),
            argument_hint: None,
            path: "x.md".into(),
            source: "project".to_owned(),
            body: String::new(),
            ..CommandFile::default()
        }
    }

    #[test]
    fn a_command_of_a_sub_folder_has_a_short_name_where_one_alone_is_meant() {
        let files = [
            file("git:pr"),
            file("gsd:debug"),
            file("web:debug"),
            CommandFile { source: "plugin kit".into(), ..file("kit:go") },
        ];
        let Parsed::File("git:pr", "7") = parse("/pr 7", &files) else { panic!("/pr") };
        let Parsed::File("web:debug", "") = parse("/web:debug", &files) else { panic!("/web:debug") };
        for text in ["/debug", "/go"] {
            assert!(matches!(parse(text, &files), Parsed::Unknown { .. }), "{text}");
        }
    }

    #[test]
    fn names_and_aliases_take_their_arguments() {
        for (text, name, rest) in [
            ("/help", "help", ""),
            ("/new", "clear", ""),
            ("/compress  the parser ", "compact", "the parser"),
            ("/q", "exit", ""),
            ("/save\nnotes.md", "save", "notes.md"),
        ] {
            let Parsed::BuiltIn(command, arguments) = parse(text, &[]) else { panic!("{text}") };
            assert_eq!((command.name, arguments), (name, rest), "{text}");
        }
    }

    #[test]
    fn files_come_after_built_in_commands() {
        let files = [file("release:notes"), file("help")];
        let Parsed::File(name, rest) = parse("/release:notes 1.2", &files) else { panic!("not a file") };
        assert_eq!((name, rest), ("release:notes", "1.2"));
        assert!(matches!(parse("/help", &files), Parsed::BuiltIn(..)));
    }

    #[test]
    fn an_unknown_word_names_the_nearest() {
        let files = [file("deploy")];
        for (text, want) in [
            ("/hlep", Some("help")),
            ("/contxt now", Some("context")),
            ("/sesions", Some("resume")),
            ("/Deploy", Some("deploy")),
            ("/helpme", Some("help")),
            ("/", Some("help")),
            ("/xyzzy", None),
        ] {
            let Parsed::Unknown { nearest, .. } = parse(text, &files) else { panic!("{text}") };
            assert_eq!(nearest.as_deref(), want, "{text}");
        }
    }

    #[test]
    fn paths_and_prose_are_no_commands() {
        for text in ["/usr/bin/x is broken", "//comment", "/etc/", "hello", " /help", "", "a /help"] {
            assert!(matches!(parse(text, &[]), Parsed::NotACommand), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_something(text in ".{0,80}") {
            let slash = format!("/{text}");
            drop(parse(&text, &[]));
            drop(parse(&slash, &[file("é:x")]));
        }
    }
}
