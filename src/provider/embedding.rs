//! Vectors of texts from a provider's endpoint: `/v1/embeddings` of OpenAI and all who speak it, `/api/embed` of Ollama.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::http::{Remote, broken, read_up_to, refusal};
use super::secrets::Redactor;
use super::{Endpoint, failure};
use crate::domain::{ModelError, Wire};

/// Bytes that the answer may have.
const LIMIT: usize = 2 << 20;
/// Dimensions that a vector may have.
const DIMENSIONS: usize = 16_384;

/// A text's vector, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    pub vector: Vec<f32>,
    /// Tokens of the text as the server counted them; none where it does not say.
    pub tokens: Option<u64>,
}

/// The vector of a text. [`Wire::Ollama`] asks Ollama, every other wire what OpenAI's API describes. The error is a
/// sentence without the key.
pub async fn embed(
    wire: Wire,
    endpoint: Endpoint,
    model: &str,
    text: &str,
    patience: Duration,
) -> Result<Embedded, String> {
    let redactor = Redactor::of(&endpoint);
    let ollama = wire == Wire::Ollama;
    let remote = Remote::new(if ollama { wire } else { Wire::OpenaiChat }, endpoint);
    let asked = timeout(patience, ask(&remote, ollama, model, text)).await;
    let answer = asked.map_err(|_| format!("it did not answer within {} ms", patience.as_millis()))?;
    let answer = answer.map_err(|error| redactor.error(error).to_string())?;
    let vector = if ollama { answer.pointer("/embeddings/0") } else { answer.pointer("/data/0/embedding") };
    let numbers = vector.and_then(Value::as_array).ok_or("its answer has no vector")?;
    if numbers.is_empty() || numbers.len() > DIMENSIONS {
        return Err(format!("its vector has {} dimensions", numbers.len()));
    }
    let numbers: Option<Vec<f32>> = numbers.iter().map(|number| number.as_f64().map(|number| number as f32)).collect();
    let vector = numbers.ok_or("its vector holds something that is no number")?;
    let tokens = if ollama { answer.get("prompt_eval_count") } else { answer.pointer("/usage/prompt_tokens") };
    Ok(Embedded { vector, tokens: tokens.and_then(Value::as_u64) })
}

async fn ask(remote: &Remote, ollama: bool, model: &str, text: &str) -> Result<Value, ModelError> {
    let (path, body) = if ollama {
        ("api/embed", json!({"model": model, "input": text}))
    } else {
        ("embeddings", json!({"model": model, "input": text, "encoding_format": "float"}))
    };
    let request = remote.request(reqwest::Method::POST, path).await?;
    let request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.to_string());
    let base_url = &remote.endpoint().base_url;
    let answer = request.send().await.map_err(|error| broken(&error, base_url))?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(refusal(answer).await);
    }
    let bytes = read_up_to(answer, LIMIT).await.map_err(|error| broken(&error, base_url))?;
    serde_json::from_slice(&bytes).map_err(failure::protocol)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use axum::Json;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;

    use super::*;
    use crate::provider::Auth;
    use crate::provider::testing::serve;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn openais_endpoint_is_asked_with_the_key() {
        let app = axum::Router::new().route(
            "/v1/embeddings",
            post(|headers: HeaderMap, Json(body): Json<Value>| async move {
                assert_eq!(headers["authorization"], "Bearer sk-secret");
                assert_eq!(body, json!({"model": "small", "input": "what is it", "encoding_format": "float"}));
                Json(json!({"data": [{"index": 0, "embedding": [0.5, -0.5, 1]}], "usage": {"prompt_tokens": 3, "total_tokens": 3}}))
            }),
        );
        let endpoint = Endpoint::new(format!("{}/v1", serve(app).await), Auth::Bearer("sk-secret".into()));
        let vector = embed(Wire::OpenaiChat, endpoint, "small", "what is it", PATIENCE).await;
        assert_eq!(vector, Ok(Embedded { vector: vec![0.5, -0.5, 1.0], tokens: Some(3) }));
    }

    #[tokio::test]
    async fn ollamas_endpoint_is_asked() {
        let app = axum::Router::new().route(
            "/api/embed",
            post(|Json(body): Json<Value>| async move {
                assert_eq!(body, json!({"model": "nomic", "input": "what is it"}));
                Json(json!({"model": "nomic", "embeddings": [[1.0, 2.0]]}))
            }),
        );
        let endpoint = Endpoint::new(serve(app).await, Auth::None);
        let vector = embed(Wire::Ollama, endpoint, "nomic", "what is it", PATIENCE).await;
        assert_eq!(vector, Ok(Embedded { vector: vec![1.0, 2.0], tokens: None }));
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_without_the_key() {
        let app = axum::Router::new()
            .route(
                "/v1/embeddings",
                post(|| async { (StatusCode::UNAUTHORIZED, r#"{"error":{"message":"bad key sk-secret"}}"#) }),
            )
            .route("/api/embed", post(|| async { Json(json!({"embeddings": [["x"]]})) }))
            .route("/slow/v1/embeddings", post(std::future::pending::<&str>));
        let base = serve(app).await;
        let at = |path: &str| Endpoint::new(format!("{base}{path}"), Auth::Bearer("sk-secret".into()));
        let refused = embed(Wire::OpenaiChat, at("/v1"), "m", "t", PATIENCE).await.unwrap_err();
        assert!(!refused.contains("sk-secret") && refused.contains("401"), "{refused}");
        assert!(embed(Wire::Ollama, at(""), "m", "t", PATIENCE).await.unwrap_err().contains("no number"));
        let slow = embed(Wire::OpenaiChat, at("/slow/v1"), "m", "t", Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(slow, "it did not answer within 50 ms");
    }
}
