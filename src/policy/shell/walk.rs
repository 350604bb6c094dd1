//! The walk over a syntax tree that collects what would run, where, and into which files it would write.

use std::cell::RefCell;
use std::ops::{ControlFlow, Range};
use std::path::Path;

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::word::{self, Hole, Word};
use super::{Analysis, Assign, Command, Dirs, Kind, MAX_COMMANDS, MAX_DEPTH, Redirect, verify, wrap};
use crate::policy::place;

/// How often the parser may report progress before it is stopped. It reports about every hundred steps, so this
/// is far above what a line of the allowed length needs.
const MAX_PROGRESS: u32 = 20_000;
/// How deep texts inside texts (`bash -c "bash -c …"`) are followed.
const MAX_SCRIPTS: u32 = 4;
/// How many folders are kept when `cd` may or may not have happened.
const MAX_DIRS: usize = 8;

const STATEMENTS: &[&str] = &[
    "list",
    "pipeline",
    "compound_statement",
    "subshell",
    "if_statement",
    "while_statement",
    "for_statement",
    "c_style_for_statement",
    "case_statement",
    "negated_command",
    "redirected_statement",
    "command",
    "variable_assignment",
    "variable_assignments",
    "declaration_command",
    "unset_command",
    "test_command",
    "function_definition",
    "do_group",
    "elif_clause",
    "else_clause",
    "case_item",
];
const EXPANSIONS: &[&str] =
    &["command_substitution", "process_substitution", "simple_expansion", "expansion", "arithmetic_expansion"];
const WORDS: &[&str] = &[
    "word",
    "string",
    "raw_string",
    "ansi_c_string",
    "translated_string",
    "number",
    "concatenation",
    "expansion",
    "simple_expansion",
    "command_substitution",
    "process_substitution",
    "arithmetic_expansion",
    "brace_expression",
];

thread_local! {
    // Making a parser costs more than a parse.
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

fn parse(text: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|slot| {
        if slot.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
            *slot = Some(parser);
        }
        let parser = slot.as_mut()?;
        let mut reports = 0;
        let mut watch = |_: &tree_sitter::ParseState| {
            reports += 1;
            if reports > MAX_PROGRESS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut watch);
        let mut read = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        // A stopped parse would otherwise go on with the next text.
        parser.reset();
        tree
    })
}

/// Walks one line into `out`.
pub(super) fn run(text: &str, cwd: &Path, home: &Path, out: &mut Analysis) {
    let dirs = Dirs { at: vec![cwd.to_path_buf()], moved: false, lost: false };
    script(text, dirs, Frame { home, scripts: 0 }, out);
}

#[derive(Clone, Copy)]
struct Frame<'a> {
    home: &'a Path,
    scripts: u32,
}

fn script(text: &str, dirs: Dirs, frame: Frame<'_>, out: &mut Analysis) {
    let Some(tree) = parse(text) else {
        out.broken.get_or_insert_with(|| "it takes too long to parse".into());
        return;
    };
    let findings = verify::check(tree.root_node(), text);
    if frame.scripts == 0 {
        out.broken = out.broken.take().or(findings.broken);
    }
    out.doubts.extend(findings.doubts);
    let mut walker = Walker { text, frame, out, start: dirs.clone(), dirs, before: Vec::new(), depth: 0 };
    walker.children(tree.root_node());
    walker.gap_words(tree.root_node());
}

struct Walker<'a, 'o> {
    text: &'a str,
    frame: Frame<'a>,
    out: &'o mut Analysis,
    start: Dirs,
    /// Where the next command runs, if every `cd` so far worked.
    dirs: Dirs,
    /// Where it runs if the last `cd` failed.
    before: Vec<std::path::PathBuf>,
    depth: usize,
}

impl<'a> Walker<'a, '_> {
    fn doubt(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.out.doubts.contains(&text) {
            self.out.doubts.push(text);
        }
    }

    fn own(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// All statements among the children, in order.
    fn children(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if STATEMENTS.contains(&child.kind()) || child.is_error() {
                self.statement(child);
                self.settle();
            } else if child.is_named() {
                self.expansions(child);
            }
        }
    }

    /// The last `cd` may have failed, so both folders count from here on.
    fn settle(&mut self) {
        for dir in std::mem::take(&mut self.before) {
            if !self.dirs.at.contains(&dir) {
                self.dirs.at.push(dir);
            }
        }
        if self.dirs.at.len() > MAX_DIRS {
            self.dirs.lost = true;
            self.dirs.at.truncate(MAX_DIRS);
        }
    }

    /// Runs `walk` as a subshell does: what it does to the folder ends with it.
    fn scoped(&mut self, walk: impl FnOnce(&mut Self)) {
        let kept = (self.dirs.clone(), std::mem::take(&mut self.before));
        walk(self);
        (self.dirs, self.before) = kept;
    }

    fn statement(&mut self, node: Node<'_>) {
        self.depth += 1;
        if self.depth > MAX_DEPTH || self.out.commands.len() >= MAX_COMMANDS {
            let what = if self.depth > MAX_DEPTH { "nested too deep" } else { "made of too many commands" };
            self.out.broken.get_or_insert_with(|| format!("it is {what}"));
        } else {
            self.statement_inner(node);
        }
        self.depth -= 1;
    }

    fn statement_inner(&mut self, node: Node<'_>) {
        match node.kind() {
            "list" => self.list(node),
            "pipeline" => self.pipeline(node),
            "command" => self.command(node, &[]),
            "redirected_statement" => self.redirected(node),
            "subshell" => self.scoped(|walker| walker.children(node)),
            "while_statement" | "for_statement" | "c_style_for_statement" => self.repeated(node),
            "variable_assignment" | "variable_assignments" => self.assignment(node, Kind::Assignment),
            "declaration_command" => self.assignment(node, Kind::Declaration),
            "unset_command" => {
                self.doubt("it unsets variables or functions");
                self.expansions(node);
            }
            "test_command" => self.test(node),
            "function_definition" => self.function(node),
            _ => self.children(node),
        }
    }

    /// After `&&` the command before it worked; after `||` it did not.
    fn list(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "&&" => {}
                "||" => self.settle(),
                kind if STATEMENTS.contains(&kind) => self.statement(child),
                _ => {}
            }
        }
    }

    fn pipeline(&mut self, node: Node<'_>) {
        let mut stages = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor).filter(Node::is_named) {
            let from = self.out.commands.len();
            self.scoped(|walker| walker.statement(child));
            stages.push(from..self.out.commands.len());
        }
        self.out.pipes.push(stages);
    }

    /// A `cd` in a loop counts from another folder each time.
    fn repeated(&mut self, node: Node<'_>) {
        let moves = ["cd", "pushd", "popd"].iter().any(|name| self.own(node).contains(name));
        if moves {
            self.dirs.lost = true;
        }
        if let Some(variable) = node.child_by_field_name("variable") {
            let name = self.own(variable);
            if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                || name.ends_with("_proxy")
            {
                self.doubt(format!("its loop sets the variable {name}"));
            }
        }
        if self.own(node).starts_with("select") {
            self.doubt("it waits for a choice");
        }
        self.children(node);
        let mut cursor = node.walk();
        for value in node.children_by_field_name("value", &mut cursor) {
            if let Err(what) = self.word(value) {
                self.doubt(format!("it has {what}"));
            }
        }
    }

    fn function(&mut self, node: Node<'_>) {
        let name = node.child_by_field_name("name").map(|name| self.own(name)).unwrap_or_default();
        self.doubt(format!("it defines the function `{name}`, which may stand for any command"));
        let from = self.out.commands.len();
        self.scoped(|walker| {
            walker.dirs.lost = true;
            walker.children(node);
        });
        self.out.functions.push((name.to_owned(), from..self.out.commands.len()));
    }

    fn test(&mut self, node: Node<'_>) {
        let at = self.push(Kind::Test, node);
        self.expansions(node);
        self.close(at);
    }

    fn assignment(&mut self, node: Node<'_>, kind: Kind) {
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
        if let Some(command) = self.out.commands.get_mut(at) {
            command.assigns = assigns;
            command.words = words;
        }
        self.close(at);
    }

    fn assign(&mut self, node: Node<'_>) -> Option<Assign> {
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
                Word { value: super::super::glob::UNKNOWN.to_string(), ..Word::default() }
            }
            None => Word::default(),
        };
        Some(Assign { name, value })
    }

    fn push(&mut self, kind: Kind, node: Node<'_>) -> usize {
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

    fn close(&mut self, at: usize) {
        let end = self.out.commands.len();
        if let Some(command) = self.out.commands.get_mut(at) {
            command.inner = at + 1..end;
        }
    }

    /// A command with its redirections. `extra` are words that stand behind a redirection of the statement.
    fn command(&mut self, node: Node<'_>, extra: &[Node<'_>]) {
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
        let words: Vec<Word> = words.into_iter().filter_map(|node| self.argument(node)).collect();
        self.expansions(node);
        self.finish(at, words, assigns);
    }

    fn argument(&mut self, node: Node<'_>) -> Option<Word> {
        if !WORDS.contains(&node.kind()) {
            let text = self.own(node);
            if !matches!(text, "==" | "=~" | "$") {
                self.doubt(format!("it has `{text}` where a word should be"));
            }
            return Some(Word::plain(text));
        }
        match self.word(node) {
            Ok(word) => Some(word),
            Err(what) => {
                self.doubt(format!("it has {what}"));
                let text = self.own(node);
                Some(Word {
                    raw: text.into(),
                    value: super::super::glob::UNKNOWN.to_string(),
                    splits: true,
                    ..Word::default()
                })
            }
        }
    }

    fn finish(&mut self, at: usize, words: Vec<Word>, assigns: Vec<Assign>) {
        let scripts = wrap::layers(&words).scripts;
        self.follow_cd(&words);
        if let Some(command) = self.out.commands.get_mut(at) {
            command.words = words;
            command.assigns = assigns;
        }
        for text in scripts {
            if self.frame.scripts >= MAX_SCRIPTS {
                self.out.broken.get_or_insert_with(|| "it hands texts from shell to shell too often".into());
                break;
            }
            let known: String = text.replace(super::super::glob::UNKNOWN, "$X").replace(super::super::glob::WILD, "*");
            let frame = Frame { scripts: self.frame.scripts + 1, ..self.frame };
            script(&known, self.dirs.clone(), frame, self.out);
        }
        self.close(at);
    }

    fn follow_cd(&mut self, words: &[Word]) {
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

    fn redirected(&mut self, node: Node<'_>) {
        let mut extra = Vec::new();
        let mut cursor = node.walk();
        let redirects: Vec<Node<'_>> =
            node.children(&mut cursor).filter(|child| child.kind().ends_with("_redirect")).collect();
        for redirect in redirects {
            extra.extend(self.redirect(redirect));
        }
        match node.child_by_field_name("body") {
            Some(body) if body.kind() == "command" => self.command(body, &extra),
            Some(body) => {
                if !extra.is_empty() {
                    self.doubt("it has words behind a redirection");
                }
                self.statement(body);
            }
            None if !extra.is_empty() => {
                let at = self.push(Kind::Simple, node);
                let words = extra.into_iter().filter_map(|node| self.argument(node)).collect();
                self.finish(at, words, Vec::new());
            }
            None => {}
        }
        // Substitutions in targets and here-documents run too.
        let mut cursor = node.walk();
        for child in node.children(&mut cursor).filter(|child| child.kind().ends_with("_redirect")) {
            self.expansions(child);
        }
    }

    /// Takes down one redirection and gives back the words behind it, which are arguments to bash.
    fn redirect<'t>(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        match node.kind() {
            "file_redirect" => self.file_redirect(node),
            "heredoc_redirect" => {
                let mut extra = Vec::new();
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    match child.kind() {
                        "file_redirect" | "herestring_redirect" => extra.extend(self.redirect(child)),
                        kind if STATEMENTS.contains(&kind) => self.behind_heredoc(child),
                        kind if WORDS.contains(&kind) => extra.push(child),
                        _ => {}
                    }
                }
                extra
            }
            _ => Vec::new(),
        }
    }

    /// `cat <<E | sh` hangs the rest of the pipeline below the here-document.
    fn behind_heredoc(&mut self, node: Node<'_>) {
        let from = self.out.commands.len();
        self.statement(node);
        let stages = vec![from.saturating_sub(1)..from, from..self.out.commands.len()];
        self.out.pipes.push(stages);
    }

    fn file_redirect<'t>(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut cursor = node.walk();
        let operator =
            node.children(&mut cursor).find(|child| !child.is_named()).map(|child| self.own(child)).unwrap_or_default();
        let mut cursor = node.walk();
        let mut targets = node.children_by_field_name("destination", &mut cursor);
        let closes = operator.ends_with('-');
        if let Some(target) = (!closes).then(|| targets.next()).flatten() {
            self.target(operator, target);
        }
        targets.collect()
    }

    fn target(&mut self, operator: &str, node: Node<'_>) {
        let word = match self.word(node) {
            Ok(word) => word,
            Err(what) => {
                self.doubt(format!("it has {what}"));
                Word { raw: self.own(node).into(), value: super::super::glob::UNKNOWN.to_string(), ..Word::default() }
            }
        };
        let number = |text: &str| !text.is_empty() && text.trim_end_matches('-').chars().all(|c| c.is_ascii_digit());
        let duplicates = matches!(operator, ">&" | "<&") && word.literal().is_some_and(number);
        if duplicates {
            return;
        }
        let redirect = Redirect { target: word, dirs: self.dirs.clone() };
        if operator.starts_with('<') {
            self.out.reads.push(redirect);
        } else {
            self.out.writes.push(redirect);
        }
    }

    /// Reads a word and checks that it begins and ends where bash would have it.
    fn word(&mut self, node: Node<'_>) -> Result<Word, String> {
        let span = node.byte_range();
        let limits = |c: char| matches!(c, ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' | '`');
        let assigned = node.parent().is_some_and(|parent| parent.kind() == "variable_assignment");
        let before = self.text.get(..span.start).and_then(|text| text.chars().next_back());
        let after = self.text.get(span.end..).and_then(|text| text.chars().next());
        let starts = before.is_none_or(|c| limits(c) || (assigned && c == '='));
        if !starts || !after.is_none_or(limits) {
            return Err(format!("the word `{}`, which goes on in bash", self.own(node)));
        }
        let holes = self.holes(node);
        word::read(self.text, span, &holes, self.frame.home)
    }

    /// The outermost expansions in a word, in order.
    fn holes(&self, node: Node<'_>) -> Vec<Hole> {
        let mut out = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if EXPANSIONS.contains(&node.kind()) {
                let own = self.own(node);
                let name =
                    own.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| own.strip_prefix('$'));
                let name = name.filter(|_| matches!(node.kind(), "simple_expansion" | "expansion")).map(str::to_owned);
                out.push(Hole { range: node.byte_range(), name });
                continue;
            }
            let mut cursor = node.walk();
            open.extend(node.children(&mut cursor));
        }
        out
    }

    /// Commands inside substitutions anywhere below `node`, but not in statements below it.
    fn expansions(&mut self, node: Node<'_>) {
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            let kind = next.kind();
            if matches!(kind, "command_substitution" | "process_substitution") {
                self.scoped(|walker| walker.substitution(next));
                continue;
            }
            if next.id() != node.id() && STATEMENTS.contains(&kind) && !matches!(kind, "variable_assignment") {
                continue;
            }
            let mut cursor = next.walk();
            let below: Vec<Node<'_>> = next.children(&mut cursor).collect();
            open.extend(below.into_iter().rev());
        }
    }

    fn substitution(&mut self, node: Node<'_>) {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.out.broken.get_or_insert_with(|| "it is nested too deep".into());
        } else {
            if let Some(redirect) = node.child_by_field_name("redirect") {
                let extra: Vec<Range<usize>> = self.redirect(redirect).iter().map(Node::byte_range).collect();
                if !extra.is_empty() {
                    self.doubt("it has words behind a redirection");
                }
            }
            self.children(node);
        }
        self.depth -= 1;
    }

    /// Blanks before the first and after the last token of the line.
    fn gap_words(&mut self, root: Node<'_>) {
        let before = self.text.get(..root.start_byte()).unwrap_or_default();
        let after = self.text.get(root.end_byte()..).unwrap_or_default();
        if before.chars().chain(after.chars()).any(|c| !matches!(c, ' ' | '\t' | '\n')) {
            self.doubt("it has text around its commands that bash would read otherwise");
        }
    }
}
