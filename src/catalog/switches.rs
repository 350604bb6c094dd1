//! `skillOverrides`: skills and commands that the person keeps from the model, from the menu, or from both.

use std::collections::BTreeMap;

use crate::domain::CommandFile;

/// What is left of a skill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SkillSwitch {
    #[default]
    On,
    /// The model sees its name, and what it is for when it uses it.
    NameOnly,
    /// The model is not told of it.
    PersonOnly,
    Off,
}

impl SkillSwitch {
    /// The switch with this name in settings.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "on" => Self::On,
            "name-only" => Self::NameOnly,
            "user-invocable-only" => Self::PersonOnly,
            "off" => Self::Off,
            _ => return None,
        })
    }
}

/// Applies the switches. Returns what is off.
pub fn switch(files: &mut Vec<CommandFile>, switches: &BTreeMap<String, SkillSwitch>) -> Vec<CommandFile> {
    let mut off = Vec::new();
    if switches.is_empty() {
        return off;
    }
    files.retain_mut(|file| {
        match switches.get(&file.name).copied().unwrap_or_default() {
            SkillSwitch::On => {}
            SkillSwitch::NameOnly => file.traits.name_only = true,
            SkillSwitch::PersonOnly => file.traits.person_only = true,
            SkillSwitch::Off => {
                off.push(file.clone());
                return false;
            }
        }
        true
    });
    off
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::{Budget, listing};
    use super::*;
    use crate::domain::PromptKind;

    #[test]
    fn each_switch_does_what_it_says() {
        let file = |name: &str| CommandFile {
            name: name.into(),
            description: format!("about {name}"),
            kind: PromptKind::Skill,
            ..CommandFile::default()
        };
        let mut files: Vec<CommandFile> = ["a", "b", "c", "d", "e"].into_iter().map(file).collect();
        let switches = [("a", "on"), ("b", "name-only"), ("c", "user-invocable-only"), ("d", "off"), ("x", "off")];
        let switches =
            switches.into_iter().map(|(name, word)| (name.to_owned(), SkillSwitch::named(word).unwrap())).collect();
        let off = switch(&mut files, &switches);
        assert_eq!((off.len(), off[0].name.as_str(), files.len()), (1, "d", 4));
        let list = listing(&files, Budget::default()).unwrap();
        assert!(list.ends_with("\n- a: about a\n- b\n- e: about e\n"), "{list}");
        assert_eq!(SkillSwitch::named("of"), None);
    }
}
