//! Hosts that confined commands want to reach: decided by rules, by what the person said, or by asking.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::json;
use tokio::sync::oneshot;

use super::driver::{Driver, News, What};
use super::gate::Asked;
use crate::agent::Input;
use crate::domain::{
    Access, Action, AgentQuestion, Answer, Body, Decision, Event, Live, Mode, NetworkNews, Notice, TeamBody, ToolCall,
    Verdict,
};
use crate::policy;
use crate::sandbox::{Pass, Proxy};

/// The name under which hosts are judged: rules about domains count, a bare rule for a tool does not.
const NAME: &str = "Network";
/// Hosts that may wait for an answer at a time.
const WAITING: usize = 32;
/// Hosts that are remembered in a session.
const KNOWN: usize = 1_000;

/// A connection that waits for what is said of its host.
#[derive(Debug)]
pub(super) struct Visit {
    host: String,
    port: u16,
    /// Whose command wants it, in words; none for the session's own.
    whose: Option<Arc<str>>,
    reply: oneshot::Sender<Pass>,
}

#[cfg(test)]
impl Visit {
    /// A connection to a host, and where its answer comes.
    pub(super) fn to(host: &str, port: u16) -> (Self, oneshot::Receiver<Pass>) {
        let (reply, answer) = oneshot::channel();
        (Self { host: host.to_owned(), port, whose: None, reply }, answer)
    }

    /// The same of somebody else's command.
    pub(super) fn of(self, whose: &str) -> Self {
        Self { whose: Some(whose.into()), ..self }
    }
}

/// What is known of hosts in this session.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    proxy: Option<Proxy>,
    /// What the person said, by host.
    known: HashMap<String, bool>,
    /// Questions by their number.
    waiting: BTreeMap<u32, Vec<Visit>>,
    asked: u32,
}

impl Driver {
    /// The way of confined commands to single hosts; none where there is no network at all, or all of it.
    pub(super) fn proxy(&mut self) -> Option<Proxy> {
        let wish = &self.setup.sandbox.wish;
        if !wish.enabled || wish.network {
            return None;
        }
        if let Some(child) = self.stage.child.as_ref().filter(|child| !child.apart) {
            return child.proxy.clone();
        }
        let (news, epoch) = (self.news.clone(), self.epoch);
        let proxy = self.parts.hosts.proxy.get_or_insert_with(|| {
            Proxy::new(Arc::new(move |host, port, whose| {
                let news = news.clone();
                Box::pin(async move {
                    let (reply, answer) = oneshot::channel();
                    let visit = Box::new(Visit { host, port, whose, reply });
                    let _gone = news.send(News { epoch, what: What::Visit(visit) }).await;
                    answer.await.unwrap_or_else(|_| Pass::Closed("the session is over".to_owned()))
                })
            }))
        });
        Some(proxy.clone())
    }

    /// The same for whoever is started from here, once it was made.
    pub(super) fn proxy_in_use(&self) -> Option<Proxy> {
        match self.stage.child.as_ref().filter(|child| !child.apart) {
            Some(child) => child.proxy.clone(),
            None => self.parts.hosts.proxy.clone(),
        }
    }

    pub(super) async fn on_visit(&mut self, visit: Visit) {
        let verdict = self.judge_host(&visit.host);
        match self.pass(&visit.host, &verdict) {
            Some(pass) => {
                self.tell_closed(&visit, &pass).await;
                drop(visit.reply.send(pass));
            }
            None => self.ask_about(visit, verdict).await,
        }
    }

    /// What can be said of a host without asking.
    fn pass(&self, host: &str, verdict: &Verdict) -> Option<Pass> {
        let closed = |why: String| Some(Pass::Closed(why));
        match verdict.decision {
            Decision::Deny => return closed(verdict.because.text.clone()),
            Decision::Allow => {
                let named = verdict.because.rule.as_ref().is_some_and(|rule| !rule.contains('*'));
                return Some(Pass::Open { named });
            }
            Decision::Ask => {}
        }
        match self.parts.hosts.known.get(host) {
            Some(true) => Some(Pass::Open { named: true }),
            Some(false) => closed(format!("the person does not want {host} to be reached")),
            None if self.setup.sandbox.wish.strict_domains => {
                closed(format!("no rule opens {host}, and the settings want nobody to be asked"))
            }
            None if !self.setup.interactive || self.machine.conversation().mode == Mode::DontAsk => {
                closed(format!("no rule opens {host}, and nobody is there to be asked"))
            }
            None => None,
        }
    }

    /// The verdict of rules about domains and of the sandbox's own lists.
    fn judge_host(&self, host: &str) -> Verdict {
        let wish = &self.setup.sandbox.wish;
        let gate = self.gate.with_hosts(&wish.allowed_domains, &wish.denied_domains, &self.stage).attended();
        let input = json!({ "host": host });
        let access = Access { host: Some(host.to_owned()), ..Access::of(Action::Fetch) };
        gate.with(&Asked { name: NAME, input: &input, access }, &self.stage, Mode::Default, policy::judge)
    }

    async fn tell_closed(&mut self, visit: &Visit, pass: &Pass) {
        let (Pass::Closed(why), false) = (pass, self.parts.hosts.known.contains_key(&visit.host)) else { return };
        self.remember(&visit.host, false);
        let text = format!("A confined command wanted to reach {}:{} and was not let: {why}", visit.host, visit.port);
        self.notice(Notice::warning(text).hint("sandbox.network.allowedDomains opens hosts")).await;
    }

    fn remember(&mut self, host: &str, open: bool) {
        let known = &mut self.parts.hosts.known;
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(host.to_owned(), open);
    }

    async fn ask_about(&mut self, visit: Visit, mut verdict: Verdict) {
        let hosts = &mut self.parts.hosts;
        let same = |visits: &&mut Vec<Visit>| visits.first().is_some_and(|first| first.host == visit.host);
        if let Some(visits) = hosts.waiting.values_mut().find(same) {
            return visits.push(visit);
        }
        if hosts.waiting.len() >= WAITING {
            drop(visit.reply.send(Pass::Closed("too many hosts wait for an answer".to_owned())));
            return;
        }
        hosts.asked += 1;
        let ask = hosts.asked;
        let child = self.stage.child.clone();
        let whose = visit.whose.as_deref().or(child.as_ref().map(|child| child.kind.as_str()));
        let of = whose.map(|whose| format!(" of {whose}")).unwrap_or_default();
        verdict.because.text = format!("A command{of} in the sandbox wants to reach {}:{}.", visit.host, visit.port);
        let who = whose.map_or_else(|| "the sandbox".to_owned(), |whose| format!("the sandbox, for {whose}"));
        let call = ToolCall {
            id: format!("network-{ask}"),
            name: NAME.to_owned(),
            input: json!({ "host": visit.host, "port": visit.port }),
        };
        hosts.waiting.insert(ask, vec![visit]);
        let asker = child.map_or_else(|| NetworkNews::ASKER.to_owned(), |child| NetworkNews::asker_of(&child.agent));
        let question = Box::new(AgentQuestion { agent: asker, who, ask, call, verdict });
        if self.is_child() {
            // Whoever stands at the screen of a process reads its log.
            return self.feed(Input::Note(Body::Team(TeamBody::AgentAsked(question)))).await;
        }
        self.tell(Event::Live(Live::Network(NetworkNews::Asks(question)))).await;
    }

    /// The person's answer to a question about a host.
    pub(super) async fn answer_host(&mut self, ask: u32, answer: Answer) {
        let Some(visits) = self.parts.hosts.waiting.remove(&ask) else { return };
        let Some(host) = visits.first().map(|visit| visit.host.clone()) else { return };
        let open = answer.is_yes();
        self.remember(&host, open);
        if let Some(child) = self.stage.child.clone() {
            let agent = NetworkNews::asker_of(&child.agent);
            let decided = TeamBody::AgentDecided { agent, ask, answer: Some(answer.clone()) };
            self.feed(Input::Note(Body::Team(decided))).await;
        }
        self.grant(answer).await;
        for visit in visits {
            let closed = || Pass::Closed(format!("the person does not want {} to be reached", visit.host));
            drop(visit.reply.send(if open { Pass::Open { named: true } } else { closed() }));
        }
    }

    /// Nobody is asked about hosts any more: the turn was stopped.
    pub(super) async fn drop_visits(&mut self) {
        for (ask, _) in std::mem::take(&mut self.parts.hosts.waiting) {
            if let Some(child) = self.stage.child.clone() {
                let agent = NetworkNews::asker_of(&child.agent);
                let gone = TeamBody::AgentDecided { agent, ask, answer: None };
                self.feed(Input::Note(Body::Team(gone))).await;
                continue;
            }
            self.tell(Event::Live(Live::Network(NetworkNews::Gone { ask }))).await;
        }
    }
}
