//! Ids that sort by the time at which they were made.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Makes ids. Tests hand in one that counts.
pub trait Ids: Send + Sync + fmt::Debug {
    fn next(&self) -> Uuid;
}

/// A shared source of ids.
pub type SharedIds = Arc<dyn Ids>;

/// Version 7: time first, then chance.
#[derive(Debug)]
pub struct TimeIds;

impl Ids for TimeIds {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Counts from 1, for tests.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1))
    }
}
