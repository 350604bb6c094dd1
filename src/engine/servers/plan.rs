//! What the settings say of tool servers, as the engine needs it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::mcp::{Host, ServerConfig, Times};

/// Tokens that one result of a server may have, and from which on it is said that it is large.
const OUTPUT: (u64, u64) = (25_000, 10_000);
/// The share of the window, in per cent, and the tokens up to which tools stand in the request when nothing else is set.
/// A twentieth of a large window would still be a prompt of 50,000 tokens.
pub(super) const USUAL: (u64, u64) = (5, 10_000);

/// When tools stand in every request and when they are found by search (`ENABLE_TOOL_SEARCH`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchMode {
    /// They stand in the request as long as they are few.
    #[default]
    Usual,
    /// All are found by search.
    Always,
    /// They stand in the request as long as they take at most this percentage of the window.
    Above(u32),
    /// All stand in the request, whatever that costs.
    Never,
}

/// Keeps the person's choice to use or not to use a server in this project. Returns the file.
pub type KeepSwitch = Arc<dyn Fn(&str, bool) -> Result<PathBuf, String> + Send + Sync>;

/// All of it.
#[derive(Clone)]
pub struct ServerPlan {
    pub servers: Vec<ServerConfig>,
    pub times: Times,
    pub search: SearchMode,
    /// Tokens of a result that reach the model, and those from which on it is called large.
    pub output: (u64, u64),
    /// Where we keep what was agreed and tokens of logins.
    pub folder: PathBuf,
    pub keep: KeepSwitch,
    /// Servers that run already: those of the session that a sub-agent belongs to.
    pub shared: Option<Host>,
    /// Which tools of servers are given; none for all.
    pub admits: Option<Admits>,
}

/// Tells whether a tool is given, by its full name.
pub type Admits = Arc<dyn Fn(&str) -> bool + Send + Sync>;

impl Default for ServerPlan {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            times: Times::default(),
            search: SearchMode::Usual,
            output: OUTPUT,
            folder: PathBuf::new(),
            keep: Arc::new(|_, _| Err("nothing is kept here".to_owned())),
            shared: None,
            admits: None,
        }
    }
}

impl fmt::Debug for ServerPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerPlan")
            .field("servers", &self.servers)
            .field("search", &self.search)
            .finish_non_exhaustive()
    }
}

impl SearchMode {
    /// Reads the variable: `true`, `auto`, `auto:N` or `false`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Self::Always),
            "false" | "0" => Some(Self::Never),
            "auto" => Some(Self::Above(10)),
            text => text.strip_prefix("auto:")?.parse().ok().filter(|share| *share <= 100).map(Self::Above),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_has_four_forms() {
        assert_eq!(SearchMode::parse("true"), Some(SearchMode::Always));
        assert_eq!(SearchMode::parse("auto"), Some(SearchMode::Above(10)));
        assert_eq!(SearchMode::parse("auto:0"), Some(SearchMode::Above(0)));
        assert_eq!(SearchMode::parse("FALSE"), Some(SearchMode::Never));
        assert_eq!(SearchMode::parse("auto:x"), None);
        assert_eq!(SearchMode::parse("auto:101"), None);
    }
}
