//! Which commands the sandbox keeps in, and how: found out at first need, judged with every call, on record.

use std::sync::Arc;

use super::driver::{Driver, News, What};
use super::gate::{Asked, Gate};
use super::terms::Places;
use crate::base::process;
use crate::domain::{
    Body, Confinement, Event, Live, Mode, Notice, PathFacts, SandboxState, ToolCall, ToolSpec, Verdict,
};
use crate::policy::{self, Case, Scene};
use crate::sandbox::{Cage, Means, Profile, Proof, Prove, Scope as Folders, Wish};
use crate::tools;

/// The one tool that runs commands.
const SHELL: &str = "Bash";

/// What an engine needs for its sandbox.
#[derive(Clone)]
pub struct Sandbox {
    pub wish: Wish,
    /// Finds out what works; may block.
    pub prove: Prove,
    /// Our own program.
    pub helper: std::path::PathBuf,
    /// Folders of ours that hold keys or other sessions.
    pub private: Vec<std::path::PathBuf>,
}

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Walls {
    proof: Option<Arc<Proof>>,
    /// The folder for passing files, made when it is first needed and removed at the end.
    temp: Option<tempfile::TempDir>,
}

impl Walls {
    /// What was found out so far.
    pub(super) fn proof(&self) -> Option<Arc<Proof>> {
        self.proof.clone()
    }
}

/// How a command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// There is no sandbox, or the call is no command.
    Plain,
    Inside(Means),
    /// By the person's own word in the settings.
    Excluded,
    /// The model asks for it.
    Leaving,
    /// Nothing confines here; why.
    Unavailable(String),
}

impl Driver {
    /// What the badge says.
    pub(super) fn sandbox_state(&self) -> SandboxState {
        if !self.setup.sandbox.wish.enabled {
            return SandboxState::Off;
        }
        match self.parts.walls.proof.as_deref() {
            None => SandboxState::Checking,
            Some(Proof { means: Some(means), .. }) => SandboxState::On(means.confinement()),
            Some(proof) => SandboxState::Unavailable(proof.reason()),
        }
    }

    /// Begins to find out, beside everything else.
    pub(super) fn begin_proving(&self) {
        if self.sandbox_state() != SandboxState::Checking {
            return;
        }
        let (news, epoch, prove) = (self.news.clone(), self.epoch, Arc::clone(&self.setup.sandbox.prove));
        tokio::spawn(async move {
            if let Ok(proof) = tokio::task::spawn_blocking(move || prove()).await {
                let _gone = news.send(News { epoch, what: What::Proven(Box::new(proof)) }).await;
            }
        });
    }

    /// Waits until it is known, when this call depends on it.
    pub(super) async fn need_proof(&mut self, call: &ToolCall) {
        let unclear = || self.parts.walls.proof.as_deref().is_some_and(Proof::is_unclear);
        if call.name != SHELL || (self.sandbox_state() != SandboxState::Checking && !unclear()) {
            return;
        }
        let prove = Arc::clone(&self.setup.sandbox.prove);
        // A probe that breaks down proves nothing.
        let proof = tokio::task::spawn_blocking(move || prove()).await.unwrap_or_default();
        self.on_proven(proof).await;
    }

    pub(super) async fn on_proven(&mut self, proof: Proof) {
        // One that ran out of time is as good as none; the same again is no news.
        if self.parts.walls.proof.as_deref().is_some_and(|known| !known.is_unclear() || *known == proof) {
            return;
        }
        let reason = proof.means.is_none().then(|| proof.reason());
        self.parts.walls.proof = Some(Arc::new(proof));
        let info = Box::new(self.start_info());
        self.tell(Event::Live(Live::Info(info))).await;
        if let Some(reason) = reason {
            let then = if self.setup.sandbox.wish.required { "are refused" } else { "are asked about, each one" };
            let text =
                format!("The sandbox is on in the settings but nothing confines here ({reason}), so commands {then}.");
            self.notice(Notice::warning(text).hint("latigo doctor says what is missing")).await;
        }
    }

    /// The verdict on a call with what the sandbox makes of it, and where the paths of the call lay for it.
    pub(super) fn judge_with_walls(&self, gate: &Gate, asked: &Asked<'_>, mode: Mode) -> (Verdict, Places) {
        gate.with(asked, &self.stage, mode, |case, scene, facts| {
            let used = case.access.paths.iter().filter_map(|used| facts.get_key_value(&used.path));
            let places = used.map(|(path, fact)| (path.clone(), fact.resolved.clone())).collect();
            (self.judge_by_way(asked, case, scene, facts), Places::new(places))
        })
    }

    fn judge_by_way(&self, asked: &Asked<'_>, case: &Case<'_>, scene: &Scene<'_>, facts: &PathFacts) -> Verdict {
        let wish = &self.setup.sandbox.wish;
        match self.way(asked) {
            Way::Inside(means) if wish.auto_allow => {
                policy::judge_confined(case, scene, facts, &means.confinement().to_string())
            }
            Way::Plain | Way::Excluded | Way::Inside(_) => policy::judge(case, scene, facts),
            Way::Leaving => {
                let text = "It would run outside the sandbox, with all your rights.".to_owned();
                policy::insist(policy::judge(case, scene, facts), scene, text)
            }
            Way::Unavailable(reason) if wish.required => {
                let text = format!("The settings demand a sandbox and none can be started ({reason}).");
                policy::refuse(policy::judge(case, scene, facts), text)
            }
            Way::Unavailable(reason) => {
                let text = format!("No sandbox can be started ({reason}), so it would run with all your rights.");
                policy::insist(policy::judge(case, scene, facts), scene, text)
            }
        }
    }

    /// Puts on record how the command is going to run. Without a sandbox there is nothing to say.
    pub(super) async fn note_way(&mut self, call: &ToolCall) {
        let outside = |why: &str| Confinement::Outside { why: why.to_owned() };
        let how = match self.way(&Asked::of(call)) {
            Way::Plain => return,
            Way::Inside(means) => means.confinement(),
            Way::Excluded => outside("excluded by the settings"),
            Way::Leaving => outside("asked for and allowed"),
            Way::Unavailable(_) => outside("no sandbox can be started; allowed"),
        };
        self.put_on_record(Body::Confined { call_id: call.id.clone(), how }).await;
    }

    /// What keeps a call in: none where it runs plainly. The error is a sentence: it must not run.
    pub(super) fn cage(&mut self, call: &ToolCall) -> Result<Option<Arc<Cage>>, String> {
        let Way::Inside(means) = self.way(&Asked::of(call)) else { return Ok(None) };
        let temp = self.temp()?;
        let proxy = self.proxy();
        let sandbox = &self.setup.sandbox;
        // Programs and scripts of plugins lie beside our own settings, which are hidden.
        let plugins = self.stage.shelf.plugins.iter().filter(|plugin| plugin.enabled);
        let outputs: Vec<_> =
            plugins.map(|plugin| plugin.root.clone()).chain([self.setup.store.outputs(self.session)]).collect();
        let scope = Folders {
            home: &self.setup.home,
            project: &self.stage.place.project,
            added: &self.stage.place.added,
            temp: &temp,
            private: &sandbox.private,
            readable: &outputs,
        };
        Ok(Some(Arc::new(Cage {
            means,
            profile: Profile::new(&sandbox.wish, &scope),
            helper: sandbox.helper.clone(),
            hidden_variables: sandbox.wish.hidden_variables.clone(),
            proxy,
        })))
    }

    /// Takes over what a parent has found out.
    pub(super) fn take_over(&mut self, proof: Option<Arc<Proof>>) {
        self.parts.walls.proof = proof;
    }

    fn temp(&mut self) -> Result<std::path::PathBuf, String> {
        if let Some(temp) = &self.parts.walls.temp {
            return Ok(temp.path().to_path_buf());
        }
        let made = tempfile::Builder::new().prefix("latigo-").tempdir();
        let temp = made.map_err(|error| format!("no temporary folder can be made for the sandbox: {error}"))?;
        let path = temp.path().to_path_buf();
        self.parts.walls.temp = Some(temp);
        Ok(path)
    }

    fn way(&self, asked: &Asked<'_>) -> Way {
        let wish = &self.setup.sandbox.wish;
        if asked.name != SHELL || !wish.enabled {
            return Way::Plain;
        }
        if wish.escape && tools::wants_out(asked.input) {
            return Way::Leaving;
        }
        let excluded = || {
            self.gate.with(asked, &self.stage, Mode::Default, |case, scene, facts| {
                policy::is_among(&wish.excluded, case, scene, facts)
            })
        };
        if !wish.excluded.is_empty() && excluded() {
            return Way::Excluded;
        }
        match self.parts.walls.proof.as_deref() {
            Some(Proof { means: Some(means), .. }) => Way::Inside(means.clone()),
            Some(proof) => Way::Unavailable(proof.reason()),
            // Nobody has found out yet, so nothing may be relied on.
            None => Way::Unavailable("it was not tried yet".to_owned()),
        }
    }

    /// Ends what runs and takes the folder for passing files away.
    pub(super) fn take_walls_down(&mut self) {
        if self.setup.alone {
            process::groups().kill_all(std::time::Duration::from_millis(100));
        }
        self.parts.walls.temp = None;
    }
}

/// What the model is told of Bash while the sandbox is on. It depends on settings alone, so that the prefix
/// of requests stays the same.
pub(super) fn tell_of_walls(specs: &mut [ToolSpec], wish: &Wish) {
    if !wish.enabled {
        return;
    }
    let network = if wish.network {
        ""
    } else {
        ", and the network is reached only by the proxy in HTTP_PROXY, host by host, where the person allows it"
    };
    let told = format!(
        "Commands run in a sandbox: only the project, added folders and $TMPDIR can be written{network}. Put temporary files in $TMPDIR."
    );
    for spec in specs {
        tools::offer_escape(spec, &told, wish.escape);
    }
}
