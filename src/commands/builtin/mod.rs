//! The registry of built-in commands: one file and one line each. A test fails when a file is missing here.

use super::Command;

/// Declares the files and lists their commands in the order of help.
macro_rules! registry {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+
        static ALL: &[&Command] = &[$(&$name::COMMAND),+];
        #[cfg(test)]
        const FILES: &[&str] = &[$(stringify!($name)),+];
    };
}

registry![
    help,
    clear,
    compact,
    context,
    inspect,
    cost,
    cache,
    model,
    mode,
    tools,
    permissions,
    add_dir,
    hooks,
    mcp,
    lsp,
    agents,
    jobs,
    tasks,
    plan,
    skills,
    memory,
    init,
    output_style,
    plugin,
    config,
    trust,
    resume,
    rewind,
    undo,
    redo,
    fork,
    diff,
    search,
    timeline,
    title,
    save,
    export,
    theme,
    retry,
    fresh,
    rehearse,
    exit,
];

/// All built-in commands in the order of help.
pub fn all() -> &'static [&'static Command] {
    ALL
}

#[cfg(test)]
mod tests;
