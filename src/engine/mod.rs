//! The async driver: runs the agent's effects with the hands and reports events.
