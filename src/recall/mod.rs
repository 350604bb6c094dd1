//! Answers kept for the same question. Nothing is kept yet.
