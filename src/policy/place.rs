//! Paths as the gate compares them: by components, without touching the disk.

use std::path::{Component, Path, PathBuf};

use super::Scene;
use crate::domain::{PathFact, PathFacts};

/// Removes `.` and `..` from the text of an absolute path. Links are the business of the facts.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The absolute form of what was named, dots kept so that the facts can walk the real folders.
pub(super) fn absolute(base: &Path, named: &str, home: &Path) -> PathBuf {
    if named == "~" {
        return home.to_path_buf();
    }
    match named.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => base.join(named),
    }
}

/// One path in every form that a rule may have to match.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// As named, absolute, dots removed.
    pub(super) given: PathBuf,
    /// With links followed; none when the disk was not asked.
    pub(super) resolved: Option<PathBuf>,
    /// Links met on the way.
    pub(super) links: Vec<PathBuf>,
}

impl Spot {
    pub(super) fn new(path: &Path, facts: &PathFacts) -> Self {
        let given = normal(path);
        let fact: Option<&PathFact> = facts.get(path).or_else(|| facts.get(&given));
        Self {
            resolved: fact.map(|fact| normal(&fact.resolved)),
            links: fact.map(|fact| fact.links.iter().map(|link| normal(link)).collect()).unwrap_or_default(),
            given,
        }
    }

    /// Every form: deny and ask rules match on any of them.
    pub(super) fn forms(&self) -> impl Iterator<Item = &Path> {
        [Some(self.given.as_path()), self.resolved.as_deref()]
            .into_iter()
            .flatten()
            .chain(self.links.iter().map(PathBuf::as_path))
    }

    /// The forms that an allow must match: the given and the resolved one. None without a fact, because
    /// what was not looked at cannot be allowed.
    pub(super) fn both(&self) -> Option<[&Path; 2]> {
        self.resolved.as_deref().map(|resolved| [self.given.as_path(), resolved])
    }
}

/// The folders of the session, in their named and their resolved form.
#[derive(Debug)]
pub(super) struct Roots {
    working: Vec<PathBuf>,
    readable: Vec<PathBuf>,
}

impl Roots {
    pub(super) fn new(scene: &Scene<'_>, facts: &PathFacts) -> Self {
        let both = |path: &Path| {
            let spot = Spot::new(path, facts);
            spot.resolved.into_iter().chain([spot.given])
        };
        Self {
            working: std::iter::once(scene.project)
                .chain(scene.added.iter().map(PathBuf::as_path))
                .flat_map(both)
                .collect(),
            readable: scene.readable.iter().map(PathBuf::as_path).flat_map(both).collect(),
        }
    }

    /// Inside the project or an added folder, by both forms.
    pub(super) fn works_in(&self, spot: &Spot) -> bool {
        spot.both().is_some_and(|forms| forms.iter().all(|form| within(form, &self.working)))
    }

    /// Inside a folder that may be read without asking, by both forms.
    pub(super) fn reads_in(&self, spot: &Spot) -> bool {
        spot.both()
            .is_some_and(|forms| forms.iter().all(|form| within(form, &self.working) || within(form, &self.readable)))
    }

    /// One form of a path lies in a folder that may be read without asking.
    pub(super) fn reads_path(&self, path: &Path) -> bool {
        within(path, &self.working) || within(path, &self.readable)
    }

    pub(super) fn working(&self) -> &[PathBuf] {
        &self.working
    }
}

fn within(path: &Path, roots: &[PathBuf]) -> bool {
    // A project at `/` would make every path an inside one; nobody means that.
    roots.iter().any(|root| root.parent().is_some() && path.starts_with(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_go_and_the_root_stays() {
        assert_eq!(normal(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(normal(Path::new("/../../a")), Path::new("/a"));
        assert!(!Path::new("/srv/app-two").starts_with("/srv/app"));
    }

    #[test]
    fn tilde_is_home_only_in_front() {
        let home = Path::new("/home/u");
        assert_eq!(absolute(Path::new("/w"), "~/x", home), Path::new("/home/u/x"));
        assert_eq!(absolute(Path::new("/w"), "a~/x", home), Path::new("/w/a~/x"));
    }
}
