//! The page: what it shows at two sizes, and what its keys do.
#![allow(clippy::unwrap_used, reason = "tests")]

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::theme::Theme;

fn page() -> Page {
    let skill = PageRow {
        name: "/deploy".into(),
        value: "project".into(),
        place: "/home/me/code/.claude/skills/deploy/SKILL.md".into(),
        notes: vec!["Deploys \u{1b}[31mthe site when asked.".into(), "allows for its turn: Bash(git *)".into()],
        act: Some(PageAct::Open("/home/me/code/.claude/skills/deploy/SKILL.md".into())),
        ..PageRow::default()
    };
    let memory = PageRow {
        name: "likes tabs".into(),
        mark: RowMark::Off,
        drop: Some("7".into()),
        act: Some(PageAct::Choose("7".into())),
        ..PageRow::default()
    };
    let rows = vec![PageRow::section("Skills"), skill, memory];
    Page { kind: PageKind::Skills, head: "The list costs 30 tokens in every request.".into(), rows }
}

fn pane() -> PagePane {
    let (mut pane, acts) = PagePane::open(PageKind::Skills);
    assert_eq!(acts, [send(CatalogRequest::Page(PageKind::Skills))]);
    pane.hear(&Event::Live(Live::Catalog(CatalogNews::Page(Page { kind: PageKind::Memory, ..page() }))));
    assert!(pane.page.is_none(), "another page is none of ours");
    pane.hear(&Event::Live(Live::Catalog(CatalogNews::Page(page()))));
    pane
}

fn screen(pane: &mut PagePane, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    pane.settle(area);
    pane.view(&Theme::default(), &mut buf);
    let row = |y| (0..width).map(|x| buf[(x, y)].symbol().to_owned()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn press(pane: &mut PagePane, code: KeyCode) -> Vec<Act> {
    pane.update(Said::Key(KeyEvent::from(code))).0
}

#[test]
fn rows_are_shown_with_their_place() {
    insta::assert_snapshot!("page_80x18", screen(&mut pane(), 80, 18));
    insta::assert_snapshot!("page_40x10", screen(&mut pane(), 40, 10));
    for (width, height) in [(1, 1), (5, 3), (200, 4)] {
        screen(&mut pane(), width, height);
    }
}

#[test]
fn enter_opens_chooses_and_delete_asks_first() {
    let mut pane = pane();
    let path = "/home/me/code/.claude/skills/deploy/SKILL.md".into();
    let purpose = EditPurpose::File { path, page: PageKind::Skills };
    assert_eq!(press(&mut pane, KeyCode::Enter), [Act::Edit { purpose, text: String::new() }]);
    assert_eq!(press(&mut pane, KeyCode::Delete), []);
    press(&mut pane, KeyCode::Down);
    let key = || "7".to_owned();
    let choose = CatalogRequest::Choose { kind: PageKind::Skills, key: key() };
    assert_eq!(press(&mut pane, KeyCode::Enter), [send(choose)]);
    assert_eq!(press(&mut pane, KeyCode::Delete), []);
    assert!(screen(&mut pane, 80, 18).contains("press again to drop it"));
    let drop = CatalogRequest::Drop { kind: PageKind::Skills, key: key() };
    assert_eq!(press(&mut pane, KeyCode::Delete), [send(drop)]);
    assert!(pane.update(Said::Key(KeyEvent::from(KeyCode::Esc))).1);
}
