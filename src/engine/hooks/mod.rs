//! Where the engine lets hooks run: choosing them, starting them beside the driver, and acting on what they say.
//!
//! Nothing here waits: a point that has to wait for hooks hands over what is to be done afterwards ([`Then`]) and
//! the driver goes on. Where no hook is configured nothing is started and nothing is put off.

mod asking;
mod calls;
mod desk;
mod judging;
mod messages;
mod moments;
mod prompts;
mod requests;
mod servers;
mod sessions;
mod tasks;
mod watch;
mod worktrees;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::catalog::Scanned;
use super::driver::{Driver, News, What};
use super::gate::Asked;
use crate::agent::{Input, Point, Points, Prompt};
use crate::domain::{
    Body, Decision, Effort, Event, Live, Message, Mode, ModelRef, Notice, Origin, SaveScope, ToolCall, ToolOutcome,
    Verdict,
};
use crate::hooks::bus::Bus;
use crate::hooks::events::{self, Common, tool};
use crate::hooks::{self, Desk, Event as Name, Firing, Hook, Ran};
use crate::policy::{self, RuleSet, RuleText, Tier};
use crate::prompt;

pub(super) use moments::Missed;
pub(super) use prompts::{Pending, Prompts};
pub(super) use servers::Elicited;
pub(super) use sessions::source_of;
pub(super) use watch::Watched;
pub(super) use worktrees::WorktreeHooks;

/// Characters of a prompt that the model gets from a hook that wakes it.
const WAKE: usize = 10_000;

/// What hooks have to do with the session that is open.
pub(super) struct Hooking {
    /// Subscribers outside; none in the usual case.
    pub(super) bus: Option<Bus>,
    /// Bounds what runs beside the session.
    beside: Arc<Semaphore>,
    /// Stops the hooks that hold something up.
    cancel: CancellationToken,
    /// Firings that hold something up.
    holding: usize,
    /// What PreToolUse hooks said of the calls of this turn.
    before: HashMap<String, tool::Before>,
    /// Calls whose PermissionRequest hooks have answered.
    requested: HashSet<String>,
    pub(super) prompts: Prompts,
    /// Questions that stand, with the name of the tool.
    questions: BTreeMap<u32, String>,
    /// Counts moments of rest, so that a notice of rest knows whether it is still true.
    rests: u32,
    /// The session has begun for hooks.
    begun: bool,
    /// What began it, while the folder's question keeps hooks waiting.
    pub(super) unbegun: Option<&'static str>,
    /// Somebody wants to hear when it has begun.
    waited_for: bool,
    watch: watch::Watch,
    /// Agents in the background that run, with their tasks.
    agents: HashMap<String, String>,
}

/// What is to be done when hooks have answered.
#[derive(Debug)]
pub(super) enum Then {
    Nothing,
    /// The session has begun.
    Begin,
    Prompt(Pending),
    Judge(ToolCall),
    /// The person is about to be asked.
    Ask {
        call: ToolCall,
        verdict: Verdict,
    },
    /// The auto mode has denied it.
    Denied {
        call: ToolCall,
        verdict: Verdict,
    },
    Done {
        call_id: String,
        outcome: Box<ToolOutcome>,
        duration_ms: u64,
    },
    Hold {
        hold: u32,
        point: Point,
    },
    SaveRule {
        rule: String,
        scope: SaveScope,
    },
    Switch {
        model: ModelRef,
        effort: Option<Effort>,
    },
    /// A server asks the person.
    Elicit(Box<servers::Elicited>),
    /// A server is about to be answered.
    Elicited(Box<servers::Replied>),
    /// A settings file changed.
    Reload {
        source: &'static str,
        path: PathBuf,
    },
    /// Skills changed on disk.
    Skills(Box<Scanned>),
    /// A text of the model is shown.
    Shown {
        original: String,
    },
    /// What they say about files to watch counts, nothing else.
    Watch,
    /// It ran beside. It may wake the model.
    Late {
        wakes: bool,
    },
}

/// What came of one firing.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) runs: Vec<Ran>,
    pub(super) then: Then,
    /// The environment that hooks left for later commands.
    pub(super) env: Option<BTreeMap<String, String>>,
    /// The person stopped them.
    pub(super) stopped: bool,
    /// Something waits for it.
    pub(super) holds: bool,
}

impl Hooking {
    pub(super) fn new(bus: Option<Bus>) -> Self {
        Self {
            bus,
            beside: Desk::room_beside(),
            cancel: CancellationToken::new(),
            holding: 0,
            before: HashMap::new(),
            requested: HashSet::new(),
            prompts: Prompts::default(),
            questions: BTreeMap::new(),
            rests: 0,
            begun: false,
            unbegun: None,
            waited_for: false,
            watch: watch::Watch::default(),
            agents: HashMap::new(),
        }
    }

    /// Stops what holds something up.
    pub(super) fn stop(&mut self) {
        self.cancel.cancel();
        self.cancel = CancellationToken::new();
    }
}

impl Driver {
    /// Some hook may run for this event.
    pub(super) fn hooked(&self, event: Name) -> bool {
        self.stage.hooks.has(event, self.stage.trusted)
    }

    /// Tells the machine at which points hooks wait. To be called when hooks or trust changed.
    pub(super) fn set_points(&mut self) {
        let points = Points {
            batch: self.hooked(Name::PostToolBatch),
            stop: match &self.stage.child {
                None => self.hooked(Name::Stop),
                Some(child) => {
                    self.hooked(Name::SubagentStop) || (child.name.is_some() && self.hooked(Name::TeammateIdle))
                }
            },
            compact: self.hooked(Name::PreCompact),
            spend: true,
        };
        self.machine.set_points(points);
    }

    /// The hooks that run for a firing. `call` is what rules in `if` are tried on.
    fn chosen(&self, firing: &Firing, call: Option<&ToolCall>) -> Vec<Hook> {
        let fits = |rule: &str| call.is_none_or(|call| self.rule_fits(rule, call));
        let subject = firing.subject.as_deref();
        let (chosen, left_out) = self.stage.hooks.select(firing.event, subject, self.stage.trusted, &fits);
        if left_out > 0 {
            tracing::warn!(left_out, event = firing.event.name(), "too many hooks for one event");
        }
        chosen
    }

    /// Whether a rule in `if` matches a call. What cannot be told counts as a match, so that the hook runs.
    fn rule_fits(&self, rule: &str, call: &ToolCall) -> bool {
        let text = RuleText {
            tier: Tier::Deny,
            text: rule.to_owned(),
            source: crate::domain::RuleSource { scope: crate::domain::RuleScope::Session, file: None, line: None },
            anchor: self.stage.place.cwd.clone(),
        };
        if RuleSet::parse(vec![text.clone()]).1.iter().any(|problem| problem.unused) {
            return true;
        }
        let Some(tool) = self.tool(&call.name) else { return true };
        let Ok(access) = tool.access(&call.input, &self.stage.place) else { return true };
        let asked = Asked { name: &call.name, input: &call.input, access };
        let gate = self.gate.with_denial(text);
        let verdict = gate.with(&asked, &self.stage, Mode::Default, policy::judge);
        verdict.because.rule.as_deref() == Some(rule)
    }

    /// Starts the hooks of a firing beside the driver. What is to be done comes back when there are none.
    fn fire(&mut self, firing: Firing, call: Option<&ToolCall>, then: Then) -> Option<Then> {
        let hooks = self.chosen(&firing, call);
        if hooks.is_empty() {
            return Some(then);
        }
        self.start(vec![(firing, hooks)], then);
        None
    }

    /// Tells hooks something that they cannot change.
    fn tell_hooks(&mut self, firing: Firing) {
        let _nobody = self.fire(firing, None, Then::Nothing);
    }

    /// Runs these one after the other, each all at once, until one blocks.
    fn start(&mut self, firings: Vec<(Firing, Vec<Hook>)>, then: Then) {
        let all: Vec<Hook> = firings.iter().flat_map(|(_, hooks)| hooks.clone()).collect();
        self.spend_hooks(&all);
        let holds = !matches!(then, Then::Nothing | Then::Watch | Then::Shown { .. });
        let mut desk = self.desk(&all);
        if holds {
            self.hold_up(&all, &firings);
        } else {
            desk.cancel = CancellationToken::new();
        }
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let (runs, env) = hooks::run_all(firings, &mut desk).await;
            let heard = Answered { runs, then, env, stopped: desk.cancel.is_cancelled(), holds };
            let _gone = news.send(News { epoch, what: What::Hooked(Box::new(heard)) }).await;
        });
    }

    /// Lets the person know what is waited for.
    fn hold_up(&mut self, hooks: &[Hook], firings: &[(Firing, Vec<Hook>)]) {
        self.hooking.holding += 1;
        let name = firings.first().map_or("", |(firing, _)| firing.event.name());
        let said = hooks.iter().find_map(|hook| hook.handler.status.clone());
        let text = said.unwrap_or_else(|| format!("{name} hook runs"));
        // A face that is slow hears the next one; nothing may wait for it here.
        self.events.try_send(Event::Live(Live::HookRuns(Some(text)))).ok();
    }

    /// Hooks have answered.
    pub(super) async fn on_hooked(&mut self, heard: Answered) {
        let Answered { runs, then, env, stopped, holds } = heard;
        if holds {
            self.hooking.holding = self.hooking.holding.saturating_sub(1);
            if self.hooking.holding == 0 {
                self.tell(Event::Live(Live::HookRuns(None))).await;
            }
        }
        if let Some(env) = env {
            self.stage.env = Arc::new(env);
        }
        for ran in &runs {
            self.feed(Input::Note(Body::HookRan(Box::new(ran.record())))).await;
        }
        match then {
            Then::Nothing => drop(self.told(&runs, true).await),
            Then::Begin => self.on_begun(&runs).await,
            Then::Prompt(pending) => self.on_prompt_hooked(pending, &runs, stopped).await,
            Then::Judge(call) => self.on_call_hooked(call, &runs).await,
            Then::Ask { call, verdict } => self.on_request_hooked(call, verdict, &runs).await,
            Then::Denied { call, verdict } => self.on_denied_hooked(call, verdict, &runs).await,
            Then::Done { call_id, outcome, duration_ms } => {
                self.on_done_hooked(Input::CallDone { call_id, outcome, duration_ms }, &runs).await;
            }
            Then::Hold { hold, point } => self.on_hold_hooked(hold, &point, &runs).await,
            Then::SaveRule { rule, scope } => self.on_save_hooked(rule, scope, &runs).await,
            Then::Switch { model, effort } => self.on_switch_hooked(model, effort, &runs).await,
            Then::Elicit(question) => self.on_elicit_hooked(*question, &runs).await,
            Then::Elicited(replied) => self.on_elicited_hooked(*replied, &runs).await,
            Then::Reload { source, path } => self.on_reload_hooked(source, &path, &runs).await,
            Then::Skills(scanned) => self.on_skills_hooked(*scanned, &runs).await,
            Then::Shown { original } => self.on_shown_hooked(original, &runs).await,
            Then::Watch => {
                self.told(&runs, true).await;
                self.take_watched(&runs);
            }
            Then::Late { wakes } => self.on_late(&runs, wakes).await,
        }
    }

    /// Passes on what every answer may hold. Without `context` the model is told nothing.
    async fn told(&mut self, runs: &[Ran], context: bool) -> Common {
        let common = events::common(runs);
        for (from, text) in common.context.iter().filter(|_| context) {
            let (from, text) = (from.clone(), text.clone());
            let body = self.setup.secrets.value(Body::ContextAdded { from, text });
            self.feed(Input::Note(body)).await;
        }
        for text in common.warnings.iter().chain(&common.failures) {
            self.feed(Input::Note(Body::Noticed(Notice::warning(text.clone())))).await;
        }
        common
    }

    /// Decisions of a hook that ran beside come too late; only its words count.
    async fn on_late(&mut self, runs: &[Ran], wakes: bool) {
        self.told(runs, true).await;
        let Some(ran) = runs.first().filter(|_| wakes) else { return };
        let words = ran.answer.block.as_ref().or(ran.answer.warning.as_ref()).unwrap_or(&ran.output);
        let words: String = words.chars().take(WAKE).collect();
        let message =
            Message::user(prompt::wrap(&format!("The {} hook {} says: {words}", ran.event.name(), ran.who())));
        let prompt = Prompt { message, typed: format!("(hook) {}", ran.label), origin: Origin::Harness };
        self.feed(Input::Prompt(prompt)).await;
    }

    /// Ends the turn because a hook said so, after the machine took `input`.
    async fn feed_and_stop(&mut self, input: Input, reason: Option<String>) {
        let Some(reason) = reason else { return self.feed(input).await };
        let turn = self.machine.conversation().turn;
        self.machine.stop_at_join(&reason);
        self.feed(input).await;
        if turn.is_some() && self.machine.conversation().turn == turn {
            self.feed(Input::Stop { reason }).await;
        }
    }
}

/// A verdict by a hook.
fn by_hook(verdict: Verdict, decision: Decision, text: String) -> Verdict {
    let because = crate::domain::Because::new(crate::domain::BecauseKind::Hook, text);
    Verdict { decision, because, suggestion: None, ..verdict }
}
