//! Which files the session has read, and what they were then.

/// The record of reads. Shared by all calls of a session.
#[derive(Debug, Default)]
pub struct ReadLedger {}
