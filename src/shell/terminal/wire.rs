//! The screen's end of the link: requests leave without ever waiting, events come as they are.
//!
//! The engine starts while the first frame is on the screen already; until it is there, requests queue up.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::domain::{Event, Request};
use crate::shell::Link;

/// Requests that wait at most. A person cannot fill it while an engine lives.
const WAITING: usize = 4_096;

/// What was heard.
#[derive(Debug)]
pub enum Heard {
    Event(Event),
    /// The engine is there now.
    Linked,
    /// It could not start, for this reason.
    Refused(String),
    /// It is gone without having said so.
    Lost,
}

/// The link, from before it exists until after it is gone.
#[derive(Debug)]
pub struct Wire {
    state: State,
    waiting: VecDeque<Request>,
}

#[derive(Debug)]
enum State {
    Starting(oneshot::Receiver<Result<Link, String>>),
    Linked(Link),
    Gone,
}

impl Wire {
    /// A wire to an engine that is being started.
    pub fn new(starting: oneshot::Receiver<Result<Link, String>>) -> Self {
        Self { state: State::Starting(starting), waiting: VecDeque::new() }
    }

    /// Sends, now or later, in order. False when the request cannot be kept any more.
    pub fn send(&mut self, request: Request) -> bool {
        if self.waiting.len() >= WAITING || matches!(self.state, State::Gone) {
            return false;
        }
        self.waiting.push_back(request);
        self.flush();
        true
    }

    /// The next thing; waits for ever when the engine is gone. Cancelling loses nothing.
    pub async fn next(&mut self) -> Heard {
        match &mut self.state {
            State::Starting(starting) => match starting.await {
                Ok(Ok(link)) => {
                    self.state = State::Linked(link);
                    self.flush();
                    Heard::Linked
                }
                Ok(Err(reason)) => {
                    self.state = State::Gone;
                    Heard::Refused(reason)
                }
                Err(_) => self.lost(),
            },
            State::Linked(link) => match listen(link, &mut self.waiting).await {
                Some(event) => Heard::Event(event),
                None => self.lost(),
            },
            State::Gone => std::future::pending().await,
        }
    }

    /// What is there already, without waiting.
    pub fn ready(&mut self) -> Option<Event> {
        match &mut self.state {
            State::Linked(link) => link.events.try_recv().ok(),
            State::Starting(_) | State::Gone => None,
        }
    }

    /// Asks the engine to finish and waits until it is closed, or has said nothing for so long.
    pub async fn close(mut self, patience: Duration) {
        self.send(Request::Shutdown);
        while !matches!(self.state, State::Gone) {
            match tokio::time::timeout(patience, self.next()).await {
                Err(_) | Ok(Heard::Event(Event::Closed)) => return,
                Ok(_) => {}
            }
        }
    }

    fn lost(&mut self) -> Heard {
        self.state = State::Gone;
        Heard::Lost
    }

    fn flush(&mut self) {
        let State::Linked(link) = &self.state else { return };
        while let Some(front) = self.waiting.front() {
            if link.requests.try_send(front.clone()).is_err() {
                return;
            }
            self.waiting.pop_front();
        }
    }
}

/// The next event; meanwhile what waits is sent. None when the engine is gone.
async fn listen(link: &mut Link, waiting: &mut VecDeque<Request>) -> Option<Event> {
    while let Some(front) = waiting.front() {
        tokio::select! {
            event = link.events.recv() => return event,
            permit = link.requests.reserve() => {
                permit.ok()?.send(front.clone());
                waiting.pop_front();
            }
        }
    }
    link.events.recv().await
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    fn shell(n: usize) -> Request {
        Request::Shell(n.to_string())
    }

    #[tokio::test]
    async fn what_was_asked_before_the_start_arrives_in_order_and_nothing_waits() {
        let (start, starting) = oneshot::channel();
        let mut wire = Wire::new(starting);
        assert!((0..5).all(|n| wire.send(shell(n))));
        let (requests, mut heard) = mpsc::channel(2);
        let (tell, events) = mpsc::channel(2);
        start.send(Ok(Link { requests, events })).unwrap();
        assert!(matches!(wire.next().await, Heard::Linked));
        assert!(wire.send(shell(5)));
        let reader = tokio::spawn(async move {
            let mut seen = Vec::new();
            while seen.len() < 6 {
                seen.push(heard.recv().await.unwrap());
            }
            tell.send(Event::Closed).await.unwrap();
            seen
        });
        assert!(matches!(wire.next().await, Heard::Event(Event::Closed)));
        assert_eq!(reader.await.unwrap(), (0..6).map(shell).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn an_engine_that_cannot_start_or_dies_is_told_once() {
        let (start, starting) = oneshot::channel();
        let mut wire = Wire::new(starting);
        start.send(Err("no home".to_owned())).unwrap();
        assert!(matches!(wire.next().await, Heard::Refused(reason) if reason == "no home"));
        assert!(!wire.send(shell(1)));
        let (start, starting) = oneshot::channel();
        let mut wire = Wire::new(starting);
        let (requests, _heard) = mpsc::channel(1);
        let (tell, events) = mpsc::channel(1);
        start.send(Ok(Link { requests, events })).unwrap();
        assert!(matches!(wire.next().await, Heard::Linked));
        drop(tell);
        assert!(matches!(wire.next().await, Heard::Lost));
        wire.close(Duration::from_secs(3)).await;
    }

    #[tokio::test]
    async fn the_queue_has_an_end() {
        let (_start, starting) = oneshot::channel();
        let mut wire = Wire::new(starting);
        assert!((0..WAITING).all(|n| wire.send(shell(n))));
        assert!(!wire.send(shell(WAITING)));
    }
}
