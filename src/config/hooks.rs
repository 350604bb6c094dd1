//! Hooks and the event bus, from all settings files: each handler with its file and line. What cannot be used is said.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::document::{Node, Value};
use super::layers::Layer;
use crate::base::near::nearest;
use crate::domain::{Notice, RuleScope, RuleSource};
use crate::hooks::bus::{Telemetry, Webhook};
use crate::hooks::{Config, Event, Handler, Hook, HttpRules, Kind, Matcher};

/// Handlers that all files together may have.
const MOST: usize = 1_000;
/// Webhooks that are told.
const WEBHOOKS: usize = 16;
/// Where telemetry goes, and what is sent with it.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

/// Reads what all files say of hooks and of the event bus, the strongest file first.
pub(super) fn read(layers: &[Layer], env: &BTreeMap<String, String>, notices: &mut Vec<Notice>) -> Config {
    let mut reader = Reader { config: Config::default(), notices, env };
    for layer in layers {
        reader.layer(layer);
    }
    reader.config
}

struct Reader<'a> {
    config: Config,
    notices: &'a mut Vec<Notice>,
    env: &'a BTreeMap<String, String>,
}

impl Reader<'_> {
    fn layer(&mut self, layer: &Layer) {
        for (key, node) in layer.root.entries() {
            match key.as_str() {
                "hooks" => self.events(layer, node),
                "disableAllHooks" if node.value == Value::Bool(true) => {
                    let place = source(layer, node.line);
                    let slot = if layer.is_from_project() {
                        &mut self.config.project_disabled
                    } else {
                        &mut self.config.disabled
                    };
                    slot.get_or_insert(place);
                }
                "allowManagedHooksOnly" if layer.scope == RuleScope::Managed => {
                    self.config.managed_only |= node.value == Value::Bool(true);
                }
                "allowedHttpHookUrls" | "httpHookAllowedEnvVars" => self.list(layer, key, node),
                "latigo" if !layer.is_from_project() => self.bus(layer, node),
                _ => {}
            }
        }
    }

    /// Lists of a project's file would widen what the person allows.
    fn list(&mut self, layer: &Layer, key: &str, node: &Node) {
        if layer.is_from_project() {
            let text = format!("`{key}` only counts in the user's own settings; it is skipped");
            return self.notices.push(layer.notice(node.line, &text));
        }
        let HttpRules { urls, env } = &mut self.config.http;
        let slot = if key == "allowedHttpHookUrls" { urls } else { env };
        slot.get_or_insert_default().extend(texts(node));
    }

    fn events(&mut self, layer: &Layer, node: &Node) {
        if !matches!(node.value, Value::Table(_)) {
            return self.skip(layer, node.line, "`hooks` must be an object of events");
        }
        for (name, node) in node.entries() {
            let Some(event) = Event::named(name) else {
                let near = nearest(name, Event::ALL.iter().map(|event| event.name()));
                let notice = layer.notice(node.line, &format!("there is no event `{name}` for hooks; they never run"));
                self.notices.push(match near {
                    Some(near) => notice.hint(format!("did you mean `{near}`?")),
                    None => notice,
                });
                continue;
            };
            let Value::List(groups) = &node.value else {
                self.skip(layer, node.line, &format!("`hooks.{name}` must be a list of groups"));
                continue;
            };
            for group in groups {
                self.group(layer, event, group);
            }
        }
    }

    fn group(&mut self, layer: &Layer, event: Event, group: &Node) {
        let field = |name: &str| group.entries().iter().find(|(key, _)| key == name).map(|(_, node)| node);
        let matcher = match field("matcher").map(|node| (&node.value, node.line)) {
            None | Some((Value::Null, _)) => Ok(Matcher::All),
            Some((Value::Text(text), _)) => Matcher::parse(text),
            Some(_) => Err("`matcher` must be a text".to_owned()),
        };
        let matcher = match matcher {
            Ok(matcher) => matcher,
            Err(problem) => return self.skip(layer, group.line, &format!("hooks.{}: {problem}", event.name())),
        };
        let Some(Value::List(handlers)) = field("hooks").map(|node| &node.value) else {
            return self.skip(layer, group.line, &format!("a group of {} needs a list `hooks`", event.name()));
        };
        for node in handlers {
            self.handler(layer, event, &matcher, node);
        }
    }

    fn handler(&mut self, layer: &Layer, event: Event, matcher: &Matcher, node: &Node) {
        if self.config.hooks.len() >= MOST {
            return self.skip(layer, node.line, &format!("there are more than {MOST} hooks"));
        }
        match Handler::parse(event, &node.json()) {
            Err(problem) => self.skip(layer, node.line, &format!("hooks.{}: {problem}", event.name())),
            Ok(handler) => {
                if let Kind::Unsupported { name, why, .. } = &handler.kind {
                    let text = format!("this {} hook of type {name} does not run: {why}", event.name());
                    self.notices.push(layer.notice(node.line, &text));
                }
                let source = source(layer, node.line);
                let extra = layer.plugged.clone().unwrap_or_default();
                self.config.hooks.push(Hook { event, matcher: matcher.clone(), handler, source, extra, once: false });
            }
        }
    }

    fn bus(&mut self, layer: &Layer, node: &Node) {
        for (key, node) in node.entries() {
            match (key.as_str(), &node.value) {
                ("webhooks", Value::List(items)) => {
                    for item in items {
                        self.webhook(layer, item);
                    }
                }
                ("webhooks", _) => self.skip(layer, node.line, "`latigo.webhooks` must be a list"),
                ("telemetry", Value::Bool(true)) => self.telemetry(layer, node.line),
                ("telemetry", Value::Bool(false) | Value::Null) => {}
                ("telemetry", _) => self.skip(layer, node.line, "`latigo.telemetry` must be true or false"),
                _ => {}
            }
        }
    }

    fn webhook(&mut self, layer: &Layer, node: &Node) {
        let field = |name: &str| node.entries().iter().find(|(key, _)| key == name).map(|(_, node)| node);
        let text = |name: &str| match field(name).map(|node| &node.value) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let Some(url) = text("url").filter(|url| url.starts_with("http://") || url.starts_with("https://")) else {
            return self.skip(layer, node.line, "a webhook needs a `url` that begins with http:// or https://");
        };
        if self.config.webhooks.len() >= WEBHOOKS {
            return self.skip(layer, node.line, &format!("there are more than {WEBHOOKS} webhooks"));
        }
        let mut secret = None;
        if let Some(name) = text("secretEnv") {
            let Some(value) = self.env.get(&name).filter(|value| !value.is_empty()) else {
                let text = format!("the variable {name} of `secretEnv` is not set, so this webhook is not told");
                return self.skip(layer, node.line, &text);
            };
            secret = Some(SecretString::from(value.clone()));
        }
        let events = field("events").map(texts).unwrap_or_default();
        let allow_private = field("allowPrivate").is_some_and(|node| node.value == Value::Bool(true));
        self.config.webhooks.push(Webhook { url, events, secret, allow_private });
    }

    fn telemetry(&mut self, layer: &Layer, line: u32) {
        let Some(endpoint) = self.env.get(ENDPOINT).filter(|endpoint| !endpoint.is_empty()) else {
            let text = format!("`latigo.telemetry` is on, but {ENDPOINT} is not set, so nothing is sent");
            return self.notices.push(layer.notice(line, &text));
        };
        let listed = self.env.get(HEADERS).map(String::as_str).unwrap_or_default();
        let headers = listed.split(',').filter_map(|pair| pair.split_once('='));
        let headers =
            headers.map(|(name, value)| (name.trim().to_owned(), SecretString::from(value.trim().to_owned())));
        self.config.telemetry = Some(Telemetry { endpoint: endpoint.clone(), headers: headers.collect() });
    }

    fn skip(&mut self, layer: &Layer, line: u32, text: &str) {
        self.notices.push(layer.notice(line, &format!("{text}; it is skipped")));
    }
}

fn source(layer: &Layer, line: u32) -> RuleSource {
    RuleSource { scope: layer.scope, file: Some(layer.name.clone()), line: Some(line) }
}

fn texts(node: &Node) -> Vec<String> {
    let Value::List(items) = &node.value else { return Vec::new() };
    let text = |item: &Node| match &item.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}
