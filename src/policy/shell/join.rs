//! Lines that a backslash joins: bash puts them together before it looks at words.

use std::borrow::Cow;

/// The text without the backslashes at the ends of lines that bash drops, and whether a word went over such an end.
/// Where comments or here-documents make that another question the text stays as it is, and the places are seen as gaps.
pub(super) fn lines(text: &str) -> (Cow<'_, str>, bool) {
    if !text.contains("\\\n") || text.contains("<<") || text.contains('#') {
        return (Cow::Borrowed(text), false);
    }
    let mut glued = false;
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars().peekable();
    let mut dollar = false;
    while let Some(c) = chars.next() {
        let after_dollar = std::mem::replace(&mut dollar, c == '$' && quote.is_none());
        match (quote, c) {
            // In `'…'` a backslash is one; in `$'…'` it only hides the character behind it.
            (Some('\''), '\\') => out.push(c),
            (Some('$'), '\\') => {
                out.push(c);
                out.extend(chars.next());
            }
            (_, '\\') => match chars.next() {
                Some('\n') => {
                    let apart = blank(out.chars().next_back()) || blank(chars.peek().copied());
                    glued |= quote.is_none() && !apart && chars.peek() != Some(&'\\');
                }
                next => {
                    out.push(c);
                    out.extend(next);
                }
            },
            (None, '\'' | '"') => {
                quote = Some(if c == '\'' && after_dollar { '$' } else { c });
                out.push(c);
            }
            (Some('$'), '\'') => {
                quote = None;
                out.push(c);
            }
            (Some(open), _) if open == c => {
                quote = None;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    (Cow::Owned(out), glued)
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_are_joined_as_bash_joins_them() {
        for (text, joined) in [
            ("e\\\nvil x", "evil x"),
            ("cargo build \\\n  --release", "cargo build   --release"),
            ("echo \"a\\\nb\"", "echo \"ab\""),
            ("echo 'a\\\nb'", "echo 'a\\\nb'"),
            ("echo $'a\\\nb'", "echo $'a\\\nb'"),
            ("echo $'a\\'\\\nb' c\\\nd", "echo $'a\\'\\\nb' cd"),
            ("echo a\\\\\nb", "echo a\\\\\nb"),
            ("cat <<X\na\\\nb\nX", "cat <<X\na\\\nb\nX"),
            ("# a\\\nb", "# a\\\nb"),
        ] {
            assert_eq!(lines(text).0, joined, "{text:?}");
        }
        assert!(lines("r\\\nm x").1 && !lines("cargo build \\\n  --release").1 && !lines("echo \"a\\\nb\"").1);
    }
}
