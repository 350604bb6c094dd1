//! Vectors that a server makes. A cache waits for nobody: who asks the server hands in how, and brings what came.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::embed::normalised;

/// Asks for the vector of a text. The error is a sentence without a key.
pub type AskVector = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Vec<f32>, String>> + Send + Sync>;

/// A server's embeddings, as the settings name them.
#[derive(Clone)]
pub struct Remote {
    /// Server and model; with the dimension it names the space in which vectors can be compared.
    pub name: String,
    /// The cosine from which on two texts may mean the same.
    pub threshold: f32,
    pub ask: AskVector,
}

/// A text's place in the space of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    pub space: String,
    /// Of length 1.
    pub vector: Vec<f32>,
    pub threshold: f32,
}

impl Remote {
    /// What a text means to the model.
    pub async fn meaning(&self, text: String) -> Result<Meaning, String> {
        let vector = normalised((self.ask)(text).await?);
        if vector.is_empty() {
            return Err(format!("{} gave an empty vector", self.name));
        }
        Ok(Meaning { space: format!("{}, {} dimensions", self.name, vector.len()), vector, threshold: self.threshold })
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("name", &self.name).field("threshold", &self.threshold).finish_non_exhaustive()
    }
}
