//! WebFetch: a page by its address, as Markdown.
//!
//! The documentation of Claude Code lets a small model answer a prompt about the page. Here the page itself comes back,
//! in parts: nothing is lost on the way, it costs no second request, and what the model reads is what the person sees.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::support::{input, page};
use super::{Place, Tool, ToolContext};
use crate::base::hosts;
use crate::base::net::{self, Reach};
use crate::domain::{Access, Shown, ToolOutcome, ToolSpec};

const NAME: &str = "WebFetch";
/// Bytes of a page that are read.
const BODY: usize = 10 * 1024 * 1024;
/// How long a page may take.
const TIME: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });
/// Redirects that are followed, all on the same host.
const REDIRECTS: usize = 10;
/// How long a page is kept, how many, and how many bytes of them.
const FRESH: Duration = Duration::from_secs(15 * 60);
const KEPT: usize = 50;
const KEPT_BYTES: usize = 20 * 1024 * 1024;
/// The longest address.
const ADDRESS: usize = 4_096;

static CACHE: LazyLock<Mutex<VecDeque<Kept>>> = LazyLock::new(Mutex::default);

#[derive(Debug)]
pub struct WebFetch;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FetchInput {
    url: String,
    /// What is looked for.
    #[serde(default)]
    #[expect(dead_code, reason = "it is for the person, who sees the call's input")]
    prompt: Option<String>,
    /// Characters of the page to leave out at its start.
    #[serde(default, deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    offset: Option<u64>,
}

/// A page that was fetched.
#[derive(Clone, Debug)]
struct Page {
    /// Where it was in the end.
    url: Url,
    kind: String,
    text: String,
    /// Bytes that are no text.
    binary: Option<Vec<u8>>,
    cut: bool,
}

#[derive(Debug)]
struct Kept {
    url: Url,
    at: Instant,
    page: Page,
}

impl Tool for WebFetch {
    fn spec(&self) -> ToolSpec {
        input::spec::<FetchInput>(NAME, include_str!("../../assets/tools/web_fetch.md"))
    }

    fn access(&self, value: &Value, _: &Place) -> Result<Access, String> {
        let input: FetchInput = input::parse(NAME, value)?;
        let url = address(&input.url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        Ok(Access::fetch(host))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        Box::pin(async move {
            let input: FetchInput = match input::parse(NAME, &value) {
                Ok(input) => input,
                Err(problem) => return ToolOutcome::error(problem),
            };
            let url = match address(&input.url) {
                Ok(url) => url,
                Err(problem) => return ToolOutcome::error(problem),
            };
            let fetched = tokio::select! {
                fetched = tokio::time::timeout(TIME, fetch(url.clone())) => fetched,
                () = context.cancel.cancelled() => return ToolOutcome::error("It was stopped."),
            };
            match fetched {
                Err(_) => ToolOutcome::error(format!("{url} did not answer within {} s.", TIME.as_secs())),
                Ok(Err(problem)) => ToolOutcome::error(problem),
                Ok(Ok(page)) => tell(&page, input.offset.unwrap_or(0) as usize, &context),
            }
        })
    }
}

/// Reads an address once; everybody uses what comes of that.
fn address(text: &str) -> Result<Url, String> {
    if text.len() > ADDRESS {
        return Err(format!("The address has more than {ADDRESS} characters."));
    }
    let mut url = Url::parse(text.trim()).map_err(|error| format!("`{text}` is no address: {error}."))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("`{text}` cannot be fetched: only http and https addresses can."));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("An address with a user name or a password in it is not fetched.".to_owned());
    }
    if url.scheme() == "http" && url.port().is_none() && !names_private(&url) {
        // It fails only for schemes that are none of these two.
        url.set_scheme("https").ok();
    }
    url.set_fragment(None);
    Ok(url)
}

/// The address itself says that it is this machine or a private network.
fn names_private(url: &Url) -> bool {
    url.host_str().is_some_and(hosts::is_inner)
}

async fn fetch(url: Url) -> Result<Page, String> {
    if let Some(page) = kept(&url) {
        return Ok(page);
    }
    let asked = url.clone();
    let mut url = url;
    for _ in 0..=REDIRECTS {
        // The gate has asked about an address that names such a place; a name that only leads there is refused when
        // it is looked up.
        let reach = if names_private(&url) { Reach::Anywhere } else { Reach::Public };
        let client = net::client(&url, reach).await.map_err(|problem| format!("{url} was not fetched: {problem}."))?;
        let request = client.get(url.clone()).header(ACCEPT, "text/markdown, text/html;q=0.9, text/*;q=0.8, */*;q=0.1");
        let answer =
            request.send().await.map_err(|error| format!("{url} was not fetched: {}.", net::reason(&error)))?;
        let status = answer.status();
        if status.is_redirection() && status.as_u16() != 304 {
            let next = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| url.join(to).ok());
            let Some(next) = next else { return Err(format!("{url} redirects to no address ({status}).")) };
            if !same_host(&url, &next) || names_private(&next) != names_private(&url) {
                return Err(format!(
                    "{url} redirects to another host ({status}), which was not followed: {next}\nFetch that address if it is what you want."
                ));
            }
            url = next;
            continue;
        }
        if !status.is_success() {
            return Err(format!("{url} answers {status}."));
        }
        let page = read(url, answer).await?;
        keep(asked, &page);
        return Ok(page);
    }
    Err(format!("{url} redirects more than {REDIRECTS} times."))
}

/// The same host, with or without `www.`, and not back from https to http.
fn same_host(from: &Url, to: &Url) -> bool {
    let plain = |url: &Url| url.host_str().unwrap_or_default().trim_start_matches("www.").to_ascii_lowercase();
    plain(from) == plain(to)
        && matches!(to.scheme(), "http" | "https")
        && !(from.scheme() == "https" && to.scheme() == "http")
}

async fn read(url: Url, mut answer: reqwest::Response) -> Result<Page, String> {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    let mut cut = false;
    while let Some(chunk) =
        answer.chunk().await.map_err(|error| format!("{url} broke off: {}.", net::reason(&error)))?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BODY {
            bytes.truncate(BODY);
            cut = true;
            break;
        }
    }
    let made = tokio::task::spawn_blocking(move || {
        page::text(&kind, bytes).map_err(|bytes| (kind.clone(), bytes)).map(|text| (kind, text))
    });
    let made = made.await.map_err(|error| format!("The page could not be read: {error}."))?;
    Ok(match made {
        Ok((kind, text)) => Page { url, kind, text, binary: None, cut },
        Err((kind, bytes)) => Page { url, kind, text: String::new(), binary: Some(bytes), cut },
    })
}

fn kept(url: &Url) -> Option<Page> {
    let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache.iter().find(|kept| kept.url == *url && kept.at.elapsed() < FRESH).map(|kept| kept.page.clone())
}

fn keep(url: Url, page: &Page) {
    if page.binary.is_some() || page.text.len() > KEPT_BYTES / 4 {
        return;
    }
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache.retain(|kept| kept.url != url && kept.at.elapsed() < FRESH);
    cache.push_back(Kept { url, at: Instant::now(), page: page.clone() });
    while cache.len() > KEPT || cache.iter().map(|kept| kept.page.text.len()).sum::<usize>() > KEPT_BYTES {
        cache.pop_front();
    }
}

fn tell(page: &Page, offset: usize, context: &ToolContext) -> ToolOutcome {
    if let Some(bytes) = &page.binary {
        let what = format!("{} is {} of {} bytes", page.url, page.kind, bytes.len());
        return match super::keep(&context.outputs, &context.call_id, "bin", bytes) {
            Ok(path) => ToolOutcome::text(format!("{what}, kept as {}.", path.display()), "no text"),
            Err(error) => ToolOutcome::error(format!("{what}; it could not be kept: {error}.")),
        };
    }
    let all = page.text.chars().count();
    if offset > 0 && offset >= all {
        return ToolOutcome::error(format!("The page has {all} characters; there is nothing at {offset}."));
    }
    let part: String = page.text.chars().skip(offset).take(context.limits.result_chars).collect();
    let end = offset + part.chars().count();
    let mut text = format!("{}\n\n{part}", page.url);
    if end < all {
        let _ =
            write!(text, "\n[Characters {offset} to {end} of {all}. Fetch it with offset {end} for the next part.]");
    }
    if page.cut {
        let _ = write!(text, "\n[The page has more than {} MB; the rest was not read.]", BODY / 1024 / 1024);
    }
    let summary = format!("{} characters", part.chars().count());
    let shown = Shown::Text { text: part, language: Some("md".to_owned()) };
    ToolOutcome { shown, ..ToolOutcome::text(text, summary) }
}

#[cfg(test)]
mod tests;
