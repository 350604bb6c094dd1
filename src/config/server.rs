//! The kinds of servers that can be asked, and the variables that speak of each.

use crate::domain::Wire;

use super::environment::Vars;

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Anthropic,
    Openai,
    /// OpenAI with the Responses wire asked for.
    OpenaiResponses,
    /// Anything that speaks Chat Completions at `LLM_API_BASE`.
    Gateway,
    Deepseek,
    Ollama,
    Rehearsal,
}

const NAMES: [(&str, Server); 8] = [
    ("anthropic", Server::Anthropic),
    ("openai", Server::Openai),
    ("openai-responses", Server::OpenaiResponses),
    ("llm", Server::Gateway),
    ("litellm", Server::Gateway),
    ("deepseek", Server::Deepseek),
    ("ollama", Server::Ollama),
    ("rehearsal", Server::Rehearsal),
];

impl Server {
    /// Those that are looked for, the one that wins first.
    pub const ORDER: [Self; 5] = [Self::Anthropic, Self::Openai, Self::Gateway, Self::Deepseek, Self::Ollama];

    /// The server that `--provider` names.
    pub fn named(name: &str) -> Result<Self, String> {
        let name = name.trim().to_ascii_lowercase();
        if let Some((_, server)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(*server);
        }
        let known = NAMES.map(|(known, _)| known).join(", ");
        let near = crate::base::near::nearest(&name, NAMES.iter().map(|(known, _)| *known));
        let near = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
        Err(format!("there is no provider `{name}`.{near} Choose one of {known}"))
    }

    /// The server whose models have names like this, for the families that are known by their names.
    pub fn of_model(name: &str) -> Option<Self> {
        let short = name.strip_suffix("[1m]").unwrap_or(name);
        let is_o_series = short.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if short.starts_with("claude") || ["opus", "sonnet", "haiku", "fable", "best", "opusplan"].contains(&short) {
            Some(Self::Anthropic)
        } else if short.starts_with("gpt-") || short.starts_with("chatgpt-") || is_o_series {
            Some(Self::Openai)
        } else if short.starts_with("deepseek-") {
            Some(Self::Deepseek)
        } else {
            None
        }
    }

    /// A model of the settings, which were written for Claude Code, is taken where it can be meant.
    pub fn could_serve(self, model: &str, vars: &Vars) -> bool {
        if model == "default" {
            return false;
        }
        match (self, Self::of_model(model)) {
            (Self::Gateway, _) | (_, None) => true,
            (Self::OpenaiResponses, Some(family)) => family == Self::Openai,
            (_, Some(family)) => family == self || (self == Self::Anthropic && self.has_address(vars)),
        }
    }

    /// What is set is enough to choose this server.
    pub fn has_key(self, vars: &Vars) -> bool {
        match self {
            Self::Gateway | Self::Ollama => self.has_address(vars),
            _ => self.keys().iter().any(|name| vars.text(name).is_some()),
        }
    }

    /// Its address is set.
    pub fn has_address(self, vars: &Vars) -> bool {
        self.address_variable().is_some_and(|name| vars.text(name).is_some())
    }

    /// The variables with its key, the one that wins first.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Anthropic => &["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"],
            Self::Openai | Self::OpenaiResponses => &["OPENAI_API_KEY"],
            Self::Gateway => &["LLM_API_KEY"],
            Self::Deepseek => &["DEEPSEEK_API_KEY"],
            Self::Ollama => &["OLLAMA_API_KEY"],
            Self::Rehearsal => &[],
        }
    }

    /// It cannot be asked without a key, unless its address was set too.
    pub fn needs_key(self) -> bool {
        matches!(self, Self::Anthropic | Self::Openai | Self::OpenaiResponses | Self::Deepseek)
    }

    pub fn address_variable(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("ANTHROPIC_BASE_URL"),
            Self::Openai | Self::OpenaiResponses => Some("OPENAI_BASE_URL"),
            Self::Gateway => Some("LLM_API_BASE"),
            Self::Ollama => Some("OLLAMA_HOST"),
            Self::Deepseek | Self::Rehearsal => None,
        }
    }

    pub fn usual_address(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Openai | Self::OpenaiResponses => Some("https://api.openai.com/v1"),
            Self::Deepseek => Some("https://api.deepseek.com"),
            Self::Ollama => Some("http://127.0.0.1:11434"),
            Self::Rehearsal => Some(""),
            Self::Gateway => None,
        }
    }

    pub fn model_variable(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("ANTHROPIC_MODEL"),
            Self::Openai | Self::OpenaiResponses => Some("OPENAI_MODEL"),
            Self::Gateway => Some("LLM_MODEL"),
            Self::Deepseek | Self::Ollama | Self::Rehearsal => None,
        }
    }

    /// Its name in the defaults of the table of models.
    pub fn table_name(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("anthropic"),
            Self::Openai | Self::OpenaiResponses => Some("openai"),
            Self::Deepseek => Some("deepseek"),
            Self::Gateway | Self::Ollama | Self::Rehearsal => None,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Anthropic => "Anthropic",
            Self::Openai | Self::OpenaiResponses => "OpenAI",
            Self::Gateway => "the provider `llm`",
            Self::Deepseek => "DeepSeek",
            Self::Ollama => "Ollama",
            Self::Rehearsal => "the rehearsal",
        }
    }

    /// The wire. OpenAI's own host has models that only speak Responses; everywhere else Chat
    /// Completions is what can be relied on. `OPENAI_WIRE` says otherwise.
    pub fn wire(self, vars: &Vars, base_url: &str, model: Option<&str>) -> Wire {
        match self {
            Self::Anthropic => Wire::Anthropic,
            Self::Ollama => Wire::Ollama,
            Self::Rehearsal => Wire::Replay,
            Self::OpenaiResponses => Wire::OpenaiResponses,
            Self::Gateway | Self::Deepseek => Wire::OpenaiChat,
            Self::Openai => match vars.text("OPENAI_WIRE") {
                Some("responses") => Wire::OpenaiResponses,
                None if is_openai(base_url) && model.is_some_and(needs_responses) => Wire::OpenaiResponses,
                _ => Wire::OpenaiChat,
            },
        }
    }
}

fn is_openai(base_url: &str) -> bool {
    url::Url::parse(base_url).is_ok_and(|url| url.host_str() == Some("api.openai.com"))
}

fn needs_responses(model: &str) -> bool {
    model.contains("codex") || model.contains("deep-research") || model.ends_with("-pro") || model.contains("-pro-20")
}

/// `OLLAMA_HOST` as Ollama itself reads it: a host, a port, both, or an address. A server that listens
/// everywhere is asked at home.
pub(super) fn ollama_address(text: &str) -> String {
    let text = text.trim().trim_end_matches('/');
    if text.contains("://") {
        return text.replacen("//0.0.0.0", "//127.0.0.1", 1);
    }
    let (host, path) = text.split_once('/').map_or((text, String::new()), |(host, path)| (host, format!("/{path}")));
    let is_bare_v6 = host.matches(':').count() > 1 && !host.contains(']');
    let host = if is_bare_v6 { format!("[{host}]") } else { host.to_owned() };
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let host =
        if host.starts_with(':') { format!("127.0.0.1{host}") } else { host.replacen("0.0.0.0", "127.0.0.1", 1) };
    let port = if has_port { "" } else { ":11434" };
    format!("http://{host}{port}{path}")
}

/// Says what is wrong with an address.
pub(super) fn usable_address(text: &str) -> Result<(), String> {
    let url = url::Url::parse(text).map_err(|problem| format!("this is not an address ({problem})"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(()),
        _ => Err("this is not an address that begins with http:// or https://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn ollama_hosts_are_read_as_ollama_reads_them() {
        for (text, expected) in [
            ("localhost", "http://localhost:11434"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("box:8080", "http://box:8080"),
            (":8080", "http://127.0.0.1:8080"),
            ("http://box", "http://box"),
            ("https://box/ollama/", "https://box/ollama"),
            ("http://0.0.0.0:1", "http://127.0.0.1:1"),
            ("::1", "http://[::1]:11434"),
            ("[::1]:80", "http://[::1]:80"),
            ("box/api", "http://box:11434/api"),
        ] {
            assert_eq!(ollama_address(text), expected, "{text}");
            assert_eq!(usable_address(expected), Ok(()), "{expected}");
        }
    }

    #[test]
    fn providers_are_named_or_nearly_so() {
        assert_eq!(Server::named(" OpenAI "), Ok(Server::Openai));
        let text = Server::named("antropic").unwrap_err();
        assert!(text.contains("Did you mean anthropic?"), "{text}");
        assert!(!Server::named("zzz").unwrap_err().contains("mean"));
    }

    #[test]
    fn only_some_models_of_openai_need_responses() {
        let vars = Vars::default();
        let wire = |base: &str, model| Server::Openai.wire(&vars, base, Some(model));
        assert_eq!(wire("https://api.openai.com/v1", "gpt-5.3-codex"), Wire::OpenaiResponses);
        assert_eq!(wire("https://api.openai.com/v1", "gpt-6.1-sol"), Wire::OpenaiChat);
        assert_eq!(wire("http://localhost:4000", "gpt-5.3-codex"), Wire::OpenaiChat);
        assert_eq!(Server::OpenaiResponses.wire(&vars, "http://localhost", None), Wire::OpenaiResponses);
    }
}
