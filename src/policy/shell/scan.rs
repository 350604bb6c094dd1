//! Guesses at the commands of a line that could not be parsed, so that deny rules still see its words.
//!
//! It splits at every separator whatever the quoting, and drops quotes. What it finds can only make a decision
//! stricter.

use std::path::Path;

use super::word::{self, Word};

/// More pieces than this are not looked at; the line is asked about anyway.
const MAX_PIECES: usize = 400;
const MAX_WORDS: usize = 64;

/// Every stretch of words that could be a command, also from the middle of a stretch on after a word that may
/// be an assignment or a wrapper.
pub(super) fn guesses(text: &str, home: &Path) -> Vec<Vec<Word>> {
    let mut out = Vec::new();
    for piece in
        text.split([';', '&', '|', '\n', '(', ')', '`', '{', '}', '\r', '\u{b}', '\u{c}', '\0']).take(MAX_PIECES)
    {
        let words: Vec<Word> = piece
            .split(|c: char| c.is_whitespace() || super::is_deceptive(c) || c.is_control())
            .map(|raw| raw.replace(['\'', '"', '\\'], ""))
            .filter(|raw| !raw.is_empty() && raw != "$" && raw != "!")
            .take(MAX_WORDS)
            .map(|raw| word::read(&raw, 0..raw.len(), &[], home).unwrap_or_else(|_| Word::plain(&raw)))
            .collect();
        let skip = words.iter().take_while(|word| word.value.contains('=') || is_keyword(&word.value)).count();
        let words: Vec<Word> = words.into_iter().skip(skip).collect();
        if !words.is_empty() {
            out.push(words);
        }
    }
    out
}

fn is_keyword(text: &str) -> bool {
    matches!(text, "if" | "then" | "else" | "elif" | "do" | "while" | "until" | "time" | "coproc" | "function")
}
