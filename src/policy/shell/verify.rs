//! Checks of a syntax tree against the text: nothing skipped, nothing unknown, nothing read otherwise by bash.
//!
//! Each check answers a way in which the grammar is known to part from bash, or could. What fails is a
//! doubt, and a doubt asks.

use tree_sitter::Node;

use super::MAX_DEPTH;

/// Named nodes that the walk understands.
const KNOWN: &[&str] = &[
    "program",
    "list",
    "pipeline",
    "compound_statement",
    "subshell",
    "do_group",
    "if_statement",
    "elif_clause",
    "else_clause",
    "while_statement",
    "for_statement",
    "c_style_for_statement",
    "case_statement",
    "case_item",
    "negated_command",
    "redirected_statement",
    "command",
    "command_name",
    "variable_assignment",
    "variable_assignments",
    "declaration_command",
    "unset_command",
    "test_command",
    "function_definition",
    "comment",
    "file_redirect",
    "herestring_redirect",
    "heredoc_redirect",
    "heredoc_start",
    "heredoc_body",
    "heredoc_content",
    "heredoc_end",
    "file_descriptor",
    "word",
    "string",
    "string_content",
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
    "variable_name",
    "special_variable_name",
    "subscript",
    "binary_expression",
    "unary_expression",
    "postfix_expression",
    "ternary_expression",
    "parenthesized_expression",
    "test_operator",
    "extglob_pattern",
    "regex",
    "array",
];

/// Inside these our own lexer reads the text, so gaps between children are its business.
const LEXED: &[&str] =
    &["string", "concatenation", "heredoc_body", "expansion", "simple_expansion", "translated_string"];

/// Words that are no commands where a command could stand.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "select",
    "function", "{", "}", "!", "[[", "]]",
];

/// One level of nesting to a reader.
const NESTING: &[&str] = &[
    "subshell",
    "compound_statement",
    "command_substitution",
    "process_substitution",
    "parenthesized_expression",
    "if_statement",
    "while_statement",
    "for_statement",
    "c_style_for_statement",
    "case_statement",
    "expansion",
];

/// In these a newline would have ended the command in bash.
const ONE_LINE: &[&str] = &[
    "command",
    "declaration_command",
    "unset_command",
    "file_redirect",
    "herestring_redirect",
    "variable_assignment",
    "variable_assignments",
    "negated_command",
    "command_name",
    "function_definition",
];

/// The text cannot be relied on at all, or has places that are not understood.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) broken: Option<String>,
    pub(super) doubts: Vec<String>,
}

/// Looks at every node once, without recursion.
pub(super) fn check(root: Node<'_>, text: &str) -> Findings {
    let mut out = Findings::default();
    let mut cursor = root.walk();
    let mut depth = 0;
    let mut nested = 0;
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            out.broken.get_or_insert_with(|| "it is not valid in the shell's grammar".into());
        }
        if nested > MAX_DEPTH || depth > MAX_DEPTH * 8 {
            out.broken.get_or_insert_with(|| format!("it is nested deeper than {MAX_DEPTH}"));
            return out;
        }
        if node.kind() == "command_name" && RESERVED.contains(&slice(text, node)) {
            out.broken.get_or_insert_with(|| "it has a word of the shell's grammar in the wrong place".into());
        }
        out.doubts.extend(node_doubt(node, text));
        out.doubts.extend(gap_doubt(node, text));
        if cursor.goto_first_child() {
            depth += 1;
            nested += usize::from(NESTING.contains(&node.kind()));
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return out;
            }
            depth -= 1;
            nested -= usize::from(NESTING.contains(&cursor.node().kind()));
        }
    }
}

fn slice<'a>(text: &'a str, node: Node<'_>) -> &'a str {
    text.get(node.byte_range()).unwrap_or_default()
}

fn node_doubt(node: Node<'_>, text: &str) -> Option<String> {
    let kind = node.kind();
    if node.is_named() && !node.is_error() && !KNOWN.contains(&kind) {
        return Some(format!("it uses {}, which is not analysed", kind.replace('_', " ")));
    }
    let own = slice(text, node);
    match kind {
        "comment" => comment(node, text),
        "command_substitution" if own.starts_with('`') && own.contains(['\\', '#']) => {
            Some("it has a backslash or a `#` inside backquotes".into())
        }
        "command_substitution" if !(own.starts_with("$(") || own.starts_with('`')) => {
            Some("it has a substitution of an unusual form".into())
        }
        // To bash two brackets in a row are arithmetic first, and subshells only if that fails.
        "command_substitution" | "subshell" if own.starts_with("$((") || own.starts_with("((") => {
            Some("it has two opening brackets in a row, which bash may compute".into())
        }
        "expansion" => expansion(own),
        "arithmetic_expansion" => arithmetic(own, "$((", "))"),
        "compound_statement" if own.starts_with("((") => arithmetic(own, "((", "))"),
        "subscript" => {
            Some("it uses an array element, whose index the shell computes".into()).filter(|_| !is_plain_index(own))
        }
        "heredoc_redirect" => heredoc(node, text),
        "extglob_pattern" => opaque(own, &['(', '\'', '"', '$', '`', '\\', ';', '&', '<', '>', '\n']),
        "regex" => opaque(own, &['`', ';', '\n', '<', '>']).or_else(|| own.contains("$(").then(|| odd("pattern"))),
        "array" => Some("it sets an array".into()),
        "test_command" => test(own),
        "file_redirect" => descriptor_word(node, text),
        _ => None,
    }
}

fn odd(what: &str) -> String {
    format!("it has a {what} that is not understood")
}

fn opaque(own: &str, forbidden: &[char]) -> Option<String> {
    own.contains(forbidden).then(|| odd("pattern"))
}

/// To bash a `#` starts a comment only where a word could start.
fn comment(node: Node<'_>, text: &str) -> Option<String> {
    let before = text.get(..node.start_byte())?.chars().next_back();
    let fits = before.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')'));
    (!fits).then(|| odd("comment"))
}

/// Forms of `${…}` that neither assign nor compute, with nothing quoted or nested inside.
fn expansion(own: &str) -> Option<String> {
    let doubt = || Some(format!("it has the expansion `{own}`, which is not analysed"));
    let Some(inner) = own.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else { return doubt() };
    let inner = inner.strip_prefix('#').unwrap_or(inner);
    let name = inner.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count();
    if name == 0 {
        return doubt();
    }
    let mut rest = inner.get(name..).unwrap_or_default();
    for index in ["[@]", "[*]"] {
        rest = rest.strip_prefix(index).unwrap_or(rest);
    }
    let harmless = |c: char| c.is_alphanumeric() || " _-+.,/:%#^*?@~".contains(c);
    let starts = rest.is_empty() || rest.starts_with([':', '-', '+', '%', '#', '/', '^', ',']);
    let assigns = rest.starts_with(":=") || rest.starts_with('@') || rest.contains("@P");
    if starts && !assigns && rest.chars().all(harmless) { None } else { doubt() }
}

/// Arithmetic over numbers and plain variables. An index or a quote could hold a substitution.
fn arithmetic(own: &str, open: &str, close: &str) -> Option<String> {
    let inner = own.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let harmless = |c: char| c.is_ascii_alphanumeric() || " \t_+-*/%()<>!&|^~?:,$".contains(c);
    let fits = inner.is_some_and(|inner| {
        let compared = inner.replace("==", "").replace("!=", "").replace("<=", "").replace(">=", "");
        compared.chars().all(harmless)
            && is_balanced(inner)
            && !inner.contains("$(")
            && !inner.contains("++")
            && !inner.contains("--")
    });
    (!fits).then(|| "it computes with more than numbers and plain variables".into())
}

/// `((a) && (b))` is two subshells to bash, not arithmetic: its brackets close before the end.
fn is_balanced(text: &str) -> bool {
    let mut open = 0_i32;
    for c in text.chars() {
        open += i32::from(c == '(') - i32::from(c == ')');
        if open < 0 {
            return false;
        }
    }
    open == 0
}

fn is_plain_index(own: &str) -> bool {
    let index = own.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']')).unwrap_or("x");
    index == "@" || index == "*" || (!index.is_empty() && index.chars().all(|c| c.is_ascii_digit()))
}

/// `[` is a command to bash, so its redirections and separators are real; `[[` computes its numbers.
fn test(own: &str) -> Option<String> {
    if let Some(inner) = own.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
        let ends_early =
            inner.contains("]]") || inner.contains([';', '\n', '`']) || inner.contains("<(") || inner.contains(">(");
        let computes =
            [" -eq ", " -ne ", " -lt ", " -le ", " -gt ", " -ge ", "-v "].iter().any(|op| inner.contains(op));
        let indexed = computes && inner.contains(['[', '\'']);
        let single = inner.replace("&&", "").contains('&');
        return (ends_early || indexed || single).then(|| odd("test"));
    }
    let Some(inner) = own.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return Some(odd("test")) };
    let blank = inner.is_empty() || (inner.starts_with([' ', '\t']) && inner.ends_with([' ', '\t']));
    let variable = inner.split_whitespace().any(|word| word == "-v" || word == "-R");
    (!blank || variable || has_operator(inner)).then(|| odd("test"))
}

/// An unquoted operator of the shell, outside of substitutions (which the grammar has seen).
fn has_operator(text: &str) -> bool {
    let mut quote = None;
    let mut depth = 0_u32;
    let mut last = ' ';
    for c in text.chars() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '\\' | '`') => return true,
            (None, '(') if last == '$' || depth > 0 => depth += 1,
            (None, ')') if depth > 0 => depth -= 1,
            (None, ';' | '&' | '|' | '(' | ')' | '<' | '>' | '\n') if depth == 0 => return true,
            _ => {}
        }
        last = c;
    }
    quote.is_some() || depth > 0
}

/// `{name}>file` sets a variable instead of giving a word.
fn descriptor_word(node: Node<'_>, text: &str) -> Option<String> {
    let before = text.get(..node.start_byte())?;
    before.ends_with('}').then(|| "it opens a descriptor into a variable".into())
}

/// The end of a here-document is where bash would see it.
fn heredoc(node: Node<'_>, text: &str) -> Option<String> {
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
    let of = |kind: &str| children.iter().find(|child| child.kind() == kind);
    let (Some(start), Some(body), Some(end)) = (of("heredoc_start"), of("heredoc_body"), of("heredoc_end")) else {
        return Some(odd("here-document"));
    };
    let start_text = slice(text, *start);
    let quoted = start_text.contains(['\'', '"', '\\']);
    let word = start_text.replace(['\'', '"', '\\'], "");
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let strip_tabs = children.iter().any(|child| child.kind() == "<<-");
    let whole = text.get(body.start_byte()..end.end_byte()).unwrap_or_default();
    let line_end = |line: &str| if strip_tabs { line.trim_start_matches('\t') == word } else { line == word };
    let lines: Vec<&str> = whole.split('\n').collect();
    let first = lines.iter().position(|line| line_end(line));
    let ends_there = first.is_some_and(|first| first + 1 == lines.len());
    let at_line_start = text.get(..body.start_byte()).is_some_and(|before| before.ends_with('\n'));
    let after = text.get(end.end_byte()..).unwrap_or_default();
    let line_ends = after.is_empty() || after.starts_with('\n');
    let joined = !quoted && lines.iter().any(|line| line.ends_with('\\'));
    let hidden = !quoted && hides_expansion(*body, text);
    (!(plain && ends_there && at_line_start && line_ends) || joined || hidden).then(|| odd("here-document"))
}

/// An expansion in a here-document that the grammar took for text.
fn hides_expansion(body: Node<'_>, text: &str) -> bool {
    let mut cursor = body.walk();
    let holes: Vec<std::ops::Range<usize>> = body
        .children(&mut cursor)
        .filter(|child| child.kind() != "heredoc_content")
        .map(|child| child.byte_range())
        .collect();
    let start = body.start_byte();
    let own = slice(text, body);
    own.char_indices().any(|(at, c)| {
        let position = start + at;
        matches!(c, '$' | '`') && !holes.iter().any(|hole| hole.contains(&position)) && {
            let next = own.get(at + 1..).and_then(|rest| rest.chars().next());
            c == '`' || next.is_some_and(|next| next.is_alphanumeric() || "_({[".contains(next))
        }
    })
}

/// Only blanks may stand between tokens. The grammar also skips others, which bash takes for text.
fn gap_doubt(node: Node<'_>, text: &str) -> Option<String> {
    let kind = node.kind();
    if node.child_count() == 0 || LEXED.contains(&kind) {
        return None;
    }
    let one_line = ONE_LINE.contains(&kind);
    let mut cursor = node.walk();
    let mut at = node.start_byte();
    let mut bad = false;
    for child in node.children(&mut cursor) {
        bad |= bad_gap(text.get(at..child.start_byte()).unwrap_or("?"), one_line);
        at = child.end_byte();
    }
    bad |= bad_gap(text.get(at..node.end_byte()).unwrap_or("?"), one_line);
    bad.then(|| "it has text between its words that bash would read otherwise".into())
}

fn bad_gap(gap: &str, one_line: bool) -> bool {
    let joined = gap.replace("\\\n", "");
    // A joined line must have a blank as well, or the two words are one.
    let glued = joined.is_empty() && !gap.is_empty();
    glued || joined.chars().any(|c| !matches!(c, ' ' | '\t' | '\n')) || (one_line && joined.contains('\n'))
}
