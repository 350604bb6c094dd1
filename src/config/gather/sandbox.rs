//! The section `sandbox`, and what permission rules say about files that the sandbox can hold too.
//!
//! A project's file may make the sandbox tighter and never wider. What cannot be enforced here is said, so that
//! nobody relies on it.

use std::path::{Path, PathBuf};

use crate::base::paths::absolute_from;
use crate::domain::{Notice, RuleScope};
use crate::sandbox::Wish;

use super::super::document::{Node, Value};
use super::super::layers::Layer;
use super::super::{RuleEntry, Tier};
use super::entries::{flag, texts, wrong};
use crate::base::near::nearest;

/// Keys of the section that mean something here.
const KEYS: [&str; 8] = [
    "enabled",
    "failIfUnavailable",
    "autoAllowBashIfSandboxed",
    "allowUnsandboxedCommands",
    "excludedCommands",
    "filesystem",
    "network",
    "credentials",
];
/// Keys of Claude Code that loosen its own sandbox or pick its helpers; ours has no use for them.
const OTHERS: [&str; 8] = [
    "ignoreViolations",
    "enableWeakerNestedSandbox",
    "enableWeakerNetworkIsolation",
    "allowAppleEvents",
    "ripgrep",
    "bwrapPath",
    "socatPath",
    "allowedReadPaths",
];

/// The section while the files are read, the strongest first.
#[derive(Debug, Default)]
pub struct Draft {
    enabled: Option<bool>,
    required: Option<bool>,
    auto_allow: Option<bool>,
    escape: Option<bool>,
    network: Option<bool>,
    unix_sockets: Option<bool>,
    /// The person's own files, and not only the project's, switch it on.
    chosen: bool,
    wish: Wish,
    /// What cannot be enforced; told only when the sandbox is on.
    limits: Vec<Notice>,
}

/// Where a file's section is read from.
struct Section<'a> {
    layer: &'a Layer,
    home: &'a Path,
    notices: &'a mut Vec<Notice>,
}

impl Draft {
    /// Adds what a weaker file says.
    pub(super) fn take(&mut self, layer: &Layer, node: &Node, home: &Path, notices: &mut Vec<Notice>) {
        let mut section = Section { layer, home, notices };
        if !matches!(node.value, Value::Table(_)) {
            wrong(layer, "sandbox", node, "an object", section.notices);
        }
        for (key, node) in node.entries() {
            match key.as_str() {
                "enabled" => {
                    let said = section.tighter(key, node, true);
                    self.chosen |= said == Some(true) && !layer.is_from_project();
                    self.enabled = self.enabled.or(said);
                }
                "failIfUnavailable" => self.required = self.required.or(section.tighter(key, node, true)),
                "autoAllowBashIfSandboxed" => self.auto_allow = self.auto_allow.or(section.tighter(key, node, false)),
                "allowUnsandboxedCommands" => self.escape = self.escape.or(section.tighter(key, node, false)),
                "excludedCommands" => {
                    let found = section.own_texts(key, node);
                    self.wish.excluded.extend(found.into_iter().map(|(text, _)| text));
                }
                "filesystem" => self.filesystem(&mut section, node),
                "network" => self.network(&mut section, node),
                "credentials" => self.credentials(&mut section, node),
                _ if OTHERS.contains(&key.as_str()) => self.limit(layer, node, key, "has no meaning here"),
                _ => {
                    let text = format!("`sandbox.{key}` is not known and does nothing");
                    let near = nearest(key, KEYS.iter().copied());
                    let notice = layer.notice(node.line, &text);
                    section.notices.push(match near {
                        Some(near) => notice.hint(format!("did you mean `{near}`?")),
                        None => notice,
                    });
                }
            }
        }
    }

    /// What all files say together. The rules add what they forbid and allow about files.
    pub(super) fn finish(mut self, rules: &[RuleEntry], places: (&Path, &Path), notices: &mut Vec<Notice>) -> Wish {
        let enabled = self.enabled.unwrap_or(false);
        if !enabled {
            return Wish::default();
        }
        for rule in rules {
            self.rule(rule, places);
        }
        notices.append(&mut self.limits);
        Wish {
            enabled,
            required: self.required.unwrap_or(false),
            // Unasked is the person's choice: a project that switches the sandbox on does not choose for him.
            auto_allow: self.auto_allow.unwrap_or(self.chosen),
            escape: self.escape.unwrap_or(true),
            network: self.network.unwrap_or(false),
            unix_sockets: self.unix_sockets.unwrap_or(false),
            ..self.wish
        }
    }

    fn filesystem(&mut self, section: &mut Section<'_>, node: &Node) {
        for (key, node) in node.entries() {
            let name = format!("filesystem.{key}");
            match key.as_str() {
                "allowWrite" | "allowRead" | "denyWrite" | "denyRead" => {
                    let found = self.paths(section, &name, node, key.starts_with("allow"));
                    let list = match key.as_str() {
                        "allowWrite" => &mut self.wish.allow_write,
                        "allowRead" => &mut self.wish.allow_read,
                        "denyWrite" => &mut self.wish.deny_write,
                        _ => &mut self.wish.deny_read,
                    };
                    list.extend(found);
                }
                "disabled" | "allowManagedReadPathsOnly" => {
                    self.limit(section.layer, node, &name, "is not supported; files are confined as ever");
                }
                _ => section.unknown(&name, node),
            }
        }
    }

    /// Paths of a list. `own` tells that a project's file may not name them.
    fn paths(&mut self, section: &mut Section<'_>, name: &str, node: &Node, own: bool) -> Vec<PathBuf> {
        let found = if own { section.own_texts(name, node) } else { section.texts(name, node) };
        let mut paths = Vec::new();
        for (text, line) in found {
            let plain = text.strip_suffix("/**").unwrap_or(&text);
            if plain.contains(['*', '?', '[']) {
                let text = format!("`sandbox.{name}`: the pattern `{text}` cannot be enforced; name folders or files");
                self.limits.push(section.layer.notice(line, &text));
                continue;
            }
            // Relative ones start at the project for its files, and at the folder of the file for the person's.
            let is_own_file = section.layer.scope == RuleScope::User || section.layer.scope == RuleScope::Managed;
            let base = if is_own_file { &section.layer.anchor } else { &section.layer.folder };
            paths.push(absolute_from(base, plain, Some(section.home)));
        }
        paths
    }

    fn network(&mut self, section: &mut Section<'_>, node: &Node) {
        for (key, node) in node.entries() {
            let name = format!("network.{key}");
            match key.as_str() {
                "allowedDomains" => {
                    let found = section.own_texts(&name, node);
                    if found.iter().any(|(text, _)| text == "*") {
                        self.network = self.network.or(Some(true));
                    }
                    let hosts = self.hosts(section, &name, found);
                    self.wish.allowed_domains.extend(hosts);
                }
                "deniedDomains" => {
                    let found = section.texts(&name, node);
                    if !found.is_empty() {
                        // With the whole network open nobody would look at hosts.
                        self.network = Some(false);
                    }
                    let hosts = self.hosts(section, &name, found);
                    self.wish.denied_domains.extend(hosts);
                }
                "strictAllowlist" => {
                    if !section.layer.is_from_project() {
                        self.wish.strict_domains |= section.tighter(&name, node, true) == Some(true);
                    }
                }
                "allowAllUnixSockets" => {
                    self.unix_sockets = self.unix_sockets.or(section.tighter(&name, node, false));
                }
                "allowLocalBinding" => {}
                "allowUnixSockets" => {
                    let text = "cannot be enforced by path, so sockets stay closed; `allowAllUnixSockets` opens all";
                    self.limit(section.layer, node, &name, text);
                }
                "allowMachLookup" | "allowManagedDomainsOnly" | "httpProxyPort" | "socksProxyPort" | "tlsTerminate" => {
                    self.limit(section.layer, node, &name, "has no meaning here, because the proxy is our own");
                }
                _ => section.unknown(&name, node),
            }
        }
    }

    /// Hosts of a list; what is none is told.
    fn hosts(&mut self, section: &Section<'_>, name: &str, found: Vec<(String, u32)>) -> Vec<String> {
        let mut hosts = Vec::new();
        for (text, line) in found {
            let host = text.trim().trim_start_matches("domain:").to_ascii_lowercase();
            if host == "*" || (!host.is_empty() && !host.contains(['/', ' ', '@', ':', '?', '#'])) {
                hosts.push(host);
            } else {
                let text = format!("`sandbox.{name}`: `{text}` is no host; write it alone, as in `example.com`");
                self.limits.push(section.layer.notice(line, &text));
            }
        }
        hosts
    }

    /// Entries `{"path" | "name", "mode": "deny"}`; masks are refused as a whole.
    fn credentials(&mut self, section: &mut Section<'_>, node: &Node) {
        for (key, node) in node.entries() {
            let name = format!("credentials.{key}");
            let Value::List(items) = &node.value else {
                self.limit(section.layer, node, &name, "is not supported");
                continue;
            };
            for item in items {
                let text = |wanted: &[&str]| {
                    let found = item.entries().iter().find(|(key, _)| wanted.contains(&key.as_str()));
                    match found.map(|(_, node)| &node.value).or(Some(&item.value)) {
                        Some(Value::Text(text)) => Some(text.clone()),
                        _ => None,
                    }
                };
                let masked =
                    item.entries().iter().any(|(key, node)| key == "mode" && node.value == Value::Text("mask".into()));
                match (key.as_str(), text(&["path", "file", "name"])) {
                    ("files", Some(path)) => {
                        self.wish.deny_read.push(absolute_from(&section.layer.folder, &path, Some(section.home)));
                    }
                    ("envVars", Some(name)) => self.wish.hidden_variables.push(name),
                    _ => self.limit(section.layer, item, &name, "cannot be understood"),
                }
                if masked {
                    self.limit(section.layer, item, &name, "cannot be masked, so it is hidden");
                }
            }
        }
    }

    fn limit(&mut self, layer: &Layer, node: &Node, key: &str, text: &str) {
        self.limits.push(layer.notice(node.line, &format!("`sandbox.{key}` {text}")));
    }

    /// Deny rules about files are held by the sandbox as well, and what the person lets be edited may be written.
    fn rule(&mut self, rule: &RuleEntry, (cwd, home): (&Path, &Path)) {
        let Some((tool, pattern)) = rule.text.trim().strip_suffix(')').and_then(|text| text.split_once('(')) else {
            return;
        };
        let plain = pattern.strip_suffix("/**").unwrap_or(pattern);
        let is_path = !plain.is_empty() && !plain.contains(['*', '?', '[', '!', ':']);
        let from_project = matches!(rule.source.scope, RuleScope::Project | RuleScope::Local);
        let list = match (tool, rule.tier) {
            ("Read", Tier::Deny) => &mut self.wish.deny_read,
            ("Edit" | "Write", Tier::Deny) => &mut self.wish.deny_write,
            ("Edit", Tier::Allow) if !from_project => &mut self.wish.allow_write,
            _ => return,
        };
        if is_path {
            let path = match (plain.strip_prefix("//"), plain.strip_prefix('/')) {
                (Some(rest), _) => Path::new("/").join(rest),
                (None, Some(rest)) => rule.anchor.join(rest),
                (None, None) => absolute_from(cwd, plain, Some(home)),
            };
            list.push(path);
        } else if rule.tier == Tier::Deny {
            let text = format!(
                "the rule `{}` ({}) has a pattern, which holds for tools and for commands that name files, but the sandbox cannot enforce it on other programs",
                rule.text, rule.source
            );
            self.limits.push(Notice::info(text));
        }
    }
}

impl Section<'_> {
    /// A switch of which a project's file may only choose the value `tight`.
    fn tighter(&mut self, key: &str, node: &Node, tight: bool) -> Option<bool> {
        let said = flag(self.layer, &format!("sandbox.{key}"), node, self.notices)?;
        if self.layer.is_from_project() && said != tight {
            self.refuse(key, node.line);
            return None;
        }
        Some(said)
    }

    fn texts(&mut self, key: &str, node: &Node) -> Vec<(String, u32)> {
        let found = texts(self.layer, &format!("sandbox.{key}"), node, self.notices);
        found.into_iter().map(|(text, line)| (text.to_owned(), line)).collect()
    }

    /// Texts by which the sandbox becomes wider.
    fn own_texts(&mut self, key: &str, node: &Node) -> Vec<(String, u32)> {
        let found = self.texts(key, node);
        if self.layer.is_from_project() && !found.is_empty() {
            self.refuse(key, node.line);
            return Vec::new();
        }
        found
    }

    fn refuse(&mut self, key: &str, line: u32) {
        let text = format!("`sandbox.{key}`: a project's file cannot make the sandbox wider; it is skipped");
        self.notices.push(self.layer.notice(line, &text).hint("put it in your own settings"));
    }

    fn unknown(&mut self, key: &str, node: &Node) {
        self.notices.push(self.layer.notice(node.line, &format!("`sandbox.{key}` is not known and does nothing")));
    }
}
