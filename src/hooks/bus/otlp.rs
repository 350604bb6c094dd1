//! Events to OpenTelemetry: OTLP over HTTP as JSON, logs and metrics. Without a word of the conversation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;

use super::metrics::Metrics;
use super::{Attribute, Told};
use crate::base::net::{self, Reach};

/// How long events are gathered before they are sent.
const GATHER: Duration = Duration::from_secs(5);
/// Events that are sent at once.
const AT_ONCE: usize = 128;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where telemetry goes.
#[derive(Clone)]
pub struct Telemetry {
    /// The base address: `/v1/logs` and `/v1/metrics` are added.
    pub endpoint: String,
    pub headers: Vec<(String, SecretString)>,
}

impl fmt::Debug for Telemetry {
    /// The headers may hold keys and are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}

/// Gathers and sends until nothing more can come.
pub(super) async fn serve(telemetry: Telemetry, mut told: mpsc::Receiver<Arc<Told>>, now: u64) {
    let mut metrics = Metrics::new(now);
    let mut waiting: Vec<Arc<Told>> = Vec::new();
    let mut due: Option<Instant> = None;
    loop {
        let heard = tokio::select! {
            heard = told.recv() => heard,
            () = at(due) => {
                due = None;
                flush(&telemetry, &mut waiting, &metrics).await;
                continue;
            }
        };
        let Some(event) = heard else { break };
        metrics.count(&event);
        waiting.push(event);
        due = due.or_else(|| Some(Instant::now() + GATHER));
        if waiting.len() >= AT_ONCE {
            due = None;
            flush(&telemetry, &mut waiting, &metrics).await;
        }
    }
    flush(&telemetry, &mut waiting, &metrics).await;
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn flush(telemetry: &Telemetry, waiting: &mut Vec<Arc<Told>>, metrics: &Metrics) {
    let Some(last) = waiting.last().map(|told| told.at) else { return };
    let records: Vec<Value> = waiting.drain(..).map(|told| log_record(&told)).collect();
    let logs = json!({ "resourceLogs": [{
        "resource": resource(),
        "scopeLogs": [{ "scope": scope(), "logRecords": records }],
    }]});
    let sums = json!({ "resourceMetrics": [{
        "resource": resource(),
        "scopeMetrics": [{ "scope": scope(), "metrics": metrics.json(last) }],
    }]});
    for (path, body) in [("/v1/logs", logs), ("/v1/metrics", sums)] {
        let sent = timeout(PATIENCE, post(telemetry, path, body.to_string())).await;
        if let Err(problem) = sent.unwrap_or_else(|_| Err("no answer came in time".to_owned())) {
            tracing::warn!(path, %problem, "telemetry was not sent");
        }
    }
}

async fn post(telemetry: &Telemetry, path: &str, body: String) -> Result<(), String> {
    let address = format!("{}{path}", telemetry.endpoint.trim_end_matches('/'));
    let url = Url::parse(&address).map_err(|_| "its address is none".to_owned())?;
    // The person set the address in his own environment; collectors are usually on this machine.
    let client = net::client(&url, Reach::Anywhere).await?;
    let mut request = client.post(url).header(CONTENT_TYPE, "application/json").body(body);
    for (name, value) in &telemetry.headers {
        let wrong = |_| format!("the header `{name}` cannot be sent");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no name of a header"))?;
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(wrong)?;
        value.set_sensitive(true);
        request = request.header(key, value);
    }
    let answer = request.send().await.map_err(|error| net::reason(&error))?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("the server answered {}", answer.status().as_u16())) }
}

fn log_record(told: &Told) -> Value {
    let mut attributes = vec![
        attribute("event.name", &Attribute::Text(told.event.to_owned())),
        attribute("session.id", &Attribute::Text(told.session.clone())),
    ];
    attributes.extend(told.facts.iter().map(|(key, value)| attribute(key, value)));
    let failed = matches!(told.event, "StopFailure" | "PostToolUseFailure");
    json!({
        "timeUnixNano": nanos(told.at),
        "severityNumber": if failed { 13 } else { 9 },
        "severityText": if failed { "WARN" } else { "INFO" },
        "body": { "stringValue": format!("latigo.{}", told.event) },
        "attributes": attributes,
    })
}

/// A key and its value as OTLP writes them.
pub(super) fn attribute(key: &str, value: &Attribute) -> Value {
    let value = match value {
        Attribute::Text(text) => json!({ "stringValue": text }),
        // 64-bit numbers travel as texts.
        Attribute::Number(number) => json!({ "intValue": number.to_string() }),
        Attribute::Amount(amount) => json!({ "doubleValue": amount }),
        Attribute::Flag(flag) => json!({ "boolValue": flag }),
    };
    json!({ "key": key, "value": value })
}

/// Milliseconds as nanoseconds, written as a text.
pub(super) fn nanos(ms: u64) -> String {
    (u128::from(ms) * 1_000_000).to_string()
}

fn resource() -> Value {
    let text = |text: &str| Attribute::Text(text.to_owned());
    json!({ "attributes": [
        attribute("service.name", &text("latigo")),
        attribute("service.version", &text(env!("CARGO_PKG_VERSION"))),
    ]})
}

fn scope() -> Value {
    json!({ "name": "latigo", "version": env!("CARGO_PKG_VERSION") })
}
