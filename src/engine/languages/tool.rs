//! The tools that language servers bring: LSP, which only reads, and Rename, which changes files.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::rename::Rename;
use super::words::{self, Sight};
use crate::base::paths;
use crate::domain::{Access, Shown, ToolOutcome, ToolSpec};
use crate::lsp::{Answer, Host, Operation, Question};
use crate::tools::{Place, Tool, ToolContext, describe, read_input};

/// The name of the tool that reads.
const NAME: &str = "LSP";
/// How long a question may take, the server's start included.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Both tools.
pub(super) fn tools(host: &Host) -> Vec<Arc<dyn Tool>> {
    vec![Arc::new(Lsp { host: host.clone() }), Arc::new(Rename)]
}

#[derive(Debug)]
struct Lsp {
    host: Host,
}

/// The fields of Claude Code's tool of that name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LspInput {
    operation: Operation,
    /// Absolute path.
    file_path: String,
    #[serde(default)]
    line: Option<u32>,
    #[serde(default)]
    character: Option<u32>,
    /// For workspaceSymbol.
    #[serde(default)]
    query: Option<String>,
}

impl LspInput {
    fn question(&self, place: &Place) -> Result<Question, String> {
        let operation = self.operation;
        let placed = matches!((self.line, self.character), (Some(1..), Some(1..)));
        if operation.needs_place() && !placed {
            return Err("`line` and `character` are needed, both counted from 1.".to_owned());
        }
        Ok(Question {
            operation,
            path: paths::absolute(&place.cwd, &self.file_path),
            line: self.line.unwrap_or(1),
            character: self.character.unwrap_or(1),
            query: self.query.clone().unwrap_or_default(),
            new_name: String::new(),
        })
    }
}

impl Tool for Lsp {
    fn spec(&self) -> ToolSpec {
        describe::<LspInput>(NAME, include_str!("../../../assets/languages/lsp.md"))
    }

    fn access(&self, input: &Value, place: &Place) -> Result<Access, String> {
        let input: LspInput = read_input(NAME, input)?;
        input.question(place).map(|question| Access::read(question.path))
    }

    fn run(&self, input: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let host = self.host.clone();
        Box::pin(async move {
            let question = read_input::<LspInput>(NAME, &input).and_then(|input| input.question(&context.place));
            let mut question = match question {
                Ok(question) => question,
                Err(problem) => return ToolOutcome::error(problem),
            };
            question.path = context.real(&question.path);
            tokio::select! {
                outcome = ask(&host, question, &context) => outcome,
                () = context.cancel.cancelled() => ToolOutcome::error("It was stopped."),
            }
        })
    }
}

async fn ask(host: &Host, question: Question, context: &ToolContext) -> ToolOutcome {
    let project = paths::facts(&context.place.project).0;
    let sight = Sight { project: &project, unseen: &context.terms.unseen };
    if question.operation == Operation::Hover && is_about_hidden(host, &question, &sight).await {
        return ToolOutcome::error("It is defined in a file that a rule keeps from you.");
    }
    match host.ask(&question, PATIENCE).await {
        Err(problem) => ToolOutcome::error(problem),
        Ok(answer) => {
            let (text, summary) = words::answer(&answer, &sight);
            let shown = match answer {
                Answer::Text(_) => Shown::Text { text: text.clone(), language: Some("md".to_owned()) },
                _ => Shown::List(text.lines().map(ToOwned::to_owned).collect()),
            };
            ToolOutcome { shown, ..ToolOutcome::text(text, summary) }
        }
    }
}

/// A hover tells what stands at the definition, so the file of that counts too.
async fn is_about_hidden(host: &Host, question: &Question, sight: &Sight<'_>) -> bool {
    let definition = Question { operation: Operation::GoToDefinition, ..question.clone() };
    match host.ask(&definition, PATIENCE).await {
        Ok(Answer::Spots(spots)) => spots.iter().any(|spot| sight.hides(&spot.path)),
        _ => false,
    }
}
