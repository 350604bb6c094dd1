//! A change over several files that a server proposes, worked out as whole texts. Nothing is written here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lsp_types::{DocumentChangeOperation, DocumentChanges, OneOf, TextEdit, WorkspaceEdit};
use serde_json::Value;

use super::connection::LARGEST;
use super::place::{self, Units};

/// Files and edits of one change.
const FILES: usize = 1_000;
const EDITS: usize = 50_000;

/// What a file is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    pub path: PathBuf,
    /// The text that the change was worked out for, as it stands on the disk.
    pub before: String,
    pub after: String,
    /// Places that change.
    pub places: usize,
}

/// Works a server's answer out by what is on the disk now. The error is half a sentence.
pub(super) async fn rewrites(answer: Value, units: Units) -> Result<Vec<Rewrite>, String> {
    if answer.is_null() {
        return Ok(Vec::new());
    }
    let edit: WorkspaceEdit =
        serde_json::from_value(answer).map_err(|error| format!("its change cannot be read: {error}"))?;
    let by_file = edits(edit)?;
    let mut rewrites = Vec::new();
    for (path, edits) in by_file {
        let file = path.clone();
        let read = move || crate::base::read::text(&file, LARGEST as u64);
        let Ok(Ok(Some(before))) = tokio::task::spawn_blocking(read).await else {
            return Err(format!("it wants to change {}, which cannot be read as a text", path.display()));
        };
        let places = edits.len();
        let after = apply(&before, edits, units)
            .ok_or_else(|| format!("its changes of {} overlap or lie outside of the file", path.display()))?;
        if before != after {
            rewrites.push(Rewrite { path, before, after, places });
        }
    }
    Ok(rewrites)
}

fn edits(edit: WorkspaceEdit) -> Result<BTreeMap<PathBuf, Vec<TextEdit>>, String> {
    let mut by_file: BTreeMap<PathBuf, Vec<TextEdit>> = BTreeMap::new();
    let mut add = |uri: &str, edits: Vec<TextEdit>| {
        let path = place::path(uri).ok_or_else(|| format!("it wants to change {uri}, which is no file"))?;
        by_file.entry(path).or_default().extend(edits);
        Ok::<(), String>(())
    };
    let documents = match edit.document_changes {
        Some(DocumentChanges::Edits(documents)) => documents,
        Some(DocumentChanges::Operations(operations)) => {
            let edit = |operation| match operation {
                DocumentChangeOperation::Edit(edit) => Ok(edit),
                DocumentChangeOperation::Op(_) => {
                    Err("it wants to move, make or remove files, which is not done here; do that with a command"
                        .to_owned())
                }
            };
            operations.into_iter().map(edit).collect::<Result<_, _>>()?
        }
        None => {
            for (uri, edits) in edit.changes.unwrap_or_default() {
                add(uri.as_str(), edits)?;
            }
            Vec::new()
        }
    };
    for document in documents {
        let plain = |edit| match edit {
            OneOf::Left(edit) => edit,
            OneOf::Right(lsp_types::AnnotatedTextEdit { text_edit, .. }) => text_edit,
        };
        add(document.text_document.uri.as_str(), document.edits.into_iter().map(plain).collect())?;
    }
    if by_file.len() > FILES || by_file.values().map(Vec::len).sum::<usize>() > EDITS {
        return Err(format!("it wants to change more than {FILES} files or {EDITS} places"));
    }
    Ok(by_file)
}

/// The text after the edits; none when they overlap or lie outside.
fn apply(text: &str, edits: Vec<TextEdit>, units: Units) -> Option<String> {
    let mut starts = vec![0];
    starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
    let byte = |at: lsp_types::Position| {
        let line = at.line as usize;
        if line == starts.len() && at.character == 0 {
            return Some(text.len());
        }
        let start = *starts.get(line)?;
        let end = starts.get(line + 1).copied().unwrap_or(text.len());
        let whole = text.get(start..end)?.trim_end_matches(['\r', '\n']);
        Some(start + units.byte(whole, at.character))
    };
    let mut cuts = Vec::with_capacity(edits.len());
    for edit in edits {
        cuts.push((byte(edit.range.start)?, byte(edit.range.end)?, edit.new_text));
    }
    // Of two insertions at one place the first stays first.
    cuts.sort_by_key(|(start, end, _)| (*start, *end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end, new) in cuts {
        if start < done || end < start {
            return None;
        }
        out.push_str(text.get(done..start)?);
        out.push_str(&new);
        done = end;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn edit(from: (u32, u32), to: (u32, u32), new: &str) -> Value {
        json!({"range": {"start": {"line": from.0, "character": from.1}, "end": {"line": to.0, "character": to.1}},
            "newText": new})
    }

    fn applied(text: &str, edits: Value) -> Option<String> {
        apply(text, serde_json::from_value(edits).unwrap(), Units::Utf16)
    }

    #[test]
    fn edits_are_applied_by_the_places_before_them() {
        let text = "fn a() {}\r\n𝄞 a();\n";
        let edits = json!([edit((1, 3), (1, 4), "b"), edit((0, 3), (0, 4), "b"), edit((2, 0), (2, 0), "// end")]);
        assert_eq!(applied(text, edits).unwrap(), "fn b() {}\r\n𝄞 b();\n// end");
        assert_eq!(applied(text, json!([edit((0, 0), (0, 3), "x"), edit((0, 2), (0, 4), "y")])), None);
        assert_eq!(applied(text, json!([edit((9, 0), (9, 1), "x")])), None);
        assert_eq!(applied(text, json!([edit((0, 4), (0, 3), "x")])), None);
        assert_eq!(applied("ab", json!([edit((0, 1), (0, 1), "1"), edit((0, 1), (0, 1), "2")])).unwrap(), "a12b");
        assert_eq!(applied("ab", json!([edit((0, 1), (0, 99), "!")])).unwrap(), "a!");
    }

    #[tokio::test]
    async fn all_forms_of_a_change_are_read_and_moves_of_files_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "one\n").unwrap();
        let uri = place::uri(&path).unwrap();
        let edits = json!([edit((0, 0), (0, 3), "two")]);
        let document = json!({"textDocument": {"uri": uri, "version": 1}, "edits": edits});
        for answer in [json!({"changes": {uri.clone(): edits}}), json!({"documentChanges": [document]})] {
            let rewrites = rewrites(answer, Units::Utf16).await.unwrap();
            let [only] = rewrites.as_slice() else { unreachable!() };
            assert_eq!((only.before.as_str(), only.after.as_str(), only.places), ("one\n", "two\n", 1));
        }
        let moved = json!({"kind": "rename", "oldUri": uri, "newUri": "file:///x"});
        let problem = rewrites(json!({"documentChanges": [moved, document]}), Units::Utf16).await.unwrap_err();
        assert!(problem.contains("move"), "{problem}");
        let gone = json!({"changes": {"file:///no/such": edits}});
        assert!(rewrites(gone, Units::Utf16).await.unwrap_err().contains("cannot be read"));
        assert_eq!(rewrites(Value::Null, Units::Utf16).await.unwrap(), []);
    }

    proptest! {
        #[test]
        fn no_edit_panics(text in "[aä𝄞\r\n]{0,20}", places in prop::collection::vec((0u32..6, 0u32..6, 0u32..6, 0u32..6), 0..4)) {
            let edits: Vec<Value> = places.iter().map(|p| edit((p.0, p.1), (p.2, p.3), "x")).collect();
            let _unused = applied(&text, json!(edits));
        }
    }
}
