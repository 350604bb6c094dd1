//! What of a record can be found: its texts, by kind.

use serde_json::Value;

use crate::domain::{Block, Body, HitKind, LineKind, Message, Origin, Record, Shown, ToolCall, without_reminders};

/// Bytes of one text that are indexed.
const LONGEST: usize = 256 * 1024;
/// How deep an input is looked into.
const DEEP: usize = 32;

/// The records that hold texts. The others are passed over without being parsed.
pub(super) const NAMES: [&str; 8] =
    ["session_started", "model_set", "title_set", "prompted", "responded", "call_done", "shell_ran", "compacted"];

/// One text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub kind: HitKind,
    /// The call that it belongs to, for calls and results.
    pub call: String,
    /// The tool, where the record itself names it.
    pub tool: String,
    /// Files that it is about, one a line.
    pub path: String,
    pub words: String,
}

impl Text {
    fn plain(kind: HitKind, text: impl Into<String>) -> Self {
        Self { kind, call: String::new(), tool: String::new(), path: String::new(), words: text.into() }
    }
}

/// The texts of a record.
pub(super) fn texts(record: &Record) -> Vec<Text> {
    let mut texts = match &record.body {
        Body::TitleSet { title } => vec![Text::plain(HitKind::Title, title.clone())],
        Body::Prompted { message, typed, origin, .. } if *origin != Origin::Harness => {
            vec![Text::plain(HitKind::Prompt, typed.clone().unwrap_or_else(|| without_reminders(&message.text())))]
        }
        Body::Responded(note) => answer(&note.message),
        Body::CallDone { result, shown, .. } => {
            let mut texts =
                vec![Text { call: result.call_id.clone(), ..Text::plain(HitKind::Result, result.joined()) }];
            texts.extend(diff(shown).map(|diff| Text { call: result.call_id.clone(), ..diff }));
            texts
        }
        Body::ShellRan { command, output, .. } => vec![Text::plain(HitKind::Shell, format!("{command}\n{output}"))],
        Body::Compacted { summary, .. } => vec![Text::plain(HitKind::Summary, summary.clone())],
        _ => Vec::new(),
    };
    for text in &mut texts {
        cut(&mut text.words);
    }
    texts.retain(|text| !text.words.trim().is_empty());
    texts
}

fn answer(message: &Message) -> Vec<Text> {
    let said = message.text();
    let mut texts = vec![Text::plain(HitKind::Answer, said)];
    texts.extend(message.blocks.iter().filter_map(|block| match block {
        Block::ToolCall(call) => Some(called(call)),
        _ => None,
    }));
    texts
}

fn called(call: &ToolCall) -> Text {
    let mut text = String::new();
    strings(&call.input, &mut text, DEEP);
    let path = ["file_path", "path", "notebook_path"].iter().find_map(|key| call.input.get(key)?.as_str());
    Text {
        kind: HitKind::Call,
        call: call.id.clone(),
        tool: call.name.clone(),
        path: path.unwrap_or_default().to_owned(),
        words: text,
    }
}

/// All strings of a document, one a line.
fn strings(value: &Value, out: &mut String, deep: usize) {
    if deep == 0 || out.len() > LONGEST {
        return;
    }
    match value {
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(list) => list.iter().for_each(|value| strings(value, out, deep - 1)),
        Value::Object(map) => map.values().for_each(|value| strings(value, out, deep - 1)),
        Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn diff(shown: &Shown) -> Option<Text> {
    let Shown::Diff(files) = shown else { return None };
    let mut text = String::new();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let lines = files.iter().flat_map(|file| &file.hunks).flat_map(|hunk| &hunk.lines);
    for line in lines.filter(|line| line.kind != LineKind::Same) {
        text.push(if line.kind == LineKind::Added { '+' } else { '-' });
        line.pieces.iter().for_each(|(_, piece)| text.push_str(piece));
        text.push('\n');
        if text.len() > LONGEST {
            break;
        }
    }
    Some(Text { path: paths.join("\n"), ..Text::plain(HitKind::Diff, text) })
}

fn cut(text: &mut String) {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}
