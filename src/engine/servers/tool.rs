//! A tool of a server as one of the engine's own.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;

use super::outcome::{Bounds, outcome};
use crate::domain::{Access, ToolOutcome, ToolSpec};
use crate::mcp::{self, Host, Known};
use crate::tools::{Place, Tool, ToolContext};

/// Characters of a schema that are told with a problem.
const SCHEMA: usize = 4_000;

/// One tool of one server.
#[derive(Debug)]
pub(super) struct ServerTool {
    pub(super) host: Host,
    pub(super) known: Arc<Known>,
    pub(super) bounds: Bounds,
}

impl Tool for ServerTool {
    fn spec(&self) -> ToolSpec {
        self.known.spec.clone()
    }

    fn access(&self, input: &Value, _: &Place) -> Result<Access, String> {
        let Value::Object(_) = input else { return Err("its arguments must be an object.".to_owned()) };
        mcp::check(&self.known.spec.input_schema, input).map_err(|problem| {
            let schema: String = self.known.spec.input_schema.to_string().chars().take(SCHEMA).collect();
            format!("its input does not fit, so nothing was done:\n{problem}\nThe schema is {schema}")
        })?;
        Ok(Access::external(self.known.marks.clone()))
    }

    fn run(&self, input: Value, context: ToolContext) -> BoxFuture<'static, ToolOutcome> {
        let (host, known, bounds) = (self.host.clone(), Arc::clone(&self.known), self.bounds);
        Box::pin(async move {
            let Value::Object(input) = input else { return ToolOutcome::error("The arguments must be an object.") };
            match host.is_as_judged(&known, &context.cancel).await {
                Ok(true) => {}
                Ok(false) => {
                    return ToolOutcome::error(
                        "The server changed this tool while the call was on its way, so nothing was done. Call it \
                         again if it is needed; the user is asked first.",
                    );
                }
                Err(problem) => return ToolOutcome::error(format!("{} failed: {problem}.", known.spec.name)),
            }
            let answer = host.call(&known.server, &known.tool, input, context.output.clone(), &context.cancel).await;
            match answer {
                Ok(answer) => outcome(answer, bounds.for_tool(known.result_chars), &context),
                Err(problem) => ToolOutcome::error(format!("{} failed: {problem}.", known.spec.name)),
            }
        })
    }
}
