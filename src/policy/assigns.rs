//! Assignments in front of a command: which change nothing that matters.

use super::shell::Assign;

/// Assignments that change how a program talks, not what it runs or loads.
const HARMLESS: &[&str] = &[
    "NODE_ENV",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_TIME",
    "LC_COLLATE",
    "LC_MESSAGES",
    "LC_NUMERIC",
    "CHARSET",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "TZ",
    "CI",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "CARGO_TERM_COLOR",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    "GOOS",
    "GOARCH",
    "CGO_ENABLED",
    "GO111MODULE",
    "GOEXPERIMENT",
    "LS_COLORS",
    "LSCOLORS",
    "GREP_COLOR",
    "GREP_COLORS",
    "GCC_COLORS",
    "TIME_STYLE",
    "BLOCK_SIZE",
    "BLOCKSIZE",
    "DEBIAN_FRONTEND",
    "GIT_OPTIONAL_LOCKS",
    "GIT_TERMINAL_PROMPT",
];
const PAGERS: &[&str] = &["PAGER", "GIT_PAGER", "MANPAGER"];

/// The assignment changes how a program talks, not what it runs or loads.
pub(super) fn is_harmless(assign: &Assign) -> bool {
    let Some(value) = assign.value.literal() else { return false };
    HARMLESS.contains(&assign.name.as_str()) || (PAGERS.contains(&assign.name.as_str()) && matches!(value, "cat" | ""))
}
