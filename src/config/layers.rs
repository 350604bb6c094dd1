//! The settings files, from the one that wins to the one that yields, each read on its own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::base::read;
use crate::domain::{Notice, RuleScope};

use super::ConfigInput;
use super::document::{self, Node, Value};
use super::project::shown;

/// Bytes that a settings file may have.
pub(super) const LIMIT: u64 = 2 * 1024 * 1024;
/// Drop-in files of an administrator that are read.
const DROP_INS: usize = 100;

/// One file that could be read.
#[derive(Clone)]
pub(super) struct Layer {
    pub scope: RuleScope,
    /// The file as a person would write it.
    pub name: String,
    /// Where `/x` in a path rule of this file starts.
    pub anchor: PathBuf,
    /// Where relative folders in this file start.
    pub folder: PathBuf,
    pub root: Node,
    /// Where it is a plugin's file: variables of the programs of its hooks.
    pub plugged: Option<crate::hooks::Extra>,
}

impl Layer {
    /// The file came with the project, so it may not do everything.
    pub fn is_from_project(&self) -> bool {
        matches!(self.scope, RuleScope::Local | RuleScope::Project)
    }

    /// A notice about an entry of this file.
    pub fn notice(&self, line: u32, text: &str) -> Notice {
        Notice::warning(format!("{}, line {line}: {text}", self.name))
    }
}

/// Reads all files there are, strongest first, with a notice for each that cannot be used.
pub(super) fn layers(input: &ConfigInput<'_>, project: &Path, notices: &mut Vec<Notice>) -> Vec<Layer> {
    let mut reader = Reader { input, project, layers: Vec::new(), notices };
    reader.managed();
    reader.flag();
    for folder in reader.folders() {
        reader.pair(RuleScope::Local, &folder, "settings.local.json");
    }
    for folder in reader.folders() {
        reader.pair(RuleScope::Project, &folder, "settings.json");
    }
    let own = input.dirs.config.clone();
    reader.file(RuleScope::User, &own.join("settings.json"), &own);
    let claude = claude_folder(input);
    reader.file(RuleScope::User, &claude.join("settings.json"), &claude);
    reader.layers
}

/// Every settings file that there is or could be, with the name that ConfigChange hooks know it by.
pub(super) fn files(input: &ConfigInput<'_>, project: &Path) -> Vec<(&'static str, PathBuf)> {
    let reader = Reader { input, project, layers: Vec::new(), notices: &mut Vec::new() };
    let mut files = vec![("policy_settings", input.managed.clone().unwrap_or_else(managed_file))];
    for folder in reader.folders() {
        for twin in [".latigo", ".claude"] {
            files.push(("local_settings", folder.join(twin).join("settings.local.json")));
            files.push(("project_settings", folder.join(twin).join("settings.json")));
        }
    }
    files.push(("user_settings", input.dirs.config.join("settings.json")));
    files.push(("user_settings", claude_folder(input).join("settings.json")));
    files
}

/// `~/.claude`, unless `CLAUDE_CONFIG_DIR` moves it.
pub(super) fn claude_folder(input: &ConfigInput<'_>) -> PathBuf {
    let moved = input.env.get("CLAUDE_CONFIG_DIR").filter(|folder| !folder.is_empty());
    moved.map_or_else(|| input.home.join(".claude"), |folder| input.cwd.join(folder))
}

pub(super) fn managed_file() -> PathBuf {
    let folder = if cfg!(target_os = "macos") { "/Library/Application Support/ClaudeCode" } else { "/etc/claude-code" };
    Path::new(folder).join("managed-settings.json")
}

struct Reader<'a> {
    input: &'a ConfigInput<'a>,
    project: &'a Path,
    layers: Vec<Layer>,
    notices: &'a mut Vec<Notice>,
}

impl Reader<'_> {
    /// The start folder, then the project's root where that is another one. The home folder's `.claude`
    /// is the user's own and never a project's.
    fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.input.cwd.to_path_buf()];
        if self.project != self.input.cwd {
            folders.push(self.project.to_path_buf());
        }
        folders.retain(|folder| folder != self.input.home);
        folders
    }

    /// The administrator's drop-in files win over his base file, a later name over an earlier one.
    fn managed(&mut self) {
        let base = self.input.managed.clone().unwrap_or_else(managed_file);
        let drop_ins = base.with_extension("d");
        let mut files: Vec<PathBuf> =
            fs::read_dir(&drop_ins).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.retain(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            path.extension().is_some_and(|extension| extension == "json") && !name.starts_with('.')
        });
        files.sort();
        files.truncate(DROP_INS);
        files.reverse();
        files.push(base);
        for file in files {
            let anchor = file.parent().unwrap_or(Path::new("/")).to_path_buf();
            self.file(RuleScope::Managed, &file, &anchor);
        }
    }

    /// `--settings` takes a file or the JSON itself.
    fn flag(&mut self) {
        let Some(given) = self.input.flags.settings.clone() else { return };
        if given.trim_start().starts_with('{') {
            let cwd = self.input.cwd.to_path_buf();
            self.text(RuleScope::Flag, "--settings", &cwd, &given);
            return;
        }
        let path = self.input.cwd.join(&given);
        if path.exists() {
            let anchor = path.parent().unwrap_or(self.input.cwd).to_path_buf();
            self.file(RuleScope::Flag, &path, &anchor);
        } else {
            let notice = Notice::error(format!("--settings: there is no file {given}"));
            self.notices.push(notice.hint("name a JSON file, or give the JSON itself in braces"));
        }
    }

    /// The file in `.latigo`, which wins, and its twin in `.claude`.
    fn pair(&mut self, scope: RuleScope, folder: &Path, name: &str) {
        // Rules of the local file start where the person started; those of the shared one at its folder.
        let anchor = if scope == RuleScope::Local { self.input.cwd } else { folder };
        for twin in [".latigo", ".claude"] {
            let before = self.layers.len();
            self.file(scope, &folder.join(twin).join(name), anchor);
            for layer in self.layers.iter_mut().skip(before) {
                folder.clone_into(&mut layer.folder);
            }
        }
    }

    fn file(&mut self, scope: RuleScope, path: &Path, anchor: &Path) {
        let name = shown(path, self.input.cwd, self.input.home);
        match read::text(path, LIMIT) {
            Ok(Some(text)) => self.text(scope, &name, anchor, &text),
            Ok(None) => {}
            Err(problem) => {
                let notice = Notice::error(format!("{name}: {problem}, so none of its settings are used"));
                self.notices.push(notice.hint("mend or remove the file, then start again"));
            }
        }
    }

    fn text(&mut self, scope: RuleScope, name: &str, anchor: &Path, text: &str) {
        match document::parse(text) {
            Ok(root) => {
                let folder = self.input.cwd.to_path_buf();
                self.layers.push(Layer {
                    scope,
                    name: name.to_owned(),
                    anchor: anchor.to_path_buf(),
                    folder,
                    root,
                    plugged: None,
                });
            }
            Err(fault) => {
                let text = format!(
                    "{name}, line {}: {}; none of this file's settings are used, its deny rules neither",
                    fault.line, fault.text
                );
                self.notices
                    .push(Notice::error(text).hint("mend that line, then start again; the file was not changed"));
            }
        }
    }
}

/// What kind of value this is, in words.
pub(super) fn kind(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Table(_) => "an object",
    }
}
