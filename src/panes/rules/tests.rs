//! Key scripts and screens of the rules.
#![allow(clippy::unwrap_used, reason = "tests")]

use ratatui::buffer::Buffer;

use super::*;
use crate::domain::{RuleCover, RuleScope, RuleSource};
use crate::theme::Theme;
use ratatui::layout::Position;

fn line(tier: RuleTier, text: &str, scope: RuleScope, place: Option<(&str, u32)>) -> RuleLine {
    let source = RuleSource { scope, file: place.map(|(file, _)| file.into()), line: place.map(|(_, line)| line) };
    RuleLine { tier, text: text.into(), source, problem: None }
}

fn report() -> RulesReport {
    let mut rules = vec![
        line(RuleTier::Deny, "Read(./.env)", RuleScope::Project, Some((".claude/settings.json", 4))),
        line(RuleTier::Allow, "Bash(npm run *)", RuleScope::Local, Some((".claude/settings.local.json", 12))),
        line(RuleTier::Allow, "Bash(ls", RuleScope::User, Some(("~/.claude/settings.json", 3))),
        line(RuleTier::Allow, "Edit(/src/**)", RuleScope::Session, None),
    ];
    rules[2].problem = Some("its bracket is not closed; write `Tool(specifier)`".into());
    RulesReport { rules, questions: 60 }
}

fn open() -> Rules {
    let (mut pane, acts) = Rules::open();
    assert_eq!(acts, [Act::Send(Request::ListRules)]);
    pane.hear(&Event::Live(Live::Rules(Box::new(report()))));
    screen(&mut pane, 80, 18);
    pane
}

fn screen(pane: &mut Rules, width: u16, height: u16) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    pane.settle(area);
    let mut buf = Buffer::empty(area);
    let cursor = pane.view(&Theme::load("dark", &[]).0, &mut buf);
    let rows = area.rows().map(|row| {
        let cells = row.columns().map(|cell| {
            let here = cursor == Some(Position::new(cell.x, cell.y));
            if here { "▮".to_owned() } else { buf[(cell.x, cell.y)].symbol().to_owned() }
        });
        cells.collect::<String>().trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn key(pane: &mut Rules, code: KeyCode) -> Vec<Act> {
    pane.update(Said::Key(KeyEvent::from(code))).0
}

fn ctrl(pane: &mut Rules, letter: char) -> Vec<Act> {
    pane.update(Said::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))).0
}

fn tested(pane: &mut Rules, rule: &str, outcome: Result<RuleCover, String>) {
    let test = RuleTest { rule: rule.into(), call_id: None, outcome };
    pane.hear(&Event::Live(Live::RuleTested(Box::new(test))));
}

#[test]
fn rules_are_listed_with_their_places_and_tried_on_the_session() {
    let mut pane = open();
    assert_eq!(key(&mut pane, KeyCode::Enter), [], "only an allow rule saves questions");
    key(&mut pane, KeyCode::Down);
    let request = Request::TestRule { rule: "Bash(npm run *)".into(), call_id: None };
    assert_eq!(key(&mut pane, KeyCode::Enter), [Act::Send(request)]);
    tested(&mut pane, "Bash(npm run *)", Ok(RuleCover { this_call: None, covered: 41, of: 60 }));
    insta::assert_snapshot!("rules_80x18", screen(&mut pane, 80, 18));
    key(&mut pane, KeyCode::Down);
    insta::assert_snapshot!("rules_40x10", screen(&mut pane, 40, 10));
    assert_eq!(pane.update(Said::Key(KeyEvent::from(KeyCode::Tab))).1, Wish::Decisions);
    assert_eq!(pane.update(Said::Key(KeyEvent::from(KeyCode::Esc))).1, Wish::Close);
}

#[test]
fn removing_needs_two_presses_on_the_same_rule() {
    let mut pane = open();
    assert_eq!(key(&mut pane, KeyCode::Delete), []);
    assert!(screen(&mut pane, 80, 18).contains("press again to remove"));
    key(&mut pane, KeyCode::Down);
    assert_eq!(key(&mut pane, KeyCode::Delete), []);
    let gone = report().rules.remove(1);
    let request = Request::RemoveRule { tier: gone.tier, rule: gone.text, source: gone.source };
    assert_eq!(ctrl(&mut pane, 'd'), [Act::Send(request)]);
}

#[test]
fn a_new_rule_is_tried_while_it_is_written() {
    let mut pane = open();
    ctrl(&mut pane, 'n');
    let acts = pane.update(Said::Paste("Bash(make *)".into())).0;
    assert_eq!(acts, [Act::Send(Request::TestRule { rule: "Bash(make *)".into(), call_id: None })]);
    tested(&mut pane, "Bash(make *)", Ok(RuleCover { this_call: None, covered: 3, of: 7 }));
    key(&mut pane, KeyCode::Tab);
    insta::assert_snapshot!("new_rule_80x18", screen(&mut pane, 80, 18));
    tested(&mut pane, "Bash(make *)", Err("it is broken".into()));
    assert!(screen(&mut pane, 80, 18).contains("it is broken"));
    let place = RulePlace::Saved(SaveScope::Project);
    let request = Request::AddRule { tier: RuleTier::Allow, rule: "Bash(make *)".into(), place };
    assert_eq!(key(&mut pane, KeyCode::Enter), [Act::Send(request)]);
    ctrl(&mut pane, 'n');
    assert_eq!(key(&mut pane, KeyCode::Enter), [], "an empty rule is no rule");
}

#[test]
fn hostile_rules_and_small_screens_do_no_harm() {
    let mut pane = open();
    let evil = "Bash(a\u{1b}[31m\u{202e}\n\u{0})";
    let mut rules = report();
    rules.rules[0].text = evil.into();
    rules.rules[0].problem = Some(evil.into());
    rules.rules[0].source.file = Some(evil.into());
    pane.hear(&Event::Live(Live::Rules(Box::new(rules))));
    for (width, height) in [(1, 1), (3, 3), (20, 4), (60, 8), (120, 40)] {
        let text = screen(&mut pane, width, height);
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text}");
    }
}
