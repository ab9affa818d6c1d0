//! A request for a response, read strictly where it matters: what is asked for is done, or refused with the
//! field's name. Without effect are `user`, `service_tier`, `reasoning` (whether a model thinks is its own
//! affair), `include`, and every field that is unknown.

use super::input;
use super::store::Responses;
use crate::error::ApiError;
use crate::generation::Ask;
use crate::openai::request::sampling;
use crate::wire::fields::{Fields, wrong};
use crate::wire::tools::{check_choice, check_schema, function, is_demand, list};
use polymath_chat::{Constraint, Message, Role, ToolSpec};
use polymath_model::engine::{Rules, Sampling, ToolChoice};
use serde_json::{Value, json};

/// What holds where a request does not say.
pub struct Defaults {
    pub sampling: Sampling,
    /// Tokens of a reply.
    pub max_tokens: usize,
}

pub struct ResponsesRequest {
    /// Empty when none was named.
    pub model: String,
    pub work: Work,
    pub stream: bool,
    pub previous: Option<String>,
    /// Whether it is stored.
    pub keep: bool,
    /// Fields of the request that a response repeats.
    pub echo: Value,
}

/// Who answers.
pub enum Work {
    /// The model alone; `said` is what is said in this request, for who goes on from it.
    Reply { ask: Box<Ask>, said: Vec<Message> },
    /// Our agent, with our tools.
    Turn(AgentRequest),
}

pub struct AgentRequest {
    pub question: String,
    /// The conversation to go on with.
    pub session: Option<String>,
    /// Names of our tools.
    pub tools: Vec<String>,
    /// Ids of files that its programs get.
    pub files: Vec<String>,
    pub sampling: Sampling,
}

/// Reads the body of a request.
pub fn read(body: &Value, defaults: &Defaults, stored: &Responses) -> Result<ResponsesRequest, ApiError> {
    let fields = Fields::of(body, "")?;
    refuse_unsupported(&fields)?;
    let previous = fields.text("previous_response_id")?.map(str::to_owned);
    let sampling = sampling(&fields, &defaults.sampling)?;
    let parallel_calls = fields.flag("parallel_tool_calls")?.unwrap_or(true);
    let max_tokens = fields.integer("max_output_tokens", 1..=i64::MAX)?;
    let (BuiltIn { names: built_in, files }, functions) = tools(&fields)?;
    let keep = fields.flag("store")?.unwrap_or(true);
    let or = |name: &str, default: Value| fields.get(name).cloned().unwrap_or(default);
    let echo = json!({
        "instructions": fields.get("instructions"),
        "max_output_tokens": max_tokens,
        "metadata": or("metadata", json!({})),
        "parallel_tool_calls": parallel_calls,
        "previous_response_id": previous,
        "reasoning": {"effort": null, "summary": null},
        "store": keep,
        "temperature": sampling.temperature,
        "text": or("text", json!({"format": {"type": "text"}})),
        "tool_choice": or("tool_choice", json!("auto")),
        "tools": or("tools", json!([])),
        "top_p": sampling.top_p,
        "truncation": "disabled",
    });
    let work = match built_in.is_empty() {
        false => Work::Turn(turn(&fields, (built_in, files), previous.as_deref(), stored, sampling)?),
        true => {
            let before = previous.as_deref().map_or(Ok(Vec::new()), |id| stored.conversation(id))?;
            let said = input::read(&fields, &before)?;
            // Instructions hold for one response and are not part of the conversation.
            let instructions = fields.text("instructions")?.map(Message::system);
            let messages = instructions.into_iter().chain(before).chain(said.iter().cloned()).collect();
            let tool_choice = choice(&fields, &functions)?;
            let rules = Rules {
                constraint: constraint(&fields)?.filter(|_| !is_demand(&tool_choice)),
                tool_choice,
                parallel_calls,
                max_tokens: max_tokens.map_or(defaults.max_tokens, |n| usize::try_from(n).unwrap_or(usize::MAX)),
                stop: Vec::new(),
                top_logprobs: None,
            };
            Work::Reply { ask: Box::new(Ask { messages, tools: functions, rules, sampling }), said }
        }
    };
    Ok(ResponsesRequest {
        model: fields.text("model")?.unwrap_or_default().to_owned(),
        work,
        stream: fields.flag("stream")?.unwrap_or(false),
        previous,
        keep,
        echo,
    })
}

fn refuse_unsupported(fields: &Fields<'_>) -> Result<(), ApiError> {
    if fields.flag("background")?.unwrap_or(false) {
        let message = "`background` is not supported; leave it out, and stream the response where it takes long";
        return Err(ApiError::invalid("background", message));
    }
    match fields.text("truncation")? {
        None | Some("disabled") => {}
        Some(other) => return Err(wrong("truncation", "`disabled`: nothing is left out here", &json!(other))),
    }
    if fields.integer("top_logprobs", 0..=20)?.is_some_and(|n| n > 0) {
        let message = "`top_logprobs` is not supported here; /v1/chat/completions has it";
        return Err(ApiError::invalid("top_logprobs", message));
    }
    for other in ["conversation", "prompt"] {
        if fields.get(other).is_some() {
            let message = format!("`{other}` is not supported; send `input`, and `previous_response_id` to go on");
            return Err(ApiError::invalid(other, message));
        }
    }
    Ok(())
}

/// What a built-in tool is with us. The calculator has no name of its own in this protocol.
const SEARCH: &[&str] = &["browser_search", "browser_open", "browser_find", "calculator"];
const PROGRAMS: &[&str] = &["python", "calculator"];

/// Tools of ours that are asked for.
#[derive(Default)]
struct BuiltIn {
    names: Vec<String>,
    /// Ids of files that programs get.
    files: Vec<String>,
}

/// Our tools that are asked for, or the client's own functions.
fn tools(fields: &Fields<'_>) -> Result<(BuiltIn, Vec<ToolSpec>), ApiError> {
    let mut built_in = BuiltIn::default();
    let mut own = None;
    for (i, tool) in fields.list("tools")?.unwrap_or_default().iter().enumerate() {
        let tool = Fields::of(tool, format!("tools[{i}]"))?;
        let names = match tool.name("type", "function, web_search or code_interpreter")? {
            "function" => {
                own = Some(tool.path("type"));
                continue;
            }
            "code_interpreter" => {
                built_in.files.extend(files(&tool)?);
                PROGRAMS
            }
            // There are several by date.
            kind if kind.starts_with("web_search") => SEARCH,
            other => return Err(wrong(&tool.path("type"), "function, web_search or code_interpreter", &json!(other))),
        };
        if tool.get("filters").is_some() {
            let path = tool.path("filters");
            return Err(ApiError::invalid(&path, format!("`{path}` is not supported; leave it out")));
        }
        built_in.names.extend(names.iter().map(|name| (*name).to_owned()));
    }
    match own {
        Some(path) if !built_in.names.is_empty() => {
            let message = format!("`{path}`: functions of yours and built-in tools cannot be mixed; send one kind");
            Err(ApiError::invalid(path, message))
        }
        _ if !built_in.names.is_empty() => Ok((built_in, Vec::new())),
        _ => Ok((built_in, list(fields, "name", |tool| function(tool, "parameters"))?)),
    }
}

/// The files of a code interpreter: `"container": {"type": "auto", "file_ids": […]}`.
fn files(tool: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    let Some(Value::Object(_)) = tool.get("container") else { return Ok(Vec::new()) };
    let Some(container) = tool.object("container")? else { return Ok(Vec::new()) };
    let path = container.path("file_ids");
    let ids = container.list("file_ids")?.unwrap_or_default().iter();
    ids.map(|id| id.as_str().map(str::to_owned).ok_or_else(|| wrong(&path, "ids of files", id))).collect()
}

/// A turn of our agent's, which has instructions, limits and a form of answer of its own.
fn turn(
    fields: &Fields<'_>,
    (tools, files): (Vec<String>, Vec<String>),
    previous: Option<&str>,
    stored: &Responses,
    sampling: Sampling,
) -> Result<AgentRequest, ApiError> {
    for other in ["instructions", "max_output_tokens", "presence_penalty", "frequency_penalty", "logit_bias"] {
        if fields.get(other).is_some() {
            let message = format!("`{other}` is not supported together with built-in tools; leave it out");
            return Err(ApiError::invalid(other, message));
        }
    }
    if fields.flag("store")? == Some(false) {
        let message = "a turn with built-in tools is kept as a conversation; leave `store` out";
        return Err(ApiError::invalid("store", message));
    }
    if fields.get("tool_choice").is_some_and(|choice| choice != "auto") {
        let message = "`tool_choice` can only be `auto` together with built-in tools";
        return Err(ApiError::invalid("tool_choice", message));
    }
    if constraint(fields)?.is_some() {
        let message = "`text.format` can only be text together with built-in tools";
        return Err(ApiError::invalid("text.format", message));
    }
    let session = previous.map(|id| stored.session(id)).transpose()?;
    match &input::read(fields, &[])?[..] {
        [Message { role: Role::User, content, .. }] => {
            Ok(AgentRequest { question: content.clone(), session, tools, files, sampling })
        }
        _ => {
            let message = "`input` is one question of the user's together with built-in tools; go on from a response with \
                           `previous_response_id`";
            Err(ApiError::invalid("input", message))
        }
    }
}

/// What the model is told about calling.
fn choice(fields: &Fields<'_>, tools: &[ToolSpec]) -> Result<ToolChoice, ApiError> {
    let what = "`none`, `auto`, `required`, or {\"type\": \"function\", \"name\": …}";
    let choice = match fields.get("tool_choice") {
        None => ToolChoice::Auto,
        Some(Value::String(word)) => match word.as_str() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => return Err(wrong("tool_choice", what, &json!(word))),
        },
        Some(value) => {
            let choice = Fields::of(value, "tool_choice").map_err(|_| wrong("tool_choice", what, value))?;
            if choice.text("type")? != Some("function") {
                return Err(wrong("tool_choice", what, value));
            }
            ToolChoice::Named(choice.name("name", "the name of one of the `tools`")?.to_owned())
        }
    };
    check_choice(choice, tools)
}

fn constraint(fields: &Fields<'_>) -> Result<Option<Constraint>, ApiError> {
    let Some(text) = fields.object("text")? else { return Ok(None) };
    let Some(format) = text.object("format")? else { return Ok(None) };
    match format.name("type", "text, json_object or json_schema")? {
        "text" => Ok(None),
        "json_object" => Ok(Some(Constraint::JsonSchema(json!({"type": "object"})))),
        "json_schema" => {
            let Some(schema) = format.get("schema") else {
                return Err(format.missing("schema", "a JSON schema; `{\"type\": \"object\"}` allows every object"));
            };
            let name = format.text("name")?.unwrap_or("response_format");
            check_schema(schema, &format.path("schema"), &format!("the schema of `{name}`"))?;
            Ok(Some(Constraint::JsonSchema(schema.clone())))
        }
        other => Err(wrong(&format.path("type"), "text, json_object or json_schema", &json!(other))),
    }
}
