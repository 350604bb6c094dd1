//! What was said, word for word, for the time after a summary: the user's own words first, then the statements of
//! the model. A summary by a model may forget; this does not, as far as there is room, and where there is not, it
//! keeps the sentences that state something.

use std::collections::HashSet;
use std::sync::Arc;

use super::cut::clip;
use super::fold::{call_line, first_line, words};
use crate::base::text::tokens;
use crate::domain::{Block, Message, Role, Segment};

/// The heading under which kept words stand; what stands under it is carried on by the next summary.
const KEPT: &str = "# Kept word for word";
const USER: &str = "## The user's words";
const MODEL: &str = "## What was found and decided";
const FILES: &str = "## Files changed";
const ERRORS: &str = "## Errors";
/// Files and errors that are listed.
const LISTED: usize = 20;
/// Characters of an error.
const ERROR: usize = 150;
/// Characters of a statement.
const STATEMENT: usize = 1_200;
/// The part of the room that the user's words may take.
const USER_SHARE: f64 = 0.55;

/// The words to keep of a history, within so many tokens. Empty when nothing was said.
pub fn statements(history: &[Arc<Segment>], room: u64) -> String {
    let mut said = Said::default();
    for segment in history {
        if let Some(message) = segment.as_message() {
            if segment.label == "summary" { said.carry(&message.text()) } else { said.take(message) }
        }
    }
    said.write(room)
}

#[derive(Default)]
struct Said {
    user: Vec<String>,
    model: Vec<String>,
    files: Vec<String>,
    errors: Vec<String>,
    seen: HashSet<String>,
}

impl Said {
    fn take(&mut self, message: &Message) {
        let texts: Vec<&str> = words(message).collect();
        match message.role {
            Role::User => texts.iter().for_each(|text| self.add(text, true)),
            Role::Assistant => texts.iter().for_each(|text| self.add(text, false)),
        }
        for block in &message.blocks {
            match block {
                Block::ToolCall(call)
                    if ["Edit", "MultiEdit", "Write", "NotebookEdit"].contains(&call.name.as_str()) =>
                {
                    note(&mut self.files, call_line(call));
                }
                Block::ToolResult(result) if result.is_error => {
                    note(&mut self.errors, clip(first_line(&result.parts), ERROR).into_owned());
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, text: &str, user: bool) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() || !self.seen.insert(text.clone()) {
            return;
        }
        if user { self.user.push(text) } else { self.model.push(text) }
    }

    /// Takes over what an earlier summary kept.
    fn carry(&mut self, summary: &str) {
        let Some((_, kept)) = summary.split_once(KEPT) else { return };
        let mut section = "";
        for line in kept.lines() {
            if line.starts_with("## ") {
                section = line;
            } else if let Some(text) = line.strip_prefix("- ") {
                match section {
                    USER => self.add(text, true),
                    MODEL => self.add(text, false),
                    FILES => note(&mut self.files, text.to_owned()),
                    ERRORS => note(&mut self.errors, text.to_owned()),
                    _ => {}
                }
            }
        }
    }

    fn write(&self, room: u64) -> String {
        let for_user = (room as f64 * USER_SHARE) as u64;
        let user = within(&self.user, for_user);
        let used: u64 = user.iter().map(|line| tokens(line) + 2).sum();
        let lists = [list(FILES, &self.files), list(ERRORS, &self.errors)];
        let taken = used + lists.iter().map(|list| tokens(list)).sum::<u64>();
        let model = within(&self.model, room.saturating_sub(taken));
        let sections = [list(USER, &user), list(MODEL, &model)].into_iter().chain(lists);
        let sections: Vec<String> = sections.filter(|section| !section.is_empty()).collect();
        if sections.is_empty() { String::new() } else { format!("{KEPT}\n{}", sections.join("\n")) }
    }
}

fn note(list: &mut Vec<String>, line: String) {
    list.retain(|known| *known != line);
    list.push(line);
    if list.len() > LISTED {
        list.remove(0);
    }
}

fn list(head: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("- {line}")).collect();
    format!("{head}\n{}", lines.join("\n"))
}

/// All of it if there is room, else its most telling sentences, in their order.
fn within(texts: &[String], room: u64) -> Vec<String> {
    let cost = |text: &str| tokens(text) + 2;
    let texts: Vec<String> = texts.iter().map(|text| clip(text, STATEMENT).into_owned()).collect();
    if texts.iter().map(|text| cost(text)).sum::<u64>() <= room {
        return texts;
    }
    let mut all: Vec<(usize, usize, &str)> = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        all.extend(sentences(text).enumerate().map(|(at, sentence)| (place, at, sentence)));
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    // The newer of two that tell as much comes first.
    order
        .sort_by_key(|index| all.get(*index).map(|(place, _, sentence)| std::cmp::Reverse((weight(sentence), *place))));
    let mut left = room;
    let mut chosen: Vec<usize> = Vec::new();
    for index in order {
        let Some((_, _, sentence)) = all.get(index) else { continue };
        if cost(sentence) <= left {
            left -= cost(sentence);
            chosen.push(index);
        }
    }
    chosen.sort_unstable();
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (place, _, sentence) in chosen.into_iter().filter_map(|index| all.get(index)) {
        match lines.last_mut() {
            Some((last, line)) if last == place => {
                line.push(' ');
                line.push_str(sentence);
            }
            _ => lines.push((*place, (*sentence).to_owned())),
        }
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Sentences: a stop that a blank and no small letter follows ends one.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let stop = rest.char_indices().find(|(at, c)| {
            let after = rest.get(at + c.len_utf8()..).unwrap_or_default();
            let next = after.trim_start().chars().next();
            matches!(c, '.' | '!' | '?' | ';')
                && after.starts_with(' ')
                && next.is_some_and(|next| !next.is_lowercase())
        });
        let end = stop.map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, after) = rest.split_at(end);
        rest = after.trim_start();
        Some(sentence)
    })
}

/// How much a sentence states: figures, names, and words of will and reason weigh; chatter does not.
fn weight(sentence: &str) -> u32 {
    const WILL: [&str; 22] = [
        "must", "never", "always", "only", "not", "don't", "decided", "decision", "because", "prefer", "need",
        "should", "use", "keep", "instead", "remember", "require", "fixed", "cause", "fails", "will", "is",
    ];
    let mut sum = 0;
    let mut words = 0;
    for (place, word) in sentence.split(' ').enumerate() {
        words += 1;
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.chars().any(|c| c.is_ascii_digit()) {
            sum += 4;
        } else if word.contains(['`', '_', '/', '"', '\'']) || bare.contains(['.', ':', '-']) {
            sum += 3;
        } else if place > 0 && bare.chars().next().is_some_and(char::is_uppercase) {
            sum += 2;
        }
        if WILL.contains(&bare.to_lowercase().as_str()) {
            sum += 2;
        }
    }
    // By density, so that a long sentence does not win by its length alone.
    (sum * 100) / (words + 6)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::domain::{ModelRef, Wire};

    fn history(said: &[(&str, &str)]) -> Vec<Arc<Segment>> {
        let mut all = Vec::new();
        for (user, model) in said {
            all.push(Arc::new(Segment::message("you", Arc::new(Message::user(*user)))));
            let blocks = vec![Block::Text { text: (*model).to_owned() }];
            let message = Message::assistant(blocks, ModelRef::new(Wire::Anthropic, "m"));
            all.push(Arc::new(Segment::message("answer", Arc::new(message))));
        }
        all
    }

    #[test]
    fn everything_said_is_kept_while_there_is_room() {
        let kept = statements(&history(&[("the port is 8473", "I use tokio."), ("never touch main.rs", "Done.")]), 500);
        for fact in ["the port is 8473", "never touch main.rs", "I use tokio."] {
            assert!(kept.contains(fact), "{kept}");
        }
    }

    #[test]
    fn where_room_is_short_statements_win_over_chatter() {
        let chatter = "That is a very good and thoughtful thing to say and I am glad to go on with it today. ";
        let long = format!("{}The limit is 4096 bytes in `net/frame.rs`. {}", chatter.repeat(5), chatter.repeat(5));
        let kept = statements(&history(&[("go on", &long)]), 60);
        assert!(kept.contains("The limit is 4096 bytes in `net/frame.rs`."), "{kept}");
        assert!(tokens(&kept) < 90, "{kept}");
    }

    #[test]
    fn the_next_summary_carries_on_what_the_last_one_kept() {
        let first = statements(&history(&[("the port is 8473", "noted")]), 500);
        let summary = super::super::summary_message(&format!("Goal: things\n\n{first}"));
        let mut next = vec![Arc::new(Segment::message("summary", Arc::new(summary)))];
        next.extend(history(&[("and the host is db-7", "noted too")]));
        let second = statements(&next, 500);
        assert!(second.contains("8473") && second.contains("db-7"), "{second}");
        assert_eq!(second.matches("8473").count(), 1);
    }
}
