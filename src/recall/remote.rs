//! Vectors that a server makes. A cache waits for nobody: who asks the server hands in how, and brings what came.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::embed::normalised;
use crate::domain::ModelRef;

/// Asks for the vector of a text, and for its tokens where the server counts them. The error is a sentence without a key.
pub type AskVector = Arc<dyn Fn(String) -> BoxFuture<'static, Result<(Vec<f32>, Option<u64>), String>> + Send + Sync>;

/// A server's embeddings, as the settings name them.
#[derive(Clone)]
pub struct Remote {
    /// Server and model; with the dimension it names the space in which vectors can be compared.
    pub name: String,
    /// The cosine from which on two texts may mean the same.
    pub threshold: f32,
    /// Who is paid for it.
    pub model: ModelRef,
    /// Dollars for a million tokens; none where nobody knows.
    pub price: Option<f64>,
    pub ask: AskVector,
}

/// A text's place in the space of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    pub space: String,
    /// Of length 1.
    pub vector: Vec<f32>,
    pub threshold: f32,
    /// Tokens that were paid for it; none where the server does not count them.
    pub tokens: Option<u64>,
}

impl Remote {
    /// What a text means to the model.
    pub async fn meaning(&self, text: String) -> Result<Meaning, String> {
        let (vector, tokens) = (self.ask)(text).await?;
        let vector = normalised(vector);
        if vector.is_empty() {
            return Err(format!("{} gave an empty vector", self.name));
        }
        let space = format!("{}, {} dimensions", self.name, vector.len());
        Ok(Meaning { space, vector, threshold: self.threshold, tokens })
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("name", &self.name).field("threshold", &self.threshold).finish_non_exhaustive()
    }
}
