//! The pages that list commands, skills and memory, with what each costs.

use super::super::driver::Driver;
use crate::catalog::{Budget, listing};
use crate::domain::{CatalogNews, CommandFile, Live, Page, PageAct, PageKind, PageRow, PromptKind, RowMark};
use crate::usage::{self, Counter, Tiktoken};

impl Driver {
    pub(super) async fn show_page(&mut self, kind: PageKind) {
        if kind == PageKind::Skills {
            self.scan_again().await;
            let (files, budget) = (self.stage.commands.clone(), self.stage.shelf.budget);
            self.beside(move || Live::Catalog(CatalogNews::Page(skills(&files, budget))));
        }
    }
}

/// A counter that is loaded for one page and dropped again.
struct Tokens(Option<Tiktoken>);

impl Tokens {
    fn load() -> Self {
        Self(Tiktoken::load().ok())
    }

    fn of(&self, text: &str) -> u64 {
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

fn skill_row(file: &CommandFile, tokens: &Tokens) -> PageRow {
    let listed = if file.is_for_model() { tokens.of(&format!("- {}: {}", file.name, file.listing())) } else { 0 };
    let traits = &file.traits;
    let mut notes = vec![file.listing()];
    let rules = |title: &str, rules: &[String]| (!rules.is_empty()).then(|| format!("{title}: {}", rules.join(", ")));
    notes.extend(rules("allows for its turn", &traits.allowed_tools));
    notes.extend(rules("forbids for its turn", &traits.disallowed_tools));
    notes.extend(traits.model.as_ref().map(|model| format!("model: {model}")));
    if traits.person_only {
        notes.push("only you can use it; the model is not told of it".to_owned());
    } else if !file.is_for_model() {
        notes.push("only you can use it: it has no description for the model".to_owned());
    }
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
