//! Where things stand on a screen of any size. Pure arithmetic.

use ratatui::layout::{Rect, Size};

use super::Model;
use crate::panes::sidebar;

/// The width from which the sidebar stands beside the conversation.
pub(super) const WIDE: u16 = 100;
/// The height from which the activity pane stands under it.
const TALL: u16 = 30;
/// The most lines of the person's own program.
const OWN_LINES: usize = 3;

/// What is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    pub sidebar: bool,
    pub activity: bool,
    /// Rows of the prompt.
    pub composer: u16,
    /// Lines of the person's own program.
    pub own_lines: u16,
}

/// What the person switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    pub sidebar: bool,
    pub activity: bool,
}

/// Every rectangle; an absent one is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub size: Size,
    pub hidden: Hidden,
    pub conversation: Rect,
    /// The rows of the activity pane, and the line above them.
    pub activity: Rect,
    pub activity_title: Rect,
    /// The column between, and the rows of the sidebar.
    pub divider: Rect,
    pub sidebar: Rect,
    /// The line above the prompt.
    pub rule: Rect,
    pub composer: Rect,
    pub status: Rect,
}

impl Wish {
    /// What the model wants at this size.
    pub fn of(model: &mut Model, size: Size) -> Self {
        let hidden = model.layout.hidden;
        let max = (size.height / 3).max(1);
        Self {
            sidebar: size.width >= WIDE && !hidden.sidebar,
            activity: size.height >= TALL && !hidden.activity && !model.facts.calls.list().is_empty(),
            composer: model.composer.desired_height(size.width, max).clamp(1, max),
            own_lines: own_lines(size.height, model.facts.around.status_lines.len()),
        }
    }
}

/// How many of these lines of the person's own program have room.
fn own_lines(height: u16, lines: usize) -> u16 {
    let room = match height {
        0..8 => 0,
        8..20 => 1,
        _ => OWN_LINES,
    };
    lines.min(room) as u16
}

/// Divides the screen. The prompt and the status line come first, then the conversation.
pub(super) fn compute(size: Size, wish: Wish) -> Layout {
    let (width, height) = (size.width, size.height);
    let status = u16::from(height >= 2) + wish.own_lines.min(own_lines(height, OWN_LINES));
    let composer = wish.composer.min(height - status);
    let rule = u16::from(height >= 8);
    let rest = height.saturating_sub(status + composer + rule);
    let side = if wish.sidebar { sidebar::WIDTH + 2 } else { 0 };
    let side = if side * 2 > width { 0 } else { side };
    let main = width - side;
    let rows = match (wish.activity, height) {
        (false, _) => 0,
        (true, 45..) => 7,
        (true, _) => 5,
    };
    let title = u16::from(rows > 0);
    let talk = rest.saturating_sub(rows + title);
    let row = |y: u16, rows: u16| Rect { x: 0, y, width, height: rows };
    Layout {
        size,
        hidden: Hidden::default(),
        conversation: Rect { x: 0, y: 0, width: main, height: talk },
        activity_title: Rect { x: 0, y: talk, width: main, height: title },
        activity: Rect { x: 0, y: talk + title, width: main, height: rest - talk - title },
        divider: Rect { x: main, y: 0, width: side.min(1), height: rest },
        sidebar: Rect { x: main + side.min(2), y: 0, width: side.saturating_sub(2), height: rest },
        rule: row(rest, rule),
        composer: row(rest + rule, composer),
        status: row(rest + rule + composer, status),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// At every size the rectangles stay on the screen, do not overlap, and the prompt has a row.
        #[test]
        fn fits_every_size(width in 1u16..300, height in 1u16..120, composer in 1u16..50, sidebar: bool, activity: bool, own_lines in 0u16..5) {
            let size = Size { width, height };
            let sidebar = sidebar && width >= WIDE;
            let activity = activity && height >= TALL;
            let layout = compute(size, Wish { sidebar, activity, composer: composer.min((height / 3).max(1)), own_lines });
            let rects = [
                layout.conversation, layout.activity, layout.activity_title, layout.divider, layout.sidebar,
                layout.rule, layout.composer, layout.status,
            ];
            let screen = Rect { x: 0, y: 0, width, height };
            for (index, rect) in rects.iter().enumerate() {
                prop_assert_eq!(rect.intersection(screen), *rect);
                for other in rects.iter().skip(index + 1) {
                    prop_assert!(rect.is_empty() || other.is_empty() || !rect.intersects(*other));
                }
            }
            prop_assert!(layout.composer.height >= 1);
            prop_assert_eq!(rects.iter().map(|rect| rect.area()).sum::<u32>() + u32::from(layout.sidebar.height) * u32::from(layout.divider.width), u32::from(width) * u32::from(height));
        }
    }
}
