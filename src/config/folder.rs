//! Whether the start folder is trusted, what it would bring, and how the engine takes a new answer in force.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::dirs::Dirs;
use crate::domain::{FolderClaims, Notice};
use crate::engine;

use super::layers::Layer;
use super::setup::{Base, own_stage};
use super::{ConfigInput, Flags, Standing, Trust, ask_server, claims, load};

/// What is said of an answer to something else than what was shown.
const CHANGED: &str = "it changed while the question was open; look at it again with /trust";

/// The folder of a run, to be read again when the person answers.
#[derive(Clone)]
pub struct FolderGround {
    pub home: PathBuf,
    pub cwd: PathBuf,
    pub dirs: Dirs,
    pub env: BTreeMap<String, String>,
    pub flags: Flags,
    /// A model was named on the command line.
    pub model_forced: bool,
}

/// Flags first, then what the person has answered; a folder that brings nothing needs no answer.
pub(super) fn standing(
    input: &ConfigInput<'_>,
    project: &Path,
    layers: &[Layer],
    notices: &mut Vec<Notice>,
) -> (bool, FolderClaims) {
    let mut claims = claims::gather(input, project, layers);
    if input.flags.distrust || input.flags.trust {
        return (!input.flags.distrust, claims);
    }
    let (standing, problem) = Trust::new(&input.dirs.data, input.home).standing(project, &claims.content);
    notices.extend(problem);
    claims.changed = standing == Standing::Changed;
    (standing == Standing::Trusted || claims.is_empty(), claims)
}

/// What a run without anybody to ask says of a folder that is not trusted.
pub(super) fn ignored(claims: &FolderClaims) -> Notice {
    let what = if claims.too_much { "everything that it brings".to_owned() } else { claims.summary() };
    let text = format!("this folder is not trusted, so what needs it is ignored: {what}.");
    Notice::warning(text).hint("--trust uses it for this run; the full screen shows it and remembers an answer")
}

/// The functions by which the engine looks at the folder again and takes an answer.
pub fn folder(ground: FolderGround) -> engine::Folder {
    let ground = Arc::new(ground);
    let other = Arc::clone(&ground);
    let third = Arc::clone(&ground);
    engine::Folder {
        ask: None,
        survey: Arc::new(move || {
            let settings = ground.load();
            (settings.folder, settings.trusted)
        }),
        accept: Arc::new(move |content| {
            let ground = Arc::clone(&other);
            Box::pin(async move { ground.accept(&content).await })
        }),
        reload: Arc::new(move || third.reload()),
    }
}

impl FolderGround {
    fn load(&self) -> super::Settings {
        load(ConfigInput {
            home: &self.home,
            cwd: &self.cwd,
            env: self.env.clone(),
            flags: self.flags.clone(),
            dirs: &self.dirs,
            managed: None,
        })
    }

    /// Rules and hooks as the files say now.
    fn reload(&self) -> engine::Reloaded {
        let settings = self.load();
        let mut notices = settings.notices.clone();
        let base = Base { home: &self.home, cwd: &self.cwd, dirs: &self.dirs, model_forced: self.model_forced };
        let stage = own_stage(&settings, &base, &mut notices);
        engine::Reloaded { rules: stage.rules, hooks: stage.hooks, trusted: stage.trusted, notices }
    }

    /// Remembers the answer for what was shown and reads everything again.
    async fn accept(&self, content: &str) -> Result<(engine::Stage, Vec<Notice>), String> {
        let shown = self.load();
        if shown.folder.content != content || shown.folder.too_much {
            return Err(CHANGED.to_owned());
        }
        let mut notices = Vec::new();
        // The home folder is trusted for this run alone: everything lies below it.
        if shown.project != self.home
            && let Err(problem) = Trust::new(&self.dirs.data, &self.home).remember(&shown.project, content)
        {
            notices.push(Notice::warning(format!("The folder is trusted for this run only: {problem}.")));
        }
        let trusting = Self { flags: Flags { trust: true, ..self.flags.clone() }, ..self.clone() };
        let mut settings = trusting.load();
        if settings.folder.content != content {
            return Err(CHANGED.to_owned());
        }
        ask_server(&mut settings).await;
        notices.extend(settings.notices.clone());
        let base = Base { home: &self.home, cwd: &self.cwd, dirs: &self.dirs, model_forced: self.model_forced };
        let stage = own_stage(&settings, &base, &mut notices);
        Ok((stage, notices))
    }
}
