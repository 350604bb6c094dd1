//! The terminal's answer to "what is your background colour?" (OSC 11), fished out of the keys.
//!
//! The input library does not know the answer `ESC ] 11 ; rgb:RRRR/GGGG/BBBB BEL` and hands it on as Alt+]
//! followed by plain keys. [`Catcher`] swallows exactly that, for a bounded time after the question, and
//! gives every key back that turns out to be a person's.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What asks for the background colour.
pub const QUERY: &[u8] = b"\x1b]11;?\x1b\\";
/// How long an answer may take, in milliseconds. Beyond it Alt+] is a key again.
const WINDOW: u64 = 2_000;
/// How long the rest of a begun answer may take.
const REST: u64 = 250;
/// The longest answer: `11;rgba:` and four times four digits with their slashes.
const LONGEST: usize = 40;

/// What became of a key.
#[derive(Debug, PartialEq)]
pub enum Caught {
    /// It was none of ours.
    Pass(KeyEvent),
    /// It is kept back until the next key or [`Catcher::expire`].
    Held,
    /// The answer is whole; none when its colour cannot be read.
    Answer { light: Option<bool> },
    /// These were keys after all.
    Release(Vec<KeyEvent>),
}

/// Waits for the answer.
#[derive(Debug, Default)]
pub struct Catcher {
    /// Until when an answer, or the rest of one, may come; none when none is expected.
    until: Option<u64>,
    held: Vec<KeyEvent>,
    text: String,
}

impl Catcher {
    /// The question was asked at `now` (milliseconds).
    pub fn expect(&mut self, now: u64) {
        self.until = Some(now + WINDOW);
    }

    /// Until when keys may be held back, if any are.
    pub fn deadline(&self) -> Option<u64> {
        if self.held.is_empty() { None } else { self.until }
    }

    /// Gives back what was held too long.
    pub fn expire(&mut self, now: u64) -> Vec<KeyEvent> {
        match self.until {
            Some(until) if now >= until => self.release(),
            _ => Vec::new(),
        }
    }

    /// Looks at one key.
    pub fn key(&mut self, key: KeyEvent, now: u64) -> Caught {
        if self.held.is_empty() {
            let begins = key.code == KeyCode::Char(']') && key.modifiers == KeyModifiers::ALT;
            if !begins || self.until.is_none_or(|until| now >= until) {
                return Caught::Pass(key);
            }
            self.until = Some(now + REST);
            self.held.push(key);
            return Caught::Held;
        }
        self.held.push(key);
        match piece(key) {
            Piece::End => self.finish(),
            Piece::Escape => {
                self.text.push('\x1b');
                Caught::Held
            }
            Piece::Char('\\') if self.text.ends_with('\x1b') => self.finish(),
            Piece::Char(c) if self.fits(c) => {
                self.text.push(c);
                Caught::Held
            }
            Piece::Char(_) | Piece::Other => Caught::Release(self.release()),
        }
    }

    fn fits(&self, c: char) -> bool {
        const START: &str = "11;";
        match START.chars().nth(self.text.len()) {
            Some(expected) => c == expected,
            None => self.text.len() < LONGEST && (c.is_ascii_hexdigit() || "rgba:/#".contains(c)),
        }
    }

    fn finish(&mut self) -> Caught {
        let text = std::mem::take(&mut self.text);
        let answer = text.trim_end_matches('\x1b').strip_prefix("11;").map(is_light);
        match answer {
            Some(light) => {
                self.held.clear();
                self.until = None;
                Caught::Answer { light }
            }
            None => Caught::Release(self.release()),
        }
    }

    fn release(&mut self) -> Vec<KeyEvent> {
        self.until = None;
        self.text.clear();
        std::mem::take(&mut self.held)
    }
}

/// A key as a piece of an answer.
enum Piece {
    Char(char),
    Escape,
    /// BEL arrives as Ctrl+G, the string terminator as Alt+\.
    End,
    Other,
}

fn piece(key: KeyEvent) -> Piece {
    match (key.code, key.modifiers) {
        (KeyCode::Char('g'), KeyModifiers::CONTROL) | (KeyCode::Char('\\'), KeyModifiers::ALT) => Piece::End,
        (KeyCode::Char(c), KeyModifiers::NONE | KeyModifiers::SHIFT) => Piece::Char(c),
        (KeyCode::Esc, KeyModifiers::NONE) => Piece::Escape,
        _ => Piece::Other,
    }
}

/// Is this X11 colour (`rgb:ffff/ffff/ffff`, `rgba:…`, `#ffffff`) light?
fn is_light(colour: &str) -> Option<bool> {
    let channels: Vec<f64> = match colour.strip_prefix('#') {
        Some(digits) if digits.len() % 3 == 0 && digits.is_ascii() => {
            let width = digits.len() / 3;
            (0..3).map_while(|index| channel(digits.get(index * width..(index + 1) * width)?)).collect()
        }
        Some(_) => return None,
        None => {
            let rest = colour.strip_prefix("rgb:").or_else(|| colour.strip_prefix("rgba:"))?;
            rest.split('/').take(3).map_while(channel).collect()
        }
    };
    let [red, green, blue] = channels.try_into().ok()?;
    // The weights of the eye, ITU-R BT.601.
    Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)
}

/// One to four hexadecimal digits as a share of their largest value.
fn channel(digits: &str) -> Option<f64> {
    let largest = match digits.len() {
        1..=4 => f64::from((1_u32 << (4 * digits.len())) - 1),
        _ => return None,
    };
    u16::from_str_radix(digits, 16).ok().map(|value| f64::from(value) / largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alt(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT)
    }

    fn plain(c: char) -> KeyEvent {
        let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        KeyEvent::new(KeyCode::Char(c), shift)
    }

    fn bell() -> KeyEvent {
        KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL)
    }

    fn answer(text: &str, end: &[KeyEvent]) -> Vec<KeyEvent> {
        std::iter::once(alt(']')).chain(text.chars().map(plain)).chain(end.iter().copied()).collect()
    }

    fn last(catcher: &mut Catcher, keys: Vec<KeyEvent>) -> Caught {
        let mut caught = Caught::Held;
        for key in keys {
            assert_eq!(caught, Caught::Held);
            caught = catcher.key(key, 20);
        }
        caught
    }

    #[test]
    fn the_answer_is_swallowed_with_every_terminator() {
        let esc = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        for end in [vec![bell()], vec![alt('\\')], vec![esc, plain('\\')]] {
            let mut catcher = Catcher::default();
            catcher.expect(0);
            let caught = last(&mut catcher, answer("11;rgb:FFFF/fefe/f000", &end));
            assert_eq!(caught, Caught::Answer { light: Some(true) });
            assert_eq!(catcher.key(plain('x'), 21), Caught::Pass(plain('x')));
            assert_eq!(catcher.key(alt(']'), 22), Caught::Pass(alt(']')), "one answer to one question");
        }
    }

    #[test]
    fn keys_of_a_person_come_back_in_order() {
        let mut catcher = Catcher::default();
        catcher.expect(0);
        assert_eq!(catcher.key(plain('h'), 1), Caught::Pass(plain('h')));
        assert_eq!(catcher.key(alt(']'), 2), Caught::Held);
        assert_eq!(catcher.key(plain('x'), 3), Caught::Release(vec![alt(']'), plain('x')]));
        assert_eq!(catcher.deadline(), None);
    }

    #[test]
    fn a_half_answer_is_given_back_after_its_time() {
        let mut catcher = Catcher::default();
        catcher.expect(0);
        for key in answer("11;rg", &[]) {
            assert_eq!(catcher.key(key, 10), Caught::Held);
        }
        assert_eq!(catcher.deadline(), Some(260));
        assert!(catcher.expire(259).is_empty());
        assert_eq!(catcher.expire(260).len(), 6);
        assert_eq!(catcher.expire(261).len(), 0);
    }

    #[test]
    fn nothing_is_caught_that_was_not_asked_for_or_comes_too_late() {
        let mut catcher = Catcher::default();
        assert_eq!(catcher.key(alt(']'), 0), Caught::Pass(alt(']')));
        catcher.expect(0);
        assert_eq!(catcher.key(alt(']'), WINDOW), Caught::Pass(alt(']')));
    }

    #[test]
    fn an_endless_answer_is_let_go() {
        let mut catcher = Catcher::default();
        catcher.expect(0);
        let released = answer("11;", &[]).into_iter().chain(std::iter::repeat_n(plain('f'), 100)).find_map(|key| {
            match catcher.key(key, 1) {
                Caught::Release(keys) => Some(keys.len()),
                _ => None,
            }
        });
        assert_eq!(released, Some(LONGEST + 2));
    }

    #[test]
    fn colours_are_read_in_all_their_forms() {
        assert_eq!(is_light("rgb:0000/0000/0000"), Some(false));
        assert_eq!(is_light("rgb:f/f/f"), Some(true));
        assert_eq!(is_light("rgb:1e/1e/2e"), Some(false));
        assert_eq!(is_light("rgba:ffff/ffff/ffff/8000"), Some(true));
        assert_eq!(is_light("#fdf6e3"), Some(true));
        assert_eq!(is_light("#000"), Some(false));
        for wrong in ["", "rgb:", "rgb:1/2", "rgb:zz/00/00", "#", "#12345", "white", "rgb:fffff/0/0"] {
            assert_eq!(is_light(wrong), None, "{wrong}");
        }
    }
}
