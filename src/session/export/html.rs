//! A session as one page that needs nothing else: no script, no picture from elsewhere, light and dark by what the
//! reader's system says. Everything foreign is escaped; links lead only to web pages.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html as cmark};

use crate::base::text::{human_cost, human_ms, human_tokens};
use crate::domain::{
    Block, Body, FileDiff, LineKind, Origin, Record, ResponseNote, Shown, ToolCall, ToolResult, TurnEnd,
};

const STYLE: &str = include_str!("page.css");
/// Levels that Markdown may be nested; a deeper text is shown as it is.
const DEEP: usize = 64;

/// The page.
pub(super) fn html<R: Borrow<Record>>(records: &[R]) -> String {
    let mut page = Page::default();
    for record in records {
        page.see(record.borrow());
    }
    page.finish()
}

#[derive(Default)]
struct Page {
    title: Option<String>,
    prompt: Option<String>,
    project: String,
    model: String,
    started: u64,
    body: String,
    open: BTreeMap<String, ToolCall>,
    tokens: u64,
    cost: f64,
    unpriced: bool,
}

impl Page {
    fn see(&mut self, record: &Record) {
        match &record.body {
            Body::SessionStarted { project, .. } => {
                self.project = project.display().to_string();
                self.started = record.at;
            }
            Body::ModelSet { model, .. } => self.model = model.to_string(),
            Body::TitleSet { title } => self.title = Some(title.clone()),
            Body::Prompted { message, typed, origin, .. } if *origin != Origin::Harness => {
                let text = typed.clone().unwrap_or_else(|| message.text());
                self.prompt.get_or_insert_with(|| text.clone());
                let _ = writeln!(
                    self.body,
                    "<section class=\"you\" id=\"r{}\"><h2>You</h2><pre>{}</pre></section>",
                    record.seq,
                    escape(&text)
                );
            }
            Body::Responded(note) => self.answer(note),
            Body::CallDone { result, shown, summary, duration_ms, .. } => {
                let call = self.open.remove(&result.call_id);
                self.call(call.as_ref(), (result, shown), (summary, *duration_ms));
            }
            Body::ShellRan { command, output, .. } => {
                let text = format!("$ {command}\n{output}");
                let _ = writeln!(
                    self.body,
                    "<section class=\"you\"><h2>You ran</h2><pre>{}</pre></section>",
                    escape(&text)
                );
            }
            Body::Cleared => self.note("The conversation was cleared here."),
            Body::Compacted { summary, .. } => {
                let _ = writeln!(
                    self.body,
                    "<details class=\"note\"><summary>The conversation so far was summarised for the model</summary>{}</details>",
                    markdown(summary)
                );
            }
            Body::TurnEnded { end, .. } => self.end(end),
            _ => {}
        }
    }

    fn answer(&mut self, note: &ResponseNote) {
        self.tokens += note.usage.context();
        match note.cost {
            Some(cost) => self.cost += cost,
            None => self.unpriced = true,
        }
        for block in &note.message.blocks {
            match block {
                Block::Text { text } if !text.trim().is_empty() => {
                    let _ = writeln!(self.body, "<section class=\"agent\"><h2>Latigo</h2>{}</section>", markdown(text));
                }
                Block::Thinking { text, .. } if !text.trim().is_empty() => {
                    let text = escape(text);
                    let _ = writeln!(
                        self.body,
                        "<details class=\"thought\"><summary>thought</summary><pre>{text}</pre></details>"
                    );
                }
                Block::ToolCall(call) => {
                    self.open.insert(call.id.clone(), call.clone());
                }
                _ => {}
            }
        }
        if note.cut {
            self.note("The answer was cut off here.");
        }
    }

    fn call(&mut self, call: Option<&ToolCall>, (result, shown): (&ToolResult, &Shown), (summary, ms): (&str, u64)) {
        let name = escape(call.map_or("tool", |call| call.name.as_str()));
        let class = if result.is_error { "call failed" } else { "call" };
        let sign = if result.is_error { "✗" } else { "●" };
        let about = escape(&call.map(|call| about(&call.input)).unwrap_or_default());
        let (summary, took) = (escape(summary), human_ms(ms));
        let _ = write!(
            self.body,
            "<details class=\"{class}\"><summary>{sign} <b>{name}</b> <code>{about}</code> <span>{summary} · {took}</span></summary>"
        );
        if let Some(call) = call {
            let input = serde_json::to_string_pretty(&call.input).unwrap_or_default();
            let _ = write!(self.body, "<h3>input</h3><pre>{}</pre>", escape(&input));
        }
        match shown {
            Shown::Diff(files) => files.iter().for_each(|file| diff(file, &mut self.body)),
            _ => {
                let _ = write!(self.body, "<h3>output</h3><pre>{}</pre>", escape(&result.joined()));
            }
        }
        self.body.push_str("</details>\n");
    }

    fn end(&mut self, end: &TurnEnd) {
        match end {
            TurnEnd::Done => {}
            TurnEnd::Interrupted => self.note("The turn was interrupted."),
            TurnEnd::Refused => self.note("The turn ended because a call was refused."),
            TurnEnd::TurnCap { limit } => self.note(&format!("The turn ended at its cap of {limit} requests.")),
            TurnEnd::BudgetCap => self.note("The turn ended at the cap on money."),
            TurnEnd::Declined { .. } => self.note("The model declined."),
            TurnEnd::Failed { error } => self.note(&format!("The turn failed: {error}")),
            TurnEnd::Stopped { reason } => self.note(&format!("A hook stopped it: {reason}")),
        }
    }

    fn note(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p class=\"note\">{}</p>", escape(text));
    }

    fn finish(self) -> String {
        let title = self.title.or(self.prompt.map(|prompt| crate::session::title_of(&prompt)));
        let title = escape(title.as_deref().unwrap_or("Session"));
        let started = jiff::Timestamp::from_millisecond(self.started as i64).unwrap_or_default();
        let cost = if self.unpriced { "price unknown".to_owned() } else { human_cost(self.cost) };
        let facts = [
            self.project,
            self.model,
            started.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            format!("{} tokens", human_tokens(self.tokens)),
            cost,
        ];
        let facts: Vec<String> = facts.iter().filter(|fact| !fact.is_empty()).map(|fact| escape(fact)).collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
             </head>\n<body>\n<header><h1>{title}</h1><p>{}</p></header>\n<main>\n{}</main>\n</body>\n</html>\n",
            facts.join(" · "),
            self.body
        )
    }
}

/// What a call is about: its first short string.
fn about(input: &serde_json::Value) -> String {
    let first = ["command", "file_path", "pattern", "path", "url", "query", "description"];
    let text = first.iter().find_map(|key| input.get(key)?.as_str()).unwrap_or_default();
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().take(120).collect()
}

fn diff(file: &FileDiff, out: &mut String) {
    let _ = write!(out, "<h3>{} +{} −{}</h3><pre class=\"diff\">", escape(&file.path), file.added, file.removed);
    for hunk in &file.hunks {
        let _ = writeln!(out, "<i>@@ -{} +{} @@</i>", hunk.old_start, hunk.new_start);
        for line in &hunk.lines {
            let text: String = line.pieces.iter().map(|(_, piece)| piece.as_str()).collect();
            let text = escape(&text);
            let _ = match line.kind {
                LineKind::Same => writeln!(out, " {text}"),
                LineKind::Added => writeln!(out, "<ins>+{text}</ins>"),
                LineKind::Removed => writeln!(out, "<del>-{text}</del>"),
            };
        }
    }
    out.push_str("</pre>");
}

/// Markdown as HTML. HTML in it is text; pictures are named, not fetched; links that are no web pages lose their target.
fn markdown(text: &str) -> String {
    let text = &without_controls(text);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut deep = 0_usize;
    let mut deepest = 0;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(_) => deep += 1,
            Event::End(_) => deep = deep.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(deep);
    }
    if deepest > DEEP {
        return format!("<pre>{}</pre>", escape(text));
    }
    let mut out = String::new();
    cmark::push_html(&mut out, Parser::new_ext(text, options).filter_map(harmless));
    out
}

fn harmless(event: Event<'_>) -> Option<Event<'_>> {
    Some(match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => return None,
        Event::Start(Tag::Image { dest_url, title, id, .. } | Tag::Link { dest_url, title, id, .. }) => {
            let web = ["https://", "http://", "mailto:"].iter().any(|start| dest_url.starts_with(start));
            let dest_url = if web { dest_url } else { CowStr::Borrowed("#") };
            Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        other => other,
    })
}

/// The text without characters that are none.
fn without_controls(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() && !matches!(letter, '\n' | '\t') { '\u{fffd}' } else { letter })
        .collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}
