//! `${VAR}` and `${VAR:-default}` in an entry.

use std::collections::BTreeMap;

/// Puts variables in. One that is not set and has no default stays as it is written and is named.
pub fn expand(text: &str, env: &BTreeMap<String, String>) -> (String, Vec<String>) {
    let mut out = String::with_capacity(text.len());
    let mut missing = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inside, behind)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        match env.get(name).filter(|value| default.is_none() || !value.is_empty()) {
            Some(value) if is_name(name) => out.push_str(value),
            _ if !is_name(name) => {
                // No variable; what follows may still hold one.
                out.push_str("${");
                rest = after;
                continue;
            }
            _ => {
                if let Some(default) = default {
                    out.push_str(default);
                } else {
                    missing.push(name.to_owned());
                    out.push_str("${");
                    out.push_str(inside);
                    out.push('}');
                }
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    (out, missing)
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_once() {
        let env: BTreeMap<String, String> =
            [("A", "1"), ("B", "${A}"), ("E", "")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        for (text, want) in [
            ("x${A}y", "x1y"),
            ("${A}${A}", "11"),
            ("${B}", "${A}"),
            ("${N:-d}", "d"),
            ("${N:-}", ""),
            ("${E:-d}", "d"),
            ("${E}", ""),
            ("${N}", "${N}"),
            ("${", "${"),
            ("${a-b}${A}", "${a-b}1"),
            ("$A $${A}", "$A $1"),
            ("${N:-http://h:1/}", "http://h:1/"),
        ] {
            assert_eq!(expand(text, &env).0, want, "{text}");
        }
        assert_eq!(expand("${N} ${M:-x}", &env).1, ["N"]);
    }
}
