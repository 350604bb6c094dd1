//! `explain 'git push --force'`: the verdict on one call and everything that led to it, for a person.

use super::access::{Bench, Call};
use super::ground::{Court, Ground};
use crate::base::text::sanitize_line;
use crate::domain::{Decision, Mode, Verdict};
use crate::policy::RuleSet;
use crate::shell::{Exit, Printer};

/// What is to be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Bash, when none is named.
    pub(super) tool: Option<String>,
    pub(super) mode: Mode,
    /// A command, a path, or the tool's whole input as JSON.
    pub(super) call: String,
}

/// Prints the verdict with its trail.
pub(super) fn explain(ground: &Ground, question: &Question, printer: &mut Printer) -> Exit {
    let call = match call(ground, question) {
        Ok(call) => call,
        Err(problem) => {
            printer.remark(&format!("latigo: this cannot be judged: {problem}"));
            return Exit::Usage;
        }
    };
    let rules = ground.rules(&ground.cwd, None);
    let set = RuleSet::parse(rules.texts()).0;
    let court = Court {
        rules: &set,
        mode: question.mode,
        cwd: &ground.cwd,
        project: &rules.project,
        added: &rules.directories,
        trusted: rules.trusted,
    };
    let verdict = ground.judge(&court, (&call.tool, &call.input, &call.access));
    for notice in &rules.notices {
        printer.remark(&format!("latigo: {}", notice.text));
    }
    printer.text(&page(&call.tool, question, &verdict));
    Exit::Done
}

fn call(ground: &Ground, question: &Question) -> Result<Call, String> {
    let tool = question.tool.as_deref().unwrap_or("Bash");
    if matches!(tool, "Bash" | "Monitor") {
        return Ok(Bench::command(tool, &question.call, None));
    }
    match serde_json::from_str(&question.call) {
        Ok(serde_json::Value::Object(input)) => Bench::new().input(tool, &input, &ground.cwd),
        _ if tool == "WebFetch" => {
            let input = serde_json::Map::from_iter([("url".to_owned(), question.call.clone().into())]);
            Bench::new().input(tool, &input, &ground.cwd)
        }
        _ if tool.starts_with("mcp__") => Bench::new().input(tool, &serde_json::Map::new(), &ground.cwd),
        _ => Bench::path(tool, &question.call, &ground.cwd),
    }
}

/// The verdict, the reason on top, then every step in order.
fn page(tool: &str, question: &Question, verdict: &Verdict) -> String {
    let word = match verdict.decision {
        Decision::Allow => "ALLOW: it runs without a question",
        Decision::Ask => "ASK: the person is asked",
        Decision::Deny => "DENY: it does not run",
    };
    let because = &verdict.because;
    let mut rows = vec![word.to_owned(), row("call", &format!("{tool} {}", question.call))];
    rows.push(row("mode", question.mode.name()));
    rows.push(row("because", &because.text));
    rows.extend(because.rule.as_ref().map(|rule| row("rule", rule)));
    rows.extend(because.source.as_ref().map(|source| row("from", &source.to_string())));
    if let Some(suggestion) = &verdict.suggestion {
        rows.extend(suggestion.lines().map(|rule| row("would help", rule)));
    }
    rows.push(String::new());
    rows.push("What the gate looked at, in order:".to_owned());
    for (index, step) in verdict.trail.iter().enumerate() {
        let finding = sanitize_line(&step.finding);
        rows.push(format!("{:>3}  {:<16} {finding}", index + 1, sanitize_line(&step.stage)));
    }
    rows.join("\n")
}

fn row(name: &str, value: &str) -> String {
    format!("  {name:<11} {}", sanitize_line(value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::dirs::Dirs;

    #[test]
    fn a_person_reads_the_verdict_first_and_the_trail_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::create_dir_all(root.join("w/.claude")).unwrap();
        std::fs::write(root.join("w/.claude/settings.json"), "{\"permissions\":{\"ask\":[\"Bash(git push *)\"]}}")
            .unwrap();
        let ground = Ground {
            home: root.join("home"),
            cwd: root.join("w"),
            dirs: Dirs::under(&root.join("own")),
            managed: Some(root.join("none")),
        };
        let question = |tool: Option<&str>, call: &str| {
            let question = Question { tool: tool.map(str::to_owned), mode: Mode::Default, call: call.to_owned() };
            let rules = ground.rules(&ground.cwd, None);
            let set = RuleSet::parse(rules.texts()).0;
            let call = super::call(&ground, &question).unwrap();
            let court = Court {
                rules: &set,
                mode: question.mode,
                cwd: &ground.cwd,
                project: &rules.project,
                added: &[],
                trusted: false,
            };
            page(&call.tool, &question, &ground.judge(&court, (&call.tool, &call.input, &call.access)))
        };
        insta::assert_snapshot!(question(None, "git push origin main"));
        assert!(question(Some("Read"), "a.txt").starts_with("ALLOW"));
        assert!(question(Some("WebFetch"), "https://a.b/c").starts_with("ASK"));
        assert!(question(Some("mcp__s__t"), "").starts_with("ASK"));
        assert!(!question(None, "ls\u{1b}[2J").contains('\u{1b}'));
    }
}
