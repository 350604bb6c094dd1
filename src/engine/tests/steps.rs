//! Checkpoints, undo, rewind and forks through the whole engine, with the real tools.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use crate::session::Timeline;

fn call(name: &str, input: Value) -> Vec<StreamItem> {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let id = format!("call-{}", COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let call = ToolCall { id, name: name.into(), input };
    vec![
        StreamItem::BlockDone { index: 0, block: Block::ToolCall(call) },
        StreamItem::Done { stop: StopReason::ToolUse, usage: Some(Usage::default()) },
    ]
}

fn bench(root: &Arc<TempDir>, open: Open, answers: Vec<Vec<StreamItem>>) -> Bench {
    Bench::with(Arc::clone(root), open, answers, |setup| {
        setup.tools = crate::tools::registry();
        let allow = |rule: &str| RuleText {
            tier: crate::policy::Tier::Allow,
            text: rule.to_owned(),
            source: RuleSource { scope: RuleScope::User, file: None, line: None },
            anchor: setup.home.clone(),
        };
        setup.stage.rules = ["Bash", "Edit", "Write"].map(allow).to_vec();
        setup.stage.env = Arc::new(std::env::vars().filter(|(name, _)| name == "PATH").collect());
    })
}

/// Two steps: a file is written; another one is, by a command, with one removed.
fn two_steps(root: &Path) -> Vec<Vec<StreamItem>> {
    let path = root.join("project/a.txt");
    vec![
        call("Write", json!({ "file_path": path, "content": "one\n" })),
        text("written"),
        call("Bash", json!({ "command": "printf two > sub.txt && rm old.txt && printf 2 >> a.txt" })),
        text("run"),
    ]
}

async fn play_two_steps(root: &Arc<TempDir>) -> Bench {
    std::fs::create_dir_all(root.path().join("project")).unwrap();
    std::fs::write(root.path().join("project/old.txt"), "old").unwrap();
    let mut bench = bench(root, Open::New, two_steps(root.path()));
    for prompt in ["write it", "run it"] {
        bench.prompt(prompt).await;
        assert_eq!(bench.end().await, TurnEnd::Done);
    }
    bench
}

pub(super) fn files(root: &TempDir) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(root.path().join("project"))
        .unwrap()
        .flatten()
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}

pub(super) fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

async fn moved(bench: &mut Bench) -> FileMove {
    let record = bench.until(|body| matches!(body, Body::Files(FilesBody::Moved(_)))).await;
    let Body::Files(FilesBody::Moved(step)) = &record.body else { panic!("a move") };
    step.clone()
}

/// What the person said in the newest request.
fn said(bench: &Bench) -> Vec<String> {
    let heard = bench.script.heard.lock().unwrap();
    let request = heard.last().unwrap();
    let messages = request.segments.iter().filter_map(|segment| segment.as_message());
    messages
        .filter(|message| message.role == Role::User)
        .flat_map(|message| message.blocks.iter())
        .filter_map(|block| match block {
            Block::Text { text } if !text.starts_with("<system-reminder>") => Some(text.clone()),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn undo_takes_files_and_conversation_back_and_redo_brings_them_again() {
    let root = Arc::new(TempDir::new().unwrap());
    let mut bench = play_two_steps(&root).await;
    let end = pairs(&[("a.txt", "one\n2"), ("sub.txt", "two")]);
    assert_eq!(files(&root), end);

    bench.ask(Request::Files(FilesRequest::Undo)).await;
    let back = bench.live(|live| match live {
        Live::FilesNews(FilesNews::Back { prompt }) => Some(prompt),
        _ => None,
    });
    assert_eq!(back.await, "run it");
    assert_eq!(files(&root), pairs(&[("a.txt", "one\n"), ("old.txt", "old")]));
    bench.ask(Request::Files(FilesRequest::Redo)).await;
    assert_eq!(moved(&mut bench).await.kind, MoveKind::Redo);
    assert_eq!(files(&root), end);

    // Back to the start; then the model is asked as if nothing had been.
    bench
        .ask(Request::Files(FilesRequest::Rewind { turn: 1, files: true, conversation: true, chosen: Vec::new() }))
        .await;
    assert_eq!(moved(&mut bench).await.steps.len(), 3);
    assert_eq!(files(&root), pairs(&[("old.txt", "old")]));
    bench.script.answers.lock().unwrap().push_back(text("anew"));
    bench.prompt("another way").await;
    bench.end().await;
    assert_eq!(said(&bench), ["another way"]);

    // The same after a resume, which folds the log.
    drop(bench);
    let log = Store::new(root.path().join("data"));
    let id = log.list(None)[0].id;
    let mut again = loop {
        // The lock goes with the engine, which ends beside this test.
        if log.open(id).is_ok() {
            break self::bench(&root, Open::Latest, vec![text("still")]);
        }
        tokio::task::yield_now().await;
    };
    again.prompt("and on").await;
    again.end().await;
    assert_eq!(said(&again), ["another way", "and on"]);
    again.ask(Request::Files(FilesRequest::Undo)).await;
    moved(&mut again).await;
    again.ask(Request::Files(FilesRequest::Undo)).await;
    moved(&mut again).await;
    again.ask(Request::Files(FilesRequest::Undo)).await;
    assert_eq!(moved(&mut again).await.kind, MoveKind::Undo);
    assert_eq!(files(&root), end, "the rewind itself was undone");
}

#[tokio::test]
async fn a_preview_shows_what_would_be_and_the_persons_edit_stays() {
    let root = Arc::new(TempDir::new().unwrap());
    let mut bench = play_two_steps(&root).await;
    std::fs::write(root.path().join("project/sub.txt"), "mine").unwrap();
    bench.ask(Request::Files(FilesRequest::Preview { turn: 2 })).await;
    let preview = bench
        .live(|live| match live {
            Live::FilesNews(FilesNews::Preview(preview)) => Some(preview),
            _ => None,
        })
        .await;
    let told: Vec<(String, MoveAct, Option<SkipReason>)> =
        preview.files.iter().map(|file| (file.path.display().to_string(), file.act, file.skip.clone())).collect();
    assert_eq!(
        told,
        [
            ("a.txt".to_owned(), MoveAct::Change, None),
            ("old.txt".to_owned(), MoveAct::Create, None),
            ("sub.txt".to_owned(), MoveAct::Delete, Some(SkipReason::Edited)),
        ]
    );
    let files_only = FilesRequest::Rewind { turn: 2, files: true, conversation: false, chosen: Vec::new() };
    bench.ask(Request::Files(files_only)).await;
    assert_eq!(moved(&mut bench).await.skipped.len(), 1);
    assert_eq!(files(&root), pairs(&[("a.txt", "one\n"), ("old.txt", "old"), ("sub.txt", "mine")]));
    // The conversation stays, so the model hears what became of its files.
    bench.script.answers.lock().unwrap().push_back(text("I see"));
    bench.prompt("go on").await;
    bench.end().await;
    let heard = bench.script.heard.lock().unwrap();
    let last = heard.last().unwrap().segments.last().unwrap().as_message().unwrap().clone();
    assert!(format!("{last:?}").contains("took changes of files back"), "{last:?}");
}

#[tokio::test]
async fn one_hunk_is_taken_back_and_that_too_can_be_undone() {
    let root = Arc::new(TempDir::new().unwrap());
    let mut bench = play_two_steps(&root).await;
    let report = async |bench: &mut Bench| {
        bench
            .live(|live| match live {
                Live::FilesNews(FilesNews::Diff(report)) => Some(report),
                _ => None,
            })
            .await
    };
    bench.ask(Request::Files(FilesRequest::Diff { turn: Some(2) })).await;
    let second = report(&mut bench).await;
    let file = second.files.iter().find(|file| file.path == Path::new("a.txt")).unwrap().clone();
    assert!(file.current && file.diff.hunks.len() == 1 && second.files.len() == 3, "{second:?}");
    let revert = FilesRequest::RevertHunk { turn: Some(2), path: file.path, hunk: 0, seen: file.seen.unwrap() };
    bench.ask(Request::Files(revert.clone())).await;
    assert_eq!(moved(&mut bench).await.kind, MoveKind::Hunk);
    assert_eq!(files(&root)[0], ("a.txt".to_owned(), "one\n".to_owned()));
    // What is not what the person saw any more is not touched.
    report(&mut bench).await;
    bench.ask(Request::Files(revert)).await;
    let told = bench.live(|live| match live {
        Live::Notice(notice) => Some(notice.text),
        _ => None,
    });
    assert!(told.await.contains("look again"));
    bench.ask(Request::Files(FilesRequest::Undo)).await;
    moved(&mut bench).await;
    assert_eq!(files(&root)[0], ("a.txt".to_owned(), "one\n2".to_owned()));
}

#[tokio::test]
async fn a_fork_goes_on_from_before_a_step_and_the_parent_stays() {
    let root = Arc::new(TempDir::new().unwrap());
    let mut bench = play_two_steps(&root).await;
    let parent = bench.log();
    bench.ask(Request::Files(FilesRequest::Fork { before: Some(2) })).await;
    let back = bench.live(|live| match live {
        Live::FilesNews(FilesNews::Back { prompt }) => Some(prompt),
        _ => None,
    });
    assert_eq!(back.await, "run it");
    bench.script.answers.lock().unwrap().push_back(text("otherwise"));
    bench.prompt("do it otherwise").await;
    bench.end().await;
    assert_eq!(said(&bench), ["write it", "do it otherwise"]);
    assert!(bench.log().contains(&parent), "the parent's log is as it was");
    let store = Store::new(root.path().join("data"));
    let sessions = store.list(None);
    let fork = sessions.iter().find(|session| session.parent.is_some()).unwrap();
    assert_eq!((sessions.len(), fork.turns, fork.title.as_str()), (2, 2, "write it (fork)"));
    assert!(sessions.iter().any(|session| Some(session.id) == fork.parent));
    assert!(store.verify(None).unwrap().iter().all(crate::session::Checked::is_sound));
    // The first step is the fork's too: its content is shared.
    let (records, _) = store.read(fork.id).unwrap();
    assert_eq!(Timeline::of(&records).lines().iter().map(|line| line.files).collect::<Vec<_>>(), [1, 0]);
}

#[tokio::test]
async fn what_a_crash_cut_off_is_known_after_the_resume() {
    let root = Arc::new(TempDir::new().unwrap());
    let project = root.path().join("project");
    std::fs::create_dir_all(&project).unwrap();
    let store = Store::new(root.path().join("data"));
    let id = SessionId(uuid::Uuid::from_u128(5));
    let mut log = store.create(id, &project).unwrap();
    let path = project.canonicalize().unwrap().join("half.txt");
    let before = FileImage::File { blob: store.blobs().keep(b"before", true).unwrap(), bytes: 6, mode: 0o644 };
    let started =
        Body::SessionStarted { format: 1, id, version: "0".into(), cwd: project.clone(), project: project.clone() };
    let message = Arc::new(Message::user("edit it"));
    let prompted = Body::Prompted { turn: 1, message, origin: Origin::Typed, typed: None };
    let held = FilesBody::Held { call_id: "c".into(), turn: 1, files: vec![(path.clone(), before)] };
    for (seq, body) in [started, prompted, Body::Files(held)].into_iter().enumerate() {
        log.append(&Record { seq: seq as u64, at: 1, body }).unwrap();
    }
    drop(log);
    std::fs::write(&path, "after").unwrap();
    let mut bench = bench(&root, Open::Latest, Vec::new());
    let record = bench.until(|body| matches!(body, Body::Files(FilesBody::Changed { .. }))).await;
    let Body::Files(FilesBody::Changed { steps, .. }) = &record.body else { panic!("a change") };
    assert_eq!(steps.len(), 1);
    bench.ask(Request::Files(FilesRequest::Undo)).await;
    moved(&mut bench).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
}

#[tokio::test]
async fn a_session_that_is_open_elsewhere_can_be_copied() {
    let root = Arc::new(TempDir::new().unwrap());
    let first = play_two_steps(&root).await;
    let mut second = bench(&root, Open::Latest, vec![text("in the copy")]);
    let (id, title) = second
        .live(|live| match live {
            Live::FilesNews(FilesNews::Busy { id, title }) => Some((id, title)),
            _ => None,
        })
        .await;
    assert_eq!(title, "write it");
    second.ask(Request::Files(FilesRequest::ForkOf(id))).await;
    second.until(|body| matches!(body, Body::Resumed { .. })).await;
    second.prompt("on").await;
    second.end().await;
    assert_eq!(said(&second), ["write it", "run it", "on"]);
    drop(first);
}

#[tokio::test]
async fn a_resume_tells_what_changed_meanwhile_and_brings_the_draft_back() {
    let root = Arc::new(TempDir::new().unwrap());
    let mut bench = play_two_steps(&root).await;
    let place = FacePlace { record: 1, entry: 0, row: 0 };
    let state = FaceState { draft: "half a thought".into(), place: Some(place) };
    bench.ask(Request::Files(FilesRequest::Keep(state.clone()))).await;
    bench.ask(Request::Shutdown).await;
    while !matches!(bench.events.recv().await, Some(Event::Closed) | None) {}
    drop(bench);
    std::fs::write(root.path().join("project/a.txt"), "by hand").unwrap();
    std::fs::remove_file(root.path().join("project/sub.txt")).unwrap();
    let mut again = self::bench(&root, Open::Latest, vec![text("ok")]);
    let (mut told, mut restored) = (String::new(), None);
    while told.is_empty() || restored.is_none() {
        match again.events.recv().await.unwrap() {
            Event::Live(Live::Notice(notice)) if notice.text.starts_with("Since") => told = notice.text,
            Event::Live(Live::FilesNews(FilesNews::Restored(state))) => restored = Some(state),
            _ => {}
        }
    }
    assert!(told.contains("2 files") && told.contains("a.txt (changed)") && told.contains("sub.txt (gone)"), "{told}");
    assert_eq!(restored, Some(state));
    again.prompt("go on").await;
    again.end().await;
    let heard = again.script.heard.lock().unwrap();
    assert!(format!("{:?}", heard.last().unwrap().segments.last()).contains("read them again"));
}
