//! Which key does what in the prompt, by the habits of readline and of other agents.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::editor::Way;

/// What a key asks of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Type(char),
    Send,
    Newline,
    Complete,
    Go(Way),
    Delete(Way),
    Kill(Way),
    Yank,
    Undo,
    Redo,
    Up,
    Down,
    TextStart,
    TextEnd,
    Search,
    SearchForward,
    CancelSearch,
    Stash,
}

/// The order behind a key; none for keys that the prompt does not know.
pub(super) fn order(key: &KeyEvent) -> Option<Order> {
    let has = |modifier| key.modifiers.contains(modifier);
    let (ctrl, alt) = (has(KeyModifiers::CONTROL), has(KeyModifiers::ALT));
    let any = ctrl || alt || has(KeyModifiers::SHIFT);
    let by_word = ctrl || alt;
    Some(match key.code {
        // Ctrl and Alt together are AltGr on some keyboards: a character.
        KeyCode::Char(letter) if ctrl == alt && !has(KeyModifiers::SUPER) => Order::Type(letter),
        KeyCode::Char(letter) if ctrl => with_ctrl(letter.to_ascii_lowercase())?,
        KeyCode::Char(letter) if alt => with_alt(letter.to_ascii_lowercase())?,
        KeyCode::Enter if any => Order::Newline,
        KeyCode::Enter => Order::Send,
        KeyCode::Tab if !any => Order::Complete,
        KeyCode::Backspace if by_word => Order::Kill(Way::WordLeft),
        KeyCode::Backspace => Order::Delete(Way::Left),
        KeyCode::Delete if by_word => Order::Kill(Way::WordRight),
        KeyCode::Delete => Order::Delete(Way::Right),
        KeyCode::Left if by_word => Order::Go(Way::WordLeft),
        KeyCode::Right if by_word => Order::Go(Way::WordRight),
        KeyCode::Left => Order::Go(Way::Left),
        KeyCode::Right => Order::Go(Way::Right),
        KeyCode::Home if ctrl => Order::TextStart,
        KeyCode::End if ctrl => Order::TextEnd,
        KeyCode::Home => Order::Go(Way::LineStart),
        KeyCode::End => Order::Go(Way::LineEnd),
        KeyCode::Up if !by_word => Order::Up,
        KeyCode::Down if !by_word => Order::Down,
        _ => return None,
    })
}

fn with_ctrl(letter: char) -> Option<Order> {
    Some(match letter {
        'a' => Order::Go(Way::LineStart),
        'e' => Order::Go(Way::LineEnd),
        'b' => Order::Go(Way::Left),
        'f' => Order::Go(Way::Right),
        'd' => Order::Delete(Way::Right),
        'h' => Order::Delete(Way::Left),
        'k' => Order::Kill(Way::LineEnd),
        'u' => Order::Kill(Way::LineStart),
        'w' => Order::Kill(Way::WordLeft),
        'y' => Order::Yank,
        // Terminals send Ctrl+_ as Ctrl+7 or Ctrl+/ too.
        '_' | '/' | '7' => Order::Undo,
        'j' => Order::Newline,
        'n' => Order::Down,
        'r' => Order::Search,
        's' => Order::Stash,
        'g' => Order::CancelSearch,
        _ => return None,
    })
}

fn with_alt(letter: char) -> Option<Order> {
    Some(match letter {
        'b' => Order::Go(Way::WordLeft),
        'f' => Order::Go(Way::WordRight),
        'd' => Order::Kill(Way::WordRight),
        '_' | '/' => Order::Redo,
        '<' => Order::TextStart,
        '>' => Order::TextEnd,
        's' => Order::SearchForward,
        _ => return None,
    })
}
