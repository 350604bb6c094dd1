//! All that is known of one call, as rows of a full pane.

use ratatui::text::{Line, Span};

use super::{because, clock};
use crate::base::text;
use crate::domain::{Answer, Body, Confinement};
use crate::panes::conversation::{Scene, call_body, call_duration, call_sign};
use crate::panes::cut::head;
use crate::panes::facts::Call;
use crate::theme::{Meaning, Theme};
use crate::usage::estimate;

/// Bytes of an input that are shown.
const INPUT: usize = 32 << 10;

/// The rows of one call.
pub fn details(call: &Call, scene: Scene<'_>, width: u16) -> Vec<Line<'static>> {
    let mut page = Page { lines: Vec::new(), theme: scene.theme, width };
    let (sign, meaning, word) = call_sign(call.state);
    page.row("tool", &format!("{} {}", call.name, call.title), Meaning::Tool);
    page.row("state", &format!("{sign} {word}"), meaning);
    let started = call.started_at.map_or_else(|| "not yet".to_owned(), |at| clock(at, scene.utc_offset));
    page.row("started", &started, Meaning::Text);
    if let Some(took) = call_duration(call, scene.now) {
        page.row("took", &text::human_ms(took), Meaning::Text);
    }
    let bytes = call.result_bytes();
    if bytes > 0 {
        let size = format!("{}, about {} tokens", text::human_bytes(bytes), text::human_tokens(estimate(bytes)));
        page.row("result", &size, Meaning::Text);
    }
    if let Some(confined) = &call.confined {
        let outside = matches!(confined, Confinement::Outside { .. });
        page.row("sandbox", &confined.to_string(), if outside { Meaning::Warning } else { Meaning::Text });
    }
    verdict(&mut page, call);
    input(&mut page, call);
    page.head(if call.done.is_some() { "result" } else { "output so far" });
    page.lines.extend(call_body(call, width.saturating_sub(6), scene.theme));
    page.lines
}

fn verdict(page: &mut Page<'_>, call: &Call) {
    if let Some(verdict) = &call.verdict {
        page.row("because", &because(verdict), Meaning::Text);
        if verdict.because.rule.is_some() {
            page.row("", &verdict.because.text, Meaning::Muted);
        }
        if let Some(suggestion) = &verdict.suggestion {
            page.row("", &format!("would be covered by {suggestion}"), Meaning::Muted);
        }
        for (index, step) in verdict.trail.iter().enumerate() {
            let name = if index == 0 { "looked" } else { "" };
            page.row(name, &format!("{:>2}  {}: {}", index + 1, step.stage, step.finding), Meaning::Muted);
        }
    }
    let answer = match &call.answer {
        None => return,
        Some(Answer::Partly { parts, .. }) => {
            let parts: Vec<String> = parts.iter().map(|part| (part + 1).to_string()).collect();
            format!("you said yes to these parts of the change only: {}", parts.join(", "))
        }
        Some(Answer::Once { comment: None }) => "you said yes, once".to_owned(),
        Some(Answer::Once { comment: Some(comment) }) => format!("you said yes, once, and: {comment}"),
        Some(Answer::Session { rule }) => format!("you said yes for this session: {rule}"),
        Some(Answer::Always { rule, .. }) => format!("you said yes, always: {rule}"),
        Some(Answer::No { comment: None }) => "you said no".to_owned(),
        Some(Answer::No { comment: Some(comment) }) => format!("you said no: {comment}"),
    };
    page.row("answer", &answer, Meaning::Text);
}

fn input(page: &mut Page<'_>, call: &Call) {
    let Some(input) = call.input() else { return };
    page.head("input");
    let pretty = serde_json::to_string_pretty(input).unwrap_or_default();
    for line in head(&pretty, INPUT).lines() {
        page.wrapped(line);
    }
    if let Some(Body::CallDone { full_output: Some(path), .. }) = call.done.as_ref().map(|record| &record.body) {
        page.row("kept in", &path.display().to_string(), Meaning::Muted);
    }
}

struct Page<'a> {
    lines: Vec<Line<'static>>,
    theme: &'a Theme,
    width: u16,
}

impl Page<'_> {
    fn head(&mut self, head: &'static str) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(head, self.theme.style(Meaning::Heading)));
    }

    fn row(&mut self, name: &str, value: &str, meaning: Meaning) {
        let value = text::sanitize_line(value);
        let room = usize::from(self.width).saturating_sub(9).max(1);
        for (index, part) in text::wrap_plain(&value, room).into_iter().take(12).enumerate() {
            let name = if index == 0 { name } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(format!("{name:8} "), self.theme.style(Meaning::Muted)),
                Span::styled(part, self.theme.style(meaning)),
            ]));
        }
    }

    fn wrapped(&mut self, line: &str) {
        let line = text::sanitize_line(line);
        let style = self.theme.style(Meaning::Code);
        let rows = text::wrap_plain(&line, usize::from(self.width).saturating_sub(4).max(1));
        self.lines.extend(rows.into_iter().map(|row| Line::styled(format!("    {row}"), style)));
    }
}
