//! Using a command or a skill: by the person after a slash, by the model through the Skill tool. Its text enters the
//! conversation and stays; the rules, the model and the effort that it brings hold for the turn.

use tokio_util::sync::CancellationToken;

use super::super::driver::{Driver, News, What};
use super::fill::Filled;
use crate::agent::Input;
use crate::catalog::{Part, Surroundings, expand};
use crate::domain::{
    self, Access, Action, Body, CatalogBody, CommandFile, Event, Live, Notice, Origin, PromptKind, RuleScope,
    RuleSource, RuleTier, ToolCall, ToolOutcome,
};

/// Skills that can stand at the start of one prompt.
const STACKED: usize = 6;
/// Characters of one text, and of all, that go back into a conversation that was compacted: 5,000 and 25,000 tokens.
const AGAIN_ONE: usize = 20_000;
const AGAIN_ALL: usize = 100_000;
/// What stands in the place of a shell line that the settings forbid.
const NO_SHELL: &str = "[shell lines are switched off: disableSkillShellExecution]";

impl Driver {
    /// Uses a command or a skill for the person.
    pub(in crate::engine) async fn run_command(&mut self, name: &str, arguments: &str) {
        if name.starts_with("mcp__") && Box::pin(self.run_server_prompt(name, arguments)).await {
            return;
        }
        self.scan_again().await;
        self.take_back_grants();
        let Some(file) = self.named(name).filter(|file| !file.traits.model_only) else {
            let text = format!("There is no command `/{name}` any more.");
            return self.refuse(Notice::warning(text)).await;
        };
        let (more, rest) = self.stacked(&file, arguments);
        let id = format!("shell-{}", uuid::Uuid::new_v4().simple());
        let cancel = CancellationToken::new();
        let mut parts = Vec::new();
        for file in std::iter::once(&file).chain(&more) {
            if !self.machine.is_busy() && file.traits.agent.is_none() {
                self.grant_traits(file);
            }
            self.bring_hooks(file).await;
            parts.extend(self.marked(file, &rest));
        }
        let filling = match self.fill(parts, &id, &cancel).await {
            Ok(filling) => filling,
            Err(problem) => return self.not_used(&file, &problem).await,
        };
        let done = move |text| Filled { file, arguments: rest, text, id: id.clone(), by: None };
        if filling.is_ready() {
            let text = filling.run().await;
            return self.on_filled(done(text)).await;
        }
        let waiting = done(Ok(String::new()));
        self.keep_cancel(&waiting.id, cancel);
        let doing = format!("/{} runs its shell lines", waiting.file.name);
        self.tell(Event::Live(Live::HookRuns(Some(doing)))).await;
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let filled = Filled { text: filling.run().await, ..waiting };
            let _gone = news.send(News { epoch, what: What::Filled(Box::new(filled)) }).await;
        });
    }

    /// The text of a command that the person used is complete.
    pub(in crate::engine) async fn on_filled(&mut self, filled: Filled) {
        let Filled { file, arguments, text, id, by } = filled;
        if let Some(call) = by {
            return self.on_fork_filled(call, &file, text);
        }
        if let Some(running) = self.running.remove(&id) {
            self.tell(Event::Live(Live::HookRuns(None))).await;
            if running.cancel.is_cancelled() {
                return self.not_used(&file, "you stopped it").await;
            }
        }
        let text = match text {
            Ok(text) => self.setup.secrets.text(&text).into_owned(),
            Err(problem) => return self.not_used(&file, &problem).await,
        };
        self.note_used(&file, &arguments, false).await;
        if file.traits.agent.is_some() {
            return self.fork_for_person(&file, text).await;
        }
        self.use_model(&file).await;
        let mut prompt = self.prepare(domain::Input { text, images: Vec::new() }, Origin::Command).await;
        format!("/{} {arguments}", file.name).trim_end().clone_into(&mut prompt.typed);
        self.feed(Input::Prompt(prompt)).await;
    }

    pub(super) async fn not_used(&mut self, file: &CommandFile, problem: &str) {
        let text = format!("/{} was not run ({}): {problem}", file.name, file.path.display());
        self.refuse(Notice::warning(text)).await;
    }

    /// Uses a skill for the model.
    pub(in crate::engine) async fn run_skill(&mut self, call: ToolCall) {
        let cancel = CancellationToken::new();
        let filling = match self.asked_skill(&call) {
            Err(problem) => Err(problem),
            Ok((file, arguments)) => {
                self.bring_hooks(&file).await;
                if file.traits.agent.is_some() {
                    return self.fork_for_model(call, file, arguments, cancel).await;
                }
                self.grant_traits(&file);
                let parts = self.marked(&file, &arguments);
                match self.fill(parts, &call.id, &cancel).await {
                    Err(problem) => Err(format!("The skill {} was not loaded: {problem}", file.name)),
                    Ok(filling) => {
                        self.note_used(&file, &arguments, true).await;
                        self.use_model_in_turn(&file);
                        Ok((filling, file.name))
                    }
                }
            }
        };
        let ways = (cancel, tokio_util::sync::CancellationToken::new());
        self.start_work(call, ways, async move {
            let (filling, name) = match filling {
                Ok(filling) => filling,
                Err(problem) => return ToolOutcome::error(problem),
            };
            match filling.run().await {
                Ok(text) => ToolOutcome::text(text.clone(), format!("{} lines", text.lines().count())),
                Err(problem) => ToolOutcome::error(format!("The skill {name} was not loaded: {problem}")),
            }
        });
    }

    /// The file and the arguments of a call of the Skill tool. The error is a text for the model.
    fn asked_skill(&self, call: &ToolCall) -> Result<(CommandFile, String), String> {
        let name = call.input["skill"].as_str().unwrap_or_default().trim_start_matches('/');
        let arguments = call.input["args"].as_str().unwrap_or_default().to_owned();
        let file = self.named(name).filter(CommandFile::is_for_model);
        let file = file.ok_or_else(|| {
            let known: Vec<&str> =
                self.stage.commands.iter().filter(|file| file.is_for_model()).map(|file| file.name.as_str()).collect();
            format!("There is no skill `{name}`. The skills are: {}.", known.join(", "))
        })?;
        Ok((file, arguments))
    }

    /// A skill that brings rules of its own is asked about; any other one only adds its text.
    pub(super) fn skill_access(&self, call: &ToolCall, access: Access) -> Result<Access, String> {
        let (file, _) = self.asked_skill(call)?;
        let brings = !file.traits.allowed_tools.is_empty() && file.source != "built in";
        Ok(if brings { Access::of(Action::Grant) } else { access })
    }

    /// The text of a file without running anything, for hooks that look at it first.
    pub(in crate::engine) fn expanded(&self, file: &CommandFile, arguments: &str) -> String {
        let parts = self.parts_of(file, arguments);
        let text = |part| match part {
            Part::Text(text) => text,
            Part::Shell(command) => format!("!`{command}`"),
        };
        parts.into_iter().map(text).collect()
    }

    fn parts_of(&self, file: &CommandFile, arguments: &str) -> Vec<Part> {
        let (session, project) = (self.session.to_string(), self.stage.place.project.display().to_string());
        let effort = self.machine.conversation().effort.map_or("", domain::Effort::name);
        let parts = expand(file, arguments, Surroundings { session: &session, effort, project: &project });
        let silent = self.stage.shelf.no_shell && !matches!(file.source.as_str(), "managed" | "built in");
        let shell = |part| match part {
            Part::Shell(_) if silent => Part::Text(NO_SHELL.to_owned()),
            Part::Shell(line) if file.traits.powershell => Part::Shell(by_powershell(&line)),
            part => part,
        };
        parts.into_iter().map(shell).collect()
    }

    /// The parts of a file; those of a skill stand between marks that name it and its folder.
    pub(super) fn marked(&self, file: &CommandFile, arguments: &str) -> Vec<Part> {
        let mut parts = self.parts_of(file, arguments);
        if file.kind == PromptKind::Skill {
            let folder = file.traits.folder.as_ref();
            let folder = folder.map(|folder| format!(" folder=\"{}\"", folder.display())).unwrap_or_default();
            parts.insert(0, Part::Text(format!("<skill name=\"{}\"{folder}>\n", file.name)));
            parts.push(Part::Text("\n</skill>\n".to_owned()));
        }
        parts
    }

    fn named(&self, name: &str) -> Option<CommandFile> {
        self.stage.commands.iter().find(|file| file.name == name).cloned()
    }

    /// Skills that follow the first one at the start of its arguments, and what is left of them.
    fn stacked(&self, first: &CommandFile, arguments: &str) -> (Vec<CommandFile>, String) {
        let (mut more, mut rest) = (Vec::new(), arguments.trim());
        while first.kind == PromptKind::Skill && more.len() + 1 < STACKED {
            let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let skill = word.strip_prefix('/').and_then(|name| self.named(name));
            let Some(skill) = skill.filter(|file| file.kind == PromptKind::Skill) else { break };
            more.push(skill);
            rest = after.trim_start();
        }
        (more, rest.to_owned())
    }

    pub(super) async fn note_used(&mut self, file: &CommandFile, arguments: &str, by_model: bool) {
        let (name, path, arguments) = (file.name.clone(), file.path.clone(), arguments.to_owned());
        let body = self.setup.secrets.value(Body::Catalog(CatalogBody::Used { name, path, by_model, arguments }));
        self.put_on_record(body).await;
    }

    /// Puts the rules that a file brings in force.
    fn grant_traits(&mut self, file: &CommandFile) {
        if !self.stage.trusted {
            return;
        }
        let source = RuleSource { scope: RuleScope::Session, file: Some(file.path.display().to_string()), line: None };
        let allowed = file.traits.allowed_tools.iter().map(|rule| (RuleTier::Allow, rule));
        let denied = file.traits.disallowed_tools.iter().map(|rule| (RuleTier::Deny, rule));
        for (tier, rule) in allowed.chain(denied) {
            match self.gate.add(tier, rule, source.clone(), &self.stage) {
                Ok(()) => self.parts.catalog.granted.push((tier, rule.clone(), source.clone())),
                Err(problem) => tracing::warn!(%problem, file = %file.path.display(), "a rule of a skill"),
            }
        }
    }

    fn take_back_grants(&mut self) {
        for (tier, rule, source) in std::mem::take(&mut self.parts.catalog.granted) {
            self.gate.remove(tier, &rule, &source);
        }
    }

    /// The person's next message ends what the one before was granted.
    pub(super) fn person_spoke(&mut self, origin: Origin) {
        if matches!(origin, Origin::Typed | Origin::Queued | Origin::Headless) {
            self.take_back_grants();
        }
    }

    /// Switches to the model and effort that a file names, until the turn ends.
    async fn use_model(&mut self, file: &CommandFile) {
        if self.machine.is_busy() {
            return;
        }
        if let Some((model, effort)) = self.model_by(file) {
            self.parts.catalog.before = self.model_now();
            self.switch_model(model, effort).await;
        }
    }

    /// The same for a skill that the model uses in its turn.
    fn use_model_in_turn(&mut self, file: &CommandFile) {
        if let Some((model, effort)) = self.model_by(file) {
            let before = self.model_now();
            self.parts.catalog.before = self.parts.catalog.before.take().or(before);
            self.set_model(model, effort);
        }
    }

    fn model_now(&self) -> Option<(domain::ModelRef, Option<domain::Effort>)> {
        self.machine.model().map(|(model, _)| (model.clone(), self.machine.conversation().effort))
    }

    /// The model and effort that a file names, where they are others than those in use.
    fn model_by(&self, file: &CommandFile) -> Option<(domain::ModelRef, Option<domain::Effort>)> {
        let (model, effort) = self.model_now()?;
        let wanted = file.traits.model.as_deref().map(|name| self.setup.table.resolve(name).to_owned());
        let known = wanted.filter(|id| self.setup.table.list_for(model.wire).any(|info| info.id == *id));
        let other = known.filter(|id| *id != model.id).map(|id| domain::ModelRef::new(model.wire, id));
        let degree = file.traits.effort.filter(|degree| Some(*degree) != effort);
        (other.is_some() || degree.is_some()).then(|| (other.unwrap_or(model), degree.or(effort)))
    }

    /// Goes back to the model from before.
    pub(super) fn restore_model(&mut self) {
        if let Some((model, effort)) = self.parts.catalog.before.take() {
            self.set_model(model, effort);
        }
    }

    fn set_model(&mut self, model: domain::ModelRef, effort: Option<domain::Effort>) {
        let info = self.setup.table.find(&model.id).unwrap_or_else(|| domain::ModelInfo::unknown(&model.id));
        let info = std::sync::Arc::new(info);
        self.stage.model = Some((model.clone(), std::sync::Arc::clone(&info)));
        self.inbox.push_back(Input::SetModel { model, info, effort });
    }

    /// After a compaction the texts that were in use go back in, the newest first, within a bound.
    pub(super) fn attach_again(&mut self) {
        let used: Vec<(String, String)> = self.parts.catalog.used.iter().rev().cloned().collect();
        let mut left = AGAIN_ALL;
        let mut seen = Vec::new();
        for (name, arguments) in used {
            let Some(file) = self.named(&name).filter(|file| file.kind == PromptKind::Skill) else { continue };
            if seen.contains(&name) || left == 0 {
                continue;
            }
            let text: String = self.expanded(&file, &arguments).chars().take(AGAIN_ONE.min(left)).collect();
            left = left.saturating_sub(text.len());
            seen.push(name);
            let from = format!("The skill {}, loaded earlier,", file.name);
            self.inbox.push_back(Input::Note(Body::ContextAdded { from, text }));
        }
    }
}

/// A line for PowerShell, as a line of the shell: what the gate judges is what runs.
fn by_powershell(line: &str) -> String {
    format!("pwsh -NoProfile -NonInteractive -Command '{}'", line.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::by_powershell;

    #[test]
    fn a_line_for_powershell_is_one_word_of_the_shell() {
        assert_eq!(by_powershell("echo 'a'"), r"pwsh -NoProfile -NonInteractive -Command 'echo '\''a'\'''");
    }
}
