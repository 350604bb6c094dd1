//! The state that the records add up to. Resume is this fold; the live machine applies the same records.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::partial::Partial;
use super::recollection::line_of;
use super::view::View;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Block, Body, Effort, Message, Mode, ModelRef, MoneyBody, Queued, Record, ResponseNote, Role, Segment, StopReason,
    Task, TeamBody, Todo, ToolCall, ToolResult, TurnEnd, Usage,
};
use crate::prompt;

/// What a conversation is at one moment. Its serialised form is for a snapshot that can be thrown away.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Conversation {
    /// The messages as they are sent, sealed once.
    #[serde(with = "super::keep")]
    pub history: Vec<Arc<Segment>>,
    /// Calls of the newest answer that have no joined results yet, in the model's order.
    pub open: Vec<ToolCall>,
    /// Results of open calls.
    pub results: HashMap<String, ToolResult>,
    /// Calls that were started.
    pub started: HashSet<String>,
    /// Output of the person's own commands, to join the next prompt.
    pub shell: Vec<String>,
    /// Texts of others, to join the next message.
    pub context: Vec<String>,
    pub queue: Vec<Queued>,
    pub todos: Vec<Todo>,
    pub tasks: Vec<Task>,
    /// Answers since the list of either kind was last changed.
    pub untended: u32,
    pub mode: Mode,
    pub model: Option<ModelRef>,
    pub effort: Option<Effort>,
    pub cwd: Option<PathBuf>,
    /// A turn that has begun and not ended.
    pub turn: Option<u32>,
    pub counts: Counts,
    /// The open turn's prompt, as long as nothing has answered it.
    asked: Option<Asked>,
    /// The answer that streams now, or that streamed when the log ended.
    pub(super) partial: Option<Partial>,
    /// Usage of the newest answer, and the history's length after it.
    pub measured: Option<(Usage, usize)>,
    /// What was cut, folded, pinned and taken out.
    pub view: View,
}

/// A prompt that may have to be taken back: its place, and what joined it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    at: usize,
    shell: Vec<String>,
    context: Vec<String>,
}

/// The highest numbers given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub turn: u32,
    pub request: u32,
    pub ask: u32,
    pub queued: u32,
}

impl Conversation {
    /// Folds a whole log.
    pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let records: Vec<&Record> = records.into_iter().collect();
        let line = line_of(records.iter().copied());
        let mut conversation = Self::default();
        for (place, record) in (0..).zip(records) {
            conversation.take(&record.body, line.as_ref().is_none_or(|line| line.holds(place)));
        }
        conversation
    }

    /// Takes in the body of a record, which is part of the conversation or was taken back.
    pub(super) fn take(&mut self, body: &Body, counts: bool) {
        if counts {
            self.apply(body);
        } else {
            self.pass_by(body);
        }
    }

    /// Applies one record. The match is a table of contents.
    pub fn apply(&mut self, body: &Body) {
        match body {
            Body::Prompted { turn, message, .. } => self.prompted(*turn, message),
            Body::RequestSent(note) => {
                self.counts.request = self.counts.request.max(note.request);
                self.partial = Some(Partial::new(note.clone()));
            }
            Body::Responded(note) => self.responded(note),
            Body::CallStarted { call_id } => drop(self.started.insert(call_id.clone())),
            Body::CallDone { result, .. } => {
                self.view.number(&result.call_id);
                self.results.insert(result.call_id.clone(), result.clone());
            }
            Body::ResultsJoined { calls, extra } => self.joined(calls, extra),
            Body::Asked { ask, .. } => self.counts.ask = self.counts.ask.max(*ask),
            Body::ShellRan { command, output, exit } => self.shell.push(shell_text(command, output, *exit)),
            Body::QueueSet { queue } => {
                self.counts.queued = queue.iter().map(|queued| queued.id).fold(self.counts.queued, u32::max);
                self.queue.clone_from(queue);
            }
            Body::TodosSet { .. } | Body::Team(TeamBody::TasksSet { .. }) => self.listed(body),
            Body::ModeSet { mode } => self.mode = *mode,
            Body::ModelSet { model, effort } => {
                self.model = Some(model.clone());
                self.effort = *effort;
            }
            Body::SessionStarted { cwd, .. } | Body::Resumed { cwd, .. } | Body::CwdSet { cwd } => {
                self.cwd = Some(cwd.clone());
            }
            Body::Money(money) => self.of_money(money),
            Body::TurnEnded { end, .. } => self.turn_ended(end),
            Body::Cleared => {
                self.history.clear();
                self.measured = None;
                self.view = View::default();
                self.todos.clear();
            }
            Body::Compacted { summary, kept, .. } => self.compacted(summary, *kept as usize),
            Body::Trimmed { calls, .. } => self.trimmed(calls),
            Body::Context(body) => self.on_context(body),
            Body::ContextAdded { from, text } => self.context.push(prompt::wrap(&format!("{from} says:\n{text}"))),
            Body::Delta { .. } | Body::Judged { .. } | Body::BlockDone { .. } => self.streamed(body),
            Body::RequestFailed { .. } => self.partial = None,
            Body::TitleSet { .. }
            | Body::Decided { .. }
            | Body::CallOutput { .. }
            | Body::CacheBroken(_)
            | Body::RuleAdded { .. }
            | Body::HookRan(_)
            | Body::CallChanged { .. }
            | Body::Team(_)
            | Body::Noticed(_)
            | Body::Classified(_)
            | Body::Files(_)
            | Body::Catalog(_)
            | Body::Library(_)
            | Body::Confined { .. } => {}
        }
    }

    /// The list of what is to be done, of either kind.
    fn listed(&mut self, body: &Body) {
        self.untended = 0;
        match body {
            Body::TodosSet { todos } => self.todos.clone_from(todos),
            Body::Team(TeamBody::TasksSet { tasks }) => self.tasks.clone_from(tasks),
            _ => {}
        }
    }

    /// What the log tells of an answer while it streams.
    fn streamed(&mut self, body: &Body) {
        let Some(partial) = &mut self.partial else { return };
        match body {
            Body::Delta { request, block, kind, text } => partial.grow(*request, *block, kind.as_ref(), text),
            Body::Judged { call_id, .. } => partial.judged(call_id),
            Body::BlockDone { request, block, content } => partial.seal(*request, *block, content.clone()),
            _ => {}
        }
    }

    /// Open calls that have no result.
    pub fn unanswered(&self) -> impl Iterator<Item = &ToolCall> {
        self.open.iter().filter(|call| !self.results.contains_key(&call.id))
    }

    /// Estimated tokens of the history from a message on.
    pub fn tokens_from(&self, index: usize) -> u64 {
        self.history.iter().skip(index).map(|segment| u64::from(segment.tokens)).sum()
    }

    fn prompted(&mut self, turn: u32, message: &Arc<Message>) {
        self.counts.turn = self.counts.turn.max(turn);
        let (shell, context) = (std::mem::take(&mut self.shell), std::mem::take(&mut self.context));
        // A turn that goes on has been answered before.
        let begins = self.turn.replace(turn) != Some(turn);
        self.asked = begins.then_some(Asked { at: self.history.len(), shell, context });
        self.push("you", Arc::clone(message));
    }

    fn of_money(&mut self, body: &MoneyBody) {
        match body {
            MoneyBody::Served(served) => self.counts.request = self.counts.request.max(served.request),
            MoneyBody::Discarded => self.discarded(),
            _ => {}
        }
    }

    /// The last question and its answer never were.
    fn discarded(&mut self) {
        let answers = |segment: &Arc<Segment>, role| segment.as_message().is_some_and(|message| message.role == role);
        let two = self.history.len().saturating_sub(2);
        if let [question, answer] = &self.history[two..]
            && answers(question, Role::User)
            && answers(answer, Role::Assistant)
        {
            self.history.truncate(two);
            self.measured = self.measured.filter(|(_, length)| *length <= two);
        }
    }

    /// Results that no answer of the conversation asks for (of a declined answer) end with the turn.
    fn turn_ended(&mut self, end: &TurnEnd) {
        // What never got an answer is taken back, so that the next prompt does not stand behind it.
        if let Some(asked) = self.asked.take()
            && matches!(end, TurnEnd::Failed { .. })
            && asked.at + 1 == self.history.len()
        {
            self.history.pop();
            self.shell.splice(0..0, asked.shell);
            self.context.splice(0..0, asked.context);
        }
        self.turn = None;
        self.partial = None;
        if self.open.is_empty() {
            self.results.clear();
            self.started.clear();
        }
    }

    fn responded(&mut self, note: &ResponseNote) {
        self.untended = self.untended.saturating_add(1);
        self.partial = None;
        let declined = matches!(note.stop, StopReason::Refusal { .. });
        if !note.message.blocks.is_empty() && !declined {
            // It was answered, whatever becomes of the turn: a place counted before a compaction may hold results now.
            self.asked = None;
            self.open = note.message.calls().cloned().collect();
            self.push("answer", Arc::clone(&note.message));
        }
        if !note.estimated {
            self.measured = Some((note.usage, self.history.len()));
        }
    }

    fn joined(&mut self, calls: &[String], extra: &[Block]) {
        let mut blocks: Vec<Block> =
            calls.iter().filter_map(|id| self.results.remove(id)).map(Block::ToolResult).collect();
        if !extra.is_empty() {
            // Whoever joins something to the results joins what waited with it.
            self.context.clear();
        }
        blocks.extend(extra.iter().cloned());
        self.open.retain(|call| !calls.contains(&call.id));
        for id in calls {
            self.started.remove(id);
        }
        if !blocks.is_empty() {
            self.push("results", Arc::new(Message { role: Role::User, blocks, by: None }));
        }
    }

    fn trimmed(&mut self, calls: &[String]) {
        let calls: HashSet<&str> = calls.iter().map(String::as_str).collect();
        for segment in &mut self.history {
            let Some(message) = segment.as_message() else { continue };
            if let Some(changed) = with_stubs(message, &calls) {
                *segment = Arc::new(Segment::message(segment.label.clone(), Arc::new(changed)));
            }
        }
        self.measured = None;
    }

    fn push(&mut self, label: &str, message: Arc<Message>) {
        self.view.said();
        self.history.push(Arc::new(Segment::message(label, message)));
    }
}

fn with_stubs(message: &Message, calls: &HashSet<&str>) -> Option<Message> {
    let hit = |block: &Block| matches!(block, Block::ToolResult(result) if calls.contains(result.call_id.as_str()));
    if !message.blocks.iter().any(hit) {
        return None;
    }
    let blocks = message.blocks.iter().map(|block| match block {
        Block::ToolResult(result) if calls.contains(result.call_id.as_str()) => {
            let text = "[This output was taken out of the context to save room. Run the call again if needed.]";
            Block::ToolResult(ToolResult::text(result.call_id.clone(), text, result.is_error))
        }
        other => other.clone(),
    });
    Some(Message { role: message.role, blocks: blocks.collect(), by: message.by.clone() })
}

fn shell_text(command: &str, output: &str, exit: Option<i32>) -> String {
    let exit = match exit {
        Some(0) => String::new(),
        Some(code) => format!("\n(exit {code})"),
        None => "\n(stopped)".to_owned(),
    };
    format!("The user ran a command in the shell:\n$ {command}\n{output}{exit}")
}
