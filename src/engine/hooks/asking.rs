//! The question of a hook to a model: one short request beside the session, with nothing of its conversation.

use std::sync::Arc;

use super::super::driver::Driver;
use crate::domain::{Block, Message, ModelInfo, ModelRef, Sampling, Segment, StreamItem};
use crate::hooks::{Ask, Question};
use crate::prompt::{self, Draft};
use crate::provider::Provider;
use crate::usage::ModelTable;

/// Tokens that the answer may have.
const ANSWER: u32 = 1_024;
/// Bytes of an answer that are read.
const BYTES: usize = 64 << 10;

/// Everything that one question needs.
struct Asker {
    model: ModelRef,
    info: Arc<ModelInfo>,
    table: ModelTable,
    provider: Arc<dyn Provider>,
    key: String,
}

impl Driver {
    /// A way to ask; none while no model is configured or can be reached.
    pub(super) fn asker(&self) -> Option<Ask> {
        let (model, info) = self.machine.model().cloned()?;
        let provider = match self.providers.get(&model.wire) {
            Some(provider) => Arc::clone(provider),
            None => (self.stage.connect)(&model).ok()?,
        };
        let (table, key) = (self.setup.table.clone(), format!("{}-hook", self.session));
        let asker = Arc::new(Asker { model, info, table, provider, key });
        Some(Arc::new(move |question| {
            let asker = Arc::clone(&asker);
            Box::pin(async move { asker.ask(question).await })
        }))
    }
}

impl Asker {
    async fn ask(&self, question: Question) -> Result<String, String> {
        let (model, info) = self.model_for(question.model.as_deref());
        let message = Segment::message("hook", Arc::new(Message::user(question.text)));
        let canonical = prompt::assemble(&Draft {
            prefix: &[],
            history: &[Arc::new(message)],
            model: &model,
            info: &info,
            sampling: Sampling { max_output: ANSWER, effort: None, thinking: false },
            session_key: &self.key,
            anchors: prompt::Anchors::default(),
        });
        let mut items = self.provider.stream(Arc::new(canonical));
        let mut answer = String::new();
        while let Some(item) = items.recv().await {
            match item {
                StreamItem::BlockDone { block: Block::Text { text }, .. } if answer.len() < BYTES => {
                    answer.push_str(&text);
                }
                StreamItem::Done { .. } => return Ok(answer),
                StreamItem::Failed(error) => return Err(format!("the model could not answer: {error}")),
                _ => {}
            }
        }
        Err("the model's answer broke off".to_owned())
    }

    fn model_for(&self, named: Option<&str>) -> (ModelRef, Arc<ModelInfo>) {
        let Some(named) = named else { return (self.model.clone(), Arc::clone(&self.info)) };
        let id = self.table.resolve(named);
        let info = self.table.find(id).unwrap_or_else(|| ModelInfo::unknown(id));
        (ModelRef::new(self.model.wire, id), Arc::new(info))
    }
}
