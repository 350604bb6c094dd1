//! Everything about one server, row by row.

use ratatui::text::{Line, Span};

use super::{costs, sign};
use crate::base::text;
use crate::domain::{ServerState, ServerStatus, ServerTool};
use crate::theme::{Meaning, Theme};
use crate::usage;

/// Rows of one description or one change.
const ROWS: usize = 8;
/// Lines of the log that are shown.
const LOG: usize = 40;

pub(super) fn rows(server: &ServerStatus, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut page = Page { rows: Vec::new(), theme, width: usize::from(width) };
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
    page.changes(server);
    page.tools(server);
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

struct Page<'a> {
    rows: Vec<Line<'static>>,
    theme: &'a Theme,
    width: usize,
}

impl Page<'_> {
    fn field(&mut self, name: &str, value: &str, meaning: Meaning) {
        let room = self.width.saturating_sub(9).max(1);
        for (index, part) in text::wrap_plain(&text::sanitize_line(value), room).into_iter().take(ROWS).enumerate() {
            let name = if index == 0 { name } else { "" };
            self.rows.push(Line::from(vec![
                Span::styled(format!("{name:8} "), self.theme.style(Meaning::Muted)),
                Span::styled(part, self.theme.style(meaning)),
            ]));
        }
    }

    fn heading(&mut self, name: &str, count: usize) {
        if count > 0 {
            self.rows.push(Line::default());
            self.rows.push(Line::styled(format!("{name} · {count}"), self.theme.style(Meaning::Heading)));
        }
    }

    fn wrapped(&mut self, indent: usize, words: &str, meaning: Meaning) {
        let room = self.width.saturating_sub(indent).max(1);
        let lines = words.lines().flat_map(|line| text::wrap_plain(&text::sanitize_line(line), room));
        for part in lines.take(ROWS) {
            self.rows.push(Line::styled(format!("{:indent$}{part}", ""), self.theme.style(meaning)));
        }
    }

    fn item(&mut self, name: &str, words: &str) {
        let name = text::clip(&text::sanitize_line(name), self.width.saturating_sub(2)).into_owned();
        let room = self.width.saturating_sub(text::width(&name) + 4);
        let first = words.lines().next().unwrap_or_default();
        let words = text::clip(&text::sanitize_line(first), room).into_owned();
        self.rows.push(Line::from(vec![
            Span::styled(format!("  {name}  "), self.theme.style(Meaning::Text)),
            Span::styled(words, self.theme.style(Meaning::Muted)),
        ]));
    }

    /// What the person has not agreed to, word for word.
    fn changes(&mut self, server: &ServerStatus) {
        let changed: Vec<&ServerTool> = server.tools.iter().filter(|tool| !tool.change.is_empty()).collect();
        self.heading("Not as you agreed to · y agrees to all of it", changed.len());
        for tool in changed {
            self.wrapped(2, &tool.name, Meaning::Warning);
            for line in &tool.change {
                self.wrapped(4, line, Meaning::Code);
            }
        }
    }

    fn tools(&mut self, server: &ServerStatus) {
        self.heading("Tools", server.tools.len());
        for tool in &server.tools {
            let mut marks = vec![format!("{} tokens", usage::estimate(tool.bytes))];
            marks.extend((!tool.loaded).then(|| "by search".to_owned()));
            marks.extend(tool.marks.reads.then(|| "says it reads".to_owned()));
            marks.extend(tool.marks.destroys.then(|| "says it may destroy".to_owned()));
            self.item(&tool.name, &format!("{} · {}", marks.join(", "), tool.description));
        }
    }
}
