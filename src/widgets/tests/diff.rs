//! What changes look like.

use insta::assert_snapshot;
use ratatui::style::Modifier;

use super::{at_widths, dark, text};
use crate::domain::{DiffHunk, DiffLine, FileDiff, LineKind, Shown};
use crate::theme::Meaning;
use crate::widgets::{diff, shown};

fn line(kind: LineKind, pieces: &[(bool, &str)]) -> DiffLine {
    DiffLine { kind, pieces: pieces.iter().map(|(changed, text)| (*changed, (*text).to_owned())).collect() }
}

fn change() -> FileDiff {
    let first = DiffHunk {
        old_start: 9,
        new_start: 9,
        lines: vec![
            line(LineKind::Same, &[(false, "fn main() {")]),
            line(LineKind::Removed, &[(false, "    let "), (true, "old_name"), (false, " = \"text\";")]),
            line(
                LineKind::Added,
                &[
                    (false, "    let "),
                    (true, "new_name"),
                    (false, " = \"text that is so long that it has to go on in the next row\";"),
                ],
            ),
            line(LineKind::Same, &[(false, "\t日本語\x1b[0m")]),
        ],
    };
    let second = DiffHunk {
        old_start: 120,
        new_start: 120,
        lines: vec![line(LineKind::Added, &[(true, "// end")]), line(LineKind::Same, &[])],
    };
    FileDiff { path: "src/parser\n.rs".to_owned(), created: false, added: 2, removed: 1, hunks: vec![first, second] }
}

#[test]
fn a_change_at_three_widths() {
    assert_snapshot!(at_widths(|width| diff::lines(&change(), width, &dark())));
}

#[test]
fn changed_words_are_marked_without_colour_too() {
    for name in ["dark", "no-color"] {
        let theme = crate::theme::Theme::load(name, &[]).0;
        let lines = diff::lines(&change(), 80, &theme);
        let span = lines.iter().flat_map(|line| &line.spans).find(|span| span.content == "new_name").unwrap();
        assert!(span.style.add_modifier.contains(Modifier::BOLD | Modifier::UNDERLINED), "{name}");
        assert_eq!(span.style.bg, theme.style(Meaning::DiffAddedWord).bg);
    }
}

#[test]
fn syntax_colours_lie_over_the_ground() {
    let theme = dark();
    let lines = diff::lines(&change(), 80, &theme);
    let span = lines.iter().flat_map(|line| &line.spans).find(|span| span.content.starts_with("\"text\"")).unwrap();
    assert_eq!(span.style.fg, theme.syntax(crate::theme::Syntax::String).fg);
    assert_eq!(span.style.bg, theme.style(Meaning::DiffRemoved).bg);
}

#[test]
fn a_result_is_cut_with_a_count() {
    let theme = dark();
    let shape = Shown::Diff(vec![
        change(),
        FileDiff { created: true, path: "new.txt".to_owned(), hunks: Vec::new(), added: 0, removed: 0 },
    ]);
    assert_snapshot!(text(&shown::lines(&shape, 60, &theme, 4), 60));
    let lines = Shown::Text { text: "one\ntwo\nthree\nfour\n".to_owned(), language: None };
    assert_eq!(text(&shown::lines(&lines, 60, &theme, 3), 60), "one\ntwo\n… 2 more lines\n");
    assert_eq!(text(&shown::lines(&lines, 60, &theme, 4), 60), "one\ntwo\nthree\nfour\n");
    let list = Shown::List((0..1_000).map(|n| format!("src/file{n}.rs")).collect());
    assert_eq!(text(&shown::lines(&list, 60, &theme, 2), 60), "src/file0.rs\n… 999 more lines\n");
    let image = Shown::Image { name: "cat.png".to_owned(), width: 640, height: 480, bytes: 20_000 };
    assert_eq!(text(&shown::lines(&image, 60, &theme, 4), 60), "[image: cat.png, 640×480, 20 KB]\n");
    assert!(shown::lines(&Shown::Nothing, 60, &theme, 4).is_empty());
}
