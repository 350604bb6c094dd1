//! Path patterns of `Read(…)` and `Edit(…)` rules: gitignore syntax with four anchors.
//!
//! `//x` starts at the root of the file system, `~/x` at home, `/x` at the folder of the settings that
//! hold the rule, `x` and `./x` at the current folder. Nothing here asks the disk.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::Scene;
use super::glob::{Stars, UNKNOWN};
use super::place::Spot;
use super::ruleset::Tier;
use crate::domain::PathFacts;

/// The folders that patterns may start at, each with its resolved form where that is another one.
#[derive(Clone, Debug)]
pub(super) struct Bases {
    pub(super) home: Vec<PathBuf>,
    pub(super) cwd: Vec<PathBuf>,
    pub(super) project: Vec<PathBuf>,
    /// Anchors of rules whose resolved form differs: named, resolved.
    pub(super) moved: Vec<(PathBuf, PathBuf)>,
}

impl Bases {
    pub(super) fn new(scene: &Scene<'_>, facts: &PathFacts) -> Self {
        let both = |path: &Path| -> Vec<PathBuf> {
            let spot = Spot::new(path, facts);
            let resolved = spot.resolved.filter(|resolved| *resolved != spot.given);
            std::iter::once(spot.given).chain(resolved).collect()
        };
        let moved = scene.rules.anchors().iter().filter_map(|anchor| {
            Spot::new(anchor, facts).resolved.filter(|resolved| resolved != anchor).map(|real| (anchor.clone(), real))
        });
        Self { home: both(scene.home), cwd: both(scene.cwd), project: both(scene.project), moved: moved.collect() }
    }
}

/// A parsed pattern.
#[derive(Clone, Debug)]
pub(super) struct PathPattern {
    anchor: Anchor,
    set: GlobSet,
    /// Folder names before the first glob; empty when the pattern applies at any depth.
    head: PathBuf,
    /// Deny and ask look at more places than allow does.
    tier: Tier,
    /// It means names that begin with a dot.
    hidden: bool,
    /// The anchor folder itself matches too (`**`).
    whole: bool,
    /// The pattern with a plain star for everything that is not literal.
    rough: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Anchor {
    Root,
    Home,
    Settings(PathBuf),
    Cwd,
}

impl PathPattern {
    /// Reads a pattern of a rule that stands in settings whose `/x` patterns start at `anchor`.
    pub(super) fn parse(text: &str, anchor: &Path, tier: Tier) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it has no path between the brackets; write the tool's name alone to mean every path".into());
        }
        if text.starts_with('!') {
            return Err("a pattern that starts with `!` takes nothing out of another rule; it is not used".into());
        }
        let (anchor, rest, fixed) = split_anchor(text, anchor);
        if rest.split('/').any(|part| part == "..") {
            return Err("a pattern with `..` matches no path, because paths are compared without dots".into());
        }
        let body = rest.trim_end_matches('/');
        let whole = body.is_empty() || body == "**";
        let any_depth = !fixed && is_any_depth(rest, tier);
        let set = globs(body, any_depth).map_err(|error| format!("its path pattern is broken: {error}"))?;
        // Written with `./` it is about this folder; that it also holds deeper down is caution, and no reason to
        // take every search below for one of it.
        let head = if (any_depth && !text.starts_with("./")) || body.starts_with("**") {
            PathBuf::new()
        } else {
            head_of(body)
        };
        let hidden = body.split('/').any(|part| part.starts_with('.'));
        Ok(Self { anchor, set, head, tier, hidden, whole, rough: rough(body, any_depth) })
    }

    /// A path with glob characters may turn out to be one that the pattern means.
    pub(super) fn meets(&self, globbed: &str, bases: &Bases) -> bool {
        self.starts(bases).iter().any(|base| {
            let base = base.to_string_lossy();
            let base = base.trim_end_matches('/');
            let fits = |rough: &&String| !globbed.contains(UNKNOWN) || is_named_in(rough, globbed);
            self.rough.iter().filter(fits).any(|rough| Stars::parse(&format!("{base}/{rough}")).meets(globbed))
        })
    }

    /// The path is what the pattern means, or lies below it.
    pub(super) fn matches(&self, path: &Path, bases: &Bases) -> bool {
        self.starts(bases).iter().any(|base| match path.strip_prefix(base) {
            Ok(rest) if rest.as_os_str().is_empty() => self.whole,
            Ok(rest) => self.set.is_match(rest),
            Err(_) => false,
        })
    }

    /// It means names that begin with a dot, which some programs pass over.
    pub(super) fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// Something below `folder` could match.
    pub(super) fn reaches_below(&self, folder: &Path, bases: &Bases) -> bool {
        self.starts(bases).iter().any(|base| {
            let start = base.join(&self.head);
            start.starts_with(folder) || folder.starts_with(&start)
        })
    }

    fn starts(&self, bases: &Bases) -> Vec<PathBuf> {
        match &self.anchor {
            Anchor::Root => vec![PathBuf::from("/")],
            Anchor::Home => bases.home.clone(),
            Anchor::Settings(folder) => {
                let resolved = bases.moved.iter().filter(|(named, _)| named == folder).map(|(_, real)| real.clone());
                std::iter::once(folder.clone()).chain(resolved).collect()
            }
            // The shell's folder moves with `cd`; a prohibition must not move away with it.
            Anchor::Cwd if self.tier != Tier::Allow => bases.cwd.iter().chain(&bases.project).cloned().collect(),
            Anchor::Cwd => bases.cwd.clone(),
        }
    }
}

/// An unknown piece may stand for any folder, so nearly every half-known path could lie below what a rule is about.
/// That counts only where the path names the folder.
fn is_named_in(rough: &str, globbed: &str) -> bool {
    let Some(stem) = rough.strip_suffix("/*") else { return true };
    let name = stem.rsplit('/').next().unwrap_or(stem).trim_matches('*');
    name.is_empty() || globbed.contains(name)
}

/// The anchor, what follows it, and whether the text itself fixed the place.
fn split_anchor<'a>(text: &'a str, settings: &Path) -> (Anchor, &'a str, bool) {
    if let Some(rest) = text.strip_prefix("//") {
        (Anchor::Root, rest.trim_start_matches('/'), true)
    } else if let Some(rest) = text.strip_prefix('/') {
        (Anchor::Settings(settings.to_path_buf()), rest, true)
    } else if text == "~" {
        (Anchor::Home, "**", true)
    } else if let Some(rest) = text.strip_prefix("~/") {
        (Anchor::Home, rest, true)
    } else {
        (Anchor::Cwd, text.strip_prefix("./").unwrap_or(text), false)
    }
}

/// A bare name matches at any depth. `src/**` and `src/` do so for deny and ask, while for allow they mean
/// the folder in the current one only.
fn is_any_depth(rest: &str, tier: Tier) -> bool {
    let folder = rest.strip_suffix("/**").or_else(|| rest.strip_suffix('/'));
    match folder {
        Some(name) => tier != Tier::Allow && !name.contains('/'),
        None => !rest.contains('/'),
    }
}

fn globs(body: &str, any_depth: bool) -> Result<GlobSet, globset::Error> {
    let core = escape_braces(if body.is_empty() { "**" } else { body });
    let inside = core.strip_suffix("/**").unwrap_or(&core).to_owned();
    let mut set = GlobSetBuilder::new();
    for form in [inside.clone(), format!("{inside}/**")] {
        set.add(glob(&form)?);
        if any_depth {
            set.add(glob(&format!("**/{form}"))?);
        }
    }
    set.build()
}

/// The pattern, and everything below it, in the plain form that globs of a command are compared with.
fn rough(body: &str, any_depth: bool) -> Vec<String> {
    let mut plain = String::new();
    let mut in_class = false;
    for c in body.chars() {
        match c {
            '[' => {
                in_class = true;
                plain.push('*');
            }
            ']' if in_class => in_class = false,
            _ if in_class => {}
            '?' => plain.push('*'),
            '\\' => {}
            other => plain.push(other),
        }
    }
    let inside = plain.strip_suffix("/**").unwrap_or(&plain).to_owned();
    let mut out = vec![format!("{inside}/*"), inside];
    if any_depth {
        out.extend(out.clone().iter().map(|form| format!("*/{form}")));
    }
    out
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .case_insensitive(cfg!(target_os = "macos"))
        .build()
}

/// Braces are ordinary characters in gitignore, but choices in `globset`.
fn escape_braces(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut escaped = false;
    for c in pattern.chars() {
        if matches!(c, '{' | '}') && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

fn head_of(body: &str) -> PathBuf {
    body.split('/').take_while(|part| !part.contains(['*', '?', '[', '\\'])).collect()
}

/// Writes a literal path so that a pattern means exactly it.
pub(super) fn escape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '!' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
#[path = "tests/path_rules.rs"]
mod tests;
