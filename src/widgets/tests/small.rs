//! The small pieces: gauges, lists, popups, rows, scrolling, fuzzy ranks.

use insta::assert_snapshot;
use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{dark, row, screen, text};
use crate::theme::Meaning;
use crate::widgets::list::{Item, ListState};
use crate::widgets::scroll::{Extent, Scroll};
use crate::widgets::spinner::Spinner;
use crate::widgets::text::TextBlock;
use crate::widgets::{Glyphs, fuzzy, gauge, list, popup, row as rows, sparkline};

#[test]
fn gauges() {
    let theme = dark();
    let mut shot = String::new();
    for (share, width) in [
        (0.0, 20),
        (0.004, 20),
        (0.41, 20),
        (0.75, 20),
        (0.999, 20),
        (1.0, 20),
        (7.0, 20),
        (f64::NAN, 20),
        (0.41, 7),
        (0.41, 2),
        (0.41, 0),
    ] {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let line = gauge::line(share, width, &theme, glyphs, gauge::Marks::default());
            shot += &format!("{}|\n", row(&line, width));
        }
    }
    assert_snapshot!(shot);
    let style = |share| gauge::line(share, 20, &theme, Glyphs::Unicode, gauge::Marks::default()).spans[0].style;
    assert_eq!(
        [style(0.1), style(0.7), style(0.95)],
        [Meaning::Gauge, Meaning::GaugeWarn, Meaning::GaugeFull].map(|m| theme.style(m))
    );
}

#[test]
fn sparklines_show_the_last_values() {
    let theme = dark();
    let span =
        |values: &[f64], width| sparkline::span(values, 1.0, width, &theme, Glyphs::Unicode).content.into_owned();
    assert_eq!(span(&[0.0, 0.25, 0.5, 0.75, 1.0], 10), "▁▃▅▆█");
    assert_eq!(span(&[0.0, 0.25, 0.5, 0.75, 1.0, f64::NAN], 3), "▆█▁");
    assert_eq!(sparkline::span(&[0.0, 1.0], 1.0, 5, &theme, Glyphs::Ascii).content, "07");
    assert_eq!(sparkline::span(&[3.0], 0.0, 5, &theme, Glyphs::Unicode).content, "▁");
}

#[test]
fn a_still_spinner_needs_no_clock() {
    let moving = Spinner::default();
    assert_ne!(moving.frame(0), moving.frame(1));
    assert_eq!(moving.next(130), Some(240));
    let still = Spinner { still: true, glyphs: Glyphs::Unicode };
    assert_eq!((still.frame(0), still.at(5_000), still.next(0)), ("●", "●", None));
    assert_eq!(Spinner { still: true, glyphs: Glyphs::Ascii }.frame(3), "*");
}

#[test]
fn a_list_keeps_the_choice_in_view() {
    let theme = dark();
    let names: Vec<String> = (0..20).map(|n| format!("src/module_{n}.rs")).collect();
    let found = fuzzy::rank("mod1", &names, 20);
    let item = |at: usize| {
        let (index, marks) = &found[at];
        Item {
            text: names[*index].as_str().into(),
            marks: marks.as_slice().into(),
            detail: format!("{index} turns").into(),
        }
    };
    let mut state = ListState::default();
    let mut shot = String::new();
    for (by, width) in [(0, 40), (4, 40), (-1, 40), (1, 14)] {
        state.by(by, found.len());
        state.settle(found.len(), 4);
        shot += &screen(width, 4, |area, buffer| list::draw(state, found.len(), item, (area, buffer), &theme));
        shot += "────\n";
    }
    assert_snapshot!(shot);
    assert_eq!(state.row_at(Rect::new(0, 2, 40, 4), 3, found.len()), Some(state.top() + 1));
    assert_eq!(state.row_at(Rect::new(0, 2, 40, 4), 6, found.len()), None);
}

#[test]
fn a_choice_goes_round_by_steps_and_stops_by_pages() {
    let mut state = ListState::default();
    state.by(-1, 5);
    assert_eq!(state.selected(), 4);
    state.by(1, 5);
    assert_eq!(state.selected(), 0);
    state.by(10, 5);
    assert_eq!(state.selected(), 4);
    state.by(-10, 5);
    assert_eq!(state.selected(), 0);
    state.by(1, 0);
    state.settle(0, 0);
    assert_eq!((state.selected(), state.top()), (0, 0));
}

#[test]
fn found_letters_are_marked() {
    let theme = dark();
    let pieces = fuzzy::pieces("src/日本\x1b.rs", &[0, 4, 6], theme.style(Meaning::Text), &theme);
    let marked: Vec<&str> = pieces
        .iter()
        .filter(|(_, style)| *style != theme.style(Meaning::Text))
        .map(|(text, _)| text.as_str())
        .collect();
    assert_eq!(marked, ["s", "日", "␛"]);
}

#[test]
fn ranks_are_by_fit_then_length() {
    let names = ["src/app/mod.rs", "map.rs", "src/map/deep/other.rs", "README.md", "app.rs"];
    let order =
        |query, limit| fuzzy::rank(query, &names, limit).into_iter().map(|(index, _)| names[index]).collect::<Vec<_>>();
    assert_eq!(order("map", 10)[0], "map.rs");
    assert_eq!(order("readme", 10), ["README.md"]);
    assert_eq!(order("", 2), ["src/app/mod.rs", "map.rs"]);
    assert_eq!(order("app", 1), ["app.rs"]);
    assert!(order("zzz", 10).is_empty());
    assert_eq!(fuzzy::rank("日本", &["x日y本"], 5), [(0, vec![1, 3])]);
    assert!(fuzzy::rank("a", &names, 0).is_empty());
}

#[test]
fn popups_fit_and_clear() {
    let theme = dark();
    let mut shot = String::new();
    for (width, height) in [(40, 7), (12, 5), (3, 2)] {
        shot += &screen(width, height, |area, buffer| {
            for row in area.rows() {
                buffer.set_string(row.x, row.y, "x".repeat(row.width.into()), theme.style(Meaning::Text));
            }
            let inside = popup::draw(
                popup::centered(area, 30, 4),
                buffer,
                &theme,
                &popup::Frame { title: "Allow\x1b this?", foot: "Esc no" },
            );
            buffer.set_stringn(
                inside.x,
                inside.y,
                "content of the box",
                inside.width.into(),
                theme.style(Meaning::Text),
            );
        });
        shot += "────\n";
    }
    assert_snapshot!(shot);
    assert_eq!(popup::centered(Rect::new(0, 0, 0, 0), 30, 4), Rect::new(0, 0, 0, 0));
}

#[test]
fn rows_give_way() {
    let theme = dark();
    let mut shot = String::new();
    for width in [60, 30, 12, 0] {
        shot += &format!("{}|\n", row(&rows::tabs(&["Rules", "Hooks\n", "日本語"], 1, width, &theme), width));
        shot += &format!(
            "{}|\n",
            row(&rows::hints(&[("Esc", "close"), ("Enter", "run"), ("Ctrl+R", "search")], width, &theme), width)
        );
        shot += &format!(
            "{}|\n",
            row(&rows::sides(&Line::from("a long left side of the row"), &Line::from("right 42"), width), width)
        );
    }
    assert_snapshot!(shot);
}

#[test]
fn a_text_block_keeps_its_rows() {
    let style = dark().style(Meaning::Text);
    let mut block = TextBlock::new("one two three\nfour");
    block.settle(8, style);
    assert_eq!(text(block.rows(), 8), "one two\nthree\nfour\n");
    block.push(" five");
    block.settle(8, style);
    assert_eq!(text(block.rows(), 8), "one two\nthree\nfour\nfive\n");
    block.forget();
    assert!(block.rows().is_empty());
    assert_eq!(block.source(), "one two three\nfour five");
}

#[test]
fn scrolling_measures_only_what_is_near() {
    let mut asked = Vec::new();
    let mut scroll = Scroll::default();
    let seen = scroll.visible(10, 1_000, |cell| {
        asked.push(cell);
        4
    });
    assert_eq!(seen, [(997, 2..4), (998, 0..4), (999, 0..4)]);
    assert!(asked.iter().all(|cell| *cell >= 997), "{asked:?}");
    let mut measure = |_: usize| 4;
    let mut extent = Extent { height: 10, cells: 1_000, measure: &mut measure };
    scroll.by(-3, &mut extent);
    assert!(!scroll.is_following());
    assert_eq!(scroll.top(&mut extent), (996, 3));
    scroll.page(-1, &mut extent);
    assert_eq!(scroll.top(&mut extent), (994, 3));
    scroll.by(1_000, &mut extent);
    assert!(scroll.is_following());
    scroll.to_start();
    scroll.by(-5, &mut extent);
    assert_eq!(scroll.top(&mut extent), (0, 0));
}

#[test]
fn what_is_read_stays_while_text_grows() {
    let mut scroll = Scroll::default();
    let mut measure = |_: usize| 5;
    scroll.by(-7, &mut Extent { height: 10, cells: 4, measure: &mut measure });
    let before = scroll.visible(10, 4, |_| 5);
    assert_eq!(before, scroll.visible(10, 9, |_| 5));
    // A lower cell after a resize: the top moves to a row that exists.
    let shrunk = scroll.visible(10, 9, |_| 2);
    assert_eq!(shrunk[0].1.start, 1);
}

proptest! {
    #[test]
    fn a_view_is_always_full_or_whole(heights in proptest::collection::vec(0usize..9, 0..12), moves in proptest::collection::vec(-30isize..30, 0..12), height in 0usize..12) {
        let mut scroll = Scroll::default();
        let total: usize = heights.iter().sum();
        let measure = |cell: usize| heights.get(cell).copied().unwrap_or(0);
        for by in moves {
            scroll.by(by, &mut Extent { height, cells: heights.len(), measure: &mut { measure } });
            let seen = scroll.visible(height, heights.len(), measure);
            let rows: usize = seen.iter().map(|(_, range)| range.len()).sum();
            prop_assert_eq!(rows, height.min(total));
            for pair in seen.windows(2) {
                prop_assert_eq!(pair[0].1.end, heights[pair[0].0]);
                prop_assert_eq!(pair[1].1.start, 0);
            }
        }
        scroll.follow();
        let seen = scroll.visible(height, heights.len(), measure);
        if let Some((cell, range)) = seen.last() {
            prop_assert_eq!(range.end, heights[*cell]);
        }
    }
}
