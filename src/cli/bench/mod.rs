//! `latigo bench`: what Latigo saves, measured by its own code with scripted models, offline, the same every time; with
//! `--live` by what a real provider counts.
//!
//! A bench is one file with a `BENCH` and one line in the registry. It reads its workload (built in, or the file that
//! the person names) and returns a [`Finding`]: a table for people and one JSON object for programs.

mod cache;
mod compaction;
mod isolation;
mod live;
mod play;
mod prompt_cache;
mod table;
mod toon;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::model::ModelWish;
use crate::shell::{Exit, Printer};
use live::Live;
pub(super) use table::Table;
use table::percent;

/// Bytes of a workload file that are read at most.
const INPUT: u64 = 256 << 20;

/// One bench.
pub(super) struct Bench {
    /// What is typed after `latigo bench`.
    pub name: &'static str,
    /// One line for the help.
    pub about: &'static str,
    /// The workload that is taken when none is named.
    pub built_in: &'static str,
    /// Measures a workload, given as the text of its file, with a model that is really asked or without. The error is a
    /// sentence for the person.
    pub run: fn(&str, Option<&mut Live>) -> Result<Finding, String>,
}

/// What a bench found.
pub(super) struct Finding {
    /// For people.
    pub table: Table,
    /// The fields of the object that `--json` prints.
    pub fields: Map<String, Value>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchOrder {
    pub name: String,
    pub input: Option<PathBuf>,
    pub json: bool,
    /// The model that is really asked; none for a run without a network.
    pub live: Option<ModelWish>,
}

/// Declares the files and lists their benches in the order of the help.
macro_rules! registry {
    ($($file:ident),+ $(,)?) => {
        static ALL: &[&Bench] = &[$(&$file::BENCH),+];
        #[cfg(test)]
        const FILES: &[&str] = &[$(stringify!($file)),+];
    };
}

registry![cache, compaction, isolation, prompt_cache, toon];

/// The names that the command line takes, with their one line.
pub(super) fn names() -> Vec<clap::builder::PossibleValue> {
    ALL.iter().map(|bench| clap::builder::PossibleValue::new(bench.name).help(bench.about)).collect()
}

/// Measures and prints.
pub(super) fn run(order: &BenchOrder, printer: &mut Printer) -> Exit {
    match measure(order) {
        Ok(finding) if order.json => {
            printer.line(&Value::Object(finding.fields).to_string());
            printer.exit(Exit::Done)
        }
        Ok(finding) => {
            printer.text(&finding.table.to_string());
            printer.exit(Exit::Done)
        }
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
    }
}

fn measure(order: &BenchOrder) -> Result<Finding, String> {
    let bench = ALL.iter().find(|bench| bench.name == order.name);
    let bench = bench.ok_or_else(|| format!("there is no bench {}", order.name))?;
    let (place, text) = match &order.input {
        None => (String::new(), bench.built_in.to_owned()),
        Some(path) => (format!("{}: ", path.display()), read(path)?),
    };
    let mut live = order.live.as_ref().map(Live::open).transpose()?;
    let mut finding = (bench.run)(&text, live.as_mut()).map_err(|problem| format!("{place}{problem}"))?;
    if let Some(live) = &live {
        live.tell(&mut finding);
    }
    Ok(finding)
}

fn read(path: &Path) -> Result<String, String> {
    let place = path.display();
    let size = std::fs::metadata(path).map_err(|error| format!("{place} cannot be read: {error}"))?.len();
    if size > INPUT {
        return Err(format!("{place} is larger than {} MB", INPUT >> 20));
    }
    std::fs::read_to_string(path).map_err(|error| format!("{place} cannot be read: {error}"))
}

/// Reads a workload. The error names line and column.
pub(super) fn workload<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("the workload cannot be read: {error}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn order(name: &str, input: Option<PathBuf>) -> BenchOrder {
        BenchOrder { name: name.to_owned(), input, json: true, live: None }
    }

    #[test]
    fn every_bench_runs_on_its_own_workload_and_twice_the_same() {
        for bench in ALL {
            let once = measure(&order(bench.name, None)).unwrap_or_else(|problem| panic!("{}: {problem}", bench.name));
            let again = measure(&order(bench.name, None)).unwrap();
            assert_eq!(once.fields, again.fields, "{}", bench.name);
            assert_eq!(once.table.to_string(), again.table.to_string());
        }
    }

    #[test]
    fn every_file_beside_this_one_is_registered() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/bench");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
            assert!(
                ["mod", "live", "play", "table"].contains(&name.as_str()) || FILES.contains(&name.as_str()),
                "{name}"
            );
        }
    }

    #[test]
    fn a_workload_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("w.json");
        assert!(measure(&order("toon", Some(file.clone()))).err().unwrap().contains("w.json cannot be read"));
        std::fs::write(&file, "{\"cases\":\n [}").unwrap();
        let problem = measure(&order("toon", Some(file))).err().unwrap();
        assert!(problem.contains("w.json: the workload cannot be read") && problem.contains("line 2"), "{problem}");
    }
}
