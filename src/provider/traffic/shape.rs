//! A request as a tape knows it: without keys, without what differs between machines.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::tape::Piece;
use crate::base::secrets::Redactor;
use crate::domain::{CanonicalRequest, Hash, Segment, SegmentBody};

/// Names that stand for what differs.
const PROJECT: &str = "{{latigo:project}}";
const DATA: &str = "{{latigo:data}}";
const SESSION: &str = "{{latigo:session}}";

/// Where a session plays.
#[derive(Clone, Debug)]
pub struct Ground {
    pub project: PathBuf,
    /// The data folder, where long outputs are kept.
    pub data: PathBuf,
    pub secrets: Redactor,
}

/// Requests as lists of pieces. Each segment is looked at once.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: HashMap<Hash, Hash>,
}

/// A request.
#[derive(Debug)]
pub(super) struct Shape {
    pub key: Hash,
    pub segments: Vec<Hash>,
    /// Pieces that were not seen before.
    pub new: Vec<Piece>,
}

impl Ground {
    /// The value as it stands on a tape.
    pub(super) fn to_tape<T: Serialize + DeserializeOwned>(&self, value: T, session: &str) -> T {
        let value = self.secrets.value(value);
        swap(value, &self.names(session))
    }

    /// The value as it is here.
    pub(super) fn here_from_tape<T: Serialize + DeserializeOwned>(&self, value: T, session: &str) -> T {
        let names: Vec<(String, String)> = self.names(session).into_iter().map(|(here, name)| (name, here)).collect();
        swap(value, &names)
    }

    /// What differs, the longest first, so that a folder inside another is named whole.
    fn names(&self, session: &str) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut names = vec![(text(&self.project), PROJECT.to_owned()), (text(&self.data), DATA.to_owned())];
        names.push((session.to_owned(), SESSION.to_owned()));
        // A root folder or an empty name would be found everywhere.
        names.retain(|(here, _)| here.len() > 2);
        names.sort_by_key(|(here, _)| std::cmp::Reverse(here.len()));
        names
    }
}

impl Shapes {
    pub(super) fn of(&mut self, request: &CanonicalRequest, ground: &Ground) -> Shape {
        let mut segments = Vec::with_capacity(request.segments.len());
        let mut new = Vec::new();
        for segment in &request.segments {
            if let Some(hash) = self.known.get(&segment.hash) {
                segments.push(*hash);
                continue;
            }
            let piece = piece(segment, ground, &request.session_key);
            self.known.insert(segment.hash, piece.hash);
            segments.push(piece.hash);
            new.push(piece);
        }
        let asked = serde_json::to_vec(&(&request.model, request.sampling)).unwrap_or_default();
        let key = segments.iter().fold(Hash::of(&asked), |key, segment| key.chain(*segment));
        Shape { key, segments, new }
    }
}

fn piece(segment: &Segment, ground: &Ground, session: &str) -> Piece {
    let body = match &segment.body {
        SegmentBody::Tool(spec) => serde_json::to_value(&**spec),
        SegmentBody::System(text) | SegmentBody::Memory(text) => Ok(Value::String(text.to_string())),
        SegmentBody::Message(message) => serde_json::to_value(&**message),
    };
    let body = ground.to_tape(body.unwrap_or_default(), session);
    let hash = Hash::of(body.to_string().as_bytes());
    Piece { hash, kind: segment.kind, label: segment.label.clone(), body }
}

fn replace(value: &mut Value, names: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (from, to) in names.iter().filter(|(from, _)| !from.is_empty()) {
                if text.contains(from.as_str()) {
                    *text = text.replace(from.as_str(), to);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, names)),
        Value::Object(entries) => entries.values_mut().for_each(|item| replace(item, names)),
        _ => {}
    }
}

/// The value with every text in it changed.
fn swap<T: Serialize + DeserializeOwned>(value: T, names: &[(String, String)]) -> T {
    let Ok(mut tree) = serde_json::to_value(&value) else { return value };
    replace(&mut tree, names);
    serde_json::from_value(tree).unwrap_or(value)
}
