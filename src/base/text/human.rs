//! Numbers as people write them. English, short, with the unit after a space.

/// Bytes in powers of 1,024: `512 B`, `1.5 KB`, `12 MB`.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = "KB";
    for next in UNITS.iter().skip(1) {
        // 999.5 and more would print with four digits.
        if value < 999.5 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Tokens: `950`, `12.3k`, `128k`, `1.2M`.
pub fn human_tokens(tokens: u64) -> String {
    let value = tokens as f64;
    let short = |value: f64, unit: &str| {
        let text = if value < 99.95 { format!("{value:.1}") } else { format!("{value:.0}") };
        format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match tokens {
        0..=999 => tokens.to_string(),
        1_000..=999_499 => short(value / 1e3, "k"),
        999_500..=999_499_999 => short(value / 1e6, "M"),
        _ => short(value / 1e9, "B"),
    }
}

/// A duration given in milliseconds: `0.01 s`, `4.1 s`, `42 s`, `2 m 03 s`, `1 h 05 m`.
pub fn human_ms(ms: u64) -> String {
    match ms {
        0..=99 => format!("{:.2} s", ms as f64 / 1e3),
        100..=9_949 => format!("{:.1} s", ms as f64 / 1e3),
        9_950..=59_499 => format!("{:.0} s", ms as f64 / 1e3),
        59_500..=3_599_499 => {
            let seconds = (ms + 500) / 1000;
            format!("{} m {:02} s", seconds / 60, seconds % 60)
        }
        _ => {
            let minutes = ms / 60_000;
            format!("{} h {:02} m", minutes / 60, minutes % 60)
        }
    }
}

/// Dollars for a table, where small sums must add up: `$0.00136`, `$0.4200`, `$120.00`.
pub fn exact_cost(dollars: f64) -> String {
    let size = dollars.abs();
    let sign = if dollars < 0.0 { "-" } else { "" };
    match size {
        _ if size > 0.0 && size < 0.01 => format!("{sign}${size:.5}"),
        _ if size < 100.0 => format!("{sign}${size:.4}"),
        _ => format!("{sign}${size:.2}"),
    }
}

/// Dollars: `$0.42`, `$12.30`; four digits below a cent, six below a hundredth of one.
pub fn human_cost(dollars: f64) -> String {
    let size = dollars.abs();
    let sign = if dollars < 0.0 { "-" } else { "" };
    match size {
        size if size > 0.0 && size < 0.000_1 => format!("{sign}${size:.6}"),
        size if size > 0.0 && size < 0.01 => format!("{sign}${size:.4}"),
        size => format!("{sign}${size:.2}"),
    }
}
