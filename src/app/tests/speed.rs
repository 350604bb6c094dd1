//! Sizes that must not matter. Nothing here is timed: it counts what was laid out.

use std::sync::Arc;

use super::play::{Play, start_info};
use crate::domain::*;

#[test]
fn a_long_history_lays_out_only_its_end() {
    let mut play = Play::bare(120, 40);
    let mut records: Vec<Arc<Record>> = Vec::new();
    for turn in 0..2_500u32 {
        let message = Arc::new(Message::user(format!("question {turn}")));
        records.push(play.make(Body::Prompted { turn, message, origin: Origin::Typed, typed: None }));
        records.push(play.make(Body::TurnEnded { turn, end: TurnEnd::Done }));
    }
    play.open(start_info(true), records);
    let screen = play.screen();
    assert!(screen.contains("question 2499"));
    assert!(play.model.conversation.laid_out() < 100, "{} entries have lines", play.model.conversation.laid_out());
    play.keys("ctrl+home");
    assert!(play.screen().contains("question 0"));
    for _ in 0..100 {
        play.keys("pagedown").settle();
    }
    assert!(play.model.conversation.laid_out() < 400, "lines of entries off the screen are let go");
}
