//! The machine through scripts of inputs, and random walks that check what must always hold.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::json;

mod context;

use super::*;
use crate::domain::{
    Because, BecauseKind, Block, Decision, DeltaKind, ErrorKind, ModelError, Record, ResultPart, Role, StopReason,
    TurnEnd, Usage, Wire,
};

fn machine_with<'a>(settings: Settings, records: impl IntoIterator<Item = &'a Record> + Clone) -> Machine {
    let mut machine = Machine::new(settings, Vec::new(), "session".into(), records);
    let model = ModelRef::new(Wire::Anthropic, "m");
    let info = Arc::new(ModelInfo::unknown("m"));
    let _effects = machine.handle(Input::SetModel { model, info, effort: None }, 0);
    machine
}

/// A machine with its log, and the numbers of what is under way.
struct Bench {
    machine: Machine,
    bodies: Vec<Body>,
    sent: Vec<Arc<CanonicalRequest>>,
    request: u32,
    judged: Vec<ToolCall>,
    running: Vec<String>,
    killed: Vec<String>,
    kept: Vec<String>,
    reviews: Vec<String>,
    timer: u32,
    now: u64,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self::around(machine_with(settings, []))
    }

    fn around(machine: Machine) -> Self {
        Self {
            machine,
            bodies: Vec::new(),
            sent: Vec::new(),
            request: 0,
            judged: Vec::new(),
            running: Vec::new(),
            killed: Vec::new(),
            kept: Vec::new(),
            reviews: Vec::new(),
            timer: 0,
            now: 1_000,
        }
    }

    fn feed(&mut self, input: Input) -> &mut Self {
        self.now += 10;
        let effects = self.machine.handle(input, self.now);
        self.take(effects);
        self
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Record(body) => self.bodies.push(body),
                Effect::Send { request, canonical } => {
                    assert_paired(&canonical);
                    self.request = request;
                    self.sent.push(canonical);
                }
                Effect::Judge(call) => self.judged.push(call),
                Effect::Run(call) => self.running.push(call.id),
                Effect::Kill { call_id } => {
                    self.running.retain(|id| *id != call_id);
                    self.killed.push(call_id);
                }
                Effect::Sleep { timer, .. } => self.timer = timer,
                Effect::HangUp | Effect::Grant(_) | Effect::Sync | Effect::Hold { .. } => {}
                Effect::Keep { files, .. } => self.kept.extend(files.into_iter().map(|(name, _)| name)),
                Effect::Review(draft) => self.reviews.push(draft.summary),
            }
        }
    }

    fn prompt(&mut self, text: &str) -> &mut Self {
        self.feed(Input::Prompt(Prompt::typed(text)))
    }

    fn stream(&mut self, item: StreamItem) -> &mut Self {
        let request = self.request;
        self.feed(Input::Stream { request, item })
    }

    fn text(&mut self, index: u32, text: &str) -> &mut Self {
        self.stream(StreamItem::BlockStarted { index, kind: DeltaKind::Text });
        self.stream(StreamItem::Delta { index, text: text.into() });
        self.stream(StreamItem::BlockDone { index, block: Block::Text { text: text.into() } })
    }

    fn call(&mut self, index: u32, id: &str) -> &mut Self {
        let call = ToolCall { id: id.into(), name: "T".into(), input: json!({}) };
        self.stream(StreamItem::BlockDone { index, block: Block::ToolCall(call) })
    }

    fn done(&mut self, stop: StopReason) -> &mut Self {
        let bytes: u32 = self.sent.last().iter().flat_map(|sent| &sent.segments).map(|segment| segment.bytes).sum();
        let usage = Usage { input: crate::usage::estimate(u64::from(bytes)), output: 5, ..Usage::default() };
        self.stream(StreamItem::Done { stop, usage: Some(usage) })
    }

    fn judge(&mut self, id: &str, decision: Decision, read_only: bool) -> &mut Self {
        self.judged.retain(|call| call.id != id);
        let because = Because::new(BecauseKind::Rule, "a rule");
        let verdict = Verdict { decision, because, read_only, suggestion: None, trail: Vec::new() };
        self.feed(Input::Judged { call_id: id.into(), verdict })
    }

    fn finish(&mut self, id: &str) -> &mut Self {
        self.running.retain(|running| running != id);
        let outcome = Box::new(ToolOutcome::text(format!("result of {id}"), "ok"));
        self.feed(Input::CallDone { call_id: id.into(), outcome, duration_ms: 1 })
    }

    fn fail(&mut self, kind: ErrorKind) -> &mut Self {
        self.stream(StreamItem::Failed(ModelError::new(kind, "it failed")))
    }

    fn ends(&self) -> Vec<&TurnEnd> {
        let mut ends = Vec::new();
        for body in &self.bodies {
            if let Body::TurnEnded { end, .. } = body {
                ends.push(end);
            }
        }
        ends
    }

    fn last_texts(&self) -> Vec<String> {
        let canonical = self.sent.last().unwrap();
        canonical.segments.iter().map(|segment| describe(segment.as_message().unwrap())).collect()
    }
}

/// A message in a few words: `u:hello`, `a:text+call(x)`, `u:result(x)`.
fn describe(message: &Message) -> String {
    let who = if message.role == Role::User { "u" } else { "a" };
    let blocks: Vec<String> = message
        .blocks
        .iter()
        .map(|block| match block {
            Block::Text { text } => text.chars().take(20).collect(),
            Block::ToolCall(call) => format!("call({})", call.id),
            Block::ToolResult(result) if result.is_error => format!("error({})", result.call_id),
            Block::ToolResult(result) => format!("result({})", result.call_id),
            Block::Thinking { .. } => "thinking".into(),
            Block::Opaque { .. } | Block::Image(_) | Block::Document(_) => "other".into(),
        })
        .collect();
    format!("{who}:{}", blocks.join("+"))
}

/// What every provider demands: each call has exactly one result, in the next user message.
fn assert_paired(canonical: &CanonicalRequest) {
    let messages: Vec<_> = canonical.segments.iter().filter_map(|segment| segment.as_message()).collect();
    assert!(!messages.is_empty(), "an empty request");
    assert_eq!(messages[0].role, Role::User, "the first message is the user's");
    let mut waiting: Vec<&str> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    for message in &messages {
        let results: Vec<&str> = message
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::ToolResult(result) => Some(result.call_id.as_str()),
                _ => None,
            })
            .collect();
        if waiting.is_empty() {
            assert!(results.is_empty(), "results nobody asked for: {results:?}");
        } else {
            assert_eq!(results, waiting, "results in the order of the calls, right after them");
        }
        waiting = message.calls().map(|call| call.id.as_str()).collect();
        assert!(waiting.iter().all(|id| seen.insert(id)), "a call stands twice");
    }
    assert!(waiting.is_empty(), "calls without results: {waiting:?}");
}

#[test]
fn a_prompt_is_answered() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("hello").text(0, "hi").done(StopReason::EndTurn);
    assert_eq!(bench.ends(), [&TurnEnd::Done]);
    bench.prompt("more");
    assert_eq!(bench.last_texts(), ["u:hello", "a:hi", "u:more"]);
}

#[test]
fn a_call_starts_while_the_answer_still_streams() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").call(0, "x").judge("x", Decision::Allow, true);
    assert_eq!(bench.running, ["x"]);
    bench.finish("x").text(1, "and").done(StopReason::ToolUse);
    assert_eq!(bench.last_texts(), ["u:go", "a:call(x)+and", "u:result(x)"]);
}

#[test]
fn results_keep_the_order_of_the_calls() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").call(0, "x").call(1, "y").done(StopReason::ToolUse);
    bench.judge("x", Decision::Allow, true).judge("y", Decision::Allow, true);
    bench.finish("y").finish("x");
    assert_eq!(bench.last_texts(), ["u:go", "a:call(x)+call(y)", "u:result(x)+result(y)"]);
}

#[test]
fn an_interrupt_pairs_every_call_and_the_next_message_works() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").call(0, "x").call(1, "y").done(StopReason::ToolUse);
    bench.judge("x", Decision::Allow, false).feed(Input::Interrupt);
    assert_eq!(bench.killed, ["x"]);
    assert_eq!(bench.ends(), [&TurnEnd::Interrupted]);
    bench.prompt("again");
    assert_eq!(bench.last_texts()[2..], ["u:error(x)+error(y)+[Request interrupted", "u:again"]);
}

#[test]
fn an_interrupt_keeps_the_words_that_had_come() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").stream(StreamItem::Delta { index: 0, text: "half an ans".into() }).feed(Input::Interrupt);
    bench.prompt("again");
    assert_eq!(bench.last_texts(), ["u:go", "a:half an ans", "u:[Request interrupted", "u:again"]);
}

#[test]
fn a_refusal_without_a_word_ends_the_turn_also_while_it_streams() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").call(0, "x").judge("x", Decision::Ask, false);
    bench.feed(Input::Answered { ask: 1, answer: Answer::No { comment: None } });
    assert_eq!(bench.ends(), [&TurnEnd::Refused]);
    bench.prompt("again");
    assert_eq!(bench.last_texts(), ["u:go", "a:call(x)", "u:error(x)", "u:again"]);
}

#[test]
fn a_refusal_with_a_comment_goes_on() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").call(0, "x").done(StopReason::ToolUse).judge("x", Decision::Ask, false);
    bench.feed(Input::Answered { ask: 1, answer: Answer::No { comment: Some("use y".into()) } });
    assert_eq!(bench.last_texts(), ["u:go", "a:call(x)", "u:error(x)"]);
}

#[test]
fn a_granted_rule_asks_the_gate_again_about_the_other_questions() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").call(0, "x").call(1, "y").done(StopReason::ToolUse);
    bench.judge("x", Decision::Ask, false).judge("y", Decision::Ask, false);
    bench.feed(Input::Answered { ask: 1, answer: Answer::Session { rule: "T".into() } });
    assert_eq!(bench.judged.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["y"]);
    bench.judge("y", Decision::Allow, false).finish("x").finish("y");
    assert_eq!(bench.last_texts()[2], "u:result(x)+result(y)");
}

#[test]
fn a_failed_request_is_sent_again_and_its_partial_text_is_not() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").stream(StreamItem::Delta { index: 0, text: "par".into() }).fail(ErrorKind::Connection);
    let timer = bench.timer;
    bench.feed(Input::Timer(timer + 7));
    assert_eq!(bench.sent.len(), 1, "a timer that is not ours is dropped");
    bench.feed(Input::Timer(timer));
    assert_eq!((bench.sent.len(), bench.last_texts()), (2, vec!["u:go".to_owned()]));
    assert!(Arc::ptr_eq(&bench.sent[0], &bench.sent[1]));
}

#[test]
fn the_person_can_have_it_sent_at_once() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").fail(ErrorKind::RateLimit).feed(Input::RetryNow);
    assert_eq!(bench.sent.len(), 2);
    let timer = bench.timer;
    bench.feed(Input::Timer(timer));
    assert_eq!(bench.sent.len(), 2, "the timer that was overtaken sends nothing");
}

#[test]
fn a_cut_after_a_whole_call_repeats_nothing() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").text(0, "look").call(1, "x").judge("x", Decision::Allow, false);
    bench.fail(ErrorKind::Connection).finish("x");
    assert_eq!(bench.last_texts(), ["u:go", "a:look+call(x)", "u:result(x)"]);
}

#[test]
fn other_errors_end_the_turn_at_once() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").fail(ErrorKind::Auth);
    assert!(matches!(bench.ends()[..], [TurnEnd::Failed { .. }]));
    assert_eq!(bench.sent.len(), 1);
}

#[test]
fn tries_are_bounded_and_the_partial_answer_is_kept() {
    let mut bench = Bench::new(Settings { max_attempts: 2, ..Settings::default() });
    bench.prompt("go").fail(ErrorKind::Server);
    let timer = bench.timer;
    bench.feed(Input::Timer(timer)).stream(StreamItem::Delta { index: 0, text: "part".into() }).fail(ErrorKind::Server);
    assert!(matches!(bench.ends()[..], [TurnEnd::Failed { .. }]));
    bench.prompt("again");
    assert_eq!(bench.last_texts(), ["u:go", "a:part", "u:again"]);
}

#[test]
fn the_output_limit_is_raised_then_the_model_goes_on() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").text(0, "one").done(StopReason::MaxTokens);
    assert_eq!(bench.sent[1].sampling.max_output, 32_000);
    assert_eq!(bench.last_texts(), ["u:go"]);
    bench.text(0, "one two").done(StopReason::MaxTokens);
    assert_eq!(bench.last_texts(), ["u:go", "a:one two", "u:<system-reminder>\nYo"]);
    bench.text(0, "three").done(StopReason::EndTurn);
    assert_eq!(bench.ends(), [&TurnEnd::Done]);
}

#[test]
fn calls_of_a_declined_answer_are_not_run_and_the_turn_ends() {
    for stop in [StopReason::Refusal { explanation: None }, StopReason::ContentFilter] {
        let mut bench = Bench::new(Settings::default());
        bench.prompt("go").call(0, "x").judge("x", Decision::Allow, true).call(1, "y").done(stop);
        assert!(matches!(bench.ends()[..], [TurnEnd::Declined { .. }]));
        assert_eq!((bench.killed.as_slice(), bench.sent.len()), (&["x".to_owned()][..], 1));
        let done = bench.bodies.iter().filter(|body| matches!(body, Body::CallDone { .. })).count();
        assert_eq!(done, 2, "each call has its result");
        bench.prompt("again").text(0, "ok").done(StopReason::EndTurn);
        assert_eq!(bench.ends().len(), 2);
    }
}

#[test]
fn an_empty_answer_and_an_unknown_reason_are_said() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").done(StopReason::EndTurn);
    bench.prompt("go").text(0, "words").done(StopReason::Other("flux".into()));
    bench.prompt("go").text(0, "words").done(StopReason::EndTurn);
    let notices: Vec<&str> = bench
        .bodies
        .iter()
        .filter_map(|body| match body {
            Body::Noticed(notice) => Some(notice.text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        notices,
        ["The model ended its answer without a word.", "The model stopped for a reason that is not known here: flux."]
    );
}

#[test]
fn a_prompt_that_is_too_long_is_cut_and_sent_again() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go");
    for step in 0..4 {
        let id = format!("c{step}");
        bench.call(0, &id).judge(&id, Decision::Allow, true).done(StopReason::ToolUse);
        let outcome = Box::new(ToolOutcome::text("long ".repeat(2_000), "ok"));
        bench.feed(Input::CallDone { call_id: id, outcome, duration_ms: 1 });
    }
    bench.fail(ErrorKind::PromptTooLong);
    let newest = bench.sent.last().unwrap().segments.last().unwrap();
    let bytes: u32 = bench.sent.last().unwrap().segments.iter().map(|segment| segment.bytes).sum();
    assert!(newest.bytes > 9_000, "what the model has not seen stays whole");
    assert!(bytes < 15_000, "older results became stubs: {bytes}");
    bench.fail(ErrorKind::PromptTooLong);
    assert!(bench.bodies.iter().any(|body| matches!(body, Body::Compacted { auto: true, .. })));
    bench.fail(ErrorKind::PromptTooLong);
    assert!(matches!(bench.ends()[..], [TurnEnd::Failed { .. }]), "it ends when nothing more can be cut");
}

#[test]
fn a_full_window_is_summarised_before_the_next_request() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("hello").text(0, "hi").done(StopReason::EndTurn);
    bench.prompt("the task").call(0, "x").judge("x", Decision::Allow, true).finish("x");
    let usage = Usage { input: 127_000, output: 5, ..Usage::default() };
    bench.stream(StreamItem::Done { stop: StopReason::ToolUse, usage: Some(usage) });
    assert!(bench.last_texts().last().unwrap().contains("system-reminder"), "a summary is asked for");
    bench.text(0, "the summary").done(StopReason::EndTurn);
    let texts = bench.last_texts();
    assert_eq!(texts[1..], ["a:call(x)", "u:result(x)"], "{texts:?}");
    bench.text(0, "done").done(StopReason::EndTurn);
    assert_eq!(bench.ends(), [&TurnEnd::Done, &TurnEnd::Done]);
}

#[test]
fn messages_typed_meanwhile_join_between_steps() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").prompt("and this").prompt("not this");
    bench.feed(Input::EditQueued { id: 2, prompt: None });
    bench.call(0, "x").judge("x", Decision::Allow, true).done(StopReason::ToolUse).finish("x");
    assert_eq!(bench.last_texts()[2], "u:result(x)+and this");
    bench.prompt("last").text(0, "ok").done(StopReason::EndTurn);
    assert_eq!(bench.last_texts()[3..], ["a:ok", "u:last"]);
}

/// Answers a prompt with a usage of that much input and that much read from the cache.
fn exchange(bench: &mut Bench, input: u64, cache_read: u64) -> bool {
    bench.prompt(&"words ".repeat(2_000)).text(0, "ok");
    let before = bench.bodies.len();
    let usage = Usage { input, cache_read, ..Usage::default() };
    bench.stream(StreamItem::Done { stop: StopReason::EndTurn, usage: Some(usage) });
    bench.bodies[before..].iter().any(|body| matches!(body, Body::CacheBroken(_)))
}

#[test]
fn a_server_without_a_cache_is_not_blamed_for_missing_it() {
    let mut bench = Bench::new(Settings::default());
    let blamed: Vec<bool> = (1..=4).map(|round| exchange(&mut bench, round * 3_000, 0)).collect();
    assert_eq!(blamed, [false; 4]);
}

#[test]
fn a_miss_of_a_cache_that_worked_is_told() {
    let mut bench = Bench::new(Settings::default());
    assert!(!exchange(&mut bench, 3_000, 0));
    assert!(!exchange(&mut bench, 3_000, 3_000));
    assert!(exchange(&mut bench, 9_000, 0));
}

#[test]
fn a_cap_on_turns_holds() {
    let mut bench = Bench::new(Settings { max_turns: Some(1), ..Settings::default() });
    bench.prompt("go").call(0, "x").judge("x", Decision::Allow, true).done(StopReason::ToolUse).finish("x");
    assert_eq!(bench.ends(), [&TurnEnd::TurnCap { limit: 1 }]);
}

#[test]
fn without_a_model_a_prompt_says_what_to_do() {
    let mut machine = Machine::new(Settings::default(), Vec::new(), "s".into(), []);
    let effects = machine.handle(Input::Prompt(Prompt::typed("hi")), 0);
    assert!(matches!(&effects[..], [Effect::Record(Body::Noticed(notice))] if notice.hint.is_some()));
}

/// What happens next on a random walk.
fn step(bench: &mut Bench, choice: u8, detail: u8) {
    let id = format!("c{}", bench.now);
    let kinds = [ErrorKind::Connection, ErrorKind::Auth, ErrorKind::PromptTooLong, ErrorKind::Overloaded];
    match choice % 16 {
        0 | 1 => bench.prompt("p"),
        2 | 3 => bench.text(u32::from(detail), "words"),
        4 | 5 => bench.call(u32::from(detail), &id),
        6 => bench.done(StopReason::ToolUse),
        7 => bench.done(match detail % 5 {
            0 | 1 => StopReason::EndTurn,
            2 => StopReason::Refusal { explanation: None },
            3 => StopReason::ContentFilter,
            _ => StopReason::MaxTokens,
        }),
        8 => bench.fail(kinds[usize::from(detail) % kinds.len()]),
        9 => bench.feed(Input::Interrupt),
        10 => {
            let timer = bench.timer;
            bench.feed(Input::Timer(timer))
        }
        11..=13 => match bench.judged.first().map(|call| call.id.clone()) {
            Some(id) => {
                let decision =
                    [Decision::Allow, Decision::Allow, Decision::Ask, Decision::Deny][usize::from(detail) % 4];
                bench.judge(&id, decision, detail.is_multiple_of(3))
            }
            None => bench,
        },
        14 => match bench.running.first().cloned() {
            Some(id) => bench.finish(&id),
            None => bench,
        },
        _ => {
            let ask = bench.machine.conversation().counts.ask.saturating_sub(u32::from(detail % 2));
            let answer = match detail % 4 {
                0 => Answer::No { comment: None },
                1 => Answer::No { comment: Some("no".into()) },
                2 => Answer::Session { rule: "T".into() },
                _ => Answer::Once { comment: None },
            };
            bench.feed(Input::Answered { ask, answer })
        }
    };
}

fn hashes(conversation: &Conversation) -> Vec<crate::domain::Hash> {
    conversation.history.iter().map(|segment| segment.hash).collect()
}

fn records(bodies: &[Body]) -> Vec<Record> {
    bodies.iter().enumerate().map(|(seq, body)| Record { seq: seq as u64, at: 0, body: body.clone() }).collect()
}

/// Found by the walk below: the place of the prompt, counted before the compaction, was that of the results after it.
#[test]
fn a_turn_that_fails_after_a_compaction_keeps_the_results_of_its_calls() {
    let mut bench = Bench::new(Settings { max_attempts: 3, ..Settings::default() });
    let walk = [(0, 0), (0, 0), (9, 0), (4, 0), (6, 0), (11, 91), (10, 0), (8, 134), (8, 21), (0, 0)];
    for (choice, detail) in walk {
        step(&mut bench, choice, detail);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens in whatever order: every request that leaves is well formed (checked in `take`),
    /// the log folds to the live state, and a session that is cut at any record can go on.
    #[test]
    fn every_walk_stays_paired_and_resumable(steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..80), cut in any::<prop::sample::Index>()) {
        let mut bench = Bench::new(Settings { max_attempts: 3, ..Settings::default() });
        for (choice, detail) in steps {
            step(&mut bench, choice, detail);
        }
        let all = records(&bench.bodies);
        prop_assert_eq!(hashes(&Conversation::fold(&all)), hashes(bench.machine.conversation()));

        let kept = cut.index(all.len() + 1);
        let mut again = Bench::around(machine_with(Settings::default(), &all[..kept]));
        let now = again.now;
        let effects = again.machine.recover(now);
        again.take(effects);
        prop_assert!(!again.machine.is_busy());
        again.prompt("go on");
        prop_assert_eq!(again.sent.len(), 1);
    }
}

#[test]
fn a_crash_in_the_middle_of_an_answer_keeps_its_words_and_pairs_its_calls() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go");
    let thought = Block::Thinking { text: "hm".into(), signature: Some("proof".into()) };
    bench.stream(StreamItem::Delta { index: 9, text: String::new() });
    bench.stream(StreamItem::BlockDone { index: 0, block: thought });
    bench.text(1, "I write it ");
    let kind = DeltaKind::ToolCall { id: "x".into(), name: "T".into() };
    bench.stream(StreamItem::BlockStarted { index: 2, kind });
    bench.stream(StreamItem::Delta { index: 2, text: "{\"a\": 1}".into() });
    bench.call(2, "x").judge("x", Decision::Allow, false);
    let all = records(&bench.bodies);
    let mut again = Bench::around(machine_with(Settings::default(), &all));
    let effects = again.machine.recover(0);
    again.take(effects);
    again.prompt("go on");
    assert_eq!(again.last_texts(), ["u:go", "a:thinking+I write it+call(x)", "u:error(x)", "u:go on"]);
}

#[test]
fn the_tokens_of_a_summary_are_counted_and_a_cut_summary_is_no_answer() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").text(0, "hi").done(StopReason::EndTurn);
    bench.feed(Input::Compact { focus: None }).text(0, "the summary");
    let all = records(&bench.bodies);
    let mut again = Bench::around(machine_with(Settings::default(), &all));
    let effects = again.machine.recover(0);
    again.take(effects);
    again.prompt("go on");
    assert_eq!(again.last_texts(), ["u:go", "a:hi", "u:go on"]);
    bench.done(StopReason::EndTurn);
    let answers = bench.bodies.iter().filter(|body| matches!(body, Body::Responded(note) if note.usage.input > 0));
    assert_eq!(answers.count(), 2);
    assert!(bench.bodies.iter().any(|body| matches!(body, Body::Compacted { .. })));
}

#[test]
fn results_hold_their_text() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("go").call(0, "x").judge("x", Decision::Allow, true).done(StopReason::ToolUse).finish("x");
    let last = bench.sent.last().unwrap().segments.last().unwrap().as_message().unwrap().clone();
    let Block::ToolResult(result) = &last.blocks[0] else { panic!("a result") };
    assert_eq!(result.parts, [ResultPart::Text("result of x".into())]);
}

#[test]
fn a_prompt_that_never_got_an_answer_is_taken_back() {
    let mut bench = Bench::new(Settings::default());
    bench.prompt("first").text(0, "ok").done(StopReason::EndTurn);
    bench.feed(Input::ShellRan { command: "ls".into(), output: "a".into(), exit: Some(0) });
    bench.prompt("poison").fail(ErrorKind::Rejected);
    assert!(matches!(bench.ends()[1], TurnEnd::Failed { .. }));
    let kept = |bench: &Bench| bench.machine.conversation().history.len();
    assert_eq!(kept(&bench), 2, "the failed prompt does not stand before the next one");
    bench.prompt("second");
    let sent = format!("{:?}", bench.sent.last().unwrap().segments.last().unwrap().body);
    // What the person ran himself joins the prompt that is answered.
    assert!(sent.contains("second") && sent.contains("$ ls") && !sent.contains("poison"), "{sent}");
    bench.text(0, "half an answer").fail(ErrorKind::Rejected);
    assert_eq!(kept(&bench), 4, "what was answered in part stays");
}
