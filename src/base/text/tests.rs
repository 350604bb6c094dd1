//! The sanitiser against everything a screen must be kept from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unicode_not_nfc, reason = "tests")]

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;

#[test]
fn clean_text_is_borrowed() {
    for text in ["", "plain ascii ~", "grüße, naïve café", "日本語 한국어", "🦀 ok ✓ → │ ░"] {
        assert!(matches!(sanitize(text), Cow::Borrowed(_)), "{text}");
        assert!(matches!(sanitize_line(text), Cow::Borrowed(_)), "{text}");
    }
    assert!(matches!(sanitize("two\nrows"), Cow::Borrowed(_)));
}

#[test]
fn what_acts_or_hides_becomes_visible() {
    let cases = [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\u{9b}31m", "\\u{9b}31m"),
        ("\u{9d}8;;x\u{9c}", "\\u{9d}8;;x\\u{9c}"),
        ("a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
        ("a\u{200e}\u{61c}", "a\\u{200e}\\u{61c}"),
        ("\u{e0041}\u{e007f}", "\\u{e0041}\\u{e007f}"),
        ("a\u{200b}\u{2060}\u{feff}\u{ad}b", "a\\u{200b}\\u{2060}\\u{feff}\\u{ad}b"),
        ("\u{3164}\u{115f}\u{1160}\u{ffa0}", "\\u{3164}\\u{115f}\\u{1160}\\u{ffa0}"),
        ("nul\0del\x7f", "nul␀del␡"),
        ("a\tb\r\nc\rd", "a    b\nc␍d"),
        ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"),
        ("a\u{200d}b", "a\\u{200d}b"),
        ("\u{301}x", "◌\u{301}x"),
    ];
    for (hostile, shown) in cases {
        assert_eq!(sanitize(hostile), shown);
    }
    assert_eq!(sanitize_line("a\nb\r\nc"), "a\\nb\\nc");
}

#[test]
fn writing_passes_unharmed() {
    let texts = [
        "السلام عليكم وَرَحْمَةُ اللهِ",
        "می\u{200c}خواهم",
        "שָׁלוֹם עוֹלָם",
        "हिन्दी क्षत्रिय र्\u{200d}य",
        "தமிழ் ไทย བོད་ ខ្មែរ မြန်မာ",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 🏳\u{fe0f}\u{200d}🌈 🇩🇪🇯🇵 👍🏽 1\u{fe0f}\u{20e3} ❤\u{fe0f}",
        "e\u{301} a\u{308}\u{304}",
        "각 각 ｶﾞ",
    ];
    for text in texts {
        assert_eq!(sanitize(text), text);
    }
}

#[test]
fn defaced_clusters_are_cut() {
    let zalgo = format!("a{}b", "\u{301}".repeat(50));
    assert_eq!(sanitize(&zalgo), format!("a{}b", "\u{301}".repeat(8)));
    let jamo = "\u{1100}".repeat(40);
    assert!(width(&sanitize(&jamo)) <= 8);
    let family = "👩\u{200d}".repeat(200) + "👩";
    assert!(sanitize(&family).len() < 64);
}

#[test]
fn a_megabyte_of_anything_passes() {
    // Quadratic time anywhere would make this test hang for minutes.
    let hostile = ["\x1b", "\u{301}", "👩\u{200d}", "\u{1100}", "क\u{94d}", "\u{200d}", "a\u{200b}", "🇩", "\u{600}"];
    for piece in hostile {
        let text = piece.repeat(1_000_000 / piece.len());
        let clean = sanitize_line(&text);
        assert!(width(&clip(&clean, 80)) <= 80 && width(&clean) > 0);
    }
}

#[test]
fn clip_tells_what_is_missing() {
    assert_eq!(clip("hello", 5), "hello");
    assert_eq!(clip("hello", 4), "hel…");
    assert_eq!(clip("hello", 1), "…");
    assert_eq!(clip("hello", 0), "");
    assert_eq!(clip("日本語", 4), "日…");
    assert_eq!(clip("日本語", 6), "日本語");
}

#[test]
fn wrap_breaks_at_spaces_and_inside_long_words() {
    assert_eq!(wrap_plain("the quick brown fox", 10), ["the quick", "brown fox"]);
    assert_eq!(wrap_plain("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    assert_eq!(wrap_plain("a\n\nb", 4), ["a", "", "b"]);
    assert_eq!(wrap_plain("日本語", 3), ["日", "本", "語"]);
    assert_eq!(wrap_plain("日", 1), ["…"]);
    assert_eq!(wrap_plain("a bcd日", 4), ["a", "bcd", "日"]);
}

#[test]
fn numbers_are_short() {
    let bytes = [0, 1023, 1024, 1536, 10 * 1024 * 1024, 1_048_000].map(human_bytes);
    assert_eq!(bytes, ["0 B", "1023 B", "1.0 KB", "1.5 KB", "10 MB", "1.0 MB"]);
    let tokens = [0, 950, 1_000, 12_345, 128_000, 999_999, 1_250_000].map(human_tokens);
    assert_eq!(tokens, ["0", "950", "1k", "12.3k", "128k", "1M", "1.2M"]);
    let times = [10, 4_100, 42_000, 59_600, 123_000, 3_900_000].map(human_ms);
    assert_eq!(times, ["0.01 s", "4.1 s", "42 s", "1 m 00 s", "2 m 03 s", "1 h 05 m"]);
    assert_eq!(
        [0.0, 0.42, 0.0012, 12.3, 0.000_014].map(human_cost),
        ["$0.00", "$0.42", "$0.0012", "$12.30", "$0.000014"]
    );
}

/// Text that is likely to do harm.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ -~\n\t\r]{0,6}",
        proptest::sample::select(vec![
            "\x1b[",
            "\u{200d}",
            "\u{200c}",
            "\u{301}",
            "\u{fe0f}",
            "👩",
            "🏽",
            "🇩",
            "\u{1100}",
            "\u{1161}",
            "क",
            "\u{94d}",
            "\u{600}",
            "\u{e0061}",
            "\u{e0100}",
            "ﾞ",
            "\u{202e}",
            "日",
            "\u{20e3}",
            "ا",
            "\u{9b}",
            "\u{ad}",
            "\u{34f}",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_control_leaves(text in hostile()) {
        prop_assert!(sanitize(&text).chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(!sanitize_line(&text).chars().any(char::is_control));
    }

    #[test]
    fn twice_is_once(text in hostile()) {
        let (many, one) = (sanitize(&text), sanitize_line(&text));
        prop_assert_eq!(sanitize(&many), many.as_ref());
        prop_assert_eq!(sanitize_line(&one), one.as_ref());
    }

    #[test]
    fn clip_and_wrap_fit(text in hostile(), max in 0usize..12) {
        let clean = sanitize(&text);
        prop_assert!(width(&clip(&sanitize_line(&text), max)) <= max);
        let rows = wrap_plain(&clean, max);
        for row in &rows {
            prop_assert!(width(row) <= max.max(1));
        }
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert!(max < 8 || letters(&rows.concat()) == letters(&clean));
    }
}
