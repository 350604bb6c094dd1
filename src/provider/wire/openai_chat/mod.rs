//! OpenAI's Chat Completions, the form that most other servers speak too: DeepSeek, vLLM, LiteLLM, OpenRouter.

use serde_json::Value;

use super::answer::count;
use super::{Auth, Codec, Decoder, Ids, Site};
use crate::domain::{CanonicalRequest, ModelInfo, Wire};

mod body;
mod decode;
mod usage;

pub(super) use body::is_reasoning_id;

/// The codec.
#[derive(Debug)]
pub(super) struct OpenaiChat;

impl Codec for OpenaiChat {
    fn wire(&self) -> Wire {
        Wire::OpenaiChat
    }

    fn path(&self) -> &'static str {
        "chat/completions"
    }

    fn models_path(&self) -> &'static str {
        "models"
    }

    fn root(&self, given: &str, site: Site) -> String {
        root(given, site)
    }

    fn headers(&self, auth: &Auth) -> Vec<(&'static str, String)> {
        super::bearer(auth)
    }

    fn body(&self, request: &CanonicalRequest, site: Site) -> Vec<u8> {
        super::parts::write(&body::Body::of(request, site), request)
    }

    fn decoder(&self, ids: Ids) -> Box<dyn Decoder> {
        Box::new(decode::ChatDecoder::new(ids))
    }

    fn models(&self, json: &Value) -> Vec<ModelInfo> {
        models_of_list(json)
    }
}

/// A bare host gets `/v1`, as the servers of this kind have it, all but DeepSeek's.
pub(super) fn root(given: &str, site: Site) -> String {
    if given.is_empty() && !site.deepseek { "/v1".to_owned() } else { given.to_owned() }
}

/// Models of a list as OpenAI and Anthropic give it, with the window where a server adds it
/// (OpenRouter, vLLM, Groq, LiteLLM each under a name of its own).
pub(super) fn models_of_list(json: &Value) -> Vec<ModelInfo> {
    let list = json.get("data").or_else(|| json.get("models")).unwrap_or(json);
    let models = list.as_array().map(Vec::as_slice).unwrap_or_default();
    models.iter().filter_map(model_of_entry).collect()
}

fn model_of_entry(entry: &Value) -> Option<ModelInfo> {
    let id = entry.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())?;
    let mut info = ModelInfo::unknown(id);
    let first = |paths: &[&[&str]]| {
        let found = paths.iter().find_map(|path| count(entry, path).filter(|tokens| *tokens > 0));
        found.and_then(|tokens| u32::try_from(tokens).ok())
    };
    if let Some(window) = first(&[&["context_length"], &["max_model_len"], &["context_window"], &["max_input_tokens"]])
    {
        info.window = window;
        info.max_output = info.max_output.min(window);
    }
    let output =
        first(&[&["top_provider", "max_completion_tokens"], &["max_completion_tokens"], &["max_output_tokens"]]);
    if let Some(output) = output {
        info.max_output = output;
    }
    Some(info)
}
