//! What makes pictures: the trait, what it is given and what it gives.

use crate::{CallCx, ToolError};
use async_trait::async_trait;

/// What is to be painted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub prompt: String,
    /// In pixels.
    pub width: u32,
    pub height: u32,
}

/// A finished picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Painting {
    /// A PNG file's bytes.
    pub png: Vec<u8>,
    /// The drawing it was made from, where there is one.
    pub svg: Option<String>,
    /// What is to be seen, for the model and for people who can't see it.
    pub description: String,
}

/// A way to make pictures.
#[async_trait]
pub trait Painter: Send + Sync {
    async fn paint(&self, picture: &Picture, cx: &CallCx) -> Result<Painting, ToolError>;
}
