//! The help overlay: keys and commands, made from the registries that also run them.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::picker::inside;
use crate::base::text;
use crate::commands;
use crate::domain::CommandFile;
use crate::panes::said::Said;
use crate::theme::{Meaning, Theme};
use crate::widgets::popup::{self, Frame};
use crate::widgets::wrap::{Break, Indent, wrap};

/// Keys of one place, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub title: String,
    /// A key and what it does.
    pub keys: Vec<(String, String)>,
}

/// The open overlay.
#[derive(Debug)]
pub struct Help {
    sections: Vec<Section>,
    rows: Vec<Line<'static>>,
    made_for: Option<(u16, u64)>,
    scroll: usize,
    frame: Rect,
}

const WIDEST: u16 = 92;
/// Columns of the keys and commands.
const LEFT: usize = 26;

impl Section {
    /// A section from a table of keys.
    pub fn of(title: &str, keys: &[(&str, &str)]) -> Self {
        let keys = keys.iter().map(|(key, does)| ((*key).to_owned(), (*does).to_owned()));
        Self { title: title.to_owned(), keys: keys.collect() }
    }
}

impl Help {
    /// Help with the app's own keys first, then the prompt's and the question's, then all commands.
    pub fn new(mut sections: Vec<Section>, files: &[CommandFile]) -> Self {
        sections.push(Section::of("Prompt", super::composer::KEYS));
        sections.push(Section::of("Permission questions", super::permission::KEYS));
        let built_in = commands::all().iter().map(|command| {
            let hint = command.argument_hint.map(|hint| format!(" {hint}")).unwrap_or_default();
            let aliases: Vec<String> = command.aliases.iter().map(|alias| format!("/{alias}")).collect();
            let also = if aliases.is_empty() { String::new() } else { format!(" (also {})", aliases.join(", ")) };
            (format!("/{}{hint}", command.name), format!("{}{also}", command.summary))
        });
        sections.push(Section { title: "Commands".to_owned(), keys: built_in.collect() });
        if !files.is_empty() {
            let own = files.iter().map(|file| {
                let hint = file.argument_hint.as_ref().map(|hint| format!(" {hint}")).unwrap_or_default();
                (format!("/{}{hint}", file.name), format!("{} ({})", file.description, file.source))
            });
            sections.push(Section { title: "Your commands".to_owned(), keys: own.collect() });
        }
        Self { sections, rows: Vec::new(), made_for: None, scroll: 0, frame: Rect::default() }
    }

    /// Takes a message; true when the overlay shall close.
    pub fn update(&mut self, said: Said) -> bool {
        let page = isize::from(self.frame.height.saturating_sub(3) as i16).max(1);
        match said {
            Said::Wheel(rows) => self.by(isize::from(rows)),
            Said::Paste(_) | Said::Click(_) => {}
            Said::Key(key) => match key.code {
                KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => return true,
                KeyCode::Up | KeyCode::Char('k') => self.by(-1),
                KeyCode::Down | KeyCode::Char('j') => self.by(1),
                KeyCode::PageUp | KeyCode::Char('u' | 'b') => self.by(-page),
                KeyCode::PageDown | KeyCode::Char('d' | ' ') => self.by(page),
                KeyCode::Home | KeyCode::Char('g') => self.scroll = 0,
                KeyCode::End | KeyCode::Char('G') => self.by(isize::MAX),
                _ => {}
            },
        }
        false
    }

    fn by(&mut self, rows: isize) {
        let last = self.rows.len().saturating_sub(usize::from(inside(self.frame).height));
        self.scroll = self.scroll.saturating_add_signed(rows).min(last);
    }

    /// Derives what the next draw needs.
    pub fn settle(&mut self, area: Rect, theme: &Theme) {
        self.frame = popup::centered(area, WIDEST, area.height);
        let width = inside(self.frame).width;
        if self.made_for != Some((width, theme.stamp())) {
            self.rows = self.sections.iter().flat_map(|section| rows(section, width, theme)).collect();
            self.made_for = Some((width, theme.stamp()));
        }
        self.by(0);
    }

    /// Draws where the last settle put it.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return;
        }
        let inner = inside(self.frame);
        let below = self.rows.len().saturating_sub(self.scroll + usize::from(inner.height));
        let foot = if below > 0 { format!("{below} more rows, PgDn · Esc close") } else { "Esc close".to_owned() };
        popup::draw(self.frame, buf, theme, &Frame { title: "Help", foot: &foot });
        for (place, row) in inner.rows().zip(self.rows.iter().skip(self.scroll)) {
            buf.set_line(place.x, place.y, row, place.width);
        }
    }
}

/// A section: its title, then a key and what it does in two columns, or in one where there is no room.
fn rows(section: &Section, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let title = text::sanitize_line(&section.title).into_owned();
    let mut rows = vec![Line::from(Span::styled(title, theme.style(Meaning::Heading)))];
    let left = if width >= LEFT * 2 { LEFT } else { 0 };
    for (key, does) in &section.keys {
        let key = text::sanitize_line(key).into_owned();
        let does = text::sanitize_line(does).into_owned();
        let gap = " ".repeat(left.saturating_sub(text::width(&key) + 2).max(2));
        let pieces = [
            ("  ", theme.style(Meaning::Text)),
            (key.as_str(), theme.style(Meaning::Key)),
            (gap.as_str(), theme.style(Meaning::Text)),
            (does.as_str(), theme.style(Meaning::Text)),
        ];
        rows.extend(wrap(pieces, width, &Indent::hanging(left.max(4)), Break::Words));
    }
    rows.push(Line::default());
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::KeyEvent;

    fn help() -> Help {
        let file = CommandFile {
            name: "deploy".to_owned(),
            description: "Ship it \u{1b}[2J".to_owned(),
            argument_hint: Some("[where]".to_owned()),
            path: "x.md".into(),
            source: "project".to_owned(),
            body: String::new(),
            ..CommandFile::default()
        };
        Help::new(vec![Section::of("Everywhere", &[("Ctrl+L", "Draw again")])], &[file])
    }

    fn screen(help: &mut Help, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        let theme = Theme::default();
        help.settle(area, &theme);
        let mut buf = Buffer::empty(area);
        help.view(&theme, &mut buf);
        let row = |y: u16| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_command_is_in_it() {
        let mut help = help();
        screen(&mut help, 80, 24);
        let all = help.rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for command in commands::all() {
            assert!(all.contains(&format!("/{}", command.name)) && all.contains(command.summary), "{}", command.name);
        }
        assert!(all.contains("/deploy [where]") && !all.contains('\u{1b}'));
    }

    #[test]
    fn it_scrolls_and_closes() {
        let mut help = help();
        insta::assert_snapshot!("help_80x24", screen(&mut help, 80, 24));
        assert!(!help.update(Said::Key(KeyEvent::from(KeyCode::Char('G')))));
        insta::assert_snapshot!("help_40x10", screen(&mut help, 40, 10));
        assert!(!help.update(Said::Key(KeyEvent::from(KeyCode::Home))));
        assert_eq!(help.scroll, 0);
        assert!(help.update(Said::Key(KeyEvent::from(KeyCode::Esc))));
    }
}
