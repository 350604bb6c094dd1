//! Work side by side in one repository: worktrees of git, each for one worker.

mod worktree;

pub use worktree::{Base, Order, Settled, Worktree};
