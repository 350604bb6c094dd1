//! What a folder would bring into a session that nobody has agreed to yet.

use std::path::PathBuf;

/// The kinds of things that wait until the person trusts the folder, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimKind {
    /// A program that events start.
    Hook,
    /// A tool server.
    Server,
    /// Another program that settings name: for keys, for the status line.
    Helper,
    /// A shell line in a command file.
    ShellLine,
    Plugin,
    /// Where the model is reached.
    Address,
    /// A file outside of the project that its instructions import, to be sent to the model.
    Import,
    /// A variable of the environment.
    Variable,
    /// An allow rule.
    Rule,
    /// A folder outside of the project.
    Directory,
    /// A setting that loosens or redirects.
    Setting,
}

/// One such thing. All texts are foreign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub kind: ClaimKind,
    /// File and line, as a person would write them.
    pub source: String,
    pub name: String,
    /// What would run, be set or be allowed, whole.
    pub text: String,
}

/// Everything that a folder would bring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderClaims {
    /// The repository's root, or the start folder.
    pub root: PathBuf,
    pub claims: Vec<Claim>,
    /// Instruction and command files that are not sent to the model before that.
    pub texts: Vec<PathBuf>,
    /// A hash of what runs or redirects: an answer holds for this content.
    pub content: String,
    /// The person trusted the folder when it brought something else.
    pub changed: bool,
    /// There is more than can be shown, so the folder cannot be trusted.
    pub too_much: bool,
}

/// What the person says to a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderAnswer {
    Trust,
    /// Work on without anything that it brings.
    Without,
}

impl ClaimKind {
    /// It runs something or sends something elsewhere, so that new content asks again.
    pub fn is_executable(self) -> bool {
        !matches!(self, Self::Rule | Self::Directory | Self::Setting)
    }

    /// One of them, and several.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Hook => ("hook", "hooks"),
            Self::Server => ("tool server", "tool servers"),
            Self::Helper => ("helper program", "helper programs"),
            Self::ShellLine => ("shell line in a command", "shell lines in commands"),
            Self::Plugin => ("plugin setting", "plugin settings"),
            Self::Address => ("address or model", "addresses and models"),
            Self::Import => ("import from outside", "imports from outside"),
            Self::Variable => ("variable", "variables"),
            Self::Rule => ("allow rule", "allow rules"),
            Self::Directory => ("additional folder", "additional folders"),
            Self::Setting => ("setting", "settings"),
        }
    }
}

impl FolderClaims {
    /// Nothing waits for an answer.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && !self.too_much
    }

    /// `2 hooks, 1 allow rule`.
    pub fn summary(&self) -> String {
        let mut kinds: Vec<ClaimKind> = self.claims.iter().map(|claim| claim.kind).collect();
        kinds.sort_unstable();
        let mut parts = Vec::new();
        for run in kinds.chunk_by(|a, b| a == b) {
            let (one, many) = run.first().map(|kind| kind.words()).unwrap_or_default();
            parts.push(format!("{} {}", run.len(), if run.len() == 1 { one } else { many }));
        }
        if !self.texts.is_empty() {
            let word = if self.texts.len() == 1 { "instruction file" } else { "instruction files" };
            parts.push(format!("{} {word}", self.texts.len()));
        }
        parts.join(", ")
    }
}
