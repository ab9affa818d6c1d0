//! Every path in one table, made into an OpenAPI description by utoipa. The shapes of bodies are in `schemas.json`.
//! A test asks each row of a running server, and looks for each route of the sources here.

use std::collections::BTreeMap;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Schema, tag::TagBuilder,
};

const SCHEMAS: &str = include_str!("schemas.json");

/// What a body is.
enum Body {
    None,
    /// JSON of this schema.
    Json(&'static str),
    /// JSON of the first schema, or server-sent events of the second.
    JsonOrEvents(&'static str, &'static str),
    Events(&'static str),
    /// Any bytes.
    Bytes,
    /// A form with a file.
    Form(&'static str),
    Text(&'static str),
}

struct Row {
    method: &'static str,
    path: &'static str,
    tag: &'static str,
    what: &'static str,
    /// Parameters behind a `?`: name, what it is, and whether it has to be there.
    query: &'static [(&'static str, &'static str, bool)],
    takes: Body,
    status: u16,
    gives: Body,
}

const OPENAI: &str = "OpenAI";
const ANTHROPIC: &str = "Anthropic";
const OWN: &str = "Conversations";
const MCP: &str = "MCP";
const SERVICE: &str = "Service";

const TAGS: [(&str, &str); 5] = [
    (OPENAI, "The model for programs that speak OpenAI's API: base URL /v1"),
    (ANTHROPIC, "The same for programs that speak Anthropic's"),
    (OWN, "Questions that polymath answers with its own tools; each is a run that goes on whoever looks on"),
    (MCP, "The Model Context Protocol"),
    (SERVICE, "For those who run the server"),
];

use Body::{Bytes, Events, Form, Json, JsonOrEvents, None as Nothing, Text};

const fn row(method: &'static str, path: &'static str, tag: &'static str, what: &'static str) -> Row {
    Row { method, path, tag, what, query: &[], takes: Nothing, status: 200, gives: Nothing }
}

/// The rows of one protocol after the other.
const ROWS: &[Row] = &[
    Row { gives: Json("ModelList"), ..row("get", "/v1/models", OPENAI, "The models that are served") },
    Row { gives: Json("Model"), ..row("get", "/v1/models/{name}", OPENAI, "One of them") },
    Row {
        takes: Json("ChatCompletionRequest"),
        gives: JsonOrEvents("ChatCompletion", "ChatCompletionChunk"),
        ..row("post", "/v1/chat/completions", OPENAI, "The next message of a conversation")
    },
    Row {
        takes: Json("ResponseRequest"),
        gives: JsonOrEvents("Response", "ResponseEvent"),
        ..row("post", "/v1/responses", OPENAI, "A response, with the client's functions or the tools that run here")
    },
    Row { gives: Json("Response"), ..row("get", "/v1/responses/{id}", OPENAI, "A response that is kept") },
    Row { gives: Json("Deleted"), ..row("delete", "/v1/responses/{id}", OPENAI, "Forgets a response") },
    Row {
        takes: Json("EmbeddingsRequest"),
        gives: Json("Embeddings"),
        ..row("post", "/v1/embeddings", OPENAI, "Texts as vectors, where the server has an embedding model")
    },
    Row {
        takes: Json("ImageRequest"),
        gives: Json("Images"),
        ..row("post", "/v1/images/generations", OPENAI, "A picture, drawn by the tool `image`")
    },
    Row {
        query: &[
            ("purpose", "only those for this", false),
            ("limit", "so many at most", false),
            ("order", "`desc`, the newest first, or `asc`", false),
            ("after", "those behind the file of this id", false),
        ],
        gives: Json("FileList"),
        ..row("get", "/v1/files", OPENAI, "The files that are kept here")
    },
    Row { takes: Form("FileForm"), gives: Json("File"), ..row("post", "/v1/files", OPENAI, "Keeps a file") },
    Row { gives: Json("File"), ..row("get", "/v1/files/{id}", OPENAI, "What is known of a file") },
    Row { gives: Json("Deleted"), ..row("delete", "/v1/files/{id}", OPENAI, "Removes a file") },
    Row { gives: Bytes, ..row("get", "/v1/files/{id}/content", OPENAI, "A file as it came") },
    Row {
        takes: Json("MessageRequest"),
        gives: JsonOrEvents("Message", "MessageEvent"),
        ..row("post", "/v1/messages", ANTHROPIC, "The next message of a conversation")
    },
    Row { gives: Json("Status"), ..row("get", "/api/status", OWN, "The model, the tools, the version") },
    Row {
        gives: Json("SessionList"),
        ..row("get", "/api/sessions", OWN, "All conversations, the last one used first")
    },
    Row {
        gives: Json("Session"),
        ..row("get", "/api/sessions/{id}", OWN, "A conversation, its turns and their events")
    },
    Row {
        takes: Json("Rename"),
        gives: Json("Renamed"),
        ..row("patch", "/api/sessions/{id}", OWN, "Gives a conversation another title")
    },
    Row { gives: Json("Removed"), ..row("delete", "/api/sessions/{id}", OWN, "Removes a conversation") },
    Row {
        gives: Json("Page"),
        ..row("get", "/api/sessions/{id}/pages/{n}", OWN, "The text of the page that answers cite as [n]")
    },
    Row { gives: Bytes, ..row("get", "/api/sessions/{id}/artifacts/{name}", OWN, "A file that a tool made") },
    Row {
        takes: Json("RunRequest"),
        status: 201,
        gives: Json("Run"),
        ..row("post", "/api/runs", OWN, "Asks a question; its events are then at the path below")
    },
    Row {
        query: &[("from", "an event's id: those behind it, as with the header `Last-Event-ID`", false)],
        gives: Events("RunEvent"),
        ..row("get", "/api/sessions/{id}/runs/{turn}/events", OWN, "A run's events, those to come included")
    },
    Row {
        status: 202,
        gives: Json("Cancelled"),
        ..row("post", "/api/sessions/{id}/runs/{turn}/cancel", OWN, "Ends a run, which keeps what it has")
    },
    Row {
        takes: Json("Say"),
        status: 202,
        gives: Json("Said"),
        ..row("post", "/api/sessions/{id}/runs/{turn}/say", OWN, "Says something to a run, for its next step")
    },
    Row {
        takes: Json("Approve"),
        status: 202,
        gives: Json("Answered"),
        ..row(
            "post",
            "/api/sessions/{id}/runs/{turn}/approve",
            OWN,
            "Answers whether a call may be made: an event `approval`",
        )
    },
    Row {
        query: &[("name", "the file's name", true)],
        takes: Bytes,
        status: 201,
        gives: Json("Upload"),
        ..row("post", "/api/uploads", OWN, "Takes a file that a question then names by its id")
    },
    Row {
        takes: Json("McpMessage"),
        gives: JsonOrEvents("McpMessage", "McpMessage"),
        ..row("post", "/mcp", MCP, "A message")
    },
    Row { gives: Events("McpMessage"), ..row("get", "/mcp", MCP, "The server's own messages") },
    Row { ..row("delete", "/mcp", MCP, "Ends a connection") },
    Row { gives: Json("Health"), ..row("get", "/health", SERVICE, "Whether it answers; needs no token") },
    Row { gives: Text("text/plain"), ..row("get", "/metrics", SERVICE, "Counters, as Prometheus reads them") },
    Row { gives: Json("OpenApi"), ..row("get", "/api/openapi.json", SERVICE, "This description; needs no token") },
    Row { gives: Text("text/html"), ..row("get", "/api/docs", SERVICE, "This description for people; needs no token") },
];

/// The whole description.
///
/// # Errors
/// `schemas.json` has something that is no schema.
pub fn description() -> Result<OpenApi, serde_json::Error> {
    let schemas: BTreeMap<String, RefOr<Schema>> = serde_json::from_str(SCHEMAS)?;
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let components = ComponentsBuilder::new().schemas_from_iter(schemas).security_scheme("token", token).build();
    let info = InfoBuilder::new().title("polymath").version(env!("CARGO_PKG_VERSION")).description(Some(
        "A language model on your own computer, its tools and conversations, for other programs. A token is needed where \
         the server was started with one. Every answer has a header `x-request-id`.",
    ));
    let paths = ROWS.iter().fold(PathsBuilder::new(), |paths, row| paths.path(row.path, item(row)));
    let tags = TAGS.map(|(name, what)| TagBuilder::new().name(name).description(Some(what)).build());
    let anyone = SecurityRequirement::default();
    Ok(OpenApiBuilder::new()
        .info(info.build())
        .paths(paths.build())
        .components(Some(components))
        .tags(Some(tags))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("token", []), anyone]))
        .build())
}

fn item(row: &Row) -> PathItem {
    let names = row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let text = || Some(text_schema());
    let in_path = names.map(|name| {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameter.required(Required::True).schema(text()).build()
    });
    let in_query = row.query.iter().map(|(name, what, required)| {
        let required = if *required { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query);
        parameter.required(required).description(Some(*what)).schema(text()).build()
    });
    let parameters: Vec<_> = in_path.chain(in_query).collect();
    let id = format!("{} {}", row.method, row.path);
    let id: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut operation = OperationBuilder::new()
        .tag(row.tag)
        .summary(Some(row.what))
        .operation_id(Some(id))
        .response(row.status.to_string(), filled(ResponseBuilder::new().description("Done"), &row.gives).build())
        .response("default", filled(ResponseBuilder::new().description("What is wrong"), &error(row)).build());
    if !parameters.is_empty() {
        operation = operation.parameters(Some(parameters));
    }
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    let body = contents(&row.takes).into_iter().fold(body, |body, (kind, schema)| body.content(kind, content(schema)));
    if !matches!(row.takes, Nothing) {
        operation = operation.request_body(Some(body.build()));
    }
    let method = match row.method {
        "post" => HttpMethod::Post,
        "patch" => HttpMethod::Patch,
        "delete" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    };
    PathItem::new(method, operation.build())
}

fn error(row: &Row) -> Body {
    Json(if row.tag == ANTHROPIC { "AnthropicError" } else { "Error" })
}

/// The content types of a body, each with the name of its schema.
fn contents(body: &Body) -> Vec<(&'static str, Option<&'static str>)> {
    const JSON: &str = "application/json";
    const EVENTS: &str = "text/event-stream";
    match body {
        Nothing => Vec::new(),
        Json(schema) => vec![(JSON, Some(*schema))],
        JsonOrEvents(whole, event) => vec![(JSON, Some(*whole)), (EVENTS, Some(*event))],
        Events(event) => vec![(EVENTS, Some(*event))],
        Bytes => vec![("application/octet-stream", Option::None)],
        Form(schema) => vec![("multipart/form-data", Some(*schema))],
        Text(kind) => vec![(*kind, Option::None)],
    }
}

fn content(schema: Option<&str>) -> utoipa::openapi::Content {
    let schema = schema.map_or_else(text_schema, |name| RefOr::Ref(Ref::from_schema_name(name)));
    ContentBuilder::new().schema(Some(schema)).build()
}

fn filled(response: ResponseBuilder, body: &Body) -> ResponseBuilder {
    contents(body).into_iter().fold(response, |response, (kind, schema)| response.content(kind, content(schema)))
}

fn text_schema() -> RefOr<Schema> {
    RefOr::T(ObjectBuilder::new().schema_type(Type::String).build().into())
}
