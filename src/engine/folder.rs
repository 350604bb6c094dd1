//! The question whether the start folder is trusted. Until it is answered, nothing that the folder brings has any
//! effect, and what would start a turn waits.

use super::driver::Driver;
use super::opening;
use crate::agent::Input;
use crate::domain::{Event, FolderAnswer, FolderClaims, Live, Notice, Request};

/// Requests that wait for the answer, at most.
const HELD: usize = 64;

/// A question that is open.
#[derive(Debug)]
pub(super) struct Asking {
    claims: FolderClaims,
    /// What would start a turn or run something.
    held: Vec<Request>,
    /// What is wrong with the settings as they count without the folder's.
    notices: Vec<Notice>,
}

impl Driver {
    /// Shows what the folder would bring.
    pub(super) async fn ask_about_folder(&mut self, claims: FolderClaims, notices: Vec<Notice>) {
        self.tell(Event::Live(Live::Folder(Box::new(claims.clone())))).await;
        self.parts.asking = Some(Asking { claims, held: Vec::new(), notices });
    }

    /// Hands a request back, or keeps it until the folder's question is answered.
    pub(super) async fn hold(&mut self, request: Request) -> Option<Request> {
        let starts = matches!(request, Request::Prompt(_) | Request::RunCommand { .. } | Request::Shell(_));
        match &mut self.parts.asking {
            Some(asking) if starts && asking.held.len() < HELD => {
                asking.held.push(request);
                None
            }
            Some(_) if starts => {
                self.notice(Notice::warning("The question about this folder is open; nothing more is taken.")).await;
                None
            }
            _ => Some(request),
        }
    }

    pub(super) async fn on_folder_answer(&mut self, answer: FolderAnswer) {
        let Some(Asking { claims, held, notices }) = self.parts.asking.take() else { return };
        match answer {
            FolderAnswer::Without => {
                self.tell_all(notices).await;
                let text = format!("Nothing that this folder brings is used: {}.", claims.summary());
                self.notice(Notice::info(text).hint("/trust shows it again")).await;
            }
            FolderAnswer::Trust => self.trust(&claims, notices).await,
        }
        // The probes and servers start processes, which nothing does before the answer.
        self.begin_proving();
        self.start_servers().await;
        if let Some(source) = self.hooking.unbegun.take() {
            self.session_begins(source);
            self.initial_prompt(source).await;
        } else {
            self.set_points();
            self.watch_files();
        }
        for request in held {
            Box::pin(self.on_request(request)).await;
        }
    }

    async fn trust(&mut self, claims: &FolderClaims, without: Vec<Notice>) {
        let Some(folder) = self.setup.folder.clone() else { return };
        match (folder.accept)(claims.content.clone()).await {
            Ok((stage, notices)) => {
                self.take_stage(stage).await;
                self.tell_all(notices).await;
            }
            Err(problem) => {
                self.tell_all(without).await;
                self.notice(Notice::error(format!("The folder is not trusted: {problem}."))).await;
            }
        }
    }

    /// Plays on with a new stage in the same session. Model and mode stay when the conversation has begun.
    async fn take_stage(&mut self, stage: super::Stage) {
        let begun = self.machine.conversation().counts.turn > 0;
        let (model, effort, cwd) = (self.stage.model.clone(), self.stage.effort, self.stage.place.cwd.clone());
        self.stage = stage;
        self.stage.place.cwd = cwd;
        self.machine.limit_turns(super::team::lead_turns(&self.stage));
        self.bring_hooks_again();
        if begun {
            self.stage.mode = self.machine.conversation().mode;
            if model.is_some() {
                (self.stage.model, self.stage.effort) = (model, effort);
            }
        }
        let granted = self.gate.granted();
        let (mut gate, problems) = opening::make_gate(&self.setup, &self.stage, self.session);
        gate.grant_again(granted);
        self.gate = gate;
        self.providers.clear();
        self.thaw_servers("the folder was trusted");
        for body in self.choices(self.stage.mode) {
            self.put_on_record(body).await;
        }
        self.work_inbox().await;
        let info = Box::new(self.start_info());
        self.tell(Event::Live(Live::Info(info))).await;
        self.tell_all(problems).await;
        // A call that waits for the person may be covered by a rule of the folder now.
        self.feed(Input::RulesChanged).await;
    }

    /// `/trust`: shows what the folder brings, as far as there is anything to decide.
    pub(super) async fn show_folder(&mut self) {
        let Some(folder) = self.setup.folder.clone().filter(|_| !self.stage.rehearsal) else {
            return self.notice(Notice::info("There is nothing to trust here.")).await;
        };
        let surveyed = tokio::task::spawn_blocking(move || (folder.survey)()).await;
        let Ok((claims, trusted)) = surveyed else { return };
        if claims.is_empty() {
            return self.notice(Notice::info("This folder brings nothing that needs to be trusted.")).await;
        }
        if trusted && self.stage.trusted {
            let text = format!("This folder is trusted. It brings {}.", claims.summary());
            return self.notice(Notice::info(text)).await;
        }
        if self.parts.asking.is_none() {
            self.ask_about_folder(claims, Vec::new()).await;
        }
    }
}
