//! What searches, listings and completion must leave out of a folder that may be read.
//!
//! The gate judges the folder that is named; what lies in it is not known before the walk. So the rules about reading
//! go along as data, and whoever walks asks them of each path.

use std::path::Path;

use super::path_rule::{Bases, PathPattern};
use super::rule::Target;
use super::ruleset::Tier;
use super::{RuleSet, Scene};
use crate::domain::PathFacts;

/// The rules about reading that hold inside folders.
#[derive(Clone, Debug)]
pub struct Reserved {
    denied: Vec<PathPattern>,
    /// The person is asked about them one by one, so a walk over many must not bring them along.
    asked: Vec<PathPattern>,
    bases: Bases,
}

impl Reserved {
    /// None when there are no such rules.
    pub fn new(scene: &Scene<'_>, facts: &PathFacts) -> Option<Self> {
        let denied = patterns(scene.rules, Tier::Deny);
        let asked = patterns(scene.rules, Tier::Ask);
        (!denied.is_empty() || !asked.is_empty()).then(|| Self { denied, asked, bases: Bases::new(scene, facts) })
    }

    /// The path must not be shown to who asked for the folder `root`. What a rule asks about is shown only when the
    /// same rule was about the folder itself, because then the person has answered.
    pub fn hides(&self, path: &Path, root: &Path) -> bool {
        let matches = |pattern: &PathPattern, path: &Path| pattern.matches(path, &self.bases);
        self.denied.iter().any(|pattern| matches(pattern, path))
            || self.asked.iter().any(|pattern| matches(pattern, path) && !matches(pattern, root))
    }
}

fn patterns(rules: &RuleSet, tier: Tier) -> Vec<PathPattern> {
    let patterns = rules.tier(tier, true).filter_map(|rule| match &rule.target {
        Target::Read(pattern) => Some(pattern.clone()),
        _ => None,
    });
    patterns.collect()
}
