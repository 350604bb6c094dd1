//! The profile text for macOS's `sandbox-exec`.

use std::path::Path;

use super::Profile;

/// The program that reads it.
pub(super) const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// Rules in the order in which they count: a later one wins over an earlier one.
pub(super) fn text(profile: &Profile) -> String {
    let mut text = String::from("(version 1)\n(allow default)\n(deny file-write*)\n");
    text.push_str(
        "(allow file-write* (literal \"/dev/null\") (literal \"/dev/zero\") (literal \"/dev/dtracehelper\"))\n",
    );
    let mut rule = |verb: &str, what: &str, path: &Path| {
        text.push_str(&["(", verb, " ", what, " (subpath ", &quoted(path), "))\n"].concat());
    };
    profile.hidden.iter().for_each(|path| rule("deny", "file-read*", path));
    profile.shown.iter().for_each(|path| rule("allow", "file-read*", path));
    for path in profile.open() {
        rule("allow", "file-write*", path);
        rule("allow", "file-read*", path);
    }
    let inner = profile.hidden.iter().filter(|hidden| profile.may_write(hidden));
    inner.for_each(|path| rule("deny", "file-read* file-write*", path));
    let sealed = profile.sealed.iter().chain(&profile.absent);
    sealed.for_each(|path| rule("deny", "file-write*", path));
    for path in profile.pinned() {
        text.push_str(&["(deny file-write-unlink (literal ", &quoted(&path), "))\n"].concat());
    }
    if !profile.network {
        text.push_str("(deny network*)\n");
    } else if !profile.unix_sockets {
        text.push_str("(deny network-outbound (remote unix-socket))\n");
    }
    text.push_str(
        "(deny process-info* (target others))\n(deny signal (target others))\n(allow signal (target pgrp))\n",
    );
    text
}

fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{path}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_reads_like_its_rules() {
        let profile = Profile {
            roots: vec!["/p/with \"quotes\"".into()],
            writable: vec!["/t".into()],
            sealed: vec!["/p/with \"quotes\"/.git/hooks".into()],
            absent: vec!["/p/with \"quotes\"/.mcp.json".into()],
            hidden: vec!["/home/u/.ssh".into()],
            ..Profile::default()
        };
        insta::assert_snapshot!(text(&profile));
    }

    #[test]
    fn an_open_network_is_not_denied() {
        let text = text(&Profile { network: true, ..Profile::default() });
        assert!(!text.contains("(deny network*)") && text.contains("unix-socket"));
    }
}
