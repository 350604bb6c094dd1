//! What must hold for every input.

use proptest::prelude::*;

use super::*;

const PARTS: &[&str] = &[
    "ls",
    "git status",
    "cargo test",
    "echo x",
    "rm a",
    "wget x",
    "cat a.txt",
    "make",
    "npm run x",
    "cat /etc/passwd",
    "x=1",
    "$X",
];
const JOINS: &[&str] = &["; ", " && ", " || ", " | ", " & ", "\n", " |& "];
const WRAPS: &[&str] = &[
    "sudo {}",
    "timeout 5 {}",
    "nice -n 5 {}",
    "env A=1 {}",
    "nohup {}",
    "time {}",
    "({})",
    "{ {}; }",
    "echo $({})",
    "echo \"$({})\"",
    "cat <({})",
    "if true; then {}; fi",
    "bash -c '{}'",
    "A=1 {}",
    "f() { {}; }",
    "xargs {}",
    "eval '{}'",
    "command {}",
    "{} > /dev/null",
    "setsid {}",
    "stdbuf -oL {}",
];

fn rank(decision: Decision) -> u8 {
    match decision {
        Allow => 0,
        Ask => 1,
        Deny => 2,
    }
}

fn base() -> Desk {
    Desk::new().allow("Bash(cargo *)").allow("Bash(make *)").allow("Bash(npm run *)")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_the_gate_panic(text in "\\PC{0,60}", wide in "[ab0-9<>(){}$\"' é漢🎉]{0,40}", shell in "[a-z$(){}<>|&;'\"`\\\\ \n#*?~=!\\[\\]-]{0,50}") {
        for line in [&text, &shell, &wide] {
            Desk::new().allow("Bash(a *)").bash(line);
            Desk::new().deny(line).ask(line).allow(line).bash(line);
            Desk::new().read(&format!("/{line}"));
        }
    }

    #[test]
    fn a_line_runs_only_if_each_part_does(parts in prop::collection::vec(prop::sample::select(PARTS), 1..5), joins in prop::collection::vec(prop::sample::select(JOINS), 5)) {
        let mut line = String::new();
        let mut worst = Allow;
        for (part, join) in parts.iter().zip(&joins) {
            if !line.is_empty() {
                line.push_str(join);
            }
            line.push_str(part);
            let alone = base().bash(part).decision;
            worst = if rank(alone) > rank(worst) { alone } else { worst };
        }
        prop_assert_eq!(base().bash(&line).decision, worst, "{}", line);
    }

    #[test]
    fn wrapping_a_denied_command_never_lets_it_run(wraps in prop::collection::vec(prop::sample::select(WRAPS), 1..4), mode in prop::sample::select(&[Mode::Default, Mode::AcceptEdits, Mode::BypassPermissions][..])) {
        let mut line = "wget x".to_owned();
        let mut quoted = false;
        for wrap in wraps {
            // A text in quotes cannot be quoted again by the same quotes.
            if wrap.contains('\'') && std::mem::replace(&mut quoted, true) {
                continue;
            }
            // Behind a wrapper `A=1` is no assignment but the name of a program, and that is not denied.
            if line.starts_with("A=1") && !wrap.contains('\'') && !wrap.contains("({}") {
                continue;
            }
            // These start a program by its name: behind them an assignment is the name of a program, and nothing
            // denied runs.
            let starts = ["timeout", "nice", "nohup", "xargs", "setsid", "stdbuf", "command"];
            if line.starts_with("A=1 ") && starts.iter().any(|program| wrap.starts_with(program)) {
                continue;
            }
            line = wrap.replace("{}", &line);
        }
        let verdict = Desk::new().allow("Bash").deny("Bash(wget *)").mode(mode).bash(&line);
        prop_assert_ne!(verdict.decision, Allow, "{}", line);
    }

    #[test]
    fn a_deny_rule_never_opens_anything(line in prop::sample::select(PARTS), more in prop::sample::select(PARTS), rule in prop::sample::select(&["Bash(ls *)", "Bash(git *)", "Read(a.txt)", "Edit", "Bash", "Read(//etc/**)", "Bash(* x)", "WebFetch"][..])) {
        let line = format!("{line}; {more}");
        let before = base().bash(&line).decision;
        let after = base().deny(rule).bash(&line).decision;
        prop_assert!(rank(after) >= rank(before), "{} {}", line, rule);
    }

    #[test]
    fn quoting_does_not_hide_a_denied_command(cut in 1..4_usize, quote in prop::sample::select(&["''", "\"\"", "\\"][..])) {
        let (a, b) = "wget".split_at(cut);
        let verdict = Desk::new().allow("Bash").deny("Bash(wget *)").bash(&format!("{a}{quote}{b} x"));
        prop_assert_eq!(verdict.decision, Deny);
    }
}
