//! Numbers in the form of the format: decimal, no exponent where it can be helped, no zeros at the end, no minus zero.

use serde_json::Number;

/// The text of a number.
pub(super) fn plain(number: &Number) -> String {
    if number.is_i64() || number.is_u64() {
        return number.to_string();
    }
    match number.as_f64() {
        Some(0.0) => "0".to_owned(),
        // Outside of this range a decimal would be long; the exponent is allowed there.
        Some(value) if value.abs() < 1e-6 || value.abs() >= 1e21 => format!("{value:e}"),
        Some(value) => value.to_string(),
        None => number.to_string(),
    }
}

/// A string that a reader would take for a number.
pub(super) fn is_numeric(text: &str) -> bool {
    let digits = |text: &str| -> usize { text.bytes().take_while(u8::is_ascii_digit).count() };
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}
