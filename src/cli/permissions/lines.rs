//! `explain --jsonl`: one question a line, one answer a line. A line that cannot be read is answered with an error
//! and the next one is taken; what is asked again under the same rules is not read or parsed twice.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::{Bench, Call, PATHS};
use super::ground::{Court, Ground};
use crate::base::paths;
use crate::config;
use crate::domain::{BecauseKind, Decision, Mode, RuleScope, RuleSource, Verdict};
use crate::policy::{RuleSet, RuleText, Tier};
use crate::shell::Exit;

/// Bytes that a line may have.
const LINE: u64 = 16 * 1024 * 1024;
/// Sets of rules that are kept.
const SETS: usize = 256;

/// One question. What is left out has the value that its comment names.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    /// Bash, when there is a command.
    tool: Option<String>,
    command: Option<String>,
    path: Option<String>,
    input: Option<Map<String, Value>>,
    /// Those of the settings files.
    rules: Option<Lists>,
    /// `session`.
    rules_source: Option<RulesFrom>,
    /// `default`.
    mode: Option<String>,
    /// The current folder.
    cwd: Option<PathBuf>,
    /// None, or those of the settings files when the rules are theirs.
    additional_directories: Option<Vec<String>>,
    /// True.
    trusted: Option<bool>,
}

/// Rules in the grammar of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
struct Lists {
    #[serde(deserialize_with = "list")]
    allow: Vec<String>,
    #[serde(deserialize_with = "list")]
    ask: Vec<String>,
    #[serde(deserialize_with = "list")]
    deny: Vec<String>,
}

/// A list that may be null.
fn list<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Option::<Vec<String>>::deserialize(from).map(Option::unwrap_or_default)
}

/// Whose the rules of a question are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RulesFrom {
    #[default]
    Session,
    User,
    Project,
    Local,
}

/// One answer.
#[derive(Debug, Serialize)]
struct Reply<'a> {
    id: &'a Value,
    decision: Decision,
    because: Reason<'a>,
    suggestion: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Reason<'a> {
    kind: BecauseKind,
    rule: Option<&'a str>,
    source: Option<String>,
    text: &'a str,
}

/// The answer to a line that could not be judged. What is not understood would be asked.
#[derive(Debug, Serialize)]
struct Failure<'a> {
    id: &'a Value,
    decision: Decision,
    because: Reason<'a>,
    suggestion: Option<&'a str>,
    error: &'a str,
}

/// A set of rules with where it holds.
#[derive(Debug)]
struct Known {
    rules: RuleSet,
    project: PathBuf,
    directories: Vec<PathBuf>,
}

/// What a set of rules is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Given(Lists, RulesFrom, PathBuf),
    Files(PathBuf, bool),
}

/// Answers until the input ends. A reader that went away is no error.
pub(super) fn answer<R: Read>(ground: &Ground, input: &mut BufReader<R>, out: &mut impl Write) -> Exit {
    let mut session = Session { ground, bench: Bench::new(), sets: HashMap::new() };
    let mut out = io::BufWriter::new(out);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(LINE + 1).read_until(b'\n', &mut line);
        let ended = matches!(read, Ok(0));
        if ended || read.is_err() {
            let flushed = out.flush().is_ok();
            return if ended && flushed { Exit::Done } else { Exit::Failure };
        }
        let too_long = line.len() as u64 > LINE && line.last() != Some(&b'\n');
        let answer = if too_long {
            drop(input.skip_until(b'\n'));
            Some(failure(&Value::Null, format!("the line has more than {} MiB", LINE >> 20)))
        } else {
            session.line(&line)
        };
        let Some(answer) = answer else { continue };
        // Whoever asks line by line gets each answer at once; a whole file is answered in large pieces.
        let more = input.buffer().contains(&b'\n');
        if writeln!(out, "{answer}").is_err() || (!more && out.flush().is_err()) {
            return Exit::Done;
        }
    }
}

/// What lasts from line to line.
struct Session<'a> {
    ground: &'a Ground,
    bench: Bench,
    sets: HashMap<Name, Arc<Known>>,
}

impl Session<'_> {
    /// The answer to a line; none to an empty one.
    fn line(&mut self, bytes: &[u8]) -> Option<String> {
        if bytes.trim_ascii().is_empty() {
            return None;
        }
        let value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(problem) => return Some(failure(&Value::Null, format!("the line is not JSON: {problem}"))),
        };
        let id = value.get("id").cloned().unwrap_or_default();
        let answer = Line::deserialize(value)
            .map_err(|problem| format!("the line is no question: {problem}"))
            .and_then(|line| self.judge(&line));
        Some(answer.unwrap_or_else(|problem| failure(&id, problem)))
    }

    fn judge(&mut self, line: &Line) -> Result<String, String> {
        let mode = line.mode.as_deref().map_or(Ok(Mode::Default), str::parse)?;
        let cwd = line
            .cwd
            .as_ref()
            .map_or_else(|| self.ground.cwd.clone(), |cwd| paths::normalize(&self.ground.cwd.join(cwd)));
        let call = self.call(line, &cwd)?;
        let trusted = line.trusted.unwrap_or(true);
        let known = self.known(line, &cwd, trusted);
        let added: Vec<PathBuf> = match &line.additional_directories {
            Some(folders) => folders.iter().map(|text| paths::absolute(&cwd, text)).collect(),
            None => known.directories.clone(),
        };
        let court = Court { rules: &known.rules, mode, cwd: &cwd, project: &known.project, added: &added, trusted };
        let verdict = self.ground.judge(&court, (&call.tool, &call.input, &call.access));
        Ok(reply(&line.id, &verdict))
    }

    fn call(&self, line: &Line, cwd: &Path) -> Result<Call, String> {
        let tool = match (&line.tool, &line.command) {
            (Some(tool), _) => tool.as_str(),
            (None, Some(_)) => "Bash",
            (None, None) => return Err("the line has neither `tool` nor `command`".to_owned()),
        };
        match (&line.input, &line.command, &line.path) {
            (Some(input), command, path) => {
                let mut input = input.clone();
                // What stands beside the input counts where the input itself does not say it.
                if let Some(command) = command.as_ref().filter(|_| matches!(tool, "Bash" | "Monitor")) {
                    input.entry("command").or_insert_with(|| Value::from(command.clone()));
                }
                if let Some(path) = path.as_ref().filter(|_| PATHS.iter().all(|field| !input.contains_key(*field))) {
                    input.insert("path".to_owned(), Value::from(path.clone()));
                }
                self.bench.input(tool, &input, cwd)
            }
            (None, Some(command), _) if matches!(tool, "Bash" | "Monitor") => Ok(Bench::command(tool, command, None)),
            (None, Some(_), _) => Err(format!("`{tool}` takes no command; give `path` or `input`")),
            (None, None, Some(path)) => Bench::path(tool, path, cwd),
            (None, None, None) => self.bench.input(tool, &Map::new(), cwd),
        }
    }

    /// The rules of a line, parsed once for all lines that have the same.
    fn known(&mut self, line: &Line, cwd: &Path, trusted: bool) -> Arc<Known> {
        let from = line.rules_source.unwrap_or_default();
        let name = match &line.rules {
            Some(lists) => Name::Given(lists.clone(), from, cwd.to_path_buf()),
            None => Name::Files(cwd.to_path_buf(), trusted),
        };
        if let Some(known) = self.sets.get(&name) {
            return Arc::clone(known);
        }
        if self.sets.len() >= SETS {
            self.sets.clear();
        }
        let known = Arc::new(if let Some(lists) = &line.rules {
            self.given(lists, from, cwd)
        } else {
            let rules = self.ground.rules(cwd, Some(trusted));
            let set = RuleSet::parse(rules.texts()).0;
            Known { rules: set, project: rules.project, directories: rules.directories }
        });
        self.sets.insert(name, Arc::clone(&known));
        known
    }

    fn given(&self, lists: &Lists, from: RulesFrom, cwd: &Path) -> Known {
        let project = config::project_root(cwd, &self.ground.home);
        let (scope, anchor) = match from {
            RulesFrom::Session => (RuleScope::Session, cwd.to_path_buf()),
            RulesFrom::User => (RuleScope::User, self.ground.home.join(".claude")),
            RulesFrom::Project => (RuleScope::Project, project.clone()),
            RulesFrom::Local => (RuleScope::Local, cwd.to_path_buf()),
        };
        let tiers = [(Tier::Deny, &lists.deny), (Tier::Ask, &lists.ask), (Tier::Allow, &lists.allow)];
        let texts = tiers.into_iter().flat_map(|(tier, texts)| texts.iter().map(move |text| (tier, text.clone())));
        let source = RuleSource { scope, file: None, line: None };
        let texts =
            texts.map(|(tier, text)| RuleText { tier, text, source: source.clone(), anchor: anchor.clone() }).collect();
        Known { rules: RuleSet::parse(texts).0, project, directories: Vec::new() }
    }
}

fn reply(id: &Value, verdict: &Verdict) -> String {
    let because = &verdict.because;
    let reply = Reply {
        id,
        decision: verdict.decision,
        because: Reason {
            kind: because.kind,
            rule: because.rule.as_deref(),
            source: because.source.as_ref().map(ToString::to_string),
            text: &because.text,
        },
        suggestion: verdict.suggestion.as_deref(),
    };
    serde_json::to_string(&reply).unwrap_or_else(|problem| failure(id, problem.to_string()))
}

fn failure(id: &Value, error: String) -> String {
    let because = Reason { kind: BecauseKind::Analysis, rule: None, source: None, text: &error };
    let failure = Failure { id, decision: Decision::Ask, because, suggestion: None, error: &error };
    serde_json::to_string(&failure).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::dirs::Dirs;

    struct Bed {
        root: PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Bed {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = std::fs::canonicalize(folder.path()).unwrap();
            std::fs::create_dir_all(root.join("work/.git")).unwrap();
            std::fs::create_dir_all(root.join("home")).unwrap();
            Self { root, _folder: folder }
        }

        fn ask(&self, input: &[u8]) -> Vec<Value> {
            let ground = Ground {
                home: self.root.join("home"),
                cwd: self.root.join("work"),
                dirs: Dirs::under(&self.root.join("own")),
                managed: Some(self.root.join("none")),
            };
            let mut out = Vec::new();
            assert_eq!(answer(&ground, &mut BufReader::new(input), &mut out), Exit::Done);
            out.split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect()
        }

        fn one(&self, line: &Value) -> Value {
            self.ask(line.to_string().as_bytes()).remove(0)
        }
    }

    #[test]
    fn an_answer_has_the_documented_form() {
        let bed = Bed::new();
        let answer = bed.one(&json!({"id": 7, "command": "git push --force"}));
        let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "decision", "because", "suggestion"]);
        let keys: Vec<&String> = answer["because"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["kind", "rule", "source", "text"]);
        assert_eq!((&answer["id"], &answer["decision"]), (&json!(7), &json!("ask")));
        let answer = bed.one(&json!({"id": "a", "command": "npm test", "rules": {"allow": ["Bash(npm test)"]}}));
        assert_eq!(answer["decision"], "allow");
        assert_eq!(answer["because"]["rule"], "Bash(npm test)");
        assert_eq!(answer["because"]["source"], "session");
        assert_eq!(answer["because"]["kind"], "rule");
        let answer = bed.one(&json!({"command": "npm test"}));
        assert_eq!((&answer["id"], &answer["suggestion"]), (&Value::Null, &json!("Bash(npm test *)")));
    }

    #[test]
    fn paths_modes_and_folders_count() {
        let bed = Bed::new();
        let decide = |line: Value| bed.one(&line)["decision"].as_str().unwrap().to_owned();
        assert_eq!(decide(json!({"tool": "Read", "path": "a"})), "allow");
        assert_eq!(decide(json!({"tool": "Read", "path": "/etc/passwd"})), "ask");
        assert_eq!(decide(json!({"tool": "Write", "path": "a"})), "ask");
        assert_eq!(decide(json!({"tool": "Write", "path": "a", "mode": "acceptEdits"})), "allow");
        assert_eq!(decide(json!({"tool": "Edit", "input": {"file_path": "a"}, "mode": "plan"})), "deny");
        assert_eq!(decide(json!({"command": "rm x", "mode": "dontAsk"})), "deny");
        assert_eq!(decide(json!({"tool": "Read", "path": "/etc/x", "additional_directories": ["/etc"]})), "allow");
        assert_eq!(
            decide(
                json!({"tool": "WebFetch", "input": {"url": "https://a.b/"}, "rules": {"allow": ["WebFetch(domain:a.b)"]}})
            ),
            "allow"
        );
        let rules = json!({"deny": ["Read(/secret)"]});
        for (source, decision) in [("project", "deny"), ("user", "allow"), ("session", "allow")] {
            let line =
                json!({"tool": "Read", "path": "../secret", "cwd": "sub", "rules": rules, "rules_source": source});
            assert_eq!(decide(line), decision, "{source}");
        }
    }

    #[test]
    fn links_are_looked_up_on_the_disk() {
        let bed = Bed::new();
        std::os::unix::fs::symlink("/etc", bed.root.join("work/out")).unwrap();
        assert_eq!(bed.one(&json!({"tool": "Read", "path": "out/hosts"}))["decision"], "ask");
    }

    #[test]
    fn rules_of_the_files_hold_unless_the_line_brings_its_own() {
        let bed = Bed::new();
        std::fs::create_dir_all(bed.root.join("work/.claude")).unwrap();
        let settings = "{\n \"permissions\": {\n  \"allow\": [\"Bash(make)\"],\n  \"deny\": [\"Bash(curl *)\"] } }";
        std::fs::write(bed.root.join("work/.claude/settings.json"), settings).unwrap();
        let made = bed.one(&json!({"command": "make"}));
        assert_eq!(made["because"]["source"], "project .claude/settings.json:3");
        assert_eq!(bed.one(&json!({"command": "make", "trusted": false}))["decision"], "ask");
        assert_eq!(bed.one(&json!({"command": "make", "rules": {}}))["decision"], "ask");
        assert_eq!(bed.one(&json!({"command": "curl x", "trusted": false}))["decision"], "deny");
        let untrusted =
            json!({"command": "make", "trusted": false, "rules": {"allow": ["Bash(make)"]}, "rules_source": "project"});
        assert_eq!(bed.one(&untrusted)["decision"], "ask");
    }

    #[test]
    fn a_bad_line_is_answered_and_the_next_one_taken() {
        let bed = Bed::new();
        let input = b"{broken\n\n{\"id\":1,\"command\":3}\n\xff\n{\"id\":2,\"mode\":\"fast\",\"command\":\"ls\"}\n{\"id\":3}\n[]\n{\"id\":4,\"command\":\"ls\"}";
        let answers = bed.ask(input);
        let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
        assert_eq!(ids, [&Value::Null, &json!(1), &Value::Null, &json!(2), &json!(3), &Value::Null, &json!(4)]);
        assert!(answers[..6].iter().all(|answer| answer["error"].is_string() && answer["decision"] == "ask"));
        assert_eq!(answers[6]["decision"], "allow");
    }
}
