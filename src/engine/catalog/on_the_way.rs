//! Skills that matter from a certain file on: those of folders below, and those whose `paths` fit. They are told at the
//! tail once; the list in the prefix stays as it is.

use std::path::Path;
use std::sync::Arc;

use super::super::driver::Driver;
use crate::agent::Input;
use crate::catalog;
use crate::domain::{Body, CommandFile, Event, Live};

/// Skills that may come in on the way.
const MOST: usize = 200;

impl Driver {
    /// A file is worked with: takes in what is there for it.
    pub(super) fn touch_skills(&mut self, path: &Path) {
        let mut news = self.find_nested(path);
        let fits = |file: &CommandFile| {
            let globs = &file.traits.paths;
            !globs.is_empty() && file.is_for_model() && catalog::fits(globs, &self.stage.place.project, path)
        };
        let fitting: Vec<CommandFile> = self.stage.commands.iter().filter(|file| fits(file)).cloned().collect();
        news.extend(fitting.into_iter().filter(|file| self.parts.catalog.touched.insert(file.path.clone())));
        if news.is_empty() {
            return;
        }
        let lines: Vec<String> = news.iter().map(CommandFile::line).collect();
        let text = format!("there are skills for files like {}:\n{}", path.display(), lines.join("\n"));
        self.inbox.push_back(Input::Note(Body::ContextAdded { from: "Latigo".to_owned(), text }));
    }

    /// Skills of folders below that were not known; those that wait for their `paths` are not among the news.
    fn find_nested(&mut self, path: &Path) -> Vec<CommandFile> {
        let shelf = Arc::clone(&self.stage.shelf);
        let Some(nested) = shelf.nested_skills.as_ref().filter(|_| self.stage.trusted) else { return Vec::new() };
        let folder = path.parent().unwrap_or(path).join("_");
        if self.parts.catalog.nested.len() >= MOST || !self.parts.catalog.ways.insert(folder) {
            return Vec::new();
        }
        let (found, notices) = nested(path);
        let mut new = Vec::new();
        for file in found {
            if self.stage.commands.iter().any(|known| known.path == file.path) {
                continue;
            }
            let file = self.qualified(file);
            self.parts.catalog.nested.push(file.clone());
            self.stage.commands.push(file.clone());
            new.push(file);
        }
        if new.is_empty() {
            return new;
        }
        for notice in notices {
            self.inbox.push_back(Input::Note(Body::Noticed(notice)));
        }
        self.stage.commands.sort_by(|a, b| a.name.cmp(&b.name));
        self.gate.set_readable(super::readable(&self.stage));
        // A face that is slow learns the names with the next change.
        self.events.try_send(Event::Live(Live::Info(Box::new(self.start_info())))).ok();
        new.retain(CommandFile::is_listed);
        new
    }

    /// A name that is taken gets its folder before it: `apps/web:deploy`.
    fn qualified(&self, file: CommandFile) -> CommandFile {
        if !self.stage.commands.iter().any(|known| known.name == file.name) {
            return file;
        }
        let home = file.traits.folder.as_deref().and_then(|folder| folder.ancestors().nth(3));
        let below = home.and_then(|home| home.strip_prefix(&self.stage.place.project).ok());
        match below {
            Some(below) => CommandFile { name: format!("{}:{}", below.display(), file.name), ..file },
            None => file,
        }
    }

    /// What a new look at the disk found, with the skills that came in on the way, as they are now.
    pub(super) fn with_nested(&mut self, mut commands: Vec<CommandFile>) -> Vec<CommandFile> {
        let Some(nested) = self.stage.shelf.nested_skills.clone() else { return commands };
        if self.parts.catalog.nested.is_empty() {
            return commands;
        }
        let mut known = std::mem::take(&mut self.parts.catalog.nested);
        let now: Vec<CommandFile> = self.parts.catalog.ways.iter().flat_map(|way| nested(way).0).collect();
        known.retain_mut(|file| match now.iter().find(|other| other.path == file.path) {
            Some(other) => {
                *file = CommandFile { name: file.name.clone(), ..other.clone() };
                true
            }
            None => false,
        });
        commands.extend(known.iter().filter(|file| file.path.is_absolute()).cloned());
        commands.sort_by(|a, b| a.name.cmp(&b.name));
        self.parts.catalog.nested = known;
        commands
    }
}
