//! Earlier prompts: walked with Up and Down, searched with Ctrl+R. Nothing is read from disk here.

/// More prompts than this are not kept.
const MOST: usize = 1_000;

/// Earlier prompts, oldest first, and where the person is among them.
#[derive(Debug, Default)]
pub(super) struct Past {
    entries: Vec<String>,
    /// The entry that is shown, and what had been typed before.
    walk: Option<(usize, String)>,
}

/// A search that is under way.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) query: String,
    /// The entry that was found.
    found: Option<usize>,
    /// The prompt as it was before the search.
    pub(super) draft: String,
}

impl Past {
    pub(super) fn new(mut entries: Vec<String>) -> Self {
        let extra = entries.len().saturating_sub(MOST);
        entries.drain(..extra);
        Self { entries, walk: None }
    }

    /// Adds a prompt; the same one twice in a row is kept once. The walk ends.
    pub(super) fn push(&mut self, text: String) {
        self.walk = None;
        if text.trim().is_empty() || self.entries.last() == Some(&text) {
            return;
        }
        if self.entries.len() >= MOST {
            self.entries.remove(0);
        }
        self.entries.push(text);
    }

    /// The entry before the one shown; `now` is what stands in the prompt.
    pub(super) fn older(&mut self, now: &str) -> Option<String> {
        let at = self.walk.as_ref().map_or(self.entries.len(), |(at, _)| *at).checked_sub(1)?;
        let entry = self.entries.get(at)?.clone();
        match &mut self.walk {
            Some((shown, _)) => *shown = at,
            None => self.walk = Some((at, now.to_owned())),
        }
        Some(entry)
    }

    /// The entry after the one shown; after the last one what had been typed.
    pub(super) fn newer(&mut self) -> Option<String> {
        let (at, draft) = self.walk.take()?;
        match self.entries.get(at + 1) {
            Some(entry) => {
                self.walk = Some((at + 1, draft));
                Some(entry.clone())
            }
            None => Some(draft),
        }
    }

    /// Forgets where the walk was; the prompt was sent or cleared.
    pub(super) fn rest(&mut self) {
        self.walk = None;
    }

    /// Looks for the query, `older` or newer than what was found last; the entry if there is one.
    pub(super) fn find(&self, search: &mut Search, step: Step) -> Option<&str> {
        let query = search.query.to_lowercase();
        let end = self.entries.len();
        let has = |at: &usize| self.entries.get(*at).is_some_and(|entry| entry.to_lowercase().contains(&query));
        let differs = |at: &usize| search.found.is_none_or(|now| self.entries.get(*at) != self.entries.get(now));
        let found = match (step, search.found) {
            (Step::Stay, now) => (0..now.map_or(end, |now| now + 1)).rev().find(has),
            (Step::Older, now) => (0..now.unwrap_or(end)).rev().filter(differs).find(has),
            (Step::Newer, Some(now)) => (now + 1..end).filter(differs).find(has),
            (Step::Newer, None) => None,
        };
        search.found = found.or(if step == Step::Stay { None } else { search.found });
        self.entries.get(found?).map(String::as_str)
    }
}

/// Which way a search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The query changed: what is shown may still match.
    Stay,
    Older,
    Newer,
}

impl Search {
    pub(super) fn new(draft: String) -> Self {
        Self { query: String::new(), found: None, draft }
    }

    /// The query became shorter, so newer entries may match again.
    pub(super) fn restart(&mut self) {
        self.found = None;
    }

    /// An earlier prompt is shown.
    pub(super) fn has_found(&self) -> bool {
        self.found.is_some()
    }

    /// Nothing matches the query.
    pub(super) fn failed(&self) -> bool {
        self.found.is_none() && !self.query.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(entries: &[&str]) -> Past {
        Past::new(entries.iter().map(|entry| (*entry).to_owned()).collect())
    }

    #[test]
    fn the_draft_comes_back_after_the_last_entry() {
        let mut past = past(&["one", "two"]);
        assert_eq!(past.older("draft").as_deref(), Some("two"));
        assert_eq!(past.older("two").as_deref(), Some("one"));
        assert_eq!(past.older("one"), None);
        assert_eq!(past.newer().as_deref(), Some("two"));
        assert_eq!(past.newer().as_deref(), Some("draft"));
        assert_eq!(past.newer(), None);
    }

    #[test]
    fn the_same_prompt_is_kept_once() {
        let mut past = past(&["one"]);
        past.push("one".to_owned());
        past.push("  ".to_owned());
        past.push("two".to_owned());
        assert_eq!(past.entries, ["one", "two"]);
    }

    #[test]
    fn a_search_goes_back_and_forth() {
        let past = past(&["fix the parser", "run tests", "Fix the lexer", "x"]);
        let mut search = Search::new(String::new());
        search.query = "fix".to_owned();
        assert_eq!(past.find(&mut search, Step::Stay), Some("Fix the lexer"));
        assert_eq!(past.find(&mut search, Step::Older), Some("fix the parser"));
        assert_eq!(past.find(&mut search, Step::Older), None);
        assert_eq!(past.find(&mut search, Step::Newer), Some("Fix the lexer"));
        search.query = "fix the p".to_owned();
        assert_eq!(past.find(&mut search, Step::Stay), Some("fix the parser"));
        search.query.push('z');
        assert_eq!(past.find(&mut search, Step::Stay), None);
        assert!(search.failed());
    }
}
