//! Streamable HTTP: headers, the helper that prints some, the login.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect;
use rmcp::ServiceExt;
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;

use super::handler::Handler;
use super::{Around, Problem, auth, problem};
use crate::base::net;
use crate::base::process::{self, Group};
use crate::mcp::config::Reach;

/// How long the helper may take.
const HELPER: Duration = Duration::from_secs(10);
/// Bytes of what it prints.
const HELPER_BYTES: u64 = 64 * 1024;
/// Redirects that are followed, all within the same origin.
const REDIRECTS: usize = 5;

/// Connects and greets.
pub(super) async fn serve(
    reach: &Reach,
    around: &Around,
    handler: Handler,
) -> Result<RunningService<RoleClient, Handler>, Problem> {
    let headers = headers(reach, around).await.map_err(Problem::Lasting)?;
    let client = client().await.map_err(Problem::Lasting)?;
    let settings = StreamableHttpClientTransportConfig::with_uri(reach.url.clone()).custom_headers(headers);
    if let Some(client) = auth::client(reach, around, client.clone()).await {
        let transport = StreamableHttpClientTransport::with_client(client, settings);
        return handler.serve(transport).await.map_err(|error| problem(&error));
    }
    let transport = StreamableHttpClientTransport::with_client(client, settings);
    handler.serve(transport).await.map_err(|error| problem(&error))
}

/// A client that never carries a header to another origin.
pub(super) async fn client() -> Result<reqwest::Client, String> {
    let make = || {
        let same_origin = redirect::Policy::custom(|attempt| {
            let first = attempt.previous().first().map(url::Url::origin);
            if first.is_some_and(|first| first == attempt.url().origin()) && attempt.previous().len() <= REDIRECTS {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        net::base(net::Reach::Anywhere).redirect(same_origin)
    };
    let made = tokio::task::spawn_blocking(move || net::finish(make)).await;
    made.unwrap_or_else(|error| Err(error.to_string()))
}

/// The headers of the entry and those that its helper prints, which win.
pub(super) async fn headers(reach: &Reach, around: &Around) -> Result<HashMap<HeaderName, HeaderValue>, String> {
    let mut all = reach.headers.clone();
    if let Some(helper) = &reach.headers_helper {
        all.extend(run_helper(helper, reach, around).await.map_err(|problem| format!("headersHelper: {problem}"))?);
    }
    let header = |(name, value): (String, String)| {
        let wrong = |_| format!("`{name}` is no header that can be sent");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        let mut value = HeaderValue::from_str(&value).map_err(|error| wrong(error.to_string()))?;
        value.set_sensitive(true);
        Ok((key, value))
    };
    all.into_iter().map(header).collect()
}

async fn run_helper(
    command: &str,
    reach: &Reach,
    around: &Around,
) -> Result<std::collections::BTreeMap<String, String>, String> {
    use tokio::io::AsyncReadExt;
    let mut helper = tokio::process::Command::from(process::leader(std::path::Path::new("/bin/sh")));
    helper.args(["-c", command]).env_clear().envs(&*around.env).env("CLAUDE_CODE_MCP_SERVER_URL", &reach.url);
    helper.current_dir(&around.cwd).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    let mut child = helper.spawn().map_err(|error| format!("it cannot be started: {error}"))?;
    let mut group = Group::adopt(child.id().unwrap_or_default());
    let output = child.stdout.take();
    let run = async {
        let mut printed = Vec::new();
        if let Some(output) = output {
            output.take(HELPER_BYTES).read_to_end(&mut printed).await.map_err(|error| error.to_string())?;
        }
        let status = child.wait().await.map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("it failed ({status})"));
        }
        serde_json::from_slice(&printed).map_err(|_| "it did not print a JSON object of texts".to_owned())
    };
    let done = tokio::time::timeout(HELPER, run).await.map_err(|_| "it took more than 10 s".to_owned())?;
    group.mark_reaped();
    done
}
