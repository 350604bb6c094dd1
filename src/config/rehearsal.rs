//! The offline rehearsal: a copy of the sample project in a temporary folder and a scripted model that
//! works on it. Everything else is the real program.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Places, edit_rule};
use crate::catalog;
use crate::domain::{ModelRef, RuleScope, Wire};
use crate::engine::{Rehearse, Stage};
use crate::policy::RuleText;
use crate::provider::replay::{Recording, Replay};
use crate::tools::Place;

/// What the scripted model says.
const SCRIPT: &str = include_str!("../../assets/rehearsal/script.json");

/// The files of the sample project, by their path in it.
const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("../../assets/rehearsal/project/README.md")),
    ("check.sh", include_str!("../../assets/rehearsal/project/check.sh")),
    ("data/march.txt", include_str!("../../assets/rehearsal/project/data/march.txt")),
    ("src/report.sh", include_str!("../../assets/rehearsal/project/src/report.sh")),
    ("src/total.sh", include_str!("../../assets/rehearsal/project/src/total.sh")),
];

/// The function that sets the stage, a new folder every time. Commands run with the environment of
/// `own`, and its mode and the rules of the command line hold; nothing else of the person's own project or
/// settings is used.
pub(super) fn opener(own: &Stage) -> Rehearse {
    let env = Arc::clone(&own.env);
    let (mode, modes) = (own.mode, own.modes.clone());
    let rules: Vec<RuleText> = own.rules.iter().filter(|rule| rule.source.scope == RuleScope::Flag).cloned().collect();
    Arc::new(move || {
        let recording = Recording::parse(SCRIPT)?;
        let project = copy().map_err(|error| format!("the sample project could not be copied: {error}"))?;
        let vars = BTreeMap::from([("project".to_owned(), project.display().to_string())]);
        let info = Arc::new(recording.model.clone());
        let model = ModelRef::new(Wire::Replay, info.id.clone());
        let provider = Replay::with_vars(recording, vars);
        let (root, config) = (project.clone(), project.join(".latigo-user"));
        Ok(Stage {
            place: Place { cwd: project.clone(), project, added: Vec::new() },
            model: Some((model, info)),
            effort: None,
            model_forced: true,
            connect: Arc::new(move |_| Ok(Arc::clone(&provider))),
            rules: rules.clone(),
            edit_rule: Arc::new(move |edit| {
                edit_rule(edit, Places { project: &root, config: &config }, (&root, &root))
            }),
            mode,
            modes: modes.clone(),
            trusted: true,
            memory: Vec::new(),
            commands: Vec::new(),
            agents: catalog::built_in(),
            shelf: Arc::default(),
            env: Arc::clone(&env),
            hooks: Arc::default(),
            servers: Arc::default(),
            languages: Arc::default(),
            rehearsal: true,
            child: None,
        })
    })
}

/// Writes the sample project into a new folder. The system clears its temporary folder in its own time;
/// until then the person can look at what was done.
fn copy() -> io::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix("latigo-rehearsal-").tempdir()?.keep().canonicalize()?;
    for (name, text) in FILES {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text)?;
        if path.extension().is_some_and(|extension| extension == "sh") {
            make_runnable(&path)?;
        }
    }
    Ok(folder)
}

#[cfg(unix)]
fn make_runnable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_runnable(_: &Path) -> io::Result<()> {
    Ok(())
}
