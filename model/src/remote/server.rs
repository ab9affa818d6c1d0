//! What is known of a server before the first question: which program it is, which models it lists,
//! how large the model and its context are.
//!
//! Everything here is a courtesy of the server. What it does not tell is left open, and a server
//! that lists nothing is used all the same.

use super::address::Address;
use super::http::{Failure, Http};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Tokens of context that Ollama gives a model unless it is told otherwise.
const OLLAMA_CONTEXT: usize = 4096;

/// The program behind an endpoint, as far as it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    LlamaServer,
    Vllm,
    Sglang,
    Ollama,
    /// OpenAI itself, and everything that only promises to be like it.
    Other,
}

impl Kind {
    /// Whether a last message of the assistant is gone on with, instead of answered.
    pub fn continues(self) -> bool {
        matches!(self, Kind::LlamaServer | Kind::Vllm | Kind::Sglang)
    }

    /// Whether `tool_choice` may be passed over in silence.
    pub fn ignores_tool_choice(self) -> bool {
        self == Kind::Ollama
    }
}

/// A server and one of its models.
#[derive(Debug, Clone)]
pub struct Server {
    pub kind: Kind,
    pub model: String,
    pub context: Option<usize>,
    /// Number of weights; 0 when it is not known.
    pub parameters: u64,
}

/// The models that the server lists, as it describes them.
pub async fn listed(http: &Http, address: &Address, cancel: &CancellationToken) -> Result<Vec<Value>, Failure> {
    let answer = http.json(address.api("models"), None, cancel).await?;
    Ok(answer.get("data").and_then(Value::as_array).cloned().unwrap_or_default())
}

pub fn names(models: &[Value]) -> Vec<&str> {
    models.iter().filter_map(|m| m["id"].as_str()).collect()
}

/// Looks at the server. Fails when it cannot be reached, refuses the key, or has several models and
/// none was named.
pub async fn discover(http: &Http, address: &Address, cancel: &CancellationToken) -> Result<Server, Failure> {
    let models = match listed(http, address, cancel).await {
        Ok(models) => models,
        Err(Failure::Status { status: 400 | 404 | 405 | 501, .. }) => Vec::new(),
        Err(other) => return Err(other),
    };
    let known = names(&models);
    let model = match (&address.model, known.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [only]) => (*only).to_owned(),
        (None, []) => return Err(Failure::Broken(format!("{0} lists no models; name one: {0}#NAME", address.shown()))),
        (None, several) => {
            let shown = several.iter().take(20).copied().collect::<Vec<_>>().join(", ");
            return Err(Failure::Broken(format!(
                "{0} has several models ({shown}); name one: {0}#NAME",
                address.shown()
            )));
        }
    };
    // A server with one model answers to any name.
    let entry = models.iter().find(|m| m["id"] == model.as_str()).or(models.first().filter(|_| models.len() == 1));
    let entry = entry.cloned().unwrap_or_default();
    let kind = kind(&entry, &models);
    let told = |keys: &[&str]| keys.iter().find_map(|k| entry.pointer(k)).and_then(Value::as_u64);
    let context = told(&["/max_model_len", "/meta/n_ctx", "/context_length", "/context_window"]);
    let mut server = Server {
        kind,
        model,
        context: context.and_then(|c| usize::try_from(c).ok()),
        parameters: told(&["/meta/n_params"]).unwrap_or(0),
    };
    match kind {
        Kind::LlamaServer => ask_llama_server(http, address, &mut server, cancel).await,
        Kind::Ollama => ask_ollama(http, address, &mut server, cancel).await,
        Kind::Vllm | Kind::Sglang | Kind::Other => {}
    }
    if cancel.is_cancelled() { Err(Failure::Cancelled) } else { Ok(server) }
}

fn kind(entry: &Value, models: &[Value]) -> Kind {
    let owner = entry["owned_by"].as_str().or_else(|| models.first()?["owned_by"].as_str());
    match owner.unwrap_or_default() {
        "llamacpp" => Kind::LlamaServer,
        "vllm" => Kind::Vllm,
        "sglang" => Kind::Sglang,
        "library" => Kind::Ollama,
        _ => Kind::Other,
    }
}

/// Each of its slots has a context of its own, which the list of models does not tell.
async fn ask_llama_server(http: &Http, address: &Address, server: &mut Server, cancel: &CancellationToken) {
    let Ok(props) = http.json(address.beside("/props"), None, cancel).await else { return };
    let context = props.pointer("/default_generation_settings/n_ctx").and_then(Value::as_u64);
    server.context = context.and_then(|c| usize::try_from(c).ok()).or(server.context);
}

async fn ask_ollama(http: &Http, address: &Address, server: &mut Server, cancel: &CancellationToken) {
    if let Ok(shown) = http.json(address.beside("/api/show"), Some(&json!({"model": server.model})), cancel).await {
        server.parameters = shown["model_info"]["general.parameter_count"].as_u64().unwrap_or(0);
    }
    let running = http.json(address.beside("/api/ps"), None, cancel).await.unwrap_or_default();
    let running = running["models"].as_array().into_iter().flatten().find(|m| m["name"] == server.model.as_str());
    let context = running.and_then(|m| m["context_length"].as_u64()).and_then(|c| usize::try_from(c).ok());
    server.context = Some(context.unwrap_or(OLLAMA_CONTEXT));
}
