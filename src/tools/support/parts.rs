//! A change in parts: what the person is shown of it before it is made, and the change with only some of its parts.
//!
//! The parts are worked out once. What is shown and what is made of the person's choice come from the same comparison,
//! so that exactly what was accepted is written.

use std::fmt::Write as _;
use std::path::Path;

use similar::DiffTag;

use super::change::Plan;
use super::diff::{self, Compared};
use super::words::clip;
use crate::domain::{Accepted, DiffHunk, FileDiff, LineKind, Shown};

/// Characters of what was left out that the model is told.
const MAX_TOLD: usize = 4_000;

/// A planned change as the person is asked about it.
#[derive(Debug)]
pub struct Preview {
    plan: Plan,
    shown: FileDiff,
    compared: Option<Compared>,
}

impl Preview {
    /// `base` is where shown paths start.
    pub(in crate::tools) fn new(plan: Plan, base: &Path) -> Self {
        let (shown, compared) = plan.compare(base);
        Self { plan, shown, compared: Some(compared) }
    }

    /// For the person.
    pub fn shown(&self) -> Shown {
        Shown::Diff(vec![self.shown.clone()])
    }

    /// How many parts can be chosen from: none when there is only one, or when not all of them can be shown.
    pub fn parts(&self) -> usize {
        let whole = self.compared.as_ref().is_some_and(|compared| compared.groups.len() == self.shown.hunks.len());
        if whole && !self.shown.created && self.shown.hunks.len() > 1 { self.shown.hunks.len() } else { 0 }
    }

    /// The change with only these parts, counted from 0. The error is a sentence.
    pub fn keep(&self, chosen: &[u32]) -> Result<Accepted, String> {
        let parts = self.parts();
        let is_chosen = |part: usize| chosen.iter().any(|one| *one as usize == part);
        if parts == 0 || chosen.iter().any(|one| *one as usize >= parts) {
            return Err("this change has no such parts".to_owned());
        }
        if chosen.is_empty() {
            return Err("no part of the change was chosen".to_owned());
        }
        let (Some(compared), Some((before, after))) = (&self.compared, self.plan.texts()) else {
            return Err("the change is not known in parts".to_owned());
        };
        let (old, new) = (diff::split(before), diff::split(after));
        let mut text = String::with_capacity(before.len().max(after.len()));
        for (op, group) in &compared.ops {
            let takes_new = op.tag() != DiffTag::Equal && group.is_some_and(is_chosen);
            let lines = if takes_new { new.get(op.new_range()) } else { old.get(op.old_range()) };
            text.extend(lines.unwrap_or_default().iter().copied());
        }
        let left: Vec<&DiffHunk> =
            self.shown.hunks.iter().enumerate().filter(|(at, _)| !is_chosen(*at)).map(|(_, hunk)| hunk).collect();
        let told = told(parts, &left);
        self.plan.with_text(&text, told).ok_or_else(|| "the file is new, so it has no parts".to_owned())
    }
}

/// What the model is told of parts that were not made.
fn told(parts: usize, left: &[&DiffHunk]) -> String {
    let mut text = format!("The user accepted {} of the {parts} parts of this change.", parts - left.len());
    if left.is_empty() {
        return text;
    }
    text.push_str(" These were left out and are not in the file; do not make them again unless the user asks for it:");
    for hunk in left {
        write!(text, "\n@@ -{} +{} @@", hunk.old_start, hunk.new_start).ok();
        for line in &hunk.lines {
            let sign = match line.kind {
                LineKind::Same => ' ',
                LineKind::Added => '+',
                LineKind::Removed => '-',
            };
            let words: String = line.pieces.iter().map(|(_, piece)| piece.as_str()).collect();
            write!(text, "\n{sign}{words}").ok();
        }
    }
    clip(&text, MAX_TOLD)
}
