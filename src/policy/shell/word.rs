//! One word of a shell line: its text as bash would read it, with the places that are not known before the run.
//!
//! This is a lexer of its own, beside the grammar. It knows quoting and nothing else, and refuses a word
//! whose end or parts it sees elsewhere than the grammar did.

use std::ops::Range;
use std::path::Path;

use super::super::glob::{UNKNOWN, WILD};

/// A word, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Word {
    /// As written.
    pub(in super::super) raw: String,
    /// Unquoted, with [`UNKNOWN`] and [`WILD`] where the text is not known.
    pub(in super::super) value: String,
    /// Names of the variables in it, in order.
    pub(in super::super) names: Vec<String>,
    /// It may become several words or none.
    pub(in super::super) splits: bool,
    /// It is one process substitution, which the shell replaces by a pipe of its own.
    pub(in super::super) pipe: bool,
    /// It began with an unquoted tilde.
    pub(in super::super) tilde: bool,
}

/// A place in a word that the shell fills in.
#[derive(Clone, Debug)]
pub(super) struct Hole {
    pub(super) range: Range<usize>,
    /// The variable's name, if it is a plain variable.
    pub(super) name: Option<String>,
}

impl Word {
    /// A word whose text is known.
    pub(in super::super) fn plain(text: &str) -> Self {
        Self { raw: text.to_owned(), value: text.to_owned(), ..Self::default() }
    }

    /// The text, if all of it is known.
    pub(in super::super) fn literal(&self) -> Option<&str> {
        (!self.value.contains([UNKNOWN, WILD])).then_some(self.value.as_str())
    }

    pub(in super::super) fn has_unknown(&self) -> bool {
        self.value.contains(UNKNOWN)
    }

    pub(in super::super) fn has_glob(&self) -> bool {
        self.value.contains(WILD)
    }

    /// The word as a rule would write it: unquoted where that changes nothing.
    pub(in super::super) fn canonical(&self) -> &str {
        let plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,^~#{}".contains(c);
        if !self.value.is_empty() && !self.tilde && self.value.chars().all(plain) { &self.value } else { &self.raw }
    }
}

/// Reads the word at `span` of `text`. `holes` are the expansions that the grammar saw in it, in order.
pub(super) fn read(text: &str, span: Range<usize>, holes: &[Hole], home: &Path) -> Result<Word, String> {
    let raw = text.get(span.clone()).ok_or("a word that is out of place")?;
    let mut lexer = Lexer { text, at: span.start, end: span.end, holes, word: Word::default(), home };
    lexer.unquoted()?;
    let mut word = lexer.word;
    raw.clone_into(&mut word.raw);
    word.pipe = raw.starts_with(['<', '>']) && word.value.len() == 1;
    Ok(word)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    holes: &'a [Hole],
    word: Word,
    home: &'a Path,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..self.end)?.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn unquoted(&mut self) -> Result<(), String> {
        let start = self.at;
        while let Some(c) = self.peek() {
            let first = self.at == start;
            match c {
                '\'' => self.single()?,
                '"' => self.double()?,
                '\\' => self.escape(),
                '$' | '`' | '<' | '>' => self.hole(true)?,
                '*' | '?' => self.wild(1),
                '[' => self.bracket()?,
                '{' => self.brace(),
                '~' if first => self.tilde(),
                '#' if first => return Err("a `#` that may start a comment".into()),
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' => {
                    return Err(format!("a `{}` inside a word", if c == '\n' { ' ' } else { c }));
                }
                _ => {
                    self.take();
                    self.word.value.push(c);
                }
            }
        }
        Ok(())
    }

    fn single(&mut self) -> Result<(), String> {
        self.take();
        let length = self.rest().find('\'').ok_or("a quote that is not closed")?;
        let inside = self.rest().get(..length).unwrap_or_default().to_owned();
        self.word.value.push_str(&inside);
        self.at += length + 1;
        Ok(())
    }

    fn double(&mut self) -> Result<(), String> {
        self.take();
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.take();
                    return Ok(());
                }
                '$' | '`' => self.hole(false)?,
                '\\' => self.escape_in_quotes()?,
                _ => {
                    self.take();
                    self.word.value.push(c);
                }
            }
        }
        Err("a quote that is not closed".into())
    }

    fn escape_in_quotes(&mut self) -> Result<(), String> {
        self.take();
        match self.take() {
            Some('\n') => {}
            Some(next @ ('$' | '`' | '"' | '\\')) => self.word.value.push(next),
            Some(next) => self.word.value.extend(['\\', next]),
            None => return Err("a quote that is not closed".into()),
        }
        Ok(())
    }

    fn escape(&mut self) {
        self.take();
        // A backslash before a newline joins lines; before anything else it quotes one character.
        if let Some(next) = self.take().filter(|next| *next != '\n') {
            self.word.value.push(next);
        }
    }

    /// An expansion, where the grammar saw one, or a character that only looks like the start of one.
    fn hole(&mut self, bare: bool) -> Result<(), String> {
        if let Some(hole) = self.holes.iter().find(|hole| hole.range.start == self.at) {
            if hole.range.end > self.end {
                return Err("an expansion that ends outside its word".into());
            }
            let many = hole.name.as_deref().is_some_and(|name| name.starts_with(['@', '*']));
            self.word.splits |= bare || many;
            self.word.names.extend(hole.name.clone());
            self.word.value.push(UNKNOWN);
            self.at = hole.range.end;
            return Ok(());
        }
        let dollar = self.take();
        match self.peek() {
            Some('\'') if bare && dollar == Some('$') => self.ansi(),
            Some('"') if bare && dollar == Some('$') => {
                self.word.value.push(UNKNOWN);
                self.double()
            }
            Some(c) if dollar == Some('$') && !c.is_alphanumeric() && !"_({[*@#?$!-`".contains(c) => {
                self.word.value.push('$');
                Ok(())
            }
            None if dollar == Some('$') => {
                self.word.value.push('$');
                Ok(())
            }
            _ => Err("an expansion that is not understood".into()),
        }
    }

    /// `$'…'`, of which only the usual escapes are read; the others leave the text unknown.
    fn ansi(&mut self) -> Result<(), String> {
        self.take();
        while let Some(c) = self.take() {
            let read = match c {
                '\'' => return Ok(()),
                '\\' => match self.take() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some(same @ ('\\' | '\'' | '"' | '?')) => same,
                    Some(_) => UNKNOWN,
                    None => return Err("a quote that is not closed".into()),
                },
                other => other,
            };
            self.word.value.push(read);
        }
        Err("a quote that is not closed".into())
    }

    fn wild(&mut self, bytes: usize) {
        self.at += bytes;
        self.word.splits = true;
        self.word.value.push(WILD);
    }

    fn bracket(&mut self) -> Result<(), String> {
        let Some(length) = self.rest().find(']').filter(|length| *length > 1) else {
            self.take();
            self.word.value.push('[');
            return Ok(());
        };
        let inside = self.rest().get(..length).unwrap_or_default();
        if inside.contains(['\'', '"', '\\', '$', '`', ' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>']) {
            return Err("a bracket pattern that is not understood".into());
        }
        self.wild(length + 1);
        Ok(())
    }

    /// `{a,b}` and `{1..3}` become several words; other braces stand for themselves.
    fn brace(&mut self) {
        let rest = self.rest();
        let close = rest.rfind('}').filter(|close| {
            let inside = rest.get(..*close).unwrap_or_default();
            inside.contains(',') || inside.contains("..")
        });
        if let Some(close) = close {
            self.at += close + 1;
            self.word.splits = true;
            self.word.value.push(UNKNOWN);
        } else {
            self.take();
            self.word.value.push('{');
        }
    }

    fn tilde(&mut self) {
        self.take();
        self.word.tilde = true;
        match self.peek() {
            None | Some('/') => self.word.value.push_str(&self.home.to_string_lossy()),
            Some(_) => self.word.value.push(UNKNOWN),
        }
    }
}
