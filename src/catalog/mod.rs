//! Markdown with front matter: command files and memory files.
