//! Empty folders at protected names that do not exist, so that there is something to cover while a command
//! runs. An empty folder is chosen because removing it can never remove anything that somebody else made.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// How many running commands need each folder.
static HELD: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());

/// Keeps the folders until it is dropped; the last holder removes them.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<PathBuf>);

impl Held {
    /// Makes what is not there. A name that cannot be made is left out: what cannot be made by us can hardly
    /// be made by the command, and it is looked for afterwards.
    pub(super) fn new(names: &[PathBuf]) -> Self {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = Vec::new();
        for name in names {
            let shared = held.contains_key(name);
            if shared || fs::create_dir(name).is_ok() {
                *held.entry(name.clone()).or_default() += 1;
                own.push(name.clone());
            }
        }
        Self(own)
    }

    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        for name in &self.0 {
            let Some(count) = held.get_mut(name) else { continue };
            *count -= 1;
            if *count == 0 {
                held.remove(name);
                // It stays when it is not empty any more.
                drop(fs::remove_dir(name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_last_holder_removes_and_only_what_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let names = [dir.path().join("a"), dir.path().join("b")];
        let first = Held::new(&names);
        let second = Held::new(&names);
        drop(first);
        assert!(names[0].is_dir());
        fs::write(names[1].join("x"), "somebody else's").unwrap();
        drop(second);
        assert!(!names[0].exists() && names[1].join("x").exists());
        let third = Held::new(&names);
        assert_eq!(third.paths(), [names[0].clone()], "what is there is not ours");
    }
}
