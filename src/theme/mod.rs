//! Meanings to styles; theme files.
//!
//! Views ask a [`Theme`] for the look of a [`Meaning`]. Files are read by `config`; here their text is understood.
//! A broken theme never stops the program: what cannot be understood is told and the rest holds.

mod color;
mod file;
mod meaning;

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::style::{Modifier, Style};

use crate::base::text::Look;

pub use color::ColorDepth;
pub use file::ThemeProblem;
pub use meaning::{Meaning, Syntax};

/// The themes that are compiled in, by name.
const BUILT_IN: [(&str, &str); 5] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("ansi", include_str!("../../themes/ansi.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("no-color", include_str!("../../themes/no-color.toml")),
];

/// A look for every meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    name: String,
    dark: bool,
    styles: Vec<Style>,
    syntax: Vec<Style>,
    /// What colours of programs are reduced to.
    depth: ColorDepth,
    stamp: u64,
}

impl Theme {
    /// The theme called `name` from the user's themes (`(name, text)`, these win) or the built-in ones, with
    /// what was wrong with it. An unknown name yields the dark theme.
    pub fn load(name: &str, user: &[(String, String)]) -> (Self, Vec<ThemeProblem>) {
        let mut problems = Vec::new();
        let draft = file::resolve(name, user, &mut problems);
        (Self::new(draft), problems)
    }

    /// The built-in theme for this background.
    pub fn for_background(light: bool) -> Self {
        Self::load(if light { "light" } else { "dark" }, &[]).0
    }

    /// All names that [`Theme::load`] knows, built-in ones first, each once.
    pub fn names(user: &[(String, String)]) -> Vec<String> {
        let mut names: Vec<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
        for (name, _) in user {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The name by which it was loaded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is made for a dark background.
    pub fn is_dark(&self) -> bool {
        self.dark
    }

    /// The look of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
        self.styles.get(meaning as usize).copied().unwrap_or_default()
    }

    /// The look of a piece of source code.
    pub fn syntax(&self, piece: Syntax) -> Style {
        self.syntax.get(piece as usize).copied().unwrap_or_default()
    }

    /// The look that a program of the person gave to its own words, in the colours that the terminal can show.
    pub fn painted(&self, look: &Look) -> Style {
        let wanted = [
            (look.bold, Modifier::BOLD),
            (look.dim, Modifier::DIM),
            (look.italic, Modifier::ITALIC),
            (look.underline, Modifier::UNDERLINED),
            (look.reverse, Modifier::REVERSED),
            (look.strike, Modifier::CROSSED_OUT),
        ];
        let modifiers: Modifier = wanted.into_iter().filter(|(on, _)| *on).map(|(_, modifier)| modifier).collect();
        let own = Style { fg: look.fg.map(color::foreign), bg: look.bg.map(color::foreign), ..Style::default() };
        self.style(Meaning::Text).patch(color::reduce(own, self.depth)).add_modifier(modifiers)
    }

    /// The same theme with colours that the terminal can show. Without any it is the `no-color` theme, because
    /// what was told by colour must then be told by modifiers.
    pub fn for_depth(&self, depth: ColorDepth) -> Self {
        match depth {
            ColorDepth::True => self.clone(),
            ColorDepth::None => Self { name: self.name.clone(), depth, ..Self::load("no-color", &[]).0 },
            ColorDepth::Ansi16 | ColorDepth::Ansi256 => {
                let map = |styles: &[Style]| styles.iter().map(|style| color::reduce(*style, depth)).collect();
                let mut theme = Self { styles: map(&self.styles), syntax: map(&self.syntax), depth, ..self.clone() };
                theme.stamp = theme.hash_styles();
                theme
            }
        }
    }

    /// Differs between themes that look different; caches of drawn lines keep it to notice a change.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    fn new(draft: file::Draft) -> Self {
        let mut theme = Self {
            name: draft.name,
            dark: draft.dark,
            styles: draft.styles,
            syntax: draft.syntax,
            depth: ColorDepth::True,
            stamp: 0,
        };
        theme.stamp = theme.hash_styles();
        theme
    }

    fn hash_styles(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.styles.hash(&mut hasher);
        self.syntax.hash(&mut hasher);
        hasher.finish()
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self::for_background(false)
    }
}

/// The modifiers of a theme file, by key.
const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strike", Modifier::CROSSED_OUT),
];

#[cfg(test)]
mod tests;
