//! Drawing the hooks: the list above, everything about the chosen row below.

use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};

use super::super::activity::clock;
use super::{Hooks, Row, Trial};
use crate::base::text;
use crate::domain::{HookEntry, HookRun, HookState};
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};

/// Rows of an input or an output.
const ROWS: usize = 200;
/// Columns of the names before a field.
const NAME: usize = 10;

impl Hooks {
    /// Draws where the last settle put it.
    pub fn view(&self, theme: &Theme, utc_offset: i32, buf: &mut Buffer) {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return;
        }
        let more = self.details.len() > usize::from(self.lower.height);
        let foot = match (self.rows.is_empty(), more) {
            (true, _) => "Esc close",
            (false, true) => "↑↓ choose · r try on the event · PgUp PgDn read on · Esc close",
            (false, false) => "↑↓ choose · r try on the event · Esc close",
        };
        popup::draw(self.frame, buf, theme, &Frame { title: "hooks", foot });
        if self.rows.is_empty() {
            let words = match &self.entries {
                None => "reading …",
                Some(_) => "No hooks are set. They stand under `hooks` in settings.json.",
            };
            buf.set_stringn(self.upper.x, self.upper.y, words, self.upper.width.into(), theme.style(Meaning::Muted));
            return;
        }
        let rows = self.rows.iter().enumerate().skip(self.list.top());
        for (place, (index, row)) in self.upper.rows().zip(rows) {
            let chosen = index == self.list.selected();
            if chosen {
                buf.set_style(place, theme.style(Meaning::Selection));
            }
            let line = match row {
                Row::Hook(entry) => entry_row(entry, chosen, theme, place.width),
                Row::Run(at, run) => run_row(&clock(*at, utc_offset), run, chosen, theme, place.width),
            };
            buf.set_line(place.x, place.y, &line, place.width);
        }
        let y = self.upper.bottom();
        if y < self.lower.y {
            let rule = "─".repeat(self.upper.width.into());
            buf.set_stringn(self.upper.x, y, rule, self.upper.width.into(), theme.style(Meaning::Border));
        }
        for (place, line) in self.lower.rows().zip(self.details.iter().skip(self.top)) {
            buf.set_line(place.x, place.y, line, place.width);
        }
    }
}

fn sign(state: &HookState) -> (&'static str, Meaning) {
    match state {
        HookState::Runs => ("●", Meaning::Success),
        HookState::WaitsForTrust => ("○", Meaning::Warning),
        HookState::Off(_) => ("⊘", Meaning::Warning),
    }
}

fn entry_row(entry: &HookEntry, chosen: bool, theme: &Theme, width: u16) -> Line<'static> {
    let plain = |meaning| theme.style(if chosen { Meaning::Selection } else { meaning });
    let (sign, meaning) = sign(&entry.state);
    let matcher = if entry.matcher == "*" { String::new() } else { format!(" {}", entry.matcher) };
    let head = text::sanitize_line(&format!("{}{matcher} · {} · ", entry.event, entry.kind)).into_owned();
    row((sign, plain(meaning)), (head, plain(Meaning::Tool)), (&entry.hook, plain(Meaning::Text)), chosen, width)
}

fn run_row(at: &str, run: &HookRun, chosen: bool, theme: &Theme, width: u16) -> Line<'static> {
    let plain = |meaning| theme.style(if chosen { Meaning::Selection } else { meaning });
    let (sign, meaning) = if run.failed { ("✗", Meaning::Error) } else { ("▸", Meaning::Success) };
    let exit = run.exit.map(|exit| format!(" · exit {exit}")).unwrap_or_default();
    let head = format!("{at} {} · {}{exit} · ", run.event, text::human_ms(run.duration_ms));
    let head = text::sanitize_line(&head).into_owned();
    row((sign, plain(meaning)), (head, plain(Meaning::Muted)), (&run.hook, plain(Meaning::Text)), chosen, width)
}

type Piece<T> = (T, ratatui::style::Style);

fn row(sign: Piece<&str>, head: Piece<String>, hook: Piece<&String>, chosen: bool, width: u16) -> Line<'static> {
    let room = usize::from(width).saturating_sub(4 + text::width(&head.0));
    let hook_text = text::sanitize_line(hook.0);
    Line::from(vec![
        Span::styled(format!("{} {} ", if chosen { "›" } else { " " }, sign.0), sign.1),
        Span::styled(head.0, head.1),
        Span::styled(text::clip(&hook_text, room).into_owned(), hook.1),
    ])
}

/// Everything about the chosen row, and what came of a trial.
pub(super) fn details(pane: &Hooks, theme: &Theme, (width, utc_offset): (u16, i32)) -> Vec<Line<'static>> {
    let mut page = Page { lines: Vec::new(), theme, width: usize::from(width) };
    if let Some(trial) = &pane.trial {
        page.trial(trial);
    }
    match pane.rows.get(pane.list.selected()) {
        None => {}
        Some(Row::Hook(entry)) => page.entry(entry, pane),
        Some(Row::Run(at, run)) => {
            page.field("ran", &format!("{} · {}", clock(*at, utc_offset), run.event), Meaning::Text);
            page.run(run);
        }
    }
    page.lines
}

struct Page<'a> {
    lines: Vec<Line<'static>>,
    theme: &'a Theme,
    width: usize,
}

impl Page<'_> {
    /// A foreign text of many lines after its name.
    fn field(&mut self, name: &str, words: &str, meaning: Meaning) {
        if words.trim().is_empty() {
            return;
        }
        let room = self.width.saturating_sub(NAME).max(1);
        let rows = words.lines().flat_map(|line| text::wrap_plain(&text::sanitize_line(line), room));
        let rows: Vec<String> = rows.take(ROWS + 1).collect();
        for (index, row) in rows.iter().take(ROWS).enumerate() {
            let name = if index == 0 { name } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(format!("{name:NAME$}"), self.theme.style(Meaning::Muted)),
                Span::styled(row.clone(), self.theme.style(meaning)),
            ]));
        }
        if rows.len() > ROWS {
            self.lines.push(Line::styled(format!("{:NAME$}… more is on record", ""), self.theme.style(Meaning::Muted)));
        }
    }

    fn entry(&mut self, entry: &HookEntry, pane: &Hooks) {
        self.field("hook", &entry.hook, Meaning::Code);
        self.field("stands in", &entry.source.to_string(), Meaning::Text);
        let state = match &entry.state {
            HookState::Runs => "runs",
            HookState::WaitsForTrust => "waits until the folder is trusted",
            HookState::Off(why) => why,
        };
        self.field("state", state, Meaning::Text);
        let same = |row: &&Row| match row {
            Row::Run(_, run) => run.source == entry.source && run.event == entry.event && run.hook == entry.hook,
            Row::Hook(_) => false,
        };
        let count = pane.rows.iter().filter(same).count();
        let times = match count {
            0 => "not in this session".to_owned(),
            1 => "once in this session".to_owned(),
            count => format!("{count} times in this session"),
        };
        self.field("ran", &times, Meaning::Text);
    }

    fn run(&mut self, run: &HookRun) {
        let exit = run.exit.map(|exit| format!(" · exit {exit}")).unwrap_or_default();
        self.field("took", &format!("{}{exit}", text::human_ms(run.duration_ms)), Meaning::Text);
        self.field("hook", &run.hook, Meaning::Code);
        self.field("stands in", &run.source.to_string(), Meaning::Text);
        self.field("effect", &run.outcome, if run.failed { Meaning::Error } else { Meaning::Text });
        self.field("input", &run.input, Meaning::Code);
        self.field("output", &run.output, Meaning::Code);
    }

    fn trial(&mut self, trial: &Trial) {
        match trial {
            Trial::Runs(trial) => {
                self.field("trial", &format!("runs on the recorded {} event …", trial.event), Meaning::Running);
            }
            Trial::Failed(_, why) => self.field("trial", &format!("it was not tried: {why}"), Meaning::Warning),
            Trial::Nothing(why) => self.field("trial", why, Meaning::Warning),
            Trial::Done(_, run) => {
                let exit = run.exit.map(|exit| format!(" · exit {exit}")).unwrap_or_default();
                let took = text::human_ms(run.duration_ms);
                let text = format!("{took}{exit} · nothing of this counts, it was only tried");
                self.field("trial", &text, Meaning::Heading);
                self.field("effect", &run.outcome, if run.failed { Meaning::Error } else { Meaning::Text });
                self.field("input", &run.input, Meaning::Code);
                self.field("output", &run.output, Meaning::Code);
                self.lines.push(Line::default());
            }
        }
    }
}
