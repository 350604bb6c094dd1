//! The way to the network for confined commands: a proxy that looks at the host first.
//!
//! A confined command has a network of its own in which nothing but loopback is. Our helper opens a port there and hands
//! the listening socket out to us, so that no process of ours lives inside. Whoever speaks HTTP to that port is asked
//! for a host (`CONNECT`, or a request with a whole address); what is decided outside decides. Nothing is decrypted.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::base::hosts;

/// The port inside. The network is the command's own, so it is always free there.
pub const PORT: u16 = 3128;
/// Bytes of the head of a request.
const HEAD: usize = 16 << 10;
/// Header lines of a request.
const HEADERS: usize = 64;
/// Time for the head to arrive.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time for a connection to be made.
const CONNECT_TIME: Duration = Duration::from_secs(15);
/// Connections of one command at a time.
const CONNECTIONS: usize = 64;

/// What is said of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// It may be reached; `named` when a rule names it literally, so that it may be of an inner network too.
    Open { named: bool },
    /// It may not; why, in a sentence.
    Closed(String),
}

/// Decides about a host and port that somebody's command wants, the session's own when nobody is named. It may take as
/// long as a person thinks.
pub type Decide = Arc<dyn Fn(String, u16, Option<Arc<str>>) -> BoxFuture<'static, Pass> + Send + Sync>;

/// The proxy of a session.
#[derive(Clone)]
pub struct Proxy {
    decide: Decide,
    /// Whose commands go this way, in words.
    whose: Option<Arc<str>>,
    /// Where its tasks run.
    runtime: tokio::runtime::Handle,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proxy")
    }
}

impl Proxy {
    /// To be called within a tokio runtime.
    pub fn new(decide: Decide) -> Self {
        Self { decide, whose: None, runtime: tokio::runtime::Handle::current() }
    }

    /// The same for the commands of somebody else, who is named when a host is asked about.
    #[must_use]
    pub fn of(&self, whose: &str) -> Self {
        Self { whose: Some(whose.into()), ..self.clone() }
    }

    /// Takes the listener that comes through the door, hands in what the command is to read from, and serves the listener
    /// until what is returned is dropped.
    pub(super) fn adopt(&self, door: UnixStream, input: Option<OwnedFd>) -> DropGuard {
        let stop = CancellationToken::new();
        let (decide, ends) = ((Arc::clone(&self.decide), self.whose.clone()), stop.clone());
        let runtime = self.runtime.clone();
        self.runtime.spawn(async move {
            // The other end closes when the command ends without having sent anything.
            let received = runtime.spawn_blocking(move || {
                let listener = receive(&door)?.ok_or_else(|| io::Error::other("no socket came"))?;
                send(&door, input.as_ref())?;
                Ok::<_, io::Error>(std::net::TcpListener::from(listener))
            });
            let Ok(Ok(listener)) = received.await else { return };
            tokio::select! {
                () = ends.cancelled() => {}
                () = serve(listener, decide) => {}
            }
        });
        stop.drop_guard()
    }
}

/// Waits for what comes through the door; nothing when the other side closed it or sent nothing along.
pub(super) fn receive(door: impl AsFd) -> io::Result<Option<OwnedFd>> {
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut buffer = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0_u8; 1];
    rustix::net::recvmsg(door, &mut [io::IoSliceMut::new(&mut byte)], &mut buffer, RecvFlags::CMSG_CLOEXEC)?;
    Ok(buffer.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut rights) => rights.next(),
        _ => None,
    }))
}

/// Sends something through the door, or that there is nothing.
pub(super) fn send(door: impl AsFd, what: Option<&impl AsFd>) -> io::Result<()> {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut buffer = SendAncillaryBuffer::new(&mut space);
    let rights = what.map(|what| [what.as_fd()]);
    if let Some(rights) = &rights
        && !buffer.push(SendAncillaryMessage::ScmRights(rights))
    {
        return Err(io::Error::other("there is no room for a socket"));
    }
    // Whoever is gone needs nothing, and no signal is to come of it.
    rustix::net::sendmsg(door, &[io::IoSlice::new(b"x")], &mut buffer, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Who decides, and for whom.
type Asking = (Decide, Option<Arc<str>>);

/// Serves all connections of a listener.
async fn serve(listener: std::net::TcpListener, decide: Asking) {
    if listener.set_nonblocking(true).is_err() {
        return;
    }
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = tokio::task::JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((client, _)) = listener.accept().await else { return };
        let decide = decide.clone();
        open.spawn(async move {
            // A broken connection is the other side's business.
            drop(connection(client, &decide).await);
            drop(permit);
        });
        while open.try_join_next().is_some() {}
    }
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    host: String,
    port: u16,
    /// What has to be sent on first: nothing for a tunnel.
    first: Vec<u8>,
    tunnel: bool,
}

async fn connection(mut client: TcpStream, decide: &Asking) -> io::Result<()> {
    let mut head = Vec::new();
    let end = match timeout(HEAD_TIME, read_head(&mut client, &mut head)).await {
        Ok(Ok(end)) => end,
        Ok(Err(error)) => return refuse(&mut client, 400, &error.to_string()).await,
        Err(_) => return refuse(&mut client, 408, "the request did not arrive in time").await,
    };
    let wanted = match parse(&head, end) {
        Ok(wanted) => wanted,
        Err(problem) => return refuse(&mut client, 400, &problem).await,
    };
    let named = match decide.0(wanted.host.clone(), wanted.port, decide.1.clone()).await {
        Pass::Open { named } => named,
        Pass::Closed(why) => return refuse(&mut client, 403, &why).await,
    };
    let mut server = match timeout(CONNECT_TIME, reach(&wanted.host, wanted.port, named)).await {
        Ok(Ok(server)) => server,
        Ok(Err(error)) => return refuse(&mut client, 502, &error.to_string()).await,
        Err(_) => return refuse(&mut client, 504, "the host does not answer").await,
    };
    if wanted.tunnel {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    }
    server.write_all(&wanted.first).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// Reads until the head is whole; where it ends.
async fn read_head(client: &mut TcpStream, head: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        if let Some(at) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            return Ok(at + 4);
        }
        if head.len() >= HEAD {
            return Err(io::Error::other("the head of the request is too long"));
        }
        let mut piece = [0_u8; 2048];
        let read = client.read(&mut piece).await?;
        if read == 0 {
            return Err(io::Error::other("the request ended early"));
        }
        head.extend_from_slice(piece.get(..read).unwrap_or_default());
    }
}

fn parse(bytes: &[u8], end: usize) -> Result<Wanted, String> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let done = request.parse(bytes).map_err(|error| format!("this is no HTTP request: {error}"))?;
    if done.is_partial() {
        return Err("the head of the request is not whole".to_owned());
    }
    let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    let rest = bytes.get(end..).unwrap_or_default();
    if method == "CONNECT" {
        // Read by the one parser of addresses that all of the program uses.
        let url =
            url::Url::parse(&format!("http://{target}/")).map_err(|_| format!("`{target}` is no host and port"))?;
        let port = target.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| format!("`{target}` names no port"))?;
        let host = url.host_str().filter(|_| url.username().is_empty() && url.password().is_none());
        let host = host.ok_or_else(|| format!("`{target}` names no host"))?.to_owned();
        return Ok(Wanted { host, port, first: rest.to_vec(), tunnel: true });
    }
    let url = url::Url::parse(target).ok().filter(|url| url.scheme() == "http");
    let url = url.ok_or("only CONNECT and whole http addresses are served here")?;
    let host = url.host_str().ok_or("the address has no host")?.to_owned();
    let port = url.port_or_known_default().unwrap_or(80);
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut first = format!("{method} {}{query} HTTP/1.1\r\n", url.path()).into_bytes();
    let own = if url.port().is_some() { format!("{host}:{port}") } else { host.clone() };
    // The host is the one that was decided about, and the connection serves this one request.
    first.extend_from_slice(format!("Host: {own}\r\nConnection: close\r\n").as_bytes());
    for header in request.headers.iter() {
        let name = header.name.to_ascii_lowercase();
        if matches!(name.as_str(), "host" | "connection" | "keep-alive" | "upgrade") || name.starts_with("proxy-") {
            continue;
        }
        first.extend_from_slice(header.name.as_bytes());
        first.extend_from_slice(b": ");
        first.extend_from_slice(header.value);
        first.extend_from_slice(b"\r\n");
    }
    first.extend_from_slice(b"\r\n");
    first.extend_from_slice(rest);
    Ok(Wanted { host, port, first, tunnel: false })
}

/// Connects to the host. What a name leads to is looked up here, once, and checked as it is used.
async fn reach(host: &str, port: u16, named: bool) -> io::Result<TcpStream> {
    let plain = host.trim_matches(['[', ']']);
    let found: Vec<SocketAddr> = match plain.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => tokio::net::lookup_host((plain, port)).await?.collect(),
    };
    let mut last = io::Error::other(format!("{host} was not found"));
    for address in found {
        if !named && hosts::is_private(address.ip()) {
            let text = format!(
                "{host} leads to {}, which is not of the public network; only a rule that names {host} opens it",
                address.ip()
            );
            last = io::Error::other(text);
            continue;
        }
        match TcpStream::connect(address).await {
            Ok(server) => return Ok(server),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn refuse(client: &mut TcpStream, status: u16, why: &str) -> io::Result<()> {
    let reason = match status {
        403 => "Forbidden",
        408 => "Request Timeout",
        502 => "Bad Gateway",
        504 => "Gateway Timeout",
        _ => "Bad Request",
    };
    let body = format!("latigo sandbox: {why}\n");
    let text = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\nX-Latigo-Sandbox: {status}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    client.write_all(text.as_bytes()).await?;
    client.shutdown().await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    fn wanted(text: &str) -> Result<Wanted, String> {
        let end = text.find("\r\n\r\n").unwrap() + 4;
        parse(text.as_bytes(), end)
    }

    #[test]
    fn a_request_says_host_and_port_and_nothing_of_it_can_say_another() {
        let tunnel = wanted("CONNECT Example.com:443 HTTP/1.1\r\nHost: other:1\r\n\r\nTLS").unwrap();
        assert_eq!((tunnel.host.as_str(), tunnel.port, &tunnel.first[..]), ("example.com", 443, &b"TLS"[..]));
        let plain = wanted(
            "GET http://a.org:8080/x?y=1 HTTP/1.1\r\nHost: evil\r\nProxy-Authorization: key\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n",
        )
        .unwrap();
        assert_eq!((plain.host.as_str(), plain.port), ("a.org", 8080));
        let first = String::from_utf8(plain.first).unwrap();
        assert_eq!(first, "GET /x?y=1 HTTP/1.1\r\nHost: a.org:8080\r\nConnection: close\r\nAccept: */*\r\n\r\n");
        assert_eq!(wanted("CONNECT 0x7f.1:80 HTTP/1.1\r\n\r\n").unwrap().host, "127.0.0.1");
        for bad in [
            "GET /x HTTP/1.1",
            "CONNECT example.com HTTP/1.1",
            "GET ftp://x/ HTTP/1.1",
            "CONNECT a@b:1 HTTP/1.1",
            "nonsense",
        ] {
            assert!(wanted(&format!("{bad}\r\n\r\n")).is_err(), "{bad}");
        }
    }

    async fn talk(decide: Decide, request: String) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        send(&theirs, Some(&listener)).unwrap();
        drop(listener);
        let input = std::fs::File::open("/dev/null").unwrap();
        let _guard = Proxy::new(decide).adopt(ours, Some(input.into()));
        tokio::task::spawn_blocking(move || receive(&theirs).unwrap().expect("what is read from")).await.unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    }

    fn always(pass: Pass) -> Decide {
        Arc::new(move |_, _, _| {
            let pass = pass.clone();
            Box::pin(async move { pass })
        })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_open_is_reached_and_what_is_closed_is_told() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = server.accept().await {
                let mut heard = [0_u8; 512];
                let read = peer.read(&mut heard).await.unwrap();
                let line = String::from_utf8_lossy(&heard[..read]).lines().next().unwrap_or_default().to_owned();
                peer.write_all(format!("HTTP/1.1 200 OK\r\n\r\nserved {line}").as_bytes()).await.unwrap();
            }
        });
        let open = always(Pass::Open { named: true });
        let plain = talk(open.clone(), format!("GET http://127.0.0.1:{port}/a HTTP/1.1\r\n\r\n")).await;
        assert!(plain.ends_with("served GET /a HTTP/1.1"), "{plain}");
        let tunnel = talk(open, format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nPING\r\n")).await;
        assert!(tunnel.contains("200 Connection established") && tunnel.ends_with("served PING"), "{tunnel}");
        // Without a rule that names it, this machine is closed even to who may go anywhere.
        let inner =
            talk(always(Pass::Open { named: false }), format!("CONNECT localhost:{port} HTTP/1.1\r\n\r\n")).await;
        assert!(inner.starts_with("HTTP/1.1 502") && inner.contains("public network"), "{inner}");
        let closed = talk(always(Pass::Closed("no".into())), "CONNECT a.org:443 HTTP/1.1\r\n\r\n".into()).await;
        assert!(closed.starts_with("HTTP/1.1 403") && closed.ends_with("latigo sandbox: no\n"), "{closed}");
        let bad = talk(always(Pass::Closed("no".into())), "x\r\n\r\n".into()).await;
        assert!(bad.starts_with("HTTP/1.1 400"), "{bad}");
    }
}
