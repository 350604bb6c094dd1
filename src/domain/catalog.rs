//! What the user and the project keep for the model besides instructions: command files and skills, and what the
//! engine and the face say to each other about them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::text::Painted;

use super::{Effort, MemoryOrder, Page, PageKind, Recalled, ServerBody};

/// A Markdown file whose text becomes a prompt: a command file or a skill. Its name is what is typed after the slash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandFile {
    /// Sub-folders are joined by colons; what a plugin brings begins with its name and a colon.
    pub name: String,
    pub description: String,
    pub argument_hint: Option<String>,
    pub path: PathBuf,
    /// `project`, `user`, `managed`, `built in`, or `plugin` with its name.
    pub source: String,
    /// The body with its place-holders.
    pub body: String,
    pub kind: PromptKind,
    pub traits: Traits,
}

/// What such a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromptKind {
    #[default]
    Command,
    /// A folder with a SKILL.md, and perhaps scripts and references beside it.
    Skill,
}

/// What the front matter says besides name and description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// The file itself describes what it is for; a description taken from its first line is no reason to tell the model.
    pub described: bool,
    /// When the model should use it.
    pub when_to_use: Option<String>,
    /// Names of the words that follow the command.
    pub arguments: Vec<String>,
    /// The model can neither see nor use it.
    pub person_only: bool,
    /// The model sees its name alone until it uses it.
    pub name_only: bool,
    /// It is not offered after the slash.
    pub model_only: bool,
    /// Rules that hold until the person's next message.
    pub allowed_tools: Vec<String>,
    pub disallowed_tools: Vec<String>,
    /// For the rest of the turn.
    pub model: Option<String>,
    pub effort: Option<Effort>,
    /// Run as the prompt of a sub-agent of this type.
    pub agent: Option<String>,
    /// The conversation waits for that sub-agent.
    pub waits: bool,
    /// The model is told of it when it works with a file that fits one of these.
    pub paths: Vec<String>,
    /// Hooks that hold for the rest of the session once it was used, as they stand in the file.
    pub hooks: Option<serde_json::Value>,
    /// Its shell lines are for PowerShell.
    pub powershell: bool,
    /// The line that says what it is for, and the one that its hooks begin in.
    pub line: Option<u32>,
    pub hooks_line: Option<u32>,
    /// Files of the same name that it takes the place of.
    pub overrides: Vec<PathBuf>,
    /// The folder that scripts and references lie in.
    pub folder: Option<PathBuf>,
}

impl CommandFile {
    /// The model may use it by itself.
    pub fn is_for_model(&self) -> bool {
        !self.traits.person_only && (self.kind == PromptKind::Skill || self.traits.described)
    }

    /// It stands in the list that the model has from the beginning.
    pub fn is_listed(&self) -> bool {
        self.is_for_model() && self.traits.paths.is_empty()
    }

    /// Its line in the list for the model.
    pub fn line(&self) -> String {
        let text = if self.traits.name_only { String::new() } else { self.listing() };
        format!("- {}{}{text}", self.name, if text.is_empty() { "" } else { ": " })
    }

    /// The text that tells the model what it is for.
    pub fn listing(&self) -> String {
        let words = [Some(self.description.as_str()), self.traits.when_to_use.as_deref()];
        let words: Vec<&str> = words.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What happened with commands, skills, memory and tool servers, as it stands in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatalogBody {
    /// The text of a command or skill entered the conversation.
    Used { name: String, path: PathBuf, by_model: bool, arguments: String },
    /// Entries of the memory store went to the model with the newest prompt.
    Recalled { entries: Vec<Recalled> },
    /// Something of a tool server.
    Server(ServerBody),
}

/// What a face asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogRequest {
    /// Look again and tell what there is.
    Page(PageKind),
    /// The person chose a row of a page.
    Choose { kind: PageKind, key: String },
    /// The person changes the memory store.
    Memory(MemoryOrder),
    /// The person wants a row of a page gone.
    Drop { kind: PageKind, key: String },
}

/// Answers of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogNews {
    Page(Page),
    /// What the person's own program says for the lines above the status line.
    StatusLine(Vec<Vec<Painted>>),
}
