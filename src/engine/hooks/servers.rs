//! Hooks around what tool servers ask the person.

use tokio::sync::oneshot;

use super::super::driver::Driver;
use super::Then;
use crate::agent::Input;
use crate::domain::{Notice, QuestionForm, ServerAnswer};
use crate::hooks::events::{news, server};
use crate::hooks::{Event as Name, Ran};

/// A question of a server on its way to the person.
#[derive(Debug)]
pub(in crate::engine) struct Elicited {
    pub(in crate::engine) server: String,
    pub(in crate::engine) message: String,
    pub(in crate::engine) form: QuestionForm,
    /// It is our own: a login, which no hook answers.
    pub(in crate::engine) login: bool,
    pub(in crate::engine) reply: oneshot::Sender<ServerAnswer>,
}

impl Driver {
    /// A server asks: hooks may answer first.
    pub(in crate::engine) async fn server_asks(&mut self, question: Elicited) {
        if !question.login && self.hooked(Name::Elicitation) {
            let firing = server::asks(&question.server, &question.message, &question.form);
            if let Some(Then::Elicit(question)) = self.fire(firing, None, Then::Elicit(Box::new(question))) {
                self.ask_for_server(*question).await;
            }
        } else {
            self.ask_for_server(question).await;
        }
    }

    /// The question goes to the person.
    async fn ask_for_server(&mut self, question: Elicited) {
        if self.hooked(Name::Notification) {
            let kind = match &question.form {
                QuestionForm::Fields(_) => "elicitation_dialog",
                QuestionForm::Address(_) => "elicitation_url_dialog",
            };
            self.tell_hooks(news::notification(kind, &format!("The server {} asks you", question.server)));
        }
        self.show_server_question(question).await;
    }

    pub(super) async fn on_elicit_hooked(&mut self, question: Elicited, runs: &[Ran]) {
        self.told(runs, true).await;
        match server::answer(runs) {
            None => self.ask_for_server(question).await,
            Some((who, answer)) => {
                let text = format!("The hook {who} answered a question of the server {}.", question.server);
                self.notice(Notice::info(text)).await;
                self.server_answered(question.server, question.message, answer, question.reply).await;
            }
        }
    }

    /// The answer is about to go to the server: hooks may put another in its place.
    pub(in crate::engine) async fn server_answered(
        &mut self,
        server: String,
        message: String,
        answer: ServerAnswer,
        reply: oneshot::Sender<ServerAnswer>,
    ) {
        if self.hooked(Name::Notification) {
            self.tell_hooks(news::notification("elicitation_response", &format!("An answer goes to {server}")));
        }
        if self.hooked(Name::ElicitationResult) {
            let firing = server::answered(&server, &message, &answer);
            let then = Then::Elicited(Box::new(Replied { server, message, answer, reply }));
            if let Some(Then::Elicited(replied)) = self.fire(firing, None, then) {
                self.reply_to_server(*replied).await;
            }
            return;
        }
        self.reply_to_server(Replied { server, message, answer, reply }).await;
    }

    pub(super) async fn on_elicited_hooked(&mut self, mut replied: Replied, runs: &[Ran]) {
        self.told(runs, true).await;
        if let Some((who, answer)) = server::answer(runs) {
            let text = format!("The hook {who} changed the answer to the server {}.", replied.server);
            self.notice(Notice::info(text)).await;
            replied.answer = answer;
        }
        self.reply_to_server(replied).await;
    }

    async fn reply_to_server(&mut self, replied: Replied) {
        let Replied { server, message, answer, reply } = replied;
        let body = crate::domain::ServerBody::Answered {
            server: server.clone(),
            message,
            action: match &answer {
                ServerAnswer::Accept(_) => "accept",
                ServerAnswer::Decline => "decline",
                ServerAnswer::Cancel => "cancel",
            }
            .to_owned(),
        };
        if reply.send(answer).is_err() {
            return self.notice(Notice::info(format!("The server {server} no longer waits for the answer."))).await;
        }
        if self.hooked(Name::Notification) {
            self.tell_hooks(news::notification("elicitation_complete", &format!("{server} has its answer")));
        }
        let body = crate::domain::Body::Catalog(crate::domain::CatalogBody::Server(body));
        self.feed(Input::Note(body)).await;
    }
}

/// An answer on its way to a server.
#[derive(Debug)]
pub(in crate::engine) struct Replied {
    server: String,
    message: String,
    answer: ServerAnswer,
    reply: oneshot::Sender<ServerAnswer>,
}
