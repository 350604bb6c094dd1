//! Which events of a name a group of hooks waits for.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// Bytes that a compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;

/// A matcher as it was read.
#[derive(Clone, Debug)]
pub enum Matcher {
    All,
    /// Exact names.
    Names(Vec<String>),
    /// An unanchored pattern.
    Pattern(Box<Regex>),
}

impl Matcher {
    /// Reads a matcher. Letters, digits, `_`, `-`, blanks, `,` and `|` make a list of names; anything else is a
    /// regular expression. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() || text == "*" {
            return Ok(Self::All);
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | ',' | '|');
        if text.chars().all(plain) {
            let names = text.split([',', '|']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
            return Ok(Self::Names(names.collect()));
        }
        RegexBuilder::new(text)
            .size_limit(PATTERN_BYTES)
            .build()
            .map(|pattern| Self::Pattern(Box::new(pattern)))
            .map_err(|_| format!("`{text}` is no regular expression that can be used here"))
    }

    /// The file names that it stands for, where it is about files: what a bar separates.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::All => Vec::new(),
            Self::Names(names) => names.clone(),
            Self::Pattern(pattern) => {
                let names = pattern.as_str().split('|').map(str::trim);
                names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
            }
        }
    }

    /// It waits for events about this subject. Events without a subject are matched by every matcher.
    pub fn fits(&self, subject: Option<&str>) -> bool {
        let Some(subject) = subject else { return true };
        match self {
            Self::All => true,
            Self::Names(names) => names.iter().any(|name| name == subject || is_alias(name, subject)),
            Self::Pattern(pattern) => pattern.is_match(subject),
        }
    }
}

/// Old names of tools go on working.
fn is_alias(name: &str, subject: &str) -> bool {
    matches!((name, subject), ("Task", "Agent") | ("Agent", "Task"))
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Names(names) => f.write_str(&names.join("|")),
            Self::Pattern(pattern) => write!(f, "/{pattern}/"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn lists_are_exact_and_anything_else_is_an_unanchored_pattern() {
        for (matcher, fits, misses) in [
            ("", "Bash", ""),
            ("*", "Bash", ""),
            ("Bash", "Bash", "BashOutput"),
            ("Edit|Write", "Write", "MultiEdit"),
            ("Edit, Write", "Edit", "NotebookEdit"),
            ("mcp__memory", "mcp__memory", "mcp__memory__read"),
            ("mcp__memory__.*", "mcp__memory__read", "mcp__other__read"),
            ("^Bash$", "Bash", "BashOutput"),
            ("Edit.*", "MultiEdit", "Write"),
            ("Task", "Agent", "Bash"),
            ("permission_prompt", "permission_prompt", "idle_prompt"),
        ] {
            let read = Matcher::parse(matcher).unwrap();
            assert!(read.fits(Some(fits)), "{matcher} {fits}");
            assert!(misses.is_empty() || !read.fits(Some(misses)), "{matcher} {misses}");
            assert!(read.fits(None));
        }
        assert!(Matcher::parse("(").is_err());
        assert!(Matcher::parse(&format!("(a{{1,100}}){{{}}}", 1_000)).is_err());
    }
}
