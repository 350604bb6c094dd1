//! Which model is asked, where, and with which key: decided by what is set.

use std::fmt;

use secrecy::SecretString;

use crate::domain::{Notice, Wire};
use crate::provider::{Auth, Endpoint};
use crate::usage::ModelTable;

use super::environment::Vars;
use super::server::{Server, ollama_address, usable_address};

/// Everything that is needed to reach a model.
#[derive(Clone)]
pub struct ModelChoice {
    pub wire: Wire,
    /// As it was set; the wire completes it.
    pub base_url: String,
    pub auth: Auth,
    /// Further headers; their values may be secret.
    pub headers: Vec<(String, String)>,
    /// None when nothing names one: the server is to be asked which it has.
    pub model: Option<String>,
    /// Models to try when that one is overloaded, in order, at most three.
    pub fallback: Vec<String>,
    /// What decided, such as `ANTHROPIC_API_KEY from the environment`.
    pub source: String,
}

impl ModelChoice {
    /// The server, the key and the headers, as a provider takes them.
    pub fn endpoint(&self) -> Endpoint {
        let endpoint = Endpoint::new(self.base_url.clone(), self.auth.clone());
        Endpoint { headers: self.headers.clone(), ..endpoint }
    }
}

/// What was asked for beside the variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    /// A provider's name, and which flag or setting has it.
    pub provider: Option<(String, String)>,
    /// `--model`.
    pub model: Option<String>,
    /// The `model` of the settings.
    pub setting: Option<String>,
    pub fallback: Vec<String>,
}

/// Chooses. `set` holds the variables of the process and the settings, `all` those of `.env` too: what
/// the person set himself chooses the provider before a file of the project does.
pub(super) fn choose(
    set: &Vars,
    all: &Vars,
    wishes: &Wishes,
    table: &ModelTable,
    notices: &mut Vec<Notice>,
) -> Option<ModelChoice> {
    let server = match &wishes.provider {
        Some((name, place)) => match Server::named(name) {
            Ok(server) => server,
            Err(text) => {
                notices.push(Notice::error(format!("{place}: {text}")));
                return None;
            }
        },
        None => found(set, all, wishes.model.as_deref())?,
    };
    match reach(server, all, wishes, table, notices) {
        Ok(choice) => Some(choice),
        Err(notice) => {
            notices.push(notice);
            None
        }
    }
}

/// The server that the variables speak of. Anthropic wins, unless `--model` names another's model.
fn found(set: &Vars, all: &Vars, model: Option<&str>) -> Option<Server> {
    let mut order = Server::ORDER.to_vec();
    if let Some(family) = model.and_then(Server::of_model) {
        // Only the order changes: a gateway may serve anybody's models.
        let rank = |server: &Server| match server {
            _ if *server == family => 0,
            Server::Gateway if family != Server::Anthropic => 1,
            _ => 2,
        };
        order.sort_by_key(rank);
    }
    let keyed = |vars: &Vars| order.iter().copied().find(|server| server.has_key(vars));
    keyed(set).or_else(|| keyed(all)).or_else(|| order.iter().copied().find(|server| server.has_address(all)))
}

fn reach(
    server: Server,
    vars: &Vars,
    wishes: &Wishes,
    table: &ModelTable,
    notices: &mut Vec<Notice>,
) -> Result<ModelChoice, Notice> {
    let (base_url, address_from) = address(server, vars)?;
    let (auth, key_from) = auth(server, vars);
    if key_from.is_none() && address_from.is_none() && server.needs_key() {
        let text = format!("{} needs a key, and none is set", server.title());
        return Err(Notice::error(text).hint(format!("set {} and start again", server.keys().join(" or "))));
    }
    let model = model(server, vars, wishes, table);
    if model.is_none() && server == Server::Gateway {
        let text = "LLM_API_BASE is set, but no model is named";
        notices.push(Notice::warning(text).hint("set LLM_MODEL, or start with --model"));
    }
    let named = wishes.provider.as_ref().map(|(name, place)| format!("{place} {name}"));
    Ok(ModelChoice {
        wire: server.wire(vars, &base_url, model.as_deref()),
        base_url,
        auth,
        headers: if server == Server::Anthropic { headers(vars, notices) } else { Vec::new() },
        fallback: wishes.fallback.iter().take(3).map(|name| resolved(server, name, vars, table)).collect(),
        model,
        source: key_from.or(address_from).or(named).unwrap_or_default(),
    })
}

fn address(server: Server, vars: &Vars) -> Result<(String, Option<String>), Notice> {
    let given = server.address_variable().and_then(|name| vars.get(name).map(|var| (name, var)));
    let Some((name, var)) = given else {
        if let Some(usual) = server.usual_address() {
            return Ok((usual.to_owned(), None));
        }
        let text = format!("{} has no usual address, and LLM_API_BASE is not set", server.title());
        return Err(Notice::error(text).hint("set LLM_API_BASE, such as http://localhost:4000/v1"));
    };
    let text = if server == Server::Ollama { ollama_address(&var.value) } else { var.value.trim().to_owned() };
    match usable_address(&text) {
        Ok(()) => Ok((text, Some(format!("{name} from {}", var.origin)))),
        Err(problem) => {
            let text = format!("{name} from {}: {problem}; no model is asked", var.origin);
            Err(Notice::error(text).hint("write it like https://host/v1"))
        }
    }
}

fn auth(server: Server, vars: &Vars) -> (Auth, Option<String>) {
    for name in server.keys() {
        let Some(var) = vars.get(name).filter(|var| !var.value.trim().is_empty()) else { continue };
        let key = SecretString::from(var.value.trim());
        let auth = if *name == "ANTHROPIC_API_KEY" { Auth::ApiKey(key) } else { Auth::Bearer(key) };
        return (auth, Some(format!("{name} from {}", var.origin)));
    }
    (Auth::None, None)
}

/// `--model`, the provider's variable, the settings, the table: the first that names one.
fn model(server: Server, vars: &Vars, wishes: &Wishes, table: &ModelTable) -> Option<String> {
    let setting = wishes.setting.as_deref().filter(|name| server.could_serve(name, vars));
    let named =
        wishes.model.as_deref().or_else(|| server.model_variable().and_then(|name| vars.text(name))).or(setting);
    match named {
        Some(name) => Some(resolved(server, name, vars, table)),
        None => table.default_for(server.table_name()?).map(ToOwned::to_owned),
    }
}

/// Short names are Anthropic's alone, and may be bound to other models by variables.
fn resolved(server: Server, name: &str, vars: &Vars, table: &ModelTable) -> String {
    if server != Server::Anthropic {
        return name.to_owned();
    }
    let short = name.strip_suffix("[1m]").unwrap_or(name);
    let bound = vars.text(&format!("ANTHROPIC_DEFAULT_{}_MODEL", short.to_ascii_uppercase()));
    bound.unwrap_or_else(|| table.resolve(short)).to_owned()
}

/// `ANTHROPIC_CUSTOM_HEADERS`: one `Name: value` a line.
fn headers(vars: &Vars, notices: &mut Vec<Notice>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let text = vars.text("ANTHROPIC_CUSTOM_HEADERS").unwrap_or_default();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match line.split_once(':').map(|(name, value)| (name.trim(), value.trim())) {
            Some((name, value)) if is_header(name) && !value.chars().any(char::is_control) => {
                headers.push((name.to_owned(), value.to_owned()));
            }
            _ => {
                let text = format!("ANTHROPIC_CUSTOM_HEADERS, line {}: this is not `Name: value`", index + 1);
                notices.push(Notice::warning(text).hint("the line is left out, the others are sent"));
            }
        }
    }
    headers
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

impl fmt::Debug for ModelChoice {
    /// Header values and an address's user part stay hidden; the key hides itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ModelChoice")
            .field("wire", &self.wire)
            .field("host", &url::Url::parse(&self.base_url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned)))
            .field("auth", &self.auth)
            .field("headers", &names)
            .field("model", &self.model)
            .field("fallback", &self.fallback)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
