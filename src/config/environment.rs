//! The variables that count: the process's own, those that settings set, and what children may see.

use std::collections::BTreeMap;
use std::fmt;

/// Names that begin like this belong to the servers that keys are for; children never see them.
const OURS: [&str; 5] = ["ANTHROPIC_", "OPENAI_", "DEEPSEEK_", "LLM_API_", "LATIGO_"];
/// Further names that children do not see: keys, and what changes how a shell reads a command.
const HIDDEN: [&str; 8] =
    ["LLM_MODEL", "OLLAMA_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "BASH_ENV", "ENV", "CDPATH", "SHELLOPTS", "BASHOPTS"];
/// Variables that pick programs or libraries. A project's settings cannot set them.
const POWERFUL: [&str; 24] = [
    "PATH",
    "HOME",
    "SHELL",
    "IFS",
    "BASH_ENV",
    "ENV",
    "PS4",
    "PROMPT_COMMAND",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "MANPAGER",
    "BROWSER",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PERL5LIB",
    "PERL5OPT",
    "RUBYOPT",
    "RUBYLIB",
    "JAVA_TOOL_OPTIONS",
    "RUSTC_WRAPPER",
];
const POWERFUL_STARTS: [&str; 7] = ["LD_", "DYLD_", "GIT_", "SSH_", "BASH_", "NPM_CONFIG_", "CLAUDE_CODE_"];

/// A value and where it came from. Its `Debug` shows only the latter.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Var {
    pub value: String,
    pub origin: String,
}

/// Variables by name. Empty values count as not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Vars(BTreeMap<String, Var>);

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {}", self.origin)
    }
}

impl Vars {
    /// The process's own variables.
    pub fn of_process(env: &BTreeMap<String, String>) -> Self {
        let mut vars = Self::default();
        for (name, value) in env {
            vars.set(name, value, "the environment");
        }
        vars
    }

    /// Sets a variable, whatever it was; an empty value takes it away.
    pub fn set(&mut self, name: &str, value: &str, origin: &str) {
        if value.is_empty() {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), Var { value: value.to_owned(), origin: origin.to_owned() });
        }
    }

    /// The same variables and those of `other` that are not among them.
    pub fn completed_by(&self, other: &Self) -> Self {
        let mut all = other.0.clone();
        all.extend(self.0.clone());
        Self(all)
    }

    pub fn get(&self, name: &str) -> Option<&Var> {
        self.0.get(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|var| var.value.trim()).filter(|value| !value.is_empty())
    }

    /// A number, where the variable is one.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// `1` and `true`, as Claude Code reads switches.
    pub fn switch(&self, name: &str) -> bool {
        matches!(self.text(name), Some("1" | "true" | "TRUE" | "yes" | "on"))
    }

    /// Names and values, for a child process.
    pub fn plain(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, var)| (name.clone(), var.value.clone())).collect()
    }
}

/// True when a project's settings may not set this variable.
pub(super) fn is_powerful(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    POWERFUL.contains(&name.as_str())
        || POWERFUL_STARTS.iter().any(|start| name.starts_with(start))
        || name.ends_with("_PROXY")
}

/// The environment of child processes: `env` without the keys of our providers and without what changes
/// how a shell starts, and with marks by which a program knows where it runs.
pub fn child_env(env: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_hidden = |name: &str| HIDDEN.contains(&name) || OURS.iter().any(|start| name.starts_with(start));
    let mut child: BTreeMap<String, String> =
        env.iter().filter(|(name, _)| !is_hidden(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in [("CLAUDECODE", "1"), ("LATIGO", "1"), ("GIT_TERMINAL_PROMPT", "0")] {
        child.insert(name.to_owned(), value.to_owned());
    }
    child
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn children_see_no_keys_of_ours() {
        let env = map(&[
            ("PATH", "/bin"),
            ("ANTHROPIC_API_KEY", "k"),
            ("ANTHROPIC_CUSTOM_HEADERS", "k"),
            ("OPENAI_API_KEY", "k"),
            ("DEEPSEEK_API_KEY", "k"),
            ("LLM_API_KEY", "k"),
            ("LLM_API_BASE", "b"),
            ("BASH_ENV", "f"),
            ("ENV", "f"),
            ("OLLAMA_HOST", "h"),
        ]);
        let child = child_env(&env);
        let names: Vec<&str> = child.keys().map(String::as_str).collect();
        assert_eq!(names, ["CLAUDECODE", "GIT_TERMINAL_PROMPT", "LATIGO", "OLLAMA_HOST", "PATH"]);
    }

    #[test]
    fn a_project_cannot_pick_programs() {
        for name in ["PATH", "LD_PRELOAD", "GIT_SSH_COMMAND", "NODE_OPTIONS", "https_proxy", "BASH_FUNC_ls%%"] {
            assert!(is_powerful(name), "{name}");
        }
        for name in ["FOO", "RUST_LOG", "DATABASE_URL", "NODE_ENV"] {
            assert!(!is_powerful(name), "{name}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let vars = Vars::of_process(&map(&[("ANTHROPIC_API_KEY", "sk-secret"), ("EMPTY", "")]));
        assert_eq!(format!("{vars:?}"), r#"Vars({"ANTHROPIC_API_KEY": from the environment})"#);
    }
}
