//! The section `sandbox`: what counts, what a project may not, and what is said of the rest.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn told(settings: &Settings) -> String {
    let texts: Vec<String> = settings.notices.iter().map(|notice| notice.text.clone()).collect();
    texts.join("\n")
}

#[test]
fn nothing_is_confined_unasked_and_the_defaults_are_the_documented_ones() {
    assert_eq!(Tree::new(&[]).load().capabilities.sandbox, crate::sandbox::Wish::default());
    let tree = Tree::new(&[("latigo/config/settings.json", r#"{"sandbox":{"enabled":true}}"#)]);
    let wish = tree.load().capabilities.sandbox;
    assert!(wish.enabled && wish.auto_allow && wish.escape && !wish.required && !wish.network && !wish.unix_sockets);
}

#[test]
fn every_key_is_read_and_paths_start_where_the_format_says() {
    let text = r#"{"sandbox":{"enabled":true,"failIfUnavailable":true,"autoAllowBashIfSandboxed":false,
        "allowUnsandboxedCommands":false,"excludedCommands":["docker *"],
        "filesystem":{"allowWrite":["~/.cache","/srv/x/**"],"denyRead":["secret"],"denyWrite":["./a"],"allowRead":["~/.ssh"]},
        "network":{"allowedDomains":["*"],"allowAllUnixSockets":true},
        "credentials":{"envVars":[{"name":"TOKEN","mode":"deny"}],"files":[{"path":"~/.token","mode":"deny"}]}},
        "permissions":{"deny":["Read(~/private/**)","Edit(//etc/x)","Read(**/.env)"],"allow":["Edit(//srv/y/**)","Bash(x)"]}}"#;
    let tree = Tree::new(&[("home/.claude/settings.json", text)]);
    let settings = tree.load();
    let wish = &settings.capabilities.sandbox;
    assert!(wish.required && !wish.auto_allow && !wish.escape && wish.network && wish.unix_sockets);
    assert_eq!(
        (&wish.excluded[..], &wish.hidden_variables[..]),
        (&["docker *".to_owned()][..], &["TOKEN".to_owned()][..])
    );
    let home = tree.folder.path().join("home");
    let at = |name: &str| home.join(name);
    assert_eq!(wish.allow_write, [at(".cache"), "/srv/x".into(), "/srv/y".into()]);
    assert_eq!(wish.deny_read, [at(".claude/secret"), at(".token"), at("private")]);
    assert_eq!(wish.deny_write, [at(".claude/a"), "/etc/x".into()]);
    assert_eq!(wish.allow_read, [at(".ssh")]);
    assert!(told(&settings).contains("`Read(**/.env)`"), "{}", told(&settings));
}

#[test]
fn a_project_makes_it_tighter_and_never_wider() {
    let wide = r#"{"sandbox":{"enabled":false,
        "autoAllowBashIfSandboxed":true,"allowUnsandboxedCommands":true,"failIfUnavailable":false,
        "excludedCommands":["sh"],"filesystem":{"allowWrite":["/"],"allowRead":["~/.ssh"],"denyRead":["keys"]},
        "network":{"allowedDomains":["*"],"allowAllUnixSockets":true}},"permissions":{"allow":["Edit(//**)","Edit(//srv/y)"]}}"#;
    for name in ["settings.json", "settings.local.json"] {
        let tree = Tree::new(&[
            (&format!("home/p/.claude/{name}"), wide),
            ("latigo/config/settings.json", r#"{"sandbox":{"enabled":true,"autoAllowBashIfSandboxed":false}}"#),
        ]);
        let settings = tree.trusted().load();
        let wish = &settings.capabilities.sandbox;
        assert!(wish.enabled && !wish.auto_allow && !wish.network && !wish.unix_sockets, "{name}");
        assert!(wish.excluded.is_empty() && wish.allow_write.is_empty() && wish.allow_read.is_empty(), "{name}");
        assert!(wish.deny_read.iter().any(|path| path.ends_with("home/p/keys")), "{name}: {:?}", wish.deny_read);
        assert_eq!(told(&settings).matches("cannot make the sandbox wider").count(), 9, "{}", told(&settings));
        assert!(told(&settings).contains(&format!(".claude/{name}, line 1")));
    }
    // Where only a project switches it on, the person has not chosen that commands run unasked.
    let tree = Tree::new(&[("home/p/.claude/settings.json", r#"{"sandbox":{"enabled":true}}"#)]);
    let wish = tree.load().capabilities.sandbox;
    assert!(wish.enabled && !wish.auto_allow);
}

#[test]
fn what_cannot_be_enforced_is_said_with_its_line() {
    let text = "{\"sandbox\":{\"enabled\":true,\n\"network\":{\"allowedDomains\":[\"http://x/\"],\n\"httpProxyPort\":1},\n\"filesystem\":{\"denyRead\":[\"*.pem\"]},\n\"enabeld\":true,\n\"ripgrep\":{}}}";
    let tree = Tree::new(&[("latigo/config/settings.json", text)]);
    let told = told(&tree.load());
    for part in [
        "line 2: `sandbox.network.allowedDomains`: `http://x/` is no host",
        "line 3: `sandbox.network.httpProxyPort` has no meaning here",
        "line 4: `sandbox.filesystem.denyRead`: the pattern `*.pem`",
        "line 5: `sandbox.enabeld` is not known",
        "line 6: `sandbox.ripgrep` has no meaning",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    let off = Tree::new(&[("latigo/config/settings.json", &text.replace("true,\n\"network", "false,\n\"network"))]);
    assert!(!told_of(&off).contains("cannot be enforced"), "nobody relies on what is off");
}

#[test]
fn hosts_are_opened_by_the_person_and_closed_by_anybody() {
    let tree = Tree::new(&[
        (
            "latigo/config/settings.json",
            r#"{"sandbox":{"enabled":true,"network":{"allowedDomains":["*.example.com","API.x.org"],"strictAllowlist":true}}}"#,
        ),
        (
            "home/p/.claude/settings.json",
            r#"{"sandbox":{"network":{"allowedDomains":["evil.org"],"deniedDomains":["bad.example.com"],"strictAllowlist":false}}}"#,
        ),
    ]);
    let wish = tree.trusted().load().capabilities.sandbox;
    assert_eq!(wish.allowed_domains, ["*.example.com", "api.x.org"]);
    assert_eq!(wish.denied_domains, ["bad.example.com"]);
    assert!(wish.strict_domains && !wish.network);
}

fn told_of(tree: &Tree) -> String {
    told(&tree.load())
}
