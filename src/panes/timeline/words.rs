//! Each kind of record in a few words. Foreign text stays foreign until it is drawn.

use crate::domain::{Body, Decision, LibraryBody, Record, ToolCall, TurnEnd};

use super::moment::Moment;

/// What happened, for the line under the bar.
pub(super) fn words(record: &Record, moment: &Moment) -> String {
    let call = |id: &str| {
        let call = moment.facts.calls.find(id);
        call.map_or_else(|| "a call".to_owned(), |call| format!("{} {}", call.name, call.title))
    };
    match &record.body {
        Body::Prompted { message, typed, .. } => {
            format!("you: {}", typed.clone().unwrap_or_else(|| message.text()))
        }
        Body::RequestSent(note) => format!("request {} to {}", note.request, note.model),
        Body::Responded(note) => {
            let calls: Vec<&str> = note.message.calls().map(|call: &ToolCall| call.name.as_str()).collect();
            let said = note.message.text();
            if calls.is_empty() {
                format!("answer: {said}")
            } else {
                format!("answer with {}: {said}", calls.join(", "))
            }
        }
        Body::Judged { call_id, verdict } => {
            let word = match verdict.decision {
                Decision::Allow => "allowed",
                Decision::Ask => "to be asked",
                Decision::Deny => "denied",
            };
            format!("{word}: {} because {}", call(call_id), verdict.because.text)
        }
        Body::Asked { call_id, .. } => format!("you are asked: {}", call(call_id)),
        Body::Decided { call_id, answer, .. } => {
            format!("you said {}: {}", if answer.is_yes() { "yes" } else { "no" }, call(call_id))
        }
        Body::CallStarted { call_id } => format!("started: {}", call(call_id)),
        Body::CallDone { result, summary, .. } => {
            let word = if result.is_error { "failed" } else { "done" };
            format!("{word}: {} {summary}", call(&result.call_id))
        }
        Body::ShellRan { command, .. } => format!("you ran: {command}"),
        Body::TurnEnded { end, .. } => format!("the turn ended: {}", end_words(end)),
        body => plain(body),
    }
}

fn end_words(end: &TurnEnd) -> &'static str {
    match end {
        TurnEnd::Done => "done",
        TurnEnd::Interrupted => "interrupted",
        TurnEnd::Refused => "you said no",
        TurnEnd::TurnCap { .. } => "cap on requests",
        TurnEnd::BudgetCap => "cap on money",
        TurnEnd::Declined { .. } => "the model declined",
        TurnEnd::Failed { .. } => "failed",
        TurnEnd::Stopped { .. } => "stopped by a hook",
    }
}

/// Records that speak for themselves.
fn plain(body: &Body) -> String {
    match body {
        Body::SessionStarted { cwd, .. } => format!("the session began in {}", cwd.display()),
        Body::Resumed { .. } => "the session was opened again".to_owned(),
        Body::ModelSet { model, .. } => format!("model {model}"),
        Body::ModeSet { mode } => format!("mode {mode}"),
        Body::TitleSet { title } => format!("title: {title}"),
        Body::CwdSet { cwd } => format!("folder {}", cwd.display()),
        Body::QueueSet { queue } => format!("{} messages wait", queue.len()),
        Body::RequestFailed { error, .. } => format!("the request failed: {error}"),
        Body::ResultsJoined { calls, .. } => format!("{} results go back to the model", calls.len()),
        Body::TodosSet { todos } => format!("{} todos", todos.len()),
        Body::Cleared => "the conversation was cleared".to_owned(),
        Body::Compacted { tokens_before, tokens_after, .. } => {
            format!("compacted: {tokens_before} tokens became {tokens_after}")
        }
        Body::Trimmed { calls, .. } => format!("{} old results shortened", calls.len()),
        Body::CacheBroken(_) => "the cached prefix broke".to_owned(),
        Body::RuleAdded { rule, .. } => format!("rule added: {rule}"),
        Body::Noticed(notice) => notice.text.clone(),
        Body::Classified(note) => format!("a model judged a call: {}", note.reason),
        Body::Confined { .. } => "the call is kept in".to_owned(),
        Body::HookRan(_) => "a hook ran".to_owned(),
        Body::ContextAdded { from, .. } => format!("text for the model from {from}"),
        Body::CallChanged { by, .. } => format!("the input of a call was changed by {by}"),
        Body::Library(LibraryBody::Imported { program, .. }) => format!("imported from {program}"),
        Body::Library(LibraryBody::OnBranch { branch }) => format!("on branch {branch}"),
        Body::Library(LibraryBody::Pinned { .. } | LibraryBody::Tagged { .. }) => "marked".to_owned(),
        _ => "an event".to_owned(),
    }
}
