//! OpenAI's Responses, used without their store: everything goes back and forth in each request.

use serde_json::Value;

use super::openai_chat;
use super::{Auth, Codec, Decoder, Ids, Site};
use crate::domain::{CanonicalRequest, ModelInfo, Wire};

mod body;
mod decode;

/// The codec.
#[derive(Debug)]
pub(super) struct OpenaiResponses;

impl Codec for OpenaiResponses {
    fn wire(&self) -> Wire {
        Wire::OpenaiResponses
    }

    fn path(&self) -> &'static str {
        "responses"
    }

    fn models_path(&self) -> &'static str {
        "models"
    }

    fn root(&self, given: &str, site: Site) -> String {
        openai_chat::root(given, site)
    }

    fn headers(&self, auth: &Auth) -> Vec<(&'static str, String)> {
        super::bearer(auth)
    }

    fn body(&self, request: &CanonicalRequest, site: Site) -> Vec<u8> {
        super::parts::write(&body::Body::of(request, site), request)
    }

    fn decoder(&self, ids: Ids) -> Box<dyn Decoder> {
        Box::new(decode::ResponsesDecoder::new(ids))
    }

    fn models(&self, json: &Value) -> Vec<ModelInfo> {
        openai_chat::models_of_list(json)
    }
}
