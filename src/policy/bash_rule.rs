//! What the text between the brackets of a `Bash(…)` rule means: exact, prefix, or stars.
//!
//! Matching is on one simple command, never on a whole line; `shell` takes lines apart.

use super::glob::Stars;

/// A parsed specifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BashPattern {
    /// `*`: every command.
    Every,
    /// Exactly this text.
    Exact(String),
    /// A text with stars. `npm run *` and the older `npm run:*` also match `npm run` alone.
    Stars { full: Stars, bare: Option<String> },
}

impl BashPattern {
    /// Reads a specifier. The text is what stands in the settings, blanks at its ends cut.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.chars().all(|c| c == '*') && !text.is_empty() || text == ":*" {
            return Self::Every;
        }
        let with_space = match text.strip_suffix(":*") {
            Some(stem) => format!("{stem} *"),
            None => text.to_owned(),
        };
        if !with_space.contains('*') {
            return Self::Exact(with_space);
        }
        let bare = with_space.strip_suffix(" *").filter(|stem| !stem.contains('*')).map(str::to_owned);
        Self::Stars { full: Stars::parse(&with_space), bare }
    }

    /// Matches whatever the unknown places in `text` turn out to be.
    pub(super) fn covers(&self, text: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Exact(want) => want == text,
            Self::Stars { full, bare } => bare.as_deref() == Some(text) || full.covers(text),
        }
    }

    /// How many bytes are literal before the first star.
    pub(super) fn head(&self) -> usize {
        match self {
            Self::Every => 0,
            Self::Exact(text) => text.len(),
            Self::Stars { full, .. } => full.head(),
        }
    }

    /// Matches for at least one outcome of the unknown places in `text`.
    pub(super) fn meets(&self, text: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Exact(want) => Stars::parse(&want.replace('*', "\u{2}")).meets(text),
            Self::Stars { full, bare } => {
                full.meets(text) || bare.as_deref().is_some_and(|bare| Stars::parse(bare).meets(text))
            }
        }
    }

    /// Why no command can ever match, if that is so.
    pub(super) fn never(text: &str) -> Option<String> {
        if text.trim().is_empty() {
            return Some("it has no command between the brackets; write `Bash` to mean every command".into());
        }
        let mut quote = None;
        let mut escaped = false;
        for c in text.chars() {
            match (quote, c) {
                _ if escaped => escaped = false,
                (None | Some('"'), '\\') => escaped = true,
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                (None, ';' | '|' | '\n') => return Some(joined(c)),
                _ => {}
            }
        }
        (text.contains(" && ")).then(|| joined('&'))
    }
}

fn joined(by: char) -> String {
    format!(
        "it joins commands with `{}`, but each command of a line is matched by itself; write one rule for each",
        if by == '\n' { "a newline".to_owned() } else { by.to_string() }
    )
}

#[cfg(test)]
mod tests {
    use super::BashPattern;

    #[test]
    fn the_documented_forms() {
        for (rule, text, want) in [
            ("npm run build", "npm run build", true),
            ("npm run build", "npm run build x", false),
            ("npm run *", "npm run", true),
            ("npm run *", "npm run test -- x", true),
            ("npm run *", "npm runx", false),
            ("npm:*", "npm", true),
            ("npm:*", "npm install", true),
            ("npm:*", "npmx", false),
            ("ls*", "lsof", true),
            ("git * main", "git push origin main", true),
            ("*", "anything", true),
            ("a:* b", "a:x b", true),
        ] {
            assert_eq!(BashPattern::parse(rule).covers(text), want, "{rule} / {text}");
        }
    }

    #[test]
    fn rules_over_several_commands_are_reported() {
        assert!(BashPattern::never("a && b").is_some());
        assert!(BashPattern::never("a; b").is_some());
        assert!(BashPattern::never("grep 'a;b' *").is_none());
        assert!(BashPattern::never(" ").is_some());
    }
}
