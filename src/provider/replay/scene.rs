//! Where a conversation stands, as far as a recording cares.

use crate::domain::{Block, CanonicalRequest, Message, Role, without_reminders};

/// Characters of a prompt that an error quotes.
const QUOTED: usize = 120;

/// A request seen by a recording.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scene {
    /// The newest prompt.
    pub(super) prompt: String,
    /// How many prompts there were, this one included.
    pub(super) nth: u32,
    /// One more than the answers since the prompt.
    pub(super) step: u32,
    /// The results since the newest answer.
    pub(super) results: String,
    /// How often this very request came, this time included.
    pub(super) attempt: u32,
}

impl Scene {
    pub(super) fn of(request: &CanonicalRequest, attempt: u32) -> Self {
        let mut scene = Self { prompt: String::new(), nth: 0, step: 1, results: String::new(), attempt };
        for message in request.segments.iter().filter_map(|segment| segment.as_message()) {
            match message.role {
                Role::Assistant => {
                    scene.step += 1;
                    scene.results.clear();
                }
                Role::User => scene.user(message),
            }
        }
        scene
    }

    fn user(&mut self, message: &Message) {
        let mut has_results = false;
        for block in &message.blocks {
            if let Block::ToolResult(result) = block {
                has_results = true;
                self.results.push_str(&result.joined());
                self.results.push('\n');
            }
        }
        let text = without_reminders(&message.text());
        if !has_results || !text.is_empty() {
            self.prompt = text;
            self.nth += 1;
            self.step = 1;
        }
    }

    /// What did not match, for a person.
    pub(super) fn in_words(&self) -> String {
        let mut quoted: String = self.prompt.chars().take(QUOTED).collect();
        if quoted.len() < self.prompt.len() {
            quoted.push('…');
        }
        let results = self.results.trim();
        let results: String = results.chars().take(QUOTED).collect();
        let results = if results.is_empty() { String::new() } else { format!(" with the results `{results}`") };
        format!("step {} of prompt {} (`{quoted}`, try {}){results}", self.step, self.nth, self.attempt)
    }
}
