//! The one sanitiser. It keeps text and takes away every means to act on the terminal or to deceive the eye.
//!
//! Two passes, each linear: characters (escapes, overlong runs of marks, stray joiners), then clusters that would
//! take more room than any writing needs. Clean text comes back borrowed.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::chars::{Class, class, is_pictograph, takes_joiner};
use super::measure::clusters;

/// Marks that one cluster may carry; more are only ever written to deface a screen.
const MAX_MARKS: usize = 8;
/// Columns that one cluster may take; the widest conjuncts in use stay below.
const MAX_CLUSTER_WIDTH: usize = 8;
/// Bytes that one cluster may take; the longest emoji family has 41.
const MAX_CLUSTER_BYTES: usize = 128;

/// Makes text of many lines harmless: newlines stay, tabs become four spaces, whatever else cannot be seen or
/// would act becomes a visible escape.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    run(text, Rows::Many)
}

/// Makes text harmless and one row: newlines are shown as `\n`.
pub fn sanitize_line(text: &str) -> Cow<'_, str> {
    run(text, Rows::One)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    One,
    Many,
}

fn run(text: &str, rows: Rows) -> Cow<'_, str> {
    match scan(text, rows) {
        Finding::Clean => Cow::Borrowed(text),
        Finding::Look => Cow::Owned(check_clusters(Cleaner::new(rows).run(text))),
        Finding::Act => {
            let cleaned = Cleaner::new(rows).run(text);
            match scan(&cleaned, rows) {
                Finding::Clean => Cow::Owned(cleaned),
                Finding::Look | Finding::Act => Cow::Owned(check_clusters(cleaned)),
            }
        }
    }
}

/// What a first look at a text tells.
enum Finding {
    Clean,
    /// Nothing forbidden, but clusters to be measured.
    Look,
    /// Something to be replaced.
    Act,
}

fn scan(text: &str, rows: Rows) -> Finding {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') || (*byte == b'\n' && rows == Rows::Many);
    let Some(start) = text.bytes().position(|byte| !plain(&byte)) else { return Finding::Clean };
    let mut finding = Finding::Clean;
    for c in text.get(start..).unwrap_or_default().chars() {
        match class(c) {
            Class::Plain => {}
            Class::Forbidden if c == '\n' && rows == Rows::Many => {}
            Class::Forbidden => return Finding::Act,
            Class::Shaping | Class::Mark | Class::Joiner => finding = Finding::Look,
        }
    }
    finding
}

/// The pass over characters.
struct Cleaner {
    rows: Rows,
    out: String,
    /// The last character that was written.
    last: Option<char>,
    /// Marks written since the last base character.
    marks: usize,
}

impl Cleaner {
    fn new(rows: Rows) -> Self {
        Self { rows, out: String::new(), last: None, marks: 0 }
    }

    fn run(mut self, text: &str) -> String {
        self.out.reserve(text.len() + 16);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match (c, self.rows) {
                ('\r', _) if chars.peek() == Some(&'\n') => {}
                ('\n', Rows::Many) => self.base('\n'),
                ('\n', Rows::One) => self.text("\\n"),
                ('\t', _) => self.text("    "),
                _ => self.character(c, chars.peek().copied()),
            }
        }
        self.out
    }

    fn character(&mut self, c: char, next: Option<char>) {
        match class(c) {
            Class::Plain | Class::Shaping => self.base(c),
            Class::Mark => self.mark(c),
            Class::Joiner if self.joins(c, next) => self.mark(c),
            Class::Joiner | Class::Forbidden => self.escape(c),
        }
    }

    fn base(&mut self, c: char) {
        self.out.push(c);
        self.last = Some(c);
        self.marks = 0;
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
        self.last = text.chars().next_back();
        self.marks = 0;
    }

    /// A mark with nothing to sit on gets the dotted circle, as in books about writing.
    fn mark(&mut self, c: char) {
        if matches!(self.last, None | Some('\n')) {
            self.base('◌');
        }
        self.marks += 1;
        if self.marks <= MAX_MARKS {
            self.out.push(c);
            self.last = Some(c);
        }
    }

    fn joins(&self, joiner: char, next: Option<char>) -> bool {
        let Some(last) = self.last else { return false };
        let emoji = joiner == '\u{200D}' && is_pictograph(last) && next.is_some_and(is_pictograph);
        emoji || takes_joiner(last)
    }

    fn escape(&mut self, c: char) {
        match c {
            '\0'..='\u{1F}' => self.base(char::from_u32(0x2400 + u32::from(c)).unwrap_or('␦')),
            '\u{7F}' => self.base('␡'),
            _ => {
                let _ = write!(self.out, "\\u{{{:x}}}", u32::from(c));
                self.last = Some('}');
                self.marks = 0;
            }
        }
    }
}

/// Replaces each cluster that is wider or longer than writing needs.
fn check_clusters(text: String) -> String {
    let fits = |cluster: &str, columns: usize| columns <= MAX_CLUSTER_WIDTH && cluster.len() <= MAX_CLUSTER_BYTES;
    if clusters(&text).all(|(cluster, columns)| fits(cluster, columns)) {
        return text;
    }
    clusters(&text).map(|(cluster, columns)| if fits(cluster, columns) { cluster } else { "\u{FFFD}" }).collect()
}
