//! Tool servers: the lists in all their places, who wins, and what speaks against one.
//!
//! An entry wins as a whole, by its name: the command line's over the person's own for this project, those over the
//! person's own for all projects, those over the project's. A project never replaces a server of the person and never
//! approves its own: what it brings runs when the folder is trusted, whose question shows it word for word.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::read;
use crate::catalog::Plugin;
use crate::domain::{Notice, RuleScope};
use crate::engine::{SearchMode, ServerPlan};
use crate::mcp::{self, Entry, ServerConfig, Way};

use super::ConfigInput;
use super::document::{self, Node, Value};
use super::environment::Vars;
use super::layers::{LIMIT, Layer, claude_folder, managed_file};
use super::project::shown;

/// Entries that are read in all.
const ENTRIES: usize = 500;
/// The file of our own with the person's servers, in the form of `~/.claude.json`.
pub const OWN: &str = "mcp.json";

/// What the lists are read with.
pub(super) struct Ground<'a> {
    pub input: &'a ConfigInput<'a>,
    pub project: &'a Path,
    pub layers: &'a [Layer],
    pub trusted: bool,
    /// Variables of the process and the settings.
    pub vars: &'a Vars,
    /// Those that a project's entries may use: without our keys.
    pub child_env: &'a BTreeMap<String, String>,
}

/// Reads everything about servers.
pub(super) fn gather(ground: &Ground<'_>, plugins: &[Plugin], notices: &mut Vec<Notice>) -> ServerPlan {
    let mut gathering = Gathering { ground, entries: Vec::new(), off: BTreeMap::new(), notices };
    if gathering.all() {
        gathering.entries.extend(super::plugged::servers(ground.input, plugins));
    }
    let Gathering { entries, off, .. } = gathering;
    let limits = Limits::of(ground.layers);
    let own = ground.vars.plain();
    let mut servers: Vec<ServerConfig> = Vec::new();
    for mut entry in entries {
        let from_project = matches!(entry.scope, RuleScope::Project);
        if let Some(known) = servers.iter_mut().find(|known| known.name == entry.name) {
            known.overrides.push(entry.source.clone());
            if from_project && known.scope != RuleScope::Project {
                let text = format!(
                    "{}: the server `{}` is yours already ({}), so the project's is not used",
                    entry.source, entry.name, known.source
                );
                notices.push(Notice::warning(text));
            }
            continue;
        }
        if from_project && !ground.trusted {
            entry.off = Some("it waits until the folder is trusted".to_owned());
        }
        if let Some(why) = off.get(&entry.name).filter(|(_, of_project)| from_project || !of_project) {
            entry.off = entry.off.or_else(|| Some(why.0.clone()));
        }
        let env = if from_project { ground.child_env } else { &own };
        match mcp::parse(&entry, env) {
            Ok((mut config, remarks)) => {
                config.off = config.off.take().or_else(|| limits.forbids(&config));
                let remark =
                    |text: &String| Notice::warning(format!("{}: server `{}`: {text}", entry.source, entry.name));
                notices.extend(remarks.iter().filter(|_| config.off.is_none()).map(remark));
                servers.push(config);
            }
            Err(problem) => {
                let text = format!("{}: the server `{}` is skipped: {problem}", entry.source, entry.name);
                notices.push(Notice::warning(text));
            }
        }
    }
    plan(ground, servers)
}

/// The servers that may run here, or one of them, for trying them out of a session.
pub fn server_grounds(settings: &super::Settings, cwd: &Path, only: Option<&str>) -> mcp::Grounds {
    let plan = &settings.capabilities.servers;
    let wanted = |server: &&ServerConfig| only.is_none_or(|only| only == server.name);
    mcp::Grounds {
        servers: plan.servers.iter().filter(wanted).cloned().collect(),
        times: plan.times,
        cwd: cwd.to_path_buf(),
        roots: vec![settings.project.clone()],
        env: std::sync::Arc::new(settings.child_env.clone()),
        folder: plan.folder.clone(),
        interactive: false,
    }
}

fn plan(ground: &Ground<'_>, servers: Vec<ServerConfig>) -> ServerPlan {
    let usual = ServerPlan::default();
    let number = |name: &str| ground.vars.number(name).filter(|number| *number > 0);
    let mut times = usual.times;
    times.start_ms = number("MCP_TIMEOUT").unwrap_or(times.start_ms);
    times.call_ms = number("MCP_TOOL_TIMEOUT").unwrap_or(times.call_ms);
    if let Some(idle) = number("CLAUDE_CODE_MCP_TOOL_IDLE_TIMEOUT") {
        times.idle_ms = (idle, idle);
    }
    let most = number("MAX_MCP_OUTPUT_TOKENS").map_or(usual.output.0, |tokens| tokens.clamp(100, 1_000_000));
    let file = ground.input.dirs.config.join(OWN);
    let project = ground.project.to_path_buf();
    ServerPlan {
        servers,
        times,
        search: ground.vars.text("ENABLE_TOOL_SEARCH").and_then(SearchMode::parse).unwrap_or(usual.search),
        output: (most, usual.output.1.min(most)),
        folder: ground.input.dirs.data.join("mcp"),
        keep: std::sync::Arc::new(move |name, on| {
            super::save_server_switch(&file, &project, name, on).map(|()| file.clone())
        }),
        shared: None,
        admits: None,
    }
}

struct Gathering<'a> {
    ground: &'a Ground<'a>,
    entries: Vec<Entry>,
    /// Why a server is off, and whether that is about servers of the project alone.
    off: BTreeMap<String, (String, bool)>,
    notices: &'a mut Vec<Notice>,
}

impl Gathering<'_> {
    /// Reads the lists of files and flags; false when nothing may be added to them.
    fn all(&mut self) -> bool {
        let input = self.ground.input;
        self.switches();
        let managed = input.managed.clone().unwrap_or_else(managed_file).with_file_name("managed-mcp.json");
        if self.file(RuleScope::Managed, &managed) {
            // The administrator's list stands alone.
            return false;
        }
        self.flags();
        if input.flags.strict_mcp {
            return false;
        }
        let (own, claude) = (input.dirs.config.join(OWN), self.claude_state());
        for path in [&own, &claude] {
            self.state(path, RuleScope::Local);
        }
        self.settings(RuleScope::User);
        for path in [&own, &claude] {
            self.state(path, RuleScope::User);
        }
        let mut folders = vec![input.cwd];
        if self.ground.project != input.cwd {
            folders.push(self.ground.project);
        }
        for folder in folders {
            self.file(RuleScope::Project, &folder.join(".mcp.json"));
        }
        self.settings(RuleScope::Project);
        true
    }

    /// `~/.claude.json`, or the same name in the folder that `CLAUDE_CONFIG_DIR` names.
    fn claude_state(&self) -> PathBuf {
        let input = self.ground.input;
        let moved = input.env.get("CLAUDE_CONFIG_DIR").is_some_and(|folder| !folder.is_empty());
        if moved { claude_folder(input).join(".claude.json") } else { input.home.join(".claude.json") }
    }

    /// `--mcp-config`: files or the JSON itself.
    fn flags(&mut self) {
        let input = self.ground.input;
        for given in &input.flags.mcp_config {
            if given.trim_start().starts_with('{') {
                self.text(RuleScope::Flag, "--mcp-config", given);
            } else {
                let path = input.cwd.join(given);
                if !self.file(RuleScope::Flag, &path) && !path.exists() {
                    self.notices.push(Notice::error(format!("--mcp-config: there is no file {given}")));
                }
            }
        }
    }

    /// Reads a list; says whether it was there and could be read.
    fn file(&mut self, scope: RuleScope, path: &Path) -> bool {
        let name = shown(path, self.ground.input.cwd, self.ground.input.home);
        match read::text(path, LIMIT) {
            Ok(Some(text)) => self.text(scope, &name, &text),
            Ok(None) => false,
            Err(problem) => {
                self.notices.push(Notice::error(format!("{name}: {problem}, so none of its servers are used")));
                false
            }
        }
    }

    fn text(&mut self, scope: RuleScope, name: &str, text: &str) -> bool {
        match document::parse(text) {
            Ok(root) => {
                let mut any = false;
                for (_, list) in root.entries().iter().filter(|(key, _)| key == "mcpServers") {
                    self.list(scope, name, list);
                    any = true;
                }
                if !any && scope == RuleScope::Flag {
                    self.notices.push(Notice::warning(format!("{name} has no `mcpServers`")));
                }
                true
            }
            Err(fault) => {
                let text = format!("{name}, line {}: {}; none of its servers are used", fault.line, fault.text);
                self.notices.push(Notice::error(text));
                false
            }
        }
    }

    fn list(&mut self, scope: RuleScope, name: &str, list: &Node) {
        if !matches!(list.value, Value::Table(_) | Value::Null) {
            self.notices.push(Notice::warning(format!("{name}, line {}: `mcpServers` must be an object", list.line)));
        }
        for (server, node) in list.entries() {
            if self.entries.len() >= ENTRIES {
                return;
            }
            let source = format!("{scope} {name}:{}", node.line);
            self.entries.push(Entry { name: server.clone(), scope, source, value: node.json(), off: None });
        }
    }

    /// `mcpServers` of settings files.
    fn settings(&mut self, scope: RuleScope) {
        let ground = self.ground;
        for layer in ground.layers {
            let of = if layer.is_from_project() { RuleScope::Project } else { RuleScope::User };
            if of != scope {
                continue;
            }
            for (_, list) in layer.root.entries().iter().filter(|(key, _)| key == "mcpServers") {
                self.list(scope, &layer.name, list);
            }
        }
    }

    /// A file of the form of `~/.claude.json`: the person's own for all projects, and for this one.
    fn state(&mut self, path: &Path, scope: RuleScope) {
        let Ok(Some(text)) = read::text(path, LIMIT * 8) else { return };
        let name = shown(path, self.ground.input.cwd, self.ground.input.home);
        let root = match document::parse(&text) {
            Ok(root) => root,
            Err(fault) => {
                let text = format!("{name}, line {}: {}; none of its servers are used", fault.line, fault.text);
                return self.notices.push(Notice::error(text));
            }
        };
        let part = if scope == RuleScope::User { Some(&root) } else { of_project(&root, self.ground.project) };
        for (_, list) in part.into_iter().flat_map(Node::entries).filter(|(key, _)| key == "mcpServers") {
            self.list(scope, &name, list);
        }
        if scope == RuleScope::Local {
            for (key, node) in part.into_iter().flat_map(Node::entries) {
                let of_project = key == "disabledMcpjsonServers";
                if of_project || key == "disabledMcpServers" {
                    for server in names(node) {
                        self.off.insert(server, (format!("you switched it off ({name})"), of_project));
                    }
                }
            }
        }
    }

    /// Whoever names a server in `disabledMcpjsonServers` switches the project's off.
    fn switches(&mut self) {
        for layer in self.ground.layers {
            for (_, node) in layer.root.entries().iter().filter(|(key, _)| key == "disabledMcpjsonServers") {
                for server in names(node) {
                    let why = format!("{}, line {}, switches it off", layer.name, node.line);
                    self.off.insert(server, (why, true));
                }
            }
        }
    }
}

/// The part of a state file about this project.
fn of_project<'n>(root: &'n Node, project: &Path) -> Option<&'n Node> {
    let projects = root.entries().iter().find(|(key, _)| key == "projects").map(|(_, node)| node)?;
    projects.entries().iter().find(|(path, _)| Path::new(path) == project).map(|(_, node)| node)
}

fn names(node: &Node) -> Vec<String> {
    let Value::List(items) = &node.value else { return Vec::new() };
    let text = |item: &Node| match &item.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

/// Which servers an administrator or the person lets be used.
struct Limits {
    denied: Vec<(serde_json::Value, String)>,
    /// None when every server is let.
    allowed: Option<Vec<serde_json::Value>>,
    managed_only: bool,
}

impl Limits {
    fn of(layers: &[Layer]) -> Self {
        let mut limits = Self { denied: Vec::new(), allowed: None, managed_only: false };
        for layer in layers {
            for (key, node) in layer.root.entries() {
                let serde_json::Value::Array(items) = node.json() else {
                    let is_set = key == "allowManagedMcpServersOnly" && node.value == Value::Bool(true);
                    limits.managed_only |= is_set && layer.scope == RuleScope::Managed;
                    continue;
                };
                match key.as_str() {
                    "deniedMcpServers" => {
                        let place = format!("{}, line {}", layer.name, node.line);
                        limits.denied.extend(items.into_iter().map(|item| (item, place.clone())));
                    }
                    // A list of the project could only let through what nobody forbids.
                    "allowedMcpServers" if !layer.is_from_project() => {
                        limits.allowed.get_or_insert_default().extend(items);
                    }
                    _ => {}
                }
            }
        }
        limits
    }

    fn forbids(&self, config: &ServerConfig) -> Option<String> {
        if self.managed_only && config.scope != RuleScope::Managed {
            return Some("only servers of the administrator are allowed".to_owned());
        }
        if let Some((_, place)) = self.denied.iter().find(|(item, _)| meets(item, config)) {
            return Some(format!("`deniedMcpServers` forbids it ({place})"));
        }
        let let_through = self.allowed.as_ref().is_none_or(|allowed| allowed.iter().any(|item| meets(item, config)));
        (!let_through).then(|| "`allowedMcpServers` does not name it".to_owned())
    }
}

/// An entry names a server by its name, by its command with all arguments, or by its address with stars.
fn meets(item: &serde_json::Value, config: &ServerConfig) -> bool {
    if let Some(name) = item.get("serverName").and_then(serde_json::Value::as_str) {
        return name == config.name;
    }
    match &config.way {
        Way::Stdio { command, args, .. } => {
            let wanted = item.get("serverCommand").and_then(serde_json::Value::as_array);
            let line: Vec<&str> = std::iter::once(command).chain(args).map(String::as_str).collect();
            wanted.is_some_and(|wanted| wanted.iter().map(|word| word.as_str().unwrap_or_default()).eq(line))
        }
        Way::Http(reach) | Way::Sse(reach) => {
            let wanted = item.get("serverUrl").and_then(serde_json::Value::as_str);
            wanted.is_some_and(|wanted| stars(wanted, &reach.url))
        }
    }
}

/// `*` stands for any run of characters.
fn stars(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}
