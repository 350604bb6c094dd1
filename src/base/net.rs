//! The way out: which addresses may be reached, checked as they are used.
//!
//! Whatever fetches what somebody else named goes this way: hooks, the event bus, WebFetch, tool servers.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, ClientBuilder, redirect};
use url::{Host, Url};

use super::hosts::is_loopback;
pub use super::hosts::is_private;

const CONNECT: Duration = Duration::from_secs(10);

static CLIENTS: Mutex<BTreeMap<Reach, Client>> = Mutex::new(BTreeMap::new());

/// How far a client may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    Anywhere,
    /// Hosts of the public network, and this machine.
    PublicOrHere,
    Public,
}

impl Reach {
    fn admits(self, ip: IpAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::PublicOrHere => is_loopback(ip) || !is_private(ip),
            Self::Public => !is_private(ip),
        }
    }
}

/// A client for this address, or why it may not be reached. An address in figures is checked here, a name when it
/// is looked up; redirects are not followed and no proxy stands between.
pub async fn client(url: &Url, reach: Reach) -> Result<Client, String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https addresses can be reached".to_owned());
    }
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(Host::Domain(_)) => None,
        None => return Err("the address names no host".to_owned()),
    };
    if let Some(ip) = ip.filter(|ip| !reach.admits(*ip)) {
        return Err(refusal(&ip.to_string()));
    }
    if let Some(client) = known(reach) {
        return Ok(client);
    }
    aside(move || build(reach)).await.unwrap_or_else(|| Err("the network cannot be used".to_owned()))
}

/// Runs what blocks on a thread of its own: this room has no runtime.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = futures::channel::oneshot::channel();
    let thread = std::thread::Builder::new().name("net".to_owned()).spawn(move || drop(tell.send(work())));
    thread.ok()?;
    told.await.ok()
}

/// An error with its causes and without the address, which may hold a password.
pub fn reason(error: &dyn std::error::Error) -> String {
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause.filter(|_| texts.len() < 6) {
        texts.push(error.to_string());
        cause = error.source();
    }
    if texts.is_empty() { "the connection failed".to_owned() } else { texts.join(": ") }
}

fn refusal(host: &str) -> String {
    format!("{host} is an address of a private network or of this machine, which is not allowed here")
}

fn known(reach: Reach) -> Option<Client> {
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner).get(&reach).cloned()
}

fn build(reach: Reach) -> Result<Client, String> {
    let client = finish(|| base(reach))?;
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(clients.entry(reach).or_insert(client).clone())
}

/// Makes a client, also on a system that has no certificates of its own.
pub fn finish(builder: impl Fn() -> ClientBuilder) -> Result<Client, String> {
    builder().build().or_else(|_| {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der).ok());
        builder().tls_certs_only(roots).build().map_err(|error| reason(&error))
    })
}

/// What all clients have in common; redirects are not followed.
pub fn base(reach: Reach) -> ClientBuilder {
    // It fails when another provider was installed before, which serves as well.
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder()
        .user_agent(concat!("latigo/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(Guard(reach)))
}

/// Looks a name up and lets only admitted addresses through, so that what was checked is what is used.
struct Guard(Reach);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let wanted = name.as_str().to_owned();
            let look = move || (wanted.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<SocketAddr>>);
            let found = aside(look).await.ok_or("the name cannot be looked up")??;
            let admitted: Vec<SocketAddr> = found.into_iter().filter(|address| reach.admits(address.ip())).collect();
            if admitted.is_empty() {
                return Err(refusal(name.as_str()).into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn an_address_in_figures_is_refused_before_anything_is_sent() {
        let client = |text: &str, reach| {
            let url = Url::parse(text).unwrap();
            async move { client(&url, reach).await }
        };
        for text in ["http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "file:///x"]
        {
            assert!(client(text, Reach::Public).await.is_err(), "{text}");
        }
        assert!(client("http://169.254.169.254/", Reach::PublicOrHere).await.is_err());
        assert!(client("http://127.0.0.1:1/", Reach::PublicOrHere).await.is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_when_it_is_looked_up() {
        let url = Url::parse("http://localhost:9/").unwrap();
        let client = client(&url, Reach::Public).await.unwrap();
        let error = client.get(url).send().await.unwrap_err();
        assert!(reason(&error).contains("private network"), "{}", reason(&error));
    }
}
