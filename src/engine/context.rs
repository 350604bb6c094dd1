//! The context at work: orders of the person about it, outputs kept where they can be read back.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::driver::Driver;
use crate::agent::Input;
use crate::domain::{Body, ContextBody, ContextNews, ContextRequest, Event, Live, Notice, Segment, SegmentBody};

impl Driver {
    pub(super) async fn on_context(&mut self, request: ContextRequest) {
        match request {
            ContextRequest::ShowBreak { request } => self.show_break(request).await,
            ContextRequest::Pin { item, label, on } => {
                self.feed(Input::Note(Body::Context(ContextBody::Pinned { item, label, on }))).await;
            }
            ContextRequest::Eject { item, label, on, when } => {
                self.feed(Input::Note(Body::Context(ContextBody::Ejected { item, label, on, when }))).await;
            }
            ContextRequest::Accept { summary } => self.feed(Input::AcceptSummary { summary }).await,
            ContextRequest::Discard => self.feed(Input::DiscardSummary).await,
            ContextRequest::Undo => self.feed(Input::UndoCompaction).await,
            ContextRequest::Inspect | ContextRequest::Read { .. } | ContextRequest::Decide(_) => {}
        }
    }

    /// Tells the two texts of the segment that broke the prefix.
    async fn show_break(&mut self, request: u32) {
        let Some(evidence) = self.machine.evidence(request).cloned() else {
            let text = "The texts of that change are not kept any more.";
            return self.notice(Notice::info(text).hint("/cache lists all breaks")).await;
        };
        let label = evidence.after.as_ref().or(evidence.before.as_ref()).map(|segment| segment.label.clone());
        let text = |segment: Option<std::sync::Arc<Segment>>| {
            segment.map(|segment| self.setup.secrets.text(&plain(&segment)).into_owned())
        };
        let (before, after) = (text(evidence.before), text(evidence.after));
        let news = ContextNews::Break { request, label: label.unwrap_or_default(), before, after };
        self.tell(Event::Live(Live::Context(news))).await;
    }

    /// Writes whole outputs, once each. A full disk costs the text, not the turn.
    pub(super) async fn keep_outputs(&mut self, folder: &Path, files: Vec<(String, String)>) {
        for (name, text) in files {
            let text = self.setup.secrets.text(&text).into_owned();
            if let Err(error) = write_once(folder, &name, &text) {
                let text = format!("{}: {error}; that output cannot be read back", folder.join(name).display());
                return self.notice(Notice::warning(text)).await;
            }
        }
    }
}

/// A segment as a text that people can compare.
pub(super) fn plain(segment: &Segment) -> String {
    match &segment.body {
        SegmentBody::Tool(spec) => serde_json::to_string_pretty(&**spec).unwrap_or_default(),
        SegmentBody::System(text) | SegmentBody::Memory(text) => text.to_string(),
        SegmentBody::Message(message) => serde_json::to_string_pretty(&**message).unwrap_or_default(),
    }
}

fn write_once(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let path = folder.join(name);
    if path.exists() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).create(folder)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
