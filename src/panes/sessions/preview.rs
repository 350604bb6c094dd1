//! The preview of a session: its last exchanges as plain rows, made once for a width.

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::style::Modifier;
use ratatui::text::Line;

use crate::base::text;
use crate::domain::{Body, Record, SessionId, SessionSummary};
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
    made_of: Option<SessionSummary>,
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
        Self { id, passages: passages.into(), rows: Vec::new(), made_for: None, made_of: None }
    }

    /// Makes the rows that fit: what the session is, then its last passages, because there the work goes on.
    pub(super) fn settle(&mut self, summary: &SessionSummary, (width, height): (u16, u16), theme: &Theme) {
        let key = Some((width, height, theme.stamp()));
        if self.made_for == key && self.made_of.as_ref() == Some(summary) {
            return;
        }
        let mut head = head(summary, width, theme);
        // Where there is little room the conversation says more.
        head.truncate(usize::from(height / 3));
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
        let extra = (rows.len() + head.len()).saturating_sub(usize::from(height));
        rows.drain(..extra.min(rows.len()));
        head.extend(rows);
        self.rows = head;
        self.made_for = key;
        self.made_of = Some(summary.clone());
    }

    pub(super) fn rows(&self) -> &[Line<'static>] {
        &self.rows
    }
}

/// What is known of a session, in a few rows.
fn head(summary: &SessionSummary, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let cost = summary.cost.map_or_else(|| "price unknown".to_owned(), text::human_cost);
    let model = summary.model.clone().unwrap_or_else(|| "no model".to_owned());
    let branch = summary.branch.as_ref().map(|branch| format!(" ({branch})")).unwrap_or_default();
    let size = text::human_bytes(summary.bytes);
    let facts = [
        format!("{}{branch}", summary.project.display()),
        format!("{model} · {} tokens · {cost} · {size} · {}", text::human_tokens(summary.tokens), summary.state.name()),
        summary.id.to_string(),
    ];
    let style = theme.style(Meaning::Muted);
    let row = |fact: &String| {
        let fact = text::sanitize_line(fact);
        Line::styled(text::clip(&fact, usize::from(width)).into_owned(), style)
    };
    let mut rows: Vec<Line<'static>> = facts.iter().map(row).collect();
    rows.push(Line::default());
    rows
}
