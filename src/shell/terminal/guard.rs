//! The terminal, taken and given back: raw mode, alternate screen, paste, mouse, focus, keyboard, title.
//!
//! Everything is undone in reverse order when the guard is dropped, when the thread that holds it panics,
//! and before the program stops or hands the terminal to an editor. A panic of another thread leaves the
//! screen alone, because the program lives on; its message is kept for the end ([`last_panic`]).

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

/// Presses, releases, drags and the wheel, in the SGR form. Motion without a button is not asked for: it
/// would wake the program at every move of the mouse.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// The terminal keeps its title on a stack (xterm's window operations 22 and 23).
const TITLE_SAVE: &[u8] = b"\x1b[22;0t";
const TITLE_BACK: &[u8] = b"\x1b[23;0t";

/// The terminal is ours.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The thread whose panic ends the program.
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);
/// What another thread said last when it panicked.
static PANIC: Mutex<Option<String>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Holds the terminal.
#[must_use]
#[derive(Debug)]
pub struct Guard {
    mouse: bool,
}

impl Guard {
    /// Takes the terminal. The calling thread is the one whose panic gives it back.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| on_panic(info, &before)));
        });
        *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        let guard = Self { mouse };
        guard.take()?;
        Ok(guard)
    }

    /// Gives the terminal back for a while, for an editor or a stop.
    pub fn suspend(&self) {
        give_back();
    }

    /// Takes it again, also when somebody else has changed it meanwhile. Everything must be drawn anew.
    pub fn resume(&self) -> io::Result<()> {
        drop(disable_raw_mode());
        self.take()
    }

    fn take(&self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        out()?.write_all(&opening(self.mouse)?)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// A writer of our own to standard output, past the library's line buffer.
pub fn out() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// What a thread other than the screen's said when it panicked.
pub fn last_panic() -> Option<String> {
    PANIC.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Nothing can be done about a terminal that is gone.
        drop(out().and_then(|mut out| out.write_all(&closing()?)));
        drop(disable_raw_mode());
    }
}

fn opening(mouse: bool) -> io::Result<Vec<u8>> {
    let mut bytes = TITLE_SAVE.to_vec();
    queue!(bytes, EnterAlternateScreen, EnableBracketedPaste)?;
    if mouse {
        bytes.extend_from_slice(MOUSE_ON);
    }
    // Terminals that do not know the keyboard protocol ignore it; asking first would cost a round trip.
    let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;
    queue!(bytes, EnableFocusChange, PushKeyboardEnhancementFlags(flags))?;
    Ok(bytes)
}

fn closing() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A frame may be open when a panic comes.
    queue!(bytes, EndSynchronizedUpdate, ResetColor, PopKeyboardEnhancementFlags, DisableFocusChange)?;
    bytes.extend_from_slice(MOUSE_OFF);
    queue!(bytes, DisableBracketedPaste, Show, LeaveAlternateScreen)?;
    bytes.extend_from_slice(TITLE_BACK);
    Ok(bytes)
}

fn on_panic(info: &PanicHookInfo<'_>, before: &(dyn Fn(&PanicHookInfo<'_>) + Send + Sync)) {
    let owner = *OWNER.lock().unwrap_or_else(PoisonError::into_inner);
    if owner.is_some_and(|owner| owner != thread::current().id()) && TAKEN.load(Ordering::SeqCst) {
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.to_string());
        return;
    }
    give_back();
    before(info);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn seen(bytes: &[&[u8]]) -> vt100::Parser {
        let mut parser = vt100::Parser::new(4.try_into().unwrap(), 20.try_into().unwrap(), 0);
        for bytes in bytes {
            parser.process(bytes);
        }
        parser
    }

    #[test]
    fn what_is_switched_on_is_switched_off_again() {
        let open = seen(&[&opening(true).unwrap()]);
        assert!(open.screen().alternate_screen() && open.screen().bracketed_paste());
        assert_ne!(open.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        let closed = seen(&[&opening(true).unwrap(), b"\x1b[?25l", &closing().unwrap()]);
        assert!(!closed.screen().alternate_screen() && !closed.screen().bracketed_paste());
        assert!(!closed.screen().hide_cursor());
        assert_eq!(closed.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }

    #[test]
    fn the_order_is_reversed() {
        let open = String::from_utf8(opening(true).unwrap()).unwrap();
        let close = String::from_utf8(closing().unwrap()).unwrap();
        // Private modes and the stacks, in the order of their first mention.
        let pairs = [("\x1b[22;0t", "\x1b[23;0t"), ("?1049h", "?1049l"), ("?2004h", "?2004l"), ("?1000h", "?1000l")];
        let more = [("?1004h", "?1004l"), ("\x1b[>1u", "\x1b[<1u")];
        let all: Vec<_> = pairs.into_iter().chain(more).collect();
        let ups: Vec<usize> = all.iter().map(|(on, _)| open.find(on).unwrap()).collect();
        let downs: Vec<usize> = all.iter().map(|(_, off)| close.find(off).unwrap()).collect();
        assert!(ups.is_sorted(), "{ups:?}");
        assert!(downs.iter().rev().is_sorted(), "{downs:?}");
    }

    #[test]
    fn without_the_mouse_the_terminal_keeps_it() {
        let open = seen(&[&opening(false).unwrap()]);
        assert_eq!(open.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }
}
