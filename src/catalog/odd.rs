//! Files in the odd forms that collections have: each loads unchanged, and with the meaning that its author had.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use super::{Ground, agents, expand, prompts};
use crate::domain::{AgentFile, CommandFile, Effort, Isolation, PromptKind};

/// Agents: the file, and what is in it.
const AGENTS: &[(&str, &str)] = &[
    (
        "examples.md",
        // As a well-known generator writes them: one line, with newlines that are written out, quotes and colons.
        "---\nname: examples\ndescription: Use this agent when code was written. Examples:\\n\\n<example>\\nContext: The user \
         wrote a function.\\nuser: \"Write it\"\\nassistant: \"Here: done\"\\n<commentary>\\nNow review.\\n</commentary>\\n</example>\n\
         tools: Glob, Grep, Read\nmodel: sonnet\ncolor: yellow\n---\n\nYou review.\n",
    ),
    (
        "open-examples.md",
        "---\nname: open-examples\ndescription: |-free text: use it\n\n<example>\nContext: something: else\nuser: \"x\"\nmodel: not a key\n\
         </example>\ntools:\n  - Read\n  - Bash(git log:*)\ncolor: '#ff8800'\n---\nBody\n",
    ),
    (
        "block.md",
        "---\nname: block\ndescription: >-\n  Folded: over\n  two lines\ntools: [\"Read\", \"Grep\"]\nmodel: claude-opus-4-5\n---\nBody",
    ),
    ("star.md", "---\nname: star\ndescription: all: tools\ntools: *\n---\nBody"),
    ("blanks.md", "---\nname: blanks\ndescription: d\ntools: Read Grep Bash(npm run *)\n---\nBody"),
    (
        "crlf.md",
        "\u{feff}---\r\nname: crlf\r\ndescription: Windows: file\r\ntools:\r\n\t- Read\r\n\t- Edit\r\n---\r\nBody\r\n",
    ),
    (
        "many-keys.md",
        "---\nname: many-keys\ndescription: \"d\"\nversion: 1.0.0\nauthor: me\npriority: high\ncapabilities:\n  - a\ntriggers:\n  keywords: [x]\n\
         hooks:\n  PreToolUse:\n    - matcher: Bash\n      hooks:\n        - type: command\n          command: \"check: it\"\neffort: high\n\
         isolation: worktree\nbackground: yes\nmaxTurns: 5\n---\nBody",
    ),
    (
        "hooks-beside-a-colon.md",
        "---\nname: hooks-beside-a-colon\ndescription: Guard: it blocks\ntools: Bash, Read\nhooks:\n  PreToolUse:\n    - matcher: \"Bash\"\n      hooks:\n        - type: command\n          command: ./guard.sh\n---\nBody",
    ),
    ("sub/folder/deep.md", "---\nname: deep.agent\ndescription: 'It''s deep'\nmodel: inherit\n---\nBody"),
    ("README.md", "# Agents\n\nNothing to load.\n"),
    ("no-description.md", "---\nname: nothing\n---\nBody"),
];

const COMMANDS: &[(&str, &str)] = &[
    ("plain.md", "Review the file $ARGUMENTS.\n"),
    (
        "gsd/debug.md",
        "---\nname: gsd:debug\ndescription: Debug: find it\nargument-hint: [issue] [--fast]\nallowed-tools:\n  - Read\n  - Bash(git log:*)\n---\nDebug $1 of $2.\n",
    ),
    (
        "list-hint.md",
        "---\ndescription: d\nargument-hint: [optional description]\nallowed-tools: [Bash(npm test), Read]\nmodel: haiku\n---\nx",
    ),
    (
        "quoted-hint.md",
        "---\nallowed-tools: Bash(git add:*), Bash(git status:*), Bash(git commit:*)\ndescription: Create a git commit\nargument-hint: \"<name> [-y]\"\n---\n\n## Context\n\n- Status: !`git status`\n\n@README.md\n",
    ),
    ("broken.md", "---\ndescription: [unclosed\nmodel: {a\n---\nStill a body."),
    ("empty-front.md", "---\n---\nOnly a body."),
    ("not-front.md", "----\nA line of dashes is no front matter.\n----\n"),
    ("tabs.md", "---\ndescription:\tTabbed\nallowed-tools:\n\t- Read\n\t- Grep\n---\nx"),
    ("flags.md", "---\ndescription: d\ndisable-model-invocation: Yes\nuser-invocable: 0\n---\nx"),
    ("comment.md", "---\n# what it is for\ndescription: a # remark\n---\nx"),
    ("percent.md", "---\ndescription: 100% coverage @ once & more\nargument-hint: @file | %name\n---\nx"),
];

const SKILLS: &[(&str, &str)] = &[
    (
        "pdf-tools/SKILL.md",
        "---\nname: PDF tools\ndescription: |\n  Work with PDF files.\n  Use when: the user has one.\nlicense: Complete terms in LICENSE.txt\nmetadata:\n  author: x\n  version: \"1.0\"\ncompatibility: any\nallowed-tools: Read Edit Bash(go:*) mcp__context7__*\n---\n\n# PDF\n\nRun ${CLAUDE_SKILL_DIR}/x.py\n",
    ),
    (
        "when/SKILL.md",
        "---\nname: when\ndescription: Does it.\nwhen_to_use: When: asked\nversion: 2\ntriggers: [a, b]\nlevel: 3\n---\nBody",
    ),
    ("bare/SKILL.md", "# A skill without front matter\n\nIt works all the same.\n"),
    ("fork/SKILL.md", "---\ndescription: d\ncontext: fork\nagent: Explore\nbackground: off\neffort: max\n---\nBody"),
    ("notes/README.md", "no skill"),
];

fn loaded() -> (Vec<AgentFile>, Vec<CommandFile>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let home = fs::canonicalize(folder.path()).unwrap();
    for (kind, files) in [("agents", AGENTS), ("commands", COMMANDS), ("skills", SKILLS)] {
        for (path, text) in files {
            let path = home.join(".claude").join(kind).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let cwd = Path::new("/nonexistent");
    let ground = Ground { claude: None, home: &home, cwd, project: cwd, plugins: &[], bundled: false };
    let (mut all, told) = agents(&ground, &[]);
    all.retain(|agent| agent.source == "user");
    let (files, more) = prompts(&ground);
    let told =
        told.into_iter().chain(more).map(|notice| notice.text.replace(&home.display().to_string(), "~")).collect();
    (all, files, told)
}

fn allowed(agent: &AgentFile) -> Vec<&str> {
    agent.tools.allowed.iter().flatten().map(String::as_str).collect()
}

#[test]
fn agents_load_with_the_meaning_that_they_have() {
    let (all, _, told) = loaded();
    let agent =
        |name: &str| all.iter().find(|agent| agent.name == name).unwrap_or_else(|| unreachable!("{name}: {told:?}"));
    assert_eq!(all.len(), 9, "{:?}", all.iter().map(|agent| &agent.name).collect::<Vec<_>>());

    let examples = agent("examples");
    assert!(examples.description.starts_with("Use this agent when code was written. Examples:\\n\\n<example>"));
    assert!(examples.description.ends_with("</commentary>\\n</example>"), "{}", examples.description);
    assert_eq!((allowed(examples), examples.model.model.as_deref()), (vec!["Glob", "Grep", "Read"], Some("sonnet")));
    assert_eq!((examples.color.as_deref(), examples.prompt.as_str()), (Some("yellow"), "You review."));

    let open = agent("open-examples");
    assert!(open.description.contains("Context: something: else") && open.description.ends_with("</example>"));
    assert_eq!((allowed(open), open.model.model.as_deref()), (vec!["Read", "Bash(git log:*)"], None));

    let block = agent("block");
    assert_eq!((block.description.as_str(), allowed(block)), ("Folded: over two lines", vec!["Read", "Grep"]));
    assert_eq!(agent("star").tools.allowed, None, "a star is every tool");
    assert_eq!(allowed(agent("blanks")), ["Read", "Grep", "Bash(npm run *)"]);
    let crlf = agent("crlf");
    assert_eq!(
        (crlf.description.as_str(), allowed(crlf), crlf.prompt.as_str()),
        ("Windows: file", vec!["Read", "Edit"], "Body")
    );

    let many = agent("many-keys");
    assert_eq!((many.model.effort, many.model.max_turns, many.way.background), (Some(Effort::High), Some(5), true));
    assert_eq!(many.way.isolation, Isolation::Worktree);
    assert_eq!(many.hooks.as_ref().unwrap()["PreToolUse"][0]["hooks"][0]["command"], "check: it");

    let hooks = agent("hooks-beside-a-colon");
    assert_eq!((hooks.description.as_str(), allowed(hooks)), ("Guard: it blocks", vec!["Bash", "Read"]));
    assert_eq!(hooks.hooks.as_ref().unwrap()["PreToolUse"][0]["matcher"], "Bash");
    assert_eq!((agent("deep.agent").description.as_str(), &agent("deep.agent").model.model), ("It's deep", &None));
}

#[test]
fn commands_and_skills_load_with_the_meaning_that_they_have() {
    let (_, files, told) = loaded();
    let file =
        |name: &str| files.iter().find(|file| file.name == name).unwrap_or_else(|| unreachable!("{name}: {told:?}"));
    assert_eq!(files.len(), COMMANDS.len() + 4);
    let hint = |name: &str| file(name).argument_hint.clone().unwrap_or_default();
    let rules = |name: &str| file(name).traits.allowed_tools.clone();

    let debug = file("gsd:debug");
    assert_eq!((debug.description.as_str(), hint("gsd:debug").as_str()), ("Debug: find it", "[issue] [--fast]"));
    assert_eq!(rules("gsd:debug"), ["Read", "Bash(git log:*)"]);
    let text = format!("{:?}", expand(debug, "one two", super::Surroundings::default()));
    assert!(text.contains("Debug one of two."), "{text}");

    assert_eq!(file("plain").description, "Review the file $ARGUMENTS.");
    assert_eq!(
        (hint("list-hint").as_str(), rules("list-hint")),
        ("[optional description]", vec!["Bash(npm test)".to_owned(), "Read".into()])
    );
    assert_eq!(file("list-hint").traits.model.as_deref(), Some("haiku"));
    assert_eq!((hint("quoted-hint").as_str(), rules("quoted-hint").len()), ("<name> [-y]", 3));
    assert_eq!(file("broken").body, "Still a body.");
    assert_eq!(
        (file("empty-front").body.as_str(), file("empty-front").description.as_str()),
        ("Only a body.", "Only a body.")
    );
    assert!(file("not-front").body.starts_with("----\n"));
    assert_eq!((file("tabs").description.as_str(), rules("tabs")), ("Tabbed", vec!["Read".to_owned(), "Grep".into()]));
    assert!(file("flags").traits.person_only && file("flags").traits.model_only);
    assert_eq!(file("comment").description, "a");
    assert_eq!(
        (file("percent").description.as_str(), hint("percent").as_str()),
        ("100% coverage @ once & more", "@file | %name")
    );

    let pdf = file("pdf-tools");
    assert_eq!(
        (pdf.kind, pdf.listing().as_str()),
        (PromptKind::Skill, "Work with PDF files. Use when: the user has one.")
    );
    assert_eq!(rules("pdf-tools"), ["Read", "Edit", "Bash(go:*)", "mcp__context7__*"]);
    assert_eq!(file("when").listing(), "Does it. When: asked");
    assert_eq!(file("bare").listing(), "A skill without front matter");
    let fork = &file("fork").traits;
    assert_eq!((fork.agent.as_deref(), fork.waits, fork.effort), (Some("Explore"), true, Some(Effort::Max)));
}

#[test]
fn a_good_file_says_nothing_and_a_bad_one_says_where() {
    let (_, _, told) = loaded();
    insta::assert_snapshot!(told.join("\n"));
}
