//! Connections for a program that speaks HTTP for itself: the same addresses and ports as a fetch, checked the same
//! way, and the address that was checked is the one that is dialled.

use super::{Fetcher, causes, denied, parse, public, site};
use polymath_chat::ToolFailure;
use tokio::net::{TcpStream, lookup_host};
use url::Url;

impl Fetcher {
    /// # Errors
    /// `denied` for what a fetch may not reach either, `network` and `timeout` where nobody answers.
    pub async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, ToolFailure> {
        let url = parse(&format!("http://{host}:{port}/"))?;
        let limit = self.limits.connect;
        match tokio::time::timeout(limit, self.connected(&url, host, port)).await {
            Ok(done) => done,
            Err(_) => Err(ToolFailure::new("timeout", format!("{} did not answer within {limit:.0?}", site(&url)))),
        }
    }

    async fn connected(&self, url: &Url, host: &str, port: u16) -> Result<TcpStream, ToolFailure> {
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let failed = |e: &(dyn std::error::Error + 'static)| {
            let cause = causes(e).last().map_or_else(|| e.to_string(), |e| e.to_string());
            ToolFailure::new("network", format!("cannot reach {}: {cause}", site(url)))
        };
        let found = if self.is_trusted(url)? {
            lookup_host((name, port)).await.map_err(|e| failed(&e))?.collect()
        } else {
            let found = public(name).await.map_err(|e| match e.downcast_ref::<super::Refused>() {
                Some(refused) => denied(url, &refused.to_string()),
                None => failed(&*e),
            })?;
            found.into_iter().map(|address| (address.ip(), port).into()).collect::<Vec<_>>()
        };
        TcpStream::connect(&*found).await.map_err(|e| failed(&e))
    }
}
