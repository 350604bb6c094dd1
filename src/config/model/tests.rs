//! Tests of the choice of a model.
#![allow(clippy::unwrap_used, reason = "tests")]

use secrecy::ExposeSecret;

use super::*;

struct Case {
    set: Vars,
    all: Vars,
    wishes: Wishes,
    notices: Vec<Notice>,
}

fn case(set: &[(&str, &str)]) -> Case {
    let mut vars = Vars::default();
    for (name, value) in set {
        vars.set(name, value, "the environment");
    }
    Case { all: vars.clone(), set: vars, wishes: Wishes::default(), notices: Vec::new() }
}

impl Case {
    fn dotenv(mut self, pairs: &[(&str, &str)]) -> Self {
        for (name, value) in pairs {
            if self.all.get(name).is_none() {
                self.all.set(name, value, ".env");
            }
        }
        self
    }

    fn provider(mut self, name: &str) -> Self {
        self.wishes.provider = Some((name.to_owned(), "--provider".to_owned()));
        self
    }

    fn model(mut self, name: &str) -> Self {
        self.wishes.model = Some(name.to_owned());
        self
    }

    fn setting(mut self, name: &str) -> Self {
        self.wishes.setting = Some(name.to_owned());
        self
    }

    fn choice(&mut self) -> Option<ModelChoice> {
        choose(&self.set, &self.all, &self.wishes, &ModelTable::built_in(), &mut self.notices)
    }

    fn shown(mut self) -> String {
        match self.choice() {
            None => format!("none {:?}", self.notices.iter().map(|notice| notice.text.as_str()).collect::<Vec<_>>()),
            Some(choice) => {
                let (how, key) = match &choice.auth {
                    Auth::None => ("open", String::new()),
                    Auth::ApiKey(key) => ("key", key.expose_secret().to_owned()),
                    Auth::Bearer(key) => ("bearer", key.expose_secret().to_owned()),
                };
                let model = choice.model.unwrap_or_else(|| "?".to_owned());
                format!("{} {} {how}:{key} {model} | {}", choice.wire.name(), choice.base_url, choice.source)
            }
        }
    }
}

const KEY: (&str, &str) = ("ANTHROPIC_API_KEY", "a");
const OPENAI: (&str, &str) = ("OPENAI_API_KEY", "o");

#[test]
fn what_is_set_decides_and_anthropic_wins() {
    for (set, expected) in [
        (vec![], "none []"),
        (
            vec![OPENAI, KEY],
            "anthropic https://api.anthropic.com key:a claude-opus-5-5 | ANTHROPIC_API_KEY from the environment",
        ),
        (
            vec![
                KEY,
                ("ANTHROPIC_AUTH_TOKEN", " t "),
                ("ANTHROPIC_BASE_URL", "http://gw:1/x"),
                ("ANTHROPIC_MODEL", "m"),
            ],
            "anthropic http://gw:1/x bearer:t m | ANTHROPIC_AUTH_TOKEN from the environment",
        ),
        (
            vec![OPENAI, ("ANTHROPIC_BASE_URL", "http://gw")],
            "openai https://api.openai.com/v1 bearer:o gpt-6.1-sol | OPENAI_API_KEY from the environment",
        ),
        (
            vec![("ANTHROPIC_BASE_URL", "http://gw")],
            "anthropic http://gw open: claude-opus-5-5 | ANTHROPIC_BASE_URL from the environment",
        ),
        (
            vec![OPENAI, ("OPENAI_BASE_URL", "http://v/v1"), ("OPENAI_MODEL", "qwen")],
            "openai http://v/v1 bearer:o qwen | OPENAI_API_KEY from the environment",
        ),
        (
            vec![OPENAI, ("OPENAI_WIRE", "responses")],
            "openai-responses https://api.openai.com/v1 bearer:o gpt-6.1-sol | OPENAI_API_KEY from the environment",
        ),
        (
            vec![("LLM_API_BASE", "http://l:4000"), ("LLM_API_KEY", "l"), ("LLM_MODEL", "anthropic/claude-opus-5-5")],
            "openai http://l:4000 bearer:l anthropic/claude-opus-5-5 | LLM_API_KEY from the environment",
        ),
        (vec![("LLM_API_BASE", "http://l")], "openai http://l open: ? | LLM_API_BASE from the environment"),
        (vec![("LLM_API_KEY", "l")], "none []"),
        (
            vec![("DEEPSEEK_API_KEY", "d"), ("OLLAMA_HOST", "box")],
            "openai https://api.deepseek.com bearer:d deepseek-flash | DEEPSEEK_API_KEY from the environment",
        ),
        (vec![("OLLAMA_HOST", "box")], "ollama http://box:11434 open: ? | OLLAMA_HOST from the environment"),
        (vec![("ANTHROPIC_API_KEY", "  "), ("ANTHROPIC_MODEL", "x")], "none []"),
    ] {
        assert_eq!(case(&set).shown(), expected, "{set:?}");
    }
}

#[test]
fn flags_force() {
    assert_eq!(
        case(&[KEY, OPENAI]).provider("openai-responses").model("m").shown(),
        "openai-responses https://api.openai.com/v1 bearer:o m | OPENAI_API_KEY from the environment"
    );
    assert_eq!(
        case(&[KEY]).provider("ollama").model("llama").shown(),
        "ollama http://127.0.0.1:11434 open: llama | --provider ollama"
    );
    assert_eq!(case(&[KEY]).provider("rehearsal").shown(), "rehearsal  open: ? | --provider rehearsal");
    assert_eq!(case(&[KEY]).provider("openai").shown(), r#"none ["OpenAI needs a key, and none is set"]"#);
    assert!(
        case(&[KEY])
            .provider("opnai")
            .shown()
            .contains("--provider: there is no provider `opnai`. Did you mean openai?")
    );
    // The name of a model leads to who serves it, if he is there.
    assert!(case(&[KEY, OPENAI]).model("gpt-5.4").shown().starts_with("openai https://api.openai.com"));
    assert!(case(&[KEY, OPENAI]).model("sonnet").shown().contains("key:a claude-sonnet-5-5"));
    assert!(case(&[KEY]).model("gpt-5.4").shown().starts_with("anthropic "));
    assert!(case(&[KEY, ("LLM_API_BASE", "http://l")]).model("gpt-5.4").shown().starts_with("openai http://l "));
}

#[test]
fn names_of_models_come_in_order() {
    assert!(case(&[KEY]).setting("sonnet[1m]").shown().contains(" claude-sonnet-5-5 |"));
    assert!(case(&[KEY]).setting("default").shown().contains(" claude-opus-5-5 |"));
    assert!(case(&[KEY, ("ANTHROPIC_MODEL", "haiku")]).setting("sonnet").shown().contains(" claude-haiku-5-5 |"));
    assert!(
        case(&[KEY, ("ANTHROPIC_DEFAULT_SONNET_MODEL", "my-sonnet")])
            .setting("sonnet")
            .shown()
            .contains(" my-sonnet |")
    );
    assert!(
        case(&[OPENAI]).setting("opus").shown().contains(" gpt-6.1-sol |"),
        "a setting for Claude is not for others"
    );
    assert!(case(&[OPENAI]).setting("gpt-5.4").shown().contains(" gpt-5.4 |"));
    assert!(case(&[KEY]).setting("gpt-5.4").shown().contains(" claude-opus-5-5 |"));
}

#[test]
fn a_file_of_the_project_comes_after_the_person() {
    let file = [KEY, ("OPENAI_MODEL", "from-file")];
    assert!(case(&[OPENAI]).dotenv(&file).shown().contains("bearer:o from-file |"));
    assert!(case(&[]).dotenv(&file).shown().ends_with("ANTHROPIC_API_KEY from .env"));
}

#[test]
fn a_wrong_address_sends_no_key_anywhere() {
    for address in ["localhost:8080", "ftp://x", "http://", "nonsense"] {
        let text = case(&[KEY, ("ANTHROPIC_BASE_URL", address)]).shown();
        assert!(text.starts_with("none [\"ANTHROPIC_BASE_URL from the environment: this is not an address"), "{text}");
    }
}

#[test]
fn headers_are_read_and_secrets_stay_inside() {
    let mut case = case(&[
        ("ANTHROPIC_API_KEY", "sk-secret"),
        ("ANTHROPIC_BASE_URL", "https://me:sk-secret@gw"),
        ("ANTHROPIC_CUSTOM_HEADERS", "X-A: sk-secret\nbroken\nB C: d\n\nX-D: e:f"),
    ]);
    case.wishes.fallback = ["haiku", "b", "c", "d"].map(ToOwned::to_owned).to_vec();
    let choice = case.choice().unwrap();
    assert_eq!(choice.headers, [("X-A".into(), "sk-secret".into()), ("X-D".into(), "e:f".into())]);
    assert_eq!(choice.fallback, ["claude-haiku-5-5", "b", "c"]);
    assert_eq!(case.notices.len(), 2);
    assert!(!format!("{choice:?}{:?}", case.notices).contains("sk-secret"), "{choice:?}");
}
