//! Reads theme files: palette, inheritance, styles. It knows TOML and keys, not what the keys are for.
//!
//! ```toml
//! inherit = "dark"                 # take everything else from there
//! kind = "dark"                    # or "light": the background it is made for
//! [palette]
//! sea = "#5fb3b3"
//! [style]                          # keys are the meanings
//! accent = "sea"                   # a colour alone is the foreground
//! error = { fg = "red", bold = true }
//! [syntax]                         # keys are the pieces of source code
//! keyword = { fg = "sea", italic = true }
//! ```

use std::collections::BTreeMap;
use std::fmt;

use ratatui::style::{Color, Style};
use toml::{Table, Value};

use super::meaning::{Meaning, Syntax};
use super::{BUILT_IN, MODIFIERS, color};

/// Themes may stand on themes; this deep.
const MAX_INHERIT: usize = 8;

/// Something in a theme that could not be used, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeProblem {
    /// The theme's name.
    pub theme: String,
    /// What happened, at which key, and what to write instead.
    pub text: String,
}

impl fmt::Display for ThemeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "theme `{}`: {}", self.theme, self.text)
    }
}

/// A theme in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub name: String,
    pub dark: bool,
    pub styles: Vec<Style>,
    pub syntax: Vec<Style>,
    palette: BTreeMap<String, Color>,
}

/// The theme `name` with everything that it inherits.
pub(super) fn resolve(name: &str, user: &[(String, String)], problems: &mut Vec<ThemeProblem>) -> Draft {
    let mut chain: Vec<(String, Table)> = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(name) = next.take() {
        // A user's theme may inherit the built-in one whose name it took.
        let again = chain.iter().any(|(known, _)| *known == name);
        let own = user.iter().find(|(known, _)| *known == name && !again).map(|(_, text)| text.as_str());
        let mut reader = Reader { theme: &name, problems: &mut *problems };
        let table = match own.or_else(|| built_in(&name)) {
            Some(text) if chain.len() < MAX_INHERIT => reader.parse(text),
            None if !again => {
                let known = super::Theme::names(user).join(", ");
                reader.problem(format!("there is no theme of this name; the dark theme is used (known: {known})"));
                Table::new()
            }
            _ => {
                reader
                    .problem("`inherit` goes round in a circle or is too deep; end it at a built-in theme".to_owned());
                Table::new()
            }
        };
        let is_base = own.is_none() && built_in(&name).is_some();
        // A theme that names no other stands on the dark one, so that every meaning has a look.
        let below = table.get("inherit").and_then(Value::as_str).or((!is_base).then_some("dark"));
        next = below.map(str::to_owned).filter(|_| chain.len() <= MAX_INHERIT);
        chain.push((name, table));
    }
    lay(name, &chain, problems)
}

/// Lays the files of a chain over each other, the deepest first: all palettes, then all styles, so that a palette
/// colours also what is inherited.
fn lay(name: &str, chain: &[(String, Table)], problems: &mut Vec<ThemeProblem>) -> Draft {
    let mut draft = Draft { name: name.to_owned(), dark: true, ..Draft::default() };
    draft.styles = vec![Style::default(); Meaning::ALL.len()];
    draft.syntax = vec![Style::default(); Syntax::ALL.len()];
    for (theme, table) in chain.iter().rev() {
        Reader { theme, problems: &mut *problems }.palette(table, &mut draft);
    }
    for (theme, table) in chain.iter().rev() {
        Reader { theme, problems: &mut *problems }.apply(table, &mut draft);
    }
    draft
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Understands one file and tells what it could not.
struct Reader<'p> {
    theme: &'p str,
    problems: &'p mut Vec<ThemeProblem>,
}

impl Reader<'_> {
    fn problem(&mut self, text: String) {
        self.problems.push(ThemeProblem { theme: self.theme.to_owned(), text });
    }

    fn parse(&mut self, text: &str) -> Table {
        let error = match text.parse::<Table>() {
            Ok(table) => return table,
            Err(error) => error,
        };
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        self.problem(format!("line {line}: {}; the dark theme is used until this is mended", error.message()));
        Table::new()
    }

    fn palette(&mut self, table: &Table, draft: &mut Draft) {
        for (name, value) in section(table, "palette") {
            match value.as_str().and_then(|text| draft.color(text)) {
                Some(color) => drop(draft.palette.insert(name.clone(), color)),
                None => self.problem(format!("`palette.{name}` is not a colour; write {COLOR}")),
            }
        }
    }

    fn apply(&mut self, table: &Table, draft: &mut Draft) {
        for (key, value) in table {
            match (key.as_str(), value) {
                ("palette" | "style" | "syntax", Value::Table(_)) | ("inherit" | "background", Value::String(_)) => {}
                ("kind", Value::String(kind)) if kind == "dark" || kind == "light" => draft.dark = kind == "dark",
                ("kind", _) => self.problem("`kind` must be \"dark\" or \"light\"".to_owned()),
                _ => self.problem(format!(
                    "`{key}` is not known or not of this shape; use inherit, kind, palette, style, syntax"
                )),
            }
        }
        for (key, value) in section(table, "style") {
            match Meaning::from_key(key) {
                Some(meaning) => draft.set(Which::Style(meaning), self.style(key, value, draft)),
                None => {
                    self.problem(format!("`style.{key}` is not a meaning; see the built-in themes for the keys"));
                }
            }
        }
        for (key, value) in section(table, "syntax") {
            match Syntax::from_key(key) {
                Some(piece) => draft.set(Which::Syntax(piece), self.style(key, value, draft)),
                None => {
                    self.problem(format!(
                        "`syntax.{key}` is not a piece of code; see the built-in themes for the keys"
                    ));
                }
            }
        }
    }

    /// A style from a colour or a table; what is wrong in it is told and left out.
    fn style(&mut self, key: &str, value: &Value, draft: &Draft) -> Option<Style> {
        match value {
            Value::String(text) => self.color(key, text, draft).map(|color| Style::new().fg(color)),
            Value::Table(parts) => {
                let part =
                    |style, (part, value): (&String, &Value)| self.part(style, &format!("{key}.{part}"), value, draft);
                Some(parts.iter().fold(Style::new(), part))
            }
            _ => {
                self.problem(format!("`{key}` must be a colour or a table such as {{ fg = \"red\", bold = true }}"));
                None
            }
        }
    }

    /// Adds one part of a style's table; `key` is its whole path.
    fn part(&mut self, style: Style, key: &str, value: &Value, draft: &Draft) -> Style {
        let name = key.rsplit('.').next().unwrap_or(key);
        let modifier = MODIFIERS.iter().find(|(known, _)| *known == name).map(|(_, modifier)| *modifier);
        match (name, value, modifier) {
            ("fg", Value::String(text), _) => self.color(key, text, draft).map_or(style, |color| style.fg(color)),
            ("bg", Value::String(text), _) => self.color(key, text, draft).map_or(style, |color| style.bg(color)),
            (_, Value::Boolean(true), Some(modifier)) => style.add_modifier(modifier),
            (_, Value::Boolean(false), Some(_)) => style,
            _ => {
                self.problem(format!(
                    "`{key}` is not understood; use fg, bg, bold, dim, italic, underline, reverse or strike"
                ));
                style
            }
        }
    }

    fn color(&mut self, key: &str, text: &str, draft: &Draft) -> Option<Color> {
        let color = draft.color(text);
        if color.is_none() {
            self.problem(format!("`{key}`: `{text}` is no colour; write {COLOR}"));
        }
        color
    }
}

/// What a colour may look like.
const COLOR: &str = "\"#rrggbb\", a name of the palette, one of the sixteen names or a number below 256";

enum Which {
    Style(Meaning),
    Syntax(Syntax),
}

impl Draft {
    fn color(&self, text: &str) -> Option<Color> {
        self.palette.get(text).copied().or_else(|| color::parse(text))
    }

    /// Sets a style; what could not be read leaves the inherited one.
    fn set(&mut self, which: Which, style: Option<Style>) {
        let slot = match which {
            Which::Style(meaning) => self.styles.get_mut(meaning as usize),
            Which::Syntax(piece) => self.syntax.get_mut(piece as usize),
        };
        if let (Some(slot), Some(style)) = (slot, style) {
            *slot = style;
        }
    }
}

/// The rows of a section that is a table; another shape is told by `apply`.
fn section<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = (&'t String, &'t Value)> {
    table.get(key).and_then(Value::as_table).into_iter().flatten()
}
