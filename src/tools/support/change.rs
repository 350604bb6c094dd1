//! Changes of files: planned against what is on disk, checked against what was read, written atomically.
//!
//! A plan changes nothing, so the permission question shows the very plan that a call would carry out.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::super::ToolContext;
use crate::base::beneath::{self, Folder};
use crate::base::paths;
use crate::domain::{Accepted, FileChange, FileDiff, Hash, ResultPart, Shown, ToolOutcome};

use super::decode::{self, Encoding};
use super::diff;
use super::files::{Spot, read_bounded};
use super::job;
use super::reads::{FileStamp, ReadLedger};
use super::replace::{Swap, apply};

/// The largest file that is edited.
const MAX_BYTES: u64 = 32 << 20;

/// What is known about paths and files: where a path really lies, and what the session has read. Without the
/// latter the rules of reading first do not hold.
pub type Known<'a> = (&'a dyn Fn(&Path) -> PathBuf, Option<&'a ReadLedger>);

/// A change that has not been made.
#[derive(Debug)]
pub struct Plan {
    /// As the call names it.
    path: PathBuf,
    /// Where it lies.
    real: PathBuf,
    encoding: Encoding,
    /// The bytes now; none when the file is new.
    before: Option<Vec<u8>>,
    before_text: Option<String>,
    after: Vec<u8>,
    after_text: String,
    /// The model wrote all of the new content.
    whole: bool,
}

impl Plan {
    /// A part of a text file becomes another.
    fn of_text(
        path: &Path,
        real: PathBuf,
        (before, text, encoding): (Vec<u8>, String, Encoding),
        after_text: String,
    ) -> Self {
        let after = encoding.encode(&after_text);
        Self {
            path: path.to_owned(),
            real,
            encoding,
            before: Some(before),
            before_text: Some(text),
            after,
            after_text,
            whole: false,
        }
    }
}

/// Plans the replacements, one after the other; one that fails fails all. With a ledger, the file must
/// have been read.
pub fn plan_edits(path: &Path, swaps: &[Swap], (place, reads): Known<'_>) -> Result<Plan, String> {
    let real = place(path);
    if let [only] = swaps
        && only.old.is_empty()
        && fs::symlink_metadata(&real).map_or(true, |metadata| metadata.is_file() && metadata.len() == 0)
    {
        // An empty text can only be replaced where nothing is.
        return plan_write(path, &only.new, (place, reads));
    }
    let (before, metadata) = read_bounded(Spot { named: path, real: &real }, MAX_BYTES)?;
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
    Ok(Plan::of_text(path, real, (before, text, encoding), after_text))
}

/// Plans a change of a text file that a function makes of its text. With a ledger, the file must have been read and
/// not changed since.
pub fn plan_with(
    path: &Path,
    (place, reads): Known<'_>,
    change: impl FnOnce(&str) -> Result<String, String>,
) -> Result<Plan, String> {
    let real = place(path);
    let (before, metadata) = read_bounded(Spot { named: path, real: &real }, MAX_BYTES)?;
    if let Some(reads) = reads
        && changed_since_read(path, &FileStamp::of(&before, &metadata), reads)?
    {
        return Err(stale(path));
    }
    let (text, encoding) = decode::exact(&before).ok_or_else(|| not_text(path))?;
    let after_text = change(&text)?;
    Ok(Plan::of_text(path, real, (before, text, encoding), after_text))
}

/// Plans a whole new content. An existing file keeps its encoding, its mark and, when all its lines end
/// with CR LF, those. With a ledger, an existing file must have been read whole and not changed since.
pub fn plan_write(path: &Path, content: &str, (place, reads): Known<'_>) -> Result<Plan, String> {
    let real = place(path);
    let missing = fs::symlink_metadata(&real).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if missing {
        return Ok(Plan {
            path: path.to_owned(),
            real,
            encoding: Encoding::Utf8,
            before: None,
            before_text: None,
            after: content.as_bytes().to_vec(),
            after_text: content.to_owned(),
            whole: true,
        });
    }
    let (before, metadata) = read_bounded(Spot { named: path, real: &real }, MAX_BYTES)?;
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
        real,
        encoding,
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

    /// The same with the comparison that it was made from.
    pub fn compare(&self, base: &Path) -> (FileDiff, diff::Compared) {
        let name = paths::relative_to(&self.path, base);
        diff::compare_fully(&name, self.before_text.as_deref(), &self.after_text)
    }

    /// The texts before and after, for a change of a file that exists.
    pub fn texts(&self) -> Option<(&str, &str)> {
        self.before_text.as_deref().map(|before| (before, self.after_text.as_str()))
    }

    /// The same change with another text as its outcome, in the form that the file has; told to the model in these words.
    pub fn with_text(&self, after: &str, told: String) -> Option<Accepted> {
        let before = Hash::of(self.before.as_ref()?);
        Some(Accepted { before, after: self.encoding.encode(after), told })
    }

    /// Only what the person accepted. An error when the file is not the one that was shown.
    fn narrow(mut self, accepted: &Accepted) -> Result<Self, String> {
        if self.before.as_ref().map(|before| Hash::of(before)) != Some(accepted.before) {
            let path = self.path.display();
            return Err(format!(
                "{path} changed after the person chose parts of the change, so nothing was done. Read it again."
            ));
        }
        let text = decode::exact(&accepted.after)
            .map_or_else(|| String::from_utf8_lossy(&accepted.after).into_owned(), |(text, _)| text);
        self.after.clone_from(&accepted.after);
        self.after_text = text;
        Ok(self)
    }

    /// Makes the change, unless the file became another one since it was planned.
    pub(in crate::tools) fn carry_out(self, base: &Path, reads: &ReadLedger) -> ToolOutcome {
        let diff = self.diff(base);
        let metadata = match self.write() {
            Ok(metadata) => metadata,
            Err(error) => return ToolOutcome::error(format!("{} was not changed: {error}", self.path.display())),
        };
        reads.note_write(&self.path, FileStamp::of(&self.after, &metadata), self.whole);
        let summary = diff::summary(&diff);
        let done = if diff.created { "Created" } else { "Changed" };
        let text = format!("{done} {} ({summary}).", self.path.display());
        ToolOutcome {
            shown: Shown::Diff(vec![diff]),
            changed: vec![FileChange { path: self.path, before: self.before }],
            ..ToolOutcome::text(text, summary)
        }
    }

    /// Writes by descriptor at the place that was decided about; a link that stands there now is not followed.
    fn write(&self) -> io::Result<Metadata> {
        let (folder, name) = beneath::parted(&self.real)?;
        let folder = if self.before.is_some() { Folder::open(folder) } else { Folder::make(folder) }?;
        folder.replace(name, &self.after, |folder| self.still_as_planned(folder, name))
    }

    fn still_as_planned(&self, folder: &Folder, name: &OsStr) -> io::Result<()> {
        let same = match &self.before {
            Some(before) => folder.file(name).is_ok_and(|file| holds(file, before)),
            None => folder.kind(name)?.is_none(),
        };
        if same { Ok(()) } else { Err(io::Error::other("something else changed it at this moment; read it again")) }
    }
}

/// The file has exactly this content.
fn holds(file: File, content: &[u8]) -> bool {
    let mut now = Vec::new();
    file.take(content.len() as u64 + 1).read_to_end(&mut now).is_ok() && now == content
}

/// Makes a planned change on the terms of its call.
pub fn carry_out(plan: Result<Plan, String>, context: &ToolContext) -> ToolOutcome {
    let accepted = context.terms.accepted.as_deref();
    let plan = plan.and_then(|plan| match accepted {
        Some(accepted) => plan.narrow(accepted),
        None => Ok(plan),
    });
    let mut outcome = match plan {
        Ok(plan) => plan.carry_out(&context.place.project, &context.reads),
        Err(error) => return ToolOutcome::error(error),
    };
    if let Some(accepted) = accepted.filter(|_| !outcome.is_error) {
        outcome.parts.push(ResultPart::Text(accepted.told.clone()));
        outcome.summary.push_str(" · in part");
    }
    outcome
}

/// Puts new texts in the place of old ones, which must still be there: path, old text, new text. All are planned before
/// the first is written. A file need not have been read, because nobody but a server worked the change out.
pub async fn rewrite(files: Vec<(PathBuf, String, String)>, context: ToolContext) -> ToolOutcome {
    let cancel = context.cancel.clone();
    job::whole(cancel, move || write_all(files, &context)).await
}

fn write_all(files: Vec<(PathBuf, String, String)>, context: &ToolContext) -> ToolOutcome {
    let real = |path: &Path| context.real(path);
    let mut plans = Vec::with_capacity(files.len());
    for (path, before, after) in files {
        let plan = plan_with(&path, (&real, None), |now| if now == before { Ok(after) } else { Err(stale(&path)) });
        match plan {
            Ok(plan) => plans.push(plan),
            Err(problem) => return ToolOutcome::error(format!("{problem} Nothing was changed.")),
        }
    }
    let (mut diffs, mut changed, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for plan in plans {
        let mut outcome = plan.carry_out(&context.place.project, &context.reads);
        changed.append(&mut outcome.changed);
        match outcome.shown {
            Shown::Diff(mut diff) => diffs.append(&mut diff),
            _ => problems.push(outcome.summary),
        }
    }
    let names: Vec<String> = diffs.iter().map(|diff| format!("{} ({})", diff.path, diff::summary(diff))).collect();
    let summary = if diffs.len() == 1 { "1 file".to_owned() } else { format!("{} files", diffs.len()) };
    let text = format!("Changed {summary}: {}.", names.join(", "));
    let outcome = match problems.as_slice() {
        [] => ToolOutcome::text(text, summary),
        problems => ToolOutcome::error(format!("{text} These failed: {}", problems.join("; "))),
    };
    ToolOutcome { shown: Shown::Diff(diffs), changed, ..outcome }
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
