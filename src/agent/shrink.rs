//! The stages that need no model: which results and steps they cut, and whether that is worth the cache it costs.

use std::sync::Arc;

use super::Effect;
use super::machine::Machine;
use super::view::cut_result;
use crate::domain::{
    Block, Body, CompactionStage, ContextBody, ModelInfo, Role, Segment, ShrinkNote, ToolResult, weigh,
};
use crate::prompt::{self, Folding};

/// Requests that are expected to follow: what is freed now is not read again in each of them.
const HORIZON: f64 = 20.0;
/// What a token costs to write to a cache and to read from it, in input tokens, where the price is not known.
const USUAL: (f64, f64) = (1.25, 0.1);
/// Tools whose output can be had again at any time: their results go first.
const READERS: [&str; 7] = ["Read", "Grep", "Glob", "LS", "WebFetch", "WebSearch", "ToolSearch"];
/// Tokens that a result keeps whatever the room.
const LEAST: u64 = 120;

/// What a stage would do.
#[derive(Debug, Default)]
struct Plan {
    calls: Vec<String>,
    messages: usize,
    /// Estimated tokens that it frees, and the first message that it changes.
    freed: u64,
    first: Option<usize>,
}

impl Machine {
    /// CompactionStage 1: a result that is too long keeps head and tail. It has not been sent, so that no cache is lost.
    pub(super) fn reduce_results(&mut self) {
        let window = self.table_window();
        let fixed = self.fixed_tokens().min(window);
        let unseen = self.unseen();
        let new: u64 = self.results_from(unseen).map(|result| self.tokens_of(result)).sum();
        let count = self.results_from(unseen).count() as u64;
        let before = self.context_tokens().saturating_sub(new);
        let thresholds = self.settings.thresholds;
        let act = fixed + ((window - fixed) as f64 * thresholds.act) as u64;
        let cap = thresholds.result_cap(window - fixed, act.saturating_sub(before), count);
        self.reduce_to(cap);
    }

    /// The last means: what the model has not seen yet is cut until it fits.
    pub(super) fn fit_results(&mut self) {
        let unseen = self.unseen();
        let results: u64 = self.results_from(unseen).map(|result| self.tokens_of(result)).sum();
        let count = self.results_from(unseen).count() as u64;
        if count == 0 || results <= LEAST * count {
            return;
        }
        let others = self.context_tokens().saturating_sub(results);
        let room = self.window().saturating_sub(others);
        self.reduce_to((room / count).max(LEAST));
    }

    fn reduce_to(&mut self, cap: u64) {
        let unseen = self.unseen();
        let long =
            |result: &&ToolResult| self.tokens_of(result) > cap && !self.conversation.view.is_pinned(&result.call_id);
        let calls: Vec<String> = self.results_from(unseen).filter(long).map(|result| result.call_id.clone()).collect();
        if !calls.is_empty() {
            let plan = Plan { calls, ..Plan::default() };
            self.shrink(CompactionStage::Reduce, plan, self.estimated(cap));
        }
    }

    /// Stages 2 to 4, each only as far as it takes to come down to the target.
    pub(super) fn shrink_history(&mut self, must: bool, warm: bool) {
        let target = self.mark(self.settings.thresholds.target);
        for stage in [CompactionStage::Snip, CompactionStage::Micro, CompactionStage::Collapse] {
            if self.context_tokens() <= target {
                return;
            }
            let plan = match stage {
                CompactionStage::Collapse => self.plan_collapse(),
                _ => self.plan_cuts(stage, target),
            };
            if plan.first.is_some() && (must || self.is_worth(&plan, warm)) {
                self.shrink(stage, plan, 0);
            }
        }
    }

    /// A part of the room, in tokens.
    pub(super) fn share(&self, part: f64) -> u64 {
        (self.window() as f64 * part) as u64
    }

    /// A mark in the room that the conversation has beside tools, system text and instructions, counted from 0.
    pub(super) fn mark(&self, part: f64) -> u64 {
        let fixed = self.fixed_tokens().min(self.window());
        fixed + ((self.window() - fixed) as f64 * part) as u64
    }

    /// Tokens of tools, system text and instructions.
    pub(super) fn fixed_tokens(&self) -> u64 {
        self.watch.scaled(self.prefix.iter().map(|segment| u64::from(segment.tokens)).sum())
    }

    /// The first message that the model has not seen: what follows its last answer.
    fn unseen(&self) -> usize {
        let answer =
            |segment: &Arc<Segment>| segment.as_message().is_some_and(|message| message.role == Role::Assistant);
        self.conversation.history.iter().rposition(answer).map_or(0, |index| index + 1)
    }

    /// The first message that stages leave alone: the unseen, the answer that asked for it, and some before it.
    fn keep_from(&self) -> usize {
        let keep = self.share(self.settings.thresholds.keep);
        let unseen = self.unseen();
        let mut from = self.conversation.history.len();
        let mut sum = 0;
        for (index, segment) in self.conversation.history.iter().enumerate().rev() {
            sum += self.watch.scaled(u64::from(segment.tokens));
            if index + 1 < unseen && sum > keep {
                break;
            }
            from = index;
        }
        // Results stay with their answer.
        while from > 0 && self.message(from).is_some_and(prompt::has_results) {
            from -= 1;
        }
        from
    }

    fn plan_cuts(&self, stage: CompactionStage, target: u64) -> Plan {
        let over = self.context_tokens().saturating_sub(target);
        let names = self.tool_names();
        let mut plan = Plan::default();
        // By kind: what can be read again goes first, other output next.
        for readers in [true, false] {
            if self.watch.scaled(plan.freed) >= over {
                break;
            }
            self.plan_kind(stage, &|id| readers == names.get(id).is_some_and(|name| READERS.contains(name)), &mut plan);
        }
        plan
    }

    fn plan_kind(&self, stage: CompactionStage, wanted: &dyn Fn(&str) -> bool, plan: &mut Plan) {
        let note = self.note(stage, 0);
        let keep_from = self.keep_from();
        for (index, segment) in self.conversation.history.iter().enumerate().take(keep_from) {
            for block in segment.as_message().iter().flat_map(|message| &message.blocks) {
                let (id, freed) = match block {
                    Block::ToolResult(result) => {
                        let cut = cut_result(result, &note, "r000.txt");
                        (&result.call_id, cut.map(|cut| saved(block, &Block::ToolResult(cut))))
                    }
                    Block::ToolCall(call) if stage == CompactionStage::Micro => {
                        let cut = prompt::short_input(call);
                        (&call.id, cut.map(|cut| saved(block, &Block::ToolCall(cut))))
                    }
                    _ => continue,
                };
                let Some(freed) =
                    freed.filter(|freed| *freed > 0 && wanted(id) && !self.conversation.view.is_pinned(id))
                else {
                    continue;
                };
                plan.freed += freed;
                plan.first = Some(plan.first.map_or(index, |first| first.min(index)));
                if !plan.calls.contains(id) {
                    plan.calls.push(id.clone());
                }
            }
        }
    }

    fn plan_collapse(&self) -> Plan {
        let from = self.conversation.view.folded;
        let until = self.keep_from();
        let Some(range) = self.conversation.history.get(from..until).filter(|range| range.len() > 1) else {
            return Plan::default();
        };
        let view = &self.conversation.view;
        let folding = Folding {
            number: &|id| view.numbers.get(id).copied(),
            pinned_call: &|id| view.is_pinned(id),
            pinned_message: &|hash| view.is_pinned_message(hash),
            folder: &self.outputs.display().to_string(),
        };
        let sum = |segments: &[Arc<Segment>]| segments.iter().map(|segment| u64::from(segment.tokens)).sum::<u64>();
        let freed = sum(range).saturating_sub(sum(&prompt::fold(range, &folding)));
        if freed == 0 {
            return Plan::default();
        }
        let calls = range.iter().filter_map(|segment| segment.as_message()).flat_map(|message| message.calls());
        let calls = calls.map(|call| call.id.clone()).collect();
        Plan { calls, messages: until, freed, first: Some(from) }
    }

    /// Whether the tokens that are not read again pay for those that are written again.
    fn is_worth(&self, plan: &Plan, warm: bool) -> bool {
        if !warm {
            return plan.freed > 0;
        }
        let (write, read) = self.model.as_ref().map_or(USUAL, |(_, info)| rates(info));
        let freed = self.watch.scaled(plan.freed) as f64;
        let rewritten = self.rewritten(plan) as f64;
        freed * HORIZON * read >= rewritten * (write - read)
    }

    /// Tokens behind the first change, which the provider writes to its cache again.
    fn rewritten(&self, plan: &Plan) -> u64 {
        let behind = plan.first.map_or(0, |first| self.conversation.tokens_from(first));
        self.watch.scaled(behind.saturating_sub(plan.freed))
    }

    fn shrink(&mut self, stage: CompactionStage, plan: Plan, cap: u64) {
        self.keep_outputs(&plan.calls);
        let rewritten = if stage == CompactionStage::Reduce { 0 } else { self.rewritten(&plan) };
        let tokens_before = self.context_tokens();
        let note = ShrinkNote {
            calls: plan.calls,
            messages: plan.messages as u32,
            tokens_before,
            rewritten,
            ..self.note(stage, cap)
        };
        // What it leaves is measured on a copy: the record tells it, and the record comes first.
        let mut after = self.conversation.clone();
        after.on_context(&ContextBody::Shrunk(note.clone()));
        let tokens_after = self.tokens_in(&after);
        self.record(Body::Context(ContextBody::Shrunk(ShrinkNote { tokens_after, ..note })));
    }

    fn note(&self, stage: CompactionStage, cap: u64) -> ShrinkNote {
        ShrinkNote {
            stage,
            calls: Vec::new(),
            messages: 0,
            cap: u32::try_from(cap).unwrap_or(u32::MAX),
            folder: self.outputs.clone(),
            tokens_before: 0,
            tokens_after: 0,
            rewritten: 0,
        }
    }

    /// Has the whole outputs of these calls written where they can be read back.
    fn keep_outputs(&mut self, calls: &[String]) {
        if self.outputs.as_os_str().is_empty() {
            return;
        }
        let view = &self.conversation.view;
        let results = self.results_from(0).filter(|result| calls.contains(&result.call_id));
        let files: Vec<(String, String)> =
            results.filter_map(|result| Some((view.file(&result.call_id)?, result.joined()))).collect();
        if !files.is_empty() {
            self.out.push(Effect::Keep { folder: self.outputs.clone(), files });
        }
    }

    fn results_from(&self, index: usize) -> impl Iterator<Item = &ToolResult> {
        let messages = self.conversation.history.iter().skip(index).filter_map(|segment| segment.as_message());
        messages.flat_map(|message| &message.blocks).filter_map(|block| match block {
            Block::ToolResult(result) => Some(result),
            _ => None,
        })
    }

    fn tool_names(&self) -> std::collections::HashMap<&str, &str> {
        let messages = self.conversation.history.iter().filter_map(|segment| segment.as_message());
        messages.flat_map(|message| message.calls()).map(|call| (call.id.as_str(), call.name.as_str())).collect()
    }

    fn message(&self, index: usize) -> Option<&crate::domain::Message> {
        self.conversation.history.get(index)?.as_message().map(|message| &**message)
    }

    fn tokens_of(&self, result: &ToolResult) -> u64 {
        self.watch.scaled(crate::base::text::tokens(&result.joined()))
    }

    /// Estimated tokens of measured ones.
    fn estimated(&self, measured: u64) -> u64 {
        let scaled = self.watch.scaled(1_000).max(1);
        measured * 1_000 / scaled
    }
}

fn saved(before: &Block, after: &Block) -> u64 {
    weigh(before).saturating_sub(weigh(after))
}

fn rates(info: &ModelInfo) -> (f64, f64) {
    match &info.prices {
        Some(prices) if prices.input > 0.0 => (prices.cache_write_5m / prices.input, prices.cache_read / prices.input),
        _ => USUAL,
    }
}
