//! The permission rules alone, as they stand in the settings files: what `explain`, `lint` and the pane of the
//! rules need, without choosing a model or reading anything else.

use std::path::PathBuf;

use crate::domain::{Notice, NoticeLevel};
use crate::policy::{self, RuleText};

use super::gather::draft::Draft;
use super::layers::layers;
use super::project::project_root;
use super::{ConfigInput, RuleEntry, Tier, folder};

/// All rules that are in force somewhere, and what is wrong with the files that they stand in.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The repository's root, or the start folder.
    pub project: PathBuf,
    pub trusted: bool,
    pub entries: Vec<RuleEntry>,
    /// Folders beside the project that belong to the work.
    pub directories: Vec<PathBuf>,
    /// The files that were read, as a person would write them.
    pub files: Vec<String>,
    /// What is wrong with the files, each with file and line.
    pub notices: Vec<Notice>,
}

/// Reads the rules of all settings files.
pub fn rules(input: &ConfigInput<'_>) -> Rules {
    let project = project_root(input.cwd, input.home);
    let mut notices = Vec::new();
    let layers = layers(input, &project, &mut notices);
    let (trusted, _) = folder::standing(input, &project, &layers, &mut notices);
    let mut draft = Draft::new(trusted, input.home);
    draft.rules = super::gather::flag_rules(input);
    for layer in &layers {
        draft.take(layer);
    }
    notices.append(&mut draft.notices);
    Rules {
        project,
        trusted,
        entries: draft.rules,
        directories: draft.directories,
        files: layers.into_iter().map(|layer| layer.name).collect(),
        notices,
    }
}

/// A rule as the gate takes it.
pub fn rule_text(entry: &RuleEntry) -> RuleText {
    let tier = match entry.tier {
        Tier::Deny => policy::Tier::Deny,
        Tier::Ask => policy::Tier::Ask,
        Tier::Allow => policy::Tier::Allow,
    };
    RuleText { tier, text: entry.text.clone(), source: entry.source.clone(), anchor: entry.anchor.clone() }
}

impl Rules {
    /// A file could not be used at all, so its rules hold nothing.
    pub fn has_broken_file(&self) -> bool {
        self.notices.iter().any(|notice| notice.level == NoticeLevel::Error)
    }

    /// The rules as the gate takes them.
    pub fn texts(&self) -> Vec<RuleText> {
        self.entries.iter().map(rule_text).collect()
    }
}
