//! Reads settings in layers and hands each room its own part.
