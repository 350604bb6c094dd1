//! What a server answers, as plain values.

use std::path::PathBuf;

use lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, DocumentSymbol, HoverContents, Location,
    LocationLink, MarkedString, Range, SymbolInformation, SymbolKind,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::place::{self, Units};
use super::rename::Rewrite;
use crate::domain::LanguageProblem;

/// Entries of one answer that are kept.
const MOST: usize = 2_000;
/// Depth of nested symbols.
const DEPTH: usize = 8;
/// Characters of a hover text.
const HOVER: usize = 20_000;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Spots(Vec<Spot>),
    Text(String),
    Symbols(Vec<Symbol>),
    /// Functions, each with the places where it calls or is called.
    Calls(Vec<(Symbol, Vec<Spot>)>),
    Problems(Vec<LanguageProblem>),
    Rewrites(Vec<Rewrite>),
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub path: PathBuf,
    /// Counted from 1.
    pub line: u32,
    /// In the server's units, counted from 0.
    column: u32,
    units: Units,
}

/// Something with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub kind: String,
    /// What it says of itself, such as its type, or what it stands in.
    pub detail: String,
    /// How deep it is nested.
    pub depth: usize,
    pub spot: Spot,
}

impl Spot {
    pub(super) fn new(path: PathBuf, range: Range, units: Units) -> Self {
        Self { path, line: range.start.line.saturating_add(1), column: range.start.character, units }
    }

    fn at(uri: &str, range: Range, units: Units) -> Option<Self> {
        Some(Self::new(place::path(uri)?, range, units))
    }

    /// The number of its character in its line, counted from 1; the text of the line makes it exact.
    pub fn character(&self, line: Option<&str>) -> u32 {
        line.map_or(self.column, |line| self.units.character(line, self.column) as u32).saturating_add(1)
    }
}

/// The entries of a list that are of the known form; a single value is a list of one.
fn list<T: DeserializeOwned>(value: Value) -> Vec<T> {
    let items = match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    items.into_iter().take(MOST).filter_map(|item| serde_json::from_value(item).ok()).collect()
}

/// Places: locations, or links to them.
pub(super) fn spots(value: Value, units: Units) -> Vec<Spot> {
    let links: Vec<LocationLink> = list(value.clone());
    let mut spots: Vec<Spot> = links
        .iter()
        .filter_map(|link| Spot::at(link.target_uri.as_str(), link.target_selection_range, units))
        .collect();
    let plain: Vec<Location> = list(value);
    spots.extend(plain.iter().filter_map(|location| Spot::at(location.uri.as_str(), location.range, units)));
    spots.dedup();
    spots
}

/// Symbols of a file, nested or flat.
pub(super) fn symbols(value: Value, path: &std::path::Path, units: Units) -> Vec<Symbol> {
    let nested: Vec<DocumentSymbol> = list(value.clone());
    let mut out = Vec::new();
    for symbol in nested {
        unfold(symbol, 0, path, units, &mut out);
    }
    if out.is_empty() { found_symbols(value, units) } else { out }
}

fn unfold(symbol: DocumentSymbol, depth: usize, path: &std::path::Path, units: Units, out: &mut Vec<Symbol>) {
    if out.len() >= MOST || depth > DEPTH {
        return;
    }
    out.push(Symbol {
        name: symbol.name,
        kind: kind(symbol.kind),
        detail: symbol.detail.unwrap_or_default(),
        depth,
        spot: Spot::new(path.to_owned(), symbol.selection_range, units),
    });
    for child in symbol.children.unwrap_or_default() {
        unfold(child, depth + 1, path, units, out);
    }
}

/// Symbols with their own places.
pub(super) fn found_symbols(value: Value, units: Units) -> Vec<Symbol> {
    let flat: Vec<SymbolInformation> = list(value);
    let symbol = |info: SymbolInformation| {
        Some(Symbol {
            spot: Spot::at(info.location.uri.as_str(), info.location.range, units)?,
            name: info.name,
            kind: kind(info.kind),
            detail: info.container_name.unwrap_or_default(),
            depth: 0,
        })
    };
    flat.into_iter().filter_map(symbol).collect()
}

/// The functions at a place, for questions about their calls.
pub(super) fn items(value: Value) -> Vec<CallHierarchyItem> {
    list(value)
}

pub(super) fn item_symbol(item: CallHierarchyItem, units: Units) -> Option<Symbol> {
    Some(Symbol {
        spot: Spot::at(item.uri.as_str(), item.selection_range, units)?,
        name: item.name,
        kind: kind(item.kind),
        detail: item.detail.unwrap_or_default(),
        depth: 0,
    })
}

/// Who calls: the callers, with the places in them.
pub(super) fn incoming(value: Value, units: Units) -> Vec<(Symbol, Vec<Spot>)> {
    let calls: Vec<CallHierarchyIncomingCall> = list(value);
    let call = |call: CallHierarchyIncomingCall| {
        let symbol = item_symbol(call.from, units)?;
        let spot = |range: &Range| Spot::new(symbol.spot.path.clone(), *range, units);
        let spots = call.from_ranges.iter().map(spot).collect();
        Some((symbol, spots))
    };
    calls.into_iter().filter_map(call).collect()
}

/// Who is called, with the places in the caller.
pub(super) fn outgoing(value: Value, path: &std::path::Path, units: Units) -> Vec<(Symbol, Vec<Spot>)> {
    let calls: Vec<CallHierarchyOutgoingCall> = list(value);
    let call = |call: CallHierarchyOutgoingCall| {
        let spot = |range: &Range| Spot::new(path.to_owned(), *range, units);
        let spots = call.from_ranges.iter().map(spot).collect();
        Some((item_symbol(call.to, units)?, spots))
    };
    calls.into_iter().filter_map(call).collect()
}

/// The text of a hover.
pub(super) fn hover(mut value: Value) -> String {
    let contents = value.get_mut("contents").map(Value::take).unwrap_or_default();
    let marked = |marked: MarkedString| match marked {
        MarkedString::String(text) => text,
        MarkedString::LanguageString(code) => format!("```{}\n{}\n```", code.language, code.value),
    };
    let text = match serde_json::from_value::<HoverContents>(contents) {
        Ok(HoverContents::Scalar(text)) => marked(text),
        Ok(HoverContents::Array(texts)) => texts.into_iter().map(marked).collect::<Vec<_>>().join("\n\n"),
        Ok(HoverContents::Markup(markup)) => markup.value,
        Err(_) => String::new(),
    };
    text.trim().chars().take(HOVER).collect()
}

fn kind(kind: SymbolKind) -> String {
    format!("{kind:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_an_answer_is_read_and_odd_entries_are_left_out() {
        let range = json!({"start": {"line": 1, "character": 3}, "end": {"line": 1, "character": 5}});
        let location = json!({"uri": "file:///a.rs", "range": range});
        let link = json!({"targetUri": "file:///b.rs", "targetRange": range, "targetSelectionRange": range});
        let told = |value: Value| {
            let spots = spots(value, Units::Utf16);
            spots.iter().map(|spot| format!("{}:{}", spot.path.display(), spot.line)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(location.clone()), "/a.rs:2");
        assert_eq!(told(json!([location, {"odd": 1}, location])), "/a.rs:2");
        assert_eq!(told(json!([link])), "/b.rs:2");
        assert_eq!(told(Value::Null), "");
        assert_eq!(hover(json!({"contents": {"kind": "markdown", "value": " x "}})), "x");
        assert_eq!(hover(json!({"contents": [{"language": "c", "value": "int"}, "y"]})), "```c\nint\n```\n\ny");
        assert_eq!(hover(Value::Null), "");
        let child = json!({"name": "f", "kind": 12, "range": range, "selectionRange": range});
        let nested = json!([{"name": "S", "kind": 23, "range": range, "selectionRange": range, "children": [child]}]);
        let list = symbols(nested, std::path::Path::new("/a.rs"), Units::Utf8);
        let names: Vec<String> = list.iter().map(|s| format!("{} {} {}", s.depth, s.kind, s.name)).collect();
        assert_eq!(names, ["0 struct S", "1 function f"]);
        let flat = json!([{"name": "g", "kind": 12, "location": location, "containerName": "m"}]);
        assert_eq!(symbols(flat, std::path::Path::new("/x"), Units::Utf8)[0].detail, "m");
        assert_eq!(spots(json!({"uri": "file:///a", "range": range}), Units::Utf8)[0].character(Some("aäb")), 3);
    }
}
