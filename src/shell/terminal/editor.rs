//! A text in the person's own editor: a private file, `$VISUAL` or `$EDITOR`, and what came of it.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::domain::EditPurpose;

/// The largest text that is read back.
const LARGEST: u64 = 10 << 20;

/// Which editor: `$VISUAL`, `$EDITOR`, `vi`. Empty variables do not count.
pub fn choose(variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into())
}

/// Lets the person edit what an act names: a text, or a file as it lies there.
pub async fn run(editor: OsString, purpose: EditPurpose, text: String) -> (EditPurpose, io::Result<Option<String>>) {
    let done = match &purpose {
        EditPurpose::File { path, .. } => open(editor, path).await.map(|_| None),
        _ => edit(editor, text).await,
    };
    (purpose, done)
}

/// Opens a file in the editor; false when the editor says that it failed.
async fn open(mut script: OsString, path: &Path) -> io::Result<bool> {
    script.push(" \"$1\"");
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(script).arg("sh").arg(path).stdin(Stdio::inherit()).kill_on_drop(true);
    Ok(command.status().await?.success())
}

/// Lets the person edit `text`. None when the editor says that it failed (`:cq`): the text stays as it was.
///
/// The editor is a shell word list (`code --wait`), as every other program reads it; it gets the terminal
/// and stays in our process group, so that the terminal lets it read.
pub async fn edit(editor: OsString, text: String) -> io::Result<Option<String>> {
    let mut file = tempfile::Builder::new().prefix("latigo-").suffix(".md").tempfile()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    let path = file.into_temp_path();
    if !open(editor, &path).await? {
        return Ok(None);
    }
    let length = fs::metadata(&path)?.len();
    if length > LARGEST {
        return Err(io::Error::other(format!("the edited text has {length} bytes, more than the {LARGEST} allowed")));
    }
    let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
    // Editors end the file with a newline that nobody typed.
    Ok(Some(text.strip_suffix('\n').map_or_else(|| text.clone(), str::to_owned)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_edited_text_comes_back_without_the_last_newline() {
        let editor = "sed -i -e s/old/new/";
        assert_eq!(edit(editor.into(), "an old\nword".to_owned()).await.unwrap().unwrap(), "an new\nword");
        assert_eq!(edit("echo more >>".into(), "a\n".to_owned()).await.unwrap().unwrap(), "a\nmore");
    }

    #[tokio::test]
    async fn an_editor_that_fails_changes_nothing() {
        assert_eq!(edit("false".into(), "text".to_owned()).await.unwrap(), None);
        assert_eq!(edit("no-such-editor-here 2>&-".into(), "text".to_owned()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn nobody_else_can_read_the_file() {
        let mode = edit(
            "f() { ls -l \"$1\" | cut -c1-10 > \"$1.m\" && cat \"$1.m\" > \"$1\" && rm \"$1.m\"; }; f".into(),
            String::new(),
        )
        .await;
        assert_eq!(mode.unwrap().unwrap(), "-rw-------");
    }

    #[test]
    fn visual_wins_and_empty_variables_do_not_count() {
        let pick = |visual: &str, editor: &str| {
            let (visual, editor) = (OsString::from(visual), OsString::from(editor));
            choose(move |name| Some(if name == "VISUAL" { visual.clone() } else { editor.clone() }))
        };
        assert_eq!(pick("code --wait", "vim"), "code --wait");
        assert_eq!(pick("", "vim"), "vim");
        assert_eq!(pick("", ""), "vi");
    }
}
