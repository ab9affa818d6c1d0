//! Errors in the shape that OpenAI's clients read: a status and
//! `{"error": {"message", "type", "param", "code"}}`.
//!
//! Source of shape, types and codes: <https://platform.openai.com/docs/guides/error-codes>.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use polymath_model::engine::EngineError;
use serde_json::{Value, json};

/// A request that was refused, or that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub status: StatusCode,
    pub message: String,
    /// The field at fault, as a path into the request: `messages[2].content`.
    pub param: Option<String>,
    pub code: Option<&'static str>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        ApiError { status, message: message.into(), param: None, code: Some(code) }
    }

    /// A field of the request that has to be changed.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        ApiError { status: StatusCode::BAD_REQUEST, message: message.into(), param: Some(param.into()), code: None }
    }

    /// The body's `error` object, as it also stands in a stream that fails on its way.
    pub fn body(&self) -> Value {
        let kind = match self.status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        json!({"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}})
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let message = error.to_string();
        match error {
            EngineError::ContextFull { need, have } => ApiError {
                param: Some("messages".into()),
                ..ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "context_length_exceeded",
                    format!(
                        "the request needs {need} tokens and the model's context holds {have}; send fewer or shorter \
                         messages, or start the server with a larger --context"
                    ),
                )
            },
            EngineError::Constraint(_) => ApiError::new(StatusCode::BAD_REQUEST, "invalid_schema", message),
            EngineError::Unsupported { parameter, .. } => ApiError::invalid(parameter, message),
            // Templates refuse conversations they were not written for: roles that do not take turns, say.
            EngineError::Template(_) => ApiError::invalid("messages", message),
            EngineError::Cancelled => ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "server_stopping",
                "the server is stopping and has cancelled this reply; send the request again once it runs",
            ),
            EngineError::Load { .. } | EngineError::Failed(_) => {
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "engine_failed", message)
            }
        }
    }
}
