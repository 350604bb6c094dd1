//! Slash commands: they return acts.
