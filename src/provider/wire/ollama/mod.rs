//! Ollama's own API, because only there the size of the context can be set.

use serde_json::Value;

use super::answer::count;
use super::{Auth, Codec, Decoder, Ids, Site};
use crate::domain::{CanonicalRequest, ModelInfo, Prices, Thinking, Wire};

mod body;
mod decode;

/// The largest context that is asked for unless the person says otherwise: more fills the memory of
/// ordinary machines, whatever the model could do.
const SENSIBLE_WINDOW: u32 = 65_536;

/// The codec.
#[derive(Debug)]
pub(super) struct Ollama;

impl Codec for Ollama {
    fn wire(&self) -> Wire {
        Wire::Ollama
    }

    fn path(&self) -> &'static str {
        "api/chat"
    }

    fn models_path(&self) -> &'static str {
        "api/tags"
    }

    fn root(&self, given: &str, _: Site) -> String {
        // Addresses for the other wires of the same server are taken too.
        given.strip_suffix("/v1").or_else(|| given.strip_suffix("/api")).unwrap_or(given).to_owned()
    }

    fn headers(&self, auth: &Auth) -> Vec<(&'static str, String)> {
        super::bearer(auth)
    }

    fn body(&self, request: &CanonicalRequest, _: Site) -> Vec<u8> {
        super::parts::write(&body::Body::of(request), request)
    }

    fn decoder(&self, ids: Ids) -> Box<dyn Decoder> {
        Box::new(decode::OllamaDecoder::new(ids))
    }

    fn models(&self, json: &Value) -> Vec<ModelInfo> {
        names_of_tags(json).iter().map(|name| info_of_show(name, &Value::Null)).collect()
    }
}

/// The names in the answer of `/api/tags`.
pub(in crate::provider) fn names_of_tags(json: &Value) -> Vec<String> {
    let models = json.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    models
        .iter()
        .filter_map(|model| model.get("name").or_else(|| model.get("model"))?.as_str())
        .map(str::to_owned)
        .collect()
}

/// What `/api/show` tells of a model. What runs here costs nothing; what runs in Ollama's cloud has no
/// known price.
pub(in crate::provider) fn info_of_show(name: &str, show: &Value) -> ModelInfo {
    let mut info = ModelInfo::unknown(name);
    let facts = show.get("model_info").and_then(Value::as_object);
    let length = facts.and_then(|facts| facts.iter().find(|(key, _)| key.ends_with(".context_length")));
    let length = length.and_then(|(_, value)| count(value, &[])).and_then(|tokens| u32::try_from(tokens).ok());
    info.window = length.filter(|tokens| *tokens > 0).unwrap_or(SENSIBLE_WINDOW).min(SENSIBLE_WINDOW);
    info.max_output = info.max_output.min(info.window / 4);
    if let Some(list) = show.get("capabilities").and_then(Value::as_array) {
        let can = |what: &str| list.iter().any(|capability| capability.as_str() == Some(what));
        info.images = can("vision");
        info.thinking = if can("thinking") { Thinking::Effort } else { Thinking::Unset };
    }
    if !name.contains("cloud") {
        let nothing = 0.0;
        info.prices = Some(Prices {
            input: nothing,
            output: nothing,
            cache_write_5m: nothing,
            cache_write_1h: nothing,
            cache_read: nothing,
            above: None,
        });
    }
    info
}
