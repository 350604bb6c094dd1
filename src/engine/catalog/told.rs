//! What the program for the status line is told: the state of the session in the documented form.
//! Format: the standard input of Claude Code's `statusLine`. What there is nothing of is left out, such as Vim's
//! modes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::branch;
use super::super::driver::Driver;
use crate::domain::{Body, CacheBreak, RateWindow, Shown};

/// What adds up over a session.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::engine) struct Sums {
    cost: f64,
    api_ms: u64,
    added: u64,
    removed: u64,
    input: u64,
    output: u64,
    /// Milliseconds since 1970 of the first that was heard.
    began: Option<u64>,
    title: Option<String>,
    prompt: u32,
    /// What broke the cache for the newest request.
    miss: Option<String>,
}

impl Sums {
    pub(in crate::engine) fn hear(&mut self, body: &Body, now: u64) {
        self.began.get_or_insert(now);
        match body {
            Body::Responded(note) => {
                self.cost += note.cost.unwrap_or_default();
                self.api_ms += note.duration_ms;
                self.input += note.usage.prompt();
                self.output += note.usage.output;
            }
            Body::CallDone { shown: Shown::Diff(diffs), .. } => {
                self.added += diffs.iter().map(|diff| u64::from(diff.added)).sum::<u64>();
                self.removed += diffs.iter().map(|diff| u64::from(diff.removed)).sum::<u64>();
            }
            Body::Prompted { turn, .. } => self.prompt = *turn,
            Body::RequestSent(_) => self.miss = None,
            Body::CacheBroken(CacheBreak { cause, segment, .. }) => {
                let cause = serde_json::to_value(cause).ok().and_then(|cause| cause.as_str().map(str::to_owned));
                self.miss = cause.or_else(|| segment.clone());
            }
            Body::TitleSet { title } => self.title = Some(title.clone()),
            _ => {}
        }
    }
}

impl Driver {
    /// What the program is told.
    pub(super) fn status_input(&self) -> Value {
        let conversation = self.machine.conversation();
        let sums = &self.parts.catalog.status.sums;
        let place = &self.stage.place;
        let id = self.machine.model().map(|(model, _)| model.id.clone()).unwrap_or_default();
        let now = self.setup.clock.wall_ms();
        let mut told = json!({
            "hook_event_name": "Status",
            "session_id": self.session.to_string(),
            "transcript_path": self.journal.path(),
            "cwd": place.cwd,
            "version": self.setup.version,
            "model": { "id": id, "display_name": id },
            "output_style": { "name": self.stage.shelf.style.name },
            "effort": { "level": conversation.effort.map(crate::domain::Effort::name) },
            "thinking": { "enabled": self.setup.agent.thinking },
            "fast_mode": false,
            "permission_mode": conversation.mode.name(),
            "workspace": { "current_dir": place.cwd, "project_dir": place.project, "added_dirs": place.added },
            "cost": {
                "total_cost_usd": sums.cost,
                "total_duration_ms": now.saturating_sub(sums.began.unwrap_or(now)),
                "total_api_duration_ms": sums.api_ms,
                "total_lines_added": sums.added,
                "total_lines_removed": sums.removed,
            },
            "context_window": self.window_told(),
            "exceeds_200k_tokens":
                conversation.measured.is_some_and(|(usage, _)| usage.context() > 200_000),
            "prompt_cache": { "miss_reason": sums.miss },
        });
        self.tell_what_there_is(&mut told);
        told
    }

    /// What not every session has.
    fn tell_what_there_is(&self, told: &mut Value) {
        let (sums, place) = (&self.parts.catalog.status.sums, &self.stage.place);
        if let Some(title) = &sums.title {
            told["session_name"] = json!(title);
        }
        if sums.prompt > 0 {
            told["prompt_id"] = json!(format!("{}-{}", self.session, sums.prompt));
        }
        if let Some(lead) = &self.stage.shelf.lead {
            told["agent"] = json!({ "name": lead.name });
        }
        if let Some(name) = branch::worktree(&place.project) {
            told["workspace"]["git_worktree"] = json!(name);
            let original = branch::main_checkout(&place.project);
            told["worktree"] = json!({
                "name": name,
                "path": place.project,
                "branch": branch::branch(&place.project),
                "original_branch": original.as_deref().and_then(branch::branch),
                "original_cwd": original,
            });
        }
        let limits = &self.parts.catalog.status.limits.windows;
        if !limits.is_empty() {
            let window = |w: &RateWindow| json!({ "used_percentage": w.used, "resets_at": w.resets_at });
            told["rate_limits"] = limits.iter().map(|w| (w.name.to_owned(), window(w))).collect();
        }
        if let Some(pull) = &self.parts.catalog.status.pull.found {
            told["pr"] = pull.clone();
        }
        if let Some((host, owner, name)) = branch::origin(&place.project) {
            told["workspace"]["repo"] = json!({ "host": host, "owner": owner, "name": name });
        }
    }

    fn window_told(&self) -> Value {
        let sums = &self.parts.catalog.status.sums;
        let window = self.machine.model().map(|(_, info)| u64::from(info.window)).unwrap_or_default();
        let usage = self.machine.conversation().measured.map(|(usage, _)| usage);
        let share = |tokens: u64| (tokens * 100).checked_div(window).map(|share| share.min(100));
        let used = usage.and_then(|usage| share(usage.context()));
        json!({
            "context_window_size": window,
            "total_input_tokens": usage.map(|_| sums.input),
            "total_output_tokens": usage.map(|_| sums.output),
            "used_percentage": used,
            "remaining_percentage": used.map(|used| 100_u64.saturating_sub(used)),
            "current_usage": usage.map(|usage| json!({
                "input_tokens": usage.input,
                "output_tokens": usage.output,
                "cache_creation_input_tokens": usage.cache_write_5m + usage.cache_write_1h,
                "cache_read_input_tokens": usage.cache_read,
            })),
        })
    }
}
