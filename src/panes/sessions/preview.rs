//! The preview of a session: its last exchanges as plain rows, made once for a width.

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::style::Modifier;
use ratatui::text::Line;

use crate::base::text;
use crate::domain::{Body, Record, SessionId};
use crate::theme::{Meaning, Theme};
use crate::widgets::wrap::{Break, Indent, wrap};

/// Passages that are kept, and characters of each.
const PASSAGES: usize = 16;
const LONGEST: usize = 1_200;

#[derive(Debug)]
pub(super) struct Preview {
    pub(super) id: SessionId,
    passages: Vec<(Who, String)>,
    rows: Vec<Line<'static>>,
    made_for: Option<(u16, u16, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    You,
    Latigo,
    Tool,
}

impl Preview {
    /// The end of a conversation.
    pub(super) fn new(id: SessionId, records: &[Arc<Record>]) -> Self {
        let mut passages = VecDeque::new();
        for record in records.iter().rev() {
            let passage = match &record.body {
                Body::Prompted { message, typed, .. } => {
                    Some((Who::You, typed.clone().unwrap_or_else(|| message.text())))
                }
                Body::Responded(note) => Some((Who::Latigo, note.message.text())),
                Body::CallDone { summary, .. } => Some((Who::Tool, summary.clone())),
                _ => None,
            };
            let Some((who, words)) = passage.filter(|(_, words)| !words.trim().is_empty()) else { continue };
            passages.push_front((who, words.trim().chars().take(LONGEST).collect()));
            if passages.len() >= PASSAGES {
                break;
            }
        }
        Self { id, passages: passages.into(), rows: Vec::new(), made_for: None }
    }

    /// Makes the rows that fit: the last ones, because there the work goes on.
    pub(super) fn settle(&mut self, width: u16, height: u16, theme: &Theme) {
        let key = Some((width, height, theme.stamp()));
        if self.made_for == key {
            return;
        }
        let mut rows = Vec::new();
        for (who, words) in &self.passages {
            let (name, meaning) = match who {
                Who::You => ("you  ", Meaning::You),
                Who::Latigo => ("latigo  ", Meaning::Agent),
                Who::Tool => ("● ", Meaning::Tool),
            };
            let words = text::sanitize(words);
            for (index, line) in words.lines().enumerate() {
                let head = if index == 0 { name } else { "  " };
                let head_style = theme.style(meaning).add_modifier(Modifier::BOLD);
                let pieces = [(head, head_style), (line, theme.style(Meaning::Text))];
                rows.extend(wrap(pieces, usize::from(width.max(1)), &Indent::hanging(2), Break::Words));
            }
        }
        let extra = rows.len().saturating_sub(usize::from(height));
        rows.drain(..extra);
        self.rows = rows;
        self.made_for = key;
    }

    pub(super) fn rows(&self) -> &[Line<'static>] {
        &self.rows
    }
}
