//! The walk over a syntax tree that collects what would run, where, and into which files it would write.

use std::path::{Path, PathBuf};

use tree_sitter::Node;

use crate::policy::programs::is_plain_variable;

use super::{Analysis, Dirs, Kind, MAX_COMMANDS, MAX_DEPTH, builtins, join, parse, scan, verify};

/// How deep texts inside texts (`bash -c "bash -c …"`) are followed.
pub(super) const MAX_SCRIPTS: u32 = 4;
/// How many folders are kept when `cd` may or may not have happened.
const MAX_DIRS: usize = 8;

pub(super) const STATEMENTS: &[&str] = &[
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
pub(super) const EXPANSIONS: &[&str] =
    &["command_substitution", "process_substitution", "simple_expansion", "expansion", "arithmetic_expansion"];
pub(super) const WORDS: &[&str] = &[
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

/// Walks one line into `out`.
pub(super) fn run(text: &str, cwd: &Path, home: &Path, out: &mut Analysis) {
    let dirs = Dirs { at: vec![cwd.to_path_buf()], moved: false, lost: false };
    script(text, dirs, Frame { home, scripts: 0 }, out);
}

/// What does not change within one text.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) home: &'a Path,
    /// How many texts handed to a shell this one is inside of.
    pub(super) scripts: u32,
}

/// Walks a text, which may be one that a command of the line hands to a shell.
pub(super) fn script(text: &str, dirs: Dirs, frame: Frame<'_>, out: &mut Analysis) {
    let (joined, glued) = join::lines(text);
    let text = joined.as_ref();
    if glued {
        out.doubts.push("a word of it goes over the end of a line".into());
    }
    let Some(tree) = parse::parse(text) else {
        out.broken.get_or_insert_with(|| "it takes too long to parse".into());
        return;
    };
    let findings = verify::check(tree.root_node(), text);
    if frame.scripts == 0 {
        out.broken = out.broken.take().or(findings.broken);
    } else if findings.broken.is_some() {
        out.doubts.push("it hands a text to a shell that cannot be taken apart".into());
        out.guesses.extend(scan::guesses(text, frame.home));
    }
    out.doubts.extend(findings.doubts);
    let mut walker = Walker { text, frame, out, start: dirs.clone(), dirs, before: Vec::new(), depth: 0 };
    walker.children(tree.root_node());
    walker.gap_words(tree.root_node());
}

/// The state of the walk.
pub(super) struct Walker<'a, 'o> {
    pub(super) text: &'a str,
    pub(super) frame: Frame<'a>,
    pub(super) out: &'o mut Analysis,
    pub(super) start: Dirs,
    /// Where the next command runs, if every `cd` so far worked.
    pub(super) dirs: Dirs,
    /// Where it runs if the last `cd` failed.
    pub(super) before: Vec<PathBuf>,
    pub(super) depth: usize,
}

impl<'a> Walker<'a, '_> {
    pub(super) fn doubt(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.out.doubts.contains(&text) {
            self.out.doubts.push(text);
        }
    }

    pub(super) fn own(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// All statements among the children, in order.
    pub(super) fn children(&mut self, node: Node<'_>) {
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
    pub(super) fn settle(&mut self) {
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
    pub(super) fn scoped(&mut self, walk: impl FnOnce(&mut Self)) {
        let kept = (self.dirs.clone(), std::mem::take(&mut self.before));
        walk(self);
        (self.dirs, self.before) = kept;
    }

    pub(super) fn statement(&mut self, node: Node<'_>) {
        self.depth += 1;
        if self.depth > MAX_DEPTH || self.out.commands.len() >= MAX_COMMANDS {
            let what = if self.depth > MAX_DEPTH { "nested too deep" } else { "made of too many commands" };
            self.out.broken.get_or_insert_with(|| format!("it is {what}"));
        } else {
            self.statement_inner(node);
        }
        self.depth -= 1;
    }

    pub(super) fn statement_inner(&mut self, node: Node<'_>) {
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
                let mut cursor = node.walk();
                for child in node.children(&mut cursor).filter(|child| WORDS.contains(&child.kind())) {
                    if let Ok(word) = self.word(child) {
                        self.compute(&word.value);
                    }
                }
            }
            "test_command" => self.test(node),
            "function_definition" => self.function(node),
            _ => self.children(node),
        }
    }

    /// After `&&` the command before it worked; after `||` it did not.
    pub(super) fn list(&mut self, node: Node<'_>) {
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

    pub(super) fn pipeline(&mut self, node: Node<'_>) {
        let mut stages = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor).filter(Node::is_named) {
            let from = self.out.commands.len();
            self.scoped(|walker| walker.statement(child));
            let shell = self.shell_since(from);
            stages.push(from..self.out.commands.len());
            let printed = stages.len().checked_sub(2).and_then(|at| stages.get(at)).cloned();
            if let Some(text) = printed.filter(|_| shell).and_then(|stage| self.printed(stage)) {
                self.hand_over(&text);
            }
        }
        self.out.pipes.push(stages);
    }

    /// A `cd` in a loop counts from another folder each time.
    pub(super) fn repeated(&mut self, node: Node<'_>) {
        let moves = ["cd", "pushd", "popd"].iter().any(|name| self.own(node).contains(name));
        if moves {
            self.dirs.lost = true;
        }
        if let Some(variable) = node.child_by_field_name("variable") {
            let name = self.own(variable);
            if !is_plain_variable(name) {
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

    pub(super) fn function(&mut self, node: Node<'_>) {
        let name = node.child_by_field_name("name").map(|name| self.own(name)).unwrap_or_default();
        self.doubt(format!("it defines the function `{name}`, which may stand for any command"));
        let from = self.out.commands.len();
        self.scoped(|walker| {
            walker.dirs.lost = true;
            walker.children(node);
        });
        self.out.functions.push((name.to_owned(), from..self.out.commands.len()));
    }

    /// A value that the shell computes, where a substitution runs whatever the quotes were.
    pub(super) fn compute(&mut self, value: &str) {
        if let Some(text) = builtins::inside(value) {
            self.doubt("it computes a text with a substitution in it");
            self.hand_over(&text);
        }
    }

    pub(super) fn test(&mut self, node: Node<'_>) {
        let at = self.push(Kind::Test, node);
        self.expansions(node);
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            if WORDS.contains(&next.kind()) {
                match self.word(next) {
                    Err(what) => self.doubt(format!("it has {what}")),
                    Ok(word) => self.compute(&word.value),
                }
                continue;
            }
            let mut cursor = next.walk();
            open.extend(next.children(&mut cursor));
        }
        self.close(at);
    }
}
