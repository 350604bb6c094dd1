//! Everything about one server, row by row.

use ratatui::text::Line;

use super::super::roster::Page;
use super::{costs, sign};
use crate::base::text;
use crate::domain::{ServerState, ServerStatus, ServerTool};
use crate::theme::{Meaning, Theme};
use crate::usage;

/// Lines of the log that are shown.
const LOG: usize = 40;

pub(super) fn rows(server: &ServerStatus, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut page = Page::new(theme, width);
    let (mark, meaning) = sign(&server.state);
    let state = match &server.state {
        ServerState::Failed { reason } => format!("failed: {reason}"),
        ServerState::Retrying { reason, in_ms } => format!("{reason}; tried again in {}", text::human_ms(*in_ms)),
        ServerState::Off { why } => format!("off: {why}"),
        state => state.word().to_owned(),
    };
    page.field("state", &format!("{mark} {state}"), meaning);
    page.field("from", &server.source, Meaning::Text);
    page.field("reached", &server.reached, Meaning::Code);
    page.field("is", &server.about, Meaning::Text);
    let (loaded, searched) = costs(server);
    let cost = format!(
        "{} tokens in each request, {} more found by search",
        text::human_tokens(loaded),
        text::human_tokens(searched)
    );
    page.field("costs", &cost, Meaning::Text);
    changes(&mut page, server);
    tools(&mut page, server);
    page.heading("Resources", server.resources.len());
    for resource in &server.resources {
        page.item(&format!("@{}:{}", server.name, resource.uri), &resource.name);
    }
    page.heading("Prompts", server.prompts.len());
    for prompt in &server.prompts {
        let words: Vec<&str> = prompt.arguments.iter().map(|(name, _)| name.as_str()).collect();
        page.item(&format!("/mcp__{}__{} {}", server.name, prompt.name, words.join(" ")), &prompt.description);
    }
    page.heading("Log", server.log.len());
    for line in server.log.iter().rev().take(LOG).rev() {
        page.wrapped(2, line, Meaning::Muted);
    }
    page.rows
}

/// What the person has not agreed to, word for word.
fn changes(page: &mut Page<'_>, server: &ServerStatus) {
    let changed: Vec<&ServerTool> = server.tools.iter().filter(|tool| !tool.change.is_empty()).collect();
    page.heading("Not as you agreed to · y agrees to all of it", changed.len());
    for tool in changed {
        page.wrapped(2, &tool.name, Meaning::Warning);
        for line in &tool.change {
            page.wrapped(4, line, Meaning::Code);
        }
    }
}

fn tools(page: &mut Page<'_>, server: &ServerStatus) {
    page.heading("Tools", server.tools.len());
    for tool in &server.tools {
        let mut marks = vec![format!("{} tokens", usage::estimate(tool.bytes))];
        marks.extend((!tool.loaded).then(|| "by search".to_owned()));
        marks.extend(tool.marks.reads.then(|| "says it reads".to_owned()));
        marks.extend(tool.marks.destroys.then(|| "says it may destroy".to_owned()));
        page.item(&tool.name, &format!("{} · {}", marks.join(", "), tool.description));
    }
}
