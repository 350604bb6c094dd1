//! The few sequences that are sent besides frames: title, notification, clipboard. Their texts may come
//! from anywhere, so control characters never get through.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The longest title and notification, in characters.
const LONGEST: usize = 120;
/// The largest text that is copied; terminals drop more than that anyway.
const CLIPBOARD: usize = 1 << 20;

/// Sets the window's title (OSC 0).
pub fn title(text: &str) -> Vec<u8> {
    format!("\x1b]0;{}\x07", plain(text)).into_bytes()
}

/// Calls the person: OSC 9 where it is known, and the bell.
pub fn notify(text: &str) -> Vec<u8> {
    format!("\x1b]9;{}\x1b\\\x07", plain(text)).into_bytes()
}

/// Puts text into the terminal's clipboard (OSC 52), or says why it cannot.
pub fn copy(text: &str) -> Result<Vec<u8>, String> {
    if text.len() > CLIPBOARD {
        return Err(format!("Not copied: {} bytes are more than a terminal's clipboard takes (1 MB).", text.len()));
    }
    Ok(format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text)).into_bytes())
}

/// One line without controls, bidirectional overrides and invisible letters.
fn plain(text: &str) -> String {
    let visible = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            && !matches!(*c, '\u{e0000}'..='\u{e007f}')
    };
    text.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c }).filter(visible).take(LONGEST).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_leave_its_sequence() {
        let hostile = "a\x1b]52;c;AAAA\x07b\u{9c}\u{202e}c\nd";
        assert_eq!(title(hostile), b"\x1b]0;a]52;c;AAAAbc d\x07");
        assert_eq!(notify("x\x1b\\y"), b"\x1b]9;x\\y\x1b\\\x07");
        assert_eq!(title(&"x".repeat(500)).len(), LONGEST + 5);
    }

    #[test]
    fn the_clipboard_takes_any_text_within_its_bounds() {
        assert_eq!(copy("a\x1bb").unwrap(), b"\x1b]52;c;YRti\x07");
        assert!(copy(&"x".repeat(CLIPBOARD + 1)).unwrap_err().contains("1 MB"));
    }
}
