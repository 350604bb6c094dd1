//! What servers tell, what the face asks about them, and what the person answers.

use tokio::sync::oneshot;

use super::super::driver::{Driver, What};
use super::super::hooks::Elicited;
use super::Question;
use crate::agent::Input;
use crate::domain::{
    Answer, Body, CatalogBody, Event, Live, Notice, QuestionForm, ServerAnswer, ServerBody, ServerNews, ServerQuestion,
    ServerRequest,
};
use crate::mcp::{News, full_name, split_name};

/// Questions of servers that may be open.
const QUESTIONS: usize = 32;

impl Driver {
    pub(in crate::engine) async fn on_server(&mut self, news: News) {
        match news {
            News::Changed => self.servers_changed().await,
            News::Tools { server, added, removed, changed } => {
                self.server_tools_changed(server, added, removed, changed).await;
            }
            News::LoggedIn(server) => self.call_of("auth_success", &format!("The login to {server} worked")),
            News::Remark(text) => {
                self.notice(Notice::warning(text).hint("/mcp shows its log and connects it again")).await;
            }
            News::Question { server, message, form, login, reply } => {
                self.server_asks(Elicited { server, message, form, login, reply }).await;
            }
        }
    }

    /// Puts a question of a server before the person.
    pub(in crate::engine) async fn show_server_question(&mut self, question: Elicited) {
        if self.parts.servers.questions.len() >= QUESTIONS {
            return;
        }
        self.parts.servers.asked += 1;
        let id = self.parts.servers.asked;
        let Elicited { server, message, form, reply, .. } = question;
        let question = Question { server: server.clone(), message: message.clone(), reply };
        self.parts.servers.questions.insert(id, question);
        let asked = ServerQuestion { id, server, message, form };
        self.tell(Event::Live(Live::Server(ServerNews::Asks(Box::new(asked))))).await;
    }

    async fn servers_changed(&mut self) {
        self.refresh_servers();
        if !self.parts.servers.frozen {
            self.load_servers("tool servers were connected");
        }
        self.settle_questions().await;
        self.tell_servers().await;
        // Prompts of servers are commands.
        let info = Box::new(self.start_info());
        self.tell(Event::Live(Live::Info(info))).await;
    }

    /// Questions whose server no longer waits are closed.
    async fn settle_questions(&mut self) {
        let gone: Vec<u32> = self
            .parts
            .servers
            .questions
            .iter()
            .filter(|(_, question)| question.reply.is_closed())
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.parts.servers.questions.remove(&id);
            self.tell(Event::Live(Live::Server(ServerNews::Settled(id)))).await;
        }
    }

    /// Tells how all servers stand.
    pub(in crate::engine) async fn tell_servers(&mut self) {
        let Some(host) = &self.parts.servers.host else {
            return self.tell(Event::Live(Live::Server(ServerNews::Status(Vec::new())))).await;
        };
        let statuses = host.statuses(|name| self.parts.servers.is_loaded(name));
        self.tell(Event::Live(Live::Server(ServerNews::Status(statuses)))).await;
    }

    /// Announces a change with what it costs. Only tools that stand in the request can cost anything.
    async fn server_tools_changed(
        &mut self,
        server: String,
        added: Vec<String>,
        removed: Vec<String>,
        changed: Vec<String>,
    ) {
        let in_request = self.stage.servers.search == super::SearchMode::Never;
        let broken = self.parts.servers.frozen && in_request;
        let prefix_tokens = if broken { self.machine.context_tokens() } else { 0 };
        if broken {
            self.offer_servers(format!("the server {server} changed its tools")).await;
        }
        let text = |what: &str, names: &[String]| {
            let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
            let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
            (!names.is_empty()).then(|| format!("{what} {}{more}", shown.join(", ")))
        };
        let parts = [text("new:", &added), text("gone:", &removed), text("changed:", &changed)];
        let told: Vec<String> = parts.into_iter().flatten().collect();
        let price = if broken {
            format!(
                " They stand in the request, so about {} tokens of cached prompt are paid again.",
                crate::base::text::human_tokens(prefix_tokens)
            )
        } else {
            " The cached prompt stays as it is.".to_owned()
        };
        let mut notice = Notice::info(format!("The server {server} changed its tools; {}.{price}", told.join("; ")));
        if !(added.is_empty() && changed.is_empty()) {
            notice.level = crate::domain::NoticeLevel::Warning;
            notice = notice.hint("New and changed tools ask before their next use; /mcp shows what is different.");
        }
        self.notice(notice).await;
        let body = ServerBody::ToolsChanged { server, added, removed, changed, prefix_tokens };
        self.feed(Input::Note(Body::Catalog(CatalogBody::Server(body)))).await;
    }

    pub(in crate::engine) async fn on_server_request(&mut self, request: ServerRequest) {
        if let ServerRequest::Answer { id, answer } = request {
            return self.answer_server(id, answer).await;
        }
        let Some(host) = self.parts.servers.host.clone() else {
            return self.tell_servers().await;
        };
        match request {
            ServerRequest::Report => self.tell_servers().await,
            ServerRequest::Reconnect(server) => drop(host.reconnect(&server)),
            ServerRequest::Switch { server, on } => self.switch_server(&server, on).await,
            ServerRequest::Login(server) => self.log_in(server),
            ServerRequest::Logout(server) => self.log_out(&server).await,
            ServerRequest::Agree(server) => self.agree_to(&server, None).await,
            ServerRequest::Answer { .. } => {}
        }
    }

    async fn switch_server(&mut self, server: &str, on: bool) {
        let Some(host) = self.parts.servers.host.clone() else { return };
        if on {
            if let Some(why) = host.config(server).and_then(|config| config.off.clone())
                && !why.starts_with("you switched it off")
            {
                return self.notice(Notice::warning(format!("The server {server} stays off: {why}."))).await;
            }
            host.reconnect(server);
        } else {
            host.switch_off(server);
        }
        self.parts.servers.switched.insert(server.to_owned(), on);
        if let Err(problem) = (self.stage.servers.keep)(server, on) {
            self.notice(Notice::warning(format!("The choice holds for this session only: {problem}."))).await;
        }
    }

    async fn agree_to(&mut self, server: &str, tool: Option<&str>) {
        let Some(host) = self.parts.servers.host.clone() else { return };
        if let Err(problem) = host.agree(server, tool) {
            self.notice(Notice::warning(format!("It is agreed for this session only: {problem}."))).await;
        }
        self.refresh_servers();
        self.tell_servers().await;
        if tool.is_none() {
            self.feed(Input::RulesChanged).await;
        }
    }

    /// Notes which question is about which tool of a server.
    pub(in crate::engine) fn servers_hear(&mut self, body: &Body) {
        let Body::Asked { ask, call_id } = body else { return };
        let name = self.machine.call(call_id).map(|call| call.effective().name.clone());
        if let Some(name) = name.filter(|name| name.starts_with("mcp__")) {
            self.parts.servers.asks.insert(*ask, name);
        }
    }

    /// Who lets a changed tool run has seen the change and agrees to it.
    pub(in crate::engine) async fn agree_by_answer(&mut self, ask: u32, answer: &Answer) {
        let Some(name) = self.parts.servers.asks.remove(&ask) else { return };
        if !answer.is_yes() {
            return;
        }
        let found = self.server_tool(&name);
        if let Some((server, tool)) = found {
            self.agree_to(&server, Some(&tool)).await;
        }
    }

    /// Server and tool behind a full name.
    fn server_tool(&self, name: &str) -> Option<(String, String)> {
        let host = self.parts.servers.host.as_ref()?;
        let known = host.known().into_iter().find(|known| full_name(&known.server, &known.tool) == name);
        known
            .map(|known| (known.server.clone(), known.tool.clone()))
            .or_else(|| split_name(name).map(|(server, tool)| (server.to_owned(), tool.to_owned())))
    }

    async fn answer_server(&mut self, id: u32, answer: ServerAnswer) {
        let Some(question) = self.parts.servers.questions.remove(&id) else { return };
        self.tell(Event::Live(Live::Server(ServerNews::Settled(id)))).await;
        self.server_answered(question.server, question.message, answer, question.reply).await;
    }

    /// Begins a login: the address is a question, which the way back settles by itself.
    fn log_in(&self, server: String) {
        let Some(host) = self.parts.servers.host.clone() else { return };
        let (news, epoch) = (self.news.clone(), self.epoch);
        tokio::spawn(async move {
            let tell =
                async |what: News| drop(news.send(super::News { epoch, what: What::Server(Box::new(what)) }).await);
            let login = match host.login(&server).await {
                Ok(login) => login,
                Err(problem) => return tell(News::Remark(format!("There is no login to {server}: {problem}."))).await,
            };
            let (reply, answer) = oneshot::channel();
            let message = format!("Log in to the server {server}. Latigo waits here for the way back.");
            let form = QuestionForm::Address(login.address());
            tell(News::Question { server: server.clone(), message, form, login: true, reply }).await;
            let declined = async {
                // Whoever says that it is done still has to come back.
                if let Ok(ServerAnswer::Accept(_)) = answer.await {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                finished = login.finish() => match finished {
                    Ok(()) => {
                        host.reconnect(&server);
                        tell(News::LoggedIn(server.clone())).await;
                    }
                    Err(problem) => tell(News::Remark(format!("The login to {server} failed: {problem}."))).await,
                },
                () = declined => {}
            }
            tell(News::Changed).await;
        });
    }

    async fn log_out(&mut self, server: &str) {
        let Some(host) = self.parts.servers.host.clone() else { return };
        match host.logout(server) {
            Ok(true) => {
                host.reconnect(server);
                self.notice(Notice::info(format!("The login to {server} is forgotten."))).await;
            }
            Ok(false) => self.notice(Notice::info(format!("There was no login to {server}."))).await,
            Err(problem) => self.notice(Notice::warning(format!("{problem}."))).await,
        }
    }
}
