//! PDF files as text, page by page. Format: ISO 32000, read by `lopdf`; tables and columns come out as running text.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::Document;
use tokio_util::sync::CancellationToken;

use super::words::count;

/// The largest file that is read.
pub const MAX_FILE: u64 = 64 << 20;
/// Pages that are read when the call names none, and pages of one call.
const WITHOUT_ASKING: u32 = 10;
const AT_ONCE: usize = 20;
/// Bytes that the content of one page may unfold to.
const UNFOLDED: usize = 32 << 20;

/// Bytes of a PDF that goes to the model as it is; a request has 32 MB at most, base64 included.
const MAX_SENT: usize = 12 << 20;

/// Some pages.
#[derive(Debug)]
pub struct Pages {
    pub text: String,
    /// What is to be said about the text.
    pub note: String,
    pub count: u32,
    /// These pages as a file of their own; none where that cannot be made, or is too large to be sent.
    pub file: Option<Vec<u8>>,
}

/// The first bytes of every PDF.
pub fn is_pdf(start: &[u8]) -> bool {
    start.starts_with(b"%PDF-")
}

/// Reads the pages that are wanted (`1-5,8`), or all of a short file. The error is a text for the model.
pub fn to_text(content: &[u8], wanted: Option<&str>, cancel: &CancellationToken) -> Result<Pages, String> {
    // Foreign formats are fenced: a panic in the reader is a broken file, not a broken program.
    let read = catch_unwind(AssertUnwindSafe(|| read(content, wanted, cancel)));
    read.unwrap_or_else(|_| Err("is a PDF that cannot be read. Try `pdftotext` in Bash".to_owned()))
}

fn read(content: &[u8], wanted: Option<&str>, cancel: &CancellationToken) -> Result<Pages, String> {
    let document = Document::load_mem(content).map_err(|error| format!("is a PDF that cannot be read ({error})"))?;
    if document.is_encrypted() {
        return Err("is an encrypted PDF. Ask the user for its password, then `qpdf --decrypt` in Bash".to_owned());
    }
    let total = document.get_pages().len() as u32;
    let pages = choose(wanted, total)?;
    let (mut text, mut empty) = (String::new(), 0_u32);
    for page in &pages {
        if cancel.is_cancelled() {
            return Err("was not read to its end".to_owned());
        }
        let found = document.extract_text_with_limit(&[*page], UNFOLDED);
        let found = found.unwrap_or_else(|error| format!("(this page cannot be read: {error})"));
        empty += u32::from(found.trim().is_empty());
        writeln!(text, "[page {page}]\n{}", found.trim_end()).ok();
    }
    let mut note = format!("a PDF of {}, shown as text", count(u64::from(total), "page"));
    if empty > 0 {
        let scan = "no text on it; it may be a scan: render it with `pdftoppm -png` in Bash and read the picture";
        write!(note, "; {} with {scan}", count(u64::from(empty), "page")).ok();
    }
    let count = pages.len() as u32;
    let file = if count == total { Some(content.to_vec()) } else { cut_out(document, &pages, total) };
    Ok(Pages { text, note, count, file: file.filter(|file| file.len() <= MAX_SENT) })
}

/// A file of these pages alone.
fn cut_out(mut document: Document, pages: &[u32], total: u32) -> Option<Vec<u8>> {
    let others: Vec<u32> = (1..=total).filter(|page| !pages.contains(page)).collect();
    document.delete_pages(&others);
    document.prune_objects();
    let mut file = Vec::new();
    document.save_to(&mut file).ok()?;
    Some(file)
}

/// The numbers of the pages to read, from 1, in order.
fn choose(wanted: Option<&str>, total: u32) -> Result<Vec<u32>, String> {
    let Some(wanted) = wanted.map(str::trim).filter(|text| !text.is_empty()) else {
        if total > WITHOUT_ASKING {
            return Err(format!("is a PDF of {total} pages. Say which to read, at most {AT_ONCE}: pages \"1-5,8\""));
        }
        return Ok((1..=total).collect());
    };
    let wrong = || format!("has no pages `{wanted}`. It has {total}; write them as \"1-5,8\"");
    let mut pages = Vec::new();
    for part in wanted.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str, open: u32| match text.trim() {
            "" => Ok(open),
            text => text.parse::<u32>().map_err(|_| wrong()),
        };
        let (first, last) = (number(first, 1)?, number(last, total)?.min(total));
        if first == 0 || first > last {
            return Err(wrong());
        }
        pages.extend(first..=last);
        if pages.len() > AT_ONCE {
            return Err(format!("has more pages in `{wanted}` than the {AT_ONCE} that one call reads"));
        }
    }
    pages.dedup();
    Ok(pages)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use lopdf::content::{Content, Operation};
    use lopdf::{Object, Stream, dictionary};

    use super::*;

    /// A PDF whose pages say these words.
    pub(crate) fn pdf(pages: &[&str]) -> Vec<u8> {
        let mut document = Document::with_version("1.5");
        let root = document.new_object_id();
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier", "Encoding" => "WinAnsiEncoding",
        });
        let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
        let mut kids = Vec::new();
        for words in pages {
            let operations = vec![
                Operation::new("BT", vec![]),
                Operation::new("Tf", vec!["F1".into(), 12.into()]),
                Operation::new("Tj", vec![Object::string_literal(*words)]),
                Operation::new("ET", vec![]),
            ];
            let content = Content { operations }.encode().unwrap();
            let content = document.add_object(Stream::new(dictionary! {}, content));
            let page = dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content };
            kids.push(Object::from(document.add_object(page)));
        }
        let count = kids.len() as i64;
        let tree = dictionary! {
            "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        };
        document.objects.insert(root, Object::Dictionary(tree));
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    fn run(content: &[u8], wanted: Option<&str>) -> Result<Pages, String> {
        to_text(content, wanted, &CancellationToken::new())
    }

    #[test]
    fn pages_become_text() {
        let file = pdf(&["first words", "", "third words"]);
        assert!(is_pdf(&file));
        let pages = run(&file, None).unwrap();
        assert!(pages.text.starts_with("[page 1]\nfirst words\n[page 2]\n"), "{}", pages.text);
        assert!(pages.note.starts_with("a PDF of 3 pages, shown as text; 1 page with no text"), "{}", pages.note);
        assert_eq!(run(&file, Some("3")).unwrap().text, "[page 3]\nthird words\n");
        assert!(run(&file, Some("2-")).unwrap().text.contains("third"));
    }

    #[test]
    fn pages_are_a_file_of_their_own() {
        let file = pdf(&["first words", "second words", "third words"]);
        assert_eq!(run(&file, None).unwrap().file.as_ref(), Some(&file));
        let pages = run(&file, Some("2-3")).unwrap();
        assert_eq!(pages.count, 2);
        let part = run(&pages.file.unwrap(), None).unwrap();
        assert_eq!((part.count, part.text.as_str()), (2, "[page 1]\nsecond words\n[page 2]\nthird words\n"));
    }

    #[test]
    fn many_pages_have_to_be_named() {
        let file = pdf(&["x"; 30]);
        assert!(run(&file, None).unwrap_err().contains("30 pages. Say which"));
        assert_eq!(run(&file, Some("1-2, 30")).unwrap().text.matches("[page").count(), 3);
        for wrong in ["0", "31", "x", "5-4", "1-30"] {
            assert!(run(&file, Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_broken_is_said() {
        assert!(run(b"%PDF-1.7\nnothing", None).unwrap_err().contains("cannot be read"));
        let mut cut = pdf(&["x"]);
        cut.truncate(cut.len() / 2);
        drop(run(&cut, None));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(at in 0_usize..700, byte: u8) {
            let mut file = pdf(&["some words", "more"]);
            let at = at % file.len();
            file[at] = byte;
            drop(run(&file, None));
        }
    }
}
