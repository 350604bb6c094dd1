//! The pages that list commands, skills and memory, with what each costs.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::driver::Driver;
use super::inventory::{file_row, inventory, scope, without_keys};
use super::{Shelf, plugins};
use crate::catalog::{Budget, listing};
use crate::domain::{
    CatalogNews, CommandFile, Live, MemoryFile, Notice, Page, PageAct, PageKind, PageRow, PromptKind, RowMark,
};
use crate::usage::{self, Counter, Tiktoken};

impl Driver {
    pub(in crate::engine) async fn show_page(&mut self, kind: PageKind) {
        match kind {
            PageKind::Skills => {
                self.scan_again().await;
                let (files, shelf) = (self.stage.commands.clone(), Arc::clone(&self.stage.shelf));
                self.beside(move || {
                    let mut page = skills(&files, shelf.budget);
                    if !shelf.off.is_empty() {
                        page.rows.push(PageRow::section("Off by skillOverrides"));
                        page.rows.extend(shelf.off.iter().map(off_row));
                    }
                    Live::Catalog(CatalogNews::Page(page))
                });
            }
            PageKind::Memory => {
                self.scan_again().await;
                let (files, shelf) = (self.stage.memory.clone(), Arc::clone(&self.stage.shelf));
                let touched = self.parts.catalog.touched.iter().cloned().collect();
                let entries = self.memory_rows();
                self.beside(move || {
                    let mut page = memory(&files, &shelf, touched);
                    page.rows.extend(entries);
                    Live::Catalog(CatalogNews::Page(page))
                });
            }
            PageKind::Styles => self.show_styles(),
            PageKind::Plugins => {
                let bring = plugins::Bring::of(&self.stage);
                self.beside(move || Live::Catalog(CatalogNews::Page(bring.page())));
            }
            PageKind::Config => {
                let page = self.config_page();
                self.beside(move || Live::Catalog(CatalogNews::Page(page)));
            }
        }
    }

    /// Switches a plugin on or off, from the next start on.
    pub(super) async fn switch_plugin(&mut self, name: &str) {
        let shelf = Arc::clone(&self.stage.shelf);
        let Some(plugin) = shelf.plugins.iter().find(|plugin| plugin.name == name) else { return };
        let Some(save) = &shelf.save else { return };
        let on = !plugin.enabled;
        let word = if on { "on" } else { "off" };
        match save(&format!("enabledPlugins.{}", plugin.id()), &on.into()) {
            Ok(file) => {
                let mut shelf = (*shelf).clone();
                shelf.plugins.iter_mut().filter(|plugin| plugin.name == name).for_each(|plugin| plugin.enabled = on);
                self.stage.shelf = Arc::new(shelf);
                let text = format!("The plugin {name} is {word} from the next start on ({}).", file.display());
                self.notice(Notice::info(text)).await;
                Box::pin(self.show_page(PageKind::Plugins)).await;
            }
            Err(problem) => self.notice(Notice::warning(format!("The plugin stays as it is: {problem}."))).await,
        }
    }

    fn config_page(&self) -> Page {
        let rows = without_keys(inventory(&self.stage, &self.gate.texts()), &self.setup.secrets);
        let count = rows.iter().filter(|row| row.mark != RowMark::Section).count();
        Page { kind: PageKind::Config, head: format!("{count} entries; the strongest file first"), rows }
    }
}

fn memory(files: &[MemoryFile], shelf: &Shelf, touched: Vec<PathBuf>) -> Page {
    let tokens = Tokens::load();
    let mut rows = vec![PageRow::section("Read at the start, in this order")];
    let mut sum = 0;
    for (number, file) in files.iter().enumerate() {
        let cost = tokens.of(&file.text);
        sum += cost;
        rows.push(PageRow {
            name: format!("{}. {}", number + 1, file.path.display()),
            value: format!("{} · {cost} tokens", scope(file.scope)),
            ..file_row(&file.path, "")
        });
    }
    if let Some(auto) = &shelf.auto {
        let cost = tokens.of(&super::memory::notes(auto));
        sum += cost;
        let path = auto.folder.join("MEMORY.md");
        let notes = vec!["notes that the model keeps of this project; it writes there unasked".to_owned()];
        let row = file_row(&path, &format!("notes of the model · {cost} tokens"));
        let mark = if auto.index.is_some() { RowMark::On } else { RowMark::Off };
        rows.push(PageRow { name: format!("{}", path.display()), notes, mark, ..row });
    }
    let on = shelf.auto.is_some();
    rows.push(PageRow {
        mark: if on { RowMark::On } else { RowMark::Off },
        name: "the model keeps notes of its own".to_owned(),
        value: if on { "on" } else { "off" }.to_owned(),
        notes: vec!["Enter switches it, from the next start on (autoMemoryEnabled)".to_owned()],
        act: Some(PageAct::Choose(super::AUTO.to_owned())),
        ..PageRow::default()
    });
    if !touched.is_empty() {
        rows.push(PageRow::section("Told when a file of theirs was worked with"));
    }
    rows.extend(touched.iter().map(|path| PageRow { name: path.display().to_string(), ..file_row(path, "told") }));
    let waiting: Vec<_> = shelf.rules.iter().filter(|rule| !touched.contains(&rule.file.path)).collect();
    if !waiting.is_empty() {
        rows.push(PageRow::section("Rules that wait for their paths"));
    }
    rows.extend(waiting.into_iter().map(|rule| PageRow {
        name: rule.file.path.display().to_string(),
        mark: RowMark::Off,
        notes: vec![format!("for {}", rule.globs.join(", "))],
        ..file_row(&rule.file.path, scope(rule.file.scope))
    }));
    if !shelf.skipped.is_empty() {
        rows.push(PageRow::section("There, but not read"));
    }
    rows.extend(shelf.skipped.iter().map(|(path, why)| PageRow {
        name: path.display().to_string(),
        mark: RowMark::Problem,
        notes: vec![why.clone()],
        ..file_row(path, "not read")
    }));
    Page { kind: PageKind::Memory, head: format!("{sum} tokens in every request"), rows }
}

/// A counter that is loaded for one page and dropped again.
pub(super) struct Tokens(Option<Tiktoken>);

impl Tokens {
    pub(super) fn load() -> Self {
        Self(Tiktoken::load().ok())
    }

    pub(super) fn of(&self, text: &str) -> u64 {
        match &self.0 {
            Some(tokenizer) => tokenizer.count(text) as u64,
            None => usage::estimate(text.len() as u64),
        }
    }
}

fn skills(files: &[CommandFile], budget: Budget) -> Page {
    let tokens = Tokens::load();
    let mut rows = Vec::new();
    for (kind, title) in [(PromptKind::Skill, "Skills"), (PromptKind::Command, "Commands")] {
        let of_kind: Vec<&CommandFile> = files.iter().filter(|file| file.kind == kind).collect();
        if !of_kind.is_empty() {
            rows.push(PageRow::section(title));
        }
        rows.extend(of_kind.into_iter().map(|file| skill_row(file, &tokens)));
    }
    let list = listing(files, budget).map_or(0, |list| tokens.of(&list));
    let head = format!("The list costs {list} tokens in every request; a text is paid when it is used.");
    Page { kind: PageKind::Skills, head, rows }
}

/// A skill that the settings switch off.
pub(super) fn off_row(file: &CommandFile) -> PageRow {
    PageRow {
        mark: RowMark::Off,
        name: format!("/{}", file.name),
        notes: vec!["off by skillOverrides".to_owned()],
        ..file_row(&file.path, &file.source)
    }
}

fn skill_row(file: &CommandFile, tokens: &Tokens) -> PageRow {
    let listed = if file.is_listed() { tokens.of(&file.line()) } else { 0 };
    let traits = &file.traits;
    let mut notes = vec![file.listing()];
    let rules = |title: &str, rules: &[String]| (!rules.is_empty()).then(|| format!("{title}: {}", rules.join(", ")));
    notes.extend(rules("allows for its turn", &traits.allowed_tools));
    notes.extend(rules("forbids for its turn", &traits.disallowed_tools));
    notes.extend(traits.model.as_ref().map(|model| format!("model: {model}")));
    if traits.person_only {
        notes.push("only you can use it; the model is not told of it".to_owned());
    } else if traits.name_only {
        notes.push("the model sees its name alone (skillOverrides)".to_owned());
    } else if !file.is_for_model() {
        notes.push("only you can use it: it has no description for the model".to_owned());
    }
    notes.extend(rules("told when a file fits", &traits.paths));
    notes.extend(traits.agent.as_ref().map(|agent| format!("runs in a sub-agent: {agent}")));
    notes.extend(traits.hooks.as_ref().map(|_| "brings hooks, from its first use on".to_owned()));
    if traits.model_only {
        notes.push("only the model can use it".to_owned());
    }
    notes.push(format!("{listed} tokens in every request, {} when it is used", tokens.of(&file.body)));
    let act = file.path.is_absolute().then(|| PageAct::Open(file.path.clone()));
    PageRow {
        mark: if file.is_for_model() { RowMark::On } else { RowMark::Off },
        name: format!("/{}", file.name),
        value: file.source.clone(),
        place: file.path.display().to_string(),
        notes,
        act,
        drop: None,
    }
}
