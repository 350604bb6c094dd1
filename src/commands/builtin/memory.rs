//! `/memory`: which instructions the model reads, in which order, and why others are not read; and the memory store.

use crate::commands::{Command, Outcome, Show};
use crate::domain::{CatalogRequest, MemoryOrder, Notice, PageKind, Request, StoreScope};

pub(super) static COMMAND: Command = Command {
    name: "memory",
    aliases: &[],
    summary: "Instructions and memories: files, order, tokens",
    argument_hint: Some("[add|edit|forget]"),
    while_busy: true,
    run: |arguments, _| match order(arguments) {
        None => Outcome::show(Show::Page(PageKind::Memory)),
        Some(Ok(order)) => Outcome::send(Request::Catalog(CatalogRequest::Memory(order))),
        Some(Err(problem)) => Outcome::notice(
            Notice::warning(problem).hint("/memory add [--user] <text>, /memory edit <id> <text>, /memory forget <id>"),
        ),
    },
};

/// What was ordered; none for nothing.
fn order(arguments: &str) -> Option<Result<MemoryOrder, String>> {
    let (word, rest) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    let rest = rest.trim();
    let (first, text) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(first, text)| (first, text.trim()));
    Some(match word {
        "" => return None,
        "add" if rest.is_empty() || rest == "--user" => Err("What shall be remembered?".to_owned()),
        "add" if first == "--user" => Ok(MemoryOrder::Add { scope: StoreScope::User, text: text.to_owned() }),
        "add" => Ok(MemoryOrder::Add { scope: StoreScope::Project, text: rest.to_owned() }),
        "edit" if text.is_empty() => Err("Which entry, and what shall it say?".to_owned()),
        "edit" => first.parse().map(|id| MemoryOrder::Edit { id, text: text.to_owned() }),
        "forget" => rest.parse().map(|id| MemoryOrder::Forget { id }),
        _ => Err(format!("/memory does not know `{word}`")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read() {
        let add = |scope, text: &str| Some(Ok(MemoryOrder::Add { scope, text: text.to_owned() }));
        assert_eq!(order(""), None);
        assert_eq!(order("add  two words "), add(StoreScope::Project, "two words"));
        assert_eq!(order("add --user x y"), add(StoreScope::User, "x y"));
        for wrong in ["add", "add --user", "edit p1", "edit x1 text", "forget", "forget 3", "list"] {
            assert!(matches!(order(wrong), Some(Err(_))), "{wrong}");
        }
        assert!(matches!(order("forget u2"), Some(Ok(MemoryOrder::Forget { .. }))));
        assert!(matches!(order("edit p1 new text"), Some(Ok(MemoryOrder::Edit { .. }))));
    }
}
