//! Texts cut to a number of bytes without splitting a character.

/// The beginning of a text, at most so many bytes.
pub(super) fn head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Keeps the end of a text that grows: when it has twice the bytes, its beginning is dropped.
pub(super) fn keep_tail(text: &mut String, bytes: usize) {
    if text.len() > 2 * bytes {
        let from = text.len() - bytes;
        let from = (from..text.len()).find(|from| text.is_char_boundary(*from)).unwrap_or(text.len());
        text.drain(..from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_stay_whole() {
        assert_eq!(head("aäö", 2), "a");
        assert_eq!(head("aäö", 3), "aä");
        assert_eq!(head("a", 9), "a");
        let mut text = "ä".repeat(100);
        keep_tail(&mut text, 31);
        assert_eq!(text, "ä".repeat(15));
    }
}
