//! A page of the web as text: HTML becomes Markdown, other text stays, bytes are handed back.

use htmd::HtmlToMarkdown;

/// Deeper nesting than this is not given to the converter, which would use up its stack.
const DEPTH: usize = 500;
/// Larger pages than this are stripped of their tags instead: conversion would take too long.
const CONVERT: usize = 4 * 1024 * 1024;
/// The stack of the thread that converts.
const STACK: usize = 64 * 1024 * 1024;
/// Parts of a page that say nothing.
const SKIPPED: [&str; 9] = ["script", "style", "noscript", "svg", "iframe", "nav", "footer", "template", "form"];
/// Elements without an end.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// The text of a page by its content type, or the bytes when it is none.
pub fn text(kind: &str, bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_html = matches!(kind.as_str(), "text/html" | "application/xhtml+xml");
    let is_text = kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind.as_str(),
            "application/json"
                | "application/xml"
                | "application/javascript"
                | "application/yaml"
                | "application/x-yaml"
                | "application/toml"
        );
    let looks_like_text = |bytes: &[u8]| {
        !bytes.iter().take(4_096).any(|byte| *byte == 0)
            && std::str::from_utf8(bytes.get(..bytes.len().min(4_000)).unwrap_or_default())
                .map_or_else(|error| error.error_len().is_none(), |_| true)
    };
    if !(is_html || is_text || kind.is_empty() && looks_like_text(&bytes)) {
        return Err(bytes);
    }
    let text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    let sniffed =
        kind.is_empty() && text.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    Ok(if is_html || sniffed { markdown(text) } else { text })
}

/// HTML as Markdown; as bare text where converting it would be dangerous or take too long.
fn markdown(html: String) -> String {
    if html.len() > CONVERT || depth(&html) > DEPTH {
        return stripped(&html);
    }
    let spare = html.clone();
    let convert = move || {
        let converter = HtmlToMarkdown::builder().skip_tags(SKIPPED.to_vec()).build();
        converter.convert(&html).ok()
    };
    let thread = std::thread::Builder::new().name("markdown".to_owned()).stack_size(STACK).spawn(convert);
    let made = thread.ok().and_then(|thread| thread.join().ok()).flatten();
    made.map_or_else(|| stripped(&spare), |text| tidy(&text))
}

/// At most one empty line in a row.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

/// How deep elements stand in each other, at least as deep as a parser would find.
fn depth(html: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for piece in html.split('<').skip(1) {
        if piece.starts_with('/') {
            depth = depth.saturating_sub(1);
            continue;
        }
        let name: String =
            piece.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let closed = piece.split('>').next().is_some_and(|tag| tag.ends_with('/'));
        if name.is_empty() || VOID.contains(&name.as_str()) || closed {
            continue;
        }
        depth += 1;
        deepest = deepest.max(depth);
    }
    deepest
}

/// The text between tags, without scripts and styles.
fn stripped(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let name: String =
            after.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        rest = if matches!(name.as_str(), "script" | "style") {
            let end = format!("</{name}");
            // The end is looked for in any letter case, byte by byte, without a copy of the page.
            let at = after.as_bytes().windows(end.len()).position(|window| window.eq_ignore_ascii_case(end.as_bytes()));
            at.and_then(|at| after.get(at..)).and_then(|tail| tail.split_once('>')).map_or("", |(_, tail)| tail)
        } else {
            after.split_once('>').map_or("", |(_, tail)| tail)
        };
        out.push(if matches!(name.as_str(), "p" | "br" | "div" | "li" | "tr" | "h1" | "h2" | "h3") {
            '\n'
        } else {
            ' '
        });
    }
    out.push_str(rest);
    let plain = out
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    tidy(
        &plain.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn html_becomes_markdown_and_nothing_else_changes() {
        let page = "<html><head><title>T</title><style>x{}</style></head><body><nav>menu</nav><h1>Head</h1>\
            <p>Some <b>bold</b> <a href=\"/a\">link</a>.</p><script>alert(1)</script><ul><li>one<li>two</ul>\
            <pre><code class=\"language-rust\">fn x() {}</code></pre></body></html>";
        let made = text("text/html; charset=utf-8", page.as_bytes().to_vec()).unwrap();
        for part in ["# Head", "**bold**", "[link](/a)", "```rust", "one"] {
            assert!(made.contains(part), "{part} in {made}");
        }
        assert!(!made.contains("alert") && !made.contains("menu") && !made.contains("x{}"), "{made}");
        assert_eq!(text("application/json", b"{\"a\": 1}".to_vec()).unwrap(), "{\"a\": 1}");
        assert!(text("image/png", vec![137, 80]).is_err());
        assert!(text("", b"plain".to_vec()).is_ok() && text("", vec![0, 1]).is_err());
    }

    #[test]
    fn a_hostile_page_costs_neither_stack_nor_patience() {
        let deep = format!("{}text{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
        assert_eq!(text("text/html", deep.into_bytes()).unwrap(), "text");
        let scripts = "<script>".repeat(50_000);
        assert_eq!(text("text/html", scripts.into_bytes()).unwrap(), "");
        assert_eq!(stripped("a<p>b &lt;c&gt;<SCRIPT>x</ScRiPt>d<"), "a\nb <c> d");
    }
}
