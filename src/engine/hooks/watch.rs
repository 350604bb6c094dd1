//! Files that are looked at now and then: those that hooks watch, and the settings, which count anew when they change.
//!
//! Looking costs one call of the system for each file; no watcher of the system is needed for so few.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::super::catalog::Scanned;
use super::super::driver::{Driver, News, What};
use super::super::{Reloaded, opening};
use super::Then;
use crate::agent::Input;
use crate::base::paths;
use crate::domain::{Body, Notice};
use crate::hooks::events::place::{self, FileNews};
use crate::hooks::events::{self, news};
use crate::hooks::{Event as Name, Ran};

/// Files that are watched at the same time.
const FILES: usize = 1_000;

/// What is watched.
#[derive(Debug, Default)]
pub(super) struct Watch {
    stop: Option<CancellationToken>,
    known: Arc<Mutex<BTreeMap<PathBuf, Stamp>>>,
    /// Files that answers of hooks asked for.
    asked: Vec<PathBuf>,
}

/// What tells whether a file is still the same; none while there is none.
type Stamp = Option<(SystemTime, u64)>;

/// News of the watch.
#[derive(Debug)]
pub(in crate::engine) enum Watched {
    File(PathBuf, FileNews),
    Reloaded(Box<Result<Reloaded, String>>),
}

fn stamp(path: &Path) -> Stamp {
    let facts = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some((facts.modified().unwrap_or(SystemTime::UNIX_EPOCH), facts.len()))
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Watch {
    fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.cancel();
        }
    }

    /// We changed it ourselves.
    fn settle(&self, path: &Path) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(path) {
            *known = stamp(path);
        }
    }
}

impl Driver {
    /// Watches what is to be watched now. To be called when hooks, folders or lists changed.
    pub(in crate::engine) fn watch_files(&mut self) {
        self.hooking.watch.stop();
        if self.stage.child.is_some() || self.stage.rehearsal {
            return;
        }
        let mut paths = Vec::new();
        if self.hooked(Name::FileChanged) {
            let cwd = &self.stage.place.cwd;
            let hooks = self.stage.hooks.hooks.iter().filter(|hook| hook.event == Name::FileChanged);
            let names = hooks.flat_map(|hook| hook.matcher.names());
            paths.extend(names.map(|name| paths::absolute(cwd, &name)));
            paths.extend(self.hooking.watch.asked.iter().cloned());
        }
        if self.setup.folder.is_some() {
            paths.extend(self.stage.hooks.files.iter().map(|(_, path)| path.clone()));
        }
        paths.sort();
        paths.dedup();
        paths.truncate(FILES);
        if paths.is_empty() {
            return;
        }
        let before = std::mem::take(&mut *self.hooking.watch.known.lock().unwrap_or_else(PoisonError::into_inner));
        let known = paths.into_iter().map(|path| {
            let stamp = before.get(&path).copied().unwrap_or_else(|| stamp(&path));
            (path, stamp)
        });
        let known = Arc::new(Mutex::new(known.collect()));
        self.hooking.watch.known = Arc::clone(&known);
        let stop = CancellationToken::new();
        self.hooking.watch.stop = Some(stop.clone());
        let (news, epoch) = (self.news.clone(), self.epoch);
        let pause = Duration::from_millis(self.stage.hooks.patience.look_ms);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                let known = Arc::clone(&known);
                let changed = tokio::task::spawn_blocking(move || look(&known)).await.unwrap_or_default();
                for (path, change) in changed {
                    let what = What::Watched(Watched::File(path, change));
                    if stop.is_cancelled() || news.send(News { epoch, what }).await.is_err() {
                        return;
                    }
                }
            }
        });
    }

    /// What answers of hooks say of files to watch.
    pub(super) fn take_watched(&mut self, runs: &[Ran]) {
        if let Some(asked) = place::watched(runs) {
            self.hooking.watch.asked = asked;
            self.watch_files();
        }
    }

    /// A settings file was changed by our own hand.
    pub(in crate::engine) fn settle_file(&self, path: &Path) {
        self.hooking.watch.settle(path);
    }

    pub(in crate::engine) async fn on_watched(&mut self, watched: Watched) {
        match watched {
            Watched::File(path, change) => self.file_changed(path, change),
            Watched::Reloaded(reloaded) => match *reloaded {
                Ok(reloaded) => self.take_settings(reloaded).await,
                Err(problem) => self.notice(Notice::warning(problem)).await,
            },
        }
    }

    fn file_changed(&mut self, path: PathBuf, change: FileNews) {
        let source = self.stage.hooks.files.iter().find(|(_, file)| *file == path).map(|(source, _)| *source);
        match source {
            Some(source) => self.settings_changed(source, path),
            None if self.hooked(Name::FileChanged) => {
                let _none = self.fire(place::file(&path, change), None, Then::Watch);
            }
            None => {}
        }
    }

    /// A settings file is not what it was: hooks may keep the change from counting.
    fn settings_changed(&mut self, source: &'static str, path: PathBuf) {
        if self.hooked(Name::ConfigChange) {
            let firing = news::changed(source, Some(&path));
            if self.fire(firing, None, Then::Reload { source, path }).is_none() {
                return;
            }
        }
        self.reload();
    }

    pub(super) async fn on_reload_hooked(&mut self, source: &str, path: &Path, runs: &[Ran]) {
        let common = self.told(runs, true).await;
        let refusal = events::blocked(runs).map(|(who, why)| format!("{who} says: {why}")).or(common.halt);
        match refusal.filter(|_| source != "policy_settings") {
            Some(why) => {
                let text = format!("The change of {} does not count in this session: {why}", path.display());
                self.notice(Notice::warning(text)).await;
            }
            None => self.reload(),
        }
    }

    /// Skills changed on disk. They come back when no hook looks at that first.
    pub(in crate::engine) fn skills_wait(&mut self, scanned: Scanned) -> Option<Scanned> {
        if !self.hooked(Name::ConfigChange) {
            return Some(scanned);
        }
        let scanned = Then::Skills(Box::new(scanned));
        match self.fire(news::changed("skills", None), None, scanned)? {
            Then::Skills(scanned) => Some(*scanned),
            _ => None,
        }
    }

    pub(super) async fn on_skills_hooked(&mut self, scanned: Scanned, runs: &[Ran]) {
        let common = self.told(runs, true).await;
        match events::blocked(runs).map(|(who, why)| format!("{who} says: {why}")).or(common.halt) {
            Some(why) => {
                let text = format!("Skills changed on disk, which does not count now: {why}");
                self.notice(Notice::warning(text)).await;
            }
            None => self.take_skills(scanned).await,
        }
    }

    /// Reads the settings again, beside the driver.
    fn reload(&self) {
        let Some(folder) = self.setup.folder.clone() else { return };
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || (folder.reload)()).await;
            let reloaded = read.map_err(|_| "The settings could not be read again.".to_owned());
            let what = What::Watched(Watched::Reloaded(Box::new(reloaded)));
            let _gone = news.send(News { epoch, what }).await;
        });
    }

    /// Rules and hooks count as they stand in the files now; everything else waits for the next start.
    async fn take_settings(&mut self, reloaded: Reloaded) {
        if self.parts.asking.is_some() {
            // The person is asked about this folder; his answer reads everything again.
            return;
        }
        let Reloaded { rules, hooks, trusted, notices } = reloaded;
        let distrusted = self.stage.trusted && !trusted;
        self.stage.rules = rules;
        self.stage.hooks = hooks;
        // They run once, at the start.
        Arc::make_mut(&mut self.stage.hooks).setup = None;
        self.stage.trusted = trusted;
        self.bring_hooks_again();
        let granted = self.gate.granted();
        let (mut gate, problems) = opening::make_gate(&self.setup, &self.stage, self.session);
        gate.grant_again(granted);
        self.gate = gate;
        self.set_points();
        self.watch_files();
        self.hand_down_rules();
        self.tell_all(notices).await;
        self.tell_all(problems).await;
        let notice = if distrusted {
            Notice::warning("The folder's settings changed, so nothing that it brings counts until you look at it.")
                .hint("/trust shows what it brings now")
        } else {
            Notice::info("The settings changed on disk: rules and hooks count as they stand there now.")
                .hint("other settings count at the next start")
        };
        self.feed(Input::Note(Body::Noticed(notice))).await;
        self.feed(Input::RulesChanged).await;
    }
}

fn look(known: &Mutex<BTreeMap<PathBuf, Stamp>>) -> Vec<(PathBuf, FileNews)> {
    let paths: Vec<PathBuf> = known.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
    let mut changed = Vec::new();
    for path in paths {
        let now = stamp(&path);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = known.get_mut(&path) else { continue };
        let change = match (&before, &now) {
            (None, Some(_)) => FileNews::Add,
            (Some(_), None) => FileNews::Unlink,
            (Some(one), Some(two)) if one != two => FileNews::Change,
            _ => continue,
        };
        *before = now;
        changed.push((path, change));
    }
    changed
}
