//! `latigo memory`: the memory store without a screen.

use clap::Subcommand;

use super::permissions::ground::Ground;
use crate::base::clock::SystemClock;
use crate::base::text::{clip, sanitize_line};
use crate::config;
use crate::domain::{MemoryAuthor, MemoryEntry, MemoryId, StoreScope};
use crate::recall::{Memories, NewMemory};
use crate::shell::{Exit, Printer};

/// Columns of an entry in a list.
const TEXT: usize = 100;
/// Entries that a search tells.
const FOUND: usize = 10;

/// What to do with the memory store.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum MemoryCommand {
    /// All entries of this project and of yours, the newest first
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Keep a text
    Add {
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,

        /// In all of your projects, not in this one
        #[arg(long)]
        user: bool,

        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// One entry, whole, with where it comes from
    Show {
        id: MemoryId,

        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Give an entry another text
    Edit {
        id: MemoryId,

        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
    },
    /// Take entries out
    Forget {
        #[arg(required = true, value_name = "ID")]
        ids: Vec<MemoryId>,
    },
    /// The entries nearest to a text, with their scores
    Search {
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,

        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}

/// Does it and prints.
pub(super) fn run(what: MemoryCommand, out: &mut Printer) -> Exit {
    let done = Ground::survey().and_then(|ground| {
        let (setting, secrets) = config::memory_store(&ground.input());
        answer(what, &mut Memories::new(&setting, secrets), SystemClock::shared().wall_ms())
    });
    match done {
        Ok(text) => {
            if !text.is_empty() {
                out.text(&text);
            }
            out.exit(Exit::Done)
        }
        Err(problem) => {
            out.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
    }
}

/// What is printed.
fn answer(what: MemoryCommand, store: &mut Memories, now: u64) -> Result<String, String> {
    let told = |problem: crate::recall::MemoryError| problem.to_string();
    match what {
        MemoryCommand::List { json } => {
            let entries = store.list().map_err(told)?;
            Ok(entries.iter().map(|entry| if json { json_line(entry) } else { line(entry) }).collect())
        }
        MemoryCommand::Add { text, user, json } => {
            let scope = if user { StoreScope::User } else { StoreScope::Project };
            let author = MemoryAuthor::Person;
            let new = NewMemory { scope, text: &text.join(" "), author, session: None, turn: 0 };
            let entry = store.add(&new, now).map_err(told)?;
            Ok(if json { json_line(&entry) } else { line(&entry) })
        }
        MemoryCommand::Show { id, json } => {
            let entry = store.get(id).map_err(told)?;
            Ok(if json { json_line(&entry) } else { whole(&entry) })
        }
        MemoryCommand::Edit { id, text } => {
            store.edit(id, &text.join(" "), now).map(|entry| line(&entry)).map_err(told)
        }
        MemoryCommand::Forget { ids } => {
            let mut gone = String::new();
            for id in ids {
                let entry = store.forget(id).map_err(told)?;
                gone.push_str("forgotten: ");
                gone.push_str(&line(&entry));
            }
            Ok(gone)
        }
        MemoryCommand::Search { text, json } => {
            let found = store.search(&text.join(" "), FOUND).map_err(told)?;
            let one = |entry: &crate::domain::Recalled| {
                if json {
                    return serde_json::to_string(entry).map(|line| line + "\n").unwrap_or_default();
                }
                let text = sanitize_line(&entry.text).into_owned();
                format!("{:>5}  {:.2}  {}\n", entry.id.to_string(), entry.score, clip(&text, TEXT))
            };
            Ok(found.iter().map(one).collect())
        }
    }
}

fn line(entry: &MemoryEntry) -> String {
    let text = sanitize_line(&entry.text).into_owned();
    format!("{:>5}  {:9}  {}\n", entry.id.to_string(), entry.author.name(), clip(&text, TEXT))
}

fn json_line(entry: &MemoryEntry) -> String {
    serde_json::to_string(entry).map(|line| line + "\n").unwrap_or_default()
}

fn whole(entry: &MemoryEntry) -> String {
    let date = |ms: u64| {
        let at = jiff::Timestamp::from_millisecond(ms as i64).unwrap_or_default();
        at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
    };
    let session =
        entry.session.as_deref().map(|id| format!(" in session {id}, turn {}", entry.turn)).unwrap_or_default();
    let changed = if entry.changed == entry.at { String::new() } else { format!(", changed {}", date(entry.changed)) };
    format!(
        "{} ({}), written by {} {}{session}{changed}, given to a model {} times\n\n{}\n",
        entry.id,
        entry.id.scope.name(),
        entry.author.name(),
        date(entry.at),
        entry.used,
        entry.text
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::base::secrets::Redactor;
    use crate::recall::MemorySetting;

    #[test]
    fn a_life_of_an_entry() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| Some(folder.path().join(name));
        let setting = MemorySetting { project: file("p"), user: file("u"), ..MemorySetting::default() };
        let mut store = Memories::new(&setting, Redactor::default());
        let mut order = |what| answer(what, &mut store, 1_000);
        let words = |text: &str| vec![text.to_owned()];
        let id = |text: &str| text.parse::<MemoryId>().unwrap();
        assert_eq!(order(MemoryCommand::List { json: false }).unwrap(), "");
        let add = |user, json| MemoryCommand::Add { text: words("The port is 5433."), user, json };
        assert_eq!(order(add(false, false)).unwrap(), "   p1  you        The port is 5433.\n");
        let json = order(add(true, true)).unwrap();
        assert_eq!(
            json,
            "{\"id\":\"u1\",\"text\":\"The port is 5433.\",\"author\":\"person\",\"session\":null,\"turn\":0,\"at\":1000,\"changed\":1000,\"used\":0}\n"
        );
        let edit = MemoryCommand::Edit { id: id("u1"), text: words("I like tabs.") };
        assert_eq!(order(edit).unwrap(), "   u1  you        I like tabs.\n");
        let search = |json| MemoryCommand::Search { text: words("which port"), json };
        assert!(order(search(false)).unwrap().starts_with("   p1  0."));
        assert!(order(search(true)).unwrap().starts_with("{\"id\":\"p1\",\"text\":\"The port is 5433.\",\"score\":0."));
        let shown = order(MemoryCommand::Show { id: id("p1"), json: false }).unwrap();
        assert!(shown.contains("(project), written by you") && shown.ends_with("\n\nThe port is 5433.\n"), "{shown}");
        let forget = MemoryCommand::Forget { ids: vec![id("p1")] };
        assert_eq!(order(forget.clone()).unwrap(), "forgotten:    p1  you        The port is 5433.\n");
        assert_eq!(order(forget).unwrap_err(), "there is no entry p1 in the memory store");
    }
}
