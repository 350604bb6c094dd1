//! The machine's state and its one entry. What each input does stands in the files beside this one.

use std::collections::HashMap;
use std::sync::Arc;

use super::conversation::Conversation;
use super::retry::Chance;
use super::turn::{Phase, Purpose, Turn};
use super::{Effect, Input, Points, Prompt, Settings};
use crate::domain::{Body, CanonicalRequest, Mode, ModelInfo, ModelRef, Record, Sampling, Segment, ToolCall, TurnEnd};
use crate::prompt::{self, Draft, Shape};

/// The agent of one session.
#[derive(Debug)]
pub struct Machine {
    pub(super) settings: Settings,
    pub(super) conversation: Conversation,
    /// Tools, system text and memory, frozen for the session.
    pub(super) prefix: Vec<Arc<Segment>>,
    pub(super) session_key: String,
    pub(super) model: Option<(ModelRef, Arc<ModelInfo>)>,
    pub(super) turn: Option<Turn>,
    /// The prepared form of the messages that wait, by their number in the queue.
    pub(super) waiting: HashMap<u32, Prompt>,
    /// The request sent last, for the diagnosis of the cache.
    pub(super) shape: Option<Shape>,
    /// When it was sent.
    pub(super) sent_at: u64,
    /// The history was shortened since then.
    pub(super) shortened: bool,
    /// The provider's cache has served or taken something in this session, so that a miss means something.
    pub(super) cache_seen: bool,
    /// A window that the provider showed to be smaller than the table says.
    pub(super) learned_window: Option<u64>,
    pub(super) chance: Chance,
    pub(super) timer: u32,
    /// Points that somebody waits at, and the number of the newest wait.
    pub(super) points: Points,
    pub(super) held: u32,
    pub(super) out: Vec<Effect>,
}

impl Machine {
    /// A machine for a session with these records so far. Call [`Machine::recover`] next when there are any.
    pub fn new<'a>(
        settings: Settings,
        prefix: Vec<Arc<Segment>>,
        session_key: String,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Self {
        let chance = Chance::new(settings.seed);
        Self {
            settings,
            conversation: Conversation::fold(records),
            prefix,
            session_key,
            model: None,
            turn: None,
            waiting: HashMap::new(),
            shape: None,
            sent_at: 0,
            shortened: false,
            cache_seen: false,
            learned_window: None,
            chance,
            timer: 0,
            points: Points::default(),
            held: 0,
            out: Vec::new(),
        }
    }

    /// Reacts to one input at the time `now` (milliseconds since 1970).
    #[must_use]
    pub fn handle(&mut self, input: Input, now: u64) -> Vec<Effect> {
        match input {
            Input::Prompt(prompt) => self.on_prompt(prompt, now),
            Input::EditQueued { id, prompt } => self.on_edit_queued(id, prompt),
            Input::Stream { request, item } => self.on_stream(request, item, now),
            Input::Judged { call_id, verdict } => self.on_judged(call_id, verdict, now),
            Input::Answered { ask, answer } => self.on_answered(ask, answer, now),
            Input::CallOutput { call_id, text } => self.record(Body::CallOutput { call_id, text }),
            Input::CallDone { call_id, outcome, duration_ms } => {
                self.on_call_done(&call_id, *outcome, duration_ms, now);
            }
            Input::Timer(timer) => self.on_timer(Some(timer), now),
            Input::RetryNow => self.on_timer(None, now),
            Input::Interrupt => self.on_interrupt(now),
            Input::Kill { call_id } => self.out.push(Effect::Kill { call_id }),
            Input::SetMode(mode) => self.on_mode(mode),
            Input::SetModel { model, info, effort } => {
                self.record(Body::ModelSet { model: model.clone(), effort });
                self.model = Some((model, info));
            }
            Input::SetTitle(title) => self.record(Body::TitleSet { title }),
            Input::Compact { focus } => self.on_compact(focus, now),
            Input::ShellRan { command, output, exit } => self.record(Body::ShellRan { command, output, exit }),
            Input::RulesChanged => self.judge_questions_again(),
            Input::Note(body) => self.record(body),
            Input::Adopt(conversation) => self.adopt(*conversation),
            Input::ChangeCall { call_id, input, by } => self.on_change_call(call_id, input, by),
            Input::Released { hold, release } => self.on_released(hold, release, now),
            Input::Stop { reason } => self.on_stop(reason, now),
        }
        std::mem::take(&mut self.out)
    }

    /// Whether a turn runs.
    pub fn is_busy(&self) -> bool {
        self.turn.is_some()
    }

    /// The state that the records add up to.
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// A call of the running turn.
    pub fn call(&self, id: &str) -> Option<&ToolCall> {
        self.turn.as_ref()?.batch.call(id)
    }

    /// The fixed part of every request.
    pub fn prefix(&self) -> &[Arc<Segment>] {
        &self.prefix
    }

    /// Replaces the fixed part, because the folder was trusted. The next request pays for its cache again.
    pub fn set_prefix(&mut self, prefix: Vec<Arc<Segment>>) {
        self.prefix = prefix;
    }

    /// The model that answers, if one is set.
    pub fn model(&self) -> Option<&(ModelRef, Arc<ModelInfo>)> {
        self.model.as_ref()
    }

    /// Puts a body on record: applied here, written and shown by the engine.
    pub(super) fn record(&mut self, body: Body) {
        self.conversation.apply(&body);
        self.out.push(Effect::Record(body));
    }

    pub(super) fn end_turn(&mut self, end: TurnEnd, now: u64) {
        let Some(turn) = self.turn.take() else { return };
        self.record(Body::TurnEnded { turn: turn.number, end });
        self.out.push(Effect::Sync);
        self.next_from_queue(now);
    }

    /// What is asked of the model besides the text.
    pub(super) fn sampling(&self, tokens: u32) -> Sampling {
        Sampling { max_output: tokens, effort: self.conversation.effort, thinking: self.settings.thinking }
    }

    /// The request that the state asks for now; none without a model.
    pub(super) fn draft(&self, tokens: u32, extra: Option<Arc<Segment>>) -> Option<Arc<CanonicalRequest>> {
        let (model, info) = self.model.as_ref()?;
        let mut history = self.conversation.history.clone();
        history.extend(extra);
        let canonical = prompt::assemble(&Draft {
            prefix: &self.prefix,
            history: &history,
            model,
            info,
            sampling: self.sampling(tokens),
            session_key: &self.session_key,
            previous_len: self.shape.as_ref().map(Shape::len),
        });
        Some(Arc::new(canonical))
    }

    pub(super) fn first_output(&self) -> u32 {
        let most = self.model.as_ref().map_or(u32::MAX, |(_, info)| info.max_output);
        self.settings.first_output.min(most)
    }

    pub(super) fn begin(&mut self, number: u32, purpose: Purpose) {
        self.turn = Some(Turn::new(number, self.first_output(), purpose));
    }

    pub(super) fn is_streaming(&self) -> bool {
        matches!(self.turn.as_ref().map(|turn| &turn.phase), Some(Phase::Streaming(_)))
    }

    fn on_mode(&mut self, mode: Mode) {
        if mode == self.conversation.mode {
            return;
        }
        self.record(Body::ModeSet { mode });
        // What waits for an answer may be allowed or denied by the new mode.
        self.judge_questions_again();
    }
}
