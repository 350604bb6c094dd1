//! Finding a tool among many by words.

/// Words of a query that count.
const WORDS: usize = 16;

/// A tool that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it stood in the list.
    pub index: usize,
    pub score: u32,
}

/// Ranks tools (full name and description) by a query. `select:A,B` takes these very names; `+word` demands a word
/// in the name; other words add up: whole words of the name count most, then parts of it, then the description.
/// Ties keep the order of the list.
pub fn search(query: &str, tools: &[(String, String)], most: usize) -> Vec<Found> {
    if let Some(names) = query.trim().strip_prefix("select:") {
        let wanted: Vec<&str> = names.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty()).collect();
        let position = |name: &&str| tools.iter().position(|(tool, _)| tool == name || tail(tool) == *name);
        let mut found: Vec<Found> =
            wanted.iter().filter_map(position).map(|index| Found { index, score: 100 }).collect();
        found.dedup();
        found.truncate(most);
        return found;
    }
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().take(WORDS).collect();
    let mut found: Vec<Found> = tools
        .iter()
        .enumerate()
        .map(|(index, (name, description))| Found { index, score: score(&words, name, description) })
        .filter(|found| found.score > 0)
        .collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.score));
    found.truncate(most);
    found
}

/// The tool's own name.
fn tail(name: &str) -> &str {
    super::names::split_name(name).map_or(name, |(_, tool)| tool)
}

fn score(words: &[&str], name: &str, description: &str) -> u32 {
    let name = name.to_lowercase();
    let description = description.to_lowercase();
    let parts: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let told: Vec<&str> = description.split(|c: char| !c.is_alphanumeric()).collect();
    let mut sum = 0;
    for word in words {
        let (word, demanded) = word.strip_prefix('+').map_or((*word, false), |word| (word, true));
        let value = if word.is_empty() {
            0
        } else if name == word || parts.contains(&word) {
            12
        } else if name.contains(word) || parts.iter().any(|part| part.len() > 3 && word.contains(part)) {
            6
        } else if told.contains(&word) {
            3
        } else {
            u32::from(word.len() > 3 && description.contains(word))
        };
        if demanded && value < 6 {
            return 0;
        }
        sum += value;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Vec<(String, String)> {
        [
            ("mcp__github__create_issue", "Creates an issue in a repository"),
            ("mcp__github__list_pulls", "Lists pull requests"),
            ("mcp__mail__send", "Sends a message; mentions an issue number"),
            ("mcp__db__query", "Runs SQL"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into()
    }

    fn names(query: &str, most: usize) -> Vec<String> {
        let tools = tools();
        search(query, &tools, most).iter().map(|found| tools[found.index].0.clone()).collect()
    }

    #[test]
    fn words_rank_names_before_descriptions() {
        assert_eq!(names("issue", 5), ["mcp__github__create_issue", "mcp__mail__send"]);
        assert_eq!(names("github pull", 1), ["mcp__github__list_pulls"]);
        assert_eq!(names("+mail issue", 5), ["mcp__mail__send"]);
        assert!(names("weather", 5).is_empty());
    }

    #[test]
    fn select_takes_names_in_their_order() {
        assert_eq!(
            names("select:mcp__db__query,create_issue,nope", 5),
            ["mcp__db__query", "mcp__github__create_issue"]
        );
    }
}
