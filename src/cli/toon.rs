//! `latigo toon encode|decode`: a filter from JSON to TOON and back.

use std::io::Read;

use serde_json::Value;

use crate::prompt::toon::{self, Reading, Style};
use crate::shell::{Exit, Printer};

/// Bytes of standard input that are read at most.
const INPUT: u64 = 256 << 20;

/// Which way, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toon {
    Encode(Style),
    Decode(Reading),
}

/// Reads standard input and prints what it becomes.
pub(super) fn run(order: Toon, printer: &mut Printer) -> Exit {
    match read().and_then(|text| convert(order, &text)) {
        Ok(text) => {
            printer.text(&text);
            printer.exit(Exit::Done)
        }
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
    }
}

fn read() -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(INPUT + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input cannot be read: {error}"))?;
    if bytes.len() as u64 > INPUT {
        return Err(format!("standard input is larger than {} MB", INPUT >> 20));
    }
    String::from_utf8(bytes).map_err(|error| format!("standard input is not UTF-8: {error}"))
}

fn convert(order: Toon, text: &str) -> Result<String, String> {
    match order {
        Toon::Encode(style) => {
            let value: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
            toon::encode(&value, &style).map_err(|error| error.to_string())
        }
        Toon::Decode(reading) => {
            let value = toon::decode(text, &reading).map_err(|error| format!("this is no TOON: {error}"))?;
            serde_json::to_string_pretty(&value).map_err(|error| error.to_string())
        }
    }
}

/// A delimiter by the character or its name.
pub(super) fn delimiter(text: &str) -> Result<char, String> {
    match text {
        "," | "comma" => Ok(','),
        "\t" | "\\t" | "tab" => Ok('\t'),
        "|" | "pipe" => Ok('|'),
        _ => Err("it is one of comma, tab, pipe".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn it_goes_there_and_back() {
        let json = r#"[{"id":1,"name":"Ada"},{"id":2,"name":"Bo, B."}]"#;
        let text = convert(Toon::Encode(Style::default()), json).unwrap();
        assert_eq!(text, "[2]{id,name}:\n  1,Ada\n  2,\"Bo, B.\"");
        let back = convert(Toon::Decode(Reading::default()), &text).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&back).unwrap(), serde_json::from_str::<Value>(json).unwrap());
        assert!(convert(Toon::Encode(Style::default()), "{").unwrap_err().contains("no JSON"));
        assert!(convert(Toon::Decode(Reading::default()), "[2]: 1").unwrap_err().contains("no TOON"));
    }
}
