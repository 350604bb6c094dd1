//! The registry, and the tools over a temporary project.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::support::testing::{Desk, diff_counts, tool};
use super::*;
use crate::domain::{Action, PathMode, PathUse, ResultPart, Shown};

fn names_in(folder: &str, extension: &str) -> BTreeSet<String> {
    fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !matches!(name.as_str(), "mod" | "tests"))
        .collect()
}

#[test]
fn no_tool_is_forgotten() {
    let listed: BTreeSet<String> = MODULES.iter().chain(MADE).map(|module| (*module).to_owned()).collect();
    assert_eq!(names_in("src/tools", "rs"), listed, "src/tools and the tools! list differ");
    assert_eq!(names_in("assets/tools", "md"), listed, "assets/tools and the tools! list differ");
    let specs: Vec<ToolSpec> = registry().iter().map(|tool| tool.spec()).collect();
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Agent",
            "AskUserQuestion",
            "Bash",
            "BashOutput",
            "Edit",
            "EnterPlanMode",
            "ExitPlanMode",
            "Glob",
            "Grep",
            "KillShell",
            "LS",
            "Memory",
            "MultiEdit",
            "NotebookEdit",
            "Read",
            "SendMessage",
            "Skill",
            "TaskCreate",
            "TaskGet",
            "TaskList",
            "TaskUpdate",
            "TodoWrite",
            "WebFetch",
            "Write",
        ]
    );
    for spec in &specs {
        assert!(!spec.description.trim().is_empty(), "{} has no description", spec.name);
        assert_eq!(spec.input_schema["type"], "object", "{}", spec.name);
    }
}

#[test]
fn every_schema_is_as_it_was() {
    for tool in registry() {
        let spec = tool.spec();
        insta::assert_json_snapshot!(format!("schema_{}", spec.name), spec.input_schema);
    }
}

#[test]
fn the_tools_stay_cheap() {
    // Those that are offered in the usual case.
    let told = |tool: &&Arc<dyn Tool>| !tool.spec().name.starts_with("Task");
    let bytes: usize = registry().iter().filter(told).map(|tool| serde_json::to_vec(&tool.spec()).unwrap().len()).sum();
    // About 3,000 tokens; JSON comes to about four bytes a token.
    assert!(bytes < 12_200, "{bytes} bytes");
}

#[test]
fn access_is_absolute_and_normalised() {
    let place = Place { cwd: "/w/p/sub".into(), project: "/w/p".into(), added: Vec::new() };
    let check = |name: &str, input: Value, action: Action, path: &str, mode: PathMode| {
        let access = tool(name).access(&input, &place).unwrap();
        assert_eq!((access.action, access.paths), (action, vec![PathUse { path: path.into(), mode }]), "{name}");
    };
    check("Read", json!({"file_path": "../a/./b"}), Action::Read, "/w/p/a/b", PathMode::Read);
    check("Write", json!({"file_path": "x", "content": ""}), Action::Edit, "/w/p/sub/x", PathMode::Write);
    let edit = json!({"file_path": "/../etc/x", "old_string": "a", "new_string": "b"});
    check("Edit", edit, Action::Edit, "/etc/x", PathMode::Write);
    let edits = json!({"file_path": "x", "edits": [{"old_string": "a", "new_string": "b"}]});
    check("MultiEdit", edits, Action::Edit, "/w/p/sub/x", PathMode::Write);
    check("LS", json!({"path": "/w//p/"}), Action::Read, "/w/p", PathMode::Read);
    check("Grep", json!({"pattern": "x"}), Action::Read, "/w/p/sub", PathMode::Read);
    check("Grep", json!({"pattern": "x", "path": "../.."}), Action::Read, "/w", PathMode::Read);
    // A pattern must not lead out of the folder that the gate is shown.
    check("Glob", json!({"pattern": "**/*"}), Action::Read, "/w/p/sub", PathMode::Read);
    check("Glob", json!({"pattern": "../../x/*.rs"}), Action::Read, "/w/x", PathMode::Read);
    check("Glob", json!({"pattern": "/etc/*/../pass*"}), Action::Read, "/etc", PathMode::Read);
    check("Glob", json!({"pattern": "a/b.rs", "path": "/q"}), Action::Read, "/q/a", PathMode::Read);

    let bash = tool("Bash").access(&json!({"command": "echo 'a  b'"}), &place).unwrap();
    assert_eq!((bash.action, bash.command.as_deref()), (Action::Execute, Some("echo 'a  b'")));
    let todos = tool("TodoWrite").access(&json!({"todos": []}), &place).unwrap();
    assert_eq!((todos.action, todos.paths.len()), (Action::Internal, 0));
}

#[test]
fn bad_inputs_are_words_and_never_more() {
    let place = Place { cwd: "/w".into(), project: "/w".into(), added: Vec::new() };
    let inputs = [
        json!({}),
        json!([]),
        json!(null),
        json!("text"),
        json!({"__invalid": "{\"file_path"}),
        json!({"file_path": 5, "path": 5, "pattern": [], "command": {}, "todos": "x", "content": 1}),
        json!({"file_path": "a\u{0}b", "old_string": "", "new_string": "", "content": "", "edits": []}),
        json!({"file_path": "", "content": ""}),
        json!({"command": "a\u{0}"}),
        json!({"command": "  "}),
        json!({"pattern": "", "extra": 1}),
        json!({"todos": [{"content": " ", "status": "pending", "activeForm": "x"}]}),
    ];
    for tool in registry() {
        for input in &inputs {
            if let Err(error) = tool.access(input, &place) {
                assert!(error.ends_with('.') || error.contains("Send the call again"), "{error}");
            }
        }
    }
    for (name, index) in [("Read", 7), ("Write", 6), ("Bash", 8), ("Bash", 9), ("TodoWrite", 11), ("Read", 4)] {
        assert!(tool(name).access(&inputs[index], &place).is_err(), "{name} takes {}", inputs[index]);
    }
}

#[tokio::test]
async fn todos_are_returned() {
    let desk = Desk::new();
    let input = json!({"todos": [
        {"content": "Read it", "status": "completed", "activeForm": "Reading it"},
        {"content": "Fix it", "status": "in_progress", "activeForm": "Fixing it"},
        {"content": "Test it", "status": "pending", "activeForm": "Testing it"},
    ]});
    let outcome = desk.call("TodoWrite", input).await;
    assert_eq!(outcome.summary, "1 of 3 done");
    assert_eq!(outcome.todos.unwrap().len(), 3);
    assert_eq!(outcome.shown, Shown::List(["[x] Read it", "[~] Fixing it", "[ ] Test it"].map(str::to_owned).into()));
}

mod reading {
    use super::*;

    #[tokio::test]
    async fn text_has_numbers_and_pages() {
        let desk = Desk::with(&[("a.rs", b"one\r\ntwo\n\nfour")]);
        let outcome = desk.call("Read", json!({"file_path": "a.rs"})).await;
        assert_eq!(desk.text(&outcome), "     1\tone\n     2\ttwo\n     3\t\n     4\tfour\n");
        assert_eq!(outcome.summary, "4 lines");
        assert_eq!(outcome.shown, Shown::Text { text: "one\ntwo\n\nfour".to_owned(), language: Some("rs".to_owned()) });
        let page = desk.ok("Read", json!({"file_path": desk.root.join("a.rs"), "offset": 2, "limit": "1"})).await;
        assert_eq!(page, "     2\ttwo\n\n[Lines 2-2 of 4. Read on with offset 3.]");
        let error = desk.fails("Read", json!({"file_path": "a.rs", "offset": 9})).await;
        assert_eq!(error, "/p/a.rs has 4 lines; offset 9 is past its end.");
    }

    #[tokio::test]
    async fn two_thousand_lines_are_a_page_and_characters_bound_it() {
        let text: String = (1..=5_000).flat_map(|number| [number.to_string(), "\n".to_owned()]).collect();
        let wide = format!("{}\n", "x".repeat(1_000)).repeat(500);
        let desk = Desk::with(&[("long", text.as_bytes()), ("wide", wide.as_bytes())]);
        let page = desk.ok("Read", json!({"file_path": "long"})).await;
        assert!(page.ends_with("  2000\t2000\n\n[Lines 1-2000 of 5000. Read on with offset 2001.]"), "{page}");
        let page = desk.ok("Read", json!({"file_path": "wide"})).await;
        assert!(page.contains("Read on with offset 91."), "{}", page.lines().last().unwrap());
    }

    #[tokio::test]
    async fn what_is_no_text_gets_clear_words() {
        let desk = Desk::with(&[
            ("empty", b""),
            ("program", b"\x7fELF\0\0"),
            ("doc.pdf", b"%PDF-1.7\n\0"),
            ("latin", b"caf\xe9\n"),
            ("wide", b"\xFF\xFEa\0\r\0\n\0b\0"),
            ("bom", b"\xEF\xBB\xBFa\n"),
            ("broken.ipynb", b"{"),
            ("broken.png", b"\x89PNG\r\n\x1a\n..."),
        ]);
        let read = |name: &str| desk.call("Read", json!({"file_path": name}));
        let mut all = String::new();
        for name in
            ["empty", "program", "doc.pdf", "latin", "wide", "bom", "broken.ipynb", "broken.png", ".", "progam", "no/x"]
        {
            let outcome = read(name).await;
            let mark = if outcome.is_error { "!" } else { " " };
            writeln!(all, "{mark} {name}: {}", desk.text(&outcome).trim_end()).unwrap();
        }
        insta::assert_snapshot!(all);
    }

    #[tokio::test]
    async fn pictures_and_notebooks_are_read() {
        let mut png = Vec::new();
        ::image::DynamicImage::new_rgb8(4, 3)
            .write_to(&mut std::io::Cursor::new(&mut png), ::image::ImageFormat::Png)
            .unwrap();
        let notebook = br#"{"cells": [{"cell_type": "code", "source": "1+1", "outputs": [{"text": "2"}]}]}"#;
        let desk = Desk::with(&[("a.png", &png), ("n.ipynb", notebook)]);
        let outcome = desk.call("Read", json!({"file_path": "a.png"})).await;
        assert_eq!(desk.text(&outcome), "a.png: image/png, 4×3 pixels.");
        assert!(matches!(outcome.parts.get(1), Some(ResultPart::Image(media)) if media.media_type == "image/png"));
        assert!(matches!(outcome.shown, Shown::Image { width: 4, height: 3, .. }));
        let text = desk.ok("Read", json!({"file_path": "n.ipynb"})).await;
        assert!(text.contains("     2\t1+1\n     3\t[output]\n     4\t2"), "{text}");
    }

    #[tokio::test]
    async fn a_cancelled_read_ends_and_a_pipe_does_not_hang() {
        let desk = Desk::new();
        std::process::Command::new("mkfifo").arg(desk.root.join("fifo")).status().unwrap();
        let error = desk.fails("Read", json!({"file_path": "fifo"})).await;
        assert!(error.contains("a named pipe"), "{error}");
        desk.context.cancel.cancel();
        let error = desk.fails("Read", json!({"file_path": "fifo"})).await;
        assert!(error.contains("Interrupted"), "{error}");
    }
}

mod changing {
    use proptest::prelude::*;

    use super::*;

    fn edit(old: &str, new: &str) -> Value {
        json!({"file_path": "a", "old_string": old, "new_string": new})
    }

    async fn desk_with_read(content: &[u8]) -> Desk {
        let desk = Desk::with(&[("a", content)]);
        desk.call("Read", json!({"file_path": "a"})).await;
        desk
    }

    #[tokio::test]
    async fn an_edit_shows_its_diff_and_keeps_the_file_before() {
        let desk = desk_with_read(b"one\ntwo\nthree\n").await;
        let outcome = desk.call("Edit", edit("two", "2\n2b")).await;
        assert_eq!(desk.bytes("a"), b"one\n2\n2b\nthree\n");
        assert_eq!(desk.text(&outcome), "Changed /p/a (+2 −1).");
        assert_eq!(outcome.summary, "+2 −1");
        assert_eq!(diff_counts(&outcome.shown), (2, 1, false));
        assert_eq!(
            outcome.changed,
            [crate::domain::FileChange { path: desk.root.join("a"), before: Some(b"one\ntwo\nthree\n".to_vec()) }]
        );
        // Our own change counts as read.
        desk.ok("Edit", edit("2b", "3")).await;
    }

    #[tokio::test]
    async fn a_file_must_be_read_first() {
        let desk = Desk::with(&[("a", b"one\n")]);
        assert_eq!(
            desk.fails("Edit", edit("one", "two")).await,
            "/p/a has not been read in this session. Read it first."
        );
        assert!(desk.fails("Write", json!({"file_path": "a", "content": "x"})).await.contains("has not been read"));
        desk.ok("Read", json!({"file_path": "a"})).await;
        desk.context.reads.forget_all();
        assert!(desk.fails("Edit", edit("one", "two")).await.contains("has not been read"));
        assert_eq!(desk.bytes("a"), b"one\n");
    }

    #[tokio::test]
    async fn a_change_on_disk_is_noticed() {
        let desk = desk_with_read(b"one\ntwo\n").await;
        desk.put("a", b"one\ntwo\nONE\n");
        // Unique in what is there now: accepted.
        desk.ok("Edit", edit("two", "2")).await;
        desk.put("a", b"one\none\n");
        let error = desk.fails("Edit", edit("one", "1")).await;
        assert!(error.contains("2 times (lines 1, 2)") && error.contains("changed on disk"), "{error}");
        let all = json!({"file_path": "a", "old_string": "one", "new_string": "1", "replace_all": true});
        assert!(desk.fails("Edit", all.clone()).await.contains("changed on disk"));
        assert!(desk.fails("Write", json!({"file_path": "a", "content": "x"})).await.contains("changed on disk"));
        desk.ok("Read", json!({"file_path": "a"})).await;
        desk.ok("Edit", all).await;
        assert_eq!(desk.bytes("a"), b"1\n1\n");
    }

    #[tokio::test]
    async fn a_page_is_not_enough_to_write_over_a_file() {
        let desk = Desk::with(&[("a", b"1\n2\n3\n")]);
        desk.ok("Read", json!({"file_path": "a", "limit": 2})).await;
        let write = json!({"file_path": "a", "content": "x"});
        assert!(desk.fails("Write", write.clone()).await.contains("Only a part"));
        desk.ok("Read", json!({"file_path": "a", "offset": 3})).await;
        desk.ok("Write", write).await;
    }

    #[tokio::test]
    async fn write_makes_folders_and_keeps_what_the_file_was() {
        let desk = Desk::new();
        let outcome = desk.call("Write", json!({"file_path": "x/y/z", "content": "one\n"})).await;
        assert_eq!(desk.text(&outcome), "Created /p/x/y/z (+1 −0).");
        assert_eq!(outcome.changed.first().unwrap().before, None);
        assert_eq!(diff_counts(&outcome.shown), (1, 0, true));

        desk.put("w", b"\xEF\xBB\xBFa\r\nb\r\n");
        fs::set_permissions(desk.root.join("w"), std::os::unix::fs::PermissionsExt::from_mode(0o750)).unwrap();
        desk.ok("Read", json!({"file_path": "w"})).await;
        desk.ok("Write", json!({"file_path": "w", "content": "c\nd\n"})).await;
        assert_eq!(desk.bytes("w"), b"\xEF\xBB\xBFc\r\nd\r\n");
        assert_eq!(desk.mode("w"), 0o750);
    }

    #[tokio::test]
    async fn links_stay_links() {
        let desk = desk_with_read(b"one").await;
        std::os::unix::fs::symlink("a", desk.root.join("link")).unwrap();
        desk.ok("Edit", json!({"file_path": "link", "old_string": "one", "new_string": "two"})).await;
        assert_eq!(desk.bytes("a"), b"two");
        assert!(fs::symlink_metadata(desk.root.join("link")).unwrap().is_symlink());
    }

    #[tokio::test]
    async fn encodings_are_kept_or_refused() {
        let desk = desk_with_read(b"\xFF\xFEa\0\r\0\n\0b\0").await;
        desk.ok("Edit", edit("a\nb", "c\nd")).await;
        assert_eq!(desk.bytes("a"), b"\xFF\xFEc\0\r\0\n\0d\0");
        let desk = desk_with_read(b"caf\xe9 one\n").await;
        let error = desk.fails("Edit", edit("one", "two")).await;
        assert!(error.contains("not valid UTF-8"), "{error}");
        assert_eq!(desk.bytes("a"), b"caf\xe9 one\n");
    }

    #[tokio::test]
    async fn all_edits_or_none() {
        let desk = desk_with_read(b"one\ntwo\n").await;
        let edits = |second: &str| {
            json!({"file_path": "a", "edits": [
            {"old_string": "one", "new_string": "1"}, {"old_string": second, "new_string": "x"}]})
        };
        let error = desk.fails("MultiEdit", edits("three")).await;
        assert!(error.contains("Edit 2 of 2") && error.contains("None of the edits"), "{error}");
        assert_eq!(desk.bytes("a"), b"one\ntwo\n");
        desk.ok("MultiEdit", edits("1\ntwo")).await;
        assert_eq!(desk.bytes("a"), b"x\n");
    }

    #[tokio::test]
    async fn an_empty_old_string_makes_a_new_file_only() {
        let desk = Desk::with(&[("full", b"x")]);
        desk.ok("Edit", edit("", "new\n")).await;
        assert_eq!(desk.bytes("a"), b"new\n");
        desk.ok("Read", json!({"file_path": "full"})).await;
        assert!(
            desk.fails("Edit", json!({"file_path": "full", "old_string": "", "new_string": "y"}))
                .await
                .contains("empty")
        );
    }

    #[tokio::test]
    async fn a_preview_changes_nothing_and_needs_no_read() {
        let desk = Desk::with(&[("a", b"one\n")]);
        let shown = preview("Edit", &edit("one", "two"), &desk.context.place).unwrap();
        assert_eq!(diff_counts(&shown.shown()), (1, 1, false));
        let shown = preview("Write", &json!({"file_path": "b", "content": "x\ny"}), &desk.context.place).unwrap();
        assert_eq!(diff_counts(&shown.shown()), (2, 0, true));
        assert!(preview("Edit", &edit("nowhere", "two"), &desk.context.place).is_none());
        assert!(preview("Bash", &json!({"command": "ls"}), &desk.context.place).is_none());
        assert_eq!(desk.bytes("a"), b"one\n");
        assert!(!desk.root.join("b").exists());
    }

    fn real(path: &Path) -> PathBuf {
        paths::facts(path).0
    }

    #[tokio::test]
    async fn a_change_at_the_last_moment_is_not_overwritten() {
        let desk = desk_with_read(b"one\n").await;
        let plan = edit::plan(&edit("one", "two"), &desk.context.place, (&real, Some(&desk.context.reads))).unwrap();
        desk.put("a", b"somebody else\n");
        let outcome = plan.carry_out(&desk.root, &desk.context.reads);
        assert!(
            outcome.is_error && desk.text(&outcome).contains("something else changed it"),
            "{}",
            desk.text(&outcome)
        );
        assert_eq!(desk.bytes("a"), b"somebody else\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn many_edits_are_all_or_none(
            text in "[abc\n]{0,30}", olds in proptest::collection::vec("[abc]{1,3}", 1..4), returns in any::<bool>(), bom in any::<bool>(),
        ) {
            let text = if returns { text.replace('\n', "\r\n") } else { text };
            let mark: &[u8] = if bom { b"\xEF\xBB\xBF" } else { b"" };
            let before = [mark, text.as_bytes()].concat();
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("a");
            fs::write(&path, &before).unwrap();
            let place = Place { cwd: dir.path().into(), project: dir.path().into(), added: Vec::new() };
            let edits: Vec<Value> = olds.iter().map(|old| json!({"old_string": old, "new_string": "Z\nZ"})).collect();
            let plan = multi_edit::plan(&json!({"file_path": "a", "edits": edits}), &place, (&real, None));
            let reads = ReadLedger::default();
            let Ok(plan) = plan else {
                prop_assert_eq!(fs::read(&path).unwrap(), before);
                return Ok(());
            };
            prop_assert!(!plan.carry_out(dir.path(), &reads).is_error);
            let after = fs::read(&path).unwrap();
            prop_assert!(after.starts_with(mark));
            let ends = text.ends_with('\n');
            let after = String::from_utf8(after).unwrap();
            prop_assert_eq!(after.ends_with('\n'), ends);
            prop_assert_eq!(after.matches('Z').count(), olds.len() * 2);
            if returns && text.contains('\n') {
                prop_assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
            } else {
                prop_assert!(!after.contains('\r'));
            }
        }
    }
}

mod searching {
    use super::*;

    fn project() -> Desk {
        let desk = Desk::with(&[
            (".gitignore", b"target/\n*.log\n"),
            ("src/main.rs", b"fn main() {\n    run();\n}\n"),
            ("src/lib/run.rs", b"pub fn run() {\n    // TODO\n    todo();\n}\n"),
            ("notes.md", b"# Run\ntodo later\n"),
            ("target/out.rs", b"fn run() {}\n"),
            (".git/config", b"run\n"),
            (".hidden/x.rs", b"run\n"),
            ("data.bin", b"run\0\x01\n"),
            ("a.log", b"run\n"),
        ]);
        // Times that do not depend on how fast the files were written.
        let names = ["notes.md", "src/main.rs", "src/lib/run.rs", ".hidden/x.rs", "data.bin", ".gitignore"];
        for (age, name) in (0_u64..).zip(names) {
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 - age);
            fs::File::open(desk.root.join(name)).unwrap().set_modified(time).unwrap();
        }
        desk
    }

    #[tokio::test]
    async fn glob_is_sorted_and_honours_ignore_files() {
        let desk = project();
        let glob = |pattern: &str| desk.ok("Glob", json!({"pattern": pattern}));
        assert_eq!(glob("**/*.rs").await, "src/main.rs\nsrc/lib/run.rs\n.hidden/x.rs");
        assert_eq!(glob("src/*.rs").await, "src/main.rs");
        assert_eq!(glob("*.{md,bin}").await, "notes.md\ndata.bin");
        assert_eq!(glob("src/main.rs").await, "src/main.rs");
        assert_eq!(glob(desk.root.join("src/**").to_str().unwrap()).await, "src/main.rs\nsrc/lib/run.rs");
        assert_eq!(glob("**/*.zig").await, "No files match.");
        // Asked for outright, an ignored folder is searched.
        assert_eq!(glob("target/*.rs").await, "target/out.rs");
        assert_eq!(glob("*.log").await, "a.log\n[Only files that .gitignore excludes match.]");
        assert!(desk.fails("Glob", json!({"pattern": "[a"})).await.contains("no valid glob pattern"));
        assert!(desk.fails("Glob", json!({"pattern": "*", "path": "nope"})).await.contains("not a folder"));
    }

    #[tokio::test]
    async fn glob_names_a_hundred() {
        let desk = Desk::new();
        for number in 0..130 {
            desk.put(&format!("f{number}"), b"");
        }
        let outcome = desk.call("Glob", json!({"pattern": "*"})).await;
        assert_eq!(outcome.summary, "130 files");
        assert!(desk.text(&outcome).ends_with("[The 100 newest of 130. Use a narrower pattern.]"));
    }

    #[tokio::test]
    async fn grep_in_its_modes() {
        let desk = project();
        let mut all = String::new();
        let cases = [
            json!({"pattern": "run"}),
            json!({"pattern": "run", "output_mode": "content"}),
            json!({"pattern": "run", "output_mode": "content", "-n": false, "type": "rust"}),
            json!({"pattern": "TODO", "-i": true, "output_mode": "count"}),
            json!({"pattern": "run", "path": "src/main.rs", "output_mode": "content", "-C": 1}),
            json!({"pattern": "run|}", "path": "src/main.rs", "output_mode": "content", "-B": "1", "-A": 0}),
            json!({"pattern": "\\{\\n.*TODO", "multiline": true, "output_mode": "content", "glob": "*.rs"}),
            json!({"pattern": "[a-z]+\\(", "-o": true, "output_mode": "content", "path": "src"}),
            json!({"pattern": "run", "glob": "*.md, *.rs", "head_limit": 1}),
            json!({"pattern": "run", "glob": "*.{md,rs}", "head_limit": 2, "offset": 1}),
            json!({"pattern": "run", "path": "target"}),
            json!({"pattern": "nowhere"}),
            json!({"pattern": "run$"}),
        ];
        for input in cases {
            let outcome = desk.call("Grep", input.clone()).await;
            let text = desk.text(&outcome).replace('\n', "\n  ");
            writeln!(all, "{input} => {}\n  {text}", outcome.summary).unwrap();
        }
        insta::assert_snapshot!(all);
    }

    #[tokio::test]
    async fn grep_says_what_is_wrong() {
        let desk = project();
        let fails = |input: Value| desk.fails("Grep", input);
        assert!(fails(json!({"pattern": "fn main("})).await.contains("Escape what is meant literally"));
        assert!(fails(json!({"pattern": "a\\nb"})).await.contains("set multiline"));
        assert!(fails(json!({"pattern": "a", "type": "klingon"})).await.contains("type klingon is not known"));
        assert!(fails(json!({"pattern": "a", "glob": "{a"})).await.contains("is not valid"));
        assert!(fails(json!({"pattern": "a", "path": "nope"})).await.contains("does not exist"));
        desk.context.cancel.cancel();
        assert!(fails(json!({"pattern": "a"})).await.contains("Interrupted"));
    }

    #[tokio::test]
    async fn grep_survives_huge_lines_and_results() {
        let desk =
            Desk::with(&[("long", "xy".repeat(600_000).as_bytes()), ("many", "hit\n".repeat(50_000).as_bytes())]);
        let text = desk.ok("Grep", json!({"pattern": "yx", "output_mode": "content", "path": "long"})).await;
        assert!(text.chars().count() < 600 && text.contains("line of 1200000 bytes"), "{}", text.len());
        let text = desk.ok("Grep", json!({"pattern": "hit", "output_mode": "content", "path": "many"})).await;
        assert_eq!(text.lines().count(), 251);
        assert!(text.ends_with("[There is more. Narrow the search, or go on with offset 250.]"));
        let text =
            desk.ok("Grep", json!({"pattern": "hit", "output_mode": "content", "path": "many", "head_limit": 0})).await;
        assert!(text.chars().count() <= 30_200);
        assert!(text.contains("There is more"));
    }

    #[tokio::test]
    async fn ls_is_a_tree() {
        let desk = project();
        desk.put("a\nb", b"");
        let outcome = desk.call("LS", json!({"path": ".", "ignore": ["*.bin"]})).await;
        insta::assert_snapshot!(desk.text(&outcome));
        for number in 0..500 {
            desk.put(&format!("big/{number}"), b"");
        }
        let text = desk.ok("LS", json!({"path": "."})).await;
        assert!(text.contains("big/ …") && text.contains("src/\n") && text.contains("Not everything"), "{text}");
        assert!(desk.fails("LS", json!({"path": "notes.md"})).await.contains("Use Read"));
        assert!(desk.fails("LS", json!({"path": "nope"})).await.contains("cannot be listed"));
    }
}

mod commands {
    use std::time::{Duration, Instant};

    use super::*;

    async fn bash(desk: &Desk, command: &str) -> ToolOutcome {
        desk.call("Bash", json!({"command": command})).await
    }

    /// Waits until something is so, with an end.
    async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(10), "never came: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn is_running(pid_file: &Path) -> bool {
        // A file that is there and empty yet names no process.
        let pid = fs::read_to_string(pid_file).ok().and_then(|text| text.trim().parse::<u32>().ok());
        let Some(pid) = pid else { return false };
        // A process that nobody has waited for yet is as good as gone.
        fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[tokio::test]
    async fn output_is_merged_in_order_and_codes_are_told() {
        let desk = Desk::new();
        let outcome = bash(&desk, "echo one; echo two >&2; echo three; exit 3").await;
        assert_eq!(desk.text(&outcome), "one\ntwo\nthree\n[Exit code 3.]");
        assert_eq!((outcome.summary.as_str(), outcome.is_error), ("exit 3", true));
        let outcome = bash(&desk, "true").await;
        assert_eq!((desk.text(&outcome).as_str(), outcome.summary.as_str()), ("(no output)", "no output"));
        let outcome = bash(&desk, "kill -9 $$").await;
        assert_eq!(desk.text(&outcome), "(no output)\n[Ended by signal 9.]");
        assert_eq!(desk.text(&bash(&desk, "printf 'a\\xff\\n1%%\\r2%%\\n'").await), "a\u{FFFD}\n2%");
        assert_eq!(desk.text(&bash(&desk, "cat; echo end").await), "end");
    }

    #[tokio::test]
    async fn colours_reach_neither_the_model_nor_the_person() {
        let desk = Desk::new();
        let outcome = bash(&desk, "printf '\\033[31mred\\033[0m \\033]0;title\\atext\\n'").await;
        assert_eq!(desk.text(&outcome), "red text");
        assert_eq!(outcome.shown, Shown::Text { text: "red text".into(), language: None });
    }

    #[tokio::test]
    async fn a_status_that_is_an_answer_is_no_failure() {
        let desk = Desk::with(&[("a", b"x\n"), ("b", b"y\n")]);
        for command in
            ["grep q a", "cat a | grep q", "diff a b >/dev/null", "LC_ALL=C [ a = b ]", "echo 'x;y' && test -e q"]
        {
            let outcome = bash(&desk, command).await;
            assert!(!outcome.is_error && outcome.summary == "exit 1", "{command}: {outcome:?}");
        }
        for command in ["false", "grep q nofile 2>/dev/null", "grep q a; false", "echo \"; grep\"; exit 1"] {
            assert!(bash(&desk, command).await.is_error, "{command}");
        }
    }

    #[tokio::test]
    async fn the_text_runs_as_it_is() {
        let desk = Desk::new();
        let tricky = "printf '%s|' 'a  b' \"c'd\" $'e\\tf' \\$x `echo g` \"$(echo 'h  i')\" # 'end\necho; cat <<'E'\n$HOME `x`\nE";
        assert_eq!(desk.text(&bash(&desk, tricky).await), "a  b|c'd|e\tf|$x|g|h  i|\n$HOME `x`");
        // Line numbers in messages are those of the text.
        let text = desk.text(&bash(&desk, "\nnosuchprogram").await);
        assert!(text.contains("line 2: nosuchprogram: command not found"), "{text}");
        let text = desk.text(&bash(&desk, "echo 'open").await);
        assert!(text.contains("unexpected EOF") && text.contains("[Exit code 2.]"), "{text}");
        // Neither tracing nor strict modes show the shell's report of its folder.
        assert_eq!(
            desk.text(&bash(&desk, "set -eux; set -o noclobber; echo a").await),
            "+ set -o noclobber\n+ echo a\na"
        );
        assert_eq!(desk.text(&bash(&desk, "trap 'echo mine' EXIT; exit 4").await), "mine\n[Exit code 4.]");
    }

    #[tokio::test]
    async fn the_environment_is_the_given_one() {
        let mut desk = Desk::new();
        desk.put("rc", b"echo from rc");
        let rc = desk.root.join("rc").to_str().unwrap().to_owned();
        let env = std::sync::Arc::make_mut(&mut desk.context.env);
        env.insert("MINE".to_owned(), "yes".to_owned());
        env.insert("BASH_ENV".to_owned(), rc.clone());
        env.insert("ENV".to_owned(), rc);
        env.insert("SHELLOPTS".to_owned(), "xtrace".to_owned());
        env.insert("BASH_FUNC_pwd%%".to_owned(), "() { echo fake; }".to_owned());
        let text = desk.text(&bash(&desk, "env | cut -d= -f1 | grep -v '^_$' | sort; pwd").await);
        assert_eq!(text, "MINE\nPATH\nPWD\nSHLVL\n/p");
    }

    #[tokio::test]
    async fn the_folder_lasts_inside_the_project_only() {
        let mut desk = Desk::with(&[("src/deep/a", b"")]);
        let outcome = bash(&desk, "cd src/deep && ls").await;
        assert_eq!(
            (desk.text(&outcome).as_str(), outcome.cwd.as_deref()),
            ("a", Some(desk.root.join("src/deep").as_path()))
        );
        desk.context.place.cwd = desk.root.join("src/deep");
        assert_eq!(bash(&desk, "pwd; (cd /)").await.cwd, None);
        let outcome = bash(&desk, "cd .. && false").await;
        assert_eq!(outcome.cwd, Some(desk.root.join("src")));
        let outcome = bash(&desk, "cd /usr && pwd").await;
        assert_eq!(desk.text(&outcome), "/usr\n[Shell cwd was reset to /p: /usr is outside.]");
        assert_eq!(outcome.cwd.as_deref(), Some(desk.root.as_path()));
        // A link out of the project is outside.
        std::os::unix::fs::symlink("/usr", desk.root.join("src/deep/out")).unwrap();
        assert!(desk.text(&bash(&desk, "cd out").await).contains("was reset"));
        fs::remove_dir_all(desk.root.join("src")).unwrap();
        let text = desk.text(&bash(&desk, "pwd").await);
        assert_eq!(text, "/p\n[The folder /p/src/deep is gone; this ran in /p.]");
        assert_eq!(fs::read_dir(&desk.context.outputs).unwrap().count(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_timeout_ends_the_grandchildren_and_keeps_the_output() {
        let desk = Desk::new();
        let command =
            "echo before; (sleep 1000 & echo $! > child; wait) & set -m; sleep 1000 & echo $! > job; sleep 1000";
        let outcome = desk.call("Bash", json!({"command": command, "timeout": 200})).await;
        let text = desk.text(&outcome);
        assert!(text.starts_with("before\n") && text.contains("\n[Timed out after 200 ms"), "{text}");
        assert_eq!((outcome.is_error, outcome.summary.as_str()), (true, "timed out"));
        until("their end", || !is_running(&desk.root.join("child")) && !is_running(&desk.root.join("job"))).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_cancel_ends_what_does_not_want_to_end() {
        let desk = Desk::new();
        let cancel = desk.context.cancel.clone();
        // Ignores TERM; another process leaves the group and keeps the pipe open.
        let command = "trap '' TERM; echo $$ > self; setsid sh -c 'echo $$ > away; exec sleep 1000' & while :; do sleep 0.05; done";
        let (own, away) = (desk.root.join("self"), desk.root.join("away"));
        let running = tool("Bash").run(json!({"command": command}), desk.context.clone());
        let running = tokio::spawn(running);
        until("both processes", || is_running(&own) && is_running(&away)).await;
        let start = Instant::now();
        cancel.cancel();
        let outcome = running.await.unwrap();
        let took = start.elapsed();
        assert!(desk.text(&outcome).contains("Interrupted by the person"));
        assert!(took < Duration::from_secs(1), "{took:?}");
        until("its end", || !is_running(&own)).await;
        let away = fs::read_to_string(away).unwrap();
        std::process::Command::new("kill").args(["-9", away.trim()]).status().unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_aborted_call_leaves_nothing_behind() {
        let desk = Desk::new();
        let pid = desk.root.join("pid");
        let running = tool("Bash").run(json!({"command": "echo $$ > pid; exec sleep 1000"}), desk.context.clone());
        let running = tokio::spawn(running);
        until("the process", || is_running(&pid)).await;
        running.abort();
        until("its end", || !is_running(&pid)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_background_process_holds_nobody_up_and_is_told() {
        let desk = Desk::new();
        let outcome = bash(&desk, "sleep 1000 & echo $! > pid; echo started").await;
        let text = desk.text(&outcome);
        assert!(text.starts_with("started\n[Background processes"), "{text}");
        let pid = desk.root.join("pid");
        assert!(is_running(&pid));
        crate::base::process::groups().count();
        std::process::Command::new("kill").arg(fs::read_to_string(&pid).unwrap().trim()).status().unwrap();
        until("its end", || !is_running(&pid)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_flood_is_bounded_and_kept_on_disk() {
        let mut desk = Desk::new();
        desk.context.limits.output_bytes = 1 << 20;
        desk.context.limits.result_chars = 2_000;
        let outcome = desk.call("Bash", json!({"command": "yes flood | head -c 8000000; echo the end"})).await;
        let text = desk.text(&outcome);
        assert!(text.starts_with("flood\nflood\n"));
        assert!(text.contains("The whole output (8.0 MB) is in /top/outputs/call_1.txt"), "{text}");
        assert!(text.ends_with("the end\n[Only the first 1.0 MB of the output are kept.]"), "{text}");
        assert!(text.chars().count() < 2_200);
        let kept = outcome.full_output.unwrap();
        assert_eq!(fs::metadata(&kept).unwrap().len(), 1 << 20);
        let mut live = 0;
        while let Ok(piece) = desk.live.try_recv() {
            live += piece.len();
        }
        assert!(live > 0 && live < 2 << 20, "{live}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_endless_flood_ends_with_its_timeout() {
        let desk = Desk::new();
        let outcome = desk.call("Bash", json!({"command": "yes", "timeout": 150})).await;
        let text = desk.text(&outcome);
        assert!(text.chars().count() < 30_500 && text.contains("[Timed out after 150 ms"), "{}", text.len());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn eight_run_at_once() {
        let desk = Desk::new();
        // Each waits until all eight are there, so they can only end together.
        let command = |number: usize| {
            format!("touch here.{number}; until [ $(ls here.* | wc -l) = 8 ]; do sleep 0.01; done; echo {number}")
        };
        let calls = (0..8).map(|number| {
            let mut context = desk.context.clone();
            context.call_id = format!("call_{number}");
            tokio::spawn(tool("Bash").run(json!({"command": command(number), "timeout": 20_000}), context))
        });
        let calls: Vec<_> = calls.collect();
        for (number, call) in calls.into_iter().enumerate() {
            assert_eq!(desk.text(&call.await.unwrap()), number.to_string());
        }
    }

    #[tokio::test]
    async fn the_person_runs_commands_by_the_same_rules() {
        let desk = Desk::new();
        let outcome = shell_command("echo hi; exit 2", desk.context.clone()).await;
        assert_eq!(desk.text(&outcome), "hi\n[Exit code 2.]");
        assert!(shell_command(" ", desk.context.clone()).await.is_error);
        let long = format!("echo {}", "x".repeat(3 << 20));
        assert!(desk.text(&shell_command(&long, desk.context.clone()).await).contains("could not be started"));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_command_has_no_terminal() {
        let desk = Desk::new();
        let text = desk.text(&bash(&desk, "echo x 2>/dev/null > /dev/tty || echo none").await);
        assert!(text.ends_with("none"), "{text}");
    }
}

mod parts {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    /// Twelve lines, the second, the sixth from the end and the last of which are replaced.
    const BEFORE: &str = "a1\na2\na3\na4\na5\na6\na7\na8\na9\na10\na11\na12\na13\na14\na15\na16\na17\na18\na19\na20\n";

    fn edits() -> Value {
        json!({"file_path": "a", "edits": [
            {"old_string": "a2\n", "new_string": "B2\n"},
            {"old_string": "a11\n", "new_string": "B11\nmore\n"},
            {"old_string": "a20\n", "new_string": ""},
        ]})
    }

    #[tokio::test]
    async fn only_the_chosen_parts_are_made_and_the_model_is_told_of_the_others() {
        let mut desk = Desk::with(&[("a", BEFORE.as_bytes())]);
        desk.ok("Read", json!({"file_path": "a"})).await;
        let shown = preview("MultiEdit", &edits(), &desk.context.place).unwrap();
        assert_eq!(shown.parts(), 3);
        for wrong in [&[][..], &[3], &[0, 9]] {
            assert!(shown.keep(wrong).is_err(), "{wrong:?}");
        }
        desk.context.terms.accepted = Some(Arc::new(shown.keep(&[1]).unwrap()));
        let outcome = desk.call("MultiEdit", edits()).await;
        assert_eq!(String::from_utf8(desk.bytes("a")).unwrap(), BEFORE.replace("a11\n", "B11\nmore\n"));
        assert_eq!(diff_counts(&outcome.shown), (2, 1, false));
        let told = desk.text(&outcome);
        assert!(told.contains("accepted 1 of the 3 parts"), "{told}");
        assert!(told.contains("-a2\n+B2") && told.contains("-a20") && !told.contains("+B11"), "{told}");
        // Our own change counts as read, so the work goes on from it.
        desk.context.terms.accepted = None;
        desk.ok("Edit", json!({"file_path": "a", "old_string": "a2\n", "new_string": "C\n"})).await;
    }

    #[tokio::test]
    async fn a_file_that_changed_after_the_choice_stays_as_it_is() {
        let mut desk = Desk::with(&[("a", BEFORE.as_bytes())]);
        desk.ok("Read", json!({"file_path": "a"})).await;
        let shown = preview("MultiEdit", &edits(), &desk.context.place).unwrap();
        desk.context.terms.accepted = Some(Arc::new(shown.keep(&[0]).unwrap()));
        let other = BEFORE.replace("a5", "x5");
        desk.put("a", other.as_bytes());
        let told = desk.fails("MultiEdit", edits()).await;
        assert!(told.contains("nothing was done"), "{told}");
        assert_eq!(desk.bytes("a"), other.as_bytes());
    }

    #[test]
    fn a_change_of_one_piece_and_a_new_file_have_no_parts() {
        let desk = Desk::with(&[("a", BEFORE.as_bytes())]);
        let one = json!({"file_path": "a", "old_string": "a12", "new_string": "b"});
        assert_eq!(preview("Edit", &one, &desk.context.place).unwrap().parts(), 0);
        let new = json!({"file_path": "b", "content": BEFORE});
        assert_eq!(preview("Write", &new, &desk.context.place).unwrap().parts(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// All parts are the whole change, and each part alone changes only its own lines.
        #[test]
        fn parts_add_up(lines in proptest::collection::vec("[ab]{0,2}\r?\n", 0..60), swaps in proptest::collection::vec((0..60_usize, "[xyz\n]{0,4}"), 1..6)) {
            let before: String = lines.concat();
            let mut after = lines.clone();
            for (at, text) in &swaps {
                if let Some(line) = after.get_mut(*at) {
                    *line = format!("{text}\n");
                }
            }
            let after = after.concat();
            let desk = Desk::with(&[("a", before.as_bytes())]);
            let input = json!({"file_path": "a", "content": after});
            let Some(shown) = preview("Write", &input, &desk.context.place) else { return Ok(()) };
            let count = shown.parts() as u32;
            if count == 0 {
                return Ok(());
            }
            let all: Vec<u32> = (0..count).collect();
            let whole = shown.keep(&all).unwrap();
            let plain = preview("Write", &input, &desk.context.place).unwrap();
            prop_assert_eq!(&whole.after, &plain.keep(&all).unwrap().after);
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let wanted = if before.contains("\r\n") && !before.replace("\r\n", "").contains('\n') && !after.contains('\r') {
                after.replace('\n', "\r\n")
            } else {
                after.clone()
            };
            prop_assert_eq!(text(&whole.after), wanted);
            for part in 0..count {
                let one = text(&shown.keep(&[part]).unwrap().after);
                prop_assert_ne!(&one, &before);
            }
        }
    }
}

mod terms {
    use std::collections::BTreeMap;
    use std::os::unix::fs::symlink;
    use std::sync::Arc;

    use super::*;
    use crate::domain::Unseen;

    fn settled(desk: &Desk, name: &str) -> Arc<BTreeMap<PathBuf, PathBuf>> {
        let path = desk.root.join(name);
        Arc::new(BTreeMap::from([(path.clone(), paths::facts(&path).0)]))
    }

    #[tokio::test]
    async fn a_link_that_came_after_the_verdict_is_not_followed() {
        let mut desk = Desk::with(&[("sub/a", b"one\n"), ("secret/a", b"key\n")]);
        desk.ok("Read", json!({"file_path": "sub/a"})).await;
        desk.context.terms.places = settled(&desk, "sub/a");
        // The folder is swapped for a link to another one, as a program in the background could do.
        fs::rename(desk.root.join("sub"), desk.root.join("old")).unwrap();
        symlink("secret", desk.root.join("sub")).unwrap();
        for (tool, input) in [
            ("Read", json!({"file_path": "sub/a"})),
            ("Edit", json!({"file_path": "sub/a", "old_string": "key", "new_string": "x"})),
            ("Write", json!({"file_path": "sub/a", "content": "x"})),
            ("Grep", json!({"path": "sub/a", "pattern": "key", "output_mode": "content"})),
        ] {
            let outcome = desk.call(tool, input).await;
            let text = desk.text(&outcome);
            assert!(!text.contains("key\n") && !text.contains("1:key"), "{tool}: {text}");
            assert_eq!(desk.bytes("secret/a"), b"key\n", "{tool}");
        }
        // The file itself likewise, also one that was to be made.
        fs::remove_file(desk.root.join("sub")).unwrap();
        fs::create_dir(desk.root.join("sub")).unwrap();
        desk.context.terms.places = settled(&desk, "sub/new");
        symlink("../secret/a", desk.root.join("sub/new")).unwrap();
        desk.fails("Write", json!({"file_path": "sub/new", "content": "x"})).await;
        desk.fails("Read", json!({"file_path": "sub/new"})).await;
        assert_eq!(desk.bytes("secret/a"), b"key\n");
        desk.context.terms.places = settled(&desk, "sub");
        fs::remove_dir_all(desk.root.join("sub")).unwrap();
        symlink("secret", desk.root.join("sub")).unwrap();
        for (tool, input) in [
            ("LS", json!({"path": desk.root.join("sub")})),
            ("Glob", json!({"path": "sub", "pattern": "*"})),
            ("Grep", json!({"path": "sub", "pattern": "key"})),
        ] {
            let outcome = desk.call(tool, input).await;
            let text = desk.text(&outcome);
            assert!(!text.contains("sub/a") && !text.contains("\na"), "{tool}: {text}");
        }
    }

    #[tokio::test]
    async fn what_must_not_be_seen_is_in_no_listing_and_no_search() {
        let mut desk = Desk::with(&[
            ("src/a.rs", b"needle\n"),
            ("src/.env", b"needle\n"),
            ("secrets/deep/key.pem", b"needle\n"),
            ("notes", b"needle\n"),
        ]);
        symlink(&desk.root, desk.root.parent().unwrap().join("link")).unwrap();
        desk.context.terms.unseen = Unseen::new(|path, _| {
            path.components().any(|part| part.as_os_str() == "secrets") || path.ends_with(".env")
        });
        let link = desk.root.parent().unwrap().join("link");
        for root in [desk.root.clone(), link] {
            for (tool, input) in [
                ("Grep", json!({"path": root, "pattern": "needle"})),
                ("Grep", json!({"path": root, "pattern": "needle", "output_mode": "content"})),
                ("Grep", json!({"path": root, "pattern": "needle", "output_mode": "count", "glob": "**/*"})),
                ("Glob", json!({"path": root, "pattern": "**/*"})),
                ("LS", json!({"path": root})),
            ] {
                let text = desk.ok(tool, input).await;
                assert!(text.contains("a.rs") && text.contains("notes"), "{tool}: {text}");
                let hidden = ["secrets", "key.pem", ".env"].iter().all(|name| !text.contains(name));
                assert!(hidden && text.contains("is left out"), "{tool}: {text}");
            }
        }
        desk.context.terms.unseen = Unseen::default();
        assert!(desk.ok("Glob", json!({"pattern": "**/*"})).await.contains("key.pem"));
    }
}
