//! Does a rule match a call? For deny and ask in every form the call may take, for allow in both forms of a path.

use std::path::Path;

use super::bash_rule::BashPattern;
use super::glob::Stars;
use super::path_rule::{Bases, PathPattern};
use super::place::{Roots, Spot};
use super::rule::{Rule, Target as About};
use super::ruleset::Tier;
use super::subject::{Subject, Target};
use super::{Case, Scene};
use crate::base::hosts;
use crate::domain::{Action, Mode, PathFacts, present_name};

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    Sure,
    /// It depends on what is not known before the run.
    Maybe,
}

/// A call laid out for judging.
pub(super) struct Bench<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) scene: &'a Scene<'a>,
    pub(super) facts: &'a PathFacts,
    pub(super) roots: Roots,
    pub(super) bases: Bases,
    pub(super) subject: Subject,
}

impl<'a> Bench<'a> {
    pub(super) fn new(case: &'a Case<'a>, scene: &'a Scene<'a>, facts: &'a PathFacts) -> Self {
        Self {
            case,
            scene,
            facts,
            roots: Roots::new(scene, facts),
            bases: Bases::new(scene, facts),
            subject: Subject::new(case, scene, facts),
        }
    }

    /// The first deny or ask rule that matches for sure, else the first that may.
    pub(super) fn first(&self, tier: Tier) -> Option<(&'a Rule, Hit)> {
        let mut maybe = None;
        for rule in self.scene.rules.tier(tier, self.scene.trusted) {
            match self.hit(rule) {
                Some(Hit::Sure) => return Some((rule, Hit::Sure)),
                Some(Hit::Maybe) if maybe.is_none() => maybe = Some((rule, Hit::Maybe)),
                _ => {}
            }
        }
        maybe
    }

    fn hit(&self, rule: &Rule) -> Option<Hit> {
        let sure = |yes: bool| yes.then_some(Hit::Sure);
        match &rule.target {
            About::Tool { .. } => sure(rule.names(self.case.tool) || (self.writes_by_shell() && rule.names("Edit"))),
            About::Bash(pattern) => {
                if !self.is_shell() {
                    return None;
                }
                self.text_hit(|text| pattern.covers(text), |text| pattern.meets(text)).or_else(|| self.hidden(rule))
            }
            About::Read(pattern) => {
                let written = if self.case.tool == "NotebookEdit" { &[] } else { self.subject.writes.as_slice() };
                strongest(self.subject.reads.iter().chain(written).map(|target| self.path_hit(pattern, target)))
            }
            About::Edit(pattern) => strongest(self.subject.writes.iter().map(|target| self.path_hit(pattern, target))),
            About::Domain(host) => {
                sure(self.case.access.host.as_deref().is_some_and(|given| host_matches(host, given)))
            }
            About::Named { tool, field, name } => sure(self.is_tool(tool) && self.named_hit(rule.tier, field, name)),
            About::Param { tool, param, value, command } => {
                let by_field = self.is_tool(tool) && self.field(param).is_some_and(|text| value.covers(&text));
                let by_command = command
                    .as_ref()
                    .filter(|_| self.is_shell())
                    .is_some_and(|pattern| self.subject.texts.iter().any(|text| pattern.covers(text)));
                sure(by_field || by_command)
            }
        }
    }

    /// A sub-agent or a skill by its name. Arguments count like those of a command; a prohibition of the name holds
    /// whatever they are.
    fn named_hit(&self, tier: Tier, field: &str, name: &BashPattern) -> bool {
        let Some(text) = self.field(field) else { return false };
        let arguments = self.field("args").filter(|text| field == "skill" && !text.trim().is_empty());
        let whole = arguments.map(|arguments| format!("{text} {}", arguments.trim()));
        name.covers(whole.as_deref().unwrap_or(&text)) || (tier != Tier::Allow && name.covers(&text))
    }

    fn text_hit(&self, covers: impl Fn(&str) -> bool, meets: impl Fn(&str) -> bool) -> Option<Hit> {
        if self.subject.texts.iter().any(|text| covers(text)) {
            return Some(Hit::Sure);
        }
        let unknown = |text: &&String| text.contains([super::glob::UNKNOWN, super::glob::WILD]);
        self.subject.texts.iter().filter(unknown).any(|text| meets(text)).then_some(Hit::Maybe)
    }

    /// What is not understood may hide what a rule forbids or wants to be asked about. Whoever asks to be asked about
    /// nothing is not asked for that.
    fn hidden(&self, rule: &Rule) -> Option<Hit> {
        let doubtful = self.subject.analysis.as_ref().is_some_and(|analysis| !analysis.doubts.is_empty());
        let counts = rule.tier != Tier::Allow && self.scene.mode != Mode::BypassPermissions;
        (doubtful && counts).then_some(Hit::Maybe)
    }

    fn path_hit(&self, pattern: &PathPattern, target: &Target) -> Option<Hit> {
        if target.globbed.is_none() && target.spot.forms().any(|form| pattern.matches(form, &self.bases)) {
            return Some(Hit::Sure);
        }
        let below = || target.spot.forms().any(|form| pattern.reaches_below(form, &self.bases));
        let globbed = || target.globbed.as_deref().is_some_and(|path| pattern.meets(path, &self.bases));
        let deep = target.deep && !(target.visible && pattern.is_hidden());
        ((deep && below()) || globbed()).then_some(Hit::Maybe)
    }

    pub(super) fn is_shell(&self) -> bool {
        self.case.access.action == Action::Execute
    }

    fn writes_by_shell(&self) -> bool {
        self.is_shell() && !self.subject.writes.is_empty()
    }

    fn is_tool(&self, name: &str) -> bool {
        present_name(self.case.tool) == present_name(name)
    }

    /// A top-level field of the input, if it is a plain value.
    fn field(&self, name: &str) -> Option<String> {
        match self.case.input.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Bool(value) => Some(value.to_string()),
            serde_json::Value::Number(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// The allow rules that count. In the mode auto a rule that covers anything would leave nothing to be judged.
    pub(super) fn allows(&self) -> impl Iterator<Item = &'a Rule> {
        let auto = self.scene.mode == Mode::Auto;
        self.scene.rules.tier(Tier::Allow, self.scene.trusted).filter(move |rule| !(auto && rule.broad))
    }

    /// The allow rules that the mode sets aside although they are about this call.
    pub(super) fn set_aside(&self) -> impl Iterator<Item = &'a Rule> {
        let auto = self.scene.mode == Mode::Auto;
        let tool = self.case.tool;
        self.scene
            .rules
            .tier(Tier::Allow, self.scene.trusted)
            .filter(move |rule| auto && rule.broad && rule.is_for(tool))
    }

    /// The allow rule that covers this path. The path as named and the one that it leads to each need one; what may
    /// be read anyway needs none. A bare `Edit` reaches no further than the session's folders.
    pub(super) fn path_rule(&self, spot: &Spot, write: bool) -> Option<&'a Rule> {
        let forms = spot.both()?;
        if let Some(rule) =
            self.allows().find(|rule| forms.iter().all(|form| self.rule_covers_path(rule, form, spot, write)))
        {
            return Some(rule);
        }
        let mut found = None;
        for form in forms {
            match self.allows().find(|rule| self.rule_covers_path(rule, form, spot, write)) {
                Some(rule) => found = Some(rule),
                None if !write && self.roots.reads_path(form) => {}
                None => return None,
            }
        }
        found
    }

    fn rule_covers_path(&self, rule: &Rule, form: &Path, spot: &Spot, write: bool) -> bool {
        match &rule.target {
            About::Tool { .. } if write => {
                let tool = if self.is_shell() { "Edit" } else { self.case.tool };
                rule.names(tool) && self.roots.works_in(spot)
            }
            About::Tool { .. } => rule.names(if self.is_shell() { "Read" } else { self.case.tool }),
            About::Edit(pattern) => pattern.matches(form, &self.bases),
            About::Read(pattern) => !write && pattern.matches(form, &self.bases),
            _ => false,
        }
    }

    /// The host of the call when it is this machine or one of its own network.
    pub(super) fn inner_host(&self) -> Option<&'a str> {
        self.case.access.host.as_deref().filter(|host| hosts::is_inner(host))
    }

    /// The allow rule that covers a call which is neither a command nor about paths.
    pub(super) fn call_rule(&self) -> Option<&'a Rule> {
        let inner = self.inner_host();
        self.allows().find(|rule| match &rule.target {
            About::Tool { .. } => rule.names(self.case.tool) && inner.is_none(),
            // What is not of the public network is only meant by a rule that names it.
            About::Domain(host) if inner.is_some() => inner.is_some_and(|inner| same_host(host, inner)),
            About::Domain(_) | About::Named { .. } => self.hit(rule) == Some(Hit::Sure),
            _ => false,
        })
    }
}

fn strongest(hits: impl Iterator<Item = Option<Hit>>) -> Option<Hit> {
    let mut best = None;
    for hit in hits.flatten() {
        if hit == Hit::Sure {
            return Some(hit);
        }
        best = Some(hit);
    }
    best
}

fn same_host(rule: &str, host: &str) -> bool {
    let plain = |text: &str| text.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    plain(rule) == plain(host)
}

/// Whole labels, any letter case. `*.example.com` does not mean `example.com`; a star inside a label stays in it.
fn host_matches(rule: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if rule == "*" {
        return true;
    }
    if let Some(parent) = rule.strip_prefix("*.") {
        return host.strip_suffix(parent).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
            && !parent.contains('*');
    }
    let (want, have): (Vec<&str>, Vec<&str>) = (rule.split('.').collect(), host.split('.').collect());
    want.len() == have.len() && want.iter().zip(have).all(|(want, have)| Stars::parse(want).covers(have))
}

#[cfg(test)]
mod tests {
    use super::host_matches;

    #[test]
    fn hosts_match_by_whole_labels() {
        for (rule, host, want) in [
            ("example.com", "example.com", true),
            ("example.com", "EXAMPLE.com.", true),
            ("example.com", "www.example.com", false),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "badexample.com", false),
            ("example.*", "example.org", true),
            ("example.*", "example.co.uk", false),
            ("*", "anything.at.all", true),
        ] {
            assert_eq!(host_matches(rule, host), want, "{rule} {host}");
        }
    }
}
