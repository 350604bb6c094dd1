//! The rule that "always" would write: narrow enough to mean what was seen, wide enough to be worth having.

use super::grant::Part;
use super::matching::Bench;
use super::path_rule::escape;
use super::place::normal;
use super::rule_covers;
use super::shell::{self, Word};
use crate::domain::Action;

/// How many rules one answer may write.
const MAX_RULES: usize = 5;

/// How many words name what a program does, after its own name. Programs that are not listed get one word if
/// it looks like a subcommand.
const SUBCOMMANDS: &[(&str, usize)] = &[
    ("git", 1),
    ("cargo", 1),
    ("go", 1),
    ("make", 1),
    ("just", 1),
    ("docker", 1),
    ("kubectl", 1),
    ("gh", 2),
    ("helm", 1),
    ("terraform", 1),
    ("pip", 1),
    ("pip3", 1),
    ("uv", 1),
    ("poetry", 1),
    ("rustup", 1),
    ("dotnet", 1),
    ("mvn", 1),
    ("gradle", 1),
    ("bazel", 1),
    ("brew", 1),
    ("apt", 1),
    ("npm", 1),
    ("pnpm", 1),
    ("yarn", 1),
    ("bun", 1),
    ("deno", 1),
    ("npx", 1),
    ("bunx", 1),
    ("rake", 1),
    ("bundle", 1),
    ("mix", 1),
    ("composer", 1),
    ("swift", 1),
    ("zig", 1),
    ("nix", 1),
    ("systemctl", 1),
    ("pre-commit", 1),
];

/// Programs whose arguments are code or commands: only the exact text is offered.
const EXACT: &[&str] = &[
    "python",
    "python2",
    "python3",
    "node",
    "perl",
    "ruby",
    "php",
    "lua",
    "deno",
    "osascript",
    "awk",
    "gawk",
    "ssh",
    "rm",
    "curl",
    "wget",
    "dd",
    "psql",
    "mysql",
    "sqlite3",
    "tee",
    "kill",
    "pkill",
    "killall",
    "chmod",
    "chown",
    "mv",
    "source",
    ".",
];

/// One rule a line, or none where no rule can cover the call. What is offered was tried: with it the call runs.
pub(super) fn rules(bench: &Bench<'_>, parts: &[Part<'_>]) -> Option<String> {
    let covers = |rules: &String| rule_covers(rules, bench.case, bench.scene, bench.facts) == Ok(true);
    if bench.case.access.action != Action::Execute {
        return other(bench).filter(covers);
    }
    let wide = collect(parts, |part| command_rule(part.words.as_deref()?));
    wide.filter(covers)
        .or_else(|| collect(parts, |part| part.exact.clone().filter(|text| is_writable(text))).filter(covers))
}

fn collect(parts: &[Part<'_>], rule: impl Fn(&Part<'_>) -> Option<String>) -> Option<String> {
    let mut out: Vec<String> = Vec::new();
    for part in parts.iter().filter(|part| part.grant.is_err()) {
        let rule = format!("Bash({})", rule(part)?);
        if !out.contains(&rule) {
            out.push(rule);
        }
    }
    (!out.is_empty() && out.len() <= MAX_RULES).then(|| out.join("\n"))
}

/// The text means itself in a rule.
fn is_writable(text: &str) -> bool {
    !text.contains(['*', '\n']) && text.len() <= 300
}

fn command_rule(words: &[Word]) -> Option<String> {
    let name = words.first()?.literal()?;
    let texts: Vec<&str> = words.iter().map(Word::canonical).collect();
    let whole = texts.join(" ");
    let base = shell::base_name(name);
    if EXACT.contains(&base) || shell::is_shell(base) || shell::runs_arguments(words) {
        return is_writable(&whole).then_some(whole);
    }
    let count = SUBCOMMANDS.iter().find(|(known, _)| *known == name).map(|(_, count)| *count);
    let run = matches!(name, "npm" | "pnpm" | "yarn" | "bun") && texts.get(1) == Some(&"run");
    let count = if run { 2 } else { count.unwrap_or(0) };
    let subcommands = words.iter().skip(1).take(count).take_while(|word| {
        word.literal()
            .is_some_and(|text| !text.starts_with('-') && !text.is_empty() && !text.contains([' ', '*', '(', ')']))
    });
    let prefix: Vec<&str> = std::iter::once(name).chain(subcommands.map(Word::canonical)).collect();
    if prefix.len() < count + 1 {
        // An option stands where the subcommand should be, so a prefix would cover too much.
        return is_writable(&whole).then_some(whole);
    }
    if name.contains(['*', '(', ')', ' ']) {
        return None;
    }
    Some(format!("{} *", prefix.join(" ")))
}

fn other(bench: &Bench<'_>) -> Option<String> {
    let tool = bench.case.tool;
    match bench.case.access.action {
        Action::Read | Action::Edit => {
            let (kind, target) = match bench.subject.writes.first() {
                Some(target) => ("Edit", target),
                None => ("Read", bench.subject.reads.first()?),
            };
            let path = normal(&target.spot.given);
            let folder = if kind == "Edit" || path.extension().is_some() { path.parent()? } else { path.as_path() };
            // Everything below the root is too much for one answer.
            folder.parent()?;
            let inside = folder.strip_prefix(bench.scene.project).ok().map(|rest| rest.to_string_lossy().into_owned());
            Some(match inside {
                Some(rest) if rest.is_empty() => format!("{kind}(/*)"),
                Some(rest) => format!("{kind}(/{}/**)", escape(&rest)),
                None => format!("{kind}(/{}/**)", escape(&folder.to_string_lossy())),
            })
        }
        Action::Fetch => bench.case.access.host.as_deref().map(|host| format!("WebFetch(domain:{host})")),
        _ => Some(tool.to_owned()),
    }
}
