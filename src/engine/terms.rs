//! On what terms calls run: where their paths lay when they were judged, what searches leave out, and which parts of
//! a change the person accepted.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use super::driver::Driver;
use super::gate::{Asked, Gate};
use crate::domain::{Accepted, Answer, Body, Event, Live, Mode, Terms, ToolCall, Unseen, Verdict};
use crate::policy::Reserved;
use crate::tools::{self, Preview};

/// Calls whose places are kept, at most.
const KEPT: usize = 512;

/// Places by the path as the tool names it.
pub(super) type Places = Arc<BTreeMap<PathBuf, PathBuf>>;

/// What is settled about calls that have not run yet.
#[derive(Debug, Default)]
pub(super) struct Settled {
    places: HashMap<String, Places>,
    /// Changes that the person is asked about, by call.
    previews: HashMap<String, Preview>,
    /// What was accepted of them; or why nothing can be made of the choice.
    accepted: HashMap<String, Result<Arc<Accepted>, String>>,
}

impl Settled {
    fn keep(&mut self, call_id: &str, places: Places) {
        if self.places.len() >= KEPT {
            self.places.clear();
        }
        self.places.insert(call_id.to_owned(), places);
    }
}

impl Driver {
    /// The verdict on a call, and where its paths lie at this moment: the call may touch them there and nowhere else.
    pub(super) fn settle(&mut self, call: &ToolCall) -> Verdict {
        let mode = self.machine.conversation().mode;
        let (verdict, places) = self.verdict_with_places(&self.gate, mode, call);
        self.parts.settled.keep(&call.id, places);
        verdict
    }

    /// The terms of a call that is about to run. The error is a sentence: it must not run.
    pub(super) fn terms(&mut self, call: &ToolCall) -> Result<Terms, String> {
        let accepted = self.parts.settled.accepted.remove(&call.id).transpose()?;
        let places = self.parts.settled.places.remove(&call.id).unwrap_or_default();
        Ok(Terms { places, unseen: self.unseen(), accepted })
    }

    /// What searches, listings and completion leave out.
    pub(super) fn unseen(&self) -> Unseen {
        self.gate.reserved(&self.stage).map_or_else(Unseen::default, |reserved: Reserved| {
            Unseen::new(move |path, root| reserved.hides(path, root))
        })
    }

    /// Tells what a call that the person is asked about would change.
    pub(super) async fn preview(&mut self, call_id: &str) {
        let Some(call) = self.machine.call(call_id).map(|call| call.effective().into_owned()) else { return };
        if let Some(preview) = tools::preview(&call.name, &call.input, &self.stage.place) {
            let (shown, parts) = (preview.shown(), preview.parts() as u32);
            self.parts.settled.previews.insert(call_id.to_owned(), preview);
            self.tell(Event::Live(Live::CallPreview { call_id: call_id.to_owned(), shown, parts })).await;
        } else if let Some(shown) = self.preview_rename(&call) {
            self.tell(Event::Live(Live::CallPreview { call_id: call_id.to_owned(), shown, parts: 0 })).await;
        }
    }

    /// Follows what becomes of calls: a choice of parts is worked out, what is over is forgotten.
    pub(super) fn settled_hears(&mut self, body: &Body) {
        let settled = &mut self.parts.settled;
        match body {
            Body::Decided { call_id, answer: Answer::Partly { parts, .. }, .. } => {
                let preview = settled.previews.remove(call_id);
                let preview = preview.ok_or_else(|| "what was shown is not known any more".to_owned());
                let kept = preview.and_then(|preview| preview.keep(parts)).map(Arc::new);
                settled.accepted.insert(call_id.clone(), kept);
            }
            Body::Decided { call_id, .. } => {
                settled.previews.remove(call_id);
            }
            Body::TurnEnded { .. } => {
                settled.previews.clear();
                settled.accepted.clear();
                settled.places.clear();
            }
            _ => {}
        }
    }

    /// The verdict by a gate and in a mode, with the places that it was made for.
    pub(super) fn verdict_with_places(&self, gate: &Gate, mode: Mode, call: &ToolCall) -> (Verdict, Places) {
        match self.asked(call) {
            Ok(asked) => self.judge_with_walls(gate, &asked, mode),
            Err(refused) => (*refused, Places::default()),
        }
    }

    /// The call as the gate sees it, or the refusal of one that cannot be run at all.
    fn asked<'c>(&self, call: &'c ToolCall) -> Result<Asked<'c>, Box<Verdict>> {
        let refused = |text: String| Box::new(super::gate::refused(text));
        if let Some(text) = call.invalid() {
            let start: String = text.chars().take(200).collect();
            let text = format!("its input was not a JSON object, so nothing was done. It began with: {start}");
            return Err(refused(text));
        }
        let Some(tool) = self.tool(&call.name) else { return Err(refused(self.no_such_tool(&call.name))) };
        let access = self.access(&*tool, call).map_err(refused)?;
        Ok(Asked { name: &call.name, input: &call.input, access })
    }
}
