//! Keys that only a lenient reader takes: brackets that are no header stand for themselves (section 6).

/// Quotes the keys of lines whose brackets are no header.
pub(super) fn literal_keys(text: &str) -> String {
    if !text.contains('[') {
        return text.to_owned();
    }
    text.split('\n').map(literal).collect::<Vec<_>>().join("\n")
}

fn literal(line: &str) -> String {
    let body = line.trim_start_matches(' ');
    let body = body.strip_prefix("- ").unwrap_or(body);
    let start = line.len() - body.len();
    if body.starts_with('"') {
        return line.to_owned();
    }
    let Some(colon) = body.find(':').filter(|colon| !body[..*colon].contains('"')) else { return line.to_owned() };
    let (key, rest) = body.split_at(colon);
    // A header may have a colon in its brackets in later versions; it is no literal key.
    let Some(open) = key.find('[').filter(|_| !rest.starts_with(":]")) else { return line.to_owned() };
    if is_header(&key[open..]) || key.contains('\\') {
        return line.to_owned();
    }
    format!("{}\"{key}\"{rest}", &line[..start])
}

/// `[3]`, `[3|]`, `[3]{a,b}`.
fn is_header(text: &str) -> bool {
    let Some((length, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else { return false };
    let length = length.strip_suffix(['|', '\t']).unwrap_or(length);
    let is_length = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    is_length && (rest.is_empty() || (rest.starts_with('{') && rest.ends_with('}')))
}
