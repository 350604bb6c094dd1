//! The joint: the one file where settings, app, engine and the two fronts meet.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::terminal::colors;
use super::terminal::keep::Keep;
use super::{Invocation, Link, Opening};
use crate::app::{Keymap, Model, Setup};
use crate::base::clock::SharedClock;
use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::config::{self, ConfigInput, Flags, FolderGround, Settings};
use crate::engine::{self, Open};
use crate::session::{Store, history};
use crate::theme::{ColorDepth, Theme};

/// Folders and settings of one start, read once.
pub struct Ground {
    pub settings: Settings,
    home: PathBuf,
    cwd: PathBuf,
    dirs: Dirs,
    env: BTreeMap<String, String>,
}

/// What the first frame needs, and what the screen keeps.
#[derive(Debug)]
pub struct Look {
    pub model: Model,
    /// The mouse is ours.
    pub mouse: bool,
    pub keep: Keep,
}

impl Ground {
    /// Reads what there is. The error is a sentence for the person.
    pub fn survey(invocation: &Invocation) -> Result<Self, String> {
        let cwd = std::env::current_dir().map_err(|error| format!("The current folder cannot be entered: {error}."))?;
        let env: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let dirs = Dirs::find(env.get(HOME_VARIABLE).map(String::as_str), &cwd)?;
        let home = env.get("HOME").map_or_else(|| cwd.clone(), PathBuf::from);
        let load = |cwd: &std::path::Path, flags| {
            config::load(ConfigInput { home: &home, cwd, env: env.clone(), flags, dirs: &dirs, managed: None })
        };
        let settings = load(&cwd, flags(invocation));
        // A session goes on where it belongs, with the settings, trust and rules of that folder.
        let elsewhere = home_of(invocation, &Store::new(dirs.data.clone()), &settings.project);
        let (settings, cwd) = match elsewhere {
            Some(folder) => (load(&folder, flags(invocation)), folder),
            None => (settings, cwd),
        };
        Ok(Self { settings, home, cwd, dirs, env })
    }

    /// The screen's own part.
    pub fn look(&self, invocation: &Invocation, clock: &SharedClock) -> Look {
        let path = Store::new(self.dirs.data.clone()).history(&self.settings.project);
        let chosen = invocation.overrides.theme.as_deref().or(self.settings.theme.as_deref());
        let themes = config::themes(&self.dirs.config);
        let depth = colors::depth(|name| std::env::var_os(name));
        let (theme, theme_chosen) = theme(chosen, &themes, depth);
        let setup = Setup {
            theme,
            theme_chosen,
            depth,
            themes,
            history: history::load(&path),
            keymap: Keymap::default(),
            reduced_motion: self.settings.ui.reduced_motion,
            utc_offset: utc_offset(clock.wall_ms()),
            now: clock.wall_ms(),
        };
        let config = self.dirs.config.clone();
        let save = move |name: &str| config::save_setting(&config, "theme", name).map(drop);
        let keep = Keep { history: path, theme: Box::new(save) };
        Look { model: Model::new(setup), mouse: self.settings.ui.mouse, keep }
    }

    /// Starts the engine. Runs beside the screen, because it reads files and may ask a server.
    pub async fn engine(
        mut self,
        invocation: &Invocation,
        interactive: bool,
        clock: SharedClock,
    ) -> Result<Link, String> {
        if !invocation.rehearse && invocation.traffic.replay.is_none() {
            config::ask_server(&mut self.settings).await;
        }
        let mut setup = config::setup(
            &self.settings,
            config::Start {
                home: &self.home,
                cwd: &self.cwd,
                dirs: &self.dirs,
                clock,
                ids: invocation.traffic.ids(),
                open: open(invocation),
                interactive,
                max_turns: invocation.overrides.max_turns,
                caps: invocation.overrides.caps.clone(),
                report: invocation.overrides.report.as_ref().map(|path| self.cwd.join(path)),
                model_forced: invocation.overrides.model.is_some(),
                rehearse: invocation.rehearse,
                traffic: invocation.traffic.clone(),
            },
        )?;
        if interactive && !invocation.rehearse {
            setup.folder = Some(self.folder(invocation));
        }
        let (requests, events) = engine::start(setup);
        Ok(Link { requests, events })
    }
}

impl Ground {
    /// The file of the person's own servers.
    pub fn server_file(&self) -> PathBuf {
        self.dirs.config.join(config::SERVER_FILE)
    }

    /// The start folder.
    pub fn cwd(&self) -> &std::path::Path {
        &self.cwd
    }

    /// The engine of a sub-agent that is a process of its own.
    pub async fn agent(mut self, spec: &engine::AgentSpec, clock: SharedClock) -> Result<Link, String> {
        config::ask_server(&mut self.settings).await;
        let setup = engine::as_agent(self.plain(clock)?, spec)?;
        let (requests, events) = engine::start(setup);
        Ok(Link { requests, events })
    }

    /// An engine without a model and without servers, whose tools are called from outside.
    pub fn counter(mut self, clock: SharedClock) -> Result<engine::Setup, String> {
        self.settings.capabilities.servers.servers.clear();
        self.plain(clock)
    }

    /// A setup for nobody who could be asked.
    fn plain(&self, clock: SharedClock) -> Result<engine::Setup, String> {
        config::setup(
            &self.settings,
            config::Start {
                home: &self.home,
                cwd: &self.cwd,
                dirs: &self.dirs,
                clock,
                ids: std::sync::Arc::new(crate::base::ids::TimeIds),
                open: Open::New,
                interactive: false,
                max_turns: None,
                caps: Vec::new(),
                report: None,
                model_forced: false,
                rehearse: false,
                traffic: config::Traffic::default(),
            },
        )
    }

    /// What the folder brings, and how an answer to that is taken in force.
    fn folder(&self, invocation: &Invocation) -> engine::Folder {
        let folder = config::folder(FolderGround {
            home: self.home.clone(),
            cwd: self.cwd.clone(),
            dirs: self.dirs.clone(),
            env: self.env.clone(),
            flags: flags(invocation),
            model_forced: invocation.overrides.model.is_some(),
        });
        let ask = (!self.settings.trusted).then(|| self.settings.folder.clone());
        engine::Folder { ask, ..folder }
    }
}

/// Which session the engine opens first.
fn open(invocation: &Invocation) -> Open {
    let which = match &invocation.opening {
        Opening::New | Opening::Resume(None) => return Open::New,
        Opening::Continue => Open::Latest,
        Opening::Resume(Some(text)) => Open::Named(text.clone()),
    };
    if invocation.fork { Open::Fork(Box::new(which)) } else { which }
}

/// The folder of the session that is asked for, when it is one and another than this.
fn home_of(invocation: &Invocation, store: &Store, project: &std::path::Path) -> Option<PathBuf> {
    let Opening::Resume(Some(text)) = &invocation.opening else { return None };
    let id = store.find(text).ok()?;
    let session = store.list(None).into_iter().find(|session| session.id == id)?;
    (session.project != project && session.project.is_dir()).then_some(session.project)
}

fn flags(invocation: &Invocation) -> Flags {
    let given = &invocation.overrides;
    Flags {
        trust: given.trust,
        agent: given.agent.clone(),
        agents: given.agents.clone(),
        mcp_config: given.mcp_config.clone(),
        strict_mcp: given.strict_mcp,
        setup: given.setup,
        no_bypass: given.no_bypass.clone(),
        settings: given.settings.clone(),
        provider: given.provider.clone(),
        model: given.model.clone(),
        mode: given.mode,
        allow: given.allow.clone(),
        deny: given.deny.clone(),
        plugins: given.plugin_dirs.iter().map(|folder| folder.to_string_lossy().into_owned()).collect(),
        directories: given.add_dirs.iter().map(|folder| folder.to_string_lossy().into_owned()).collect(),
        ..Flags::default()
    }
}

/// The theme for the first frame, and whether the terminal's background may still change it.
fn theme(chosen: Option<&str>, themes: &[(String, String)], depth: ColorDepth) -> (Theme, bool) {
    let few = matches!(depth, ColorDepth::None | ColorDepth::Ansi16);
    // Claude Code's `auto` means what no setting means here.
    let chosen = chosen.filter(|name| *name != "auto");
    let name = chosen.unwrap_or(if few { "ansi" } else { "dark" });
    (Theme::load(name, themes).0, chosen.is_some() || few)
}

/// Seconds that the person's clock is ahead of UTC at that time.
fn utc_offset(now: u64) -> i32 {
    let time = jiff::Timestamp::from_millisecond(now as i64).unwrap_or_default();
    jiff::tz::TimeZone::system().to_offset(time).seconds()
}
