//! A title made of the first prompt, without asking a model.

use crate::domain::without_reminders;

/// Characters of a title.
const LONGEST: usize = 72;
/// Beginnings that say nothing of the matter.
const EMPTY: &[&str] =
    &["please", "can you", "could you", "would you", "i want you to", "i'd like you to", "hi", "hello", "hey"];

/// A title for a session that began with this prompt: its first sentence that says something, in one row.
pub fn title_of(prompt: &str) -> String {
    let prompt = without_reminders(prompt);
    let line = prompt.lines().map(str::trim).find(|line| says_something(line)).unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    let rest = without_opening(&line);
    let sentence = first_sentence(rest);
    let mut title = clipped(sentence.trim_end_matches(['.', ':', ',', ';', ' ']));
    if let Some(first) = title.chars().next().filter(|first| first.is_lowercase() && rest.len() < line.len()) {
        // What follows a "please" begins a sentence of its own.
        title.replace_range(..first.len_utf8(), &first.to_uppercase().collect::<String>());
    }
    title
}

fn says_something(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric) && !line.starts_with("```")
}

fn without_opening(line: &str) -> &str {
    let mut rest = line;
    // "Hi, could you please …" has three of them.
    for _ in 0..3 {
        let next = EMPTY.iter().find_map(|word| {
            let head = rest.get(..word.len())?;
            let tail = rest.get(word.len()..)?;
            let ends = tail.starts_with([' ', ',', '!', '.']);
            (head.eq_ignore_ascii_case(word) && ends).then(|| tail.trim_start_matches([' ', ',', '!', '.']))
        });
        match next.filter(|next| says_something(next)) {
            Some(next) => rest = next,
            None => break,
        }
    }
    rest
}

fn first_sentence(line: &str) -> &str {
    let end = line.match_indices(['.', '?', '!']).find(|(at, mark)| {
        let after = line.get(at + mark.len()..).unwrap_or_default();
        let word = line.get(..*at).unwrap_or_default().rsplit(' ').next().unwrap_or_default();
        // A dot inside a word (a file, a number) ends nothing; neither does the last one of "e.g.".
        (after.is_empty() || after.starts_with(' ')) && *at > 8 && !(word.len() < 4 && word.contains('.'))
    });
    match end {
        Some((at, ".")) => line.get(..at).unwrap_or(line),
        Some((at, mark)) => line.get(..at + mark.len()).unwrap_or(line),
        None => line,
    }
}

fn clipped(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST).collect();
    let end = cut.rfind(' ').filter(|end| *end > LONGEST / 2).unwrap_or(cut.len());
    format!("{}…", cut.get(..end).unwrap_or(&cut).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_thing_that_is_said() {
        for (prompt, title) in [
            ("fix the failing test", "fix the failing test"),
            ("Hi, could you please fix src/a.rs? It is broken since May.", "Fix src/a.rs?"),
            ("\n\n---\nWhy does e.g. the parser fail. Look at it", "Why does e.g. the parser fail"),
            ("please", "please"),
            ("", ""),
            ("```\ncode\n```", "code"),
            ("a\tb   c", "a b c"),
        ] {
            assert_eq!(title_of(prompt), title, "{prompt:?}");
        }
        let long = title_of(&"word ".repeat(100));
        assert!(long.chars().count() <= LONGEST + 1 && long.ends_with("word…"), "{long}");
        assert!(title_of(&"漢".repeat(500)).chars().count() <= LONGEST + 1);
    }
}
