//! What keys and pastes do to the prompt.

use ratatui::crossterm::event::KeyEvent;

use super::completion::{self, Kind};
use super::editor::{Spot, Way};
use super::history::{Search, Step};
use super::keys::{Order, order};
use super::paste::Taken;
use super::{Composer, FILES_FRESH_MS, Reply, Submission};
use crate::commands::{Parsed, parse};
use crate::domain::{Act, Input, Request};

/// Prompts longer than this are remembered on disk without their pastes.
const REMEMBERED_BYTES: usize = 8 << 10;

/// Columns of the mark in front of the text.
pub(super) const MARK_WIDTH: u16 = 2;

impl Composer {
    pub(super) fn key(&mut self, key: &KeyEvent, now: u64) -> Reply {
        let Some(order) = order(key) else { return Reply::default() };
        if self.search.is_some() {
            return self.search_key(order, now);
        }
        match order {
            Order::Type(letter) => self.type_char(letter, now),
            Order::Send => self.enter(),
            Order::Newline => self.edit(|composer| composer.editor.insert("\n")),
            Order::Complete => self.complete(),
            Order::Go(way) => self.edit(|composer| composer.editor.travel(way, &composer.pastes)),
            Order::Delete(Way::Left) => self.backspace(),
            Order::Delete(way) => self.edit(|composer| composer.editor.delete(way, &composer.pastes)),
            Order::Kill(way) => self.edit(|composer| composer.editor.kill(way, &composer.pastes)),
            Order::Yank => self.edit(|composer| composer.editor.yank()),
            Order::Undo => self.edit(|composer| composer.editor.undo()),
            Order::Redo => self.edit(|composer| composer.editor.redo()),
            Order::Up => self.vertical(false),
            Order::Down => self.vertical(true),
            Order::TextStart => self.jump(false),
            Order::TextEnd => self.jump(true),
            Order::Search => self.start_search(),
            Order::Stash => self.toggle_stash(),
            Order::SearchForward | Order::CancelSearch => Reply::default(),
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut Self)) -> Reply {
        change(self);
        Reply::used()
    }

    fn type_char(&mut self, letter: char, now: u64) -> Reply {
        if letter == '!' && !self.shell && self.editor.at_start() {
            self.shell = true;
            self.seen = None;
            return Reply::used();
        }
        self.editor.type_char(letter);
        let fresh = self.files_asked.is_some_and(|asked| now < asked.saturating_add(FILES_FRESH_MS));
        if letter == '@' && !fresh {
            self.files_asked = Some(now);
            return Reply::act(Act::Send(Request::ListFiles));
        }
        Reply::used()
    }

    /// At the very start it takes the shell mark away.
    fn backspace(&mut self) -> Reply {
        if self.shell && self.editor.at_start() {
            self.shell = false;
            self.seen = None;
            return Reply::used();
        }
        self.edit(|composer| composer.editor.delete(Way::Left, &composer.pastes))
    }

    fn enter(&mut self) -> Reply {
        self.sync();
        if self.popup.takes_enter() {
            let whole = self.popup.choice().is_some_and(|(_, item)| item.complete);
            self.accept();
            return if whole { self.submit() } else { Reply::used() };
        }
        let spot = self.editor.spot();
        let line = self.editor.line(spot.line);
        if line.get(..spot.byte).is_some_and(|before| before.ends_with('\\')) {
            self.editor.replace_in_line(spot.byte - 1..spot.byte, "\n");
            return Reply::used();
        }
        self.submit()
    }

    fn complete(&mut self) -> Reply {
        self.sync();
        if !self.popup.is_open() {
            return Reply::default();
        }
        self.accept();
        Reply::used()
    }

    /// Puts the chosen completion in place of the half-typed word.
    fn accept(&mut self) {
        let Some((token, item)) = self.popup.choice() else { return };
        let (range, insert) = (token.range.clone(), item.insert.clone());
        self.editor.replace_in_line(range, &insert);
        self.sync();
    }

    fn submit(&mut self) -> Reply {
        let typed = self.editor.text();
        let whole = self.pastes.expand(&typed);
        if whole.trim().is_empty() {
            return Reply::used();
        }
        let parsed = if self.shell { Parsed::NotACommand } else { parse(typed.trim_end(), &self.commands) };
        let keep = matches!(parsed, Parsed::Unknown { .. });
        let submission = match parsed {
            Parsed::NotACommand if self.shell => Submission::Shell(whole.trim().to_owned()),
            Parsed::NotACommand => Submission::Prompt(Input { text: trimmed(whole), images: Vec::new() }),
            _ => Submission::Command(whole.trim_end().to_owned()),
        };
        let written = self.written();
        let acts = if keep { Vec::new() } else { self.remember(written) };
        if keep {
            self.popup.close();
        } else {
            self.write("");
            self.trim();
        }
        Reply { acts, submitted: Some(submission), used: true }
    }

    /// What is written, place-holders and mark included.
    pub(super) fn written(&mut self) -> String {
        let text = self.editor.text();
        if self.shell { format!("!{text}") } else { text }
    }

    /// Replaces what is written; a `!` in front becomes the mark.
    pub(super) fn write(&mut self, text: &str) {
        self.shell = text.starts_with('!');
        let text = text.strip_prefix('!').unwrap_or(text);
        self.editor.set(text, true);
        self.seen = None;
    }

    /// Keeps a prompt for Up, and on disk as far as it is of a sensible size.
    pub(super) fn remember(&mut self, written: String) -> Vec<Act> {
        if written.trim().is_empty() {
            return Vec::new();
        }
        let expanded = self.pastes.expand(&written);
        let lasting = if expanded.len() <= REMEMBERED_BYTES { expanded } else { self.pastes.without_all(&written) };
        self.past.push(written);
        if lasting.trim().is_empty() || lasting.len() > REMEMBERED_BYTES {
            return Vec::new();
        }
        vec![Act::Remember(lasting)]
    }

    /// Lets old pastes go; only what was put aside may still name them.
    pub(super) fn trim(&mut self) {
        self.pastes.trim(self.stash.as_deref().unwrap_or_default());
    }

    pub(super) fn paste(&mut self, text: String) {
        self.search = None;
        let text = match text.strip_prefix('!') {
            Some(rest) if self.is_empty() => {
                self.shell = true;
                rest.to_owned()
            }
            _ => text,
        };
        // Nothing is read here: what does not exist stays as words.
        let text = if self.shell { text } else { super::dropped::mentions(&text).unwrap_or(text) };
        match self.pastes.take(text) {
            Taken::Short(text) => self.editor.insert(&text),
            Taken::Label(label) => self.editor.insert(&label),
        }
    }

    pub(super) fn click(&mut self, column: u16, row: u16) {
        self.sync();
        let row = usize::from(row).saturating_sub(self.head_rows(self.size.height)) + self.scroll;
        let spot = self.layout.at(row, usize::from(column.saturating_sub(MARK_WIDTH)));
        // A click into a place-holder goes to its end.
        let line = self.editor.line(spot.line);
        let ranges = self.pastes.ranges(line);
        let inside = ranges.iter().find(|range| range.start < spot.byte && spot.byte < range.end);
        let byte = inside.map_or(spot.byte, |range| range.end);
        self.editor.go(Spot { byte, ..spot });
    }

    fn jump(&mut self, to_end: bool) -> Reply {
        self.editor.flush();
        let line = if to_end { self.editor.lines().len().saturating_sub(1) } else { 0 };
        let byte = if to_end { self.editor.line(line).len() } else { 0 };
        self.editor.go(Spot { line, byte });
        Reply::used()
    }

    /// Up and Down: in the list, between rows, in the queue, in the history.
    fn vertical(&mut self, down: bool) -> Reply {
        self.sync();
        if self.popup.is_open() {
            self.popup.step(down);
            return Reply::used();
        }
        let (row, x) = self.layout.locate(self.editor.spot());
        let next = if down { Some(row + 1).filter(|row| *row < self.layout.rows()) } else { row.checked_sub(1) };
        if let Some(next) = next {
            let kept = self.goal.filter(|(revision, _)| *revision == self.editor.revision());
            let goal = kept.map_or(x, |(_, column)| column);
            let spot = self.layout.at(next, goal);
            self.editor.go(spot);
            self.goal = Some((self.editor.revision(), goal));
            return Reply::used();
        }
        if !down
            && self.is_empty()
            && let Some(waiting) = self.queue.pop()
        {
            self.write(&waiting.text);
            return Reply::act(Act::Send(Request::EditQueued { id: waiting.id, text: String::new() }));
        }
        let now = self.written();
        let entry = if down { self.past.newer() } else { self.past.older(&now) };
        let Some(entry) = entry else { return Reply::default() };
        let entry = self.pastes.without_lost(&entry);
        self.write(&entry);
        // The list would catch the next Up.
        self.sync();
        self.popup.close();
        Reply::used()
    }

    fn toggle_stash(&mut self) -> Reply {
        if self.is_empty() {
            let Some(text) = self.stash.take() else { return Reply::default() };
            self.write(&text);
        } else {
            self.stash = Some(self.written());
            self.write("");
        }
        Reply::used()
    }

    fn start_search(&mut self) -> Reply {
        let draft = self.written();
        self.search = Some(Search::new(draft));
        Reply::used()
    }

    fn search_key(&mut self, order: Order, now: u64) -> Reply {
        let Some(mut search) = self.search.take() else { return Reply::default() };
        let step = match order {
            Order::Type(letter) => {
                search.query.push(letter);
                Step::Stay
            }
            Order::Delete(Way::Left) => {
                search.query.pop();
                search.restart();
                Step::Stay
            }
            Order::Search | Order::Up => Step::Older,
            Order::Stash | Order::SearchForward | Order::Down => Step::Newer,
            Order::CancelSearch => {
                self.write(&search.draft);
                return Reply::used();
            }
            Order::Send if search.has_found() => return self.submit_found(),
            Order::Send | Order::Complete => return Reply::used(),
            // Any other key takes what was found into the prompt and does its work there.
            _ => return self.key_after_search(order, now),
        };
        let found = self.past.find(&mut search, step).map(str::to_owned);
        if let Some(found) = found.filter(|_| !search.query.is_empty() || step != Step::Stay) {
            let found = self.pastes.without_lost(&found);
            self.write(&found);
        }
        self.search = Some(search);
        Reply::used()
    }

    /// Enter in the search sends what was found, as in a shell.
    fn submit_found(&mut self) -> Reply {
        self.sync();
        self.popup.close();
        self.submit()
    }

    fn key_after_search(&mut self, order: Order, _now: u64) -> Reply {
        match order {
            Order::Go(way) => self.edit(|composer| composer.editor.travel(way, &composer.pastes)),
            Order::Kill(way) => self.edit(|composer| composer.editor.kill(way, &composer.pastes)),
            Order::Delete(way) => self.edit(|composer| composer.editor.delete(way, &composer.pastes)),
            _ => Reply::used(),
        }
    }

    /// Brings list and rows up to date with the text; nothing to do when nothing changed.
    pub(super) fn sync(&mut self) {
        self.editor.flush();
        let width = usize::from(self.size.width.saturating_sub(MARK_WIDTH));
        self.layout.update(self.editor.lines(), width);
        if self.seen == Some(self.editor.revision()) {
            return;
        }
        self.seen = Some(self.editor.revision());
        let spot = self.editor.spot();
        let token = completion::token(self.editor.line(spot.line), spot.line, spot.byte)
            .filter(|token| self.search.is_none() && !(self.shell && token.kind == Kind::Command));
        self.popup.refresh(token, &self.commands, &self.files);
    }
}

/// Without blanks around it; a text that has none is not copied.
fn trimmed(text: String) -> String {
    let inner = text.trim();
    if inner.len() == text.len() { text } else { inner.to_owned() }
}
