//! Records to entries: what the conversation shows of each thing that happened.
//!
//! No line is laid out here, so that a long history folds in the time of reading it.

use std::sync::Arc;

use super::cell::{Cell, Kind, RetryRow, RetryState, ShellRun, Source, set_aside};
use super::draft::Draft;
use super::earlier::Unread;
use super::turn::Turn;
use crate::domain::{
    Block, Body, Branches, DeltaKind, Message, ModelError, Notice, Record, ResponseNote, StopReason, TurnEnd,
};
use crate::panes::cut::keep_tail;
use crate::panes::facts::{CallState, Facts};
use crate::theme::Meaning;

/// Bytes of a shell command's output that are kept for the screen while it runs.
const SHELL_TAIL: usize = 32 << 10;

/// The entries, and which of them still grow.
#[derive(Debug, Default)]
pub(super) struct Fold {
    pub cells: Vec<Cell>,
    /// The number of the newest record.
    pub(super) seq: u64,
    /// It is only looked at, so nobody is welcomed.
    pub(super) bare: bool,
    /// Streamed blocks: request, block, entry.
    pub(super) open: Vec<(u32, u32, usize)>,
    /// The entry of each call, by the call's place in the facts.
    pub(super) calls: Vec<Option<usize>>,
    pub(super) retry: Option<usize>,
    pub(super) shell: Option<usize>,
    /// The summary that is being written.
    pub(super) draft: Option<Draft>,
    pub(super) turn: Turn,
    /// The record that is taken in.
    born: Option<u64>,
    pub(super) branches: Branches,
    /// What of a long session is not read.
    pub(super) unread: Option<Unread>,
}

impl Fold {
    pub fn bare() -> Self {
        Self { bare: true, ..Self::default() }
    }

    /// Adds an entry at the end.
    pub fn push(&mut self, kind: Kind) -> usize {
        self.cells.push(Cell { seq: self.seq, born: self.born, ..Cell::new(kind) });
        self.cells.len() - 1
    }

    /// The entry of a call.
    pub fn cell_of_call(&self, call: usize) -> Option<usize> {
        self.calls.get(call).copied().flatten()
    }

    /// The person ran a command of his own.
    pub fn shell_started(&mut self, command: &str) {
        let run = ShellRun { command: command.to_owned(), output: String::new(), exit: None, running: true };
        self.shell = Some(self.push(Kind::Shell(run)));
    }

    /// More of its output.
    pub fn shell_output(&mut self, line: &str) {
        let Some(cell) = self.shell.and_then(|index| self.cells.get_mut(index)) else { return };
        if let Kind::Shell(ShellRun { output, .. }) = &mut cell.kind {
            output.push_str(line);
            if !line.ends_with('\n') {
                output.push('\n');
            }
            keep_tail(output, SHELL_TAIL);
            cell.version += 1;
        }
    }

    /// Takes in one record. The facts have heard it before.
    pub fn record(&mut self, record: &Arc<Record>, facts: &Facts) {
        self.seq = record.seq;
        self.born = Some(record.seq);
        let moved = self.branches.see(record);
        self.take(record, facts);
        self.born = None;
        if moved {
            set_aside(&mut self.cells, &self.branches.aside());
        }
    }

    fn take(&mut self, record: &Arc<Record>, facts: &Facts) {
        // The line at the end of a turn tells what the sidebar tells: sub-agents and judgements are in it.
        if let Some((usage, cost)) = record.body.paid() {
            self.turn.sum.add(usage, cost);
        }
        match &record.body {
            Body::Delta { request, block, kind, text } => self.delta((*request, *block), kind.as_ref(), text, facts),
            Body::Prompted { turn, .. } => {
                self.turn.prompted(*turn, record.at);
                self.push(Kind::Prompt(record.clone()));
            }
            Body::RequestSent(note) => {
                self.turn.asked(note.turn, record.at);
                self.request_sent(note);
            }
            Body::Responded(note) => self.responded(note, facts),
            Body::RequestFailed { request, error, retry_in_ms } => {
                self.failed(*request, error, retry_in_ms.map(|wait| record.at.saturating_add(wait)), facts);
            }
            Body::ShellRan { command, output, exit } => self.shell_ran(command, output, *exit),
            Body::Cleared => self.cleared(),
            Body::TurnEnded { end, .. } => self.ended(end, record),
            _ => self.mark(record),
        }
    }

    fn delta(&mut self, at: (u32, u32), kind: Option<&DeltaKind>, text: &str, facts: &Facts) {
        if self.drafts(at, kind, text) {
            return;
        }
        let place = self.open.iter().rev().find(|(r, b, _)| (*r, *b) == at).map(|(_, _, cell)| *cell);
        let index = match (place, kind) {
            (Some(index), _) => index,
            (None, Some(DeltaKind::ToolCall { id, .. })) => {
                let Some(call) = facts.calls.place(id) else { return };
                self.call(call)
            }
            (None, Some(DeltaKind::Thinking)) => self.push(Kind::Thinking(Source::Stream(String::new()))),
            (None, _) => self.push(Kind::Text(Source::Stream(String::new()))),
        };
        if place.is_none() {
            self.open.push((at.0, at.1, index));
        }
        let Some(cell) = self.cells.get_mut(index) else { return };
        if let Kind::Text(Source::Stream(source)) | Kind::Thinking(Source::Stream(source)) = &mut cell.kind {
            source.push_str(text);
            cell.version += 1;
        }
    }

    fn call(&mut self, call: usize) -> usize {
        if let Some(index) = self.cell_of_call(call) {
            return index;
        }
        let index = self.push(Kind::Call(call));
        if self.calls.len() <= call {
            self.calls.resize(call + 1, None);
        }
        if let Some(slot) = self.calls.get_mut(call) {
            *slot = Some(index);
        }
        index
    }

    /// The answer as it stands in the log takes the place of what streamed.
    fn responded(&mut self, note: &ResponseNote, facts: &Facts) {
        let mut streamed: Vec<usize> =
            self.open.extract_if(.., |(request, _, _)| *request == note.request).map(|(_, _, cell)| cell).collect();
        streamed.reverse();
        for (index, block) in note.message.blocks.iter().enumerate() {
            match block {
                Block::ToolCall(call) => {
                    if let Some(place) = facts.calls.place(&call.id) {
                        let cell = self.call(place);
                        streamed.retain(|other| *other != cell);
                    }
                }
                Block::Text { text } if text.trim().is_empty() => {}
                Block::Text { .. } => self.adopt(&mut streamed, &note.message, index, false),
                Block::Thinking { text, .. } if text.is_empty() => {}
                Block::Thinking { .. } => self.adopt(&mut streamed, &note.message, index, true),
                _ => {}
            }
        }
        if note.cut && !note.message.blocks.is_empty() {
            // Thinking that was cut cannot go back to the model; the person has seen it and keeps it.
            streamed.retain(|cell| !matches!(self.cells.get(*cell), Some(Cell { kind: Kind::Thinking(_), .. })));
        }
        self.drop_streams(&streamed, facts);
        self.settle_retry(RetryState::Again);
        if note.message.blocks.is_empty() {
            // Nothing of it was kept; whatever follows says why.
            return;
        }
        if note.cut {
            self.note("cut: the answer broke off here", Meaning::Warning);
        }
        match &note.stop {
            StopReason::MaxTokens => self.note("output limit reached", Meaning::Warning),
            StopReason::ContextWindow => self.note("the context window is full: /compact makes room", Meaning::Warning),
            StopReason::ContentFilter => self.note("cut by the provider's content filter", Meaning::Warning),
            _ => {}
        }
    }

    fn adopt(&mut self, streamed: &mut Vec<usize>, message: &Arc<Message>, index: usize, thinking: bool) {
        let source = Source::Block(message.clone(), index);
        let place = streamed.iter().rposition(|cell| match self.cells.get(*cell).map(|cell| &cell.kind) {
            Some(Kind::Thinking(_)) => thinking,
            Some(Kind::Text(_)) => !thinking,
            _ => false,
        });
        let Some(cell) = place.map(|place| streamed.remove(place)).and_then(|place| self.cells.get_mut(place)) else {
            self.push(if thinking { Kind::Thinking(source) } else { Kind::Text(source) });
            return;
        };
        let (Kind::Text(old) | Kind::Thinking(old)) = &mut cell.kind else { return };
        if old.as_str() != source.as_str() {
            cell.layout = None;
        }
        cell.version += 1;
        *old = source;
    }

    /// Streamed blocks that did not become part of the conversation leave the view.
    fn drop_streams(&mut self, streamed: &[usize], facts: &Facts) {
        for index in streamed {
            let Some(cell) = self.cells.get_mut(*index) else { continue };
            let keep = matches!(cell.kind, Kind::Call(call)
                if facts.calls.at(call).is_some_and(|call| call.state != CallState::Stopped || call.started_at.is_some()));
            if !keep {
                cell.hide();
            }
        }
    }

    fn failed(&mut self, request: u32, error: &ModelError, until: Option<u64>, facts: &Facts) {
        let streamed: Vec<usize> =
            self.open.extract_if(.., |(other, _, _)| *other == request).map(|(_, _, cell)| cell).collect();
        if until.is_some() {
            self.drop_streams(&streamed, facts);
        } else if !streamed.is_empty() {
            self.note("cut: the answer broke off here", Meaning::Warning);
        }
        let state = until.map_or(RetryState::GivenUp, RetryState::Until);
        let known = self.retry.filter(|index| index + 1 == self.cells.len() || until.is_some());
        if let Some(cell) = known.and_then(|index| self.cells.get_mut(index)) {
            if let Kind::Retry(row) = &mut cell.kind {
                *row = RetryRow { error: error.clone(), tries: row.tries + 1, state };
                cell.version += 1;
            }
        } else {
            self.retry = Some(self.push(Kind::Retry(RetryRow { error: error.clone(), tries: 1, state })));
        }
        if until.is_none() {
            self.retry = None;
        }
    }

    /// The request leaves once more; the row stays for the case that it fails again.
    pub(super) fn sent_again(&mut self) {
        let Some(cell) = self.retry.and_then(|index| self.cells.get_mut(index)) else { return };
        if let Kind::Retry(row) = &mut cell.kind {
            row.state = RetryState::Again;
            cell.version += 1;
        }
    }

    /// The engine is gone: an answer that streams will not end.
    pub fn cut_off(&mut self) {
        if !std::mem::take(&mut self.open).is_empty() {
            self.note("cut: the program ended here", Meaning::Warning);
        }
        self.nothing_runs();
    }

    /// What a crash left open is closed. Streamed blocks stay known: the repaired log tells what became of them.
    pub fn nothing_runs(&mut self) {
        self.settle_draft();
        self.settle_retry(RetryState::GivenUp);
        if let Some(cell) = self.shell.take().and_then(|index| self.cells.get_mut(index))
            && let Kind::Shell(run) = &mut cell.kind
        {
            run.running = false;
            cell.version += 1;
        }
    }

    fn settle_retry(&mut self, state: RetryState) {
        let Some(cell) = self.retry.take().and_then(|index| self.cells.get_mut(index)) else { return };
        if let Kind::Retry(row) = &mut cell.kind {
            row.state = state;
            cell.version += 1;
        }
    }

    fn shell_ran(&mut self, command: &str, output: &str, exit: Option<i32>) {
        let kind =
            Kind::Shell(ShellRun { command: command.to_owned(), output: output.to_owned(), exit, running: false });
        match self.shell.take().and_then(|index| self.cells.get_mut(index)) {
            Some(cell) => {
                cell.kind = kind;
                cell.version += 1;
            }
            None => {
                self.push(kind);
            }
        }
    }

    fn cleared(&mut self) {
        *self = Self { seq: self.seq, bare: self.bare, ..Self::default() };
        let cleared =
            Kind::Mark { text: "the conversation was cleared here".into(), body: None, meaning: Meaning::Muted };
        self.push(if self.bare { cleared } else { Kind::Welcome });
    }

    fn ended(&mut self, end: &TurnEnd, record: &Record) {
        self.open.clear();
        self.settle_draft();
        self.settle_retry(RetryState::GivenUp);
        let crashed = std::mem::take(&mut self.turn.crashed);
        self.turn.open = false;
        let (text, meaning) = match end {
            TurnEnd::Done => (self.turn.done(record.at), Meaning::Muted),
            TurnEnd::Interrupted => {
                self.drop_cut_mark();
                if crashed {
                    let text = "the program ended in the middle of this turn; what had come is kept";
                    return self.note(text, Meaning::Warning);
                }
                ("interrupted by you; what had come is kept".to_owned(), Meaning::Warning)
            }
            TurnEnd::Refused => {
                ("stopped, because you said no; tell the model what to do instead".to_owned(), Meaning::Warning)
            }
            TurnEnd::TurnCap { limit } => {
                (format!("stopped after {limit} requests in one turn; send a message to go on"), Meaning::Warning)
            }
            TurnEnd::BudgetCap => ("stopped: the limit on money is reached".to_owned(), Meaning::Warning),
            TurnEnd::Declined { explanation } => {
                let why = explanation.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
                (format!("the model declined{why}"), Meaning::Warning)
            }
            TurnEnd::Stopped { reason } => (format!("stopped by a hook: {reason}"), Meaning::Warning),
            // The row of the failed request above says why.
            TurnEnd::Failed { error } => {
                if matches!(self.cells.last().map(|cell| &cell.kind), Some(Kind::Retry(row)) if row.error == *error) {
                    return;
                }
                (format!("failed: {error}"), Meaning::Error)
            }
        };
        self.note(text, meaning);
    }

    fn drop_cut_mark(&mut self) {
        if let Some(cell) = self.cells.last_mut()
            && matches!(&cell.kind, Kind::Mark { text, .. } if text.starts_with("cut:"))
        {
            cell.hide();
        }
    }

    /// Something to tell the person.
    pub fn notice(&mut self, notice: &Notice) {
        self.push(Kind::Notice(notice.clone()));
    }

    pub(super) fn note(&mut self, text: impl Into<String>, meaning: Meaning) {
        self.push(Kind::Mark { text: text.into(), body: None, meaning });
    }
}
