//! Programs that run the program named in their arguments.
//!
//! Some are stripped before matching, as documented; all are looked through by deny and ask rules. Which
//! options take a value is written as for `getopt`.

use std::ops::Range;

use super::Word;

/// How a stretch of words came to be a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Via {
    /// The command as it stands.
    Itself,
    /// Behind wrappers that are stripped before any matching.
    Stripped,
    /// Behind a program that runs its arguments: seen by deny and ask only.
    Through,
}

/// A stretch of words that runs as a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Layer {
    pub(in super::super) range: Range<usize>,
    pub(in super::super) via: Via,
}

/// Everything that a command runs.
#[derive(Debug, Default)]
pub(in super::super) struct Layers {
    pub(in super::super) list: Vec<Layer>,
    /// Texts that it hands to a shell.
    pub(in super::super) scripts: Vec<String>,
    /// It runs its arguments and is not among the stripped ones.
    pub(in super::super) runs_arguments: bool,
}

const MAX_LAYERS: usize = 32;

/// Name, options with a value, number of operands before the command.
type Spec = (&'static str, &'static str, usize);

const THROUGH: &[Spec] = &[
    ("sudo", "u:g:h:p:C:T:D:R:U:r:t:a:c:", 0),
    ("doas", "u:C:a:", 0),
    ("env", "u:C:a:", 0),
    ("watch", "n:q:s:", 0),
    ("setsid", "", 0),
    ("ionice", "n:c:p:P:u:", 0),
    ("flock", "w:E:", 1),
    ("xargs", "n:P:I:L:s:a:d:E:R:S:J:", 0),
    ("exec", "a:", 0),
    ("coproc", "", 0),
    ("nice", "n:", 0),
    ("timeout", "k:s:", 1),
    ("time", "f:o:", 0),
    ("stdbuf", "i:o:e:", 0),
    ("nohup", "", 0),
    ("command", "", 0),
    ("builtin", "", 0),
    ("noglob", "", 0),
    ("nocorrect", "", 0),
    ("chrt", "T:P:D:", 1),
    ("taskset", "", 1),
    ("numactl", "C:N:m:i:p:", 0),
    ("prlimit", "", 0),
    ("setarch", "", 0),
    ("unshare", "S:G:R:w:", 0),
    ("nsenter", "t:S:G:r:w:", 0),
    ("chroot", "", 1),
    ("runuser", "u:g:G:", 0),
    ("setpriv", "", 0),
    ("strace", "o:e:p:s:a:u:E:P:O:S:I:X:b:", 0),
    ("ltrace", "o:e:p:s:a:u:n:l:x:", 0),
    ("unbuffer", "", 0),
    ("busybox", "", 0),
    ("toybox", "", 0),
    ("parallel", "j:S:N:n:L:", 0),
    ("caffeinate", "t:w:", 0),
    ("fakeroot", "", 0),
    ("xvfb-run", "n:s:e:f:", 0),
    ("firejail", "", 0),
    ("systemd-run", "p:u:H:M:E:", 0),
    ("pkexec", "", 0),
    ("gosu", "", 1),
    ("su-exec", "", 1),
    ("chpst", "u:U:e:b:n:l:L:m:", 0),
    ("daemonize", "", 0),
    ("entr", "", 0),
    ("rtk", "", 0),
];

/// Programs that run their arguments elsewhere or by a detour. A rule for them covers whatever follows, as documented; deny
/// and ask rules look through them all the same: name, word that starts it, options with a value, fixed operands.
const BEYOND: &[(&str, &str, &str, usize)] = &[
    ("ssh", "", "b:c:D:E:e:F:I:i:J:L:l:m:O:o:p:Q:R:S:W:w:", 1),
    ("npx", "", "p:c:", 0),
    ("bunx", "", "", 0),
    ("pnpx", "", "", 0),
    ("uvx", "", "p:", 0),
    ("docker", "exec", "e:u:w:", 1),
    ("docker", "run", "e:u:w:v:p:h:m:l:c:", 1),
    ("podman", "exec", "e:u:w:", 1),
    ("podman", "run", "e:u:w:v:p:h:m:l:c:", 1),
    ("kubectl", "exec", "c:n:f:", 1),
    ("npm", "exec", "c:", 0),
    ("npm", "x", "c:", 0),
    ("pnpm", "exec", "c:", 0),
    ("pnpm", "dlx", "c:", 0),
    ("yarn", "exec", "", 0),
    ("yarn", "dlx", "p:", 0),
    ("bun", "x", "", 0),
    ("uv", "run", "p:", 0),
    ("poetry", "run", "", 0),
    ("pipenv", "run", "", 0),
    ("pdm", "run", "p:", 0),
    ("hatch", "run", "", 0),
    ("bundle", "exec", "", 0),
    ("mise", "exec", "C:j:", 0),
    ("mise", "x", "C:j:", 0),
    ("direnv", "exec", "", 1),
    ("devbox", "run", "c:e:", 0),
    ("conda", "run", "n:p:", 0),
];

const SHELLS: &[&str] = &["bash", "sh", "zsh", "dash", "ksh", "ash", "fish", "rbash", "mksh", "yash"];

/// Shells by name.
pub(in super::super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

/// The program's name without its folder.
pub(in super::super) fn base_name(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

/// The command runs its arguments, and the program is not one of those that are stripped.
pub(in super::super) fn runs_arguments(words: &[Word]) -> bool {
    layers(words).runs_arguments
}

/// Where the command starts once the documented wrappers are stripped, again and again.
pub(in super::super) fn stripped(words: &[Word]) -> usize {
    let mut at = 0;
    for _ in 0..MAX_LAYERS {
        match strip_one(words.get(at..).unwrap_or_default()) {
            Some(skip) if at + skip < words.len() => at += skip,
            _ => break,
        }
    }
    at
}

/// How many words the wrapper in front takes, if all its options are known.
fn strip_one(words: &[Word]) -> Option<usize> {
    let name = words.first()?.literal()?;
    let (known, valued, operands): (&[&str], &[&str], usize) = match name {
        "timeout" => (
            &["-v", "--verbose", "--foreground", "--preserve-status", "-p", "-f"],
            &["-k", "-s", "--kill-after", "--signal"],
            1,
        ),
        "nice" => (&[], &["-n", "--adjustment"], 0),
        "stdbuf" => (&[], &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
        "time" | "command" => (&["-p"], &[], 0),
        "nohup" | "builtin" | "noglob" | "xargs" => (&[], &[], 0),
        _ => return None,
    };
    let mut at = 1;
    while let Some(word) = words.get(at).and_then(Word::literal).filter(|text| text.starts_with('-') && text.len() > 1)
    {
        if word == "--" {
            at += 1;
            break;
        }
        at += option_width(word, known, valued, name)?;
    }
    // What stands for the duration must be known, or a substitution could put a program there.
    for operand in words.get(at..at + operands)? {
        operand.literal()?;
    }
    Some(at + operands)
}

fn option_width(word: &str, known: &[&str], valued: &[&str], name: &str) -> Option<usize> {
    if known.contains(&word) {
        return Some(1);
    }
    if valued.contains(&word) {
        return Some(2);
    }
    let attached = valued.iter().any(|option| match option.strip_prefix("--") {
        Some(_) => word.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')),
        None => word.starts_with(option),
    });
    let niceness = name == "nice" && word.get(1..).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    (attached || niceness).then_some(1)
}

/// Every stretch of the words that runs as a command, the whole first.
pub(in super::super) fn layers(words: &[Word]) -> Layers {
    let mut out = Layers::default();
    let start = stripped(words);
    out.list.push(Layer { range: 0..words.len(), via: Via::Itself });
    if start > 0 {
        out.list.push(Layer { range: start..words.len(), via: Via::Stripped });
    }
    let mut open: Vec<Range<usize>> = out.list.iter().map(|layer| layer.range.clone()).rev().collect();
    while let Some(range) = open.pop() {
        let part = words.get(range.clone()).unwrap_or_default();
        let Some(name) = part.first().map(|word| base_name(&word.value).to_ascii_lowercase()) else { continue };
        let found = runs(&name, part, &mut out.scripts);
        out.runs_arguments |= range.start == start && (found.is_some());
        let beyond = beyond(&name, part, &mut out.scripts);
        for inner in found.unwrap_or_default().into_iter().chain(beyond) {
            let inner = range.start + inner.start..range.start + inner.end;
            if out.list.len() < MAX_LAYERS && !out.list.iter().any(|layer| layer.range == inner) {
                out.list.push(Layer { range: inner.clone(), via: Via::Through });
                open.push(inner);
            }
        }
    }
    out
}

/// The commands that one of [`BEYOND`] runs.
fn beyond(name: &str, words: &[Word], scripts: &mut Vec<String>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for (_, start, valued, operands) in BEYOND.iter().filter(|(known, ..)| *known == name) {
        let at = if start.is_empty() { Some(0) } else { words.iter().position(|word| word.value == *start) };
        let Some(at) = at else { continue };
        let part = words.get(at..).unwrap_or_default();
        let dashes = part.iter().position(|word| word.value == "--").map(|dashes| dashes + 1);
        let found = starts(part, valued, *operands).into_iter().chain(dashes).map(|first| at + first);
        out.extend(found.filter(|first| *first < words.len()).map(|first| first..words.len()));
    }
    if name == "ssh" {
        // The other side has a shell, which gets the words as one text.
        scripts.extend(out.first().map(|range| join(words.get(range.clone()).unwrap_or_default(), false)));
    }
    out
}

/// The commands in the arguments of `name`; none when it runs no arguments.
fn runs(name: &str, words: &[Word], scripts: &mut Vec<String>) -> Option<Vec<Range<usize>>> {
    if is_shell(name) || matches!(name, "su" | "script" | "runuser") {
        // Without a file to run, a shell runs what comes on its input.
        let reads_input = is_shell(name) && words.iter().skip(1).all(|word| word.value.starts_with('-'));
        scripts.extend(after_dash_c(words));
        return (reads_input || dash_c(words).is_some()).then(Vec::new);
    }
    match name {
        "eval" | "watch" => scripts.push(join(words.get(1..).unwrap_or_default(), name == "watch")),
        "find" | "fd" | "fdfind" => return exec_parts(words),
        "git" => return git_runs(words, scripts),
        _ => {}
    }
    let computed = super::builtins::computed(name, words);
    if name == "eval" || !computed.is_empty() {
        scripts.extend(computed);
        return Some(Vec::new());
    }
    let (_, valued, operands) = THROUGH.iter().find(|(known, ..)| *known == name)?;
    if matches!(name, "flock" | "env" | "parallel") {
        scripts.extend(after_dash_c(words));
        scripts.extend(split_string(words));
    }
    Some(starts(words, valued, *operands).into_iter().map(|start| start..words.len()).collect())
}

/// Where the command may start: after options, their values, assignments and fixed operands. An option that
/// is not known may or may not take the next word, so both are tried.
fn starts(words: &[Word], valued: &str, operands: usize) -> Vec<usize> {
    let mut at = 1;
    let mut doubtful = false;
    while let Some(word) = words.get(at) {
        let text = word.value.as_str();
        if text == "--" {
            at += 1;
            break;
        } else if let Some(option) = text.strip_prefix("--") {
            doubtful = !option.contains('=');
            at += 1;
        } else if text.len() > 1 && (text.starts_with('-') || text.starts_with('+')) {
            let last = text.chars().last().unwrap_or_default();
            doubtful = false;
            at += if valued.contains(&format!("{last}:")) && text.len() == 2 { 2 } else { 1 };
        } else if is_assignment(text) {
            at += 1;
        } else {
            break;
        }
    }
    let first = at + operands;
    let mut out: Vec<usize> = (first < words.len()).then_some(first).into_iter().collect();
    if doubtful && first + 1 < words.len() {
        out.push(first + 1);
    }
    out
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Where `-c` stands, also in a group such as `-lc`, counted from the first argument.
pub(super) fn dash_c(words: &[Word]) -> Option<usize> {
    words.iter().skip(1).position(|word| {
        let text = word.value.as_str();
        text == "--command"
            || (text.starts_with('-') && !text.starts_with("--") && text.ends_with('c') && text.len() < 8)
    })
}

/// The text that `-c` names. Further options may stand in between.
fn after_dash_c(words: &[Word]) -> Option<String> {
    let at = dash_c(words)?;
    let script = words.iter().skip(at + 2).find(|word| !word.value.starts_with(['-', '+']))?;
    Some(script.value.clone())
}

fn split_string(words: &[Word]) -> Option<String> {
    let at = words.iter().position(|word| word.value.starts_with("-S") || word.value.starts_with("--split-string"))?;
    let own =
        words.get(at)?.value.trim_start_matches("--split-string").trim_start_matches("-S").trim_start_matches('=');
    let rest = join(words.get(at + 1..).unwrap_or_default(), false);
    Some(format!("{own} {rest}"))
}

fn join(words: &[Word], skip_options: bool) -> String {
    let kept = words.iter().skip_while(|word| skip_options && word.value.starts_with('-'));
    kept.map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ")
}

/// The commands between `-exec` and `;` or `+`.
fn exec_parts(words: &[Word]) -> Option<Vec<Range<usize>>> {
    let starts: Vec<usize> = (0..words.len())
        .filter(|at| {
            matches!(
                words.get(*at).map(|word| word.value.as_str()),
                Some("-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "-X" | "--exec" | "--exec-batch")
            )
        })
        .collect();
    if starts.is_empty() {
        // It removes or writes by itself, which a rule for the search does not mean.
        let acts = |word: &Word| word.value == "-delete" || word.value.starts_with("-fprint") || word.value == "-fls";
        return words.iter().any(acts).then(Vec::new);
    }
    let end_of = |start: usize| {
        let ends = |word: &&Word| matches!(word.value.as_str(), ";" | "+");
        words.iter().skip(start).position(|word| ends(&word)).map_or(words.len(), |length| start + length)
    };
    Some(starts.into_iter().map(|at| at + 1..end_of(at + 1)).filter(|range| !range.is_empty()).collect())
}

/// Git subcommands that run a shell text.
fn git_runs(words: &[Word], scripts: &mut Vec<String>) -> Option<Vec<Range<usize>>> {
    let at = |name: &str| words.iter().position(|word| word.value == name);
    let after = |index: usize| words.get(index + 1).map(|word| word.value.clone());
    let mut found = false;
    if let Some(script) = at("foreach").filter(|_| at("submodule").is_some()).and_then(after) {
        scripts.push(script);
        found = true;
    }
    for option in ["--exec", "-x"] {
        if let Some(script) = at(option).filter(|_| at("rebase").is_some()).and_then(after) {
            scripts.push(script);
            found = true;
        }
    }
    if let (Some(_), Some(run)) = (at("bisect"), at("run")) {
        let command = run + 1..words.len();
        return Some(std::iter::once(command).filter(|range| !range.is_empty()).collect());
    }
    found.then(Vec::new)
}
