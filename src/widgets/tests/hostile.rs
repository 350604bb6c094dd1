//! Input that wants to break the screen or stop the program.

use proptest::prelude::*;
use ratatui::style::Style;

use super::{dark, text};
use crate::domain::Shown;
use crate::widgets::markdown::render;
use crate::widgets::wrap::{Break, Indent, clip_line, wrap};
use crate::widgets::{highlight, shown};

#[test]
fn deep_nesting_is_bounded() {
    let theme = dark();
    let lists: String = (0..500).map(|depth| format!("{}- x\n", " ".repeat(depth * 2))).collect();
    for source in [
        ">".repeat(5_000),
        "[".repeat(5_000),
        "![".repeat(5_000),
        "- ".repeat(5_000),
        "*a ".repeat(5_000),
        "`".repeat(5_000),
        "[a](".repeat(5_000),
        "<".repeat(5_000),
        "|".repeat(5_000),
        "**".repeat(5_000),
        lists,
        format!("{}\n{}", "|a".repeat(2_000), "|-".repeat(2_000)),
    ] {
        text(&render(&source, 12, &theme), 12);
    }
}

#[test]
fn control_characters_stay_visible_everywhere() {
    let theme = dark();
    let evil = "\x1b[2J\u{9b}0m\u{202e}\u{7}\u{200b}";
    let source = format!(
        "# {evil}\n\n{evil} `{evil}` [{evil}]({evil}) ![{evil}](x)\n\n```{evil}\n{evil}\n```\n\n| {evil} |\n|---|\n| {evil} |\n\n<b {evil}>\n\n- {evil}\n\n&#27;&#155;\n\n    {evil}\n"
    );
    for width in [80, 12, 1] {
        text(&render(&source, width, &theme), width);
        let shapes = [
            Shown::Text { text: evil.to_owned(), language: Some("rs".to_owned()) },
            Shown::Text { text: evil.to_owned(), language: None },
            Shown::List(vec![evil.to_owned(), "a\nb".to_owned()]),
            Shown::Table { header: vec![evil.to_owned()], rows: vec![vec![evil.to_owned(); 3]] },
            Shown::Image { name: evil.to_owned(), width: 1, height: 2, bytes: 3 },
        ];
        for shape in shapes {
            text(&shown::lines(&shape, width, &theme, 20), width);
        }
    }
}

#[test]
fn long_lines_and_blocks_stay_plain() {
    let theme = dark();
    let long = "let x = 1; ".repeat(1_000);
    let lines = highlight::code(&long, Some("rust"), &theme);
    assert_eq!(lines[0].spans.len(), 1);
    let lines = highlight::code("let x = 1;", Some("no-such-language"), &theme);
    assert_eq!(lines[0].spans.len(), 1);
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ -~\n]{0,10}",
        proptest::sample::select(vec![
            "日本",
            "👩\u{200d}👩",
            "\x1b[m",
            "e\u{301}",
            "ｶﾞ",
            "\t",
            "\u{200d}",
            "\r\n",
            "、",
            "क्ष"
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn markdown_fits(source in any_text(), width in 1u16..40) {
        text(&render(&source, width, &dark()), width);
    }

    #[test]
    fn wrapped_text_fits_and_loses_nothing(texts in proptest::collection::vec(any_text(), 0..4), width in 2usize..30, hang in 0usize..40, anywhere in any::<bool>()) {
        let clean: Vec<String> = texts.iter().map(|text| crate::base::text::sanitize_line(text).into_owned()).collect();
        let style = |at: usize| if at.is_multiple_of(2) { Style::new() } else { Style::new().bold() };
        let pieces = clean.iter().enumerate().map(|(at, text)| (text.as_str(), style(at)));
        let at = if anywhere { Break::Anywhere } else { Break::Words };
        let lines = wrap(pieces.clone(), width, &Indent::hanging(hang), at);
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let shown = text(&lines, width as u16).replace('\n', "");
        let source = clean.concat();
        if !shown.contains('…') {
            prop_assert_eq!(letters(&shown), letters(&source));
        }
        text(&[clip_line(pieces, width)], width as u16);
    }

    #[test]
    fn results_fit(lines in proptest::collection::vec(any_text(), 0..6), width in 1u16..40, limit in 0usize..8) {
        let theme = dark();
        let shapes = [
            Shown::Text { text: lines.join("\n"), language: None },
            Shown::Text { text: lines.join("\n"), language: Some("md".to_owned()) },
            Shown::List(lines.clone()),
            Shown::Table { header: lines.clone(), rows: vec![lines.clone(); 3] },
        ];
        for shape in shapes {
            let rows = shown::lines(&shape, width, &theme, limit);
            prop_assert!(rows.len() <= limit);
            text(&rows, width);
        }
    }
}
