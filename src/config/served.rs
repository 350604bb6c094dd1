//! What the chosen server has to say about its models: the one to use when nothing names one, and the
//! context sizes that only an Ollama knows of its own models.

use serde_json::{Map, Value, json};

use super::{ModelChoice, Settings};
use crate::domain::{ModelInfo, Notice, Wire};
use crate::provider;

/// Completes the settings by asking the server, where that is needed. It takes at most the three seconds
/// that a list of models may take, and says what went wrong.
pub async fn ask_server(settings: &mut Settings) {
    let Some(choice) = settings.model.clone() else {
        return offer_ollama(settings).await;
    };
    if choice.model.is_some() && choice.wire != Wire::Ollama {
        return;
    }
    match provider::connect(choice.wire, choice.endpoint()).models().await {
        Ok(models) => take(settings, choice, &models),
        Err(_) if choice.model.is_some() => {}
        Err(error) => {
            let text = format!("{} was asked for its models and did not tell them: {error}.", choice.base_url);
            settings.notices.push(Notice::error(text).hint("Start the server, or name a model: latigo --model NAME"));
            settings.model = None;
        }
    }
}

fn take(settings: &mut Settings, mut choice: ModelChoice, models: &[ModelInfo]) {
    if choice.wire == Wire::Ollama {
        let problems = settings.models.extend(&figures(models, settings));
        settings.notices.extend(problems.into_iter().map(Notice::warning));
    }
    if choice.model.is_none() {
        let Some(first) = models.first() else {
            let text = format!("{} has no model yet.", choice.base_url);
            settings.notices.push(Notice::error(text).hint("Pull one first, for example: ollama pull qwen3-coder"));
            settings.model = None;
            return;
        };
        choice.model = Some(first.id.clone());
    }
    settings.model = Some(choice);
}

/// The sizes of the models that the table does not know, in the form that the table takes.
fn figures(models: &[ModelInfo], settings: &Settings) -> Value {
    let unknown = models.iter().filter(|model| settings.models.find(&model.id).is_none());
    let entries: Map<String, Value> = unknown
        .map(|model| {
            let entry = json!({ "window": model.window, "max_output": model.max_output, "prices": model.prices });
            (model.id.clone(), entry)
        })
        .collect();
    Value::Object(entries)
}

/// Without any key: an Ollama that runs on this machine is offered, not taken.
async fn offer_ollama(settings: &mut Settings) {
    let Ok(models) = provider::list_ollama("").await else { return };
    let Some(first) = models.first() else { return };
    let text = format!("An Ollama runs on this machine; its models: {}.", names(&models));
    let hint = format!("Use it: latigo --provider ollama --model {}", first.id);
    settings.notices.push(Notice::info(text).hint(hint));
}

fn names(models: &[ModelInfo]) -> String {
    let names: Vec<&str> = models.iter().take(5).map(|model| model.id.as_str()).collect();
    names.join(", ")
}
