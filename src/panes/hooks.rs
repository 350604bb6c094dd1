//! `/hooks`: every hook with its place, and what its last runs did.

use ratatui::text::{Line, Span};

use super::activity::clock;
use super::facts::Facts;
use crate::base::text;
use crate::domain::{Body, HookEntry, HookRun, HookState};
use crate::theme::{Meaning, Theme};

/// Runs that are shown, the newest first.
const RUNS: usize = 50;
/// Rows of an input or an output.
const ROWS: usize = 12;

/// All rows of the list. `report` is none until the engine answered.
pub fn lines(
    report: Option<&(Vec<HookEntry>, Vec<&'static str>)>,
    facts: &Facts,
    theme: &Theme,
    page: (u16, i32),
) -> Vec<Line<'static>> {
    let Some((entries, never)) = report else {
        return vec![Line::styled("reading …", theme.style(Meaning::Muted))];
    };
    let mut page = Page { lines: Vec::new(), theme, width: usize::from(page.0), utc_offset: page.1 };
    if entries.is_empty() {
        page.plain("No hooks are set. They stand under `hooks` in settings.json.", Meaning::Muted);
    }
    let mut event = "";
    for entry in entries {
        if entry.event != event {
            event = &entry.event;
            page.blank();
            page.plain(event, Meaning::Heading);
        }
        page.entry(entry, facts);
    }
    page.blank();
    page.plain("Events that never fire yet", Meaning::Heading);
    page.wrapped(2, &never.join(", "), Meaning::Muted);
    page.runs(facts);
    page.lines
}

struct Page<'a> {
    lines: Vec<Line<'static>>,
    theme: &'a Theme,
    width: usize,
    utc_offset: i32,
}

impl Page<'_> {
    fn blank(&mut self) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
    }

    fn plain(&mut self, words: &str, meaning: Meaning) {
        let words = text::sanitize_line(words);
        self.lines.push(Line::styled(text::clip(&words, self.width).into_owned(), self.theme.style(meaning)));
    }

    fn wrapped(&mut self, indent: usize, words: &str, meaning: Meaning) {
        let room = self.width.saturating_sub(indent).max(1);
        for part in text::wrap_plain(&text::sanitize_line(words), room) {
            self.lines.push(Line::styled(format!("{:indent$}{part}", ""), self.theme.style(meaning)));
        }
    }

    /// A foreign text of many lines, cut.
    fn block(&mut self, name: &str, words: &str, meaning: Meaning) {
        if words.trim().is_empty() {
            return;
        }
        let room = self.width.saturating_sub(14).max(1);
        let rows = words.lines().flat_map(|line| text::wrap_plain(&text::sanitize_line(line), room));
        let rows: Vec<String> = rows.take(ROWS + 1).collect();
        for (index, row) in rows.iter().take(ROWS).enumerate() {
            let name = if index == 0 { name } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(format!("      {name:7} "), self.theme.style(Meaning::Muted)),
                Span::styled(row.clone(), self.theme.style(meaning)),
            ]));
        }
        if rows.len() > ROWS {
            self.lines.push(Line::styled(format!("{:14}…", ""), self.theme.style(Meaning::Muted)));
        }
    }

    fn entry(&mut self, entry: &HookEntry, facts: &Facts) {
        let (sign, meaning, state) = match &entry.state {
            HookState::Runs => ("●", Meaning::Success, String::new()),
            HookState::WaitsForTrust => ("○", Meaning::Warning, "waits until the folder is trusted".to_owned()),
            HookState::NeverFires => ("○", Meaning::Muted, "its event never fires yet".to_owned()),
            HookState::Off(why) => ("⊘", Meaning::Warning, why.clone()),
        };
        let matcher = if entry.matcher == "*" { String::new() } else { format!("{} ", entry.matcher) };
        let hook = text::sanitize_line(&entry.hook);
        let head = text::sanitize_line(&format!("{matcher}{} ", entry.kind)).into_owned();
        let room = self.width.saturating_sub(4 + text::width(&head));
        self.lines.push(Line::from(vec![
            Span::styled(format!("  {sign} "), self.theme.style(meaning)),
            Span::styled(head, self.theme.style(Meaning::Tool)),
            Span::styled(text::clip(&hook, room).into_owned(), self.theme.style(Meaning::Text)),
        ]));
        let same = |run: &HookRun| run.source == entry.source && run.event == entry.event;
        let count = runs(facts).filter(|(_, run)| same(run)).count();
        let ran = if count > 0 { format!(" · ran {count} times") } else { String::new() };
        let state = if state.is_empty() { state } else { format!(" · {state}") };
        self.wrapped(4, &format!("{}{state}{ran}", entry.source), Meaning::Muted);
    }

    fn runs(&mut self, facts: &Facts) {
        self.blank();
        self.plain("Last runs", Meaning::Heading);
        let mut any = false;
        for (at, run) in runs(facts).take(RUNS) {
            any = true;
            let (sign, meaning) = if run.failed { ("✗", Meaning::Error) } else { ("●", Meaning::Success) };
            let exit = run.exit.map(|exit| format!(" · exit {exit}")).unwrap_or_default();
            let head = format!(
                "{} {sign} {} · {}{exit} · ",
                clock(at, self.utc_offset),
                run.event,
                text::human_ms(run.duration_ms)
            );
            let room = self.width.saturating_sub(2 + text::width(&head));
            let hook = text::sanitize_line(&run.hook);
            self.lines.push(Line::from(vec![
                Span::styled(format!("  {}", text::sanitize_line(&head)), self.theme.style(meaning)),
                Span::styled(text::clip(&hook, room).into_owned(), self.theme.style(Meaning::Text)),
            ]));
            self.block("effect", &run.outcome, Meaning::Text);
            self.block("input", &run.input, Meaning::Code);
            self.block("output", &run.output, Meaning::Code);
        }
        if !any {
            self.plain("  none in this session", Meaning::Muted);
        }
    }
}

/// The runs of this session, the newest first.
fn runs(facts: &Facts) -> impl Iterator<Item = (u64, &HookRun)> {
    facts.hooks.iter().rev().filter_map(|record| match &record.body {
        Body::HookRan(run) => Some((record.at, &**run)),
        _ => None,
    })
}
