//! Ids of calls and names of tools, made fit for whoever receives them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::domain::{Block, CanonicalRequest, Hash};

/// The longest id that OpenAI's API takes.
pub(super) const OPENAI_ID: usize = 40;
/// The longest id that Anthropic's API surely takes.
pub(super) const ANTHROPIC_ID: usize = 64;

/// Gives every call of one answer an id that no other call of the session has.
#[derive(Debug)]
pub(in crate::provider) struct Ids {
    seed: String,
    made: u32,
    given: Vec<String>,
    history: Option<Arc<CanonicalRequest>>,
}

impl Ids {
    /// `seed` goes into the ids that are made here: letters and digits, different for each request.
    pub(in crate::provider) fn new(seed: impl Into<String>, history: Option<Arc<CanonicalRequest>>) -> Self {
        Self { seed: seed.into(), made: 0, given: Vec::new(), history }
    }

    /// The server's id if it is one and new, else one of ours.
    pub(super) fn admit(&mut self, id: Option<&str>) -> String {
        let id = match id {
            Some(id) if !id.is_empty() && !self.is_known(id) => id.to_owned(),
            _ => self.make(),
        };
        self.given.push(id.clone());
        id
    }

    fn make(&mut self) -> String {
        self.made += 1;
        format!("call_{}_{}", self.seed, self.made)
    }

    fn is_known(&self, id: &str) -> bool {
        let said = |request: &Arc<CanonicalRequest>| {
            let messages = request.segments.iter().filter_map(|segment| segment.as_message());
            messages.flat_map(|message| message.calls()).any(|call| call.id == id)
        };
        self.given.iter().any(|given| given == id) || self.history.as_ref().is_some_and(said)
    }
}

/// The id itself if it is short and plain enough, else a name made from it, the same every time.
pub(super) fn safe_id(id: &str, longest: usize) -> Cow<'_, str> {
    if id.len() <= longest && is_plain(id) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(format!("call_{}", Hash::of(id.as_bytes())))
}

/// A tool's name within what servers allow: models sometimes call tools that cannot exist.
pub(super) fn safe_name(name: &str) -> Cow<'_, str> {
    if name.len() <= 64 && is_plain(name) {
        return Cow::Borrowed(name);
    }
    let plain: String = name.chars().take(64).map(|c| if is_plain_char(c) { c } else { '_' }).collect();
    Cow::Owned(if plain.is_empty() { "unknown".to_owned() } else { plain })
}

/// Whether this request's model wrote the block that `by` signs, so that its reasoning may go back.
pub(super) fn is_own(by: Option<&crate::domain::ModelRef>, request: &CanonicalRequest) -> bool {
    by == Some(&request.model)
}

/// The name of the tool that a call id belongs to, for wires whose results need it.
pub(super) fn names_by_id(request: &CanonicalRequest) -> std::collections::HashMap<&str, &str> {
    let messages = request.segments.iter().filter_map(|segment| segment.as_message());
    let blocks = messages.flat_map(|message| &message.blocks);
    blocks
        .filter_map(|block| match block {
            Block::ToolCall(call) => Some((call.id.as_str(), call.name.as_str())),
            _ => None,
        })
        .collect()
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_plain_char)
}

fn is_plain_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_become_plain() {
        assert_eq!(safe_id("toolu_01AbC-9", 40), "toolu_01AbC-9");
        for id in ["functions.Read:0", "", &"x".repeat(41)] {
            let safe = safe_id(id, 40);
            assert!(safe.len() <= 40 && is_plain(&safe), "{safe}");
            assert_eq!(safe, safe_id(id, 40));
        }
        assert_eq!(safe_name("mcp__a__b"), "mcp__a__b");
        assert_eq!(safe_name("functions.Rêad"), "functions_R_ad");
        assert_eq!(safe_name(""), "unknown");
    }

    #[test]
    fn repeated_and_missing_ids_are_replaced() {
        let mut ids = Ids::new("s", None);
        assert_eq!(ids.admit(Some("a")), "a");
        assert_eq!(ids.admit(Some("a")), "call_s_1");
        assert_eq!(ids.admit(None), "call_s_2");
        assert_eq!(ids.admit(Some("")), "call_s_3");
    }
}
