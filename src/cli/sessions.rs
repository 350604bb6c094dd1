//! `latigo sessions` and `latigo search`: what is kept, without a screen.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::Sessions;
use super::asked::Wanted;
use crate::base::clock::SystemClock;
use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::base::text::{clip, human_cost, human_ms, sanitize_line};
use crate::domain::{ExportForm, Hit, SessionId, SessionSummary};
use crate::session::import::{self, Imported};
use crate::session::search::{Index, Query};
use crate::session::{Store, export};
use crate::shell::{Exit, Printer};

/// Columns that a title may take in the list.
const TITLE: usize = 60;

/// Does what was asked for.
pub(super) fn run(what: Sessions, printer: &mut Printer) -> Exit {
    let Some(ground) = ground(printer) else { return Exit::Failure };
    let store = Store::new(ground.data.clone());
    let done = match what {
        Sessions::List { json, project } => {
            list(&store, project.as_deref(), json, printer);
            Ok(())
        }
        Sessions::Show { id, json } => show(&store, &id, json, printer),
        Sessions::Search(wanted) => return search(wanted, printer),
        Sessions::Export { id, format, output } => write(&store, &id, (format.as_deref(), output), printer),
        Sessions::Import { paths } => return take_in(&store, &paths, printer),
        Sessions::Trash { id: Some(id) } => trash(&store, &id, printer),
        Sessions::Trash { id: None } => {
            store.trashed().iter().for_each(|id| printer.line(&id.to_string()));
            Ok(())
        }
        Sessions::Verify { id, json } => return super::store::verify(id.as_deref(), json, &store, printer),
        Sessions::Gc { remove, trash, json } => return super::store::gc((remove, trash, json), &store, printer),
        Sessions::Restore { id } => id
            .parse::<SessionId>()
            .map_err(|_| format!("`{id}` is no whole id; latigo sessions trash lists them"))
            .and_then(|id| store.restore(id).map_err(|error| error.to_string())),
    };
    match done {
        Ok(()) => printer.exit(Exit::Done),
        Err(problem) => failed(&problem, printer),
    }
}

/// Puts a session away and says how it comes back.
fn trash(store: &Store, id: &str, printer: &mut Printer) -> Result<(), String> {
    let id = store.find(id).map_err(|error| error.to_string())?;
    store.trash(id).map_err(|error| error.to_string())?;
    printer.remark(&format!("{id} lies in the trash; latigo sessions restore {id} brings it back."));
    Ok(())
}

/// Lists sessions, the newest first.
fn list(store: &Store, project: Option<&Path>, as_json: bool, printer: &mut Printer) {
    let project = project.map(|project| std::path::absolute(project).unwrap_or_else(|_| project.to_path_buf()));
    let sessions = store.list(project.as_deref());
    if as_json {
        let all: Vec<Value> = sessions.iter().map(summary_json).collect();
        return printer.line(&Value::Array(all).to_string());
    }
    if sessions.is_empty() {
        printer.remark("There are no sessions yet.");
    }
    let now = SystemClock::shared().wall_ms();
    for session in &sessions {
        printer.line(&row(session, now));
    }
}

/// Prints one session as Markdown, or as JSON.
fn show(store: &Store, id: &str, as_json: bool, printer: &mut Printer) -> Result<(), String> {
    let form = if as_json { ExportForm::Json } else { ExportForm::Markdown };
    let text = text_of(store, id, form, printer)?;
    printer.text(&text);
    Ok(())
}

/// Writes one session to a file, or to standard output.
fn write(store: &Store, id: &str, to: (Option<&str>, Option<PathBuf>), printer: &mut Printer) -> Result<(), String> {
    let (format, output) = to;
    let extension = output.as_ref().and_then(|path| path.extension()).and_then(|end| end.to_str());
    let form = match (format, extension.and_then(ExportForm::named)) {
        (Some(name), _) => ExportForm::named(name)
            .ok_or_else(|| format!("there is no form `{name}`; choose markdown, html, json or stream-json"))?,
        (None, by_name) => by_name.unwrap_or_default(),
    };
    let text = text_of(store, id, form, printer)?;
    let Some(path) = output else {
        printer.text(&text);
        return Ok(());
    };
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).open(&path);
    file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|error| format!("{} was not written: {error}", path.display()))
}

fn text_of(store: &Store, id: &str, form: ExportForm, printer: &mut Printer) -> Result<String, String> {
    let id = store.find(id).map_err(|error| error.to_string())?;
    let (records, notices) = store.read(id).map_err(|error| error.to_string())?;
    for notice in notices {
        printer.remark(&format!("latigo: {}", notice.text));
    }
    Ok(export::text(&records, form))
}

/// Imports files and folders. Fails when one of them could not be read.
fn take_in(store: &Store, paths: &[PathBuf], printer: &mut Printer) -> Exit {
    let mut files = Vec::new();
    for path in paths {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if path.is_dir() { files.extend(import::files(&path)) } else { files.push(path) }
    }
    if files.is_empty() {
        return failed("there is nothing to import; transcripts stand in ~/.claude/projects", printer);
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let project_of = |cwd: &Path| crate::config::project_root(cwd, &home);
    let (mut sessions, mut known, mut failures) = (0, 0, 0);
    for file in &files {
        match import::file(store, file, &project_of) {
            Ok(Imported::Session { id, prompts, skipped }) => {
                sessions += 1;
                let skipped = if skipped > 0 { format!(", {skipped} lines left out") } else { String::new() };
                printer.line(&format!("{id}  prompts {prompts}{skipped}"));
            }
            Ok(Imported::Known(_)) => known += 1,
            Ok(Imported::History(prompts)) => printer.remark(&format!("{prompts} prompts joined the history.")),
            Ok(Imported::Empty) => {}
            Err(problem) => {
                failures += 1;
                printer.remark(&format!("latigo: {problem}"));
            }
        }
    }
    printer.remark(&format!("{sessions} imported, {known} known already, {failures} failed."));
    if failures > 0 { Exit::Failure } else { printer.exit(Exit::Done) }
}

/// Searches everything.
pub(super) fn search(wanted: Wanted, printer: &mut Printer) -> Exit {
    let Some(dirs) = ground(printer) else { return Exit::Failure };
    let now = SystemClock::shared().wall_ms();
    // A finished command line ends with a whole word.
    let text = format!("{} ", wanted.query.join(" "));
    let found = Query::parse(&text, now, &jiff::tz::TimeZone::system()).and_then(|query| {
        if query.is_empty() {
            return Err("there is nothing to look for; for example: latigo search parser tool:Bash after:7d".to_owned());
        }
        let mut index = Index::open(&dirs.cache.join("search.sqlite3"), Store::new(dirs.data.clone()))
            .map_err(|error| error.to_string())?;
        index.refresh(|_, _| true).map_err(|error| error.to_string())?;
        index.search(&query, wanted.limit).map_err(|error| error.to_string())
    });
    match found {
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            Exit::Usage
        }
        Ok(answer) if wanted.json => {
            let hits: Vec<Value> = answer.hits.iter().map(hit_json).collect();
            printer.line(&json!({ "hits": hits, "more": answer.more }).to_string());
            printer.exit(Exit::Done)
        }
        Ok(answer) => {
            for hit in &answer.hits {
                printer.line(&hit_row(hit, now));
            }
            let words = if answer.hits.is_empty() { "Nothing was found." } else { "There is more; --limit shows it." };
            if answer.hits.is_empty() || answer.more {
                printer.remark(words);
            }
            printer.exit(Exit::Done)
        }
    }
}

/// Two lines: where, and what.
fn hit_row(hit: &Hit, now: u64) -> String {
    let passage: String = hit.passage.iter().map(|(_, text)| text.as_str()).collect();
    let passage = sanitize_line(&passage).into_owned();
    let tool = hit.tool.as_ref().map(|tool| format!(" {tool}")).unwrap_or_default();
    let agent = hit.agent.as_ref().map(|agent| format!(" of the agent {agent}")).unwrap_or_default();
    let place = format!("{}{tool}{agent}  {}  {}", hit.kind.name(), hit.project.display(), hit.title);
    let place = sanitize_line(&place).into_owned();
    let age = human_ms(now.saturating_sub(hit.at));
    format!("{} #{}  {age} ago  {place}\n    {passage}", hit.session, hit.seq)
}

fn hit_json(hit: &Hit) -> Value {
    let passage: String = hit.passage.iter().map(|(_, text)| text.as_str()).collect();
    json!({"session": hit.session, "agent": hit.agent, "seq": hit.seq, "at": hit.at, "kind": hit.kind, "tool": hit.tool,
        "title": hit.title, "project": hit.project, "passage": passage})
}

fn summary_json(session: &SessionSummary) -> Value {
    json!({"id": session.id, "title": session.title, "prompt": session.prompt, "project": session.project,
        "branch": session.branch, "model": session.model, "started": session.started, "updated": session.updated,
        "turns": session.turns, "tokens": session.tokens, "cost": session.cost, "bytes": session.bytes,
        "state": session.state.name(), "pinned": session.pinned, "tags": session.tags, "parent": session.parent})
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

/// The store of all sessions.
pub(super) fn store(printer: &mut Printer) -> Option<Store> {
    ground(printer).map(|dirs| Store::new(dirs.data))
}

fn failed(problem: &str, printer: &mut Printer) -> Exit {
    printer.remark(&format!("latigo: {problem}"));
    Exit::Failure
}

fn ground(printer: &mut Printer) -> Option<Dirs> {
    let cwd = std::env::current_dir().unwrap_or_default();
    let home = std::env::var(HOME_VARIABLE).ok();
    match Dirs::find(home.as_deref(), &cwd) {
        Ok(dirs) => Some(dirs),
        Err(message) => {
            printer.remark(&format!("latigo: {message}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SessionState;

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
            prompt: String::new(),
            branch: None,
            pinned: false,
            tags: Vec::new(),
            state: SessionState::Rests,
            parent: None,
        };
        let row = row(&session, 61_000);
        assert!(row.starts_with("00000000-0000-0000-0000-000000000007"));
        assert!(row.contains("prompts   3") && row.contains("/p") && row.ends_with('…'));
        assert!(!row.contains(char::is_control), "{row:?}");
    }
}
