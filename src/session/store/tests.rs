//! Tests of the store and of what it is made of: logs, their damage, the list.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    BlobId, Block, Body, FileImage, FileStep, FilesBody, Message, ModelRef, NoticeLevel, Origin, ResponseNote,
    StopReason, ToolCall, Usage, Wire,
};

const PROJECT: &str = "/home/me/my project";

struct Place {
    folder: tempfile::TempDir,
    store: Store,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("data"));
    Place { folder, store }
}

fn id(number: u128) -> SessionId {
    SessionId(uuid::Uuid::from_u128(number << 96))
}

fn started(id: SessionId, project: &str) -> Body {
    Body::SessionStarted { format: 1, id, version: "0".into(), cwd: project.into(), project: project.into() }
}

fn prompted(text: &str) -> Body {
    Body::Prompted { turn: 1, message: Arc::new(Message::user(text)), origin: Origin::Typed, typed: None }
}

fn responded(cost: Option<f64>) -> Body {
    let call = ToolCall::parse("c".into(), "Read".into(), r#"{"file_path":"/a"}"#);
    let blocks = vec![Block::Text { text: "é — 漢".into() }, Block::ToolCall(call)];
    Body::Responded(ResponseNote {
        request: 1,
        message: Arc::new(Message::assistant(blocks, ModelRef::new(Wire::Anthropic, "m"))),
        stop: StopReason::ToolUse,
        usage: Usage { input: 10, cache_read: 100, output: 5, ..Usage::default() },
        estimated: false,
        cost,
        duration_ms: 3,
        cut: false,
    })
}

/// Writes a session of these bodies, at the times 1,000, 1,001, …
fn write(store: &Store, id: SessionId, project: &str, bodies: Vec<Body>) -> PathBuf {
    let mut log = store.create(id, Path::new(project)).unwrap();
    append(&mut log, bodies);
    log.path().to_path_buf()
}

fn append(log: &mut Log, bodies: Vec<Body>) {
    for body in bodies {
        let seq = log.next_seq();
        log.append(&Record { seq, at: 1_000 + seq, body }).unwrap();
    }
}

fn sample(store: &Store, id: SessionId) -> PathBuf {
    write(store, id, PROJECT, vec![started(id, PROJECT), prompted("do it"), responded(Some(0.5))])
}

#[test]
fn what_was_written_is_read_and_the_session_goes_on() {
    let place = place();
    let path = sample(&place.store, id(1));
    assert!(path.ends_with(format!("sessions/-home-me-my-project/{}.jsonl", id(1))), "{path:?}");
    let (records, mut log, notices) = place.store.open(id(1)).unwrap();
    assert_eq!((records.len(), log.next_seq(), notices.len()), (3, 3, 0));
    append(&mut log, vec![Body::Cleared]);
    log.sync().unwrap();
    drop(log);
    let (records, _) = place.store.read(id(1)).unwrap();
    assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(records[2].body, responded(Some(0.5)));
}

#[cfg(unix)]
#[test]
fn files_and_folders_are_the_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    let path = sample(&place.store, id(1));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&path.with_extension("lock")), 0o600);
    place.store.list(None);
    assert_eq!(mode(&path.with_file_name("index.json")), 0o600);
    for folder in path.ancestors().skip(1).take(3) {
        assert_eq!(mode(folder), 0o700, "{folder:?}");
    }
}

#[test]
fn one_writer_at_a_time_and_readers_at_any_time() {
    let place = place();
    sample(&place.store, id(1));
    let first = place.store.open(id(1)).unwrap();
    let second = place.store.open(id(1));
    assert!(
        matches!(second, Err(Error::Locked { id: held, holder: Some(process) }) if held == id(1) && process == std::process::id())
    );
    assert_eq!(place.store.read(id(1)).unwrap().0.len(), 3);
    drop(first);
    place.store.open(id(1)).unwrap();
    assert!(matches!(place.store.create(id(1), Path::new(PROJECT)), Err(Error::Io { .. })));
}

#[test]
fn damaged_lines_are_named_and_skipped() {
    let place = place();
    let path = sample(&place.store, id(1));
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let swapped = lines[1].replace("do it", "do no");
    let foreign = r#"{"seq":9,"at":1,"body":{"dreamt":{}}}"#;
    let foreign = format!(r#"{{"crc":"{:08x}","record":{foreign}}}"#, crc32fast::hash(foreign.as_bytes()));
    let text = [lines[0], "", "garbage \u{1b}[2J", &swapped, &foreign, lines[2], ""].join("\n");
    fs::write(&path, &text).unwrap();
    let (records, log, notices) = place.store.open(id(1)).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(log.next_seq(), 10, "a record of another version keeps its number");
    let texts: Vec<&str> = notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts[0].contains("jsonl, line 3: this line was skipped because it is not a record"), "{texts:?}");
    assert!(texts[1].contains("jsonl, line 4: this line was skipped because its check sum is wrong"), "{texts:?}");
    assert!(texts[2].contains("line 5: 1 record(s) were written by another version"), "{texts:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "nothing was overwritten");
}

#[test]
fn a_file_of_garbage_gives_few_notices() {
    let place = place();
    let path = sample(&place.store, id(1));
    fs::write(&path, "nonsense\n".repeat(1_000)).unwrap();
    let (records, notices) = place.store.read(id(1)).unwrap();
    assert!(records.is_empty());
    assert_eq!(notices.len(), 6);
    assert!(notices[5].text.contains("1000 lines in all"));
}

#[test]
fn a_torn_end_is_kept_beside_the_log() {
    let place = place();
    let path = sample(&place.store, id(1));
    let whole = fs::read(&path).unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"crc\":\"12").unwrap();
    let (records, mut log, notices) = place.store.open(id(1)).unwrap();
    assert_eq!(records.len(), 3);
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].level, NoticeLevel::Warning);
    assert!(notices[0].text.contains("line 4: the last record was cut off while it was written; 10 bytes"));
    assert_ne!(fs::read(&path).unwrap(), whole, "opening alone changes nothing");
    append(&mut log, vec![Body::Cleared]);
    assert!(fs::read(&path).unwrap().starts_with(&whole));
    assert_eq!(fs::read(path.with_extension("torn")).unwrap(), b"{\"crc\":\"12\n");
    assert_eq!(place.store.read(id(1)).unwrap().1, []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A process killed at any moment leaves a beginning of the file.
    #[test]
    fn any_beginning_of_a_log_loads_and_goes_on(cut in 0.0_f64..=1.0) {
        let place = place();
        let path = sample(&place.store, id(1));
        let bytes = fs::read(&path).unwrap();
        let cut = (bytes.len() as f64 * cut) as usize;
        fs::write(&path, &bytes[..cut]).unwrap();
        let newlines = String::from_utf8_lossy(&bytes[..cut]).matches('\n').count();
        let (records, mut log, _) = place.store.open(id(1)).unwrap();
        // A record is whole with its last brace; the newline behind it may be missing.
        let is_whole = bytes.get(cut) == Some(&b'\n');
        prop_assert_eq!(records.len(), newlines + usize::from(is_whole));
        append(&mut log, vec![Body::Cleared, prompted("on")]);
        drop(log);
        let (after, notices) = place.store.read(id(1)).unwrap();
        prop_assert_eq!(after.len(), records.len() + 2);
        prop_assert_eq!(&after[..records.len()], &records[..]);
        prop_assert_eq!(notices.len(), 0);
    }

    #[test]
    fn no_bytes_make_reading_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let place = place();
        let path = sample(&place.store, id(1));
        fs::write(&path, bytes).unwrap();
        let (_, mut log, _) = place.store.open(id(1)).unwrap();
        append(&mut log, vec![prompted("on")]);
        prop_assert!(place.store.read(id(1)).unwrap().0.last().is_some());
        place.store.list(None);
    }
}

#[test]
fn the_list_shows_what_the_logs_say_and_follows_them() {
    let place = place();
    let store = &place.store;
    let other = "/home/me/my_project";
    sample(store, id(1));
    write(store, id(2), PROJECT, vec![started(id(2), PROJECT)]);
    write(store, id(3), other, vec![started(id(3), other), prompted(&"long  line\n".repeat(40)), responded(None)]);
    let mine = store.list(Some(Path::new(PROJECT)));
    assert_eq!(mine.len(), 1, "another project of the same folder and a session without prompt are left out");
    assert_eq!((mine[0].id, mine[0].title.as_str(), mine[0].turns), (id(1), "do it", 1));
    assert_eq!((mine[0].cost, mine[0].tokens, mine[0].started, mine[0].updated), (Some(0.5), 115, 1_000, 1_002));

    let (_, mut log, _) = store.open(id(1)).unwrap();
    let model = ModelRef::new(Wire::Anthropic, "opus");
    append(
        &mut log,
        vec![
            Body::TitleSet { title: "The\ntitle".into() },
            Body::ModelSet { model, effort: None },
            prompted("more"),
            responded(Some(0.25)),
        ],
    );
    let all = store.list(None);
    assert_eq!(all.iter().map(|session| session.id).collect::<Vec<_>>(), [id(1), id(3)]);
    assert_eq!((all[0].title.as_str(), all[0].turns, all[0].cost), ("The title", 2, Some(0.75)));
    assert_eq!(all[0].model.as_deref(), Some("opus"));
    assert_eq!(all[1].cost, None, "an unknown price is not zero");
    assert_eq!((all[1].title.as_str(), all[1].prompt.chars().count()), ("long line", 121));
    assert_eq!(store.latest(Path::new(PROJECT)), Some(id(1)));
    assert_eq!(store.latest(Path::new("/nowhere")), None);
    assert_eq!(Store::new("/nowhere/at/all".into()).list(None), []);
}

#[test]
fn a_broken_index_is_made_again() {
    let place = place();
    let path = sample(&place.store, id(1));
    let listed = place.store.list(None);
    fs::write(path.with_file_name("index.json"), "{broken").unwrap();
    assert_eq!(place.store.list(None), listed);
    fs::remove_file(path.with_file_name("index.json")).unwrap();
    assert_eq!(place.store.list(None), listed);
}

#[test]
fn a_session_is_found_by_id_prefix_and_title() {
    let place = place();
    let store = &place.store;
    sample(store, id(0xabcd_0001));
    sample(store, id(0xabcd_0002));
    write(store, id(7), PROJECT, vec![Body::TitleSet { title: "seven".into() }, prompted("x")]);
    assert_eq!(store.find(&id(7).to_string()).unwrap(), id(7));
    assert_eq!(store.find("ABCD0002").unwrap(), id(0xabcd_0002));
    assert_eq!(store.find(" seven ").unwrap(), id(7));
    let unclear = store.find("abcd").unwrap_err();
    assert!(unclear.to_string().contains("could be 2 sessions (abcd0001-"), "{unclear}");
    assert!(store.find("do it").unwrap_err().to_string().contains("give more of the id"));
    for text in ["", "abc", "../../etc/passwd", "00000000-0000-0000-0000-000000000009"] {
        assert!(matches!(store.find(text), Err(Error::NotFound { .. })), "{text}");
    }
}

#[test]
fn folders_are_named_after_projects_and_bounded() {
    assert_eq!(slug(Path::new("/srv/A b/ü.x")), "-srv-A-b---x");
    let long = format!("/{}", "d/".repeat(300));
    let name = slug(Path::new(&long));
    assert_eq!(name.len(), 209);
    assert_ne!(name, slug(Path::new(&format!("{long}e"))));
}

#[test]
fn outputs_stand_beside_the_log() {
    let place = place();
    let path = sample(&place.store, id(1));
    assert_eq!(place.store.outputs(id(1)), path.with_extension("").join("outputs"));
    assert_eq!(place.store.open(id(1)).unwrap().1.outputs(), place.store.outputs(id(1)));
    assert!(place.store.outputs(id(9)).starts_with(place.store.data.join("sessions")));
}

#[test]
fn a_sound_session_is_sound_and_every_kind_of_damage_is_named() {
    let place = place();
    let blobs = place.store.blobs();
    let blob = blobs.keep(b"before", true).unwrap();
    let step = |blob| FileStep {
        path: "/p/a".into(),
        before: FileImage::File { blob, bytes: 6, mode: 0o644 },
        after: FileImage::Absent,
    };
    let changed = |blob| {
        Body::Files(FilesBody::Changed { call_id: "c".into(), turn: 1, steps: vec![step(blob)], gaps: Vec::new() })
    };
    let bodies = vec![started(id(1), PROJECT), prompted("do it"), responded(None), changed(blob)];
    let path = write(&place.store, id(1), PROJECT, bodies);
    let found = place.store.verify(Some(id(1))).unwrap();
    assert!(found[0].is_sound(), "{found:?}");
    assert_eq!((found[0].records, found[0].open_calls, found[0].unknown), (4, 1, 0));

    // A sub-agent's log is checked with it; another format, a wrong name, a lost content, foreign lines are named.
    let agents = path.with_extension("").join("agents");
    fs::create_dir_all(&agents).unwrap();
    let chain = agents.join("helper-1.jsonl");
    let mut lines = String::new();
    let newer = match started(id(9), PROJECT) {
        Body::SessionStarted { id, version, cwd, project, .. } => {
            Body::SessionStarted { format: 99, id, version, cwd, project }
        }
        other => other,
    };
    for (seq, body) in [(0, newer), (7, changed(BlobId::of(b"gone"))), (3, Body::Cleared)] {
        let mut line = Vec::new();
        crate::session::line::encode(&Record { seq, at: 1, body }, &mut line).unwrap();
        lines.push_str(&String::from_utf8(line).unwrap());
    }
    lines.push_str("{\"type\":\"user\",\"uuid\":\"x\"}\n\nnoise\n{\"crc\":\"0000");
    fs::write(&chain, lines).unwrap();
    let found = place.store.verify(Some(id(1))).unwrap();
    assert_eq!((found.len(), found[0].is_sound(), found[1].torn_bytes), (2, true, 12));
    let told: Vec<(Option<u64>, &str)> =
        found[1].problems.iter().map(|problem| (problem.line, problem.what.as_str())).collect();
    let has = |line, words: &str| told.iter().any(|(at, what)| *at == line && what.contains(words));
    assert!(has(Some(1), "version 99 is newer"), "{told:?}");
    assert!(has(Some(2), "kept content is not there"), "{told:?}");
    assert!(has(Some(3), "record 3 stands after record 7"), "{told:?}");
    assert!(has(Some(4), "not a record of Latigo") && has(Some(6), "damaged"), "{told:?}");
    assert_eq!(told.len(), 5, "{told:?}");
}

#[test]
fn what_a_newer_version_wrote_is_read_and_not_written() {
    let place = place();
    let newer = Body::SessionStarted {
        format: 99,
        id: id(2),
        version: "9".into(),
        cwd: PROJECT.into(),
        project: PROJECT.into(),
    };
    let path = write(&place.store, id(2), PROJECT, vec![newer]);
    let before = fs::read(&path).unwrap();
    assert!(matches!(place.store.open(id(2)), Err(Error::Newer { format: 99, .. })));
    assert_eq!(place.store.read(id(2)).unwrap().0.len(), 1);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_fork_is_listed_with_its_parent() {
    let place = place();
    let forked = Body::Files(FilesBody::Forked { parent: id(1), records: 2 });
    write(&place.store, id(3), PROJECT, vec![started(id(3), PROJECT), prompted("do it"), forked]);
    assert_eq!(place.store.list(None)[0].parent, Some(id(1)));
}

#[test]
fn the_trash_is_emptied_only_when_that_is_asked_for() {
    let place = place();
    for number in 1..=2 {
        let mut log = place.store.create(id(number), Path::new(PROJECT)).unwrap();
        log.append(&Record { seq: 0, at: 1, body: started(id(number), PROJECT) }).unwrap();
    }
    fs::create_dir_all(place.store.outputs(id(1))).unwrap();
    fs::write(place.store.outputs(id(1)).join("r1.txt"), "1234567").unwrap();
    place.store.trash(id(1)).unwrap();
    let (sessions, bytes) = place.store.empty_trash(false).unwrap();
    assert!(sessions == 1 && bytes > 7, "{bytes}");
    assert_eq!(place.store.trashed(), [id(1)], "only told");
    assert_eq!(place.store.empty_trash(true).unwrap(), (sessions, bytes));
    assert!(place.store.trashed().is_empty() && place.store.restore(id(1)).is_err());
    assert_eq!(place.store.empty_trash(true).unwrap(), (0, 0));
    assert!(place.store.read(id(2)).is_ok(), "what is not in the trash stays");
}

/// Whatever stands in a session's file, nothing outside the data folder is read or written by it, and the list lives.
#[test]
fn hostile_session_files_do_no_harm() {
    let place = place();
    let outside = place.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x.jsonl"), "mine").unwrap();
    let folder = place.store.log(id(1), Path::new(PROJECT)).parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    let line =
        |record: &str| format!("{{\"crc\":\"{:08x}\",\"record\":{record}}}\n", crc32fast::hash(record.as_bytes()));
    let path_id = r#"{"seq":0,"at":1,"body":{"session_started":{"format":1,"id":"../../outside/x","version":"0","cwd":"/","project":"/"}}}"#;
    let climbing = r#"{"seq":1,"at":1,"body":{"session_started":{"format":1,"id":"00000000-0000-0000-0000-000000000000","version":"0","cwd":"../..","project":"../../outside"}}}"#;
    let title = r#"{"seq":2,"at":1,"body":{"title_set":{"title":"\u001b]0;gone\u0007\u001b[2J../../x"}}}"#;
    let huge = r#"{"seq":18446744073709551615,"at":18446744073709551615,"body":{"title_set":{"title":"end"}}}"#;
    let deep = format!("{{\"seq\":4,\"at\":1,\"body\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let prompt = serde_json::to_string(&Record { seq: 3, at: 1, body: prompted("hi") }).unwrap();
    let long = "x".repeat(3 << 20);
    let all = [line(path_id), line(climbing), line(title), line(&prompt), line(&deep), line(huge)].concat();
    let files = [
        all.clone().into_bytes(),
        format!("{all}{long}\n{{\"crc\":").into_bytes(),
        vec![0xff; 4_096],
        b"[]\nnull\n\"x\"\n{}\n".to_vec(),
        Vec::new(),
    ];
    for (number, bytes) in (1..).zip(&files) {
        fs::write(folder.join(format!("{}.jsonl", id(number))), bytes).unwrap();
    }
    for name in ["..jsonl", "not-an-id.jsonl", "%2e%2e.jsonl", "00000000-0000-0000-0000-00000000000g.jsonl"] {
        fs::write(folder.join(name), &all).unwrap();
    }
    let listed: Vec<SessionId> = place.store.list(None).into_iter().map(|session| session.id).collect();
    assert!(listed.contains(&id(1)) && listed.iter().all(|known| (1..=5).any(|number| *known == id(number))));
    for number in 1..=5 {
        let id = id(number);
        if let Ok((records, ..)) = place.store.read(id) {
            assert!(records.len() <= 6);
        }
        place.store.verify(Some(id)).unwrap();
        // Going on with it appends behind what is there, or says why not.
        if let Ok((_, mut log, _)) = place.store.open(id) {
            let seq = log.next_seq();
            log.append(&Record { seq, at: 2, body: prompted("on") }).unwrap();
        }
        place.store.ends(id, 64).unwrap();
        place.store.trash(id).unwrap();
        place.store.restore(id).unwrap();
    }
    assert!(place.store.find("../../outside/x").is_err());
    assert_eq!(fs::read_to_string(outside.join("x.jsonl")).unwrap(), "mine");
    let beside: Vec<_> = fs::read_dir(place.folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(beside.len(), 2, "{beside:?}");
}
