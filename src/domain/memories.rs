//! The memory store: short texts that outlive a session, each with who wrote it and where.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an entry counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreScope {
    /// In this project.
    #[default]
    Project,
    /// In all projects of the person.
    User,
}

/// What an entry is called: `p12` in the project's store, `u3` in the person's. A number is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryId {
    pub scope: StoreScope,
    pub number: u32,
}

/// Who wrote an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryAuthor {
    Person,
    Model,
    /// It is the summary of a conversation that was compacted.
    Summary,
}

/// One entry. Its text is foreign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryEntry {
    pub id: MemoryId,
    pub text: String,
    pub author: MemoryAuthor,
    /// The session and the turn that it was written in; none for one written at the command line.
    pub session: Option<String>,
    pub turn: u32,
    /// Milliseconds since 1970: when it was written, and last changed.
    pub at: u64,
    pub changed: u64,
    /// How often it was given to a model.
    pub used: u64,
}

/// An entry, or the part of it that matters, as it is given to the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    pub id: MemoryId,
    pub text: String,
    /// How near it is to what was said: the cosine, at most 1.
    pub score: f32,
}

/// What the person orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryOrder {
    Add { scope: StoreScope, text: String },
    Edit { id: MemoryId, text: String },
    Forget { id: MemoryId },
}

impl StoreScope {
    pub fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::User => "user",
        }
    }
}

impl MemoryAuthor {
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "you",
            Self::Model => "the model",
            Self::Summary => "a summary",
        }
    }
}

impl fmt::Display for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.scope {
            StoreScope::Project => 'p',
            StoreScope::User => 'u',
        };
        write!(f, "{letter}{}", self.number)
    }
}

impl FromStr for MemoryId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no entry of the memory store; they are called p1 or u1");
        let scope = match text.chars().next() {
            Some('p' | 'P') => StoreScope::Project,
            Some('u' | 'U') => StoreScope::User,
            _ => return Err(wrong()),
        };
        let number = text.get(1..).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|digits| digits.parse().ok()).filter(|number| *number > 0).ok_or_else(wrong)?;
        Ok(Self { scope, number })
    }
}

impl Serialize for MemoryId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MemoryId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        for text in ["p1", "u4294967295"] {
            assert_eq!(text.parse::<MemoryId>().unwrap().to_string(), text);
        }
        for text in ["", "p", "p0", "x1", "p-1", "p1a", "é1", "p99999999999", "1"] {
            assert!(text.parse::<MemoryId>().is_err(), "{text}");
        }
    }
}
