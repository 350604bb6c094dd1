//! Meanings to styles; theme files.
