//! Several agents on one task. There is one agent yet.
