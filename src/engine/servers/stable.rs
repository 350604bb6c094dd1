//! The tools that stand in every request of a session with tool servers, whatever the servers do: finding, calling
//! what was found, and resources. Their definitions never change, so servers that come, go and change leave the cached
//! prefix alone.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::outcome::{Bounds, outcome};
use super::plan::Admits;
use crate::domain::{Access, Action, CALL_TOOL, Shown, ToolOutcome, ToolSpec};
use crate::mcp::{self, Host, Waits};
use crate::policy::{self, RuleSet};
use crate::tools::{Place, Tool, ToolContext, describe, read_input};

/// Tools that one search returns when it does not say, and at most.
const RESULTS: (usize, usize) = (5, 20);
/// How long a search waits for servers that are on their way.
const PATIENCE: Duration = Duration::from_secs(10);
/// Resources that are listed.
const LISTED: usize = 200;

/// All of them; those for resources where they are given.
pub(super) fn tools(host: &Host, rules: &RuleSet, bounds: Bounds, admits: Option<&Admits>) -> Vec<Arc<dyn Tool>> {
    let rules = Arc::new(rules.clone());
    let mut all: Vec<Arc<dyn Tool>> =
        vec![Arc::new(Search { host: host.clone(), rules, admits: admits.cloned() }), Arc::new(Call)];
    let resources: [Arc<dyn Tool>; 2] =
        [Arc::new(List { host: host.clone() }), Arc::new(Read { host: host.clone(), bounds })];
    all.extend(resources.into_iter().filter(|tool| admits.is_none_or(|admits| admits(&tool.spec().name))));
    all
}

/// ToolSearch.
struct Search {
    host: Host,
    rules: Arc<RuleSet>,
    admits: Option<Admits>,
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Search")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchInput {
    /// Words, or `select:` with names.
    query: String,
    /// The most tools to return; 5 when left out.
    #[serde(default)]
    max_results: Option<usize>,
}

impl Tool for Search {
    fn spec(&self) -> ToolSpec {
        describe::<SearchInput>("ToolSearch", include_str!("../../../assets/servers/tool_search.md"))
    }

    fn access(&self, input: &Value, _: &Place) -> Result<Access, String> {
        read_input::<SearchInput>("ToolSearch", input).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, input: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let host = self.host.clone();
        let ground = (Arc::clone(&self.rules), self.admits.clone());
        Box::pin(async move {
            let input: SearchInput = match read_input("ToolSearch", &input) {
                Ok(input) => input,
                Err(problem) => return ToolOutcome::error(problem),
            };
            let most = input.max_results.unwrap_or(RESULTS.0).clamp(1, RESULTS.1);
            let mut found = find(&host, &ground, &input.query, most);
            if found.is_empty() && !host.on_their_way().is_empty() {
                tokio::select! {
                    () = host.wait(PATIENCE, Waits::Settled) => {}
                    () = context.cancel.cancelled() => return ToolOutcome::error("The search was stopped."),
                }
                found = find(&host, &ground, &input.query, most);
            }
            tell(&host, &input.query, found)
        })
    }
}

fn find(host: &Host, (rules, admits): &(Arc<RuleSet>, Option<Admits>), query: &str, most: usize) -> Vec<ToolSpec> {
    let mut known = host.known();
    known.retain(|known| admits.as_ref().is_none_or(|admits| admits(&known.spec.name)));
    let names: Vec<String> = known.iter().map(|known| known.spec.name.clone()).collect();
    let hidden = policy::hidden_tools(rules, &names);
    let seen: Vec<_> = known.into_iter().filter(|known| !hidden.contains(&known.spec.name)).collect();
    let texts: Vec<(String, String)> =
        seen.iter().map(|known| (known.spec.name.clone(), known.spec.description.clone())).collect();
    let found = mcp::search(query, &texts, most);
    found.iter().filter_map(|found| seen.get(found.index)).map(|known| known.spec.clone()).collect()
}

fn tell(host: &Host, query: &str, found: Vec<ToolSpec>) -> ToolOutcome {
    let mut text = String::new();
    for spec in &found {
        let tool = json!({"name": spec.name, "description": spec.description, "input_schema": spec.input_schema});
        text.push_str(&tool.to_string());
        text.push('\n');
    }
    if found.is_empty() {
        text = format!("No tool fits `{query}`.\n");
    } else {
        text.push_str("Call one with CallMcpTool, or directly where it stands in your list of tools.\n");
    }
    for status in host.statuses(|_| false) {
        if status.state != crate::domain::ServerState::Ready {
            let line = format!("The server {} is {}.\n", status.name, status.state.word());
            text.push_str(&line);
        }
    }
    let summary = if found.len() == 1 { "1 tool".to_owned() } else { format!("{} tools", found.len()) };
    let names = found.into_iter().map(|spec| spec.name).collect();
    ToolOutcome { shown: Shown::List(names), ..ToolOutcome::text(text.trim_end(), summary) }
}

/// CallMcpTool. A call that names a tool never gets here: the tool's own is judged and run in its place.
#[derive(Debug)]
struct Call;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CallInput {
    /// The full name, `mcp__server__tool`.
    #[expect(dead_code, reason = "its schema is what is used")]
    name: String,
    /// What the tool's input schema asks for.
    #[serde(default)]
    #[expect(dead_code, reason = "its schema is what is used")]
    arguments: serde_json::Map<String, Value>,
}

impl Tool for Call {
    fn spec(&self) -> ToolSpec {
        describe::<CallInput>(CALL_TOOL, include_str!("../../../assets/servers/call_mcp_tool.md"))
    }

    fn access(&self, input: &Value, _: &Place) -> Result<Access, String> {
        read_input::<CallInput>(CALL_TOOL, input)?;
        Err("`name` must be the full name of a server's tool, mcp__server__tool. ToolSearch finds it.".to_owned())
    }

    fn run(&self, _: Value, _: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        Box::pin(async { ToolOutcome::error("`name` must be the full name of a server's tool.") })
    }
}

/// ListMcpResources.
#[derive(Debug)]
struct List {
    host: Host,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListInput {
    /// Only those of this server.
    #[serde(default)]
    server: Option<String>,
}

impl Tool for List {
    fn spec(&self) -> ToolSpec {
        describe::<ListInput>("ListMcpResources", include_str!("../../../assets/servers/list_mcp_resources.md"))
    }

    fn access(&self, input: &Value, _: &Place) -> Result<Access, String> {
        read_input::<ListInput>("ListMcpResources", input).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, input: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let host = self.host.clone();
        Box::pin(async move {
            let wanted = match read_input::<ListInput>("ListMcpResources", &input) {
                Ok(input) => input.server,
                Err(problem) => return ToolOutcome::error(problem),
            };
            tokio::select! {
                () = host.wait(PATIENCE, Waits::Settled) => {}
                () = context.cancel.cancelled() => return ToolOutcome::error("It was stopped."),
            }
            list(&host, wanted.as_deref())
        })
    }
}

fn list(host: &Host, wanted: Option<&str>) -> ToolOutcome {
    let statuses = host.statuses(|_| false);
    if let Some(wanted) = wanted.filter(|wanted| statuses.iter().all(|status| status.name != *wanted)) {
        let names: Vec<&str> = statuses.iter().map(|status| status.name.as_str()).collect();
        return ToolOutcome::error(format!("There is no server `{wanted}`. The servers are {}.", names.join(", ")));
    }
    let mut lines = Vec::new();
    for status in statuses.iter().filter(|status| wanted.is_none_or(|wanted| wanted == status.name)) {
        for resource in &status.resources {
            let mut row = serde_json::to_value(resource).unwrap_or_default();
            row["server"] = Value::String(status.name.clone());
            lines.push(row.to_string());
        }
    }
    let all = lines.len();
    lines.truncate(LISTED);
    let mut text = lines.join("\n");
    if all > LISTED {
        let _ = write!(text, "\n[{} more; name a server]", all - LISTED);
    }
    if all == 0 {
        "No server offers resources.".clone_into(&mut text);
    }
    ToolOutcome::text(text, format!("{all} resources"))
}

/// ReadMcpResource.
#[derive(Debug)]
struct Read {
    host: Host,
    bounds: Bounds,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReadInput {
    server: String,
    uri: String,
}

impl Tool for Read {
    fn spec(&self) -> ToolSpec {
        describe::<ReadInput>("ReadMcpResource", include_str!("../../../assets/servers/read_mcp_resource.md"))
    }

    fn access(&self, input: &Value, _: &Place) -> Result<Access, String> {
        read_input::<ReadInput>("ReadMcpResource", input).map(|_| Access::of(Action::Internal))
    }

    fn run(&self, input: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let (host, bounds) = (self.host.clone(), self.bounds);
        Box::pin(async move {
            let input: ReadInput = match read_input("ReadMcpResource", &input) {
                Ok(input) => input,
                Err(problem) => return ToolOutcome::error(problem),
            };
            let answer = tokio::select! {
                answer = host.read(&input.server, &input.uri) => answer,
                () = context.cancel.cancelled() => Err("it was stopped".to_owned()),
            };
            match answer {
                Ok(answer) => outcome(answer, bounds, &context),
                Err(problem) => ToolOutcome::error(format!("{} was not read: {problem}.", input.uri)),
            }
        })
    }
}
