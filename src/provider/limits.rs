//! Rate limits from the headers of an answer.
//!
//! Formats: `anthropic-ratelimit-*` (times after RFC 3339; those of a subscription as a share and seconds since 1970),
//! and `x-ratelimit-*` of OpenAI and of gateways (times as `1m30s` from now).

use reqwest::header::HeaderMap;

use crate::domain::{RateLimits, RateWindow};

/// Windows of a subscription: the name here and in the header.
const SHARES: [(&str, &str); 2] = [("five_hour", "5h"), ("seven_day", "7d")];
/// Counted limits: the name here and in the header.
const COUNTS: [(&str, &str); 4] = [
    ("requests", "requests"),
    ("tokens", "tokens"),
    ("input_tokens", "input-tokens"),
    ("output_tokens", "output-tokens"),
];

/// What the headers tell; none when they tell nothing. `now` in seconds since 1970.
pub(super) fn of(headers: &HeaderMap, now: u64) -> Option<RateLimits> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let share = |(name, window): (&'static str, &str)| {
        let head = format!("anthropic-ratelimit-unified-{window}");
        let used: f64 = text(&format!("{head}-utilization"))?.parse().ok()?;
        let resets_at = text(&format!("{head}-reset")).and_then(|reset| moment(reset, now));
        window_of(name, used * 100.0, resets_at)
    };
    let count = |(name, kind): (&'static str, &str)| {
        let ours = |what: &str| text(&format!("anthropic-ratelimit-{kind}-{what}"));
        let theirs = |what: &str| text(&format!("x-ratelimit-{what}-{kind}"));
        let get = |what: &str| ours(what).or_else(|| theirs(what));
        let (limit, left): (f64, f64) = (get("limit")?.parse().ok()?, get("remaining")?.parse().ok()?);
        let resets_at = get("reset").and_then(|reset| moment(reset, now));
        (limit > 0.0).then(|| window_of(name, (limit - left) / limit * 100.0, resets_at))?
    };
    let windows: Vec<RateWindow> =
        SHARES.into_iter().filter_map(share).chain(COUNTS.into_iter().filter_map(count)).collect();
    (!windows.is_empty()).then_some(RateLimits { windows })
}

fn window_of(name: &'static str, used: f64, resets_at: Option<u64>) -> Option<RateWindow> {
    used.is_finite().then(|| RateWindow { name, used: (used.clamp(0.0, 100.0) * 10.0).round() / 10.0, resets_at })
}

/// A moment in seconds since 1970.
fn moment(text: &str, now: u64) -> Option<u64> {
    if let Ok(seconds) = text.parse::<u64>() {
        // A small number counts from now.
        return Some(if seconds < 1_000_000_000 { now.saturating_add(seconds) } else { seconds });
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return u64::try_from(time.as_second()).ok();
    }
    from_now(text).map(|seconds| now.saturating_add(seconds))
}

/// `6m0s`, `1h2m`, `1.5s`, `20ms`: whole seconds, rounded up.
fn from_now(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let number: f64 = number.parse().ok()?;
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(letters);
        seconds += number
            * match unit {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3_600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = next;
    }
    (!text.is_empty() && seconds.is_finite()).then(|| seconds.ceil() as u64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, f64, Option<u64>)> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        let limits = of(&headers, 1_000_000_000).unwrap_or_default();
        limits.windows.into_iter().map(|window| (window.name, window.used, window.resets_at)).collect()
    }

    #[test]
    fn every_form_of_header_is_read() {
        let found = read(&[
            ("anthropic-ratelimit-unified-5h-utilization", "0.234"),
            ("anthropic-ratelimit-unified-5h-reset", "1800000000"),
            ("anthropic-ratelimit-unified-7d-utilization", "1.2"),
            ("anthropic-ratelimit-input-tokens-limit", "1000"),
            ("anthropic-ratelimit-input-tokens-remaining", "250"),
            ("anthropic-ratelimit-input-tokens-reset", "2026-11-28T00:00:00Z"),
        ]);
        let day = 1_795_824_000;
        assert_eq!(
            found,
            [("five_hour", 23.4, Some(1_800_000_000)), ("seven_day", 100.0, None), ("input_tokens", 75.0, Some(day))]
        );
        let found = read(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1m0.5s"),
        ]);
        assert_eq!(found, [("requests", 1.7, Some(1_000_000_061))]);
        assert_eq!(read(&[("x-ratelimit-limit-tokens", "no"), ("x-ratelimit-remaining-tokens", "1")]), []);
        assert_eq!(read(&[("x-ratelimit-limit-tokens", "0"), ("x-ratelimit-remaining-tokens", "0")]), []);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[0-9.hmsdTZ:-]{0,20}") {
            moment(&text, u64::MAX);
        }
    }
}
