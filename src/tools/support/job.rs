//! Blocking work of a tool, off the async threads.

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::domain::ToolOutcome;

/// What a call says that the person stopped.
pub const INTERRUPTED: &str = "Interrupted before it was done.";

/// Runs work that changes something. A cancel before it began leaves all as it is; after that it is not
/// cut, so its outcome says what was done.
pub fn whole(
    cancel: CancellationToken,
    work: impl FnOnce() -> ToolOutcome + Send + 'static,
) -> BoxFuture<'static, ToolOutcome> {
    let work = move || if cancel.is_cancelled() { ToolOutcome::error(INTERRUPTED) } else { work() };
    async move { tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| broken(&error)) }.boxed()
}

/// Runs work that only reads. After a cancel the call ends at once; the work sees the token and stops at
/// its next look.
pub fn reading(
    cancel: CancellationToken,
    work: impl FnOnce(&CancellationToken) -> ToolOutcome + Send + 'static,
) -> BoxFuture<'static, ToolOutcome> {
    let seen = cancel.clone();
    async move {
        tokio::select! {
            biased;
            () = cancel.cancelled() => ToolOutcome::error(INTERRUPTED),
            done = tokio::task::spawn_blocking(move || work(&seen)) => done.unwrap_or_else(|error| broken(&error)),
        }
    }
    .boxed()
}

/// An outcome that is there already.
pub fn ready(outcome: ToolOutcome) -> BoxFuture<'static, ToolOutcome> {
    std::future::ready(outcome).boxed()
}

fn broken(error: &tokio::task::JoinError) -> ToolOutcome {
    ToolOutcome::error(format!("The tool itself failed ({error}). Try another way to do this."))
}
