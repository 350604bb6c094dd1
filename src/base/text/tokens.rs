//! How many tokens a text has, told from its letters alone: no vocabulary is loaded and a megabyte takes a few
//! milliseconds.
//!
//! It follows the way in which the tokenizers of the `o200k` family cut a text into words before they look anything
//! up, and what such words come to on average. Prose and code are met within a tenth or so; what a provider counts
//! itself replaces it.

/// Letters of a word that are one token, and those that each further token takes.
const WORD: usize = 9;
const MORE: usize = 4;
/// Digits, capitals, signs or letters of other alphabets of one token.
const THREES: usize = 3;

/// What a character belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Blank,
    Newline,
    Sign,
    /// Letters of other alphabets, of which few are one token.
    Foreign,
    /// Signs of writing systems without words, emoji and the like.
    Wide,
}

/// Estimates the tokens of a text.
pub fn tokens(text: &str) -> u64 {
    let mut sum = Sum::default();
    for c in text.chars() {
        sum.add(class(c));
    }
    sum.end();
    // Units are tenths of a token.
    sum.tenths.div_ceil(10)
}

#[derive(Default)]
struct Sum {
    tenths: u64,
    run: Option<Class>,
    length: usize,
}

impl Sum {
    fn add(&mut self, class: Class) {
        let goes_on = match (self.run, class) {
            // A capital belongs to the small letters that follow it.
            (Some(Class::Upper), Class::Lower) if self.length == 1 => true,
            (Some(last), class) => last == class,
            (None, _) => false,
        };
        if !goes_on {
            self.end();
        }
        self.run = Some(class);
        self.length += 1;
    }

    fn end(&mut self) {
        let length = self.length;
        let tenths = match self.run.take() {
            None => 0,
            Some(Class::Lower) if length <= WORD => 10,
            Some(Class::Lower) => 10 + 10 * (length - WORD).div_ceil(MORE),
            Some(Class::Upper | Class::Digit | Class::Sign | Class::Foreign) => 10 * length.div_ceil(THREES),
            // One blank belongs to the word after it; more are a token of their own.
            Some(Class::Blank) if length == 1 => 0,
            Some(Class::Blank) => 10 + length / 80 * 10,
            // Often part of the sign before it.
            Some(Class::Newline) => 6,
            Some(Class::Wide) => 8 * length,
        };
        self.tenths += tenths as u64;
        self.length = 0;
    }
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' => Class::Lower,
        'A'..='Z' => Class::Upper,
        '0'..='9' => Class::Digit,
        '\n' | '\r' => Class::Newline,
        ' ' | '\t' => Class::Blank,
        c if c.is_ascii() => Class::Sign,
        c if (c as u32) < 0x0e00 && c.is_alphabetic() => Class::Foreign,
        _ => Class::Wide,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_figures_and_blanks_have_their_weight() {
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens("hello world"), 2);
        assert_eq!(tokens("Hello"), 1);
        assert_eq!(tokens("123456"), 2);
        assert_eq!(tokens("a  b"), 3);
        assert!(tokens("中文字符") >= 3);
    }

    #[test]
    fn it_takes_any_text() {
        for text in ["\u{0}", "é", "🦀🦀", "\u{1b}[0m", &" ".repeat(10_000)] {
            assert!(tokens(text) <= text.len() as u64 + 1, "{text:?}");
        }
    }
}
