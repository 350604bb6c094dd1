//! On what terms a call may run: what the gate and the person settled about it, as data for the tool that does it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Hash;

/// What holds for one call.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Where the paths that were decided about really lay at that moment, by the path as the tool names it. What lies
    /// elsewhere now must not be touched.
    pub places: Arc<BTreeMap<PathBuf, PathBuf>>,
    /// What a search or a listing must leave out.
    pub unseen: Unseen,
    /// The part of a change that the person accepted; none for the whole of it.
    pub accepted: Option<Arc<Accepted>>,
}

/// Tells whether a path is to be left out: the path, and the folder that was asked for.
type Hides = dyn Fn(&Path, &Path) -> bool + Send + Sync;

/// A filter that hides paths inside a folder that may be read.
#[derive(Clone, Default)]
pub struct Unseen(Option<Arc<Hides>>);

impl Unseen {
    pub fn new(hides: impl Fn(&Path, &Path) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hides)))
    }

    /// The absolute path must not be shown to who asked for `root`.
    pub fn hides(&self, path: &Path, root: &Path) -> bool {
        self.0.as_ref().is_some_and(|hides| hides(path, root))
    }
}

impl fmt::Debug for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Unseen(some)" } else { "Unseen(nothing)" })
    }
}

/// A change with only those parts that the person accepted, worked out from the very change that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The content that the change was worked out for.
    pub before: Hash,
    /// The content that was accepted.
    pub after: Vec<u8>,
    /// How many parts of how many, and what was left out, for the model.
    pub told: String,
}
