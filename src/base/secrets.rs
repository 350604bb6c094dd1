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
    fn values_are_searched_in_all_their_texts() {
        let redactor = Redactor::new(["quo\"ted\\key".to_owned()]);
        let value = json!({"a": ["x quo\"ted\\key y", 3], "b": {"c": "quo\"ted\\key"}});
        assert_eq!(redactor.value(value), json!({"a": ["x [key removed] y", 3], "b": {"c": "[key removed]"}}));
        assert_eq!(Redactor::default().value(json!("quo\"ted\\key")), json!("quo\"ted\\key"));
    }
}
