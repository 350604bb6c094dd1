//! What each mode changes, and what no mode changes.

use super::*;

#[test]
fn accept_edits_covers_files_inside_and_nothing_else() {
    let desk = Desk::new().mode(Mode::AcceptEdits);
    assert_eq!(desk.edit("/home/u/app/src/a.rs").decision, Allow);
    assert_eq!(desk.edit("/home/u/app/.git/config").decision, Ask);
    assert_eq!(desk.edit("/home/u/app/.vscode/tasks.json").decision, Ask);
    assert_eq!(desk.edit("/etc/x").decision, Ask);
    desk.all(
        Allow,
        &[
            "mkdir -p a/b",
            "touch x",
            "rm x",
            "rm -rf build",
            "rmdir a",
            "mv a b",
            "cp -r a b",
            "sed -i 's/a/b/' x",
            "echo x > out.txt",
            "cat a >> b",
            "timeout 5 touch x",
            "LANG=C cp a b",
            "mkdir a && touch a/b",
            "cd src && touch x",
        ],
    );
    desk.all(
        Ask,
        &[
            "mkdir /tmp/x",
            "rm ../x",
            "cp a ~/b",
            "cargo test",
            "touch $X",
            "mv a .git/hooks/x",
            "cp evil/.npmrc .",
            "sed -i 's/a/b/e' x",
            "sudo rm x",
            "PATH=x rm y",
            "chmod +x a",
            "ln -s / x",
            "tee x",
            "rm -rf *",
            "cd src && echo x > y",
            "xargs rm",
            "cp a $(pwd)",
            "echo x > .bashrc",
            "touch .envrc",
        ],
    );
}

#[test]
fn plan_lets_nothing_change() {
    let desk = Desk::new().mode(Mode::Plan).allow("Bash(cargo *)").allow("Edit");
    assert_eq!(desk.edit("/home/u/app/src/a.rs").decision, Deny);
    assert_eq!(desk.read("/home/u/app/src/a.rs").decision, Allow);
    assert_eq!(desk.read("/etc/passwd").decision, Ask);
    desk.all(Deny, &["cargo test", "touch x", "rm -rf /", "echo x > a", "x=1", "curl x"]);
    desk.all(Allow, &["ls", "git log -3"]);
    let verdict = desk.bash("cargo test");
    assert_eq!(verdict.because.kind, BecauseKind::Mode);
    assert!(verdict.because.text.starts_with("Plan mode is on"));
    let server = desk.allow("mcp__s__t");
    let call = |desk: &Desk, marks: ToolMarks| desk.case("mcp__s__t", json!({}), &Access::external(marks)).decision;
    assert_eq!(call(&server, ToolMarks::default()), Deny, "a rule does not make it read");
    let reads = ToolMarks { reads: true, ..ToolMarks::default() };
    assert_eq!(call(&server, reads.clone()), Allow);
    assert_eq!(call(&Desk::new().mode(Mode::Plan), reads), Ask, "what it says of itself allows nothing");
}

#[test]
fn what_a_servers_tool_says_of_itself_only_tightens() {
    let call = |desk: &Desk, marks: &ToolMarks| desk.case("mcp__s__t", json!({}), &Access::external(marks.clone()));
    let reads = ToolMarks { reads: true, ..ToolMarks::default() };
    assert_eq!(call(&Desk::new(), &reads).decision, Ask);
    assert!(call(&Desk::new(), &reads).read_only, "it may run beside others");
    let changed = ToolMarks { asks: Some("the server s changed this tool".into()), ..ToolMarks::default() };
    for desk in [Desk::new().allow("mcp__s"), Desk::new().mode(Mode::BypassPermissions)] {
        let verdict = call(&desk, &changed);
        assert_eq!((verdict.decision, verdict.because.kind, verdict.suggestion), (Ask, BecauseKind::Protected, None));
    }
    let destroys = ToolMarks { destroys: true, ..ToolMarks::default() };
    let verdict = call(&Desk::new().mode(Mode::Auto), &destroys);
    assert_eq!(verdict.because.kind, BecauseKind::Protected, "no model decides about it");
    assert_eq!(call(&Desk::new().allow("mcp__s__t"), &destroys).decision, Allow);
}

#[test]
fn bypass_runs_what_no_deny_ask_or_danger_stops() {
    let desk = Desk::new().mode(Mode::BypassPermissions).deny("Bash(wget *)").ask("Bash(npm publish *)");
    desk.all(
        Allow,
        &["cargo test", "echo x > /etc/x", "cat /etc/passwd", "python3 -c x", "rm -rf target", "export A=1"],
    );
    Desk::new().mode(Mode::BypassPermissions).check("$X y", Allow);
    desk.check("wget x", Deny);
    desk.check("npm publish", Ask);
    desk.check("rm -rf ~", Ask);
    desk.check("echo 'x", Ask);
    assert_eq!(desk.edit("/home/u/app/.git/config").decision, Allow);
    assert_eq!(desk.edit("/etc/x").decision, Allow);
}

#[test]
fn dont_ask_and_headless_deny_what_would_ask() {
    let desk = Desk::new().mode(Mode::DontAsk).allow("Bash(make *)").ask("Bash(make x)");
    desk.check("cargo test", Deny);
    desk.check("make y", Allow);
    desk.check("make x", Deny);
    desk.check("ls", Allow);
    let mut headless = Desk::new().allow("Bash(make *)");
    headless.interactive = false;
    headless.check("make x", Allow);
    headless.check("ls", Allow);
    let verdict = headless.bash("cargo test");
    assert_eq!((verdict.decision, verdict.because.kind), (Deny, BecauseKind::Headless));
    assert_eq!(verdict.suggestion.as_deref(), Some("Bash(cargo test *)"));
}

#[test]
fn auto_accepts_edits_and_leaves_the_rest_to_the_classifier() {
    let verdict = Desk::new().mode(Mode::Auto).bash("cargo test");
    assert_eq!(verdict.decision, Ask);
    assert!(verdict.trail.iter().any(|step| step.finding.contains("the classifier judges")), "{:?}", verdict.trail);
    assert_eq!(Desk::new().mode(Mode::Auto).bash("mkdir out").decision, Allow);
}

#[test]
fn added_and_readable_folders() {
    let mut desk = Desk::new();
    desk.added = vec!["/srv/lib".into()];
    desk.readable = vec!["/home/u/.local/share/latigo/outputs".into()];
    assert_eq!(desk.read("/srv/lib/a").decision, Allow);
    assert_eq!(desk.read("/srv/lib-two/a").decision, Ask);
    assert_eq!(desk.read("/home/u/.local/share/latigo/outputs/1").decision, Allow);
    desk.check("cat /srv/lib/a", Allow);
    desk.check("rm -rf /srv/lib/*", Ask);
    let desk = desk.mode(Mode::AcceptEdits);
    assert_eq!(desk.edit("/srv/lib/a").decision, Allow);
    assert_eq!(desk.edit("/home/u/.local/share/latigo/outputs/1").decision, Ask);
    assert_eq!(desk.edit("/srv/lib/.git/config").decision, Ask);
}

#[test]
fn what_was_not_looked_up_is_asked() {
    let (rules, _) = RuleSet::parse(Vec::new());
    let scene = Scene {
        rules: &rules,
        mode: Mode::Default,
        cwd: Path::new(PROJECT),
        project: Path::new(PROJECT),
        added: &[],
        readable: &[],
        home: Path::new("/home/u"),
        trusted: true,
        interactive: true,
    };
    let access = Access::read("/home/u/app/x".into());
    let verdict = judge(&Case { tool: "Read", input: &json!({}), access: &access }, &scene, &PathFacts::new());
    assert_eq!(verdict.decision, Ask);
}

#[test]
fn the_trail_tells_every_stage() {
    let verdict = Desk::new().allow("Bash(make *)").bash("make x && ls");
    let stages: Vec<&str> = verdict.trail.iter().map(|step| step.stage.as_str()).collect();
    assert_eq!(stages, ["part", "part", "nature", "deny rules", "dangers", "ask rules", "allow rules"]);
    assert_eq!(verdict.because.rule.as_deref(), Some("Bash(make *)"));
    assert_eq!(
        verdict.because.source.map(|source| source.to_string()).as_deref(),
        Some("project .claude/settings.json:3")
    );
}

#[test]
fn internal_tools_run_and_can_be_denied() {
    let todo = |desk: &Desk| desk.case("TodoWrite", json!({}), &Access::of(Action::Internal));
    assert_eq!(todo(&Desk::new()).decision, Allow);
    assert!(todo(&Desk::new()).read_only);
    assert_eq!(todo(&Desk::new().mode(Mode::Plan)).decision, Allow);
    assert_eq!(todo(&Desk::new().deny("TodoWrite")).decision, Deny);
}

#[test]
fn in_auto_a_rule_that_covers_anything_does_not_count_and_the_trail_says_so() {
    for (rule, command) in
        [("Bash", "make x"), ("Bash(*)", "make x"), ("Bash(python *)", "python x.py"), ("Bash(npm run *)", "npm run x")]
    {
        let desk = Desk::new().allow(rule);
        assert_eq!(desk.bash(command).decision, Allow, "{rule}");
        let judged = desk.mode(Mode::Auto).bash(command);
        assert_eq!(judged.decision, Ask, "{rule}");
        let said = judged.trail.iter().any(|step| step.finding.contains(&format!("`{rule}`")) && step.stage == "mode");
        assert!(said, "{rule}: {:?}", judged.trail);
    }
    let desk = Desk::new().allow("Bash(make x)").allow("Edit(src/**)").mode(Mode::Auto);
    assert_eq!((desk.bash("make x").decision, desk.edit("/home/u/app/src/a").decision), (Allow, Allow));
}
