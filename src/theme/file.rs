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
    let mut chain = Vec::new();
    let mut next = Some(name.to_owned());
    let mut below: Vec<String> = Vec::new();
    while let Some(name) = next.take() {
        // A user's theme may inherit the built-in one whose name it took.
        let again = below.contains(&name);
        let text = if again { built_in(&name) } else { find(&name, user) };
        let mut file = File { theme: name.clone(), table: Table::new(), problems };
        match text {
            Some(text) if below.len() < MAX_INHERIT => file.parse(text),
            Some(_) => file.problem("`inherit` goes round in a circle or is too deep; end it at a built-in theme".to_owned()),
            None => {
                let known = super::Theme::names(user).join(", ");
                file.problem(format!("there is no theme of this name; the dark theme is used (known: {known})"));
                file.parse(built_in("dark").unwrap_or_default());
            }
        }
        next = file.table.get("inherit").and_then(Value::as_str).map(str::to_owned);
        below.push(name);
        chain.push(file.table);
        if again || chain.len() > MAX_INHERIT {
            break;
        }
    }
    if next.is_some() || chain.is_empty() {
        chain.push(built_in("dark").and_then(|text| text.parse().ok()).unwrap_or_default());
    }
    fold(name, &below, chain, problems)
}

/// Lays the files of a chain over each other, the deepest first.
fn fold(name: &str, names: &[String], chain: Vec<Table>, problems: &mut Vec<ThemeProblem>) -> Draft {
    let mut draft = Draft { dark: true, ..Draft::default() };
    draft.styles = vec![Style::default(); Meaning::ALL.len()];
    draft.syntax = vec![Style::default(); Syntax::ALL.len()];
    for (at, table) in chain.into_iter().enumerate().rev() {
        let theme = names.get(at).cloned().unwrap_or_else(|| "dark".to_owned());
        File { theme, table, problems }.apply(&mut draft);
    }
    name.clone_into(&mut draft.name);
    draft
}

fn find<'a>(name: &str, user: &'a [(String, String)]) -> Option<&'a str> {
    user.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str()).or_else(|| built_in(name))
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// One file while it is read.
struct File<'p> {
    theme: String,
    table: Table,
    problems: &'p mut Vec<ThemeProblem>,
}

impl File<'_> {
    fn problem(&mut self, text: String) {
        self.problems.push(ThemeProblem { theme: self.theme.clone(), text });
    }

    fn parse(&mut self, text: &str) {
        match text.parse::<Table>() {
            Ok(table) => self.table = table,
            Err(error) => {
                let line = error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count());
                self.problem(format!("line {line}: {}; the dark theme is used until this is mended", error.message()));
                self.table = Table::from_iter([("inherit".to_owned(), Value::from("dark"))]);
            }
        }
    }

    fn apply(mut self, draft: &mut Draft) {
        let table = std::mem::take(&mut self.table);
        // The palette first: styles name its colours wherever it stands in the file.
        for (name, value) in section(&table, "palette") {
            match value.as_str().and_then(|text| self.color(text, draft)) {
                Some(color) => drop(draft.palette.insert(name.clone(), color)),
                None => self.problem(format!("`palette.{name}` is not a colour; write \"#rrggbb\", a name or a number below 256")),
            }
        }
        for (key, value) in &table {
            match (key.as_str(), value) {
                ("palette" | "style" | "syntax", Value::Table(_)) | ("name" | "inherit" | "background", Value::String(_)) => {}
                ("kind", Value::String(kind)) if kind == "dark" || kind == "light" => draft.dark = kind == "dark",
                ("kind", _) => self.problem("`kind` must be \"dark\" or \"light\"".to_owned()),
                _ => self.problem(format!("`{key}` is not known here; use inherit, kind, palette, style or syntax")),
            }
        }
        for (key, value) in section(&table, "style") {
            let style = self.style(key, value, draft);
            match Meaning::from_key(key).and_then(|meaning| draft.styles.get_mut(meaning as usize)) {
                Some(slot) => *slot = style.unwrap_or(*slot),
                None => self.problem(format!("`style.{key}` is not a meaning; remove it or see the built-in themes for the keys")),
            }
        }
        for (key, value) in section(&table, "syntax") {
            let style = self.style(key, value, draft);
            match Syntax::from_key(key).and_then(|piece| draft.syntax.get_mut(piece as usize)) {
                Some(slot) => *slot = style.unwrap_or(*slot),
                None => self.problem(format!("`syntax.{key}` is not a piece of code; remove it or see the built-in themes for the keys")),
            }
        }
    }

    /// A style from `"colour"` or a table; what is wrong in it is told and left out.
    fn style(&mut self, key: &str, value: &Value, draft: &Draft) -> Option<Style> {
        let mut style = Style::default();
        match value {
            Value::String(text) => match self.color(text, draft) {
                Some(color) => style.fg = Some(color),
                None => {
                    self.problem(format!("`{key}`: `{text}` is no colour; write \"#rrggbb\", a name of the palette or one of the sixteen"));
                    return None;
                }
            },
            Value::Table(parts) => {
                for (part, value) in parts {
                    style = self.part(style, (key, part), value, draft);
                }
            }
            _ => {
                self.problem(format!("`{key}` must be a colour or a table such as {{ fg = \"red\", bold = true }}"));
                return None;
            }
        }
        Some(style)
    }

    fn part(&mut self, style: Style, (key, part): (&str, &str), value: &Value, draft: &Draft) -> Style {
        let modifier = MODIFIERS.iter().find(|(name, _)| *name == part).map(|(_, modifier)| *modifier);
        match (part, value, modifier) {
            ("fg" | "bg", Value::String(text), _) => match self.color(text, draft) {
                Some(color) if part == "fg" => style.fg(color),
                Some(color) => style.bg(color),
                None => {
                    self.problem(format!("`{key}.{part}`: `{text}` is no colour; write \"#rrggbb\", a name of the palette or one of the sixteen"));
                    style
                }
            },
            (_, Value::Boolean(true), Some(modifier)) => style.add_modifier(modifier),
            (_, Value::Boolean(false), Some(_)) => style,
            _ => {
                self.problem(format!("`{key}.{part}` is not understood; use fg, bg, bold, dim, italic, underline, reverse or strike"));
                style
            }
        }
    }

    fn color(&self, text: &str, draft: &Draft) -> Option<Color> {
        draft.palette.get(text).copied().or_else(|| color::parse(text))
    }
}

/// The rows of a section that is a table; another shape is told by `apply`.
fn section<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = (&'t String, &'t Value)> {
    table.get(key).and_then(Value::as_table).into_iter().flatten()
}
