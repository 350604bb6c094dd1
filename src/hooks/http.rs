//! Hooks of type http: the event as the body of a POST, the answer read as a command's output is.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::time::timeout;
use url::Url;

use super::answer::Finished;
use super::{Around, HttpRules};
use crate::base::net::{self, Reach};

/// Bytes of an answer that are read.
const LIMIT: usize = 1 << 20;

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub url: &'a str,
    pub headers: &'a BTreeMap<String, String>,
    pub allowed_env: &'a [String],
}

/// Posts the event.
pub(super) async fn run(call: Call<'_>, input: &str, around: &Around, limit: Duration) -> Finished {
    let broken = |why: String| Finished { broken: Some(why), http: true, ..Finished::default() };
    match timeout(limit, post(call, input, around)).await {
        Err(_) => broken("the server took too long to answer".to_owned()),
        Ok(Err(why)) => broken(why),
        Ok(Ok((code, stdout))) => Finished { code: Some(code), stdout, http: true, ..Finished::default() },
    }
}

async fn post(call: Call<'_>, input: &str, around: &Around) -> Result<(i32, String), String> {
    let url = Url::parse(call.url).map_err(|_| "its address is none".to_owned())?;
    let listed = allowed(&around.http, call.url)?;
    let reach = if listed { Reach::Anywhere } else { Reach::PublicOrHere };
    let client = net::client(&url, reach).await?;
    let headers = headers(call, around)?;
    let request = client.post(url).headers(headers).header(CONTENT_TYPE, "application/json").body(input.to_owned());
    let mut response = request.send().await.map_err(|error| net::reason(&error))?;
    let code = i32::from(response.status().as_u16());
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|error| net::reason(&error))? {
        let room = LIMIT.saturating_sub(body.len());
        body.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        if body.len() >= LIMIT {
            break;
        }
    }
    Ok((code, String::from_utf8_lossy(&body).into_owned()))
}

/// Whether the address stands in the list of allowed ones; an error when there is a list and it does not.
fn allowed(rules: &HttpRules, url: &str) -> Result<bool, String> {
    let Some(list) = &rules.urls else { return Ok(false) };
    if list.iter().any(|pattern| fits(pattern, url)) {
        return Ok(true);
    }
    Err("its address is not among `allowedHttpHookUrls`".to_owned())
}

/// `*` stands for any run of characters.
fn fits(pattern: &str, url: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = url.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut last = None;
    for part in parts {
        last = Some(part);
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => url.ends_with(end),
    }
}

fn headers(call: Call<'_>, around: &Around) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let may = |name: &str| {
        let general = around.http.env.as_ref().is_none_or(|list| list.iter().any(|known| known == name));
        general && call.allowed_env.iter().any(|known| known == name)
    };
    for (name, value) in call.headers {
        let value = filled(value, |name| may(name).then(|| around.env.get(name).cloned()).flatten());
        let key =
            HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| format!("`{name}` is no name of a header"))?;
        let mut value = HeaderValue::from_str(value.trim())
            .map_err(|_| format!("the value of the header `{name}` has characters that no header may have"))?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

/// Puts variables in the places of `$NAME` and `${NAME}`; one that is not allowed or not set is empty.
fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, next) = braced.unwrap_or_else(|| {
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
            after.split_at(end)
        });
        if name.is_empty() {
            out.push('$');
        } else {
            out.push_str(&value(name).unwrap_or_default());
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_take_allowed_variables_only() {
        let value = |name: &str| (name == "TOKEN").then(|| "t0p".to_owned());
        assert_eq!(filled("Bearer $TOKEN", value), "Bearer t0p");
        assert_eq!(filled("a ${TOKEN}b $OTHER.", value), "a t0pb .");
        assert_eq!(filled("5 $ and $", value), "5 $ and $");
    }

    #[test]
    fn address_patterns_cover_the_whole_address() {
        assert!(fits("https://hooks.example.com/*", "https://hooks.example.com/a"));
        assert!(!fits("https://hooks.example.com/*", "https://hooks.example.com.evil/a"));
        assert!(fits("http://localhost:*/hook", "http://localhost:80/hook"));
        assert!(!fits("http://localhost:*/hook", "http://localhost:80/hook2"));
        assert!(fits("http://a/", "http://a/") && !fits("http://a/", "http://a/b"));
    }
}
