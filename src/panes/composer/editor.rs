//! The text being written: `tui-textarea` as the store of lines, undo and edits, with a cursor that
//! moves by what a person sees (clusters and place-holders) instead of by code points.
//!
//! Plain characters are gathered and put into the text area in one go, so that a burst of keys costs
//! one edit and not one per key. It does not draw; `layout` and `view` do.

use std::ops::Range;

use tui_textarea::{CursorMove, TextArea};
use unicode_segmentation::GraphemeCursor;

use super::paste::Pastes;

/// A place in the text: line and byte within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) line: usize,
    pub(super) byte: usize,
}

#[derive(Debug)]
pub(super) struct Editor {
    area: TextArea<'static>,
    /// Characters typed since the last flush.
    pending: String,
    /// What Ctrl+Y brings back.
    killed: String,
    /// The last edit was a kill, so that the next one adds to it.
    killing: bool,
    /// Changes with every change of text or cursor.
    revision: u64,
}

impl Default for Editor {
    fn default() -> Self {
        Self { area: fresh(Vec::new()), pending: String::new(), killed: String::new(), killing: false, revision: 0 }
    }
}

/// A text area that keeps enough undo steps for single characters.
fn fresh(lines: Vec<String>) -> TextArea<'static> {
    let mut area = TextArea::new(lines);
    area.set_max_histories(2_000);
    area
}

impl Editor {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.area.is_empty()
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// The lines; only whole after a flush.
    pub(super) fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// The whole text.
    pub(super) fn text(&mut self) -> String {
        self.flush();
        self.area.lines().join("\n")
    }

    /// Where the cursor is; only true after a flush.
    pub(super) fn spot(&self) -> Spot {
        let cursor = self.area.cursor();
        Spot { line: cursor.0, byte: byte_at(self.line(cursor.0), cursor.1) }
    }

    pub(super) fn line(&self, index: usize) -> &str {
        self.area.lines().get(index).map_or("", String::as_str)
    }

    /// The cursor stands before everything; flushes.
    pub(super) fn at_start(&mut self) -> bool {
        self.flush();
        self.area.cursor() == (0, 0)
    }

    /// Takes one typed character.
    pub(super) fn type_char(&mut self, letter: char) {
        self.pending.push(letter);
        self.killing = false;
        self.revision += 1;
    }

    /// Puts what was typed into the text.
    pub(super) fn flush(&mut self) {
        if !self.pending.is_empty() {
            let typed = std::mem::take(&mut self.pending);
            self.area.insert_str(typed);
        }
    }

    /// Inserts a text at the cursor.
    pub(super) fn insert(&mut self, text: &str) {
        self.flush();
        self.area.insert_str(text);
        self.changed();
    }

    /// Replaces everything; the cursor goes to the end, or to the start. Undo starts anew.
    pub(super) fn set(&mut self, text: &str, to_end: bool) {
        self.pending.clear();
        self.area = fresh(text.split('\n').map(str::to_owned).collect());
        if to_end {
            self.area.move_cursor(CursorMove::Bottom);
            self.area.move_cursor(CursorMove::End);
        }
        self.changed();
    }

    /// Replaces `range` of the cursor's line by `with`.
    pub(super) fn replace_in_line(&mut self, range: Range<usize>, with: &str) {
        self.flush();
        let line = self.area.cursor().0;
        let count = self.line(line).get(range.clone()).map_or(0, |text| text.chars().count());
        if self.go(Spot { line, byte: range.start }) && count > 0 {
            self.area.delete_str(count);
        }
        self.area.insert_str(with);
        self.changed();
    }

    pub(super) fn undo(&mut self) {
        self.flush();
        self.area.undo();
        self.changed();
    }

    pub(super) fn redo(&mut self) {
        self.flush();
        self.area.redo();
        self.changed();
    }

    /// Goes to a place; false when the text area cannot reach it. It jumps to 65,535 lines and columns; near the
    /// end of a longer line the way is found from there.
    pub(super) fn go(&mut self, spot: Spot) -> bool {
        self.flush();
        let column = self.line(spot.line).get(..spot.byte).map_or(0, |text| text.chars().count());
        let before = self.area.cursor();
        let Ok(line) = u16::try_from(spot.line) else { return false };
        self.area.move_cursor(CursorMove::Jump(line, u16::try_from(column).unwrap_or(u16::MAX)));
        if column > usize::from(u16::MAX) {
            /// Steps that are taken from the end of a line.
            const NEAR: usize = 1_000;
            self.area.move_cursor(CursorMove::End);
            let steps = self.area.cursor().1.saturating_sub(column);
            (0..steps.min(NEAR)).for_each(|_| self.area.move_cursor(CursorMove::Back));
        }
        if before != self.area.cursor() {
            self.changed();
        }
        self.area.cursor() == (spot.line, column)
    }

    /// Moves, and never stops inside a cluster or a place-holder.
    pub(super) fn travel(&mut self, way: Way, pastes: &Pastes) {
        self.flush();
        let from = self.spot();
        let to = self.target(from, way, pastes);
        self.go(to);
    }

    /// Deletes from the cursor to where `way` leads.
    pub(super) fn delete(&mut self, way: Way, pastes: &Pastes) {
        self.flush();
        let from = self.spot();
        let to = self.target(from, way, pastes);
        self.cut(from.min(to), from.max(to));
    }

    /// Deletes like [`Self::delete`] and keeps the text for Ctrl+Y; kills in a row add up.
    pub(super) fn kill(&mut self, way: Way, pastes: &Pastes) {
        self.flush();
        let from = self.spot();
        let mut to = self.target(from, way, pastes);
        if to == from {
            // At the edge of a line the newline goes, as in readline's multi-line editing.
            to = self.target(from, if way == Way::LineStart { Way::Left } else { Way::Right }, pastes);
        }
        let adds = self.killing;
        let killed = self.cut(from.min(to), from.max(to));
        match (adds, to < from) {
            (false, _) => self.killed = killed,
            (true, true) => self.killed.insert_str(0, &killed),
            (true, false) => self.killed.push_str(&killed),
        }
        self.killing = true;
    }

    /// Brings the killed text back.
    pub(super) fn yank(&mut self) {
        let text = self.killed.clone();
        self.insert(&text);
    }

    /// Takes the text between two places out and returns it.
    fn cut(&mut self, start: Spot, end: Spot) -> String {
        let mut count = 0;
        for line in start.line..=end.line {
            let text = self.line(line);
            let from = if line == start.line { start.byte } else { 0 };
            let to = if line == end.line { end.byte } else { text.len() };
            count += text.get(from..to).map_or(0, |part| part.chars().count()) + usize::from(line != end.line);
        }
        if count == 0 || !self.go(start) {
            return String::new();
        }
        self.area.delete_str(count);
        self.changed();
        self.area.yank_text()
    }

    fn changed(&mut self) {
        self.killing = false;
        self.revision += 1;
    }

    /// Where a way leads from a place.
    fn target(&mut self, from: Spot, way: Way, pastes: &Pastes) -> Spot {
        let line = self.line(from.line);
        match way {
            Way::LineStart => Spot { byte: 0, ..from },
            Way::LineEnd => Spot { byte: line.len(), ..from },
            Way::Left if from.byte == 0 => match from.line.checked_sub(1) {
                Some(above) => Spot { line: above, byte: self.line(above).len() },
                None => from,
            },
            Way::Right if from.byte == line.len() => {
                let below = from.line + 1;
                if below < self.area.lines().len() { Spot { line: below, byte: 0 } } else { from }
            }
            Way::Left => Spot { byte: before(line, from.byte, &pastes.ranges(line)), ..from },
            Way::Right => Spot { byte: after(line, from.byte, &pastes.ranges(line)), ..from },
            Way::WordLeft => self.by_word(from, CursorMove::WordBack, pastes),
            Way::WordRight => self.by_word(from, CursorMove::WordForward, pastes),
        }
    }

    /// The text area knows words; place-holders are stepped over whole.
    fn by_word(&mut self, from: Spot, motion: CursorMove, pastes: &Pastes) -> Spot {
        self.area.move_cursor(motion);
        let to = self.spot();
        let forward = to >= from;
        let line = self.line(to.line);
        let ranges = pastes.ranges(line);
        let inside = ranges.iter().find(|range| range.start < to.byte && to.byte < range.end);
        let byte = match inside {
            Some(range) if forward => range.end,
            Some(range) => range.start,
            None => to.byte,
        };
        Spot { line: to.line, byte }
    }
}

/// Ways to go from the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Left,
    Right,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
}

/// The byte of the `column`-th character.
fn byte_at(line: &str, column: usize) -> usize {
    line.char_indices().nth(column).map_or(line.len(), |(byte, _)| byte)
}

/// The start of the unit that ends at `byte`.
fn before(line: &str, byte: usize, units: &[Range<usize>]) -> usize {
    if let Some(unit) = units.iter().find(|unit| unit.start < byte && byte <= unit.end) {
        return unit.start;
    }
    GraphemeCursor::new(byte, line.len(), true).prev_boundary(line, 0).ok().flatten().unwrap_or(0)
}

/// The end of the unit that starts at `byte`.
fn after(line: &str, byte: usize, units: &[Range<usize>]) -> usize {
    if let Some(unit) = units.iter().find(|unit| unit.start <= byte && byte < unit.end) {
        return unit.end;
    }
    GraphemeCursor::new(byte, line.len(), true).next_boundary(line, 0).ok().flatten().unwrap_or(line.len())
}

#[cfg(test)]
mod tests {
    use super::super::paste::Taken;
    use super::*;

    fn with(text: &str) -> Editor {
        let mut editor = Editor::default();
        text.chars().for_each(|letter| editor.type_char(letter));
        editor.flush();
        editor
    }

    #[test]
    fn clusters_are_one_step_and_one_deletion() {
        let none = Pastes::default();
        let mut editor = with("a👩‍👩‍👧e\u{301}");
        editor.delete(Way::Left, &none);
        assert_eq!(editor.text(), "a👩‍👩‍👧");
        editor.travel(Way::Left, &none);
        assert_eq!(editor.spot().byte, 1);
        editor.delete(Way::Right, &none);
        assert_eq!(editor.text(), "a");
        editor.undo();
        assert_eq!(editor.text(), "a👩‍👩‍👧");
    }

    #[test]
    fn kills_in_a_row_come_back_together() {
        let none = Pastes::default();
        let mut editor = with("one two three");
        editor.kill(Way::WordLeft, &none);
        editor.kill(Way::WordLeft, &none);
        assert_eq!(editor.text(), "one ");
        editor.yank();
        assert_eq!(editor.text(), "one two three");
        editor.travel(Way::LineStart, &none);
        editor.kill(Way::LineEnd, &none);
        assert!(editor.is_empty());
        editor.yank();
        assert_eq!(editor.text(), "one two three", "a new kill replaces the old one");
    }

    #[test]
    fn a_place_holder_is_one_unit() {
        let mut pastes = Pastes::default();
        let Taken::Label(label) = pastes.take("a\nb\nc".to_owned()) else { return };
        let mut editor = with("x");
        editor.insert(&label);
        editor.delete(Way::Left, &pastes);
        assert_eq!(editor.text(), "x");
        editor.undo();
        assert_eq!(editor.text(), format!("x{label}"));
        editor.travel(Way::WordLeft, &pastes);
        assert_eq!(editor.spot().byte, 1, "a word step does not stop inside");
        editor.kill(Way::WordRight, &pastes);
        assert_eq!(editor.text(), "x");
    }

    #[test]
    fn the_end_of_a_very_long_line_can_be_edited() {
        let none = Pastes::default();
        let mut editor = with(&"x".repeat(70_000));
        editor.type_char('y');
        editor.delete(Way::Left, &none);
        editor.delete(Way::Left, &none);
        assert_eq!(editor.text().len(), 69_999);
        assert_eq!(editor.spot().byte, 69_999);
    }

    #[test]
    fn lines_join_at_their_edges() {
        let none = Pastes::default();
        let mut editor = with("");
        editor.insert("ab\ncd");
        editor.travel(Way::LineStart, &none);
        editor.delete(Way::Left, &none);
        assert_eq!(editor.text(), "abcd");
        editor.undo();
        editor.go(Spot { line: 0, byte: 2 });
        editor.kill(Way::LineEnd, &none);
        assert_eq!(editor.text(), "abcd");
    }
}
