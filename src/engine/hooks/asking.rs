//! The question of a hook to a model: one short request beside the session, with nothing of its conversation; or to a
//! sub-agent that may look first.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::super::driver::{Driver, News, What};
use super::super::money::beside;
use super::super::team::Looker;
use crate::domain::{
    Asker as Who, Block, Message, ModelInfo, ModelRef, PriceSource, Purpose, RequestEnd, RequestSpent, Sampling,
    Segment, Spent, SpentOn, StreamItem, Usage,
};
use crate::hooks::{Ask, Hook, Kind, Question};
use crate::prompt::{self, Draft};
use crate::provider::Provider;
use crate::usage::{self, ModelTable};

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
    news: mpsc::Sender<News>,
    epoch: u32,
    turn: u32,
    /// Sub-agents that are ready to begin, by the model that their hooks ask for.
    lookers: Mutex<Vec<Ready>>,
    purpose: Purpose,
}

/// The model that a hook asks for, and its sub-agent or why there is none.
type Ready = (Option<String>, Result<Looker, String>);

impl Driver {
    /// A way to ask; none while no model is configured or can be reached. For hooks that let a sub-agent look it is made
    /// ready here.
    pub(in crate::engine) fn asker(&self, purpose: Purpose, hooks: &[Hook]) -> Option<Ask> {
        let (model, info) = self.machine.model().cloned()?;
        let provider = match self.providers.get(&model.wire) {
            Some(provider) => Arc::clone(provider),
            None => (self.stage.connect)(&model).ok()?,
        };
        let (table, key) = (self.setup.table.clone(), format!("{}-hook", self.session));
        let (news, epoch) = (self.news.clone(), self.epoch);
        let turn = self.machine.conversation().counts.turn;
        let looks = hooks.iter().filter_map(|hook| match &hook.handler.kind {
            Kind::Agent { model, .. } => Some((model.clone(), self.looker(model.as_deref()))),
            _ => None,
        });
        let lookers = Mutex::new(looks.collect());
        let asker = Arc::new(Asker { model, info, table, provider, key, news, epoch, turn, lookers, purpose });
        Some(Arc::new(move |question| {
            let asker = Arc::clone(&asker);
            Box::pin(async move { asker.ask(question).await })
        }))
    }
}

impl Asker {
    /// The sub-agent for a question.
    fn looker(&self, model: Option<&str>) -> Result<Looker, String> {
        // Whoever broke down while he held it only took one out.
        let mut ready = self.lookers.lock().unwrap_or_else(PoisonError::into_inner);
        match ready.iter().position(|(named, _)| named.as_deref() == model) {
            Some(at) => ready.swap_remove(at).1,
            None => Err("no sub-agent is ready".to_owned()),
        }
    }

    async fn ask(&self, question: Question) -> Result<String, String> {
        if question.looks {
            return self.looker(question.model.as_deref())?.answer(question.text).await;
        }
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
        let (mut answer, mut usage) = (String::new(), Usage::default());
        while let Some(item) = items.recv().await {
            match item {
                StreamItem::Usage(told) => usage = told,
                StreamItem::BlockDone { block: Block::Text { text }, .. } if answer.len() < BYTES => {
                    answer.push_str(&text);
                }
                StreamItem::Done { usage: told, .. } => {
                    self.paid(&model, &info, told.unwrap_or(usage), RequestEnd::Whole).await;
                    return Ok(answer);
                }
                StreamItem::Failed(error) => {
                    self.paid(&model, &info, usage, RequestEnd::Failed).await;
                    return Err(format!("the model could not answer: {error}"));
                }
                _ => {}
            }
        }
        Err("the model's answer broke off".to_owned())
    }

    /// The question is on the bill.
    async fn paid(&self, model: &ModelRef, info: &ModelInfo, usage: Usage, end: RequestEnd) {
        let cost = info.prices.as_ref().map(|prices| usage::price(prices, &usage));
        let price = match cost {
            None => PriceSource::Unknown,
            Some(_) if self.table.is_own(&model.id) => PriceSource::Settings,
            Some(_) => PriceSource::Table,
        };
        let request = RequestSpent { end, ..beside(self.purpose, model.clone(), usage, (cost, price)) };
        let who = Who { turn: self.turn, ..Who::default() };
        let spent = Box::new(Spent { who, on: SpentOn::Request(request) });
        let _gone = self.news.send(News { epoch: self.epoch, what: What::Spent(spent) }).await;
    }

    fn model_for(&self, named: Option<&str>) -> (ModelRef, Arc<ModelInfo>) {
        let Some(named) = named else { return (self.model.clone(), Arc::clone(&self.info)) };
        let id = self.table.resolve(named);
        let info = self.table.find(id).unwrap_or_else(|| ModelInfo::unknown(id));
        (ModelRef::new(self.model.wire, id), Arc::new(info))
    }
}
