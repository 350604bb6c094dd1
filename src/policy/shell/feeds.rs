//! Commands that run what comes to them while they run: on their input, in a file, behind `xargs`.

use super::Word;
use super::wrap::{base_name, dash_c, is_shell, layers, stripped};

/// The words run a shell that takes its commands from its input.
pub(super) fn reads_commands(words: &[Word]) -> bool {
    let start = stripped(words);
    if words.get(start).is_some_and(|word| word.value == "eval") {
        return reads_commands(words.get(start + 1..).unwrap_or_default());
    }
    layers(words).list.iter().any(|layer| {
        let part = words.get(layer.range.clone()).unwrap_or_default();
        let first = part.first().map(|word| base_name(&word.value).to_ascii_lowercase());
        first.is_some_and(|name| is_shell(&name) || matches!(name.as_str(), "source" | "."))
            && part.iter().skip(1).all(|word| word.value.starts_with('-') || word.value == "/dev/stdin")
            && dash_c(part).is_none()
    })
}

/// The words run a shell on a file.
pub(super) fn runs_files(words: &[Word]) -> bool {
    let name = words.get(stripped(words)).map(|word| base_name(&word.value));
    name.is_some_and(|name| is_shell(name) || matches!(name, "source" | "."))
}

/// The words run `xargs` or its like with a shell behind it, or with no program whose name is known.
pub(super) fn runs_its_input(words: &[Word]) -> bool {
    let spreads = |word: &Word| matches!(base_name(&word.value), "xargs" | "parallel");
    let Some(from) = words.iter().position(spreads) else { return false };
    let mark = words.iter().skip(from).find_map(|word| word.value.strip_prefix("-I")).filter(|mark| !mark.is_empty());
    layers(words).list.iter().filter(|layer| layer.range.start > from).any(|layer| {
        let name = words.get(layer.range.start).map_or("", |word| base_name(&word.value));
        is_shell(name) || matches!(name, "eval" | "env" | "{}" | "%") || mark == Some(name)
    })
}
