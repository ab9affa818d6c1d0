//! One connection: what a client asks, and who answers it.

use super::offer::Offer;
use super::resources::{self, Seen};
use super::{ask, completions, prompts, tools};
use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, GetPromptRequestParams,
    GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const INSTRUCTIONS: &str = "Tools that run on the user's own computer. Calls of this connection share the browser's open \
    pages, Python's variables and tables (t1, t2, …). `ask` lets a local model do a whole piece of research and answer \
    with sources; give its `session` back to go on with the conversation.";

pub struct Connection {
    offer: Arc<Offer>,
    /// Its session of the tools.
    session: String,
    versions: &'static [ProtocolVersion],
    seen: Mutex<Seen>,
}

impl Connection {
    pub fn new(offer: Arc<Offer>, versions: &'static [ProtocolVersion]) -> Connection {
        Connection { session: offer.session(), offer, versions, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// With the connection goes what its calls left.
impl Drop for Connection {
    fn drop(&mut self) {
        let (offer, session) = (self.offer.clone(), std::mem::take(&mut self.session));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { offer.caller.end(&session).await });
        }
    }
}

impl ServerHandler for Connection {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_completions();
        let capabilities = capabilities.enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("polymath", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(self.versions)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let all = self.offer.caller.specs().into_iter().chain([ask::spec()]);
        Ok(ListToolsResult::with_all_items(all.map(tools::told).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let name = request.name.as_ref();
        if name == ask::NAME {
            let (result, session) = ask::ask(&self.offer, arguments, context).await;
            if let Some(session) = session {
                let mut seen = self.seen();
                seen.asked.retain(|known| *known != session);
                seen.asked.push(session);
            }
            return Ok(result.into());
        }
        if !self.offer.caller.knows(name) {
            let known = self.offer.caller.specs().into_iter().map(|spec| spec.name);
            let known: Vec<String> = known.chain([ask::NAME.to_owned()]).collect();
            let message = format!("there is no tool `{name}`; the tools are {}", known.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        }
        let result = self.offer.caller.call(name, arguments, Some(&self.session), context.ct).await;
        if let Ok(output) = &result {
            let mut seen = self.seen();
            seen.made.retain(|old| output.artifacts.iter().all(|new| new.name != old.name));
            seen.made.extend(output.artifacts.iter().cloned());
        }
        Ok(tools::result(result).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let seen = self.seen().clone();
        Ok(ListResourcesResult::with_all_items(resources::list(&self.offer, seen).await))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let seen = self.seen().clone();
        Ok(resources::read(&self.offer, seen, request.uri).await?.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        completions::complete(&self.offer, request).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::list()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        Ok(prompts::get(&request.name, &request.arguments.unwrap_or_default())?.into())
    }
}
