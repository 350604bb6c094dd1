//! Bash: one shell command, for the model and for the person's `!`.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio::task::{AbortHandle, JoinHandle};

use super::support::command::{self, Ending, Finished};
use super::support::words::{add_note, bytes, count};
use super::support::{input, shell_cwd};
use super::{Job, Jobs, Place, Tool, ToolContext};
use crate::domain::{Access, JobState, Shown, ToolOutcome, ToolSpec};

const NAME: &str = "Bash";
/// Milliseconds that a command of the background may take when the call does not say, and at most.
const BACKGROUND_MS: u64 = 1_800_000;
const BACKGROUND_MAX_MS: u64 = 7_200_000;
/// How long the start of a command of the background is watched, so that an early death shows at once.
const EARLY: Duration = Duration::from_millis(500);
/// Programs that say "nothing found" or "not equal" by exit status 1.
const ANSWERS_BY_STATUS: [&str; 9] = ["grep", "egrep", "fgrep", "rg", "find", "diff", "cmp", "test", "["];

/// What a system says when it forbids something.
const REFUSALS: [&str; 6] = [
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "Network is unreachable",
    "Could not resolve host",
    "Temporary failure in name resolution",
];

#[derive(Debug)]
pub struct Bash;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BashInput {
    command: String,
    /// Milliseconds; default 120000, at most 600000.
    #[serde(default, deserialize_with = "input::number")]
    #[schemars(with = "Option<u64>")]
    timeout: Option<u64>,
    /// What it does, in five to ten words.
    #[serde(default)]
    description: Option<String>,
    /// Return at once; you are told when it ends.
    #[serde(default)]
    run_in_background: Option<bool>,
    /// Asks to run outside the sandbox. It is offered only while there is one.
    #[serde(default, rename = "dangerouslyDisableSandbox")]
    #[schemars(skip)]
    disable_sandbox: Option<bool>,
}

/// The call asks to run outside the sandbox.
pub fn wants_out(input: &Value) -> bool {
    read(input).is_ok_and(|input| input.disable_sandbox == Some(true))
}

/// Adds to what the model is told of Bash how it is kept in, and, where it may ask, how to ask to leave.
pub fn offer_escape(spec: &mut ToolSpec, told: &str, may_ask: bool) {
    if spec.name != NAME {
        return;
    }
    spec.description = format!("{}\n{told}", spec.description.trim_end());
    let properties = spec.input_schema.get_mut("properties").and_then(Value::as_object_mut);
    if let Some(properties) = properties.filter(|_| may_ask) {
        let text = "Run outside the sandbox. The person is asked. Only after it failed inside for that reason.";
        let field = serde_json::json!({ "type": "boolean", "description": text });
        properties.insert("dangerouslyDisableSandbox".to_owned(), field);
    }
}

fn read(value: &Value) -> Result<BashInput, String> {
    let input: BashInput = input::parse(NAME, value)?;
    check(&input.command)?;
    Ok(input)
}

fn check(command: &str) -> Result<(), String> {
    if command.trim().is_empty() {
        return Err("command is empty. Give a shell command.".to_owned());
    }
    if command.contains('\0') {
        return Err("command holds a NUL character, which no shell can run.".to_owned());
    }
    Ok(())
}

impl Tool for Bash {
    fn spec(&self) -> ToolSpec {
        input::spec::<BashInput>(NAME, include_str!("../../assets/tools/bash.md"))
    }

    fn access(&self, value: &Value, _place: &Place) -> Result<Access, String> {
        read(value).map(|input| Access::execute(input.command))
    }

    fn run(&self, value: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        async move {
            match read(&value) {
                Ok(input) => start(input, context).await,
                Err(error) => ToolOutcome::error(error),
            }
        }
        .boxed()
    }
}

/// Runs a command that the person typed, by the same rules and bounds as the model's.
pub async fn shell_command(command: &str, context: ToolContext) -> ToolOutcome {
    match check(command) {
        Ok(()) => {
            let input = BashInput {
                command: command.to_owned(),
                timeout: None,
                description: None,
                run_in_background: None,
                disable_sandbox: None,
            };
            start(input, context).await
        }
        Err(error) => ToolOutcome::error(error),
    }
}

/// Runs it as a job, and waits for it as long as it is not in the background.
async fn start(input: BashInput, mut context: ToolContext) -> ToolOutcome {
    let background = input.run_in_background == Some(true);
    let limits = context.limits;
    let asked = input.timeout.filter(|limit| *limit > 0);
    let limit = if background {
        asked.unwrap_or(BACKGROUND_MS).min(BACKGROUND_MAX_MS)
    } else {
        asked.unwrap_or(limits.command_ms).min(limits.command_max_ms)
    };
    // What runs out of time goes on in the background where somebody can look after it.
    let moves = !background && context.attended && may_move(&input.command);
    let most = if moves { BACKGROUND_MS.max(limit) } else { limit };
    let jobs = Arc::clone(&context.jobs);
    let job = jobs.begin(&context.call_id, &input.command, input.description.as_deref(), context.cancel.clone());
    context.job = Some(Arc::clone(&job));
    let detach = context.detach.clone();
    let mut work = tokio::spawn(async move { run(&input.command, most, &context).await });
    // A call that is dropped takes its command along.
    let mut leash = Leash(Some(work.abort_handle()));
    let patience = if background { EARLY } else { Duration::from_millis(limit) };
    let why = tokio::select! {
        biased;
        ended = &mut work => {
            let outcome = ended.unwrap_or_else(|error| ToolOutcome::error(format!("The command broke off: {error}.")));
            jobs.end(&job, state_of(&outcome), None).await;
            return outcome;
        }
        () = detach.cancelled() => "The user put this command into the background",
        () = tokio::time::sleep(patience), if background => "It runs in the background",
        () = tokio::time::sleep(patience), if moves => "It takes longer than its time, so it goes on in the background",
    };
    if let Err(problem) = jobs.detach(&job) {
        job.stop();
        return ToolOutcome::error(problem);
    }
    leash.0 = None;
    let text = format!("{why} as {}. BashOutput shows its output; you are told when it ends.", job.id);
    let so_far = job.news();
    tokio::spawn(let_go(work, Arc::clone(&job), jobs));
    let text = if so_far.is_empty() { text } else { format!("{text} So far:\n{so_far}") };
    ToolOutcome::text(text, format!("{} in the background", job.id))
}

/// Ends a command whose call is dropped.
struct Leash(Option<AbortHandle>);

impl Drop for Leash {
    fn drop(&mut self) {
        if let Some(work) = &self.0 {
            work.abort();
        }
    }
}

/// Waits for the end of what is in the background and passes it on.
async fn let_go(work: JoinHandle<ToolOutcome>, job: Arc<Job>, jobs: Arc<Jobs>) {
    let outcome = work.await.unwrap_or_else(|error| ToolOutcome::error(format!("The command broke off: {error}.")));
    jobs.end(&job, state_of(&outcome), Some(outcome)).await;
}

fn state_of(outcome: &ToolOutcome) -> JobState {
    match outcome.summary.as_str() {
        "timed out" => JobState::TimedOut,
        "interrupted" => JobState::Stopped,
        _ if outcome.is_error => JobState::Failed,
        _ => JobState::Done,
    }
}

/// Sleeping on in the background helps nobody, and git must not be left half-way.
fn may_move(command: &str) -> bool {
    !command.trim_start().starts_with("sleep") && !command.contains("git")
}

async fn run(command: &str, limit: u64, context: &ToolContext) -> ToolOutcome {
    let place = &context.place;
    let mut notes = Vec::new();
    let mut cwd = place.cwd.clone();
    if !cwd.is_dir() {
        notes.push(format!("The folder {} is gone; this ran in {}.", cwd.display(), place.project.display()));
        cwd.clone_from(&place.project);
        if !cwd.is_dir() {
            return ToolOutcome::error(format!("The project folder {} is gone. Nothing was run.", cwd.display()));
        }
    }
    let finished = match command::run(command, &cwd, Duration::from_millis(limit), context).await {
        Ok(finished) => finished,
        Err(error) => return ToolOutcome::error(error),
    };
    if let Some(physical) = &finished.folder {
        let (settled, note) = shell_cwd::settle(physical, place);
        cwd = settled;
        notes.extend(note);
    }
    notes.extend(sandbox_notes(&finished, context));
    let changed = (cwd != place.cwd).then_some(cwd);
    ToolOutcome { cwd: changed, ..outcome(command, limit, finished, notes) }
}

/// What the sandbox has to say of a command that ended: what it left at names that programs outside obey, and,
/// where a failure looks like its doing, that it was there.
fn sandbox_notes(finished: &Finished, context: &ToolContext) -> Vec<String> {
    let Some(cage) = context.cage.as_deref() else { return Vec::new() };
    let mut notes = Vec::new();
    let failed = matches!(finished.ending, Ending::Exit(code) if code != 0);
    if failed && REFUSALS.iter().any(|words| finished.output.text.contains(words)) {
        let bare = if cage.is_bare() { " New names directly beside protected ones cannot be made." } else { "" };
        let network = if cage.profile.network { "" } else { " There is no network." };
        notes.push(format!(
            "This ran in the sandbox ({}), which may be why it failed: only the project, added folders and $TMPDIR can be written, and not what other programs obey, such as .git/hooks or .claude/settings.json.{network}{bare}",
            cage.confinement()
        ));
    }
    notes.extend(warning(&finished.findings));
    notes
}

fn warning(findings: &[String]) -> Option<String> {
    let found = findings.join("; ");
    (!found.is_empty()).then(|| format!("Warning: it changed what programs outside the sandbox obey: {found}."))
}

fn outcome(command: &str, limit: u64, finished: Finished, mut notes: Vec<String>) -> ToolOutcome {
    let mut head = Vec::new();
    let (summary, is_error) = match finished.ending {
        Ending::Exit(0) => (String::new(), false),
        Ending::Exit(code) => {
            head.push(format!("Exit code {code}."));
            (format!("exit {code}"), !(code == 1 && answers_by_status(command)))
        }
        Ending::Signal(signal) => {
            head.push(format!("Ended by signal {signal}."));
            (format!("signal {signal}"), true)
        }
        Ending::TimedOut => {
            head.push(format!(
                "Timed out after {limit} ms; it was stopped with everything that it started. Set a longer timeout, or start it in the background with its output in a file."
            ));
            ("timed out".to_owned(), true)
        }
        Ending::Cancelled => {
            head.push("Interrupted by the person; it was stopped with everything that it started.".to_owned());
            ("interrupted".to_owned(), true)
        }
    };
    if finished.leftover {
        head.push("Background processes that it started still run; they end with the session.".to_owned());
    }
    if let Some(kept) = finished.kept.as_ref().filter(|kept| kept.bytes < kept.total) {
        head.push(format!("Only the first {} of the output are kept.", bytes(kept.bytes)));
    }
    head.append(&mut notes);
    let output = finished.output.text.trim_end();
    let lines = output.lines().count() as u64;
    let mut text = if output.is_empty() { "(no output)".to_owned() } else { output.to_owned() };
    let mut shown = text.clone();
    if let Some(warning) = warning(&finished.findings) {
        // The person is warned too, not only the model.
        add_note(&mut shown, &warning);
    }
    let shown = Shown::Text { text: shown, language: None };
    for note in head {
        add_note(&mut text, &note);
    }
    let summary = match (summary.is_empty(), lines) {
        (true, 0) => "no output".to_owned(),
        (true, lines) => count(lines, "line"),
        (false, _) => summary,
    };
    let full_output = finished.kept.map(|kept| kept.path);
    ToolOutcome { is_error, shown, full_output, ..ToolOutcome::text(text, summary) }
}

/// The last simple command is one whose status 1 is an answer and no failure. Read off the text alone: at
/// worst a result carries the wrong mark beside the right exit code.
fn answers_by_status(command: &str) -> bool {
    let last = last_part(command);
    let mut words = last.split_whitespace().skip_while(|word| word.contains('=') && !word.starts_with('['));
    let Some(program) = words.next() else { return false };
    let program = program.rsplit('/').next().unwrap_or(program);
    let asks_git = program == "git" && words.next().is_some_and(|word| matches!(word, "diff" | "grep"));
    asks_git || ANSWERS_BY_STATUS.contains(&program)
}

/// What follows the last separator that does not stand in quotes.
fn last_part(command: &str) -> &str {
    let (mut start, mut quote, mut escaped) = (0, None, false);
    for (at, c) in command.trim_end().char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ';' | '|' | '&' | '\n' | '(' | '{') => start = at + 1,
            _ => {}
        }
    }
    command.get(start..).unwrap_or_default()
}
