//! What a question shows: the call as it would run, and why it is asked. Rows are made once for a width,
//! a theme and a stage, and again only when one of them changed.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use serde_json::Value;

use super::calls::Seen;
use super::parts::Parts;
use super::question::{Question, Stage};
use super::{Folders, preview, suspect};
use crate::base::text;
use crate::domain::Shown;
use crate::theme::{Meaning, Theme};
use crate::widgets::shown;
use crate::widgets::wrap::{Break, Indent, wrap};

/// Rows of a preview that are made; more are counted.
const MOST_ROWS: usize = 5_000;
/// Parts of a command that are listed under it; the trail has all.
const MOST_PARTS: usize = 8;
/// Characters of the model's own description that are shown.
const LONGEST_WORDS: usize = 160;
/// Characters of an unfinished input that are shown, from its end.
const TAIL: usize = 2_000;

/// The rows of a question.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) rows: Vec<Line<'static>>,
    pub(super) why: Vec<Line<'static>>,
    /// The whole input is known.
    pub(super) whole: bool,
    /// Rows that must have been in view before a yes is taken: the command, or all of an input that is not a
    /// file's change.
    pub(super) must: usize,
    made_for: Option<(u16, u64, bool)>,
}

impl Content {
    /// The rows have to be made again.
    pub(super) fn forget(&mut self) {
        self.made_for = None;
    }
}

/// Makes the rows of a question for this width, unless they are there. In a low box the reason stands below the
/// call and scrolls with it.
pub(super) fn make(question: &mut Question, (width, low): (u16, bool), theme: &Theme, folders: &Folders) {
    let key = Some((width, theme.stamp(), low));
    if question.content.made_for == key {
        return;
    }
    let paper = Paper { width, theme };
    let mut content = Content { made_for: key, why: why(question, &paper), ..Content::default() };
    match (&question.seen, question.stage) {
        (Some(seen), Stage::Parts) => {
            content.whole = seen.input.is_some();
            content.rows = part_list(&mut question.parts, question.preview.as_ref(), &paper);
        }
        (Some(seen), stage) => {
            content.whole = seen.input.is_some();
            (content.rows, content.must) = if stage == Stage::Trail {
                (trail(question, &paper), 0)
            } else {
                call(question, seen, &paper, folders)
            };
        }
        (None, _) => {
            content.rows = paper.words("The call is not known yet; its input is still arriving.", Meaning::Muted);
        }
    }
    if low {
        content.rows.append(&mut content.why);
    }
    question.content = content;
}

/// What rows are made for.
struct Paper<'a> {
    width: u16,
    theme: &'a Theme,
}

impl Paper<'_> {
    fn words(&self, words: &str, meaning: Meaning) -> Vec<Line<'static>> {
        let words = text::sanitize(words);
        let style = self.theme.style(meaning);
        let rows = words
            .split('\n')
            .flat_map(|row| wrap([(row, style)], usize::from(self.width), &Indent::hanging(2), Break::Words));
        rows.collect()
    }

    /// `name: value`, the value broken anywhere so that every blank of it stays.
    fn pair(&self, name: &str, value: &str) -> Vec<Line<'static>> {
        let name = format!("{}: ", text::sanitize_line(name));
        let value = text::sanitize(value);
        let mut rows = Vec::new();
        for (index, row) in value.split('\n').enumerate() {
            let head = if index == 0 { name.as_str() } else { "  " };
            let pieces = [(head, self.theme.style(Meaning::Muted)), (row, self.theme.style(Meaning::Code))];
            rows.extend(wrap(pieces, usize::from(self.width), &Indent::hanging(2), Break::Anywhere));
        }
        rows
    }
}

/// The call as it would run, and how many of its rows must be seen before a yes.
fn call(question: &Question, seen: &Seen, paper: &Paper<'_>, folders: &Folders) -> (Vec<Line<'static>>, usize) {
    let Some(input) = &seen.input else {
        let mut rows = paper.words("The input is still arriving. What is known of it:", Meaning::Warning);
        let skip = seen.raw.chars().count().saturating_sub(TAIL);
        let tail: String = seen.raw.chars().skip(skip).collect();
        rows.extend(paper.words(&tail, Meaning::Code));
        return (rows, 0);
    };
    let mut rows = Vec::new();
    let mut must = None;
    let mut told: Vec<&str> = Vec::new();
    let path =
        ["file_path", "notebook_path", "path"].into_iter().find(|key| input.get(key).is_some_and(Value::is_string));
    let named = path.and_then(|key| input.get(key)).and_then(Value::as_str);
    if let Some(command) = input.get("command").and_then(Value::as_str) {
        rows.extend(command_rows(command, input, paper));
        must = Some(rows.len());
        rows.extend(part_rows(question, command, paper));
        told.extend(["command", "description"]);
    }
    let changes = question.preview.clone().or_else(|| {
        let named = named.unwrap_or_default();
        preview::of(&seen.name, input, &relative(named, folders).unwrap_or_else(|| named.to_owned()))
    });
    // The head of a change names the path as the project knows it; elsewhere the path stands alone.
    let outside = named.is_some_and(|named| relative(named, folders).is_none());
    if outside {
        rows.extend(paper.words("⚠ outside the project", Meaning::Warning));
    }
    let place = named.map(|named| path_rows(named, changes.is_some(), paper, folders)).unwrap_or_default();
    told.extend(path);
    if let Some(changes) = changes {
        must = Some(0);
        rows.extend(change_rows(&changes, paper));
        rows.extend(place);
        told.extend(["old_string", "new_string", "content", "edits"]);
    } else {
        rows.extend(place);
    }
    for (key, value) in input.as_object().into_iter().flatten().filter(|(key, _)| !told.contains(&key.as_str())) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        rows.extend(paper.pair(key, &value));
    }
    if rows.is_empty() {
        rows = paper.words("It takes no input.", Meaning::Muted);
    }
    let all = rows.len();
    (rows, must.unwrap_or(all))
}

fn command_rows(command: &str, input: &Value, paper: &Paper<'_>) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    if let Some(description) = input.get("description").and_then(Value::as_str) {
        // The model's words must not push the command out of sight.
        let said: String = description.chars().take(LONGEST_WORDS).collect();
        rows.extend(paper.words(&format!("the model says: {}", text::sanitize_line(&said)), Meaning::Muted));
    }
    let shown = suspect::command(command, paper.width, paper.theme);
    for warning in shown.warnings {
        rows.extend(paper.words(&format!("⚠ {warning}"), Meaning::Warning));
    }
    rows.extend(shown.rows);
    rows
}

/// The parts of a change with their marks.
fn part_list(parts: &mut Option<Parts>, preview: Option<&Shown>, paper: &Paper<'_>) -> Vec<Line<'static>> {
    match (parts, preview) {
        (Some(parts), Some(Shown::Diff(files))) => parts.rows(files, paper.width, paper.theme),
        _ => Vec::new(),
    }
}

fn change_rows(changes: &Shown, paper: &Paper<'_>) -> Vec<Line<'static>> {
    shown::lines(changes, paper.width, paper.theme, MOST_ROWS)
}

/// The path: as the project knows it, unless that stands in the head of a change, and the whole of it.
fn path_rows(named: &str, headed: bool, paper: &Paper<'_>, folders: &Folders) -> Vec<Line<'static>> {
    let strong = paper.theme.style(Meaning::Text).add_modifier(Modifier::BOLD);
    let muted = paper.theme.style(Meaning::Muted);
    let whole = text::sanitize_line(&folders.cwd.join(named).to_string_lossy()).into_owned();
    let pieces: Vec<(String, Style)> = match relative(named, folders) {
        Some(short) if !short.is_empty() && !headed => {
            vec![(text::sanitize_line(&short).into_owned(), strong), (format!("  {whole}"), muted)]
        }
        Some(_) => vec![(whole, muted)],
        None if headed => return Vec::new(),
        None => vec![(whole, strong)],
    };
    let pieces = pieces.iter().map(|(text, style)| (text.as_str(), *style));
    wrap(pieces, usize::from(paper.width), &Indent::hanging(2), Break::Anywhere)
}

/// The parts that the gate took a command into, with wrappers such as `timeout` taken off. One part that is the
/// command itself says nothing new.
fn part_rows(question: &Question, command: &str, paper: &Paper<'_>) -> Vec<Line<'static>> {
    let steps = question.verdict.iter().flat_map(|verdict| &verdict.trail);
    let parts: Vec<&str> = steps
        .filter(|step| step.stage == "part" || step.stage.starts_with("command"))
        .map(|step| step.finding.as_str())
        .collect();
    let itself = format!("`{}`", command.trim());
    if matches!(parts.as_slice(), [only] if only.starts_with(&itself)) {
        return Vec::new();
    }
    let shown = parts.iter().take(MOST_PARTS);
    shown.flat_map(|part| paper.words(&format!("↳ {}", text::sanitize_line(part)), Meaning::Muted)).collect()
}

/// The path below the project, or none when it is not there.
fn relative(named: &str, folders: &Folders) -> Option<String> {
    let whole = folders.cwd.join(named);
    let climbs = whole.components().any(|part| part == std::path::Component::ParentDir);
    let short = whole.strip_prefix(&folders.project).ok().filter(|_| !climbs)?;
    Some(short.to_string_lossy().into_owned())
}

/// Why it is asked: the sentence, the rule and where it stands.
fn why(question: &Question, paper: &Paper<'_>) -> Vec<Line<'static>> {
    let Some(verdict) = &question.verdict else { return Vec::new() };
    let because = &verdict.because;
    let mut words = vec![format!("Why: {}", text::sanitize_line(because.text.trim_end_matches('.')))];
    words.extend(because.rule.as_ref().map(|rule| format!("rule {}", text::sanitize_line(rule))));
    words.extend(because.source.as_ref().map(|source| text::sanitize_line(&source.to_string()).into_owned()));
    paper.words(&words.join(" · "), Meaning::Muted)
}

/// The verdict before the steps that led to it.
fn verdict_rows(question: &Question, paper: &Paper<'_>) -> Vec<Line<'static>> {
    let Some(verdict) = &question.verdict else { return Vec::new() };
    let because = &verdict.because;
    let mut rows = paper.pair("because", &because.text);
    rows.extend(because.rule.iter().flat_map(|rule| paper.pair("rule", rule)));
    rows.extend(because.source.iter().flat_map(|source| paper.pair("from", &source.to_string())));
    let would = verdict.suggestion.as_deref().unwrap_or("no rule: such a call is always asked about");
    rows.extend(paper.pair("would cover it", would));
    rows.push(Line::default());
    rows
}

/// Everything that the gate looked at.
fn trail(question: &Question, paper: &Paper<'_>) -> Vec<Line<'static>> {
    let steps = question.verdict.as_ref().map(|verdict| verdict.trail.as_slice()).unwrap_or_default();
    if steps.is_empty() {
        return paper.words("The gate left no trail for this call.", Meaning::Muted);
    }
    let mut rows = verdict_rows(question, paper);
    rows.push(Line::from(Span::styled("What the gate looked at, in order", paper.theme.style(Meaning::Heading))));
    for (index, step) in steps.iter().enumerate() {
        rows.extend(paper.pair(&format!("{:2} {}", index + 1, step.stage), &step.finding));
    }
    rows
}
