//! Where questions about permissions are judged: folders, the rules of the settings files, the facts of paths.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::base::paths;
use crate::config::{self, ConfigInput, Flags, Rules};
use crate::domain::{Access, Mode, PathFact, PathFacts, Verdict};
use crate::policy::{self, Case, RuleSet, Scene};

/// The folders of this process.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Ground {
    pub(in crate::cli) home: PathBuf,
    pub(in crate::cli) cwd: PathBuf,
    pub(in crate::cli) dirs: Dirs,
    /// The administrator's settings; none for where the system keeps them.
    pub(in crate::cli) managed: Option<PathBuf>,
}

/// Under which rules and where a call is judged.
#[derive(Clone, Debug)]
pub(super) struct Court<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) mode: Mode,
    pub(super) cwd: &'a Path,
    pub(super) project: &'a Path,
    pub(super) added: &'a [PathBuf],
    pub(super) trusted: bool,
}

impl Ground {
    /// The error is a sentence for the person.
    pub(in crate::cli) fn survey() -> Result<Self, String> {
        let cwd = std::env::current_dir().map_err(|error| format!("The current folder cannot be entered: {error}."))?;
        let dirs = Dirs::find(std::env::var(HOME_VARIABLE).ok().as_deref(), &cwd)?;
        let home = std::env::var_os("HOME").map_or_else(|| cwd.clone(), PathBuf::from);
        Ok(Self { home, cwd, dirs, managed: None })
    }

    /// What settings are read from, with the whole environment.
    pub(in crate::cli) fn input(&self) -> ConfigInput<'_> {
        ConfigInput {
            home: &self.home,
            cwd: &self.cwd,
            env: std::env::vars().collect(),
            flags: Flags::default(),
            dirs: &self.dirs,
            managed: self.managed.clone(),
        }
    }

    /// The rules of the settings files as they hold in `cwd`. With `trusted` given, that is taken for the person's
    /// answer; else what was answered earlier counts.
    pub(super) fn rules(&self, cwd: &Path, trusted: Option<bool>) -> Rules {
        let flags = Flags { trust: trusted == Some(true), distrust: trusted == Some(false), ..Flags::default() };
        let claude = std::env::var("CLAUDE_CONFIG_DIR").ok().map(|value| ("CLAUDE_CONFIG_DIR".to_owned(), value));
        let env: BTreeMap<String, String> = claude.into_iter().collect();
        config::rules(&ConfigInput {
            home: &self.home,
            cwd,
            env,
            flags,
            dirs: &self.dirs,
            managed: self.managed.clone(),
        })
    }

    /// Judges a call as the engine would with somebody there to be asked.
    pub(super) fn judge(&self, court: &Court<'_>, call: (&str, &Value, &Access)) -> Verdict {
        let scene = Scene {
            rules: court.rules,
            mode: court.mode,
            cwd: court.cwd,
            project: court.project,
            added: court.added,
            readable: &[],
            home: &self.home,
            trusted: court.trusted,
            interactive: true,
        };
        let case = Case { tool: call.0, input: call.1, access: call.2 };
        let facts: PathFacts = policy::paths(&case, &scene)
            .into_iter()
            .map(|path| {
                let (resolved, links, exists) = paths::facts(&path);
                (path, PathFact { resolved, links, exists })
            })
            .collect();
        policy::judge(&case, &scene, &facts)
    }
}
