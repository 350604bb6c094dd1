//! A page that lists things with where they come from: commands and skills, memory, styles, plugins, settings. The
//! engine fills it, one pane shows all of them.

use std::path::PathBuf;

use super::MemoryId;

/// What a page lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageKind {
    Skills,
    Memory,
    Styles,
    Plugins,
    Config,
}

/// One page. All texts are foreign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub kind: PageKind,
    /// What stands above the rows, such as a sum.
    pub head: String,
    pub rows: Vec<PageRow>,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRow {
    pub mark: RowMark,
    pub name: String,
    /// What stands at the end of the row: a value, a number of tokens.
    pub value: String,
    /// File and line.
    pub place: String,
    /// What is said of the row that is chosen.
    pub notes: Vec<String>,
    /// What Enter does.
    pub act: Option<PageAct>,
    /// The row can be dropped by this key.
    pub drop: Option<String>,
}

/// How a row stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowMark {
    #[default]
    On,
    Off,
    /// It is there and cannot be used, or not as it stands.
    Problem,
    /// A heading between rows.
    Section,
}

/// What Enter does with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageAct {
    /// Open the file in the person's editor.
    Open(PathBuf),
    /// Give this entry of the memory store another text, in the person's editor.
    Rewrite { id: MemoryId, text: String },
    /// Ask the engine for it, by this key.
    Choose(String),
}

impl PageKind {
    /// The title of the pane.
    pub fn title(self) -> &'static str {
        match self {
            Self::Skills => "commands and skills",
            Self::Memory => "memory",
            Self::Styles => "output styles",
            Self::Plugins => "plugins",
            Self::Config => "where settings come from",
        }
    }
}

impl PageRow {
    /// A heading.
    pub fn section(name: impl Into<String>) -> Self {
        Self { mark: RowMark::Section, name: name.into(), ..Self::default() }
    }
}
