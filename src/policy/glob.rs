//! Star patterns over text: where `*` in a rule stands for any text, also across blanks and slashes.
//!
//! The text may hold places that are not known before the run ([`UNKNOWN`], [`WILD`]). A pattern
//! *covers* a text when it matches whatever those places turn out to be, and *meets* it when it matches
//! for at least one outcome. Path patterns are not here; they follow other rules (`path_rule`).

/// Stands in a word for a piece of any text (a variable, a substitution).
pub(super) const UNKNOWN: char = '\0';

/// Stands in a word for an unquoted glob character: some text without a slash.
pub(super) const WILD: char = '\u{1}';

/// A pattern with stars, ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stars(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    Star,
}

impl Stars {
    /// Reads a pattern; every `*` is a star.
    pub(super) fn parse(pattern: &str) -> Self {
        let mut tokens = Vec::with_capacity(pattern.len());
        for c in pattern.chars() {
            let token = if c == '*' { Token::Star } else { Token::Char(c) };
            // Two stars in a row mean the same as one and would only cost time.
            if !(token == Token::Star && tokens.last() == Some(&Token::Star)) {
                tokens.push(token);
            }
        }
        Self(tokens)
    }

    /// How many bytes are literal before the first star.
    pub(super) fn head(&self) -> usize {
        let literal = self.0.iter().map_while(|token| match token {
            Token::Char(c) => Some(c.len_utf8()),
            Token::Star => None,
        });
        literal.sum()
    }

    /// Matches whatever the unknown places turn out to be.
    pub(super) fn covers(&self, text: &str) -> bool {
        let text: Vec<Token> = text.chars().map(token_of).collect();
        let pattern = &self.0;
        let (mut p, mut t) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while let Some(&have) = text.get(t) {
            match pattern.get(p) {
                Some(Token::Star) => {
                    retry = Some((p + 1, t));
                    p += 1;
                }
                Some(Token::Char(want)) if have == Token::Char(*want) => {
                    p += 1;
                    t += 1;
                }
                _ => match retry {
                    Some((after, from)) => {
                        p = after;
                        t = from + 1;
                        retry = Some((after, from + 1));
                    }
                    None => return false,
                },
            }
        }
        pattern.iter().skip(p).all(|token| *token == Token::Star)
    }

    /// Matches for at least one outcome of the unknown places.
    pub(super) fn meets(&self, text: &str) -> bool {
        // The set of positions in the pattern that the text read so far can have reached.
        let mut reached = vec![false; self.0.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        self.close(&mut reached);
        let mut before = None;
        for c in text.chars() {
            reached = if c == WILD { self.wild(&reached, before) } else { self.step(&reached, token_of(c)) };
            if !reached.contains(&true) {
                return false;
            }
            before = Some(c);
        }
        reached.last().copied().unwrap_or(false)
    }

    /// A glob stays in its segment and, at the start of one, does not stand for a dot.
    fn wild(&self, reached: &[bool], before: Option<char>) -> Vec<bool> {
        let mut next = vec![false; reached.len()];
        for (from, _) in reached.iter().enumerate().filter(|(_, set)| **set) {
            let starts_name = before.is_none_or(|c| c == '/');
            let ends = |(at, token): &(usize, &Token)| {
                **token == Token::Char('/') || (starts_name && *at == 0 && **token == Token::Char('.'))
            };
            let length = self.0.iter().skip(from).enumerate().find(ends).map_or(self.0.len() - from, |(at, _)| at);
            next.iter_mut().skip(from).take(length + 1).for_each(|set| *set = true);
        }
        self.close(&mut next);
        next
    }

    fn step(&self, reached: &[bool], read: Token) -> Vec<bool> {
        let mut next = vec![false; reached.len()];
        for (at, _) in reached.iter().enumerate().filter(|(_, set)| **set) {
            match (read, self.0.get(at)) {
                // An unknown place can stand for any further stretch of the pattern.
                (Token::Star, _) => next.iter_mut().skip(at).for_each(|set| *set = true),
                (Token::Char(_), Some(Token::Star)) => set(&mut next, at),
                (Token::Char(have), Some(Token::Char(want))) if have == *want => set(&mut next, at + 1),
                _ => {}
            }
        }
        self.close(&mut next);
        next
    }

    /// A star may stand for nothing.
    fn close(&self, reached: &mut [bool]) {
        for at in 0..self.0.len() {
            if reached.get(at).copied().unwrap_or(false) && self.0.get(at) == Some(&Token::Star) {
                set(reached, at + 1);
            }
        }
    }
}

fn set(list: &mut [bool], at: usize) {
    if let Some(slot) = list.get_mut(at) {
        *slot = true;
    }
}

fn token_of(c: char) -> Token {
    if c == UNKNOWN || c == WILD { Token::Star } else { Token::Char(c) }
}

#[cfg(test)]
mod tests {
    use super::Stars;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, want) in [
            ("git * main", "git push origin main", true),
            ("git * main", "git push main x", false),
            ("ls*", "lsof", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "acb", false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(Stars::parse(pattern).covers(text), want, "{pattern} {text}");
            assert_eq!(Stars::parse(pattern).meets(text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn an_unknown_place_is_covered_by_a_star_only() {
        assert!(Stars::parse("git push *").covers("git push \0"));
        assert!(!Stars::parse("git push origin").covers("git push \0"));
        assert!(Stars::parse("git push origin").meets("git push \0"));
        assert!(Stars::parse("git push *").meets("git \0 origin"));
        assert!(!Stars::parse("rm *").meets("echo \0"));
    }

    #[test]
    fn a_glob_stays_in_its_segment_and_skips_dot_files() {
        for (pattern, text, want) in [
            ("/p/.env", "/p/\u{1}", false),
            ("/p/.env", "/p/.e\u{1}", true),
            ("/p/a.env", "/p/\u{1}", true),
            ("/p/*/a", "/p/\u{1}", false),
            ("/p/*/a", "/p/x/\u{1}", true),
            ("/p/secrets/*", "/p/src/\u{1}.rs", false),
            ("/p/secrets/*", "/p/\u{1}/x.rs", true),
        ] {
            assert_eq!(Stars::parse(pattern).meets(text), want, "{pattern} {text}");
        }
    }
}
