//! Long sessions in parts against the same sessions as a whole.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{Earlier, FileMove, FilesBody, LibraryBody, Message, MoveKind, Origin, Todo, TodoState};
use crate::session::resting::path_of;

/// What was seen, and whether it counted.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen(Vec<(u64, bool)>);

impl Fold for Seen {
    fn take(&mut self, record: &Record, counts: bool) {
        self.0.push((record.seq, counts));
    }
}

const TINY: Bounds = Bounds { long: 600, tail: 400, part: 700 };

struct Place {
    _folder: tempfile::TempDir,
    store: Store,
}

fn id() -> SessionId {
    SessionId(uuid::Uuid::from_u128(9))
}

fn record(seq: u64, body: Body) -> Record {
    Record { seq, at: seq * 1_000, body }
}

fn place(bodies: Vec<Body>) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().to_owned());
    let mut log = store.create(id(), Path::new("/w")).unwrap();
    let first =
        Body::SessionStarted { format: 1, id: id(), version: "0".into(), cwd: "/w".into(), project: "/w".into() };
    for (seq, body) in (0..).zip(std::iter::once(first).chain(bodies)) {
        log.append(&record(seq, body)).unwrap();
    }
    Place { _folder: folder, store }
}

fn append(store: &Store, bodies: Vec<Body>) {
    store.annotate(id(), bodies, 7).unwrap();
}

fn prompt(turn: u32) -> Body {
    let message = Arc::new(Message::user(format!("prompt {turn} {}", "x".repeat(60))));
    Body::Prompted { turn, message, origin: Origin::Typed, typed: None }
}

fn body() -> impl Strategy<Value = Body> {
    let todo =
        |number: u32| Todo { content: number.to_string(), status: TodoState::Pending, active_form: String::new() };
    prop_oneof![
        4 => (1u32..9).prop_map(prompt),
        2 => "[a-z]{1,200}".prop_map(|text| Body::CallOutput { call_id: "c".into(), text }),
        1 => "[a-z]{1,9}".prop_map(|title| Body::TitleSet { title }),
        1 => (0u32..99).prop_map(move |number| Body::TodosSet { todos: vec![todo(number)] }),
        1 => (0u64..40).prop_map(|to| Body::Files(FilesBody::Moved(FileMove {
            kind: MoveKind::Undo, steps: Vec::new(), skipped: Vec::new(), conversation: Some(to),
        }))),
    ]
}

fn earlier(records: &[Record]) -> Option<(usize, &Earlier)> {
    records.iter().enumerate().find_map(|(at, record)| match &record.body {
        Body::Library(LibraryBody::Earlier(earlier)) => Some((at, &**earlier)),
        _ => None,
    })
}

/// What the records say that holds on, the last of each kind.
fn standing(records: &[Record]) -> (Option<String>, Option<Vec<Todo>>) {
    let (mut title, mut list) = (None, None);
    for record in records {
        match &record.body {
            Body::TitleSet { title: set } => title = Some(set.clone()),
            Body::TodosSet { todos } => list = Some(todos.clone()),
            _ => {}
        }
    }
    (title, list)
}

fn check(store: &Store) {
    let (all, _) = store.read(id()).unwrap();
    let opening = store.open_with::<Seen>(id(), TINY).unwrap();
    assert_eq!(opening.state, folded::<Seen>(&all));
    assert_eq!(opening.log.next_seq(), all.last().unwrap().seq + 1);
    let Some(outline) = opening.outline else { return assert_eq!(opening.records, all) };
    assert_eq!(standing(&opening.records), standing(&all));
    let mut records = opening.records;
    // Read on to the beginning, part by part.
    for _ in 0..200 {
        let Some((at, told)) = earlier(&records) else { break };
        let before = records[at].seq;
        let known = all.iter().position(|record| record.seq == before).unwrap();
        assert_eq!(told.records as usize, known);
        assert_eq!(
            told.prompts as usize,
            all[..known].iter().filter(|r| matches!(r.body, Body::Prompted { .. })).count()
        );
        let mut branches = Branches::default();
        all[..known].iter().for_each(|record| {
            branches.see(record);
        });
        assert_eq!(told.branches, branches);
        let mut older = store.part_before(id(), &outline, (before, None), TINY).unwrap();
        older.extend(records.drain(at + 1..));
        records = older;
    }
    assert_eq!(records, all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn parts_add_up_to_the_whole(
        first in prop::collection::vec(body(), 1..60),
        second in prop::collection::vec(body(), 0..30),
        third in prop::collection::vec(body(), 0..4),
    ) {
        let place = place(first);
        check(&place.store);
        append(&place.store, second);
        place.store.rest::<Seen>(id(), TINY).unwrap();
        append(&place.store, third);
        check(&place.store);
    }
}

#[test]
fn what_is_kept_is_thrown_away_when_it_does_not_fit_the_log() {
    let place = place((1..40).map(prompt).collect());
    let log = place.store.log(id(), Path::new("/w"));
    assert!(place.store.rest::<Seen>(id(), TINY).unwrap().is_some());
    let kept = path_of(&log);
    let whole = fs::read(&kept).unwrap();
    // It is really read: a state that says something else is believed as long as the log is the same.
    let other = String::from_utf8(whole.clone()).unwrap().replacen("[0,true]", "[0,false]", 1);
    fs::write(&kept, other).unwrap();
    let state = place.store.open_with::<Seen>(id(), TINY).unwrap().state;
    assert_eq!(state.0[0], (0, false));
    // Not for a log that is another one.
    let mut bytes = fs::read(&log).unwrap();
    let at = bytes.len() - 100;
    bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
    fs::write(&log, &bytes).unwrap();
    assert_eq!(place.store.open_with::<Seen>(id(), TINY).unwrap().state.0[0], (0, true));
    for junk in [&b"{"[..], b"", b"null", b"[[[[[[", &whole[..whole.len() / 2]] {
        fs::write(&kept, junk).unwrap();
        check(&place.store);
    }
}

#[test]
fn a_window_is_read_around_a_record() {
    let place = place((1..200).map(prompt).collect());
    let part = place.store.near(id(), Some(90), TINY).unwrap();
    let numbers: Vec<u64> = part.records.iter().map(|record| record.seq).collect();
    assert!(numbers.contains(&90) && part.more && numbers.len() < 40, "{numbers:?}");
    assert!(earlier(&part.records).is_some());
    let end = place.store.near(id(), None, TINY).unwrap();
    assert!(!end.more && end.records.last().unwrap().seq == 199 && end.records.len() < 40);
    let start = place.store.near(id(), Some(0), TINY).unwrap();
    assert!(start.more && earlier(&start.records).is_none() && start.records[0].seq == 0);
    let all = place.store.near(id(), Some(0), Bounds::default()).unwrap();
    assert!(!all.more && all.records.len() == 200);
}
