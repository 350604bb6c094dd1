//! `latigo plugin validate`: everything in a plugin or a market held against the documented format, before anybody uses
//! it. Nothing runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Answer;
use crate::base::near;
use crate::base::text::sanitize_line;
use crate::catalog::{self, Ground, Market, Plugin};
use crate::domain::{Notice, PromptKind, RuleScope, RuleSource};
use crate::shell::Exit;
use crate::{hooks, lsp, mcp};

/// Fields of a manifest that count here.
const KNOWN: [&str; 18] = [
    "$schema",
    "name",
    "displayName",
    "version",
    "description",
    "author",
    "homepage",
    "repository",
    "license",
    "keywords",
    "metadata",
    "defaultEnabled",
    "skills",
    "commands",
    "agents",
    "outputStyles",
    "userConfig",
    "dependencies",
];
/// Further ones, which hold JSON or name files with it.
const FILES: [&str; 3] = ["hooks", "mcpServers", "lspServers"];
/// Fields of the format by which nothing works here.
const IDLE: [&str; 3] = ["workflows", "experimental", "channels"];
/// Where manifests stand.
const MANIFEST: &str = ".claude-plugin/plugin.json";

/// What was found.
#[derive(Debug, Default)]
struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}

/// Checks a folder.
pub(super) fn check(folder: &Path) -> Answer {
    let mut findings = Findings::default();
    let mut names = Vec::new();
    let market = catalog::market(folder)?;
    if let Some(market) = &market {
        market_of(market, &mut findings, &mut names);
    }
    if market.is_none() || folder.join(MANIFEST).is_file() {
        names.extend(plugin_in(folder, None, &mut findings));
    }
    names.sort_unstable();
    names.dedup();
    let mut out = String::new();
    out.extend(findings.errors.iter().map(|text| format!("error    {}\n", sanitize_line(text))));
    out.extend(findings.warnings.iter().map(|text| format!("warning  {}\n", sanitize_line(text))));
    let good = findings.errors.is_empty();
    let names = if names.is_empty() { folder.display().to_string() } else { names.join(", ") };
    let verdict = if good { "can be used" } else { "cannot be used as it is" };
    out.extend([format!(
        "{} {verdict}: {} errors, {} warnings\n",
        sanitize_line(&names),
        findings.errors.len(),
        findings.warnings.len()
    )]);
    Ok((out, if good { Exit::Done } else { Exit::Failure }))
}

fn market_of(market: &Market, findings: &mut Findings, names: &mut Vec<String>) {
    findings.errors.extend(market.problems.iter().cloned());
    for offer in &market.offers {
        match &offer.place {
            Ok(folder) => names.extend(plugin_in(folder, Some(offer), findings)),
            Err(place) => {
                findings
                    .warnings
                    .push(format!("{}: it has to be fetched from {place}; it was not looked at", offer.name));
            }
        }
    }
    let mut seen = Vec::new();
    for offer in &market.offers {
        if seen.contains(&offer.name.as_str()) {
            findings.errors.push(format!("{} stands twice in the market {}", offer.name, market.name));
        }
        seen.push(offer.name.as_str());
    }
}

fn plugin_in(folder: &Path, offer: Option<&catalog::Offer>, findings: &mut Findings) -> Option<String> {
    let plugin = match catalog::load_plugin(folder, offer, Path::new("/"), &BTreeMap::new()) {
        Ok(plugin) => plugin,
        Err(problem) => {
            findings.errors.push(format!("{}: {problem}", folder.display()));
            return None;
        }
    };
    let plugin = Plugin { enabled: true, ..plugin };
    fields(&plugin, findings);
    let named = plugin.skills.iter().chain(&plugin.commands).chain(&plugin.agents).chain(&plugin.styles);
    for path in named.filter(|path| !path.exists()) {
        findings.errors.push(format!("{}: the manifest names it, and it is not there", path.display()));
    }
    texts(&plugin, findings);
    programs(&plugin, findings);
    Some(plugin.name)
}

/// The manifest's fields.
fn fields(plugin: &Plugin, findings: &mut Findings) {
    let file = plugin.root.join(MANIFEST);
    let place = file.display();
    if !plugin.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        findings.warnings.push(format!("{place}: the name `{}` is not in kebab-case", plugin.name));
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let Ok(Value::Object(fields)) = serde_json::from_str(text.trim_start_matches('\u{feff}')) else { return };
    let known = || KNOWN.iter().chain(&FILES).chain(&IDLE).copied();
    for (key, value) in &fields {
        let key = key.as_str();
        if IDLE.contains(&key) {
            findings.warnings.push(format!("{place}: nothing here works by `{key}`"));
        } else if !known().any(|name| name == key) && key != catalog::PLUGIN_EXACT {
            let near = near::nearest(key, known()).map(|near| format!("; did you mean `{near}`?"));
            findings.warnings.push(format!("{place}: `{key}` is not known{}", near.unwrap_or_default()));
        }
        let paths = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let is_path =
            ["skills", "commands", "agents", "outputStyles", "hooks", "mcpServers", "lspServers"].contains(&key);
        for path in paths.iter().filter_map(Value::as_str).filter(|path| is_path && !path.starts_with("./")) {
            findings.warnings.push(format!("{place}: the path `{path}` of `{key}` should begin with ./"));
        }
    }
}

/// Commands, skills, agents and styles.
fn texts(plugin: &Plugin, findings: &mut Findings) {
    let nowhere = PathBuf::from("/nonexistent");
    let plugins = [plugin.clone()];
    let ground =
        Ground { claude: None, home: &nowhere, cwd: &nowhere, project: &nowhere, plugins: &plugins, bundled: false };
    let (files, mut notices) = catalog::prompts(&ground);
    notices.extend(catalog::agents(&ground, &[]).1);
    notices.extend(catalog::styles(&ground).1);
    let root = plugin.root.display().to_string();
    let own = |notice: &Notice| notice.text.contains(&root);
    findings.warnings.extend(notices.into_iter().filter(own).map(|notice| notice.text));
    for file in files.iter().filter(|file| file.source == plugin.source() && file.kind == PromptKind::Skill) {
        if !file.traits.described {
            let text = format!("{}: a skill without `description` is listed by its first line", file.path.display());
            findings.warnings.push(text);
        }
    }
}

/// Hooks and servers.
fn programs(plugin: &Plugin, findings: &mut Findings) {
    let unknown = |value: &Value| {
        let key = catalog::unfilled(value)?;
        (!plugin.options.iter().any(|option| option.key == key)).then(|| format!("`userConfig` has no `{key}`"))
    };
    for (file, value) in &plugin.hooks {
        let events = value.get("hooks").unwrap_or(value);
        let source = RuleSource { scope: RuleScope::User, file: None, line: None };
        let problems = hooks::brought(events, &source).1;
        findings
            .errors
            .extend(problems.into_iter().chain(unknown(value)).map(|text| format!("{}: {text}", file.display())));
    }
    let entries = |value: &Value, key: &str| -> Vec<(String, Value)> {
        let list = value.get(key).unwrap_or(value).as_object();
        list.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let env = std::env::vars().collect();
    for (file, value) in &plugin.servers {
        for (name, value) in entries(value, "mcpServers") {
            let unknown = unknown(&value);
            let source = file.display().to_string();
            let entry = mcp::Entry { name: name.clone(), scope: RuleScope::User, source, value, off: None };
            let problems =
                mcp::parse(&entry, &env).map_or_else(|problem| (Some(problem), vec![]), |(_, told)| (None, told));
            let said = |text: String| format!("{}: server `{name}`: {text}", file.display());
            findings.errors.extend(problems.0.into_iter().chain(unknown).map(said));
            findings.warnings.extend(problems.1.into_iter().map(said));
        }
    }
    for (file, value) in &plugin.languages {
        for (name, value) in entries(value, "lspServers") {
            let source = file.display().to_string();
            let entry = lsp::Entry { name: name.clone(), scope: RuleScope::User, source, value, off: None };
            if let Err(problem) = lsp::parse(&entry, &env) {
                findings.errors.push(format!("{}: language server `{name}`: {problem}", file.display()));
            }
        }
    }
}
