//! The few sequences that are sent besides frames: title, notification, clipboard. Their texts may come
//! from anywhere, so control characters never get through.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::base::text::{clip, sanitize_line};

/// The longest title and notification, in columns.
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

/// One harmless line.
fn plain(text: &str) -> String {
    clip(&sanitize_line(text), LONGEST).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_leave_its_sequence() {
        let controls = |bytes: &[u8]| bytes.iter().filter(|byte| byte.is_ascii_control()).count();
        let hostile = "a\x1b]52;c;AAAA\x07b\u{9c}\u{202e}c\nd";
        assert_eq!(controls(&title(hostile)), 2);
        assert!(!title(hostile).windows(2).any(|pair| pair == "\u{9c}".as_bytes()));
        assert_eq!(controls(&notify("x\x1b\\y")), 3);
        assert!(title(&"x".repeat(500)).len() < LONGEST + 10);
    }

    #[test]
    fn the_clipboard_takes_any_text_within_its_bounds() {
        assert_eq!(copy("a\x1bb").unwrap(), b"\x1b]52;c;YRti\x07");
        assert!(copy(&"x".repeat(CLIPBOARD + 1)).unwrap_err().contains("1 MB"));
    }
}
