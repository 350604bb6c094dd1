//! Hooks at what the person reads: the model's words as they come onto the screen, and calls for his attention.

use super::super::driver::Driver;
use super::Then;
use crate::domain::{AgentStart, Block, Event, HookNews, Live, ResponseNote, TeamBody};
use crate::hooks::events::news;
use crate::hooks::{Event as Name, Ran};

impl Driver {
    /// The model has said something. Its words stand on the screen; a hook may put others in their place.
    pub(super) fn answer_shown(&mut self, note: &ResponseNote) {
        if !self.hooked(Name::MessageDisplay) || self.stage.child.is_some() {
            return;
        }
        let texts: Vec<&str> = note
            .message
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Text { text } if !text.trim().is_empty() => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let turn = self.machine.conversation().counts.turn;
        for (index, text) in texts.iter().enumerate() {
            let part =
                news::Shown { turn, message: note.request, index: index as u32, last: index + 1 == texts.len(), text };
            // Nobody waits; without such a hook nothing is left to do.
            let _none = self.fire(news::shown(&part), None, Then::Shown { original: (*text).to_owned() });
        }
    }

    pub(super) async fn on_shown_hooked(&mut self, original: String, runs: &[Ran]) {
        self.told(runs, false).await;
        if let Some(text) = news::displayed(runs) {
            self.tell(Event::Live(Live::Hook(HookNews::Displayed { original, text }))).await;
        }
    }

    /// The person is called, for this kind of reason.
    pub(in crate::engine) fn call_of(&mut self, kind: &str, message: &str) {
        if self.hooked(Name::Notification) {
            self.tell_hooks(news::notification(kind, message));
        }
    }

    /// News of sub-agents that the person is called for.
    pub(super) fn agents_call(&mut self, body: &TeamBody) {
        match body {
            TeamBody::AgentAsked(question) => {
                let text = format!("The agent {} needs your permission to use {}", question.who, question.call.name);
                self.call_of("agent_needs_input", &text);
            }
            TeamBody::AgentStarted(start) => self.note_agent(start),
            TeamBody::AgentEnded(end) => {
                if let Some(task) = self.hooking.agents.remove(&end.agent) {
                    self.call_of("agent_completed", &format!("The agent for “{task}” is done"));
                }
            }
            _ => {}
        }
    }

    /// Only those in the background call the person when they are done.
    fn note_agent(&mut self, start: &AgentStart) {
        if start.background && self.hooked(Name::Notification) {
            self.hooking.agents.insert(start.agent.clone(), start.task.clone());
        }
    }
}
