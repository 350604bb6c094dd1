//! Prompts: the start of a turn, and the messages that wait while one runs.

use std::sync::Arc;

use super::machine::Machine;
use super::turn::Purpose;
use super::{Effect, Prompt};
use crate::domain::{Block, Body, Message, Mode, Notice, Origin, Queued, Role};
use crate::prompt;

impl Machine {
    pub(super) fn on_prompt(&mut self, prompt: Prompt, now: u64) {
        if self.turn.is_some() {
            self.enqueue(prompt);
        } else {
            self.start_turn(prompt, now);
        }
    }

    /// Puts an edited message in the place of a waiting one, or takes it back.
    pub(super) fn on_edit_queued(&mut self, id: u32, prompt: Option<Prompt>) {
        let mut queue = self.conversation.queue.clone();
        let Some(index) = queue.iter().position(|queued| queued.id == id) else { return };
        if let Some(prompt) = prompt {
            queue[index].text.clone_from(&prompt.typed);
            self.waiting.insert(id, prompt);
        } else {
            queue.remove(index);
            self.waiting.remove(&id);
        }
        self.record(Body::QueueSet { queue });
    }

    /// Takes all waiting messages as blocks for the next message.
    pub(super) fn take_queue(&mut self) -> Vec<Block> {
        if self.conversation.queue.is_empty() {
            return Vec::new();
        }
        let queue = std::mem::take(&mut self.conversation.queue);
        let blocks = queue.into_iter().flat_map(|queued| self.queued_blocks(queued)).collect();
        self.record(Body::QueueSet { queue: Vec::new() });
        blocks
    }

    /// Starts a turn with what waited, if anything did.
    pub(super) fn next_from_queue(&mut self, now: u64) {
        let typed: Vec<String> = self.conversation.queue.iter().map(|queued| queued.text.clone()).collect();
        let blocks = self.take_queue();
        if !blocks.is_empty() {
            let message = Message { role: Role::User, blocks, by: None };
            self.start_turn(Prompt { message, typed: typed.join("\n\n"), origin: Origin::Queued }, now);
        }
    }

    fn enqueue(&mut self, prompt: Prompt) {
        self.conversation.counts.queued += 1;
        let id = self.conversation.counts.queued;
        let mut queue = self.conversation.queue.clone();
        queue.push(Queued { id, text: prompt.typed.clone() });
        self.waiting.insert(id, prompt);
        self.record(Body::QueueSet { queue });
    }

    fn queued_blocks(&mut self, queued: Queued) -> Vec<Block> {
        match self.waiting.remove(&queued.id) {
            Some(prompt) => prompt.message.blocks,
            // After a resume only the text is left of it.
            None => vec![Block::Text { text: queued.text }],
        }
    }

    fn start_turn(&mut self, prompt: Prompt, now: u64) {
        if self.model.is_none() {
            let notice = Notice::error("No model is configured, so the message was not sent.")
                .hint("Set ANTHROPIC_API_KEY or OPENAI_API_KEY, start Ollama, or type /rehearse.");
            return self.record(Body::Noticed(notice));
        }
        let number = self.conversation.counts.turn + 1;
        let message = Arc::new(self.with_surroundings(prompt.message));
        self.begin(number, Purpose::Answer);
        self.record(Body::Prompted { turn: number, message, origin: prompt.origin, typed: Some(prompt.typed) });
        self.out.push(Effect::Sync);
        self.send_next(now);
    }

    /// What others want the model to read with the next message.
    pub(super) fn context_blocks(&self) -> Vec<Block> {
        self.conversation.context.iter().map(|text| Block::Text { text: text.clone() }).collect()
    }

    /// Puts the output of the person's own commands before the prompt and mode reminders after it.
    pub(super) fn with_surroundings(&self, mut message: Message) -> Message {
        let mut blocks: Vec<Block> =
            self.conversation.shell.iter().map(|text| Block::Text { text: text.clone() }).collect();
        blocks.append(&mut message.blocks);
        blocks.extend(self.context_blocks());
        if self.conversation.mode == Mode::Plan && !self.settings.child {
            blocks.push(Block::Text { text: prompt::plan_mode() });
        }
        Message { blocks, ..message }
    }
}
