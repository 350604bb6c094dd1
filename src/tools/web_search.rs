//! WebSearch: what the web has on a question, through whatever search the settings or the model's provider offer.
//!
//! It is in the registry of a run only when there is such a search, so it is made with one and not by the list of tools.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::support::input;
use super::{Place, Tool, ToolContext};
use crate::base::net::{self, Reach};
use crate::domain::{Access, Action, Shown, ToolOutcome, ToolSpec};

const NAME: &str = "WebSearch";
/// How long a search may take.
const TIME: Duration = Duration::from_secs(60);
/// Results that are told.
const RESULTS: usize = 10;
/// Bytes of an answer that are read.
const BODY: usize = 4 * 1024 * 1024;
/// Characters of an excerpt, and of a summary by the search itself.
const EXCERPT: usize = 500;
const SUMMARY: usize = 8_000;
/// The longest query, in characters.
const QUERY: usize = 1_000;

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebQuery {
    pub text: String,
    /// Only these hosts.
    pub allowed: Vec<String>,
    /// None of these.
    pub blocked: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebResults {
    pub hits: Vec<WebHit>,
    /// A text of the search itself.
    pub summary: String,
}

/// One page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebHit {
    pub title: String,
    pub url: String,
    pub excerpt: String,
}

/// A way to search. The error is a sentence.
pub type WebSearcher = Arc<dyn Fn(WebQuery) -> BoxFuture<'static, Result<WebResults, String>> + Send + Sync>;

/// The tool with its way to search; `by` names it.
pub struct WebSearch {
    pub by: String,
    pub search: WebSearcher,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchInput {
    query: String,
    #[serde(default)]
    allowed_domains: Option<Vec<String>>,
    #[serde(default)]
    blocked_domains: Option<Vec<String>>,
}

impl fmt::Debug for WebSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebSearch by {}", self.by)
    }
}

fn query(value: &Value) -> Result<WebQuery, String> {
    let input: SearchInput = input::parse(NAME, value)?;
    let text = input.query.trim().to_owned();
    if text.is_empty() || text.chars().count() > QUERY {
        return Err(format!("`query` must have 1 to {QUERY} characters."));
    }
    let (allowed, blocked) = (input.allowed_domains.unwrap_or_default(), input.blocked_domains.unwrap_or_default());
    if !allowed.is_empty() && !blocked.is_empty() {
        return Err("Give `allowed_domains` or `blocked_domains`, not both.".to_owned());
    }
    Ok(WebQuery { text, allowed, blocked })
}

impl Tool for WebSearch {
    fn spec(&self) -> ToolSpec {
        input::spec::<SearchInput>(NAME, include_str!("../../assets/tools/web_search.md"))
    }

    fn access(&self, value: &Value, _: &Place) -> Result<Access, String> {
        query(value).map(|_| Access::of(Action::Fetch))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let (search, by) = (Arc::clone(&self.search), self.by.clone());
        Box::pin(async move {
            let wanted = match query(&value) {
                Ok(wanted) => wanted,
                Err(problem) => return ToolOutcome::error(problem),
            };
            let found = tokio::select! {
                found = tokio::time::timeout(TIME, search(wanted.clone())) => found,
                () = context.cancel.cancelled() => return ToolOutcome::error("It was stopped."),
            };
            match found {
                Err(_) => ToolOutcome::error(format!("The search by {by} did not answer within {} s.", TIME.as_secs())),
                Ok(Err(problem)) => ToolOutcome::error(format!("The search by {by} failed: {problem}.")),
                Ok(Ok(results)) => tell(results, &wanted),
            }
        })
    }
}

fn tell(results: WebResults, wanted: &WebQuery) -> ToolOutcome {
    let hits: Vec<WebHit> = results.hits.into_iter().filter(|hit| admits(wanted, &hit.url)).take(RESULTS).collect();
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let mut text = String::new();
    for (index, hit) in hits.iter().enumerate() {
        let excerpt = cut(hit.excerpt.trim(), EXCERPT);
        let _ = write!(text, "{}. {}\n   {}\n", index + 1, hit.title.trim(), hit.url);
        if !excerpt.is_empty() {
            let _ = writeln!(text, "   {excerpt}");
        }
    }
    let summary = cut(results.summary.trim(), SUMMARY);
    if !summary.is_empty() {
        let _ = write!(text, "\n{summary}\n");
    }
    if hits.is_empty() && summary.is_empty() {
        "Nothing was found.".clone_into(&mut text);
    }
    let count = if hits.len() == 1 { "1 result".to_owned() } else { format!("{} results", hits.len()) };
    let rows = hits.into_iter().map(|hit| format!("{} {}", hit.title, hit.url)).collect();
    ToolOutcome { shown: Shown::List(rows), ..ToolOutcome::text(text.trim_end(), count) }
}

/// A result's host is one that is wanted, or below one.
fn admits(wanted: &WebQuery, url: &str) -> bool {
    let Some(host) = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_lowercase)) else {
        return false;
    };
    let below = |domain: &String| {
        let domain = domain.trim_start_matches("*.").to_lowercase();
        host == domain || host.ends_with(&format!(".{domain}"))
    };
    (wanted.allowed.is_empty() || wanted.allowed.iter().any(below)) && !wanted.blocked.iter().any(below)
}

/// Searches with the JSON interface of a SearXNG at this address. It is the person's own choice, so it may be here.
pub fn by_searxng(base: String) -> WebSearcher {
    Arc::new(move |query| {
        let base = base.clone();
        Box::pin(async move {
            let mut url = url::Url::parse(&base).map_err(|error| format!("`{base}` is no address: {error}"))?;
            if !url.path().ends_with("/search") {
                let path = format!("{}/search", url.path().trim_end_matches('/'));
                url.set_path(&path);
            }
            url.query_pairs_mut().append_pair("q", &with_sites(&query)).append_pair("format", "json");
            let answer = ask(&url, Reach::Anywhere, &[]).await?;
            Ok(WebResults { hits: hits(answer.get("results"), ["title", "url", "content"]), summary: String::new() })
        })
    })
}

/// Searches with the interface of Brave; `base` is its address.
pub fn by_brave(base: String, key: secrecy::SecretString) -> WebSearcher {
    use secrecy::ExposeSecret;
    Arc::new(move |query| {
        let (base, key) = (base.clone(), key.clone());
        Box::pin(async move {
            let mut url = url::Url::parse(&base).map_err(|error| format!("`{base}` is no address: {error}"))?;
            url.query_pairs_mut().append_pair("q", &with_sites(&query)).append_pair("count", "10");
            let answer = ask(&url, Reach::Anywhere, &[("X-Subscription-Token", key.expose_secret())]).await?;
            let found = answer.get("web").and_then(|web| web.get("results"));
            Ok(WebResults { hits: hits(found, ["title", "url", "description"]), summary: String::new() })
        })
    })
}

/// The query with the hosts as most searches understand them.
fn with_sites(query: &WebQuery) -> String {
    let mut text = query.text.clone();
    if !query.allowed.is_empty() {
        let sites: Vec<String> = query.allowed.iter().map(|host| format!("site:{host}")).collect();
        text = format!("{text} ({})", sites.join(" OR "));
    }
    for host in &query.blocked {
        let _ = write!(text, " -site:{host}");
    }
    text
}

async fn ask(url: &url::Url, reach: Reach, headers: &[(&str, &str)]) -> Result<Value, String> {
    let client = net::client(url, reach).await?;
    let mut request = client.get(url.clone()).header("Accept", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut answer = request.send().await.map_err(|error| net::reason(&error))?;
    if !answer.status().is_success() {
        return Err(format!("it answers {}", answer.status()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| net::reason(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BODY {
            return Err("its answer is too long".to_owned());
        }
    }
    serde_json::from_slice(&bytes).map_err(|_| "its answer is no JSON; does it allow that format?".to_owned())
}

fn hits(list: Option<&Value>, [title, url, excerpt]: [&str; 3]) -> Vec<WebHit> {
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let hit = |item: &Value| WebHit { title: text(item, title), url: text(item, url), excerpt: text(item, excerpt) };
    list.and_then(Value::as_array).into_iter().flatten().map(hit).filter(|hit| !hit.url.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use axum::extract::Query;
    use axum::http::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::tools::support::testing::serve;

    fn wanted(text: &str, allowed: &[&str]) -> WebQuery {
        WebQuery {
            text: text.into(),
            allowed: allowed.iter().map(|host| (*host).to_owned()).collect(),
            blocked: Vec::new(),
        }
    }

    #[tokio::test]
    async fn both_interfaces_are_asked_as_they_want_it() {
        let searx = axum::Router::new().route("/sub/search", axum::routing::get(|Query(asked): Query<std::collections::BTreeMap<String, String>>| async move {
            assert_eq!((asked["q"].as_str(), asked["format"].as_str()), ("rust (site:docs.rs)", "json"));
            axum::Json(json!({"results": [{"title": "T", "url": "https://docs.rs/x", "content": "c"}, {"title": "no address"}]}))
        }));
        let found = by_searxng(format!("{}/sub/", serve(searx).await))(wanted("rust", &["docs.rs"])).await.unwrap();
        assert_eq!(found.hits, [WebHit { title: "T".into(), url: "https://docs.rs/x".into(), excerpt: "c".into() }]);
        let brave = axum::Router::new().route(
            "/res",
            axum::routing::get(|headers: HeaderMap| async move {
                assert_eq!(headers["x-subscription-token"], "key");
                axum::Json(json!({"web": {"results": [{"title": "B", "url": "https://b.org/", "description": "d"}]}}))
            }),
        );
        let found = by_brave(format!("{}/res", serve(brave).await), "key".into())(wanted("x", &[])).await.unwrap();
        assert_eq!(found.hits[0].excerpt, "d");
        let broken = axum::Router::new().route("/search", axum::routing::get(|| async { "<html>" }));
        assert!(by_searxng(serve(broken).await)(wanted("x", &[])).await.unwrap_err().contains("no JSON"));
    }

    #[test]
    fn hosts_that_are_not_wanted_are_left_out_whatever_the_search_says() {
        let allowed = wanted("x", &["docs.rs"]);
        assert!(admits(&allowed, "https://docs.rs/a") && admits(&allowed, "https://a.docs.rs/"));
        assert!(!admits(&allowed, "https://docs.rs.evil.com/") && !admits(&allowed, "javascript:1"));
        let blocked = WebQuery { blocked: vec!["evil.com".into()], ..WebQuery::default() };
        assert!(!admits(&blocked, "https://www.evil.com/") && admits(&blocked, "https://good.com/"));
        assert!(query(&json!({"query": "x", "allowed_domains": ["a"], "blocked_domains": ["b"]})).is_err());
        assert!(query(&json!({"query": " "})).is_err());
    }
}
