//! Worktrees made and cleared away by hooks in the place of git. Whoever makes a worktree asks here first.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::super::driver::{Driver, News, What};
use super::{Answered, Then};
use crate::hooks::events::place;
use crate::hooks::{self, Desk, Event as Name, Firing, Hook, Ran};

/// The hooks that make and clear away worktrees. It goes along into the work that needs one.
pub(in crate::engine) struct WorktreeHooks {
    create: Vec<Hook>,
    remove: Vec<Hook>,
    desk: Desk,
    news: mpsc::Sender<News>,
    epoch: u32,
}

impl Driver {
    /// The hooks for worktrees; none where git does the work.
    pub(in crate::engine) fn worktree_hooks(&self) -> Option<WorktreeHooks> {
        let pick = |firing: &Firing| if self.hooked(firing.event) { self.chosen(firing, None) } else { Vec::new() };
        let create = pick(&Firing::new(Name::WorktreeCreate, None, serde_json::Value::Null));
        let remove = pick(&Firing::new(Name::WorktreeRemove, None, serde_json::Value::Null));
        let all: Vec<Hook> = create.iter().chain(&remove).cloned().collect();
        if all.is_empty() {
            return None;
        }
        let desk = self.desk(&all);
        Some(WorktreeHooks { create, remove, desk, news: self.news.clone(), epoch: self.epoch })
    }
}

impl Driver {
    /// Hooks make worktrees, so that there need be no repository.
    pub(in crate::engine) fn makes_worktrees(&self) -> bool {
        self.hooked(Name::WorktreeCreate)
    }
}

impl WorktreeHooks {
    /// Lets hooks make a worktree of that name. None when git is to make it; an error when a hook failed, after which
    /// no worktree is to be made.
    pub(in crate::engine) async fn create(&self, name: &str) -> Result<Option<PathBuf>, String> {
        if self.create.is_empty() {
            return Ok(None);
        }
        let runs = self.run(&self.create, &place::worktree(name)).await;
        place::made(&runs).map_err(|problem| format!("the worktree {name} was not made: {problem}"))
    }

    /// Lets hooks clear a worktree away that hooks made; what they say counts for nothing. False where there is no such
    /// hook, so that git is to do it.
    pub(in crate::engine) async fn remove(&self, path: &Path) -> bool {
        if self.remove.is_empty() {
            return false;
        }
        self.run(&self.remove, &place::worktree_gone(path)).await;
        true
    }

    async fn run(&self, hooks: &[Hook], firing: &Firing) -> Vec<Ran> {
        let runs = hooks::run(hooks.to_vec(), firing, &self.desk).await;
        let heard = Answered { runs: runs.clone(), then: Then::Nothing, env: None, stopped: false, holds: false };
        let _gone = self.news.send(News { epoch: self.epoch, what: What::Hooked(Box::new(heard)) }).await;
        runs
    }
}

impl std::fmt::Debug for WorktreeHooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorktreeHooks").field("create", &self.create.len()).finish_non_exhaustive()
    }
}
