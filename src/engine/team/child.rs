//! What a child is made of: its parent's setup with its own tools, text, model, mode and log.

use std::path::PathBuf;
use std::sync::Arc;

use super::brought::Brought;
use crate::agent;
use crate::base::paths;
use crate::domain::{AgentFile, AgentStart, AgentTools, Effort, Mode, ModelInfo, ModelRef, SessionId, ToolCall, Wire};
use crate::engine::driver::Driver;
use crate::engine::steps::Rooted;
use crate::engine::{Open, ServerPlan, Setup, Stage};
use crate::hooks::{self, Hook};
use crate::policy::RuleText;
use crate::sandbox::{Proof, Proxy};
use crate::tools::{self, Place, Tool};

/// Tools that no agent has: they speak to the person or steer the session.
const NEVER: [&str; 5] = ["AskUserQuestion", "EnterPlanMode", "ExitPlanMode", "TodoWrite", "ScheduleWakeup"];

/// Marks a stage as that of a sub-agent.
#[derive(Debug)]
pub struct Child {
    pub(in crate::engine) agent: String,
    pub(in crate::engine) kind: String,
    /// The name that its caller gave it.
    pub(in crate::engine) name: Option<String>,
    /// 1 for an agent of the session itself.
    pub(in crate::engine) depth: u32,
    pub(in crate::engine) session: SessionId,
    pub(in crate::engine) log: PathBuf,
    /// The log of the session.
    pub(in crate::engine) transcript: PathBuf,
    /// The system text.
    pub(in crate::engine) prompt: String,
    pub(in crate::engine) proof: Option<Arc<Proof>>,
    /// The mode that its definition asks for.
    pub(in crate::engine) own_mode: Option<Mode>,
    pub(in crate::engine) read_only: bool,
    /// Commands and tasks of the session.
    pub(in crate::engine) jobs: Arc<tools::Jobs>,
    pub(in crate::engine) board: Arc<tools::Board>,
    /// The way of its confined commands to hosts: the session's own, which asks the person.
    pub(in crate::engine) proxy: Option<Proxy>,
    /// It is a process of its own, so that it has a way to hosts of its own; the person is asked by way of its log.
    pub(in crate::engine) apart: bool,
    /// Where its changes of files are kept and put on record: with those of the session.
    pub(in crate::engine) keep: Option<Rooted>,
    /// Rules that hold for it besides those of the session.
    pub(in crate::engine) rules: Vec<RuleText>,
    /// It goes on with the conversation in its log.
    pub(in crate::engine) again: bool,
    /// The lists of its definition.
    pub(in crate::engine) lists: AgentTools,
}

/// Everything about a child that is not taken over as it is.
pub(super) struct Plan {
    pub(super) start: AgentStart,
    pub(super) info: Arc<ModelInfo>,
    pub(super) effort: Option<Effort>,
    pub(super) place: Place,
    pub(super) tools: Vec<Arc<dyn Tool>>,
    pub(super) brought: Brought,
    pub(super) servers: Arc<ServerPlan>,
    pub(super) again: bool,
}

impl Child {
    /// The mode that holds for the child while this one holds for its parent.
    pub(in crate::engine) fn mode(&self, parents: Mode, modes: &[Mode]) -> Mode {
        if self.read_only {
            return Mode::Plan;
        }
        let own = self.own_mode.filter(|mode| match mode {
            // What the person could not choose no file can.
            Mode::BypassPermissions | Mode::Auto => modes.contains(mode),
            _ => true,
        });
        match parents {
            Mode::Default => own.unwrap_or(Mode::Default),
            Mode::DontAsk => own.filter(|mode| *mode == Mode::Plan).unwrap_or(Mode::DontAsk),
            Mode::Plan | Mode::AcceptEdits | Mode::Auto | Mode::BypassPermissions => parents,
        }
    }
}

impl Driver {
    /// How deep this driver is: 0 for the session itself.
    pub(in crate::engine) fn depth(&self) -> u32 {
        self.stage.child.as_ref().map_or(0, |child| child.depth)
    }

    /// A call of a sub-agent with its paths in full, because whoever is asked about it may stand in another folder.
    pub(in crate::engine) fn in_full(&self, mut call: ToolCall) -> ToolCall {
        for key in ["file_path", "notebook_path", "path"] {
            if let Some(path) = call.input.get(key).and_then(serde_json::Value::as_str) {
                let whole = paths::absolute(&self.stage.place.cwd, path);
                call.input[key] = whole.display().to_string().into();
            }
        }
        call
    }

    /// The definition of that name; letter case does not matter.
    pub(super) fn definition(&self, name: &str) -> Result<AgentFile, String> {
        let agents = &self.stage.agents;
        let found = agents.iter().find(|agent| agent.name == name);
        let found = found.or_else(|| agents.iter().find(|agent| agent.name.eq_ignore_ascii_case(name)));
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
            format!("There is no agent `{name}`. There are: {}.", names.join(", "))
        })
    }

    /// The tools that an agent is given; `more` whatever its lists say.
    pub(super) fn tools_of(&self, definition: &AgentFile, more: &[&str]) -> Result<Vec<Arc<dyn Tool>>, String> {
        let deepest = self.depth() + 1 >= self.setup.tuning.team.depth;
        let given = |tool: &&Arc<dyn Tool>| {
            let name = tool.spec().name;
            let never =
                NEVER.contains(&name.as_str()) || (deepest && ["Agent", "SendMessage"].contains(&name.as_str()));
            (admits(&definition.tools, &name) || more.contains(&name.as_str())) && !never
        };
        let found: Vec<Arc<dyn Tool>> = self.setup.tools.iter().filter(given).cloned().collect();
        if found.is_empty() {
            return Err(format!("The agent `{}` is left without any tool; its `tools` name none.", definition.name));
        }
        Ok(found)
    }

    /// Who answers an agent: the setting, the call, the definition, a small model where one will do, the own one.
    pub(super) fn model_of(
        &self,
        wanted: Option<&String>,
        definition: &AgentFile,
    ) -> Result<(ModelRef, Arc<ModelInfo>), String> {
        let Some((own, info)) = self.machine.model().cloned() else {
            return Err("No model is configured, so no agent can be started.".to_owned());
        };
        let tuning = &self.setup.tuning.team;
        let small = tuning.small.as_ref().filter(|_| definition.model.cheap);
        let named = [tuning.model.as_ref(), wanted, definition.model.model.as_ref(), small];
        let named = named.into_iter().flatten().find(|name| *name != "inherit");
        let Some(name) = named.filter(|_| own.wire != Wire::Replay) else { return Ok((own, info)) };
        let id = self.setup.table.resolve(name);
        // A short name of another maker's model means nothing to this server.
        let foreign = id != name && id.starts_with("claude") && !own.id.contains("claude");
        if foreign || id == own.id {
            return Ok((own, info));
        }
        let info = self.setup.table.find(id).unwrap_or_else(|| ModelInfo::unknown(id));
        Ok((ModelRef::new(own.wire, id), Arc::new(info)))
    }

    /// The hooks of the session, and those that an agent brings.
    fn hooks_with(&self, brought: Vec<Hook>) -> Arc<hooks::Config> {
        let mut hooks = Arc::clone(&self.stage.hooks);
        if !brought.is_empty() {
            Arc::make_mut(&mut hooks).hooks.extend(brought);
        }
        hooks
    }

    fn child(&self, definition: &AgentFile, plan: &Plan) -> Child {
        Child {
            agent: plan.start.agent.clone(),
            kind: definition.name.clone(),
            name: plan.start.name.clone(),
            depth: self.depth() + 1,
            session: self.session,
            log: plan.start.log.clone(),
            transcript: self.stage.child.as_ref().map_or_else(|| self.journal.path(), |child| child.transcript.clone()),
            prompt: format!("{}{}", definition.prompt, plan.brought.text),
            proof: self.parts.walls.proof(),
            own_mode: definition.way.mode,
            keep: self.rooted(),
            read_only: definition.way.read_only || self.stage.child.as_ref().is_some_and(|child| child.read_only),
            jobs: self.jobs(),
            board: Arc::clone(&self.parts.board),
            proxy: self.proxy_in_use().map(|way| way.of(&format!("{} · {}", plan.start.kind, plan.start.task))),
            apart: false,
            rules: plan.brought.rules.clone(),
            again: plan.again,
            lists: definition.tools.clone(),
        }
    }

    /// The setup of a child.
    pub(super) fn child_setup(&self, definition: &AgentFile, plan: Plan) -> Setup {
        let (setup, child) = (&self.setup, self.child(definition, &plan));
        let mode = child.mode(self.machine.conversation().mode, &self.stage.modes);
        let memory = if definition.way.without_memory { Vec::new() } else { self.stage.memory.clone() };
        let stage = Stage {
            hooks: self.hooks_with(plan.brought.hooks),
            place: plan.place,
            model: Some((plan.start.model, plan.info)),
            effort: plan.effort.or(definition.model.effort).or(self.stage.effort),
            model_forced: true,
            rules: self.gate.texts().into_iter().chain(plan.brought.rules).collect(),
            mode,
            memory,
            child: Some(Arc::new(child)),
            servers: plan.servers,
            languages: self.languages_for(definition),
            ..self.stage.clone()
        };
        let max_turns = definition.model.max_turns.or(setup.agent.max_turns);
        Setup {
            clock: Arc::clone(&setup.clock),
            ids: Arc::clone(&setup.ids),
            store: setup.store.clone(),
            stage,
            rehearse: Arc::clone(&setup.rehearse),
            tools: plan.tools,
            table: setup.table.clone(),
            agent: agent::Settings { max_turns, child: true, ..setup.agent.clone() },
            open: Open::New,
            notices: Vec::new(),
            limits: setup.limits,
            tuning: setup.tuning.clone(),
            home: setup.home.clone(),
            interactive: setup.interactive,
            alone: false,
            secrets: setup.secrets.clone(),
            sandbox: setup.sandbox.clone(),
            folder: None,
            version: setup.version,
        }
    }
}

/// Whether the lists of an agent give it this tool.
pub(in crate::engine) fn admits(lists: &AgentTools, name: &str) -> bool {
    let wanted = lists.allowed.as_ref().is_none_or(|list| list.iter().any(|entry| fits(entry, name)));
    wanted && !lists.denied.iter().any(|entry| fits(entry, name))
}

/// Whether an entry of `tools` means this tool: its name, an older name, a name with a rule behind it, all tools of a
/// server, or a pattern with a star at the end.
fn fits(entry: &str, name: &str) -> bool {
    let entry = entry.split('(').next().unwrap_or(entry).trim();
    let entry = tools::today(entry);
    match entry.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => entry == name || (entry.starts_with("mcp__") && name.starts_with(&format!("{entry}__"))),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn entries_of_tools_mean_names_servers_and_older_names() {
        for (entry, name) in [
            ("Read", "Read"),
            ("Bash(git *)", "Bash"),
            ("Task", "Agent"),
            ("mcp__git", "mcp__git__log"),
            ("mcp__git__*", "mcp__git__log"),
            ("*", "Edit"),
        ] {
            assert!(fits(entry, name), "{entry} {name}");
        }
        assert!(!fits("Read", "ReadMore") && !fits("mcp__git", "mcp__github__x"));
    }
}
