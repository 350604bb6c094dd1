//! One permission rule, `Tool` or `Tool(specifier)`, parsed into what it matches.
//!
//! The grammar is that of Claude Code's settings. A rule that cannot be used is an error with a sentence
//! for the person; it then grants nothing.

use std::path::Path;

use super::bash_rule::BashPattern;
use super::broad::is_broad;
use super::glob::Stars;
use super::path_rule::PathPattern;
use super::ruleset::{RuleText, Tier};
use crate::domain::{RuleSource, present_name};

/// A parsed rule with its place.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) tier: Tier,
    pub(super) text: String,
    pub(super) source: RuleSource,
    pub(super) target: Target,
    /// An allow rule that covers anything, which the mode auto sets aside.
    pub(super) broad: bool,
}

/// What a rule is about.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A tool by its name, all calls. The name may hold stars.
    Tool { name: String, stars: Option<Stars> },
    /// Shell commands.
    Bash(BashPattern),
    /// Reading paths.
    Read(PathPattern),
    /// Writing paths.
    Edit(PathPattern),
    /// Hosts.
    Domain(String),
    /// A text field of the input: sub-agents and skills by name. `more` also covers arguments after it.
    Named { tool: String, field: &'static str, name: BashPattern },
    /// `Tool(param:value)`, for deny and ask only. A Bash rule may mean a command as well.
    Param { tool: String, param: String, value: Stars, command: Option<BashPattern> },
}

/// What parsing found worth telling although the rule is used.
pub(super) type Remark = Option<String>;

const EDITORS: &[&str] = &["Edit", "Write", "MultiEdit", "NotebookEdit", "Rename"];
const READERS: &[&str] = &["Read", "Grep", "Glob", "LS", "LSP", "NotebookRead"];
const SHELLS: &[&str] = &["Bash", "Monitor"];

/// Names that settings may mention: our tools, those of Claude Code, and old ones.
const KNOWN: &[&str] = &[
    "Agent",
    "Artifact",
    "AskUserQuestion",
    "BashOutput",
    "Brief",
    "Cd",
    "CronCreate",
    "CronDelete",
    "CronList",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitPlanMode",
    "ExitWorktree",
    "KillShell",
    "ListAgents",
    "ListMcpResources",
    "PowerShell",
    "PushNotification",
    "ReadMcpResource",
    "ReportFindings",
    "ScheduleWakeup",
    "SendMessage",
    "SendUserFile",
    "Skill",
    "SlashCommand",
    "Task",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskOutput",
    "TaskStop",
    "TaskUpdate",
    "TodoRead",
    "TodoWrite",
    "ToolSearch",
    "WaitForMcpServers",
    "WebFetch",
    "WebSearch",
    "Workflow",
];

impl Rule {
    /// Reads one rule.
    pub(super) fn parse(entry: &RuleText) -> Result<(Self, Remark), String> {
        let text = entry.text.trim();
        let (name, specifier) = split(text)?;
        let name = present_name(name);
        let (target, remark) = match specifier {
            // As an allow, a star for paths means the current folder, not the whole machine.
            Some("*") if matches!(name, "Read" | "Edit") && entry.tier == Tier::Allow => {
                with_specifier(name, "*", entry)?
            }
            None | Some("*") => (Target::Tool { name: name.to_owned(), stars: name_stars(name, entry.tier)? }, None),
            Some(inner) => with_specifier(name, inner, entry)?,
        };
        let remark = remark.or_else(|| unknown(name));
        let mut rule =
            Self { tier: entry.tier, text: text.to_owned(), source: entry.source.clone(), target, broad: false };
        rule.broad = entry.tier == Tier::Allow && is_broad(&rule);
        Ok((rule, remark))
    }

    /// The rule is about every call of this tool. `Edit` means all tools that edit, `Read` all that read.
    pub(super) fn names(&self, tool: &str) -> bool {
        match &self.target {
            Target::Tool { name, stars } => {
                let starred =
                    stars.as_ref().is_some_and(|stars| stars.covers(tool) || stars.covers(present_name(tool)));
                starred
                    || name == present_name(tool)
                    || (name == "Edit" && EDITORS.contains(&tool))
                    || (name == "Read" && READERS.contains(&tool))
                    || (name == "Bash" && SHELLS.contains(&tool))
                    || is_server_of(name, tool)
            }
            _ => false,
        }
    }

    /// The rule is about calls of this tool.
    pub(super) fn is_for(&self, tool: &str) -> bool {
        match &self.target {
            Target::Bash(_) => SHELLS.contains(&tool),
            Target::Named { tool: own, .. } => own == present_name(tool),
            _ => self.names(tool),
        }
    }

    /// The rule is a bare one that is exactly about this tool, so that the model need not see the tool.
    pub(super) fn removes(&self, tool: &str) -> bool {
        match &self.target {
            Target::Tool { name, stars } => {
                name == present_name(tool)
                    || stars.as_ref().is_some_and(|stars| stars.covers(tool))
                    || is_server_of(name, tool)
            }
            Target::Bash(BashPattern::Every) => tool == "Bash",
            _ => false,
        }
    }
}

fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    let (name, specifier) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => match rest.strip_suffix(')') {
            Some(inner) => (name, Some(inner.trim())),
            None => return Err("its bracket is not closed; write `Tool(specifier)`".into()),
        },
    };
    if name.is_empty() {
        return Err("it names no tool; write `Tool` or `Tool(specifier)`".into());
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-*.:".contains(c)) {
        return Err(format!("`{name}` is no tool name; write `Tool` or `Tool(specifier)`"));
    }
    Ok((name, specifier))
}

fn name_stars(name: &str, tier: Tier) -> Result<Option<Stars>, String> {
    if !name.contains('*') {
        return Ok(None);
    }
    let literal_server = name
        .strip_prefix("mcp__")
        .and_then(|rest| rest.split_once("__"))
        .is_some_and(|(server, _)| !server.is_empty() && !server.contains('*'));
    if tier == Tier::Allow && !literal_server {
        return Err("a star in the tool's name is for deny and ask; \
                    allow takes it only after a server, as in `mcp__server__*`"
            .into());
    }
    Ok(Some(Stars::parse(name)))
}

/// `mcp__server` and `mcp__server__*` are about all tools of the server.
fn is_server_of(name: &str, tool: &str) -> bool {
    name.starts_with("mcp__")
        && name.matches("__").count() == 1
        && tool.strip_prefix(name).is_some_and(|rest| rest.starts_with("__"))
}

fn with_specifier(name: &str, inner: &str, entry: &RuleText) -> Result<(Target, Remark), String> {
    let tier = entry.tier;
    if name.contains('*') {
        return Err("a star in the tool's name and a specifier do not go together".into());
    }
    match name {
        "Bash" | "Monitor" => bash(inner, tier),
        "Read" | "Edit" => Ok((path(name, inner, &entry.anchor, tier)?, None)),
        "Write" | "MultiEdit" | "NotebookEdit" if tier != Tier::Allow && !inner.is_empty() => {
            let remark = format!("path rules are written for `Edit`; this one is used as `Edit({inner})`");
            Ok((path("Edit", inner, &entry.anchor, tier)?, Some(remark)))
        }
        "Grep" | "Glob" | "LS" if tier != Tier::Allow && !inner.is_empty() => {
            let remark = format!("path rules are written for `Read`; this one is used as `Read({inner})`");
            Ok((path("Read", inner, &entry.anchor, tier)?, Some(remark)))
        }
        "Write" | "MultiEdit" | "NotebookEdit" => {
            Err(format!("a path rule for {name} is not used; write `Edit({inner})`"))
        }
        "Grep" | "Glob" | "LS" => Err(format!("a path rule for {name} is not used; write `Read({inner})`")),
        "WebFetch" if inner.starts_with("domain:") => Ok((Target::Domain(domain(inner)?), None)),
        "Agent" | "Skill" => named(name, inner, tier),
        _ => param(name, inner, tier),
    }
}

fn bash(inner: &str, tier: Tier) -> Result<(Target, Remark), String> {
    if let Some(why) = BashPattern::never(inner) {
        return Err(why);
    }
    let pattern = BashPattern::parse(inner);
    match parameter(inner) {
        Some((param, value)) if tier != Tier::Allow && value != "*" => Ok((
            Target::Param {
                tool: "Bash".into(),
                param: param.into(),
                value: Stars::parse(value),
                command: Some(pattern),
            },
            None,
        )),
        _ => Ok((Target::Bash(pattern), None)),
    }
}

fn path(name: &str, inner: &str, anchor: &Path, tier: Tier) -> Result<Target, String> {
    let pattern = PathPattern::parse(inner, anchor, tier)?;
    Ok(if name == "Read" { Target::Read(pattern) } else { Target::Edit(pattern) })
}

fn domain(inner: &str) -> Result<String, String> {
    let host = inner.trim_start_matches("domain:").trim().to_ascii_lowercase();
    if host.is_empty() || host.contains(['/', ' ', '@', '?', '#']) {
        return Err("write a host alone, as in `WebFetch(domain:example.com)`".into());
    }
    Ok(host)
}

fn named(tool: &str, inner: &str, tier: Tier) -> Result<(Target, Remark), String> {
    if tier != Tier::Allow && parameter(inner).is_some() && tool == "Agent" {
        return param(tool, inner, tier);
    }
    if inner.is_empty() {
        return Err(format!("it names nothing between the brackets; write `{tool}` to mean all"));
    }
    let field = if tool == "Agent" { "subagent_type" } else { "skill" };
    Ok((Target::Named { tool: tool.into(), field, name: BashPattern::parse(inner) }, None))
}

/// Fields that have rules of their own, so that a `param:value` rule on them is refused.
const CONTENT: &[&str] = &["command", "file_path", "path", "notebook_path", "url"];

fn param(tool: &str, inner: &str, tier: Tier) -> Result<(Target, Remark), String> {
    let Some((param, value)) = parameter(inner) else {
        return Err(match tool {
            "WebFetch" => "write the host as `WebFetch(domain:example.com)`".into(),
            _ => format!("{tool} takes no specifier of this form; write `{tool}` alone"),
        });
    };
    if tier == Tier::Allow {
        return Err("rules on a parameter are for deny and ask; this one grants nothing".into());
    }
    if CONTENT.contains(&param) {
        return Err(format!("`{param}` cannot be matched as a parameter; use the tool's own kind of rule"));
    }
    let target = Target::Param { tool: tool.into(), param: param.into(), value: Stars::parse(value), command: None };
    Ok((target, None))
}

fn parameter(inner: &str) -> Option<(&str, &str)> {
    let (param, value) = inner.split_once(':')?;
    let is_name = !param.is_empty() && param.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && !value.is_empty()).then_some((param, value))
}

fn unknown(name: &str) -> Remark {
    let known = [KNOWN, EDITORS, READERS, SHELLS].iter().any(|list| list.contains(&name));
    let exempt = known || name.contains('*') || name.starts_with("mcp__");
    (!exempt).then(|| format!("there is no tool named `{name}`; look for a slip of the pen"))
}
