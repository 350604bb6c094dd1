//! Undo, redo and rewind: planned by the timeline, examined on disk, carried out, put on record.

use std::path::PathBuf;

use super::super::driver::Driver;
use super::keeping::blocking;
use crate::agent::{Conversation, Input};
use crate::domain::{Body, FileMove, FileStep, FilesBody, FilesNews, MoveKind, Notice, SkipReason, Skipped};
use crate::session::{Plan, moves};

impl Driver {
    pub(super) async fn undo(&mut self) {
        match self.parts.steps.timeline.undo() {
            Some(plan) => self.go(plan, Vec::new()).await,
            None => self.notice(Notice::info("There is nothing to undo.")).await,
        }
    }

    pub(super) async fn redo(&mut self) {
        match self.parts.steps.timeline.redo() {
            Some(plan) => self.go(plan, Vec::new()).await,
            None => self.notice(Notice::info("There is nothing to redo.")).await,
        }
    }

    pub(super) async fn rewind(&mut self, turn: u32, (files, conversation): (bool, bool), chosen: Vec<PathBuf>) {
        let Some(mut plan) = self.parts.steps.timeline.rewind(turn) else {
            return self.notice(Notice::warning("This step is not part of the conversation any more.")).await;
        };
        if !files {
            plan.files.clear();
        }
        if !conversation {
            (plan.conversation, plan.prompt) = (None, None);
        }
        let chosen = chosen.iter().map(|path| self.recorded(path)).collect();
        self.go(plan, chosen).await;
    }

    /// Carries a plan out.
    pub(super) async fn go(&mut self, plan: Plan, chosen: Vec<PathBuf>) {
        if !self.stands_still().await {
            return;
        }
        if !self.journal.is_saved() {
            let notice = Notice::warning("Nothing was taken back, because the session cannot be saved at the moment.");
            return self.notice(notice.hint("free some space and try again")).await;
        }
        let (blobs, wanted) = (self.setup.store.blobs(), plan.files.clone());
        let keeper = blobs.clone();
        let examined = blocking(move || moves::examine(&wanted, &keeper)).await.unwrap_or_default();
        if examined.is_empty() && plan.conversation.is_none() {
            return self.notice(Notice::info("The files are as they were then; there is nothing to take back.")).await;
        }
        let step = |file: &moves::Examined| FileStep {
            path: file.wanted.path.clone(),
            before: file.now.clone(),
            after: file.wanted.target.clone(),
        };
        let steps = examined.iter().filter(|file| file.skip.is_none()).map(step).collect();
        let began = FileMove { kind: plan.kind, steps, skipped: Vec::new(), conversation: plan.conversation };
        self.feed(Input::Note(Body::Files(FilesBody::MoveBegan(began)))).await;
        let synced = self.journal.sync().await;
        let outcome = blocking(move || moves::carry_out(examined, &chosen, &blobs)).await.unwrap_or_default();
        if let Err(notice) = synced {
            self.notice(notice).await;
        }
        let (steps, skipped) = (outcome.steps, outcome.skipped);
        self.moved(FileMove { kind: plan.kind, steps, skipped, conversation: plan.conversation }).await;
        if let Some(prompt) = plan.prompt {
            self.news(FilesNews::Back { prompt }).await;
        }
    }

    /// Puts on record what a move did, and goes on from there.
    pub(super) async fn moved(&mut self, step: FileMove) {
        if let Some(checkpoints) = &self.parts.steps.checkpoints {
            checkpoints.note(step.steps.iter().map(|step| step.path.as_path()));
        }
        let (moves_conversation, told) = (step.conversation.is_some(), told(&step));
        let body = Body::Files(FilesBody::Moved(step));
        self.feed(Input::Note(body)).await;
        if moves_conversation {
            self.adopt_conversation().await;
        } else if let Some(text) = told {
            self.feed(Input::Note(Body::ContextAdded { from: "Latigo".to_owned(), text })).await;
        }
        // What the model has read may be otherwise now, or not have been read any more.
        self.reads.forget_all();
        self.sync_log().await;
    }

    /// Folds the log anew, because the conversation stands elsewhere in it.
    async fn adopt_conversation(&mut self) {
        let (store, id) = (self.setup.store.clone(), self.session);
        let read = blocking(move || store.read(id)).await;
        let Some(Ok((records, _))) = read else {
            let text = "The log could not be read again, so the model still knows what was taken back.";
            return self.notice(Notice::error(text).hint("leave, and go on with latigo --continue")).await;
        };
        let before = self.machine.conversation().clone();
        let conversation = Conversation::fold(&records);
        let (todos, cwd) = (conversation.todos.clone(), conversation.cwd.clone());
        self.feed(Input::Adopt(Box::new(conversation))).await;
        if todos != before.todos {
            self.feed(Input::Note(Body::TodosSet { todos })).await;
        }
        let cwd = cwd.filter(|cwd| *cwd != self.stage.place.cwd && cwd.is_dir());
        if let Some(cwd) = cwd.filter(|cwd| cwd.starts_with(&self.stage.place.project)) {
            self.feed(Input::Note(Body::CwdSet { cwd })).await;
        }
    }

    /// What a crash cut off is put in order: changes that were not told, a move that was not finished.
    pub(in crate::engine) async fn mend_steps(&mut self) {
        let Some(checkpoints) = self.parts.steps.checkpoints.clone() else { return };
        for (call_id, turn, held) in self.parts.steps.timeline.cut_off() {
            let keeper = checkpoints.clone();
            let (steps, gaps) = blocking(move || keeper.compare(held)).await.unwrap_or_default();
            self.feed(Input::Note(Body::Files(FilesBody::Changed { call_id, turn, steps, gaps }))).await;
        }
        let Some(cut) = self.parts.steps.timeline.cut_move().cloned() else { return };
        let planned = cut.steps.clone();
        let done = blocking(move || moves::done_of(&planned)).await.unwrap_or_default();
        let rest = cut.steps.iter().filter(|step| done.iter().all(|done| done.path != step.path));
        let why = || SkipReason::Failed("the program ended before its turn came".to_owned());
        let skipped = rest.map(|step| Skipped { path: step.path.clone(), why: why() }).collect();
        self.moved(FileMove { steps: done, skipped, ..cut }).await;
    }
}

/// What the model has to know when only files were taken back.
fn told(step: &FileMove) -> Option<String> {
    if step.steps.is_empty() {
        return None;
    }
    let names: Vec<String> = step.steps.iter().take(50).map(|step| step.path.display().to_string()).collect();
    let more = step.steps.len().saturating_sub(names.len());
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    let what = match step.kind {
        MoveKind::Redo => "The user did changes of files again that had been taken back.",
        _ => "The user took changes of files back.",
    };
    Some(format!(
        "{what} These files are not as you left them; read them before you go on:\n{}{more}",
        names.join("\n")
    ))
}
