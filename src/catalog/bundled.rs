//! The skills that come along. A skill of the same name that the user or the project keeps takes their place.

/// Name and text of each.
pub(super) const SKILLS: &[(&str, &str)] = &[
    ("agent-builder", include_str!("../../assets/skills/agent-builder/SKILL.md")),
    ("code-review", include_str!("../../assets/skills/code-review/SKILL.md")),
    ("pdf", include_str!("../../assets/skills/pdf/SKILL.md")),
];
