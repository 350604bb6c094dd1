//! What an edit would change, worked out from its input alone. The file on disk is not read, so line
//! numbers count within the hunk; the engine may hand in a better preview.

use std::time::Duration;

use serde_json::Value;
use similar::{Algorithm, ChangeTag, TextDiff};

use crate::domain::{DiffHunk, DiffLine, FileDiff, LineKind, Shown};

/// Lines of one hunk that are compared word by word; longer ones are shown without marks.
const MARKED_LINES: usize = 400;
/// Time that marking may take.
const TIMEOUT: Duration = Duration::from_millis(100);

/// The change that a call of an editing tool would make; none for other tools or an input that is not theirs.
/// `path` is how the file shall be called.
pub(super) fn of(tool: &str, input: &Value, path: &str) -> Option<Shown> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let hunks = match tool {
        "Edit" => vec![hunk(&text(input, "old_string")?, &text(input, "new_string")?)],
        "MultiEdit" => input
            .get("edits")?
            .as_array()?
            .iter()
            .filter_map(|edit| Some(hunk(&text(edit, "old_string")?, &text(edit, "new_string")?)))
            .collect(),
        "Write" => vec![hunk("", &text(input, "content")?)],
        _ => return None,
    };
    let count = |kind: LineKind| hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == kind).count();
    let (added, removed) = (count(LineKind::Added) as u32, count(LineKind::Removed) as u32);
    Some(Shown::Diff(vec![FileDiff { path: path.to_owned(), created: false, added, removed, hunks }]))
}

fn hunk(old: &str, new: &str) -> DiffHunk {
    let mut config = TextDiff::configure();
    config.algorithm(Algorithm::Patience).timeout(TIMEOUT);
    let diff = config.diff_lines(old, new);
    let small =
        diff.ops().iter().map(|op| op.old_range().len().max(op.new_range().len())).sum::<usize>() <= MARKED_LINES;
    let lines = if small {
        diff.iter_all_inline_changes()
            .map(|change| {
                line(change.tag(), change.iter_strings_lossy().map(|(marked, text)| (marked, text.into_owned())))
            })
            .collect()
    } else {
        diff.iter_all_changes()
            .map(|change| line(change.tag(), std::iter::once((false, change.value().to_owned()))))
            .collect()
    };
    DiffHunk { old_start: 1, new_start: 1, lines }
}

fn line(tag: ChangeTag, pieces: impl Iterator<Item = (bool, String)>) -> DiffLine {
    let kind = match tag {
        ChangeTag::Equal => LineKind::Same,
        ChangeTag::Insert => LineKind::Added,
        ChangeTag::Delete => LineKind::Removed,
    };
    let pieces = pieces.map(|(marked, text)| (marked, text.trim_end_matches(['\n', '\r']).to_owned()));
    DiffLine { kind, pieces: pieces.filter(|(_, text)| !text.is_empty()).collect() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn diff(tool: &str, input: &Value) -> FileDiff {
        match of(tool, input, "a.rs") {
            Some(Shown::Diff(mut files)) => files.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_edit_marks_its_words() {
        let diff = diff("Edit", &json!({"old_string": "let a = 1;\nb\n", "new_string": "let a = 2;\nb\n"}));
        assert_eq!((diff.added, diff.removed), (1, 1));
        let marked: Vec<&str> = diff.hunks[0]
            .lines
            .iter()
            .flat_map(|line| &line.pieces)
            .filter(|(marked, _)| *marked)
            .map(|(_, text)| text.as_str())
            .collect();
        assert_eq!(marked, ["1", "2"]);
    }

    #[test]
    fn each_edit_is_a_hunk_and_a_write_is_all_new() {
        let edits = json!({"edits": [{"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": ""}]});
        assert_eq!(diff("MultiEdit", &edits).hunks.len(), 2);
        let write = diff("Write", &json!({"content": "a\nb\n"}));
        assert_eq!((write.added, write.removed), (2, 0));
    }

    #[test]
    fn what_is_no_edit_has_no_preview() {
        assert!(of("Bash", &json!({"command": "x"}), "").is_none());
        assert!(of("Edit", &json!({"old_string": 3}), "").is_none());
        assert!(of("MultiEdit", &json!([]), "").is_none());
    }
}
