//! Draws the rules: the filter, one row a rule, and below them what is known of the one with the focus.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::super::picker::inside;
use super::{Draft, Rules, name};
use crate::base::text;
use crate::domain::{RuleCover, RuleLine, RulePlace, RuleTier, SaveScope};
use crate::theme::{Meaning, Theme};
use crate::widgets::list;
use crate::widgets::popup::{self, Frame};
use crate::widgets::wrap::{Break, Indent, wrap};

/// Rows below the list.
const DETAIL: u16 = 5;

impl Rules {
    /// Divides the area and derives what the next draw needs.
    pub fn settle(&mut self, area: Rect) {
        self.frame = area;
        let inner = inside(area);
        let head = 1.min(inner.height);
        let detail = DETAIL.min((inner.height - head) / 2);
        self.filter = Rect { height: head, ..inner };
        self.rows = Rect { y: inner.y + head, height: inner.height - head - detail, ..inner };
        self.detail = Rect { y: self.rows.bottom(), height: detail, ..inner };
        self.sieve.settle(self.rows.height);
    }

    /// Draws where the last settle put it. Returns where the cursor belongs.
    pub fn view(&self, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        if self.frame.is_empty() || self.frame.intersection(buf.area) != self.frame {
            return None;
        }
        let title = format!("Permission rules · {}", self.sieve.len());
        let foot = match (&self.draft, &self.doomed) {
            (Some(_), _) => "Enter save · Tab where · Shift+Tab allow, ask, deny · Esc back",
            (None, Some(_)) => "press again to remove this rule · any other key keeps it",
            (None, None) => "Enter try it · Ctrl+N new · Del remove · Tab decisions · Esc close",
        };
        popup::draw(self.frame, buf, theme, &Frame { title: &title, foot });
        let cursor = self.sieve.draw_filter(theme, self.filter, buf);
        let item = |row: usize| {
            let found = self.sieve.found(row);
            let line = found.and_then(|(index, _)| self.lines().get(*index));
            list::Item {
                text: line.map(name).unwrap_or_default().into(),
                marks: found.map(|(_, marks)| marks.as_slice()).unwrap_or_default().into(),
                detail: line.map(|line| line.source.to_string()).unwrap_or_default().into(),
            }
        };
        list::draw(self.sieve.state(), self.sieve.len(), item, (self.rows, buf), theme);
        if self.sieve.len() == 0 {
            let words = match &self.report {
                None => "Looking …",
                Some(report) if report.rules.is_empty() => "There are no rules yet; Ctrl+N writes one",
                Some(_) => "Nothing fits; Ctrl+U clears the filter",
            };
            buf.set_stringn(self.rows.x, self.rows.y, words, self.rows.width.into(), theme.style(Meaning::Muted));
        }
        if let Some(draft) = &self.draft {
            return self.draw_draft(draft, theme, buf);
        }
        self.draw_detail(theme, buf);
        cursor
    }

    fn draw_detail(&self, theme: &Theme, buf: &mut Buffer) {
        let mut rows = self.detail.rows();
        let Some(border) = rows.next() else { return };
        let style = theme.style(Meaning::Border);
        buf.set_stringn(border.x, border.y, "─".repeat(border.width.into()), border.width.into(), style);
        let Some(line) = self.chosen() else { return };
        for (place, row) in rows.zip(self.details(line, theme)) {
            buf.set_line(place.x, place.y, &row, place.width);
        }
    }

    /// The whole rule, its place, its fault, and what it would have covered.
    fn details(&self, line: &RuleLine, theme: &Theme) -> Vec<Line<'static>> {
        let words = |words: &str, meaning| {
            let words = text::sanitize_line(words).into_owned();
            wrap(
                [(words.as_str(), theme.style(meaning))],
                usize::from(self.detail.width),
                &Indent::hanging(2),
                Break::Anywhere,
            )
        };
        let mut rows = words(&format!("{} {}", line.tier.name(), line.text), Meaning::Code);
        if let Some(problem) = &line.problem {
            rows.extend(words(&format!("⚠ {problem}"), Meaning::Warning));
        }
        if let Some(test) = self.test_of(&line.text).filter(|_| line.tier == RuleTier::Allow) {
            let (told, meaning) = match &test.outcome {
                Ok(cover) => (replay(*cover), Meaning::Success),
                Err(problem) => (problem.clone(), Meaning::Error),
            };
            rows.extend(words(&told, meaning));
        }
        rows.extend(words(&format!("from {}", line.source), Meaning::Muted));
        rows
    }

    fn draw_draft(&self, draft: &Draft, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
        let mut rows = self.detail.rows();
        let border = rows.next()?;
        let style = theme.style(Meaning::BorderFocus);
        buf.set_stringn(border.x, border.y, "─".repeat(border.width.into()), border.width.into(), style);
        let place = rows.next()?;
        let head = format!("{} ❯ ", draft.tier().name());
        buf.set_stringn(place.x, place.y, &head, place.width.into(), theme.style(Meaning::Accent));
        let used = (text::width(&head) as u16).min(place.width);
        let room = usize::from(place.width - used);
        let (shown, column) = draft.field.window(room);
        buf.set_stringn(place.x + used, place.y, shown, room, theme.style(Meaning::Text));
        let cursor = Position::new((place.x + used + column as u16).min(place.right().saturating_sub(1)), place.y);
        let told = match self.test_of(draft.rule()).map(|test| &test.outcome) {
            _ if draft.rule().is_empty() => {
                ("Such as Bash(npm run *), Read(/docs/**), WebFetch(domain:docs.rs)".to_owned(), Meaning::Muted)
            }
            Some(Ok(cover)) if draft.tier() == RuleTier::Allow => (replay(*cover), Meaning::Success),
            Some(Err(problem)) if draft.tier() == RuleTier::Allow => (problem.clone(), Meaning::Error),
            _ => (String::new(), Meaning::Muted),
        };
        for (place, (words, meaning)) in rows.zip([told, (kept(draft.place()).to_owned(), Meaning::Muted)]) {
            let words = text::sanitize_line(&words).into_owned();
            let words = text::clip(&words, place.width.into());
            buf.set_stringn(place.x, place.y, words, place.width.into(), theme.style(meaning));
        }
        Some(cursor)
    }
}

/// `It would have covered 41 of the last 60 questions.`
fn replay(cover: RuleCover) -> String {
    match cover.of {
        0 => "Nothing was asked in this session yet, so there is nothing to try it on".to_owned(),
        1 => format!("It would have covered {} of the one question of this session", cover.covered),
        of => format!("It would have covered {} of the last {of} questions", cover.covered),
    }
}

fn kept(place: RulePlace) -> &'static str {
    match place {
        RulePlace::Saved(SaveScope::Local) => "kept in .claude/settings.local.json",
        RulePlace::Saved(SaveScope::Project) => "kept in .claude/settings.json, for all who work on the project",
        RulePlace::Saved(SaveScope::User) => "kept in your own settings, for all projects",
        RulePlace::Session => "kept until this session ends",
    }
}
