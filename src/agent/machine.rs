//! The machine's state and its one entry. What each input does stands in the files beside this one.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::conversation::Conversation;
use super::later::Later;
use super::recollection::Recollection;
use super::retry::Chance;
use super::turn::{Phase, Purpose, Turn};
use super::watch::Watch;
use super::{Effect, Input, Points, Prompt, Settings};
use crate::domain::{
    Body, CanonicalRequest, ContextBody, Mode, ModelInfo, ModelRef, PrefixNote, Record, Sampling, Segment, ToolCall,
    TurnEnd,
};
use crate::prompt::{self, Anchors, Draft, Shape};

/// How full the room is when marks begin to prepare for a compaction.
const ANCHORED: f64 = 0.25;

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
    /// The provider's cache.
    pub(super) watch: Watch,
    /// Where whole outputs are kept; empty where nobody keeps them.
    pub(super) outputs: PathBuf,
    /// Changes that wait for the next compaction.
    pub(super) later: Vec<Later>,
    /// Messages that the draft of a summary stands for, while the person looks at it.
    pub(super) draft_length: Option<usize>,
    /// When the last request was sent.
    pub(super) sent_at: u64,
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
        records: impl IntoIterator<Item = &'a Record> + Clone,
    ) -> Self {
        Self::with(settings, prefix, session_key, Recollection::fold(records))
    }

    /// The same for one that remembers this.
    pub fn with(
        settings: Settings,
        prefix: Vec<Arc<Segment>>,
        session_key: String,
        Recollection { conversation, watch }: Recollection,
    ) -> Self {
        let chance = Chance::new(settings.seed);
        Self {
            settings,
            conversation,
            prefix,
            session_key,
            model: None,
            turn: None,
            waiting: HashMap::new(),
            watch,
            outputs: PathBuf::new(),
            later: Vec::new(),
            draft_length: None,
            sent_at: 0,
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
            Input::Later(later) => self.on_later(later),
            input @ (Input::AcceptSummary { .. } | Input::DiscardSummary | Input::UndoCompaction) => {
                self.on_review(input);
            }
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

    /// Puts another fixed part in place; `why` says who or what changed it. It is told on record, with its price:
    /// the record goes out with the effects of the next input.
    pub fn set_prefix(&mut self, prefix: Vec<Arc<Segment>>, why: &str) {
        let same = |(a, b): &(&Arc<Segment>, &Arc<Segment>)| a.hash == b.hash;
        let kept = self.prefix.iter().zip(&prefix).take_while(same).count();
        if kept == self.prefix.len() && kept == prefix.len() {
            return;
        }
        let (tokens, cost) = self.price_of_break(kept, self.sent_at);
        let note = changes(&self.prefix, &prefix, why);
        let begun = self.conversation.counts.request > 0;
        self.prefix = prefix;
        if begun {
            self.record(Body::Context(ContextBody::PrefixSet(PrefixNote { tokens, cost, ..note })));
        }
    }

    /// Says where whole outputs are kept.
    pub fn set_outputs(&mut self, outputs: PathBuf) {
        self.outputs = outputs;
    }

    /// The request that would be sent now, and how many of its tokens the provider's cache should serve.
    pub fn next_request(&self, now: u64) -> Option<(Arc<CanonicalRequest>, u64)> {
        let canonical = self.draft(self.first_output(), None)?;
        let read = self.watch.expect(&canonical, now).read;
        Some((canonical, read))
    }

    /// Tokens by the provider's own measure, as far as its answers taught it, for estimated ones.
    pub fn measured(&self, estimated: u64) -> u64 {
        self.watch.scaled(estimated)
    }

    /// The last answered request of the conversation.
    pub fn last_shape(&self) -> Option<&Shape> {
        self.watch.shape.as_ref()
    }

    /// The model that answers, if one is set.
    pub fn model(&self) -> Option<&(ModelRef, Arc<ModelInfo>)> {
        self.model.as_ref()
    }

    /// Puts a body on record: applied here, written and shown by the engine.
    pub(super) fn record(&mut self, body: Body) {
        self.conversation.apply(&body);
        self.watch.hear(&body);
        self.out.push(Effect::Record(body.clone()));
        self.after_record(&body);
    }

    pub(super) fn end_turn(&mut self, end: TurnEnd, now: u64) {
        let Some(turn) = self.turn.take() else { return };
        self.record(Body::TurnEnded { turn: turn.number, end });
        self.out.push(Effect::Sync);
        self.next_from_queue(now);
    }

    /// Requests of one turn, where nobody set a limit at the start.
    pub fn limit_turns(&mut self, limit: Option<u32>) {
        self.settings.max_turns = self.settings.max_turns.or(limit);
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
        let hidden = &self.conversation.view.hidden;
        let is_hidden =
            |segment: &Segment| hidden.iter().any(|(kind, label)| *kind == segment.kind && *label == segment.label);
        let prefix: Vec<Arc<Segment>> = self.prefix.iter().filter(|segment| !is_hidden(segment)).cloned().collect();
        let canonical = prompt::assemble(&Draft {
            prefix: &prefix,
            history: &history,
            model,
            info,
            sampling: self.sampling(tokens),
            session_key: &self.session_key,
            anchors: self.anchors(info),
        });
        Some(Arc::new(canonical))
    }

    /// Where marks are worth it.
    fn anchors(&self, info: &ModelInfo) -> Anchors {
        Anchors {
            lives: self.settings.lives,
            answered: self.watch.shape.as_ref().map(Shape::len),
            stable: self.stable(),
            minimum: self.watch.minimum(info),
        }
    }

    /// Where the next compaction will stop to change anything: after the first message, the folded ones, the cut ones.
    fn stable(&self) -> [Option<usize>; 2] {
        let view = &self.conversation.view;
        if view.settled == 0 && self.context_tokens() < self.mark(ANCHORED) {
            return [None, None];
        }
        [view.folded.max(1), view.settled].map(|count| (count > 0).then_some(self.prefix.len() + count))
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

/// What is different between two prefixes, by name.
fn changes(before: &[Arc<Segment>], after: &[Arc<Segment>], why: &str) -> PrefixNote {
    let find = |list: &[Arc<Segment>], one: &Segment| {
        list.iter().find(|other| other.kind == one.kind && other.label == one.label).map(|other| other.hash)
    };
    let names = |list: &[Arc<Segment>], wanted: &dyn Fn(&Segment) -> bool| -> Vec<String> {
        list.iter().filter(|segment| wanted(segment)).map(|segment| segment.label.clone()).collect()
    };
    PrefixNote {
        why: why.to_owned(),
        added: names(after, &|segment| find(before, segment).is_none()),
        removed: names(before, &|segment| find(after, segment).is_none()),
        changed: names(after, &|segment| find(before, segment).is_some_and(|hash| hash != segment.hash)),
        tokens: 0,
        cost: None,
    }
}
