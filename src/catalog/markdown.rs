//! The little that must be known of Markdown to read instruction files: what is code, and where the
//! block comments are.

/// A line with whether it stands inside a fenced code block (its fences included).
pub(super) fn lines_with_code(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut fence: Option<(char, usize)> = None;
    text.split_inclusive('\n').map(move |line| {
        let run = fence_of(line);
        match (fence, run) {
            (None, Some((mark, length, _))) => {
                fence = Some((mark, length));
                (line, true)
            }
            (Some((mark, length)), Some((closing, count, bare))) if mark == closing && count >= length && bare => {
                fence = None;
                (line, true)
            }
            (open, _) => (line, open.is_some()),
        }
    })
}

/// The mark and length of a fence, and whether nothing stands behind it.
fn fence_of(line: &str) -> Option<(char, usize, bool)> {
    let text = line.trim_start_matches(' ');
    let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    let is_fence = line.len() - text.len() <= 3 && length >= 3 && !(mark == '`' && rest.contains('`'));
    is_fence.then_some((mark, length, rest.trim().is_empty()))
}

/// Takes out HTML comments that begin a line outside of code. One that is never closed stays.
pub(super) fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut comment: Option<usize> = None;
    let mut at = 0;
    for (line, is_code) in lines_with_code(text) {
        let begins = comment.is_none() && !is_code && line.trim_start_matches(' ').starts_with("<!--");
        if begins {
            comment = Some(at);
        }
        at += line.len();
        if comment.is_none() {
            out.push_str(line);
            continue;
        }
        // `<!-->` would otherwise close itself.
        let from = if begins { line.find("<!--").map_or(0, |found| found + 4) } else { 0 };
        if let Some(end) = line.get(from..).and_then(|rest| rest.find("-->")) {
            comment = None;
            let rest = line.get(from + end + 3..).unwrap_or_default();
            if !rest.trim().is_empty() {
                out.push_str(rest.trim_start());
            }
        }
    }
    if let Some(start) = comment {
        out.push_str(text.get(start..).unwrap_or_default());
    }
    out
}

/// A line without its code spans, each replaced by blanks of the same length.
pub(super) fn without_spans(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, ticks) = rest.split_at(start);
        out.push_str(before);
        let after = ticks.trim_start_matches('`');
        let (run, after) = ticks.split_at(ticks.len() - after.len());
        if let Some(end) = closing_run(after, run.len()) {
            let (inside, next) = after.split_at(end);
            out.push_str(&" ".repeat(run.len() + inside.len()));
            rest = next;
        } else {
            out.push_str(run);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Where the run of exactly `length` backticks ends.
fn closing_run(text: &str, length: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = text.get(at..)?.find('`') {
        let from = at + start;
        let run = text.get(from..)?.bytes().take_while(|byte| *byte == b'`').count();
        at = from + run;
        if run == length {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_comments_go_and_code_stays() {
        for (text, expected) in [
            ("a\n<!-- x -->\nb\n", "a\nb\n"),
            ("a\n<!-- x\ny -->\nb", "a\nb"),
            ("<!-- x --> b\n", "b\n"),
            ("a <!-- x --> b\n", "a <!-- x --> b\n"),
            ("```\n<!-- x -->\n```\n<!-- y -->", "```\n<!-- x -->\n```\n"),
            ("~~~~\n~~~\n<!-- x -->\n~~~~\n", "~~~~\n~~~\n<!-- x -->\n~~~~\n"),
            ("a\n<!-- never closed\nb", "a\n<!-- never closed\nb"),
            ("<!-- a\n```\n-->\nb\n", "b\n"),
        ] {
            assert_eq!(without_comments(text), expected, "{text:?}");
        }
    }

    #[test]
    fn code_spans_are_blanked() {
        assert_eq!(without_spans("a `@x` b"), "a      b");
        assert_eq!(without_spans("``a ` @x`` @y"), "           @y");
        assert_eq!(without_spans("a ` @x"), "a ` @x");
    }
}
