//! The HTTP clients of this process: built once, when first needed, because reading the system's
//! certificates takes longer than drawing the first frame.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, redirect};

use super::endpoint::Timeouts;

/// By "serves this machine only" and time for a connection to stand. Sessions use one or two of them.
static CLIENTS: Mutex<BTreeMap<(bool, Duration), Client>> = Mutex::new(BTreeMap::new());

/// Builds the client for the outside world now, so that the first request need not wait for it.
/// Takes some milliseconds; to be called off the path of the first frame.
pub fn warm() {
    // A failure is met again, and told, by the first request.
    shared(false, Timeouts::default().connect).ok();
}

/// The client for this address. Where the system's certificates must be read first, another thread does it.
pub(super) async fn for_url(url: &url::Url, connect: Duration) -> Result<Client, String> {
    let this_machine = is_this_machine(url);
    if this_machine || known(this_machine, connect).is_some() {
        return shared(this_machine, connect);
    }
    let built = tokio::task::spawn_blocking(move || shared(this_machine, connect)).await;
    built.unwrap_or_else(|error| Err(error.to_string()))
}

fn known(this_machine: bool, connect: Duration) -> Option<Client> {
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner).get(&(this_machine, connect)).cloned()
}

fn shared(this_machine: bool, connect: Duration) -> Result<Client, String> {
    if let Some(client) = known(this_machine, connect) {
        return Ok(client);
    }
    // Two threads may build one each; the first to finish stays. Nobody waits with the lock held.
    let client = if this_machine { machine(connect) } else { world(connect) }?;
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(clients.entry((this_machine, connect)).or_insert(client).clone())
}

/// A client that needs no certificates and must not go through a proxy serves this address.
pub(super) fn is_this_machine(url: &url::Url) -> bool {
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    here && url.scheme() == "http"
}

fn base(connect: Duration) -> ClientBuilder {
    // It fails when another provider was installed before, which serves as well.
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder()
        .user_agent(concat!("latigo/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect)
        // A redirect would carry the key to wherever it points.
        .redirect(redirect::Policy::none())
        // Compression may hold back words until a block is full.
        .no_gzip()
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(50))
}

fn machine(connect: Duration) -> Result<Client, String> {
    base(connect).no_proxy().tls_certs_only([]).build().map_err(|error| reason(&error))
}

fn world(connect: Duration) -> Result<Client, String> {
    base(connect).build().or_else(|_| {
        // Small systems come without certificates, and then not even plain HTTP would work.
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der).ok());
        base(connect).tls_certs_only(roots).build().map_err(|error| reason(&error))
    })
}

/// An error with its causes, without the address, which may hold a password.
pub(super) fn reason(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause.filter(|_| texts.len() < 8) {
        let text = error.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        cause = error.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn both_clients_can_be_built() {
        assert!(machine(Duration::from_secs(1)).is_ok());
        assert!(world(Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn this_machine_is_known() {
        let here = |text: &str| is_this_machine(&url::Url::parse(text).unwrap());
        assert!(here("http://127.0.0.1:8080/v1") && here("http://localhost/") && here("http://[::1]:1/"));
        assert!(!here("https://localhost/") && !here("http://localhost.example.com/") && !here("http://10.0.0.1/"));
    }
}
