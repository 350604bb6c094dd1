//! Which git commands only read the repository they stand in.
//!
//! Options that name another configuration, folder, program or output are in no table, so they ask.

use super::options::{self, Operands, Program};
use super::{Named, path_of};
use crate::policy::shell::Word;

const LOG_SHORT: &str = "pus#n:S:G:U:L:bwaMCDRmcgilEFPztqWrB";
const LOG_LONG: &str = "oneline graph decorate? no-decorate decorate-refs= all branches? tags? remotes? stat? shortstat \
    numstat summary name-only name-status patch no-patch raw dirstat? format= pretty? abbrev-commit no-abbrev-commit \
    abbrev? since= after= until= before= author= committer= grep= all-match invert-grep regexp-ignore-case \
    extended-regexp fixed-strings perl-regexp max-count= skip= follow first-parent merges no-merges no-color color? \
    color-words? word-diff? word-diff-regex= color-moved? cached staged merge-base reverse topo-order date-order \
    author-date-order date= relative? relative-date no-renames find-renames? find-copies? diff-filter= \
    ignore-all-space ignore-space-change ignore-space-at-eol ignore-blank-lines function-context unified= minimal \
    patience histogram diff-algorithm= no-ext-diff no-textconv full-index binary check exit-code quiet no-prefix \
    src-prefix= dst-prefix= pickaxe-all pickaxe-regex full-history simplify-merges ancestry-path? left-right \
    left-only right-only cherry-pick cherry-mark cherry boundary walk-reflogs source no-notes notes? submodule? \
    ignore-submodules? text inter-hunk-context= no-walk? do-walk cc compact-summary no-mailmap show-pulls children \
    parents count objects not no-commit-id root";

const fn git(name: &'static str, short: &'static str, long: &'static str, operands: Operands) -> Program {
    Program { name, short, long, operands, risky: true }
}

const COMMANDS: &[Program] = &[
    git("log", LOG_SHORT, LOG_LONG, Operands::Paths),
    git("show", LOG_SHORT, LOG_LONG, Operands::Paths),
    git("diff", LOG_SHORT, LOG_LONG, Operands::Paths),
    git("whatchanged", LOG_SHORT, LOG_LONG, Operands::Paths),
    git("diff-tree", LOG_SHORT, LOG_LONG, Operands::Paths),
    git("rev-list", LOG_SHORT, LOG_LONG, Operands::Paths),
    git("shortlog", "nsec", "numbered summary email group= since= until= no-merges all", Operands::Text),
    git(
        "status",
        "sbuvz",
        "short branch show-stash porcelain? long verbose untracked-files? ignore-submodules? ignored? column? no-column \
         ahead-behind no-ahead-behind renames no-renames find-renames?",
        Operands::Paths,
    ),
    git(
        "rev-parse",
        "q",
        "abbrev-ref? short? verify quiet show-toplevel show-prefix show-cdup git-dir git-common-dir absolute-git-dir \
         is-inside-work-tree is-inside-git-dir is-bare-repository is-shallow-repository symbolic symbolic-full-name \
         all branches? tags? remotes? revs-only no-revs no-flags sq",
        Operands::Text,
    ),
    git(
        "ls-files",
        "cdmoiszutkvx:",
        "cached deleted modified others ignored stage killed unmerged directory exclude= exclude-standard full-name \
         error-unmatch deduplicate eol abbrev? debug",
        Operands::Paths,
    ),
    git(
        "ls-tree",
        "drtlz",
        "long name-only name-status full-name full-tree abbrev? object-only format=",
        Operands::Text,
    ),
    git(
        "blame",
        "beflnpstwcCML:",
        "root show-stats reverse porcelain line-porcelain incremental date= color-lines color-by-age abbrev= show-email \
         show-name show-number first-parent since= ignore-rev=",
        Operands::Paths,
    ),
    git(
        "describe",
        "",
        "all tags long abbrev= exact-match contains always dirty? broken? match= exclude= candidates= \
        first-parent",
        Operands::Text,
    ),
    git("cat-file", "tspe", "batch-check? batch? allow-unknown-type", Operands::Paths),
    git("merge-base", "a", "all is-ancestor octopus independent fork-point", Operands::Text),
    git("name-rev", "", "tags refs= exclude= all name-only always", Operands::Text),
    git(
        "for-each-ref",
        "",
        "count= sort= format= points-at= merged? no-merged? contains? no-contains? ignore-case",
        Operands::Text,
    ),
    git("show-ref", "qs?d", "head heads tags branches hash? abbrev? verify quiet dereference exists", Operands::Text),
    git("show-branch", "a", "all remotes current topo-order list merge-base independent", Operands::Text),
    git("count-objects", "vH", "verbose human-readable", Operands::None),
    git("check-ignore", "qvn", "quiet verbose non-matching no-index", Operands::Paths),
    git("check-attr", "a", "all cached", Operands::Text),
    git("cherry", "v", "verbose abbrev?", Operands::Text),
    git(
        "grep",
        "nilLwvcEFPGehHoqWpA:B:C:m:I",
        "line-number ignore-case files-with-matches files-without-match name-only word-regexp invert-match count \
         extended-regexp fixed-strings perl-regexp basic-regexp only-matching quiet cached untracked heading break \
         show-function function-context after-context= before-context= context= max-count= max-depth= all-match and or not \
         color? no-color column threads=",
        Operands::Pattern,
    ),
    git("symbolic-ref", "q", "short quiet", Operands::None),
    git("version", "", "build-options", Operands::None),
];

const BRANCH: Program = git(
    "branch",
    "avrli",
    "all remotes verbose list show-current contains? no-contains? merged? no-merged? sort= format= color? no-color \
     points-at= column? no-column abbrev= ignore-case",
    Operands::Text,
);
const TAG: Program = git(
    "tag",
    "ln?i",
    "list contains? no-contains? merged? no-merged? sort= format= points-at= column? no-column ignore-case",
    Operands::Text,
);
const CONFIG: Program = git(
    "config",
    "lz",
    "get get-all get-regexp list local global system worktree name-only show-origin show-scope null type= bool int path \
     default= includes no-includes",
    Operands::Text,
);
const PLAIN: Program = git("git", "v", "verbose", Operands::Text);

/// The paths that the command names, if it only reads. `words` follow the word `git`.
pub(super) fn reads(words: &[Word]) -> Result<Vec<Named>, String> {
    let skip = words
        .iter()
        .take_while(|word| {
            matches!(word.literal(), Some("--no-pager" | "-P" | "--no-optional-locks" | "--literal-pathspecs"))
        })
        .count();
    let words = words.get(skip..).unwrap_or_default();
    let Some(first) = words.first() else { return Ok(Vec::new()) };
    let command = first.literal().ok_or("the git command is not known before the run")?;
    let rest = words.get(1..).unwrap_or_default();
    if rest.iter().any(|word| word.value.contains("%G")) {
        return Err("a signature is checked by a program of the repository's choice".into());
    }
    match command {
        "--version" if rest.is_empty() => Ok(Vec::new()),
        // With one name it tells where that leads; with two it changes it.
        "symbolic-ref" => match rest.split_last() {
            Some((name, options)) if name.literal().is_some_and(|name| !name.starts_with('-')) => {
                table(command, options)
            }
            _ => Err("`git symbolic-ref` of this form changes a reference".into()),
        },
        "branch" => listing(&BRANCH, rest, &["l", "list", "contains", "no-contains", "merged", "no-merged"]),
        "tag" => listing(&TAG, rest, &["l", "list", "n", "contains", "no-contains", "merged", "no-merged"]),
        "remote" => remote(rest),
        "config" => config(rest),
        "stash" | "worktree" | "reflog" | "notes" => sub(command, rest),
        _ => table(command, rest),
    }
}

fn table(command: &str, rest: &[Word]) -> Result<Vec<Named>, String> {
    let Some(program) = COMMANDS.iter().find(|program| program.name == command) else {
        return Err(format!("`git {command}` is not in the list of git commands that only read"));
    };
    let parsed = options::parse(program, rest)?;
    if program.operands == Operands::None && !parsed.operands.is_empty() {
        return Err(format!("`git {command}` has an operand"));
    }
    let skip = match program.operands {
        Operands::Paths => 0,
        Operands::Pattern => usize::from(!parsed.seen.iter().any(|seen| seen == "e")),
        _ => return Ok(Vec::new()),
    };
    let mut named = Vec::new();
    for word in parsed.operands.into_iter().skip(skip) {
        // A revision looks like a name in this folder; what is no path does no harm here. `git diff` with two
        // paths outside the repository compares them, so they count as read.
        named.push(path_of(word, false)?);
        if let Some((_, path)) = word.value.split_once(':').filter(|(_, path)| !path.is_empty()) {
            named.push(Named { path: path.to_owned(), pattern: None, deep: false, visible: false });
        }
    }
    Ok(named)
}

/// Lists unless it has operands; with one of these options operands are patterns.
fn listing(program: &Program, rest: &[Word], lists: &[&str]) -> Result<Vec<Named>, String> {
    let parsed = options::parse(program, rest)?;
    let is_list = parsed.seen.iter().any(|seen| lists.contains(&seen.as_str()));
    if parsed.operands.is_empty() || is_list {
        Ok(Vec::new())
    } else {
        Err(format!("`git {}` with a name makes or changes one", program.name))
    }
}

fn remote(rest: &[Word]) -> Result<Vec<Named>, String> {
    let parsed = options::parse(&PLAIN, rest)?;
    match parsed.operands.first().map(|word| word.value.as_str()) {
        None | Some("get-url") => Ok(Vec::new()),
        Some(other) => Err(format!("`git remote {other}` changes or contacts a remote")),
    }
}

fn config(rest: &[Word]) -> Result<Vec<Named>, String> {
    let parsed = options::parse(&CONFIG, rest)?;
    let gets = parsed.seen.iter().any(|seen| seen.starts_with("get") || seen == "list" || seen == "l");
    let first = parsed.operands.first().map(|word| word.value.as_str());
    if gets || parsed.operands.len() == 1 && first != Some("edit") || matches!(first, Some("get" | "list")) {
        Ok(Vec::new())
    } else {
        Err("`git config` with a value sets it".into())
    }
}

fn sub(command: &str, rest: &[Word]) -> Result<Vec<Named>, String> {
    let first = rest.first().map(|word| word.value.as_str());
    let behind = rest.get(1..).unwrap_or_default();
    let log = git("log", LOG_SHORT, LOG_LONG, Operands::Paths);
    match (command, first) {
        ("stash", Some("list" | "show")) | ("reflog", Some("show")) => options::parse(&log, behind).map(|_| Vec::new()),
        ("reflog", None) => Ok(Vec::new()),
        ("reflog", Some(text)) if !matches!(text, "expire" | "delete" | "exists" | "drop" | "write" | "list") => {
            options::parse(&log, rest).map(|_| Vec::new())
        }
        ("worktree", Some("list")) => {
            let program = git("worktree", "vz", "porcelain verbose", Operands::None);
            options::parse(&program, behind).map(|_| Vec::new())
        }
        _ => Err(format!("`git {command}` of this form is not in the list of git commands that only read")),
    }
}
