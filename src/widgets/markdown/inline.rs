//! The run of text inside one block: styles that nest, links, images, code.

use pulldown_cmark::{Event, Tag, TagEnd};
use ratatui::style::{Modifier, Style};

use crate::base::text::sanitize_line;
use crate::theme::{Meaning, Theme};
use crate::widgets::table::Cell;

/// Stands for a forced break between pieces. The sanitiser lets no newline into a piece, so it cannot be foreign.
pub(super) const HARD_BREAK: &str = "\n";

/// Collects the pieces of a block.
#[derive(Debug, Default)]
pub(super) struct Inline {
    pieces: Cell,
    styles: Vec<Style>,
    /// Targets of the links and images that are open, with where their text began.
    targets: Vec<(String, usize)>,
}

impl Inline {
    /// The style that text gets now.
    fn style(&self, theme: &Theme) -> Style {
        self.styles.last().copied().unwrap_or_else(|| theme.style(Meaning::Text))
    }

    /// Everything until the matching [`Inline::pop`] is drawn over the style around it.
    pub(super) fn push_style(&mut self, style: Style, theme: &Theme) {
        self.styles.push(self.style(theme).patch(style));
    }

    pub(super) fn pop_style(&mut self) {
        self.styles.pop();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn take(&mut self) -> Cell {
        std::mem::take(&mut self.pieces)
    }

    /// Adds foreign text in a style of its own.
    pub(super) fn text_in(&mut self, text: &str, style: Style) {
        let clean = sanitize_line(text);
        match self.pieces.last_mut() {
            Some((last, known)) if *known == style && last != HARD_BREAK => last.push_str(&clean),
            _ => self.pieces.push((clean.into_owned(), style)),
        }
    }

    /// Takes an event that belongs to a run of text; says whether it did.
    pub(super) fn take_event(&mut self, event: &Event<'_>, theme: &Theme) -> bool {
        match event {
            Event::Text(text) => self.text_in(text, self.style(theme)),
            Event::Code(code) => self.text_in(code, self.style(theme).patch(theme.style(Meaning::CodeInline))),
            Event::InlineHtml(html) => self.text_in(html, self.style(theme).patch(theme.style(Meaning::Muted))),
            Event::SoftBreak => self.text_in(" ", self.style(theme)),
            Event::HardBreak => self.pieces.push((HARD_BREAK.to_owned(), Style::default())),
            Event::TaskListMarker(done) => {
                let (sign, meaning) = if *done { ("[x] ", Meaning::Success) } else { ("[ ] ", Meaning::Muted) };
                self.text_in(sign, theme.style(meaning));
            }
            Event::Start(tag) => return self.start(tag, theme),
            Event::End(tag) => return self.end(*tag, theme),
            _ => return false,
        }
        true
    }

    fn start(&mut self, tag: &Tag<'_>, theme: &Theme) -> bool {
        match tag {
            Tag::Emphasis => self.push_style(Style::new().add_modifier(Modifier::ITALIC), theme),
            Tag::Strong => self.push_style(Style::new().add_modifier(Modifier::BOLD), theme),
            Tag::Strikethrough => self.push_style(Style::new().add_modifier(Modifier::CROSSED_OUT), theme),
            Tag::Link { dest_url, .. } => {
                self.targets.push((dest_url.to_string(), self.pieces.len()));
                // The link's text begins a piece of its own, so that it can be compared with the target.
                self.pieces.push((String::new(), theme.style(Meaning::Link)));
                self.push_style(theme.style(Meaning::Link), theme);
            }
            Tag::Image { dest_url, .. } => {
                self.targets.push((dest_url.to_string(), self.pieces.len()));
                self.push_style(theme.style(Meaning::Muted), theme);
                self.text_in("[image: ", self.style(theme));
            }
            _ => return false,
        }
        true
    }

    fn end(&mut self, tag: TagEnd, theme: &Theme) -> bool {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => self.pop_style(),
            TagEnd::Link => {
                self.pop_style();
                if let Some((target, from)) = self.targets.pop() {
                    let text: String = self.pieces.iter().skip(from).map(|(text, _)| text.as_str()).collect();
                    self.target(&target, &text, theme);
                }
            }
            TagEnd::Image => {
                self.text_in("]", self.style(theme));
                self.pop_style();
                if let Some((target, _)) = self.targets.pop() {
                    self.target(&target, "", theme);
                }
            }
            _ => return false,
        }
        true
    }

    /// Shows where a link leads, unless its text says so already.
    fn target(&mut self, target: &str, text: &str, theme: &Theme) {
        let clean = sanitize_line(target);
        let said = text == clean || clean.strip_prefix("mailto:") == Some(text);
        if !said && !target.is_empty() {
            self.text_in(&format!(" ({clean})"), theme.style(Meaning::Muted));
        }
    }
}
