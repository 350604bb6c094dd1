//! A tool server asks the person, and hears his answer: Elicitation, ElicitationResult. Matchers look at the server.

use serde_json::{Map, Value, json};

use super::super::{Event, Firing, Ran};
use crate::domain::{FieldKind, QuestionField, QuestionForm, ServerAnswer};

/// A server asks.
pub fn asks(server: &str, message: &str, form: &QuestionForm) -> Firing {
    let mut fields = json!({ "mcp_server_name": server, "message": message });
    let more = match form {
        QuestionForm::Fields(_) => json!({ "mode": "form", "requested_schema": schema(form) }),
        QuestionForm::Address(url) => json!({ "mode": "url", "url": url }),
    };
    extend(&mut fields, more);
    Firing::new(Event::Elicitation, Some(server), fields)
}

/// Its question is about to be answered.
pub fn answered(server: &str, message: &str, answer: &ServerAnswer) -> Firing {
    let (action, content) = match answer {
        ServerAnswer::Accept(content) => ("accept", Some(content).filter(|content| !content.is_null())),
        ServerAnswer::Decline => ("decline", None),
        ServerAnswer::Cancel => ("cancel", None),
    };
    let mut fields = json!({ "mcp_server_name": server, "message": message, "action": action });
    if let Some(content) = content {
        extend(&mut fields, json!({ "content": content }));
    }
    Firing::new(Event::ElicitationResult, Some(server), fields)
}

/// The answer that hooks give in the person's place, or instead of his: who, and what. A block is a no.
pub fn answer(runs: &[Ran]) -> Option<(String, ServerAnswer)> {
    let mut found = None;
    for ran in runs {
        if ran.answer.block.is_some() {
            return Some((ran.who(), ServerAnswer::Decline));
        }
        let given = match ran.answer.text("action") {
            Some("accept") => {
                let content = ran.answer.fields.get("content").filter(|content| content.is_object()).cloned();
                ServerAnswer::Accept(content.unwrap_or(Value::Null))
            }
            Some("decline") => return Some((ran.who(), ServerAnswer::Decline)),
            Some("cancel") => ServerAnswer::Cancel,
            _ => continue,
        };
        found = found.or_else(|| Some((ran.who(), given)));
    }
    found
}

fn extend(fields: &mut Value, more: Value) {
    if let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) {
        fields.extend(more);
    }
}

/// The form as a schema again.
fn schema(form: &QuestionForm) -> Value {
    let QuestionForm::Fields(list) = form else { return Value::Null };
    let properties: Map<String, Value> = list.iter().map(|field| (field.name.clone(), property(field))).collect();
    let required: Vec<&str> = list.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn property(field: &QuestionField) -> Value {
    let values =
        |choices: &[(String, String)]| -> Vec<String> { choices.iter().map(|(value, _)| value.clone()).collect() };
    let mut one = match &field.kind {
        FieldKind::Text => json!({ "type": "string" }),
        FieldKind::Number => json!({ "type": "number" }),
        FieldKind::Integer => json!({ "type": "integer" }),
        FieldKind::Flag => json!({ "type": "boolean" }),
        FieldKind::Choice(choices) => json!({ "type": "string", "enum": values(choices) }),
        FieldKind::Choices(choices) => {
            json!({ "type": "array", "items": { "type": "string", "enum": values(choices) } })
        }
    };
    for (key, text) in [("title", &field.title), ("description", &field.description)] {
        if !text.is_empty() {
            extend(&mut one, json!({ key: text }));
        }
    }
    one
}
