//! The one place where results of tools change their form on the way to the model: JSON with uniform rows goes as
//! TOON. The person sees what the tool printed; the same text always becomes the same bytes.

use super::driver::Driver;
use crate::domain::{ResultPart, ToolOutcome};
use crate::prompt::toon;
use crate::usage;

impl Driver {
    /// Writes what the model gets of a result in fewer tokens, where that is possible without loss.
    pub(super) fn shorten_rows(&self, outcome: &mut ToolOutcome) {
        if !self.setup.tuning.toon || outcome.is_error {
            return;
        }
        for part in &mut outcome.parts {
            if let ResultPart::Text(text) = part
                && let Some(shorter) = toon::shorter(text, usage::rough)
            {
                *text = shorter;
            }
        }
    }
}
