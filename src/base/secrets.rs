//! Keys that must not be written anywhere: found by their exact text and replaced.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What stands where a key was.
pub const REMOVED: &str = "[key removed]";
/// Characters that a key must have; a shorter text would be found where it means something else.
const SHORTEST: usize = 8;

/// The keys of this run. Its `Debug` shows none.
#[derive(Clone, Default)]
pub struct Redactor {
    /// The longest first, so that a key that holds another one goes whole. Each as it is and as JSON writes it.
    keys: Arc<[(String, String)]>,
}

impl Redactor {
    /// A redactor for these keys; too short ones are left out.
    pub fn new(keys: impl IntoIterator<Item = String>) -> Self {
        let mut keys: Vec<String> =
            keys.into_iter().map(|key| key.trim().to_owned()).filter(|key| key.chars().count() >= SHORTEST).collect();
        keys.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        keys.dedup();
        let escaped = |key: &String| {
            let json = serde_json::to_string(key).unwrap_or_default();
            json.trim_matches('"').to_owned()
        };
        Self { keys: keys.into_iter().map(|key| (key.clone(), escaped(&key))).collect() }
    }

    /// Some key stands in the text.
    pub fn finds(&self, text: &str) -> bool {
        self.keys.iter().any(|(key, _)| text.contains(key.as_str()))
    }

    /// The text without keys.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.finds(text) {
            return Cow::Borrowed(text);
        }
        let clean = self.keys.iter().fold(text.to_owned(), |text, (key, _)| text.replace(key.as_str(), REMOVED));
        Cow::Owned(clean)
    }

    /// Where the part of the text begins that must wait for the next piece: what may be the beginning of a key, and
    /// a key that it would cut through.
    fn cut(&self, text: &str) -> usize {
        let longest = self.keys.first().map_or(0, |(key, _)| key.len());
        let from = text.len().saturating_sub(longest);
        let begins =
            |at: &usize| text.get(*at..).is_some_and(|tail| self.keys.iter().any(|(key, _)| key.starts_with(tail)));
        let mut cut = (from..text.len()).find(begins).unwrap_or(text.len());
        for (key, _) in self.keys.iter() {
            let through =
                text.match_indices(key.as_str()).map(|(at, _)| at).find(|at| *at < cut && cut < at + key.len());
            cut = through.unwrap_or(cut);
        }
        cut
    }

    /// The value with every text in it freed of keys.
    pub fn value<T: Serialize + DeserializeOwned>(&self, value: T) -> T {
        if self.keys.is_empty() {
            return value;
        }
        let Ok(json) = serde_json::to_string(&value) else { return value };
        if !self.keys.iter().any(|(_, escaped)| json.contains(escaped.as_str())) {
            return value;
        }
        let Ok(mut tree) = serde_json::from_str::<Value>(&json) else { return value };
        self.walk(&mut tree);
        serde_json::from_value(tree).unwrap_or(value)
    }

    fn walk(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(clean) = self.text(text) {
                    *text = clean;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item)),
            Value::Object(entries) => entries.values_mut().for_each(|item| self.walk(item)),
            _ => {}
        }
    }
}

/// A text that arrives in pieces, freed of keys. What may be the beginning of a key is held back until it is known
/// not to be one: never much more than the longest key.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    held: String,
}

impl Pieces {
    /// Takes a piece; what may be passed on now, which can be nothing.
    pub fn push(&mut self, secrets: &Redactor, piece: &str) -> String {
        self.held.push_str(piece);
        let rest = self.held.split_off(secrets.cut(&self.held));
        let ready = std::mem::replace(&mut self.held, rest);
        secrets.text(&ready).into_owned()
    }

    /// Nothing follows: what was held back after all.
    pub fn finish(&mut self, secrets: &Redactor) -> String {
        secrets.text(&std::mem::take(&mut self.held)).into_owned()
    }

    /// Nothing is held back.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn exact_keys_go_and_nothing_else() {
        let redactor = Redactor::new(["sk-ant-12345".to_owned(), "sk-ant-12345-long".to_owned(), "short".to_owned()]);
        assert_eq!(redactor.text("a sk-ant-12345-long b sk-ant-12345 c"), "a [key removed] b [key removed] c");
        assert_eq!(redactor.text("short sk-ant-1234"), "short sk-ant-1234");
        assert!(!format!("{redactor:?}").contains("sk-ant"));
    }

    #[test]
    fn a_key_in_pieces_is_found_however_it_is_cut_and_nothing_else_is_held_back() {
        let keys = ["sk-ant-éé12345", "sk-ant-éé12345-long", "12345678", "78-other-key"];
        let redactor = Redactor::new(keys.map(str::to_owned));
        let text = "say sk-ant-éé12345, sk-ant-éé12345-long 12345678-other-ke sk-ant-no and 1234 123456789 sk-ant-";
        let chars: Vec<char> = text.chars().collect();
        for size in 1..chars.len() {
            let (mut pieces, mut out) = (Pieces::default(), String::new());
            for chunk in chars.chunks(size) {
                let part = pieces.push(&redactor, &chunk.iter().collect::<String>());
                out.push_str(&part);
                assert!(pieces.held.len() < 48, "{size}: {}", pieces.held);
                assert!(!redactor.finds(&out), "{size}: {out}");
            }
            out.push_str(&pieces.finish(&redactor));
            assert_eq!(out, redactor.text(text), "{size}");
        }
        let mut plain = Pieces::default();
        assert_eq!(plain.push(&Redactor::default(), "all of it"), "all of it");
    }

    #[test]
    fn values_are_searched_in_all_their_texts() {
        let redactor = Redactor::new(["quo\"ted\\key".to_owned()]);
        let value = json!({"a": ["x quo\"ted\\key y", 3], "b": {"c": "quo\"ted\\key"}});
        assert_eq!(redactor.value(value), json!({"a": ["x [key removed] y", 3], "b": {"c": "[key removed]"}}));
        assert_eq!(Redactor::default().value(json!("quo\"ted\\key")), json!("quo\"ted\\key"));
    }
}
