//! Where a model's server is and how to be let in. Secrets stay inside: `Debug` shows none of them.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

/// A server, the key for it and our patience with it.
#[derive(Clone)]
pub struct Endpoint {
    /// As people write it: with or without `/v1`, or the whole address of the call.
    pub base_url: String,
    pub auth: Auth,
    /// Further headers; they win over ours of the same name.
    pub headers: Vec<(String, String)>,
    pub timeouts: Timeouts,
}

/// How the key is shown to the server.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    #[default]
    None,
    /// `x-api-key` where the wire has it, else as a bearer token.
    ApiKey(SecretString),
    /// `Authorization: Bearer`.
    Bearer(SecretString),
}

/// How long to wait. There is no limit on a whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection to stand.
    pub connect: Duration,
    /// Without any event: neither content nor a sign of life.
    pub stall: Duration,
    /// Without content, when signs of life do come.
    pub alive: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), stall: Duration::from_secs(90), alive: Duration::from_secs(300) }
    }
}

impl Endpoint {
    /// An endpoint with the usual patience and no further headers.
    pub fn new(base_url: impl Into<String>, auth: Auth) -> Self {
        Self { base_url: base_url.into(), auth, headers: Vec::new(), timeouts: Timeouts::default() }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Endpoint")
            .field("base_url", &without_userinfo(&self.base_url))
            .field("auth", &self.auth)
            .field("headers", &names)
            .field("timeouts", &self.timeouts)
            .finish()
    }
}

/// The address without a user name, a password and a query, for people to read.
pub(super) fn without_userinfo(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(mut url) => {
            // Both only fail for addresses that have no host and so no user either.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.set_query(None);
            url.to_string()
        }
        Err(_) => "(not an address)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let mut endpoint =
            Endpoint::new("https://joe:hunter2@example.com/v1?key=abc", Auth::ApiKey("sk-secret".into()));
        endpoint.headers.push(("x-gateway".to_owned(), "gateway-token".to_owned()));
        let shown = format!("{endpoint:?}");
        for secret in ["hunter2", "sk-secret", "gateway-token", "abc"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("example.com") && shown.contains("x-gateway"), "{shown}");
    }
}
