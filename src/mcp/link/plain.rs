//! From the SDK's values to our own, bounded on the way.

use rmcp::model::{
    CallToolResult, ContentBlock, ElicitRequestParams, Prompt, PromptMessage, Resource, ResourceContents, Role,
    ServerPeerInfo, Tool,
};
use serde_json::Value;

use crate::domain::{FieldKind, QuestionField, QuestionForm, ServerPrompt, ServerResource};
use crate::mcp::answer::{Answer, Part};
use crate::mcp::offer::{DESCRIPTION, ITEMS, Offer, SCHEMA, ToolInfo, cut};

/// Bytes of a name.
const NAME: usize = 128;
/// Bytes of an address.
const ADDRESS: usize = 2_048;
/// The most that a tool may ask for its result, in characters.
const RESULT: u64 = 500_000;
/// Fields of a form, and choices of a field.
const FIELDS: usize = 50;
const CHOICES: usize = 200;

pub(super) fn about(offer: &mut Offer, info: &ServerPeerInfo) {
    let who =
        info.server_info.as_ref().map(|server| format!("{} {} · ", cut(&server.name, NAME), cut(&server.version, 32)));
    offer.about = format!("{}protocol {}", who.unwrap_or_default(), info.protocol_version);
    offer.instructions = info.instructions.as_deref().map(|text| cut(text, DESCRIPTION)).unwrap_or_default();
}

pub(super) fn tool(offer: &mut Offer, tool: Tool) {
    let name = tool.name.to_string();
    let schema = tool.schema_as_json_value();
    let reason = if offer.tools.len() >= ITEMS {
        Some("there are too many".to_owned())
    } else if name.is_empty() || name.len() > NAME {
        Some("its name is empty or too long".to_owned())
    } else if offer.tools.iter().any(|known| known.name == name) {
        Some("its name is there twice".to_owned())
    } else if schema.to_string().len() > SCHEMA {
        Some(format!("its schema has more than {} kB", SCHEMA / 1024))
    } else {
        None
    };
    if let Some(reason) = reason {
        if offer.left_out.len() < 20 {
            offer.left_out.push(format!("the tool {}: {reason}", cut(&name, 40)));
        }
        return;
    }
    let hints = tool.annotations.unwrap_or_default();
    let meta = |key: &str| tool.meta.as_ref().and_then(|meta| meta.get(key).cloned());
    let title = tool.title.or(hints.title).unwrap_or_default();
    offer.tools.push(ToolInfo {
        name,
        title: cut(&title, NAME),
        description: cut(tool.description.as_deref().unwrap_or_default(), DESCRIPTION),
        schema: object_schema(schema),
        reads: hints.read_only_hint == Some(true),
        destroys: hints.destructive_hint == Some(true) && hints.read_only_hint != Some(true),
        wants_person: meta("anthropic/requiresUserInteraction") == Some(Value::Bool(true)),
        always_load: meta("anthropic/alwaysLoad") == Some(Value::Bool(true)),
        result_chars: meta("anthropic/maxResultSizeChars")
            .and_then(|value| value.as_u64())
            .map(|chars| chars.min(RESULT) as usize),
    });
}

/// Providers want an object with properties, whatever the server left out.
fn object_schema(mut schema: Value) -> Value {
    if let Value::Object(fields) = &mut schema {
        fields.remove("$schema");
        fields.entry("type").or_insert_with(|| Value::String("object".to_owned()));
        fields.entry("properties").or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    schema
}

pub(super) fn prompt(offer: &mut Offer, prompt: Prompt) {
    if offer.prompts.len() >= ITEMS || prompt.name.len() > NAME || prompt.name.is_empty() {
        return;
    }
    let arguments = prompt.arguments.unwrap_or_default().into_iter().take(FIELDS);
    offer.prompts.push(ServerPrompt {
        name: prompt.name,
        description: cut(prompt.description.or(prompt.title).as_deref().unwrap_or_default(), DESCRIPTION),
        arguments: arguments.map(|argument| (cut(&argument.name, NAME), argument.required == Some(true))).collect(),
    });
}

pub(super) fn resource(offer: &mut Offer, resource: Resource) {
    if offer.resources.len() >= ITEMS || resource.uri.len() > ADDRESS {
        return;
    }
    offer.resources.push(ServerResource {
        uri: resource.uri,
        name: cut(&resource.name, NAME),
        description: cut(resource.description.as_deref().unwrap_or_default(), 300),
        media_type: resource.mime_type.map(|kind| cut(&kind, NAME)),
    });
}

pub(super) fn answer(result: CallToolResult) -> Answer {
    Answer {
        parts: result.content.into_iter().map(part).collect(),
        structured: result.structured_content.filter(|value| !value.is_null()),
        is_error: result.is_error == Some(true),
    }
}

fn part(block: ContentBlock) -> Part {
    match block {
        ContentBlock::Text(text) => Part::Text(text.text),
        ContentBlock::Image(image) => Part::Image { media_type: image.mime_type, data: image.data },
        ContentBlock::Audio(audio) => Part::Audio { media_type: audio.mime_type, data: audio.data },
        ContentBlock::Resource(embedded) => content(embedded.resource),
        ContentBlock::ResourceLink(link) => {
            Part::Link { uri: link.uri, name: link.name, description: link.description.unwrap_or_default() }
        }
        #[allow(unreachable_patterns, reason = "the SDK may learn further kinds")]
        _ => Part::Text("[a part of a kind that is not known here]".to_owned()),
    }
}

fn content(contents: ResourceContents) -> Part {
    match contents {
        ResourceContents::TextResourceContents { uri, mime_type, text, .. } => {
            Part::Resource { uri, media_type: mime_type, text: Some(text), blob: None }
        }
        ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
            Part::Resource { uri, media_type: mime_type, text: None, blob: Some(blob) }
        }
        #[allow(unreachable_patterns, reason = "the SDK may learn further kinds")]
        _ => Part::Text("[content of a kind that is not known here]".to_owned()),
    }
}

pub(super) fn contents(contents: Vec<ResourceContents>) -> Result<Answer, String> {
    if contents.is_empty() {
        return Err("the resource is empty".to_owned());
    }
    Ok(Answer { parts: contents.into_iter().map(content).collect(), ..Answer::default() })
}

/// The messages of a prompt; true where the server wants it said by the model.
pub(super) fn messages(messages: Vec<PromptMessage>) -> Vec<(bool, Answer)> {
    let one = |message: PromptMessage| {
        let answer = Answer { parts: vec![part(message.content)], ..Answer::default() };
        (message.role == Role::Assistant, answer)
    };
    messages.into_iter().map(one).collect()
}

/// A question to the person; none when it is of a kind that cannot be shown.
pub(super) fn question(request: ElicitRequestParams) -> Option<(String, QuestionForm)> {
    match request {
        ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } => {
            let schema = serde_json::to_value(&requested_schema).ok()?;
            Some((cut(&message, DESCRIPTION), QuestionForm::Fields(fields(&schema, requested_schema.property_order))))
        }
        ElicitRequestParams::UrlElicitationParams { message, url, .. } => {
            let parsed = url::Url::parse(&url).ok()?;
            let fits = matches!(parsed.scheme(), "http" | "https") && url.len() <= ADDRESS;
            fits.then(|| (cut(&message, DESCRIPTION), QuestionForm::Address(parsed.to_string())))
        }
        _ => None,
    }
}

fn fields(schema: &Value, order: Option<Vec<String>>) -> Vec<QuestionField> {
    let Some(Value::Object(properties)) = schema.get("properties") else { return Vec::new() };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let names = order.unwrap_or_else(|| properties.keys().cloned().collect());
    let field = |name: String| {
        let schema = properties.get(&name)?;
        let text = |key: &str| cut(schema.get(key).and_then(Value::as_str).unwrap_or_default(), 300);
        Some(QuestionField {
            title: text("title"),
            description: text("description"),
            required: required.contains(&name.as_str()),
            kind: kind(schema),
            default: schema.get("default").cloned(),
            name,
        })
    };
    names.into_iter().take(FIELDS).filter_map(field).collect()
}

fn kind(schema: &Value) -> FieldKind {
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => FieldKind::Flag,
        Some("integer") => FieldKind::Integer,
        Some("number") => FieldKind::Number,
        Some("array") => FieldKind::Choices(schema.get("items").map(choices).unwrap_or_default()),
        _ => match choices(schema) {
            none if none.is_empty() => FieldKind::Text,
            choices => FieldKind::Choice(choices),
        },
    }
}

/// Values with their words: `enum` with `enumNames`, or `oneOf`/`anyOf` of constants with titles.
fn choices(schema: &Value) -> Vec<(String, String)> {
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(values) = list("enum") {
        let names = list("enumNames");
        let words =
            |at: usize, value: &str| names.and_then(|names| names.get(at)?.as_str()).unwrap_or(value).to_owned();
        let values = values.iter().filter_map(Value::as_str).enumerate().take(CHOICES);
        return values.map(|(at, value)| (value.to_owned(), words(at, value))).collect();
    }
    let one = |option: &Value| {
        let value = option.get("const")?.as_str()?;
        let title = option.get("title").and_then(Value::as_str).unwrap_or(value);
        Some((value.to_owned(), title.to_owned()))
    };
    list("oneOf").or_else(|| list("anyOf")).into_iter().flatten().take(CHOICES).filter_map(one).collect()
}
