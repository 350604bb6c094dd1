//! The line at the bottom: mode, branch, what runs, and the keys that work here and now.
//!
//! While something can be interrupted it says `esc to interrupt`; at rest those words are nowhere.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::conversation::Scene;
use super::facts::{Facts, Phase};
use super::sidebar::mode_meaning;
use crate::base::text;
use crate::domain::{JobState, Mode, SandboxState};
use crate::theme::Meaning;
use crate::widgets::spinner::Spinner;

/// What the app adds to the facts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extra<'a> {
    /// Takes the place of everything else, such as how to quit.
    pub hint: Option<&'a str>,
    /// Keys and what they do here, the most useful first.
    pub keys: &'a [(&'a str, &'a str)],
}

/// Draws the line.
pub fn view(scene: Scene<'_>, extra: Extra<'_>, area: Rect, buf: &mut Buffer) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let theme = scene.theme;
    let mut area = area;
    for line in &scene.facts.around.status_lines {
        if area.height <= 1 {
            break;
        }
        let spans = line.iter().map(|span| Span::styled(span.text.clone(), theme.painted(&span.look)));
        buf.set_line(area.x, area.y, &spans.collect::<Line<'_>>(), area.width);
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    let mut spans: Vec<Span<'static>> = Vec::with_capacity(16);
    if let Some(hint) = extra.hint {
        spans.push(Span::styled(hint.to_owned(), theme.style(Meaning::Warning)));
        buf.set_line(area.x, area.y, &Line::from(spans), area.width);
        return;
    }
    if let Some(busy) = busy_text(&scene, area.width) {
        let sign = Spinner { still: scene.still, ..Spinner::default() }.at(scene.now);
        spans.push(Span::styled(format!("{sign} {busy}"), theme.style(Meaning::Running)));
    }
    if scene.facts.is_rehearsal() {
        separate(&mut spans, scene);
        spans.push(Span::styled("REHEARSAL", theme.style(Meaning::Warning)));
    }
    if scene.facts.mode != Mode::Default || spans.is_empty() {
        separate(&mut spans, scene);
        spans.push(Span::styled(scene.facts.mode.name(), theme.style(mode_meaning(scene.facts.mode))));
    }
    if let Some(SandboxState::Unavailable(_)) = scene.facts.info.as_ref().map(|info| &info.sandbox) {
        separate(&mut spans, scene);
        spans.push(Span::styled("sandbox unavailable", theme.style(Meaning::Error)));
    }
    if let Some(branch) = scene.facts.info.as_ref().and_then(|info| info.branch.as_deref()) {
        separate(&mut spans, scene);
        let branch = text::sanitize_line(branch);
        spans.push(Span::styled(text::clip(&branch, 24).into_owned(), theme.style(Meaning::Muted)));
    }
    if area.width < 100 {
        figures(&mut spans, scene);
    }
    for (key, what) in extra.keys {
        let used: usize = spans.iter().map(|span| text::width(&span.content)).sum();
        if used + 4 + text::width(key) + text::width(what) > usize::from(area.width) {
            break;
        }
        separate(&mut spans, scene);
        spans.push(Span::styled((*key).to_owned(), theme.style(Meaning::Key)));
        spans.push(Span::styled(format!(" {what}"), theme.style(Meaning::Muted)));
    }
    buf.set_line(area.x, area.y, &Line::from(spans), area.width);
}

/// What runs, for how long, and how to stop it. The last of these fits every width first.
fn busy_text(scene: &Scene<'_>, width: u16) -> Option<String> {
    let facts = scene.facts;
    if !facts.is_busy() {
        return None;
    }
    let took = facts.busy_since().map_or(0, |since| scene.now.saturating_sub(since)) / 1_000;
    let took = if took < 60 { format!("{took} s") } else { text::human_ms(took * 1_000) };
    Some(match width {
        56.. => {
            let doing = match &facts.around.hook {
                Some(hook) => text::clip(&text::sanitize_line(hook), 30).into_owned(),
                None => doing(facts).to_owned(),
            };
            format!("{doing} {took} · esc to interrupt")
        }
        28.. => format!("{took} · esc to interrupt"),
        _ => "esc to interrupt".to_owned(),
    })
}

fn doing(facts: &Facts) -> &'static str {
    if facts.retry.is_some() {
        return "waiting to try again";
    }
    if facts.calls.any_asked() {
        return "waiting for your answer";
    }
    if facts.work.running().any(|job| !job.background && job.state == JobState::Waits) {
        return "a command asks for input: /jobs";
    }
    match facts.request.map(|request| request.phase) {
        Some(Phase::Waiting) => "waiting for the model",
        Some(Phase::Thinking) => "thinking",
        Some(Phase::Writing) => "answering",
        Some(Phase::Calling) => "calling tools",
        Some(Phase::Summarising) => "summarising",
        None if facts.calls.any_running() => "running tools",
        None if facts.shell.is_some() && facts.turn.is_none() => "running your command",
        None => "working",
    }
}

/// Where the sidebar is not beside it, the two numbers that matter most.
fn figures(spans: &mut Vec<Span<'static>>, scene: Scene<'_>) {
    let style = scene.theme.style(Meaning::Muted);
    if let Some((used, window)) = scene.facts.context().filter(|(used, _)| *used > 0) {
        separate(spans, scene);
        let share = super::sidebar::percent(used as f64 / window as f64);
        spans.push(Span::styled(format!("context {share} %"), style));
    }
    if let Some(cost) = scene.facts.ledger.session.cost().filter(|cost| *cost > 0.0) {
        separate(spans, scene);
        spans.push(Span::styled(text::human_cost(cost), style));
    }
}

fn separate(spans: &mut Vec<Span<'static>>, scene: Scene<'_>) {
    if !spans.is_empty() {
        spans.push(Span::styled(" · ", scene.theme.style(Meaning::Muted)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::JobView;

    #[test]
    fn a_command_that_asks_for_input_says_where_to_type_it() {
        let job = |background| JobView {
            id: "b1".into(),
            call_id: "c".into(),
            command: "read name".into(),
            label: "asks".into(),
            state: JobState::Waits,
            background,
            last: "Name? ".into(),
            takes_input: true,
        };
        let mut facts = Facts::default();
        facts.work.jobs.push(job(true));
        assert_eq!(doing(&facts), "working");
        facts.work.jobs.push(job(false));
        assert_eq!(doing(&facts), "a command asks for input: /jobs");
    }
}
