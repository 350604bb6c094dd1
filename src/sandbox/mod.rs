//! Confines a process. Nothing confines yet; the room will hold probes and profiles.
