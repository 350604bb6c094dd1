//! Allow rules so broad that the mode auto sets them aside: with them nothing would be left to be judged.
//!
//! They name no work but a way to do any work: every command, an interpreter with anything behind it, a runner of
//! scripts that the project defines, a sub-agent. A rule that names one command of them in full still counts.

use super::bash_rule::BashPattern;
use super::rule::{Rule, Target};

/// Programs that run what they are given.
const RUNNERS: &[&str] = &[
    "awk",
    "bash",
    "bun",
    "bunx",
    "csh",
    "dash",
    "deno",
    "doas",
    "docker",
    "env",
    "eval",
    "exec",
    "expect",
    "fish",
    "gawk",
    "groovy",
    "irb",
    "java",
    "julia",
    "just",
    "kubectl",
    "ksh",
    "lua",
    "make",
    "mawk",
    "node",
    "nodejs",
    "npx",
    "osascript",
    "parallel",
    "perl",
    "php",
    "pipx",
    "pnpx",
    "podman",
    "powershell",
    "pwsh",
    "python",
    "python2",
    "python3",
    "R",
    "Rscript",
    "ruby",
    "sh",
    "source",
    "ssh",
    "su",
    "sudo",
    "tclsh",
    "ts-node",
    "tsx",
    "uvx",
    "watch",
    "wsl",
    "xargs",
    "zsh",
];
/// The same as the second word of these.
const RUN_WORDS: &[(&str, &[&str])] = &[
    ("npm", &["run", "run-script", "exec", "x"]),
    ("pnpm", &["run", "exec", "dlx", "x"]),
    ("yarn", &["run", "exec", "dlx"]),
    ("bun", &["run", "x"]),
    ("uv", &["run", "tool"]),
    ("poetry", &["run"]),
    ("pipenv", &["run"]),
    ("hatch", &["run"]),
    ("pdm", &["run"]),
    ("conda", &["run"]),
    ("mise", &["exec", "x", "run"]),
    ("direnv", &["exec"]),
    ("devbox", &["run"]),
    ("composer", &["run", "run-script", "exec"]),
    ("bundle", &["exec"]),
    ("deno", &["run", "task", "eval"]),
    ("go", &["run", "generate"]),
    ("cargo", &["run"]),
    ("dotnet", &["run"]),
    ("nix", &["run", "develop", "shell"]),
];
/// Tools that start something which calls tools by itself.
const STARTERS: &[&str] = &["Agent", "Monitor", "PowerShell", "Workflow"];

/// Does this allow rule leave nothing to be judged?
pub(super) fn is_broad(rule: &Rule) -> bool {
    match &rule.target {
        Target::Tool { name, .. } => name == "Bash" || STARTERS.contains(&name.as_str()),
        Target::Bash(BashPattern::Every) => true,
        Target::Bash(BashPattern::Stars { .. }) => is_broad_text(inner(&rule.text)),
        Target::Named { tool, name, .. } => tool == "Agent" && name.head() == 0,
        _ => false,
    }
}

/// What stands between the brackets.
fn inner(text: &str) -> &str {
    text.split_once('(').map_or(text, |(_, rest)| rest.trim_end_matches(')'))
}

fn is_broad_text(pattern: &str) -> bool {
    let literal = pattern.split('*').next().unwrap_or_default().trim_end_matches(':');
    // A star that touches a word leaves the word open: `py*` may be python.
    let open = !literal.ends_with(char::is_whitespace) && pattern.len() > literal.len() && !pattern.ends_with(":*");
    let words: Vec<&str> = literal.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else { return true };
    let name = first.rsplit('/').next().unwrap_or(first);
    let runs = |known: &&str| name == *known || is_version_of(name, known);
    if open && rest.is_empty() {
        return RUNNERS.iter().any(|known| known.starts_with(name) || runs(known));
    }
    // Options do not narrow what an interpreter runs; a script or a subject that is named does.
    if RUNNERS.iter().any(runs) {
        return rest.iter().all(|word| word.starts_with('-'));
    }
    let known = RUN_WORDS.iter().find(|(program, _)| *program == name);
    known.is_some_and(|(_, seconds)| match rest {
        [] => true,
        [second] => seconds.contains(second),
        _ => false,
    })
}

/// `python3.12` is `python`.
fn is_version_of(name: &str, known: &str) -> bool {
    name.strip_prefix(known)
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::ruleset::{RuleText, Tier};
    use super::*;
    use crate::domain::{RuleScope, RuleSource};

    fn broad(text: &str) -> bool {
        let source = RuleSource { scope: RuleScope::User, file: None, line: None };
        let entry = RuleText { tier: Tier::Allow, text: text.into(), source, anchor: "/w".into() };
        is_broad(&Rule::parse(&entry).unwrap().0)
    }

    #[test]
    fn what_runs_anything_is_broad() {
        for rule in [
            "Bash",
            "Bash(*)",
            "Bash(:*)",
            "Bash(* x)",
            "Bash(python *)",
            "Bash(python3:*)",
            "Bash(python3.12 *)",
            "Bash(/usr/bin/node *)",
            "Bash(py*)",
            "Bash(bash -c *)",
            "Bash(npm run *)",
            "Bash(npm run:*)",
            "Bash(npm *)",
            "Bash(sudo *)",
            "Bash(xargs:*)",
            "Bash(uv run *)",
            "Bash(cargo *)",
            "Bash(npx:*)",
            "Agent",
            "Agent(*)",
            "Task",
            "Monitor",
        ] {
            assert!(broad(rule), "{rule}");
        }
        for rule in [
            "Bash(cargo test *)",
            "Bash(npm run build)",
            "Bash(npm run test:*)",
            "Bash(python scripts/gen.py *)",
            "Bash(git *)",
            "Bash(ls*)",
            "Bash(make test *)",
            "Agent(reviewer)",
            "Read",
            "Edit",
            "Edit(src/**)",
            "WebFetch(domain:*)",
            "mcp__docs__*",
            "Bash(python3 -V)",
            "Skill(x)",
        ] {
            assert!(!broad(rule), "{rule}");
        }
    }
}
