//! The questions that can be put to a server, and how the protocol puts them.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::connection::Connection;
use super::{place, rename};

/// Functions at one place whose calls are looked up.
const ITEMS: usize = 10;

/// What is asked. The names are those of Claude Code's LSP tool; the last two are our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    GoToDefinition,
    FindReferences,
    Hover,
    DocumentSymbol,
    WorkspaceSymbol,
    GoToImplementation,
    PrepareCallHierarchy,
    IncomingCalls,
    OutgoingCalls,
    Diagnostics,
    /// A tool of its own asks this, because it leads to a change.
    #[serde(skip)]
    Rename,
}

/// A question about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub operation: Operation,
    pub path: PathBuf,
    /// Line and character, counted from 1.
    pub line: u32,
    pub character: u32,
    /// What a symbol's name holds, for `workspaceSymbol`.
    pub query: String,
    /// For `rename`.
    pub new_name: String,
}

impl Operation {
    /// It is about a place in the file.
    pub fn needs_place(self) -> bool {
        !matches!(self, Self::DocumentSymbol | Self::WorkspaceSymbol | Self::Diagnostics)
    }

    /// The method of the protocol, and what a server that has it says in its greeting.
    fn method(self) -> (&'static str, &'static str) {
        match self {
            Self::GoToDefinition => ("textDocument/definition", "definitionProvider"),
            Self::FindReferences => ("textDocument/references", "referencesProvider"),
            Self::Hover => ("textDocument/hover", "hoverProvider"),
            Self::DocumentSymbol => ("textDocument/documentSymbol", "documentSymbolProvider"),
            Self::WorkspaceSymbol => ("workspace/symbol", "workspaceSymbolProvider"),
            Self::GoToImplementation => ("textDocument/implementation", "implementationProvider"),
            Self::PrepareCallHierarchy | Self::IncomingCalls | Self::OutgoingCalls => {
                ("textDocument/prepareCallHierarchy", "callHierarchyProvider")
            }
            Self::Rename => ("textDocument/rename", "renameProvider"),
            Self::Diagnostics => ("textDocument/diagnostic", "diagnosticProvider"),
        }
    }
}

/// Puts a question about a file whose text the server knows. The error is half a sentence.
pub(super) async fn ask(
    connection: &Connection,
    question: &Question,
    text: &str,
    limit: Duration,
) -> Result<Answer, String> {
    let (method, ability) = question.operation.method();
    if !connection.can(ability) {
        return Err(format!("it does not offer {method}"));
    }
    let params = params(connection, question, text)?;
    let (client, units) = (&connection.client, connection.units);
    let answer = client.request(method, params, limit).await?;
    Ok(match question.operation {
        Operation::GoToDefinition | Operation::FindReferences | Operation::GoToImplementation => {
            Answer::Spots(answer::spots(answer, units))
        }
        Operation::Hover => Answer::Text(answer::hover(answer)),
        Operation::DocumentSymbol => Answer::Symbols(answer::symbols(answer, &question.path, units)),
        Operation::WorkspaceSymbol => Answer::Symbols(answer::found_symbols(answer, units)),
        Operation::PrepareCallHierarchy => {
            let items = answer::items(answer).into_iter();
            Answer::Symbols(items.filter_map(|item| answer::item_symbol(item, units)).collect())
        }
        Operation::IncomingCalls | Operation::OutgoingCalls => {
            let incoming = question.operation == Operation::IncomingCalls;
            let mut calls = Vec::new();
            for item in answer::items(answer).into_iter().take(ITEMS) {
                let path = place::path(item.uri.as_str()).unwrap_or_default();
                let way = if incoming { "callHierarchy/incomingCalls" } else { "callHierarchy/outgoingCalls" };
                let found = client.request(way, json!({"item": item}), limit).await?;
                calls.extend(if incoming {
                    answer::incoming(found, units)
                } else {
                    answer::outgoing(found, &path, units)
                });
            }
            Answer::Calls(calls)
        }
        Operation::Rename => Answer::Rewrites(rename::rewrites(answer, units).await?),
        Operation::Diagnostics => Answer::Problems(Vec::new()),
    })
}

fn params(connection: &Connection, question: &Question, text: &str) -> Result<Value, String> {
    let document = json!({"uri": place::uri(&question.path)?});
    if question.operation == Operation::WorkspaceSymbol {
        return Ok(json!({"query": question.query}));
    }
    if !question.operation.needs_place() {
        return Ok(json!({"textDocument": document}));
    }
    let index = question.line.saturating_sub(1);
    let lines = text.lines().count();
    let line = text.lines().nth(index as usize).ok_or_else(|| {
        format!("{} has {lines} lines, so there is no line {}", question.path.display(), question.line)
    })?;
    let column = connection.units.column(line, question.character.saturating_sub(1) as usize);
    let mut params = json!({"textDocument": document, "position": {"line": index, "character": column}});
    match question.operation {
        Operation::FindReferences => params["context"] = json!({"includeDeclaration": true}),
        Operation::Rename => params["newName"] = json!(question.new_name),
        _ => {}
    }
    Ok(params)
}
