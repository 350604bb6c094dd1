//! A headless prompt as a request: text, or a command file by its name.

use crate::domain::{CommandFile, Input, Request};

/// What to send for `prompt`. The error is a sentence for the person.
///
/// `/name …` runs a command file. A slash that begins a path is text; a word that could be a command and is
/// none is an error, because a model can do nothing with it.
pub fn request(prompt: &str, commands: &[CommandFile]) -> Result<Request, String> {
    let text = || Request::Prompt(Input { text: prompt.to_owned(), images: Vec::new() });
    let Some(rest) = prompt.strip_prefix('/') else {
        return Ok(text());
    };
    let (name, arguments) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c));
    if !is_word {
        return Ok(text());
    }
    if commands.iter().any(|command| command.name == name) {
        return Ok(Request::RunCommand { name: name.to_owned(), arguments: arguments.trim().to_owned() });
    }
    let nearest = commands
        .iter()
        .map(|command| (strsim::damerau_levenshtein(&command.name, name), command))
        .filter(|(distance, _)| *distance <= 3)
        .min_by_key(|(distance, _)| *distance);
    let hint = nearest.map(|(_, command)| format!(" Did you mean /{}?", command.name)).unwrap_or_default();
    Err(format!("There is no command file /{name} here.{hint} Built-in commands belong to the full screen."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn commands() -> Vec<CommandFile> {
        vec![CommandFile {
            name: "review".to_owned(),
            description: String::new(),
            argument_hint: None,
            path: "review.md".into(),
            source: "project".to_owned(),
            body: String::new(),
            ..CommandFile::default()
        }]
    }

    #[test]
    fn commands_run_paths_and_texts_are_sent_and_typos_are_told() {
        let ask = |text: &str| request(text, &commands());
        let run = Request::RunCommand { name: "review".to_owned(), arguments: "the parser".to_owned() };
        assert_eq!(ask("/review the parser").unwrap(), run);
        for text in ["fix it", "/usr/bin/env is missing", "/ what is this", "/src/lib.rs"] {
            assert!(matches!(ask(text).unwrap(), Request::Prompt(input) if input.text == text), "{text}");
        }
        assert!(ask("/reviwe x").unwrap_err().contains("/review?"));
    }
}
