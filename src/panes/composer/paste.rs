//! Long pastes, kept aside under a place-holder so that no key ever pays for their size.
//!
//! The text that was pasted is read once when it comes and once when it is sent.

use std::collections::VecDeque;
use std::ops::Range;

/// Pastes longer than this many characters become a place-holder.
const LONG_CHARS: usize = 800;
/// Pastes of more lines than this become a place-holder.
const LONG_LINES: usize = 2;
/// Bytes of sent pastes that are kept for sending again from the history; older ones are let go.
const KEPT_BYTES: usize = 16 << 20;

const OPEN: &str = "[Pasted text #";

/// What a paste turned into.
pub(super) enum Taken {
    /// Short: to be inserted as it is.
    Short(String),
    /// Long: this label stands for it.
    Label(String),
}

/// The pastes behind place-holders.
#[derive(Debug, Default)]
pub(super) struct Pastes {
    count: u32,
    kept: VecDeque<Paste>,
    bytes: usize,
}

#[derive(Debug)]
struct Paste {
    label: String,
    text: String,
}

impl Pastes {
    /// Takes a paste in: line ends become `\n`, and a long text is kept aside.
    pub(super) fn take(&mut self, text: String) -> Taken {
        let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
        let lines = text.bytes().filter(|byte| *byte == b'\n').count() + usize::from(!text.ends_with('\n'));
        let long = lines > LONG_LINES || text.chars().nth(LONG_CHARS).is_some();
        if !long {
            return Taken::Short(text);
        }
        self.count += 1;
        let unit = if lines == 1 { "line" } else { "lines" };
        let label = format!("{OPEN}{} +{lines} {unit}]", self.count);
        self.bytes += text.len();
        self.kept.push_back(Paste { label: label.clone(), text });
        Taken::Label(label)
    }

    /// Lets the oldest pastes go that are more than is kept. What `held` still names stays, whatever its size: to
    /// be called when nothing else names a paste that must not be lost.
    pub(super) fn trim(&mut self, held: &str) {
        let mut over = self.bytes.saturating_sub(KEPT_BYTES);
        self.kept.retain(|paste| {
            let stays = over == 0 || held.contains(&paste.label);
            if !stays {
                over = over.saturating_sub(paste.text.len());
            }
            stays
        });
        self.bytes = self.kept.iter().map(|paste| paste.text.len()).sum();
    }

    /// The bytes of `line` that are place-holders, in order.
    pub(super) fn ranges(&self, line: &str) -> Vec<Range<usize>> {
        if self.kept.is_empty() || !line.contains(OPEN) {
            return Vec::new();
        }
        labels(line).filter(|range| self.find(line.get(range.clone()).unwrap_or_default()).is_some()).collect()
    }

    /// The text with every place-holder replaced by what it stands for.
    pub(super) fn expand(&self, text: &str) -> String {
        self.replace(text, |paste, label| Some(paste.map_or(label, |paste| paste.text.as_str())))
    }

    /// The text without the place-holders whose paste was let go.
    pub(super) fn without_lost(&self, text: &str) -> String {
        self.replace(text, |paste, label| paste.map(|_| label))
    }

    /// The text without any place-holder, for a history that outlives the pastes.
    pub(super) fn without_all(&self, text: &str) -> String {
        self.replace(text, |_, _| None)
    }

    fn replace<'a>(&'a self, text: &'a str, with: impl Fn(Option<&'a Paste>, &'a str) -> Option<&'a str>) -> String {
        let mut out = String::new();
        let mut from = 0;
        for range in labels(text) {
            let label = text.get(range.clone()).unwrap_or_default();
            out.push_str(text.get(from..range.start).unwrap_or_default());
            out.push_str(with(self.find(label), label).unwrap_or_default());
            from = range.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    }

    fn find(&self, label: &str) -> Option<&Paste> {
        self.kept.iter().find(|paste| paste.label == label)
    }
}

/// Everything in `text` that has the form of a place-holder.
fn labels(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices(OPEN).filter_map(|(start, _)| {
        let rest = text.get(start + OPEN.len()..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let tail = rest.get(digits..)?.strip_prefix(" +")?;
        let lines = tail.bytes().take_while(u8::is_ascii_digit).count();
        let tail = tail.get(lines..)?;
        let unit = [" lines]", " line]"].into_iter().find(|unit| tail.starts_with(unit))?;
        let whole = OPEN.len() + digits + 2 + lines + unit.len();
        (digits > 0 && lines > 0).then(|| start..start + whole)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]

    use super::*;

    fn label(pastes: &mut Pastes, text: &str) -> String {
        match pastes.take(text.to_owned()) {
            Taken::Label(label) => label,
            Taken::Short(text) => panic!("short: {text}"),
        }
    }

    #[test]
    fn short_stays_and_long_is_kept_aside() {
        let mut pastes = Pastes::default();
        assert!(matches!(pastes.take("a\r\nb".to_owned()), Taken::Short(text) if text == "a\nb"));
        assert!(matches!(pastes.take("a\nb\n".to_owned()), Taken::Short(_)), "a last newline makes no line");
        assert!(matches!(pastes.take("x".repeat(800)), Taken::Short(_)));
        assert_eq!(label(&mut pastes, &"x".repeat(801)), "[Pasted text #1 +1 line]");
        assert_eq!(label(&mut pastes, "a\rb\rc"), "[Pasted text #2 +3 lines]");
        assert_eq!(pastes.expand("<[Pasted text #2 +3 lines]>"), "<a\nb\nc>");
    }

    #[test]
    fn foreign_labels_are_no_units() {
        let mut pastes = Pastes::default();
        let mine = label(&mut pastes, "a\nb\nc");
        let line = format!("[Pasted text #9 +3 lines] {mine} [Pasted text #x]");
        let ranges = pastes.ranges(&line);
        assert_eq!(ranges.len(), 1);
        assert_eq!(&line[ranges[0].clone()], mine);
        assert_eq!(pastes.without_lost(&line), format!(" {mine} [Pasted text #x]"));
        assert_eq!(pastes.without_all(&mine), "");
        assert_eq!(pastes.expand("[Pasted text #9 +3 lines]"), "[Pasted text #9 +3 lines]");
    }

    #[test]
    fn pastes_are_let_go_when_they_were_sent_and_are_too_many() {
        let mut pastes = Pastes::default();
        let first = label(&mut pastes, &"a".repeat(KEPT_BYTES));
        let second = label(&mut pastes, &"b".repeat(KEPT_BYTES));
        assert_eq!(pastes.expand(&format!("{first}{second}")).len(), 2 * KEPT_BYTES, "none goes before it is sent");
        pastes.trim(&first);
        assert_eq!(pastes.without_lost(&second), "");
        assert_eq!(pastes.expand(&first).len(), KEPT_BYTES, "what was put aside stays");
    }
}
