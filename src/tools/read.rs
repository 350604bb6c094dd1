//! Read: one page of a text file, a picture, a PDF or a notebook as text.

use std::fmt::Write as _;
use std::io::{Cursor, Seek};
use std::path::Path;

use base64::Engine as _;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::support::decode::{Encoding, utf16_lossy};
use super::support::files::{Opened, Spot, open};
use super::support::pager::{self, Page, Wanted};
use super::support::words::{add_note, bytes, count};
use super::support::{image, input, job, notebook, pdf};
use super::{Place, Tool, ToolContext};
use crate::base::paths::relative_to;
use crate::domain::{Access, Document, ResultPart, Shown, ToolOutcome, ToolSpec};

const NAME: &str = "Read";
/// Lines of a page when the call does not say.
const PAGE_LINES: u64 = 2_000;
/// Characters of a page for each character of an ordinary result: a page of code is worth more to a model
/// than a page of output, and a second call costs more than a long page.
const PAGE_FACTOR: usize = 3;
/// The largest file that has to be taken whole: notebooks and UTF-16.
const MAX_WHOLE: u64 = 32 << 20;

#[derive(Debug)]
pub struct Read;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReadInput {
    /// Absolute path.
    file_path: String,
    /// First line, from 1.
    #[serde(default, deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    offset: Option<u64>,
    /// Number of lines.
    #[serde(default, deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    limit: Option<u64>,
    /// Pages of a PDF: "1-5,8".
    #[serde(default)]
    pages: Option<String>,
}

impl Tool for Read {
    fn spec(&self) -> ToolSpec {
        input::spec::<ReadInput>(NAME, include_str!("../../assets/tools/read.md"))
    }

    fn access(&self, value: &Value, place: &Place) -> Result<Access, String> {
        let input: ReadInput = input::parse(NAME, value)?;
        input::path("file_path", &input.file_path, place).map(Access::read)
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        job::reading(context.cancel.clone(), move |cancel| {
            read(&value, &context, cancel).unwrap_or_else(ToolOutcome::error)
        })
    }
}

fn read(value: &Value, context: &ToolContext, cancel: &CancellationToken) -> Result<ToolOutcome, String> {
    let input: ReadInput = input::parse(NAME, value)?;
    let path = input::path("file_path", &input.file_path, &context.place)?;
    let mut file = open(Spot { named: &path, real: &context.real(&path) })?;
    let wanted = Wanted {
        first: input.offset.unwrap_or(1).max(1),
        lines: input.limit.filter(|limit| *limit > 0).unwrap_or(PAGE_LINES),
        chars: context.limits.result_chars.saturating_mul(PAGE_FACTOR),
    };
    if let Some(format) = image::sniff(&file.start) {
        let name = relative_to(&path, &context.place.project);
        return picture(&name, file.whole(image::MAX_FILE)?, format);
    }
    let encoding = Encoding::sniff(&file.start);
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let read_text = |text: String| pager::read(Cursor::new(text), wanted, cancel).map_err(failed);
    let mut document = None;
    let (page, note) = if pdf::is_pdf(&file.start) {
        let pages = pdf::to_text(&file.whole(pdf::MAX_FILE)?, input.pages.as_deref(), cancel)
            .map_err(|problem| format!("{} {problem}.", path.display()))?;
        // Whoever asks for lines wants the text.
        document = pages.file.filter(|_| input.offset.is_none() && input.limit.is_none()).zip(Some(pages.count));
        (read_text(pages.text)?, Some(pages.note))
    } else if path.extension().is_some_and(|extension| extension == "ipynb") {
        let text = notebook::to_text(&file.whole(MAX_WHOLE)?)
            .map_err(|error| format!("{} is not a notebook: {error}. Use Bash to look into it.", path.display()))?;
        (read_text(text)?, Some("a notebook, shown as text".to_owned()))
    } else if encoding.is_utf16() {
        let (text, lossy) = utf16_lossy(&file.whole(MAX_WHOLE)?);
        let mut page = read_text(text)?;
        page.lossy |= lossy;
        (page, Some("UTF-16, shown as UTF-8".to_owned()))
    } else if file.start.contains(&0) {
        return Err(binary(&path, &file));
    } else {
        let mark = encoding.mark().len() as u64;
        file.file.seek(std::io::SeekFrom::Start(mark)).map_err(failed)?;
        (pager::read(&file.file, wanted, cancel).map_err(failed)?, None)
    };
    note_read(context, &path, &mut file, wanted, &page);
    let outcome = outcome(&path, wanted, page, note.as_deref());
    Ok(match document {
        Some(document) if !outcome.is_error => as_document(&path, document, outcome),
        _ => outcome,
    })
}

/// The file itself goes along; what was read of it as text is for a model that takes none.
fn as_document(path: &Path, (file, pages): (Vec<u8>, u32), read: ToolOutcome) -> ToolOutcome {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = read.parts.iter().filter_map(|part| match part {
        ResultPart::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let told = format!("{name}: {} of a PDF.", count(u64::from(pages), "page"));
    let document = Document {
        name,
        data: base64::engine::general_purpose::STANDARD.encode(file),
        pages,
        text: text.collect::<Vec<_>>().join("\n"),
    };
    let summary = format!("{}, {}", count(u64::from(pages), "page"), read.summary);
    ToolOutcome { parts: vec![ResultPart::Text(told), ResultPart::Document(document)], summary, ..read }
}

fn note_read(context: &ToolContext, path: &Path, file: &mut Opened, wanted: Wanted, page: &Page) {
    let last = wanted.first + page.lines.len() as u64 - 1;
    let empty = page.total == Some(0);
    if !page.lines.is_empty() || empty {
        context.reads.note_page(path, file.stamp(), wanted.first, last, !page.more);
    }
}

fn outcome(path: &Path, wanted: Wanted, page: Page, note: Option<&str>) -> ToolOutcome {
    let name = path.display();
    match (page.lines.is_empty(), page.total) {
        (true, Some(0)) => return ToolOutcome::text(format!("[{name} exists but is empty.]"), "empty"),
        (true, total) => {
            let total = count(total.unwrap_or_default(), "line");
            return ToolOutcome::error(format!("{name} has {total}; offset {} is past its end.", wanted.first));
        }
        _ => {}
    }
    let last = wanted.first + page.lines.len() as u64 - 1;
    let mut text = String::new();
    for (number, line) in (wanted.first..).zip(&page.lines) {
        writeln!(text, "{number:>6}\t{line}").ok();
    }
    for note in notes(wanted.first, last, &page, note) {
        add_note(&mut text, &note);
    }
    let language = path.extension().and_then(|extension| extension.to_str()).map(str::to_owned);
    let shown = Shown::Text { text: page.lines.join("\n"), language };
    ToolOutcome { shown, ..ToolOutcome::text(text, count(page.lines.len() as u64, "line")) }
}

fn notes(first: u64, last: u64, page: &Page, note: Option<&str>) -> Vec<String> {
    let mut notes: Vec<String> = note.map(|note| format!("This is {note}.")).into_iter().collect();
    if page.lossy {
        notes.push("Some bytes are not valid text and are shown as \u{FFFD}; Edit refuses such a file.".to_owned());
    }
    if page.cut > 0 {
        notes.push(format!("{} cut at {} characters.", count(page.cut, "line"), pager::MAX_LINE));
    }
    if page.more {
        let total = page.total.map(|total| format!(" of {total}")).unwrap_or_default();
        notes.push(format!("Lines {first}-{last}{total}. Read on with offset {}.", last + 1));
    }
    notes
}

fn picture(name: &str, content: Vec<u8>, format: ::image::ImageFormat) -> Result<ToolOutcome, String> {
    let size = content.len() as u64;
    let picture = image::prepare(content, format)
        .map_err(|error| format!("{name} looks like {} but cannot be shown: {error}.", format.to_mime_type()))?;
    let (width, height) = (picture.width, picture.height);
    let smaller = picture.sent.map(|(width, height)| format!(", shown at {width}×{height}")).unwrap_or_default();
    let text = format!("{name}: {}, {width}×{height} pixels{smaller}.", format.to_mime_type());
    Ok(ToolOutcome {
        parts: vec![ResultPart::Text(text.clone()), ResultPart::Image(picture.media)],
        shown: Shown::Image { name: name.to_owned(), width, height, bytes: size },
        ..ToolOutcome::text(text, format!("{width}×{height}, {}", bytes(size)))
    })
}

fn binary(path: &Path, file: &Opened) -> String {
    let name = path.display();
    let size = bytes(file.metadata.len());
    format!(
        "{name} is a binary file ({size}) and has no text to show. Use a command in Bash, such as `file` or `xxd | head`."
    )
}
