//! `/export`: the conversation as a file, in the form that its name says.

use std::path::PathBuf;

use crate::commands::{Command, Outcome};
use crate::domain::{ExportForm, LibraryRequest, Request};

pub(super) static COMMAND: Command = Command {
    name: "export",
    aliases: &[],
    summary: "Write the session as Markdown, HTML or JSON",
    argument_hint: Some("[form] [file]"),
    while_busy: true,
    run: |arguments, _| {
        let (first, rest) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
        let (form, file) = if let Some(form) = ExportForm::named(first) {
            (form, rest.trim())
        } else {
            // The extension says the form.
            let end = arguments.rsplit_once('.').and_then(|(_, end)| ExportForm::named(end));
            (end.unwrap_or_default(), arguments)
        };
        let path = (!file.is_empty()).then(|| PathBuf::from(file));
        Outcome::send(Request::Library(LibraryRequest::Export { id: None, form, path }))
    },
};
