//! Sub-agents: `agents/**/*.md` of the project and of the user, and those that come along.
//!
//! The format is that of Claude Code: front matter with `name` and `description`, the body is the system text. It is
//! read leniently; what cannot be used is told with its file and line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::near::nearest;
use crate::base::read;
use crate::domain::{AgentFile, AgentModel, AgentTools, AgentWay, Effort, Isolation, Notice};

use super::{Ground, Plugin, front};

/// Bytes that an agent file may have.
const LIMIT: u64 = 1024 * 1024;
/// Folders inside folders that are looked into, and files that are read.
const DEPTH: usize = 8;
const FILES: usize = 500;
/// The agents that come along.
const BUILT_IN: [&str; 3] = [
    include_str!("../../assets/agents/explore.md"),
    include_str!("../../assets/agents/general-purpose.md"),
    include_str!("../../assets/agents/plan.md"),
];
/// Keys that have a meaning; of others the person is told.
const KEYS: [&str; 18] = [
    "name",
    "description",
    "tools",
    "disallowedTools",
    "model",
    "permissionMode",
    "maxTurns",
    "skills",
    "mcpServers",
    "hooks",
    "memory",
    "background",
    "effort",
    "isolation",
    "color",
    "initialPrompt",
    "omitClaudeMd",
    "readOnly",
];
/// Keys that Claude Code knows and that change nothing here.
const IDLE: [&str; 2] = ["autoCompactWindow", "observer"];
/// The documented colours.
const COLORS: [&str; 8] = ["red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan"];

/// Finds the kinds of agents, sorted by name. Where a name stands several times: the administrator's wins over those of
/// the command line (`given`), these over the project's, these over the user's, the folder nearer to the start over the
/// one further up, `.latigo` over `.claude` beside it, and any file over a built-in.
pub fn agents(ground: &Ground<'_>, given: &[AgentFile]) -> (Vec<AgentFile>, Vec<Notice>) {
    let mut finder = Finder::default();
    finder.look(&super::managed_folder(), "managed");
    for agent in given {
        finder.put(agent.clone());
    }
    for folder in ground.folders() {
        finder.look(folder, "project");
    }
    for name in [".latigo", ".claude"] {
        finder.walk(&ground.own(name).join("agents"), 0, "user");
    }
    for plugin in ground.plugins.iter().filter(|plugin| plugin.enabled) {
        for folder in &plugin.agents {
            let (agents, told) = agents_in(folder, plugin);
            finder.notices.extend(told);
            for agent in agents {
                finder.put(agent);
            }
        }
    }
    for agent in built_in() {
        finder.put(agent);
    }
    (finder.found.into_values().collect(), finder.notices)
}

/// Agents as one JSON object: names with the keys of the front matter, and `prompt` for the body (`--agents`).
pub fn agents_given(text: &str) -> Result<(Vec<AgentFile>, Vec<Notice>), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("--agents is no JSON: {error}"))?;
    let Value::Object(entries) = value else {
        return Err("--agents must be an object of names, each with `description` and `prompt`".to_owned());
    };
    let (mut found, mut notices) = (Vec::new(), Vec::new());
    for (name, mut value) in entries {
        let Some(fields) = value.as_object_mut() else {
            notices.push(Notice::warning(format!("--agents: `{name}` is no object; it is left out")));
            continue;
        };
        let prompt = fields.remove("prompt").and_then(|prompt| prompt.as_str().map(ToOwned::to_owned));
        fields.insert("name".to_owned(), Value::from(name.as_str()));
        let plain = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
            _ => None,
        };
        let values = fields.iter().filter_map(|(key, value)| Some((key.clone(), plain(value)?))).collect();
        let mut keys =
            Keys { values, lists: BTreeMap::new(), tree: Some(value.clone()), text: "", problems: Vec::new() };
        let agent = keys.agent(prompt.unwrap_or_default(), "command line", None);
        notices.extend(keys.problems.into_iter().map(|(_, problem)| Notice::warning(format!("--agents: {problem}"))));
        found.extend(agent);
    }
    Ok((found, notices))
}

/// The agents of one folder, such as a plugin's, under `prefix:name`.
fn agents_in(folder: &Path, plugin: &Plugin) -> (Vec<AgentFile>, Vec<Notice>) {
    let mut finder = Finder::default();
    if folder.is_file() {
        finder.read(folder, &plugin.source());
    }
    finder.walk(folder, 0, &plugin.source());
    let named = |agent: AgentFile| AgentFile {
        name: format!("{}:{}", plugin.name, agent.name),
        prompt: plugin.placed(&agent.prompt),
        hooks: None,
        tools: AgentTools { servers: Vec::new(), own_servers: Vec::new(), ..agent.tools },
        way: AgentWay { mode: None, ..agent.way },
        ..agent
    };
    (finder.found.into_values().map(named).collect(), finder.notices)
}

/// The agents that come along.
pub fn built_in() -> Vec<AgentFile> {
    let read = |text: &str| {
        let (agent, _) = parse(text, "built in", None);
        agent.map(|agent| {
            let reads = agent.name != "general-purpose";
            let way = AgentWay { read_only: reads, without_memory: reads, ..agent.way };
            let model = AgentModel { cheap: agent.name == "Explore", ..agent.model };
            AgentFile { model, way, ..agent }
        })
    };
    BUILT_IN.iter().filter_map(|text| read(text)).collect()
}

#[derive(Default)]
struct Finder {
    found: BTreeMap<String, AgentFile>,
    notices: Vec<Notice>,
    read: usize,
}

impl Finder {
    fn look(&mut self, folder: &Path, source: &str) {
        for name in [".latigo", ".claude"] {
            self.walk(&folder.join(name).join("agents"), 0, source);
        }
    }

    fn walk(&mut self, folder: &Path, depth: usize, source: &str) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() && depth < DEPTH {
                self.walk(&path, depth + 1, source);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                self.read(&path, source);
            }
        }
    }

    fn read(&mut self, path: &Path, source: &str) {
        self.read += 1;
        if self.read > FILES {
            if self.read == FILES + 1 {
                let text = format!("{}: more than {FILES} agent files; the rest is left out", path.display());
                self.notices.push(Notice::warning(text));
            }
            return;
        }
        let text = match read::text(path, LIMIT) {
            Ok(Some(text)) => text,
            Ok(None) => return,
            Err(problem) => {
                let text = format!("{}: {problem}; this agent is left out", path.display());
                return self.notices.push(Notice::warning(text));
            }
        };
        let (agent, problems) = parse(&text, source, Some(path));
        for (line, problem) in problems {
            self.notices.push(Notice::warning(format!("{}, line {line}: {problem}", path.display())));
        }
        if let Some(agent) = agent {
            self.put(agent);
        }
    }

    /// Adds an agent, unless a stronger one has its name.
    fn put(&mut self, agent: AgentFile) {
        let place = agent.path.clone().unwrap_or_else(|| PathBuf::from(format!("({})", agent.source)));
        match self.found.get_mut(&agent.name) {
            Some(stronger) => stronger.overrides.push(place),
            None => drop(self.found.insert(agent.name.clone(), agent)),
        }
    }
}

/// Reads one file. A file without a usable name is no agent (a README in the folder).
fn parse(text: &str, source: &str, path: Option<&Path>) -> (Option<AgentFile>, Vec<(usize, String)>) {
    let front = front::split(text);
    let body = front.body.trim().to_owned();
    let stem = path.and_then(Path::file_stem).and_then(|stem| stem.to_str());
    let mut keys = Keys { values: front.values, lists: front.lists, tree: front.tree, text, problems: Vec::new() };
    keys.problems.extend(front.problem);
    // An agent of a plugin goes by its file's name where its front matter has none.
    let nameless = source.starts_with("plugin ") && text.starts_with("---") && !keys.values.contains_key("name");
    if let Some(stem) = stem.filter(|_| nameless) {
        let first = body.lines().map(|line| line.trim_start_matches('#').trim()).find(|line| !line.is_empty());
        keys.values.insert("name".to_owned(), stem.to_owned());
        keys.values.entry("description".to_owned()).or_insert_with(|| first.unwrap_or(stem).to_owned());
    }
    let agent = keys.agent(body, source, path);
    (agent, keys.problems)
}

/// The front matter while it is read.
struct Keys<'a> {
    values: BTreeMap<String, String>,
    /// Lists of a file that is read line by line.
    lists: BTreeMap<String, Vec<String>>,
    /// The whole of it, where it is YAML.
    tree: Option<Value>,
    text: &'a str,
    problems: Vec<(usize, String)>,
}

impl Keys<'_> {
    fn agent(&mut self, prompt: String, source: &str, path: Option<&Path>) -> Option<AgentFile> {
        let name = self.name()?;
        let Some(description) = self.take("description") else {
            self.complain("name", format!("the agent `{name}` has no description, so no model could choose it"));
            return None;
        };
        self.unknown();
        Some(AgentFile {
            description,
            prompt,
            source: source.to_owned(),
            path: path.map(Path::to_path_buf),
            tools: self.tools(),
            model: self.model(),
            way: self.way(),
            color: self.color(),
            initial_prompt: self.take("initialPrompt"),
            hooks: self.tree.as_ref().and_then(|tree| tree.get("hooks")).cloned(),
            line: front::line_of(self.text, &["name"]),
            overrides: Vec::new(),
            name,
        })
    }

    fn take(&mut self, key: &str) -> Option<String> {
        self.values.remove(key).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn name(&mut self) -> Option<String> {
        let name = self.take("name")?;
        let bad = name.starts_with('-') || name.contains(':') || name.chars().any(char::is_control);
        if bad {
            self.complain("name", format!("`{name}` cannot be an agent's name; this file is no agent"));
        }
        (!bad).then_some(name)
    }

    fn complain(&mut self, key: &str, problem: String) {
        let at = self.text.lines().position(|line| line.trim_start().starts_with(&format!("{key}:")));
        self.problems.push((at.map_or(1, |at| at + 1), problem));
    }

    fn unknown(&mut self) {
        let tree = self.tree.as_ref().and_then(Value::as_object);
        let mut names: Vec<String> =
            tree.into_iter().flat_map(|tree| tree.keys()).chain(self.values.keys()).cloned().collect();
        names.sort_unstable();
        names.dedup();
        for key in IDLE.iter().filter(|key| names.iter().any(|name| name == *key)) {
            self.complain(key, format!("`{key}` is known, but nothing here works by it"));
        }
        names.retain(|key| !KEYS.contains(&key.as_str()) && !IDLE.contains(&key.as_str()));
        // Collections have keys of their own, which mean nothing here. A slip of the fingers is said.
        for key in names {
            if let Some(near) = nearest(&key, KEYS.into_iter()) {
                self.complain(&key, format!("`{key}` means nothing here; did you mean `{near}`?"));
            }
        }
    }

    fn color(&mut self) -> Option<String> {
        // Others are in use (`#ff8800`); none of them changes anything.
        self.take("color").filter(|color| COLORS.contains(&color.as_str()))
    }

    fn list(&mut self, key: &str) -> Option<Vec<String>> {
        if let Some(Value::Array(items)) = self.tree.as_ref().and_then(|tree| tree.get(key)) {
            let names = items.iter().filter_map(Value::as_str).map(|text| text.trim().to_owned());
            return Some(names.filter(|name| !name.is_empty()).collect());
        }
        if let Some(items) = self.lists.remove(key).filter(|items| !items.is_empty()) {
            return Some(items);
        }
        Some(front::parts(&self.take(key)?))
    }

    fn tools(&mut self) -> AgentTools {
        AgentTools {
            // A star alone is what a file without the key has: every tool.
            allowed: self.list("tools").filter(|tools| tools.as_slice() != ["*"]),
            denied: self.list("disallowedTools").unwrap_or_default(),
            skills: self.list("skills").unwrap_or_default(),
            servers: self.list("mcpServers").unwrap_or_default(),
            own_servers: self.own_servers(),
        }
    }

    /// Definitions among the servers: objects in the list, or the whole of it as an object.
    fn own_servers(&self) -> Vec<(String, Value)> {
        let maps: Vec<&serde_json::Map<String, Value>> =
            match self.tree.as_ref().and_then(|tree| tree.get("mcpServers")) {
                Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).collect(),
                Some(Value::Object(map)) => vec![map],
                _ => Vec::new(),
            };
        maps.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn model(&mut self) -> AgentModel {
        let effort = self.take("effort").and_then(|text| {
            let effort = serde_json::from_value::<Effort>(Value::String(text.clone())).ok();
            if effort.is_none() {
                self.complain("effort", format!("there is no effort `{text}`; low, medium, high, xhigh or max"));
            }
            effort
        });
        let max_turns = self.take("maxTurns").and_then(|text| {
            let turns = text.parse().ok().filter(|turns| *turns > 0);
            if turns.is_none() {
                self.complain("maxTurns", format!("`{text}` is not a number of turns"));
            }
            turns
        });
        let model = self.take("model").filter(|model| model != "inherit");
        AgentModel { model, effort, max_turns, cheap: false }
    }

    fn way(&mut self) -> AgentWay {
        let mode = self.take("permissionMode").and_then(|text| match text.parse() {
            Ok(mode) => Some(mode),
            Err(problem) => {
                self.complain("permissionMode", problem);
                None
            }
        });
        let isolation = self.take("isolation").map_or(Ok(Isolation::Context), |text| text.parse());
        let isolation = isolation.unwrap_or_else(|problem| {
            self.complain("isolation", format!("{problem}; it shares the folder"));
            Isolation::Context
        });
        let memory = self.take("memory").and_then(|text| {
            let known = ["user", "project", "local"].contains(&text.as_str());
            if !known {
                self.complain("memory", format!("there is no memory `{text}`; user, project or local"));
            }
            known.then_some(text)
        });
        let flag = |text: Option<String>| text.as_deref().and_then(front::truth).unwrap_or(false);
        AgentWay {
            mode,
            read_only: flag(self.take("readOnly")),
            background: flag(self.take("background")),
            isolation,
            without_memory: flag(self.take("omitClaudeMd")),
            memory,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::Mode;

    #[test]
    fn every_documented_key_is_read() {
        let text = "---\nname: reviewer\ndescription: Reviews: use it after edits\ntools: Read, Grep, Agent(a, b)\n\
                    disallowedTools: [Bash]\nmodel: haiku\npermissionMode: plan\nmaxTurns: 7\nskills:\n  - one\n  - two\n\
                    mcpServers:\n  - github\n  - mine:\n      command: x\nmemory: project\nbackground: true\n\
                    effort: low\nisolation: worktree\ncolor: cyan\ninitialPrompt: Go\n---\n\nYou review.\n";
        let text = text.replace("Reviews: use", "\"Reviews: use").replace("after edits", "after edits\"");
        let (agent, problems) = parse(&text, "project", None);
        assert_eq!(problems, []);
        let agent = agent.unwrap();
        assert_eq!(agent.name, "reviewer");
        assert_eq!(agent.tools.allowed.unwrap(), ["Read", "Grep", "Agent(a, b)"]);
        assert_eq!(agent.tools.denied, ["Bash"]);
        assert_eq!(agent.tools.skills, ["one", "two"]);
        assert_eq!(agent.tools.servers, ["github"]);
        assert_eq!(agent.tools.own_servers, [("mine".to_owned(), serde_json::json!({ "command": "x" }))]);
        assert_eq!(agent.model.model.as_deref(), Some("haiku"));
        assert_eq!((agent.model.effort, agent.model.max_turns), (Some(Effort::Low), Some(7)));
        assert_eq!(agent.way.mode, Some(Mode::Plan));
        assert_eq!((agent.way.background, agent.way.isolation), (true, Isolation::Worktree));
        assert_eq!(agent.way.memory.as_deref(), Some("project"));
        assert_eq!(agent.color.as_deref(), Some("cyan"));
        assert_eq!(agent.initial_prompt.as_deref(), Some("Go"));
        assert_eq!(agent.prompt, "You review.");
    }

    #[test]
    fn loose_front_matter_is_read_and_mistakes_have_a_line() {
        let text =
            "---\nname: a\ndescription: Use this: when asked\nmodle: opus\neffort: huge\nmaxTurns: no\n---\nbody";
        let (agent, problems) = parse(text, "user", None);
        assert_eq!(agent.unwrap().description, "Use this: when asked");
        let lines: Vec<usize> = problems.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [4, 5, 6], "{problems:?}");
        assert!(parse("# no front matter", "user", None).0.is_none());
        let bare = parse(
            "---\nmodel: haiku\n---\n# Checks links\nLook at each.",
            "plugin kit",
            Some(Path::new("/kit/agents/links.md")),
        )
        .0
        .unwrap();
        assert_eq!((bare.name.as_str(), bare.description.as_str()), ("links", "Checks links"));
        let (agent, problems) = parse("---\nname: a:b\ndescription: d\n---\n", "user", None);
        assert!(agent.is_none() && problems.len() == 1);
    }

    #[test]
    fn a_file_takes_the_place_of_a_built_in_and_the_project_of_the_user() {
        let root = tempfile::tempdir().unwrap();
        let (home, project) = (root.path().join("home"), root.path().join("project"));
        for (folder, text) in [(&home, "user"), (&project, "project")] {
            let folder = folder.join(".claude/agents/deep");
            fs::create_dir_all(&folder).unwrap();
            let text = format!("---\nname: Explore\ndescription: {text}\n---\nbody");
            fs::write(folder.join("x.md"), text).unwrap();
        }
        let ground =
            Ground { claude: None, home: &home, cwd: &project, project: &project, plugins: &[], bundled: true };
        let (found, notices) = agents(&ground, &[]);
        assert!(notices.is_empty(), "{notices:?}");
        let names: Vec<&str> = found.iter().map(|agent| agent.name.as_str()).collect();
        assert_eq!(names, ["Explore", "Plan", "general-purpose"]);
        assert_eq!((found[0].description.as_str(), found[0].way.read_only), ("project", false));
        assert!(found[1].way.read_only && found[1].source == "built in");
        let (given, told) = agents_given(
            r#"{"Explore": {"description": "given", "prompt": "Look.", "tools": ["Read"], "maxTurns": 3, "isolation": "remote"}}"#,
        )
        .unwrap();
        assert!(told.len() == 1 && told[0].text.contains("isolation `remote`"), "{told:?}");
        let explore = &agents(&ground, &given).0[0];
        assert_eq!((explore.description.as_str(), explore.prompt.as_str()), ("given", "Look."));
        assert_eq!(
            (explore.model.max_turns, explore.tools.allowed.as_deref()),
            (Some(3), Some(&["Read".to_owned()][..]))
        );
        assert!(agents_given("[]").is_err());
    }
}
