//! Work side by side in one repository: worktrees of git, each for one worker.

mod outfit;
mod worktree;

pub use outfit::Outfit;
pub use worktree::{Base, Order, Settled, Worktree};
