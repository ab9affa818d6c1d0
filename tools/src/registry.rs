//! The table of tools.

use crate::Tool;
use polymath_chat::ToolSpec;
use std::{collections::BTreeMap, sync::Arc};

/// The tools of a run, by name; iteration is in the order of their names, so that the prompt that
/// describes them is the same in every run.
#[derive(Clone, Default)]
pub struct Registry {
    tools: BTreeMap<String, Arc<dyn Tool>>,
}

impl Registry {
    pub fn new(tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Self {
        Registry { tools: tools.into_iter().map(|t| (t.spec().name.clone(), t)).collect() }
    }

    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.tools.get(name)
    }

    /// Makes all tools ready ahead of their first calls.
    pub async fn warm(&self) {
        for tool in self.tools.values() {
            tool.warm().await;
        }
    }

    /// Ends a session in all tools.
    pub async fn end(&self, session: &str) {
        for tool in self.tools.values() {
            tool.end(session).await;
        }
    }

    pub fn specs(&self) -> Vec<ToolSpec> {
        self.tools.values().map(|t| t.spec().clone()).collect()
    }
}
