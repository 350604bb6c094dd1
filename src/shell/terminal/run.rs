//! The loop of the full screen: hear, update, draw; and the app's acts carried out.
//!
//! Everything that waits is drained before one frame is drawn. The screen never waits for the engine: what
//! cannot be sent at once queues. Keys go first, but a round takes one of them and a bounded number of
//! events, so that neither a fast hand nor a fast model starves the other.

use std::fs::File;
use std::io;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures::future::BoxFuture;
use ratatui::layout::{Rect, Size};

use super::draw::Screen;
use super::guard::{self, Guard};
use super::input::{Incoming, Input};
use super::keep::Keep;
use super::pace::{Pace, Urgency};
use super::wire::{Heard, Wire};
use super::{editor, escape, osc};
use crate::app::{self, Message, Model};
use crate::base::clock::SharedClock;
use crate::domain::{Act, EditPurpose, Event, Live, Notice, Request};
use crate::shell::signals::{News, Signals};
use crate::shell::{Exit, Invocation, Opening};

/// How many events one round takes.
const EVENTS: usize = 1_024;
/// How long the engine may take to finish after the screen was given back.
const FAREWELL: Duration = Duration::from_secs(2);

/// A text that is in the person's editor.
type Editing = BoxFuture<'static, (EditPurpose, io::Result<Option<String>>)>;

/// The screen before the engine exists: what the first frame needs.
#[derive(Debug)]
pub struct Stage {
    /// Heard from before the terminal is taken.
    signals: Signals,
    pub model: Model,
    pub guard: Guard,
    pub screen: Screen<File>,
    pub clock: SharedClock,
}

/// What happens before the person does anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    pub rehearse: bool,
    /// Put into the composer and sent, as if it had been typed.
    pub typed: Option<String>,
}

/// The running screen.
struct Show {
    stage: Stage,
    input: Input,
    wire: Wire,
    pace: Pace,
    keep: Keep,
    editing: Option<Editing>,
    /// The person looks at this window, as far as the terminal tells.
    focused: bool,
    title: Option<String>,
    /// When the app wants to hear that time went by, in milliseconds since 1970.
    tick_at: Option<u64>,
    stopping: bool,
    leaving: Option<Exit>,
}

impl Stage {
    /// Takes the terminal and draws the first frame. Must be called inside the runtime.
    pub fn open(model: Model, mouse: bool, clock: SharedClock) -> io::Result<Self> {
        let signals = Signals::listen()?;
        let guard = Guard::enter(mouse)?;
        let screen = Screen::new(guard::out()?, size()?);
        let mut stage = Self { signals, model, guard, screen, clock };
        stage.draw()?;
        Ok(stage)
    }

    fn draw(&mut self) -> io::Result<()> {
        let size = self.screen.size();
        app::settle(&mut self.model, size);
        let model = &self.model;
        let area = Rect::new(0, 0, size.width, size.height);
        self.screen.draw(|buffer| app::view(model, area, buffer))?;
        Ok(())
    }

    /// Takes the terminal back after somebody else had it.
    fn come_back(&mut self) -> io::Result<()> {
        self.guard.resume()?;
        self.screen.resize(size()?);
        Ok(())
    }
}

impl Start {
    /// What the command line asks for.
    pub fn of(invocation: &Invocation) -> Self {
        let browser = (invocation.opening == Opening::Resume(None)).then(|| "/resume".to_owned());
        Self { rehearse: invocation.rehearse, typed: browser.or_else(|| invocation.prompt.clone()) }
    }
}

/// Runs until the person, the system or the engine ends it. Must be called inside the runtime.
pub async fn run(stage: Stage, wire: Wire, keep: Keep, start: Start) -> Exit {
    let Ok(mut show) = Show::new(stage, wire, keep) else {
        return Exit::Failure;
    };
    show.begin(start);
    let exit = loop {
        match show.round().await {
            Ok(None) => {}
            Ok(Some(exit)) => break exit,
            // The terminal is gone; whatever was shown is in the log.
            Err(_) => break Exit::HangUp,
        }
    };
    let Show { stage, wire, input, .. } = show;
    // The person gets the terminal back before the engine has finished.
    drop(input);
    drop(stage);
    wire.close(FAREWELL).await;
    exit
}

impl Show {
    fn new(mut stage: Stage, wire: Wire, keep: Keep) -> io::Result<Self> {
        let mut input = Input::open(stage.clock.clone());
        // Asked after the first frame, and answered whenever the terminal likes.
        stage.screen.write(osc::QUERY)?;
        input.expect_background();
        let mut pace = Pace::default();
        pace.drawn(stage.clock.elapsed());
        Ok(Self {
            stage,
            input,
            wire,
            pace,
            keep,
            editing: None,
            focused: true,
            title: None,
            tick_at: None,
            stopping: false,
            leaving: None,
        })
    }

    fn begin(&mut self, start: Start) {
        if start.rehearse {
            self.send(Request::Rehearse);
        }
        if let Some(text) = start.typed {
            self.tell(Message::Paste(text), Urgency::Hand);
            self.tell(Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)), Urgency::Hand);
        }
    }

    /// Waits for something, takes in all that waits, and draws if it is time.
    async fn round(&mut self) -> io::Result<Option<Exit>> {
        let wait = self.wait();
        tokio::select! {
            biased;
            incoming = self.input.next() => match incoming {
                Some(incoming) => self.take(incoming?),
                None => self.leaving = Some(Exit::HangUp),
            },
            news = self.stage.signals.next() => self.signalled(news)?,
            edited = edited(&mut self.editing) => self.edited(edited)?,
            heard = self.wire.next() => self.heard(heard),
            () = sleep(wait) => {}
        }
        self.drain();
        self.tick();
        if std::mem::take(&mut self.stopping) {
            self.stop().await?;
        }
        if self.leaving.is_none() {
            self.draw()?;
        }
        Ok(self.leaving)
    }

    /// How long nothing needs to be done unless something comes in.
    fn wait(&mut self) -> Option<Duration> {
        let now = self.now();
        let tick = app::next_tick(&self.stage.model, now);
        self.tick_at = tick.map(|tick| now + tick);
        let tick = tick.map(Duration::from_millis);
        let frame = if self.editing.is_some() { None } else { self.pace.wait(self.stage.clock.elapsed()) };
        [frame, tick].into_iter().flatten().min()
    }

    fn drain(&mut self) {
        while let Some(incoming) = self.input.ready() {
            self.take(incoming);
        }
        for _ in 0..EVENTS {
            let Some(event) = self.wire.ready() else { break };
            self.heard(Heard::Event(event));
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let now = self.stage.clock.elapsed();
        if self.editing.is_none() && self.pace.wait(now) == Some(Duration::ZERO) {
            self.stage.draw()?;
            self.pace.drawn(now);
        }
        Ok(())
    }

    /// Gives a message to the app and carries out what it asks for.
    fn tell(&mut self, message: Message, urgency: Urgency) {
        let now = self.now();
        let acts = app::update(&mut self.stage.model, message, now);
        if app::take_dirty(&mut self.stage.model) {
            self.pace.stale(urgency);
        }
        for act in acts {
            self.act(act);
        }
    }

    fn take(&mut self, incoming: Incoming) {
        let message = match incoming {
            Incoming::Key(key) => Message::Key(key),
            Incoming::Paste(text) => Message::Paste(text),
            Incoming::Mouse(mouse) => Message::Mouse(mouse),
            Incoming::Resize(columns, rows) => {
                self.stage.screen.resize(Size::new(columns, rows));
                self.pace.stale(Urgency::Hand);
                Message::Resize(columns, rows)
            }
            Incoming::Focus(focused) => {
                self.focused = focused;
                Message::Focus(focused)
            }
            Incoming::Background { light } => Message::Background { light },
        };
        self.tell(message, Urgency::Hand);
    }

    fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Event(event) => {
                // Closed unasked: nothing can be done any more, and everything is on disk.
                let over = matches!(event, Event::Closed);
                self.tell(Message::Engine(event), Urgency::News);
                if over {
                    self.leaving = self.leaving.or(Some(Exit::Done));
                }
            }
            Heard::Linked => {}
            Heard::Refused(reason) => self.notice(Notice::error(reason)),
            Heard::Lost => {
                let cause = guard::last_panic().map(|text| format!(" ({text})")).unwrap_or_default();
                let notice =
                    Notice::error(format!("The engine stopped unexpectedly{cause}. Everything up to now is saved."));
                self.notice(notice.hint("Leave and start again with `latigo --continue`."));
            }
        }
    }

    fn notice(&mut self, notice: Notice) {
        self.tell(Message::Engine(Event::Live(Live::Notice(notice))), Urgency::News);
    }

    fn tick(&mut self) {
        if self.tick_at.is_some_and(|at| self.now() >= at) {
            self.tell(Message::Tick, Urgency::News);
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Send(request) => self.send(request),
            Act::Quit => self.leaving = Some(Exit::Done),
            Act::Elsewhere(session) => self.leaving = Some(Exit::Elsewhere(session)),
            Act::Suspend => self.stopping = true,
            Act::Redraw => {
                self.stage.screen.forget();
                self.pace.stale(Urgency::Hand);
            }
            Act::Copy(text) => match escape::copy(&text) {
                Ok(bytes) => self.write(&bytes),
                Err(reason) => self.notice(Notice::warning(reason)),
            },
            Act::Edit { purpose, text } => self.edit(purpose, text),
            Act::Remember(prompt) => self.keep.remember(prompt),
            Act::SaveTheme(name) => {
                if let Err(reason) = self.keep.save_theme(&name) {
                    self.notice(Notice::warning(reason));
                }
            }
            Act::Notify(text) if !self.focused => self.write(&escape::notify(&text)),
            Act::Notify(_) => {}
            Act::Title(text) => {
                self.write(&escape::title(&text));
                self.title = Some(text);
            }
        }
    }

    fn send(&mut self, request: Request) {
        if !self.wire.send(request) {
            let notice = Notice::error("The engine does not answer; this was not sent.");
            self.notice(notice.hint("Leave and start again with `latigo --continue`."));
        }
    }

    /// Writes beside the frames. A terminal that cannot be written is noticed at the next frame.
    fn write(&mut self, bytes: &[u8]) {
        if self.editing.is_none() {
            drop(self.stage.screen.write(bytes));
        }
    }

    fn signalled(&mut self, news: News) -> io::Result<()> {
        match news {
            // The editor has the terminal; its Ctrl+C and its stops are not ours.
            News::Leave(Exit::Interrupted) | News::Continued if self.editing.is_some() => {}
            News::Leave(exit) => self.leaving = Some(exit),
            News::Continued => self.back()?,
        }
        Ok(())
    }

    /// Hands the terminal to the shell until the program is continued.
    async fn stop(&mut self) -> io::Result<()> {
        self.stage.guard.suspend();
        self.stage.signals.stop().await?;
        self.back()
    }

    fn edit(&mut self, purpose: EditPurpose, text: String) {
        if self.editing.is_some() {
            return;
        }
        self.input.close();
        self.stage.guard.suspend();
        let program = editor::choose(|name| std::env::var_os(name));
        self.editing = Some(Box::pin(editor::run(program, purpose, text)));
    }

    fn edited(&mut self, (purpose, text): (EditPurpose, io::Result<Option<String>>)) -> io::Result<()> {
        self.editing = None;
        self.back()?;
        self.input.reopen();
        self.stage.signals.forget_interrupts();
        let text = text.unwrap_or_else(|error| {
            self.notice(Notice::error(format!("The editor did not run: {error}.")).hint("Set $VISUAL or $EDITOR."));
            None
        });
        self.tell(Message::Edited { purpose, text }, Urgency::Hand);
        Ok(())
    }

    fn back(&mut self) -> io::Result<()> {
        self.stage.come_back()?;
        if let Some(title) = &self.title {
            self.stage.screen.write(&escape::title(title))?;
        }
        self.pace.stale(Urgency::Hand);
        Ok(())
    }

    fn now(&self) -> u64 {
        self.stage.clock.wall_ms()
    }
}

async fn edited(editing: &mut Option<Editing>) -> (EditPurpose, io::Result<Option<String>>) {
    match editing {
        Some(editing) => editing.await,
        None => std::future::pending().await,
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) if wait.is_zero() => {}
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// The terminal's size; a terminal that does not tell gets the classic one.
fn size() -> io::Result<Size> {
    let (columns, rows) = crossterm::terminal::size()?;
    Ok(if columns == 0 || rows == 0 { Size::new(80, 24) } else { Size::new(columns, rows) })
}
