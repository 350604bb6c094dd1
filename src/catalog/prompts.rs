//! Command files and skills: `commands/**/*.md` and `skills/*/SKILL.md` of the project, of the user, of plugins and
//! our own. Both become slash commands, and the model may use those that say what they are for.
//!
//! Formats: Claude Code's commands and skills (one system there), and the open Agent Skills format.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::read;
use crate::domain::{CommandFile, Effort, Notice, PromptKind, Traits};

use super::front::{self, Front};
use super::{Ground, Plugin, bundled};

/// Bytes that one file may have.
const LIMIT: u64 = 1024 * 1024;
/// Folders inside folders that are looked into, and files that are read.
const DEPTH: usize = 8;
const FILES: usize = 1_000;
/// Folders above a file that are looked into for skills.
const NESTED: usize = 40;
/// Characters of a body's first line that stand in for a missing description.
const DESCRIPTION: usize = 200;
/// Settings folders, the stronger first. Skills lie in the third one too.
const FOLDERS: [&str; 2] = [".latigo", ".claude"];
const AGENTS: &str = ".agents";

/// Finds all command files and skills, sorted by name.
///
/// Where a name stands several times: a skill wins over a command, the user's skill over the project's, the project's
/// command over the user's, the folder nearer to the start over the one further up, `.latigo` over `.claude` over
/// `.agents`, and everything over what comes along.
pub fn prompts(ground: &Ground<'_>) -> (Vec<CommandFile>, Vec<Notice>) {
    let mut finder = Finder::default();
    finder.skills(&super::managed_folder().join(".claude/skills"), &Whose::plain("managed"));
    let folders = ground.folders();
    let own = Whose::plain("user");
    for name in FOLDERS.iter().chain([&AGENTS]) {
        finder.skills(&ground.own(name).join("skills"), &own);
    }
    let projects = Whose { source: "project".to_owned(), plugin: None, within: Some(ground) };
    for folder in &folders {
        for name in FOLDERS.iter().chain([&AGENTS]) {
            finder.skills(&folder.join(name).join("skills"), &projects);
        }
    }
    for folder in &folders {
        for name in FOLDERS {
            finder.commands(&folder.join(name).join("commands"), &projects);
        }
    }
    for name in FOLDERS {
        finder.commands(&ground.own(name).join("commands"), &own);
    }
    for plugin in ground.plugins.iter().filter(|plugin| plugin.enabled) {
        let whose = Whose { plugin: Some(plugin), ..Whose::plain(&plugin.source()) };
        plugin.skills.iter().for_each(|folder| finder.skills(folder, &whose));
        plugin.commands.iter().for_each(|folder| finder.commands(folder, &whose));
    }
    if ground.bundled {
        for (name, text) in bundled::SKILLS {
            let path = PathBuf::from(format!("(built in)/{name}/SKILL.md"));
            finder.add(&path, (*name).to_owned(), text, (PromptKind::Skill, &Whose::plain("built in")));
        }
    }
    (finder.found.into_values().collect(), finder.notices)
}

/// Skills of folders of the project that lie between the start folder and a file that is worked with.
pub fn nested_skills(ground: &Ground<'_>, touched: &Path) -> (Vec<CommandFile>, Vec<Notice>) {
    if !touched.starts_with(ground.project) {
        return (Vec::new(), Vec::new());
    }
    let mut finder = Finder::default();
    let projects = Whose { source: "project".to_owned(), plugin: None, within: Some(ground) };
    let below = |folder: &&Path| folder.starts_with(ground.project) && !ground.cwd.starts_with(folder);
    for folder in touched.ancestors().skip(1).take(NESTED).filter(below) {
        for name in FOLDERS.iter().chain([&AGENTS]) {
            finder.skills(&folder.join(name).join("skills"), &projects);
        }
    }
    (finder.found.into_values().collect(), finder.notices)
}

/// Whose files are read.
struct Whose<'a> {
    source: String,
    /// The plugin that they belong to.
    plugin: Option<&'a Plugin>,
    /// The project that links must stay in: a checkout must not be able to name a private file of the user.
    within: Option<&'a Ground<'a>>,
}

impl Whose<'_> {
    fn plain(source: &str) -> Self {
        Self { source: source.to_owned(), plugin: None, within: None }
    }

    fn named(&self, name: &str) -> String {
        self.plugin.map_or_else(|| name.to_owned(), |plugin| format!("{}:{name}", plugin.name))
    }

    fn may(&self, path: &Path) -> bool {
        let Some(ground) = self.within else { return true };
        let Ok(real) = fs::canonicalize(path) else { return true };
        let inside = |folder: &Path| fs::canonicalize(folder).is_ok_and(|folder| real.starts_with(folder));
        inside(ground.project) || inside(&ground.own(".claude"))
    }
}

#[derive(Default)]
struct Finder {
    found: BTreeMap<String, CommandFile>,
    notices: Vec<Notice>,
    read: usize,
}

impl Finder {
    /// Each folder with a SKILL.md in it is a skill; so is the folder itself, as plugins may name one.
    fn skills(&mut self, folder: &Path, whose: &Whose<'_>) {
        let own = folder.join("SKILL.md");
        if let Some(name) = folder.file_name().and_then(|name| name.to_str()).filter(|_| own.is_file()) {
            return self.file(&own, &whose.named(name), (PromptKind::Skill, whose));
        }
        for path in sorted(folder) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let file = path.join("SKILL.md");
            if !name.starts_with('.') && file.is_file() {
                self.file(&file, &whose.named(name), (PromptKind::Skill, whose));
            }
        }
    }

    /// Every Markdown file below the folder, or the one file that it is.
    fn commands(&mut self, folder: &Path, whose: &Whose<'_>) {
        if folder.is_file() {
            let name = folder.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            return self.file(folder, &whose.named(name), (PromptKind::Command, whose));
        }
        self.walk(folder, &mut Vec::new(), whose);
    }

    fn walk(&mut self, folder: &Path, above: &mut Vec<String>, whose: &Whose<'_>) {
        for path in sorted(folder) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() && above.len() < DEPTH {
                above.push(name.to_owned());
                self.walk(&path, above, whose);
                above.pop();
            } else if let Some(stem) = name.strip_suffix(".md") {
                above.push(stem.to_owned());
                let name = whose.named(&above.join(":"));
                above.pop();
                self.file(&path, &name, (PromptKind::Command, whose));
            }
        }
    }

    fn file(&mut self, path: &Path, name: &str, what: (PromptKind, &Whose<'_>)) {
        let place = path.display();
        if let Some(stronger) = self.found.get_mut(name) {
            stronger.traits.overrides.push(path.to_path_buf());
            return;
        }
        if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            let text = format!("{place}: a command's name cannot have blanks, so this file is no command");
            self.notices.push(Notice::warning(text).hint("rename it, for example with dashes"));
            return;
        }
        if !what.1.may(path) {
            let text = format!("{place}: it is a link to a file outside of the project and is left out");
            self.notices.push(Notice::warning(text));
            return;
        }
        self.read += 1;
        if self.read > FILES {
            if self.read == FILES + 1 {
                let text = format!("{place}: more than {FILES} commands and skills; the rest is left out");
                self.notices.push(Notice::warning(text));
            }
            return;
        }
        match read::text(path, LIMIT) {
            Ok(Some(text)) => self.add(path, name.to_owned(), &text, what),
            Ok(None) => {}
            Err(problem) => self.notices.push(Notice::warning(format!("{place}: {problem}; it is left out"))),
        }
    }

    fn add(&mut self, path: &Path, name: String, text: &str, (kind, whose): (PromptKind, &Whose<'_>)) {
        if let Some(stronger) = self.found.get_mut(&name) {
            stronger.traits.overrides.push(path.to_path_buf());
            return;
        }
        let front = front::split(text);
        if let Some((line, problem)) = &front.problem {
            self.notices.push(Notice::warning(format!("{}, line {line}: {problem}", path.display())));
        }
        let (mut traits, problems) = traits(&front);
        traits.line = front::line_of(text, &["description", "name"]);
        traits.hooks_line = front::line_of(text, &["hooks"]);
        for problem in problems {
            self.notices.push(Notice::warning(format!("{}: {problem}", path.display())));
        }
        if kind == PromptKind::Skill {
            traits.folder = path.parent().map(Path::to_path_buf).filter(|folder| folder.is_absolute());
        }
        let body = front.body.trim_matches(['\n', '\r']);
        let command = CommandFile {
            description: front.text("description").unwrap_or_else(|| first_line(front.body)),
            argument_hint: front.text("argument-hint"),
            path: path.to_path_buf(),
            source: whose.source.clone(),
            body: whose.plugin.map_or_else(|| body.to_owned(), |plugin| plugin.placed(body)),
            kind,
            traits,
            name: name.clone(),
        };
        self.found.insert(name, command);
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().take(FILES * 4).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// What the front matter says, and what of it cannot be used.
fn traits(front: &Front<'_>) -> (Traits, Vec<String>) {
    let mut problems = Vec::new();
    let forked = match front.text("context").as_deref() {
        Some("fork") => true,
        None | Some("inline") => false,
        Some(other) => {
            problems.push(format!("there is no context `{other}`; fork, or leave it out"));
            false
        }
    };
    let effort = front.text("effort");
    let degree = effort.as_deref().and_then(Effort::named);
    if let (Some(name), None) = (&effort, degree) {
        problems.push(format!("there is no effort `{name}`; low, medium, high, xhigh or max"));
    }
    let powershell = match front.text("shell").as_deref() {
        None | Some("bash" | "sh") => false,
        Some("powershell" | "pwsh") => true,
        Some(other) => {
            problems.push(format!("there is no shell `{other}`; bash or powershell"));
            false
        }
    };
    let traits = Traits {
        described: front.text("description").is_some(),
        when_to_use: front.text("when_to_use").or_else(|| front.text("when-to-use")),
        arguments: front.list("arguments"),
        person_only: front.flag("disable-model-invocation").unwrap_or(false),
        name_only: false,
        model_only: front.flag("user-invocable").is_some_and(|invocable| !invocable),
        allowed_tools: front.list("allowed-tools"),
        disallowed_tools: front.list("disallowed-tools"),
        model: front.text("model").filter(|model| model != "inherit"),
        effort: degree,
        agent: forked.then(|| front.text("agent").unwrap_or_else(|| "general-purpose".to_owned())),
        waits: front.flag("background") == Some(false),
        paths: front.list("paths"),
        hooks: front.tree.as_ref().and_then(|tree| tree.get("hooks")).cloned(),
        powershell,
        line: None,
        hooks_line: None,
        overrides: Vec::new(),
        folder: None,
    };
    (traits, problems)
}

fn first_line(body: &str) -> String {
    let line = body.lines().map(|line| line.trim_start_matches('#').trim()).find(|line| !line.is_empty());
    line.unwrap_or_default().chars().take(DESCRIPTION).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn find(home: &Path, cwd: &Path, project: &Path) -> (Vec<CommandFile>, Vec<Notice>) {
        prompts(&Ground { claude: None, home, cwd, project, plugins: &[], bundled: false })
    }

    #[test]
    fn files_become_commands_and_the_nearest_wins() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (home, project) = (root.join("home"), root.join("home/project"));
        write(&home, ".claude/commands/same.md", "user");
        write(&home, ".claude/commands/mine.md", "---\ndescription: Mine\nargument-hint: <file>\n---\n\nDo $1\n");
        write(&project, ".claude/commands/same.md", "project");
        write(&project, ".latigo/commands/own.md", "latigo");
        write(&project, ".claude/commands/own.md", "claude");
        write(&project, ".claude/commands/git/pr.md", "# Open a pull request\nbody");
        write(&project, ".claude/commands/notes.txt", "no command");
        write(&project, "sub/.claude/commands/same.md", "sub");
        write(&project, ".claude/commands/two words.md", "x");

        let (found, notices) = find(&home, &project.join("sub"), &project);
        let shown: Vec<(&str, &str, &str)> =
            found.iter().map(|c| (c.name.as_str(), c.source.as_str(), c.body.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("git:pr", "project", "# Open a pull request\nbody"),
                ("mine", "user", "Do $1"),
                ("own", "project", "latigo"),
                ("same", "project", "sub"),
            ]
        );
        assert_eq!(found[0].description, "Open a pull request");
        assert_eq!((found[1].description.as_str(), found[1].argument_hint.as_deref()), ("Mine", Some("<file>")));
        assert!(!found[0].is_for_model() && found[1].is_for_model(), "what a first line says is no description");
        assert_eq!(notices.len(), 1);
        assert!(notices[0].text.contains("two words.md"));
        assert_eq!(find(&home, &project, &project).0[3].body, "project");
    }

    #[test]
    fn folders_become_skills_that_win_over_commands() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (home, project) = (root.join("home"), root.join("p"));
        write(&home, ".claude/skills/both/SKILL.md", "---\nname: Both\ndescription: the user's\n---\nuser");
        write(&project, ".claude/skills/both/SKILL.md", "project");
        write(&project, ".claude/commands/both.md", "command");
        write(
            &project,
            ".agents/skills/deploy/SKILL.md",
            "---\nname: deploy\ndescription: Use this: when asked to deploy\nallowed-tools: Bash(git *), Read\n\
             disable-model-invocation: yes\nmetadata:\n  author: x\nlicense: MIT\n---\nRun scripts/go.sh",
        );
        write(&project, ".claude/skills/empty/README.md", "no skill");
        write(&project, ".claude/skills/quiet/SKILL.md", "---\nuser-invocable: off\nmodel: inherit\n---\n# Quiet\nx");
        let (found, notices) = find(&home, &project, &project);
        assert_eq!(notices, []);
        let names: Vec<(&str, &str)> = found.iter().map(|c| (c.name.as_str(), c.body.as_str())).collect();
        assert_eq!(names, [("both", "user"), ("deploy", "Run scripts/go.sh"), ("quiet", "# Quiet\nx")]);
        let deploy = &found[1];
        assert_eq!(deploy.description, "Use this: when asked to deploy");
        assert_eq!(deploy.traits.allowed_tools, ["Bash(git *)", "Read"]);
        assert_eq!(deploy.traits.folder.as_deref(), Some(project.join(".agents/skills/deploy").as_path()));
        assert!(!deploy.is_for_model() && found[2].is_for_model() && found[2].traits.model_only);
        assert_eq!((found[2].description.as_str(), found[2].traits.model.as_deref()), ("Quiet", None));
    }

    #[test]
    fn broken_files_are_named_and_the_rest_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, ".claude/commands/open.md", "---\ndescription: x\n");
        fs::write(root.join(".claude/commands/bin.md"), b"\xff\xfe\x00").unwrap();
        let (found, notices) = find(Path::new("/nowhere"), root, root);
        assert_eq!(found.len(), 1);
        assert!(notices[0].text.ends_with("line 1 is not UTF-8 text; it is left out"), "{notices:?}");
        assert!(notices[1].text.contains("open.md, line 1: the front matter"), "{notices:?}");
    }

    #[test]
    fn what_comes_along_can_be_loaded_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let all = |root: &Path| {
            prompts(&Ground { claude: None, home: root, cwd: root, project: root, plugins: &[], bundled: true }).0
        };
        let names: Vec<String> = all(root).into_iter().map(|skill| skill.name).collect();
        assert_eq!(names, ["agent-builder", "code-review", "pdf"]);
        assert!(all(root).iter().all(|skill| skill.is_for_model() && skill.description.chars().count() <= 100));
        write(root, ".claude/skills/pdf/SKILL.md", "mine");
        assert_eq!(all(root)[2].body, "mine");
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_in_the_project_and_loops_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, "secret/SKILL.md", "SECRET");
        write(root, "p/.claude/commands/a.md", "a");
        fs::create_dir_all(root.join("p/.claude/skills")).unwrap();
        std::os::unix::fs::symlink(root.join("secret"), root.join("p/.claude/skills/leak")).unwrap();
        std::os::unix::fs::symlink(root.join("p/.claude/commands"), root.join("p/.claude/commands/loop")).unwrap();
        let project = root.join("p");
        let (found, notices) = find(Path::new("/nowhere"), &project, &project);
        assert!(found.len() <= DEPTH + 1 && found.iter().all(|file| file.body == "a"));
        assert!(notices[0].text.contains("outside of the project"), "{notices:?}");
    }
}
