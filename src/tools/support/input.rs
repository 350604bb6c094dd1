//! From the model's JSON to a tool's input and from the input's type to its schema.
//!
//! Models write numbers and flags as strings now and then; those are taken. Everything else that does not
//! fit is answered with a text that names the fields.

use std::path::PathBuf;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::super::Place;
use super::words::clip;
use crate::base::paths;
use crate::domain::{ToolCall, ToolSpec};

/// What the model is told of a tool with this input.
pub fn spec<T: JsonSchema>(name: &str, description: &str) -> ToolSpec {
    ToolSpec { name: name.to_owned(), description: description.trim().to_owned(), input_schema: schema::<T>() }
}

/// The JSON Schema of an input: self-contained, without what costs tokens and says nothing.
pub fn schema<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.meta_schema = None;
    settings.inline_subschemas = true;
    let mut value = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Value::Object(root) = &mut value {
        // The comment on the type is for readers of the code; the tool has its description file.
        root.remove("description");
    }
    slim(&mut value, false);
    value
}

/// Removes titles, number formats, bounds of 0, null defaults, and `null` as an alternative to leaving a field out.
/// Inside `properties` the keys are names of fields and stay.
fn slim(value: &mut Value, names: bool) {
    match value {
        Value::Object(map) => {
            if !names {
                slim_schema(map);
            }
            for (key, value) in map {
                slim(value, !names && key == "properties");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| slim(item, false)),
        _ => {}
    }
}

fn slim_schema(map: &mut Map<String, Value>) {
    for key in ["title", "format", "$schema"] {
        map.remove(key);
    }
    if map.get("default").is_some_and(Value::is_null) {
        map.remove("default");
    }
    if map.get("minimum").is_some_and(|minimum| minimum == 0) {
        map.remove("minimum");
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(kinds)) = map.get_mut("anyOf") {
        kinds.retain(|kind| kind.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = kinds.as_slice() {
            let only = only.clone();
            map.remove("anyOf");
            for (key, value) in only {
                map.entry(key).or_insert(value);
            }
        }
    }
}

/// Reads a call's input. The error is a text for the model.
pub fn parse<T: DeserializeOwned + JsonSchema>(tool: &str, input: &Value) -> Result<T, String> {
    if let Some(text) = input.get(ToolCall::INVALID).and_then(Value::as_str) {
        let text = clip(text, 200);
        return Err(format!("The arguments of this {tool} call are no JSON object: {text}\nSend the call again."));
    }
    T::deserialize(input).map_err(|error| {
        format!("The input of {tool} is not valid: {error}.\nFields: {}. Send the call again.", fields::<T>())
    })
}

/// The absolute form of a path in an input; `field` is its name there.
pub fn path(field: &str, text: &str, place: &Place) -> Result<PathBuf, String> {
    if text.trim().is_empty() {
        return Err(format!("{field} is empty. Give a path."));
    }
    if text.contains('\0') {
        return Err(format!("{field} holds a NUL character, which no path can."));
    }
    Ok(paths::absolute(&place.cwd, text))
}

/// `file_path (required), offset, limit`.
fn fields<T: JsonSchema>() -> String {
    let schema = schema::<T>();
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let names: Vec<String> = names
        .map(|name| if required.contains(&name.as_str()) { format!("{name} (required)") } else { name.clone() })
        .collect();
    names.join(", ")
}

/// A whole number that is not negative, also written as a string or with a zero fraction.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(from_float)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.map(Some).ok_or_else(|| D::Error::custom(format!("{value} is not a whole number of 0 or more")))
}

fn from_float(number: f64) -> Option<u64> {
    (number >= 0.0 && number.fract() == 0.0 && number < 1e15).then_some(number as u64)
}

/// A yes or no, also written as a string.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(flag)),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        other => Err(D::Error::custom(format!("{other} is neither true nor false"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    /// What it is for.
    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        /// Its title.
        title: String,
        #[serde(default, deserialize_with = "number")]
        #[schemars(with = "Option<u64>")]
        limit: Option<u64>,
        #[serde(default, deserialize_with = "flag")]
        #[schemars(with = "Option<bool>")]
        all: Option<bool>,
    }

    #[test]
    fn a_schema_is_slim_and_keeps_fields_of_any_name() {
        assert_eq!(
            schema::<Sample>(),
            json!({
                "type": "object",
                "properties": {
                    "title": { "description": "Its title.", "type": "string" },
                    "limit": { "type": "integer" },
                    "all": { "type": "boolean" }
                },
                "additionalProperties": false,
                "required": ["title"]
            })
        );
    }

    #[test]
    fn numbers_and_flags_are_taken_as_strings() {
        let expected = Sample { title: "a".to_owned(), limit: Some(5), all: Some(true) };
        for (limit, all) in [(json!(5), json!(true)), (json!("5"), json!("True")), (json!(5.0), json!("true"))] {
            let input = json!({ "title": "a", "limit": limit, "all": all });
            assert_eq!(parse::<Sample>("Sample", &input).unwrap(), expected);
        }
        for limit in [json!(-1), json!(1.5), json!("x"), json!([])] {
            assert!(parse::<Sample>("Sample", &json!({ "title": "a", "limit": limit })).is_err());
        }
    }

    #[test]
    fn an_error_names_the_fields() {
        let error = parse::<Sample>("Sample", &json!({ "titel": "a" })).unwrap_err();
        assert!(error.contains("unknown field `titel`"), "{error}");
        assert!(error.contains("title (required), limit, all"), "{error}");
        let error = parse::<Sample>("Sample", &json!({ "__invalid": "{\"a" })).unwrap_err();
        assert!(error.contains("no JSON object: {\"a"), "{error}");
    }
}
