//! Takes a shell line apart into what bash would do: commands, redirections, assignments, changes of folder.
//!
//! The grammar is tree-sitter-bash; because a grammar of bash can be wrong where it matters, every word is read
//! a second time by our own lexer, every byte between tokens is checked, and a node that the walk does not
//! know is a doubt. A doubt asks. Nothing here decides.

mod builtins;
mod command;
mod expand;
mod feeds;
mod join;
mod parse;
mod redirect;
mod scan;
mod verify;
mod walk;
mod word;
mod wrap;

use std::ops::Range;
use std::path::{Path, PathBuf};

pub(super) use word::Word;
pub(super) use wrap::{base_name, is_shell, layers, runs_arguments, stripped};

/// Longer lines are asked about.
pub(super) const MAX_CHARS: usize = 10_000;
/// Deeper nesting is asked about.
pub(super) const MAX_DEPTH: usize = 64;
/// More here-documents than this are asked about.
const MAX_HEREDOCS: usize = 16;
/// More commands than this are asked about.
pub(super) const MAX_COMMANDS: usize = 1_000;

/// What a line consists of.
#[derive(Debug, Default)]
pub(super) struct Analysis {
    /// Every simple command, in the order of the text; those in substitutions follow their command.
    pub(super) commands: Vec<Command>,
    /// Redirections that write a file.
    pub(super) writes: Vec<Redirect>,
    /// Redirections that read a file.
    pub(super) reads: Vec<Redirect>,
    /// Why the line is not fully understood. Each is one clause for a person.
    pub(super) doubts: Vec<String>,
    /// The line could not be taken apart at all; only deny rules were tried on its raw words.
    pub(super) broken: Option<String>,
    /// Stages of each pipeline, as ranges of `commands`.
    pub(super) pipes: Vec<Vec<Range<usize>>>,
    /// Functions by name, with their bodies as ranges of `commands`.
    pub(super) functions: Vec<(String, Range<usize>)>,
    /// Guesses at commands, made from the raw words of a broken line. For deny rules and dangers only.
    pub(super) guesses: Vec<Vec<Word>>,
}

/// One simple command.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) kind: Kind,
    /// Assignments in front of it, or that it consists of.
    pub(super) assigns: Vec<Assign>,
    pub(super) words: Vec<Word>,
    pub(super) dirs: Dirs,
    /// It stands in a text that another command runs (`bash -c '…'`), which needs the permission itself.
    pub(super) nested: bool,
    /// Commands inside its substitutions.
    pub(super) inner: Range<usize>,
    /// The command as written, cut to a line.
    pub(super) shown: String,
}

/// What a command is to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Simple,
    /// Assignments without a command.
    Assignment,
    /// `export`, `declare` and their like.
    Declaration,
    /// `[ … ]` or `[[ … ]]`.
    Test,
}

/// `NAME=value` in front of a command.
#[derive(Debug, Clone)]
pub(super) struct Assign {
    pub(super) name: String,
    pub(super) value: Word,
}

/// A redirection to or from a named file.
#[derive(Debug, Clone)]
pub(super) struct Redirect {
    pub(super) target: Word,
    pub(super) dirs: Dirs,
}

/// The folders a command may run in, as far as `cd` before it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dirs {
    pub(super) at: Vec<PathBuf>,
    /// A `cd` before it named another folder.
    pub(super) moved: bool,
    /// The folder is not known.
    pub(super) lost: bool,
}

/// Takes a line apart. Pure; the same text gives the same analysis.
pub(super) fn analyse(text: &str, cwd: &Path, home: &Path) -> Analysis {
    let mut out = Analysis::default();
    if let Some(reason) = refused(text) {
        out.broken = Some(reason);
    } else {
        walk::run(text, cwd, home, &mut out);
    }
    if out.broken.is_some() {
        out.guesses.extend(scan::guesses(text, home));
    }
    out
}

/// Characters and lengths with which no analysis starts.
fn refused(text: &str) -> Option<String> {
    if text.chars().count() > MAX_CHARS {
        return Some(format!("it is longer than {MAX_CHARS} characters"));
    }
    // The scanner keeps open here-documents in a buffer of fixed size.
    if text.matches("<<").count() > MAX_HEREDOCS {
        return Some(format!("it has more than {MAX_HEREDOCS} here-documents"));
    }
    let odd = text.chars().find(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || is_deceptive(*c))?;
    Some(format!("it holds the character U+{:04X}, which a reader cannot see or takes for another", odd as u32))
}

/// Blanks other than space and tab, direction marks, fillers: they look like nothing or like a separator.
pub(super) fn is_deceptive(c: char) -> bool {
    (c.is_whitespace() && !c.is_ascii())
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl Analysis {
    /// Folder changes, doubts and failures leave nothing open.
    pub(super) fn is_clear(&self) -> bool {
        self.broken.is_none() && self.doubts.is_empty()
    }
}
