//! What the file of an agent brings besides its text and its tools: skills, a memory, hooks, servers. What of it cannot
//! work is told to the person.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalog::notes;
use crate::domain::{AgentFile, AgentTools, CommandFile, RuleScope, RuleSource};
use crate::engine::driver::Driver;
use crate::engine::{Admits, ServerPlan};
use crate::hooks::{self, Event, Hook};
use crate::mcp;
use crate::policy::{RuleText, Tier};

/// Tools by which an agent keeps its memory.
const KEEPING: [&str; 3] = ["Read", "Edit", "Write"];

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// Follows the system text.
    pub(super) text: String,
    /// Rules that hold for this agent besides those of the session.
    pub(super) rules: Vec<RuleText>,
    pub(super) hooks: Vec<Hook>,
    /// Tools that it has whatever its lists say.
    pub(super) tools: Vec<&'static str>,
    /// What cannot work, a sentence each.
    pub(super) problems: Vec<String>,
}

impl Driver {
    /// What a definition brings.
    pub(super) fn brought_by(&self, definition: &AgentFile) -> Brought {
        let mut brought = Brought::default();
        self.bring_skills(definition, &mut brought);
        self.bring_memory(definition, &mut brought);
        if let Some(value) = &definition.hooks {
            let (hooks, problems) = hooks::brought(value, &source(definition));
            // What ends is this agent.
            let of_agent = |hook: Hook| match hook.event {
                Event::Stop => Hook { event: Event::SubagentStop, ..hook },
                _ => hook,
            };
            brought.hooks = hooks.into_iter().map(of_agent).collect();
            brought.problems.extend(problems);
        }
        brought
    }

    fn bring_skills(&self, definition: &AgentFile, brought: &mut Brought) {
        for name in &definition.tools.skills {
            let file = self.stage.commands.iter().find(|file| file.name == *name);
            match file {
                None => brought.problems.push(format!("there is no skill `{name}`")),
                Some(file) if file.traits.person_only => {
                    brought.problems.push(format!("the skill `{name}` is for you alone (disable-model-invocation)"));
                }
                Some(file) => brought.text.push_str(&self.whole(file)),
            }
        }
    }

    fn whole(&self, file: &CommandFile) -> String {
        let folder = file.traits.folder.as_ref();
        let folder = folder.map(|folder| format!(" folder=\"{}\"", folder.display())).unwrap_or_default();
        format!("\n\n<skill name=\"{}\"{folder}>\n{}\n</skill>", file.name, self.expanded(file, "").trim())
    }

    fn bring_memory(&self, definition: &AgentFile, brought: &mut Brought) {
        let Some(folder) = self.memory_folder(definition) else { return };
        let shown = folder.display();
        let head = format!(
            "\n\n<own_notes folder=\"{shown}\">\nYou keep notes there, across conversations: MEMORY.md is an index, one line \
             a topic; details stand in files beside it. Write down what will help you the next time."
        );
        brought.text.push_str(&head);
        let index = folder.join(notes::INDEX);
        match notes::index(&folder) {
            Ok(Some(text)) => {
                let start = format!("\nThe start of {}:\n{}", index.display(), text.trim_end());
                brought.text.push_str(&start);
            }
            Ok(None) => brought.text.push_str("\nThere are no notes yet."),
            Err(problem) => brought.problems.push(format!("its memory {} is not read: {problem}", index.display())),
        }
        brought.text.push_str("\n</own_notes>");
        let allow = RuleText {
            tier: Tier::Allow,
            text: format!("Edit(/{shown}/**)"),
            source: RuleSource { scope: RuleScope::Session, file: Some("memory of the agent".to_owned()), line: None },
            anchor: self.stage.place.project.clone(),
        };
        let read = RuleText { text: format!("Read(/{shown}/**)"), ..allow.clone() };
        brought.rules.extend([allow, read]);
        brought.tools.extend(KEEPING);
    }

    fn memory_folder(&self, definition: &AgentFile) -> Option<PathBuf> {
        let (home, project) = (self.setup.home.as_path(), self.stage.place.project.as_path());
        // A name can hold anything; a folder's name cannot.
        let name: String = definition
            .name
            .chars()
            .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' })
            .collect();
        let folder = |root: &Path, kind: &str| Some(root.join(".claude").join(kind).join(&name));
        match definition.way.memory.as_deref()? {
            "user" => folder(home, "agent-memory"),
            "local" => folder(project, "agent-memory-local"),
            _ => folder(project, "agent-memory"),
        }
    }

    /// The servers that an agent is given: the running ones of the session, as far as its lists name them, or, where its
    /// file defines servers of its own, those and the named ones, started for it alone.
    pub(super) fn servers_of(&self, definition: &AgentFile) -> (Arc<ServerPlan>, Vec<String>) {
        let lists = &definition.tools;
        let mut problems = Vec::new();
        let known = &self.stage.servers.servers;
        for name in &lists.servers {
            if !known.iter().any(|server| server.name == *name) && self.depth() == 0 {
                problems.push(format!("there is no server `{name}` in the settings"));
            }
        }
        if lists.own_servers.is_empty() {
            return (self.servers_for(definition), problems);
        }
        let named: Vec<_> = known.iter().filter(|server| lists.servers.contains(&server.name)).cloned().collect();
        let (mut plan, more) = servers_with(&self.stage.servers, &self.stage.env, (named, lists), &source(definition));
        problems.extend(more);
        plan.servers.retain(|server| may_use(lists, &server.name));
        (Arc::new(plan), problems)
    }
}

/// A plan of these servers and those that the file of an agent defines, of whose tools it is given what its lists say;
/// and what cannot work.
pub fn servers_with(
    plan: &ServerPlan,
    env: &BTreeMap<String, String>,
    (mut servers, lists): (Vec<mcp::ServerConfig>, &AgentTools),
    source: &RuleSource,
) -> (ServerPlan, Vec<String>) {
    let mut problems = Vec::new();
    for (name, value) in &lists.own_servers {
        let entry = mcp::Entry {
            name: name.clone(),
            scope: source.scope,
            source: source.to_string(),
            value: value.clone(),
            off: None,
        };
        match mcp::parse(&entry, env) {
            Ok((server, remarks)) => {
                problems.extend(remarks);
                if !may_use(lists, name) {
                    let all = mcp::full_name(name, "*");
                    problems.push(format!("its `tools` name nothing of its server `{name}`; {all} names all of it"));
                }
                // Its tools are there when it begins: it has no person who would wait.
                servers.push(mcp::ServerConfig { always_load: true, ..server });
            }
            Err(problem) => problems.push(format!("its server `{name}` is left out: {problem}")),
        }
    }
    let admits = lists.clone();
    let admits: Admits = Arc::new(move |name| admits_of_server(&admits, name));
    let plan = ServerPlan { servers, shared: None, admits: Some(admits), ..plan.clone() };
    (plan, problems)
}

/// Whether an agent is given this tool of a server, or this tool that works on servers.
pub(in crate::engine) fn admits_of_server(lists: &AgentTools, name: &str) -> bool {
    let all = lists.servers.is_empty() && lists.own_servers.is_empty();
    let named = || {
        let own = lists.own_servers.iter().map(|(name, _)| name);
        lists.servers.iter().chain(own).any(|server| name.starts_with(&mcp::full_name(server, "")))
    };
    super::admits(lists, name) && (all || !name.starts_with("mcp__") || named())
}

/// Whether the lists of an agent leave it anything of a server.
pub(super) fn may_use(lists: &AgentTools, server: &str) -> bool {
    let tool = mcp::full_name(server, "");
    let whole = tool.trim_end_matches('_');
    let names = |entry: &String| {
        let entry = entry.split('(').next().unwrap_or(entry).trim();
        let start = entry.strip_suffix('*').unwrap_or(entry);
        start == whole || start.starts_with(&tool) || (start != entry && tool.starts_with(start))
    };
    lists.allowed.as_ref().is_none_or(|list| list.iter().any(names))
}

/// Where a definition stands, for what it brings.
pub fn source(definition: &AgentFile) -> RuleSource {
    let scope = match definition.source.as_str() {
        "project" => RuleScope::Project,
        "managed" => RuleScope::Managed,
        _ => RuleScope::User,
    };
    RuleSource { scope, file: definition.path.as_ref().map(|path| path.display().to_string()), line: None }
}
