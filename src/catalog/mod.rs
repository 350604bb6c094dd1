//! Markdown with front matter: commands, skills, output styles, memory files, and the plugins that bring such things.
//!
//! It reads what the user and the project keep for the model and for the slash menu. It runs nothing and
//! writes nothing; whether a project's files may be used is decided by trust, not here.

mod agents;
mod bundled;
mod expand;
mod front;
mod imports;
mod listing;
mod markdown;
mod memory;
mod mend;
pub mod notes;
#[cfg(test)]
mod odd;
mod plugin;
mod prompts;
mod styles;
mod switches;

pub use agents::{agents, agents_given, built_in};
use std::path::{Path, PathBuf};

pub use expand::{Part, Surroundings, expand, shell_lines};
pub use imports::{FarImport, Outside, imported};
pub use listing::{Budget, listing};
pub use memory::{AgentsMd, Memory, MemoryWish, PathRule, fits, memory, nested};
pub use plugin::{
    Hidden, Market, Offer, OptionKind, PLUGIN_EXACT, Plugin, PluginGround, PluginOption, load as load_plugin, market,
    plain, plugins, unfilled,
};
pub use prompts::{nested_skills, prompts};
pub use styles::{DEFAULT as DEFAULT_STYLE, Style, styles};
pub use switches::{SkillSwitch, switch};

/// Where to look.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    pub home: &'a Path,
    /// The user's `.claude`, where it is not in his home folder.
    pub claude: Option<&'a Path>,
    /// The start folder.
    pub cwd: &'a Path,
    /// The repository's root, or the start folder.
    pub project: &'a Path,
    pub plugins: &'a [Plugin],
    /// With what comes along.
    pub bundled: bool,
}

impl Ground<'_> {
    /// A folder of the user with this name, such as `.claude`.
    fn own(&self, name: &str) -> PathBuf {
        match self.claude {
            Some(moved) if name == ".claude" => moved.to_path_buf(),
            _ => self.home.join(name),
        }
    }

    /// The folders of the project from the start folder upwards. The home folder's own files are the user's and
    /// never a project's.
    fn folders(&self) -> Vec<&Path> {
        let up: Vec<&Path> = self.cwd.ancestors().take_while(|folder| folder.starts_with(self.project)).collect();
        let folders = if up.is_empty() { vec![self.project] } else { up };
        folders.into_iter().filter(|folder| *folder != self.home).collect()
    }
}

/// The administrator's folder.
pub fn managed_folder() -> PathBuf {
    let folder = if cfg!(target_os = "macos") { "/Library/Application Support/ClaudeCode" } else { "/etc/claude-code" };
    PathBuf::from(folder)
}
