//! Which key asks for what, by context. Only names and tables; what an order does is decided elsewhere.
//!
//! A key is written as in `ctrl+x ctrl+e`: modifiers in the order ctrl, alt, shift, then the key; two keys
//! after each other are a chord.

use std::fmt::Write;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Everywhere that nothing nearer claims the key.
    Global,
    /// The prompt has the focus and is empty.
    EmptyPrompt,
    /// A request waits to be sent again, and the prompt is empty.
    Retry,
    Conversation,
    Activity,
    /// A full pane that only scrolls.
    Sheet,
    /// A dialog that takes every other key itself.
    Dialog,
    /// A dialog through which the conversation can be scrolled.
    Behind,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Ctrl+C: interrupt, clear, leave.
    Stop,
    /// Ctrl+D: leave.
    Leave,
    /// Esc: close, interrupt.
    Escape,
    Suspend,
    Redraw,
    CycleMode,
    NextPane,
    Editor,
    Details,
    Todos,
    Palette,
    Side,
    ActivityPane,
    /// Ctrl+B: what runs goes to the background; else the cursor moves.
    Background,
    Help,
    RetryNow,
    AskAfresh,
    LineUp,
    LineDown,
    HalfUp,
    HalfDown,
    Start,
    End,
    Previous,
    Next,
    Toggle,
    Open,
    Kill,
    Close,
    /// What broke the provider's cache last, old and new.
    ShowBreak,
    Find,
}

/// One row of the keymap.
pub type Binding = (Context, &'static str, Order);

/// The keys as they are unless the user changed them.
pub const DEFAULTS: &[Binding] = &[
    (Context::Global, "ctrl+c", Order::Stop),
    (Context::Global, "ctrl+d", Order::Leave),
    (Context::Global, "esc", Order::Escape),
    (Context::Global, "ctrl+z", Order::Suspend),
    (Context::Global, "ctrl+l", Order::Redraw),
    (Context::Global, "shift+tab", Order::CycleMode),
    (Context::Global, "tab", Order::NextPane),
    (Context::Global, "ctrl+g", Order::Editor),
    (Context::Global, "ctrl+x ctrl+e", Order::Editor),
    (Context::Global, "ctrl+o", Order::Details),
    (Context::Global, "ctrl+t", Order::Todos),
    (Context::Global, "ctrl+p", Order::Palette),
    (Context::Global, "f1", Order::Help),
    (Context::Global, "f2", Order::Side),
    (Context::Global, "f4", Order::ShowBreak),
    (Context::Global, "ctrl+x s", Order::Side),
    (Context::Global, "f3", Order::ActivityPane),
    (Context::Global, "ctrl+x a", Order::ActivityPane),
    (Context::Global, "ctrl+b", Order::Background),
    (Context::Global, "pageup", Order::HalfUp),
    (Context::Global, "pagedown", Order::HalfDown),
    (Context::Global, "ctrl+home", Order::Start),
    (Context::Global, "ctrl+end", Order::End),
    (Context::Global, "f5", Order::AskAfresh),
    (Context::EmptyPrompt, "?", Order::Help),
    (Context::Retry, "r", Order::RetryNow),
    (Context::Conversation, "j", Order::LineDown),
    (Context::Conversation, "k", Order::LineUp),
    (Context::Conversation, "u", Order::HalfUp),
    (Context::Conversation, "d", Order::HalfDown),
    (Context::Conversation, "g", Order::Start),
    (Context::Conversation, "home", Order::Start),
    (Context::Conversation, "G", Order::End),
    (Context::Conversation, "end", Order::End),
    (Context::Conversation, "up", Order::Previous),
    (Context::Conversation, "down", Order::Next),
    (Context::Conversation, "p", Order::Previous),
    (Context::Conversation, "n", Order::Next),
    (Context::Conversation, "enter", Order::Toggle),
    (Context::Conversation, "space", Order::Toggle),
    (Context::Conversation, "/", Order::Find),
    (Context::Conversation, "i", Order::Escape),
    (Context::Conversation, "?", Order::Help),
    (Context::Activity, "j", Order::Next),
    (Context::Activity, "down", Order::Next),
    (Context::Activity, "k", Order::Previous),
    (Context::Activity, "up", Order::Previous),
    (Context::Activity, "g", Order::Start),
    (Context::Activity, "home", Order::Start),
    (Context::Activity, "G", Order::End),
    (Context::Activity, "end", Order::End),
    (Context::Activity, "enter", Order::Open),
    (Context::Activity, "x", Order::Kill),
    (Context::Activity, "i", Order::Escape),
    (Context::Activity, "?", Order::Help),
    (Context::Sheet, "esc", Order::Close),
    (Context::Sheet, "q", Order::Close),
    (Context::Sheet, "enter", Order::Close),
    (Context::Sheet, "ctrl+c", Order::Close),
    (Context::Sheet, "j", Order::LineDown),
    (Context::Sheet, "down", Order::LineDown),
    (Context::Sheet, "k", Order::LineUp),
    (Context::Sheet, "up", Order::LineUp),
    (Context::Sheet, "d", Order::HalfDown),
    (Context::Sheet, "space", Order::HalfDown),
    (Context::Sheet, "pagedown", Order::HalfDown),
    (Context::Sheet, "u", Order::HalfUp),
    (Context::Sheet, "pageup", Order::HalfUp),
    (Context::Sheet, "g", Order::Start),
    (Context::Sheet, "home", Order::Start),
    (Context::Sheet, "G", Order::End),
    (Context::Sheet, "end", Order::End),
    (Context::Sheet, "x", Order::Kill),
    (Context::Sheet, "f2", Order::Side),
    (Context::Sheet, "f4", Order::ShowBreak),
    (Context::Sheet, "f3", Order::ActivityPane),
    (Context::Sheet, "ctrl+t", Order::Todos),
    (Context::Dialog, "ctrl+c", Order::Close),
    (Context::Dialog, "ctrl+z", Order::Suspend),
    (Context::Dialog, "ctrl+l", Order::Redraw),
    (Context::Behind, "pageup", Order::HalfUp),
    (Context::Behind, "pagedown", Order::HalfDown),
    (Context::Behind, "ctrl+home", Order::Start),
    (Context::Behind, "ctrl+end", Order::End),
    (Context::Behind, "ctrl+c", Order::Stop),
    (Context::Behind, "ctrl+z", Order::Suspend),
    (Context::Behind, "ctrl+l", Order::Redraw),
];

/// The keymap: the user's rows, which win, over the defaults.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    /// Context, key, order; none takes a default away.
    pub changed: Vec<(Context, String, Option<Order>)>,
    /// The first key of a chord that has begun.
    begun: Option<String>,
}

/// What came of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Order(Order),
    /// The first key of a chord.
    Begun,
    /// No row is for this key.
    Nothing,
}

impl Keymap {
    /// Looks a key up in the contexts, the nearest first.
    pub fn find(&mut self, contexts: &[Context], key: &KeyEvent) -> Found {
        let name = name(key);
        let whole = match self.begun.take() {
            Some(first) => format!("{first} {name}"),
            None => name,
        };
        for context in contexts {
            match self.row(*context, &whole) {
                Found::Nothing => {}
                Found::Begun => {
                    self.begun = Some(whole);
                    return Found::Begun;
                }
                found @ Found::Order(_) => return found,
            }
        }
        // A chord that leads nowhere is dropped whole, so that its second key does not act by surprise.
        if whole.contains(' ') { Found::Begun } else { Found::Nothing }
    }

    /// A chord waits for its second key.
    pub fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    fn row(&self, context: Context, key: &str) -> Found {
        if let Some((.., order)) = self.changed.iter().rev().find(|(c, k, _)| *c == context && k == key) {
            return order.map_or(Found::Nothing, Found::Order);
        }
        let begins = |row: &str| row.strip_prefix(key).is_some_and(|rest| rest.starts_with(' '));
        for (_, k, order) in DEFAULTS.iter().filter(|(c, ..)| *c == context) {
            if *k == key {
                return Found::Order(*order);
            }
            if begins(k) {
                return Found::Begun;
            }
        }
        Found::Nothing
    }
}

/// A key as the tables write it.
pub fn name(key: &KeyEvent) -> String {
    let mut out = String::new();
    let mut modifiers = key.modifiers;
    let code = match key.code {
        // A capital letter is its own key; elsewhere terminals differ in whether they name the shift.
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(letter) => {
            modifiers.remove(KeyModifiers::SHIFT);
            let plain = !modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
            if plain { letter.to_string() } else { letter.to_lowercase().to_string() }
        }
        KeyCode::BackTab => {
            modifiers.insert(KeyModifiers::SHIFT);
            "tab".to_owned()
        }
        KeyCode::F(number) => format!("f{number}"),
        code => format!("{code:?}").to_lowercase(),
    };
    for (modifier, word) in
        [(KeyModifiers::CONTROL, "ctrl+"), (KeyModifiers::ALT, "alt+"), (KeyModifiers::SHIFT, "shift+")]
    {
        if modifiers.contains(modifier) {
            out.push_str(word);
        }
    }
    let _ = write!(out, "{code}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_and_contexts() {
        let key = |code, modifiers| KeyEvent::new(code, modifiers);
        let mut map = Keymap::default();
        let contexts = [Context::Conversation, Context::Global];
        assert_eq!(map.find(&contexts, &key(KeyCode::Char('j'), KeyModifiers::NONE)), Found::Order(Order::LineDown));
        assert_eq!(map.find(&contexts, &key(KeyCode::Char('G'), KeyModifiers::SHIFT)), Found::Order(Order::End));
        assert_eq!(map.find(&contexts, &key(KeyCode::Char('x'), KeyModifiers::CONTROL)), Found::Begun);
        assert_eq!(map.find(&contexts, &key(KeyCode::Char('e'), KeyModifiers::CONTROL)), Found::Order(Order::Editor));
        assert_eq!(map.find(&contexts, &key(KeyCode::Char('x'), KeyModifiers::CONTROL)), Found::Begun);
        assert_eq!(
            map.find(&contexts, &key(KeyCode::Char('j'), KeyModifiers::NONE)),
            Found::Begun,
            "the chord is void"
        );
        assert_eq!(
            map.find(&[Context::Global], &key(KeyCode::BackTab, KeyModifiers::NONE)),
            Found::Order(Order::CycleMode)
        );
        assert_eq!(map.find(&[Context::Global], &key(KeyCode::Char('j'), KeyModifiers::NONE)), Found::Nothing);
    }

    #[test]
    fn a_changed_row_wins_and_can_take_a_key_away() {
        let mut map = Keymap::default();
        map.changed.push((Context::Global, "ctrl+p".to_owned(), None));
        let key = KeyEvent::new(KeyCode::Char('p'), KeyModifiers::CONTROL);
        assert_eq!(map.find(&[Context::Global], &key), Found::Nothing);
    }

    #[test]
    fn no_row_stands_twice() {
        for (index, (context, key, _)) in DEFAULTS.iter().enumerate() {
            let twice = DEFAULTS.iter().skip(index + 1).any(|(c, k, _)| c == context && k == key);
            assert!(!twice, "{context:?} has {key} twice");
        }
    }
}
