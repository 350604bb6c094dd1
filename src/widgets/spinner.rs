//! A sign that something runs. Time comes in as a tick or as milliseconds.

use super::Glyphs;

/// Milliseconds between two frames.
pub const FRAME_MS: u64 = 120;

const UNICODE: [&str; 8] = ["⣷", "⣯", "⣟", "⡿", "⢿", "⣻", "⣽", "⣾"];
const ASCII: [&str; 4] = ["|", "/", "-", "\\"];

/// How the sign moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Spinner {
    pub glyphs: Glyphs,
    /// Reduced motion: one sign that stands still.
    pub still: bool,
}

impl Spinner {
    /// The frame at `tick`, always one column.
    pub fn frame(self, tick: u64) -> &'static str {
        let frames: &[&str] = match self.glyphs {
            _ if self.still => &["●"],
            Glyphs::Unicode => &UNICODE,
            Glyphs::Ascii => &ASCII,
        };
        let sign = frames.get((tick % frames.len() as u64) as usize).copied().unwrap_or("*");
        if self.still && self.glyphs == Glyphs::Ascii { "*" } else { sign }
    }

    /// The frame at a time in milliseconds.
    pub fn at(self, now: u64) -> &'static str {
        self.frame(now / FRAME_MS)
    }

    /// When the next frame is due; none when it stands still, so that no clock is needed.
    pub fn next(self, now: u64) -> Option<u64> {
        (!self.still).then(|| (now / FRAME_MS + 1) * FRAME_MS)
    }
}
