//! The lists of servers on the disk, read and changed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Places, Scope, Transport};
use crate::base::text::sanitize_line;
use crate::domain::{RuleScope, ServerState, ServerStatus};
use crate::mcp::{self, Entry, Host, Waits};
use crate::shell::{Ground, Invocation, Printer};

/// How long a server is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

fn ground() -> Result<Ground, String> {
    Ground::survey(&Invocation::default())
}

fn grounds(only: Option<&str>) -> Result<mcp::Grounds, String> {
    let ground = ground()?;
    Ok(crate::config::server_grounds(&ground.settings, ground.cwd(), only))
}

fn places(ground: &Ground) -> Places {
    Places { project: ground.settings.project.clone(), own: ground.server_file() }
}

/// The entry that the flags describe.
pub(super) fn entry(
    transport: Transport,
    target: String,
    args: Vec<String>,
    env: &[String],
    headers: &[String],
) -> Result<Value, String> {
    let table = |items: &[String], between: char, what: &str| -> Result<Map<String, Value>, String> {
        let pair = |item: &String| {
            let (name, value) = item.split_once(between).ok_or_else(|| format!("`{item}` is no {what}"))?;
            Ok((name.trim().to_owned(), Value::String(value.trim().to_owned())))
        };
        items.iter().map(pair).collect()
    };
    if transport == Transport::Stdio {
        if target.starts_with("http://") || target.starts_with("https://") {
            return Err("an address needs --transport http (or sse)".to_owned());
        }
        if !headers.is_empty() {
            return Err("--header is for servers at an address".to_owned());
        }
        let env = table(env, '=', "NAME=VALUE")?;
        return Ok(json!({"type": "stdio", "command": target, "args": args, "env": env}));
    }
    if !args.is_empty() || !env.is_empty() {
        return Err("a server at an address has neither arguments nor an environment".to_owned());
    }
    let kind = if transport == Transport::Http { "http" } else { "sse" };
    let headers = table(headers, ':', "`Name: value`")?;
    let mut entry = json!({"type": kind, "url": target});
    if !headers.is_empty() {
        entry["headers"] = Value::Object(headers);
    }
    Ok(entry)
}

/// Puts an entry into a list.
pub(super) fn add(name: &str, entry: &Value, scope: Scope, printer: &mut Printer) -> Result<(), String> {
    let read = Entry {
        name: name.to_owned(),
        scope: RuleScope::User,
        source: "the command line".to_owned(),
        value: entry.clone(),
        off: None,
    };
    mcp::parse(&read, &BTreeMap::new())?;
    let places = places(&ground()?);
    let (file, project) = match scope {
        Scope::Local => (places.own, Some(places.project.as_path())),
        Scope::User => (places.own, None),
        Scope::Project => (places.project.join(".mcp.json"), None),
    };
    let replaced = crate::config::save_server(&file, project, name, Some(entry))?;
    let done = if replaced { "replaced" } else { "added" };
    printer.text(&format!("The server {name} was {done} in {}.", file.display()));
    if scope == Scope::Project {
        printer.text("It runs when this folder is trusted; its content has changed, so that is asked again.");
    }
    Ok(())
}

/// Takes an entry out of the lists that are ours to change.
pub(super) fn remove(name: &str, scope: Option<Scope>, printer: &mut Printer) -> Result<(), String> {
    let places = places(&ground()?);
    let shared = places.project.join(".mcp.json");
    let lists = [
        (Scope::Local, &places.own, Some(places.project.as_path())),
        (Scope::Project, &shared, None),
        (Scope::User, &places.own, None),
    ];
    let mut found = false;
    for (of, file, project) in lists {
        if scope.is_none_or(|scope| scope == of) && file.exists() && !found {
            found = crate::config::save_server(file, project, name, None)?;
            if found {
                printer.text(&format!("The server {name} was taken out of {}.", file.display()));
            }
        }
    }
    if found {
        Ok(())
    } else {
        Err(format!("no list of yours has a server `{name}`; latigo mcp list shows where each comes from"))
    }
}

pub(super) fn reset(printer: &mut Printer) -> Result<(), String> {
    let places = places(&ground()?);
    let any = places.own.exists() && crate::config::forget_server_choices(&places.own, &places.project)?;
    printer.text(if any {
        "The choices about servers of this project are forgotten."
    } else {
        "There were no choices about servers of this project."
    });
    Ok(())
}

/// Starts the servers that may run here and waits for them.
fn tried(only: Option<&str>) -> Result<Vec<ServerStatus>, String> {
    let grounds = grounds(only)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    Ok(runtime.block_on(async {
        let (host, mut news) = Host::start(grounds);
        tokio::spawn(async move { while news.recv().await.is_some() {} });
        host.wait(PATIENCE, Waits::Settled).await;
        let statuses = host.statuses(|_| false);
        host.close().await;
        statuses
    }))
}

fn state(status: &ServerStatus) -> String {
    match &status.state {
        ServerState::Ready => format!("✓ {} tools", status.tools.len()),
        ServerState::Failed { reason } | ServerState::Retrying { reason, .. } => format!("✗ {reason}"),
        ServerState::Off { why } => format!("off: {why}"),
        ServerState::NeedsLogin => format!("wants a login: latigo mcp login {}", status.name),
        other => other.word().to_owned(),
    }
}

pub(super) fn list(printer: &mut Printer) -> Result<(), String> {
    let statuses = tried(None)?;
    if statuses.is_empty() {
        printer.text("No tool servers are set up here. latigo mcp add sets one up.");
    }
    for status in statuses {
        let line = format!("{}: {} ({}) {}", status.name, status.reached, status.source, state(&status));
        printer.text(&sanitize_line(&line));
    }
    Ok(())
}

pub(super) fn get(name: &str, printer: &mut Printer) -> Result<(), String> {
    let status = tried(Some(name))?.into_iter().find(|status| status.name == name);
    let Some(status) = status else { return Err(format!("there is no server `{name}`")) };
    let mut lines = vec![
        format!("{name}: {}", state(&status)),
        format!("  from     {}", status.source),
        format!("  reached  {}", status.reached),
        format!("  is       {}", status.about),
    ];
    lines.extend(
        status
            .tools
            .iter()
            .map(|tool| format!("  tool     {}  {}", tool.name, tool.description.lines().next().unwrap_or_default())),
    );
    lines.extend(status.resources.iter().map(|resource| format!("  resource {}", resource.uri)));
    lines.extend(status.prompts.iter().map(|prompt| format!("  prompt   {}", prompt.name)));
    lines.extend(status.log.iter().map(|line| format!("  log      {line}")));
    for line in &lines {
        printer.text(&sanitize_line(line));
    }
    Ok(())
}

pub(super) fn login(name: &str, printer: &mut Printer) -> Result<(), String> {
    let grounds = grounds(Some(name))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let (host, mut news) = Host::start(grounds);
        tokio::spawn(async move { while news.recv().await.is_some() {} });
        let login = host.login(name).await?;
        printer.text(&format!("Open this address and log in:\n{}", login.address()));
        login.finish().await?;
        printer.text(&format!("You are logged in to {name}."));
        host.close().await;
        Ok(())
    })
}

pub(super) fn logout(name: &str, printer: &mut Printer) -> Result<(), String> {
    let grounds = grounds(Some(name))?;
    let found = mcp::forget_login(&grounds, name)?;
    printer.text(if found { "The login is forgotten." } else { "There was no login." });
    Ok(())
}
