//! What several tools share: inputs, files, changes, commands. No tool is here.

pub mod ansi;
pub mod board;
pub mod capture;
pub mod change;
pub mod command;
pub mod decode;
pub mod diff;
pub mod files;
pub mod hits;
pub mod image;
pub mod input;
pub mod job;
pub mod jobs;
pub mod live;
pub mod notebook;
pub mod page;
pub mod pager;
pub mod parts;
pub mod pdf;
pub mod reads;
pub mod replace;
pub mod shell_cwd;
pub mod spill;
pub mod walk;
pub mod words;

#[cfg(test)]
pub mod testing;
