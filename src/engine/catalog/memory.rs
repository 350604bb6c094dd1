//! Instruction files while a session runs: those of folders that are worked in and rules for paths go to the tail when
//! they first matter; what changed on disk counts from the next beginning on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::super::driver::{Driver, News, What};
use super::super::opening;
use super::{AutoMemory, Scanned};
use crate::agent::Input;
use crate::base::paths;
use crate::base::text::{human_cost, human_tokens};
use crate::domain::{Body, CommandFile, Event, Live, MemoryFile, Notice, ToolCall};
use crate::hooks::events::session::Reason;

/// Milliseconds that reading everything again may take; after that what is known is used.
const SCAN_MS: u64 = 300;
/// Tools whose path tells where the work is.
const TOUCHING: [(&str, &str); 5] = [
    ("Read", "file_path"),
    ("Edit", "file_path"),
    ("MultiEdit", "file_path"),
    ("Write", "file_path"),
    ("NotebookEdit", "notebook_path"),
];

/// What the model is told of its own notes.
pub(super) fn notes(auto: &AutoMemory) -> String {
    let folder = auto.folder.display();
    let mut text = format!(
        "<own_notes folder=\"{folder}\">\nYou keep notes on this project there, across sessions: MEMORY.md is an index, one line a topic; \
         details stand in topic files beside it. When the user asks you to remember something, or corrects you in a way that will \
         matter again, write it there with Write or Edit. A topic file begins with front matter: `type` (user, feedback, project \
         or reference) and `modified` (the day). Keep no secrets and nothing that the project itself says."
    );
    match &auto.index {
        Some((path, index)) => {
            let start = format!("\nThe start of {}:\n{}", path.display(), index.trim_end());
            text.push_str(&start);
        }
        None => text.push_str("\nThere are no notes yet."),
    }
    text.push_str("\n</own_notes>");
    text
}

impl Driver {
    /// A call is about to work with a file.
    pub(in crate::engine) fn touch(&mut self, call: &ToolCall) {
        let key = TOUCHING.iter().find(|(name, _)| *name == call.name).map(|(_, key)| *key);
        if let Some(path) = key.and_then(|key| call.input[key].as_str()) {
            let path = paths::absolute(&self.stage.place.cwd, path);
            self.touch_path(&path);
        }
    }

    /// Tells the model what counts for a file, once.
    pub(in crate::engine) fn touch_path(&mut self, path: &Path) {
        let shelf = Arc::clone(&self.stage.shelf);
        let Some(nested) = shelf.nested.as_ref().filter(|_| self.stage.trusted) else { return };
        let rules = shelf.rules.iter().filter(|rule| rule.fits(path));
        let rules = rules.map(|rule| (rule.file.clone(), Reason::PathGlob(path, &rule.globs)));
        let found = nested(path).into_iter().map(|file| (file, Reason::Nested(path)));
        let found: Vec<(MemoryFile, Reason<'_>)> = found.chain(rules).collect();
        for (file, reason) in found {
            let known = self.stage.memory.iter().any(|known| known.path == file.path);
            if known || !self.parts.catalog.touched.insert(file.path.clone()) {
                continue;
            }
            self.instruction_loaded(&file, reason);
            let from = format!("The instruction file {}", file.path.display());
            let text = self.setup.secrets.text(&file.text).into_owned();
            self.inbox.push_back(Input::Note(Body::ContextAdded { from, text }));
        }
        self.touch_skills(path);
    }

    async fn scanned(&self) -> Option<Scanned> {
        let scan = self.stage.shelf.scan.clone()?;
        let read = tokio::task::spawn_blocking(move || scan());
        tokio::time::timeout(Duration::from_millis(SCAN_MS), read).await.ok()?.ok()
    }

    /// Takes in what changed on disk: new texts at once, new names at the tail, because the list in the prefix stays.
    pub(in crate::engine) async fn scan_again(&mut self) {
        let Some(mut scanned) = self.scanned().await else { return };
        self.tell_of_stale(&scanned.memory).await;
        scanned.commands = self.with_nested(scanned.commands);
        let renewed = self.take_agents(std::mem::take(&mut scanned.agents)).await;
        if scanned.commands != self.stage.commands {
            if let Some(scanned) = self.skills_wait(scanned) {
                self.take_skills(scanned).await;
            }
        } else if renewed {
            self.tell(Event::Live(Live::Info(Box::new(self.start_info())))).await;
        }
    }

    /// Takes over the commands and skills that there are now.
    pub(in crate::engine) async fn take_skills(&mut self, scanned: Scanned) {
        let Scanned { commands, notices, .. } = scanned;
        let known = std::mem::replace(&mut self.stage.commands, commands);
        self.gate.set_readable(super::readable(&self.stage));
        let news = changes(&known, &self.stage.commands);
        if !news.is_empty() {
            let text = format!("the skills have changed since the list was made:\n{}", news.join("\n"));
            self.feed(Input::Note(Body::ContextAdded { from: "Latigo".to_owned(), text })).await;
        }
        let info = Box::new(self.start_info());
        self.tell(Event::Live(Live::Info(info))).await;
        self.tell_all(notices).await;
    }

    /// Says once of each instruction file that it is not any more what the model reads.
    async fn tell_of_stale(&mut self, now: &[MemoryFile]) {
        let is_same = |file: &MemoryFile| now.iter().any(|other| other == file);
        let old: Vec<_> =
            self.stage.memory.iter().filter(|file| !is_same(file)).map(|file| file.path.clone()).collect();
        let known = |path: &Path| self.stage.memory.iter().any(|file| file.path == path);
        let new = now.iter().map(|file| file.path.clone()).filter(|path| !known(path));
        for path in old.iter().cloned().chain(new).collect::<Vec<_>>() {
            if self.parts.catalog.stale.insert(path.clone()) {
                let price = self.price_of_memory(&path);
                let text = format!("{} changed on disk; the model still reads what it was{price}.", path.display());
                self.notice(Notice::info(text).hint("/clear begins with what it is now; so does the next start")).await;
            }
        }
    }

    /// What it would cost to take in a changed file at once: everything behind it in the prompt is paid again.
    fn price_of_memory(&self, path: &Path) -> String {
        let prefix = self.machine.prefix();
        let label = path.display().to_string();
        // A new file stands behind the others.
        let kept = prefix.iter().position(|segment| segment.label == label).unwrap_or(prefix.len());
        match self.machine.price_of_break(kept, self.setup.clock.wall_ms()) {
            (0, _) => String::new(),
            (tokens, None) => format!(", because taking it in now would write {} tokens again", human_tokens(tokens)),
            (tokens, Some(cost)) => format!(
                ", because taking it in now would write {} tokens again ({})",
                human_tokens(tokens),
                human_cost(cost)
            ),
        }
    }

    /// A new conversation begins with what stands on disk now.
    pub(in crate::engine) async fn read_memory_again(&mut self) {
        let Some(Scanned { commands, memory, agents, auto, .. }) = self.scanned().await else { return };
        self.stage.memory = memory;
        self.take_notes(auto);
        self.stage.commands = commands;
        self.stage.agents = agents;
    }

    fn take_notes(&mut self, auto: Option<AutoMemory>) {
        if auto.is_some() && auto != self.stage.shelf.auto {
            let mut shelf = (*self.stage.shelf).clone();
            shelf.auto = auto;
            self.stage.shelf = Arc::new(shelf);
        }
    }

    /// After a compaction instructions and notes count as they stand on disk: what follows is paid anew in any case.
    pub(super) fn reread(&mut self) {
        let Some(scan) = self.stage.shelf.scan.clone() else { return };
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            if let Ok(scanned) = tokio::task::spawn_blocking(move || scan()).await {
                let _gone = news.send(News { epoch, what: What::Reread(Box::new(scanned)) }).await;
            }
        });
    }

    pub(in crate::engine) async fn on_reread(&mut self, scanned: Scanned) {
        if self.machine.is_busy() {
            self.parts.catalog.reread = true;
            return;
        }
        let Scanned { memory, auto, .. } = scanned;
        let (known, notes) = (self.stage.memory.clone(), self.stage.shelf.auto.clone());
        self.take_notes(auto);
        if memory == known && self.stage.shelf.auto == notes {
            return;
        }
        let new = memory.iter().filter(|file| !known.contains(file)).map(|file| file.path.clone());
        let gone = known.iter().filter(|file| !memory.iter().any(|other| other.path == file.path));
        let mut paths: Vec<String> =
            new.chain(gone.map(|file| file.path.clone())).map(|path| path.display().to_string()).collect();
        paths.extend((self.stage.shelf.auto != notes).then(|| "the model's own notes".to_owned()));
        self.stage.memory = memory;
        self.parts.catalog.stale.clear();
        self.renew_prefix("the instructions were read again after the compaction");
        let text = format!("After the compaction the model reads what changed on disk: {}.", paths.join(", "));
        self.notice(Notice::info(text)).await;
        self.tell(Event::Live(Live::Info(Box::new(self.start_info())))).await;
    }

    /// Switches the model's own notes on or off, from the next start on.
    pub(super) async fn switch_notes(&mut self) {
        let Some(save) = self.stage.shelf.save.clone() else { return };
        let on = self.stage.shelf.auto.is_none();
        let word = if on { "on" } else { "off" };
        let notice = match save(super::AUTO, &on.into()) {
            Ok(file) => {
                Notice::info(format!("The model's own notes are {word} from the next start on ({}).", file.display()))
            }
            Err(problem) => Notice::warning(format!("The model's own notes stay as they are: {problem}.")),
        };
        self.notice(notice).await;
    }

    /// Makes the prefix anew, because the person changed what it says.
    pub(super) fn renew_prefix(&mut self, why: &str) {
        self.machine.set_prefix(opening::prefix(&self.setup, &self.stage), why);
    }
}

/// What the model is told of skills that came, changed or went.
fn changes(known: &[CommandFile], now: &[CommandFile]) -> Vec<String> {
    let rows = |files: &[CommandFile]| -> Vec<(String, String)> {
        files.iter().filter(|file| file.is_listed()).map(|file| (file.name.clone(), file.line())).collect()
    };
    let (before, after) = (rows(known), rows(now));
    let new = after.iter().filter(|row| !before.contains(row)).map(|(_, line)| line.clone());
    let gone = before.iter().filter(|(name, _)| !after.iter().any(|(other, _)| other == name));
    new.chain(gone.map(|(name, _)| format!("- {name} is gone"))).collect()
}
