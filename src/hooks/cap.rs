//! Long texts of a hook: what is too long for the model goes into a file, and a preview stays.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::base::dirs::{create_private, private_options};

/// Characters that one text of a hook may have.
pub const MOST: usize = 10_000;
/// Characters of the preview.
const PREVIEW: usize = 2_000;
/// Characters of an input or output in the trace.
const TRACE: usize = 8_000;

/// The text, or its start with the place of the whole.
pub fn capped(text: String, outputs: &Path) -> String {
    if text.chars().nth(MOST).is_none() {
        return text;
    }
    let preview: String = text.chars().take(PREVIEW).collect();
    let count = text.chars().count();
    let rest = match keep(&text, outputs) {
        Ok(path) => format!("the whole text is in {path}"),
        Err(error) => format!("the rest could not be kept: {error}"),
    };
    format!("{preview}\n[This hook wrote {count} characters; {rest}.]")
}

fn keep(text: &str, outputs: &Path) -> std::io::Result<String> {
    create_private(outputs)?;
    let path = outputs.join(format!("hook-{}.txt", uuid::Uuid::new_v4().simple()));
    private_options().write(true).create_new(true).open(&path)?.write_all(text.as_bytes())?;
    Ok(path.display().to_string())
}

/// A text for the trace: its start, and how much follows.
pub fn traced(text: &str) -> String {
    let mut cut: String = text.chars().take(TRACE).collect();
    if cut.len() < text.len() {
        write!(cut, "\n[… {} bytes in all]", text.len()).ok();
    }
    cut
}
