//! Models: what they are called, over which wire they are reached, what they can do and cost.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The protocol that is spoken to a model's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// `POST /v1/messages`.
    Anthropic,
    /// `POST /chat/completions`.
    OpenaiChat,
    /// `POST /responses`.
    OpenaiResponses,
    /// `POST /api/chat`.
    Ollama,
    /// A recording played back; the offline rehearsal too.
    Replay,
}

/// A model at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelRef {
    pub wire: Wire,
    /// The id that the server knows.
    pub id: String,
}

/// What is known of a model. Unknown figures are none, never a guess.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    pub id: String,
    /// Tokens that input and output may have together.
    pub window: u32,
    /// Tokens of output that the model can be asked for.
    pub max_output: u32,
    pub prices: Option<Prices>,
    /// Tokens that a prefix must have before the provider caches it.
    #[serde(default = "default_cache_minimum")]
    pub cache_minimum: u32,
    #[serde(default)]
    pub thinking: Thinking,
    /// It accepts images.
    #[serde(default = "yes")]
    pub images: bool,
    /// It takes PDFs as they are, where its server passes them on.
    #[serde(default)]
    pub documents: bool,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// Nothing is sent.
    #[default]
    Unset,
    /// Anthropic's `thinking: {type: adaptive}`, with effort in `output_config`.
    Adaptive,
    /// Anthropic's `thinking: {type: enabled, budget_tokens}`, for models before 4.6.
    Budget,
    /// OpenAI's `reasoning_effort` or `reasoning.effort`.
    Effort,
}

/// Dollars for a million tokens of each class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    pub input: f64,
    pub output: f64,
    /// Writing to the 5-minute cache; where a provider does not charge it apart, the input price.
    pub cache_write_5m: f64,
    pub cache_write_1h: f64,
    pub cache_read: f64,
    /// Another price for the whole request when its prompt is longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<PriceStep>,
}

/// The factors that apply to a whole request whose prompt passes a length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceStep {
    /// Prompt tokens above which it applies.
    pub tokens: u32,
    /// Factor on input, cache writes and cache reads.
    pub input_factor: f64,
    /// Factor on output.
    pub output_factor: f64,
}

fn default_cache_minimum() -> u32 {
    1024
}

fn yes() -> bool {
    true
}

impl ModelRef {
    pub fn new(wire: Wire, id: impl Into<String>) -> Self {
        Self { wire, id: id.into() }
    }
}

impl ModelInfo {
    /// What is assumed of a model that no table knows: a modest window and no price.
    pub fn unknown(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            window: 128_000,
            max_output: 32_000,
            prices: None,
            cache_minimum: default_cache_minimum(),
            thinking: Thinking::Unset,
            images: true,
            documents: takes_documents(id),
        }
    }
}

/// The families that their makers say take PDFs.
pub fn takes_documents(id: &str) -> bool {
    ["claude-", "gpt-4o", "gpt-4.1", "gpt-5", "gpt-6"].iter().any(|family| id.starts_with(family))
}

impl Wire {
    /// The name that `--provider` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenaiChat => "openai",
            Self::OpenaiResponses => "openai-responses",
            Self::Ollama => "ollama",
            Self::Replay => "rehearsal",
        }
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.wire.name(), self.id)
    }
}
