//! Rust source as words and marks with their lines: comments, strings and characters are left out.
//!
//! It knows just enough to count and to follow paths; it is no parser.

/// One word or mark. `::`, `->` and `=>` are one mark each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    /// Counted from 1.
    pub line: usize,
}

/// Cuts source into tokens.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { chars: source.chars().collect(), at: 0, line: 1, out: Vec::new() };
    while lexer.at < lexer.chars.len() {
        lexer.step();
    }
    lexer.out
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn advance(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek(0) == '\n' {
                self.line += 1;
            }
            self.at += 1;
        }
    }

    fn push(&mut self, count: usize) {
        let end = (self.at + count).min(self.chars.len());
        let text = self.chars[self.at..end].iter().collect();
        self.out.push(Token { text, line: self.line });
        self.advance(count);
    }

    fn step(&mut self) {
        let c = self.peek(0);
        match (c, self.peek(1)) {
            ('/', '/') => self.until(|lexer| lexer.peek(0) == '\n'),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('\'', _) => self.quote(),
            (':', ':') | ('-' | '=', '>') => self.push(2),
            _ if is_word(c) && self.raw_string_hashes().is_some() => self.raw_string(),
            _ if is_word(c) => self.word(),
            _ if c.is_whitespace() => self.advance(1),
            _ => self.push(1),
        }
    }

    fn until(&mut self, end: impl Fn(&Self) -> bool) {
        while self.at < self.chars.len() && !end(self) {
            self.advance(1);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                ('\0', _) => return,
                _ => {
                    self.advance(1);
                    continue;
                }
            }
            self.advance(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.advance(1);
        while self.at < self.chars.len() && self.peek(0) != '"' {
            self.advance(if self.peek(0) == '\\' { 2 } else { 1 });
        }
        self.advance(1);
    }

    /// A character, or a lifetime, which leaves its name as a word.
    fn quote(&mut self) {
        if self.peek(1) == '\\' {
            self.advance(3);
            self.until(|lexer| lexer.peek(0) == '\'');
            self.advance(1);
        } else if self.peek(2) == '\'' {
            self.advance(3);
        } else {
            self.advance(1);
        }
    }

    /// The number of hashes when a raw string (`r"`, `br#"`, `cr"`) begins here.
    fn raw_string_hashes(&self) -> Option<usize> {
        let start = match (self.peek(0), self.peek(1)) {
            ('r', _) => 1,
            ('b' | 'c', 'r') => 2,
            _ => return None,
        };
        let hashes = (start..self.chars.len()).take_while(|ahead| self.peek(*ahead) == '#').count();
        (self.peek(start + hashes) == '"').then_some(hashes)
    }

    fn raw_string(&mut self) {
        let hashes = self.raw_string_hashes().unwrap_or_default();
        self.until(|lexer| lexer.peek(0) == '"');
        self.advance(1);
        let closes = |lexer: &Self| lexer.peek(0) == '"' && (1..=hashes).all(|ahead| lexer.peek(ahead) == '#');
        self.until(closes);
        self.advance(1 + hashes);
    }

    fn word(&mut self) {
        let length = (0..self.chars.len()).take_while(|ahead| is_word(self.peek(*ahead))).count();
        let is_prefix = self.peek(length) == '"' && length == 1 && "bc".contains(self.peek(0));
        if is_prefix {
            self.advance(1);
        } else {
            self.push(length);
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
