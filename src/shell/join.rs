//! The joint: the one file where settings, app, engine and the two fronts meet.

use std::path::{Path, PathBuf};

use super::terminal::colors;
use super::terminal::keep::Keep;
use super::{Invocation, Link};
use crate::app::{Keymap, Model, Setup};
use crate::base::clock::SharedClock;
use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::session::{Store, history};
use crate::theme::{ColorDepth, Theme};

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
    let cwd = std::env::current_dir().map_err(|error| format!("The current folder cannot be entered: {error}."))?;
    let latigo_home = std::env::var(HOME_VARIABLE).ok();
    let dirs = Dirs::find(latigo_home.as_deref(), &cwd)?;
    let path = Store::new(dirs.data).history(&project_of(&cwd));
    let (theme, theme_chosen) = theme(invocation.overrides.theme.as_deref());
    let setup = Setup {
        theme,
        theme_chosen,
        themes: Vec::new(),
        history: history::load(&path),
        keymap: Keymap::default(),
        reduced_motion: false,
        utc_offset: utc_offset(clock.wall_ms()),
        now: clock.wall_ms(),
    };
    let keep = Keep { history: path, theme: Box::new(|_| Err("The theme holds for this session only.".to_owned())) };
    Ok(Look { model: Model::new(setup), mouse: true, keep })
}

/// Starts the engine. Called inside the runtime, beside the screen, because it reads files.
pub fn engine(_invocation: &Invocation, _interactive: bool) -> Result<Link, String> {
    Err("This build has no engine.".to_owned())
}

/// The theme for the first frame, and whether the terminal's background may still change it.
fn theme(chosen: Option<&str>) -> (Theme, bool) {
    let depth = colors::depth(|name| std::env::var_os(name));
    let few = matches!(depth, ColorDepth::None | ColorDepth::Ansi16);
    let name = chosen.unwrap_or(if few { "ansi" } else { "dark" });
    (Theme::load(name, &[]).0.for_depth(depth), chosen.is_some() || few)
}

/// Seconds that the person's clock is ahead of UTC at that time.
fn utc_offset(now: u64) -> i32 {
    let time = jiff::Timestamp::from_millisecond(now as i64).unwrap_or_default();
    jiff::tz::TimeZone::system().to_offset(time).seconds()
}

/// The repository that holds `cwd`, or `cwd` itself.
fn project_of(cwd: &Path) -> PathBuf {
    cwd.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(cwd).to_owned()
}
