//! Rename: worked out by the server before anybody is asked, judged as a change of every file that it touches, shown as
//! the very change that is then made.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::super::driver::{Driver, News, What};
use super::tool::PATIENCE;
use super::{Heard, told};
use crate::base::paths;
use crate::domain::{Access, Action, Decision, PathMode, PathUse, Shown, ToolCall, ToolOutcome, ToolSpec};
use crate::lsp::{Answer, Operation, Question, Rewrite};
use crate::tools::{self, Place, Tool, ToolContext, describe, read_input};

/// Renames that are remembered.
const PLANNED: usize = 64;
/// The tool's name.
pub(in crate::engine) const RENAME: &str = "Rename";

/// What a rename would do; or why it cannot be done, a sentence for the model.
pub(in crate::engine) type Planned = Result<Arc<Vec<Rewrite>>, String>;

#[derive(Debug)]
pub(super) struct Rename;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RenameInput {
    /// Absolute path.
    file_path: String,
    line: u32,
    character: u32,
    new_name: String,
}

impl RenameInput {
    fn question(&self, place: &Place) -> Result<Question, String> {
        if self.line == 0 || self.character == 0 || self.new_name.trim().is_empty() {
            return Err("`line` and `character` are counted from 1, and `newName` must not be empty.".to_owned());
        }
        Ok(Question {
            operation: Operation::Rename,
            path: paths::absolute(&place.cwd, &self.file_path),
            line: self.line,
            character: self.character,
            query: String::new(),
            new_name: self.new_name.clone(),
        })
    }
}

impl Tool for Rename {
    fn spec(&self) -> ToolSpec {
        describe::<RenameInput>(RENAME, include_str!("../../../assets/languages/rename.md"))
    }

    /// Before it is worked out: the file that it starts from.
    fn access(&self, input: &Value, place: &Place) -> Result<Access, String> {
        let input: RenameInput = read_input(RENAME, input)?;
        let question = input.question(place)?;
        let read = PathUse { path: question.path.clone(), mode: PathMode::Read };
        let mut access = Access::edit(question.path);
        access.paths.push(read);
        Ok(access)
    }

    fn run(&self, _: Value, _: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        Box::pin(async { ToolOutcome::error("The rename was not worked out, so nothing was done.") })
    }
}

impl Driver {
    /// Begins to work a rename out, if the call is one that is not denied as it stands. True when the judgement waits.
    pub(in crate::engine) fn plans_rename(&mut self, call: &ToolCall) -> bool {
        let Some(host) = self.parts.languages.host.clone() else { return false };
        if call.name != RENAME || call.invalid().is_some() || self.parts.languages.planned.contains_key(&call.id) {
            return false;
        }
        let input = read_input::<RenameInput>(RENAME, &call.input);
        let question = input.and_then(|input| input.question(&self.stage.place));
        let Ok(mut question) = question else { return false };
        if self.verdict(call).decision == Decision::Deny {
            return false;
        }
        question.path = paths::facts(&question.path).0;
        let (news, epoch, call) = (self.news.clone(), self.epoch, call.clone());
        tokio::spawn(async move {
            let planned = match host.ask(&question, PATIENCE).await {
                Ok(Answer::Rewrites(rewrites)) if !rewrites.is_empty() => Ok(Arc::new(rewrites)),
                Ok(_) => Err("There is nothing to rename at this place.".to_owned()),
                Err(problem) => Err(problem),
            };
            let what = What::Language(Box::new(Heard::Planned { call, planned }));
            let _gone = news.send(News { epoch, what }).await;
        });
        true
    }

    pub(super) async fn on_planned(&mut self, call: ToolCall, planned: Planned) {
        // The turn may have been stopped meanwhile.
        if self.machine.call(&call.id).is_none() {
            return;
        }
        let all = &mut self.parts.languages.planned;
        if all.len() >= PLANNED {
            all.clear();
        }
        all.insert(call.id.clone(), planned);
        self.judge(call).await;
        self.work_inbox().await;
    }

    /// What a rename touches: every file that it changes.
    pub(in crate::engine) fn rename_access(&self, call: &ToolCall, first: Access) -> Result<Access, String> {
        match self.parts.languages.planned.get(&call.id) {
            None => Ok(first),
            Some(Err(problem)) => Err(problem.clone()),
            Some(Ok(rewrites)) => {
                let write = |rewrite: &Rewrite| PathUse { path: rewrite.path.clone(), mode: PathMode::Write };
                let read = |rewrite: &Rewrite| PathUse { path: rewrite.path.clone(), mode: PathMode::Read };
                let paths = rewrites.iter().map(write).chain(rewrites.iter().map(read)).collect();
                Ok(Access { paths, ..Access::of(Action::Edit) })
            }
        }
    }

    /// The change as the person sees it.
    pub(in crate::engine) fn preview_rename(&self, call: &ToolCall) -> Option<Shown> {
        let rewrites = self.parts.languages.planned.get(&call.id)?.as_ref().ok()?;
        let project = &self.stage.place.project;
        let diff =
            |rewrite: &Rewrite| tools::compare(&told(&rewrite.path, project), Some(&rewrite.before), &rewrite.after);
        Some(Shown::Diff(rewrites.iter().map(diff).collect()))
    }

    /// Makes the change.
    pub(in crate::engine) fn run_rename(
        &self,
        call: &ToolCall,
        context: &ToolContext,
    ) -> Option<BoxFuture<'static, ToolOutcome>> {
        let rewrites = self.parts.languages.planned.get(&call.id)?.clone().ok()?;
        let files: Vec<(PathBuf, String, String)> =
            rewrites.iter().map(|file| (file.path.clone(), file.before.clone(), file.after.clone())).collect();
        let places: usize = rewrites.iter().map(|file| file.places).sum();
        let context = context.clone();
        Some(Box::pin(async move {
            let mut outcome = tools::rewrite(files, context).await;
            if !outcome.is_error {
                outcome.summary = format!("{places} places, {}", outcome.summary);
            }
            outcome
        }))
    }
}
