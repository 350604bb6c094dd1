//! Changes of files: planned against what is on disk, checked against what was read, written atomically.
//!
//! A plan changes nothing, so the permission question shows the very plan that a call would carry out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::{atomic, paths};
use crate::domain::{FileChange, FileDiff, Shown, ToolOutcome};

use super::decode::{self, Encoding};
use super::diff;
use super::files::read_bounded;
use super::reads::{FileStamp, ReadLedger};
use super::replace::{Swap, apply};

/// The largest file that is edited.
const MAX_BYTES: u64 = 32 << 20;

/// A change that has not been made.
#[derive(Debug)]
pub struct Plan {
    path: PathBuf,
    /// The bytes now; none when the file is new.
    before: Option<Vec<u8>>,
    before_text: Option<String>,
    after: Vec<u8>,
    after_text: String,
    /// The model wrote all of the new content.
    whole: bool,
}

/// Plans the replacements, one after the other; one that fails fails all. With a ledger, the file must
/// have been read.
pub fn plan_edits(path: &Path, swaps: &[Swap], reads: Option<&ReadLedger>) -> Result<Plan, String> {
    if let [only] = swaps
        && only.old.is_empty()
        && fs::metadata(path).map_or(true, |metadata| metadata.is_file() && metadata.len() == 0)
    {
        // An empty text can only be replaced where nothing is.
        return plan_write(path, &only.new, reads);
    }
    let (before, metadata) = read_bounded(path, MAX_BYTES)?;
    let changed = match reads {
        Some(reads) => changed_since_read(path, &FileStamp::of(&before, &metadata), reads)?,
        None => false,
    };
    if changed && swaps.iter().any(|swap| swap.all) {
        return Err(stale(path));
    }
    let (text, encoding) = decode::exact(&before).ok_or_else(|| not_text(path))?;
    let mut after_text = text.clone();
    for (index, swap) in swaps.iter().enumerate() {
        after_text = apply(&after_text, swap).map_err(|error| {
            let which =
                if swaps.len() > 1 { format!("Edit {} of {}: ", index + 1, swaps.len()) } else { String::new() };
            let stale = if changed { format!("\n{}", stale(path)) } else { String::new() };
            let none = if swaps.len() > 1 { "\nNone of the edits was made." } else { "" };
            format!("{}: {which}{error}{none}{stale}", path.display())
        })?;
    }
    let after = encoding.encode(&after_text);
    Ok(Plan { path: path.to_owned(), before: Some(before), before_text: Some(text), after, after_text, whole: false })
}

/// Plans a change of a text file that a function makes of its text. With a ledger, the file must have been read and
/// not changed since.
pub fn plan_with(
    path: &Path,
    reads: Option<&ReadLedger>,
    change: impl FnOnce(&str) -> Result<String, String>,
) -> Result<Plan, String> {
    let (before, metadata) = read_bounded(path, MAX_BYTES)?;
    if let Some(reads) = reads
        && changed_since_read(path, &FileStamp::of(&before, &metadata), reads)?
    {
        return Err(stale(path));
    }
    let (text, encoding) = decode::exact(&before).ok_or_else(|| not_text(path))?;
    let after_text = change(&text)?;
    let after = encoding.encode(&after_text);
    Ok(Plan { path: path.to_owned(), before: Some(before), before_text: Some(text), after, after_text, whole: false })
}

/// Plans a whole new content. An existing file keeps its encoding, its mark and, when all its lines end
/// with CR LF, those. With a ledger, an existing file must have been read whole and not changed since.
pub fn plan_write(path: &Path, content: &str, reads: Option<&ReadLedger>) -> Result<Plan, String> {
    let missing = fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if missing {
        let after = content.as_bytes().to_vec();
        let after_text = content.to_owned();
        return Ok(Plan { path: path.to_owned(), before: None, before_text: None, after, after_text, whole: true });
    }
    let (before, metadata) = read_bounded(path, MAX_BYTES)?;
    if let Some(reads) = reads.filter(|_| !before.is_empty()) {
        if changed_since_read(path, &FileStamp::of(&before, &metadata), reads)? {
            return Err(stale(path));
        }
        if !reads.state(path).is_some_and(|state| state.whole) {
            let path = path.display();
            return Err(format!(
                "Only a part of {path} was read, and Write would replace all of it. Read the rest first, or use Edit."
            ));
        }
    }
    let known = decode::exact(&before);
    let encoding = known.as_ref().map_or(Encoding::Utf8, |(_, encoding)| *encoding);
    let content = content.strip_prefix('\u{FEFF}').filter(|_| !encoding.mark().is_empty()).unwrap_or(content);
    let returns = known.as_ref().is_some_and(|(text, _)| only_crlf(text)) && !content.contains('\r');
    let after_text = if returns { content.replace('\n', "\r\n") } else { content.to_owned() };
    let before_text = known.map_or_else(|| String::from_utf8_lossy(&before).into_owned(), |(text, _)| text);
    let after = encoding.encode(&after_text);
    Ok(Plan {
        path: path.to_owned(),
        before: Some(before),
        before_text: Some(before_text),
        after,
        after_text,
        whole: true,
    })
}

impl Plan {
    /// The difference as the person sees it; `base` is where shown paths start.
    pub fn diff(&self, base: &Path) -> FileDiff {
        diff::compare(&paths::relative_to(&self.path, base), self.before_text.as_deref(), &self.after_text)
    }

    /// Makes the change, unless the file became another one since it was planned.
    pub fn carry_out(self, base: &Path, reads: &ReadLedger) -> ToolOutcome {
        let diff = self.diff(base);
        if let Err(error) = self.write() {
            return ToolOutcome::error(format!("{} was not changed: {error}", self.path.display()));
        }
        if let Ok(metadata) = fs::metadata(&self.path) {
            reads.note_write(&self.path, FileStamp::of(&self.after, &metadata), self.whole);
        }
        let summary = diff::summary(&diff);
        let done = if diff.created { "Created" } else { "Changed" };
        let text = format!("{done} {} ({summary}).", self.path.display());
        ToolOutcome {
            shown: Shown::Diff(vec![diff]),
            changed: vec![FileChange { path: self.path, before: self.before }],
            ..ToolOutcome::text(text, summary)
        }
    }

    fn write(&self) -> io::Result<()> {
        match &self.before {
            Some(_) if rustix::fs::access(&self.path, rustix::fs::Access::WRITE_OK).is_err() => {
                return Err(io::Error::other("the file is read-only"));
            }
            Some(_) => {}
            None => self.path.parent().map_or(Ok(()), fs::create_dir_all)?,
        }
        atomic::write_checked(&self.path, &self.after, |target| self.still_as_planned(target))
    }

    fn still_as_planned(&self, target: &Path) -> io::Result<()> {
        let same = match &self.before {
            Some(before) => read_bounded(target, MAX_BYTES).is_ok_and(|(now, _)| now == *before),
            None => fs::symlink_metadata(target).is_err_and(|error| error.kind() == io::ErrorKind::NotFound),
        };
        if same { Ok(()) } else { Err(io::Error::other("something else changed it at this moment; read it again")) }
    }
}

/// Whether the file differs from what the model saw. An error when the model never saw it.
fn changed_since_read(path: &Path, now: &FileStamp, reads: &ReadLedger) -> Result<bool, String> {
    match reads.state(path) {
        Some(state) => Ok(!state.stamp.same_content(now)),
        None => Err(format!("{} has not been read in this session. Read it first.", path.display())),
    }
}

fn stale(path: &Path) -> String {
    format!("{} changed on disk since it was read. Read it again, then make the change.", path.display())
}

fn not_text(path: &Path) -> String {
    format!(
        "{} is not valid UTF-8 (nor UTF-16 with a mark), so an edit could damage it. Change it with a command in Bash that knows its encoding, or convert it first.",
        path.display()
    )
}

/// There are line ends, and all of them are CR LF.
fn only_crlf(text: &str) -> bool {
    let newlines = text.bytes().filter(|byte| *byte == b'\n').count();
    newlines > 0 && text.matches("\r\n").count() == newlines
}
