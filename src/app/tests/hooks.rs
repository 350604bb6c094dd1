//! What the screen shows of hooks.

use insta::assert_snapshot;

use super::play::Play;
use crate::domain::*;

fn place(scope: RuleScope, file: &str, line: u32) -> RuleSource {
    RuleSource { scope, file: Some(file.into()), line: Some(line) }
}

fn entry(event: &str, hook: &str, source: RuleSource, state: HookState) -> HookEntry {
    HookEntry {
        event: event.into(),
        matcher: "Bash|Edit".into(),
        kind: "command".into(),
        hook: hook.into(),
        source,
        state,
    }
}

fn run(hook: &str, failed: bool, outcome: &str, output: &str) -> Body {
    Body::HookRan(Box::new(HookRun {
        event: "PreToolUse".into(),
        hook: hook.into(),
        source: place(RuleScope::User, "~/.claude/settings.json", 4),
        call_id: Some("c".into()),
        duration_ms: 41,
        exit: Some(if failed { 1 } else { 2 }),
        failed,
        outcome: outcome.into(),
        input: "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\",\"tool_input\":{\"command\":\"git push\"}}"
            .into(),
        output: output.into(),
    }))
}

fn played(width: u16, height: u16) -> Play {
    let mut play = Play::new(width, height);
    play.prompt(1, "push it");
    play.record(run("~/bin/guard.sh", false, "blocks: not on a Friday", "not on a Friday"));
    play.record(run("lint \u{1b}[2J", true, "failed: exit 1: \u{202e}odd", "a\u{1b}]0;x\u{7}\nb"));
    play
}

#[test]
fn the_list_names_every_hook_with_its_place_and_its_runs() {
    let mut play = played(90, 44);
    play.write("/hooks").keys("enter");
    let entries = vec![
        entry("PreToolUse", "~/bin/guard.sh", place(RuleScope::User, "~/.claude/settings.json", 4), HookState::Runs),
        entry(
            "PreToolUse",
            "./evil.sh",
            place(RuleScope::Project, ".claude/settings.json", 9),
            HookState::WaitsForTrust,
        ),
        entry(
            "PostToolUse",
            "check",
            place(RuleScope::User, "~/.claude/settings.json", 7),
            HookState::Off("only the shell bash is supported".into()),
        ),
        entry(
            "SubagentStop",
            "later",
            place(RuleScope::Managed, "/etc/claude-code/managed-settings.json", 2),
            HookState::NeverFires,
        ),
    ];
    let never = vec!["Setup", "SubagentStart", "SubagentStop", "WorktreeCreate"];
    play.live(Live::Report(Box::new(Report::Hooks { entries, never })));
    assert_snapshot!(play.screen());
    assert!(play.acts.contains(&Act::Send(Request::ReportHooks)));
}

#[test]
fn runs_stand_among_the_calls() {
    assert_snapshot!(played(110, 30).screen());
}

#[test]
fn what_a_hook_holds_up_is_said_and_can_be_stopped() {
    let mut play = Play::new(80, 16);
    play.live(Live::HookRuns(Some("looking for secrets".into())));
    let screen = play.screen();
    assert!(screen.contains("looking for secrets") && screen.contains("esc to interrupt"), "{screen}");
    assert!(play.keys("esc").acts.contains(&Act::Send(Request::Interrupt)));
    let screen = play.live(Live::HookRuns(None)).screen();
    assert!(!screen.contains("interrupt"), "{screen}");
}
