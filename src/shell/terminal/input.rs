//! What comes in from the terminal: keys, pastes, mouse, sizes, focus, and its background colour.
//!
//! The stream can be let go and taken up again, because an editor wants the keys for itself.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEvent, KeyEventKind, MouseEvent, MouseEventKind};
use futures::StreamExt;

use super::osc::{Catcher, Caught};
use crate::base::clock::SharedClock;

/// One thing that came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    /// Columns and rows.
    Resize(u16, u16),
    Focus(bool),
    /// The terminal said what its background is.
    Background {
        light: bool,
    },
}

/// The input of the terminal.
#[derive(Debug)]
pub struct Input {
    stream: Option<EventStream>,
    sifter: Sifter,
    clock: SharedClock,
}

/// Turns the library's events into ours. Apart from the stream, so that it can be tested.
#[derive(Debug, Default)]
struct Sifter {
    catcher: Catcher,
    ready: VecDeque<Incoming>,
}

impl Input {
    /// Opens the input. Needs a runtime to wait in, but none to be made.
    pub fn open(clock: SharedClock) -> Self {
        Self { stream: Some(EventStream::new()), sifter: Sifter::default(), clock }
    }

    /// The background colour was asked for just now.
    pub fn expect_background(&mut self) {
        let now = self.now();
        self.sifter.catcher.expect(now);
    }

    /// Leaves the keys to somebody else.
    pub fn close(&mut self) {
        self.stream = None;
    }

    /// Reads again.
    pub fn reopen(&mut self) {
        self.stream = Some(EventStream::new());
    }

    /// The next thing; none when the terminal is gone. Cancelling loses nothing. While closed it waits for ever.
    pub async fn next(&mut self) -> Option<io::Result<Incoming>> {
        loop {
            if let Some(incoming) = self.sifter.ready.pop_front() {
                return Some(Ok(incoming));
            }
            let now = self.now();
            let rest = self.sifter.catcher.deadline().map(|until| Duration::from_millis(until.saturating_sub(now)));
            let Some(stream) = &mut self.stream else {
                return std::future::pending().await;
            };
            let event = tokio::select! {
                event = stream.next() => Some(event?),
                () = sleep(rest) => None,
            };
            let now = self.now();
            match event {
                Some(Ok(event)) => self.sifter.sift(event, now),
                Some(Err(error)) => return Some(Err(error)),
                None => self.sifter.expire(now),
            }
        }
    }

    /// What was taken in already. The stream itself is not asked: it remembers only the first waker that
    /// asked it, so a look without waiting would make the next real wait deaf.
    pub fn ready(&mut self) -> Option<Incoming> {
        self.sifter.ready.pop_front()
    }

    fn now(&self) -> u64 {
        self.clock.elapsed().as_millis() as u64
    }
}

async fn sleep(rest: Option<Duration>) {
    match rest {
        Some(rest) => tokio::time::sleep(rest).await,
        None => std::future::pending().await,
    }
}

impl Sifter {
    fn sift(&mut self, event: Event, now: u64) {
        let incoming = match event {
            Event::Key(key) if key.kind == KeyEventKind::Release => return,
            Event::Key(key) => return self.key(key, now),
            Event::Mouse(mouse) if mouse.kind == MouseEventKind::Moved => return,
            Event::Mouse(mouse) => Incoming::Mouse(mouse),
            Event::Paste(text) => Incoming::Paste(text),
            Event::Resize(columns, rows) => Incoming::Resize(columns, rows),
            Event::FocusGained => Incoming::Focus(true),
            Event::FocusLost => Incoming::Focus(false),
        };
        self.ready.push_back(incoming);
    }

    fn key(&mut self, key: KeyEvent, now: u64) {
        match self.catcher.key(key, now) {
            Caught::Pass(key) => self.ready.push_back(Incoming::Key(key)),
            Caught::Held | Caught::Answer { light: None } => {}
            Caught::Answer { light: Some(light) } => self.ready.push_back(Incoming::Background { light }),
            Caught::Release(keys) => self.ready.extend(keys.into_iter().map(Incoming::Key)),
        }
    }

    fn expire(&mut self, now: u64) {
        let keys = self.catcher.expire(now);
        self.ready.extend(keys.into_iter().map(Incoming::Key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn releases_and_motion_are_ignored_and_the_rest_keeps_its_order() {
        let mut sifter = Sifter::default();
        let press = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
        let release = KeyEvent { kind: KeyEventKind::Release, ..press };
        let repeat = KeyEvent { kind: KeyEventKind::Repeat, ..press };
        for event in [
            Event::Key(press),
            Event::Key(release),
            Event::Key(repeat),
            Event::Paste("x\ny".to_owned()),
            Event::Resize(80, 24),
            Event::FocusLost,
        ] {
            sifter.sift(event, 0);
        }
        let expected = [
            Incoming::Key(press),
            Incoming::Key(repeat),
            Incoming::Paste("x\ny".to_owned()),
            Incoming::Resize(80, 24),
            Incoming::Focus(false),
        ];
        assert_eq!(Vec::from(sifter.ready), expected);
    }

    #[test]
    fn the_background_is_told_and_its_keys_are_not() {
        let mut sifter = Sifter::default();
        sifter.catcher.expect(0);
        sifter.sift(key(KeyCode::Char('h'), KeyModifiers::NONE), 1);
        sifter.sift(key(KeyCode::Char(']'), KeyModifiers::ALT), 2);
        for c in "11;rgb:0000/0000/0000".chars() {
            sifter.sift(key(KeyCode::Char(c), KeyModifiers::NONE), 2);
        }
        sifter.sift(key(KeyCode::Char('g'), KeyModifiers::CONTROL), 2);
        sifter.sift(key(KeyCode::Char('i'), KeyModifiers::NONE), 3);
        let plain = |c| Incoming::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        assert_eq!(Vec::from(sifter.ready), [plain('h'), Incoming::Background { light: false }, plain('i')]);
    }
}
