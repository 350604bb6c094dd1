//! The parser, one for each thread, with a bound on its work.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

/// How often the parser may report progress before it is stopped. It reports about every hundred steps, so this
/// is far above what a line of the allowed length needs.
const MAX_PROGRESS: u32 = 20_000;

/// Puts a letter in the place of each byte that is not ASCII. To bash those bytes are plain characters of a
/// word; the grammar's scanner looks them up in a table that ends at 255, and reads beyond it.
fn mask(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let fill = |c: char| std::iter::repeat_n(if c.is_ascii() { c } else { '_' }, c.len_utf8());
    Cow::Owned(text.chars().flat_map(fill).collect())
}

thread_local! {
    // Making a parser costs more than a parse.
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// The tree of a text, or none when it takes too long.
pub(super) fn parse(text: &str) -> Option<Tree> {
    let masked = mask(text);
    let text = masked.as_ref();
    PARSER.with_borrow_mut(|slot| {
        if slot.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
            *slot = Some(parser);
        }
        let parser = slot.as_mut()?;
        let mut reports = 0;
        let mut watch = |_: &tree_sitter::ParseState| {
            reports += 1;
            if reports > MAX_PROGRESS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut watch);
        let mut read = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        // A stopped parse would otherwise go on with the next text.
        parser.reset();
        tree
    })
}
