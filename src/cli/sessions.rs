//! `latigo sessions`: what is kept, without a screen.

use crate::base::clock::SystemClock;
use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::base::text::{clip, human_cost, human_ms, sanitize_line};
use crate::domain::SessionSummary;
use crate::session::{Store, export};
use crate::shell::{Exit, Printer};

/// Columns that a title may take in the list.
const TITLE: usize = 60;

/// Lists the sessions of all projects, the newest first.
pub(super) fn list(printer: &mut Printer) -> Exit {
    let Some(store) = store(printer) else { return Exit::Failure };
    let sessions = store.list(None);
    if sessions.is_empty() {
        printer.remark("There are no sessions yet.");
    }
    let now = SystemClock::shared().wall_ms();
    for session in &sessions {
        printer.line(&row(session, now));
    }
    Exit::Done
}

/// Prints one session as Markdown.
pub(super) fn show(id: &str, printer: &mut Printer) -> Exit {
    let Some(store) = store(printer) else { return Exit::Failure };
    let read = store.find(id).and_then(|id| store.read(id));
    match read {
        Ok((records, notices)) => {
            for notice in notices {
                printer.remark(&format!("latigo: {}", notice.text));
            }
            printer.text(&export::markdown(&records));
            Exit::Done
        }
        Err(error) => {
            printer.remark(&format!("latigo: {error}"));
            Exit::Failure
        }
    }
}

/// One line: id, age, prompts, money, project, title.
fn row(session: &SessionSummary, now: u64) -> String {
    let age = human_ms(now.saturating_sub(session.updated));
    let cost = session.cost.map_or_else(|| "–".to_owned(), human_cost);
    let project = sanitize_line(&session.project.to_string_lossy()).into_owned();
    let title = sanitize_line(&session.title).into_owned();
    let title = clip(&title, TITLE);
    format!("{}  {age:>10} ago  prompts {:>3}  {cost:>8}  {project}  {title}", session.id, session.turns)
}

pub(super) fn store(printer: &mut Printer) -> Option<Store> {
    let cwd = std::env::current_dir().unwrap_or_default();
    let home = std::env::var(HOME_VARIABLE).ok();
    match Dirs::find(home.as_deref(), &cwd) {
        Ok(dirs) => Some(Store::new(dirs.data)),
        Err(message) => {
            printer.remark(&format!("latigo: {message}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SessionId;

    #[test]
    fn a_row_is_one_harmless_line() {
        let session = SessionSummary {
            id: SessionId(uuid::Uuid::from_u128(7)),
            title: format!("fix\n\x1b[2J{}", "x".repeat(100)),
            project: "/p".into(),
            model: None,
            started: 0,
            updated: 1_000,
            turns: 3,
            cost: None,
            tokens: 0,
            bytes: 0,
        };
        let row = row(&session, 61_000);
        assert!(row.starts_with("00000000-0000-0000-0000-000000000007"));
        assert!(row.contains("prompts   3") && row.contains("/p") && row.ends_with('…'));
        assert!(!row.contains(char::is_control), "{row:?}");
    }
}
