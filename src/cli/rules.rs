//! Lists of rules as they are typed: separated by commas or spaces, but not inside parentheses.

/// Splits every value of a flag that can be given several times.
pub fn split(values: &[String]) -> Vec<String> {
    values.iter().flat_map(|value| split_one(value)).collect()
}

fn split_one(text: &str) -> Vec<String> {
    let mut rules = vec![String::new()];
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (c == ',' || c.is_whitespace()) {
            rules.push(String::new());
        } else if let Some(rule) = rules.last_mut() {
            rule.push(c);
        }
    }
    rules.retain(|rule| !rule.is_empty());
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_spaces_part_rules_but_not_inside_parentheses() {
        let values =
            ["Bash(git log:*, --oneline) Edit,Read".to_owned(), " Write ".to_owned(), "Bash(a (b) c".to_owned()];
        assert_eq!(split(&values), ["Bash(git log:*, --oneline)", "Edit", "Read", "Write", "Bash(a (b) c"]);
    }
}
