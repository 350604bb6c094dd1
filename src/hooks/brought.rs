//! Hooks that stand in the front matter of an agent's or a skill's file, in the form that settings have.

use serde_json::Value;

use super::{Event, Extra, Handler, Hook, Matcher};
use crate::domain::RuleSource;

/// Hooks that one file may bring.
const MOST: usize = 64;

/// Reads the value of `hooks`. The texts say what cannot be used; the rest is.
pub fn brought(value: &Value, source: &RuleSource) -> (Vec<Hook>, Vec<String>) {
    let (mut hooks, mut problems) = (Vec::new(), Vec::new());
    let Some(events) = value.as_object() else {
        return (hooks, vec!["`hooks` must be a map of events; it is passed over".to_owned()]);
    };
    for (name, groups) in events {
        let Some(event) = Event::named(name) else {
            problems.push(format!("there is no event `{name}` for hooks; they never run"));
            continue;
        };
        let groups = groups.as_array().map_or(std::slice::from_ref(groups), Vec::as_slice);
        for group in groups {
            match read(event, group, source) {
                Ok(more) => hooks.extend(more),
                Err(problem) => problems.push(format!("hooks.{name}: {problem}; it is passed over")),
            }
        }
    }
    if hooks.len() > MOST {
        problems.push(format!("there are more than {MOST} hooks; the rest is passed over"));
        hooks.truncate(MOST);
    }
    (hooks, problems)
}

fn read(event: Event, group: &Value, source: &RuleSource) -> Result<Vec<Hook>, String> {
    let matcher = match group.get("matcher") {
        None | Some(Value::Null) => Matcher::All,
        Some(Value::String(text)) => Matcher::parse(text)?,
        Some(_) => return Err("`matcher` must be a text".to_owned()),
    };
    let handlers = group.get("hooks").and_then(Value::as_array).ok_or("a group needs a list `hooks`")?;
    let hook = |handler: &Value| {
        let once = handler.get("once").and_then(Value::as_bool).unwrap_or(false);
        let handler = Handler::parse(event, handler)?;
        let (matcher, source, extra) = (matcher.clone(), source.clone(), Extra::default());
        Ok(Hook { event, matcher, handler, source, extra, once })
    };
    handlers.iter().map(hook).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::RuleScope;

    #[test]
    fn what_can_be_used_is_used_and_the_rest_is_said() {
        let source = RuleSource { scope: RuleScope::Session, file: None, line: None };
        let value = json!({
            "PreToolUse": [{ "matcher": "Bash", "hooks": [{ "type": "command", "command": "check.sh" }] }],
            "Stop": [{ "hooks": [{ "type": "command", "command": "end.sh" }] }, { "hooks": "no" }],
            "PreTool": [],
        });
        let (hooks, problems) = brought(&value, &source);
        assert_eq!(hooks.iter().map(|hook| hook.event).collect::<Vec<_>>(), [Event::PreToolUse, Event::Stop]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(brought(&json!("x"), &source).0.is_empty());
    }
}
