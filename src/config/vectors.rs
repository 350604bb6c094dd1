//! Whose embeddings tell the answer cache what a question means: `latigo.embeddings` of the person's own settings.
//!
//! ```json
//! "latigo": { "embeddings": { "engine": "openai", "url": "https://…/v1", "model": "…", "keyEnv": "MY_KEY",
//!                             "threshold": 0.95, "timeoutMs": 3000 } }
//! ```

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::Settings;
use super::document::{Node, Value};
use super::environment::Vars;
use super::layers::Layer;
use crate::base::dirs::Dirs;
use crate::domain::{ModelRef, Notice, Wire};
use crate::provider::{self, Auth, Endpoint};
use crate::recall::{AskVector, Remote, Setting};
use crate::usage::ModelTable;

/// Where OpenAI's is, and the models that are asked where none is named.
const OPENAI: (&str, &str) = ("https://api.openai.com/v1", "text-embedding-3-small");
const OLLAMA_MODEL: &str = "nomic-embed-text";
/// Opposites lie near each other in every model, so that only what is nearly the same is served.
const THRESHOLD: f64 = 0.95;
/// Milliseconds that a question waits for its vector, when nothing is said and at most.
const PATIENCE_MS: u64 = 3_000;
const PATIENCE_MOST: u64 = 60_000;

/// A server of embeddings.
#[derive(Clone, Debug)]
pub struct VectorChoice {
    wire: Wire,
    url: String,
    model: String,
    key: Option<SecretString>,
    threshold: f64,
    patience: Duration,
}

impl VectorChoice {
    /// Its key, for those who keep keys out of what is written.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_ref().map(ExposeSecret::expose_secret)
    }
}

/// Reads the setting; none is the embedder that comes with the program.
pub(super) fn choice(layers: &[Layer], vars: &Vars, notices: &mut Vec<Notice>) -> Option<VectorChoice> {
    for layer in layers.iter().filter(|layer| !layer.is_from_project()) {
        let sections = layer.root.entries().iter().filter(|(key, _)| key == "latigo");
        for (_, node) in sections.flat_map(|(_, section)| section.entries()).filter(|(key, _)| key == "embeddings") {
            match read(node, vars) {
                Ok(choice) => return choice,
                Err(problem) => notices.push(layer.notice(node.line, &format!("`latigo.embeddings`: {problem}"))),
            }
        }
    }
    None
}

fn read(node: &Node, vars: &Vars) -> Result<Option<VectorChoice>, String> {
    let value = |key: &str| node.entries().iter().find(|(name, _)| name == key).map(|(_, node)| &node.value);
    let text = |key: &str| match value(key) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let number = |key: &str| match value(key) {
        Some(Value::Number(number)) => number.as_f64(),
        _ => None,
    };
    let (wire, url, model) = match text("engine").as_deref() {
        Some("openai") => (Wire::OpenaiChat, OPENAI.0.to_owned(), OPENAI.1),
        Some("ollama") => {
            (Wire::Ollama, provider::ollama_base(vars.text("OLLAMA_HOST").unwrap_or_default()), OLLAMA_MODEL)
        }
        Some("offline") => return Ok(None),
        _ => return Err("`engine` is one of openai, ollama, offline".to_owned()),
    };
    let named = text("url");
    let key = match (text("keyEnv"), wire, &named) {
        (Some(name), ..) => Some(vars.text(&name).ok_or_else(|| format!("the variable {name} is not set"))?.to_owned()),
        // A key goes to the server that it is for, and to no other.
        (None, Wire::OpenaiChat, None) => {
            Some(vars.text("OPENAI_API_KEY").ok_or("the variable OPENAI_API_KEY is not set")?.to_owned())
        }
        _ => None,
    };
    let url = named.unwrap_or(url);
    if !url::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        return Err("`url` is no address of a server".to_owned());
    }
    let threshold = number("threshold").unwrap_or(THRESHOLD);
    if !(0.5..=1.0).contains(&threshold) {
        return Err("`threshold` is a number from 0.5 to 1".to_owned());
    }
    let patience = number("timeoutMs").map_or(PATIENCE_MS, |ms| ms.max(1.0) as u64).min(PATIENCE_MOST);
    Ok(Some(VectorChoice {
        wire,
        url,
        model: text("model").unwrap_or_else(|| model.to_owned()),
        key: key.map(Into::into),
        threshold,
        patience: Duration::from_millis(patience),
    }))
}

/// What the engine is told of the answer cache.
pub(super) fn answers(settings: &Settings, dirs: &Dirs) -> Setting {
    Setting {
        file: Some(dirs.cache.join(crate::recall::FILE)),
        remote: settings.capabilities.vectors.as_ref().map(|choice| remote(choice, &settings.models)),
        ..settings.money.answers.clone()
    }
}

/// How the cache asks it.
fn remote(choice: &VectorChoice, table: &ModelTable) -> Remote {
    let VectorChoice { wire, url, model, key, threshold, patience } = choice.clone();
    let auth = key.map_or(Auth::None, Auth::Bearer);
    let endpoint = Endpoint::new(url.clone(), auth);
    let name = format!("{model} at {url}");
    let price = if wire == Wire::Ollama { Some(0.0) } else { table.embedding_price(&model) };
    let paid = ModelRef::new(wire, model.clone());
    let ask: AskVector = Arc::new(move |text: String| {
        let (endpoint, model) = (endpoint.clone(), model.clone());
        Box::pin(async move {
            let embedded = provider::embed(wire, endpoint, &model, &text, patience).await?;
            Ok((embedded.vector, embedded.tokens))
        })
    });
    Remote { name, threshold: threshold as f32, model: paid, price, ask }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use super::super::document;
    use super::*;

    fn read_text(text: &str) -> Result<Option<VectorChoice>, String> {
        let env = BTreeMap::from([("MINE".to_owned(), "k".to_owned()), ("OPENAI_API_KEY".to_owned(), "o".to_owned())]);
        read(&document::parse(text).unwrap(), &Vars::of_process(&env))
    }

    #[test]
    fn the_setting_names_a_server_its_model_and_its_key() {
        let own = read_text(r#"{"engine": "openai"}"#).unwrap().unwrap();
        assert_eq!((own.url.as_str(), own.model.as_str(), own.key.is_some()), (OPENAI.0, OPENAI.1, true));
        // The key of OpenAI is not shown to another server.
        let other =
            read_text(r#"{"engine": "openai", "url": "http://box/v1", "model": "m", "timeoutMs": 500}"#).unwrap();
        let other = other.unwrap();
        assert!(other.key.is_none() && other.patience == Duration::from_millis(500));
        let keyed = read_text(r#"{"engine": "openai", "url": "http://box/v1", "keyEnv": "MINE"}"#).unwrap().unwrap();
        assert!(keyed.key.is_some() && !format!("{keyed:?}").contains("\"k\""));
        let ollama = read_text(r#"{"engine": "ollama"}"#).unwrap().unwrap();
        assert_eq!((ollama.url.as_str(), ollama.model.as_str()), ("http://127.0.0.1:11434", OLLAMA_MODEL));
        assert!(read_text(r#"{"engine": "offline"}"#).unwrap().is_none());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("{}", "engine"),
            (r#"{"engine": "openai", "keyEnv": "NONE"}"#, "NONE"),
            (r#"{"engine": "ollama", "url": "nowhere"}"#, "url"),
            (r#"{"engine": "ollama", "threshold": 7}"#, "threshold"),
        ] {
            assert!(read_text(text).unwrap_err().contains(part), "{text}");
        }
    }
}
