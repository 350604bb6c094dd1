//! The output style: part of the system text, so that a change of it costs the cached prefix, which is said.

use std::sync::Arc;

use super::super::driver::Driver;
use crate::catalog::{DEFAULT_STYLE, Style};
use crate::domain::{
    CatalogNews, Live, Notice, Page, PageAct, PageKind, PageRow, RowMark, Segment, SegmentBody, SegmentKind,
};
use crate::usage;

/// The part of the system text that a style may take the place of.
const CODING: &str = "# How you work\n";

/// Puts a style behind the system text. One that does not keep the words on coding takes their place.
pub(super) fn dress(mut prefix: Vec<Arc<Segment>>, style: &Style) -> Vec<Arc<Segment>> {
    if style.name == DEFAULT_STYLE || style.text.is_empty() {
        return prefix;
    }
    let Some(at) = prefix.iter().position(|segment| segment.kind == SegmentKind::System) else { return prefix };
    if let Some(SegmentBody::System(text)) = prefix.get(at).map(|segment| &segment.body)
        && !style.keeps_coding
    {
        let short = without_coding(text);
        if let Some(segment) = prefix.get_mut(at) {
            *segment = Arc::new(Segment::system(segment.label.clone(), short));
        }
    }
    let text = format!("# Output style: {}\n{}\n", style.name, style.text);
    prefix.insert(at + 1, Arc::new(Segment::system("output style", text)));
    prefix
}

fn without_coding(text: &str) -> String {
    let Some((before, rest)) = text.split_once(CODING) else { return text.to_owned() };
    let after = rest.find("\n# ").map_or("", |at| rest.get(at + 1..).unwrap_or_default());
    format!("{before}{after}")
}

impl Driver {
    /// Answers with all styles.
    pub(super) fn show_styles(&self) {
        let shelf = Arc::clone(&self.stage.shelf);
        let again = self.tokens_after_tools();
        let row = |style: &Style| {
            let current = style.name == shelf.style.name;
            PageRow {
                mark: if current { RowMark::On } else { RowMark::Off },
                name: style.name.clone(),
                value: style.source.clone(),
                place: style.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
                notes: vec![style.description.clone(), style.text.chars().take(300).collect()],
                act: Some(PageAct::Choose(style.name.clone())),
                drop: None,
            }
        };
        let head = format!("A change is read anew: about {again} tokens are not served by the cache once.");
        let page = Page { kind: PageKind::Styles, head, rows: shelf.styles.iter().map(row).collect() };
        self.beside(move || Live::Catalog(CatalogNews::Page(page)));
    }

    /// Estimated tokens of everything that stands behind the tools.
    fn tokens_after_tools(&self) -> u64 {
        let prefix = self.machine.prefix().iter().filter(|segment| segment.kind != SegmentKind::Tool);
        let bytes: u64 = prefix.map(|segment| u64::from(segment.bytes)).sum();
        let history: u64 = self.machine.conversation().history.iter().map(|segment| u64::from(segment.bytes)).sum();
        usage::estimate(bytes + history)
    }

    /// Switches to a style and keeps the choice.
    pub(super) async fn choose_style(&mut self, name: &str) {
        let found = self.stage.shelf.styles.iter().find(|style| style.name.eq_ignore_ascii_case(name)).cloned();
        let Some(style) = found else {
            let names: Vec<&str> = self.stage.shelf.styles.iter().map(|style| style.name.as_str()).collect();
            let notice = Notice::warning(format!("There is no output style `{name}`."));
            return self.notice(notice.hint(format!("choose one of {}", names.join(", ")))).await;
        };
        if style.name == self.stage.shelf.style.name {
            return self.notice(Notice::info(format!("The output style is {} already.", style.name))).await;
        }
        if self.machine.is_busy() {
            return self.notice(Notice::warning("The output style can change when the turn is over.")).await;
        }
        let begun = self.machine.conversation().counts.request > 0;
        let price = self.tokens_after_tools();
        let name = style.name.clone();
        let mut shelf = (*self.stage.shelf).clone();
        shelf.style = style;
        let saved = shelf.save.as_ref().map(|save| save("outputStyle", &name.clone().into()));
        self.stage.shelf = Arc::new(shelf);
        self.renew_prefix("another output style was chosen");
        let paid = if begun {
            format!(" About {price} tokens are read anew for it, not from the cache.")
        } else {
            String::new()
        };
        let text = format!("The output style is {name} from the next message on.{paid}");
        self.notice(Notice::info(text)).await;
        if let Some(Err(problem)) = saved {
            self.notice(Notice::warning(format!("The choice holds for this run only: {problem}."))).await;
        }
        self.show_styles();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_takes_the_place_of_the_words_on_coding_or_stands_beside_them() {
        let system = include_str!("../../../assets/prompt/system.md");
        let prefix = || vec![Arc::new(Segment::system("system prompt", system))];
        let text = |keeps_coding: bool| {
            let style = Style { name: "S".into(), text: "Sing.".into(), keeps_coding, ..Style::default() };
            let dressed = dress(prefix(), &style);
            let texts: Vec<String> = dressed
                .iter()
                .map(|segment| match &segment.body {
                    SegmentBody::System(text) => text.to_string(),
                    _ => String::new(),
                })
                .collect();
            texts
        };
        assert_eq!(text(true), [system.to_owned(), "# Output style: S\nSing.\n".to_owned()]);
        assert!(!text(false)[0].contains("How you work") && text(false)[0].contains("# Tools\n"));
        assert_eq!(dress(prefix(), &Style { name: DEFAULT_STYLE.into(), ..Style::default() }).len(), 1);
    }
}
