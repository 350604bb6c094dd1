//! Files that programs of the network send away: a rule that denies reading a file is about these too.

use super::super::shell::{self, Word};
use super::Named;

/// Options whose value is a file.
const FILES: &[&str] = &["-T", "--upload-file", "--post-file", "--body-file"];
/// Options whose value may name a file behind an `@`.
const MARKED: &[&str] = &[
    "-d",
    "--data",
    "--data-binary",
    "--data-ascii",
    "--data-urlencode",
    "--json",
    "-F",
    "--form",
    "-H",
    "--header",
    "-b",
    "--cookie",
];

/// The files that a command would send.
pub(in super::super) fn sent(words: &[Word]) -> Vec<Named> {
    let name = words.first().map_or("", |word| shell::base_name(&word.value));
    if !matches!(name, "curl" | "wget" | "http" | "https" | "xh") {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (at, word) in words.iter().enumerate().skip(1) {
        let next = words.get(at + 1).map(|word| word.value.as_str());
        let (option, value) = match word.value.split_once('=').filter(|(option, _)| option.starts_with("--")) {
            Some((option, value)) => (option, Some(value)),
            None if word.value.starts_with('-') && !word.value.starts_with("--") && word.value.len() > 2 => {
                let end = word.value.char_indices().nth(2).map_or(word.value.len(), |(end, _)| end);
                let (option, value) = word.value.split_at(end);
                (option, Some(value))
            }
            None => (word.value.as_str(), next),
        };
        let Some(value) = value else { continue };
        let path = if FILES.contains(&option) {
            Some(value)
        } else if MARKED.contains(&option) || !word.value.starts_with('-') {
            let text = if option.starts_with('-') { value } else { word.value.as_str() };
            text.split_once('@').map(|(_, path)| path.split([';', ',']).next().unwrap_or(path))
        } else {
            None
        };
        out.extend(path.filter(|path| is_path(path)).map(|path| Named {
            path: path.to_owned(),
            pattern: None,
            deep: false,
            visible: false,
        }));
    }
    out
}

/// Not standard input, and nothing that cannot be a path.
fn is_path(text: &str) -> bool {
    !text.is_empty() && text != "-" && !text.contains(['\u{1}', '\u{2}', '\0'])
}
