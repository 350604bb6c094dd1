//! The figures of OpenAI and its kin, where the prompt's sum holds what a cache served or took.

use serde_json::Value;

use super::super::answer::count;
use crate::domain::Usage;

/// The figures of a `usage` object; none if it has no prompt and no answer in it.
pub(super) fn of_json(usage: &Value) -> Option<Usage> {
    let first = |paths: &[&[&str]]| paths.iter().find_map(|path| count(usage, path).filter(|tokens| *tokens > 0));
    let output = count(usage, &["completion_tokens"]);
    let prompt = count(usage, &["prompt_tokens"]);
    if prompt.is_none() && output.is_none() {
        return None;
    }
    // OpenAI's own place, DeepSeek's, LiteLLM's.
    let read = first(&[
        &["prompt_tokens_details", "cached_tokens"],
        &["prompt_cache_hit_tokens"],
        &["cache_read_input_tokens"],
    ]);
    let written = first(&[&["prompt_tokens_details", "cache_write_tokens"], &["cache_creation_input_tokens"]]);
    let prompt = prompt.unwrap_or(0);
    let cache_read = read.unwrap_or(0).min(prompt);
    let cache_write_5m = written.unwrap_or(0).min(prompt - cache_read);
    Some(Usage {
        input: prompt - cache_read - cache_write_5m,
        cache_read,
        cache_write_5m,
        cache_write_1h: 0,
        output: output.unwrap_or(0),
        thinking: count(usage, &["completion_tokens_details", "reasoning_tokens"]).unwrap_or(0),
    })
}
