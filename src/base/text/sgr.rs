//! A line of a program with colours: what its SGR sequences say as data, everything else of a terminal's language taken
//! out, and the text made harmless.

use super::sanitize_line;

/// Numbers of one sequence that are read.
const NUMBERS: usize = 32;
/// Spans of one line.
const SPANS: usize = 256;

/// A piece of text with its look. The text is harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Painted {
    pub text: String,
    pub look: Look,
}

/// How a piece looks. Blinking and hidden text is shown like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub fg: Option<Paint>,
    pub bg: Option<Paint>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
    pub strike: bool,
}

/// A colour as a program names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// A number of the palette; below 16 the terminal's own colours.
    Index(u8),
    Rgb(u8, u8, u8),
}

/// Reads one line.
pub fn painted(line: &str) -> Vec<Painted> {
    let mut spans: Vec<Painted> = Vec::new();
    let mut look = Look::default();
    let mut rest = line;
    while !rest.is_empty() && spans.len() < SPANS {
        let (text, after) = match rest.find('\u{1b}') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        push(&mut spans, text, look);
        rest = escape(after, &mut look);
    }
    spans
}

fn push(spans: &mut Vec<Painted>, text: &str, look: Look) {
    if text.is_empty() {
        return;
    }
    let text = sanitize_line(text).into_owned();
    match spans.last_mut() {
        Some(last) if last.look == look => last.text.push_str(&text),
        _ => spans.push(Painted { text, look }),
    }
}

/// Takes one sequence off the front of a text that begins with an escape. A sequence that does not end goes with all
/// that follows: nothing can hide behind it, because nothing of it is shown.
fn escape<'t>(text: &'t str, look: &mut Look) -> &'t str {
    let Some(after) = text.strip_prefix('\u{1b}') else { return text };
    match after.chars().next() {
        Some('[') => {
            let inner = after.get(1..).unwrap_or_default();
            let Some(end) = inner.find(|c: char| ('@'..='~').contains(&c)) else { return "" };
            let (numbers, rest) = inner.split_at(end);
            if rest.starts_with('m') {
                set(look, numbers);
            }
            rest.get(1..).unwrap_or_default()
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let ends = [after.find('\u{7}').map(|at| at + 1), after.find("\u{1b}\\").map(|at| at + 2)];
            ends.into_iter().flatten().min().and_then(|end| after.get(end..)).unwrap_or_default()
        }
        Some(c) if c.is_ascii_graphic() => after.get(1..).unwrap_or_default(),
        _ => after,
    }
}

/// Applies the numbers of an SGR sequence, `1;38;5;200` or `38:2::1:2:3`.
fn set(look: &mut Look, text: &str) {
    let groups: Vec<&str> = text.split(';').take(NUMBERS).collect();
    let mut at = 0;
    while let Some(group) = groups.get(at) {
        at += 1;
        let mut parts = group.split(':').map(|part| part.parse::<u16>().ok());
        let first = if group.is_empty() { Some(0) } else { parts.next().flatten() };
        match first {
            Some(code @ (38 | 48)) => {
                let values: Vec<u16> = if group.contains(':') {
                    // Between the colour space and its numbers stands the name of the space, mostly empty.
                    let all: Vec<Option<u16>> = parts.collect();
                    let named = all.first() == Some(&Some(2)) && all.len() > 4;
                    all.into_iter().enumerate().filter(|(n, _)| !(named && *n == 1)).filter_map(|(_, v)| v).collect()
                } else {
                    groups.iter().skip(at).map_while(|group| group.parse().ok()).collect()
                };
                let (paint, used) = colour(&values);
                if !group.contains(':') {
                    at += used;
                }
                *(if code == 38 { &mut look.fg } else { &mut look.bg }) = paint;
            }
            Some(code) => plain(look, code),
            None => {}
        }
    }
}

/// The colour after 38 or 48, and how many numbers it took.
fn colour(values: &[u16]) -> (Option<Paint>, usize) {
    let byte = |value: u16| u8::try_from(value).ok();
    match values {
        [5, index, ..] => (byte(*index).map(Paint::Index), 2),
        [2, r, g, b, ..] => {
            let paint = byte(*r).zip(byte(*g)).zip(byte(*b)).map(|((r, g), b)| Paint::Rgb(r, g, b));
            (paint, 4)
        }
        _ => (None, values.len().min(1)),
    }
}

fn plain(look: &mut Look, code: u16) {
    let index = |base: u16, from: u8| Some(Paint::Index((code - base) as u8 + from));
    match code {
        0 => *look = Look::default(),
        1 => look.bold = true,
        2 => look.dim = true,
        3 => look.italic = true,
        4 | 21 => look.underline = true,
        7 => look.reverse = true,
        9 => look.strike = true,
        22 => (look.bold, look.dim) = (false, false),
        23 => look.italic = false,
        24 => look.underline = false,
        27 => look.reverse = false,
        29 => look.strike = false,
        30..=37 => look.fg = index(30, 0),
        39 => look.fg = None,
        40..=47 => look.bg = index(40, 0),
        49 => look.bg = None,
        90..=97 => look.fg = index(90, 8),
        100..=107 => look.bg = index(100, 8),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> String {
        painted(line).into_iter().map(|span| span.text).collect()
    }

    #[test]
    fn colours_become_data_and_nothing_else_gets_through() {
        let red = Look { fg: Some(Paint::Index(1)), bold: true, ..Look::default() };
        let span = |text: &str, look| Painted { text: text.to_owned(), look };
        assert_eq!(painted("\u{1b}[1;31mred\u{1b}[0m dim"), [span("red", red), span(" dim", Look::default())]);
        for (line, text) in [
            ("a b", "a b"),
            ("\u{1b}]8;;https://x\u{1b}\\link\u{1b}]8;;\u{7} end", "link end"),
            ("\u{1b}[2Jx\u{1b}[10;10Hy\u{1b}[?1049h", "xy"),
            ("\u{1b}]0;title\u{7}t\u{1b}cq", "tq"),
            ("\u{1b}[31", ""),
            ("\u{1b}]open", ""),
            ("bell\u{7}\u{202e}", "bell␇\\u{202e}"),
            ("", ""),
        ] {
            assert_eq!(texts(line), text, "{line:?}");
        }
    }

    #[test]
    fn every_way_to_name_a_colour_is_read() {
        let first = |line: &str| painted(&format!("\u{1b}[{line}mx"))[0].look;
        for (line, fg) in [
            ("38;5;200", Paint::Index(200)),
            ("38:5:200", Paint::Index(200)),
            ("38;2;1;2;3", Paint::Rgb(1, 2, 3)),
            ("38:2::1:2:3", Paint::Rgb(1, 2, 3)),
            ("38:2:1:2:3", Paint::Rgb(1, 2, 3)),
            ("97", Paint::Index(15)),
            ("31;39;32", Paint::Index(2)),
        ] {
            assert_eq!(first(line).fg, Some(fg), "{line}");
        }
        let both = first("38;2;1;2;3;48;5;4;4;7");
        assert_eq!((both.bg, both.underline, both.reverse), (Some(Paint::Index(4)), true, true));
        assert_eq!(first("1;2;3;9;22;23;29"), Look::default());
        assert_eq!(first("38;5;999").fg, None);
        assert_eq!(first("31;"), Look::default());
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_harmless(line in "[\u{1b}\u{7}\\[\\];:m0-9aé\\\\ \u{202e}]{0,60}") {
            for span in painted(&line) {
                assert!(!span.text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{span:?}");
            }
        }
    }
}
