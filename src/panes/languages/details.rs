//! Everything about one language server, row by row.

use ratatui::text::Line;

use super::super::roster::Page;
use super::{sign, state};
use crate::base::text;
use crate::domain::{LanguageProblem, LanguageState, LanguageStatus, Severity};
use crate::theme::{Meaning, Theme};

/// Problems and lines of the log that are shown.
const PROBLEMS: usize = 200;
const LOG: usize = 40;

pub(super) fn rows(server: &LanguageStatus, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut page = Page::new(theme, width);
    let (mark, meaning) = sign(&server.state);
    let standing = match &server.state {
        LanguageState::Retrying { reason, in_ms } => format!("{reason}; started again in {}", text::human_ms(*in_ms)),
        _ => state(server),
    };
    page.field("state", &format!("{mark} {standing}"), meaning);
    page.field("from", &server.source, Meaning::Text);
    page.field("command", &server.command, Meaning::Code);
    page.field("is", &server.about, Meaning::Text);
    page.field("files", &server.extensions.join(" "), Meaning::Text);
    let pid = server.pid.map_or_else(|| "does not run".to_owned(), |pid| pid.to_string());
    let again = if server.restarts > 0 { format!(" · started again {}×", server.restarts) } else { String::new() };
    page.field("pid", &format!("{pid}{again}"), Meaning::Text);
    page.field("busy", &server.busy.join(", "), Meaning::Running);
    page.heading("Problems", server.problems.len());
    for problem in server.problems.iter().take(PROBLEMS) {
        page.wrapped(2, &line(problem), look(problem.severity));
    }
    page.heading("Log", server.log.len());
    for line in server.log.iter().rev().take(LOG).rev() {
        page.wrapped(2, line, Meaning::Muted);
    }
    page.rows
}

fn look(severity: Severity) -> Meaning {
    match severity {
        Severity::Error => Meaning::Error,
        Severity::Warning => Meaning::Warning,
        Severity::Information | Severity::Hint => Meaning::Muted,
    }
}

fn line(problem: &LanguageProblem) -> String {
    let place = format!("{}:{}:{}", problem.path.display(), problem.line, problem.column);
    let message: Vec<&str> = problem.message.lines().map(str::trim).collect();
    format!("{place} {}: {} {}", problem.severity.word(), message.join(" "), problem.code).trim_end().to_owned()
}
