//! How many colours the terminal has, as far as its variables tell.

use std::ffi::OsString;

use crate::theme::ColorDepth;

/// Reads `NO_COLOR`, `COLORTERM` and `TERM`.
pub fn depth(variable: impl Fn(&str) -> Option<OsString>) -> ColorDepth {
    let text = |name| variable(name).map(|value| value.to_string_lossy().to_lowercase()).unwrap_or_default();
    let (term, more) = (text("TERM"), text("COLORTERM"));
    if !text("NO_COLOR").is_empty() || term == "dumb" {
        ColorDepth::None
    } else if more == "truecolor" || more == "24bit" || term.ends_with("-direct") || term.contains("kitty") {
        ColorDepth::True
    } else if term.contains("256color") || !more.is_empty() {
        ColorDepth::Ansi256
    } else {
        ColorDepth::Ansi16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(term: &str, more: &str, no_color: &str) -> ColorDepth {
        depth(|name| {
            let value = match name {
                "TERM" => term,
                "COLORTERM" => more,
                _ => no_color,
            };
            Some(value.into())
        })
    }

    #[test]
    fn the_variables_decide() {
        assert_eq!(of("xterm-256color", "truecolor", ""), ColorDepth::True);
        assert_eq!(of("xterm-256color", "", ""), ColorDepth::Ansi256);
        assert_eq!(of("linux", "", ""), ColorDepth::Ansi16);
        assert_eq!(of("xterm-256color", "truecolor", "1"), ColorDepth::None);
        assert_eq!(of("dumb", "", ""), ColorDepth::None);
        assert_eq!(depth(|_| None), ColorDepth::Ansi16);
    }
}
