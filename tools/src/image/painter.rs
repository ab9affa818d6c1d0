//! What makes pictures: the trait, what it is given and what it gives.

use crate::{CallCx, ToolError};
use async_trait::async_trait;

/// What is to be painted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picture {
    pub prompt: String,
    /// What is not to be seen; empty where nothing was said.
    pub negative: String,
    /// The way it is to look, where one was asked for.
    pub style: Option<Style>,
    /// The same seed and words give the same picture, for those that draw lots.
    pub seed: Option<u64>,
    /// In pixels.
    pub width: u32,
    pub height: u32,
}

/// How a picture looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain areas of colour.
    Flat,
    /// Dark lines on paper.
    Line,
    /// A round sign, as logos are.
    Badge,
    /// Few colours, one large thing, its name in large letters.
    Poster,
}

/// The styles by their names.
pub const STYLES: [(&str, Style); 4] =
    [("flat", Style::Flat), ("line", Style::Line), ("badge", Style::Badge), ("poster", Style::Poster)];

impl Picture {
    /// The description with the style in words, for those that paint from words.
    pub fn in_words(&self) -> String {
        let style = match self.style {
            None => return self.prompt.clone(),
            Some(Style::Flat) => "flat vector illustration, plain areas of colour",
            Some(Style::Line) => "line drawing, thin black ink lines on white paper, no shading",
            Some(Style::Badge) => "round badge logo, flat, few colours, centred on a plain background",
            Some(Style::Poster) => "screen-printed poster, bold simple shapes, few colours",
        };
        format!("{}, {style}", self.prompt)
    }
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
    /// The seed that it was made with, where that is known.
    pub seed: Option<u64>,
    /// What painted it, where it has a name.
    pub model: String,
}

/// What backends are made with: keys, which are in the environment and nowhere else.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// `POLYMATH_IMAGE_KEY`.
    pub key: Option<String>,
    /// `OPENAI_API_KEY`: for OpenAI's own server alone.
    pub openai_key: Option<String>,
}

impl Surroundings {
    /// The process's environment.
    pub fn of_process() -> Surroundings {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Surroundings { key: set("POLYMATH_IMAGE_KEY"), openai_key: set("OPENAI_API_KEY") }
    }
}

/// A way to make pictures.
#[async_trait]
pub trait Painter: Send + Sync {
    /// Its row's name.
    fn name(&self) -> &'static str;

    async fn paint(&self, picture: &Picture, cx: &CallCx) -> Result<Painting, ToolError>;
}
