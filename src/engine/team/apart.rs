//! Letting an agent live: its place, its engine and its minder. A worktree is made beside the driver, before the agent's
//! engine begins.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::Living;
use super::call::Errand;
use super::child::Plan;
use super::minder::{Finished, Minder, Ways};
use super::process;
use super::spec::{SentMoney, Spec};
use crate::agent::Input;
use crate::domain::{
    AgentFile, AgentOutcome, Body, Event, Isolation, Mode, Notice, Request, RuleScope, RuleSource, TeamBody,
    TeamRequest, ToolOutcome,
};
use crate::engine::driver::{self, Driver};
use crate::engine::hooks::WorktreeHooks;
use crate::engine::steps::Keeping;
use crate::engine::{EVENTS, REQUESTS, Setup};
use crate::policy::{RuleText, Tier};
use crate::team::{Order, Settled, Worktree};
use crate::tools::Place;

/// How long the end of an agent in a worktree is waited for when its session ends, so that a clean one is removed.
pub(super) const TIDY: Duration = Duration::from_secs(3);

/// The worktree that an agent works in.
#[derive(Debug)]
pub(super) enum Tree {
    /// To be made before it begins.
    Ordered(Order),
    Made(Worktree),
    /// Its own from before, with changes in it.
    Found(PathBuf),
    /// A hook made it, and hooks clear it away.
    Hooked(PathBuf, Box<WorktreeHooks>),
}

impl Tree {
    /// What is left of it, with what is new in it; none when it is gone.
    pub(super) async fn settle(self) -> Option<(PathBuf, Option<String>)> {
        match self {
            Self::Ordered(_) => None,
            // The person was told before.
            Self::Found(path) => Some((path, None)),
            Self::Hooked(path, hooks) => {
                let gone = hooks.remove(&path).await;
                (!gone).then(|| (path, Some("what a hook made".to_owned())))
            }
            Self::Made(tree) => {
                let path = tree.path().to_path_buf();
                match tree.settle().await {
                    Settled::Removed => None,
                    Settled::Kept(what) => Some((path, Some(what))),
                }
            }
        }
    }

    /// A rule that the agent's own gate suggests, so that it means the same in the session: its root is this one.
    pub(super) fn rooted(&self, rule: &str) -> String {
        let root = match self {
            Self::Ordered(order) => order.path.as_path(),
            Self::Found(path) | Self::Hooked(path, _) => path.as_path(),
            Self::Made(tree) => tree.path(),
        };
        match rule.split_once("(/") {
            Some((tool, path)) if !path.starts_with('/') && matches!(tool, "Edit" | "Read") => {
                format!("{tool}(/{}/{path}", root.display())
            }
            _ => rule.to_owned(),
        }
    }
}

/// The two ends that an engine is given.
struct Ends {
    heard: mpsc::Receiver<Request>,
    tell: mpsc::Sender<Event>,
    heart: Heart,
}

/// What an agent runs in.
enum Heart {
    /// An engine of this process.
    Engine,
    /// A process of its own; what it changes is kept like what a command changes.
    Process(Box<Spec>, Keeping),
}

impl Driver {
    fn spec_of(&self, setup: &Setup, task: String) -> Result<Spec, String> {
        let (caps, spent) = self.setup.tuning.money.shared.now();
        let money = SentMoney { caps, spent: spent.map(|sum| (sum.dollars, sum.tokens)) };
        Spec::of(setup, task, money)
    }

    /// Starts the child and its minder. The error is a text for the model.
    pub(super) fn let_live(
        &mut self,
        definition: &AgentFile,
        errand: Errand,
    ) -> Result<oneshot::Receiver<Finished>, String> {
        let start = errand.start.clone();
        let (place, tree) = self.place_of(&start.agent, start.isolation)?;
        let mut brought = self.brought_by(definition);
        let (servers, problems) = self.servers_of(definition);
        brought.problems.extend(problems);
        brought.rules.extend(errand.rules);
        if tree.is_some() {
            brought.rules.push(self.keep_off());
            if matches!(definition.way.memory.as_deref(), Some("project" | "local")) {
                brought
                    .problems
                    .push("its memory cannot be written from a worktree, because it lies in your checkout".into());
            }
        }
        self.tell_problems(definition, std::mem::take(&mut brought.problems));
        let tools = self.tools_of(definition, &brought.tools)?;
        let plan = Plan {
            start: start.clone(),
            info: errand.info,
            effort: errand.effort,
            place,
            tools,
            brought,
            servers,
            again: errand.again,
        };
        let setup = self.child_setup(definition, plan);
        let (requests, heard) = mpsc::channel(REQUESTS);
        let (tell, events) = mpsc::channel(EVENTS);
        let body = if start.isolation == Isolation::Process {
            Heart::Process(Box::new(self.spec_of(&setup, errand.prompt)?), self.as_command(&start.call_id))
        } else {
            requests.try_send(Request::Team(TeamRequest::Begin { text: errand.prompt })).ok();
            Heart::Engine
        };
        let (done, result) = oneshot::channel();
        let cancel = CancellationToken::new();
        let watched = Arc::new(AtomicBool::new(false));
        let minder = Minder::new(&start, requests.clone(), cancel.clone(), Arc::clone(&watched));
        let ways = Ways {
            news: self.news.clone(),
            epoch: self.epoch,
            clock: Arc::clone(&self.setup.clock),
            stall: Duration::from_millis(self.setup.tuning.team.stall_ms),
        };
        let tidy = tree.is_some();
        let hooks = if matches!(tree, Some(Tree::Ordered(_))) { self.worktree_hooks() } else { None };
        let ends = Ends { heard, tell, heart: body };
        let task = tokio::spawn(live(minder, (setup, ends), (tree, hooks), (events, ways, done)));
        self.inbox.push_back(Input::Note(Body::Team(TeamBody::AgentStarted(Box::new(start.clone())))));
        let living = Living { requests, cancel, alone: start.background, start, watched, task: tidy.then_some(task) };
        self.parts.team.living.insert(living.start.agent.clone(), living);
        Ok(result)
    }

    /// What of a definition cannot work.
    fn tell_problems(&mut self, definition: &AgentFile, problems: Vec<String>) {
        for problem in problems {
            let file = definition.path.as_ref().map(|path| format!(" ({})", path.display())).unwrap_or_default();
            let notice = Notice::warning(format!("The agent {}{file}: {problem}.", definition.name));
            self.inbox.push_back(Input::Note(Body::Noticed(notice)));
        }
    }

    /// Where an agent works.
    fn place_of(&self, agent: &str, isolation: Isolation) -> Result<(Place, Option<Tree>), String> {
        let own = &self.stage.place;
        if isolation != Isolation::Worktree {
            return Ok((own.clone(), None));
        }
        let tuning = &self.setup.tuning.team;
        let Some(folder) = &tuning.worktrees else {
            return Err("There is no place for worktrees here. Call the agent without isolation.".to_owned());
        };
        if !own.project.join(".git").exists() && !self.makes_worktrees() {
            let project = own.project.display();
            return Err(format!(
                "{project} is no git repository, so no worktree can be made. Call it without isolation."
            ));
        }
        if self.machine.conversation().mode == Mode::Plan {
            return Err(
                "Plan mode is on, and a worktree is a change of the repository. Call it without isolation.".into()
            );
        }
        let path = folder.join(agent);
        let below = own.cwd.strip_prefix(&own.project).map(PathBuf::from).unwrap_or_default();
        let place = Place { cwd: path.join(below), project: path.clone(), added: own.added.clone() };
        let tree = if path.join(".git").exists() {
            Tree::Found(path)
        } else {
            let branch = format!("worktree-{agent}");
            let outfit = tuning.outfit.clone();
            Tree::Ordered(Order { project: own.project.clone(), path, branch, base: tuning.base, outfit })
        };
        Ok((place, Some(tree)))
    }

    /// Who has a checkout of his own leaves the person's alone.
    fn keep_off(&self) -> RuleText {
        let project = &self.stage.place.project;
        RuleText {
            tier: Tier::Deny,
            text: format!("Edit(/{}/**)", project.display()),
            source: RuleSource {
                scope: RuleScope::Session,
                file: Some("the agent has a worktree of its own".to_owned()),
                line: None,
            },
            anchor: project.clone(),
        }
    }
}

/// Makes what has to be made, starts the engine and minds it to its end.
async fn live(
    mut minder: Minder,
    (mut setup, ends): (Setup, Ends),
    (tree, hooks): (Option<Tree>, Option<WorktreeHooks>),
    (events, ways, done): (mpsc::Receiver<Event>, Ways, oneshot::Sender<Finished>),
) {
    let tree = match by_hook(tree, hooks, &mut setup).await {
        Ok(tree) => tree,
        Err(problem) => {
            minder.over = Some((AgentOutcome::Failed, Some(problem)));
            return minder.run(events, ways, done).await;
        }
    };
    let cwd = setup.stage.place.cwd.clone();
    match tree {
        Some(Tree::Ordered(order)) => {
            let made = tokio::select! {
                biased;
                () = minder.stopped() => Err("it was stopped".to_owned()),
                made = Worktree::make(order) => made,
            };
            match made {
                Ok(made) => {
                    tell_remarks(&made, &minder, &ways).await;
                    minder.tree = Some(Tree::Made(made));
                }
                Err(problem) => {
                    minder.over = Some((AgentOutcome::Failed, Some(problem)));
                    return minder.run(events, ways, done).await;
                }
            }
            // A folder that the commit does not have.
            if let Err(error) = tokio::fs::create_dir_all(&cwd).await {
                tracing::warn!(%error, folder = %cwd.display(), "the folder of an agent");
            }
        }
        found => minder.tree = found,
    }
    match ends.heart {
        Heart::Engine => drop(tokio::spawn(driver::run(setup, ends.heard, ends.tell))),
        Heart::Process(spec, keeping) => {
            let program = setup.sandbox.helper.clone();
            let work = async move {
                process::run(*spec, program, ends.heard, ends.tell).await;
                ToolOutcome::text("", "")
            };
            tokio::spawn(keeping.around(work));
        }
    }
    minder.run(events, ways, done).await;
}

async fn tell_remarks(made: &Worktree, minder: &Minder, ways: &Ways) {
    for remark in made.remarks() {
        minder.notice(Notice::warning(format!("A worktree of an agent: {remark}.")), ways).await;
    }
}

/// Lets a hook make the worktree that is ordered, where there is one, and moves the agent there.
async fn by_hook(tree: Option<Tree>, hooks: Option<WorktreeHooks>, setup: &mut Setup) -> Result<Option<Tree>, String> {
    let (Some(Tree::Ordered(order)), Some(hooks)) = (&tree, hooks) else { return Ok(tree) };
    let Some(path) = hooks.create(&order.branch).await? else { return Ok(tree) };
    let place = &mut setup.stage.place;
    let below = place.cwd.strip_prefix(&place.project).map(PathBuf::from).unwrap_or_default();
    place.cwd = path.join(below);
    place.project.clone_from(&path);
    Ok(Some(Tree::Hooked(path, Box::new(hooks))))
}
