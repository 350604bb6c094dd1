//! What the face asks for: a table of contents, the longer answers in files of their own.

use std::path::PathBuf;
use std::sync::Arc;

use super::driver::{Driver, News, What};
use super::files;
use super::hooks::Pending;
use super::library::write_new;
use crate::agent::Input;
use crate::domain::{Effort, Live, ModelRef, Notice, Request};
use crate::session;

impl Driver {
    pub(super) async fn on_request(&mut self, request: Request) {
        let Some(request) = self.hold(request).await else { return };
        match request {
            Request::Prompt(input) => self.on_prompt(input).await,
            Request::RunCommand { name, arguments } => {
                if self.can_save(format!("/{name} {arguments}").trim_end()).await {
                    self.submit(Pending::Command { name, arguments }).await;
                }
            }
            Request::Shell(command) => {
                if self.can_save(&format!("!{command}")).await {
                    self.run_shell(command);
                }
            }
            Request::Interrupt => self.on_interrupt().await,
            Request::RetryNow => self.feed(Input::RetryNow).await,
            Request::Answer { ask, answer } => {
                self.agree_by_answer(ask, &answer).await;
                self.feed(Input::Answered { ask, answer }).await;
            }
            Request::Kill { call_id } => self.feed(Input::Kill { call_id }).await,
            Request::EditQueued { id, text } => self.on_edit_queued(id, text).await,
            Request::SetMode(mode) => {
                let mode = self.stage.child.as_ref().map_or(mode, |child| child.mode(mode, &self.stage.modes));
                self.parts.classifier.resume();
                self.feed(Input::SetMode(mode)).await;
            }
            Request::SetModel { model, effort } => self.on_set_model(model, effort).await,
            Request::SetTitle(title) => self.feed(Input::SetTitle(title)).await,
            Request::Clear => self.start_new().await,
            Request::Compact { focus } => self.feed(Input::Compact { focus }).await,
            Request::Resume(id) => self.resume(id, "resume").await,
            Request::ListSessions(scope) => self.list_sessions(scope),
            Request::PreviewSession(id) => self.preview_session(id),
            Request::ListFiles => self.list_files(),
            Request::ListModels => self.list_models(),
            Request::ReportContext => self.report_context(),
            Request::Context(request) => self.on_context(request).await,
            Request::Hook(request) => self.on_hook_request(request).await,
            Request::Files(request) => self.on_files(request).await,
            Request::Server(request) => self.on_server_request(request).await,
            Request::Language(request) => self.on_language_request(request).await,
            Request::Save(path) => self.save(path).await,
            Request::Rehearse => self.rehearse().await,
            Request::AnswerFolder(answer) => self.on_folder_answer(answer).await,
            Request::ListRules => self.report_rules().await,
            Request::TestRule { rule, call_id } => self.test_rule(rule, call_id),
            Request::AddRule { tier, rule, place } => self.add_rule(tier, rule, place).await,
            Request::RemoveRule { tier, rule, source } => self.remove_rule(tier, rule, source).await,
            Request::Money(request) => self.on_money(request).await,
            Request::Team(request) => self.on_team(request).await,
            Request::ShowFolder => self.show_folder().await,
            Request::Library(request) => self.on_library(request).await,
            Request::Catalog(request) => self.on_catalog(request).await,
            Request::Shutdown => self.closed = true,
        }
    }

    async fn on_interrupt(&mut self) {
        for (id, running) in &self.running {
            if id.starts_with("shell-") {
                running.cancel.cancel();
            }
        }
        self.hooking.stop();
        self.parts.classifier.stop();
        self.end_answer().await;
        self.drop_visits().await;
        self.feed(Input::Interrupt).await;
    }

    async fn on_edit_queued(&mut self, id: u32, text: String) {
        if text.trim().is_empty() {
            self.feed(Input::EditQueued { id, prompt: None }).await;
        } else {
            self.submit(Pending::Edit { id, text }).await;
        }
    }

    async fn on_set_model(&mut self, model: ModelRef, effort: Option<Effort>) {
        if !self.switch_is_dear(&model, effort).await && !self.switch_waits(&model, effort) {
            self.switch_model(model, effort).await;
        }
    }

    pub(super) async fn switch_model(&mut self, model: ModelRef, effort: Option<Effort>) {
        let (from, to) = (self.machine.model().map(|(model, _)| model.id.clone()), model.id.clone());
        let info = self.setup.table.find(&model.id).unwrap_or_else(|| crate::domain::ModelInfo::unknown(&model.id));
        let info = Arc::new(info);
        self.stage.model = Some((model.clone(), Arc::clone(&info)));
        self.feed(Input::SetModel { model, info, effort }).await;
        let info = Box::new(self.start_info());
        self.tell(crate::domain::Event::Live(Live::Info(info))).await;
        self.model_switched(from.as_deref(), &to);
    }

    fn list_files(&self) {
        let root = self.stage.place.cwd.clone();
        let unseen = self.unseen();
        let mut all = self.mentionable_resources();
        self.beside(move || {
            all.splice(0..0, files::list(&root, &unseen));
            Live::Files(Arc::new(all))
        });
    }

    fn list_models(&mut self) {
        let Some((model, _)) = self.stage.model.clone() else {
            let tell = Live::Models(Vec::new());
            return self.beside(move || tell);
        };
        let table = self.setup.table.clone();
        let connected = (self.stage.connect)(&model);
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let mut models: Vec<(ModelRef, crate::domain::ModelInfo)> = Vec::new();
            if let Ok(provider) = connected
                && let Ok(served) = provider.models().await
            {
                models.extend(served.into_iter().map(|info| {
                    let known = table.find(&info.id).unwrap_or(info.clone());
                    (ModelRef::new(model.wire, info.id), known)
                }));
            }
            for info in table.list_for(model.wire) {
                if !models.iter().any(|(known, _)| known.id == info.id) {
                    models.push((ModelRef::new(model.wire, info.id.clone()), info.clone()));
                }
            }
            let _gone = news.send(News { epoch, what: What::Tell(Live::Models(models)) }).await;
        });
    }

    /// Writes the conversation as Markdown. A file that is there is never overwritten.
    async fn save(&mut self, path: Option<PathBuf>) {
        let path = path.unwrap_or_else(|| PathBuf::from(format!("latigo-{}.md", self.session)));
        let path = self.stage.place.cwd.join(path);
        let read = self.setup.store.read(self.session);
        let notice = match read {
            Err(error) => Notice::error(format!("The session could not be read: {error}")),
            Ok((records, _)) => match write_new(&path, &session::export::markdown(&records)) {
                Ok(()) => Notice::info(format!("The conversation was saved to {}", path.display())),
                Err(error) => Notice::error(format!("{} was not written: {error}", path.display()))
                    .hint("Name another file: /save other.md"),
            },
        };
        self.notice(notice).await;
    }

    /// Runs blocking work beside the driver and tells the face what came of it.
    pub(super) fn beside(&self, work: impl FnOnce() -> Live + Send + 'static) {
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            if let Ok(live) = tokio::task::spawn_blocking(work).await {
                let _gone = news.send(News { epoch, what: What::Tell(live) }).await;
            }
        });
    }
}
