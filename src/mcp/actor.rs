//! The life of one server: its turn, the greeting, the service, and trying again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::host::{Inner, News};
use super::link::{self, Caller, Heard, Link, Problem, Question};
use super::offer::{Offer, cut};
use super::pins::{Pins, Standing};
use super::server::{Order, Server};
use crate::domain::ServerState;

/// Tries of the first connection, and after a loss.
const FIRST_TRIES: u32 = 3;
const TRIES: u32 = 5;
/// The first pause, which doubles.
const PAUSE: Duration = Duration::from_secs(1);
/// A connection that held so long has earned all its tries again.
const HELD: Duration = Duration::from_secs(60);
/// What a server says that may wait.
const HEARD: usize = 256;
/// A storm of announced changes is answered once in so long.
const CALM: Duration = Duration::from_millis(300);
/// Bytes of a line that is kept.
const LINE: usize = 2_000;

/// Why a connection ended.
enum End {
    Stop,
    Off,
    Again,
    Lost,
}

/// Runs a server until the session ends.
pub(super) async fn run(server: Arc<Server>, mut orders: mpsc::Receiver<Order>, inner: Arc<Inner>) {
    look(&server, &inner).await;
    let mut tries = FIRST_TRIES;
    loop {
        if matches!(server.seen().state, ServerState::Off { .. }) {
            match idle(&mut orders, &inner).await {
                Some(Order::Reconnect) => tries = FIRST_TRIES,
                Some(Order::Off) => continue,
                None => return,
            }
        }
        let started = Instant::now();
        let ended = tokio::select! {
            ended = attempt(&server, &mut orders, &inner) => ended,
            () = inner.stop.cancelled() => return,
        };
        if started.elapsed() > HELD {
            tries = TRIES;
        }
        let problem = match ended {
            Ok(End::Stop) => return,
            Ok(End::Off) => {
                set(&server, &inner, ServerState::Off { why: "you switched it off".to_owned() });
                continue;
            }
            Ok(End::Again) => {
                tries = FIRST_TRIES;
                continue;
            }
            Ok(End::Lost) => Problem::Passing("the connection was lost".to_owned()),
            Err(problem) => problem,
        };
        tries = tries.saturating_sub(1);
        match after(problem, tries, &server, &mut orders, &inner).await {
            Some(left) => tries = left,
            None => return,
        }
    }
}

/// What follows from a failure: a pause, or waiting for the person. Returns the tries that are left.
async fn after(
    problem: Problem,
    tries: u32,
    server: &Arc<Server>,
    orders: &mut mpsc::Receiver<Order>,
    inner: &Arc<Inner>,
) -> Option<u32> {
    let pause = match problem {
        Problem::Passing(reason) if tries > 0 => {
            let pause = PAUSE * 2u32.pow(TRIES.saturating_sub(tries).min(TRIES) / 2);
            set(server, inner, ServerState::Retrying { reason, in_ms: pause.as_millis() as u64 });
            Some(pause)
        }
        Problem::Passing(reason) | Problem::Lasting(reason) => {
            let text = format!("The server {} is not connected: {reason}.", server.config.name);
            set(server, inner, ServerState::Failed { reason });
            inner.news.send(News::Remark(text)).await.ok();
            None
        }
        Problem::Login => {
            set(server, inner, ServerState::NeedsLogin);
            None
        }
    };
    let paused = async {
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = paused => Some(tries),
        order = orders.recv() => match order? {
            Order::Reconnect => Some(FIRST_TRIES),
            Order::Off => {
                set(server, inner, ServerState::Off { why: "you switched it off".to_owned() });
                Some(FIRST_TRIES)
            }
        },
        () = inner.stop.cancelled() => None,
    }
}

/// Takes up what an earlier run knew of the server.
async fn look(server: &Arc<Server>, inner: &Arc<Inner>) {
    let path = server.pins_file.clone();
    let pins = tokio::task::spawn_blocking(move || Pins::load(&path)).await.ok().flatten();
    let mut seen = server.seen();
    if let Some(pins) = &pins {
        seen.offer = Arc::new(Offer { tools: pins.tools.clone(), ..Offer::default() });
    }
    seen.pins = pins;
    server.count(&mut seen);
    seen.looked = true;
    drop(seen);
    inner.moved.notify_waiters();
}

async fn idle(orders: &mut mpsc::Receiver<Order>, inner: &Arc<Inner>) -> Option<Order> {
    tokio::select! {
        order = orders.recv() => order,
        () = inner.stop.cancelled() => None,
    }
}

fn set(server: &Arc<Server>, inner: &Arc<Inner>, state: ServerState) {
    let mut seen = server.seen();
    if !matches!(state, ServerState::Ready) {
        seen.caller = None;
    }
    seen.state = state;
    drop(seen);
    inner.moved.notify_waiters();
    // A full channel means that the engine will look anyway.
    inner.news.try_send(News::Changed).ok();
}

/// One connection from its start to its end.
async fn attempt(server: &Arc<Server>, orders: &mut mpsc::Receiver<Order>, inner: &Arc<Inner>) -> Result<End, Problem> {
    let (tell, mut heard) = mpsc::channel(HEARD);
    let limit = Duration::from_millis(inner.around.times.start_ms);
    let greeting = async {
        let gate = if server.is_local() { &inner.gates.0 } else { &inner.gates.1 };
        let _turn = gate.acquire().await;
        set(server, inner, ServerState::Connecting);
        let late = || Problem::Passing(format!("it did not answer within {} s", limit.as_secs()));
        let link = tokio::time::timeout(limit, link::connect(&server.config, &inner.around, tell)).await;
        let link = link.unwrap_or_else(|_| Err(late()))?;
        match link.caller().offer().await {
            Ok(offer) => Ok((link, offer)),
            Err(problem) => {
                link.close().await;
                Err(Problem::Passing(problem))
            }
        }
    };
    tokio::pin!(greeting);
    let (link, offer) = loop {
        tokio::select! {
            greeted = &mut greeting => break greeted?,
            Some(said) = heard.recv() => take(said, server, inner).await,
            order = orders.recv() => match order {
                Some(Order::Off) => return Ok(End::Off),
                Some(Order::Reconnect) => {}
                None => return Ok(End::Stop),
            },
        }
    };
    let caller = link.caller();
    learn(server, inner, offer).await;
    server.seen().caller = Some(caller.clone());
    set(server, inner, ServerState::Ready);
    serve(link, &caller, heard, (server, orders, inner)).await
}

/// Listens to a connected server.
async fn serve(
    mut link: Link,
    caller: &Caller,
    mut heard: mpsc::Receiver<Heard>,
    (server, orders, inner): (&Arc<Server>, &mut mpsc::Receiver<Order>, &Arc<Inner>),
) -> Result<End, Problem> {
    let mut ask_again: Option<Instant> = None;
    let end = loop {
        let calm = async {
            match ask_again {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            said = heard.recv() => match said {
                Some(Heard::Changed) => ask_again = ask_again.or(Some(Instant::now() + CALM)),
                Some(said) => take(said, server, inner).await,
                None => break End::Lost,
            },
            () = calm => {
                ask_again = None;
                match caller.offer().await {
                    Ok(offer) => learn(server, inner, offer).await,
                    Err(problem) => server.seen().note(format!("its lists changed and could not be read: {problem}")),
                }
            }
            () = link.over() => break End::Lost,
            order = orders.recv() => match order {
                Some(Order::Reconnect) => break End::Again,
                Some(Order::Off) => break End::Off,
                None => break End::Stop,
            },
            () = inner.stop.cancelled() => break End::Stop,
        }
    };
    // Whoever calls from here on waits for the next connection.
    set(server, inner, ServerState::Waiting);
    link.close().await;
    Ok(end)
}

async fn take(said: Heard, server: &Arc<Server>, inner: &Arc<Inner>) {
    match said {
        Heard::Log(line) => server.seen().note(cut(&line, LINE)),
        Heard::Changed => {}
        Heard::Question(Question { message, form, reply }) => {
            let server = server.config.name.clone();
            inner.news.send(News::Question { server, message, form, login: false, reply }).await.ok();
        }
    }
}

/// Takes in what a server offers now, and says what is different from before.
async fn learn(server: &Arc<Server>, inner: &Arc<Inner>, offer: Offer) {
    let offer = Arc::new(offer);
    let (first, news) = {
        let mut seen = server.seen();
        let before = std::mem::replace(&mut seen.offer, Arc::clone(&offer));
        let first = seen.pins.is_none();
        if first {
            seen.pins = Some(Pins::of(&server.config.name, &offer));
        }
        server.count(&mut seen);
        (first.then(|| seen.pins.clone()).flatten(), difference(server, &before, &offer, first, seen.pins.as_ref()))
    };
    if let Some(pins) = first {
        let path = server.pins_file.clone();
        let saved = tokio::task::spawn_blocking(move || pins.save(&path)).await;
        if let Ok(Err(problem)) = saved {
            server.seen().note(format!("what it offers could not be kept: {problem}"));
        }
    }
    inner.moved.notify_waiters();
    inner.news.send(News::Changed).await.ok();
    if let Some(news) = news {
        inner.news.send(news).await.ok();
    }
}

fn difference(server: &Server, before: &Offer, now: &Offer, first: bool, pins: Option<&Pins>) -> Option<News> {
    if first {
        return None;
    }
    let names = |offer: &Offer| offer.tools.iter().map(|tool| tool.name.clone()).collect::<Vec<_>>();
    let (had, has) = (names(before), names(now));
    let added: Vec<String> = has.iter().filter(|name| !had.contains(name)).cloned().collect();
    let removed: Vec<String> = had.iter().filter(|name| !has.contains(name)).cloned().collect();
    let is_changed = |tool: &&super::offer::ToolInfo| {
        let standing = pins.map(|pins| pins.standing(tool));
        let same = before.tools.iter().any(|known| known.name == tool.name && known.is_same(tool));
        matches!(standing, Some(Standing::Changed(_))) && !same
    };
    let changed: Vec<String> = now.tools.iter().filter(is_changed).map(|tool| tool.name.clone()).collect();
    let any = !(added.is_empty() && removed.is_empty() && changed.is_empty());
    any.then(|| News::Tools { server: server.config.name.clone(), added, removed, changed })
}
