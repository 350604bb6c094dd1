//! The one place where results of tools change their form on the way to the model: JSON with uniform rows goes as
//! TOON. The person sees what the tool printed; the same text always becomes the same bytes.

use super::driver::Driver;
use crate::agent::Input;
use crate::domain::{Body, ResultPart, ToolOutcome};
use crate::prompt::toon;
use crate::usage;

/// What the model is told with the first result of this form. It stands behind the result, so that no cached prefix changes.
const EXPLAINED: &str = "a result above is TOON, a short form of JSON: `name[N]{a,b}:` says that N rows follow, one a line, with \
     the values of the fields a and b in this order.";

/// What the driver keeps about rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The model knows the form.
    told: bool,
}

impl Driver {
    /// Writes what the model gets of a result in fewer tokens, where that is possible without loss.
    pub(super) fn shorten_rows(&mut self, outcome: &mut ToolOutcome) {
        if !self.setup.tuning.toon || outcome.is_error {
            return;
        }
        for part in &mut outcome.parts {
            if let ResultPart::Text(text) = part
                && let Some(shorter) = toon::shorter(text, usage::rough)
            {
                *text = shorter;
                if !std::mem::replace(&mut self.parts.rows.told, true) {
                    let note = Body::ContextAdded { from: "Latigo".to_owned(), text: EXPLAINED.to_owned() };
                    self.inbox.push_back(Input::Note(note));
                }
            }
        }
    }
}
