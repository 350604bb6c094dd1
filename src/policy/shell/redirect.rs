//! The walk's part for redirections and here-documents.

use tree_sitter::Node;

use super::walk::{STATEMENTS, WORDS, Walker};
use super::word::Word;
use super::{Kind, Redirect};
use crate::policy::glob::UNKNOWN;

impl Walker<'_, '_> {
    pub(super) fn redirected(&mut self, node: Node<'_>) {
        let from = self.out.commands.len();
        self.redirected_inner(node);
        // A shell without a file to run obeys what stands in the here-document.
        if self.shell_since(from) {
            for text in self.texts_on_input(node) {
                self.hand_over(&text);
            }
        }
    }

    /// Here-documents and here-strings of a statement or command.
    pub(super) fn texts_on_input(&mut self, node: Node<'_>) -> Vec<String> {
        let mut out = Vec::new();
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            match next.kind() {
                "heredoc_body" => out.push(self.own(next).to_owned()),
                "herestring_redirect" => {
                    let word = next.named_child(0).map(|word| self.word(word));
                    out.extend(word.and_then(Result::ok).map(|word| word.value));
                }
                "herestring" => {}
                kind if next.id() != node.id() && STATEMENTS.contains(&kind) && kind != "command" => {}
                _ => {
                    let mut cursor = next.walk();
                    open.extend(next.children(&mut cursor));
                }
            }
        }
        out
    }

    fn redirected_inner(&mut self, node: Node<'_>) {
        let mut extra = Vec::new();
        let mut cursor = node.walk();
        let redirects: Vec<Node<'_>> =
            node.children(&mut cursor).filter(|child| child.kind().ends_with("_redirect")).collect();
        let body = node.child_by_field_name("body");
        // The grammar hangs the redirection of a list's last command on the list, where a `cd` counts already.
        let late = body.is_some_and(|body| matches!(body.kind(), "list" | "pipeline" | "negated_command"));
        if let Some(body) = body.filter(|_| late) {
            self.statement(body);
        }
        for redirect in redirects {
            extra.extend(self.redirect(redirect));
        }
        match body {
            Some(_) if late && extra.is_empty() => {}
            Some(_) if late => self.doubt("it has words behind a redirection"),
            Some(body) if body.kind() == "command" => self.command(body, &extra),
            Some(body) => {
                if !extra.is_empty() {
                    self.doubt("it has words behind a redirection");
                }
                self.statement(body);
            }
            None if !extra.is_empty() => {
                let at = self.push(Kind::Simple, node);
                let words = extra.into_iter().map(|node| self.argument(node)).collect();
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
    pub(super) fn redirect<'t>(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        match node.kind() {
            "file_redirect" => self.file_redirect(node),
            "heredoc_redirect" => self.heredoc(node),
            _ => Vec::new(),
        }
    }

    fn heredoc<'t>(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
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

    /// `cat <<E | sh` hangs the rest of the pipeline below the here-document.
    pub(super) fn behind_heredoc(&mut self, node: Node<'_>) {
        let from = self.out.commands.len();
        self.statement(node);
        let stages = vec![from.saturating_sub(1)..from, from..self.out.commands.len()];
        self.out.pipes.push(stages);
    }

    pub(super) fn file_redirect<'t>(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
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

    pub(super) fn target(&mut self, operator: &str, node: Node<'_>) {
        let word = match self.word(node) {
            Ok(word) => word,
            Err(what) => {
                self.doubt(format!("it has {what}"));
                Word { raw: self.own(node).into(), value: UNKNOWN.to_string(), ..Word::default() }
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
}
