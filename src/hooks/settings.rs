//! All hooks of one start, from every settings file, and which of them run.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{HookEntry, HookState, RuleScope, RuleSource};

use super::bus::{Telemetry, Webhook};
use super::{Event, Handler, Kind, Matcher};

/// Handlers that one event may start; the rest is said not to have run.
pub(super) const MOST: usize = 64;

/// One hook with its place.
#[derive(Clone, Debug)]
pub struct Hook {
    pub event: Event,
    pub matcher: Matcher,
    pub handler: Handler,
    pub source: RuleSource,
    pub extra: Extra,
    /// It runs one time in a session (hooks of skills).
    pub once: bool,
}

/// Variables that the program of a hook gets besides, such as those of its plugin. Its `Debug` shows no value: one may
/// be a key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extra(pub Arc<BTreeMap<String, String>>);

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where hooks of type http may go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRules {
    /// Addresses that are allowed (`*` stands for anything); none for all.
    pub urls: Option<Vec<String>>,
    /// Variables that may stand in headers; none for those that each hook allows.
    pub env: Option<Vec<String>>,
}

/// When the person is told again of what waits, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Of a question.
    pub question_ms: u64,
    /// Of a turn that has ended.
    pub rest_ms: u64,
    /// How often files are looked at.
    pub look_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { question_ms: 6_000, rest_ms: 60_000, look_ms: 1_000 }
    }
}

/// Everything that settings say of hooks and of the event bus.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The strongest file first.
    pub hooks: Vec<Hook>,
    /// Settings files that there are or could be, with the name that ConfigChange hooks know them by.
    pub files: Vec<(&'static str, PathBuf)>,
    /// Setup hooks run at the start, for this reason: `init` or `maintenance`.
    pub setup: Option<&'static str>,
    /// `disableAllHooks` of the user or the administrator, by its place.
    pub disabled: Option<RuleSource>,
    /// The same of the project, which only concerns the project's own hooks.
    pub project_disabled: Option<RuleSource>,
    /// `allowManagedHooksOnly`.
    pub managed_only: bool,
    pub http: HttpRules,
    pub patience: Patience,
    pub webhooks: Vec<Webhook>,
    pub telemetry: Option<Telemetry>,
}

impl Config {
    /// Some hook may run for this event. Cheap: it is asked at every point that could fire.
    pub fn has(&self, event: Event, trusted: bool) -> bool {
        self.hooks.iter().any(|hook| hook.event == event && self.state(hook, trusted) == HookState::Runs)
    }

    /// The hooks that run for an event about this subject: identical ones once, at most [`MOST`], in the order of
    /// the files. `fits` decides on the rule in `if`. The number tells how many were too many.
    pub fn select(
        &self,
        event: Event,
        subject: Option<&str>,
        trusted: bool,
        fits: &dyn Fn(&str) -> bool,
    ) -> (Vec<Hook>, usize) {
        let mut found: Vec<Hook> = Vec::new();
        let candidates = self.hooks.iter().filter(|hook| hook.event == event && hook.matcher.fits(subject));
        for hook in candidates.filter(|hook| self.state(hook, trusted) == HookState::Runs) {
            let known =
                found.iter().any(|known| known.handler.does_the_same(&hook.handler) && known.extra == hook.extra);
            if !known && hook.handler.condition.as_deref().is_none_or(fits) {
                found.push(hook.clone());
            }
        }
        let left_out = found.len().saturating_sub(MOST);
        found.truncate(MOST);
        (found, left_out)
    }

    /// Whether a hook runs, or why not.
    pub fn state(&self, hook: &Hook, trusted: bool) -> HookState {
        let from_project = is_from_project(hook.source.scope);
        if let Kind::Unsupported { why, .. } = &hook.handler.kind {
            return HookState::Off(why.clone());
        }
        let disabled = self
            .disabled
            .as_ref()
            .filter(|place| hook.source.scope != RuleScope::Managed || place.scope == RuleScope::Managed);
        if let Some(place) = disabled.or(self.project_disabled.as_ref().filter(|_| from_project)) {
            return HookState::Off(format!("switched off by disableAllHooks ({place})"));
        }
        if self.managed_only && hook.source.scope != RuleScope::Managed {
            return HookState::Off("the administrator allows his own hooks only".to_owned());
        }
        if from_project && !trusted {
            return HookState::WaitsForTrust;
        }
        HookState::Runs
    }

    /// The list that a person reads.
    pub fn entries(&self, trusted: bool) -> Vec<HookEntry> {
        let entry = |hook: &Hook| HookEntry {
            event: hook.event.name().to_owned(),
            matcher: hook.matcher.to_string(),
            kind: hook.handler.type_name().to_owned(),
            hook: hook.handler.label(),
            source: hook.source.clone(),
            state: self.state(hook, trusted),
        };
        let mut entries: Vec<HookEntry> = self.hooks.iter().map(entry).collect();
        let place = |entry: &HookEntry| Event::ALL.iter().position(|event| event.name() == entry.event);
        entries.sort_by_key(place);
        entries
    }
}

/// The file came with the project.
fn is_from_project(scope: RuleScope) -> bool {
    matches!(scope, RuleScope::Local | RuleScope::Project)
}
