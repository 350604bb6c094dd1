//! Output styles: texts that change how the model answers. `output-styles/*.md` of the project, the user and plugins,
//! and a few that come along. Format: Claude Code's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::read;
use crate::domain::Notice;

use super::{Ground, front};

/// Bytes that a style may have, and styles that are read.
const LIMIT: u64 = 256 * 1024;
const FILES: usize = 200;

/// The style of a program that nobody has told otherwise.
pub const DEFAULT: &str = "Default";

const BUILT_IN: [&str; 4] = [
    include_str!("../../assets/styles/concise.md"),
    include_str!("../../assets/styles/explanatory.md"),
    include_str!("../../assets/styles/learning.md"),
    include_str!("../../assets/styles/proactive.md"),
];

/// One style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Style {
    pub name: String,
    pub description: String,
    pub text: String,
    /// The system text's own words on how to work on code stay beside it.
    pub keeps_coding: bool,
    /// A plugin's style that holds while the plugin is on, whatever the settings choose.
    pub forced: bool,
    pub source: String,
    /// None for what comes along.
    pub path: Option<PathBuf>,
    /// The line that it is described in.
    pub line: Option<u32>,
    /// Others of its name that it takes the place of.
    pub overrides: Vec<PathBuf>,
}

/// All styles by name, the default first. A project's style wins over the user's, that over one that comes along.
pub fn styles(ground: &Ground<'_>) -> (Vec<Style>, Vec<Notice>) {
    let mut found: BTreeMap<String, Style> = BTreeMap::new();
    let mut notices = Vec::new();
    let mut look = |folder: &Path, source: &str| {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().take(FILES).map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
            match read::text(&path, LIMIT) {
                Ok(Some(text)) => {
                    put(&mut found, parse(&text, source, Some(path)));
                }
                Ok(None) => {}
                Err(problem) => notices.push(Notice::warning(format!("{}: {problem}", path.display()))),
            }
        }
    };
    for folder in ground.folders() {
        look(&folder.join(".claude/output-styles"), "project");
    }
    look(&ground.own(".claude").join("output-styles"), "user");
    for plugin in ground.plugins.iter().filter(|plugin| plugin.enabled) {
        plugin.styles.iter().for_each(|folder| look(folder, &plugin.source()));
    }
    for text in BUILT_IN {
        put(&mut found, parse(text, "built in", None));
    }
    let description = "Latigo's own way".to_owned();
    let default = Style { name: DEFAULT.to_owned(), description, keeps_coding: true, ..Style::default() };
    found.remove(DEFAULT);
    (std::iter::once(Style { source: "built in".to_owned(), ..default }).chain(found.into_values()).collect(), notices)
}

/// Adds a style, unless a stronger one has its name.
fn put(found: &mut BTreeMap<String, Style>, style: Style) {
    match found.get_mut(&style.name) {
        Some(stronger) => {
            let place = style.path.unwrap_or_else(|| PathBuf::from(format!("({})", style.source)));
            stronger.overrides.push(place);
        }
        None => drop(found.insert(style.name.clone(), style)),
    }
}

fn parse(text: &str, source: &str, path: Option<PathBuf>) -> Style {
    let front = front::split(text);
    let stem = path.as_ref().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    Style {
        name: front.text("name").or(stem).unwrap_or_default(),
        description: front.text("description").unwrap_or_default(),
        text: front.body.trim().to_owned(),
        keeps_coding: front.flag("keep-coding-instructions").unwrap_or(false),
        forced: source.starts_with("plugin ") && front.flag("force-for-plugin") == Some(true),
        source: source.to_owned(),
        line: front::line_of(text, &["description", "name"]).filter(|_| path.is_some()),
        overrides: Vec::new(),
        path,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn files_and_what_comes_along_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let project = root.join("p");
        for (path, text) in [
            ("p/.claude/output-styles/pirate.md", "---\ndescription: Arr: all day\n---\nTalk like one."),
            (".claude/output-styles/x.md", "---\nname: Concise\nkeep-coding-instructions: yes\n---\nMine."),
        ] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        let ground = Ground { claude: None, home: root, cwd: &project, project: &project, plugins: &[], bundled: true };
        let (found, notices) = styles(&ground);
        let names: Vec<&str> = found.iter().map(|style| style.name.as_str()).collect();
        assert_eq!(names, ["Default", "Concise", "Explanatory", "Learning", "Proactive", "pirate"]);
        assert_eq!((found[1].text.as_str(), found[1].keeps_coding), ("Mine.", true));
        assert_eq!((found[5].description.as_str(), found[5].keeps_coding), ("Arr: all day", false));
        assert!(notices.is_empty() && found.iter().skip(1).all(|style| !style.text.is_empty()));
    }
}
