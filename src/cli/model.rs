//! A model for subcommands that ask one without a session: reached as the settings say, or played from a recording.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::config::{self, ConfigInput, Flags, Traffic};
use crate::domain::{Block, CanonicalRequest, ModelError, ModelInfo, ModelRef, StreamItem, Usage};
use crate::engine::{Open, Setup};
use crate::provider::Provider;
use crate::session::Store;
use crate::usage;

/// Tries of one request.
const TRIES: u32 = 4;
/// The longest wait before the next try.
const WAIT: Duration = Duration::from_secs(30);
/// Bytes of an answer that are kept.
const ANSWER: usize = 4 * 1024 * 1024;

/// Which model is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelWish {
    pub model: Option<String>,
    pub provider: Option<String>,
    pub traffic: Traffic,
}

/// Where a subcommand works.
pub(super) struct Place {
    /// The person's own sessions.
    pub(super) store: Store,
    pub(super) setup: Setup,
}

/// The model that is asked, what is known of it, and who answers for it.
pub(super) type Asked = (ModelRef, Arc<ModelInfo>, Arc<dyn Provider>);

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) blocks: Vec<Block>,
    pub(super) usage: Usage,
}

impl Place {
    /// Reads the settings of this folder. The error is a sentence for the person.
    pub(super) async fn survey(wish: &ModelWish) -> Result<Self, String> {
        let cwd = std::env::current_dir().map_err(|error| format!("The current folder cannot be entered: {error}."))?;
        let dirs = Dirs::find(std::env::var(HOME_VARIABLE).ok().as_deref(), &cwd)?;
        let home = std::env::var_os("HOME").map_or_else(|| cwd.clone(), PathBuf::from);
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let flags = Flags { model: wish.model.clone(), provider: wish.provider.clone(), ..Flags::default() };
        let input = ConfigInput { home: &home, cwd: &cwd, env, flags, dirs: &dirs, managed: None };
        let mut settings = config::load(input);
        if wish.traffic.replay.is_none() {
            config::ask_server(&mut settings).await;
        }
        let start = config::Start {
            home: &home,
            cwd: &cwd,
            dirs: &dirs,
            clock: wish.traffic.clock(false)?,
            ids: wish.traffic.ids(),
            open: Open::New,
            interactive: false,
            max_turns: None,
            caps: Vec::new(),
            report: None,
            model_forced: wish.model.is_some(),
            rehearse: false,
            traffic: wish.traffic.clone(),
        };
        let setup = config::setup(&settings, start)?;
        Ok(Self { store: Store::new(dirs.data.clone()), setup })
    }

    /// The model, and who answers for it.
    pub(super) fn model(&self) -> Result<Asked, String> {
        let (model, info) = self.setup.stage.model.clone().ok_or(
            "no model is configured; set ANTHROPIC_API_KEY, OPENAI_API_KEY, LLM_API_BASE or OLLAMA_HOST, or give --replay FILE",
        )?;
        let provider = (self.setup.stage.connect)(&model)?;
        Ok((model, info, provider))
    }
}

/// Asks and waits for the whole answer. What may pass is tried again.
pub(super) async fn ask(provider: &Arc<dyn Provider>, request: &Arc<CanonicalRequest>) -> Result<Said, String> {
    let mut tries = 1;
    loop {
        match listen(provider, request).await {
            Ok(said) => return Ok(said),
            Err(error) if error.kind.is_transient() && tries < TRIES => {
                let wait = error.retry_after_ms.map_or(Duration::from_secs(1 << tries), Duration::from_millis);
                tokio::time::sleep(wait.min(WAIT)).await;
                tries += 1;
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

async fn listen(provider: &Arc<dyn Provider>, request: &Arc<CanonicalRequest>) -> Result<Said, ModelError> {
    let mut items = provider.stream(Arc::clone(request));
    let (mut blocks, mut spent, mut bytes) = (Vec::new(), Usage::default(), 0);
    while let Some(item) = items.recv().await {
        match item {
            StreamItem::Delta { text, .. } => bytes += text.len(),
            StreamItem::BlockDone { block, .. } if bytes <= ANSWER => blocks.push(block),
            StreamItem::Usage(usage) => spent = usage,
            StreamItem::Done { usage, .. } => return Ok(Said { blocks, usage: usage.unwrap_or(spent) }),
            StreamItem::Failed(error) => return Err(error),
            _ => {}
        }
    }
    Err(ModelError::new(crate::domain::ErrorKind::Connection, "the answer ended before it was complete"))
}

/// What an answer cost; none where the price is not known.
pub(super) fn cost(info: &ModelInfo, spent: &Usage) -> Option<f64> {
    info.prices.as_ref().map(|prices| usage::price(prices, spent))
}

/// Runs work that waits for a network.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("the system gives no threads: {error}"))?.block_on(work)
}
