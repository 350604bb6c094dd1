//! Syntax colours for code. The syntax definitions are loaded at the first block that needs them and can be
//! dropped again; until then they cost nothing.
//!
//! A syntax definition runs expensive regular expressions over foreign text, so lines and blocks are bounded.

use std::str::FromStr;
use std::sync::LazyLock;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use syntect::highlighting::{
    Color, HighlightIterator, HighlightState, Highlighter, ScopeSelectors, StyleModifier, Theme as Scopes, ThemeItem,
};
use syntect::parsing::{ParseState, ScopeStack, SyntaxSet};

use crate::base::text::sanitize;
use crate::theme::{Meaning, Syntax, Theme};

/// Longer lines stay plain: the time for one grows faster than its length.
const MAX_LINE: usize = 2_048;
/// Lines of one block that get colours; what follows stays plain.
const MAX_LINES: usize = 10_000;

/// Which scopes are which piece of code. A later, more exact selector wins over an earlier one.
const SELECTORS: [(&str, Syntax); 14] = [
    ("source, text", Syntax::Plain),
    ("comment, punctuation.definition.comment", Syntax::Comment),
    ("string, punctuation.definition.string, constant.other.symbol, markup.raw", Syntax::String),
    ("constant, constant.numeric, constant.character.escape, support.constant, variable.language", Syntax::Constant),
    ("keyword, storage, storage.modifier, keyword.control, keyword.other", Syntax::Keyword),
    ("keyword.operator", Syntax::Operator),
    (
        "entity.name.type, entity.name.class, entity.name.struct, entity.name.enum, entity.name.trait, support.type, support.class, entity.other.inherited-class, storage.type.primitive",
        Syntax::Type,
    ),
    ("entity.name.function, support.function, variable.function, support.macro, entity.name.macro", Syntax::Function),
    (
        "entity.name.tag, punctuation.definition.tag, meta.mapping.key string, meta.structure.dictionary.key string, support.type.property-name",
        Syntax::Tag,
    ),
    ("entity.other.attribute-name, meta.annotation, meta.attribute", Syntax::Attribute),
    ("punctuation", Syntax::Punctuation),
    ("markup.heading, entity.name.section", Syntax::Heading),
    ("markup.inserted, markup.inserted punctuation", Syntax::Inserted),
    ("markup.deleted, markup.deleted punctuation", Syntax::Deleted),
];

/// Names of fences that the syntax set knows under another name.
const ALIASES: [(&str, &str); 12] = [
    ("golang", "go"),
    ("console", "sh"),
    ("shell", "sh"),
    ("shellsession", "sh"),
    ("zsh", "sh"),
    ("jsonc", "json"),
    ("json5", "json"),
    ("jsonl", "json"),
    ("node", "js"),
    ("mjs", "js"),
    ("docker", "dockerfile"),
    ("patch", "diff"),
];

/// Names that mean: no colours.
const PLAIN: [&str; 7] = ["", "text", "txt", "plain", "plaintext", "output", "none"];

/// Some megabytes, loaded with the first block of code.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);
static SCOPES: LazyLock<Scopes> = LazyLock::new(scopes);
static HIGHLIGHTER: LazyLock<Highlighter<'static>> = LazyLock::new(|| Highlighter::new(&SCOPES));

/// Code as lines with colours, sanitised and not wrapped. An unknown language, or none, yields plain lines.
pub fn code(source: &str, language: Option<&str>, theme: &Theme) -> Vec<Line<'static>> {
    let mut painter = CodePainter::new(language.unwrap_or_default());
    let clean = sanitize(source);
    let text = clean.strip_suffix('\n').unwrap_or(&clean);
    let mut row = |line| -> Line<'static> {
        painter.line(line, theme).into_iter().map(|(text, style)| Span::styled(text, style)).collect()
    };
    text.split('\n').map(&mut row).collect()
}

/// The language of a file by its name: the ending, or the whole name for the likes of `Makefile`.
pub fn language_of(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(_, ending)| ending)
}

/// Colours line after line, with the state between them. A copy colours an unfinished line without moving on.
#[derive(Clone, Debug)]
pub struct CodePainter {
    state: Option<(ParseState, HighlightState)>,
    left: usize,
}

impl CodePainter {
    /// For the language of a fence (`rust`, `rust,ignore`), a file ending or a name.
    pub fn new(language: &str) -> Self {
        let name = language.split([' ', ',', '{', ':', '\t']).next().unwrap_or_default().to_lowercase();
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, known)| known);
        if PLAIN.contains(&name) || name.len() > 32 {
            return Self { state: None, left: 0 };
        }
        let set = &*SYNTAXES;
        let syntax = set.find_syntax_by_token(name);
        let state =
            syntax.map(|syntax| (ParseState::new(syntax), HighlightState::new(&HIGHLIGHTER, ScopeStack::new())));
        Self { state, left: MAX_LINES }
    }

    /// The pieces of a sanitised line, given without its newline.
    pub fn line(&mut self, text: &str, theme: &Theme) -> Vec<(String, Style)> {
        let base = theme.style(Meaning::Code);
        self.colored(text, theme, base).unwrap_or_else(|| vec![(text.to_owned(), base)])
    }

    fn colored(&mut self, text: &str, theme: &Theme, base: Style) -> Option<Vec<(String, Style)>> {
        let (parse, highlight) = self.state.as_mut()?;
        if text.len() > MAX_LINE || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let line = format!("{text}\n");
        let ops = parse.parse_line(&line, &SYNTAXES).ok()?;
        let mut pieces: Vec<(String, Style)> = Vec::new();
        for (style, piece) in HighlightIterator::new(highlight, &ops, &line, &HIGHLIGHTER) {
            let piece = piece.trim_end_matches('\n');
            let kind = Syntax::ALL.get(usize::from(style.foreground.r)).copied().unwrap_or(Syntax::Plain);
            let style = base.patch(theme.syntax(kind));
            match pieces.last_mut() {
                _ if piece.is_empty() => {}
                // Blanks take the style of what stands before them: fewer pieces, same look.
                Some((last, known)) if *known == style || piece.trim().is_empty() => last.push_str(piece),
                _ => pieces.push((piece.to_owned(), style)),
            }
        }
        Some(pieces)
    }
}

/// A highlighting theme whose colours are the numbers of [`Syntax`], so that one result serves every theme of ours.
fn scopes() -> Scopes {
    let item = |(selector, kind): &(&str, Syntax)| {
        let number = Color { r: *kind as u8, g: 0, b: 0, a: 255 };
        let style = StyleModifier { foreground: Some(number), ..StyleModifier::default() };
        ScopeSelectors::from_str(selector).ok().map(|scope| ThemeItem { scope, style })
    };
    let mut theme = Scopes { scopes: SELECTORS.iter().filter_map(item).collect(), ..Scopes::default() };
    theme.settings.foreground = Some(Color { r: Syntax::Plain as u8, g: 0, b: 0, a: 255 });
    theme
}
