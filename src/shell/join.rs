//! The joint: the one file where settings, app, engine and the two fronts meet.

use std::path::{Path, PathBuf};

use super::terminal::keep::Keep;
use super::{Invocation, Link};
use crate::app::Model;
use crate::base::clock::SharedClock;
use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::session::Store;

/// What the first frame needs, and what the screen keeps.
#[derive(Debug)]
pub struct Look {
    pub model: Model,
    /// The mouse is ours.
    pub mouse: bool,
    pub keep: Keep,
}

/// Reads the little that the first frame needs. The error is a sentence for the person.
pub fn look(invocation: &Invocation, clock: &SharedClock) -> Result<Look, String> {
    let _ = (invocation, clock);
    let cwd = std::env::current_dir().map_err(|error| format!("The current folder cannot be entered: {error}."))?;
    let home = std::env::var(HOME_VARIABLE).ok();
    let dirs = Dirs::find(home.as_deref(), &cwd)?;
    let history = Store::new(dirs.data.clone()).history(&project_of(&cwd));
    let keep = Keep { history, theme: Box::new(|_| Ok(())) };
    Ok(Look { model: Model::default(), mouse: true, keep })
}

/// Starts the engine. Called inside the runtime, beside the screen, because it reads files.
pub fn engine(invocation: &Invocation, interactive: bool) -> Result<Link, String> {
    let _ = (invocation, interactive);
    Err("no engine".to_owned())
}

/// The repository that holds `cwd`, or `cwd` itself.
fn project_of(cwd: &Path) -> PathBuf {
    cwd.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(cwd).to_owned()
}
