#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::{Slot, Viewport};

fn shown(view: &mut Viewport, heights: &[usize], height: usize) -> Vec<Slot> {
    view.fill(heights.len(), height, &mut |cell| heights[cell]);
    view.slots.clone()
}

#[test]
fn follows_the_end_and_returns_to_it() {
    let heights = [3, 5, 2];
    let mut view = Viewport::default();
    assert_eq!(shown(&mut view, &heights, 4).first(), Some(&Slot { cell: 1, row: 3 }));
    view.scroll(-3);
    assert_eq!(shown(&mut view, &heights, 4).first(), Some(&Slot { cell: 1, row: 0 }));
    assert!(!view.follows());
    view.scroll(2);
    shown(&mut view, &heights, 4);
    assert!(!view.follows());
    view.scroll(1);
    shown(&mut view, &heights, 4);
    assert!(view.follows());
}

#[test]
fn growing_content_does_not_move_a_view_that_was_scrolled_up() {
    let mut view = Viewport::default();
    shown(&mut view, &[10, 10], 5);
    view.scroll(-7);
    let before = shown(&mut view, &[10, 10], 5);
    assert_eq!(before, shown(&mut view, &[10, 30, 4], 5));
}

#[test]
fn lays_out_only_what_is_near_the_screen() {
    let mut asked = Vec::new();
    let mut view = Viewport::default();
    view.fill(5_000, 40, &mut |cell| {
        asked.push(cell);
        4
    });
    asked.dedup();
    assert!(asked.len() < 40, "{} entries were laid out", asked.len());
}

#[test]
fn revealing_scrolls_no_more_than_needed() {
    let heights = [4; 20];
    let mut view = Viewport::default();
    shown(&mut view, &heights, 10);
    view.reveal(18);
    assert_eq!(shown(&mut view, &heights, 10).last(), Some(&Slot { cell: 19, row: 3 }));
    view.reveal(2);
    assert_eq!(shown(&mut view, &heights, 10).first(), Some(&Slot { cell: 2, row: 0 }));
}

proptest! {
    /// Whatever happens, the view shows consecutive rows and as many of them as there are.
    #[test]
    fn the_view_is_always_full_and_consecutive(
        heights in prop::collection::vec(0usize..7, 0..30),
        height in 0usize..12,
        moves in prop::collection::vec(-20isize..20, 0..12),
    ) {
        let all: Vec<Slot> = heights.iter().enumerate()
            .flat_map(|(cell, rows)| (0..*rows).map(move |row| Slot { cell, row })).collect();
        let mut view = Viewport::default();
        for step in moves {
            view.scroll(step);
            let slots = shown(&mut view, &heights, height);
            prop_assert_eq!(slots.len(), height.min(all.len()));
            if let Some(first) = slots.first() {
                let start = all.iter().position(|slot| slot == first).unwrap();
                prop_assert_eq!(&all[start..start + slots.len()], slots.as_slice());
            }
        }
    }
}
