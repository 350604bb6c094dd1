//! Random walks of edits, commands, moves and the person's own edits, over a real folder: nothing is lost, and
//! what is undone and done again is as it was.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::blobs::Blobs;
use super::{Checkpoints, Plan, Timeline, moves};
use crate::domain::{BlobId, Body, FileMove, FileStep, FilesBody, Message, Origin, Record};

/// Names that the walk uses, few so that they meet.
const NAMES: [&str; 6] = ["a", "b.bin", "d/c", "d/e", "x/y/z", "d"];

/// What stands in the project: kind, content, mode.
type Tree = BTreeMap<PathBuf, (char, Vec<u8>, u32)>;

struct World {
    _folder: tempfile::TempDir,
    root: PathBuf,
    blobs: Blobs,
    checkpoints: Checkpoints,
    timeline: Timeline,
    seq: u64,
    turn: u32,
    /// Counts contents, so that each is its own.
    count: u32,
    /// What the person wrote last, and nobody else since.
    own: BTreeMap<PathBuf, Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project");
        fs::create_dir(&root).unwrap();
        let blobs = Blobs::new(folder.path());
        let checkpoints = Checkpoints::new(blobs.clone(), root.clone(), Vec::new());
        Self {
            root,
            blobs,
            checkpoints,
            timeline: Timeline::default(),
            seq: 0,
            turn: 0,
            count: 0,
            own: BTreeMap::new(),
            _folder: folder,
        }
    }

    fn record(&mut self, body: Body) {
        // As a record reads back from the log.
        let line = serde_json::to_string(&Record { seq: self.seq, at: 0, body }).unwrap();
        self.seq += 1;
        self.timeline.see(&serde_json::from_str(&line).unwrap());
    }

    fn begin_turn(&mut self) {
        self.turn += 1;
        let message = Arc::new(Message::user(format!("step {}", self.turn)));
        self.record(Body::Prompted { turn: self.turn, message, origin: Origin::Typed, typed: None });
    }

    fn content(&mut self, who: &str) -> Vec<u8> {
        self.count += 1;
        format!("{who} {}\0", self.count).into_bytes()
    }

    /// One change by whoever it is; what stands in the way leaves it undone.
    fn change(&mut self, what: u8, name: u8, who: &str) {
        let path = self.root.join(NAMES[usize::from(name) % NAMES.len()]);
        let other = self.root.join(NAMES[usize::from(name / 7) % NAMES.len()]);
        let content = self.content(who);
        match what % 8 {
            0..=2 => {
                fs::create_dir_all(path.parent().unwrap()).ok();
                if fs::symlink_metadata(&path).is_ok_and(|facts| facts.is_symlink()) {
                    return;
                }
                if fs::write(&path, &content).is_ok() && who == "own" {
                    self.own.insert(path, content);
                }
            }
            3 => drop(fs::remove_file(&path)),
            4 => drop(fs::rename(&path, &other)),
            5 if path.is_file() => drop(fs::set_permissions(&path, fs::Permissions::from_mode(0o755))),
            6 => drop(fs::create_dir_all(&path)),
            7 if who != "own" && path.parent().is_some_and(Path::is_dir) => drop(symlink("target", &path)),
            _ => drop(fs::remove_dir(&path)),
        }
    }

    fn tool(&mut self, what: u8, name: u8) {
        let before = self.tree();
        let (call_id, turn) = (format!("c{}", self.seq), self.turn);
        if what.is_multiple_of(2) {
            let path = self.root.join(NAMES[usize::from(name) % NAMES.len()]);
            let (held, gaps) = self.checkpoints.hold(&[path]);
            assert!(gaps.is_empty(), "{gaps:?}");
            self.record(Body::Files(FilesBody::Held { call_id: call_id.clone(), turn, files: held.clone() }));
            self.change(0, name, "tool");
            let (steps, gaps) = self.checkpoints.compare(held);
            self.record(Body::Files(FilesBody::Changed { call_id, turn, steps, gaps }));
        } else {
            assert!(self.checkpoints.begin_command().is_empty());
            for round in 0..3 {
                self.change(what / 2 + round * 3, name.wrapping_add(round), "command");
            }
            let (steps, gaps) = self.checkpoints.end_command();
            assert!(gaps.is_empty(), "{gaps:?}");
            if !steps.is_empty() {
                self.record(Body::Files(FilesBody::Changed { call_id, turn, steps, gaps }));
            }
        }
        let after = self.tree();
        self.own.retain(|path, _| before.get(path) == after.get(path));
    }

    /// A call of a sub-agent while one of the session's own runs: both keep in the same place, under the same step.
    fn together(&mut self, what: u8, name: u8) {
        let before = self.tree();
        let turn = self.turn;
        let calls = [format!("c{}", self.seq), format!("a1/c{}", self.seq)];
        let path = self.root.join(NAMES[usize::from(name / 3) % NAMES.len()]);
        let command = what.is_multiple_of(2);
        let mut own = Vec::new();
        if command {
            assert!(self.checkpoints.begin_command().is_empty());
            self.change(what / 2, name, "command");
        } else {
            let (held, gaps) = self.checkpoints.hold(&[self.root.join(NAMES[usize::from(name) % NAMES.len()])]);
            assert!(gaps.is_empty(), "{gaps:?}");
            own.clone_from(&held);
            self.record(Body::Files(FilesBody::Held { call_id: calls[0].clone(), turn, files: held }));
        }
        let (held, gaps) = self.checkpoints.hold(&[path]);
        assert!(gaps.is_empty(), "{gaps:?}");
        self.record(Body::Files(FilesBody::Held { call_id: calls[1].clone(), turn, files: held.clone() }));
        if !command {
            self.change(0, name, "tool");
        }
        self.change(0, name / 3, "agent");
        let (steps, gaps) = self.checkpoints.compare(held);
        self.record(Body::Files(FilesBody::Changed { call_id: calls[1].clone(), turn, steps, gaps }));
        if command {
            self.change(what / 5, name.wrapping_add(1), "command");
        }
        let (steps, gaps) = if command { self.checkpoints.end_command() } else { self.checkpoints.compare(own) };
        assert!(gaps.is_empty(), "{gaps:?}");
        self.record(Body::Files(FilesBody::Changed { call_id: calls[0].clone(), turn, steps, gaps }));
        let after = self.tree();
        self.own.retain(|path, _| before.get(path) == after.get(path));
    }

    fn go(&mut self, plan: Option<Plan>) -> bool {
        let Some(plan) = plan else { return false };
        let before = self.tree();
        let examined = moves::examine(&plan.files, &self.blobs);
        let step = |file: &moves::Examined| FileStep {
            path: file.wanted.path.clone(),
            before: file.now.clone(),
            after: file.wanted.target.clone(),
        };
        let steps = examined.iter().map(step).collect();
        let began = FileMove { kind: plan.kind, steps, skipped: Vec::new(), conversation: plan.conversation };
        self.record(Body::Files(FilesBody::MoveBegan(began)));
        let done = moves::carry_out(examined, &[], &self.blobs);
        self.checkpoints.note(done.steps.iter().map(|step| step.path.as_path()));
        let moved =
            FileMove { kind: plan.kind, steps: done.steps, skipped: done.skipped, conversation: plan.conversation };
        self.record(Body::Files(FilesBody::Moved(moved)));
        let after = self.tree();
        for (path, (kind, content, _)) in &before {
            let same = after.get(path).is_some_and(|(_, now, _)| now == content);
            let kept = *kind != 'f' || self.blobs.read(BlobId::of(content), 1 << 20).is_ok();
            assert!(same || kept, "{} was lost", path.display());
            if let Some(own) = self.own.get(path).filter(|own| *own == content) {
                assert!(after.get(path).is_some_and(|(_, now, _)| now == own), "{} was the person's", path.display());
            }
        }
        true
    }

    fn undo(&mut self) -> bool {
        let plan = self.timeline.undo();
        self.go(plan)
    }

    fn redo(&mut self) -> bool {
        let plan = self.timeline.redo();
        self.go(plan)
    }

    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let (path, facts) = (entry.path(), entry.path().symlink_metadata().unwrap());
                let told = if facts.is_dir() {
                    folders.push(path.clone());
                    ('d', Vec::new(), 0)
                } else if facts.is_symlink() {
                    ('l', fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(), 0)
                } else {
                    ('f', fs::read(&path).unwrap(), facts.permissions().mode() & 0o777)
                };
                tree.insert(path, told);
            }
        }
        tree
    }
}

/// An ordinary run takes few; `PROPTEST_CASES=20000` as many as are named.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn undo_and_redo_bring_everything_back(walk in prop::collection::vec(any::<(u8, u8, u8)>(), 1..28), back in 1..8_usize) {
        let mut world = World::new();
        world.begin_turn();
        for (action, what, name) in walk {
            match action % 14 {
                0..=1 => world.begin_turn(),
                2..=6 => world.tool(what, name),
                12..=13 => world.together(what, name),
                7..=8 => world.change(what, name, "own"),
                9 => drop(world.undo()),
                10 => drop(world.redo()),
                _ => {
                    let lines = world.timeline.lines();
                    let turn = lines.get(usize::from(what) % lines.len().max(1)).map_or(0, |line| line.turn);
                    let plan = world.timeline.rewind(turn);
                    world.go(plan);
                }
            }
        }
        let (before, lines) = (world.tree(), world.timeline.lines());
        let undone = (0..back).take_while(|_| world.undo()).count();
        for _ in 0..undone {
            prop_assert!(world.redo());
        }
        prop_assert_eq!(world.tree(), before);
        prop_assert_eq!(world.timeline.lines(), lines);
    }
}

#[test]
fn a_step_goes_and_comes_back_with_folders_modes_links_and_renames() {
    let mut world = World::new();
    fs::create_dir_all(world.root.join("src")).unwrap();
    for (name, text) in [("src/old.rs", "old"), ("run.sh", "#!/bin/sh"), ("gone", "bytes \0")] {
        fs::write(world.root.join(name), text).unwrap();
    }
    let start = world.tree();
    world.begin_turn();
    assert!(world.checkpoints.begin_command().is_empty());
    fs::rename(world.root.join("src/old.rs"), world.root.join("src/new.rs")).unwrap();
    fs::set_permissions(world.root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(world.root.join("gone")).unwrap();
    fs::create_dir_all(world.root.join("made/deep")).unwrap();
    fs::write(world.root.join("made/deep/file"), "x").unwrap();
    symlink("made", world.root.join("link")).unwrap();
    let (steps, gaps) = world.checkpoints.end_command();
    world.record(Body::Files(FilesBody::Changed { call_id: "c".into(), turn: 1, steps, gaps }));
    let end = world.tree();
    assert!(world.undo());
    assert_eq!(world.tree(), start);
    assert!(world.redo() && !world.redo());
    assert_eq!(world.tree(), end);
    assert!(world.undo() && !world.undo());
    assert_eq!(world.tree(), start);
}

/// Found by the walk above: below a link that gives way to a folder nothing was made again.
#[test]
fn a_folder_in_the_place_of_a_link_gets_its_files_back() {
    let mut world = World::new();
    let (link, below) = (world.root.join("d"), world.root.join("d/c"));
    symlink("target", &link).unwrap();
    world.begin_turn();
    assert!(world.checkpoints.begin_command().is_empty());
    fs::remove_file(&link).unwrap();
    let (steps, gaps) = world.checkpoints.end_command();
    world.record(Body::Files(FilesBody::Changed { call_id: "c".into(), turn: 1, steps, gaps }));
    world.tool(0, 2);
    let end = world.tree();
    assert!(end.contains_key(&below));
    assert!(world.undo() && link.is_symlink());
    // What the link leads to is another file, which no redo touches.
    let outside = world.root.join("target");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("c"), "another").unwrap();
    assert!(world.redo() && !link.is_symlink());
    assert_eq!(fs::read(&below).unwrap(), end[&below].1);
    assert_eq!(fs::read(outside.join("c")).unwrap(), b"another");
}

#[test]
fn the_persons_edit_is_left_alone_unless_chosen_and_never_lost() {
    let mut world = World::new();
    let (path, second) = (world.root.join("a"), world.root.join("hard"));
    fs::write(&path, "start").unwrap();
    world.begin_turn();
    world.tool(0, 0);
    world.begin_turn();
    world.change(0, 0, "own");
    let own = fs::read(&path).unwrap();
    world.tool(0, 0);
    // The newest step goes back to the person's text; the one before would go over it.
    assert!(world.undo());
    assert_eq!(fs::read(&path).unwrap(), own);
    let plan = world.timeline.rewind(1).unwrap();
    let look = |world: &World| moves::examine(&plan.files, &world.blobs);
    assert_eq!(look(&world)[0].skip, Some(crate::domain::SkipReason::Edited));
    let left = moves::carry_out(look(&world), &[], &world.blobs);
    assert_eq!((left.steps.len(), left.skipped.len(), fs::read(&path).unwrap()), (0, 1, own.clone()));
    let taken = moves::carry_out(look(&world), std::slice::from_ref(&path), &world.blobs);
    assert_eq!((taken.steps.len(), fs::read(&path).unwrap()), (1, b"start".to_vec()));
    assert_eq!(world.blobs.read(BlobId::of(&own), 100).unwrap(), own);

    // A second name and a link are never written through, chosen or not.
    fs::write(&path, "now").unwrap();
    fs::hard_link(&path, &second).unwrap();
    let refused = moves::carry_out(look(&world), std::slice::from_ref(&path), &world.blobs);
    assert_eq!(refused.skipped[0].why, crate::domain::SkipReason::SecondName);
    fs::remove_file(&path).unwrap();
    symlink(&second, &path).unwrap();
    let refused = moves::carry_out(look(&world), std::slice::from_ref(&path), &world.blobs);
    assert_eq!(refused.skipped[0].why, crate::domain::SkipReason::Link);
    assert_eq!(fs::read(&second).unwrap(), b"now");
}

#[test]
fn a_move_that_was_cut_off_tells_what_it_did() {
    let mut world = World::new();
    world.begin_turn();
    world.tool(0, 0);
    world.tool(0, 1);
    let plan = world.timeline.undo().unwrap();
    let examined = moves::examine(&plan.files, &world.blobs);
    let step = |file: &moves::Examined| FileStep {
        path: file.wanted.path.clone(),
        before: file.now.clone(),
        after: file.wanted.target.clone(),
    };
    let steps: Vec<FileStep> = examined.iter().map(step).collect();
    let began = FileMove { kind: plan.kind, steps: steps.clone(), skipped: Vec::new(), conversation: None };
    world.record(Body::Files(FilesBody::MoveBegan(began)));
    moves::carry_out(examined.into_iter().take(1).collect(), &[], &world.blobs);
    assert_eq!(world.timeline.cut_move().map(|cut| cut.steps.len()), Some(2));
    assert_eq!(moves::done_of(&steps), steps[..1]);
}
