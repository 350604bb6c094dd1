//! Dotted keys become objects, as section 13.4 of the specification says. Quoted keys stay as they are.

use serde_json::{Map, Value};

use super::Error;
use super::encode::is_identifier;

/// Characters for private use, of which the first that the text does not have stands for a quoted dot.
const MARKS: std::ops::RangeInclusive<char> = '\u{e000}'..='\u{e0ff}';

/// Hides the dots in quoted strings, so that after reading they are told from those of bare keys.
pub(super) fn guard(text: &str) -> (String, Option<char>) {
    let Some(mark) = MARKS.clone().find(|mark| !text.contains(*mark)) else { return (text.to_owned(), None) };
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            '\n' => (inside, escaped) = (false, false),
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
        out.push(if inside && c == '.' { mark } else { c });
    }
    (out, Some(mark))
}

/// Gives the hidden dots back.
pub(super) fn unguard(value: Value, mark: char) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(mark, ".")),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| unguard(item, mark)).collect()),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(key, value)| (key.replace(mark, "."), unguard(value, mark))).collect(),
        ),
        other => other,
    }
}

/// Expands the keys of all objects.
pub(super) fn expand(value: Value, strict: bool) -> Result<Value, Error> {
    match value {
        Value::Array(items) => items.into_iter().map(|item| expand(item, strict)).collect(),
        Value::Object(fields) => {
            let mut out = Map::new();
            for (key, value) in fields {
                let value = expand(value, strict)?;
                let parts: Vec<&str> = key.split('.').collect();
                if parts.len() > 1 && parts.iter().all(|part| is_identifier(part)) {
                    put(&mut out, &parts, value, strict)?;
                } else {
                    put(&mut out, &[key.as_str()], value, strict)?;
                }
            }
            Ok(Value::Object(out))
        }
        other => Ok(other),
    }
}

fn put(fields: &mut Map<String, Value>, path: &[&str], value: Value, strict: bool) -> Result<(), Error> {
    let Some((first, rest)) = path.split_first() else { return Ok(()) };
    let value = if rest.is_empty() {
        value
    } else {
        let mut inner = Map::new();
        put(&mut inner, rest, value, strict)?;
        Value::Object(inner)
    };
    let Some(known) = fields.get_mut(*first) else {
        fields.insert((*first).to_owned(), value);
        return Ok(());
    };
    match (known, value) {
        (Value::Object(known), Value::Object(more)) => {
            for (key, value) in more {
                put(known, &[key.as_str()], value, strict)?;
            }
            Ok(())
        }
        (_, _) if strict => Err(Error(format!("the key `{first}` is given twice, with values that cannot be joined"))),
        (known, value) => {
            *known = value;
            Ok(())
        }
    }
}
