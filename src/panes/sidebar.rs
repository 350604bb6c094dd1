//! The session at a glance: model, mode, context, cache, money, tokens, todos and what waits.
//!
//! It has no state of its own; every number comes from the records through [`Facts`].

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::agents::agent_row;
use super::conversation::{Scene, break_text};
use super::facts::Facts;
use super::jobs::job_row;
use super::purse::used;
use crate::base::text;
use crate::domain::{CapState, JobState, LanguageState, Mode, SandboxState, ServerState, Todo, TodoState};
use crate::theme::{Meaning, Theme};
use crate::widgets::wrap::clip_line;
use crate::widgets::{Glyphs, gauge, sparkline};

/// The columns that it wants.
pub const WIDTH: u16 = 30;
/// Todos that are listed.
const TODOS: usize = 5;
/// Commands that are listed.
const JOBS: usize = 4;
/// Agents that are listed.
const AGENTS: usize = 6;
/// Waiting messages that are listed.
const QUEUE: usize = 3;

/// Draws as many rows as there is room for, the most important first.
pub fn view(scene: Scene<'_>, area: Rect, buf: &mut Buffer) {
    for (line, y) in lines(scene, area.width).iter().zip(area.y..area.bottom()) {
        buf.set_line(area.x, y, line, area.width);
    }
}

/// All of its rows.
pub fn lines(scene: Scene<'_>, width: u16) -> Vec<Line<'static>> {
    let mut page = Page { lines: Vec::new(), theme: scene.theme, width };
    let facts = scene.facts;
    session(&mut page, facts);
    context(&mut page, facts);
    cache(&mut page, facts);
    money(&mut page, facts);
    todos(&mut page, facts);
    agents(&mut page, facts, scene.now);
    jobs(&mut page, facts);
    queue(&mut page, facts);
    page.lines
}

/// The colour of a mode.
pub fn mode_meaning(mode: Mode) -> Meaning {
    match mode {
        Mode::Plan => Meaning::ModePlan,
        Mode::AcceptEdits | Mode::Auto => Meaning::ModeAccept,
        Mode::BypassPermissions => Meaning::ModeBypass,
        Mode::Default | Mode::DontAsk => Meaning::ModeDefault,
    }
}

/// The colour of the badge: what protects is plain, what is missing is not.
pub fn sandbox_meaning(sandbox: &SandboxState) -> Meaning {
    match sandbox {
        SandboxState::On(_) => Meaning::Text,
        SandboxState::Off | SandboxState::Checking => Meaning::Muted,
        SandboxState::Unavailable(_) => Meaning::Error,
    }
}

/// A share of tokens as a whole percentage that never rounds up to all of it.
pub fn percent(share: f64) -> u64 {
    if share < 1.0 { ((share * 100.0).round() as u64).min(99) } else { 100 }
}

fn session(page: &mut Page<'_>, facts: &Facts) {
    if facts.is_rehearsal() {
        page.push("", "REHEARSAL · scripted model", Meaning::Warning);
    }
    match facts.model_name() {
        Some(model) => page.push("model", model, Meaning::Text),
        None => page.push("model", "none configured", Meaning::Warning),
    }
    page.push("mode", facts.mode.name(), mode_meaning(facts.mode));
    let Some(info) = &facts.info else { return };
    page.push("sandbox", &info.sandbox.to_string(), sandbox_meaning(&info.sandbox));
    let folder = info.cwd.file_name().map_or_else(|| info.cwd.display().to_string(), |name| name.display().to_string());
    page.push("folder", &folder, Meaning::Text);
    if let Some(branch) = &info.branch {
        page.push("branch", branch, Meaning::Text);
    }
    servers(page, facts);
    languages(page, facts);
    if let Some(title) = &facts.title {
        page.push("title", title, Meaning::Text);
    }
}

/// How many tool servers are ready, and what is wrong with the others.
fn servers(page: &mut Page<'_>, facts: &Facts) {
    let used: Vec<_> =
        facts.around.servers.iter().filter(|server| !matches!(server.state, ServerState::Off { .. })).collect();
    if used.is_empty() {
        return;
    }
    let count = |wanted: fn(&ServerState) -> bool| used.iter().filter(|server| wanted(&server.state)).count();
    let ready = count(|state| *state == ServerState::Ready);
    let failed = count(|state| matches!(state, ServerState::Failed { .. } | ServerState::Retrying { .. }));
    let changed = used.iter().any(|server| server.tools.iter().any(|tool| !tool.change.is_empty()));
    let (words, meaning) = match (failed, count(|state| *state == ServerState::NeedsLogin)) {
        _ if changed => (" · tools changed".to_owned(), Meaning::Warning),
        (0, 0) => (String::new(), Meaning::Text),
        (0, logins) => (format!(" · {logins} log in"), Meaning::Warning),
        (failed, _) => (format!(" · {failed} failed"), Meaning::Error),
    };
    page.push("servers", &format!("{ready} of {}{words}", used.len()), meaning);
}

/// The language servers that run, and how much is wrong.
fn languages(page: &mut Page<'_>, facts: &Facts) {
    let all = &facts.around.languages;
    let (mut errors, mut warnings) = (0, 0);
    for server in all.iter().filter(|server| server.state == LanguageState::Ready) {
        let (more_errors, more_warnings) = server.counts();
        (errors, warnings) = (errors + more_errors, warnings + more_warnings);
    }
    let named = |wanted: fn(&LanguageState) -> bool| all.iter().find(|server| wanted(&server.state));
    let failed = named(|state| matches!(state, LanguageState::Failed { .. }));
    let (words, meaning) = if let Some(server) = failed {
        (format!("{} failed", server.name), Meaning::Error)
    } else if named(|state| *state == LanguageState::Ready).is_some() {
        let meaning = if errors > 0 { Meaning::Error } else { Meaning::Text };
        (format!("{errors} errors {warnings} warnings"), meaning)
    } else if let Some(server) = named(|state| *state == LanguageState::Starting) {
        (format!("{} starting", server.name), Meaning::Running)
    } else {
        return;
    };
    page.push("code", &words, meaning);
}

fn context(page: &mut Page<'_>, facts: &Facts) {
    let Some((used, window)) = facts.context() else { return };
    page.head("context");
    let line =
        gauge::line(used as f64 / window as f64, page.width, page.theme, Glyphs::default(), gauge::Marks::default());
    page.lines.push(line);
    let figures = format!("{} of {} tokens", text::human_tokens(used), text::human_tokens(window));
    page.push("", &figures, Meaning::Muted);
}

fn cache(page: &mut Page<'_>, facts: &Facts) {
    let ledger = &facts.ledger;
    let Some(last) = ledger.last.and_then(|usage| usage.hit_rate()) else { return };
    page.head("cache");
    let session = ledger.hit_rate().unwrap_or_default();
    page.push("", &format!("{} % hit · session {} %", percent(last), percent(session)), Meaning::Text);
    if ledger.rates.len() > 1 {
        let (older, newer) = ledger.rates.as_slices();
        let room = usize::from(page.width);
        let skip = ledger.rates.len().saturating_sub(room);
        let rates: Vec<f64> = older.iter().chain(newer).skip(skip).copied().collect();
        page.lines.push(Line::from(sparkline::span(&rates, 1.0, page.width, page.theme, Glyphs::default())));
    }
    if let Some(broken) =
        ledger.breaks.back().filter(|broken| broken.request + 1 >= ledger.rows.back().map_or(0, |row| row.request))
    {
        page.wrapped(&break_text(&broken.what), Meaning::Warning, 4);
        if broken.what.segment.is_some() {
            page.push("", "F4 shows the change", Meaning::Muted);
        }
    }
}

fn money(page: &mut Page<'_>, facts: &Facts) {
    let ledger = &facts.ledger;
    if ledger.session.requests == 0 {
        return;
    }
    let nearest = facts.money.caps.iter().filter(|state| state.cap.hard).max_by(|a, b| a.share().total_cmp(&b.share()));
    match nearest {
        Some(state) => page.head_with("cost", &used(state), cap_meaning(state)),
        None => page.head("cost"),
    }
    let price = |cost: Option<f64>| cost.map_or_else(|| "unknown".to_owned(), text::human_cost);
    page.push("turn", &price(ledger.turn.cost()), Meaning::Text);
    page.push("session", &price(ledger.session.cost()), Meaning::Text);
    page.head("tokens");
    let usage = &ledger.session.usage;
    page.push("in", &text::human_tokens(usage.prompt()), Meaning::Text);
    page.push("cached", &text::human_tokens(usage.cache_read), Meaning::Text);
    page.push("out", &text::human_tokens(usage.output), Meaning::Text);
}

fn todos(page: &mut Page<'_>, facts: &Facts) {
    let (done, all, current) = facts.progress();
    if all == 0 {
        return;
    }
    page.head(&format!("todos {done} of {all}"));
    let at = facts.todos.iter().position(|todo| current.is_some_and(|current| std::ptr::eq(current, todo)));
    let first = at.or_else(|| facts.todos.iter().position(|todo| todo.status != TodoState::Completed)).unwrap_or(0);
    let first = first.saturating_sub(1).min(all.saturating_sub(TODOS));
    for todo in facts.todos.iter().skip(first).take(TODOS) {
        let (sign, content, meaning) = todo_row(todo);
        page.push("", &format!("{sign} {content}"), meaning);
    }
}

/// The sign, the words and the look of a todo; the words are foreign text.
pub fn todo_row(todo: &Todo) -> (&'static str, &str, Meaning) {
    match todo.status {
        TodoState::Completed => ("✓", &todo.content, Meaning::Muted),
        TodoState::InProgress => ("▸", &todo.active_form, Meaning::Accent),
        TodoState::Pending => ("·", &todo.content, Meaning::Text),
    }
}

/// Agents that run, each with the age of its last event, so that one that hangs is seen.
fn agents(page: &mut Page<'_>, facts: &Facts, now: u64) {
    let living = facts.work.agents.living().count();
    if living == 0 {
        return;
    }
    page.head(&format!("agents {living}"));
    for row in facts.work.agents.living().take(AGENTS) {
        page.pieces(&agent_row(row, &facts.work.agents, now));
    }
}

/// Commands of the background, and those that wait for input.
fn jobs(page: &mut Page<'_>, facts: &Facts) {
    let shown = || facts.work.running().filter(|job| job.background || job.state == JobState::Waits);
    let count = shown().count();
    if count == 0 {
        return;
    }
    page.head(&format!("jobs {count}"));
    for job in shown().take(JOBS) {
        let (words, meaning) = job_row(job);
        page.push("", &words, meaning);
    }
}

fn queue(page: &mut Page<'_>, facts: &Facts) {
    if facts.queue.is_empty() {
        return;
    }
    page.head(&format!("queue {}", facts.queue.len()));
    for queued in facts.queue.iter().take(QUEUE) {
        page.push("", &queued.text, Meaning::Text);
    }
}

/// A cap that is nearly used up stands out.
fn cap_meaning(state: &CapState) -> Meaning {
    match state.share() {
        share if share >= 1.0 => Meaning::Error,
        share if share >= 0.8 => Meaning::Warning,
        _ => Meaning::Text,
    }
}

struct Page<'a> {
    lines: Vec<Line<'static>>,
    theme: &'a Theme,
    width: u16,
}

impl Page<'_> {
    fn head(&mut self, head: &str) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(head.to_owned(), self.theme.style(Meaning::Title)));
    }

    /// A heading with a figure beside it.
    fn head_with(&mut self, head: &str, value: &str, meaning: Meaning) {
        self.lines.push(Line::default());
        self.lines.push(Line::from(vec![
            Span::styled(format!("{head}  "), self.theme.style(Meaning::Title)),
            Span::styled(value.to_owned(), self.theme.style(meaning)),
        ]));
    }

    /// A row with its name; the value is sanitised and clipped here.
    fn push(&mut self, name: &str, value: &str, meaning: Meaning) {
        let value = text::sanitize_line(value);
        let column = if name.is_empty() { 0 } else { 8 };
        let value = text::clip(&value, usize::from(self.width).saturating_sub(column)).into_owned();
        let mut spans = Vec::with_capacity(2);
        if column > 0 {
            spans.push(Span::styled(format!("{name:column$}"), self.theme.style(Meaning::Muted)));
        }
        spans.push(Span::styled(value, self.theme.style(meaning)));
        self.lines.push(Line::from(spans));
    }

    /// A row of several looks, sanitised and clipped here.
    fn pieces(&mut self, pieces: &[(String, Meaning)]) {
        let clean: Vec<_> =
            pieces.iter().map(|(words, meaning)| (text::sanitize_line(words), self.theme.style(*meaning))).collect();
        let clean = clean.iter().map(|(words, style)| (&**words, *style));
        self.lines.push(clip_line(clean, self.width.into()));
    }

    fn wrapped(&mut self, source: &str, meaning: Meaning, limit: usize) {
        let source = text::sanitize_line(source);
        let rows = text::wrap_plain(&source, usize::from(self.width.max(1)));
        let style = self.theme.style(meaning);
        self.lines.extend(rows.into_iter().take(limit).map(|row| Line::styled(row, style)));
    }
}
