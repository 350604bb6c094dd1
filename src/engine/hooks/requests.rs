//! What the face asks of hooks: the list, a trial on a recorded event, a folder more.

use std::path::PathBuf;

use super::super::driver::{Driver, News, What};
use crate::base::paths;
use crate::domain::{Body, Event, HookEntry, HookNews, HookRequest, HookState, HookTrial, Live, Notice, Report};
use crate::hooks::events::place;
use crate::hooks::{self, Desk, Event as Name, Hook};

impl Driver {
    pub(in crate::engine) async fn on_hook_request(&mut self, request: HookRequest) {
        match request {
            HookRequest::Report => {
                // A secret value of a plugin may stand in a command.
                let clean =
                    |entry: HookEntry| HookEntry { hook: self.setup.secrets.text(&entry.hook).into_owned(), ..entry };
                let entries = self.stage.hooks.entries(self.stage.trusted).into_iter().map(clean).collect();
                self.tell(Event::Live(Live::Report(Box::new(Report::Hooks(entries))))).await;
            }
            HookRequest::Try(trial) => match self.trial(&trial) {
                Ok(hook) => self.try_hook(hook, *trial),
                Err(why) => self.tell(Event::Live(Live::Hook(HookNews::Untried(why)))).await,
            },
            HookRequest::AddFolder(folder) => self.add_folder(folder).await,
            HookRequest::TellBegun => self.tell_begun().await,
        }
    }

    /// The hook of a trial. The error says why it cannot run.
    fn trial(&self, trial: &HookTrial) -> Result<Hook, String> {
        let all = self.stage.hooks.hooks.iter();
        let mut same = all.filter(|hook| hook.event.name() == trial.event && hook.source == trial.source);
        let hook = same.find(|hook| hook.handler.label() == trial.hook);
        let hook = hook.ok_or_else(|| "this hook does not stand in the settings any more".to_owned())?;
        match self.stage.hooks.state(hook, self.stage.trusted) {
            HookState::Runs => {}
            HookState::WaitsForTrust => return Err("it waits until the folder is trusted".to_owned()),
            HookState::Off(why) => return Err(why),
        }
        if serde_json::from_str::<serde_json::Value>(&trial.input).is_err() {
            return Err("the recorded event is too long to be on record whole".to_owned());
        }
        Ok(hook.clone())
    }

    /// Runs it beside the session. Nothing acts on its answer.
    fn try_hook(&self, hook: Hook, trial: HookTrial) {
        let file = tempfile::NamedTempFile::new().ok();
        let desk = self.desk(std::slice::from_ref(&hook));
        let desk = Desk { env_file: file.as_ref().map(|file| file.path().to_path_buf()), ..desk };
        let (news, epoch, secrets) = (self.news.clone(), self.epoch, self.setup.secrets.clone());
        tokio::spawn(async move {
            let run = hooks::rerun(hook, trial.input, &desk).await.record();
            drop(file);
            let tried = Live::Hook(HookNews::Tried(Box::new(secrets.value(run))));
            let _gone = news.send(News { epoch, what: What::Tell(tried) }).await;
        });
    }

    /// A folder belongs to the session from now on, for reading and, where edits are allowed, for writing.
    async fn add_folder(&mut self, folder: PathBuf) {
        let folder = match folder.strip_prefix("~") {
            Ok(rest) => self.setup.home.join(rest),
            Err(_) => paths::absolute(&self.stage.place.cwd, &folder.to_string_lossy()),
        };
        if !folder.is_dir() {
            let text = format!("{} is no folder.", folder.display());
            return self.notice(Notice::warning(text)).await;
        }
        let place = &mut self.stage.place;
        if folder.starts_with(&place.project) || place.added.iter().any(|added| folder.starts_with(added)) {
            let text = format!("{} belongs to the session already.", folder.display());
            return self.notice(Notice::info(text)).await;
        }
        place.added.push(folder.clone());
        let text =
            format!("{} belongs to this session now: it may be read, and edited as the project is.", folder.display());
        self.feed(crate::agent::Input::Note(Body::Noticed(Notice::info(text)))).await;
        if self.hooked(Name::DirectoryAdded) {
            self.tell_hooks(place::added(&folder, "slash_command"));
        }
        self.feed(crate::agent::Input::RulesChanged).await;
    }
}
