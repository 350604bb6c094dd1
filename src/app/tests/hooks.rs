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
    ];
    play.live(Live::Report(Box::new(Report::Hooks(entries))));
    assert_snapshot!(play.screen());
    assert!(play.acts.contains(&Act::Send(Request::Hook(HookRequest::Report))));
}

#[test]
fn runs_that_are_drawn_before_the_list_comes_are_chosen_by_nobody() {
    let mut play = played(90, 30);
    play.write("/hooks").keys("enter").screen();
    let rest = entry("Stop", "~/bin/rest.sh", place(RuleScope::User, "~/.claude/settings.json", 8), HookState::Runs);
    play.live(Live::Report(Box::new(Report::Hooks(vec![rest]))));
    let screen = play.screen();
    assert!(screen.contains("› ● Stop"), "{screen}");
}

#[test]
fn a_hook_is_tried_on_an_event_of_the_trace_and_nothing_of_it_counts() {
    let mut play = played(90, 30);
    play.write("/hooks").keys("enter");
    let guard =
        entry("PreToolUse", "~/bin/guard.sh", place(RuleScope::User, "~/.claude/settings.json", 4), HookState::Runs);
    let rest = entry("Stop", "~/bin/rest.sh", place(RuleScope::User, "~/.claude/settings.json", 8), HookState::Runs);
    play.live(Live::Report(Box::new(Report::Hooks(vec![guard, rest]))));
    play.screen();
    // No such event is on record.
    let screen = play.keys("down r").screen();
    assert!(screen.contains("no Stop event is on record"), "{screen}");
    // The newest run stands below the hooks.
    play.acts.clear();
    let screen = play.keys("down r").screen();
    assert!(screen.contains("runs on the recorded PreToolUse event"), "{screen}");
    let Some(Act::Send(Request::Hook(HookRequest::Try(trial)))) = play.acts.first().cloned() else {
        panic!("{:?}", play.acts)
    };
    assert!(trial.hook.starts_with("lint") && trial.input.contains("git push"), "{trial:?}");
    let Body::HookRan(mut tried) = run("lint", false, "blocks: still not", "no\u{1b}[2J\u{202e}") else { panic!() };
    tried.duration_ms = 7;
    play.live(Live::Hook(HookNews::Tried(tried)));
    assert_snapshot!(play.screen());
}

#[test]
fn a_hook_puts_other_words_on_the_screen() {
    let mut play = Play::new(80, 20);
    play.prompt(1, "hello");
    play.sent(1);
    play.responded(vec![Block::Text { text: "the secret word is xyzzy".into() }], false);
    play.live(Live::Hook(HookNews::Displayed {
        original: "the secret word is xyzzy".into(),
        text: "the secret word is …".into(),
    }));
    let screen = play.screen();
    assert!(screen.contains("the secret word is …") && !screen.contains("xyzzy"), "{screen}");
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
