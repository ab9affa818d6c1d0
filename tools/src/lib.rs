//! What the model can do. A tool is one small trait, one file, and one row in `registry.rs`.
//!
//! Nothing here knows about models, prompts or llama.cpp: tools build and test without them.

pub mod browser;
mod calculator;
pub mod chart;
mod files;
pub mod functions;
pub mod image;
pub mod load;
pub mod mcp;
pub mod python;
mod raster;
mod registry;
mod sql;
pub mod tables;
mod tool;

pub use calculator::{Calculator, calculate};
pub use chart::Charts;
pub use image::Image;
pub use python::Python;
pub use registry::{Registry, RegistryError, ToolsConfig};
pub use sql::{Sql, in_sql};
pub use tool::{CallCx, Tool, ToolError, UserFile};
