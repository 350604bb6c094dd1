//! Names that no allow rule may open for writing: files that a later program runs or obeys.
//!
//! The list is the documented one of Claude Code, with Latigo's own settings folder and the keys of ssh
//! and gpg added. Reading them is not restricted here.

use std::path::{Component, Path};

use super::place::Spot;

const FOLDERS: &[&str] = &[
    ".git",
    ".vscode",
    ".idea",
    ".husky",
    ".cargo",
    ".devcontainer",
    ".yarn",
    ".mvn",
    ".claude",
    ".latigo",
    ".ssh",
    ".gnupg",
];

const FILES: &[&str] = &[
    ".gitconfig",
    ".gitmodules",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_aliases",
    ".bash_logout",
    ".zshrc",
    ".zprofile",
    ".zshenv",
    ".zlogin",
    ".zlogout",
    ".profile",
    ".envrc",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnp.cjs",
    ".pnp.loader.mjs",
    ".pnpmfile.cjs",
    "bunfig.toml",
    ".bunfig.toml",
    ".bazelrc",
    ".bazelversion",
    ".bazeliskrc",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".lefthook.yaml",
    "gradle-wrapper.properties",
    "maven-wrapper.properties",
    ".devcontainer.json",
    ".ripgreprc",
    "pyrightconfig.json",
    ".mcp.json",
    ".claude.json",
];

/// The protected name in this path, in any of its forms.
pub(super) fn name_in(spot: &Spot) -> Option<&'static str> {
    spot.forms().find_map(name_in_path)
}

fn name_in_path(path: &Path) -> Option<&'static str> {
    let names: Vec<String> = path
        .components()
        .filter_map(|part| match part {
            // Some file systems ignore letter case, so the comparison does too.
            Component::Normal(name) => Some(name.to_string_lossy().to_lowercase()),
            _ => None,
        })
        .collect();
    let last = names.len().checked_sub(1)?;
    names.iter().enumerate().find_map(|(at, name)| {
        let next = names.get(at + 1).map(String::as_str);
        // What is kept there for work, by the documented formats, is neither run nor obeyed as settings.
        if name == ".claude" && matches!(next, Some("worktrees" | "agent-memory" | "agent-memory-local")) {
            return None;
        }
        if name == ".config" && next == Some("git") {
            return Some(".config/git");
        }
        let folder = FOLDERS.iter().find(|folder| *folder == name).copied();
        folder.or_else(|| (at == last).then(|| FILES.iter().find(|file| *file == name).copied()).flatten())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_case() {
        for (path, want) in [
            ("/p/.git/hooks/pre-commit", true),
            ("/p/.GIT/config", true),
            ("/p/sub/.npmrc", true),
            ("/p/.npmrc/x", false),
            ("/p/.claude/settings.json", true),
            ("/p/.claude/worktrees/a/src/x.rs", false),
            ("/p/.claude/agent-memory/reviewer/MEMORY.md", false),
            ("/p/.claude/worktrees/a/.git/config", true),
            ("/p/.gitignore", false),
            ("/h/.config/git/ignore", true),
            ("/h/.config/other", false),
        ] {
            assert_eq!(name_in_path(Path::new(path)).is_some(), want, "{path}");
        }
    }
}
