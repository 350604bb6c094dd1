//! What Markdown looks like.

use insta::assert_snapshot;
use ratatui::style::Modifier;

use super::{at_widths, dark, draw_lines, row, text};
use crate::theme::{Meaning, Syntax};
use crate::widgets::markdown::render;

fn shots(source: &str) -> String {
    at_widths(|width| render(source, width, &dark()))
}

#[test]
fn text_and_headings() {
    assert_snapshot!(shots(
        "# Parser\nThe parser reads **tokens** one by *one*, ~~never~~ twice, and `peek()` looks ahead.\n\n\
         ## Errors\n\nA hard  \nbreak, and a soft\none.\n\n### Third\nTitle\n===\n\n***\nend"
    ));
}

#[test]
fn lists() {
    assert_snapshot!(shots(
        "Steps:\n1. Read the file that holds the parser and its tests\n2. Then:\n   - nested one\n   - nested two\n     - deep\n\n\
         \x20    with a paragraph\n10. ten\n\n- [x] done\n- [ ] open\n-\n- last\n\n* other"
    ));
}

#[test]
fn quotes_and_code() {
    assert_snapshot!(shots(
        "> quoted words that go on for a while\n> - with a list\n>\n> > and a quote\n\n```rust,ignore\nfn main() {\n\tlet x = 1;\n\n    println!(\"{x}\");\n}\n```\n\n    indented code\n\n~~~\nplain\n~~~\n- item\n  ```sh\n  ls -la\n  ```\n"
    ));
}

#[test]
fn tables() {
    assert_snapshot!(shots(
        "| Name | Count | Note |\n|:-----|------:|:----:|\n| `parse` | 12 | fast |\n| a much longer name of a function | 3 | **bold** words in a cell |\n| short |\n"
    ));
}

#[test]
fn wide_and_right_to_left_tables() {
    assert_snapshot!(shots(
        "| 名前 | 説明 | العربية |\n|---|---|---|\n| 解析器 | トークンを一つずつ読む長い説明文です | مرحبا بالعالم |\n| 👩\u{200d}👩\u{200d}👧 | 🇩🇪🇯🇵 | שלום |\n"
    ));
}

#[test]
fn links_images_and_html() {
    assert_snapshot!(shots(
        "See [the docs](https://example.org/docs) or <https://example.org>, mail <me@example.org>, ![a *cat*](cat.png), \
         [ref][r], and <b>html</b>.\n\n<div onclick=\"x\">\n  <p>raw</p>\n</div>\n\n[r]: https://example.org/ref\n"
    ));
}

#[test]
fn wide_text_wraps_between_characters() {
    assert_snapshot!(shots(
        "日本語の文章は空白なしで続きますが、行の終わりで折り返します。mixed 英語 text と 👩\u{200d}👩\u{200d}👧\u{200d}👦 emoji।\n\nहिन्दी में लिखा हुआ पाठ भी ठीक से टूटता है।"
    ));
}

#[test]
fn the_renderer_draws_what_was_measured() {
    let lines = render("- 日本語 **太字** 👍🏽 e\u{301}\n- ｶﾞ [x](y)\n- لا **b**", 24, &dark());
    assert_eq!(draw_lines(lines, 24, 3), "• 日本語 太字 👍🏽 e\u{301}\n• ｶﾞ x (y)\n• لا b\n");
}

#[test]
fn styles_nest() {
    let theme = dark();
    let lines = render("a ***both*** `code` [l](u)", 80, &theme);
    let style = |word: &str| lines[0].spans.iter().find(|span| span.content.trim() == word).unwrap().style;
    assert!(style("both").add_modifier.contains(Modifier::BOLD | Modifier::ITALIC));
    assert_eq!(style("code").fg, theme.style(Meaning::CodeInline).fg);
    assert_eq!(style("l").fg, theme.style(Meaning::Link).fg);
    assert_eq!(style("(u)").fg, theme.style(Meaning::Muted).fg);
}

#[test]
fn code_has_colours() {
    let theme = dark();
    for (language, line, word, piece) in [
        ("rust", "let x = 1; // why", "let", Syntax::Keyword),
        ("rust", "let x = 1; // why", "// why", Syntax::Comment),
        ("python", "def f(): return 'text'", "'text'", Syntax::String),
        ("typescript", "const n: number = 42;", "42", Syntax::Constant),
        ("golang", "func main() {}", "main", Syntax::Function),
        ("sh", "echo \"hi\"", "\"hi\"", Syntax::String),
        ("toml", "key = true", "true", Syntax::Constant),
        ("diff", "+added", "+added", Syntax::Inserted),
        ("makefile", "all: x", "all", Syntax::Function),
    ] {
        let lines = render(&format!("```{language}\n{line}\n```"), 80, &theme);
        let span = lines[1].spans.iter().find(|span| span.content.trim() == word);
        let span = span.unwrap_or_else(|| panic!("{language}: no piece {word:?} in {:?}", lines[1]));
        assert_eq!(span.style.fg, theme.syntax(piece).fg, "{language}: {word}");
    }
}

#[test]
fn the_target_of_a_link_cannot_hide() {
    let lines = render("[https://bank.example](https://evil.example/\u{202e}x)", 80, &dark());
    assert_eq!(row(&lines[0], 80), "https://bank.example (https://evil.example/\\u{202e}x)");
    let lines = render("[](https://evil.example)", 80, &dark());
    assert_eq!(text(&lines, 80), " (https://evil.example)\n");
}
