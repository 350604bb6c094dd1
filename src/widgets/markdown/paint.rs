//! The fold from Markdown events to rows. It knows one fragment and keeps nothing between fragments.
//!
//! Nothing here recurses, and of deep nesting only the outer levels are drawn, so that hostile depth costs nothing.

use std::collections::HashMap;

use pulldown_cmark::{Alignment, BrokenLink, CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::fence::{CodeBlock, CodeRows, label, language};
use super::inline::{HARD_BREAK, Inline};
use super::margin::Margin;
use super::place::Place;
use crate::base::text::sanitize_line;
use crate::theme::{Meaning, Theme};
use crate::widgets::table::{Align, Cell, Table};
use crate::widgets::wrap::{Break, Indent, spans_width, wrap};

/// What is kept from one painting of a text to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Targets of link references, by lower-case label.
    references: HashMap<String, String>,
    /// Code inside lists and quotes, by its place in the source.
    blocks: HashMap<usize, CodeBlock>,
}

/// Where a new block or list item begins at the top level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boundary {
    /// Byte in the source.
    pub at: usize,
    /// Rows of the fragment before it.
    pub row: usize,
    /// The number of the item, in an ordered list.
    pub number: Option<u64>,
    pub fenced: bool,
    /// A blank row was put before it.
    pub blank: bool,
}

/// What a fragment is to be painted with.
pub(super) struct Brush<'a> {
    pub theme: &'a Theme,
    pub width: usize,
    pub memory: &'a mut Memory,
    /// The number that the first list goes on with.
    pub number: Option<u64>,
    /// Rows stand before this fragment.
    pub follows: bool,
}

/// The rows of a fragment and where its parts begin.
pub(super) struct Painted {
    pub rows: Vec<Line<'static>>,
    pub boundaries: Vec<Boundary>,
}

impl Memory {
    /// Lets go of what stands before byte `at`: it will not be painted again.
    pub(super) fn forget_before(&mut self, at: usize) {
        self.blocks.retain(|place, _| *place >= at);
    }
}

/// Paints `source` from byte `from`. What lies before is looked at only for blank lines.
pub(super) fn paint(source: &str, from: usize, brush: Brush<'_>) -> Painted {
    let fragment = source.get(from..).unwrap_or_default();
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let known = std::mem::take(&mut brush.memory.references);
    let resolve = |link: BrokenLink<'_>| {
        let target = known.get(&link.reference.to_lowercase())?;
        Some((CowStr::from(target.clone()), CowStr::from("")))
    };
    let callback = (!known.is_empty()).then_some(resolve);
    let parser = Parser::new_with_broken_link_callback(fragment, options, callback);
    let found: Vec<(String, String)> = parser
        .reference_definitions()
        .iter()
        .take(MAX_REFERENCES)
        .map(|(label, definition)| (label.to_lowercase(), definition.dest.to_string()))
        .collect();
    let mut painter = Painter::new(Place::new(source, from), &brush);
    painter.known_blocks = std::mem::take(&mut brush.memory.blocks);
    for (event, range) in parser.into_offset_iter() {
        painter.event(event, from + range.start);
    }
    painter.flush();
    let painted = Painted { rows: painter.rows, boundaries: painter.boundaries };
    brush.memory.blocks = painter.blocks;
    brush.memory.references = known;
    if brush.memory.references.len() < MAX_REFERENCES {
        brush.memory.references.extend(found);
    }
    painted
}

const MAX_REFERENCES: usize = 1_000;

struct Painter<'a> {
    place: Place<'a>,
    theme: &'a Theme,
    width: usize,
    rows: Vec<Line<'static>>,
    boundaries: Vec<Boundary>,
    margin: Margin,
    /// Numbers of the lists that are open; none for bullets.
    lists: Vec<Option<u64>>,
    first_number: Option<u64>,
    inline: Inline,
    /// The code block that is open, with its place.
    code: Option<(usize, CodeBlock)>,
    known_blocks: HashMap<usize, CodeBlock>,
    blocks: HashMap<usize, CodeBlock>,
    table: Option<Table>,
    row: Vec<Cell>,
    /// Rows stand before the fragment.
    follows: bool,
    /// The line at which a block began last; what begins on the same line is not set apart again.
    last_start: Option<usize>,
    /// Tags that are open.
    depth: usize,
    /// A block has begun at the top level; if it is a list, its first item comes next.
    first_item: bool,
}

impl<'a> Painter<'a> {
    fn new(place: Place<'a>, brush: &Brush<'a>) -> Self {
        Self {
            place,
            theme: brush.theme,
            width: brush.width,
            rows: Vec::new(),
            boundaries: Vec::new(),
            margin: Margin::default(),
            lists: Vec::new(),
            first_number: brush.number,
            inline: Inline::default(),
            code: None,
            known_blocks: HashMap::new(),
            blocks: HashMap::new(),
            table: None,
            row: Vec::new(),
            follows: brush.follows,
            last_start: None,
            depth: 0,
            first_item: false,
        }
    }

    fn event(&mut self, event: Event<'_>, at: usize) {
        let top = self.depth == 0;
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if top && !matches!(event, Event::End(_)) {
            let fenced = matches!(event, Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))));
            let at = self.place.line_start(at);
            self.boundaries.push(Boundary {
                at,
                row: self.rows.len(),
                number: self.first_number,
                fenced,
                blank: false,
            });
            self.first_item = true;
        }
        match event {
            Event::Text(text) if self.code.is_some() => self.code_text(&text),
            Event::Html(html) => self.html(&html),
            Event::Rule => self.rule(at),
            Event::Start(tag) => {
                if !self.inline.take_event(&Event::Start(tag.clone()), self.theme) {
                    self.start(tag, at);
                }
            }
            Event::End(tag) => {
                if !self.inline.take_event(&Event::End(tag), self.theme) {
                    self.end(tag);
                }
            }
            other => drop(self.inline.take_event(&other, self.theme)),
        }
    }

    fn start(&mut self, tag: Tag<'_>, at: usize) {
        // A tight item's text is not inside a paragraph: it ends where the next block begins.
        if !matches!(tag, Tag::TableHead | Tag::TableRow | Tag::TableCell) {
            self.flush();
        }
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.gap(at),
            Tag::Heading { level, .. } => self.heading(level, at),
            Tag::BlockQuote(_) => {
                self.gap(at);
                self.margin.open_quote(self.rows.len());
                self.inline.push_style(self.theme.style(Meaning::Quote), self.theme);
            }
            Tag::CodeBlock(kind) => self.code(&kind, at),
            Tag::List(number) => {
                self.gap(at);
                let number = if self.depth == 1 { self.first_number.take().or(number) } else { number };
                self.lists.push(number);
            }
            Tag::Item => self.item(at),
            Tag::Table(alignments) => {
                self.gap(at);
                let aligns = alignments.into_iter().map(align).collect();
                self.table = Some(Table { aligns, ..Table::default() });
            }
            Tag::TableHead => self.inline.push_style(self.theme.style(Meaning::Heading), self.theme),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush();
                self.inline.pop_style();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                if !self.has_drawn() {
                    // An empty quote still shows that it is there.
                    self.push_rows(|indent, width| wrap([], width, &indent, Break::Words));
                }
                self.inline.pop_style();
                self.margin.close();
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::Item => self.end_item(),
            TagEnd::TableCell => self.row.push(self.inline.take()),
            TagEnd::TableHead => {
                self.inline.pop_style();
                self.table.get_or_insert_default().header = std::mem::take(&mut self.row);
            }
            TagEnd::TableRow => self.table.get_or_insert_default().rows.push(std::mem::take(&mut self.row)),
            TagEnd::Table => self.end_table(),
            _ => self.flush(),
        }
    }

    fn heading(&mut self, level: HeadingLevel, at: usize) {
        self.gap(at);
        let style = self.theme.style(Meaning::Heading);
        let style = if level == HeadingLevel::H1 { style.add_modifier(Modifier::UNDERLINED) } else { style };
        self.inline.push_style(style, self.theme);
        if level > HeadingLevel::H2 {
            // Lower levels look alike; the signs tell them apart.
            self.inline.text_in(&format!("{} ", "#".repeat(level as usize)), style);
        }
    }

    fn item(&mut self, at: usize) {
        // The first item begins where its list does, which is a boundary already.
        if self.depth == 2 && !std::mem::take(&mut self.first_item) {
            let number = self.lists.last().copied().flatten();
            let at = self.place.line_start(at);
            self.boundaries.push(Boundary { at, row: self.rows.len(), number, fenced: false, blank: false });
        }
        self.gap(at);
        let depth = self.lists.len();
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            _ => ["• ", "◦ ", "▪ "].get(depth.saturating_sub(1) % 3).copied().unwrap_or("• ").to_owned(),
        };
        self.margin.open_item(self.rows.len(), mark);
    }

    fn end_item(&mut self) {
        self.flush();
        if !self.has_drawn() {
            // An empty item still shows its mark.
            self.push_rows(|indent, width| wrap([], width, &indent, Break::Words));
        }
        self.margin.close();
    }

    fn code(&mut self, kind: &CodeBlockKind<'_>, at: usize) {
        self.gap(at);
        let name = match kind {
            CodeBlockKind::Fenced(info) => language(info).to_owned(),
            CodeBlockKind::Indented => String::new(),
        };
        let mut indent = self.margin.indent(self.width, self.theme);
        if let Some(label) = label(&name, indent.clone(), self.width, self.theme) {
            self.rows.push(label);
            indent.first.clone_from(&indent.rest);
        }
        let nested = self.depth > 1;
        // While a fence is being written its language is not whole.
        let known = self.known_blocks.remove(&at).filter(|block| block.language == name);
        let rows = || CodeRows::new(&name, indent, self.width);
        let block = known.unwrap_or_else(|| CodeBlock::new(name.clone(), rows(), nested));
        self.code = Some((at, block));
    }

    fn code_text(&mut self, text: &str) {
        if let Some((_, block)) = &mut self.code {
            block.text(text, self.theme, &mut self.rows);
        }
    }

    fn end_code(&mut self) {
        if let Some((at, mut block)) = self.code.take() {
            block.end(self.theme, &mut self.rows);
            if block.keeps() {
                self.blocks.insert(at, block);
            }
        }
    }

    fn html(&mut self, html: &str) {
        let style = self.theme.style(Meaning::Muted);
        let line = sanitize_line(html.trim_end_matches(['\n', '\r'])).into_owned();
        self.push_rows(|indent, width| wrap([(line.as_str(), style)], width, &indent, Break::Words));
    }

    fn rule(&mut self, at: usize) {
        self.flush();
        self.gap(at);
        let style = self.theme.style(Meaning::Border);
        self.push_rows(|indent, width| {
            let room = width.saturating_sub(spans_width(&indent.first)).min(40);
            wrap([("─".repeat(room).as_str(), style)], width, &indent, Break::Anywhere)
        });
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else { return };
        let theme = self.theme;
        self.push_rows(|indent, width| {
            let lines = table.lines(width.saturating_sub(spans_width(&indent.rest)).max(1), theme);
            let before = std::iter::once(&indent.first).chain(std::iter::repeat(&indent.rest));
            let joined = lines.into_iter().zip(before);
            joined.map(|(line, before)| before.iter().cloned().chain(line.spans).collect()).collect()
        });
    }

    /// Draws the text that was collected.
    fn flush(&mut self) {
        if self.inline.is_empty() || self.table.is_some() {
            return;
        }
        let pieces = self.inline.take();
        for part in pieces.split(|(text, _)| text == HARD_BREAK) {
            self.push_rows(|indent, width| {
                wrap(part.iter().map(|(text, style)| (text.as_str(), *style)), width, &indent, Break::Words)
            });
        }
    }

    fn push_rows(&mut self, make: impl FnOnce(Indent, usize) -> Vec<Line<'static>>) {
        let indent = self.margin.indent(self.width, self.theme);
        self.rows.extend(make(indent, self.width));
    }

    /// Whether the innermost container has rows already.
    fn has_drawn(&self) -> bool {
        match self.margin.start() {
            Some(start) => self.rows.len() > start,
            None => self.follows || !self.rows.is_empty(),
        }
    }

    /// A blank row where the source has a blank line, so that what was written close stays close.
    fn gap(&mut self, at: usize) {
        let start = self.place.line_start(at);
        if self.last_start.replace(start) == Some(start) || !self.has_drawn() || !self.place.is_blank_before(start) {
            return;
        }
        self.rows.push(self.margin.blank(self.width, self.theme));
        if let Some(boundary) = self.boundaries.last_mut().filter(|_| self.depth == 1) {
            boundary.blank = true;
        }
    }
}

fn align(alignment: Alignment) -> Align {
    match alignment {
        Alignment::None | Alignment::Left => Align::Left,
        Alignment::Center => Align::Center,
        Alignment::Right => Align::Right,
    }
}
