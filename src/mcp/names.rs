//! Names of servers' tools as the model and the rules know them: `mcp__server__tool`.

/// The mark of a server's tool.
const MARK: &str = "mcp__";

/// The name of a tool of a server. What names may not hold becomes `_`.
pub fn full_name(server: &str, tool: &str) -> String {
    let safe = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' }).collect()
    };
    format!("{MARK}{}__{}", safe(server), safe(tool))
}

/// Server and tool of a full name, as far as the first `__` tells them apart.
pub fn split_name(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(MARK)?.split_once("__").filter(|(server, tool)| !server.is_empty() && !tool.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_told_apart() {
        assert_eq!(full_name("my srv", "do.it/now"), "mcp__my_srv__do_it_now");
        assert_eq!(split_name("mcp__a__b__c"), Some(("a", "b__c")));
        assert_eq!(split_name("mcp__a"), None);
        assert_eq!(split_name("Read"), None);
    }
}
