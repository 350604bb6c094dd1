//! What the face holds that is not in the log (the draft, the place in the conversation): a small file beside it.

use std::fs;
use std::io;
use std::path::Path;

use crate::base::atomic;
use crate::base::dirs::create_private;
use crate::domain::FaceState;

/// Bytes that a draft may have.
const LIMIT: u64 = 1 << 20;

/// What was kept; none when there is nothing, or nothing that can be read.
pub fn load(path: &Path) -> Option<FaceState> {
    let sane = fs::symlink_metadata(path).is_ok_and(|facts| facts.is_file() && facts.len() <= LIMIT);
    let state: FaceState = serde_json::from_slice(&fs::read(path).ok().filter(|_| sane)?).ok()?;
    (state != FaceState::default()).then_some(state)
}

/// Keeps it. An empty state removes the file.
pub fn save(path: &Path, state: &FaceState) -> io::Result<()> {
    if *state == FaceState::default() {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let bytes = serde_json::to_vec(state)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::other("the draft is too long to be kept"));
    }
    if let Some(folder) = path.parent() {
        create_private(folder)?;
    }
    atomic::write_private(path, &bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_draft_comes_back_and_nonsense_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id/face.json");
        assert_eq!(load(&path), None);
        let state = FaceState {
            draft: "half a \x1b[31mthought".into(),
            place: Some(crate::domain::FacePlace { record: 3, entry: 1, row: 2 }),
        };
        save(&path, &state).unwrap();
        assert_eq!(load(&path), Some(state));
        save(&path, &FaceState::default()).unwrap();
        assert!(!path.exists());
        save(&path, &FaceState::default()).unwrap();
        fs::write(&path, "{\"draft\":").unwrap();
        assert_eq!(load(&path), None);
        fs::write(&path, vec![b' '; LIMIT as usize + 1]).unwrap();
        assert_eq!(load(&path), None);
    }
}
