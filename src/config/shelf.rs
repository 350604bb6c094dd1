//! What commands, skills and memory need of the settings.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::Settings;
use super::setup::Base;
use crate::catalog::{self, Ground};
use crate::domain::{CommandFile, Notice};
use crate::engine;

/// All commands and skills, those of a folder that is not trusted among them.
pub(super) fn prompts(settings: &Settings, start: &Base<'_>) -> (Vec<CommandFile>, Vec<Notice>) {
    let ground = Ground { home: start.home, cwd: start.cwd, project: &settings.project, plugins: &[], bundled: true };
    catalog::prompts(&ground)
}

/// What a project's file may do by itself: its shell lines and allow rules.
type Powers = BTreeSet<(PathBuf, Vec<String>)>;

fn powers(file: &CommandFile) -> (PathBuf, Vec<String>) {
    let mut powers = catalog::shell_lines(&file.body);
    powers.extend(file.traits.allowed_tools.iter().cloned());
    (file.path.clone(), powers)
}

/// The shelf of a stage whose commands are known.
pub(super) fn shelf(settings: &Settings, start: &Base<'_>, known: &[CommandFile]) -> engine::Shelf {
    let agreed: Powers = known.iter().map(powers).collect();
    let (home, cwd, project) = (start.home.to_path_buf(), start.cwd.to_path_buf(), settings.project.clone());
    let trusted = settings.trusted;
    let scan: engine::Scan = Arc::new(move || {
        let ground = Ground { home: &home, cwd: &cwd, project: &project, plugins: &[], bundled: true };
        let (mut files, mut notices) = catalog::prompts(&ground);
        // The same problems were told at the start.
        notices.clear();
        files.retain(|file| file.source != "project" || trusted);
        files.retain(|file| {
            let (path, powers) = powers(file);
            let is_new = file.source == "project" && !powers.is_empty() && !agreed.contains(&(path, powers));
            if is_new {
                let text = format!(
                    "{}: it runs or allows something that was not there when this session began; it is left out",
                    file.path.display()
                );
                notices.push(Notice::warning(text).hint("start again to be asked about it"));
            }
            !is_new
        });
        (files, notices)
    });
    engine::Shelf { scan: Some(scan), ..engine::Shelf::default() }
}
