//! The other side: our own tools as a server over standard input and output.

use std::sync::Arc;

use futures::future::BoxFuture;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool, ToolsCapability,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler, ServiceExt};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::domain::{ResultPart, ToolSpec};

/// Runs a call: the parts of its result, and whether it failed.
pub type Served =
    Arc<dyn Fn(String, Value, CancellationToken) -> BoxFuture<'static, (Vec<ResultPart>, bool)> + Send + Sync>;

struct Counter {
    specs: Vec<ToolSpec>,
    call: Served,
}

/// Serves the tools until the other side hangs up.
pub async fn serve_stdio(specs: Vec<ToolSpec>, call: Served) -> Result<(), String> {
    let counter = Counter { specs, call };
    let service = counter.serve(rmcp::transport::stdio()).await.map_err(|error| error.to_string())?;
    service.waiting().await.map(drop).map_err(|error| error.to_string())
}

impl ServerHandler for Counter {
    fn get_info(&self) -> ServerConfig {
        let mut can = ServerCapabilities::default();
        can.tools = Some(ToolsCapability::default());
        let mut info = ServerConfig::new(can);
        info.protocol_version = ProtocolVersion::V_2025_11_25;
        info.server_info = Implementation::new("latigo", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(
            "The tools of Latigo. Each call is judged by the permission rules of the folder; what would ask the person \
             is denied."
                .to_owned(),
        );
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |spec: &ToolSpec| {
            let schema = spec.input_schema.as_object().cloned().unwrap_or_default();
            Tool::new(spec.name.clone(), spec.description.clone(), schema)
        };
        Ok(ListToolsResult::with_all_items(self.specs.iter().map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.to_string();
        if !self.specs.iter().any(|spec| spec.name == name) {
            return Err(ErrorData::invalid_params(format!("there is no tool `{name}`"), None));
        }
        let input = Value::Object(request.arguments.unwrap_or_default());
        let (parts, failed) = (self.call)(name, input, context.ct.clone()).await;
        let block = |part: ResultPart| match part {
            ResultPart::Text(text) => ContentBlock::text(text),
            ResultPart::Image(media) => ContentBlock::image(media.data, media.media_type),
            // Hosts that take no files are the rule.
            ResultPart::Document(document) => ContentBlock::text(document.text),
        };
        let mut result = CallToolResult::success(parts.into_iter().map(block).collect());
        result.is_error = Some(failed);
        Ok(result.into())
    }
}
