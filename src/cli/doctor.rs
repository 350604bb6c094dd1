//! `latigo doctor`: what is installed, what works, what is missing and how to get it.
//!
//! It changes nothing, asks no server and never prints a key. The answer is exit code 1 when something stands
//! in the way of work, 0 otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::base::programs;
use crate::base::text::sanitize_line;
use crate::config::{self, ConfigInput, Flags, Settings};
use crate::domain::{Notice, NoticeLevel};
use crate::lsp::LanguageConfig;
use crate::sandbox::{self, Doubt, Means, Proof};
use crate::session::Store;
use crate::shell::{Exit, Printer};

/// How good or bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    /// Worth knowing; nothing is broken.
    Note,
    Problem,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    topic: &'static str,
    state: State,
    text: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Everything that is looked at.
struct Patient {
    env: BTreeMap<String, String>,
    cwd: PathBuf,
    dirs: Dirs,
    settings: Settings,
    proof: Proof,
    is_terminal: bool,
}

/// Looks and prints.
pub(super) fn doctor(json: bool, is_terminal: bool, printer: &mut Printer) -> Exit {
    let patient = match survey(is_terminal) {
        Ok(patient) => patient,
        Err(problem) => {
            printer.remark(&format!("latigo: {problem}"));
            return Exit::Failure;
        }
    };
    let findings = examine(&patient);
    let sick = findings.iter().any(|finding| finding.state == State::Problem);
    if json {
        let value = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "ok": !sick,
            "sandbox": sandbox_name(&patient),
            "findings": findings,
        });
        printer.line(&value.to_string());
    } else {
        for line in lines(&findings) {
            printer.line(&line);
        }
    }
    if sick { Exit::Failure } else { Exit::Done }
}

fn survey(is_terminal: bool) -> Result<Patient, String> {
    let cwd = std::env::current_dir().map_err(|error| format!("The current folder cannot be entered: {error}."))?;
    let env: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let dirs = Dirs::find(env.get(HOME_VARIABLE).map(String::as_str), &cwd)?;
    let home = env.get("HOME").map_or_else(|| cwd.clone(), PathBuf::from);
    let input =
        ConfigInput { home: &home, cwd: &cwd, env: env.clone(), flags: Flags::default(), dirs: &dirs, managed: None };
    let settings = config::load(input);
    Ok(Patient { env, cwd, dirs, settings, proof: sandbox::prove(), is_terminal })
}

fn examine(patient: &Patient) -> Vec<Finding> {
    let mut findings = vec![found(
        "program",
        State::Ok,
        format!("latigo {} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH),
    )];
    findings.extend(installed());
    findings.extend(walls(&patient.proof, &patient.settings.capabilities.sandbox));
    findings.extend(patient.settings.notices.iter().map(notice));
    if patient.settings.notices.is_empty() {
        findings.push(found("settings", State::Ok, "no problems".to_owned()));
    }
    findings.push(model(&patient.settings));
    findings.extend(languages(&patient.settings));
    findings.push(folder(&patient.dirs, &patient.cwd, &patient.settings));
    findings.push(terminal(&patient.env, patient.is_terminal));
    findings
}

fn found(topic: &'static str, state: State, text: String) -> Finding {
    Finding { topic, state, text, hint: None }
}

impl Finding {
    fn hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }
}

/// Programs that are used when they are there.
fn installed() -> Vec<Finding> {
    let known: [(&str, &str, &[&str]); 3] = [
        ("bash", "commands run in sh instead", &["/bin", "/usr/bin"]),
        ("git", "the branch is still shown; commands of git do not work", &["/usr/bin", "/bin", "/usr/local/bin"]),
        ("setsid", "commands can draw on the terminal", &["/usr/bin", "/bin"]),
    ];
    let look = |(name, without, folders): (&str, &str, &[&str])| {
        let path = folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
        match path {
            Some(path) => found("installed", State::Ok, format!("{name}: {}", path.display())),
            None if name == "setsid" && !cfg!(target_os = "linux") => {
                found("installed", State::Ok, "setsid: not part of this system".to_owned())
            }
            None => found("installed", State::Note, format!("{name} is missing: {without}")),
        }
    };
    known.into_iter().map(look).collect()
}

fn walls(proof: &Proof, wish: &sandbox::Wish) -> Vec<Finding> {
    let mut findings = Vec::new();
    for trial in &proof.trials {
        findings.push(match &trial.outcome {
            Ok(proven) => found("sandbox", State::Ok, format!("{} works: {proven}", trial.name)),
            Err(Doubt::Unclear(why)) => {
                found("sandbox", State::Note, format!("{} could not be tried to the end: {why}", trial.name))
                    .hint("the machine seems to be very busy; run latigo doctor again")
            }
            Err(Doubt::Fails(why)) => {
                let finding = found("sandbox", State::Note, format!("{} does not work: {why}", trial.name));
                match advice(trial.name, why) {
                    Some(advice) => finding.hint(advice),
                    None => finding,
                }
            }
        });
    }
    if let (true, Some(means)) = (wish.enabled, &proof.means) {
        findings.push(found("sandbox", State::Ok, network(wish, means)));
    }
    findings.push(match (wish.enabled, &proof.means) {
        (true, Some(means)) => {
            found("sandbox", State::Ok, format!("on: commands are kept in by {}", means.confinement()))
        }
        (true, None) => {
            let then = if wish.required { "refused" } else { "asked about, each one" };
            found(
                "sandbox",
                State::Problem,
                format!("on in the settings, but nothing confines here: commands are {then}"),
            )
            .hint("install bubblewrap, or set `sandbox.enabled` to false")
        }
        (false, means) => {
            let can = if means.is_some() { "it could be switched on" } else { "nothing confines here" };
            found("sandbox", State::Note, format!("off: commands that are allowed run with all your rights; {can}"))
                .hint("set `\"sandbox\": {\"enabled\": true}` in your settings")
        }
    });
    findings
}

/// How confined commands reach the network.
fn network(wish: &sandbox::Wish, means: &Means) -> String {
    if wish.network {
        return "network: all of it is open to confined commands".to_owned();
    }
    if !means.has_own_network() {
        let text = "network: none, because a port can be opened here but not by host; `allowedDomains` needs bubblewrap or unshare";
        return text.to_owned();
    }
    let then = if wish.strict_domains { "others are refused" } else { "others are asked about" };
    let count = wish.allowed_domains.len();
    format!("network: host by host through a proxy; {count} open by `allowedDomains` besides rules, {then}")
}

fn advice(name: &str, why: &str) -> Option<&'static str> {
    match name {
        "bubblewrap" if why.contains("not installed") => {
            Some("apt-get install bubblewrap, dnf install bubblewrap or pacman -S bubblewrap")
        }
        "bubblewrap" => Some(
            "namespaces for ordinary users may be forbidden: see `sysctl kernel.unprivileged_userns_clone kernel.apparmor_restrict_unprivileged_userns user.max_user_namespaces`; in a container, it has to allow them",
        ),
        "landlock" => Some("Landlock needs Linux 6.2 or newer with landlock among the security modules"),
        _ => None,
    }
}

fn sandbox_name(patient: &Patient) -> String {
    match (&patient.proof.means, patient.settings.capabilities.sandbox.enabled) {
        (_, false) => "off".to_owned(),
        (None, true) => "unavailable".to_owned(),
        (Some(means), true) => Means::confinement(means).to_string(),
    }
}

fn notice(notice: &Notice) -> Finding {
    let state = match notice.level {
        NoticeLevel::Error => State::Problem,
        NoticeLevel::Info | NoticeLevel::Warning => State::Note,
    };
    Finding { hint: notice.hint.clone(), ..found("settings", state, notice.text.clone()) }
}

fn model(settings: &Settings) -> Finding {
    match &settings.model {
        Some(choice) => {
            let name = choice.model.as_deref().unwrap_or("to be asked of the server");
            found("model", State::Ok, format!("{name}, by {}", choice.source))
        }
        None => found("model", State::Problem, "none is configured".to_owned())
            .hint("set ANTHROPIC_API_KEY or OPENAI_API_KEY, or start Ollama; `latigo --rehearse` needs none"),
    }
}

/// Language servers: which are set or installed, whether their programs are there, and whether they may run here. None
/// is started.
fn languages(settings: &Settings) -> Vec<Finding> {
    let path = settings.child_env.get("PATH").map(String::as_str);
    let look = |config: &LanguageConfig| {
        let endings: Vec<&str> = config.extensions.keys().map(String::as_str).collect();
        let head = format!("{} for {}", config.name, endings.join(" "));
        if let Some(why) = &config.off {
            return found("language", State::Note, format!("{head}: off, {why}"));
        }
        match programs::find(&config.command, &settings.project, path) {
            None => found("language", State::Note, format!("{head}: `{}` is not found", config.command))
                .hint("install it, or give its whole path in `lspServers`"),
            Some(place) if config.unasked => {
                found("language", State::Note, format!("{head}: {}, not used here yet", place.display()))
                    .hint(&format!("/lsp start {} uses it in this project", config.name))
            }
            Some(place) => found("language", State::Ok, format!("{head}: {}", place.display())),
        }
    };
    settings.capabilities.languages.servers.iter().map(look).collect()
}

fn folder(dirs: &Dirs, cwd: &Path, settings: &Settings) -> Finding {
    let sessions = Store::new(dirs.data.clone()).list(None).len();
    let here = if settings.trusted { "trusted" } else { "not trusted yet" };
    let text = format!("{}: {sessions} sessions; {} is {here}", dirs.data.display(), cwd.display());
    // The deepest folder that exists tells whether a new one can be made in it.
    let existing = dirs.data.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::access(existing, rustix::fs::Access::WRITE_OK) {
        Ok(()) if existing.is_dir() => found("data", State::Ok, text),
        _ => found(
            "data",
            State::Problem,
            format!("{} cannot be written, so no session can be kept", existing.display()),
        )
        .hint("make it writable, or set LATIGO_HOME to another folder"),
    }
}

fn terminal(env: &BTreeMap<String, String>, is_terminal: bool) -> Finding {
    let value = |name: &str| env.get(name).map_or("not set", String::as_str);
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env.get(*name)).map_or("not set", String::as_str);
    let kind = if is_terminal { "a terminal" } else { "no terminal (output is piped)" };
    let text = format!("{kind}; TERM {}, COLORTERM {}, locale {locale}", value("TERM"), value("COLORTERM"));
    let utf8 = locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    if utf8 || cfg!(target_os = "macos") {
        found("terminal", State::Ok, text)
    } else {
        found("terminal", State::Note, text).hint("a UTF-8 locale such as C.UTF-8 shows all signs")
    }
}

/// Sign, topic, sentence; what to do stands below.
fn lines(findings: &[Finding]) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in findings {
        let sign = match finding.state {
            State::Ok => "ok     ",
            State::Note => "note   ",
            State::Problem => "PROBLEM",
        };
        lines.push(format!("{sign}  {:9}  {}", finding.topic, sanitize_line(&finding.text)));
        if let Some(hint) = &finding.hint {
            lines.push(format!("{:20}→ {}", "", sanitize_line(hint)));
        }
    }
    lines
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sandbox::{Trial, Wish};

    fn told(findings: &[Finding]) -> String {
        lines(findings).join("\n")
    }

    #[test]
    fn a_sandbox_that_is_on_and_missing_is_a_problem() {
        let why = Doubt::Fails("bubblewrap is not installed".to_owned());
        let none = Proof { means: None, trials: vec![Trial { name: "bubblewrap", outcome: Err(why) }] };
        let on = Wish { enabled: true, ..Wish::default() };
        let findings = walls(&none, &on);
        assert!(findings.iter().any(|finding| finding.state == State::Problem));
        insta::assert_snapshot!(told(&findings));
        assert!(walls(&none, &Wish::default()).iter().all(|finding| finding.state == State::Note));
        let works = Proof {
            means: Some(Means::Bubblewrap("/usr/bin/bwrap".into())),
            trials: vec![Trial { name: "bubblewrap", outcome: Ok("a process inside could not".to_owned()) }],
        };
        assert!(told(&walls(&works, &on)).contains("kept in by bubblewrap"));
    }

    #[test]
    fn foreign_text_is_one_harmless_line() {
        let text = told(&[found("settings", State::Note, "a\n\x1b[2Jb".to_owned()).hint("c\nd")]);
        assert_eq!(text.lines().count(), 2);
        assert!(!text.replace('\n', "").contains(char::is_control));
    }
}
