//! Exact replacement of text, blind only to how lines end.
//!
//! A model sees lines without carriage returns and writes its texts so. The search runs over a view of the
//! file in which CR LF is LF; what is not replaced stays byte for byte, and what is new gets the line ends
//! of the place it is put into. There is no fuzzy matching: what is nearly right is pointed out.

use std::ops::Range;

use super::words::{clip, count};

/// Lines that are compared with a text that was not found.
const MAX_COMPARED: usize = 20_000;

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    pub old: String,
    pub new: String,
    /// Replace every place rather than the only one.
    pub all: bool,
}

/// Does the replacement. The error is a text for the model.
pub fn apply(text: &str, swap: &Swap) -> Result<String, String> {
    let (old, new) = (swap.old.replace("\r\n", "\n"), swap.new.replace("\r\n", "\n"));
    if old.is_empty() {
        return Err("old_string is empty. Give the text to replace; to write a whole file use Write.".to_owned());
    }
    if old == new {
        return Err("old_string and new_string are the same: there is nothing to change.".to_owned());
    }
    let view = View::of(text);
    let places: Vec<Range<usize>> = view.text.match_indices(&old).map(|(at, _)| at..at + old.len()).collect();
    match places.len() {
        0 => Err(not_found(&view.text, &old)),
        1 => Ok(view.put(text, &places, &new)),
        _ if swap.all => Ok(view.put(text, &places, &new)),
        _ => Err(ambiguous(&view.text, &places)),
    }
}

/// The text with LF line ends, and where carriage returns were left out.
struct View {
    text: String,
    /// Offsets in `text` of the newlines that had a carriage return.
    returns: Vec<usize>,
}

impl View {
    fn of(text: &str) -> Self {
        let mut view = Self { text: String::with_capacity(text.len()), returns: Vec::new() };
        let mut parts = text.split("\r\n");
        view.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            view.returns.push(view.text.len());
            view.text.push('\n');
            view.text.push_str(part);
        }
        view
    }

    /// The offset in the file for one in the view.
    fn original(&self, at: usize) -> usize {
        at + self.returns.partition_point(|newline| *newline < at)
    }

    /// The file with the places replaced.
    fn put(&self, original: &str, places: &[Range<usize>], new: &str) -> String {
        let mut out = String::with_capacity(original.len());
        let mut done = 0;
        for place in places {
            out.push_str(original.get(done..self.original(place.start)).unwrap_or_default());
            if self.ends_with_return(place) {
                out.push_str(&new.replace('\n', "\r\n"));
            } else {
                out.push_str(new);
            }
            done = self.original(place.end);
        }
        out.push_str(original.get(done..).unwrap_or_default());
        out
    }

    /// Lines at this place end with CR LF: its own first line end says so, otherwise most of the file's.
    fn ends_with_return(&self, place: &Range<usize>) -> bool {
        match self.text.get(place.clone()).and_then(|old| old.find('\n')) {
            Some(newline) => self.returns.binary_search(&(place.start + newline)).is_ok(),
            None => self.returns.len() * 2 > self.text.matches('\n').count(),
        }
    }
}

fn ambiguous(text: &str, places: &[Range<usize>]) -> String {
    let lines: Vec<String> = places.iter().take(5).map(|place| line_of(text, place.start).to_string()).collect();
    let more = if places.len() > 5 { ", …" } else { "" };
    format!(
        "old_string occurs {} times (lines {}{more}). Add lines around it until it is unique, or set replace_all to change every place.",
        places.len(),
        lines.join(", ")
    )
}

fn not_found(text: &str, old: &str) -> String {
    let hint = numbered(text, old).or_else(|| blanks_differ(text, old)).or_else(|| nearest(text, old));
    let hint = hint.unwrap_or_else(|| "Read the file again and copy the text exactly.".to_owned());
    format!("old_string was not found. {hint}")
}

/// The text was copied together with the line numbers that Read shows.
fn numbered(text: &str, old: &str) -> Option<String> {
    let bare: Option<Vec<&str>> = old
        .lines()
        .map(|line| {
            let rest = line.trim_start().trim_start_matches(|digit: char| digit.is_ascii_digit());
            rest.strip_prefix('\t').or_else(|| rest.strip_prefix('→'))
        })
        .collect();
    let bare = bare?.join("\n");
    text.contains(&bare).then(|| "Leave out the line numbers that Read puts before each line.".to_owned())
}

/// The same lines stand there with other indentation or spaces.
fn blanks_differ(text: &str, old: &str) -> Option<String> {
    let squeeze = |line: &str| line.split_whitespace().collect::<String>();
    let wanted: Vec<String> = old.trim().lines().map(squeeze).collect();
    if wanted.iter().all(String::is_empty) {
        return None;
    }
    let lines: Vec<&str> = text.lines().take(MAX_COMPARED).collect();
    let squeezed: Vec<String> = lines.iter().map(|line| squeeze(line)).collect();
    let at = squeezed.windows(wanted.len()).position(|window| window == wanted)?;
    let first = clip(lines.get(at)?, 200);
    let asked = clip(old.trim_start_matches('\n').lines().next().unwrap_or_default(), 200);
    let lines = match wanted.len() {
        1 => format!("Line {}", at + 1),
        many => format!("Lines {}-{}", at + 1, at + many),
    };
    Some(format!(
        "{lines} differ only in blanks: the file has {first:?}, old_string begins with {asked:?}. Copy the blanks exactly."
    ))
}

/// The line that is most like the first line of the text.
fn nearest(text: &str, old: &str) -> Option<String> {
    let wanted = old.lines().map(str::trim).find(|line| !line.is_empty()).filter(|line| line.len() <= 300)?;
    let near = |line: &str| line.len() <= 2 * wanted.len() + 20 && line.len() * 2 + 20 >= wanted.len();
    let (likeness, number, line) = text
        .lines()
        .take(MAX_COMPARED)
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| near(line))
        .map(|(number, line)| (strsim::normalized_levenshtein(wanted, line), number, line))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
    (likeness > 0.6).then(|| {
        let more = old.lines().count() as u64 - 1;
        let more = if more > 0 { format!(" ({} follow in old_string)", count(more, "line")) } else { String::new() };
        format!("The most similar line to its first{more} is line {number}: `{line}`. Read the file again and copy the text exactly.")
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn swap(old: &str, new: &str) -> Swap {
        Swap { old: old.to_owned(), new: new.to_owned(), all: false }
    }

    #[test]
    fn line_ends_stay_as_they_are() {
        let check = |text: &str, old: &str, new: &str, to: &str| assert_eq!(apply(text, &swap(old, new)).unwrap(), to);
        check("a\r\nb\r\nc\r\n", "a\nb", "x\ny\nz", "x\r\ny\r\nz\r\nc\r\n");
        check("a\r\nb\r\nc", "b", "x\ny", "a\r\nx\r\ny\r\nc");
        check("a\nb\nc", "b\n", "x\n\n", "a\nx\n\nc");
        // Mixed: the place decides.
        check("a\r\nb\nc\n", "a\nb", "x\ny", "x\r\ny\nc\n");
        check("a\r\nb\nc\n", "b\nc", "x\ny", "a\r\nx\ny\n");
        check("a\r\nb", "a\r\nb", "x\r\ny", "x\r\ny");
        check("a\rb\n", "b", "x\ny", "a\rx\ny\n");
    }

    #[test]
    fn several_places_need_a_word() {
        let error = apply("x\ny\nx\n", &swap("x", "z")).unwrap_err();
        assert!(error.contains("2 times (lines 1, 3)"), "{error}");
        assert_eq!(apply("x\r\ny\r\nx", &Swap { all: true, ..swap("x", "z\n") }).unwrap(), "z\r\n\r\ny\r\nz\r\n");
    }

    #[test]
    fn what_is_not_there_gets_a_hint() {
        let text = "fn main() {\n\tlet value = 1;\n}\n";
        let hint = |old: &str| apply(text, &swap(old, "q")).unwrap_err();
        assert!(hint("    let value = 1;").contains("Line 2 differ only in blanks"), "{}", hint("    let value = 1;"));
        assert!(
            hint("fn main() {\n  let value = 1;").contains("Lines 1-2"),
            "{}",
            hint("fn main() {\n  let value = 1;")
        );
        assert!(hint("     2\t\tlet value = 1;").contains("line numbers"));
        assert!(hint("let values = 2;").contains("is line 2: `let value = 1;`"), "{}", hint("let values = 2;"));
        assert!(hint("nothing like it at all").ends_with("copy the text exactly."));
        assert!(hint("").contains("empty"));
        assert!(apply(text, &swap("main", "main")).unwrap_err().contains("nothing to change"));
    }

    proptest! {
        #[test]
        fn what_is_around_the_place_stays(
            before in "[ab\r\n]{0,20}", old in "[xy][xy\n]{0,6}[xy]", new in "[pq\n]{0,8}", after in "[ab\r\n]{0,20}",
            returns in any::<bool>(),
        ) {
            let on_disk = if returns { old.replace('\n', "\r\n") } else { old.clone() };
            let text = format!("{before}{on_disk}{after}");
            let Ok(out) = apply(&text, &swap(&old, &new)) else { return Ok(()) };
            prop_assert!(out.starts_with(&before));
            prop_assert!(out.ends_with(&after));
            let middle = out.get(before.len()..out.len() - after.len()).unwrap();
            prop_assert_eq!(middle.replace("\r\n", "\n"), new);
        }

        #[test]
        fn an_edit_can_be_undone(text in "[a-c\r\n]{0,30}", returns in any::<bool>()) {
            let plain = text.replace('\r', "");
            let text = if returns { plain.replace('\n', "\r\n") } else { plain };
            let text = format!("{text}MARK{text}");
            let there = apply(&text, &swap("MARK", "one\ntwo")).unwrap();
            prop_assert_eq!(apply(&there, &swap("one\ntwo", "MARK")).unwrap(), text);
        }
    }
}
