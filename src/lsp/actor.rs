//! The life of one server: asleep until it is needed, started, listened to, started again, ended.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::child::{self, Child};
use super::client::{self, Listener};
use super::connection::Connection;
use super::host::{Inner, News};
use super::server::{Order, Server};
use crate::domain::LanguageState;

/// The first pause before a server is started again, which doubles.
const PAUSE: Duration = Duration::from_secs(1);
/// A run that held so long has earned all its starts again.
const HELD: Duration = Duration::from_secs(300);
/// How long a program that closed its output may take to end.
const ENDING: Duration = Duration::from_millis(500);

/// Why a run ended.
enum End {
    /// The session ends.
    Session,
    /// The person wants it off, or started anew.
    Ordered(Order),
    /// It ended by itself after it had greeted.
    Lost(String),
    /// It did not get so far.
    Failed(String),
}

/// Runs a server until the session ends.
pub(super) async fn run(server: Arc<Server>, mut orders: mpsc::Receiver<Order>, inner: Arc<Inner>) {
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            () = inner.stop.cancelled() => None,
        };
        let ended = match order {
            None => return,
            Some(Order::Stop) => Some(Order::Stop),
            Some(Order::Wake) if server.seen().state != LanguageState::Asleep => continue,
            Some(Order::Wake | Order::Start) => runs(&server, &mut orders, &inner).await,
        };
        match ended {
            Some(Order::Stop) => set(&server, &inner, LanguageState::Off { why: "you stopped it".to_owned() }),
            Some(_) => {}
            None => return,
        }
    }
}

/// Runs it again and again, within its bounds. Returns the order that ended this, or none at the end of the session.
async fn runs(server: &Arc<Server>, orders: &mut mpsc::Receiver<Order>, inner: &Arc<Inner>) -> Option<Order> {
    let mut left = server.config.restarts;
    loop {
        let since = Instant::now();
        let ended = attempt(server, orders, inner).await;
        if since.elapsed() > HELD {
            left = server.config.restarts;
        }
        let reason = match ended {
            End::Session => return None,
            End::Ordered(Order::Stop) => return Some(Order::Stop),
            End::Ordered(_) => {
                left = server.config.restarts;
                continue;
            }
            End::Lost(reason) if left > 0 => reason,
            End::Lost(reason) | End::Failed(reason) => {
                let text = format!("The language server {} does not work: {reason}.", server.config.name);
                set(server, inner, LanguageState::Failed { reason });
                inner.news.try_send(News::Remark(text)).ok();
                // From here on only the person starts it.
                return Some(Order::Wake);
            }
        };
        let pause = PAUSE * 2u32.saturating_pow(server.config.restarts.saturating_sub(left).min(6));
        left -= 1;
        server.seen().restarts += 1;
        set(server, inner, LanguageState::Retrying { reason, in_ms: pause.as_millis() as u64 });
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            order = next(orders) => match order? {
                Order::Stop => return Some(Order::Stop),
                _ => left = server.config.restarts,
            },
            () = inner.stop.cancelled() => return None,
        }
    }
}

/// The next order that means something to a server that is not asleep.
async fn next(orders: &mut mpsc::Receiver<Order>) -> Option<Order> {
    loop {
        match orders.recv().await? {
            Order::Wake => {}
            order => return Some(order),
        }
    }
}

fn set(server: &Arc<Server>, inner: &Arc<Inner>, state: LanguageState) {
    let mut seen = server.seen();
    if state != LanguageState::Ready {
        seen.connection = None;
        seen.busy.clear();
    }
    if !matches!(state, LanguageState::Ready | LanguageState::Starting) {
        seen.pid = None;
    }
    seen.state = state;
    drop(seen);
    inner.changed();
}

/// One run from its start to its end.
async fn attempt(server: &Arc<Server>, orders: &mut mpsc::Receiver<Order>, inner: &Arc<Inner>) -> End {
    set(server, inner, LanguageState::Starting);
    server.seen().problems.clear();
    let log = Arc::clone(server);
    let (child, pipes) = match child::start(&server.config, &server.root, &inner.env, move |line| log.note(&line)) {
        Ok(started) => started,
        Err(problem) => return End::Failed(problem),
    };
    server.seen().pid = Some(child.id());
    let (client, reading) = client::connect(pipes, Arc::clone(server) as Arc<dyn Listener>);
    let mut reading = Box::pin(reading);
    let greeting = Connection::greet(client, &server.config, &server.root);
    let greeted = tokio::select! {
        greeted = greeting => greeted.map_err(End::Failed),
        why = &mut reading => return End::Failed(explain(server, child, why).await),
        order = next(orders) => Err(order.map_or(End::Session, End::Ordered)),
        () = inner.stop.cancelled() => Err(End::Session),
    };
    let patience = Duration::from_millis(server.config.stop_ms);
    let connection = match greeted {
        Ok(connection) => Arc::new(connection),
        Err(end) => {
            child.end(patience).await;
            return end;
        }
    };
    {
        let mut seen = server.seen();
        seen.about.clone_from(&connection.about);
        seen.connection = Some(Arc::clone(&connection));
    }
    set(server, inner, LanguageState::Ready);
    let end = tokio::select! {
        why = &mut reading => {
            server.seen().connection = None;
            return End::Lost(explain(server, child, why).await);
        }
        order = next(orders) => order.map_or(End::Session, End::Ordered),
        () = inner.stop.cancelled() => End::Session,
    };
    server.seen().connection = None;
    say_goodbye(&connection, reading, patience).await;
    child.end(patience).await;
    end
}

/// `shutdown` and `exit`, if it still listens.
async fn say_goodbye(connection: &Connection, reading: Pin<Box<impl Future<Output = String>>>, patience: Duration) {
    let goodbye = async {
        if connection.client.request("shutdown", Value::Null, patience).await.is_ok() {
            connection.client.notify("exit", Value::Null).await.ok();
        }
    };
    tokio::select! {
        done = tokio::time::timeout(patience, goodbye) => drop(done),
        _ = reading => {}
    }
}

/// Why a program stopped talking: how it ended, or what it did, and what it said last.
async fn explain(server: &Arc<Server>, mut child: Child, why: String) -> String {
    let ended = tokio::time::timeout(ENDING, child.ended()).await;
    let why = match ended {
        Ok(Some(status)) if why == client::CLOSED => format!("it ended ({status})"),
        Ok(_) => why,
        Err(_) => {
            child.end(ENDING).await;
            why
        }
    };
    match server.last_words() {
        Some(words) => format!("{why}; it said last: {words}"),
        None => why,
    }
}
