//! Instruction files: their order, and what is left out.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

struct Tree {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    fs::create_dir_all(root.join("home/project/sub")).unwrap();
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Tree { _folder: folder, root }
}

impl Tree {
    fn memory(&self, wish: &MemoryWish) -> Memory {
        let (home, project) = (self.root.join("home"), self.root.join("home/project"));
        let managed = self.root.join("etc/CLAUDE.md");
        let cwd = project.join("sub");
        gather(
            &managed,
            &Ground { claude: None, home: &home, cwd: &cwd, project: &project, plugins: &[], bundled: false },
            wish,
        )
    }

    fn read(&self) -> (Vec<(MemoryScope, String, String)>, Vec<Notice>) {
        let Memory { files, notices, .. } = self.memory(&MemoryWish::default());
        let shown = files.into_iter().map(|file| {
            let path = file.path.strip_prefix(&self.root).unwrap().display().to_string();
            (file.scope, path, file.text)
        });
        (shown.collect(), notices)
    }

    fn texts(&self) -> Vec<String> {
        self.read().0.into_iter().map(|(_, _, text)| text).collect()
    }
}

#[test]
fn the_most_general_comes_first() {
    let tree = tree(&[
        ("etc/CLAUDE.md", "managed"),
        ("home/.claude/CLAUDE.md", "user\n<!-- note -->\n"),
        ("CLAUDE.md", "above"),
        ("AGENTS.md", "not above the project"),
        ("home/project/.claude/CLAUDE.md", "project"),
        ("home/project/AGENTS.md", "not beside a CLAUDE.md"),
        ("home/project/CLAUDE.local.md", "local"),
        ("home/project/sub/AGENTS.md", "agents"),
    ]);
    let (files, notices) = tree.read();
    use MemoryScope::{Local, Managed, Project, User};
    let expected = [
        (Managed, "etc/CLAUDE.md", "managed"),
        (User, "home/.claude/CLAUDE.md", "user"),
        (Project, "CLAUDE.md", "above"),
        (Project, "home/project/.claude/CLAUDE.md", "project"),
        (Local, "home/project/CLAUDE.local.md", "local"),
        (Project, "home/project/sub/AGENTS.md", "agents"),
    ];
    assert_eq!(files, expected.map(|(scope, path, text)| (scope, path.to_owned(), text.to_owned())));
    assert_eq!(notices, []);
}

#[test]
fn settings_choose_and_what_was_not_read_has_its_reason() {
    let tree = tree(&[
        ("home/.claude/CLAUDE.md", "user"),
        ("home/project/CLAUDE.md", "project"),
        ("home/project/AGENTS.md", "agents"),
        ("home/project/sub/CLAUDE.md", "sub"),
        ("home/project/CLAUDE.local.md", "<!-- nothing -->"),
    ]);
    let texts = |wish: &MemoryWish| {
        let memory = tree.memory(wish);
        let skipped = memory.skipped.iter().map(|(path, why)| format!("{}: {why}", path.display())).collect();
        let texts: Vec<String> = memory.files.into_iter().map(|file| file.text).collect();
        (texts, skipped)
    };
    let (usual, skipped): (_, Vec<String>) = texts(&MemoryWish::default());
    assert_eq!(usual, ["user", "project", "sub"]);
    assert!(skipped[0].contains("AGENTS.md: a CLAUDE.md stands beside it"), "{skipped:?}");
    assert!(skipped[1].contains("CLAUDE.local.md: there is nothing in it but comments"), "{skipped:?}");
    let wish = MemoryWish { agents: AgentsMd::Always, excludes: vec!["**/sub/*.md".into()], ..MemoryWish::default() };
    assert_eq!(texts(&wish).0, ["user", "project", "agents"]);
    assert!(texts(&MemoryWish { off: true, ..MemoryWish::default() }).0.is_empty());
}

#[test]
fn rules_count_at_once_or_for_their_paths() {
    let tree = tree(&[
        ("home/.claude/rules/mine.md", "mine"),
        ("home/project/.claude/rules/b/always.md", "---\ndescription: x\n---\nalways"),
        ("home/project/.claude/rules/api.md", "---\npaths:\n  - \"src/api/**/*.{rs,ts}\"\n---\nfor the api"),
    ]);
    let memory = tree.memory(&MemoryWish::default());
    let texts: Vec<&str> = memory.files.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(texts, ["mine", "always"]);
    let rule = &memory.rules[0];
    assert_eq!(rule.file.text, "for the api");
    let project = tree.root.join("home/project");
    assert!(rule.fits(&project.join("src/api/x/y.rs")) && rule.fits(&project.join("src/api/y.ts")));
    assert!(!rule.fits(&project.join("src/api/y.py")) && !rule.fits(&project.join("other/src/api/y.rs")));
}

#[test]
fn folders_below_are_read_when_a_file_in_them_is_touched() {
    let tree = tree(&[
        ("home/project/CLAUDE.md", "project"),
        ("home/project/sub/CLAUDE.md", "sub"),
        ("home/project/sub/a/CLAUDE.md", "a"),
        ("home/project/sub/a/b/AGENTS.md", "b"),
        ("home/project/other/CLAUDE.md", "other"),
    ]);
    let (home, project) = (tree.root.join("home"), tree.root.join("home/project"));
    let cwd = project.join("sub");
    let ground = Ground { claude: None, home: &home, cwd: &cwd, project: &project, plugins: &[], bundled: false };
    let texts = |path: &str| -> Vec<String> {
        let files = nested(&ground, &MemoryWish::default(), &project.join(path));
        files.into_iter().map(|file| file.text).collect()
    };
    assert_eq!(texts("sub/a/b/x.rs"), ["a", "b"]);
    assert_eq!(texts("other/x.rs"), ["other"]);
    assert!(texts("sub/x.rs").is_empty() && texts("../x.rs").is_empty());
}

#[test]
fn imports_follow_their_file() {
    let tree = tree(&[
        ("home/project/CLAUDE.md", "Read @docs/a.md and @types/node.\n`@docs/c.md`\n"),
        ("home/project/docs/a.md", "A, see @b.md and @../CLAUDE.md"),
        ("home/project/docs/b.md", "B <!-- kept --> @a.md"),
        ("home/project/docs/c.md", "C"),
    ]);
    let texts = tree.texts();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with("Read @docs/a.md and @types/node.\n`@docs/c.md`\n\nContents of /"), "{texts:?}");
    let order = ["imported above:\n\nA, see", "imported above:\n\nB <!-- kept -->"].map(|part| texts[0].find(part));
    assert!(order[0].is_some() && order[0] < order[1], "{texts:?}");
    assert_eq!(texts[0].matches("imported above").count(), 2);
}

#[test]
fn imports_lead_four_files_on() {
    let mut files = vec![("home/project/CLAUDE.md".to_owned(), "@1.md".to_owned())];
    files.extend((1..=6).map(|n| (format!("home/project/{n}.md"), format!("file{n} @{}.md", n + 1))));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let tree = tree(&files);
    let (found, notices) = tree.read();
    assert!(found[0].2.contains("file4") && !found[0].2.contains("file5"));
    assert!(notices[0].text.contains("4.md, line 1: `5.md` is not imported"), "{notices:?}");
}

#[cfg(unix)]
#[test]
fn a_project_cannot_name_private_files() {
    let tree = tree(&[
        ("home/.ssh/id", "SECRET"),
        ("home/.claude/style.md", "Style"),
        ("home/.claude/CLAUDE.md", "@~/.ssh/id"),
        ("home/project/CLAUDE.md", "@~/.ssh/id\n@../.ssh/id\n@link\n@~/.claude/style.md\n@missing.md"),
    ]);
    let secret = tree.root.join("home/.ssh/id");
    std::os::unix::fs::symlink(&secret, tree.root.join("home/project/link")).unwrap();
    std::os::unix::fs::symlink(&secret, tree.root.join("home/project/CLAUDE.local.md")).unwrap();
    let (files, notices) = tree.read();
    assert!(files[0].2.contains("SECRET"), "the user's own file may import it");
    assert!(!files[1].2.contains("SECRET") && !files[1].2.contains("Style"), "{files:?}");
    assert_eq!(files.len(), 2);
    assert_eq!(notices.len(), 6, "{notices:?}");
    assert!(notices[4].text.contains("line 5: there is no file `missing.md` to import"), "{notices:?}");
    assert!(notices[5].text.contains("CLAUDE.local.md: it is a link"), "{notices:?}");
    // What the person agreed to comes in, and nothing else; what was left out has its reason.
    let agreed = Outside::Agreed([tree.root.join("home/.claude/style.md")].into());
    let memory = tree.memory(&MemoryWish { outside: agreed, ..MemoryWish::default() });
    assert!(memory.files[1].text.contains("Style") && !memory.files[1].text.contains("SECRET"));
    assert!(memory.skipped.iter().any(|(path, why)| *path == secret && why.contains("/trust")), "{:?}", memory.skipped);
}

#[test]
fn what_cannot_be_read_is_named() {
    let tree = tree(&[("home/project/sub/CLAUDE.md", "sub"), ("home/project/CLAUDE.local.md", "x")]);
    fs::write(tree.root.join("home/project/CLAUDE.md"), b"\xff").unwrap();
    fs::remove_file(tree.root.join("home/project/CLAUDE.local.md")).unwrap();
    fs::create_dir(tree.root.join("home/project/CLAUDE.local.md")).unwrap();
    let (files, notices) = tree.read();
    assert_eq!(files.len(), 1);
    let texts: Vec<&str> = notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(texts[0].ends_with("CLAUDE.md: line 1 is not UTF-8 text; these instructions are left out"), "{texts:?}");
    assert!(texts[1].contains("CLAUDE.local.md: it is not a regular file"), "{texts:?}");
}

#[test]
fn the_administrator_may_write_into_his_settings_and_nothing_is_read_where_all_is_off() {
    let tree = tree(&[("etc/CLAUDE.md", "managed"), ("home/.claude/CLAUDE.md", "user")]);
    let path = PathBuf::from("/etc/claude-code/managed-settings.json");
    let managed = Some(MemoryFile { scope: MemoryScope::Managed, path, text: "from the settings".into() });
    let wish = MemoryWish { managed, ..MemoryWish::default() };
    let texts =
        |wish: &MemoryWish| -> Vec<String> { tree.memory(wish).files.into_iter().map(|file| file.text).collect() };
    assert_eq!(texts(&wish), ["managed", "from the settings", "user"]);
    assert!(texts(&MemoryWish { off: true, ..wish }).is_empty());
}

#[test]
fn the_users_folder_can_be_elsewhere_and_added_folders_come_last() {
    let tree = tree(&[
        ("home/.claude/CLAUDE.md", "not here"),
        ("moved/CLAUDE.md", "user"),
        ("moved/rules/style.md", "style"),
        ("home/project/CLAUDE.md", "project"),
        ("beside/CLAUDE.md", "beside"),
        ("beside/.claude/rules/r.md", "rule"),
        ("beside/.claude/rules/p.md", "---\npaths: **/*.rs\n---\nfor rust"),
    ]);
    let (home, project) = (tree.root.join("home"), tree.root.join("home/project"));
    let moved = tree.root.join("moved");
    let ground =
        Ground { claude: Some(&moved), home: &home, cwd: &project, project: &project, plugins: &[], bundled: false };
    let wish = MemoryWish { added: vec![tree.root.join("beside")], ..MemoryWish::default() };
    let memory = gather(&tree.root.join("none"), &ground, &wish);
    let texts: Vec<&str> = memory.files.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(texts, ["user", "style", "project", "beside", "rule"]);
    assert_eq!(memory.rules[0].globs, ["**/*.rs"], "a glob that YAML takes for something else");
}
