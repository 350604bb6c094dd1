//! The calls of one answer: what waits, what runs, what may start next.
//!
//! Calls that only read run together; the others in order, one by one. A call starts only when every
//! earlier call that may change something is done, because the model wrote them in that order.

use crate::domain::ToolCall;

/// All calls of one answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    slots: Vec<Slot>,
}

/// One call and how far it is.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) call: ToolCall,
    pub(super) state: State,
    pub(super) read_only: bool,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The gate has it.
    Judging,
    /// The person has it, as question of that number.
    Asked(u32),
    /// It may run as soon as its turn comes.
    Ready,
    Running,
    Done,
}

impl Batch {
    pub(super) fn add(&mut self, call: ToolCall) {
        self.slots.push(Slot { call, state: State::Judging, read_only: false });
    }

    pub(super) fn slot(&mut self, id: &str) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.call.id == id)
    }

    pub(super) fn call(&self, id: &str) -> Option<&ToolCall> {
        self.slots.iter().find(|slot| slot.call.id == id).map(|slot| &slot.call)
    }

    pub(super) fn asked(&mut self, ask: u32) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.state == State::Asked(ask))
    }

    /// Calls that wait for the person.
    pub(super) fn questions(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| matches!(slot.state, State::Asked(_)))
    }

    /// Calls that are not done.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.state != State::Done)
    }

    pub(super) fn is_done(&self) -> bool {
        self.unfinished().next().is_none()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Marks the calls that may start now as running and returns them.
    pub(super) fn start(&mut self, limit: usize) -> Vec<ToolCall> {
        let mut running = self.slots.iter().filter(|slot| slot.state == State::Running).count();
        let (mut earlier_done, mut writer_pending) = (true, false);
        let mut started = Vec::new();
        for slot in &mut self.slots {
            let free = if slot.read_only { !writer_pending } else { earlier_done };
            if slot.state == State::Ready && free && running < limit {
                slot.state = State::Running;
                running += 1;
                started.push(slot.call.clone());
            }
            if slot.state != State::Done {
                earlier_done = false;
                // A call that is still being judged or asked may turn out to change something.
                writer_pending |= !slot.read_only;
            }
        }
        started
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn batch(kinds: &[bool]) -> Batch {
        let mut batch = Batch::default();
        for (index, read_only) in kinds.iter().enumerate() {
            batch.add(ToolCall { id: index.to_string(), name: "T".into(), input: json!({}) });
            let slot = batch.slot(&index.to_string()).unwrap();
            slot.state = State::Ready;
            slot.read_only = *read_only;
        }
        batch
    }

    fn ids(calls: &[ToolCall]) -> Vec<&str> {
        calls.iter().map(|call| call.id.as_str()).collect()
    }

    #[test]
    fn readers_run_together_up_to_the_first_writer() {
        let mut batch = batch(&[true, true, false, true]);
        assert_eq!(ids(&batch.start(10)), ["0", "1"]);
        for id in ["0", "1"] {
            batch.slot(id).unwrap().state = State::Done;
        }
        assert_eq!(ids(&batch.start(10)), ["2"]);
        assert!(batch.start(10).is_empty());
        batch.slot("2").unwrap().state = State::Done;
        assert_eq!(ids(&batch.start(10)), ["3"]);
    }

    #[test]
    fn a_call_that_waits_for_the_person_holds_back_what_follows() {
        let mut batch = batch(&[true, true]);
        let first = batch.slot("0").unwrap();
        first.state = State::Asked(1);
        first.read_only = false;
        assert!(batch.start(10).is_empty());
    }

    proptest! {
        /// Whatever the mix and the order of finishing: every call runs once, and a call that writes
        /// never runs beside another.
        #[test]
        fn every_call_runs_once_and_writers_run_alone(kinds in prop::collection::vec(any::<bool>(), 1..12), limit in 1usize..5, picks in prop::collection::vec(any::<usize>(), 64)) {
            let mut batch = batch(&kinds);
            let mut running: Vec<String> = Vec::new();
            let mut finished = 0;
            let mut picks = picks.into_iter().cycle();
            while finished < kinds.len() {
                running.extend(batch.start(limit).into_iter().map(|call| call.id));
                prop_assert!(!running.is_empty() && running.len() <= limit);
                let writers = running.iter().filter(|id| !kinds[id.parse::<usize>().unwrap()]).count();
                prop_assert!(writers == 0 || running.len() == 1);
                let done = running.swap_remove(picks.next().unwrap() % running.len());
                batch.slot(&done).unwrap().state = State::Done;
                finished += 1;
            }
            prop_assert!(batch.is_done());
        }
    }
}
