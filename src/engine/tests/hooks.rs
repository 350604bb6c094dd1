//! Hooks through the engine: every event that fires, every decision, and hooks that mean harm.

mod bus;
mod decisions;
mod events;
mod hostile;
mod kinds;
mod walk;

use super::*;
use crate::hooks::{Config, Event as Name, Handler, Hook, Matcher, Patience};

/// A configuration from the shape that settings have.
fn config(scope: RuleScope, hooks: &Value) -> Config {
    let mut config = Config::default();
    for (name, groups) in hooks.as_object().unwrap() {
        let event = Name::named(name).unwrap();
        for group in groups.as_array().unwrap() {
            let matcher = Matcher::parse(group["matcher"].as_str().unwrap_or_default()).unwrap();
            for handler in group["hooks"].as_array().unwrap() {
                let line = Some(config.hooks.len() as u32 + 1);
                config.hooks.push(Hook {
                    event,
                    matcher: matcher.clone(),
                    handler: Handler::parse(event, handler).unwrap(),
                    source: RuleSource { scope, file: Some("settings.json".into()), line },
                    extra: crate::hooks::Extra::default(),
                    once: false,
                });
            }
        }
    }
    config.patience = Patience { question_ms: 10, rest_ms: 10, look_ms: 20 };
    config
}

/// One command for one event.
fn one(event: &str, command: &str) -> Value {
    json!({ event: [{ "hooks": [{ "type": "command", "command": command }] }] })
}

fn bench(hooks: &Value, answers: Vec<Vec<StreamItem>>) -> Bench {
    changed(hooks, answers, |_| {})
}

fn changed(hooks: &Value, answers: Vec<Vec<StreamItem>>, change: impl FnOnce(&mut Setup)) -> Bench {
    let config = Arc::new(config(RuleScope::User, hooks));
    Bench::with(Arc::new(TempDir::new().unwrap()), Open::New, answers, |setup| {
        setup.stage.hooks = config;
        let path = std::env::var("PATH").unwrap_or_default();
        setup.stage.env = Arc::new([("PATH".to_owned(), path)].into());
        change(setup);
    })
}

/// One call with an input.
fn call(name: &str, input: Value) -> Vec<StreamItem> {
    let call = ToolCall { id: format!("call-{name}"), name: name.into(), input };
    vec![
        StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
        StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
    ]
}

fn rule(tier: crate::policy::Tier, text: &str, setup: &mut Setup) {
    let source = RuleSource { scope: RuleScope::User, file: Some("settings.json".into()), line: Some(1) };
    let anchor = setup.stage.place.project.clone();
    setup.stage.rules.push(RuleText { tier, text: text.into(), source, anchor });
}

impl Bench {
    /// The text of the last message of a request.
    fn last_message(&self, request: usize) -> String {
        let heard = self.script.heard.lock().unwrap();
        let message = heard[request].segments.last().unwrap().as_message().unwrap().clone();
        serde_json::to_string(&*message).unwrap()
    }

    fn runs(&self) -> Vec<HookRun> {
        let run = |record: &Arc<Record>| match &record.body {
            Body::HookRan(run) => Some((**run).clone()),
            _ => None,
        };
        self.seen.iter().filter_map(run).collect()
    }

    fn verdict_on(&self, name: &str) -> Verdict {
        let verdict = |record: &Arc<Record>| match &record.body {
            Body::Judged { call_id, verdict } if call_id.ends_with(name) => Some(verdict.clone()),
            _ => None,
        };
        self.seen.iter().rev().find_map(verdict).expect("a verdict")
    }

    /// Hears events until a prompt is turned away.
    async fn turned_away(&mut self) -> String {
        let hear = async {
            loop {
                if let Some(Event::Live(Live::Refused(notice))) = self.events.recv().await {
                    return notice.text;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), hear).await.expect("a prompt that is turned away")
    }

    fn noticed(&self) -> String {
        let text = |record: &Arc<Record>| match &record.body {
            Body::Noticed(notice) => Some(notice.text.clone()),
            _ => None,
        };
        self.seen.iter().filter_map(text).collect::<Vec<_>>().join("\n")
    }

    fn asked(&self) -> bool {
        self.seen.iter().any(|record| matches!(record.body, Body::Asked { .. }))
    }

    fn requests_made(&self) -> usize {
        self.script.heard.lock().unwrap().len()
    }
}
