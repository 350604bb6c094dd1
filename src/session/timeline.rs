//! The steps of a session that can be taken back and done again: a fold over its records.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::checkpoints::Held;
use crate::domain::{
    Body, Branches, FileGap, FileImage, FileMove, FileStep, FilesBody, MoveKind, Origin, Record, StepLine,
};

/// What was done, in order, and what of it was undone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timeline {
    done: Vec<Op>,
    undone: Vec<Undone>,
    branches: Branches,
    /// Calls that were about to change files and have not told what became of it.
    held: BTreeMap<String, (u32, Held)>,
    /// A move that began and has not ended.
    began: Option<FileMove>,
    /// The highest number of a turn.
    newest: u32,
}

/// One thing that can be taken back as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Op {
    pub what: What,
    pub steps: Vec<FileStep>,
    pub gaps: Vec<FileGap>,
    /// The conversation before it is the one before this record; none when it did not touch the conversation.
    pub before: Option<u64>,
}

/// What kind of thing it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    Turn {
        turn: u32,
        at: u64,
        prompt: String,
        /// The number of its first record.
        seq: u64,
    },
    Move(MoveKind),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Undone {
    op: Op,
    /// What the undoing wrote.
    steps: Vec<FileStep>,
    /// The conversation before the undoing is the one before this record.
    before: Option<u64>,
}

/// A file as a move wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub path: PathBuf,
    pub target: FileImage,
    /// What the session left there.
    pub expected: FileImage,
    /// Between two changes of the session somebody else changed it.
    pub between: bool,
}

/// What a move is to bring about.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub kind: MoveKind,
    pub files: Vec<Wanted>,
    /// As [`FileMove::conversation`].
    pub conversation: Option<u64>,
    /// The prompt that it goes back to.
    pub prompt: Option<String>,
}

impl Wanted {
    /// A file came, went or changed; folders that come and go with their files do not count.
    fn is_change_of_file(&self) -> bool {
        use FileImage::{Absent, Folder};
        let folder_only = matches!((&self.target, &self.expected), (Absent | Folder, Absent | Folder));
        self.target != self.expected && !folder_only
    }
}

impl Timeline {
    /// The timeline of these records.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut timeline = Self::default();
        for record in records {
            timeline.see(record);
        }
        timeline
    }

    /// The records so far, as a tree.
    pub fn branches(&self) -> &Branches {
        &self.branches
    }

    /// Takes in one record.
    pub fn see(&mut self, record: &Record) {
        self.branches.see(record);
        match &record.body {
            Body::Prompted { turn, message, origin, typed } if *origin != Origin::Harness => {
                // A turn that goes on after a pause is no new one.
                let known = *turn <= self.newest
                    && self.done.iter().any(|op| matches!(op.what, What::Turn { turn: old, .. } if old == *turn));
                self.newest = self.newest.max(*turn);
                if !known {
                    let prompt = typed.clone().unwrap_or_else(|| message.text());
                    let what = What::Turn { turn: *turn, at: record.at, prompt, seq: record.seq };
                    self.push(Op { what, steps: Vec::new(), gaps: Vec::new(), before: Some(record.seq) });
                }
            }
            Body::Files(files) => self.files(record.seq, files),
            _ => {}
        }
    }

    fn files(&mut self, seq: u64, files: &FilesBody) {
        match files {
            FilesBody::Held { call_id, turn, files } => {
                self.held.insert(call_id.clone(), (*turn, files.clone()));
            }
            FilesBody::Changed { call_id, turn, steps, gaps } => {
                self.held.remove(call_id);
                let of_turn = |op: &&mut Op| matches!(op.what, What::Turn { turn: this, .. } if this == *turn);
                let op = self.done.iter_mut().rev().find(of_turn);
                let op = match op {
                    Some(op) => Some(op),
                    // It came after its step was taken back.
                    None => self.done.last_mut(),
                };
                if let Some(op) = op {
                    op.steps.extend(steps.iter().cloned());
                    add_new(&mut op.gaps, gaps);
                }
            }
            FilesBody::MoveBegan(step) => self.began = Some(step.clone()),
            FilesBody::Moved(step) => {
                self.began = None;
                self.moved(seq, step);
            }
            FilesBody::Forked { .. } => {}
        }
    }

    fn moved(&mut self, seq: u64, step: &FileMove) {
        let before = step.conversation.map(|_| seq);
        match step.kind {
            MoveKind::Undo => {
                if let Some(op) = self.done.pop() {
                    self.undone.push(Undone { op, steps: step.steps.clone(), before });
                }
            }
            MoveKind::Redo => {
                if let Some(undone) = self.undone.pop() {
                    let steps = merged(undone.op.steps, &step.steps);
                    self.done.push(Op { steps, before: before.or(undone.op.before), ..undone.op });
                }
            }
            kind @ (MoveKind::Rewind { .. } | MoveKind::Hunk) => {
                let (steps, gaps) = (step.steps.clone(), Vec::new());
                self.push(Op { what: What::Move(kind), steps, gaps, before });
            }
        }
    }

    fn push(&mut self, op: Op) {
        self.undone.clear();
        self.done.push(op);
    }

    /// Taking the newest step back; none when there is none.
    pub fn undo(&self) -> Option<Plan> {
        let op = self.done.last()?;
        let prompt = match &op.what {
            What::Turn { prompt, .. } => Some(prompt.clone()),
            What::Move(_) => None,
        };
        Some(Plan { kind: MoveKind::Undo, files: backwards(&op.steps), conversation: op.before, prompt })
    }

    /// Doing again what was undone last.
    pub fn redo(&self) -> Option<Plan> {
        let undone = self.undone.last()?;
        let files = backwards(&undone.steps);
        Some(Plan { kind: MoveKind::Redo, files, conversation: undone.before, prompt: None })
    }

    /// Going back to before this turn; none when the turn is not part of the conversation.
    pub fn rewind(&self, turn: u32) -> Option<Plan> {
        let from = self.place(turn)?;
        let ops = self.done.get(from..).unwrap_or_default();
        let What::Turn { prompt, seq, .. } = &ops.first()?.what else { return None };
        let steps: Vec<FileStep> = ops.iter().flat_map(|op| op.steps.iter().cloned()).collect();
        Some(Plan {
            kind: MoveKind::Rewind { turn },
            files: backwards(&steps),
            conversation: Some(*seq),
            prompt: Some(prompt.clone()),
        })
    }

    /// The steps that the conversation consists of, oldest first.
    pub fn lines(&self) -> Vec<StepLine> {
        let aside = self.branches.aside();
        let line = |op: &Op| match &op.what {
            What::Turn { turn, at, prompt, seq } if !aside.contains(*seq) => Some(StepLine {
                turn: *turn,
                at: *at,
                prompt: prompt.clone(),
                files: backwards(&op.steps).iter().filter(|file| file.is_change_of_file()).count(),
                gaps: !op.gaps.is_empty(),
            }),
            _ => None,
        };
        self.done.iter().filter_map(line).collect()
    }

    /// What the session changed, in one turn or in all, each file once, from what it was to what it became.
    pub fn changes(&self, turn: Option<u32>) -> Vec<Wanted> {
        let all = || self.done.iter().flat_map(|op| op.steps.iter().cloned()).collect::<Vec<FileStep>>();
        let steps = match turn {
            None => all(),
            Some(turn) => self.turn(turn).map(|op| op.steps.clone()).unwrap_or_default(),
        };
        let mut files = backwards(&steps);
        files.retain(|file| file.target != file.expected);
        files
    }

    /// What was not covered, in one turn, from a turn on, or in all.
    pub fn gaps(&self, turns: impl Fn(u32) -> bool) -> Vec<FileGap> {
        let mut gaps: Vec<FileGap> = Vec::new();
        for op in &self.done {
            if matches!(op.what, What::Turn { turn, .. } if turns(turn)) {
                add_new(&mut gaps, &op.gaps);
            }
        }
        gaps
    }

    /// Calls that a crash cut off while they changed files, each with its turn and what the files were.
    pub fn cut_off(&self) -> Vec<(String, u32, Held)> {
        self.held.iter().map(|(call, (turn, held))| (call.clone(), *turn, held.clone())).collect()
    }

    /// A move that a crash cut off.
    pub fn cut_move(&self) -> Option<&FileMove> {
        self.began.as_ref()
    }

    /// The number of the record that a turn begins with, when the turn is part of the conversation.
    pub fn start_of(&self, turn: u32) -> Option<u64> {
        match self.turn(turn)?.what {
            What::Turn { seq, .. } => Some(seq),
            What::Move(_) => None,
        }
    }

    fn turn(&self, turn: u32) -> Option<&Op> {
        self.done.get(self.place(turn)?)
    }

    fn place(&self, turn: u32) -> Option<usize> {
        let aside = self.branches.aside();
        self.done.iter().position(|op| match &op.what {
            What::Turn { turn: this, seq, .. } => *this == turn && !aside.contains(*seq),
            What::Move(_) => false,
        })
    }
}

fn add_new(gaps: &mut Vec<FileGap>, more: &[FileGap]) {
    for gap in more {
        if !gaps.contains(gap) {
            gaps.push(gap.clone());
        }
    }
}

/// What undoes these steps, each path once.
fn backwards(steps: &[FileStep]) -> Vec<Wanted> {
    let mut files: Vec<Wanted> = Vec::new();
    let mut places: HashMap<&PathBuf, usize> = HashMap::new();
    for step in steps {
        if let Some(file) = places.get(&step.path).and_then(|place| files.get_mut(*place)) {
            file.between |= file.expected != step.before;
            file.expected = step.after.clone();
        } else {
            places.insert(&step.path, files.len());
            files.push(Wanted {
                path: step.path.clone(),
                target: step.before.clone(),
                expected: step.after.clone(),
                between: false,
            });
        }
    }
    files.sort_by(|one, two| one.path.cmp(&two.path));
    files
}

/// The steps of something that was done again: what was written now, and what was left alone as it was.
fn merged(old: Vec<FileStep>, again: &[FileStep]) -> Vec<FileStep> {
    // A folder that came and went on the way of other files says nothing of the file that the step made there.
    let on_the_way = |written: &FileStep| {
        is_folder_only(written) && old.iter().any(|step| step.path == written.path && !is_folder_only(step))
    };
    let again: Vec<FileStep> = again.iter().filter(|written| !on_the_way(written)).cloned().collect();
    let mut steps: Vec<FileStep> =
        old.into_iter().filter(|step| again.iter().all(|written| written.path != step.path)).collect();
    steps.extend(again);
    steps
}

fn is_folder_only(step: &FileStep) -> bool {
    matches!(
        (&step.before, &step.after),
        (FileImage::Absent | FileImage::Folder, FileImage::Absent | FileImage::Folder)
    )
}
