//! A market: a folder with `.claude-plugin/marketplace.json`, which lists plugins. Format: Claude Code's. Those that lie
//! in the folder can be used; what has to be fetched from elsewhere is said.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use super::manifest::json;

/// The place of the list in the market's folder.
const LIST: &str = ".claude-plugin/marketplace.json";
/// Plugins that one market may list.
const MOST: usize = 1_000;
/// Fields of an entry that are the market's own.
const OWN: [&str; 4] = ["source", "strict", "category", "tags"];

/// A market that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    pub name: String,
    pub root: PathBuf,
    pub offers: Vec<Offer>,
    /// What could not be used of its list.
    pub problems: Vec<String>,
}

/// One plugin of a market.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub name: String,
    /// The market's name.
    pub market: String,
    pub description: String,
    /// The plugin's folder, or where it would have to be fetched from.
    pub place: Result<PathBuf, String>,
    /// What the entry says in the way of a manifest.
    pub entry: Map<String, Value>,
    /// The plugin's own manifest decides; else the entry does.
    pub strict: bool,
}

/// Reads the market in a folder; none where there is no list in it. The error is a sentence for the person.
pub fn market(folder: &Path) -> Result<Option<Market>, String> {
    let root = fs::canonicalize(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let file = root.join(LIST);
    let Some(value) = json(&file)? else { return Ok(None) };
    let name = value.get("name").and_then(Value::as_str).filter(|name| is_name(name));
    let name = name.ok_or_else(|| format!("{}: a market needs a `name` without blanks", file.display()))?;
    let list = value.get("plugins").and_then(Value::as_array);
    let list = list.ok_or_else(|| format!("{}: a market needs a list `plugins`", file.display()))?;
    let below = value.pointer("/metadata/pluginRoot").and_then(Value::as_str).unwrap_or(".");
    let mut market = Market { name: name.to_owned(), root: root.clone(), offers: Vec::new(), problems: Vec::new() };
    for (at, entry) in list.iter().enumerate().take(MOST) {
        match offer(&market, below, entry) {
            Ok(offer) => market.offers.push(offer),
            Err(problem) => market.problems.push(format!("{}: plugins[{at}]: {problem}", file.display())),
        }
    }
    Ok(Some(market))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ':' | '/' | '@'))
}

fn offer(market: &Market, below: &str, value: &Value) -> Result<Offer, String> {
    let Value::Object(fields) = value else { return Err("it is no object".to_owned()) };
    let name = fields.get("name").and_then(Value::as_str).filter(|name| is_name(name));
    let name = name.ok_or("it needs a `name` without blanks")?;
    let source = fields.get("source").ok_or_else(|| format!("`{name}` has no `source`"))?;
    let mut entry = fields.clone();
    for key in OWN {
        entry.remove(key);
    }
    Ok(Offer {
        name: name.to_owned(),
        market: market.name.clone(),
        description: fields.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        place: place(market, below, source)?,
        entry,
        strict: fields.get("strict").and_then(Value::as_bool).unwrap_or(true),
    })
}

/// Where a plugin lies: a path in the market, or elsewhere.
fn place(market: &Market, below: &str, source: &Value) -> Result<Result<PathBuf, String>, String> {
    let text = match source {
        Value::String(text) => text.as_str(),
        Value::Object(fields) => {
            let text = |key: &str| fields.get(key).and_then(Value::as_str);
            let kind = text("source").unwrap_or("an unknown place");
            let what = ["repo", "url", "package", "command", "path"].into_iter().find_map(text).unwrap_or_default();
            return Ok(Err(format!("{kind} {what}").trim_end().to_owned()));
        }
        _ => return Err("`source` must be a path or an object".to_owned()),
    };
    let path = Path::new(below).join(text);
    let leaves = path.is_absolute() || path.components().any(|part| part == Component::ParentDir);
    let path = market.root.join(path);
    let real = fs::canonicalize(&path).map_err(|error| format!("{text}: {error}"))?;
    if leaves || !real.starts_with(&market.root) {
        return Err(format!("`source` names {text}, which is outside of the market"));
    }
    Ok(Ok(real))
}
