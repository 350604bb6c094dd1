//! What is known of a long log without holding it: places where one can begin to read, what stood before each of
//! them, and the tree of its records.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Body, Branches, Earlier, EarlierSpent, LibraryBody, ModelRef, Origin, PersonBody, Record, TeamBody,
};

/// Bytes between two places, at least; from here on the next prompt is one.
const SPACING: u64 = 1024 * 1024;
/// Bytes after which any record is a place, because no prompt comes.
const FAR: u64 = 16 * SPACING;
/// Models whose sums are kept apart; the rest is added to the last.
const MODELS: usize = 32;

/// The outline of the first bytes of a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outline {
    /// Bytes that it is about, up to the end of a line.
    pub(super) end: u64,
    /// One more than the highest number so far.
    pub(super) next_seq: u64,
    started: Option<Record>,
    sums: Sums,
    branches: Branches,
    /// What was said since the newest place and holds until it is said again.
    fresh: Vec<Record>,
    places: Vec<Place>,
    /// Bytes that lie between two places.
    spacing: u64,
}

/// A record that one can begin to read at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The byte and the number of the record.
    pub(super) at: u64,
    pub(super) seq: u64,
    records: u64,
    sums: Sums,
    standing: Vec<Record>,
}

/// Sums of all records before a place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Sums {
    prompts: u32,
    spent: Vec<EarlierSpent>,
}

impl Outline {
    /// An outline with places that lie so far apart.
    pub fn spaced(spacing: u64) -> Self {
        Self { spacing, ..Self::default() }
    }

    /// Takes in the next record, which stands at these bytes. True when the conversation was moved by it.
    pub fn see(&mut self, record: &Record, start: u64, end: u64) -> bool {
        self.place(record, start);
        let moved = self.branches.see(record);
        self.end = end;
        self.next_seq = self.next_seq.max(record.seq.saturating_add(1));
        if matches!(record.body, Body::SessionStarted { .. }) && self.started.is_none() {
            self.started = Some(record.clone());
        }
        if is_prompt(&record.body) {
            self.sums.prompts += 1;
        }
        self.sums.spend(&record.body);
        if let Some(kind) = standing(&record.body) {
            self.fresh.retain(|known| standing(&known.body) != Some(kind));
            self.fresh.push(record.clone());
        }
        moved
    }

    /// Lines behind it that hold no record that is known.
    pub(super) fn pass(&mut self, next_seq: u64, end: u64) {
        self.next_seq = self.next_seq.max(next_seq);
        self.end = self.end.max(end);
    }

    /// Bytes of the log that it is about.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The first record of the log.
    pub fn started(&self) -> Option<&Record> {
        self.started.as_ref()
    }

    /// The tree of its records.
    pub fn branches(&self) -> &Branches {
        &self.branches
    }

    /// The newest place with at least so many bytes behind it; none when the log is not that long.
    pub fn tail(&self, bytes: u64) -> Option<&Place> {
        self.before(self.end.checked_sub(bytes)?)
    }

    /// The newest place that does not lie behind that byte; none is the beginning.
    pub fn before(&self, at: u64) -> Option<&Place> {
        let after = self.places.partition_point(|place| place.at <= at);
        self.places.get(after.checked_sub(1)?)
    }

    /// The first place that does not lie before that byte.
    pub fn after(&self, at: u64) -> Option<&Place> {
        self.places.get(self.places.partition_point(|place| place.at < at))
    }

    /// The newest place whose record has not a higher number; none is the beginning.
    pub fn of_seq(&self, seq: u64) -> Option<&Place> {
        let after = self.places.partition_point(|place| place.seq <= seq);
        self.places.get(after.checked_sub(1)?)
    }

    /// What stands in the place of the records before it: how the session began, what was last said of things that
    /// hold on, and the sums.
    pub fn head(&self, place: &Place) -> Vec<Record> {
        let mut head: Vec<Record> = Vec::new();
        for before in self.places.iter().take_while(|before| before.at <= place.at) {
            for record in &before.standing {
                head.retain(|known| standing(&known.body) != standing(&record.body));
                head.push(record.clone());
            }
        }
        head.sort_by_key(|record| record.seq);
        if let Some(started) = self.started.clone().filter(|started| started.seq < place.seq) {
            head.insert(0, started);
        }
        let earlier = Earlier {
            records: place.records,
            bytes: place.at,
            prompts: place.sums.prompts,
            spent: place.sums.spent.clone(),
            branches: self.branches.until(place.records),
        };
        let at = head.last().map_or(0, |record| record.at);
        let body = Body::Library(LibraryBody::Earlier(Box::new(earlier)));
        head.push(Record { seq: place.seq, at, body });
        head
    }

    /// Makes a place of a record, where it is time for one.
    fn place(&mut self, record: &Record, start: u64) {
        let spacing = if self.spacing == 0 { SPACING } else { self.spacing };
        let since = start.saturating_sub(self.places.last().map_or(0, |place| place.at));
        if since < spacing || (!is_prompt(&record.body) && since < FAR.min(spacing.saturating_mul(16))) {
            return;
        }
        let standing = std::mem::take(&mut self.fresh);
        let (records, sums) = (self.branches.len(), self.sums.clone());
        self.places.push(Place { at: start, seq: record.seq, records, sums, standing });
    }
}

impl Sums {
    fn spend(&mut self, body: &Body) {
        let Some((usage, cost)) = body.paid() else { return };
        let model = model_of(body);
        let known = self.spent.iter().position(|spent| spent.model == model);
        let at = known.unwrap_or_else(|| {
            if self.spent.len() < MODELS {
                self.spent.push(EarlierSpent { model, ..EarlierSpent::default() });
            }
            self.spent.len() - 1
        });
        let Some(spent) = self.spent.get_mut(at) else { return };
        spent.usage += usage;
        spent.requests += 1;
        match cost {
            Some(dollars) => spent.dollars += dollars,
            None => spent.unpriced += 1,
        }
    }
}

fn is_prompt(body: &Body) -> bool {
    matches!(body, Body::Prompted { origin, .. } if *origin != Origin::Harness)
}

fn model_of(body: &Body) -> Option<ModelRef> {
    match body {
        Body::Responded(note) => note.message.by.clone(),
        Body::Classified(note) => Some(note.model.clone()),
        Body::Team(TeamBody::AgentSpent(spent)) => Some(spent.model.clone()),
        _ => None,
    }
}

/// What a record says that holds until the next of its kind.
fn standing(body: &Body) -> Option<u8> {
    Some(match body {
        Body::TitleSet { .. } => 0,
        Body::ModelSet { .. } => 1,
        Body::ModeSet { .. } => 2,
        Body::CwdSet { .. } | Body::Resumed { .. } => 3,
        Body::QueueSet { .. } => 4,
        Body::TodosSet { .. } => 5,
        Body::Team(TeamBody::TasksSet { .. }) => 6,
        Body::Team(TeamBody::Person(PersonBody::PlanProposed { .. })) => 7,
        _ => return None,
    })
}
