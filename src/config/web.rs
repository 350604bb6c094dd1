//! By which search the web is searched: the settings', the environment's, or the provider's own.

use std::sync::Arc;

use secrecy::SecretString;

use crate::domain::{Notice, Wire};
use crate::provider::{self, Endpoint};
use crate::tools::{WebHit, WebResults, WebSearch, WebSearcher, by_brave, by_searxng};

use super::ModelChoice;
use super::document::{Node, Value};
use super::environment::Vars;
use super::layers::Layer;

/// Where Brave is reached.
const BRAVE: &str = "https://api.search.brave.com/res/v1/web/search";

/// What was chosen.
#[derive(Clone, Debug, Default)]
pub enum SearchChoice {
    /// The provider's own where it has one.
    #[default]
    Usual,
    /// The provider's own, also behind a gateway.
    Provider,
    Searxng(String),
    Brave(String, SecretString),
    Off,
}

/// Reads `latigo.webSearch` of the person's own settings, then the environment.
pub(super) fn choice(layers: &[Layer], vars: &Vars, notices: &mut Vec<Notice>) -> SearchChoice {
    for layer in layers.iter().filter(|layer| !layer.is_from_project()) {
        let sections = layer.root.entries().iter().filter(|(key, _)| key == "latigo");
        for (_, node) in sections.flat_map(|(_, section)| section.entries()).filter(|(key, _)| key == "webSearch") {
            match read(node, vars) {
                Ok(choice) => return choice,
                Err(problem) => notices.push(layer.notice(node.line, &format!("`latigo.webSearch`: {problem}"))),
            }
        }
    }
    if let Some(url) = vars.text("SEARXNG_URL") {
        return SearchChoice::Searxng(url.to_owned());
    }
    match vars.text("BRAVE_API_KEY") {
        Some(key) => SearchChoice::Brave(BRAVE.to_owned(), key.to_owned().into()),
        None => SearchChoice::Usual,
    }
}

fn read(node: &Node, vars: &Vars) -> Result<SearchChoice, String> {
    let text = |key: &str| {
        node.entries().iter().find(|(name, _)| name == key).and_then(|(_, node)| match &node.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    };
    match text("engine").as_deref() {
        Some("searxng") => text("url").map(SearchChoice::Searxng).ok_or_else(|| "searxng needs a `url`".to_owned()),
        Some("brave") => {
            let name = text("keyEnv").unwrap_or_else(|| "BRAVE_API_KEY".to_owned());
            let key = vars.text(&name).ok_or_else(|| format!("the variable {name} is not set"))?;
            let url = text("url").unwrap_or_else(|| BRAVE.to_owned());
            Ok(SearchChoice::Brave(url, key.to_owned().into()))
        }
        Some("provider") => Ok(SearchChoice::Provider),
        Some("off") => Ok(SearchChoice::Off),
        _ => Err("`engine` is one of searxng, brave, provider, off".to_owned()),
    }
}

/// The tool with the chosen search; none where there is no search.
pub(super) fn tool(choice: &SearchChoice, model: Option<&ModelChoice>) -> Option<WebSearch> {
    let (by, search) = match choice {
        SearchChoice::Searxng(url) => ("SearXNG", by_searxng(url.clone())),
        SearchChoice::Brave(url, key) => ("Brave", by_brave(url.clone(), key.clone())),
        SearchChoice::Off => return None,
        SearchChoice::Usual | SearchChoice::Provider => {
            let model = model.filter(|model| provider::can_search(model.wire))?;
            if matches!(choice, SearchChoice::Usual) && !is_official(model) {
                return None;
            }
            let search = by_provider(model.wire, model.endpoint(), model.model.clone()?);
            ("the model's provider", search)
        }
    };
    Some(WebSearch { by: by.to_owned(), search })
}

/// Searches with the tool of the model's own provider.
fn by_provider(wire: Wire, endpoint: Endpoint, id: String) -> WebSearcher {
    Arc::new(move |query| {
        let (endpoint, id) = (endpoint.clone(), id.clone());
        Box::pin(async move {
            let hosts = (query.allowed.as_slice(), query.blocked.as_slice());
            let found = provider::search(wire, endpoint, &id, &query.text, hosts).await?;
            let hit = |(title, url)| WebHit { title, url, excerpt: String::new() };
            Ok(WebResults { hits: found.pages.into_iter().map(hit).collect(), summary: found.text })
        })
    })
}

/// The server is the provider's own; whoever stands in its place rarely has its search.
fn is_official(model: &ModelChoice) -> bool {
    let host = url::Url::parse(&model.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    match model.wire {
        Wire::Anthropic => host.as_deref() == Some("api.anthropic.com"),
        _ => host.as_deref() == Some("api.openai.com"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use super::super::document;
    use super::*;

    fn read_text(text: &str) -> Result<SearchChoice, String> {
        let env = BTreeMap::from([("MINE".to_owned(), "k".to_owned())]);
        read(&document::parse(text).unwrap(), &Vars::of_process(&env))
    }

    #[test]
    fn the_setting_names_a_search_and_what_it_needs() {
        assert!(
            matches!(read_text(r#"{"engine": "searxng", "url": "http://s"}"#), Ok(SearchChoice::Searxng(url)) if url == "http://s")
        );
        assert!(
            matches!(read_text(r#"{"engine": "brave", "keyEnv": "MINE"}"#), Ok(SearchChoice::Brave(url, _)) if url == BRAVE)
        );
        assert!(matches!(read_text(r#"{"engine": "off"}"#), Ok(SearchChoice::Off)));
        assert!(read_text(r#"{"engine": "brave"}"#).unwrap_err().contains("BRAVE_API_KEY"));
        assert!(read_text(r#"{"engine": "searxng"}"#).is_err() && read_text("{}").is_err());
        assert!(tool(&SearchChoice::Usual, None).is_none() && tool(&SearchChoice::Off, None).is_none());
    }
}
