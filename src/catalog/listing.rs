//! The list of commands and skills that the model sees in every request: name and description, within a budget.

use std::fmt::Write as _;

use crate::domain::CommandFile;

/// How much of every request the list may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Characters of the whole list.
    pub chars: usize,
    /// Characters of one description.
    pub description: usize,
}

impl Default for Budget {
    /// One hundredth of a window of 200,000 tokens, at four characters a token; 1,536 characters a description.
    fn default() -> Self {
        Self { chars: 8_000, description: 1_536 }
    }
}

/// The least that is left of a description.
const SHORTEST: usize = 40;

/// The list, or none where there is nothing to list. The same files give the same bytes. When it is too long, the
/// longest descriptions are cut first; the names always stay.
pub fn listing(files: &[CommandFile], budget: Budget) -> Option<String> {
    let text = |file: &CommandFile| if file.traits.name_only { String::new() } else { file.listing() };
    let rows: Vec<(&str, String)> =
        files.iter().filter(|file| file.is_listed()).map(|file| (file.name.as_str(), text(file))).collect();
    if rows.is_empty() {
        return None;
    }
    let fits = |longest: usize| {
        rows.iter().map(|(name, text)| name.len() + 5 + text.chars().count().min(longest)).sum::<usize>()
            <= budget.chars
    };
    let mut longest = budget.description;
    while longest > SHORTEST && !fits(longest) {
        longest = (longest * 4 / 5).max(SHORTEST);
    }
    let mut out = String::from(HEAD);
    for (name, text) in &rows {
        let colon = if text.is_empty() { "" } else { ": " };
        writeln!(out, "- {name}{colon}{}", cut(text, longest)).ok();
    }
    Some(out)
}

const HEAD: &str = "# Skills\n\
    Instructions for certain tasks, kept by the user, the project or Latigo. When a task fits one, load it with the \
    Skill tool before you begin, and follow it. Do not guess at what it says.\n";

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{PromptKind, Traits};

    fn skill(name: &str, description: &str) -> CommandFile {
        let kind = PromptKind::Skill;
        CommandFile { name: name.into(), description: description.into(), kind, ..CommandFile::default() }
    }

    #[test]
    fn what_the_model_may_use_is_listed_in_order() {
        let hidden = CommandFile { traits: Traits { person_only: true, ..Traits::default() }, ..skill("b", "hidden") };
        let when = CommandFile {
            traits: Traits { when_to_use: Some("When\n asked.".into()), ..Traits::default() },
            ..skill("c", "Does c.")
        };
        let plain = CommandFile { kind: PromptKind::Command, ..skill("d", "first line") };
        let list = listing(&[skill("a", "Does a"), hidden, when, plain], Budget::default()).unwrap_or_default();
        assert!(
            list.ends_with(
                "begin, and follow it. Do not guess at what it says.\n- a: Does a\n- c: Does c. When asked.\n"
            ),
            "{list}"
        );
        assert_eq!(listing(&[], Budget::default()), None);
    }

    #[test]
    fn a_long_list_keeps_its_names_and_its_budget() {
        let files: Vec<CommandFile> =
            (0..200).map(|n| skill(&format!("skill-{n:03}"), &"word ".repeat(if n == 0 { 4 } else { 300 }))).collect();
        let list = listing(&files, Budget { chars: 12_000, description: 1_536 }).unwrap_or_default();
        assert!(list.len() < 12_800 + HEAD.len(), "{}", list.len());
        assert!((0..200).all(|n| list.contains(&format!("- skill-{n:03}: word"))));
        assert!(list.contains("- skill-000: word word word word\n"), "a short one stays whole");
    }
}
