//! Files and places in them as servers name them: URIs, and columns in the units that were agreed on.

use std::path::{Path, PathBuf};

use url::Url;

/// In what a server counts columns. The protocol's own default is UTF-16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Units {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

/// The URI of an absolute path.
pub(super) fn uri(path: &Path) -> Result<String, String> {
    Url::from_file_path(path).map(String::from).map_err(|()| format!("{} is no absolute path", path.display()))
}

/// The path of a file's URI; none for anything else, such as a document inside an archive.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    Url::parse(uri).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

impl Units {
    /// By the name that the greeting uses.
    pub(super) fn named(name: Option<&str>) -> Self {
        match name {
            Some("utf-8") => Self::Utf8,
            Some("utf-32") => Self::Utf32,
            _ => Self::Utf16,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }

    /// The column (from 0) of the character with that number (from 0) in a line.
    pub(super) fn column(self, line: &str, character: usize) -> u32 {
        line.chars().take(character).map(|c| self.width(c)).sum::<usize>() as u32
    }

    /// The byte that a column lies at; the end of the line for one behind it.
    pub(super) fn byte(self, line: &str, column: u32) -> usize {
        let mut left = column as usize;
        for (at, c) in line.char_indices() {
            if left == 0 {
                return at;
            }
            left = left.saturating_sub(self.width(c));
        }
        line.len()
    }

    /// The number of the character (from 0) at a column.
    pub(super) fn character(self, line: &str, column: u32) -> usize {
        line.get(..self.byte(line, column)).unwrap_or(line).chars().count()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn columns_go_there_and_back_in_all_units() {
        let line = "aä𝄞x";
        for (units, columns) in
            [(Units::Utf8, [0, 1, 3, 7, 8]), (Units::Utf16, [0, 1, 2, 4, 5]), (Units::Utf32, [0, 1, 2, 3, 4])]
        {
            for (character, column) in columns.into_iter().enumerate() {
                assert_eq!(units.column(line, character), column, "{units:?}");
                assert_eq!(units.character(line, column), character, "{units:?}");
            }
            assert_eq!(units.byte(line, 99), line.len());
            assert_eq!(units.column(line, 99), columns[4]);
        }
    }

    #[test]
    fn paths_go_there_and_back() {
        let odd = Path::new("/a b/ü#?.rs");
        assert_eq!(path(&uri(odd).unwrap()).unwrap(), odd);
        assert!(uri(Path::new("a")).is_err());
        assert_eq!(path("jdt://contents/x.class"), None);
        assert_eq!(path("file:///a%3Ab").unwrap(), Path::new("/a:b"));
    }
}
