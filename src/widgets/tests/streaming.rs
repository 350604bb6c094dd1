//! A text that comes in pieces looks in the end like one that came whole.

use proptest::prelude::*;

use super::{dark, text};
use crate::theme::Theme;
use crate::widgets::markdown::{MarkdownCell, render};

const SOURCE: &str = "# Title\n\nA paragraph with **bold** and\na second line.\n- one\n- two\n  - deep\n\n  more\n- three\n\n\
    1. a\n1. b\n\n   para\n1. c\n```rust\nfn main() {}\n\n// x\n```\ntext after\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> q\n> r\n\n\
    ~~~\nopen ``` inside\n~~~\n\n***\nSetext\n---\n\n    code\n\n    more\n\nsee [r]\n\n[r]: https://example.org\n\nand [r]\n";

fn stream(source: &str, cuts: &[usize], width: u16) -> MarkdownCell {
    let theme = dark();
    let mut cell = MarkdownCell::default();
    let mut from = 0;
    for cut in cuts.iter().copied().filter(|cut| source.is_char_boundary(*cut)) {
        if cut > from {
            cell.push(&source[from..cut]);
            cell.settle(width, &theme);
            from = cut;
        }
    }
    cell.push(&source[from..]);
    cell.settle(width, &theme);
    cell
}

#[test]
fn byte_by_byte_is_the_same_as_whole() {
    // The reference before its definition is resolved only when both are painted together.
    let source = SOURCE.replace("see [r]\n", "see it\n");
    let cuts: Vec<usize> = (0..source.len()).collect();
    for width in [80, 30, 12] {
        let cell = stream(&source, &cuts, width);
        assert_eq!(text(cell.lines(), width), text(&render(&source, width, &dark()), width));
    }
}

#[test]
fn every_prefix_can_be_shown() {
    for cut in 0..SOURCE.len() {
        text(&render(&SOURCE[..cut], 20, &dark()), 20);
    }
}

#[test]
fn width_and_theme_change_everything() {
    let mut cell = stream(SOURCE, &[40, 80, 120], 80);
    let light = Theme::load("light", &[]).0;
    cell.settle(30, &light);
    assert_eq!(cell.lines(), render(SOURCE, 30, &light));
    cell.forget();
    assert_eq!(cell.height(), 0);
    cell.settle(30, &light);
    assert_eq!(cell.lines(), render(SOURCE, 30, &light));
    assert_eq!(cell.visible(1..3), &cell.lines()[1..3]);
    assert_eq!(cell.visible(1000..2000), []);
}

#[test]
fn a_fence_that_closes_is_followed_by_text() {
    let cell = stream("```\na\n``", &[5, 6, 7], 40);
    assert_eq!(text(cell.lines(), 40), "  a\n");
    let cell = stream("```\na\n```\nafter **it**", &[5, 6, 7, 9, 12], 40);
    assert_eq!(text(cell.lines(), 40), "  a\nafter it\n");
    let cell = stream("````md\n```\n````\n```x", &[3, 8, 12], 40);
    assert_eq!(text(cell.lines(), 40), "  md\n  ```\n  x\n");
}

/// Markdown that is likely to be broken in the wrong place.
fn markdown() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "\n",
        "\n\n",
        "- a\n",
        "- b\n\n",
        "  - c\n",
        "1. d\n",
        "7. e\n",
        "word ",
        "**bold** ",
        "> q\n",
        "```\n",
        "```rs\n",
        "~~~\n",
        "    code\n",
        "| a | b |\n",
        "|---|---|\n",
        "# h\n",
        "===\n",
        "---\n",
        "***\n",
        "<div>\n",
        "</div>\n",
        "`x` ",
        "[l](u) ",
        "é日👍🏽",
        "\t",
        "* s\n",
        "+ t\n",
        "  text\n",
        "[^1]",
        "![i](j)",
        "\\\n",
        "  \n",
        "<!-- ",
        "-->\n",
        "\r\n",
        "   ```\n",
        "   let x = 1;\n",
        "> ```\n",
        "> let\n",
        "- ```js\n",
        "  \tvar\n",
        ">\n",
        "~~s~~",
        "\x1b[0m",
        "\u{202e}",
    ]);
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_cut_is_the_same_as_whole(source in markdown(), cuts in proptest::collection::btree_set(0usize..150, 0..12), width in 6u16..50) {
        let cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= source.len()).collect();
        let cell = stream(&source, &cuts, width);
        let whole = render(&source, width, &dark());
        prop_assert_eq!(text(cell.lines(), width), text(&whole, width));
    }
}

#[test]
fn code_in_a_list_is_coloured_once_and_the_same() {
    let source = format!(
        "1. Do:\n   ```rust\n   /* a\n   b */ let x = 1;\n{}   ```\n   then\n2. next",
        "   fn f() {}\n".repeat(20)
    );
    let cuts: Vec<usize> = (0..source.len()).step_by(3).collect();
    assert_eq!(stream(&source, &cuts, 40).lines(), render(&source, 40, &dark()));
}

#[test]
fn line_ends_of_other_systems_add_no_rows() {
    let source =
        "# a\r\n\r\ntext\r\n```rs\r\nfn a() {}\r\n\r\nx\r\n```\r\n- ```\r\n  b\r\n  c\r\n  ```\r\nend\r\n\r\nmore\r\n";
    let plain = source.replace("\r\n", "\n");
    assert_eq!(text(&render(source, 40, &dark()), 40), text(&render(&plain, 40, &dark()), 40));
}
