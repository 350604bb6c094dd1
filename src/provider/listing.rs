//! Which models a server offers. Asked for by a person who waits, so it gives up soon.

use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use tokio::time::timeout;

use super::http::{Remote, broken, read_up_to, refusal};
use super::wire::{info_of_show, names_of_tags};
use super::{Auth, Endpoint, failure};
use crate::domain::{ErrorKind, ModelError, ModelInfo, Wire};

/// How long a list may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes that a list may have.
const LIST_LIMIT: usize = 16 << 20;
/// Models that are asked for details at the same time.
const AT_ONCE: usize = 8;
/// Where Ollama listens when nothing else is said.
const OLLAMA_PORT: u16 = 11_434;

/// The models of this server.
pub(super) async fn models(remote: &Remote) -> Result<Vec<ModelInfo>, ModelError> {
    match timeout(PATIENCE, ask(remote)).await {
        Ok(models) => models,
        Err(_) => Err(ModelError::new(ErrorKind::Stalled, "the list of models did not come within 3 s")),
    }
}

/// The models of the Ollama at `host`, written as in `OLLAMA_HOST`; an empty text is the usual place.
pub async fn list_ollama(host: &str) -> Result<Vec<ModelInfo>, ModelError> {
    models(&Remote::new(Wire::Ollama, Endpoint::new(ollama_base(host), Auth::None))).await
}

/// The base URL for a value of `OLLAMA_HOST`: scheme and port may be missing, and the address may be the
/// one on which a server listens for everybody.
pub fn ollama_base(host: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    let has_scheme = host.contains("://");
    let text = if has_scheme { host.to_owned() } else { format!("http://{host}") };
    let Ok(mut url) = url::Url::parse(&text) else { return text };
    if url.port().is_none() && !has_scheme {
        // It fails only for addresses without a host.
        let _ = url.set_port(Some(OLLAMA_PORT));
    }
    if matches!(url.host_str(), Some("0.0.0.0" | "[::]")) {
        let _ = url.set_host(Some("127.0.0.1"));
    }
    url.to_string().trim_end_matches('/').to_owned()
}

async fn ask(remote: &Remote) -> Result<Vec<ModelInfo>, ModelError> {
    let codec = remote.codec()?;
    let list = fetch(remote, reqwest::Method::GET, codec.models_path(), None).await?;
    if codec.wire() != Wire::Ollama {
        return Ok(codec.models(&list));
    }
    let names = names_of_tags(&list);
    let infos = futures::stream::iter(names).map(|name| async move {
        let body = serde_json::json!({ "model": name });
        let show = fetch(remote, reqwest::Method::POST, "api/show", Some(body)).await;
        info_of_show(&name, &show.unwrap_or_default())
    });
    Ok(infos.buffered(AT_ONCE).collect().await)
}

async fn fetch(remote: &Remote, method: reqwest::Method, path: &str, body: Option<Value>) -> Result<Value, ModelError> {
    let mut builder = remote.request(method, path).await?;
    if let Some(body) = body {
        builder = builder.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.to_string());
    }
    let base_url = &remote.endpoint().base_url;
    let response = builder.send().await.map_err(|error| broken(&error, base_url))?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(refusal(response).await);
    }
    let bytes = read_up_to(response, LIST_LIMIT).await.map_err(|error| broken(&error, base_url))?;
    serde_json::from_slice(&bytes).map_err(failure::protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_host_is_taken() {
        for (host, base) in [
            ("", "http://127.0.0.1:11434"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("box:8080", "http://box:8080"),
            ("http://box:8080/", "http://box:8080"),
            ("https://ollama.example.com/x", "https://ollama.example.com/x"),
            ("0.0.0.0:9", "http://127.0.0.1:9"),
        ] {
            assert_eq!(ollama_base(host), base, "{host}");
        }
    }
}
