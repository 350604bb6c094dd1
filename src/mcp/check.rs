//! Whether an input fits the schema that a server's tool gave, in words for the model.

use jsonschema::Validator;
use serde_json::Value;

/// Problems that are named.
const NAMED: usize = 8;

/// Checks an input. A schema that is none itself lets everything through: the server will judge.
pub fn check(schema: &Value, input: &Value) -> Result<(), String> {
    let Ok(validator) = compile(schema) else { return Ok(()) };
    let mut problems = Vec::new();
    for error in validator.iter_errors(input).take(NAMED) {
        let place = error.instance_path().to_string();
        let place =
            if place.is_empty() { "the input".to_owned() } else { format!("`{}`", place.trim_start_matches('/')) };
        let text: String = error.to_string().chars().take(300).collect();
        problems.push(format!("- {place}: {text}"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::options().build(schema).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "object",
            "properties": {"c": {"enum": ["x", "y"]}}}}, "required": ["a"]});
        assert_eq!(check(&schema, &json!({"a": 1, "b": {"c": "x"}})), Ok(()));
        let problem = check(&schema, &json!({"b": {"c": "z"}})).unwrap_err();
        assert!(problem.contains("\"a\" is a required property") && problem.contains("`b/c`"), "{problem}");
        assert_eq!(check(&json!({"type": 7}), &json!({})), Ok(()), "a broken schema is the server's business");
    }
}
