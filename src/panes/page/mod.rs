//! A page of things with where they come from: commands and skills, memory, styles, plugins, settings. What is on it
//! is the engine's; here it is filtered, looked at and chosen from.

mod view;

use crate::panes::said::Said;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::picker::Sieve;
use crate::domain::{
    Act, CatalogNews, CatalogRequest, EditPurpose, Event, Live, Page, PageAct, PageKind, PageRow, Request, RowMark,
};

/// The open pane.
#[derive(Debug)]
pub struct PagePane {
    kind: PageKind,
    page: Option<Page>,
    sieve: Sieve,
    /// The row that a second press drops.
    doomed: Option<String>,
    frame: Rect,
    head: Rect,
    filter: Rect,
    rows: Rect,
    detail: Rect,
}

impl PagePane {
    /// An open pane, and what to ask the engine.
    pub fn open(kind: PageKind) -> (Self, Vec<Act>) {
        let pane = Self {
            kind,
            page: None,
            sieve: Sieve::default(),
            doomed: None,
            frame: Rect::default(),
            head: Rect::default(),
            filter: Rect::default(),
            rows: Rect::default(),
            detail: Rect::default(),
        };
        (pane, vec![ask(kind)])
    }

    /// Takes in the answer of the engine.
    pub fn hear(&mut self, event: &Event) {
        let Event::Live(Live::Catalog(CatalogNews::Page(page))) = event else { return };
        if page.kind != self.kind {
            return;
        }
        let chosen = self.chosen().map(|row| (row.name.clone(), row.place.clone()));
        self.sieve.set_names(page.rows.iter().map(name).collect());
        let same = |row: &PageRow| chosen.as_ref() == Some(&(row.name.clone(), row.place.clone()));
        let first = page.rows.iter().position(|row| row.mark != RowMark::Section).unwrap_or(0);
        self.sieve.select(page.rows.iter().position(same).unwrap_or(first));
        self.page = Some(page.clone());
        self.doomed = None;
    }

    fn chosen(&self) -> Option<&PageRow> {
        self.page.as_ref()?.rows.get(self.sieve.selected()?)
    }

    /// Takes one message; true closes the pane.
    pub fn update(&mut self, said: Said) -> (Vec<Act>, bool) {
        let before = self.sieve.selected();
        let mut acts = Vec::new();
        match said {
            Said::Key(key) if key.code == KeyCode::Esc => return (acts, true),
            Said::Key(key) => acts = self.key(&key),
            Said::Paste(text) => self.sieve.paste(&text),
            Said::Wheel(rows) => self.sieve.by(isize::from(rows)),
            Said::Click(at) => drop(self.sieve.click(self.rows, at)),
        }
        if self.sieve.selected() != before {
            self.doomed = None;
        }
        (acts, false)
    }

    fn key(&mut self, key: &KeyEvent) -> Vec<Act> {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => self.enter(),
            KeyCode::Delete => self.remove(),
            KeyCode::Char('d') if ctrl => self.remove(),
            KeyCode::Char('r') if ctrl => vec![ask(self.kind)],
            _ => {
                self.sieve.key(key, self.rows.height);
                Vec::new()
            }
        }
    }

    fn enter(&self) -> Vec<Act> {
        match self.chosen().and_then(|row| row.act.clone()) {
            Some(PageAct::Open(path)) => {
                let purpose = EditPurpose::File { path, page: self.kind };
                vec![Act::Edit { purpose, text: String::new() }]
            }
            Some(PageAct::Rewrite { id, text }) => vec![Act::Edit { purpose: EditPurpose::Memory { id }, text }],
            Some(PageAct::Choose(key)) => vec![send(CatalogRequest::Choose { kind: self.kind, key })],
            None => Vec::new(),
        }
    }

    /// The first press asks, the second drops.
    fn remove(&mut self) -> Vec<Act> {
        let Some(key) = self.chosen().and_then(|row| row.drop.clone()) else { return Vec::new() };
        if self.doomed.as_ref() != Some(&key) {
            self.doomed = Some(key);
            return Vec::new();
        }
        self.doomed = None;
        vec![send(CatalogRequest::Drop { kind: self.kind, key })]
    }
}

/// Asks the engine for a page.
pub fn ask(kind: PageKind) -> Act {
    send(CatalogRequest::Page(kind))
}

fn send(request: CatalogRequest) -> Act {
    Act::Send(Request::Catalog(request))
}

/// What is searched and shown of a row.
fn name(row: &PageRow) -> String {
    match row.mark {
        RowMark::On => format!("● {}", row.name),
        RowMark::Off => format!("○ {}", row.name),
        RowMark::Problem => format!("⚠ {}", row.name),
        RowMark::Section => format!("{} ─", row.name),
    }
}

#[cfg(test)]
mod tests;
