//! Files that are dropped into the terminal or pasted as paths: terminals send their paths as text. Pictures, PDFs and
//! notebooks become mentions, which the engine reads when the prompt is sent.

/// What becomes a mention.
const KINDS: [&str; 7] = ["gif", "ipynb", "jpeg", "jpg", "pdf", "png", "webp"];
/// Files of one paste, and bytes of a paste that is looked at.
const MOST: usize = 20;
const BYTES: usize = 16 * 1024;

/// The mentions that a paste stands for; none when it is anything else than paths of such files.
pub(super) fn mentions(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > BYTES {
        return None;
    }
    let words: Vec<String> = if text.contains(['\n', '\r']) {
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    } else if is_path(text) && !text.contains(['\\', '"', '\'']) {
        vec![text.to_owned()]
    } else {
        words(text)
    };
    let paths: Option<Vec<String>> = words.iter().take(MOST + 1).map(|word| path(word)).collect();
    let paths = paths.filter(|paths| !paths.is_empty() && paths.len() <= MOST)?;
    let mentions: Vec<String> = paths
        .into_iter()
        .map(|path| if path.contains(char::is_whitespace) { format!("@\"{path}\"") } else { format!("@{path}") })
        .collect();
    Some(format!("{} ", mentions.join(" ")))
}

/// The path in a word, if it is one of such a file.
fn path(word: &str) -> Option<String> {
    let word = word.trim_matches(['"', '\'']);
    let path = match word.strip_prefix("file://") {
        Some(rest) => decoded(rest.strip_prefix("localhost").unwrap_or(rest)),
        None => word.to_owned(),
    };
    is_path(&path).then_some(path)
}

fn is_path(text: &str) -> bool {
    let kind = text.rsplit_once('.').map(|(_, kind)| kind.to_ascii_lowercase());
    text.starts_with('/') && !text.contains(['"', '\n']) && kind.is_some_and(|kind| KINDS.contains(&kind.as_str()))
}

/// Words of a shell: blanks part, quotes group, a backslash keeps the next character.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '\\') => word.extend(characters.next()),
            (None, _) if c.is_whitespace() => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// An address without its `%20`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%');
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_pictures_pdfs_and_notebooks_become_mentions() {
        for (pasted, expected) in [
            ("/tmp/a.png", "@/tmp/a.png "),
            ("'/tmp/my shot.PNG' ", "@\"/tmp/my shot.PNG\" "),
            ("/tmp/my\\ shot.png /x/b.pdf", "@\"/tmp/my shot.png\" @/x/b.pdf "),
            ("file:///tmp/my%20shot.jpg", "@\"/tmp/my shot.jpg\" "),
            ("/tmp/my shot.png", "@\"/tmp/my shot.png\" "),
            ("/a/n.ipynb\n/a/m.webp\n", "@/a/n.ipynb @/a/m.webp "),
        ] {
            assert_eq!(mentions(pasted).as_deref(), Some(expected), "{pasted}");
        }
        for other in ["", "look at /tmp/a.png", "a.png", "/tmp/a.rs", "/tmp/a.png and more", "https://x/a.png"] {
            assert_eq!(mentions(other), None, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "[/a. %2é\\\\'\"\n]{0,30}(png|pdf)?") {
            drop(mentions(&text));
        }
    }
}
