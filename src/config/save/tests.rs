//! Tests of changing settings files.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("p/.git/info")).unwrap();
        fs::write(folder.path().join("p/.git/HEAD"), "ref: refs/heads/main\n").unwrap();
        Self { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn put(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn save(&self, scope: SaveScope, rule: &str) -> Result<PathBuf, String> {
        let (project, config) = (self.path("p"), self.path("config"));
        save_rule(scope, Tier::Allow, rule, Places { project: &project, config: &config })
    }
}

const LOCAL: &str = "p/.claude/settings.local.json";

#[test]
fn a_new_file_holds_the_rule_and_stays_out_of_the_repository() {
    let tree = Tree::new();
    assert_eq!(tree.save(SaveScope::Local, "Bash(npm run *)").unwrap(), tree.path(LOCAL));
    let expected = "{\n  \"permissions\": {\n    \"allow\": [\n      \"Bash(npm run *)\"\n    ]\n  }\n}\n";
    assert_eq!(tree.text(LOCAL), expected);
    assert_eq!(tree.text("p/.git/info/exclude"), format!("{EXCLUDED}\n"));
    tree.save(SaveScope::Local, "Bash(npm run *)").unwrap();
    assert_eq!(tree.text(LOCAL), expected, "no rule stands twice");
    tree.save(SaveScope::Local, "Read").unwrap();
    assert!(tree.text(LOCAL).contains("      \"Bash(npm run *)\",\n      \"Read\"\n"));
}

#[test]
fn comments_and_layout_stay() {
    let tree = Tree::new();
    let old = "// mine\n{\n\t\"model\": \"opus\", // big\n\t\"permissions\": {\n\t\t\"deny\": [\"Read(./.env)\"],\n\t\t\"allow\": [\n\t\t\t\"Read\" /* all */\n\t\t]\n\t}\n}\n";
    tree.put("p/.claude/settings.json", old);
    tree.save(SaveScope::Project, "Bash(ls \"a\\b\")").unwrap();
    let new = tree.text("p/.claude/settings.json");
    let expected = old.replace("\"Read\" /* all */\n", "\"Read\", /* all */\n\t\t\t\"Bash(ls \\\"a\\\\b\\\")\"\n");
    assert_eq!(new, expected);
}

#[test]
fn what_cannot_be_read_is_not_written() {
    let tree = Tree::new();
    for (text, part) in [
        ("{\n  \"permissions\": {\n", "settings.local.json: line "),
        ("[]", "settings must be an object in braces; mend it first; nothing was written"),
        ("{\"permissions\": 3}", "`permissions` is not an object; nothing was written"),
        ("{\"permissions\": {\"allow\": \"x\"}}", "`permissions.allow` is not a list; nothing was written"),
    ] {
        tree.put(LOCAL, text);
        let problem = tree.save(SaveScope::Local, "Read").unwrap_err();
        assert!(problem.contains(part), "{problem}");
        assert_eq!(tree.text(LOCAL), text);
    }
}

#[test]
fn the_file_of_latigo_wins_where_it_exists() {
    let tree = Tree::new();
    tree.put("p/.latigo/settings.json", "");
    assert_eq!(tree.save(SaveScope::Project, "Read").unwrap(), tree.path("p/.latigo/settings.json"));
    assert!(tree.text("p/.latigo/settings.json").contains("\"Read\""));
    assert_eq!(tree.save(SaveScope::User, "Read").unwrap(), tree.path("config/settings.json"));
}

#[cfg(unix)]
#[test]
fn modes_are_right_and_links_do_not_lead_out() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let tree = Tree::new();
    let mode = |path: &str| fs::metadata(tree.path(path)).unwrap().permissions().mode() & 0o777;
    tree.save(SaveScope::User, "Read").unwrap();
    tree.save(SaveScope::Local, "Read").unwrap();
    assert_eq!((mode("config"), mode("config/settings.json"), mode(LOCAL)), (0o700, 0o600, 0o600));
    tree.save(SaveScope::Project, "Read").unwrap();
    assert_eq!(mode("p/.claude/settings.json"), 0o644);
    fs::set_permissions(tree.path("p/.claude/settings.json"), fs::Permissions::from_mode(0o664)).unwrap();
    tree.save(SaveScope::Project, "Edit").unwrap();
    assert_eq!(mode("p/.claude/settings.json"), 0o664);

    // A user may keep his own settings elsewhere, a project may not.
    tree.put("dotfiles/settings.json", "{}");
    fs::remove_file(tree.path("config/settings.json")).unwrap();
    symlink(tree.path("dotfiles/settings.json"), tree.path("config/settings.json")).unwrap();
    tree.save(SaveScope::User, "Read").unwrap();
    assert!(tree.text("dotfiles/settings.json").contains("Read"));
    fs::remove_dir_all(tree.path("p/.claude")).unwrap();
    symlink(tree.path("dotfiles"), tree.path("p/.claude")).unwrap();
    let problem = tree.save(SaveScope::Project, "Edit").unwrap_err();
    assert!(problem.contains("it leads out of the project to"), "{problem}");
    assert!(!tree.text("dotfiles/settings.json").contains("Edit"));
}

#[test]
fn a_worktree_shares_the_list_of_its_repository() {
    let tree = Tree::new();
    fs::remove_dir_all(tree.path("p/.git")).unwrap();
    tree.put("p/.git", "gitdir: ../main/.git/worktrees/p\n");
    tree.put("main/.git/worktrees/p/commondir", "../..\n");
    tree.put("main/.git/HEAD", "x");
    tree.put("main/.git/info/exclude", "# old");
    tree.save(SaveScope::Local, "Read").unwrap();
    assert_eq!(tree.text("main/.git/info/exclude"), format!("# old\n{EXCLUDED}\n"));
}

#[test]
fn one_value_is_set_or_changed() {
    let tree = Tree::new();
    let config = tree.path("config");
    save_setting(&config, "theme", "dark").unwrap();
    assert_eq!(tree.text("config/settings.json"), "{\n  \"theme\": \"dark\"\n}\n");
    tree.put("config/settings.json", "{ \"theme\": \"dark\", /* x */ \"model\": \"m\" }");
    save_setting(&config, "theme", "my \"own\"").unwrap();
    assert_eq!(tree.text("config/settings.json"), "{ \"theme\": \"my \\\"own\\\"\", /* x */ \"model\": \"m\" }");
    tree.put("config/settings.json", "{ broken");
    assert!(save_setting(&config, "theme", "light").is_err());
    assert_eq!(tree.text("config/settings.json"), "{ broken");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever the rule and the file, the rule can be read back and nothing else changed.
    #[test]
    fn any_rule_reads_back(rule in "\\PC{1,30}", empty in any::<bool>()) {
        let tree = Tree::new();
        if !empty {
            tree.put("config/settings.json", "{\"permissions\":{\"allow\":[\"Old\"]},\"x\":[1,{}]}");
        }
        tree.save(SaveScope::User, &rule).unwrap();
        let read: serde_json::Value = serde_json::from_str(&tree.text("config/settings.json")).unwrap();
        let rules = read["permissions"]["allow"].as_array().unwrap();
        prop_assert!(rules.iter().any(|text| text == rule.as_str()));
        prop_assert_eq!(rules.len(), if empty || rule == "Old" { 1 } else { 2 });
    }
}

#[test]
fn a_rule_is_taken_out_and_everything_else_stays() {
    let tree = Tree::new();
    let old = "// mine\n{\n  \"permissions\": {\n    \"deny\": [\"Read(./.env)\"], // never\n    \"allow\": [\n      // why\n      \"Bash(ls \\\"a\\\")\",\n      \"Read\", /* all */\n      \"Edit\"\n    ]\n  },\n  \"theme\": \"dark\"\n}\n";
    tree.put("p/.claude/settings.json", old);
    let file = tree.path("p/.claude/settings.json");
    remove_rule(&file, Tier::Allow, "Read").unwrap();
    let new = tree.text("p/.claude/settings.json");
    for part in [
        "// mine",
        "[\"Read(./.env)\"], // never",
        "// why",
        "\"Bash(ls \\\"a\\\")\"",
        "\"Edit\"",
        "\"theme\": \"dark\"",
    ] {
        assert!(new.contains(part), "{part}\n{new}");
    }
    assert!(!new.contains("\"Read\""), "{new}");
    remove_rule(&file, Tier::Allow, "Bash(ls \"a\")").unwrap();
    remove_rule(&file, Tier::Allow, "Edit").unwrap();
    remove_rule(&file, Tier::Deny, "Read(./.env)").unwrap();
    assert!(document::parse(&tree.text("p/.claude/settings.json")).is_ok());
    let problem = remove_rule(&file, Tier::Allow, "Edit").unwrap_err();
    assert!(problem.contains("does not stand in it any more"), "{problem}");
    assert!(remove_rule(&tree.path("none.json"), Tier::Allow, "x").is_err());
}

#[test]
fn a_rule_is_removed_from_the_file_that_its_source_names_and_never_outside() {
    let tree = Tree::new();
    let (project, config) = (tree.path("p"), tree.path("config"));
    let places = Places { project: &project, config: &config };
    tree.put("home/.claude/settings.json", "{\"permissions\":{\"allow\":[\"Read\"]}}");
    tree.put("p/.claude/settings.json", "{\"permissions\":{\"allow\":[\"Read\"]}}");
    let home = tree.path("home");
    let remove = |scope, file: &str| {
        let source = crate::domain::RuleSource { scope, file: Some(file.to_owned()), line: Some(1) };
        edit_rule(RuleEdit::Remove { source: &source, tier: RuleTier::Allow, rule: "Read" }, places, (&project, &home))
    };
    assert!(remove(RuleScope::Project, "~/.claude/settings.json").unwrap_err().contains("leads out of the project"));
    remove(RuleScope::User, "~/.claude/settings.json").unwrap();
    remove(RuleScope::Project, ".claude/settings.json").unwrap();
    assert!(!tree.text("home/.claude/settings.json").contains("Read"));
    assert!(!tree.text("p/.claude/settings.json").contains("Read"));
}
