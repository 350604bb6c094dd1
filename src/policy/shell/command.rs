//! The walk's part for commands: their words, the assignments in front, the folder they leave behind.

use std::path::Path;

use tree_sitter::Node;

use super::walk::{Frame, MAX_SCRIPTS, WORDS, Walker, script};
use super::word::Word;
use super::{Assign, Command, Kind, builtins, feeds, wrap};
use crate::policy::glob::{UNKNOWN, WILD};
use crate::policy::place;

/// Variables whose value a shell runs.
const CODE: &[&str] = &["BASH_ENV", "ENV", "PROMPT_COMMAND", "PS0", "PS1", "PS4"];

impl Walker<'_, '_> {
    pub(super) fn assignment(&mut self, node: Node<'_>, kind: Kind) {
        let at = self.push(kind, node);
        let mut assigns = Vec::new();
        let mut words = Vec::new();
        if node.kind() == "variable_assignment" {
            assigns.extend(self.assign(node));
        } else {
            let mut cursor = node.walk();
            for child in node.children(&mut cursor) {
                match child.kind() {
                    "variable_assignment" => assigns.extend(self.assign(child)),
                    _ => words.push(Word::plain(self.own(child))),
                }
            }
        }
        self.expansions(node);
        if kind == Kind::Declaration {
            for value in assigns.iter().map(|assign| &assign.value).chain(&words).map(|word| word.value.clone()) {
                self.compute(&value);
            }
        }
        if let Some(command) = self.out.commands.get_mut(at) {
            command.assigns = assigns;
            command.words = words;
        }
        self.close(at);
    }

    pub(super) fn assign(&mut self, node: Node<'_>) -> Option<Assign> {
        let name = self.own(node.child_by_field_name("name")?).to_owned();
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            self.doubt(format!("it sets `{name}`"));
        }
        let value = node.child_by_field_name("value");
        let value = match value.map(|value| self.word(value)) {
            Some(Ok(word)) => word,
            Some(Err(what)) => {
                self.doubt(format!("it has {what}"));
                Word { value: UNKNOWN.to_string(), ..Word::default() }
            }
            None => Word::default(),
        };
        if CODE.contains(&name.as_str()) {
            self.doubt(format!("it sets {name}, which a shell runs"));
        }
        if let Some(text) = builtins::inside(&value.value) {
            // Where the variable is computed later, what stands in it runs.
            self.hand_over(&text);
        }
        Some(Assign { name, value })
    }

    pub(super) fn push(&mut self, kind: Kind, node: Node<'_>) -> usize {
        let at = self.out.commands.len();
        let shown: String = self.own(node).lines().next().unwrap_or_default().chars().take(200).collect();
        self.out.commands.push(Command {
            kind,
            assigns: Vec::new(),
            words: Vec::new(),
            dirs: self.dirs.clone(),
            nested: self.frame.scripts > 0,
            inner: at + 1..at + 1,
            shown,
        });
        at
    }

    pub(super) fn close(&mut self, at: usize) {
        let end = self.out.commands.len();
        if let Some(command) = self.out.commands.get_mut(at) {
            command.inner = at + 1..end;
        }
    }

    /// A command with its redirections. `extra` are words that stand behind a redirection of the statement.
    pub(super) fn command(&mut self, node: Node<'_>, extra: &[Node<'_>]) {
        let at = self.push(Kind::Simple, node);
        let mut words: Vec<Node<'_>> = extra.to_vec();
        let mut assigns = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "variable_assignment" => assigns.extend(self.assign(child)),
                "command_name" => words.extend(child.named_child(0)),
                "file_redirect" | "herestring_redirect" | "heredoc_redirect" => words.extend(self.redirect(child)),
                "subshell" => {
                    self.doubt("it has a bracket behind a command's name");
                    self.statement(child);
                }
                "comment" => {}
                _ => words.push(child),
            }
        }
        words.sort_by_key(Node::start_byte);
        let words: Vec<Word> = words.into_iter().map(|node| self.argument(node)).collect();
        self.expansions(node);
        let fed = feeds::reads_commands(&words);
        self.finish(at, words, assigns);
        if fed {
            for text in self.texts_on_input(node) {
                self.hand_over(&text);
            }
        }
        self.piped(at);
        self.spread(at);
    }

    /// `xargs` that puts what it reads where a shell or the name of a program stands.
    fn spread(&mut self, at: usize) {
        if self.out.commands.get(at).is_some_and(|command| feeds::runs_its_input(&command.words)) {
            self.doubt("what it runs comes from its input");
        }
    }

    /// A shell that runs what a substitution prints (`bash <(…)`).
    fn piped(&mut self, at: usize) {
        let Some(command) = self.out.commands.get(at) else { return };
        if !command.words.iter().any(|word| word.pipe) || !feeds::runs_files(&command.words) {
            return;
        }
        match self.printed(command.inner.clone()) {
            Some(text) => self.hand_over(&text),
            None => self.doubt("it runs what another command prints"),
        }
    }

    pub(super) fn argument(&mut self, node: Node<'_>) -> Word {
        if !WORDS.contains(&node.kind()) {
            let text = self.own(node);
            if !matches!(text, "==" | "=~" | "$") {
                self.doubt(format!("it has `{text}` where a word should be"));
            }
            return Word::plain(text);
        }
        match self.word(node) {
            Ok(word) => word,
            Err(what) => {
                self.doubt(format!("it has {what}"));
                let text = self.own(node);
                Word { raw: text.into(), value: UNKNOWN.to_string(), splits: true, ..Word::default() }
            }
        }
    }

    pub(super) fn finish(&mut self, at: usize, words: Vec<Word>, assigns: Vec<Assign>) {
        let scripts = wrap::layers(&words).scripts;
        self.follow_cd(&words);
        if let Some(command) = self.out.commands.get_mut(at) {
            command.words = words;
            command.assigns = assigns;
        }
        for text in scripts {
            self.hand_over(&text);
        }
        self.close(at);
    }

    /// Walks a text that a shell gets.
    pub(super) fn hand_over(&mut self, text: &str) {
        if self.frame.scripts >= MAX_SCRIPTS {
            self.out.broken.get_or_insert_with(|| "it hands texts from shell to shell too often".into());
            return;
        }
        let known: String = text.replace(UNKNOWN, "$X").replace(WILD, "*");
        let frame = Frame { scripts: self.frame.scripts + 1, ..self.frame };
        script(&known, self.dirs.clone(), frame, self.out);
    }

    /// Some command since `from` is a shell that takes its commands from its input.
    pub(super) fn shell_since(&self, from: usize) -> bool {
        let own = self.frame.scripts > 0;
        self.out
            .commands
            .iter()
            .skip(from)
            .any(|command| (own || !command.nested) && feeds::reads_commands(&command.words))
    }

    /// What the only command of a stage of a pipeline is known to print.
    pub(super) fn printed(&self, stage: std::ops::Range<usize>) -> Option<String> {
        let [only] = self.out.commands.get(stage)? else { return None };
        let name = only.words.get(wrap::stripped(&only.words))?.literal()?;
        let words = only.words.iter().skip(wrap::stripped(&only.words) + 1).map(|word| word.value.as_str());
        let text: Vec<&str> = words.skip_while(|word| word.starts_with('-')).collect();
        matches!(name, "echo" | "printf").then(|| text.join(" ").replace("\\n", "\n"))
    }

    pub(super) fn follow_cd(&mut self, words: &[Word]) {
        let start = wrap::stripped(words);
        let Some(name) = words.get(start).and_then(Word::literal) else { return };
        if matches!(name, "pushd" | "popd") {
            self.dirs.lost = true;
            self.dirs.moved = true;
        }
        if name != "cd" {
            return;
        }
        let operand = words
            .get(start + 1..)
            .unwrap_or_default()
            .iter()
            .find(|word| !matches!(word.literal(), Some("-P" | "-L" | "--" | "-e")));
        let target = match operand {
            None => Some(self.frame.home.to_string_lossy().into_owned()),
            Some(word) => word.literal().filter(|text| !text.starts_with('-') && !text.is_empty()).map(str::to_owned),
        };
        let Some(target) = target else {
            self.dirs.lost = true;
            self.dirs.moved = true;
            return;
        };
        let old = std::mem::take(&mut self.dirs.at);
        self.dirs.at = old.iter().map(|dir| dir.join(&target)).collect();
        self.dirs.lost &= !Path::new(&target).is_absolute();
        let stays = |dir: &std::path::PathBuf| self.start.at.contains(&place::normal(dir));
        self.dirs.moved |= !self.dirs.at.iter().all(stays);
        self.before.extend(old);
    }
}
