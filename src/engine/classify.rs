//! Mode auto: a model judges what the rules leave open, before the person is asked.
//!
//! It is asked beside the turn, within a time of its own. Whatever goes wrong ends in the question that there
//! would have been without it. When it blocks too much it is paused, and the person is asked again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;

use super::driver::{Driver, News, What};
use crate::agent::Input;
use crate::domain::{
    Because, BecauseKind, Block, Body, CanonicalRequest, Decision, Mode, ModelInfo, Notice, Opinion, OpinionNote,
    StreamItem, ToolCall, TrailStep, Usage, Verdict,
};
use crate::prompt;
use crate::provider::Provider;
use crate::usage;

/// Blocks after each other, and in all, after which the classifier is paused.
const IN_A_ROW: u32 = 3;
const IN_ALL: u32 = 20;
/// Opinions that are kept, so that a question is not judged twice.
const KEPT: usize = 256;
/// Bytes of an answer that are read.
const ANSWER: usize = 16 * 1024;

/// What the classifier has said in this session.
#[derive(Debug, Default)]
pub(super) struct Classifier {
    /// Calls that are being judged.
    running: HashMap<String, AbortHandle>,
    /// Opinions by call.
    known: HashMap<String, (Option<Opinion>, String)>,
    in_a_row: u32,
    in_all: u32,
    paused: bool,
}

/// What came of one request.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) note: OpinionNote,
}

impl Classifier {
    /// Forgets what was being judged; its answers are not waited for.
    pub(super) fn stop(&mut self) {
        for (_, task) in self.running.drain() {
            task.abort();
        }
    }

    /// The person chose a mode: a pause is over.
    pub(super) fn resume(&mut self) {
        (self.in_a_row, self.in_all, self.paused) = (0, 0, false);
    }

    /// Counts an opinion. True when the classifier is paused by it.
    fn count(&mut self, opinion: Option<Opinion>) -> bool {
        match opinion {
            Some(Opinion::Block) => {
                self.in_a_row += 1;
                self.in_all += 1;
            }
            Some(Opinion::Allow) => self.in_a_row = 0,
            Some(Opinion::Ask) | None => {}
        }
        let pauses = !self.paused && (self.in_a_row >= IN_A_ROW || self.in_all >= IN_ALL);
        self.paused |= pauses;
        pauses
    }

    fn keep(&mut self, call_id: &str, opinion: Option<Opinion>, reason: &str) {
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        self.known.insert(call_id.to_owned(), (opinion, reason.to_owned()));
    }
}

/// The classifier may be asked: the mode is auto, and nothing but the lack of a rule made the gate ask. What a
/// rule, a protected name or a danger asks about is the person's alone.
fn is_open(verdict: &Verdict, mode: Mode) -> bool {
    mode == Mode::Auto
        && verdict.decision == Decision::Ask
        && matches!(verdict.because.kind, BecauseKind::Analysis | BecauseKind::Tool)
}

impl Driver {
    /// Lets a model judge a call that the gate would ask about. None when it was taken on; else the verdict as it
    /// stands.
    pub(super) fn classify(&mut self, call: &ToolCall, verdict: Verdict) -> Option<Verdict> {
        if !is_open(&verdict, self.machine.conversation().mode) {
            return Some(verdict);
        }
        if let Some((opinion, reason)) = self.parts.classifier.known.get(&call.id).cloned() {
            return Some(with_opinion(verdict, opinion, &reason));
        }
        if self.parts.classifier.running.contains_key(&call.id) {
            return None;
        }
        if self.parts.classifier.paused {
            return Some(with_opinion(verdict, None, "paused, because it blocked too much"));
        }
        let Some((model, info)) = self.machine.model().cloned() else {
            return Some(with_opinion(verdict, None, "there is no model to ask"));
        };
        let said = self.said();
        let judged = prompt::Judged {
            call,
            said: &said,
            folder: &self.stage.place.cwd.display().to_string(),
            project: &self.stage.place.project.display().to_string(),
            analysis: &verdict.because.text,
        };
        let key = self.session.to_string();
        let Some(request) = prompt::classifier_request(&judged, &model, &info, &key) else {
            return Some(with_opinion(verdict, None, "the call is too long to be judged whole"));
        };
        match self.provider(&request) {
            Err(problem) => Some(with_opinion(verdict, None, &problem)),
            Ok(provider) => {
                self.ask_classifier(call.id.clone(), request, provider);
                None
            }
        }
    }

    /// What the person typed in this conversation, oldest first.
    fn said(&self) -> Vec<String> {
        let prompts = self.machine.conversation().history.iter().filter(|segment| segment.label == "you");
        let texts = prompts.filter_map(|segment| segment.as_message()).filter_map(|message| {
            message.blocks.iter().rev().find_map(|block| match block {
                Block::Text { text } if !text.starts_with("<system-reminder>") => Some(text.clone()),
                _ => None,
            })
        });
        texts.collect()
    }

    fn ask_classifier(&mut self, call_id: String, request: Arc<CanonicalRequest>, provider: Arc<dyn Provider>) {
        let (news, epoch, clock) = (self.news.clone(), self.epoch, Arc::clone(&self.setup.clock));
        let limit = Duration::from_millis(self.setup.tuning.classifier_ms);
        let id = call_id.clone();
        let task = tokio::spawn(async move {
            let start = clock.elapsed();
            let heard = tokio::time::timeout(limit, listen(&provider, &request)).await;
            let duration_ms = clock.elapsed().saturating_sub(start).as_millis() as u64;
            let (answer, usage) = heard.unwrap_or_else(|_| {
                (Err(format!("no answer within {} s", limit.as_millis().div_ceil(1_000))), Usage::default())
            });
            let (opinion, reason) = match answer.map(|text| prompt::read_opinion(&text)) {
                Ok(Some((opinion, reason))) => (Some(opinion), reason),
                Ok(None) => (None, "its answer was not a verdict".to_owned()),
                Err(problem) => (None, problem),
            };
            let cost = cost(&request.info, &usage);
            let model = request.model.clone();
            let note = OpinionNote { call_id: id, model, opinion, reason, usage, cost, duration_ms };
            let what = What::Opinion(Box::new(Heard { note }));
            let _gone = news.send(News { epoch, what }).await;
        });
        self.parts.classifier.running.insert(call_id, task.abort_handle());
    }

    pub(super) async fn on_opinion(&mut self, heard: Heard) {
        let note = heard.note;
        let call_id = note.call_id.clone();
        if self.parts.classifier.running.remove(&call_id).is_none() {
            return;
        }
        let opinion = note.opinion;
        self.parts.classifier.keep(&call_id, opinion, &note.reason);
        self.feed(Input::Note(Body::Classified(note))).await;
        if self.parts.classifier.count(opinion) {
            let notice = Notice::warning("The classifier blocked too much and is paused: you are asked instead.");
            self.notice(notice.hint("Shift+Tab or /mode auto turns it on again.")).await;
        }
        // Mode and rules may have changed meanwhile, so the gate speaks again; it finds the opinion known.
        if let Some(call) = self.machine.call(&call_id).cloned() {
            self.judge(call).await;
            self.work_inbox().await;
        }
    }
}

/// A question that nobody is there to answer is a no.
pub(super) fn unanswered(mut verdict: Verdict) -> Verdict {
    if verdict.decision == Decision::Ask {
        verdict.decision = Decision::Deny;
        verdict.because.kind = BecauseKind::Headless;
        verdict.because.text = format!("Nobody is there to be asked. {}", verdict.because.text);
        verdict.trail.push(TrailStep { stage: "person".into(), finding: "nobody is there to be asked".into() });
    }
    verdict
}

/// The gate's verdict with what the model said of the call.
fn with_opinion(mut verdict: Verdict, opinion: Option<Opinion>, reason: &str) -> Verdict {
    let asked = match verdict.trail.last() {
        Some(step) if step.stage == "person" => verdict.trail.pop(),
        _ => None,
    };
    let word = opinion.map_or("no opinion", Opinion::name);
    verdict.trail.push(TrailStep { stage: "classifier".into(), finding: format!("{word}: {reason}") });
    match opinion {
        Some(Opinion::Allow) => {
            verdict.decision = Decision::Allow;
            verdict.because =
                Because::new(BecauseKind::Classifier, format!("The classifier of the mode auto allows it: {reason}"));
        }
        Some(Opinion::Block) => {
            verdict.decision = Decision::Deny;
            let text = format!(
                "The classifier of the mode auto blocks it: {reason}. Do not try the same by another way; do \
                 something safer, or say what is needed and why."
            );
            verdict.because = Because::new(BecauseKind::Classifier, text);
        }
        Some(Opinion::Ask) => {
            verdict.because.text = format!("{} The classifier leaves it to you: {reason}", verdict.because.text);
            verdict.trail.extend(asked);
        }
        None => {
            verdict.because.text = format!("{} The classifier did not decide: {reason}.", verdict.because.text);
            verdict.trail.extend(asked);
        }
    }
    verdict
}

/// The whole text of an answer, with its tokens.
async fn listen(provider: &Arc<dyn Provider>, request: &Arc<CanonicalRequest>) -> (Result<String, String>, Usage) {
    let mut items = provider.stream(Arc::clone(request));
    let (mut text, mut spent) = (String::new(), Usage::default());
    while let Some(item) = items.recv().await {
        match item {
            StreamItem::BlockDone { block: Block::Text { text: more }, .. } if text.len() + more.len() <= ANSWER => {
                text.push_str(&more);
            }
            StreamItem::Usage(usage) => spent = usage,
            StreamItem::Done { usage, .. } => return (Ok(text), usage.unwrap_or(spent)),
            StreamItem::Failed(error) => return (Err(error.to_string()), spent),
            _ => {}
        }
    }
    (Err("the answer ended before it was complete".to_owned()), spent)
}

fn cost(info: &ModelInfo, spent: &Usage) -> Option<f64> {
    info.prices.as_ref().map(|prices| usage::price(prices, spent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_pauses_after_three_blocks_in_a_row_or_twenty_in_all() {
        let mut classifier = Classifier::default();
        let block = Some(Opinion::Block);
        assert!(!classifier.count(block) && !classifier.count(block));
        assert!(!classifier.count(Some(Opinion::Allow)), "an allow starts the row anew");
        assert!(!classifier.count(block) && !classifier.count(None) && !classifier.count(block));
        assert!(classifier.count(block) && classifier.paused);
        assert!(!classifier.count(block), "it is told once");
        classifier.resume();
        for _ in 0..9 {
            assert!(!classifier.count(block) && !classifier.count(block) && !classifier.count(Some(Opinion::Allow)));
        }
        assert!(!classifier.count(block) && classifier.count(block), "the twentieth in all");
    }

    #[test]
    fn only_what_the_rules_leave_open_is_judged() {
        let verdict = |kind| Verdict {
            decision: Decision::Ask,
            because: Because::new(kind, "x"),
            read_only: false,
            suggestion: None,
            trail: vec![TrailStep { stage: "person".into(), finding: "is asked".into() }],
        };
        assert!(is_open(&verdict(BecauseKind::Analysis), Mode::Auto));
        assert!(!is_open(&verdict(BecauseKind::Analysis), Mode::Default));
        for kind in [BecauseKind::Rule, BecauseKind::Protected, BecauseKind::Hook, BecauseKind::Mode] {
            assert!(!is_open(&verdict(kind), Mode::Auto), "{kind:?}");
        }
        let allowed = with_opinion(verdict(BecauseKind::Tool), Some(Opinion::Allow), "a build");
        assert_eq!((allowed.decision, allowed.because.kind), (Decision::Allow, BecauseKind::Classifier));
        assert_eq!(allowed.trail.len(), 1, "nobody is asked");
        let asked = with_opinion(verdict(BecauseKind::Tool), None, "no answer within 10 s");
        assert_eq!((asked.decision, asked.trail.len()), (Decision::Ask, 2));
        assert_eq!(unanswered(asked).decision, Decision::Deny);
    }
}
