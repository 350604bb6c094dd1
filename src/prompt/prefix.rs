//! The part of a request that stays the same through a session: tools, system text, memory.

use std::sync::Arc;

use crate::domain::{MemoryFile, MemoryScope, Segment, ToolSpec};

/// Facts of the machine that do not change while a session runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub cwd: String,
    pub platform: String,
    /// The folder is under git.
    pub repository: bool,
    /// A sub-agent's text, which stands in the place of our own.
    pub role: Option<String>,
}

/// Seals the prefix. Equal input gives equal bytes, also in another session of the same folder.
pub fn prefix(tools: Vec<ToolSpec>, place: &Place, memory: &[MemoryFile]) -> Vec<Arc<Segment>> {
    let mut tools = tools;
    // A stable order, whatever order the registry or a server gives.
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    let mut segments: Vec<Arc<Segment>> =
        tools.into_iter().map(|spec| Arc::new(Segment::tool(Arc::new(spec)))).collect();
    segments.push(Arc::new(Segment::system("system prompt", system_text(place))));
    segments.extend(memory.iter().map(|file| {
        let label = file.path.display().to_string();
        Arc::new(Segment::memory(label, memory_text(file)))
    }));
    segments
}

fn system_text(place: &Place) -> String {
    let text = place.role.as_deref().unwrap_or(include_str!("../../assets/prompt/system.md"));
    let repository = if place.repository { "yes" } else { "no" };
    format!(
        "{text}\n# Where you are\n- Working folder: {}\n- Platform: {}\n- Git repository: {repository}\n",
        place.cwd, place.platform
    )
}

fn memory_text(file: &MemoryFile) -> String {
    let whose = match file.scope {
        MemoryScope::Managed => "set by the administrator",
        MemoryScope::User => "the user's own, for all projects",
        MemoryScope::Project => "of the project",
        MemoryScope::Local => "the user's own, for this project",
    };
    format!(
        "<instructions path=\"{}\" origin=\"{whose}\">\n{}\n</instructions>",
        file.path.display(),
        file.text.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::SegmentKind;

    fn spec(name: &str) -> ToolSpec {
        ToolSpec { name: name.into(), description: "d".into(), input_schema: json!({"type": "object"}) }
    }

    #[test]
    fn the_order_of_registration_does_not_change_the_bytes() {
        let place = Place { cwd: "/p".into(), platform: "linux".into(), repository: true, role: None };
        let one = prefix(vec![spec("Read"), spec("Bash")], &place, &[]);
        let two = prefix(vec![spec("Bash"), spec("Read")], &place, &[]);
        let hashes = |segments: &[Arc<Segment>]| segments.iter().map(|s| s.hash).collect::<Vec<_>>();
        assert_eq!(hashes(&one), hashes(&two));
        assert_eq!(one[2].kind, SegmentKind::System);
    }
}
