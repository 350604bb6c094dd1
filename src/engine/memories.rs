//! The memory store at work: the few entries that matter go to the tail with a prompt, the model's tool and the person's
//! orders change it, and summaries of compacted conversations become entries.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;

use super::driver::Driver;
use crate::agent::Input;
use crate::domain::{
    Block, Body, CatalogBody, MemoryAuthor, MemoryEntry, MemoryId, MemoryOrder, Notice, PageAct, PageKind, PageRow,
    Recalled, ToolCall, ToolOutcome,
};
use crate::prompt;
use crate::recall::{MEMORY_TEXT, Memories, MemoryError, NewMemory};
use crate::tools::{self, MemoryCall};

/// The tool of the model.
pub(super) const MEMORY: &str = "Memory";
/// Entries that a search of the model tells.
const FOUND: usize = 10;
/// Characters of an entry in a row of the page.
const ROW: usize = 120;

/// What the driver keeps about the store.
#[derive(Default)]
pub(super) struct Remembered {
    /// None until it is needed. The lock only lets the driver be shared; nobody ever waits for it.
    store: Option<Mutex<Memories>>,
    /// Entries that the model can see.
    told: BTreeSet<MemoryId>,
    /// Goes with the prompt that is on its way.
    pending: Vec<Recalled>,
    /// It was said that the store cannot be used.
    complained: bool,
}

impl Remembered {
    /// With what the model of a resumed session can see.
    pub(super) fn of(told: BTreeSet<MemoryId>) -> Self {
        Self { told, ..Self::default() }
    }
}

/// What the model can see of the store after a record.
pub(super) fn hear(told: &mut BTreeSet<MemoryId>, body: &Body) {
    match body {
        Body::Catalog(CatalogBody::Recalled { entries }) => told.extend(entries.iter().map(|entry| entry.id)),
        // What the model does not see any more may be told again.
        Body::Compacted { .. } | Body::Cleared => told.clear(),
        _ => {}
    }
}

impl Driver {
    /// The store of this stage; none where it is off.
    fn memories(&mut self) -> Option<&mut Memories> {
        let setting = self.stage.shelf.memories.as_ref().filter(|setting| setting.on)?;
        let secrets = &self.setup.secrets;
        let store =
            self.parts.recall.memories.store.get_or_insert_with(|| Mutex::new(Memories::new(setting, secrets.clone())));
        Some(store.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// What of the store matters to a prompt, as a block for the tail.
    pub(super) async fn recalled(&mut self, text: &str) -> Option<Block> {
        if self.stage.child.is_some() {
            return None;
        }
        let most = self.stage.shelf.memories.as_ref()?.most;
        let told = std::mem::take(&mut self.parts.recall.memories.told);
        let pending: Vec<MemoryId> = self.parts.recall.memories.pending.iter().map(|entry| entry.id).collect();
        let known = |id: MemoryId| told.contains(&id) || pending.contains(&id);
        let found = self.memories().map(|store| store.relevant(text, most, &known));
        self.parts.recall.memories.told = told;
        let found = match found? {
            Ok(found) => found,
            Err(problem) => {
                self.complain(&problem).await;
                return None;
            }
        };
        if found.is_empty() {
            return None;
        }
        let text = prompt::memories(&found);
        self.parts.recall.memories.pending.extend(found);
        Some(Block::Text { text })
    }

    /// Something is on record.
    pub(super) fn memories_hears(&mut self, body: &Body) {
        hear(&mut self.parts.recall.memories.told, body);
        match body {
            Body::Prompted { .. } if !self.parts.recall.memories.pending.is_empty() => {
                let entries = std::mem::take(&mut self.parts.recall.memories.pending);
                let body = self.setup.secrets.value(Body::Catalog(CatalogBody::Recalled { entries }));
                self.inbox.push_back(Input::Note(body));
            }
            Body::Compacted { summary, .. } => self.keep_summary(summary),
            _ => {}
        }
    }

    /// The start of a summary becomes an entry: what a conversation was about outlives it.
    fn keep_summary(&mut self, summary: &str) {
        let wanted = self.stage.shelf.memories.as_ref().is_some_and(|setting| setting.summaries);
        if !wanted || self.stage.child.is_some() {
            return;
        }
        let text: String = summary.chars().take(MEMORY_TEXT - 100).collect();
        let kept = self.change_memory(
            &MemoryCall::Save { scope: crate::domain::StoreScope::Project, text },
            MemoryAuthor::Summary,
        );
        if let Err(problem) = kept {
            tracing::warn!(%problem, "a summary was not kept");
        }
    }

    /// Changes the store. None for what changes nothing.
    fn change_memory(
        &mut self,
        call: &MemoryCall,
        author: MemoryAuthor,
    ) -> Result<Option<(&'static str, MemoryEntry)>, String> {
        let now = self.setup.clock.wall_ms();
        let (session, turn) = (Some(self.session.to_string()), self.machine.conversation().counts.turn);
        let store = self.memories().ok_or("The memory store is off (latigo.memory in the settings).")?;
        let done = match call {
            MemoryCall::Save { scope, text } => {
                let new = NewMemory { scope: *scope, text, author, session, turn };
                store.add(&new, now).map(|entry| ("kept", entry))
            }
            MemoryCall::Change { id, text } => store.edit(*id, text, now).map(|entry| ("changed", entry)),
            MemoryCall::Forget { id } => store.forget(*id).map(|entry| ("forgotten", entry)),
            MemoryCall::Search { .. } => return Ok(None),
        };
        let (what, entry) = done.map_err(|problem| sentence(&problem))?;
        if what == "changed" {
            self.parts.recall.memories.told.remove(&entry.id);
        }
        Ok(Some((what, entry)))
    }

    /// Does what the model asked for.
    pub(super) fn call_memory(&mut self, call: &ToolCall) -> BoxFuture<'static, ToolOutcome> {
        let outcome = tools::read_memory(&call.input).and_then(|wanted| match &wanted {
            MemoryCall::Search { text } => self.search_memories(text),
            _ => self.change_memory(&wanted, MemoryAuthor::Model).map(|done| match done {
                Some((what, entry)) => {
                    let text = format!("The entry {} of the {} is {what}.", entry.id, entry.id.scope.name());
                    ToolOutcome::text(text, format!("{} {what}", entry.id))
                }
                None => ToolOutcome::error("Nothing was changed."),
            }),
        });
        futures::future::ready(outcome.unwrap_or_else(ToolOutcome::error)).boxed()
    }

    fn search_memories(&mut self, text: &str) -> Result<ToolOutcome, String> {
        let store = self.memories().ok_or("The memory store is off (latigo.memory in the settings).")?;
        let lines: Vec<String> = if text.is_empty() {
            let entries = store.list().map_err(|problem| sentence(&problem))?;
            entries.into_iter().take(FOUND * 2).map(|entry| format!("- [{}] {}", entry.id, entry.text)).collect()
        } else {
            let found = store.search(text, FOUND).map_err(|problem| sentence(&problem))?;
            found.into_iter().map(|entry| format!("- [{}] {:.2} {}", entry.id, entry.score, entry.text)).collect()
        };
        Ok(match lines.len() {
            0 => ToolOutcome::text("Nothing in the memory store is about that.", "nothing found"),
            count => ToolOutcome::text(lines.join("\n"), format!("{count} found")),
        })
    }

    /// Does what the person ordered.
    pub(super) async fn on_memory(&mut self, order: MemoryOrder) {
        let call = match order {
            MemoryOrder::Add { scope, text } => MemoryCall::Save { scope, text },
            MemoryOrder::Edit { id, text } => MemoryCall::Change { id, text },
            MemoryOrder::Forget { id } => MemoryCall::Forget { id },
        };
        let notice = match self.change_memory(&call, MemoryAuthor::Person) {
            Ok(Some((what, entry))) => {
                let text: String = entry.text.chars().take(ROW).collect();
                Notice::info(format!("Memory {} is {what}: {text}", entry.id))
            }
            Ok(None) => return,
            Err(problem) => Notice::warning(problem),
        };
        self.notice(notice).await;
        Box::pin(self.show_page(PageKind::Memory)).await;
    }

    /// The rows of the page.
    pub(super) fn memory_rows(&mut self) -> Vec<PageRow> {
        let now = self.setup.clock.wall_ms();
        let told = self.parts.recall.memories.told.clone();
        let Some(store) = self.memories() else { return Vec::new() };
        let mut rows = vec![PageRow::section("Memory store: the few that matter come along with a prompt")];
        match store.list() {
            Ok(entries) if entries.is_empty() => {
                let hint = "nothing yet: /memory add <text>, or ask the model to remember something";
                rows.push(PageRow { name: hint.to_owned(), mark: crate::domain::RowMark::Off, ..PageRow::default() });
            }
            Ok(entries) => rows.extend(entries.iter().map(|entry| row(entry, &told, now))),
            Err(problem) => rows.push(PageRow {
                name: sentence(&problem),
                mark: crate::domain::RowMark::Problem,
                ..PageRow::default()
            }),
        }
        rows
    }

    async fn complain(&mut self, problem: &MemoryError) {
        if !std::mem::replace(&mut self.parts.recall.memories.complained, true) {
            let hint = "the session goes on without it; latigo.memory: false turns it off";
            self.notice(Notice::warning(sentence(problem)).hint(hint)).await;
        }
    }
}

fn row(entry: &MemoryEntry, told: &BTreeSet<MemoryId>, now: u64) -> PageRow {
    let text: String = entry.text.lines().next().unwrap_or_default().chars().take(ROW).collect();
    let age = crate::base::text::human_ms(now.saturating_sub(entry.changed));
    let session = entry.session.as_deref().map(|id| format!(", session {id}, turn {}", entry.turn)).unwrap_or_default();
    let seen = if told.contains(&entry.id) { "; the model has it in this conversation" } else { "" };
    PageRow {
        name: format!("{} {text}", entry.id),
        value: format!("{} · used {}×", entry.id.scope.name(), entry.used),
        place: format!("written by {} {age} ago{session}{seen}", entry.author.name()),
        notes: vec![entry.text.clone()],
        act: Some(PageAct::Rewrite { id: entry.id, text: entry.text.clone() }),
        drop: Some(entry.id.to_string()),
        ..PageRow::default()
    }
}

fn sentence(problem: &MemoryError) -> String {
    let text = problem.to_string();
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).chain(['.']).collect()).unwrap_or_default()
}
