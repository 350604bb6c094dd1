//! Opening sessions: the first one, a new one, an old one, the rehearsal's.

mod again;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::branch::branch;
use super::catalog;
use super::classify::Classifier;
use super::confine::tell_of_walls;
use super::driver::{Driver, News};
use super::gate::Gate;
use super::hooks::{self, Hooking};
use super::journal::Journal;
use super::parts::Parts;
use super::past::Past;
use super::questions::Questions;
use super::steps::{Denied, Knowledge, Steps, elsewhere, title, wanted};
use super::{Setup, Stage};
use crate::agent::{Effect, Machine, Recollection};
use crate::domain::{
    Body, Event, FilesNews, LibraryBody, Live, ModelRef, Notice, NoticeLevel, Record, Segment, SessionId, StartInfo,
    ToolSpec,
};
use crate::hooks::bus::Bus;
use crate::policy::{self, RuleSet};
use crate::prompt;
use crate::session::{self, FORMAT, Opening, Outline};
use crate::tools::ReadLedger;

/// What opening a session brings.
struct Opened {
    id: SessionId,
    machine: Machine,
    journal: Journal,
    past: Box<Past>,
    /// For the face.
    records: Vec<Record>,
    outline: Option<Outline>,
}

impl Driver {
    /// Opens the session that the setup asks for, or a new one when that cannot be had.
    pub(super) async fn open_first(setup: Setup, news: mpsc::Sender<News>, events: mpsc::Sender<Event>) -> Self {
        let mut stage = setup.stage.clone();
        let mut notices = setup.notices.clone();
        let opened = open_wanted(&setup, &mut stage);
        let mut offer = None;
        let (opened, refusal) = match opened {
            Ok(Some((opened, told))) => {
                notices.extend(told);
                (opened, None)
            }
            Ok(None) => (open_new(&setup, &stage), None),
            // A person sees what is open instead; a script would go on in the wrong session.
            Err(denied) if !setup.interactive && denied.notice.level != NoticeLevel::Info => {
                (open_new(&setup, &stage), Some(denied.notice))
            }
            Err(denied) => {
                notices.push(denied.notice);
                offer = denied.offer;
                (open_new(&setup, &stage), None)
            }
        };
        let (gate, problems) = make_gate(&setup, &stage, opened.id);
        notices.extend(problems);
        let bus = Bus::start(&stage.hooks, opened.id, setup.clock.wall_ms());
        let source = hooks::source_of(&setup.open, opened.records.is_empty());
        let mut driver = Self {
            hooking: Hooking::new(bus),
            stage,
            session: opened.id,
            machine: opened.machine,
            journal: opened.journal,
            gate,
            parts: Parts::default(),
            questions: Questions::default(),
            reads: Arc::new(ReadLedger::default()),
            running: HashMap::new(),
            stream: None,
            providers: HashMap::new(),
            epoch: 0,
            news,
            events,
            inbox: VecDeque::new(),
            closed: false,
            setup,
        };
        if let Some(child) = driver.stage.child.clone() {
            driver.take_over(child.proof.clone());
        }
        driver.open_team();
        if let Some(notice) = refusal {
            driver.refuse(notice).await;
            driver.closed = true;
            return driver;
        }
        driver.announce(opened.past, (opened.records, opened.outline)).await;
        driver.begin(source, notices).await;
        driver.offer(offer).await;
        driver
    }

    /// What begins with the first session: at once, or when the folder's question is answered.
    async fn begin(&mut self, source: &'static str, notices: Vec<Notice>) {
        if let Some(claims) = self.setup.folder.as_ref().and_then(|folder| folder.ask.clone()) {
            // What is wrong with the settings is told when it is known which of them count.
            self.hooking.unbegun = Some(source);
            self.ask_about_folder(claims, notices).await;
        } else {
            self.begin_proving();
            self.start_servers().await;
            self.tell_all(notices).await;
            self.session_begins(source);
            self.initial_prompt(source).await;
        }
    }

    pub(super) async fn tell_all(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            self.notice(notice).await;
        }
    }

    pub(super) async fn start_new(&mut self) {
        self.session_ends("clear").await;
        self.read_memory_again().await;
        let opened = open_new(&self.setup, &self.stage);
        Box::pin(self.switch(opened)).await;
        self.session_begins("clear");
    }

    /// Opens another session; `source` is what SessionStart hooks are told.
    pub(super) async fn resume(&mut self, id: SessionId, source: &str) {
        if id == self.session {
            return;
        }
        let mut stage = self.stage.clone();
        match open_old(&self.setup, &mut stage, id) {
            Ok((opened, notices)) => {
                self.session_ends("resume").await;
                self.stage = stage;
                Box::pin(self.switch(opened)).await;
                for notice in notices {
                    self.notice(notice).await;
                }
                self.session_begins(source);
            }
            Err(denied) => {
                self.notice(denied.notice).await;
                self.offer(denied.offer).await;
            }
        }
    }

    pub(super) async fn rehearse(&mut self) {
        match (self.setup.rehearse)() {
            Ok(stage) => {
                // Nothing of a rehearsal is told outside.
                self.close_bus().await;
                self.stage = stage;
                self.providers.clear();
                self.start_servers().await;
                self.start_new().await;
            }
            Err(problem) => self.notice(Notice::error(format!("The rehearsal cannot start: {problem}"))).await,
        }
    }

    /// What the person may choose in place of a session that cannot be had.
    async fn offer(&mut self, offer: Option<FilesNews>) {
        if let Some(news) = offer {
            self.tell(Event::Live(Live::FilesNews(news))).await;
        }
    }

    /// What the face shows around the conversation.
    pub(super) fn start_info(&self) -> StartInfo {
        StartInfo {
            session: self.session,
            cwd: self.stage.place.cwd.clone(),
            project: self.stage.place.project.clone(),
            branch: branch(&self.stage.place.project),
            model: self.machine.model().cloned(),
            mode: self.machine.conversation().mode,
            modes: self.stage.modes.clone(),
            memory: self.stage.memory.clone(),
            commands: self.all_commands(),
            agents: self.stage.agents.clone(),
            tools: self.tool_names(),
            servers: self.server_states(),
            rehearsal: self.stage.rehearsal,
            sandbox: self.sandbox_state(),
        }
    }

    /// Leaves the session that is open for another.
    async fn switch(&mut self, opened: Opened) {
        for running in self.running.values() {
            running.cancel.cancel();
        }
        self.sync_log().await;
        self.journal.close().await;
        self.parts.saving = super::saving::Saving::default();
        self.running.clear();
        tokio::spawn(self.parts.team.stop_all());
        self.parts.classifier.stop();
        self.parts.classifier = Classifier::default();
        self.stream = None;
        self.epoch += 1;
        let (gate, problems) = make_gate(&self.setup, &self.stage, opened.id);
        self.gate = gate;
        self.reads = Arc::new(ReadLedger::default());
        self.hooking.stop();
        let mut bus = self.hooking.bus.take();
        if let Some(bus) = &mut bus {
            bus.set_session(opened.id);
        }
        self.hooking = Hooking::new(bus);
        self.session = opened.id;
        self.machine = opened.machine;
        self.journal = opened.journal;
        self.open_team();
        self.forget_problems();
        self.thaw_servers("another session was opened");
        self.announce(opened.past, (opened.records, opened.outline)).await;
        for notice in problems {
            self.notice(notice).await;
        }
    }

    /// Tells the face that a session is open, then puts on record what its opening brings about.
    async fn announce(&mut self, past: Box<Past>, (records, outline): (Vec<Record>, Option<Outline>)) {
        let (resumed, past) = (!records.is_empty(), *past);
        self.parts.steps = Steps::of(past.timeline, &self.setup, &self.stage);
        let changes = resumed.then(|| self.parts.steps.timeline.changes(None));
        let knowledge = changes.map(|changes| Knowledge::of(&past.reads, past.last, changes));
        // Whole outputs of the sessions that this one was forked from.
        self.gate.set_readable(past.parents.iter().map(|parent| self.setup.store.outputs(*parent)).collect());
        self.questions = Questions::of(&past.asked, &self.setup.tools, &self.stage.place);
        self.drop_skill_hooks();
        self.parts.catalog = catalog::Catalog::of(past.used, past.ran, past.sums);
        self.bring_hooks_again();
        self.parts.recall.memories = super::memories::Remembered::of(past.told);
        self.know_agents(&past.agents);
        self.parts.library.open(outline, past.titled);
        let now = self.setup.clock.wall_ms();
        let (version, cwd) = (self.setup.version.to_owned(), self.stage.place.cwd.clone());
        let first = if resumed {
            Body::Resumed { version, cwd }
        } else {
            let project = self.stage.place.project.clone();
            Body::SessionStarted { format: FORMAT, id: self.session, version, cwd, project }
        };
        self.open_purse(past.spent);
        // What the records below will say; a face that looks no further than this event is told the truth.
        let chosen = (self.stage.mode, self.stage.model.clone());
        let info = Box::new(StartInfo { mode: chosen.0, model: chosen.1, ..self.start_info() });
        self.tell(Event::Opened { info, records: records.into_iter().map(Arc::new).collect() }).await;
        let _told = self.machine.handle(crate::agent::Input::Note(first.clone()), now);
        self.put_on_record(first).await;
        let mode = self.stage.mode;
        for body in self.choices(mode) {
            self.put_on_record(body).await;
        }
        if let Some(body) = self.on_branch() {
            self.perform(Effect::Record(body)).await;
        }
        for effect in self.machine.recover(now) {
            self.perform(effect).await;
        }
        if let Some(knowledge) = knowledge {
            self.mend_steps().await;
            self.tell_of_changes_since(knowledge).await;
            self.restore_face().await;
        }
    }

    /// The branch that the session is opened on, for the list of sessions.
    fn on_branch(&self) -> Option<Body> {
        let branch = branch(&self.stage.place.project)?;
        Some(Body::Library(LibraryBody::OnBranch { branch }))
    }

    /// The mode and model of this run, as records; permissions and mode are never restored from a log.
    pub(super) fn choices(&mut self, mode: crate::domain::Mode) -> Vec<Body> {
        let now = self.setup.clock.wall_ms();
        let mut effects = self.machine.handle(crate::agent::Input::SetMode(mode), now);
        if let Some((model, info)) = self.stage.model.clone() {
            let effort = self.stage.effort;
            effects.extend(self.machine.handle(crate::agent::Input::SetModel { model, info, effort }, now));
        }
        effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Record(body) => Some(body),
                _ => None,
            })
            .collect()
    }
}

fn open_new(setup: &Setup, stage: &Stage) -> Opened {
    let id = stage.child.as_ref().map_or_else(|| SessionId(setup.ids.next()), |child| child.session);
    let mut journal = Journal::new(setup.store.clone(), id, stage.place.project.clone(), setup.secrets.clone());
    if let Some(child) = &stage.child {
        journal = journal.in_file(child.log.clone());
    }
    let machine = machine(setup, stage, id, Recollection::default());
    Opened { id, machine, journal, past: Box::default(), records: Vec::new(), outline: None }
}

fn open_old(setup: &Setup, stage: &mut Stage, id: SessionId) -> Result<(Opened, Vec<Notice>), Denied> {
    let bounds = setup.tuning.library.bounds;
    let opening = setup.store.open_with::<Past>(id, bounds).map_err(|error| Denied {
        offer: matches!(error, session::Error::Locked { .. }).then(|| FilesNews::Busy { id, title: title(setup, id) }),
        notice: Notice::error(error.to_string()),
    })?;
    let Opening { log, state: mut past, records, outline, notices } = opening;
    if let Some(project) = past.project.clone().filter(|project| *project != stage.place.project) {
        return Err(elsewhere(setup, id, &project));
    }
    let machine = machine(setup, stage, id, std::mem::take(&mut past.recollection));
    let conversation = machine.conversation();
    if let Some(cwd) = conversation.cwd.clone().filter(|cwd| cwd.is_dir() && cwd.starts_with(&stage.place.project)) {
        stage.place.cwd = cwd;
    }
    if let Some(model) = conversation.model.clone().filter(|model| same_server(model, stage)) {
        let info = setup.table.find(&model.id).unwrap_or_else(|| crate::domain::ModelInfo::unknown(&model.id));
        stage.effort = conversation.effort;
        stage.model = Some((model, Arc::new(info)));
    }
    let journal = Journal::resumed(setup.store.clone(), stage.place.project.clone(), log, setup.secrets.clone());
    Ok((Opened { id, machine, journal, past: Box::new(past), records, outline }, notices))
}

/// The session that is to go on; none for a new one.
fn open_wanted(setup: &Setup, stage: &mut Stage) -> Result<Option<(Opened, Vec<Notice>)>, Denied> {
    match again::open_again(setup, stage) {
        Some(opened) => opened.map(Some),
        None => wanted(setup, stage)?.map(|id| open_old(setup, stage, id)).transpose(),
    }
}

/// A resumed session keeps its model when the same server is still the one in use.
fn same_server(model: &ModelRef, stage: &Stage) -> bool {
    !stage.model_forced && stage.model.as_ref().is_some_and(|(current, _)| current.wire == model.wire)
}

fn machine(setup: &Setup, stage: &Stage, id: SessionId, recollection: Recollection) -> Machine {
    let mut machine = Machine::with(setup.agent.clone(), prefix(setup, stage), id.to_string(), recollection);
    machine.limit_turns(super::team::lead_turns(stage));
    machine.set_outputs(setup.store.outputs(id));
    machine
}

/// Tools, system text and memory of a stage.
pub(super) fn prefix(setup: &Setup, stage: &Stage) -> Vec<Arc<Segment>> {
    prefix_with(setup, stage, Vec::new())
}

/// The same with further tools.
pub(super) fn prefix_with(setup: &Setup, stage: &Stage, more: Vec<ToolSpec>) -> Vec<Arc<Segment>> {
    let (rules, _) = RuleSet::parse(stage.rules.clone());
    let specs: Vec<ToolSpec> = setup.tools.iter().map(|tool| tool.spec()).chain(more).collect();
    let names: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
    let hidden = policy::hidden_tools(&rules, &names);
    let told = |spec: &ToolSpec| {
        super::team::lead_has(stage, &spec.name)
            && !hidden.contains(&spec.name)
            && super::team::is_told(&spec.name, setup, stage)
    };
    let mut specs: Vec<ToolSpec> = specs.into_iter().filter(told).collect();
    catalog::choose_tools(&mut specs, stage);
    tell_of_walls(&mut specs, &setup.sandbox.wish);
    super::team::tell_of_agents(&mut specs, &stage.agents);
    let place = prompt::Place {
        cwd: stage.place.project.display().to_string(),
        platform: std::env::consts::OS.to_owned(),
        repository: stage.place.project.join(".git").exists(),
        role: super::team::role(stage),
    };
    catalog::dress(prompt::prefix(specs, &place, &stage.memory), stage)
}

pub(super) fn make_gate(setup: &Setup, stage: &Stage, id: SessionId) -> (Gate, Vec<Notice>) {
    let mut readable = vec![setup.store.outputs(id)];
    readable.extend(catalog::readable(stage));
    let (gate, problems) = Gate::new(stage.rules.clone(), setup.home.clone(), readable, setup.interactive);
    let notices = problems
        .iter()
        .map(|problem| Notice::warning(format!("Rule `{}` ({}): {}", problem.text, problem.source, problem.what)))
        .collect();
    (gate, notices)
}
