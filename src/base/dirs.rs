//! Where Latigo keeps its own files, and how such a file or folder is made: for the user alone.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The folder that holds everything instead, when this variable is set.
pub const HOME_VARIABLE: &str = "LATIGO_HOME";

/// The four folders of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirs {
    /// Settings, keymap and themes of the user.
    pub config: PathBuf,
    /// Sessions, histories, ledgers.
    pub data: PathBuf,
    /// Logs.
    pub state: PathBuf,
    /// What can be made again.
    pub cache: PathBuf,
}

impl Dirs {
    /// Below `latigo_home` (the value of [`HOME_VARIABLE`], a relative one counts from `cwd`) when it is
    /// set, else where the system wants them. An error tells what to set.
    pub fn find(latigo_home: Option<&str>, cwd: &Path) -> Result<Self, String> {
        if let Some(root) = latigo_home.filter(|root| !root.is_empty()) {
            return Ok(Self::under(&cwd.join(root)));
        }
        let system = ProjectDirs::from("", "", "latigo").ok_or_else(|| {
            format!(
                "no home folder was found, so there is no place for settings and sessions; set HOME or {HOME_VARIABLE}"
            )
        })?;
        let data = system.data_dir().to_path_buf();
        Ok(Self {
            config: system.config_dir().to_path_buf(),
            state: system.state_dir().map_or_else(|| data.join("state"), Path::to_path_buf),
            cache: system.cache_dir().to_path_buf(),
            data,
        })
    }

    /// All of them below one folder.
    pub fn under(root: &Path) -> Self {
        Self {
            config: root.join("config"),
            data: root.join("data"),
            state: root.join("state"),
            cache: root.join("cache"),
        }
    }
}

/// Creates a folder and those above it, new ones for the user alone (0700).
pub fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options under which a new file belongs to the user alone (0600).
pub fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn one_variable_moves_everything() {
        let dirs = Dirs::find(Some("/srv/l"), Path::new("/w")).unwrap();
        assert_eq!(dirs, Dirs::under(Path::new("/srv/l")));
        assert_eq!(dirs.data, Path::new("/srv/l/data"));
        assert_eq!(Dirs::find(Some("here"), Path::new("/w")).unwrap().cache, Path::new("/w/here/cache"));
    }
}
