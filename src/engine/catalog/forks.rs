//! Skills that run in a sub-agent of their own (`context: fork`).

use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::super::driver::{Driver, News, What};
use super::fill::Filled;
use crate::agent::Input;
use crate::domain::{Body, CommandFile, Notice, RuleScope, RuleSource, RuleTier, ToolCall, ToolOutcome};
use crate::engine::team::Fork;

impl Driver {
    /// Uses such a skill for the model: its text first, beside the driver, then the sub-agent.
    pub(super) async fn fork_for_model(
        &mut self,
        call: ToolCall,
        file: CommandFile,
        arguments: String,
        cancel: CancellationToken,
    ) {
        let parts = self.marked(&file, &arguments);
        let filling = match self.fill(parts, &call.id, &cancel).await {
            Ok(filling) => filling,
            Err(problem) => return self.on_fork_filled(call, &file, Err(problem)),
        };
        self.note_used(&file, &arguments, true).await;
        if filling.is_ready() {
            let text = filling.run().await;
            return self.on_fork_filled(call, &file, text);
        }
        self.keep_cancel(&call.id, cancel);
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let (text, id) = (filling.run().await, call.id.clone());
            let filled = Box::new(Filled { file, arguments, text, id, by: Some(call) });
            let _gone = news.send(News { epoch, what: What::Filled(filled) }).await;
        });
    }

    /// The text is complete: the call becomes that of a sub-agent.
    pub(super) fn on_fork_filled(&mut self, call: ToolCall, file: &CommandFile, text: Result<String, String>) {
        let context = self.context(&call.id, |call_id, text| What::Output { call_id, text });
        let stopped = self.running.remove(&call.id).is_some_and(|running| running.cancel.is_cancelled());
        let work = match text {
            _ if stopped => Err("Interrupted before it was done.".to_owned()),
            Err(problem) => Err(format!("The skill {} was not loaded: {problem}", file.name)),
            Ok(text) => self.hand_over(&fork_of(file, text, self.stage.trusted), &call, &context),
        };
        let work = work.unwrap_or_else(|problem| std::future::ready(ToolOutcome::error(problem)).boxed());
        let ways = (context.cancel.clone(), context.detach.clone());
        self.start_work(call, ways, work);
    }

    /// Uses such a skill for the person. Its answer comes into the conversation when it is there.
    pub(super) async fn fork_for_person(&mut self, file: &CommandFile, text: String) {
        let id = format!("skill-{}", uuid::Uuid::new_v4().simple());
        let call = ToolCall { id: id.clone(), name: super::SKILL.to_owned(), input: serde_json::json!({}) };
        let context = self.context(&id, |call_id, text| What::Output { call_id, text });
        let fork = Fork { alone: true, ..fork_of(file, text, self.stage.trusted) };
        if let Err(problem) = self.hand_over(&fork, &call, &context) {
            return self.not_used(file, &problem).await;
        }
        let text = format!("/{} works in the sub-agent {}; its answer comes here.", file.name, fork.kind);
        let notice = Notice::info(text).hint("/agents shows what it does");
        self.feed(Input::Note(Body::Noticed(notice))).await;
    }
}

fn fork_of(file: &CommandFile, text: String, trusted: bool) -> Fork {
    let source = RuleSource { scope: RuleScope::Session, file: Some(file.path.display().to_string()), line: None };
    let allowed = file.traits.allowed_tools.iter().filter(|_| trusted).map(|rule| (RuleTier::Allow, rule.clone()));
    let denied = file.traits.disallowed_tools.iter().map(|rule| (RuleTier::Deny, rule.clone()));
    Fork {
        kind: file.traits.agent.clone().unwrap_or_default(),
        task: file.name.clone(),
        prompt: text,
        model: file.traits.model.clone(),
        effort: file.traits.effort,
        rules: allowed.chain(denied).map(|(tier, rule)| (tier, rule, source.clone())).collect(),
        beside: !file.traits.waits,
        alone: false,
    }
}
