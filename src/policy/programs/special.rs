//! Programs whose arguments follow no option table: tests, searches, stream editors, filters, versions.

use super::options::{self, Operands, Program};
use super::{Named, git, path_of};
use crate::policy::shell::Word;

type Found = Result<Vec<Named>, String>;

/// The answer for a program of this file; none for every other.
pub(super) fn reads(name: &str, words: &[Word]) -> Option<Found> {
    let rest = words.get(1..).unwrap_or_default();
    Some(match name {
        // These take numbers or nothing and touch the shell alone.
        "echo" | "exit" | "return" | "break" | "continue" | "wait" => Ok(Vec::new()),
        "set" => set(rest),
        "read" => read(rest),
        "printf" => printf(rest),
        "cd" => cd(rest),
        "test" | "[" => test(rest),
        "find" => find(rest),
        "sed" => sed(rest),
        "jq" => jq(rest),
        "git" => git::reads(rest),
        "ps" if rest.iter().all(|word| matches!(word.literal(), Some("aux" | "ax" | "-aux"))) => Ok(Vec::new()),
        "command" => command(rest),
        "docker" | "podman" if !matches!(rest.first().and_then(Word::literal), Some("--version")) => docker(rest)?,
        "node" | "python" | "python3" | "ruby" | "gcc" | "g++" | "clang" | "cmake" | "perl" | "php" | "make"
        | "npm" | "cargo" | "rustc" | "rustup" | "go" | "java" | "javac" | "docker" | "pip" | "pip3" | "yarn"
        | "pnpm" | "bun" | "deno" => version(name, rest)?,
        _ => return None,
    })
}

/// What docker itself lists and tells, without options that name another daemon.
fn docker(words: &[Word]) -> Option<Found> {
    let first = words.first()?.literal()?;
    let (short, long): (&str, &str) = match first {
        "ps" => ("aqlsn:f:", "all quiet latest size last= filter= format= no-trunc"),
        "images" => ("aqf:", "all quiet digests no-trunc filter= format="),
        "logs" => ("ftn:", "follow timestamps tail= since= until= details"),
        "inspect" => ("sf:", "size format= type="),
        "version" | "info" => ("f:", "format="),
        _ => return None,
    };
    let program = Program { name: "docker", short, long, operands: Operands::Text, risky: true };
    Some(options::parse(&program, words.get(1..)?).map(|_| Vec::new()))
}

/// `printf -v` sets a variable.
fn printf(words: &[Word]) -> Found {
    match words.first() {
        Some(first) if first.value.starts_with('-') || first.value.starts_with(crate::policy::glob::UNKNOWN) => {
            Err("printf with an option or an unknown format may set a variable".into())
        }
        _ => Ok(Vec::new()),
    }
}

/// Options that make a script stricter or louder.
fn set(words: &[Word]) -> Found {
    let harmless = |word: &Word| match word.literal() {
        Some("pipefail" | "errexit" | "nounset" | "xtrace") => true,
        Some(text) => {
            text.len() > 1 && text.starts_with(['-', '+']) && text.chars().skip(1).all(|c| "euxo".contains(c))
        }
        None => false,
    };
    if !words.is_empty() && words.iter().all(harmless) {
        return Ok(Vec::new());
    }
    Err("`set` of this form changes the shell or shows its variables".into())
}

/// Reads a line into variables whose names mean nothing to other programs.
fn read(words: &[Word]) -> Found {
    let harmless = |word: &Word| word.literal().is_some_and(|text| text == "-r" || is_plain_variable(text));
    if words.iter().all(harmless) {
        return Ok(Vec::new());
    }
    Err("`read` with options, or into a variable that other programs may obey".into())
}

/// A name in small letters that no program is known to take from its environment.
pub(in super::super) fn is_plain_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.ends_with("_proxy")
        && !name.starts_with("npm_")
        && !name.starts_with("git_")
}

/// The folder is looked at like one that is read.
fn cd(words: &[Word]) -> Found {
    let words: Vec<&Word> = words.iter().filter(|word| !matches!(word.literal(), Some("-P" | "-L" | "--"))).collect();
    match words.as_slice() {
        [] => Ok(vec![Named { path: "~".into(), pattern: None, deep: false, visible: false }]),
        [one] if one.value == "-" => Err("`cd -` goes to a folder that is not known before the run".into()),
        [one] if !one.splits && one.literal().is_some_and(|text| !text.starts_with('-')) => {
            Ok(vec![path_of(one, false)?])
        }
        _ => Err("it changes to a folder that is not known before the run".into()),
    }
}

/// Names of files are looked up, not read. `-v` would compute an index.
fn test(words: &[Word]) -> Found {
    if words.iter().any(|word| matches!(word.literal(), Some("-v" | "-R")) || word.splits) {
        return Err("a test of a variable's name or of an unquoted word".into());
    }
    Ok(Vec::new())
}

/// `command -v name` tells where a command is.
fn command(words: &[Word]) -> Found {
    match words.first().and_then(Word::literal) {
        Some("-v" | "-V") => Ok(Vec::new()),
        _ => Err("`command` runs its arguments".into()),
    }
}

fn version(name: &str, words: &[Word]) -> Option<Found> {
    match words {
        [one] if matches!(one.literal(), Some("--version")) => Some(Ok(Vec::new())),
        [one]
            if matches!(
                (name, one.literal()),
                ("node" | "npm" | "ruby" | "php", Some("-v"))
                    | ("java", Some("-version"))
                    | ("python" | "python3" | "cargo" | "rustc", Some("-V"))
                    | ("go", Some("version"))
            ) =>
        {
            Some(Ok(Vec::new()))
        }
        _ => None,
    }
}

/// Tests and actions of find that only look, with the number of their arguments.
const FIND: &[(&str, usize)] = &[
    ("-name", 1),
    ("-iname", 1),
    ("-path", 1),
    ("-ipath", 1),
    ("-wholename", 1),
    ("-regex", 1),
    ("-iregex", 1),
    ("-regextype", 1),
    ("-type", 1),
    ("-xtype", 1),
    ("-size", 1),
    ("-mtime", 1),
    ("-mmin", 1),
    ("-atime", 1),
    ("-amin", 1),
    ("-ctime", 1),
    ("-cmin", 1),
    ("-newermt", 1),
    ("-maxdepth", 1),
    ("-mindepth", 1),
    ("-perm", 1),
    ("-user", 1),
    ("-group", 1),
    ("-uid", 1),
    ("-gid", 1),
    ("-links", 1),
    ("-inum", 1),
    ("-fstype", 1),
    ("-lname", 1),
    ("-printf", 1),
    ("-empty", 0),
    ("-print", 0),
    ("-print0", 0),
    ("-ls", 0),
    ("-prune", 0),
    ("-quit", 0),
    ("-not", 0),
    ("-a", 0),
    ("-and", 0),
    ("-o", 0),
    ("-or", 0),
    ("-true", 0),
    ("-false", 0),
    ("-depth", 0),
    ("-mount", 0),
    ("-xdev", 0),
    ("-follow", 0),
    ("-readable", 0),
    ("-writable", 0),
    ("-executable", 0),
    ("-nouser", 0),
    ("-nogroup", 0),
    ("-daystart", 0),
    ("-noleaf", 0),
    ("-warn", 0),
    ("-nowarn", 0),
    ("!", 0),
    ("(", 0),
    (")", 0),
    (",", 0),
];

fn find(words: &[Word]) -> Found {
    let mut named = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let Some(text) = word.literal().filter(|_| !word.splits) else {
            return Err(format!("`{}` could become an action of find", word.raw));
        };
        if matches!(text, "-L" | "-P" | "-H") && named.is_empty() {
            continue;
        }
        if matches!(text, "-newer" | "-anewer" | "-cnewer" | "-samefile") {
            named.push(path_of(words.get(at).ok_or("find lacks an argument")?, false)?);
            at += 1;
        } else if let Some((_, takes)) = FIND.iter().find(|(known, _)| *known == text) {
            for value in words.iter().skip(at).take(*takes) {
                value
                    .literal()
                    .filter(|_| !value.splits)
                    .ok_or_else(|| format!("`{}` could become an action of find", value.raw))?;
            }
            at += takes;
        } else if text.starts_with('-') {
            return Err(format!("the action {text} of find is not in the list of harmless ones"));
        } else {
            named.push(path_of(word, false)?);
        }
    }
    Ok(named)
}

const SED: Program = Program {
    name: "sed",
    short: "nErsuze:l:",
    long: "quiet silent regexp-extended separate unbuffered null-data expression= line-length= posix sandbox debug help version",
    operands: Operands::Text,
    risky: true,
};

/// Sed with scripts that only print, delete from the output, or substitute without writing or running.
fn sed(words: &[Word]) -> Found {
    let parsed = options::parse(&SED, words)?;
    let given: Vec<&str> = scripts(words)?;
    let from_option = parsed.seen.iter().any(|seen| seen == "e" || seen == "expression");
    let mut operands = parsed.operands.iter();
    let mut all = given;
    if !from_option {
        let script = operands.next().ok_or("sed lacks a script")?;
        all.push(script.literal().ok_or("the script of sed is not known before the run")?);
    }
    if let Some(bad) = all.iter().find(|script| !is_plain_sed(script)) {
        return Err(format!("the script `{bad}` of sed may write or run something"));
    }
    operands.map(|word| path_of(word, false)).collect()
}

fn scripts(words: &[Word]) -> Result<Vec<&str>, String> {
    let mut out = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let text = word.value.as_str();
        let attached = text.strip_prefix("--expression=");
        let short = (text.starts_with('-') && !text.starts_with("--")).then(|| text.find('e')).flatten();
        let value = match (attached, short) {
            (Some(value), _) => Some(value),
            (_, Some(e)) if e + 1 < text.len() => text.get(e + 1..),
            (_, Some(_)) => words.get(at + 1).map(|next| next.value.as_str()),
            _ if text == "--expression" => words.get(at + 1).map(|next| next.value.as_str()),
            _ => None,
        };
        if let Some(value) = value {
            let unknown = value.contains([crate::policy::glob::UNKNOWN, crate::policy::glob::WILD]);
            out.push((!unknown).then_some(value).ok_or("the script of sed is not known before the run")?);
        }
    }
    Ok(out)
}

/// The script does more than print, delete lines and substitute.
pub(super) fn is_risky_sed(word: &Word) -> bool {
    !word.literal().is_some_and(is_plain_sed)
}

/// `5p`, `1,20p`, `/x/d`, `$=`, `s/a/b/g`, joined by `;`.
fn is_plain_sed(script: &str) -> bool {
    if script.contains('\n') {
        return false;
    }
    let mut rest = script.trim();
    while !rest.is_empty() {
        let Some(after) = sed_address(rest) else { return false };
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix(',') {
            let Some(after) = sed_address(after.trim_start()) else { return false };
            rest = after.trim_start();
        }
        rest = rest.strip_prefix('!').unwrap_or(rest);
        rest = match rest.chars().next() {
            Some('p' | 'd' | 'q' | '=' | 'P' | 'D' | 'l') => rest.get(1..).unwrap_or_default(),
            Some('s') => match sed_substitution(rest) {
                Some(after) => after,
                None => return false,
            },
            _ => return false,
        };
        rest = rest.trim_start();
        if !rest.is_empty() {
            let Some(after) = rest.strip_prefix(';') else { return false };
            rest = after.trim_start();
        }
    }
    true
}

/// What follows an address, or the text itself where there is none.
fn sed_address(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('$') {
        return Some(rest);
    }
    if let Some(rest) = text.strip_prefix('/') {
        return sed_part(rest, '/');
    }
    Some(text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '~' || c == '+'))
}

/// What follows the next unescaped delimiter. Inside a bracket a delimiter ends nothing to sed, so a script that
/// has one there is not followed further.
fn sed_part(text: &str, delimiter: char) -> Option<&str> {
    let mut escaped = false;
    let mut in_class = false;
    for (at, c) in text.char_indices() {
        if c == delimiter && !escaped {
            return if in_class { None } else { text.get(at + c.len_utf8()..) };
        }
        in_class = (in_class || (c == '[' && !escaped)) && c != ']';
        escaped = c == '\\' && !escaped;
    }
    None
}

fn sed_substitution(text: &str) -> Option<&str> {
    let mut chars = text.get(1..)?.chars();
    let delimiter = chars.next().filter(|c| c.is_ascii_punctuation() && *c != '\\')?;
    let rest = sed_part(sed_part(chars.as_str(), delimiter)?, delimiter)?;
    let flags = rest.chars().take_while(|c| matches!(c, 'g' | 'p' | 'i' | 'I' | '0'..='9')).count();
    rest.get(flags..)
}

const JQ: Program = Program {
    name: "jq",
    short: "aceCMnrRjsS",
    long: "ascii-output compact-output color-output monochrome-output null-input raw-output raw-output0 join-output \
        raw-input slurp sort-keys exit-status tab indent= stream seq unbuffered help version",
    operands: Operands::Pattern,
    risky: true,
};

fn jq(words: &[Word]) -> Found {
    // `--arg name value` takes two words; they are text.
    let mut kept = Vec::new();
    let mut skip = 0;
    for word in words {
        if skip > 0 {
            skip -= 1;
        } else if matches!(word.literal(), Some("--arg" | "--argjson")) {
            skip = 2;
        } else {
            kept.push(word.clone());
        }
    }
    let parsed = options::parse(&JQ, &kept)?;
    let mut operands = parsed.operands.into_iter();
    match operands.next().map(|filter| filter.literal()) {
        Some(None) => return Err("the filter of jq is not known before the run".into()),
        Some(Some(filter))
            if ["env", "import", "include", "input_filename", "$ENV"].iter().any(|name| filter.contains(name)) =>
        {
            return Err("the filter of jq reads more than its input".into());
        }
        None | Some(Some(_)) => {}
    }
    operands.map(|word| path_of(word, false)).collect()
}
