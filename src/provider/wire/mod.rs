//! The wires: how a canonical request is written for a kind of server and how its answer is read.
//!
//! A new wire is one file here and one line in [`CODECS`]. Nothing in this folder opens a connection.

use std::fmt::Debug;

use crate::domain::{CanonicalRequest, ModelInfo, StreamItem, Wire};

use super::endpoint::Auth;

mod answer;
mod anthropic;
mod ids;
mod ollama;
mod openai_chat;
mod openai_responses;
mod parts;

pub(super) use ids::Ids;
pub(super) use ollama::{info_of_show, names_of_tags};

/// Every wire that has a server.
static CODECS: [&dyn Codec; 4] =
    [&anthropic::Anthropic, &openai_chat::OpenaiChat, &openai_responses::OpenaiResponses, &ollama::Ollama];

/// The codec of a wire; none for recordings.
pub(super) fn codec(wire: Wire) -> Option<&'static dyn Codec> {
    CODECS.iter().copied().find(|codec| codec.wire() == wire)
}

/// One wire.
pub(super) trait Codec: Send + Sync + Debug {
    fn wire(&self) -> Wire;

    /// The path of the call below the API's root, without a leading slash.
    fn path(&self) -> &'static str;

    /// The path of the list of models.
    fn models_path(&self) -> &'static str;

    /// The path of the API's root, given the base URL's path without a slash at its end.
    fn root(&self, given: &str, site: Site) -> String;

    /// Headers besides the content type: name and value.
    fn headers(&self, auth: &Auth) -> Vec<(&'static str, String)>;

    /// The body of the call. Pure: the same request gives the same bytes.
    fn body(&self, request: &CanonicalRequest, site: Site) -> Vec<u8>;

    /// A machine for one answer.
    fn decoder(&self, ids: Ids) -> Box<dyn Decoder>;

    /// The models in the answer to a GET of [`Codec::models_path`].
    fn models(&self, json: &serde_json::Value) -> Vec<ModelInfo>;
}

/// Turns the bytes of one answer into items. It never panics, whatever comes, and is silent after
/// `Done` or `Failed`.
pub(super) trait Decoder: Send {
    /// More bytes of the stream, cut anywhere.
    fn feed(&mut self, bytes: &[u8]) -> Vec<StreamItem>;

    /// The stream ended. Whatever is missing to an answer shows as `Failed`.
    fn finish(&mut self) -> Vec<StreamItem>;

    /// Everything but a formality has come: what follows is not worth a long wait, nor a failure.
    fn is_complete(&self) -> bool {
        false
    }

    /// The whole answer as one JSON document, from a server that does not stream.
    fn whole(&mut self, json: &[u8]) -> Vec<StreamItem>;
}

/// What the server's address tells about its habits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// OpenAI's own host.
    pub openai: bool,
    /// DeepSeek's own host.
    pub deepseek: bool,
}

impl Site {
    /// The site at this base URL.
    pub fn of(base_url: &str) -> Self {
        let url = url::Url::parse(base_url).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
        let within =
            |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        Self { openai: within("openai.com"), deepseek: within("deepseek.com") }
    }
}

/// The address of `path` for a base URL as people write it: a bare host, with the version, or with the
/// path of the call already.
pub(super) fn address(codec: &dyn Codec, base_url: &str, path: &str) -> Result<url::Url, String> {
    let mut url = url::Url::parse(base_url.trim()).map_err(|error| {
        format!("the base URL is not an address ({error}); it should look like https://api.example.com")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("the base URL must begin with http:// or https://, not {}:", url.scheme()));
    }
    let given = url.path().trim_end_matches('/');
    let given = given.strip_suffix(&format!("/{}", codec.path())).unwrap_or(given);
    let root = codec.root(given, Site::of(base_url));
    url.set_path(&format!("{root}/{path}"));
    Ok(url)
}

/// `Authorization: Bearer` for wires that know no other form.
pub(super) fn bearer(auth: &Auth) -> Vec<(&'static str, String)> {
    use secrecy::ExposeSecret;
    match auth {
        Auth::None => Vec::new(),
        Auth::ApiKey(key) | Auth::Bearer(key) => {
            vec![("authorization", format!("Bearer {}", key.expose_secret().trim()))]
        }
    }
}

#[cfg(test)]
mod tests;
