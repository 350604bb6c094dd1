//! JSON as most programs print it: `, ` and `: ` between its parts, on one line.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// The value in one line of JSON with a space after each comma and colon.
pub fn spaced_json(value: &Value) -> String {
    let mut bytes = Vec::new();
    // Writing a value into memory cannot fail; were it to, the plain form is as good.
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, Spaced)) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_else(|_| value.to_string()),
        Err(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_space_follows_commas_and_colons_outside_of_strings() {
        let value = json!({"a": [1, 2.5, "x,y:z"], "b": {}, "c": null});
        assert_eq!(super::spaced_json(&value), r#"{"a": [1, 2.5, "x,y:z"], "b": {}, "c": null}"#);
    }
}
