//! Path patterns, one anchor after the other.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use super::*;

fn bases() -> Bases {
    Bases {
        home: vec![PathBuf::from("/home/u")],
        cwd: vec![PathBuf::from("/w/p/sub")],
        project: vec![PathBuf::from("/w/p")],
        moved: Vec::new(),
    }
}

fn hit(tier: Tier, pattern: &str, path: &str) -> bool {
    PathPattern::parse(pattern, Path::new("/set"), tier).unwrap().matches(Path::new(path), &bases())
}

#[test]
fn each_anchor_starts_where_the_documentation_says() {
    for (pattern, path, want) in [
        ("//etc/hosts", "/etc/hosts", true),
        ("//etc/hosts", "/w/p/sub/etc/hosts", false),
        ("//etc/**", "/etc/a/b", true),
        ("//**", "/anything/at/all", true),
        ("~/.ssh/**", "/home/u/.ssh/id", true),
        ("~/.ssh/**", "/home/v/.ssh/id", false),
        ("~/.ssh", "/home/u/.ssh/id", true),
        ("/pkg/**", "/set/pkg/x/y", true),
        ("/pkg/**", "/w/p/pkg/x", false),
        ("/*.md", "/set/a.md", true),
        ("/*.md", "/set/sub/a.md", false),
        ("./a.txt", "/w/p/sub/a.txt", true),
        ("src/a/*.rs", "/w/p/sub/src/a/x.rs", true),
        ("src/a/*.rs", "/w/p/sub/src/a/b/x.rs", false),
        ("src/a/*.rs", "/w/p/sub/deep/src/a/x.rs", false),
        ("a?c", "/w/p/sub/abc", true),
        ("[ab].txt", "/w/p/sub/x/b.txt", true),
        ("{a}.txt", "/w/p/sub/{a}.txt", true),
        ("{a}.txt", "/w/p/sub/a.txt", false),
    ] {
        assert_eq!(hit(Tier::Allow, pattern, path), want, "{pattern} / {path}");
    }
}

#[test]
fn a_bare_name_matches_at_any_depth() {
    for tier in [Tier::Allow, Tier::Deny] {
        assert!(hit(tier, ".env", "/w/p/sub/.env"));
        assert!(hit(tier, ".env", "/w/p/sub/a/b/.env"));
        assert!(hit(tier, "*.pem", "/w/p/sub/a/x.pem"));
        assert!(!hit(tier, ".env", "/elsewhere/.env"));
        assert!(!hit(tier, ".env", "/w/p/sub/a.env"));
    }
}

#[test]
fn a_folder_of_one_segment_differs_between_allow_and_deny() {
    assert!(hit(Tier::Allow, "src/**", "/w/p/sub/src/x"));
    assert!(!hit(Tier::Allow, "src/**", "/w/p/sub/vendor/src/x"));
    assert!(hit(Tier::Deny, "src/**", "/w/p/sub/vendor/src/x"));
    assert!(hit(Tier::Ask, "src/", "/w/p/sub/vendor/src/x"));
    assert!(!hit(Tier::Allow, "src/", "/w/p/sub/vendor/src/x"));
    assert!(!hit(Tier::Deny, "/src/**", "/set/vendor/src/x"));
}

#[test]
fn a_prohibition_holds_below_the_project_after_a_change_of_folder() {
    assert!(hit(Tier::Deny, ".env", "/w/p/.env"));
    assert!(!hit(Tier::Allow, ".env", "/w/p/.env"));
}

#[test]
fn the_folder_itself_counts() {
    assert!(hit(Tier::Deny, "secrets/**", "/w/p/secrets"));
    assert!(hit(Tier::Allow, "**", "/w/p/sub"));
}

#[test]
fn broken_patterns_are_errors() {
    for pattern in ["", "!x", "a[", "../x", "/a/../b"] {
        assert!(PathPattern::parse(pattern, Path::new("/set"), Tier::Deny).is_err(), "{pattern}");
    }
}

#[test]
fn what_lies_below_a_folder_is_known() {
    let below = |pattern: &str, folder: &str| {
        PathPattern::parse(pattern, Path::new("/set"), Tier::Deny).unwrap().reaches_below(Path::new(folder), &bases())
    };
    assert!(below(".env", "/w/p"));
    assert!(below("config/prod/*.yml", "/w/p/config"));
    assert!(!below("config/prod/*.yml", "/w/p/src"));
    assert!(!below("//etc/passwd", "/w/p"));
    assert!(below("//etc/passwd", "/etc"));
}

#[test]
fn an_escaped_path_means_itself() {
    let path = "/w/p/sub/a[1]*b.txt";
    let pattern = escape("a[1]*b.txt");
    assert!(hit(Tier::Allow, &pattern, path));
    assert!(!hit(Tier::Allow, &pattern, "/w/p/sub/a1xb.txt"));
}
