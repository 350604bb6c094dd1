//! Hooks before a prompt is sent. Prompts keep their order: while one waits for its hooks, or the session's own hooks
//! have not answered yet, those after it wait behind it.

use std::collections::VecDeque;

use super::super::driver::Driver;
use super::super::servers::Fetched;
use super::Then;
use crate::agent::Input;
use crate::domain::{self, Notice, Origin};
use crate::hooks::events::{self, prompt};
use crate::hooks::{Event as Name, Firing, Hook, Ran};

/// Prompts that wait, at most.
const MOST: usize = 100;

/// What the person sent.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Pending {
    Typed(domain::Input),
    Command {
        name: String,
        arguments: String,
    },
    /// Another text for a message that waits in the queue.
    Edit {
        id: u32,
        text: String,
    },
    /// What a sub-agent is to do: words of a model, taken as they are.
    Task(String),
}

/// Prompts on their way through hooks.
#[derive(Debug, Default)]
pub(in crate::engine) struct Prompts {
    waiting: VecDeque<Pending>,
    /// Hooks look at the one before them, or tool servers are asked for it.
    busy: bool,
    /// The session's own hooks have not answered yet.
    pub(super) starting: bool,
}

impl Driver {
    /// Takes what the person sent; at once where no hook looks at it.
    pub(in crate::engine) async fn submit(&mut self, pending: Pending) {
        let prompts = &mut self.hooking.prompts;
        if prompts.waiting.len() >= MOST {
            return self
                .notice(Notice::warning("Too many messages wait for their hooks; this one was not taken."))
                .await;
        }
        prompts.waiting.push_back(pending);
        self.admit_next().await;
    }

    /// Lets prompts through until one has to wait.
    pub(super) async fn admit_next(&mut self) {
        while !self.hooking.prompts.busy && !self.hooking.prompts.starting {
            let Some(pending) = self.hooking.prompts.waiting.pop_front() else { return };
            let firings = self.prompt_firings(&pending);
            if firings.is_empty() {
                self.admit(pending).await;
            } else {
                self.hooking.prompts.busy = true;
                self.start(firings, Then::Prompt(pending));
            }
        }
    }

    fn prompt_firings(&self, pending: &Pending) -> Vec<(Firing, Vec<Hook>)> {
        let mut firings = Vec::new();
        if matches!(pending, Pending::Task(_)) {
            return firings;
        }
        let mut add = |firing: Firing| {
            let hooks = self.chosen(&firing, None);
            if !hooks.is_empty() {
                firings.push((firing, hooks));
            }
        };
        if let Pending::Command { name, arguments } = pending
            && self.hooked(Name::UserPromptExpansion)
            && let Some(file) = self.stage.commands.iter().find(|file| file.name == *name)
        {
            add(prompt::expansion(name, arguments, &file.source, &self.expanded(file, arguments)));
        }
        if self.hooked(Name::UserPromptSubmit) {
            add(prompt::submit(&pending.text(), None));
        }
        firings
    }

    /// Sends it, once tool servers have said what it needs of them.
    async fn admit(&mut self, pending: Pending) {
        if let Some(wants) = self.wants_of_servers(&pending) {
            self.hooking.prompts.busy = true;
            let cancel = self.hooking.cancel.clone();
            return self.ask_servers(pending, wants, cancel).await;
        }
        self.take(pending).await;
    }

    /// Tool servers have said what a prompt needs of them.
    pub(in crate::engine) async fn on_fetched(&mut self, pending: Pending, fetched: Fetched) {
        self.hooking.prompts.busy = false;
        let stopped = fetched.stopped;
        self.take_fetched(fetched).await;
        if stopped {
            self.turn_away(&pending, "you stopped it while tool servers were asked".to_owned(), false).await;
        } else {
            self.take(pending).await;
        }
        self.admit_next().await;
    }

    async fn take(&mut self, pending: Pending) {
        match pending {
            Pending::Typed(input) => {
                self.scan_again().await;
                let origin = if self.setup.interactive { Origin::Typed } else { Origin::Headless };
                let prompt = self.prepare(input, origin).await;
                self.feed(Input::Prompt(prompt)).await;
            }
            Pending::Command { name, arguments } => self.run_command(&name, &arguments).await,
            Pending::Task(text) => {
                let prompt = self.task(text);
                self.feed(Input::Prompt(prompt)).await;
            }
            Pending::Edit { id, text } => {
                let input = domain::Input { text, images: Vec::new() };
                let prompt = Some(self.prepare(input, Origin::Queued).await);
                self.feed(Input::EditQueued { id, prompt }).await;
            }
        }
    }

    pub(super) async fn on_prompt_hooked(&mut self, pending: Pending, runs: &[Ran], stopped: bool) {
        self.hooking.prompts.busy = false;
        let refusal = if stopped {
            Some("you stopped it while hooks looked at it".to_owned())
        } else {
            events::blocked(runs).map(|(who, why)| format!("{who} says: {why}")).or_else(|| events::common(runs).halt)
        };
        self.told(runs, refusal.is_none()).await;
        match refusal {
            None => self.admit(pending).await,
            Some(why) => self.turn_away(&pending, why, prompt::suppresses(runs)).await,
        }
        self.admit_next().await;
    }

    /// The prompt is not sent. Where nothing runs no turn will come of it, which whoever waits for one must hear.
    async fn turn_away(&mut self, pending: &Pending, why: String, silent: bool) {
        let start: String = pending.text().chars().take(60).collect();
        let what = if silent { "The message was".to_owned() } else { format!("“{start}” was") };
        let notice = Notice::warning(format!("{what} not sent: {why}")).hint("Up brings it back.");
        if self.machine.is_busy() || matches!(pending, Pending::Edit { .. }) {
            self.notice(notice).await;
        } else {
            self.refuse(notice).await;
        }
    }
}

impl Pending {
    /// The words that were typed.
    fn text(&self) -> String {
        match self {
            Self::Typed(input) => input.text.clone(),
            Self::Command { name, arguments } => format!("/{name} {arguments}").trim_end().to_owned(),
            Self::Edit { text, .. } | Self::Task(text) => text.clone(),
        }
    }
}
