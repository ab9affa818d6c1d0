//! Questions on a site of Stack Exchange, Stack Overflow unless another is named:
//! <https://api.stackexchange.com/docs/advanced-search>.

use super::service::{SearchBackend, Surroundings, Trouble, json, plain, unexpected, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

struct StackExchange {
    name: String,
    base: String,
    site: String,
    fetcher: Arc<Fetcher>,
}

pub const NAME: &str = "stackexchange";

pub fn build(site: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if !site.chars().all(fits) {
        return Err(format!("search backend {NAME}:{site}: a site is named as superuser or math.stackexchange is"));
    }
    let name = if site.is_empty() { NAME.to_owned() } else { format!("{NAME}:{site}") };
    let site = if site.is_empty() { "stackoverflow" } else { site }.to_owned();
    let base = around.base(NAME, "https://api.stackexchange.com");
    Ok(Box::new(StackExchange { name, base, site, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for StackExchange {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let count = limit.min(100).to_string();
        let asked =
            [("order", "desc"), ("sort", "relevance"), ("q", query), ("site", &self.site), ("pagesize", &count)];
        let reply = self.fetcher.ask(with_query(&self.base, "/2.3/search/advanced", &asked)?, &[]).await?;
        // An error has its own status, and a body that says which.
        if let Ok(body) = serde_json::from_str::<Value>(&reply.text)
            && let Some(why) = body["error_message"].as_str()
        {
            let busy = body["error_name"] == "throttle_violation";
            let wait = body["backoff"].as_u64().map(Duration::from_secs);
            let why = format!("answered: {why}");
            return Err(if busy { Trouble::Refused { why, wait } } else { Trouble::failed(why) });
        }
        let body = json(&reply)?;
        let items = body["items"].as_array().ok_or_else(|| unexpected("questions", &reply))?;
        Ok(items.iter().filter_map(hit).take(limit).collect())
    }
}

fn hit(item: &Value) -> Option<Hit> {
    let answers = item["answer_count"].as_u64().unwrap_or(0);
    let accepted = if item["accepted_answer_id"].is_u64() { ", one of them accepted" } else { "" };
    let tags = item["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    Some(Hit {
        title: plain(item["title"].as_str()?),
        url: item["link"].as_str()?.to_owned(),
        snippet: format!("{answers} answers{accepted}. Tags: {tags}"),
        ..Hit::default()
    })
}
