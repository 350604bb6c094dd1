//! Commands, skills and memory while a session runs: what the prefix says of them, their use by the person and by the
//! model, and the pages that list them.
//!
//! The prefix is made when a session begins and stays. What changes on disk later is told at the tail.

mod fill;
mod pages;
mod skills;

use std::path::PathBuf;
use std::sync::Arc;

use super::Stage;
use super::driver::Driver;
use crate::catalog::{Budget, listing};
use crate::domain::{
    Access, Body, CatalogBody, CatalogRequest, CommandFile, Effort, ModelRef, Notice, Record, RuleSource, RuleTier,
    Segment, SegmentKind, ToolCall, ToolSpec,
};
use crate::tools::Tool;

pub(super) use fill::Filled;

/// The tool by which the model uses a skill. It runs here, because its shell lines pass the gate.
pub(super) const SKILL: &str = "Skill";

/// Reads commands and skills again. What a project's file may do is held against what it could do at the start.
pub type Scan = Arc<dyn Fn() -> (Vec<CommandFile>, Vec<Notice>) + Send + Sync>;

/// What a stage has besides commands and memory files.
#[derive(Clone, Default)]
pub struct Shelf {
    pub budget: Budget,
    /// None where nothing is read again.
    pub scan: Option<Scan>,
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
}

impl Catalog {
    /// What the records of a session tell.
    pub(super) fn of(records: &[Record]) -> Self {
        let used = records.iter().filter_map(|record| match &record.body {
            Body::Catalog(CatalogBody::Used { name, arguments, .. }) => Some((name.clone(), arguments.clone())),
            _ => None,
        });
        Self { used: used.collect(), ..Self::default() }
    }
}

/// Puts the list of skills between the system text and the instruction files.
pub(super) fn dress(mut prefix: Vec<Arc<Segment>>, stage: &Stage) -> Vec<Arc<Segment>> {
    if let Some(list) = listing(&stage.commands, stage.shelf.budget) {
        let at = prefix.iter().position(|segment| segment.kind == SegmentKind::Memory).unwrap_or(prefix.len());
        prefix.insert(at, Arc::new(Segment::system("skills", list)));
    }
    prefix
}

/// Leaves out tools that have nothing to work with.
pub(super) fn choose_tools(specs: &mut Vec<ToolSpec>, stage: &Stage) {
    let skills = stage.commands.iter().any(CommandFile::is_for_model);
    specs.retain(|spec| skills || spec.name != SKILL);
}

/// Folders of skills, whose scripts and references may be read.
pub(super) fn readable(stage: &Stage) -> Vec<PathBuf> {
    stage.commands.iter().filter_map(|file| file.traits.folder.clone()).collect()
}

impl Driver {
    /// What a call would touch. What a skill brings along is only known here.
    pub(super) fn access(&self, tool: &dyn Tool, call: &ToolCall) -> Result<Access, String> {
        let access = tool.access(&call.input, &self.stage.place)?;
        if call.name == SKILL { self.skill_access(call, access) } else { Ok(access) }
    }

    pub(super) async fn on_catalog(&mut self, request: CatalogRequest) {
        match request {
            CatalogRequest::Page(kind) => self.show_page(kind).await,
            CatalogRequest::Choose { .. } | CatalogRequest::Drop { .. } => {}
        }
    }

    /// Hears what went on record.
    pub(super) fn catalog_hears(&mut self, body: &Body) {
        match body {
            Body::Prompted { origin, .. } => self.person_spoke(*origin),
            Body::TurnEnded { .. } => self.restore_model(),
            Body::Compacted { .. } => self.attach_again(),
            Body::Cleared => self.parts.catalog.used.clear(),
            Body::Catalog(CatalogBody::Used { name, arguments, .. }) => {
                self.parts.catalog.used.push((name.clone(), arguments.clone()));
            }
            _ => {}
        }
    }
}
