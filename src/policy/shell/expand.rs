//! The walk's part for words and for the commands inside substitutions.

use std::ops::Range;

use tree_sitter::Node;

use super::MAX_DEPTH;
use super::walk::{EXPANSIONS, STATEMENTS, Walker};
use super::word::{self, Hole, Word};

impl Walker<'_, '_> {
    /// Reads a word and checks that it begins and ends where bash would have it.
    pub(super) fn word(&mut self, node: Node<'_>) -> Result<Word, String> {
        let span = node.byte_range();
        let limits = |c: char| matches!(c, ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' | '`');
        let assigned = node.parent().is_some_and(|parent| parent.kind() == "variable_assignment");
        let before = self.text.get(..span.start).and_then(|text| text.chars().next_back());
        let after = self.text.get(span.end..).and_then(|text| text.chars().next());
        let starts = before.is_none_or(|c| limits(c) || (assigned && c == '='));
        // Whether a joined line glues two words together is seen in the gaps.
        let joined = self.text.get(span.end..).is_some_and(|rest| rest.starts_with("\\\n"));
        if !starts || !(joined || after.is_none_or(limits)) {
            return Err(format!("the word `{}`, which goes on in bash", self.own(node)));
        }
        let holes = self.holes(node);
        word::read(self.text, span, &holes, self.frame.home)
    }

    /// The outermost expansions in a word, in order.
    pub(super) fn holes(&self, node: Node<'_>) -> Vec<Hole> {
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
    pub(super) fn expansions(&mut self, node: Node<'_>) {
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

    pub(super) fn substitution(&mut self, node: Node<'_>) {
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
    pub(super) fn gap_words(&mut self, root: Node<'_>) {
        let before = self.text.get(..root.start_byte()).unwrap_or_default();
        let after = self.text.get(root.end_byte()..).unwrap_or_default();
        if before.chars().chain(after.chars()).any(|c| !matches!(c, ' ' | '\t' | '\n')) {
            self.doubt("it has text around its commands that bash would read otherwise");
        }
    }
}
