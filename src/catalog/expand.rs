//! From a command file or skill and what was typed after its name to the text that it becomes.

use crate::domain::CommandFile;

/// Bytes of the result from which on place-holders stay as they are.
const LIMIT: usize = 16 * 1024 * 1024;

/// What place-holders may stand for besides the arguments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    pub session: &'a str,
    pub effort: &'a str,
    pub project: &'a str,
}

/// A part of what a file becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// A shell command; its output takes its place and is not looked at again.
    Shell(String),
}

/// The parts of a file's body with their place-holders filled. `$ARGUMENTS` is everything typed; `$ARGUMENTS[0]` and
/// `$0` are the first word, as a shell would split it; `$name` is the word that the front matter names. A word that was
/// not given leaves its place-holder, a named one becomes nothing. When something was typed and the body has no
/// place-holder, `ARGUMENTS: …` is added at its end. A backslash before the dollar sign keeps it.
///
/// Shell lines are found before arguments are put in, so that an argument cannot become one.
///
/// Older files count from `$1`. So in a body that has `$1` but neither `$0` nor `$ARGUMENTS[…]`, `$1` is
/// the first word.
pub fn expand(command: &CommandFile, arguments: &str, around: Surroundings<'_>) -> Vec<Part> {
    let arguments = arguments.trim();
    let mut filler = Filler::new(command, arguments, around);
    let mut parts: Vec<Part> = split_shell(&command.body)
        .into_iter()
        .map(|(shell, text)| if shell { Part::Shell(filler.fill(text)) } else { Part::Text(filler.fill(text)) })
        .collect();
    if !filler.used && !arguments.is_empty() {
        parts.push(Part::Text(format!("\n\nARGUMENTS: {arguments}")));
    }
    parts
}

/// The shell lines of a body, as they stand there.
pub fn shell_lines(body: &str) -> Vec<String> {
    split_shell(body).into_iter().filter(|(shell, _)| *shell).map(|(_, text)| text.to_owned()).collect()
}

/// Takes a body apart into shell commands (true) and the text around them. A command stands in backticks after an
/// exclamation mark at the start of a line or after a blank, or in a fence opened with three backticks and an
/// exclamation mark.
fn split_shell(body: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some((before, command, after)) = shell_inclusion(rest) {
        parts.push((false, before));
        parts.push((true, command));
        rest = after;
    }
    parts.push((false, rest));
    parts
}

/// The first shell command with what stands before and behind it.
fn shell_inclusion(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find(['!', '`']) {
        let at = from + found;
        let (before, rest) = (text.get(..at)?, text.get(at..)?);
        if let Some(inner) = rest.strip_prefix("```!").filter(|_| before.is_empty() || before.ends_with('\n')) {
            let (_, inner) = inner.split_once('\n')?;
            let end = if inner.starts_with("```") { 0 } else { inner.find("\n```")? + 1 };
            let after = inner.get(end..)?.split_once('\n').map_or("", |(_, after)| after);
            return Some((before, inner.get(..end)?.trim_end(), after));
        }
        if let Some(inner) =
            rest.strip_prefix("!`").filter(|_| before.is_empty() || before.ends_with(char::is_whitespace))
            && let Some(end) = inner.find('`')
        {
            return Some((before, inner.get(..end)?, inner.get(end + 1..)?));
        }
        from = at + 1;
    }
    None
}

/// Puts values into texts.
struct Filler<'a> {
    arguments: &'a str,
    words: Vec<String>,
    /// What `$1` counts from.
    base: usize,
    names: &'a [String],
    variables: [(&'static str, String); 4],
    left: usize,
    /// Some argument was put in.
    used: bool,
}

impl<'a> Filler<'a> {
    fn new(command: &'a CommandFile, arguments: &'a str, around: Surroundings<'_>) -> Self {
        let names = command.traits.arguments.as_slice();
        let pieces = pieces(&command.body, names);
        let has = |wanted: &Piece<'_>| pieces.iter().any(|piece| piece == wanted);
        let counts_from_one = has(&Piece::Short(1))
            && !has(&Piece::Short(0))
            && !pieces.iter().any(|piece| matches!(piece, Piece::Index(_)));
        let folder = command.traits.folder.as_ref().map(|folder| folder.display().to_string());
        Self {
            arguments,
            words: words(arguments),
            base: usize::from(counts_from_one),
            names,
            variables: [
                ("CLAUDE_SESSION_ID", around.session.to_owned()),
                ("CLAUDE_EFFORT", around.effort.to_owned()),
                ("CLAUDE_SKILL_DIR", folder.unwrap_or_default()),
                ("CLAUDE_PROJECT_DIR", around.project.to_owned()),
            ],
            left: LIMIT,
            used: false,
        }
    }

    fn fill(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for piece in pieces(text, self.names) {
            let (value, original) = match piece {
                Piece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Variable(name) => {
                    let known = self.variables.iter().find(|(known, _)| *known == name);
                    out.push_str(&known.map_or_else(|| format!("${{{name}}}"), |(_, value)| value.clone()));
                    continue;
                }
                Piece::All => (Some(self.arguments), "$ARGUMENTS".to_owned()),
                Piece::Index(index) => (self.words.get(index).map(String::as_str), format!("$ARGUMENTS[{index}]")),
                Piece::Short(number) => {
                    let word = number.checked_sub(self.base).and_then(|index| self.words.get(index));
                    (word.map(String::as_str), format!("${number}"))
                }
                Piece::Named(name) => {
                    let index = self.names.iter().position(|known| known == name);
                    (index.map(|index| self.words.get(index).map_or("", String::as_str)), format!("${name}"))
                }
            };
            self.used = true;
            let value = value.filter(|value| value.len() <= self.left).unwrap_or(&original);
            self.left = self.left.saturating_sub(value.len());
            out.push_str(value);
        }
        out
    }
}

/// A part of a body.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    /// `$ARGUMENTS`
    All,
    /// `$ARGUMENTS[3]`
    Index(usize),
    /// `$3`
    Short(usize),
    /// `$name`, for the names of the front matter.
    Named(&'a str),
    /// `${CLAUDE_…}`
    Variable(&'a str),
}

fn pieces<'a>(body: &'a str, names: &[String]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut rest = body;
    while let Some(dollar) = rest.find('$') {
        let (before, after) = rest.split_at(dollar);
        if let Some(kept) = before.strip_suffix('\\') {
            // The backslash goes, the dollar sign stays, and what follows it is plain text.
            let (dollar, next) = after.split_at(1);
            pieces.extend([Piece::Text(kept), Piece::Text(dollar)]);
            rest = next;
            continue;
        }
        pieces.push(Piece::Text(before));
        let (piece, next) = placeholder(after, names);
        pieces.push(piece);
        rest = next;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Reads what begins with a dollar sign.
fn placeholder<'a>(text: &'a str, names: &[String]) -> (Piece<'a>, &'a str) {
    if let Some(rest) = text.strip_prefix("$ARGUMENTS") {
        if let Some((number, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']'))
            && let Some(index) = whole_number(number)
        {
            return (Piece::Index(index), after);
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return (Piece::All, rest);
        }
    }
    let after = text.get(1..).unwrap_or_default();
    if let Some((name, rest)) = after.strip_prefix("{CLAUDE_").and_then(|inner| inner.split_once('}')) {
        let whole = after.get(1..1 + "CLAUDE_".len() + name.len()).unwrap_or_default();
        return (Piece::Variable(whole), rest);
    }
    let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if let Some((number, rest)) = after.split_at_checked(digits)
        && let Some(number) = whole_number(number)
    {
        return (Piece::Short(number), rest);
    }
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(after.len());
    let (name, rest) = after.split_at(end);
    if names.iter().any(|known| known == name) {
        return (Piece::Named(name), rest);
    }
    let (dollar, rest) = text.split_at(1);
    (Piece::Text(dollar), rest)
}

fn whole_number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Splits like a shell: blanks separate, quotes group, a backslash keeps the next character.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(body: &str) -> CommandFile {
        CommandFile { name: "x".into(), body: body.into(), ..CommandFile::default() }
    }

    fn run(body: &str, arguments: &str) -> String {
        let parts = expand(&file(body), arguments, Surroundings::default());
        parts
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => text,
                Part::Shell(command) => format!("<{command}>"),
            })
            .collect()
    }

    #[test]
    fn shell_lines_are_found_where_the_format_allows_and_never_in_an_argument() {
        for (body, arguments, expected) in [
            ("a !`ls $0` b", "x", "a <ls x> b"),
            ("wow!`ls`", "", "wow!`ls`"),
            ("wow!`ls` !`pwd`", "", "wow!`ls` <pwd>"),
            ("open !`ls", "", "open !`ls"),
            ("```!\nls\npwd\n```\nafter", "", "<ls\npwd>after"),
            ("x ```!\nls\n```", "", "x ```!\nls\n```"),
            ("do $ARGUMENTS", "!`rm x`", "do !`rm x`"),
        ] {
            assert_eq!(run(body, arguments), expected, "{body}");
        }
        assert_eq!(shell_lines("a !`ls $0` b\n```!\npwd\n```"), ["ls $0", "pwd"]);
    }

    #[test]
    fn names_and_variables_are_filled() {
        let mut file =
            file("$what in $where, $whatever, ${CLAUDE_SKILL_DIR}/x ${CLAUDE_OTHER} ${HOME} ${CLAUDE_SESSION_ID}");
        file.traits.arguments = vec!["what".into(), "where".into()];
        file.traits.folder = Some("/s".into());
        let around = Surroundings { session: "id", ..Surroundings::default() };
        let parts = expand(&file, "'a b'", around);
        assert_eq!(parts, [Part::Text("a b in , $whatever, /s/x ${CLAUDE_OTHER} ${HOME} id".into())]);
    }

    #[test]
    fn place_holders_are_filled() {
        for (body, arguments, expected) in [
            ("Fix $ARGUMENTS.", "a 'b c'", "Fix a 'b c'."),
            ("$0-$1-$2", "a 'b c'", "a-b c-$2"),
            ("$ARGUMENTS[1]$ARGUMENTS[0]", "a b", "ba"),
            ("$ARGUMENTS[9] $ARGUMENTS[x] $ARGUMENTSX", "a", "$ARGUMENTS[9] a[x] $ARGUMENTSX"),
            ("No holder", " a ", "No holder\n\nARGUMENTS: a"),
            ("No holder", "  ", "No holder"),
            ("Costs \\$0 and \\$ARGUMENTS", "a", "Costs $0 and $ARGUMENTS\n\nARGUMENTS: a"),
            ("\\$0\\$1 $0", "a", "$0$1 a"),
            ("$ $$0 $x $", "a", "$ $a $x $"),
            ("$0", "$1 $ARGUMENTS", "$1"),
            ("$0|$1|$2", r#""a\"b" 'c\d' e\ f"#, r#"a"b|c\d|e f"#),
            ("$0 $1", "\"\" b", " b"),
        ] {
            assert_eq!(run(body, arguments), expected, "{body} with {arguments}");
        }
    }

    #[test]
    fn older_files_count_from_one() {
        assert_eq!(run("Review $1 at $2", "9 high"), "Review 9 at high");
        assert_eq!(run("Review $1 at $ARGUMENTS[0]", "9 high"), "Review high at 9");
        assert_eq!(run("Only $2", "9 high low"), "Only low");
    }

    proptest! {
        #[test]
        fn text_without_dollar_signs_stays(body in "[^$!`]*", arguments in ".*") {
            prop_assert!(run(&body, &arguments).starts_with(&body));
        }

        #[test]
        fn nothing_panics(body in "[$\\\\\\[\\]{}!`\n0-9AGRUMENTSCLD_ é]*", arguments in ".*") {
            run(&body, &arguments);
        }
    }
}
