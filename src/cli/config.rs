//! `latigo config`: every setting with the place that it comes from; one of them read, explained or set.

use super::ConfigCommand;
use super::permissions::ground::Ground;
use crate::base::text::{clip, sanitize_line};
use crate::config::{self, Origin, OriginState};
use crate::domain::{PageRow, RowMark};
use crate::shell::{Exit, Printer};

/// The section of the page that is listed from the files themselves.
const SETTINGS: &str = "Settings";
/// How a note about an override begins, and columns of one.
const OVER: &str = "takes the place of";
const NOTE: usize = 120;

/// Runs the command.
pub(super) fn run(what: ConfigCommand, out: &mut Printer) -> Exit {
    match Ground::survey().and_then(|ground| answer(what, &ground)) {
        Ok((text, exit)) => {
            out.text(&text);
            exit
        }
        Err(problem) => {
            out.remark(&format!("latigo: {problem}"));
            Exit::Failure
        }
    }
}

/// What is printed.
fn answer(what: ConfigCommand, ground: &Ground) -> Result<(String, Exit), String> {
    let origins = config::load(ground.input()).catalog.origins;
    let of = |key: &str| -> Vec<&Origin> { origins.iter().filter(|origin| origin.key == key).collect() };
    match what {
        ConfigCommand::List { json } => {
            let rows = config::listing(&ground.input());
            Ok((if json { json_rows(&origins, &rows) } else { plain_rows(&origins, &rows) }, Exit::Done))
        }
        ConfigCommand::Get { key } => match config::effective(&origins, &key) {
            Some(value) => Ok((format!("{value}\n"), Exit::Done)),
            None => Err(unset(&key)),
        },
        ConfigCommand::Where { key } => {
            let found = of(&key);
            if found.is_empty() {
                Err(unset(&key))
            } else {
                Ok((found.into_iter().map(plain_line).collect(), Exit::Done))
            }
        }
        ConfigCommand::Set { key, value } => {
            if let Some(problem) = config::unknown_key(&key) {
                return Err(problem);
            }
            let value = serde_json::from_str(&value).unwrap_or(serde_json::Value::String(value));
            let file = config::save_setting(&ground.dirs.config, &key, value)?;
            Ok((format!("{key} is set in {}\n", file.display()), Exit::Done))
        }
    }
}

/// All sections: the settings as the files have them, the rest as a start here would use it.
fn plain_rows(origins: &[Origin], rows: &[PageRow]) -> String {
    let mut out = String::from("# Settings\n");
    out.extend(origins.iter().map(plain_line));
    for row in rows.iter().skip_while(|row| !is_head(row) || row.name == SETTINGS) {
        if is_head(row) {
            out.extend([format!("\n# {}\n", row.name)]);
            continue;
        }
        let mark = mark(row.mark);
        let note = row.notes.iter().find(|note| !note.is_empty() && row.mark != RowMark::On || note.starts_with(OVER));
        let note = note.map(|note| format!("  ({})", clip(&sanitize_line(note), NOTE))).unwrap_or_default();
        let place = if row.place.is_empty() { "-" } else { &row.place };
        out.extend([format!("{mark} {}  {}  {place}{note}\n", row.name, row.value)]);
    }
    out
}

/// One object a line, with the kind of the thing.
fn json_rows(origins: &[Origin], rows: &[PageRow]) -> String {
    let mut out: String = origins.iter().map(json_line).collect();
    let mut kind = String::new();
    for row in rows {
        if is_head(row) {
            kind = row.name.to_lowercase().trim_end_matches('s').replace("memorie", "memory");
            continue;
        }
        if kind == "setting" {
            continue;
        }
        let state = match row.mark {
            RowMark::On | RowMark::Section => "used",
            RowMark::Off => "off",
            RowMark::Problem => "problem",
        };
        let line = serde_json::json!({
            "kind": kind, "name": row.name, "scope": row.value, "place": row.place, "state": state, "notes": row.notes,
        });
        out.extend([format!("{line}\n")]);
    }
    out
}

fn is_head(row: &PageRow) -> bool {
    row.mark == RowMark::Section
}

fn mark(mark: RowMark) -> char {
    match mark {
        RowMark::On | RowMark::Section => ' ',
        RowMark::Off => '-',
        RowMark::Problem => '!',
    }
}

fn unset(key: &str) -> String {
    config::unknown_key(key).unwrap_or_else(|| format!("no file sets `{key}`"))
}

fn plain_line(origin: &Origin) -> String {
    let row = origin.row();
    let mark = mark(row.mark);
    let note = row.notes.first().filter(|note| !note.is_empty()).map(|note| format!("  ({note})")).unwrap_or_default();
    format!("{mark} {} = {}  {}{note}\n", origin.key, origin.value, origin.place)
}

fn json_line(origin: &Origin) -> String {
    let (state, by) = match &origin.state {
        OriginState::Used => ("used", None),
        OriginState::Joined => ("joined", None),
        OriginState::Overridden(by) => ("overridden", Some(by.clone())),
        OriginState::Waits => ("waits", None),
        OriginState::Unknown(near) => ("unknown", near.clone()),
    };
    let line = serde_json::json!({
        "kind": "setting", "key": origin.key, "value": origin.value, "place": origin.place, "state": state, "by": by,
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::base::dirs::Dirs;
    use crate::config::{ConfigInput, Flags};

    fn ground(folder: &tempfile::TempDir) -> Ground {
        let root = folder.path();
        for (path, text) in [
            ("home/.claude/settings.json", "{\n\"theme\": \"dark\",\n\"env\": {\"MY_TOKEN\": \"x\", \"A\": \"1\"}}"),
            ("own/config/settings.json", "{\n\n\"theme\": \"light\", \"permisions\": {}}"),
            ("p/.claude/settings.json", "{\"permissions\": {\"deny\": [\"Read(x)\"]}}"),
        ] {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        Ground {
            home: root.join("home"),
            cwd: root.join("p"),
            dirs: Dirs { config: root.join("own/config"), ..Dirs::under(&root.join("own")) },
            managed: Some(root.join("none")),
        }
    }

    #[test]
    fn every_entry_has_its_place_and_its_fate() {
        let folder = tempfile::tempdir().unwrap();
        let ground = ground(&folder);
        let (text, _) = answer(ConfigCommand::List { json: false }, &ground).unwrap();
        let config = ground.dirs.config.display().to_string();
        let root = folder.path().display().to_string();
        let text =
            text.replace(&config, "<config>").replace(&root, "<root>").replace(&root.replace('/', "-"), "<root>");
        insta::assert_snapshot!(text);
        let key = |key: &str| key.to_owned();
        assert_eq!(answer(ConfigCommand::Get { key: key("theme") }, &ground).unwrap().0, "\"light\"\n");
        assert_eq!(answer(ConfigCommand::Where { key: key("theme") }, &ground).unwrap().0.lines().count(), 2);
        let wrong = answer(ConfigCommand::Get { key: key("thme") }, &ground).unwrap_err();
        assert!(wrong.contains("did you mean `theme`?"), "{wrong}");
        let set = ConfigCommand::Set { key: key("permissions.defaultMode"), value: "plan".into() };
        answer(set, &ground).unwrap();
        let get = ConfigCommand::Get { key: key("permissions.defaultMode") };
        assert_eq!(answer(get, &ground).unwrap().0, "\"plan\"\n");
    }

    /// Every kind of thing that has a line, and things that stand several times.
    #[test]
    fn what_has_a_line_says_it_and_what_it_takes_the_place_of() {
        let folder = tempfile::tempdir().unwrap();
        let ground = ground(&folder);
        let root = folder.path();
        let command = "---\nmodel: haiku\ndescription: Opens\n---\nx";
        let agent = "---\ndescription: Mine\nname: Explore\n---\nx";
        let server = "{\n  \"mcpServers\": {\n    \"git\": {\"command\": \"x\"}\n  }\n}";
        let hooks = "{\n\"hooks\": {\"Stop\": [{\"hooks\": [\n{\"type\": \"command\", \"command\": \"say done\"}]}]}}";
        for (path, text) in [
            ("home/.claude/commands/go.md", "x"),
            ("p/.claude/commands/go.md", command),
            ("home/.claude/agents/e.md", agent),
            ("home/.claude/skills/pdf/SKILL.md", "---\ndescription: Mine\n---\nx"),
            ("home/.claude/output-styles/c.md", "---\nname: Concise\n---\nx"),
            ("home/.claude.json", server),
            ("p/.mcp.json", server),
            ("own/config/settings.json", hooks),
        ] {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        let untrusted = answer(ConfigCommand::List { json: false }, &ground).unwrap().0;
        assert!(untrusted.contains("  /go  user  "), "the user's own counts while the project's waits: {untrusted}");
        let input = ConfigInput { flags: Flags { trust: true, ..Flags::default() }, ..ground.input() };
        let text = plain_rows(&config::load(input.clone()).catalog.origins, &config::listing(&input));
        let shown = text.replace(&root.display().to_string(), "<root>");
        for wanted in [
            "  Stop *  command: say done  user <root>/own/config/settings.json:3\n",
            "  /go  project  <root>/p/.claude/commands/go.md:3  (takes the place of <root>/home/.claude/commands/go.md)\n",
            "  /pdf  user  <root>/home/.claude/skills/pdf/SKILL.md:2  (takes the place of (built in)/pdf/SKILL.md)\n",
            "  Explore  user  <root>/home/.claude/agents/e.md:3  (takes the place of (built in))\n",
            "  git  user  user ~/.claude.json:3  (takes the place of project .mcp.json:3)\n",
            "- Concise  user  <root>/home/.claude/output-styles/c.md:2  (takes the place of (built in))\n",
        ] {
            assert!(shown.contains(wanted), "{wanted}\n{shown}");
        }
        let (json, _) = answer(ConfigCommand::List { json: true }, &ground).unwrap();
        assert!(json.contains(r#""kind":"hook""#) && json.contains(r#""kind":"tool server""#), "{json}");
    }
}
