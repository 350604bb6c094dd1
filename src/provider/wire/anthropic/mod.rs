//! Anthropic's Messages API, version 2023-06-01, which third parties speak too.
//!
//! No beta headers and no sampling parameters are sent, so that every model and every gateway takes it.

use serde_json::Value;

use super::{Auth, Codec, Decoder, Ids, Site};
use crate::domain::{CanonicalRequest, ModelInfo, Wire};

mod blocks;
mod body;
mod decode;
mod usage;

/// The codec.
#[derive(Debug)]
pub(super) struct Anthropic;

impl Codec for Anthropic {
    fn wire(&self) -> Wire {
        Wire::Anthropic
    }

    fn path(&self) -> &'static str {
        "messages"
    }

    fn models_path(&self) -> &'static str {
        "models?limit=1000"
    }

    fn root(&self, given: &str, _: Site) -> String {
        if given.ends_with("/v1") { given.to_owned() } else { format!("{given}/v1") }
    }

    fn headers(&self, auth: &Auth) -> Vec<(&'static str, String)> {
        use secrecy::ExposeSecret;
        let mut headers = vec![("anthropic-version", "2023-06-01".to_owned())];
        match auth {
            Auth::ApiKey(key) => headers.push(("x-api-key", key.expose_secret().trim().to_owned())),
            Auth::None | Auth::Bearer(_) => headers.extend(super::bearer(auth)),
        }
        headers
    }

    fn body(&self, request: &CanonicalRequest, _: Site) -> Vec<u8> {
        super::parts::write(&body::Body::of(request), request)
    }

    fn decoder(&self, ids: Ids) -> Box<dyn Decoder> {
        Box::new(decode::AnthropicDecoder::new(ids))
    }

    fn models(&self, json: &Value) -> Vec<ModelInfo> {
        super::openai_chat::models_of_list(json)
    }
}
