//! What the folder would bring, as rows: kind by kind, each with its place and the whole text of what runs.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::base::text;
use crate::domain::{Claim, FolderClaims};
use crate::theme::{Meaning, Theme};
use crate::widgets::wrap::{Break, Indent, wrap};

/// All rows at this width.
pub(super) fn rows(claims: &FolderClaims, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let page = Page { width: usize::from(width), theme };
    let root = text::sanitize_line(&claims.root.to_string_lossy()).into_owned();
    let mut rows = page.words(&root, Meaning::Code);
    let why = if claims.changed {
        "You trusted this folder before, but what it brings has changed since. Until you answer, none of it has any \
         effect:"
    } else {
        "You have not worked in this folder before. It brings things that run, redirect or loosen something. Until \
         you answer, none of them has any effect:"
    };
    rows.extend(page.words(why, Meaning::Text));
    if claims.too_much {
        rows.push(Line::default());
        rows.extend(page.words(
            "It brings more than can be shown, so it cannot be trusted here. Look at its settings in .claude.",
            Meaning::Warning,
        ));
    }
    for run in claims.claims.chunk_by(|a, b| a.kind == b.kind) {
        let Some(first) = run.first() else { continue };
        let (one, many) = first.kind.words();
        rows.push(Line::default());
        let meaning = if first.kind.is_executable() { Meaning::Warning } else { Meaning::Heading };
        rows.extend(page.words(&format!("{} {}", run.len(), if run.len() == 1 { one } else { many }), meaning));
        rows.extend(run.iter().flat_map(|claim| page.claim(claim)));
    }
    if !claims.texts.is_empty() {
        rows.push(Line::default());
        rows.extend(page.words("Not sent to the model before that", Meaning::Heading));
        for path in &claims.texts {
            let path = path.strip_prefix(&claims.root).unwrap_or(path);
            rows.extend(page.words(&format!("  {}", text::sanitize_line(&path.to_string_lossy())), Meaning::Text));
        }
    }
    rows
}

struct Page<'a> {
    width: usize,
    theme: &'a Theme,
}

impl Page<'_> {
    fn words(&self, words: &str, meaning: Meaning) -> Vec<Line<'static>> {
        wrap([(words, self.theme.style(meaning))], self.width, &Indent::hanging(2), Break::Words)
    }

    /// Name, text and place. Every blank of the text stays, so that nothing hides behind many of them.
    fn claim(&self, claim: &Claim) -> Vec<Line<'static>> {
        let name = text::sanitize_line(&claim.name).into_owned();
        let source = text::sanitize_line(&claim.source).into_owned();
        let muted = self.theme.style(Meaning::Muted);
        let mut rows = wrap(
            [
                ("  ", Style::default()),
                (name.as_str(), self.theme.style(Meaning::Text)),
                ("  ", muted),
                (source.as_str(), muted),
            ],
            self.width,
            &Indent::hanging(4),
            Break::Anywhere,
        );
        let whole = text::sanitize(&claim.text);
        let indent = Indent { first: vec!["    ".into()], rest: vec!["      ".into()] };
        for row in whole.split('\n') {
            rows.extend(wrap([(row, self.theme.style(Meaning::Code))], self.width, &indent, Break::Anywhere));
        }
        rows
    }
}
