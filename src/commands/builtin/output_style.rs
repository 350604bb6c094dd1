//! `/output-style`: how the model answers; with a name the style is chosen at once.

use crate::commands::{Command, Outcome, Show};
use crate::domain::{CatalogRequest, PageKind, Request};

pub(super) static COMMAND: Command = Command {
    name: "output-style",
    aliases: &["style"],
    summary: "How the model answers",
    argument_hint: Some("[name]"),
    while_busy: false,
    run: |name, _| {
        if name.is_empty() {
            return Outcome::show(Show::Page(PageKind::Styles));
        }
        Outcome::send(Request::Catalog(CatalogRequest::Choose { kind: PageKind::Styles, key: name.to_owned() }))
    },
};
