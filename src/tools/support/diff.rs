//! The change of a file as the widgets show it: hunks with their context and the changed words marked.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use similar::{Algorithm, ChangeTag, DiffOp, DiffTag, TextDiff};

use crate::domain::{DiffHunk, DiffLine, FileDiff, LineKind};

use super::words::clip;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;
/// Time for finding a small difference; after it the difference is merely right.
const PATIENCE: Duration = Duration::from_millis(200);
/// Lines of all hunks together; `added` and `removed` count beyond it.
const MAX_LINES: usize = 4_000;
/// Characters of a line that are kept.
const MAX_LINE: usize = 2_000;

/// A comparison in full: every operation, with the number of the hunk that it belongs to when it changes something,
/// and which hunks there are.
#[derive(Debug)]
pub struct Compared {
    pub ops: Vec<(DiffOp, Option<usize>)>,
    pub groups: Vec<usize>,
}

/// Compares two texts. `path` is the name to be shown.
pub fn compare(path: &str, before: Option<&str>, after: &str) -> FileDiff {
    compare_fully(path, before, after).0
}

/// The same with the comparison itself.
pub fn compare_fully(path: &str, before: Option<&str>, after: &str) -> (FileDiff, Compared) {
    let deadline = Instant::now() + PATIENCE;
    let (old, new) = (split(before.unwrap_or_default()), split(after));
    let diff = difference(&old, &new, deadline);
    let (mut added, mut removed) = (0, 0);
    for op in diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal) {
        added += op.new_range().len() as u32;
        removed += op.old_range().len() as u32;
    }
    let mut room = MAX_LINES;
    let mut hunks = Vec::new();
    let groups = diff.grouped_ops(CONTEXT);
    for group in &groups {
        if room == 0 {
            break;
        }
        let Some(first) = group.first() else { continue };
        let lines: Vec<DiffLine> = group.iter().flat_map(|op| lines_of(&diff, op, deadline)).take(room).collect();
        room -= lines.len();
        let (old_start, new_start) = (first.old_range().start as u32 + 1, first.new_range().start as u32 + 1);
        hunks.push(DiffHunk { old_start, new_start, lines });
    }
    // Changing operations are never split over hunks, so their place tells them.
    let place = |op: &DiffOp| (op.tag() != DiffTag::Equal).then(|| (op.old_range().start, op.new_range().start));
    let numbered = groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |op| (at, op)));
    let owners: HashMap<(usize, usize), usize> = numbered.filter_map(|(at, op)| Some((place(op)?, at))).collect();
    let owner = |op: &DiffOp| place(op).and_then(|place| owners.get(&place).copied());
    let compared = Compared {
        ops: diff.ops().iter().map(|op| (*op, owner(op))).collect(),
        // A hunk that was cut is none that could be chosen by its sight.
        groups: (0..groups.len()).filter(|_| room > 0).collect(),
    };
    (FileDiff { path: path.to_owned(), created: before.is_none(), added, removed, hunks }, compared)
}

/// The lines of a text, each with its end.
pub fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The newer text with one hunk of [`compare`] as it was before; none when there is no such hunk.
pub fn without_hunk(before: &str, after: &str, hunk: usize) -> Option<String> {
    let (old, new) = (split(before), split(after));
    let diff = difference(&old, &new, Instant::now() + PATIENCE);
    let groups = diff.grouped_ops(CONTEXT);
    let group = groups.get(hunk)?;
    let mut text = String::with_capacity(after.len());
    for op in diff.ops() {
        let back = op.tag() != DiffTag::Equal && group.contains(op);
        let passed = if back { ChangeTag::Insert } else { ChangeTag::Delete };
        text.extend(diff.iter_changes(op).filter(|change| change.tag() != passed).map(|change| change.value()));
    }
    Some(text)
}

fn difference<'t>(old: &'t [&'t str], new: &'t [&'t str], deadline: Instant) -> TextDiff<'t, 't, str> {
    TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .deadline(deadline)
        .newline_terminated(true)
        .diff_slices(old, new)
}

/// `+3 −1`, as the folded line shows it.
pub fn summary(diff: &FileDiff) -> String {
    format!("+{} −{}", diff.added, diff.removed)
}

fn lines_of<'a>(
    diff: &'a TextDiff<'_, '_, str>,
    op: &'a DiffOp,
    deadline: Instant,
) -> Box<dyn Iterator<Item = DiffLine> + 'a> {
    // Only a replacement has words to compare; the rest is made as it is taken.
    if op.tag() == DiffTag::Replace && op.old_range().len().max(op.new_range().len()) <= MAX_LINES {
        let changes = diff.iter_inline_changes_deadline(op, Some(deadline));
        return Box::new(changes.map(|change| {
            let pieces = change.iter_strings_lossy().map(|(marked, text)| (marked, text.into_owned())).collect();
            DiffLine { kind: kind(change.tag()), pieces: trim(pieces) }
        }));
    }
    let changes = diff.iter_changes(op);
    Box::new(
        changes.map(|change| DiffLine {
            kind: kind(change.tag()),
            pieces: trim(vec![(false, change.value().to_owned())]),
        }),
    )
}

fn kind(tag: ChangeTag) -> LineKind {
    match tag {
        ChangeTag::Equal => LineKind::Same,
        ChangeTag::Insert => LineKind::Added,
        ChangeTag::Delete => LineKind::Removed,
    }
}

/// Takes the line end off the last piece, drops empty pieces, and cuts what is too long.
fn trim(pieces: Vec<(bool, String)>) -> Vec<(bool, String)> {
    let mut room = MAX_LINE;
    let mut out: Vec<(bool, String)> = Vec::new();
    for (marked, text) in pieces {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() || room == 0 {
            continue;
        }
        let length = text.chars().count();
        let text = clip(text, room);
        room = room.saturating_sub(length);
        match out.last_mut() {
            Some((last, joined)) if *last == marked => joined.push_str(&text),
            _ => out.push((marked, text)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fmt::Write;

    use super::*;

    fn picture(diff: &FileDiff) -> String {
        let mut out = format!("{} {} created={}\n", diff.path, summary(diff), diff.created);
        for hunk in &diff.hunks {
            writeln!(out, "@@ {} {}", hunk.old_start, hunk.new_start).unwrap();
            for line in &hunk.lines {
                out.push(match line.kind {
                    LineKind::Same => ' ',
                    LineKind::Added => '+',
                    LineKind::Removed => '-',
                });
                for (marked, text) in &line.pieces {
                    let (open, close) = if *marked { ("[", "]") } else { ("", "") };
                    write!(out, "{open}{text}{close}").unwrap();
                }
                out.push('\n');
            }
        }
        out
    }

    #[test]
    fn words_are_marked_and_context_is_three_lines() {
        let before = "1\n2\n3\n4\nlet a = old(1);\n5\n6\n7\n8\n9\n10\n11\n12\nend\n";
        let after = before.replace("old", "new").replace("end\n", "end\nmore");
        insta::assert_snapshot!(picture(&compare("src/a.rs", Some(before), &after)), @r"
        src/a.rs +2 −1 created=false
        @@ 2 2
         2
         3
         4
        -let a = [old](1);
        +let a = [new](1);
         5
         6
         7
        @@ 12 12
         11
         12
         end
        +more
        ");
    }

    #[test]
    fn each_hunk_can_be_taken_out_alone() {
        let before = (1..=30).map(|line| line.to_string()).collect::<Vec<_>>().join("\n") + "\n";
        let after = before.replace("3\n4\n", "three\n4\nextra\n").replace("20\n", "").replace("30\n", "30");
        assert_eq!(compare("a", Some(&before), &after).hunks.len(), 3);
        let all: Vec<String> = (0..3).map(|hunk| without_hunk(&before, &after, hunk).unwrap()).collect();
        assert_eq!(all[0], before.replace("20\n", "").replace("30\n", "30"));
        assert!(all[1].contains("three") && all[1].contains("\n20\n") && all[1].ends_with("30"));
        assert!(all[2].contains("three") && !all[2].contains("\n20\n") && all[2].ends_with("30\n"));
        assert_eq!(without_hunk(&before, &after, 3), None);
        assert_eq!(without_hunk("", "new\n", 0).as_deref(), Some(""));
    }

    #[test]
    fn a_new_file_is_all_added() {
        insta::assert_snapshot!(picture(&compare("a", None, "one\r\ntwo")), @r"
        a +2 −0 created=true
        @@ 1 1
        +one
        +two
        ");
    }

    #[test]
    fn huge_changes_are_bounded() {
        let after = "line\n".repeat(50_000);
        let diff = compare("a", None, &after);
        assert_eq!(diff.added, 50_000);
        assert_eq!(diff.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>(), MAX_LINES);
        let long = compare("a", Some("x"), &"y".repeat(1_000_000));
        let longest =
            long.hunks.iter().flat_map(|hunk| &hunk.lines).flat_map(|line| &line.pieces).map(|piece| piece.1.len());
        assert!(longest.max().is_some_and(|longest| longest <= MAX_LINE + 3));
    }
}
