//! Puts what was typed after a slash command into the body of its file.

use crate::domain::CommandFile;

/// Bytes of the result from which on place-holders stay as they are.
const LIMIT: usize = 16 * 1024 * 1024;

/// The body with its place-holders filled. `$ARGUMENTS` is everything typed; `$ARGUMENTS[0]` and `$0` are
/// the first word, as a shell would split it. A word that was not given leaves its place-holder. When
/// something was typed and the body has no place-holder, `ARGUMENTS: …` is added at its end. A backslash
/// before the dollar sign keeps it.
///
/// Older files count from `$1`. So in a body that has `$1` but neither `$0` nor `$ARGUMENTS[…]`, `$1` is
/// the first word.
pub fn expand(command: &CommandFile, arguments: &str) -> String {
    let arguments = arguments.trim();
    let words = words(arguments);
    let pieces = pieces(&command.body);
    let has = |wanted: &Piece<'_>| pieces.iter().any(|piece| piece == wanted);
    let counts_from_one =
        has(&Piece::Short(1)) && !has(&Piece::Short(0)) && !pieces.iter().any(|piece| matches!(piece, Piece::Index(_)));
    let base = usize::from(counts_from_one);
    let mut out = String::with_capacity(command.body.len() + arguments.len());
    let mut filled = false;
    for piece in &pieces {
        let (text, original) = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::All => (Some(arguments), "$ARGUMENTS".to_owned()),
            Piece::Index(index) => (words.get(*index).map(String::as_str), format!("$ARGUMENTS[{index}]")),
            Piece::Short(number) => {
                let word = number.checked_sub(base).and_then(|index| words.get(index));
                (word.map(String::as_str), format!("${number}"))
            }
        };
        filled = true;
        out.push_str(text.filter(|text| out.len() + text.len() <= LIMIT).unwrap_or(&original));
    }
    if !filled && !arguments.is_empty() {
        out.push_str("\n\nARGUMENTS: ");
        out.push_str(arguments);
    }
    out
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
}

fn pieces(body: &str) -> Vec<Piece<'_>> {
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
        let (piece, next) = placeholder(after);
        pieces.push(piece);
        rest = next;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Reads what begins with a dollar sign.
fn placeholder(text: &str) -> (Piece<'_>, &str) {
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
    let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if let Some((number, rest)) = after.split_at_checked(digits)
        && let Some(number) = whole_number(number)
    {
        return (Piece::Short(number), rest);
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

    fn run(body: &str, arguments: &str) -> String {
        let command = CommandFile {
            name: "x".into(),
            description: String::new(),
            argument_hint: None,
            path: "x.md".into(),
            source: "user".into(),
            body: body.into(),
        };
        expand(&command, arguments)
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
        fn text_without_dollar_signs_stays(body in "[^$]*", arguments in ".*") {
            prop_assert!(run(&body, &arguments).starts_with(&body));
        }

        #[test]
        fn nothing_panics(body in "[$\\\\\\[\\]0-9AGRUMENTS é]*", arguments in ".*") {
            run(&body, &arguments);
        }
    }
}
