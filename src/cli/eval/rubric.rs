//! The rubric: a TOML file of criteria, each with a name and a question.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The rubric that is taken when none is named.
const OWN: &str = include_str!("../../../assets/eval/rubric.toml");
/// Criteria of one rubric, and bytes of a file.
const MOST: usize = 20;
const BYTES: u64 = 256 * 1024;

/// The criteria.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rubric {
    criterion: Vec<Criterion>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Criterion {
    name: String,
    question: String,
}

impl Rubric {
    /// Reads the file, or our own. The error names what is wrong.
    pub(super) fn load(path: Option<&Path>) -> Result<Self, String> {
        let Some(path) = path else { return Self::parse(OWN) };
        let shown = path.display();
        let facts = std::fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?;
        if !facts.is_file() || facts.len() > BYTES {
            return Err(format!("{shown} is no file of at most {BYTES} bytes"));
        }
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        Self::parse(&text).map_err(|error| format!("{shown}: {error}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let rubric: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut names: Vec<&str> = rubric.names().collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() || names.len() != rubric.criterion.len() || names.len() > MOST {
            return Err(format!("a rubric has 1 to {MOST} criteria, each with a name of its own"));
        }
        Ok(rubric)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.criterion.iter().map(|criterion| criterion.name.as_str())
    }

    pub(super) fn json(&self) -> Value {
        json!(self.criterion)
    }
}
