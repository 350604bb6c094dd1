//! What commands, skills and memory need of the settings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::project::{claude_key, project_key};
use super::setup::Base;
use super::{ConfigInput, Settings, load, save_setting};
use crate::base::dirs::Dirs;
use crate::base::secrets::Redactor;
use crate::catalog::{self, Budget, Ground, Memory, Plugin, SkillSwitch, Style, notes};
use crate::domain::{AgentFile, CommandFile, MemoryFile, Notice, RuleScope, RuleSource};
use crate::engine::{self, AutoMemory, Scanned};
use crate::policy::{RuleText, Tier};
use crate::recall::MemorySetting;

/// The name of the memory store's files.
const MEMORIES: &str = "memories.sqlite";
/// The most characters that the list of skills may take, whatever the window is.
const LIST_CHARS: usize = 64_000;

/// What a stage's texts come to.
pub(super) struct Texts {
    pub(super) commands: Vec<CommandFile>,
    pub(super) memory: Vec<MemoryFile>,
    pub(super) agents: Vec<AgentFile>,
    pub(super) shelf: engine::Shelf,
    /// Rules that come with them.
    pub(super) rules: Vec<RuleText>,
}

/// Reads everything that there is for this start. A folder that is not trusted adds nothing.
pub(super) fn texts(settings: &Settings, start: &Base<'_>, notices: &mut Vec<Notice>) -> Texts {
    let reader = Arc::new(Reader::new(settings, start));
    let (mut commands, off, told) = reader.prompts(settings.trusted);
    notices.extend(told);
    let (mut agents, told) = catalog::agents(&reader.ground_of(settings.trusted), &reader.given);
    notices.extend(told);
    agents.retain(|agent| settings.trusted || agent.source != "project");
    let Memory { mut files, mut rules, skipped, notices: told, far: _ } =
        catalog::memory(&reader.ground(), &reader.wish);
    notices.extend(told);
    let waits = |path: &PathBuf| !settings.trusted && settings.folder.texts.contains(path);
    let mut skipped = skipped;
    skipped.extend(
        files.iter().filter(|file| waits(&file.path)).map(|f| (f.path.clone(), "the folder is not trusted".into())),
    );
    commands.retain(|file| !waits(&file.path));
    files.retain(|file| !waits(&file.path));
    rules.retain(|rule| !waits(&rule.file.path));
    let (styles, told) = catalog::styles(&reader.ground_of(settings.trusted));
    notices.extend(told);
    let styles: Vec<Style> = styles.into_iter().filter(|style| settings.trusted || style.source != "project").collect();
    let style = chosen_style(settings, &styles, notices);
    let auto = reader.notes.as_ref().map(NotePlaces::read);
    let rules_of_auto = auto.iter().map(|auto| pre_approved(&auto.folder, start)).collect();
    let config = start.dirs.config.clone();
    let shelf = engine::Shelf {
        lead: None,
        budget: budget(settings),
        scan: Some(scan(Arc::clone(&reader), settings.trusted, (&commands, &agents))),
        nested: settings.trusted.then(|| nested(Arc::clone(&reader))),
        nested_skills: settings.trusted.then(|| nested_skills(Arc::clone(&reader))),
        rules,
        skipped,
        auto,
        memories: Some(stored(&settings.catalog.memories, (start.dirs, &settings.project))),
        style,
        styles,
        status_line: settings.catalog.status_line.clone(),
        plugins: reader.plugins.clone(),
        off,
        no_shell: settings.catalog.no_shell,
        settings: settings.catalog.origins.iter().map(super::Origin::row).collect(),
        save: Some(Arc::new(move |key, value| save_setting(&config, key, value.clone()))),
    };
    Texts { commands, memory: files, agents, shelf, rules: rules_of_auto }
}

/// Where everything is read, for reading it again.
struct Reader {
    home: PathBuf,
    cwd: PathBuf,
    project: PathBuf,
    plugins: Vec<Plugin>,
    bundled: bool,
    wish: catalog::MemoryWish,
    switches: BTreeMap<String, SkillSwitch>,
    /// Agents of the command line.
    given: Vec<AgentFile>,
    claude: PathBuf,
    /// None where the model keeps no notes.
    notes: Option<NotePlaces>,
}

impl Reader {
    fn new(settings: &Settings, start: &Base<'_>) -> Self {
        let wish = &settings.catalog;
        Self {
            home: start.home.to_path_buf(),
            cwd: start.cwd.to_path_buf(),
            project: settings.project.clone(),
            plugins: wish.plugins.here.clone(),
            bundled: !wish.no_bundled,
            wish: wish.memory.clone(),
            switches: wish.skills.clone(),
            given: wish.agents.clone(),
            claude: wish.claude.clone(),
            notes: wish.auto_memory.then(|| NotePlaces::of(settings, start)),
        }
    }

    /// Commands and skills, those that are off apart.
    fn prompts(&self, trusted: bool) -> (Vec<CommandFile>, Vec<CommandFile>, Vec<Notice>) {
        let (mut files, notices) = catalog::prompts(&self.ground_of(trusted));
        let off = catalog::switch(&mut files, &self.switches);
        (files, off, notices)
    }

    /// The same without the project's own files where the folder is not trusted, so that none of them takes the place of
    /// one of the user's.
    fn ground_of(&self, trusted: bool) -> Ground<'_> {
        let ground = self.ground();
        if trusted { ground } else { Ground { cwd: &self.home, project: &self.home, ..ground } }
    }

    fn ground(&self) -> Ground<'_> {
        let Self { home, cwd, project, plugins, bundled, claude, .. } = self;
        Ground { home, claude: Some(claude), cwd, project, plugins, bundled: *bundled }
    }
}

/// One hundredth of the window, or the share that the settings say, at four characters a token.
fn budget(settings: &Settings) -> Budget {
    let usual = Budget::default();
    let model = settings.model.as_ref().and_then(|choice| choice.model.as_deref());
    let window = model.and_then(|id| settings.models.find(settings.models.resolve(id))).map_or(200_000, |i| i.window);
    let share = settings.catalog.share.unwrap_or(0.01);
    let chars = (f64::from(window) * 4.0 * share) as usize;
    Budget { chars: chars.min(LIST_CHARS), description: settings.catalog.description.unwrap_or(usual.description) }
}

fn chosen_style(settings: &Settings, styles: &[Style], notices: &mut Vec<Notice>) -> Style {
    let mut forced = styles.iter().filter(|style| style.forced);
    if let Some(style) = forced.next() {
        let text = format!("The output style is {}: the {} sets it.", style.name, style.source);
        let others: Vec<&str> = forced.map(|style| style.source.as_str()).collect();
        notices.push(if others.is_empty() {
            Notice::info(text).hint("/plugin switches the plugin off")
        } else {
            Notice::warning(format!("{text} So would {}.", others.join(", ")))
        });
        return style.clone();
    }
    let wanted = settings.catalog.style.as_deref().unwrap_or(catalog::DEFAULT_STYLE);
    let same = |style: &&Style| style.name.eq_ignore_ascii_case(wanted);
    if let Some(style) = styles.iter().find(same) {
        return style.clone();
    }
    let names: Vec<&str> = styles.iter().map(|style| style.name.as_str()).collect();
    let notice = Notice::warning(format!("There is no output style `{wanted}`; the default one is used."));
    notices.push(notice.hint(format!("choose one of {}", names.join(", "))));
    styles.first().cloned().unwrap_or_default()
}

/// What a project's file may do by itself: its shell lines and allow rules.
type Powers = BTreeSet<(PathBuf, Vec<String>)>;

fn powers(file: &CommandFile) -> (PathBuf, Vec<String>) {
    let mut powers = catalog::shell_lines(&file.body);
    powers.extend(file.traits.allowed_tools.iter().cloned());
    powers.extend(file.traits.hooks.iter().map(ToString::to_string));
    (file.path.clone(), powers)
}

fn powers_of_agent(agent: &AgentFile) -> (PathBuf, Vec<String>) {
    let mut powers: Vec<String> = agent.hooks.iter().map(ToString::to_string).collect();
    powers.extend(agent.tools.own_servers.iter().map(|(name, value)| format!("{name} {value}")));
    powers.extend(agent.way.mode.map(|mode| mode.to_string()));
    (agent.path.clone().unwrap_or_default(), powers)
}

/// Reads commands, skills and instructions again. What a project's file may do is held against what it could do when
/// the folder was trusted.
fn scan(reader: Arc<Reader>, trusted: bool, known: (&[CommandFile], &[AgentFile])) -> engine::Scan {
    let agreed: Powers = known.0.iter().map(powers).chain(known.1.iter().map(powers_of_agent)).collect();
    Arc::new(move || {
        let (mut commands, _, _) = reader.prompts(trusted);
        let memory = catalog::memory(&reader.ground(), &reader.wish);
        let mut notices = Vec::new();
        let (mut agents, _) = catalog::agents(&reader.ground_of(trusted), &reader.given);
        commands.retain(|file| file.source != "project" || trusted);
        agents.retain(|agent| agent.source != "project" || trusted);
        let mut may = |source: &str, (path, powers): (PathBuf, Vec<String>)| {
            let is_new = source == "project" && !powers.is_empty() && !agreed.contains(&(path.clone(), powers));
            if is_new {
                let text = format!(
                    "{}: it runs or allows something that was not there when this session began; it is left out",
                    path.display()
                );
                notices.push(Notice::warning(text).hint("start again to be asked about it"));
            }
            !is_new
        };
        commands.retain(|file| may(&file.source, powers(file)));
        agents.retain(|agent| may(&agent.source, powers_of_agent(agent)));
        // A folder that is not trusted has no instructions; one that brings nothing that needs trust counts as trusted.
        let inside = |file: &MemoryFile| file.path.starts_with(&reader.project);
        let memory = memory.files.into_iter().filter(|file| trusted || !inside(file)).collect();
        let auto = reader.notes.as_ref().map(NotePlaces::read);
        Scanned { commands, memory, agents, auto, notices }
    })
}

fn nested(reader: Arc<Reader>) -> engine::Nested {
    Arc::new(move |path: &Path| catalog::nested(&reader.ground(), &reader.wish, path))
}

/// The memory store that a start would use, and the keys that it must not hold.
pub fn memory_store(input: &ConfigInput<'_>) -> (MemorySetting, Redactor) {
    let settings = load(input.clone());
    (stored(&settings.catalog.memories, (input.dirs, &settings.project)), settings.secrets)
}

/// The memory store as the settings want it, with its two files.
fn stored(wish: &MemorySetting, (dirs, project): (&Dirs, &Path)) -> MemorySetting {
    let folder = dirs.data.join("projects").join(project_key(project));
    let (project, user) = (Some(folder.join(MEMORIES)), Some(dirs.data.join(MEMORIES)));
    MemorySetting { project, user, ..wish.clone() }
}

/// What such a skill may do by itself was not there to be agreed to, so it may nothing.
fn nested_skills(reader: Arc<Reader>) -> engine::NestedSkills {
    Arc::new(move |path: &Path| {
        let (mut skills, mut notices) = catalog::nested_skills(&reader.ground(), path);
        catalog::switch(&mut skills, &reader.switches);
        for skill in &mut skills {
            let traits = &mut skill.traits;
            if traits.allowed_tools.is_empty() && traits.hooks.is_none() {
                continue;
            }
            traits.allowed_tools.clear();
            traits.hooks = None;
            let text = format!(
                "{}: what it allows and its hooks do not count, because it was found on the way",
                skill.path.display()
            );
            notices.push(Notice::info(text).hint("start in its folder to be asked about it"));
        }
        (skills, notices)
    })
}

/// Where the model's own notes on a project are, and where Claude Code has its notes on it.
#[derive(Clone)]
struct NotePlaces {
    own: PathBuf,
    theirs: PathBuf,
}

impl NotePlaces {
    fn of(settings: &Settings, start: &Base<'_>) -> Self {
        let usual = || start.dirs.data.join("projects").join(project_key(&settings.project)).join("memory");
        let theirs = settings.catalog.claude.join("projects").join(claude_key(&settings.project)).join("memory");
        Self { own: settings.catalog.auto_folder.clone().unwrap_or_else(usual), theirs }
    }

    /// The notes as they stand on disk. Those of Claude Code are read as long as there are none of ours.
    fn read(&self) -> AutoMemory {
        let mut index = None;
        for folder in [&self.own, &self.theirs] {
            if let Ok(Some(text)) = notes::index(folder) {
                index = Some((folder.join(notes::INDEX), text));
                break;
            }
        }
        AutoMemory { folder: self.own.clone(), index }
    }
}

/// The model may write its notes unasked.
fn pre_approved(folder: &Path, start: &Base<'_>) -> RuleText {
    let source = RuleSource { scope: RuleScope::Session, file: Some("automatic memory".to_owned()), line: None };
    let text = format!("Edit(/{}/**)", folder.display());
    RuleText { tier: Tier::Allow, text, source, anchor: start.cwd.to_path_buf() }
}
