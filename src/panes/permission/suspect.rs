//! Text of a command made so that nothing in it can hide: invisible characters become escapes that stand
//! out, letters that only look like others are marked, and long runs of blanks are folded with a count.

use std::collections::BTreeSet;

use ratatui::style::Style;
use ratatui::text::Line;
use unicode_segmentation::UnicodeSegmentation;

use crate::base::text;
use crate::theme::{Meaning, Theme};
use crate::widgets::wrap::{Break, Indent, wrap};

/// Blanks in a row that are shown as they are.
const BLANKS: usize = 24;
/// Empty lines in a row that are shown as they are.
const EMPTY_LINES: usize = 2;

/// A command as rows, and what is suspicious in it.
pub(super) struct Shown {
    pub(super) rows: Vec<Line<'static>>,
    pub(super) warnings: Vec<String>,
}

/// Rows of a command, none wider than `width`.
pub(super) fn command(command: &str, width: u16, theme: &Theme) -> Shown {
    let plain = theme.style(Meaning::Code);
    let alarm = theme.style(Meaning::Error);
    let mut rows = Vec::new();
    let mut found = Found::default();
    let mut empty = 0;
    let fold = |rows: &mut Vec<Line<'static>>, empty: usize| {
        if empty > EMPTY_LINES {
            rows.truncate(rows.len() - EMPTY_LINES);
            rows.push(Line::styled(format!("⟨{empty} empty lines⟩"), alarm));
        }
    };
    for line in command.split('\n') {
        if line.trim_ascii().is_empty() && line.len() <= BLANKS {
            empty += 1;
            if empty <= EMPTY_LINES {
                rows.push(Line::default());
            }
            continue;
        }
        fold(&mut rows, empty);
        empty = 0;
        let pieces = pieces(line, &mut found, (plain, alarm));
        let pieces = pieces.iter().map(|(text, style)| (text.as_str(), *style));
        rows.extend(wrap(pieces, usize::from(width), &Indent::hanging(2), Break::Anywhere));
    }
    fold(&mut rows, empty);
    Shown { rows, warnings: found.warnings() }
}

#[derive(Default)]
struct Found {
    letters: BTreeSet<char>,
    hidden: bool,
    blanks: bool,
}

impl Found {
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.letters.is_empty() {
            let some: Vec<String> =
                self.letters.iter().take(4).map(|letter| format!("{letter} U+{:04X}", u32::from(*letter))).collect();
            warnings.push(format!("Letters that are not what they look like: {}", some.join(", ")));
        }
        if self.hidden {
            warnings.push("Invisible or control characters are shown as escapes".to_owned());
        }
        if self.blanks {
            warnings.push("Long runs of blanks are folded".to_owned());
        }
        warnings
    }
}

/// It looks like a blank and is none to the shell: other spaces, fillers, the empty Braille pattern.
fn looks_blank(letter: char) -> bool {
    (!letter.is_ascii() && letter.is_whitespace())
        || matches!(letter, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// One line in pieces of a style each; `styles` are the plain one and the one that stands out.
fn pieces(line: &str, found: &mut Found, styles: (Style, Style)) -> Vec<(String, Style)> {
    let (plain, alarm) = styles;
    let mut out: Vec<(String, Style)> = Vec::new();
    let mut push = |text: &str, style: Style| match out.last_mut() {
        Some((last, same)) if *same == style => last.push_str(text),
        _ => out.push((text.to_owned(), style)),
    };
    let mut name = true;
    for word in words(line) {
        if word.chars().all(|letter| letter == ' ') {
            let blanks = word.len();
            if blanks > BLANKS {
                found.blanks = true;
                push(&format!(" ⟨{blanks} blanks⟩ "), alarm);
            } else {
                push(word, plain);
            }
            continue;
        }
        let mixed = word.chars().any(|letter| letter.is_ascii_alphabetic());
        for cluster in word.graphemes(true) {
            let shown = text::sanitize_line(cluster);
            let first = cluster.chars().next().unwrap_or(' ');
            if looks_blank(first) {
                found.hidden = true;
                push(&first.escape_unicode().to_string(), alarm);
            } else if shown != cluster && cluster != "\t" {
                found.hidden = true;
                push(&shown, alarm);
            } else if !first.is_ascii() && ((name && first.is_alphabetic()) || looks_alike(first, mixed)) {
                found.letters.insert(first);
                push(&shown, alarm);
            } else {
                push(&shown, plain);
            }
        }
        // What follows a separator or an assignment is a command's name again.
        name = word.ends_with(['|', ';', '&', '(', '`', '{', '!']) || (name && word.contains('='));
    }
    out
}

/// Characters that are drawn like ASCII ones: slashes anywhere, letters of scripts that share shapes with Latin
/// only in a word that has ASCII letters too. Accented Latin letters are what they look like.
fn looks_alike(letter: char, mixed: bool) -> bool {
    let slash = matches!(letter, '\u{2044}' | '\u{2215}' | '\u{29F8}' | '\u{FF0F}');
    let shape = matches!(u32::from(letter),
        0x250..=0x2AF | 0x370..=0x58F | 0x13A0..=0x13FF | 0x2100..=0x214F | 0x2C80..=0x2CFF | 0xA4D0..=0xA4FF
        | 0xFF21..=0xFF5A | 0x1D400..=0x1D7FF);
    slash || (mixed && shape)
}

/// Runs of blanks and runs of anything else.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|letter| (letter == ' ') != (first == ' ')).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        rest = tail;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (String, Vec<String>) {
        let shown = command(text, 60, &Theme::default());
        let rows: Vec<String> = shown.rows.iter().map(ToString::to_string).collect();
        (rows.join("\n"), shown.warnings)
    }

    #[test]
    fn what_hides_is_seen() {
        let (rows, warnings) = shown("ls\u{202e} \u{1b}[2K\u{200b}x\u{7}");
        assert!(rows.is_ascii() || !rows.contains(['\u{202e}', '\u{1b}', '\u{200b}', '\u{7}']), "{rows:?}");
        assert!(warnings.iter().any(|warning| warning.contains("escapes")), "{warnings:?}");
    }

    #[test]
    fn what_only_looks_like_a_blank_is_seen() {
        for blank in ['\u{a0}', '\u{2003}', '\u{202f}', '\u{3000}', '\u{2800}', '\u{3164}'] {
            let (rows, warnings) = shown(&format!("./run{blank}x"));
            assert!(rows.contains(&format!("./run\\u{{{:x}}}x", u32::from(blank))), "{rows:?}");
            assert!(warnings.iter().any(|warning| warning.contains("escapes")), "{warnings:?}");
        }
        assert!(shown("\u{a0}\u{a0}").0.contains("a0"), "a line of them is no empty line");
    }

    #[test]
    fn look_alikes_are_named_in_commands_but_not_in_prose() {
        assert!(shown("ѕudo rm x").1[0].contains("U+0455"));
        assert!(shown("true | ѕudo x").1[0].contains("U+0455"));
        assert!(shown("cat раsswd").1[0].contains("U+0440"), "mixed words are suspicious anywhere");
        assert!(shown("rm a\u{2215}b").1[0].contains("U+2215"));
        for honest in ["git commit -m 'Größe, 漢字'", "echo 漢字 である", "echo привет мир"] {
            assert_eq!(shown(honest).1, Vec::<String>::new(), "{honest}");
        }
        assert_eq!(shown("cargo test").1, Vec::<String>::new());
    }

    #[test]
    fn blanks_cannot_push_text_out_of_sight() {
        let (rows, warnings) = shown(&format!("ls{}; rm -rf /{}echo", " ".repeat(500), "\n".repeat(60)));
        assert!(rows.contains("⟨500 blanks⟩") && rows.contains("⟨59 empty lines⟩"), "{rows}");
        assert!(rows.lines().count() < 8);
        assert!(warnings.iter().any(|warning| warning.contains("folded")));
    }
}
