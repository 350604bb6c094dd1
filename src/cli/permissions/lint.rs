//! `lint`: all rule files, each problem with file and line, what is wrong and what to write instead.

use super::ground::Ground;
use crate::domain::{Notice, NoticeLevel};
use crate::policy::{RuleProblem, RuleSet};
use crate::shell::{Exit, Printer};

/// Prints what is wrong with the rules. A rule without any effect, or a file that cannot be read, is a failure.
pub(super) fn lint(ground: &Ground, printer: &mut Printer) -> Exit {
    // Rules that wait for trust are looked at too.
    let rules = ground.rules(&ground.cwd, Some(true));
    let (set, mut problems) = RuleSet::parse(rules.texts());
    problems.extend(set.broad());
    let broken = problems.iter().filter(|problem| problem.unused).count();
    for line in report(&rules.notices, &problems) {
        printer.line(&line);
    }
    let files = if rules.files.is_empty() { "none".to_owned() } else { rules.files.join(", ") };
    let count = rules.entries.len();
    let problems = problems.len() + rules.notices.len();
    let summary = match problems {
        0 => format!("{count} rules, no problems. Files: {files}"),
        _ => format!("{count} rules, {problems} problems, {broken} rules without effect. Files: {files}"),
    };
    printer.line(&crate::base::text::sanitize_line(&summary));
    if broken > 0 || rules.has_broken_file() { Exit::Failure } else { Exit::Done }
}

fn report(notices: &[Notice], problems: &[RuleProblem]) -> Vec<String> {
    let mut lines = Vec::new();
    for notice in notices {
        let level = if notice.level == NoticeLevel::Error { "error" } else { "warning" };
        let hint = notice.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        lines.push(match placed(&notice.text) {
            Some((file, line, text)) => format!("{file}:{line}: {level}: {text}{hint}"),
            None => format!("{level}: {}{hint}", notice.text),
        });
    }
    for problem in problems {
        let level = if problem.unused { "error" } else { "warning" };
        let source = &problem.source;
        let place = match (&source.file, source.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            (None, _) => source.scope.to_string(),
        };
        lines.push(format!("{place}: {level}: `{}`: {}", problem.text, problem.what));
    }
    lines.iter().map(|line| crate::base::text::sanitize_line(line).into_owned()).collect()
}

/// `file, line 3: text` in its parts, so that every problem is printed in the form that editors jump to.
fn placed(text: &str) -> Option<(&str, u32, &str)> {
    let (file, rest) = text.split_once(", line ")?;
    let (line, text) = rest.split_once(": ")?;
    Some((file, line.parse().ok()?, text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::dirs::Dirs;

    fn run(settings: &str) -> (Exit, String) {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::create_dir_all(root.join("w/.claude")).unwrap();
        std::fs::write(root.join("w/.claude/settings.json"), settings).unwrap();
        let ground = Ground {
            home: root.join("home"),
            cwd: root.join("w"),
            dirs: Dirs::under(&root.join("own")),
            managed: Some(root.join("none")),
        };
        let out = root.join("out");
        let mut printer =
            Printer::new(Box::new(std::fs::File::create(&out).unwrap()), Box::new(std::io::sink()), false);
        let exit = lint(&ground, &mut printer);
        (exit, std::fs::read_to_string(out).unwrap())
    }

    #[test]
    fn broken_rules_are_named_with_their_place_and_fail() {
        let (exit, out) = run(
            "{\n \"permissions\": {\n  \"allow\": [\n   \"Bash(ls\",\n   \"Read\"\n  ],\n  \"deny\": [\"Write(/a/**)\"],\n \"alow\": [] } }",
        );
        assert_eq!(exit, Exit::Failure);
        insta::assert_snapshot!(out);
    }

    #[test]
    fn good_rules_and_remarks_are_no_failure() {
        let (exit, out) = run("{\"permissions\": {\"allow\": [\"Bash(ls *)\"]}}");
        assert_eq!((exit, out.as_str()), (Exit::Done, "1 rules, no problems. Files: .claude/settings.json\n"));
        assert_eq!(run("{\"permissions\": {\"deny\": [\"Write(/a/**)\"]}}").0, Exit::Done);
        let (exit, out) = run("{\"permissions\": {\"allow\": [\"Bash(python *)\"]}}");
        assert!(exit == Exit::Done && out.contains("settings.json:1: warning") && out.contains("mode auto"), "{out}");
        assert_eq!(run("{\"permissions\": ").0, Exit::Failure);
    }
}
