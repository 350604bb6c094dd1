//! A session for reading, sharing and other programs: as Markdown, as a page, as JSON, as stream-json lines.

mod html;
mod json;
mod markdown;
mod stream;

use std::borrow::Borrow;

use crate::domain::{ExportForm, Record};

pub use json::{NAME as JSON_NAME, VERSION as JSON_VERSION, Whole};
pub use markdown::markdown;

/// The session in that form.
pub fn text<R: Borrow<Record>>(records: &[R], form: ExportForm) -> String {
    match form {
        ExportForm::Markdown => markdown(records),
        ExportForm::Json => json::json(records),
        ExportForm::Html => html::html(records),
        ExportForm::StreamJson => stream::lines(records),
    }
}

#[cfg(test)]
mod tests;
