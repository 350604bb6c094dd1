//! Resources and prompts of servers as the person uses them: `@server:uri` and `/mcp__server__prompt`.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::super::driver::Driver;
use super::outcome::outcome;
use crate::agent::Input;
use crate::domain::{Block, CommandFile, Notice, Origin, PromptKind, ResultPart, ServerPrompt, Traits};
use crate::mcp::{Answer, full_name};
use crate::prompt;

/// Resources that are completed after `@`.
const COMPLETED: usize = 2_000;

impl Driver {
    /// The prompts of servers as commands.
    pub(super) fn server_prompts(&self) -> Vec<CommandFile> {
        let Some(host) = &self.parts.servers.host else { return Vec::new() };
        let command = |server: &str, prompt: &ServerPrompt| CommandFile {
            name: full_name(server, &prompt.name),
            description: prompt.description.clone(),
            argument_hint: hint(prompt),
            path: std::path::PathBuf::from(format!("server {server}")),
            source: "mcp".to_owned(),
            body: String::new(),
            kind: PromptKind::Command,
            traits: Traits::default(),
        };
        let statuses = host.statuses(|_| false);
        statuses.iter().flat_map(|status| status.prompts.iter().map(|prompt| command(&status.name, prompt))).collect()
    }

    /// The server and the prompt behind a command.
    pub(super) fn server_prompt(&self, name: &str) -> Option<(String, ServerPrompt)> {
        let host = self.parts.servers.host.as_ref().filter(|_| name.starts_with("mcp__"))?;
        host.statuses(|_| false).into_iter().find_map(|status| {
            let prompt = status.prompts.into_iter().find(|prompt| full_name(&status.name, &prompt.name) == name)?;
            Some((status.name, prompt))
        })
    }

    /// Runs a prompt of a server, whose texts were fetched: they become the message. False when there is none of that
    /// name.
    pub(in crate::engine) async fn run_server_prompt(&mut self, name: &str, arguments: &str) -> bool {
        let Some((server, prompt)) = self.server_prompt(name) else { return false };
        let fetched = self.parts.servers.fetched.prompt.take();
        let filled = fetched.unwrap_or_else(|| {
            fill(&prompt, arguments).and_then(|_| Err("its server has only now become ready; send it again".to_owned()))
        });
        match filled {
            Err(problem) => self.refuse(Notice::warning(format!("/{name} was not run: {problem}."))).await,
            Ok(messages) => {
                let text = self.prompt_text(&server, messages);
                let input = crate::domain::Input { text, images: Vec::new() };
                let mut prompt = self.prepare(input, Origin::Command).await;
                let typed = format!("/{name} {arguments}");
                typed.trim_end().clone_into(&mut prompt.typed);
                self.feed(Input::Prompt(prompt)).await;
            }
        }
        true
    }

    fn prompt_text(&self, server: &str, messages: Vec<(bool, Answer)>) -> String {
        let context = self.context("prompt", |_, text| super::What::ShellOutput(text));
        let mut out = String::new();
        for (by_model, answer) in messages {
            let parts = outcome(answer, self.server_bounds(), &context).parts;
            for part in parts {
                let ResultPart::Text(text) = part else { continue };
                if by_model {
                    let _ = write!(out, "[{server} wants the assistant to have said:] ");
                }
                out.push_str(&text);
                out.push('\n');
            }
        }
        out.trim_end().to_owned()
    }

    /// `server:uri` after an `@`: the blocks of the resource that was fetched; none when it is no such mention.
    pub(in crate::engine) fn resource_mention(&mut self, mention: &str) -> Option<Vec<Block>> {
        let read = self.parts.servers.fetched.mentions.remove(mention)?;
        let text = |text: String| Block::Text { text: prompt::wrap(&text) };
        Some(match read {
            Err(problem) => vec![text(format!("The user mentioned {mention}. It was not read: {problem}."))],
            Ok(answer) => {
                let id = format!("mention-{}", uuid::Uuid::new_v4().simple());
                let context = self.context(&id, |_, text| super::What::ShellOutput(text));
                let parts = outcome(answer, self.server_bounds(), &context).parts;
                parts
                    .into_iter()
                    .map(|part| match part {
                        ResultPart::Text(content) => text(format!("The user mentioned {mention}:\n{content}")),
                        ResultPart::Image(media) => Block::Image(media),
                        ResultPart::Document(document) => Block::Document(document),
                    })
                    .collect()
            }
        })
    }

    /// All resources as they are mentioned.
    pub(in crate::engine) fn mentionable_resources(&self) -> Vec<String> {
        let Some(host) = &self.parts.servers.host else { return Vec::new() };
        let statuses = host.statuses(|_| false);
        let all = statuses.iter().flat_map(|status| {
            status.resources.iter().map(move |resource| format!("{}:{}", status.name, resource.uri))
        });
        all.take(COMPLETED).collect()
    }
}

/// `<needed> [optional]`.
fn hint(prompt: &ServerPrompt) -> Option<String> {
    let word = |(name, needed): &(String, bool)| if *needed { format!("<{name}>") } else { format!("[{name}]") };
    let words: Vec<String> = prompt.arguments.iter().map(word).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Gives the typed words to the arguments in their order; the last one takes all that is left. Quotes keep blanks
/// together.
pub(super) fn fill(prompt: &ServerPrompt, typed: &str) -> Result<Map<String, Value>, String> {
    let mut words = split(typed);
    let count = prompt.arguments.len();
    if words.len() > count && count > 0 {
        let rest = words.split_off(count - 1).join(" ");
        words.push(rest);
    }
    let missing: Vec<&str> = prompt
        .arguments
        .iter()
        .skip(words.len())
        .filter(|(_, needed)| *needed)
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(format!("it needs {}", missing.join(", ")));
    }
    Ok(prompt.arguments.iter().zip(words).map(|((name, _), word)| (name.clone(), Value::String(word))).collect())
}

fn split(typed: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in typed.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn words_go_to_the_arguments_in_order() {
        let prompt = |arguments: &[(&str, bool)]| ServerPrompt {
            name: "p".into(),
            description: String::new(),
            arguments: arguments.iter().map(|(name, needed)| ((*name).to_owned(), *needed)).collect(),
        };
        let two = prompt(&[("city", true), ("state", false)]);
        assert_eq!(hint(&two).unwrap(), "<city> [state]");
        assert_eq!(Value::Object(fill(&two, "\"New York\" NY").unwrap()), json!({"city": "New York", "state": "NY"}));
        assert_eq!(Value::Object(fill(&two, "Paris a b").unwrap()), json!({"city": "Paris", "state": "a b"}));
        assert_eq!(fill(&two, " ").unwrap_err(), "it needs city");
        assert_eq!(Value::Object(fill(&prompt(&[]), "x y").unwrap()), json!({}));
    }
}
