//! Orders in words: for the help overlay and the palette, made from the same table that keys run through.

use super::keys::{Context, DEFAULTS, Order};
use crate::panes::help::Section;
use crate::panes::palette::Action;

/// Orders that can be chosen in the palette, with their ids and words.
const ACTIONS: &[(Order, &str, &str)] = &[
    (Order::CycleMode, "mode.next", "Next permission mode"),
    (Order::Details, "details", "Unfold or fold everything"),
    (Order::Side, "sidebar", "Show or hide the session pane"),
    (Order::ActivityPane, "activity", "Show or hide the activity pane"),
    (Order::Background, "background", "Put what runs into the background"),
    (Order::Todos, "todos", "Show the todos"),
    (Order::ShowBreak, "cache.break", "Show what broke the cache last, old and new"),
    (Order::NextPane, "pane.next", "Move to the next pane"),
    (Order::Editor, "editor", "Edit the prompt in your editor"),
    (Order::Start, "scroll.start", "Go to the start of the conversation"),
    (Order::End, "scroll.end", "Go to the end and follow it"),
    (Order::Stop, "stop", "Interrupt the turn"),
    (Order::Suspend, "suspend", "Suspend to the shell"),
    (Order::Redraw, "redraw", "Draw everything again"),
    (Order::Help, "help", "Show all keys and commands"),
];

/// The sections of the help overlay that are the app's own.
pub(super) fn sections() -> Vec<Section> {
    let places = [
        (Context::Global, "Everywhere"),
        (Context::Conversation, "In the conversation (Tab)"),
        (Context::Activity, "In the activity pane (Tab, or F3)"),
        (Context::Sheet, "In tables and details"),
    ];
    let mut sections: Vec<Section> =
        places.iter().map(|(context, title)| Section { title: (*title).to_owned(), keys: keys_of(*context) }).collect();
    if let Some(first) = sections.first_mut() {
        first.keys.push(("r".to_owned(), "with an empty prompt: retry now, while a request waits".to_owned()));
        first
            .keys
            .push(("wheel, click".to_owned(), "scroll what is under it; unfold a call, choose an answer".to_owned()));
        first.keys.push(("Shift+drag".to_owned(), "the terminal's own selection".to_owned()));
    }
    sections
}

/// The actions of the palette.
pub(super) fn actions() -> Vec<Action> {
    let key = |order| DEFAULTS.iter().find(|(context, _, o)| *context == Context::Global && *o == order);
    let action = |(order, id, name): &(Order, &str, &str)| Action {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        key: key(*order).map(|(_, key, _)| pretty(key)).unwrap_or_default(),
    };
    ACTIONS.iter().map(action).collect()
}

/// The order behind an id of the palette.
pub(super) fn order(id: &str) -> Option<Order> {
    ACTIONS.iter().find(|(_, known, _)| *known == id).map(|(order, ..)| *order)
}

/// Keys of one context, those for the same order in one row.
fn keys_of(context: Context) -> Vec<(String, String)> {
    let mut rows: Vec<(Order, String)> = Vec::new();
    for (_, key, order) in DEFAULTS.iter().filter(|(c, ..)| *c == context) {
        match rows.iter_mut().find(|(known, _)| known == order) {
            Some((_, keys)) => {
                keys.push_str(", ");
                keys.push_str(&pretty(key));
            }
            None => rows.push((*order, pretty(key))),
        }
    }
    rows.into_iter().map(|(order, keys)| (keys, words(order, context).to_owned())).collect()
}

fn words(order: Order, context: Context) -> &'static str {
    match order {
        Order::Stop => "interrupt; at rest clear the prompt; twice: quit",
        Order::Leave => "with an empty prompt, twice: quit",
        Order::Escape if context == Context::Global => {
            "close, interrupt; twice: clear the prompt into the history, or go back to an earlier one (/rewind)"
        }
        Order::Escape => "back to the prompt",
        Order::Suspend => "suspend to the shell",
        Order::Redraw => "draw everything again",
        Order::CycleMode => "next permission mode",
        Order::NextPane => "next pane",
        Order::Editor => "edit the prompt in $VISUAL or $EDITOR",
        Order::Details => "unfold or fold everything",
        Order::Todos => "todos",
        Order::ShowBreak => "what broke the cache",
        Order::Palette => "palette of commands and actions",
        Order::Side => "session pane: model, context, cache, cost",
        Order::ActivityPane => "activity pane: every call and why it may run",
        Order::Help => "this help (also ? on an empty prompt)",
        Order::RetryNow => "retry now",
        Order::AskAfresh => "ask the model where a cache has answered",
        Order::LineUp => "a row up",
        Order::LineDown => "a row down",
        Order::HalfUp => "half a page up",
        Order::HalfDown => "half a page down",
        Order::Start => "to the start",
        Order::End => "to the end; the conversation follows it again",
        Order::Previous if context == Context::Activity => "the call before",
        Order::Next if context == Context::Activity => "the next call",
        Order::Previous => "select what can be unfolded, upwards",
        Order::Next => "the same downwards",
        Order::Toggle => "unfold or fold the selected",
        Order::Open => "details of the call",
        Order::Background => "put what runs into the background; else one to the left",
        Order::Kill => "stop the call, if it runs; the turn goes on",
        Order::Close => "close",
        Order::Find => "find in the conversation; n and N go on, Esc ends",
    }
}

/// A key as people write it: `Ctrl+X Ctrl+E`, `PgUp`.
fn pretty(key: &str) -> String {
    let part = |part: &str| match part {
        "pageup" => "PgUp".to_owned(),
        "pagedown" => "PgDn".to_owned(),
        "ctrl" => "Ctrl".to_owned(),
        letter if letter.chars().count() == 1 => letter.to_owned(),
        word => word.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }).collect(),
    };
    let stroke = |stroke: &str| {
        let mut parts: Vec<String> = stroke.split('+').map(part).collect();
        if parts.len() > 1
            && let Some(last) = parts.last_mut().filter(|last| last.chars().count() == 1)
        {
            *last = last.to_uppercase();
        }
        parts.join("+")
    };
    key.split(' ').map(stroke).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_people_do() {
        assert_eq!(pretty("ctrl+x ctrl+e"), "Ctrl+X Ctrl+E");
        assert_eq!(pretty("ctrl+x s"), "Ctrl+X s");
        assert_eq!(pretty("shift+tab"), "Shift+Tab");
        assert_eq!(pretty("G"), "G");
        assert_eq!(pretty("pageup"), "PgUp");
    }

    #[test]
    fn every_action_has_one_id() {
        for (order, id, _) in ACTIONS {
            assert_eq!(super::order(id), Some(*order), "{id}");
        }
        assert_eq!(super::order("nothing"), None);
    }
}
