//! Commands, skills and memory while a session runs: what the prefix says of them, their use by the person and by the
//! model, and the pages that list them.
//!
//! The prefix is made when a session begins and stays. What changes on disk later is told at the tail.

mod fill;
mod forks;
mod hooks;
mod inventory;
mod memory;
mod on_the_way;
mod pages;
mod plugins;
mod pull;
mod skills;
mod status;
mod styles;
mod told;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Stage;
use super::driver::Driver;
use crate::catalog::{Budget, PathRule, Plugin, Style, listing};
use crate::domain::{
    Access, AgentFile, Body, CatalogBody, CatalogRequest, CommandFile, Effort, MemoryFile, MemoryOrder, ModelRef,
    Notice, PageKind, PageRow, RuleSource, RuleTier, Segment, SegmentKind, ToolCall, ToolSpec,
};
use crate::tools::Tool;

pub(super) use fill::Filled;
pub(super) use hooks::{HookName, hear_run};
pub use inventory::{inventory, without_keys};
pub use plugins::{PluginCost, plugin_costs};
pub(super) use status::Ran;
pub(super) use told::Sums;

/// The tool by which the model uses a skill. It runs here, because its shell lines pass the gate.
pub(super) const SKILL: &str = "Skill";

/// The setting that switches the model's own notes.
const AUTO: &str = "autoMemoryEnabled";

/// Reads everything again. What a project's file may do is held against what it could do at the start.
pub type Scan = Arc<dyn Fn() -> Scanned + Send + Sync>;
/// The instruction files on the way to a file that is worked with.
pub type Nested = Arc<dyn Fn(&Path) -> Vec<MemoryFile> + Send + Sync>;
/// The skills on the way to such a file.
pub type NestedSkills = Arc<dyn Fn(&Path) -> (Vec<CommandFile>, Vec<Notice>) + Send + Sync>;
/// Keeps a setting in the person's own file.
pub type SaveSetting = Arc<dyn Fn(&str, &serde_json::Value) -> Result<PathBuf, String> + Send + Sync>;

/// What there is now.
#[derive(Clone, Debug, Default)]
pub struct Scanned {
    pub commands: Vec<CommandFile>,
    pub memory: Vec<MemoryFile>,
    /// Kinds of sub-agents.
    pub agents: Vec<AgentFile>,
    /// The model's own notes.
    pub auto: Option<AutoMemory>,
    pub notices: Vec<Notice>,
}

/// What a stage has besides commands and memory files.
#[derive(Clone, Default)]
pub struct Shelf {
    pub budget: Budget,
    /// None where nothing is read again.
    pub scan: Option<Scan>,
    pub nested: Option<Nested>,
    pub nested_skills: Option<NestedSkills>,
    /// The agent that the session itself runs as.
    pub lead: Option<Arc<AgentFile>>,
    /// Rules for the files that they name.
    pub rules: Vec<PathRule>,
    /// Instruction files that are there and were not read, with the reason.
    pub skipped: Vec<(PathBuf, String)>,
    pub auto: Option<AutoMemory>,
    /// The memory store; none where there is none, such as in a rehearsal.
    pub memories: Option<crate::recall::MemorySetting>,
    pub style: Style,
    pub styles: Vec<Style>,
    pub status_line: Option<StatusLine>,
    /// All that are there; those that are off bring nothing.
    pub plugins: Vec<Plugin>,
    /// Commands and skills that the settings switch off.
    pub off: Vec<CommandFile>,
    /// Shell lines of commands and skills do not run (`disableSkillShellExecution`).
    pub no_shell: bool,
    /// Every entry of every settings file.
    pub settings: Vec<PageRow>,
    pub save: Option<SaveSetting>,
}

/// The model's own notes on a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoMemory {
    /// Where it may write unasked.
    pub folder: PathBuf,
    /// The index and its start, when there is one.
    pub index: Option<(PathBuf, String)>,
}

/// A program whose first lines of output stand above the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusLine {
    /// A line of the shell.
    pub command: String,
    /// Blanks before the line.
    pub padding: u16,
    /// Seconds after which it runs again by itself.
    pub refresh_s: Option<u64>,
    /// `gh` is asked for the pull request of the branch.
    pub pull_request: bool,
}

/// The state of commands and skills in one session.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// Rules that a command or skill brought, until the person's next message.
    granted: Vec<(RuleTier, String, RuleSource)>,
    /// What was used, the newest last, with its arguments.
    used: Vec<(String, String)>,
    /// The model and effort to go back to when the turn ends.
    before: Option<(ModelRef, Option<Effort>)>,
    /// Instruction files that were told on the way.
    touched: BTreeSet<PathBuf>,
    /// Files by which skills of folders below were found, and those skills.
    ways: BTreeSet<PathBuf>,
    nested: Vec<CommandFile>,
    /// Skills whose hooks are in force.
    hooked: BTreeSet<PathBuf>,
    /// Hooks of skills that ran.
    ran: BTreeSet<HookName>,
    /// Files that changed on disk and were said to have.
    stale: BTreeSet<PathBuf>,
    /// Instructions are to be read again when the turn is over.
    reread: bool,
    status: status::Status,
}

impl Catalog {
    /// With what a session has used, and what adds up over it.
    pub(super) fn of(used: impl IntoIterator<Item = (String, String)>, ran: BTreeSet<HookName>, sums: Sums) -> Self {
        Self { used: used.into_iter().collect(), ran, status: status::Status::with(sums), ..Self::default() }
    }
}

/// Puts the style and the list of skills between the system text and the instruction files, and the model's own notes
/// at the end.
pub(super) fn dress(prefix: Vec<Arc<Segment>>, stage: &Stage) -> Vec<Arc<Segment>> {
    let mut prefix = styles::dress(prefix, &stage.shelf.style);
    if let Some(list) = listing(&stage.commands, stage.shelf.budget) {
        let at = prefix.iter().position(|segment| segment.kind == SegmentKind::Memory).unwrap_or(prefix.len());
        prefix.insert(at, Arc::new(Segment::system("skills", list)));
    }
    if let Some(auto) = &stage.shelf.auto {
        prefix.push(Arc::new(Segment::memory("automatic memory", memory::notes(auto))));
    }
    prefix
}

/// Leaves out tools that have nothing to work with.
pub(super) fn choose_tools(specs: &mut Vec<ToolSpec>, stage: &Stage) {
    let skills = stage.commands.iter().any(CommandFile::is_for_model);
    let remembers = stage.shelf.memories.as_ref().is_some_and(|setting| setting.on);
    specs.retain(|spec| (skills || spec.name != SKILL) && (remembers || spec.name != super::memories::MEMORY));
}

/// Folders of skills, whose scripts and references may be read, and of the model's own notes.
pub(super) fn readable(stage: &Stage) -> Vec<PathBuf> {
    let auto = stage.shelf.auto.iter().map(|auto| auto.folder.clone());
    stage.commands.iter().filter_map(|file| file.traits.folder.clone()).chain(auto).collect()
}

impl Driver {
    /// What a call would touch. What a skill brings along is only known here.
    pub(super) fn access(&self, tool: &dyn Tool, call: &ToolCall) -> Result<Access, String> {
        let access = tool.access(&call.input, &self.stage.place)?;
        match call.name.as_str() {
            SKILL => self.skill_access(call, access),
            crate::engine::languages::RENAME => self.rename_access(call, access),
            _ => Ok(access),
        }
    }

    pub(super) async fn on_catalog(&mut self, request: CatalogRequest) {
        match request {
            CatalogRequest::Page(kind) => self.show_page(kind).await,
            CatalogRequest::Choose { kind: PageKind::Styles, key } => self.choose_style(&key).await,
            CatalogRequest::Choose { kind: PageKind::Plugins, key } => self.switch_plugin(&key).await,
            CatalogRequest::Choose { kind: PageKind::Memory, key } if key == AUTO => self.switch_notes().await,
            CatalogRequest::Memory(order) => self.on_memory(order).await,
            CatalogRequest::Drop { kind: PageKind::Memory, key } => {
                if let Ok(id) = key.parse() {
                    self.on_memory(MemoryOrder::Forget { id }).await;
                }
            }
            CatalogRequest::Choose { .. } | CatalogRequest::Drop { .. } => {}
        }
    }

    /// Hears what went on record.
    pub(super) fn catalog_hears(&mut self, body: &Body) {
        self.status_hears(body);
        match body {
            Body::Prompted { origin, .. } => self.person_spoke(*origin),
            Body::TurnEnded { .. } => {
                self.restore_model();
                if std::mem::take(&mut self.parts.catalog.reread) {
                    self.reread();
                }
            }
            Body::Compacted { .. } => {
                self.parts.catalog.touched.clear();
                self.attach_again();
                self.reread();
            }
            Body::Cleared => {
                self.parts.catalog.used.clear();
                self.parts.catalog.touched.clear();
            }
            Body::Catalog(CatalogBody::Used { name, arguments, .. }) => {
                self.parts.catalog.used.push((name.clone(), arguments.clone()));
            }
            _ => {}
        }
    }
}
