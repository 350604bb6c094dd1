//! How many tokens a text has: at once and roughly, or counted by a tokenizer.
//!
//! Neither is the truth for every provider; what the wire reports replaces both.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tiktoken_rs::CoreBPE;

/// Bytes that are handed to the tokenizer at once. It fails on very long runs of blanks, so no piece
/// may come near such a length.
const PIECE: usize = 64 * 1024;

/// A guess from the length alone, for the time before the wire says: 3.6 bytes a token, rounded up.
pub fn estimate(bytes: u64) -> u64 {
    bytes.saturating_mul(10).div_ceil(36)
}

/// Counts about as a tokenizer does, without its vocabulary: to compare two forms of one text, not to tell a number.
pub fn rough(text: &str) -> usize {
    #[derive(PartialEq)]
    enum Kind {
        Word,
        Digits,
        Blank,
        Sign,
    }
    let kind = |c: char| match c {
        c if c.is_alphabetic() => Kind::Word,
        c if c.is_numeric() => Kind::Digits,
        c if c.is_whitespace() => Kind::Blank,
        _ => Kind::Sign,
    };
    let (mut tokens, mut run, mut last) = (0, 0usize, Kind::Blank);
    for c in text.chars() {
        let now = kind(c);
        if now != last {
            (run, last) = (0, now);
        }
        // A new token every so many characters of one kind; a single blank belongs to the word behind it.
        let every = match last {
            Kind::Word => 6,
            Kind::Digits | Kind::Sign => 3,
            Kind::Blank => 16,
        };
        if run % every == 0 && !(last == Kind::Blank && run == 0 && c == ' ') {
            tokens += 1;
        }
        run += 1;
    }
    tokens
}

/// Counts the tokens of texts.
pub trait Counter: Send + Sync {
    fn count(&self, text: &str) -> usize;
}

/// OpenAI's `o200k_base`. It takes about 50 MB and a tenth of a second to load: load it off the path to
/// the prompt and drop it when it is idle.
pub struct Tiktoken {
    encoding: CoreBPE,
}

impl Tiktoken {
    /// Loads the vocabulary that the program carries; the error says what was wrong with it.
    pub fn load() -> Result<Self, String> {
        tiktoken_rs::o200k_base()
            .map(|encoding| Self { encoding })
            .map_err(|problem| format!("the token vocabulary could not be loaded: {problem:#}"))
    }
}

impl Counter for Tiktoken {
    fn count(&self, text: &str) -> usize {
        pieces(text)
            .map(|piece| {
                // The tokenizer panics on some texts; such a piece is estimated.
                catch_unwind(AssertUnwindSafe(|| self.encoding.encode_ordinary(piece).len()))
                    .unwrap_or_else(|_| estimate(piece.len() as u64) as usize)
            })
            .sum()
    }
}

impl std::fmt::Debug for Tiktoken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tiktoken(o200k_base)")
    }
}

/// Cuts a text into pieces of at most [`PIECE`] bytes, after a newline where there is one.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut cut = PIECE.min(rest.len());
        while !rest.is_char_boundary(cut) {
            cut -= 1;
        }
        let (head, _) = rest.split_at(cut);
        if head.len() < rest.len()
            && let Some(newline) = head.rfind('\n')
        {
            cut = newline + 1;
        }
        let (piece, after) = rest.split_at(cut);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn the_guess_rounds_up() {
        assert_eq!((estimate(0), estimate(1), estimate(36), estimate(37)), (0, 1, 10, 11));
        assert!(estimate(u64::MAX) > 0);
    }

    #[test]
    fn pieces_join_to_the_text_and_stay_small() {
        let text = format!("{}\n{}é{}", "a".repeat(PIECE - 10), "b".repeat(PIECE * 2), "ü".repeat(PIECE));
        let all: Vec<&str> = pieces(&text).collect();
        assert_eq!(all.concat(), text);
        assert!(all.iter().all(|piece| !piece.is_empty() && piece.len() <= PIECE));
        assert!(all.first().unwrap().ends_with('\n'));
    }

    /// The estimate without a vocabulary is near enough to plan with, for prose, code, figures and JSON alike.
    #[test]
    fn the_estimate_is_near_the_count() {
        let counter = Tiktoken::load().unwrap();
        let digits: Vec<String> =
            (0..4_000u32).map(|n| format!("{:08x} {}", n.wrapping_mul(2_654_435_761), n * 37)).collect();
        let texts = [
            ("prose", include_str!("../../README.md").to_owned()),
            ("code", include_str!("count.rs").to_owned()),
            ("more code", include_str!("../domain/message.rs").to_owned()),
            ("table", include_str!("../../assets/models.toml").to_owned()),
            ("json", serde_json::to_string(&json!({ "rows": (0..300).map(|n| json!({"id": n, "name": format!("user {n}"), "ok": true})).collect::<Vec<_>>() })).unwrap()),
            ("figures", digits.join("\n")),
        ];
        let off: Vec<String> = texts
            .iter()
            .map(|(name, text)| (name, crate::base::text::tokens(text) as f64 / counter.count(text) as f64))
            .filter(|(_, ratio)| !(0.8..1.2).contains(ratio))
            .map(|(name, ratio)| format!("{name}: {ratio:.2}"))
            .collect();
        assert!(off.is_empty(), "{off:?}");
    }

    #[test]
    fn tokens_are_counted_also_in_hostile_text() {
        let counter = Tiktoken::load().unwrap();
        assert_eq!(counter.count(""), 0);
        assert_eq!(counter.count("hello world"), 2);
        assert!(counter.count(&format!("{}x", " ".repeat(1_100_000))) > 0);
    }
}
