//! The memory store on the screen: what went along with a prompt, the page, an entry in the editor.

use insta::assert_snapshot;

use super::play::Play;
use crate::domain::*;

fn id(text: &str) -> MemoryId {
    text.parse().unwrap()
}

fn recalled() -> Body {
    let one = |name: &str, text: &str, score| Recalled { id: id(name), text: text.to_owned(), score };
    let entries = vec![
        one("p12", "The staging database listens on port 5433.", 0.613),
        one("u3", "Ask before\n\u{1b}[31mdropping tables.", 0.4),
    ];
    Body::Catalog(CatalogBody::Recalled { entries })
}

fn page() -> Page {
    let text = "The staging database listens on port 5433 and is reset every Sunday, so never keep anything there.";
    let entry = PageRow {
        name: format!("p12 {text}"),
        value: "project · used 3×".into(),
        place: "written by the model 2 d 3 h ago, session 0193aa, turn 4".into(),
        notes: vec![text.into()],
        act: Some(PageAct::Rewrite { id: id("p12"), text: text.into() }),
        drop: Some("p12".into()),
        ..PageRow::default()
    };
    let file =
        PageRow { name: "1. /code/CLAUDE.md".into(), value: "project · 120 tokens".into(), ..PageRow::default() };
    let rows = vec![
        PageRow::section("Read at the start, in this order"),
        file,
        PageRow::section("Memory store: the few that matter come along with a prompt"),
        entry,
    ];
    Page { kind: PageKind::Memory, head: "120 tokens in every request".into(), rows }
}

#[test]
fn what_was_recalled_is_told_with_its_score() {
    let mut play = Play::new(80, 16);
    play.prompt(1, "list the tables").sent(1);
    play.record(recalled());
    assert_snapshot!("recalled_80x16", play.screen());
    assert_snapshot!("recalled_unfolded_80x16", play.keys("ctrl+o").screen());
}

#[test]
fn the_page_lists_edits_and_forgets_entries() {
    for (name, width, height) in [("memory_page_80x24", 80, 24), ("memory_page_160x50", 160, 50)] {
        let mut play = Play::new(width, height);
        play.write("/memory").keys("enter");
        play.live(Live::Catalog(CatalogNews::Page(page()))).keys("down").keys("down");
        assert_snapshot!(name, play.screen());
        play.take_acts();
        play.keys("enter");
        let acts = play.take_acts();
        let Some(Act::Edit { purpose, text }) = acts.into_iter().next() else { panic!("the editor opens") };
        assert!(purpose == EditPurpose::Memory { id: id("p12") } && text.starts_with("The staging"));
        play.message(crate::app::Message::Edited { purpose, text: Some("It moved.".into()) });
        let order = MemoryOrder::Edit { id: id("p12"), text: "It moved.".into() };
        assert!(play.take_acts().contains(&Act::Send(Request::Catalog(CatalogRequest::Memory(order)))));
        play.keys("delete");
        assert!(play.screen().contains("press again to drop it"));
        play.keys("delete");
        let drop = CatalogRequest::Drop { kind: PageKind::Memory, key: "p12".into() };
        assert!(play.take_acts().contains(&Act::Send(Request::Catalog(drop))));
    }
}
