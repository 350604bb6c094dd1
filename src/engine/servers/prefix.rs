//! Which tools of servers stand in the request, and when that is settled.

use std::fmt::Write;
use std::sync::Arc;

use super::super::driver::Driver;
use super::super::opening;
use super::plan::{SearchMode, USUAL};
use super::stable;
use super::tool::ServerTool;
use crate::domain::{BreakCause, Segment, ServerState, ToolSpec};
use crate::mcp::Known;
use crate::policy;
use crate::prompt;
use crate::tools::Tool;
use crate::usage;

/// The window that is reckoned with when no model is known.
const WINDOW: u32 = 200_000;
/// Bytes of names and of instructions that the model is told of servers.
const NAMES: usize = 6_000;
const INSTRUCTIONS: usize = 8_000;

impl Driver {
    /// Takes in what is known of the servers' tools now.
    pub(super) fn refresh_servers(&mut self) {
        let Some(host) = self.parts.servers.host.clone() else { return };
        let bounds = self.server_bounds();
        self.parts.servers.tools = self
            .known_tools()
            .into_iter()
            .map(|known| {
                let name = known.spec.name.clone();
                (name, Arc::new(ServerTool { host: host.clone(), known, bounds }) as Arc<dyn Tool>)
            })
            .collect();
    }

    /// Lets the request be settled anew: another session, or another stage.
    pub(in crate::engine) fn thaw_servers(&mut self, why: &str) {
        let bounds = self.server_bounds();
        let servers = &mut self.parts.servers;
        servers.frozen = false;
        // What was asked in another session is not answered in this one.
        servers.questions.clear();
        servers.announced.clear();
        servers.loaded.clear();
        servers.stable = match &servers.host {
            Some(host) => stable::tools(host, &self.gate.rules, bounds, self.stage.servers.admits.as_ref()),
            None => Vec::new(),
        };
        self.refresh_servers();
        self.load_servers(why);
    }

    /// Settles which tools stand in the request, when the first prompt leaves. What is worth waiting for was waited for.
    pub(in crate::engine) fn freeze_servers(&mut self) {
        if self.parts.servers.host.is_none() || self.parts.servers.frozen {
            return;
        }
        self.refresh_servers();
        self.load_servers("tool servers were connected");
        self.parts.servers.frozen = true;
    }

    /// Chooses what stands in the request and makes the prefix; `why` says what brought a change about.
    pub(super) fn load_servers(&mut self, why: &str) {
        self.choose_tools();
        self.machine.set_prefix(self.prefix(), why);
    }

    /// The same for a change that comes while the cache is warm: the person sees its price first.
    pub(super) async fn offer_servers(&mut self, why: String) {
        self.choose_tools();
        self.offer_prefix(self.prefix(), (why, BreakCause::Server)).await;
    }

    fn choose_tools(&mut self) {
        if self.parts.servers.host.is_some() {
            let known = self.known_tools();
            let names: Vec<String> = known.iter().map(|known| known.spec.name.clone()).collect();
            let hidden = policy::hidden_tools(&self.gate.rules, &names);
            let window = self.machine.model().map_or(WINDOW, |(_, info)| info.window);
            let seen: Vec<&Known> =
                known.iter().map(|known| &**known).filter(|known| !hidden.contains(&known.spec.name)).collect();
            let chosen = choose(&seen, self.stage.servers.search, window);
            self.parts.servers.loaded = chosen.into_iter().map(|known| known.spec.clone()).collect();
        }
    }

    /// Tools, system text and memory as they stand now, those of servers among them.
    pub(in crate::engine) fn prefix(&self) -> Vec<Arc<Segment>> {
        let stable = self.language_tools().iter().chain(&self.parts.servers.stable).map(|tool| tool.spec());
        let more: Vec<ToolSpec> = stable.chain(self.parts.servers.loaded.iter().cloned()).collect();
        opening::prefix_with(&self.setup, &self.stage, more)
    }

    /// What the model is told of servers that it has not heard of.
    pub(in crate::engine) fn announce_servers(&mut self) -> Option<String> {
        let host = self.parts.servers.host.clone()?;
        let statuses = host.statuses(|name| self.parts.servers.is_loaded(name));
        let mut text = String::new();
        for status in statuses {
            let counts = status.state == ServerState::Ready || !status.tools.is_empty();
            if self.parts.servers.announced.contains(&status.name) || !counts {
                continue;
            }
            let deferred: Vec<&str> =
                status.tools.iter().filter(|tool| !tool.loaded).map(|tool| tool.name.as_str()).collect();
            self.parts.servers.announced.insert(status.name.clone());
            if !deferred.is_empty() {
                let room = NAMES.saturating_sub(text.len());
                text.push_str(&line(&status.name, &deferred, room));
            }
        }
        let waiting = host.on_their_way();
        let mut told = String::new();
        if !text.is_empty() {
            told = format!("Tools of servers that ToolSearch finds and CallMcpTool calls:\n{text}");
        }
        if !waiting.is_empty() && self.machine.conversation().counts.turn == 0 {
            let few: Vec<&str> = waiting.iter().take(40).map(String::as_str).collect();
            let _ =
                writeln!(told, "Servers still being connected, found by ToolSearch when they are: {}.", few.join(", "));
        }
        told.push_str(&self.instructions(&host));
        (!told.is_empty()).then(|| prompt::wrap(told.trim_end()))
    }

    /// Instructions of servers, each told once, as their words.
    fn instructions(&mut self, host: &crate::mcp::Host) -> String {
        let mut out = String::new();
        for (server, text) in host.instructions() {
            let key = format!("{server} instructions");
            if out.len() + text.len() > INSTRUCTIONS || !self.parts.servers.announced.insert(key) {
                continue;
            }
            let _ = writeln!(out, "The server {server} says of itself:\n{text}");
        }
        out
    }
}

/// The tools that stand in the request.
fn choose<'a>(known: &[&'a Known], mode: SearchMode, window: u32) -> Vec<&'a Known> {
    let all: u64 = known.iter().map(|known| known.bytes).sum();
    let fits = match mode {
        SearchMode::Never => true,
        SearchMode::Always => false,
        SearchMode::Usual => usage::estimate(all) <= (u64::from(window) * USUAL.0 / 100).min(USUAL.1),
        SearchMode::Above(share) => usage::estimate(all) <= u64::from(window) * u64::from(share) / 100,
    };
    known.iter().filter(|known| fits || known.always_load).copied().collect()
}

/// `github (12): create_issue, …`, as many names as there is room for.
fn line(server: &str, tools: &[&str], room: usize) -> String {
    let mut text = format!("- {server} ({})", tools.len());
    let mut first = true;
    for (index, name) in tools.iter().enumerate() {
        if text.len() + name.len() + 4 > room {
            if index > 0 {
                text.push_str(", …");
            }
            break;
        }
        text.push_str(if first { ": " } else { ", " });
        text.push_str(name);
        first = false;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ToolMarks;

    fn known(name: &str, always_load: bool) -> Known {
        Known {
            server: "s".into(),
            tool: name.into(),
            spec: ToolSpec { name: format!("mcp__s__{name}"), description: "x".repeat(300), input_schema: json!({}) },
            marks: ToolMarks::default(),
            always_load,
            result_chars: None,
            bytes: 360,
            change: Vec::new(),
        }
    }

    #[test]
    fn many_tools_are_found_by_search_and_few_stand_in_the_request() {
        let all: Vec<Known> = (0..20).map(|n| known(&format!("t{n}"), n == 3)).collect();
        let all: Vec<&Known> = all.iter().collect();
        let names = |mode| choose(&all, mode, 20_000).len();
        assert_eq!(names(SearchMode::Above(20)), 20);
        assert_eq!(names(SearchMode::Above(5)), 1);
        assert_eq!(names(SearchMode::Always), 1);
        assert_eq!(names(SearchMode::Never), 20);
        // Of a large window a small share is much.
        let many: Vec<&Known> = all.iter().cycle().take(200).copied().collect();
        assert_eq!(choose(&many, SearchMode::Above(5), 1_000_000).len(), 200);
        assert_eq!(choose(&many, SearchMode::Usual, 1_000_000).len(), 10);
        assert_eq!(
            (choose(&all, SearchMode::Usual, 1_000_000).len(), choose(&all, SearchMode::Usual, 20_000).len()),
            (20, 1)
        );
    }

    #[test]
    fn a_line_names_what_fits() {
        assert_eq!(line("s", &["a", "b"], 100), "- s (2): a, b\n");
        assert_eq!(line("s", &["aaaa", "bbbb", "cccc"], 18), "- s (3): aaaa, …\n");
        assert_eq!(line("s", &["aaaa"], 0), "- s (1)\n");
    }
}
