//! Compaction and the cache, through the machine: what is kept, what is named, what comes back.

use super::*;
use crate::domain::{
    BreakCause, CacheBreak, CompactionStage, ContextBody, Effort, FileMove, FilesBody, ItemKey, MoveKind, Prices,
    SegmentKind, ToolSpec, When,
};
use crate::prompt::Thresholds;

/// Room for `window` tokens, and stages that act early.
fn small(window: u64) -> Settings {
    Settings { thresholds: Thresholds { window: Some(window), ..Thresholds::default() }, ..Settings::default() }
}

fn tool(name: &str) -> Arc<crate::domain::Segment> {
    let spec = ToolSpec { name: name.into(), description: "does things ".repeat(150), input_schema: json!({}) };
    Arc::new(crate::domain::Segment::tool(Arc::new(spec)))
}

fn prefix(tools: &[&str], memory: &str) -> Vec<Arc<crate::domain::Segment>> {
    let mut all: Vec<_> = tools.iter().map(|name| tool(name)).collect();
    all.push(Arc::new(crate::domain::Segment::system("system prompt", "be good ".repeat(300))));
    all.push(Arc::new(crate::domain::Segment::memory("/p/CLAUDE.md", memory)));
    all
}

/// A bench whose provider caches by the published rules.
fn cached(settings: Settings) -> Bench {
    let mut bench = Bench::new(settings);
    bench.machine.set_prefix(prefix(&["Bash", "Read"], "tabs"), "the start");
    bench
}

impl Bench {
    /// Ends the answer with what a cache that was read up to `read` segments reports.
    fn ends_having_read(&mut self, read: usize, stop: StopReason) -> &mut Self {
        let sent = self.sent.last().unwrap();
        let tokens = |n: usize| sent.segments.iter().take(n).map(|segment| u64::from(segment.tokens)).sum::<u64>();
        let all = tokens(usize::MAX);
        let usage =
            Usage { cache_read: tokens(read), cache_write_5m: all - tokens(read), output: 5, ..Usage::default() };
        self.stream(StreamItem::Done { stop, usage: Some(usage) })
    }

    /// A turn of one prompt, of which the first `read` segments are read from the cache.
    fn turn(&mut self, read: usize) -> &mut Self {
        self.prompt(&"please go on with it ".repeat(150)).text(0, "done").ends_having_read(read, StopReason::EndTurn)
    }

    /// A step with one result.
    fn step(&mut self, id: &str, output: &str) -> &mut Self {
        self.text(0, &format!("I look at {id}."))
            .call(1, id)
            .judge(id, Decision::Allow, true)
            .done(StopReason::ToolUse);
        let outcome = Box::new(ToolOutcome::text(output, "ok"));
        self.feed(Input::CallDone { call_id: id.into(), outcome, duration_ms: 1 })
    }

    fn breaks(&self) -> Vec<&CacheBreak> {
        self.bodies
            .iter()
            .filter_map(|body| if let Body::CacheBroken(what) = body { Some(what) } else { None })
            .collect()
    }

    fn stages(&self) -> Vec<CompactionStage> {
        let stage = |body: &Body| match body {
            Body::Context(ContextBody::Shrunk(note)) => Some(note.stage),
            Body::Compacted { .. } => Some(CompactionStage::Summary),
            _ => None,
        };
        self.bodies.iter().filter_map(stage).collect()
    }

    fn sent_text(&self) -> String {
        serde_json::to_string(
            &self.sent.last().unwrap().segments.iter().filter_map(|segment| segment.as_message()).collect::<Vec<_>>(),
        )
        .unwrap()
    }
}

fn broken(edit: impl FnOnce(&mut Bench), read: usize) -> CacheBreak {
    let mut bench = cached(Settings::default());
    bench.turn(0).turn(5);
    assert!(bench.breaks().is_empty(), "{:?}", bench.breaks());
    edit(&mut bench);
    bench.turn(read);
    let breaks = bench.breaks();
    assert_eq!(breaks.len(), 1, "{breaks:?}");
    breaks[0].clone()
}

#[test]
fn every_kind_of_change_is_named_with_its_price() {
    let set = |tools: &'static [&'static str], memory: &'static str, why: &'static str| {
        move |bench: &mut Bench| bench.machine.set_prefix(prefix(tools, memory), why)
    };
    let added = broken(set(&["Bash", "Read", "Zip"], "tabs", "a plugin"), 2);
    assert_eq!((added.cause, added.segment.as_deref()), (BreakCause::Tools, Some("Zip")));
    assert_eq!(added.detail.as_deref(), Some("added; a plugin"));
    assert_eq!(broken(set(&["Bash", "Read", "mcp__docs__find"], "tabs", "server docs"), 2).cause, BreakCause::Server);
    assert_eq!(broken(set(&["Read", "Bash"], "tabs", "x"), 0).cause, BreakCause::Order);
    let memory = broken(set(&["Bash", "Read"], "blanks", "CLAUDE.md was read again"), 3);
    assert_eq!((memory.cause, memory.segment.as_deref()), (BreakCause::Memory, Some("/p/CLAUDE.md")));
    let model = |bench: &mut Bench| {
        let (model, info) = (ModelRef::new(Wire::Anthropic, "n"), Arc::new(ModelInfo::unknown("n")));
        bench.feed(Input::SetModel { model, info, effort: None });
    };
    assert_eq!(broken(model, 0).cause, BreakCause::Model);
    let effort = |bench: &mut Bench| {
        let (model, info) = (ModelRef::new(Wire::Anthropic, "m"), Arc::new(ModelInfo::unknown("m")));
        bench.feed(Input::SetModel { model, info, effort: Some(Effort::High) });
    };
    let effort = broken(effort, 4);
    assert_eq!((effort.cause, effort.detail.as_deref()), (BreakCause::Effort, Some("default → high")));
    let dropped = broken(|_| {}, 0);
    assert_eq!(dropped.cause, BreakCause::Provider);
    assert!(dropped.tokens > 1_500 && dropped.read == 0, "{dropped:?}");
    assert_eq!(broken(|bench| bench.now += 400_000, 0).cause, BreakCause::Expired);
    let eject = |bench: &mut Bench| {
        let item = ItemKey::Fixed { kind: SegmentKind::Memory, label: "/p/CLAUDE.md".into() };
        let body = ContextBody::Ejected { item, label: "/p/CLAUDE.md".into(), on: true, when: When::Now };
        bench.feed(Input::Note(Body::Context(body)));
    };
    let ejected = broken(eject, 3);
    assert_eq!((ejected.cause, ejected.segment.as_deref()), (BreakCause::Memory, Some("/p/CLAUDE.md")));
    let compact = |bench: &mut Bench| {
        bench.feed(Input::Compact { focus: None });
        bench.text(0, "a summary").done(StopReason::EndTurn);
    };
    assert_eq!(broken(compact, 4).cause, BreakCause::Compaction);
}

/// A model with prices.
fn priced(bench: &mut Bench, id: &str) {
    let prices =
        Prices { input: 5.0, output: 25.0, cache_write_5m: 6.25, cache_write_1h: 10.0, cache_read: 0.5, above: None };
    let info = ModelInfo { prices: Some(prices), ..ModelInfo::unknown(id) };
    bench.feed(Input::SetModel { model: ModelRef::new(Wire::Anthropic, id), info: Arc::new(info), effort: None });
}

type Edit = Box<dyn FnOnce(&mut Bench)>;

/// Fourteen changes: what is done, how many segments are read after it, what it is called.
fn changes() -> Vec<(&'static str, Edit, usize, BreakCause)> {
    let tools = |names: &'static [&'static str]| -> Edit {
        Box::new(|bench: &mut Bench| bench.machine.set_prefix(prefix(names, "tabs"), "x"))
    };
    let swap = |at: usize, segment: crate::domain::Segment| -> Edit {
        Box::new(move |bench: &mut Bench| {
            let mut all = prefix(&["Bash", "Read"], "tabs");
            all[at] = Arc::new(segment);
            bench.machine.set_prefix(all, "x");
        })
    };
    let spec = ToolSpec { name: "Read".into(), description: "reads now ".repeat(150), input_schema: json!({}) };
    let described = crate::domain::Segment::tool(Arc::new(spec));
    let system = crate::domain::Segment::system("system prompt", "be brief ".repeat(300));
    let memory = crate::domain::Segment::memory("/p/CLAUDE.md", "blanks");
    let effort: Edit = Box::new(|bench| {
        let (model, info) = bench.machine.model().cloned().unwrap();
        bench.feed(Input::SetModel { model, info, effort: Some(Effort::High) });
    });
    let compact: Edit = Box::new(|bench| {
        bench.feed(Input::Compact { focus: None });
        bench.text(0, "a summary").done(StopReason::EndTurn);
    });
    let eject: Edit = Box::new(|bench| {
        let item = ItemKey::Message(bench.machine.conversation().history[0].hash);
        let body = ContextBody::Ejected { item, label: "a prompt".into(), on: true, when: When::Now };
        bench.feed(Input::Note(Body::Context(body)));
    });
    let back: Edit = Box::new(|bench| {
        let records = records(&bench.bodies);
        let until = bench.bodies.iter().position(|body| matches!(body, Body::TurnEnded { .. })).unwrap();
        let step = FileMove {
            kind: MoveKind::Rewind { turn: 2 },
            steps: Vec::new(),
            skipped: Vec::new(),
            conversation: Some(records[until + 1].seq),
        };
        bench.feed(Input::Note(Body::Files(FilesBody::Moved(step))));
        bench.feed(Input::Adopt(Box::new(Conversation::fold(&records[..=until]))));
    });
    vec![
        ("a tool came", tools(&["Bash", "Read", "Zip"]), 2, BreakCause::Tools),
        ("a tool went", tools(&["Bash"]), 1, BreakCause::Tools),
        ("a tool is described in other words", swap(1, described), 1, BreakCause::Tools),
        ("a server connected", tools(&["Bash", "Read", "mcp__docs__find"]), 2, BreakCause::Server),
        ("the order changed", tools(&["Read", "Bash"]), 0, BreakCause::Order),
        ("the system text changed", swap(2, system), 2, BreakCause::System),
        ("an instruction file changed", swap(3, memory), 3, BreakCause::Memory),
        ("another model", Box::new(|bench| priced(bench, "n")), 0, BreakCause::Model),
        ("another effort", effort, 4, BreakCause::Effort),
        ("a summary", compact, 4, BreakCause::Compaction),
        ("a message was taken out", eject, 4, BreakCause::Ejected),
        ("back to an earlier prompt", back, 5, BreakCause::Rewound),
        ("time", Box::new(|bench| bench.now += 400_000), 0, BreakCause::Expired),
        ("nothing of ours", Box::new(|_| {}), 0, BreakCause::Provider),
    ]
}

#[test]
fn each_of_fourteen_changes_has_its_cause_and_its_price() {
    for (name, edit, read, cause) in changes() {
        let mut bench = cached(Settings::default());
        priced(&mut bench, "m");
        bench.turn(0).turn(5);
        edit(&mut bench);
        bench.prompt(&"now in another way ".repeat(150)).text(0, "done").ends_having_read(read, StopReason::EndTurn);
        let found = bench.breaks();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        let (found, sent) = (found[0], bench.sent.last().unwrap());
        assert_eq!(found.cause, cause, "{name}: {found:?}");
        // What was cached and was not read is written again: a write in the place of a read.
        let all: u64 = sent.segments.iter().map(|segment| u64::from(segment.tokens)).sum();
        assert!(found.tokens > 0 && found.tokens == found.cached.min(all) - found.read, "{name}: {found:?}");
        let price = found.tokens as f64 * (6.25 - 0.5) / 1e6;
        assert!((found.cost.unwrap() - price).abs() < 1e-9, "{name}: {found:?}");
    }
}

#[test]
fn a_break_has_its_texts_and_survives_a_resume() {
    let mut bench = cached(Settings::default());
    bench.turn(0).turn(5);
    bench.machine.set_prefix(prefix(&["Bash", "Read"], "blanks"), "x");
    bench.turn(3);
    let request = bench.breaks()[0].request;
    let evidence = bench.machine.evidence(request).unwrap();
    assert!(evidence.before.is_some() && evidence.after.is_some());
    // The log alone tells another run of the program what the cache holds.
    let log = records(&bench.bodies);
    let mut again = Bench::around(machine_with(Settings::default(), &log));
    again.machine.set_prefix(prefix(&["Bash", "Read"], "other"), "it was edited meanwhile");
    again.now = bench.now;
    again.turn(3);
    assert_eq!(again.breaks().last().map(|found| found.cause), Some(BreakCause::Memory));
}

#[test]
fn cheap_stages_cut_old_output_and_never_words_or_what_is_unseen() {
    let mut bench = Bench::new(small(12_000));
    bench.prompt("The port is 8473, never change it.");
    for n in 0..30 {
        bench.step(&format!("c{n}"), &format!("fact {n}\n{}", "a line of output of some length\n".repeat(50)));
    }
    assert!(bench.stages().contains(&CompactionStage::Snip), "{:?}", bench.stages());
    assert!(!bench.stages().contains(&CompactionStage::Summary), "{:?}", bench.stages());
    let sent = bench.sent_text();
    assert!(sent.contains("8473") && (0..30).all(|n| sent.contains(&format!("I look at c{n}."))), "{sent}");
    assert!(bench.sent.last().unwrap().segments.last().unwrap().tokens > 350, "the newest result is whole");
    let prompt: u32 =
        bench.sent.iter().map(|sent| sent.segments.iter().map(|segment| segment.tokens).sum()).max().unwrap();
    assert!(prompt < 9_500, "{prompt}");
}

#[test]
fn a_result_larger_than_its_share_keeps_head_and_tail_and_is_kept_whole_elsewhere() {
    let mut bench = Bench::new(small(20_000));
    bench.machine.set_outputs("/out".into());
    bench.prompt("go").step("big", &format!("first\n{}last", "noise and more of it\n".repeat(3_000)));
    assert_eq!(bench.stages(), [CompactionStage::Reduce]);
    let sent = bench.sent_text();
    assert!(sent.contains("first") && sent.contains("last") && sent.contains("/out/r1.txt"), "{sent}");
    assert_eq!(bench.kept, ["r1.txt"]);
}

#[test]
fn a_summary_keeps_what_was_said_though_the_model_does_not() {
    let mut bench = Bench::new(small(6_000));
    let mut facts = Vec::new();
    for n in 0..60 {
        let fact = format!("The limit of queue {n} is {}.", n * 17 + 5);
        facts.push(fact.clone());
        bench.prompt(&format!("{fact} {}", "Please look at it with care. ".repeat(12)));
        while bench.sent_text().contains("Write a summary") {
            bench.text(0, "They talked about queues.").done(StopReason::EndTurn);
        }
        bench.text(0, &format!("Queue {n} uses shard s-{n}.")).done(StopReason::EndTurn);
    }
    assert!(bench.stages().contains(&CompactionStage::Summary), "{:?}", bench.stages());
    let sent = bench.sent_text();
    let lost: Vec<_> = facts.iter().filter(|fact| !sent.contains(fact.as_str())).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(bench.stages().len() < 8, "{:?}", bench.stages());
}

#[test]
fn a_draft_waits_for_the_person_and_an_accepted_one_can_be_undone() {
    let mut bench = Bench::new(Settings { review: true, ..Settings::default() });
    bench.prompt("the task").text(0, "ok").done(StopReason::EndTurn);
    let before = hashes(bench.machine.conversation());
    bench.feed(Input::Compact { focus: None }).text(0, "sum").done(StopReason::EndTurn);
    assert!(bench.reviews.last().unwrap().contains("the task"), "{:?}", bench.reviews);
    assert_eq!(hashes(bench.machine.conversation()), before, "nothing changed yet");
    bench.feed(Input::AcceptSummary { summary: "mine".into() });
    assert_eq!(bench.machine.conversation().history.len(), 1);
    bench.prompt("more").text(0, "yes").done(StopReason::EndTurn);
    assert!(bench.sent_text().contains("mine"));
    bench.feed(Input::UndoCompaction);
    let after = hashes(bench.machine.conversation());
    assert_eq!(after[..2], before[..], "it is all back");
    assert_eq!(after.len(), 4);
    let log = records(&bench.bodies);
    assert_eq!(hashes(machine_with(Settings::default(), &log).conversation()), after, "also after a resume");
}

#[test]
fn what_is_pinned_stays_and_what_is_ejected_goes() {
    let mut bench = Bench::new(small(12_000));
    bench.prompt("go").step("keep", &format!("needle\n{}", "some output here\n".repeat(120)));
    let item = ItemKey::Result("keep".into());
    let pin = ContextBody::Pinned { item, label: "keep".into(), on: true };
    bench.feed(Input::Note(Body::Context(pin)));
    for n in 0..14 {
        bench.step(&format!("c{n}"), &"a line of output of some length\n".repeat(120));
    }
    assert!(bench.sent_text().contains("needle"));
    let item = ItemKey::Result("c13".into());
    let eject = ContextBody::Ejected { item, label: "c13".into(), on: true, when: When::Now };
    bench.feed(Input::Note(Body::Context(eject))).text(0, "ok").done(StopReason::EndTurn).prompt("next");
    assert!(bench.sent_text().contains("took this output out"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever happens: a request goes on from the one before, or a record in between says why it does not.
    #[test]
    fn no_path_changes_the_prefix_without_an_event(steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..60)) {
        let mut bench = Bench::around(machine_with(small(3_000), []));
        bench.machine.set_prefix(prefix(&["Bash", "Read"], "tabs"), "the start");
        let mut seen = (0, 0);
        for (choice, detail) in steps {
            match choice % 24 {
                20 => bench.machine.set_prefix(prefix(&["Bash", if detail % 2 == 0 { "Read" } else { "Zip" }], "tabs"), "tools"),
                21 => drop(bench.feed(Input::UndoCompaction).feed(Input::Compact { focus: None })),
                22 => {
                    let effort = (detail % 2 == 0).then_some(Effort::High);
                    let (model, info) = (ModelRef::new(Wire::Anthropic, "m"), Arc::new(ModelInfo::unknown("m")));
                    bench.feed(Input::SetModel { model, info, effort });
                }
                23 => {
                    let id = format!("{detail}");
                    let body = ContextBody::Ejected { item: ItemKey::Result(id.clone()), label: id, on: true, when: When::Now };
                    bench.feed(Input::Note(Body::Context(body)));
                }
                _ => step(&mut bench, choice, detail),
            }
            bench.feed(Input::Note(Body::Noticed(crate::domain::Notice::info("x"))));
            check(&bench, &mut seen)?;
        }
    }
}

/// Looks at the requests that were sent since the last look.
fn check(bench: &Bench, seen: &mut (usize, usize)) -> Result<(), TestCaseError> {
    let hashes =
        |canonical: &CanonicalRequest| canonical.segments.iter().map(|segment| segment.hash).collect::<Vec<_>>();
    let announced = bench.bodies[seen.1..].iter().any(|body| {
        matches!(body, Body::Context(_) | Body::Compacted { .. } | Body::ModelSet { .. } | Body::Cleared)
            || matches!(body, Body::RequestSent(note) if note.summary)
            // A prompt that never got an answer is taken back.
            || matches!(body, Body::TurnEnded { end: TurnEnd::Failed { .. }, .. })
    });
    for pair in bench.sent[seen.0.saturating_sub(1)..].windows(2) {
        let (before, after) = (hashes(&pair[0]), hashes(&pair[1]));
        // What follows the last answer may be said again; a request for a summary is nobody's prefix.
        let summary = pair[0].segments.last().is_some_and(|segment| segment.label == "summary request");
        let grows = after.starts_with(&before) || summary && after.starts_with(&before[..before.len() - 1]);
        prop_assert!(grows || announced, "a request changed its prefix and nothing says why");
    }
    if bench.sent.len() > seen.0 {
        *seen = (bench.sent.len(), bench.bodies.len());
    }
    Ok(())
}
