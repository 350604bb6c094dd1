//! Numbers and names in sentences.

/// `1 line`, `2 lines`.
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Bytes in the unit that suits: `512 B`, `1.4 kB`, `3.0 MB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if number < 1_000 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1_000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS.get(unit).unwrap_or(&"TB"))
}

/// Adds what the tool says of a result, apart from the result itself.
pub fn add_note(text: &mut String, note: &str) {
    text.push_str("\n[");
    text.push_str(note);
    text.push(']');
}

/// Line ends in some bytes.
pub fn newlines(bytes: &[u8]) -> u64 {
    // A crate with vector instructions is not worth it: this runs once over what a call reads anyway.
    bytes.split(|byte| *byte == b'\n').count() as u64 - 1
}

/// The first `max` characters, with a mark when something was cut.
pub fn clip(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        let texts: Vec<String> = [0, 999, 1_000, 999_960, 64 << 20, u64::MAX].map(bytes).into();
        assert_eq!(texts, ["0 B", "999 B", "1.0 kB", "1.0 MB", "67.1 MB", "18446744.1 TB"]);
    }
}
