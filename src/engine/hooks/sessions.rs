//! Hooks at the beginning and the end of a session, and the event bus that lives as long as the engine.

use std::sync::Arc;
use std::time::Duration;

use super::super::Open;
use super::super::driver::Driver;
use super::Then;
use crate::agent::Input;
use crate::catalog;
use crate::domain::{Body, Event, HookNews, Live, MemoryFile, Notice};
use crate::hooks::events::session::Reason;
use crate::hooks::events::{agent, session};
use crate::hooks::{self, Desk, Event as Name, Firing, Hook, Ran};

/// How long the event bus may take to send what waits at the end.
const BUS: Duration = Duration::from_secs(1);
/// How often whoever waits for the end hears that hooks still run.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// The variable that raises the time for hooks at the end.
const END_VARIABLE: &str = "CLAUDE_CODE_SESSIONEND_HOOKS_TIMEOUT_MS";

/// What SessionStart hooks are told of the first session.
pub(in crate::engine) fn source_of(open: &Open, is_new: bool) -> &'static str {
    match open {
        _ if is_new => "startup",
        Open::Fork(_) => "fork",
        _ => "resume",
    }
}

impl Driver {
    /// A session is open: tells hooks, and lets the first prompt wait for them.
    pub(in crate::engine) fn session_begins(&mut self, source: &str) {
        self.set_points();
        self.hooking.begun = true;
        if let Some(child) = self.stage.child.clone() {
            return self.agent_begins(&child);
        }
        self.watch_files();
        self.instructions_loaded(Reason::SessionStart);
        let mut firings = Vec::new();
        let setup = self.stage.hooks.setup.is_some().then(|| Arc::make_mut(&mut self.stage.hooks).setup.take());
        if let Some(trigger) = setup.flatten() {
            firings.push(session::setup(trigger));
        }
        let model = self.machine.model().map(|(model, _)| model.id.clone());
        firings.push(session::start(source, model.as_deref(), None));
        let chosen = firings.into_iter().filter(|firing| self.hooked(firing.event));
        let chosen = chosen.map(|firing| {
            let hooks = self.chosen(&firing, None);
            (firing, hooks)
        });
        let chosen: Vec<(Firing, Vec<Hook>)> = chosen.filter(|(_, hooks)| !hooks.is_empty()).collect();
        if !chosen.is_empty() {
            self.hooking.prompts.starting = true;
            self.start(chosen, Then::Begin);
        }
    }

    /// Instruction files are read, with what they import.
    pub(super) fn instructions_loaded(&mut self, reason: Reason<'_>) {
        for file in self.stage.memory.clone() {
            self.instruction_loaded(&file, reason);
        }
    }

    /// One instruction file is read.
    pub(in crate::engine) fn instruction_loaded(&mut self, file: &MemoryFile, reason: Reason<'_>) {
        if !self.hooked(Name::InstructionsLoaded) {
            return;
        }
        self.tell_hooks(session::instructions(file, reason));
        for path in catalog::imported(file) {
            let part = MemoryFile { path, text: String::new(), ..file.clone() };
            self.tell_hooks(session::instructions(&part, Reason::Include(&file.path)));
        }
    }

    /// Whoever only wants the session to begin hears when it has.
    pub(super) async fn tell_begun(&mut self) {
        if self.hooking.prompts.starting {
            self.hooking.waited_for = true;
        } else {
            self.hooking.waited_for = false;
            self.tell(Event::Live(Live::Hook(HookNews::Begun))).await;
        }
    }

    /// The first prompt of the agent that the session runs as, before anything that the person typed.
    pub(in crate::engine) async fn initial_prompt(&mut self, source: &str) {
        let lead = self.stage.shelf.lead.clone().filter(|_| source == "startup" && self.stage.child.is_none());
        let Some(text) = lead.and_then(|lead| lead.initial_prompt.clone()) else { return };
        if self.setup.interactive {
            let input = crate::domain::Input { text, images: Vec::new() };
            Box::pin(self.submit(super::Pending::Typed(input))).await;
        } else {
            let text = "The agent's initialPrompt is sent on the screen only; here the prompt given is the first one.";
            self.notice(Notice::info(text)).await;
        }
    }

    /// A sub-agent begins: its hooks may add to what it reads.
    fn agent_begins(&mut self, child: &crate::engine::Child) {
        if self.hooked(Name::SubagentStart) {
            let firing = agent::start(&child.agent, &child.kind);
            self.hooking.prompts.starting = self.fire(firing, None, Then::Begin).is_none();
        }
    }

    pub(super) async fn on_begun(&mut self, runs: &[Ran]) {
        self.told(runs, true).await;
        let start = session::begun(runs);
        if let Some(title) = start.title {
            self.feed(Input::SetTitle(title)).await;
        }
        self.hooking.prompts.starting = false;
        self.take_watched(runs);
        if session::reloads_skills(runs) {
            self.scan_again().await;
        }
        if self.hooking.waited_for {
            self.tell_begun().await;
        }
        if let Some(text) = start.message.filter(|_| !self.machine.is_busy()) {
            let input = crate::domain::Input { text, images: Vec::new() };
            self.submit(super::Pending::Typed(input)).await;
        }
        self.admit_next().await;
    }

    /// The session ends. Its hooks are waited for, within a short time that they share.
    pub(in crate::engine) async fn session_ends(&mut self, reason: &str) {
        if self.stage.child.is_some() {
            return;
        }
        if self.hooking.begun && self.hooked(Name::SessionEnd) {
            let firing = session::end(reason);
            let hooks = self.chosen(&firing, None);
            let asked = hooks.iter().filter_map(|hook| hook.handler.timeout_ms).max().unwrap_or_default();
            let set = self.stage.env.get(END_VARIABLE).and_then(|ms| ms.trim().parse().ok());
            let budget = set.unwrap_or_else(|| asked.max(session::END_MS)).min(session::END_MOST_MS);
            let desk = Desk { budget_ms: Some(budget), ..self.desk(&hooks) };
            for ran in self.run_at_the_end(hooks, &firing, &desk).await {
                self.feed(Input::Note(Body::HookRan(Box::new(ran.record())))).await;
            }
        }
        let now = self.setup.clock.wall_ms();
        if let Some(bus) = &mut self.hooking.bus {
            bus.ended(reason, now);
        }
    }

    /// Whoever waits for the end hears now and then that there is something to wait for.
    async fn run_at_the_end(&mut self, hooks: Vec<Hook>, firing: &Firing, desk: &Desk) -> Vec<Ran> {
        let mut work = std::pin::pin!(hooks::run(hooks, firing, desk));
        loop {
            tokio::select! {
                biased;
                runs = &mut work => return runs,
                () = tokio::time::sleep(SIGN_OF_LIFE) => {
                    self.tell(Event::Live(Live::HookRuns(Some("SessionEnd hook runs".to_owned())))).await;
                }
            }
        }
    }

    /// Lets the event bus go.
    pub(in crate::engine) async fn close_bus(&mut self) {
        if let Some(bus) = self.hooking.bus.take() {
            bus.close(BUS).await;
        }
    }
}
