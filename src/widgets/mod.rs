//! Pieces that draw what they are given and know no model.
//!
//! Each takes plain data and a theme and yields lines or fills a rectangle. All foreign text is sanitised in here,
//! so a pane cannot forget it. No line is wider than was asked for.

pub mod diff;
pub mod draw;
pub mod fuzzy;
pub mod gauge;
pub mod highlight;
pub mod list;
pub mod markdown;
pub mod popup;
pub mod row;
pub mod scroll;
pub mod shown;
pub mod sparkline;
pub mod spinner;
pub mod table;
pub mod text;
pub mod wrap;

/// Which characters bars and marks are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Glyphs {
    #[default]
    Unicode,
    /// For terminals and screen readers that do badly with block characters.
    Ascii,
}

#[cfg(test)]
mod tests;
