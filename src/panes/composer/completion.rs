//! The list above the prompt: commands after `/`, files after `@`. It knows what may be meant and what
//! would be put in; the prompt does the putting.

use std::ops::Range;

use crate::commands;
use crate::domain::CommandFile;
use crate::widgets::fuzzy;

/// Rows that the list may have.
pub(super) const MOST: usize = 8;

/// What is being completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Command,
    File,
}

/// One line of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// What is shown first: `/name` or a path. Foreign text.
    pub(super) label: String,
    /// Clusters of the label that matched.
    pub(super) hits: Vec<u32>,
    /// What is shown behind it. Foreign text.
    pub(super) detail: String,
    /// What takes the place of the half-typed word.
    pub(super) insert: String,
    /// Enter may send it as it is.
    pub(super) complete: bool,
}

/// The half-typed word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
    /// Bytes of the line, its mark included.
    pub(super) range: Range<usize>,
    pub(super) query: String,
}

/// The open list, if there is one.
#[derive(Debug, Default)]
pub(super) struct Popup {
    token: Option<Token>,
    items: Vec<Item>,
    selected: usize,
    /// The person moved the choice, so Enter means it.
    chosen: bool,
    /// Where the person closed the list; it stays closed for that word.
    dismissed: Option<(usize, usize)>,
}

impl Popup {
    pub(super) fn is_open(&self) -> bool {
        !self.items.is_empty()
    }

    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    pub(super) fn selected(&self) -> usize {
        self.selected
    }

    /// The word and the item that would replace it.
    pub(super) fn choice(&self) -> Option<(&Token, &Item)> {
        Some((self.token.as_ref()?, self.items.get(self.selected)?))
    }

    /// Enter takes the choice instead of sending what is typed: the person went to it, or the word is the
    /// start of a command, or a file that is not yet named in full.
    pub(super) fn takes_enter(&self) -> bool {
        let Some((token, item)) = self.choice() else { return false };
        match token.kind {
            Kind::Command => self.chosen || item.label.starts_with(&format!("/{}", token.query)),
            Kind::File => self.chosen || (!token.query.is_empty() && item.label != token.query),
        }
    }

    pub(super) fn close(&mut self) {
        self.dismissed = self.token.as_ref().map(|token| (token.line, token.range.start));
        self.items.clear();
    }

    pub(super) fn step(&mut self, down: bool) {
        let count = self.items.len().max(1);
        self.selected = if down { (self.selected + 1) % count } else { (self.selected + count - 1) % count };
        self.chosen = true;
    }

    /// Brings the list up to date with the word at the cursor.
    pub(super) fn refresh(&mut self, token: Option<Token>, commands: &[CommandFile], files: &[String]) {
        let Some(token) = token else {
            *self = Self::default();
            return;
        };
        let closed = self.dismissed == Some((token.line, token.range.start));
        self.dismissed = self.dismissed.filter(|_| closed);
        self.selected = 0;
        self.chosen = false;
        self.items = match token.kind {
            _ if closed => Vec::new(),
            Kind::Command => command_items(&token.query, commands),
            Kind::File => file_items(&token.query, files),
        };
        self.token = Some(token);
    }
}

/// The word at the cursor that can be completed: `/` only as the very first character, `@` after a blank.
pub(super) fn token(line: &str, index: usize, cursor: usize) -> Option<Token> {
    let head = line.get(..cursor)?;
    let start = head
        .rfind(char::is_whitespace)
        .map_or(0, |blank| blank + head.get(blank..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    let word = head.get(start..)?;
    let (kind, query) = if let Some(query) = word.strip_prefix('@') {
        (Kind::File, query)
    } else {
        let query = word.strip_prefix('/').filter(|query| index == 0 && start == 0 && !query.contains('/'))?;
        (Kind::Command, query)
    };
    Some(Token { kind, line: index, range: start..cursor, query: query.to_owned() })
}

fn command_items(query: &str, files: &[CommandFile]) -> Vec<Item> {
    let found = commands::complete(query, files);
    let items = found.into_iter().map(|completion| {
        let needs_more = completion.argument_hint.as_deref().is_some_and(|hint| hint.starts_with('<'));
        let alias = completion.alias.map(|alias| format!(" ({alias})")).unwrap_or_default();
        let hint = completion.argument_hint.map(|hint| format!(" {hint}")).unwrap_or_default();
        Item {
            insert: format!("/{} ", completion.name),
            label: format!("/{}{alias}{hint}", completion.name),
            hits: Vec::new(),
            detail: completion.summary,
            complete: !needs_more,
        }
    });
    items.collect()
}

fn file_items(query: &str, files: &[String]) -> Vec<Item> {
    let ranked: Vec<(usize, Vec<u32>)> = if query.is_empty() {
        (0..files.len().min(MOST)).map(|index| (index, Vec::new())).collect()
    } else {
        fuzzy::rank(query, files, MOST)
    };
    let items = ranked.into_iter().filter_map(|(index, hits)| {
        let path = files.get(index)?;
        // A folder stays open for the next part of the path.
        let tail = if path.ends_with('/') { "" } else { " " };
        let insert =
            if path.contains(char::is_whitespace) { format!("@\"{path}\"{tail}") } else { format!("@{path}{tail}") };
        Some(Item { label: path.clone(), hits, detail: String::new(), insert, complete: false })
    });
    items.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn at_end(line: &str) -> Option<(Kind, String)> {
        token(line, 0, line.len()).map(|token| (token.kind, token.query))
    }

    #[test]
    fn only_the_first_word_is_a_command_and_only_a_whole_word_is_a_file() {
        assert_eq!(at_end("/he"), Some((Kind::Command, "he".to_owned())));
        assert_eq!(at_end("/help me"), None);
        assert_eq!(at_end("/usr/b"), None);
        assert_eq!(at_end("see @src/m"), Some((Kind::File, "src/m".to_owned())));
        assert_eq!(at_end("a@b"), None);
        assert_eq!(at_end("漢字\u{3000}@x"), Some((Kind::File, "x".to_owned())));
        assert!(token("/he", 1, 3).is_none());
    }

    #[test]
    fn enter_takes_the_start_of_a_command_but_no_guess() {
        let mut popup = Popup::default();
        popup.refresh(token("/cont", 0, 5), &[], &[]);
        assert!(popup.takes_enter());
        popup.refresh(token("/rm", 0, 3), &[], &[]);
        assert!(popup.is_open() && !popup.takes_enter(), "letters in order are a guess");
        popup.step(true);
        assert!(popup.takes_enter());
    }

    #[test]
    fn a_closed_list_stays_closed_for_its_word() {
        let files = ["a.rs".to_owned()];
        let mut popup = Popup::default();
        popup.refresh(token("@a", 0, 2), &[], &files);
        popup.close();
        popup.refresh(token("@a.", 0, 3), &[], &files);
        assert!(!popup.is_open());
        popup.refresh(token("@a. @a", 0, 6), &[], &files);
        assert!(popup.is_open());
    }

    #[test]
    fn paths_with_blanks_are_quoted_and_folders_stay_open() {
        let files = ["my file.rs".to_owned(), "src/".to_owned()];
        let mut popup = Popup::default();
        popup.refresh(token("@", 0, 1), &[], &files);
        assert_eq!(popup.items()[0].insert, "@\"my file.rs\" ");
        assert_eq!(popup.items()[1].insert, "@src/");
    }
}
