//! A model server in this process: scripted answers for the Anthropic and the OpenAI chat wire, and a record
//! of what was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use axum::routing::post;
use serde_json::{Value, json};

/// One answer.
#[derive(Clone, Debug)]
pub enum Answer {
    Text(String),
    /// A call of a tool by its name.
    Call {
        id: String,
        name: String,
        input: Value,
    },
    /// An HTTP error with the wire's own body.
    Status(u16, String),
    /// None, as long as somebody waits for it.
    Never,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub body: Value,
}

#[derive(Default)]
struct Inner {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
}

/// The server; it ends with the test.
pub struct Server {
    url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Answer {
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub fn call(id: &str, name: &str, input: Value) -> Self {
        Self::Call { id: id.to_owned(), name: name.to_owned(), input }
    }
}

impl Server {
    /// Serves these answers, one a request, on a free port of this machine.
    pub fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let inner = Arc::new(Mutex::new(Inner { answers: answers.into_iter().collect(), asked: Vec::new() }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::clone(&inner);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let routes = Router::new()
                    .route("/v1/messages", post(answer))
                    .route("/v1/chat/completions", post(answer))
                    .with_state(state);
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, routes).await.unwrap();
            });
        });
        Self { url, inner }
    }

    /// Its address without a path.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The requests so far, those that only ask for a title left out.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.lock().unwrap().asked.clone()
    }
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, uri: Uri, body: Bytes) -> Response<Body> {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_anthropic = uri.path().ends_with("/messages");
    let answer = {
        let mut inner = inner.lock().unwrap();
        inner.asked.push(Asked { path: uri.path().to_owned(), body });
        inner.answers.pop_front().unwrap_or(Answer::Text("The script is at its end.".to_owned()))
    };
    if let Answer::Never = &answer {
        std::future::pending::<()>().await;
    }
    if let Answer::Status(status, message) = &answer {
        let error = json!({"type": "error", "error": {"type": "api_error", "message": message}});
        return reply(*status, "application/json", error.to_string());
    }
    let events = if is_anthropic { anthropic(&answer) } else { openai(&answer) };
    reply(200, "text/event-stream", events)
}

fn reply(status: u16, kind: &str, body: String) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap();
    Response::builder().status(status).header("content-type", kind).body(Body::from(body)).unwrap()
}

fn anthropic(answer: &Answer) -> String {
    let usage =
        json!({"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1});
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage});
    let (block, delta, stop) = match answer {
        Answer::Call { id, name, input } => (
            json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
            json!({"type": "input_json_delta", "partial_json": input.to_string()}),
            "tool_use",
        ),
        Answer::Never => unreachable!("it is never sent"),
        Answer::Text(text) | Answer::Status(_, text) => {
            (json!({"type": "text", "text": ""}), json!({"type": "text_delta", "text": text}), "end_turn")
        }
    };
    let events = [
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": {"output_tokens": 7}}),
        json!({"type": "message_stop"}),
    ];
    let lines = events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()));
    lines.collect::<Vec<_>>().concat()
}

fn openai(answer: &Answer) -> String {
    let (delta, finish) = match answer {
        Answer::Call { id, name, input } => {
            let function = json!({"name": name, "arguments": input.to_string()});
            (
                json!({"role": "assistant", "tool_calls": [{"index": 0, "id": id, "type": "function", "function": function}]}),
                "tool_calls",
            )
        }
        Answer::Never => unreachable!("it is never sent"),
        Answer::Text(text) | Answer::Status(_, text) => (json!({"role": "assistant", "content": text}), "stop"),
    };
    let chunk = |choices: Value, usage: Value| json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-test", "choices": choices, "usage": usage});
    let events = [
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": null}]), Value::Null),
        chunk(json!([{"index": 0, "delta": {}, "finish_reason": finish}]), Value::Null),
        chunk(json!([]), json!({"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17})),
    ];
    let lines = events.iter().map(|event| format!("data: {event}\n\n"));
    lines.collect::<Vec<_>>().concat() + "data: [DONE]\n\n"
}
