//! Colours: how they are written, and what becomes of them where the terminal has fewer.

use ratatui::style::{Color, Style};

use crate::base::text::Paint;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ColorDepth {
    /// `NO_COLOR`, or a terminal without: modifiers only.
    None,
    Ansi16,
    Ansi256,
    #[default]
    True,
}

/// The sixteen names, in the order of their numbers.
const NAMES: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// What most terminals paint for the sixteen, to find the nearest.
const ANSI: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 49, 49),
    (13, 188, 121),
    (229, 229, 16),
    (36, 114, 200),
    (188, 63, 188),
    (17, 168, 205),
    (229, 229, 229),
    (102, 102, 102),
    (241, 76, 76),
    (35, 209, 139),
    (245, 245, 67),
    (59, 142, 234),
    (214, 112, 214),
    (41, 184, 219),
    (255, 255, 255),
];

const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Reads `#rrggbb`, `#rgb`, one of the sixteen names, a number below 256, or `default`.
pub(super) fn parse(text: &str) -> Option<Color> {
    if let Some(hex) = text.strip_prefix('#') {
        return parse_hex(hex);
    }
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Ok(number) = text.parse::<u8>() {
        return Some(NAMES.get(usize::from(number)).map_or(Color::Indexed(number), |(_, color)| *color));
    }
    NAMES.iter().find(|(name, _)| *name == text).map(|(_, color)| *color)
}

fn parse_hex(hex: &str) -> Option<Color> {
    let value = u32::from_str_radix(hex, 16).ok().filter(|_| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let byte = |shift: u32| (value >> shift) as u8;
    let nibble = |shift: u32| ((value >> shift) & 0xF) as u8 * 17;
    match hex.len() {
        6 => Some(Color::Rgb(byte(16), byte(8), byte(0))),
        3 => Some(Color::Rgb(nibble(8), nibble(4), nibble(0))),
        _ => None,
    }
}

/// A colour that a program named.
pub(super) fn foreign(paint: Paint) -> Color {
    match paint {
        Paint::Index(number) => NAMES.get(usize::from(number)).map_or(Color::Indexed(number), |(_, color)| *color),
        Paint::Rgb(r, g, b) => Color::Rgb(r, g, b),
    }
}

/// The style with colours that the terminal can show.
pub(super) fn reduce(style: Style, depth: ColorDepth) -> Style {
    let map = |color: Option<Color>| color.and_then(|color| reduce_color(color, depth));
    let mut style = Style { fg: map(style.fg), underline_color: map(style.underline_color), ..style };
    style.bg =
        map(style.bg).filter(|color| depth != ColorDepth::Ansi16 || !matches!(color, Color::Black | Color::White));
    style
}

fn reduce_color(color: Color, depth: ColorDepth) -> Option<Color> {
    match (color, depth) {
        (_, ColorDepth::None) => None,
        (Color::Rgb(r, g, b), ColorDepth::Ansi256) => Some(Color::Indexed(nearest_256((r, g, b)))),
        (Color::Rgb(r, g, b), ColorDepth::Ansi16) => nearest_16((r, g, b)),
        (Color::Indexed(number), ColorDepth::Ansi16) => nearest_16(rgb_of_index(number)),
        _ => Some(color),
    }
}

fn nearest_16(rgb: (u8, u8, u8)) -> Option<Color> {
    let nearest = ANSI.iter().zip(NAMES).min_by_key(|(candidate, _)| distance(rgb, **candidate));
    nearest.map(|(_, (_, color))| color)
}

fn nearest_256(rgb: (u8, u8, u8)) -> u8 {
    let level = |value: u8| (0..6u8).min_by_key(|i| cube(*i).abs_diff(value)).unwrap_or(0);
    let (r, g, b) = (level(rgb.0), level(rgb.1), level(rgb.2));
    let in_cube = 16 + 36 * r + 6 * g + b;
    let mean = (u16::from(rgb.0) + u16::from(rgb.1) + u16::from(rgb.2)) / 3;
    let in_greys = 232 + (mean.saturating_sub(3) / 10).min(23) as u8;
    let better = |a: u8, b: u8| if distance(rgb, rgb_of_index(b)) < distance(rgb, rgb_of_index(a)) { b } else { a };
    better(in_cube, in_greys)
}

fn cube(level: u8) -> u8 {
    CUBE.get(usize::from(level)).copied().unwrap_or(255)
}

/// What the 256-colour palette holds at `number`.
fn rgb_of_index(number: u8) -> (u8, u8, u8) {
    match number {
        0..=15 => ANSI.get(usize::from(number)).copied().unwrap_or_default(),
        16..=231 => {
            let n = number - 16;
            (cube(n / 36), cube(n / 6 % 6), cube(n % 6))
        }
        _ => {
            let grey = 8 + 10 * (number - 232);
            (grey, grey, grey)
        }
    }
}

/// Distance as the eye sees it, roughly: red counts more in light colours, green always most.
fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> i64 {
    let mean = i64::from(a.0.midpoint(b.0));
    let square = |x: u8, y: u8| (i64::from(x) - i64::from(y)).pow(2);
    (((512 + mean) * square(a.0, b.0)) >> 8) + 4 * square(a.1, b.1) + (((767 - mean) * square(a.2, b.2)) >> 8)
}
