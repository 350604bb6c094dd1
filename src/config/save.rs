//! Changes settings files: one rule or one value, with all comments and the layout kept. A file that
//! cannot be read is never written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstRootNode};

use crate::base::atomic;
use crate::base::dirs::create_private;
use crate::base::paths::absolute_from;
use crate::base::read;
use crate::domain::{RuleScope, RuleTier, SaveScope};
use crate::engine::RuleEdit;

use super::Tier;
use super::document::{self, options};
use super::layers::LIMIT;

/// The line that keeps local settings out of a repository.
const EXCLUDED: &str = "**/.claude/settings.local.json";

impl From<RuleTier> for Tier {
    fn from(tier: RuleTier) -> Self {
        match tier {
            RuleTier::Deny => Self::Deny,
            RuleTier::Ask => Self::Ask,
            RuleTier::Allow => Self::Allow,
        }
    }
}

/// Where the settings files are.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The project's root.
    pub project: &'a Path,
    /// The user's configuration folder.
    pub config: &'a Path,
}

/// Adds a permission rule to the settings file of that scope and returns the file. A rule that stands
/// there already is not added again. The error tells which file could not be changed and why.
pub fn save_rule(scope: SaveScope, tier: Tier, rule: &str, places: Places<'_>) -> Result<PathBuf, String> {
    let file = settings_file(scope, places)?;
    let is_new = !file.exists();
    edit(&file, scope != SaveScope::Project, |root| add_rule(root, list_of(tier), rule))?;
    if scope == SaveScope::Local && is_new {
        // A repository without the line works as well; the file then shows up as untracked.
        let _optional = exclude(places.project);
    }
    Ok(file)
}

/// Changes the rules of a settings file as the engine asks. `from` are the start folder and the home folder, from
/// which the names of files in rule sources are read.
pub fn edit_rule(edit: RuleEdit<'_>, places: Places<'_>, from: (&Path, &Path)) -> Result<PathBuf, String> {
    match edit {
        RuleEdit::Save { scope, tier, rule } => save_rules(scope, tier.into(), rule, places),
        RuleEdit::Remove { source, tier, rule } => {
            let name = source.file.as_deref().ok_or("it stands in no file")?;
            let file = absolute_from(from.0, name, Some(from.1));
            // A rule that was added in this run is named from the project's root.
            let file = if file.exists() { file } else { absolute_from(places.project, name, Some(from.1)) };
            if matches!(source.scope, RuleScope::Local | RuleScope::Project) {
                stays_inside(&file, places.project).map_err(|problem| failed(&file, &problem))?;
            }
            remove_rule(&file, tier.into(), rule)?;
            Ok(file)
        }
    }
}

/// Saves the rules of one answer, one a line: a command may need several.
fn save_rules(scope: SaveScope, tier: Tier, rules: &str, places: Places<'_>) -> Result<PathBuf, String> {
    let mut saved = Err("there is no rule to save".to_owned());
    for rule in rules.lines().map(str::trim).filter(|rule| !rule.is_empty()) {
        saved = save_rule(scope, tier, &anchored(rule, scope, places.project), places);
        if saved.is_err() {
            break;
        }
    }
    saved
}

/// A path rule is suggested from the project's root. In the user's own file `/x` would mean another
/// folder, so there it becomes an absolute path.
fn anchored(rule: &str, scope: SaveScope, project: &Path) -> String {
    let path = rule.strip_suffix(')').and_then(|rule| rule.split_once("(/"));
    match path {
        Some((tool @ ("Read" | "Edit"), path)) if scope == SaveScope::User && !path.starts_with('/') => {
            format!("{tool}(/{}/{path})", project.display())
        }
        _ => rule.to_owned(),
    }
}

/// Takes a permission rule out of a settings file; everything else in it stays as it is. The error tells what the
/// file has instead.
pub fn remove_rule(file: &Path, tier: Tier, rule: &str) -> Result<(), String> {
    if !file.exists() {
        return Err(format!("{} is not there any more", file.display()));
    }
    edit(file, false, |root| {
        let list = root.object_value("permissions").and_then(|permissions| permissions.array_value(list_of(tier)));
        let list = list.ok_or_else(|| format!("it has no list `permissions.{}`", list_of(tier)))?;
        let found: Vec<_> = list.elements().into_iter().filter(|node| is_rule(node, rule)).collect();
        if found.is_empty() {
            return Err(format!("`{rule}` does not stand in it any more"));
        }
        found.into_iter().for_each(CstNode::remove);
        Ok(true)
    })
}

fn list_of(tier: Tier) -> &'static str {
    match tier {
        Tier::Deny => "deny",
        Tier::Ask => "ask",
        Tier::Allow => "allow",
    }
}

fn is_rule(node: &CstNode, rule: &str) -> bool {
    node.as_string_lit().and_then(|text| text.decoded_value().ok()).is_some_and(|text| text == rule)
}

/// Sets one value of the user's own settings, such as `theme` or `permissions.defaultMode`, and returns the file.
pub fn save_setting(config: &Path, key: &str, value: impl Into<serde_json::Value>) -> Result<PathBuf, String> {
    let value = input_value(&value.into());
    let file = config.join("settings.json");
    edit(&file, true, |root| {
        let (table, name) = match key.split_once('.') {
            Some((table, name)) => {
                let table = root.object_value_or_create(table).ok_or_else(|| format!("`{table}` is no object"))?;
                (table, name)
            }
            None => (root.clone(), key),
        };
        match table.get(name) {
            Some(entry) => entry.set_value(value.clone()),
            None => drop(table.append(name, value.clone())),
        }
        Ok(true)
    })?;
    Ok(file)
}

pub(super) fn input_value(value: &serde_json::Value) -> CstInputValue {
    use serde_json::Value;
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input_value).collect()),
        Value::Object(fields) => {
            CstInputValue::Object(fields.iter().map(|(key, value)| (key.clone(), input_value(value))).collect())
        }
    }
}

/// The settings file of a scope; one that would lead out of the project is refused.
pub(super) fn settings_file(scope: SaveScope, places: Places<'_>) -> Result<PathBuf, String> {
    let file = file_of(scope, places);
    if scope != SaveScope::User {
        stays_inside(&file, places.project).map_err(|problem| failed(&file, &problem))?;
    }
    Ok(file)
}

fn file_of(scope: SaveScope, places: Places<'_>) -> PathBuf {
    let name = match scope {
        SaveScope::User => return places.config.join("settings.json"),
        SaveScope::Local => "settings.local.json",
        SaveScope::Project => "settings.json",
    };
    let own = places.project.join(".latigo").join(name);
    if own.exists() { own } else { places.project.join(".claude").join(name) }
}

fn failed(file: &Path, problem: &str) -> String {
    format!("{}: {problem}; nothing was written", file.display())
}

/// A checkout must not lead our writing elsewhere by links.
fn stays_inside(file: &Path, project: &Path) -> Result<(), String> {
    let root = fs::canonicalize(project).map_err(|problem| problem.to_string())?;
    let existing = file.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(project);
    match fs::canonicalize(existing) {
        Ok(real) if real.starts_with(&root) => Ok(()),
        Ok(real) => Err(format!("it leads out of the project to {}", real.display())),
        Err(problem) => Err(problem.to_string()),
    }
}

/// Reads, changes and writes a settings file. The change says whether there is anything to write.
pub(super) fn edit(
    file: &Path,
    private: bool,
    change: impl FnOnce(&CstObject) -> Result<bool, String>,
) -> Result<(), String> {
    let old = read::text(file, LIMIT).map_err(|problem| failed(file, &problem.to_string()))?.unwrap_or_default();
    let text = if old.trim().is_empty() { "{}\n" } else { old.as_str() };
    // Checked by the reader's own rules first, so that what is written can be read.
    document::parse(text)
        .map_err(|fault| failed(file, &format!("line {}: {}; mend it first", fault.line, fault.text)))?;
    let root = CstRootNode::parse(text, &options()).map_err(|problem| failed(file, &problem.to_string()))?;
    let object = root.object_value().ok_or_else(|| failed(file, "its settings are not an object"))?;
    if !change(&object).map_err(|problem| failed(file, &problem))? {
        return Ok(());
    }
    let new = root.to_string();
    document::parse(&new).map_err(|fault| failed(file, &format!("the change would break it: {}", fault.text)))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let made = if private { create_private(folder) } else { fs::create_dir_all(folder) };
    made.and_then(|()| write(file, new.as_bytes(), private)).map_err(|problem| failed(file, &problem.to_string()))
}

fn add_rule(root: &CstObject, list: &str, rule: &str) -> Result<bool, String> {
    let permissions = root.object_value_or_create("permissions").ok_or("`permissions` is not an object")?;
    let is_new = permissions.get(list).is_none();
    let rules = permissions.array_value_or_create(list).ok_or_else(|| format!("`permissions.{list}` is not a list"))?;
    if rules.elements().iter().any(|node| is_rule(node, rule)) {
        return Ok(false);
    }
    rules.append(CstInputValue::from(rule));
    if is_new {
        rules.ensure_multiline();
    }
    Ok(true)
}

/// Replaces a file at once. The mode of an existing one stays, a new one is the user's alone if `private`.
fn write(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    if private && !path.exists() { atomic::write_private(path, bytes) } else { atomic::write(path, bytes) }
}

/// Adds the local file to the repository's own list of ignored files, which is never checked in.
fn exclude(project: &Path) -> io::Result<()> {
    let git = git_folder(&project.join(".git"))?.filter(|git| git.join("HEAD").is_file());
    let Some(git) = git else { return Ok(()) };
    let file = git.join("info").join("exclude");
    let mut text = read::text(&file, LIMIT)?.unwrap_or_default();
    if text.lines().any(|line| line.trim() == EXCLUDED) {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(EXCLUDED);
    text.push('\n');
    fs::create_dir_all(git.join("info"))?;
    write(&file, text.as_bytes(), false)
}

/// The repository behind `.git`: the folder itself, or, in a worktree, the one that all worktrees share.
fn git_folder(dot_git: &Path) -> io::Result<Option<PathBuf>> {
    if dot_git.is_dir() {
        return Ok(Some(dot_git.to_path_buf()));
    }
    let Some(text) = read::text(dot_git, 4096)? else { return Ok(None) };
    let Some(folder) = text.trim().strip_prefix("gitdir:") else { return Ok(None) };
    let folder = dot_git.parent().unwrap_or(Path::new(".")).join(folder.trim());
    let common = read::text(&folder.join("commondir"), 4096)?;
    Ok(Some(common.map_or_else(|| folder.clone(), |common| folder.join(common.trim()))))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod anchored_tests {
    use super::*;

    #[test]
    fn a_path_rule_means_the_same_folder_in_every_file() {
        let project = Path::new("/code/app");
        assert_eq!(anchored("Edit(/src/**)", SaveScope::User, project), "Edit(//code/app/src/**)");
        assert_eq!(anchored("Edit(/src/**)", SaveScope::Local, project), "Edit(/src/**)");
        assert_eq!(anchored("Read(//etc/**)", SaveScope::User, project), "Read(//etc/**)");
        assert_eq!(anchored("Bash(ls /x)", SaveScope::User, project), "Bash(ls /x)");
    }
}
