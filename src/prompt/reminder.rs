//! What the program says to the model beside the person's words. It always stands at the tail, in tags
//! that the system text explains.

use crate::domain::Recalled;

/// The mark that stands in the conversation where the person stopped a turn.
pub const INTERRUPTED: &str = "[Request interrupted by user]";

/// Wraps a text as a reminder.
pub fn wrap(text: &str) -> String {
    format!("<system-reminder>\n{text}\n</system-reminder>")
}

/// What the first prompt of a session is accompanied by: facts that would go stale in the prefix.
pub fn first_prompt(date: &str, branch: Option<&str>) -> String {
    let branch = branch.map(|branch| format!(" The git branch is `{branch}`.")).unwrap_or_default();
    wrap(&format!("Today is {date}.{branch}"))
}

/// The text is what [`first_prompt`] makes.
pub fn is_first_prompt(text: &str) -> bool {
    text.starts_with("<system-reminder>\nToday is ")
}

/// How the block of recalled entries begins.
const MEMORIES: &str = "<system-reminder>\nFrom the memory store";

/// Entries of the memory store that may matter to a prompt. Their texts cannot end the reminder.
pub fn memories(entries: &[Recalled]) -> String {
    // A line of an entry stays in it.
    let text = |text: &str| text.replace("system-reminder", "system reminder").replace('\n', "\n  ");
    let line = |entry: &Recalled| format!("- [{}] {}", entry.id, text(&entry.text));
    let lines: Vec<String> = entries.iter().map(line).collect();
    wrap(&format!(
        "From the memory store, kept in earlier sessions. They may be out of date, and what the user says now counts \
         more:\n{}",
        lines.join("\n")
    ))
}

/// The text is what [`memories`] makes.
pub fn is_memories(text: &str) -> bool {
    text.starts_with(MEMORIES)
}

/// The entries that such a text names.
pub fn memory_ids(text: &str) -> Vec<&str> {
    let id = |line: &'_ str| line.strip_prefix("- [").and_then(|rest| rest.split_once("] ")).map(|(id, _)| id.len());
    text.lines().filter_map(|line| line.get(3..3 + id(line)?)).collect()
}

/// What accompanies a prompt while plan mode is on. The gate enforces it; this only explains.
pub fn plan_mode() -> String {
    wrap(
        "Plan mode is on: nothing can be changed and only commands that read can run. Look around, then \
         call ExitPlanMode with the plan; the user approves it before any of it is carried out.",
    )
}

/// What brings a list that was long not touched back to mind.
pub fn untended(open: &[&str]) -> String {
    let lines: Vec<String> = open.iter().take(20).map(|entry| format!("- {entry}")).collect();
    format!(
        "The list of what is to be done was not touched for a while. Still open:\n{}\nUpdate it if this is no longer \
         true; otherwise go on. Do not speak of this reminder.",
        lines.join("\n")
    )
}

/// What asks the model to go on after its output limit cut an answer.
pub fn continue_text() -> String {
    wrap("Your answer was cut at the output limit. Go on exactly where it stopped; do not repeat what was said.")
}
