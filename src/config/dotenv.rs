//! The `.env` file of a project. Of all that may stand in it only what chooses a model is read.

use std::path::Path;

use dotenvy::Error;

use crate::base::read;
use crate::domain::Notice;

use super::environment::Vars;

/// Bytes that the file may have.
const LIMIT: u64 = 256 * 1024;
/// Broken lines that are named; a file of garbage has too many.
const NAMED: usize = 5;
/// What stands for `$` and `\$` while the library reads. It would put variables of the process, and of
/// the file itself again and again, into the values; a project's file must do neither.
const DOLLAR: char = '\u{1}';
const ESCAPED: char = '\u{2}';

/// Read in any folder: they decide who pays, not where the work is sent.
const KEYS: [&str; 5] =
    ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "LLM_API_KEY", "DEEPSEEK_API_KEY"];
/// Read in a trusted folder only.
const TRUSTED: [&str; 7] = [
    "ANTHROPIC_BASE_URL",
    "OPENAI_BASE_URL",
    "LLM_API_BASE",
    "OLLAMA_HOST",
    "ANTHROPIC_MODEL",
    "OPENAI_MODEL",
    "LLM_MODEL",
];

/// Adds the variables of the file at `path` to `vars`, unless they are there already.
pub(super) fn load(path: &Path, name: &str, trusted: bool, vars: &mut Vars, notices: &mut Vec<Notice>) {
    let text = match read::text(path, LIMIT) {
        Ok(Some(text)) => text,
        Ok(None) => return,
        Err(problem) => {
            notices.push(Notice::warning(format!("{name}: {problem}; it is left out")));
            return;
        }
    };
    let mut broken = 0;
    for item in entries(&text) {
        match item {
            Ok((key, value)) if is_ours(&key) && refers(&value) => {
                let text = format!("{name}: {key} is left out because variables in a value are not put in here");
                notices.push(Notice::warning(text).hint("write the value itself"));
            }
            Ok((key, value)) if KEYS.contains(&key.as_str()) || (trusted && TRUSTED.contains(&key.as_str())) => {
                if vars.get(&key).is_none() {
                    vars.set(&key, &value.replace([DOLLAR, ESCAPED], "$"), name);
                }
            }
            Ok(_) => {}
            Err(_) if broken >= NAMED => {}
            Err(line) => {
                broken += 1;
                let text = format!("{name}, line {line}: this is not NAME=value; the line is left out");
                notices.push(Notice::warning(text).hint("put values with blanks or quotes into double quotes"));
            }
        }
    }
}

/// Entries that would choose a server or a model, and therefore wait for trust.
pub(super) fn redirecting(path: &Path) -> Vec<(String, String)> {
    let Ok(Some(text)) = read::text(path, LIMIT) else { return Vec::new() };
    let found = entries(&text).into_iter().flatten();
    let found = found.filter(|(key, value)| TRUSTED.contains(&key.as_str()) && !value.is_empty() && !refers(value));
    found.map(|(key, value)| (key, value.replace([DOLLAR, ESCAPED], "$"))).collect()
}

fn is_ours(key: &str) -> bool {
    KEYS.contains(&key) || TRUSTED.contains(&key)
}

/// True for a value with `$NAME` or `${NAME}` in it.
fn refers(value: &str) -> bool {
    value.split(DOLLAR).skip(1).any(|rest| rest.starts_with(|c: char| c == '{' || c == '_' || c.is_ascii_alphabetic()))
}

/// The entries of the file in order; an error is the number of the line.
fn entries(text: &str) -> Vec<Result<(String, String), usize>> {
    let text = text.replace("\\$", &ESCAPED.to_string()).replace('$', &DOLLAR.to_string());
    let mut out = Vec::new();
    let (mut rest, mut line) = (text.as_str(), 1);
    for item in dotenvy::from_read_iter(text.as_bytes()) {
        match item {
            Ok(entry) => out.push(Ok(entry)),
            Err(Error::LineParse(broken, _)) => {
                // The library says what it stumbled over, not where; broken texts come in order.
                let (before, after) = rest.split_at(rest.find(broken.trim_end()).unwrap_or(0));
                line += before.matches('\n').count();
                out.push(Err(line));
                rest = after.split_once('\n').map_or("", |(_, next)| next);
                line += 1;
                // A quote that is never closed takes all following lines with it; these are read alone.
                let following = broken.lines().skip(1);
                out.extend(following.flat_map(|line| dotenvy::from_read_iter(line.as_bytes())).flatten().map(Ok));
            }
            Err(_) => break,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn run(text: &str, trusted: bool, before: &[(&str, &str)]) -> (Vars, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, text).unwrap();
        let mut vars = Vars::default();
        for (name, value) in before {
            vars.set(name, value, "the environment");
        }
        let mut notices = Vec::new();
        load(&path, ".env", trusted, &mut vars, &mut notices);
        (vars, notices.into_iter().map(|notice| notice.text).collect())
    }

    #[test]
    fn only_what_chooses_a_model_is_read() {
        let text =
            "# keys\nexport ANTHROPIC_API_KEY=\"a b\"\nOPENAI_API_KEY=k # note\nPATH=/evil\nLLM_API_BASE=http://x\n";
        let (vars, notices) = run(text, false, &[("OPENAI_API_KEY", "mine")]);
        assert_eq!(vars.text("ANTHROPIC_API_KEY"), Some("a b"));
        assert_eq!(vars.text("OPENAI_API_KEY"), Some("mine"), "the environment stays");
        assert_eq!((vars.text("PATH"), vars.text("LLM_API_BASE")), (None, None));
        assert_eq!(notices, [""; 0]);
        let (vars, notices) = run(text, true, &[]);
        assert_eq!(vars.text("LLM_API_BASE"), Some("http://x"));
        assert_eq!(notices, [""; 0]);
    }

    #[test]
    fn broken_lines_are_named_and_the_rest_is_used() {
        let (vars, notices) = run("what is this\nwhat is this\nOPENAI_API_KEY=k\nX='open\nLLM_API_KEY=l\n", true, &[]);
        assert_eq!((vars.text("OPENAI_API_KEY"), vars.text("LLM_API_KEY")), (Some("k"), Some("l")));
        assert_eq!(notices.len(), 3, "{notices:?}");
        let places = [".env, line 1: ", ".env, line 2: ", ".env, line 4: "];
        assert!(notices.iter().zip(places).all(|(text, place)| text.starts_with(place)), "{notices:?}");
        assert!(!notices.concat().contains("open"), "a broken line may hold a secret");
    }

    #[test]
    fn values_are_taken_as_they_are_written() {
        let bomb = (0..20).map(|n| format!("A{}=$A{n}$A{n}$HOME", n + 1)).collect::<Vec<_>>().join("\n");
        let text =
            format!("A0=xxxxxxxx\n{bomb}\nOPENAI_API_KEY=${{A20}}\nLLM_API_KEY=a$1\\$b\nDEEPSEEK_API_KEY='a$b'\n");
        let (vars, notices) = run(&text, true, &[]);
        assert_eq!((vars.text("OPENAI_API_KEY"), vars.text("LLM_API_KEY")), (None, Some("a$1$b")));
        assert!(notices[0].starts_with(".env: OPENAI_API_KEY is left out because variables"), "{notices:?}");
        assert_eq!(run(&"broken line\n".repeat(10_000), true, &[]).1.len(), NAMED);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[A-Z='\"\\\\$\\{\\} #\né]{0,60}") {
            run(&text, true, &[]);
        }
    }
}
