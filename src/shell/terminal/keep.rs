//! What the screen keeps for the next time: prompts typed, the theme chosen. Where, the joint knows.

use std::fmt;
use std::path::PathBuf;

use crate::session::history;

/// Saves a theme's name in the user's settings. The error is a sentence for the person.
pub type SaveTheme = Box<dyn Fn(&str) -> Result<(), String> + Send>;

/// The places.
pub struct Keep {
    /// The file of the project's prompt history.
    pub history: PathBuf,
    pub theme: SaveTheme,
}

impl Keep {
    /// Adds a prompt to the history, beside the loop. A history that cannot be written costs only itself.
    pub fn remember(&self, prompt: String) {
        let path = self.history.clone();
        drop(tokio::task::spawn_blocking(move || {
            if let Err(error) = history::append(&path, &prompt) {
                tracing::warn!(path = %path.display(), %error, "the prompt history cannot be written");
            }
        }));
    }

    /// Saves the theme.
    pub fn save_theme(&self, name: &str) -> Result<(), String> {
        (self.theme)(name)
    }
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keep").field("history", &self.history).finish_non_exhaustive()
    }
}
