//! The table that a bench prints for people: a heading, aligned columns, remarks below.

use std::fmt;

use crate::base::text::{sanitize_line, width};

/// Rows under named columns. The first column stands left, the others right.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Table {
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Sentences under the table.
    pub notes: Vec<String>,
}

impl Table {
    /// An empty table.
    pub fn new(title: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Self { title: title.to_owned(), columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a row. Foreign text is made harmless here.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| sanitize_line(cell.as_ref()).into_owned()).collect());
    }

    /// Adds a sentence under the table.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = || std::iter::once(&self.columns).chain(&self.rows);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| all().map(|row| row.get(column).map_or(0, |cell| width(cell))).max().unwrap_or(0))
            .collect();
        writeln!(f, "{}\n", self.title)?;
        for row in all() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, room))| {
                let pad = " ".repeat(room.saturating_sub(width(cell)));
                if column == 0 { format!("{cell}{pad}") } else { format!("{pad}{cell}") }
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        for (index, note) in self.notes.iter().enumerate() {
            writeln!(f, "{}{note}", if index == 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

/// A share of 1 as a percentage with one decimal.
pub(in crate::cli) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_foreign_text_is_harmless() {
        let mut table = Table::new("toon", &["case", "tokens"]);
        table.row(["a\x1b[2J", "7"]);
        table.row(["längerer Name", "1,234"]);
        table.note("done");
        let text = table.to_string();
        assert!(!text.contains('\x1b'), "{text:?}");
        assert!(text.starts_with("toon\n\ncase           tokens\n"), "{text:?}");
        assert!(text.ends_with("längerer Name   1,234\n\ndone\n"), "{text:?}");
    }
}
