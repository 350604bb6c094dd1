//! An answer as it comes: blocks grow, calls start while the rest still streams, the end decides.

use std::sync::Arc;

use super::attempt::Attempt;
use super::holds::Point;
use super::machine::Machine;
use super::turn::{Phase, Purpose};
use super::{Effect, fit};
use crate::domain::{
    Block, Body, CanonicalRequest, DeltaKind, Message, MoneyBody, Notice, RequestNote, ResponseNote, StopReason,
    StreamItem, TurnEnd, Usage,
};
use crate::prompt;
use crate::usage;

impl Machine {
    pub(super) fn on_stream(&mut self, request: u32, item: StreamItem, now: u64) {
        let current = self.turn.as_mut().and_then(|turn| turn.attempt()).map(|attempt| attempt.request);
        if current != Some(request) {
            return;
        }
        match item {
            StreamItem::Started { .. } | StreamItem::Limits(_) | StreamItem::Ping => {}
            StreamItem::BlockStarted { index, kind } => self.on_block_started(request, index, kind),
            StreamItem::Delta { index, text } => self.on_delta(request, index, text),
            StreamItem::BlockDone { index, block } => self.on_block_done(index, block),
            StreamItem::Usage(usage) => {
                if let Some(attempt) = self.turn.as_mut().and_then(|turn| turn.attempt()) {
                    attempt.usage = Some(usage);
                }
            }
            StreamItem::Done { stop, usage } => self.on_done(stop, usage, now),
            StreamItem::Failed(error) => self.on_failed(error, now),
        }
    }

    /// Sends the next request of the turn, after whatever the window asks for.
    pub(super) fn send_next(&mut self, now: u64) {
        let Some(turn) = &self.turn else { return };
        if let Some(limit) = self.settings.max_turns.filter(|limit| turn.steps >= *limit) {
            return self.end_turn(TurnEnd::TurnCap { limit }, now);
        }
        let (tokens, purpose) = (turn.output.tokens, turn.purpose.clone());
        if purpose == Purpose::Answer && self.make_room(now) {
            // A summary was asked for first; the turn goes on when it is there.
            return;
        }
        let extra = match &purpose {
            Purpose::Answer => None,
            Purpose::Summary { focus, .. } => Some(fit::summary_segment(focus.as_deref())),
        };
        if let Some(canonical) = self.draft(tokens, extra) {
            self.send(canonical, 1, now);
        }
    }

    /// Lets a request leave, after the engine had its look.
    pub(super) fn send(&mut self, canonical: Arc<CanonicalRequest>, number: u32, now: u64) {
        if let Some(turn) = self.turn.as_mut().filter(|_| self.points.spend) {
            turn.pending = Some((canonical, number));
            return self.hold(Point::Spend);
        }
        self.send_now(canonical, number, now);
    }

    /// The request that waited leaves.
    pub(super) fn send_pending(&mut self, now: u64) {
        let pending = self.turn.as_mut().and_then(|turn| turn.pending.take());
        if let Some((canonical, number)) = pending {
            self.send_now(canonical, number, now);
        }
    }

    /// Puts a request on record and on its way.
    fn send_now(&mut self, canonical: Arc<CanonicalRequest>, number: u32, now: u64) {
        let request = self.conversation.counts.request + 1;
        let mut attempt = Attempt::new(request, number, Arc::clone(&canonical), now);
        attempt.expected = Some(Box::new(self.watch.expect(&canonical, now)));
        attempt.summary = self.turn.as_ref().is_some_and(|turn| turn.purpose != Purpose::Answer);
        attempt.idle_ms = now.saturating_sub(self.sent_at);
        let note = self.request_note(&attempt);
        self.sent_at = now;
        self.record(Body::RequestSent(note));
        if let Some(turn) = &mut self.turn {
            turn.phase = Phase::Streaming(attempt);
        }
        self.out.push(Effect::Send { request, canonical });
    }

    /// Makes the answer so far part of the conversation.
    pub(super) fn respond(&mut self, blocks: Vec<Block>, stop: StopReason, cut: bool, now: u64) {
        let Some(attempt) = self.turn.as_mut().and_then(|turn| turn.attempt()) else { return };
        let (usage, estimated) = match attempt.usage {
            Some(usage) => (usage, false),
            None => (estimate(attempt), true),
        };
        attempt.settled = true;
        let cost = attempt.canonical.info.prices.as_ref().map(|prices| usage::price(prices, &usage));
        let note = ResponseNote {
            request: attempt.request,
            message: Arc::new(Message::assistant(blocks, attempt.canonical.model.clone())),
            stop,
            usage,
            estimated,
            cost,
            duration_ms: now.saturating_sub(attempt.sent_at),
            cut,
        };
        let attempt = attempt.clone();
        self.record(Body::Responded(note));
        if let Some(broken) = self.watch_answer(&attempt, &usage, estimated) {
            self.record(Body::CacheBroken(broken));
        }
    }

    /// An answer will not come any more: what the wire said it took is on record all the same.
    pub(super) fn write_off(&mut self, now: u64) {
        let Some(attempt) = self.turn.as_mut().and_then(|turn| turn.attempt()) else { return };
        let Some(usage) = attempt.usage.filter(|_| !attempt.settled) else { return };
        attempt.settled = true;
        let cost = attempt.canonical.info.prices.as_ref().map(|prices| usage::price(prices, &usage));
        let (request, duration_ms) = (attempt.request, now.saturating_sub(attempt.sent_at));
        self.record(Body::Money(MoneyBody::Lost { request, usage, cost, duration_ms }));
    }

    fn on_block_started(&mut self, request: u32, index: u32, kind: DeltaKind) {
        if let Some(attempt) = self.turn.as_mut().and_then(|turn| turn.attempt()) {
            attempt.begin(index, kind.clone());
        }
        // A call is announced at once, its input may take long; text announces itself by its first words.
        if matches!(kind, DeltaKind::ToolCall { .. }) {
            self.record(Body::Delta { request, block: index, kind: Some(kind), text: String::new() });
        }
    }

    fn on_delta(&mut self, request: u32, index: u32, text: String) {
        if text.is_empty() {
            return;
        }
        let Some(attempt) = self.turn.as_mut().and_then(|turn| turn.attempt()) else { return };
        let kind = attempt.grow(index, &text).filter(|kind| !matches!(kind, DeltaKind::ToolCall { .. }));
        self.record(Body::Delta { request, block: index, kind, text });
    }

    fn on_block_done(&mut self, index: u32, block: Block) {
        let Some(turn) = self.turn.as_mut() else { return };
        let judged = turn.purpose == Purpose::Answer;
        let Some(attempt) = turn.attempt() else { return };
        let call = match &block {
            Block::ToolCall(call) => Some(call.clone()),
            _ => None,
        };
        if call.as_ref().is_some_and(|call| attempt.knows(&call.id)) {
            return;
        }
        let request = attempt.request;
        let sealed = matches!(block, Block::Thinking { .. } | Block::Opaque { .. }).then(|| block.clone());
        attempt.finish(index, block);
        if let Some(content) = sealed.filter(|_| judged) {
            self.record(Body::BlockDone { request, block: index, content });
        }
        let Some(turn) = self.turn.as_mut() else { return };
        if let Some(call) = call.filter(|_| judged) {
            turn.batch.add(call.clone());
            self.out.push(Effect::Judge(call));
        }
    }

    fn on_done(&mut self, stop: StopReason, usage: Option<Usage>, now: u64) {
        let Some(turn) = self.turn.as_mut() else { return };
        let purpose = turn.purpose.clone();
        let Some(attempt) = turn.attempt() else { return };
        attempt.usage = usage.or(attempt.usage);
        let (blocks, has_calls) = (attempt.whole(), attempt.has_calls());
        if let Purpose::Summary { auto, .. } = purpose {
            // Its words become the summary, not a message; what it cost counts all the same.
            self.respond(Vec::new(), stop, false, now);
            return self.on_summary(&blocks, auto, now);
        }
        if stop == StopReason::MaxTokens && !has_calls && self.ask_with_more_output(now) {
            return;
        }
        let wordless = !blocks.iter().any(|block| matches!(block, Block::Text { text } if !text.trim().is_empty()));
        self.respond(blocks, stop.clone(), false, now);
        if let Some(turn) = &mut self.turn {
            turn.steps += 1;
            turn.phase = Phase::Calls;
        }
        match stop {
            StopReason::Refusal { explanation } => self.on_declined(explanation, now),
            StopReason::ContentFilter => {
                self.on_declined(Some("the provider's content filter cut the answer".to_owned()), now);
            }
            _ if has_calls => self.work_off(now),
            StopReason::MaxTokens | StopReason::ContextWindow => self.go_on(&stop, now),
            StopReason::PauseTurn => self.send_next(now),
            StopReason::EndTurn | StopReason::ToolUse | StopReason::StopSequence | StopReason::Other(_) => {
                self.remark_on_end(&stop, wordless);
                self.finish(now);
            }
        }
    }

    /// The model declined: calls of that answer are not run, and those that run are stopped.
    fn on_declined(&mut self, explanation: Option<String>, now: u64) {
        if let Some(turn) = &mut self.turn {
            turn.refused = true;
            // Nothing is joined by a call that ends now: a declined answer is not part of the conversation.
            turn.phase = Phase::Preparing;
        }
        self.stop_calls(now);
        let calls: Vec<String> = self.conversation.open.iter().map(|call| call.id.clone()).collect();
        if !calls.is_empty() {
            self.record(Body::ResultsJoined { calls, extra: Vec::new() });
        }
        self.end_turn(TurnEnd::Declined { explanation }, now);
    }

    /// An answer without a word, or one that stopped for an unheard-of reason, is not passed over in silence.
    fn remark_on_end(&mut self, stop: &StopReason, wordless: bool) {
        let text = match stop {
            StopReason::Other(word) => format!("The model stopped for a reason that is not known here: {word}."),
            _ if wordless => "The model ended its answer without a word.".to_owned(),
            _ => return,
        };
        self.record(Body::Noticed(Notice::warning(text).hint("Ask again, or say what is missing.")));
    }

    fn request_note(&self, attempt: &Attempt) -> RequestNote {
        let canonical = &attempt.canonical;
        let shape = self.watch.shape.as_ref();
        let known =
            attempt.expected.as_deref().zip(shape).map_or(0, |(expected, before)| before.shared(&expected.shape));
        let estimate = canonical.segments.iter().map(|segment| u64::from(segment.tokens)).sum();
        RequestNote {
            request: attempt.request,
            turn: self.turn.as_ref().map_or(0, |turn| turn.number),
            attempt: attempt.number,
            model: canonical.model.clone(),
            segments: canonical.segments.len() as u32,
            prefix: prompt::prefix_hash(&canonical.segments),
            added: canonical.segments[known..].iter().map(|segment| prompt::note_of(segment)).collect(),
            marks: canonical.marks.clone(),
            max_output: canonical.sampling.max_output,
            estimate,
            expected_read: attempt.expected.as_deref().map_or(0, |expected| expected.read),
            summary: attempt.summary,
            effort: canonical.sampling.effort,
            thinking: canonical.sampling.thinking,
        }
    }
}

fn estimate(attempt: &Attempt) -> Usage {
    let input = attempt.canonical.segments.iter().map(|segment| u64::from(segment.tokens)).sum();
    Usage { input, output: usage::estimate(attempt.received()), ..Usage::default() }
}
