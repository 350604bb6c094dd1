//! The pull request of the branch, for the status line: asked of `gh`, GitHub's own program, where the person's settings
//! say so (`latigo.pullRequest`), at most once a minute for each branch.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::branch;
use super::super::driver::{Driver, News, What};
use super::status::{Ran, said};
use crate::base::process;

/// Time that it may take, and milliseconds after which it is asked again.
const LIMIT: Duration = Duration::from_secs(10);
const AGAIN_MS: u64 = 60_000;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Pull {
    /// The branch that was asked about, and when.
    asked: Option<(String, u64)>,
    /// In the form of the status line's `pr`.
    pub(super) found: Option<Value>,
}

impl Driver {
    /// Asks when it is time.
    pub(super) fn ask_for_pull(&mut self) {
        let wanted = self.stage.shelf.status_line.as_ref().is_some_and(|line| line.pull_request);
        if !wanted || !self.stage.trusted {
            return;
        }
        let Some(branch) = branch::branch(&self.stage.place.project) else { return };
        let now = self.setup.clock.wall_ms();
        let pull = &mut self.parts.catalog.status.pull;
        let fresh = |(asked, at): &(String, u64)| *asked == branch && now.saturating_sub(*at) < AGAIN_MS;
        if pull.asked.as_ref().is_some_and(fresh) {
            return;
        }
        if pull.asked.as_ref().is_none_or(|(asked, _)| *asked != branch) {
            pull.found = None;
        }
        pull.asked = Some((branch, now));
        let mut command = process::leader(Path::new("gh"));
        command
            .args(["pr", "view", "--json", "number,url,reviewDecision,isDraft,state"])
            .env_clear()
            .envs(self.stage.env.iter())
            .envs([("GH_PROMPT_DISABLED", "1"), ("NO_COLOR", "1")])
            .current_dir(&self.stage.place.project)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let output = tokio::time::timeout(LIMIT, said(command, String::new())).await;
            let found = output.ok().and_then(Result::ok).and_then(|output| read(&output));
            let _gone = news.send(News { epoch, what: What::Status(Ran::Pull(found)) }).await;
        });
    }
}

/// The answer of `gh` in the form of the status line. One that is merged or closed is none.
fn read(output: &str) -> Option<Value> {
    let told: Value = serde_json::from_str(output).ok()?;
    if told["state"].as_str() != Some("OPEN") {
        return None;
    }
    let review = match (told["isDraft"].as_bool(), told["reviewDecision"].as_str()) {
        (Some(true), _) => "draft",
        (_, Some("APPROVED")) => "approved",
        (_, Some("CHANGES_REQUESTED")) => "changes_requested",
        _ => "pending",
    };
    Some(
        json!({ "number": told["number"].as_u64()?, "url": told["url"].as_str()?, "review_state": review, "kind": "pr" }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_one_has_its_state_and_others_are_none() {
        let told = |state: &str, draft: bool, review: &str| {
            let told =
                json!({"number": 7, "url": "https://x/7", "state": state, "isDraft": draft, "reviewDecision": review});
            read(&told.to_string()).map(|pull| pull["review_state"].clone())
        };
        assert_eq!(told("OPEN", false, "APPROVED"), Some("approved".into()));
        assert_eq!(told("OPEN", false, "CHANGES_REQUESTED"), Some("changes_requested".into()));
        assert_eq!(told("OPEN", false, ""), Some("pending".into()));
        assert_eq!(told("OPEN", true, "APPROVED"), Some("draft".into()));
        assert_eq!(told("MERGED", false, "APPROVED"), None);
        assert_eq!(read("no pull requests found"), None);
    }
}
