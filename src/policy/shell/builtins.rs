//! Commands of the shell itself that compute their arguments: an index or a number may hold a substitution, also in
//! single quotes, and it runs.

use super::Word;

/// They take names of variables, numbers or lines of code.
const COMPUTING: &[&str] = &[
    "let",
    "test",
    "[",
    "printf",
    "read",
    "unset",
    "mapfile",
    "readarray",
    "getopts",
    "wait",
    "declare",
    "typeset",
    "local",
    "export",
    "readonly",
    "compgen",
    "complete",
    "bind",
    "enable",
];

/// The texts that the words of such a command run, now or later.
pub(super) fn computed(name: &str, words: &[Word]) -> Vec<String> {
    let operands = words.iter().skip(1).map(|word| word.value.as_str());
    match name {
        "alias" => return operands.filter_map(|text| Some(text.split_once('=')?.1.to_owned())).collect(),
        "trap" => return operands.filter(|text| *text != "--").take(1).map(str::to_owned).collect(),
        _ => {}
    }
    if !COMPUTING.contains(&name) {
        return Vec::new();
    }
    let code = |word: &Word| -> Option<String> {
        let follows = match name {
            "mapfile" | "readarray" | "compgen" | "complete" => "-C",
            "bind" => "-x",
            _ => return None,
        };
        (word.value == follows).then(|| follows.to_owned())
    };
    let mut out: Vec<String> = words.iter().skip(1).filter_map(|word| indexed(name, word)).collect();
    for (at, word) in words.iter().enumerate().skip(1) {
        if code(word).is_some() {
            out.extend(words.get(at + 1).map(|word| word.value.clone()));
        }
    }
    out
}

/// A substitution that the word itself leaves as it is, and that the command carries out.
fn indexed(name: &str, word: &Word) -> Option<String> {
    // What `printf` prints is no code; only the name behind `-v` is.
    let printed = name == "printf" && !word.value.contains('[');
    (!printed).then(|| inside(&word.value)).flatten()
}

/// A text that carries out what stands in a value and nothing else; none where nothing stands there.
pub(super) fn inside(value: &str) -> Option<String> {
    let runs = value.contains("$(") || value.contains('`') || value.contains("<(") || value.contains("$[");
    runs.then(|| format!("cat <<LATIGO_VALUE\n{value}\nLATIGO_VALUE"))
}
