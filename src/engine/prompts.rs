//! From what was typed to what is sent: mentioned files are read.

use super::driver::{Driver, What};
use super::hooks::Pending;
use crate::agent::{self, Prompt};
use crate::domain::{self, Block, Decision, Message, Origin, ResultPart, Role, ToolCall, ToolOutcome};
use crate::prompt;

/// What may follow a path in a sentence without being part of it.
const PUNCTUATION: [char; 7] = [',', ';', ':', ')', '?', '!', '.'];
/// Files that one prompt may mention.
const MENTIONS: usize = 20;

impl Driver {
    pub(super) async fn on_prompt(&mut self, input: domain::Input) {
        if self.can_save(&input.text).await {
            self.submit(Pending::Typed(input)).await;
        }
    }

    /// Makes a message of what was typed: mentioned files first, then the words.
    pub(super) async fn prepare(&mut self, input: domain::Input, origin: Origin) -> Prompt {
        self.freeze_servers();
        let mut blocks = Vec::new();
        if self.machine.conversation().history.is_empty() && !self.machine.is_busy() {
            blocks.push(Block::Text { text: self.first_reminder() });
        }
        blocks.extend(self.announce_servers().map(|text| Block::Text { text }));
        blocks.extend(self.announce_problems().map(|text| Block::Text { text }));
        for mention in mentions(&input.text) {
            blocks.extend(self.read_mention(&mention).await);
        }
        blocks.extend(input.images.into_iter().map(Block::Image));
        blocks.extend(self.recalled(&input.text).await);
        blocks.push(Block::Text { text: input.text.clone() });
        Prompt { message: Message { role: Role::User, blocks, by: None }, typed: input.text, origin }
    }

    /// A sub-agent's task: nothing in it is read or expanded, because a model wrote it.
    pub(super) fn task(&mut self, text: String) -> Prompt {
        self.freeze_servers();
        let mut blocks = Vec::new();
        if self.machine.conversation().counts.turn == 0 {
            blocks.push(Block::Text { text: self.first_reminder() });
        }
        blocks.extend(self.announce_servers().map(|text| Block::Text { text }));
        blocks.push(Block::Text { text: text.clone() });
        Prompt { message: Message { role: Role::User, blocks, by: None }, typed: text, origin: Origin::Harness }
    }

    fn first_reminder(&self) -> String {
        let now = jiff::Timestamp::from_millisecond(self.setup.clock.wall_ms() as i64).unwrap_or_default();
        let date = now.to_zoned(jiff::tz::TimeZone::system()).strftime("%A, %-d %B %Y").to_string();
        prompt::first_prompt(&date, super::branch::branch(&self.stage.place.project).as_deref())
    }

    /// Reads a mentioned path. What does not exist is left as words; what a rule denies is said.
    async fn read_mention(&mut self, mention: &str) -> Vec<Block> {
        if let Some(blocks) = self.resource_mention(mention) {
            return blocks;
        }
        let path = crate::base::paths::absolute(&self.stage.place.cwd, mention);
        let (tool, key) = match std::fs::metadata(&path) {
            Ok(found) if found.is_dir() => ("LS", "path"),
            Ok(_) => ("Read", "file_path"),
            Err(_) => return Vec::new(),
        };
        self.touch_path(&path);
        let outcome = self.run_aside(tool, serde_json::json!({ key: path })).await;
        let text = |text: String| Block::Text { text: prompt::wrap(&format!("The user mentioned {mention}:\n{text}")) };
        match outcome {
            Err(problem) => vec![text(format!("It was not read: {problem}"))],
            Ok(outcome) => outcome
                .parts
                .into_iter()
                .map(|part| match part {
                    ResultPart::Text(content) => text(content),
                    ResultPart::Image(media) => Block::Image(media),
                    ResultPart::Document(document) => Block::Document(document),
                })
                .collect(),
        }
    }

    /// Runs a call outside a turn if the gate allows it without asking.
    async fn run_aside(&mut self, name: &str, input: serde_json::Value) -> Result<ToolOutcome, String> {
        let call = ToolCall { id: format!("aside-{name}"), name: name.to_owned(), input };
        self.need_proof(&call).await;
        let verdict = self.settle(&call);
        // A person who mentions a file has asked for it to be read; only a deny stands against that.
        let mention = name != "Bash" && verdict.decision == Decision::Ask;
        if verdict.decision != Decision::Allow && !mention {
            return Err(verdict.because.text);
        }
        let Some(tool) = self.tool(name) else {
            return Err(format!("there is no tool `{name}`"));
        };
        let mut context = self.context(&call.id, |_, text| What::ShellOutput(text));
        context.cage = self.cage(&call)?;
        context.terms = self.terms(&call)?;
        Ok(tool.run(call.input, context).await)
    }
}

/// Paths after an `@` at the start of a word; one with blanks in it stands in double quotes.
pub(super) fn mentions(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let before = rest.get(..at).unwrap_or_default();
        let after = rest.get(at + 1..).unwrap_or_default();
        rest = after;
        if !(before.is_empty() || before.ends_with(char::is_whitespace)) || found.len() >= MENTIONS {
            continue;
        }
        let path = match after.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => after.split_whitespace().next().unwrap_or_default().trim_end_matches(PUNCTUATION),
        };
        let starts = !after.starts_with(char::is_whitespace) && !path.is_empty();
        if starts && !found.iter().any(|known| known == path) {
            found.push(path.to_owned());
        }
    }
    found
}

impl From<agent::Prompt> for domain::Input {
    fn from(prompt: agent::Prompt) -> Self {
        Self { text: prompt.typed, images: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_words_that_begin_with_an_at_sign() {
        assert_eq!(mentions("see @src/lib.rs, and @README.md. mail me@x.org @"), ["src/lib.rs", "README.md"]);
        assert_eq!(mentions("@\"a b.rs\" is @c."), ["a b.rs", "c"]);
        assert_eq!(mentions("look in @src."), ["src"]);
    }
}
