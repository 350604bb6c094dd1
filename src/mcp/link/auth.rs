//! Logins by OAuth 2.1: discovery, registration and PKCE by the SDK; the way back by a listener of our own on this
//! machine; tokens in a file for the owner alone, one a server's address.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use rmcp::transport::auth::{
    AuthClient, AuthError, AuthorizationManager, AuthorizationRequest, AuthorizationSession, CredentialStore,
    StoredCredentials,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Around;
use crate::base::{atomic, read};
use crate::domain::Hash;
use crate::mcp::config::Reach;
use crate::mcp::pins::make_private;

/// Bytes of a file of tokens.
const LIMIT: u64 = 256 * 1024;
/// How long the person may take, and one request to our listener.
const PATIENCE: Duration = Duration::from_secs(300);
const REQUEST: Duration = Duration::from_secs(5);
/// Bytes of a request to our listener.
const HEAD: usize = 16 * 1024;
/// How long discovery may take.
const DISCOVERY: Duration = Duration::from_secs(20);

/// Tokens of one server on the disk.
#[derive(Clone, Debug)]
struct Tokens(PathBuf);

/// Where the tokens of an address stand.
fn file(folder: &Path, reach: &Reach) -> PathBuf {
    folder.join("logins").join(format!("{}.json", Hash::of(reach.url.as_bytes())))
}

/// A client that shows its tokens and renews them; none while nobody has logged in.
pub(super) async fn client(
    reach: &Reach,
    around: &Around,
    client: reqwest::Client,
) -> Option<AuthClient<reqwest::Client>> {
    let path = file(&around.folder, reach);
    if !path.exists() {
        return None;
    }
    let open = async {
        let mut manager = AuthorizationManager::new(reach.url.as_str()).await.ok()?;
        manager.set_credential_store(Tokens(path));
        manager.initialize_from_store().await.ok()?.then_some(manager)
    };
    let manager = tokio::time::timeout(DISCOVERY, open).await.ok()??;
    Some(AuthClient::new(client, manager))
}

/// Forgets the tokens of an address. Says whether there were any.
pub fn forget(folder: &Path, reach: &Reach) -> bool {
    fs::remove_file(file(folder, reach)).is_ok()
}

/// A login that waits for the person.
pub struct Login {
    session: AuthorizationSession,
    listener: TcpListener,
}

/// Begins a login.
pub async fn begin(reach: &Reach, around: &Around) -> Result<Login, String> {
    let port = reach.oauth.callback_port.unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener.map_err(|error| format!("nothing can listen on port {port} of this machine: {error}"))?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let path = file(&around.folder, reach);
    path.parent().map_or(Ok(()), make_private)?;
    let start = async {
        let mut manager = AuthorizationManager::new(reach.url.as_str()).await.map_err(|error| error.to_string())?;
        manager.set_credential_store(Tokens(path));
        let found = manager.resolve_metadata().await.map_err(|error| error.to_string())?;
        manager.set_metadata(found.metadata);
        let mut request =
            AuthorizationRequest::new(format!("http://localhost:{port}/callback")).with_client_name("Latigo");
        if !reach.oauth.scopes.is_empty() {
            request = request.with_scopes(reach.oauth.scopes.clone());
        }
        if let Some(id) = &reach.oauth.client_id {
            request = request.with_preregistered_client(id.clone());
        }
        AuthorizationSession::new(manager, request).await.map_err(|(_, error)| error.to_string())
    };
    let session = tokio::time::timeout(DISCOVERY, start).await;
    let session = session.map_err(|_| "its login could not be found out in time".to_owned())??;
    Ok(Login { session, listener })
}

impl Login {
    /// What the person has to open.
    pub fn address(&self) -> String {
        self.session.get_authorization_url().to_owned()
    }

    /// Waits for the way back and gets the tokens.
    pub async fn finish(mut self) -> Result<(), String> {
        let finished = tokio::time::timeout(PATIENCE, self.wait()).await;
        finished.map_err(|_| "nobody logged in within 5 minutes".to_owned())?
    }

    async fn wait(&mut self) -> Result<(), String> {
        loop {
            let (mut stream, _) = self.listener.accept().await.map_err(|error| error.to_string())?;
            let Ok(Some(path)) = tokio::time::timeout(REQUEST, asked(&mut stream)).await else { continue };
            if !path.starts_with("/callback?") {
                answer(&mut stream, "404 Not Found", "There is nothing here.").await;
                continue;
            }
            // The SDK holds the state against the one that it made, so nobody else's way back counts.
            let done = self.session.handle_callback_url(&format!("http://localhost{path}")).await;
            match done {
                Ok(_) => {
                    answer(&mut stream, "200 OK", "You are logged in. You can close this page.").await;
                    return Ok(());
                }
                Err(error) => {
                    answer(&mut stream, "400 Bad Request", "The login failed. Latigo says why.").await;
                    return Err(error.to_string());
                }
            }
        }
    }
}

/// The path of a request, from its first line.
async fn asked(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 1024];
    while !bytes.windows(2).any(|pair| pair == b"\r\n") && bytes.len() < HEAD {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(chunk.get(..count)?);
    }
    let line = String::from_utf8_lossy(&bytes);
    line.strip_prefix("GET ")?.split_whitespace().next().map(ToOwned::to_owned)
}

async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    drop(stream.write_all(page.as_bytes()).await);
    drop(stream.shutdown().await);
}

/// What the SDK's trait wants of each of its functions.
type Done<'a, T> = Pin<Box<dyn Future<Output = Result<T, AuthError>> + Send + 'a>>;

impl CredentialStore for Tokens {
    fn load<'s, 'a>(&'s self) -> Done<'a, Option<StoredCredentials>>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(async move {
            let text =
                read::text(&self.0, LIMIT).map_err(|error| AuthError::CredentialStoreError(error.to_string()))?;
            // A broken file counts as no login.
            Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
        })
    }

    fn save<'s, 'a>(&'s self, credentials: StoredCredentials) -> Done<'a, ()>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(async move { write(&self.0, &credentials).map_err(AuthError::CredentialStoreError) })
    }

    fn clear<'s, 'a>(&'s self) -> Done<'a, ()>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(async move {
            fs::remove_file(&self.0).ok();
            Ok(())
        })
    }
}

fn write(path: &Path, credentials: &StoredCredentials) -> Result<(), String> {
    path.parent().map_or(Ok(()), make_private)?;
    let text = serde_json::to_vec(credentials).map_err(|error| error.to_string())?;
    atomic::write_private(path, &text).map_err(|error| error.to_string())
}
