//! `--record` and `--replay`: the model and the tools of a stage, listened in on or played back.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::base::clock::{Clock, ManualClock, SharedClock, SystemClock};
use crate::base::dirs::Dirs;
use crate::base::ids::{CountingIds, SharedIds, TimeIds};
use crate::base::secrets::Redactor;
use crate::domain::{Access, ModelRef, ToolOutcome, ToolSpec};
use crate::engine::{Connect, Stage};
use crate::provider::traffic::{Ground, Player, Recorder};
use crate::session::Store;
use crate::tools::{Place, Tool, ToolContext};

/// What is to be done with the traffic of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The file that is written.
    pub record: Option<PathBuf>,
    /// The file that answers instead of a model.
    pub replay: Option<PathBuf>,
    /// What tools came to is taken from the recording too; nothing runs.
    pub tools_recorded: bool,
}

impl Traffic {
    /// The clock of the run: a replay takes place when it was recorded. Where nobody watches, time stands still, so
    /// that two replays say the same.
    pub fn clock(&self, watched: bool) -> Result<SharedClock, String> {
        let Some(path) = &self.replay else { return Ok(SystemClock::shared()) };
        let at = Player::peek(path)?.at;
        Ok(if watched { Arc::new(Then { at, since: SystemClock::shared() }) } else { ManualClock::at(at) })
    }

    /// The source of ids of the run.
    pub fn ids(&self) -> SharedIds {
        if self.replay.is_some() { Arc::new(CountingIds::default()) } else { Arc::new(TimeIds) }
    }

    /// The store of the run: a replay leaves no session among the person's own.
    pub(super) fn store(&self, dirs: &Dirs) -> Result<Store, String> {
        if self.replay.is_none() {
            return Ok(Store::new(dirs.data.clone()));
        }
        let folder = tempfile::Builder::new().prefix("latigo-replay-").tempdir();
        let folder = folder.map_err(|error| format!("there is no place for the replay: {error}"))?;
        Ok(Store::new(folder.keep()))
    }

    /// Puts the recorder or the player between the engine and what it works with.
    pub(super) fn apply(
        &self,
        stage: &mut Stage,
        tools: &mut Vec<Arc<dyn Tool>>,
        (dirs, secrets, now): (&Dirs, &Redactor, u64),
    ) -> Result<(), String> {
        let ground =
            || Ground { project: stage.place.project.clone(), data: dirs.data.clone(), secrets: secrets.clone() };
        if let Some(path) = &self.replay {
            let player = Player::open(path, ground())?;
            let header = player.header();
            stage.model = Some((header.model.clone(), Arc::new(header.info.clone())));
            stage.model_forced = true;
            let provider = player.provider();
            stage.connect = Arc::new(move |_| Ok(Arc::clone(&provider)));
            if self.tools_recorded {
                wrap(tools, |inner| Arc::new(Played { inner, player: player.clone() }));
            }
            return Ok(());
        }
        let Some(path) = &self.record else { return Ok(()) };
        let Some((model, info)) = stage.model.clone() else {
            return Err("--record needs a model; set one, or record the rehearsal: --rehearse --record FILE".to_owned());
        };
        let recorder = Recorder::create(path, ground(), (model, (*info).clone()), now)?;
        stage.connect = listened(Arc::clone(&stage.connect), recorder.clone());
        wrap(tools, |inner| Arc::new(Taped { inner, recorder: recorder.clone() }));
        Ok(())
    }
}

fn listened(connect: Connect, recorder: Recorder) -> Connect {
    Arc::new(move |model: &ModelRef| connect(model).map(|provider| recorder.listen(provider)))
}

fn wrap(tools: &mut Vec<Arc<dyn Tool>>, with: impl Fn(Arc<dyn Tool>) -> Arc<dyn Tool>) {
    *tools = std::mem::take(tools).into_iter().map(with).collect();
}

/// A clock that began at another time.
#[derive(Debug)]
struct Then {
    at: u64,
    since: SharedClock,
}

impl Clock for Then {
    fn wall_ms(&self) -> u64 {
        self.at + self.since.elapsed().as_millis() as u64
    }

    fn elapsed(&self) -> std::time::Duration {
        self.since.elapsed()
    }
}

/// A tool whose outcomes are written down.
#[derive(Debug)]
struct Taped {
    inner: Arc<dyn Tool>,
    recorder: Recorder,
}

impl Tool for Taped {
    fn spec(&self) -> ToolSpec {
        self.inner.spec()
    }

    fn access(&self, input: &Value, place: &Place) -> Result<Access, String> {
        self.inner.access(input, place)
    }

    fn run(&self, input: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let (recorder, id, name) = (self.recorder.clone(), context.call_id.clone(), self.inner.spec().name);
        let run = self.inner.run(input, context);
        Box::pin(async move {
            let outcome = run.await;
            recorder.tool(&id, &name, &outcome);
            outcome
        })
    }
}

/// A tool that says what it said when it was recorded. It touches nothing; the gate judges it all the same.
#[derive(Debug)]
struct Played {
    inner: Arc<dyn Tool>,
    player: Player,
}

impl Tool for Played {
    fn spec(&self) -> ToolSpec {
        self.inner.spec()
    }

    fn access(&self, input: &Value, place: &Place) -> Result<Access, String> {
        self.inner.access(input, place)
    }

    fn run(&self, _: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let outcome = self.player.tool(&context.call_id).unwrap_or_else(|| {
            ToolOutcome::error(format!("The recording has no outcome of the call {}.", context.call_id))
        });
        Box::pin(async move { outcome })
    }
}
