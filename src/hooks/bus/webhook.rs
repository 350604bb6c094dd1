//! Events to an address of the person's: one POST each, tried a few times, in order.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use url::Url;

use super::Told;
use crate::base::net::{self, Reach};

/// Times that one event is sent.
const TRIES: u32 = 4;
/// Milliseconds before the second try; each further wait is twice as long.
const WAIT_MS: u64 = 200;
/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where events go.
#[derive(Clone)]
pub struct Webhook {
    pub url: String,
    /// Names of events; none for all.
    pub events: Vec<String>,
    /// Sent as `Authorization: Bearer …`.
    pub secret: Option<SecretString>,
    /// Addresses of private networks and of this machine may be told.
    pub allow_private: bool,
}

impl fmt::Debug for Webhook {
    /// The address may hold a key and is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("events", &self.events).finish_non_exhaustive()
    }
}

/// Whether another try may help.
enum Outcome {
    Told,
    Again(String),
    GivenUp(String),
}

/// Sends what comes until nothing more can come.
pub(super) async fn serve(webhook: Webhook, mut told: mpsc::Receiver<Arc<Told>>, lost: Arc<AtomicU64>) {
    while let Some(told) = told.recv().await {
        let missed = lost.swap(0, Ordering::Relaxed);
        let body = json!({
            "event": told.event,
            "session_id": told.session,
            "at": told.at,
            "data": told.data,
            "missed": missed,
        });
        if let Err(problem) = send(&webhook, body.to_string()).await {
            lost.fetch_add(missed + 1, Ordering::Relaxed);
            tracing::warn!(event = told.event, %problem, "a webhook was not told");
        }
    }
}

async fn send(webhook: &Webhook, body: String) -> Result<(), String> {
    let mut wait = WAIT_MS;
    for number in 1..=TRIES {
        let outcome = match timeout(PATIENCE, once(webhook, body.clone())).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Again("no answer came in time".to_owned()),
        };
        match outcome {
            Outcome::Told => return Ok(()),
            Outcome::GivenUp(problem) => return Err(problem),
            Outcome::Again(problem) if number == TRIES => return Err(problem),
            Outcome::Again(_) => sleep(Duration::from_millis(wait)).await,
        }
        wait *= 2;
    }
    Ok(())
}

async fn once(webhook: &Webhook, body: String) -> Outcome {
    let Ok(url) = Url::parse(&webhook.url) else { return Outcome::GivenUp("its address is none".to_owned()) };
    let reach = if webhook.allow_private { Reach::Anywhere } else { Reach::Public };
    let client = match net::client(&url, reach).await {
        Ok(client) => client,
        Err(problem) => return Outcome::GivenUp(problem),
    };
    let mut request = client.post(url).header(CONTENT_TYPE, "application/json").body(body);
    if let Some(secret) = &webhook.secret {
        let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", secret.expose_secret())) else {
            return Outcome::GivenUp("its secret has characters that no header may have".to_owned());
        };
        value.set_sensitive(true);
        request = request.header("authorization", value);
    }
    match request.send().await {
        Err(error) => {
            let problem = net::reason(&error);
            // What the guard refused it will refuse again.
            if problem.contains("not allowed here") { Outcome::GivenUp(problem) } else { Outcome::Again(problem) }
        }
        Ok(answer) if answer.status().is_success() => Outcome::Told,
        Ok(answer) => {
            let problem = format!("the server answered {}", answer.status().as_u16());
            let passing = answer.status().is_server_error() || matches!(answer.status().as_u16(), 408 | 425 | 429);
            if passing { Outcome::Again(problem) } else { Outcome::GivenUp(problem) }
        }
    }
}
