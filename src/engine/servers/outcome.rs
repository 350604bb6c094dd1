//! From a server's answer to a result: texts, pictures, files, and what is too long kept on disk.

use base64::Engine;
use serde_json::Value;

use crate::domain::{Media, ResultPart, Shown, ToolOutcome};
use crate::mcp::{Answer, Part};
use crate::tools::{self, ToolContext};
use crate::usage;

/// Pictures that models take.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// Base64 characters of a picture that is passed on.
const PICTURE: usize = 5 * 1024 * 1024;
/// Pictures of one result.
const PICTURE_COUNT: usize = 20;
/// Bytes of a file that is kept.
const FILE: usize = 64 * 1024 * 1024;

/// How much of a result reaches the model, in tokens, and from which size on it is called large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) most: u64,
    pub(super) large: u64,
}

impl Bounds {
    /// The bounds for a tool that asks for so many characters.
    pub(super) fn for_tool(self, chars: Option<usize>) -> Self {
        let wanted = chars.map_or(0, |chars| usage::estimate(chars as u64));
        Self { most: self.most.max(wanted), ..self }
    }
}

/// Makes a result of an answer.
pub(super) fn outcome(answer: Answer, bounds: Bounds, context: &ToolContext) -> ToolOutcome {
    let mut texts: Vec<String> = Vec::new();
    let mut pictures: Vec<ResultPart> = Vec::new();
    let mut files = 0;
    for part in answer.parts {
        match part {
            Part::Text(text) => texts.push(text),
            Part::Image { media_type, data }
                if PICTURES.contains(&media_type.as_str())
                    && data.len() <= PICTURE
                    && pictures.len() < PICTURE_COUNT
                    && !answer.is_error =>
            {
                pictures.push(ResultPart::Image(Media { media_type, data }));
            }
            Part::Image { media_type, data } | Part::Audio { media_type, data } => {
                texts.push(keep(&data, Some(&media_type), &mut files, context));
            }
            Part::Resource { uri, text: Some(text), .. } => texts.push(format!("[{uri}]\n{text}")),
            Part::Resource { uri, media_type, blob, .. } => {
                let kept = keep(&blob.unwrap_or_default(), media_type.as_deref(), &mut files, context);
                texts.push(format!("[{uri}]\n{kept}"));
            }
            Part::Link { uri, name, description } => {
                let words = [uri, name, description].into_iter().filter(|word| !word.is_empty());
                let words = words.collect::<Vec<_>>().join(" ");
                texts.push(format!("[resource {words}; ReadMcpResource reads it]"));
            }
        }
    }
    let data = answer.structured.and_then(|data| structured(&mut texts, &data));
    let said = Said { text: texts.join("\n"), data };
    finish(said, pictures, answer.is_error, bounds, context)
}

/// Data beside the parts. Servers are told to repeat it as texts; then it stands once, in its shortest form. The Python
/// SDK puts what is no object under `result` and repeats the items of a list as a text each; others put the one text under
/// a name of theirs. None when the texts say it all.
fn structured(texts: &mut Vec<String>, data: &Value) -> Option<String> {
    let says = |text: &String, value: &Value| match value {
        Value::String(plain) => text == plain,
        value => serde_json::from_str::<Value>(text).ok().as_ref() == Some(value),
    };
    let alone = data.as_object().filter(|fields| fields.len() == 1);
    if let (Some(Value::String(whole)), [only]) = (alone.and_then(|fields| fields.values().next()), texts.as_slice())
        && whole == only
    {
        return None;
    }
    let inner = alone.and_then(|fields| fields.get("result"));
    match (inner, texts.as_slice()) {
        (Some(Value::Array(items)), _)
            if items.len() == texts.len() && texts.iter().zip(items).all(|(text, item)| says(text, item)) =>
        {
            texts.clear();
        }
        (Some(value), [only]) if !value.is_array() && !value.is_object() && says(only, value) => return None,
        _ => texts.retain(|text| !says(text, data) && !inner.is_some_and(|inner| says(text, inner))),
    }
    Some(data.to_string())
}

/// What an answer says in words, and its data, which stay apart so that rows can go as TOON.
struct Said {
    text: String,
    data: Option<String>,
}

impl Said {
    fn whole(&self) -> String {
        match &self.data {
            Some(data) if self.text.is_empty() => data.clone(),
            Some(data) => format!("{}\n{data}", self.text),
            None => self.text.clone(),
        }
    }

    fn parts(self) -> Vec<ResultPart> {
        std::iter::once(self.text).chain(self.data).filter(|text| !text.is_empty()).map(ResultPart::Text).collect()
    }
}

fn finish(said: Said, pictures: Vec<ResultPart>, is_error: bool, bounds: Bounds, context: &ToolContext) -> ToolOutcome {
    let text = said.whole();
    let tokens = usage::estimate(text.len() as u64);
    let lines = text.lines().count();
    let mut summary = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
    if !pictures.is_empty() {
        summary = format!("{summary}, {} images", pictures.len());
    }
    if tokens > bounds.large {
        summary = format!("{summary}, large: {} tokens", crate::base::text::human_tokens(tokens));
    }
    let mut full_output = None;
    let told = if tokens > bounds.most {
        full_output = tools::keep(&context.outputs, &context.call_id, "txt", text.as_bytes()).ok();
        let place = full_output.as_ref().map(|path| path.display().to_string());
        shorten(&text, bounds.most, tokens, place.as_deref())
    } else {
        text.clone()
    };
    let shown = match pictures.as_slice() {
        [ResultPart::Image(media)] if text.trim().is_empty() => {
            Shown::Image { name: media.media_type.clone(), width: 0, height: 0, bytes: media.data.len() as u64 / 4 * 3 }
        }
        _ => Shown::Text { text: told.clone(), language: None },
    };
    if is_error {
        let outcome = ToolOutcome::error(told);
        return ToolOutcome { full_output, ..outcome };
    }
    let mut parts = if tokens > bounds.most { vec![ResultPart::Text(told)] } else { said.parts() };
    if parts.is_empty() && pictures.is_empty() {
        parts.push(ResultPart::Text(String::new()));
    }
    parts.extend(pictures);
    ToolOutcome { parts, shown, summary, full_output, ..ToolOutcome::text("", "") }
}

/// Head and tail of a text, three quarters to one, with what is missing between them.
fn shorten(text: &str, most: u64, tokens: u64, place: Option<&str>) -> String {
    let bytes = (most * 36 / 10) as usize;
    let (head, tail) = (bytes / 4 * 3, bytes / 4);
    let start = (0..=head.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let end =
        (text.len().saturating_sub(tail)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let whole = match place {
        Some(place) => format!("The whole result is in {place}; read parts of it with Read or Grep."),
        None => "The rest could not be kept.".to_owned(),
    };
    format!(
        "{}\n[… about {tokens} tokens in all, more than the limit of {most}. {whole} …]\n{}",
        text.get(..start).unwrap_or_default(),
        text.get(end..).unwrap_or_default()
    )
}

/// Keeps bytes as a file and tells where.
fn keep(data: &str, media_type: Option<&str>, files: &mut usize, context: &ToolContext) -> String {
    let kind = media_type.unwrap_or("application/octet-stream");
    let decoded = base64::engine::general_purpose::STANDARD.decode(data.trim());
    let Ok(bytes) = decoded else { return format!("[{kind} that is no base64; it was dropped]") };
    if bytes.len() > FILE {
        return format!("[{kind} of {} bytes, too large to keep]", bytes.len());
    }
    *files += 1;
    let name = format!("{}-{files}", context.call_id);
    match tools::keep(&context.outputs, &name, extension(kind), &bytes) {
        Ok(path) => format!("[{kind}, {} bytes, kept as {}]", bytes.len(), path.display()),
        Err(error) => format!("[{kind}, {} bytes; it could not be kept: {error}]", bytes.len()),
    }
}

fn extension(kind: &str) -> &'static str {
    match kind {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/svg+xml" => "svg",
        "audio/wav" | "audio/x-wav" => "wav",
        "audio/mpeg" => "mp3",
        "application/pdf" => "pdf",
        "application/json" => "json",
        "text/plain" => "txt",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_stands_once_and_short() {
        let data = serde_json::json!({"a": [1, 2]});
        let mut texts = vec!["{\n  \"a\": [1, 2]\n}".to_owned(), "note".to_owned()];
        let data = structured(&mut texts, &data);
        let said = Said { text: texts.join("\n"), data };
        assert_eq!(said.whole(), "note\n{\"a\":[1,2]}");
        let parts = said.parts();
        assert_eq!(parts, ["note", "{\"a\":[1,2]}"].map(|text| ResultPart::Text(text.to_owned())));
    }

    #[test]
    fn what_the_python_sdk_says_twice_stands_once() {
        let once = |texts: &[&str], data: Value| {
            let mut texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            let data = structured(&mut texts, &data);
            (texts, data)
        };
        let rows = serde_json::json!({"result": [{"a": 1}, {"a": 2}]});
        assert_eq!(once(&["{ \"a\": 1 }", "{\"a\": 2}"], rows.clone()), (Vec::new(), Some(rows.to_string())));
        assert_eq!(once(&["[{\"a\":1},{\"a\":2}]"], rows.clone()).0, Vec::<String>::new());
        assert_eq!(once(&["{\"a\": 1}", "a note"], rows.clone()).0.len(), 2);
        assert_eq!(once(&["plain"], serde_json::json!({"result": "plain"})), (vec!["plain".to_owned()], None));
        assert_eq!(once(&["7"], serde_json::json!({"result": 7})).1, None);
        assert_eq!(once(&["a\nb"], serde_json::json!({"content": "a\nb"})), (vec!["a\nb".to_owned()], None));
        assert!(once(&["a"], serde_json::json!({"content": "b"})).1.is_some());
        assert_eq!(once(&["x", "y"], serde_json::json!({"result": ["x", "y"]})).0, Vec::<String>::new());
    }

    #[test]
    fn a_long_text_keeps_head_and_tail_and_says_where_the_rest_is() {
        let text = format!("{}END", "äbc\n".repeat(10_000));
        let told = shorten(&text, 100, 13_900, Some("/kept"));
        assert!(told.len() < 700 && told.starts_with("äbc") && told.ends_with("END"), "{told}");
        assert!(told.contains("/kept") && told.contains("limit of 100"));
    }
}
