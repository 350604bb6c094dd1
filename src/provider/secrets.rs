//! Takes our own secrets out of foreign text: a server may echo the key that it refuses.

use secrecy::ExposeSecret;

use super::endpoint::{Auth, Endpoint};
use crate::domain::{ModelError, StreamItem};

/// Shorter values are no secrets, and taking them out would only garble the message.
const SHORTEST: usize = 6;

/// The texts of one endpoint that nobody may read.
pub(super) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// Knows the key, the values of extra headers and a password in the address.
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let mut secrets: Vec<String> = Vec::new();
        match &endpoint.auth {
            Auth::None => {}
            Auth::ApiKey(key) | Auth::Bearer(key) => secrets.push(key.expose_secret().trim().to_owned()),
        }
        for (_, value) in &endpoint.headers {
            secrets.extend(value.split_whitespace().map(str::to_owned));
        }
        if let Ok(url) = url::Url::parse(&endpoint.base_url) {
            secrets.extend(url.password().map(str::to_owned));
            secrets.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
        }
        secrets.retain(|secret| secret.len() >= SHORTEST);
        // The longest first, so that no part of one is left when it holds another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// The text with every secret replaced.
    pub(super) fn clean(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[key]"))
    }

    /// The same for an error.
    pub(super) fn error(&self, error: ModelError) -> ModelError {
        ModelError { message: self.clean(&error.message), ..error }
    }

    /// The same for an item of an answer; only a failure quotes the server.
    pub(super) fn item(&self, item: StreamItem) -> StreamItem {
        match item {
            StreamItem::Failed(error) => StreamItem::Failed(self.error(error)),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_goes() {
        let mut endpoint = Endpoint::new("http://joe:password9@h/", Auth::Bearer("sk-12345678".into()));
        endpoint.headers.push(("authorization".to_owned(), "Bearer sk-12345678-longer".to_owned()));
        let redactor = Redactor::of(&endpoint);
        assert_eq!(
            redactor.clean("bad key sk-12345678, sk-12345678-longer, password9; Bearer"),
            "bad key [key], [key], [key]; [key]"
        );
    }
}
