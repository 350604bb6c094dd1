//! The memory store: short texts that outlive a session. Two SQLite files, one of the project and one of the person;
//! what matters to a prompt is found by the cosine of vectors, and few of it.

mod find;
mod shapes;
mod store;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use super::embed::{Embedder, Hashed};
use crate::base::secrets::Redactor;
use crate::domain::{MemoryAuthor, MemoryEntry, MemoryId, Recalled, StoreScope};

pub use store::MemoryError;
use store::Shelf;

/// Characters of one entry.
pub const TEXT: usize = 2_000;
/// Entries of one file; summaries among them, of which the oldest make room.
pub const ENTRIES: usize = 1_000;
pub const SUMMARIES: usize = 50;

/// What the settings say of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemorySetting {
    pub on: bool,
    /// Entries that one prompt gets at most.
    pub most: usize,
    /// A summary of a compacted conversation becomes an entry.
    pub summaries: bool,
    /// The files; none where there is no place for one.
    pub project: Option<PathBuf>,
    pub user: Option<PathBuf>,
}

impl Default for MemorySetting {
    fn default() -> Self {
        Self { on: true, most: 5, summaries: true, project: None, user: None }
    }
}

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct NewMemory<'a> {
    pub scope: StoreScope,
    pub text: &'a str,
    pub author: MemoryAuthor,
    pub session: Option<String>,
    pub turn: u32,
}

/// The store of a project and of its person.
pub struct Memories {
    project: Shelf,
    user: Shelf,
    embedder: Arc<dyn Embedder>,
    secrets: Redactor,
}

impl Memories {
    /// Nothing is opened before it is needed, and no file is made before something is written.
    pub fn new(setting: &MemorySetting, secrets: Redactor) -> Self {
        Self::with(setting, secrets, Arc::new(Hashed))
    }

    /// The same with vectors of another origin.
    pub fn with(setting: &MemorySetting, secrets: Redactor, embedder: Arc<dyn Embedder>) -> Self {
        let shelf = |scope, file: &Option<PathBuf>| Shelf::new(scope, file.clone());
        let (project, user) = (shelf(StoreScope::Project, &setting.project), shelf(StoreScope::User, &setting.user));
        Self { project, user, embedder, secrets }
    }

    /// Writes an entry and tells it. The same text twice is one entry.
    pub fn add(&mut self, new: &NewMemory<'_>, now: u64) -> Result<MemoryEntry, MemoryError> {
        let text = self.clean(new.text)?;
        if let Some(known) = self.shelf(new.scope).same(&text)? {
            return Ok(known);
        }
        let vectors = find::vectors(&*self.embedder, &text);
        let name = self.embedder.name().to_owned();
        let (shelf, new) = (self.shelf(new.scope), NewMemory { text: &text, ..new.clone() });
        if new.author == MemoryAuthor::Summary {
            shelf.drop_summaries(SUMMARIES - 1)?;
        } else if shelf.len()? >= ENTRIES {
            return Err(MemoryError::Full(new.scope));
        }
        shelf.add(&new, (&name, &vectors), now)
    }

    /// Gives an entry another text.
    pub fn edit(&mut self, id: MemoryId, text: &str, now: u64) -> Result<MemoryEntry, MemoryError> {
        let text = self.clean(text)?;
        let vectors = find::vectors(&*self.embedder, &text);
        let name = self.embedder.name().to_owned();
        self.shelf(id.scope).edit(id, &text, (&name, &vectors), now)
    }

    /// Takes an entry out and tells what it was.
    pub fn forget(&mut self, id: MemoryId) -> Result<MemoryEntry, MemoryError> {
        self.shelf(id.scope).forget(id)
    }

    pub fn get(&mut self, id: MemoryId) -> Result<MemoryEntry, MemoryError> {
        self.shelf(id.scope).get(id)?.ok_or(MemoryError::Unknown(id))
    }

    /// All entries, those of the project first, the newest first in each.
    pub fn list(&mut self) -> Result<Vec<MemoryEntry>, MemoryError> {
        let mut entries = self.project.list()?;
        entries.extend(self.user.list()?);
        Ok(entries)
    }

    /// The entries nearest to a text, the nearest first.
    pub fn search(&mut self, text: &str, most: usize) -> Result<Vec<Recalled>, MemoryError> {
        let asked = find::question(&*self.embedder, text);
        let mut found = Vec::new();
        for shelf in [&mut self.project, &mut self.user] {
            shelf.embed_again(&*self.embedder)?;
            found.extend(find::near(shelf.vectors(self.embedder.name())?, &asked));
        }
        find::order(&mut found);
        let words = find::subjects(text);
        let mut entries = Vec::new();
        for (id, piece, score) in found.into_iter().take(most * 2).filter(|(_, _, score)| *score > 0.0) {
            let entry = self.get(id)?;
            // Vectors of wording can be near by chance; then no word is the same.
            if self.embedder.knows_meaning() || !words.is_disjoint(&find::subjects(&entry.text)) {
                entries.push(Recalled { id, text: find::told(&entry.text, piece), score });
            }
        }
        entries.truncate(most);
        Ok(entries)
    }

    /// The few entries that matter to a prompt. What is in `known` was given already.
    pub fn relevant(
        &mut self,
        prompt: &str,
        most: usize,
        known: &dyn Fn(MemoryId) -> bool,
    ) -> Result<Vec<Recalled>, MemoryError> {
        if most == 0 || !(self.project.is_there() || self.user.is_there()) {
            return Ok(Vec::new());
        }
        let mut found = self.search(prompt, most * 4)?;
        let best = found.first().map_or(0.0, |first| first.score);
        let least = self.embedder.related().max(best * find::NEAR_BEST);
        found.retain(|entry| entry.score >= least && !known(entry.id));
        found.truncate(most);
        for entry in &found {
            self.shelf(entry.id.scope).used(entry.id)?;
        }
        Ok(found)
    }

    fn shelf(&mut self, scope: StoreScope) -> &mut Shelf {
        match scope {
            StoreScope::Project => &mut self.project,
            StoreScope::User => &mut self.user,
        }
    }

    /// A text as it may be kept: without keys, bounded, not empty.
    fn clean(&self, text: &str) -> Result<String, MemoryError> {
        let text = shapes::without_secrets(&self.secrets.text(text.trim()));
        match text.chars().count() {
            0 => Err(MemoryError::Empty),
            count if count > TEXT => Err(MemoryError::Long(count)),
            _ => Ok(text),
        }
    }
}
