//! What a program that reads whole sites asks for besides: whether a page has changed, and whether a site
//! wants to be read.

use super::{Fetched, Fetcher, parse};
use polymath_chat::ToolFailure;
use reqwest::{StatusCode, header};
use url::Url;

/// Bytes of a robots.txt that are read (RFC 9309, 2.5, asks for at least as many).
const ROBOTS: usize = 512 << 10;

/// The state in which a page was seen, as its server names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub etag: Option<String>,
    pub modified: Option<String>,
}

impl Fetcher {
    /// Fetches a document, unless it is as it was; with its state.
    ///
    /// # Errors
    /// As `fetch`.
    pub async fn fetch_changed(&self, address: &str, known: &State) -> Result<Option<(Fetched, State)>, ToolFailure> {
        let named = [(header::IF_NONE_MATCH, &known.etag), (header::IF_MODIFIED_SINCE, &known.modified)];
        let headers: Vec<_> = named.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        self.in_time(address, async {
            let (url, reply) = self.follow(address, &headers).await?;
            if reply.status() == StatusCode::NOT_MODIFIED {
                return Ok(None);
            }
            let told = |name| reply.headers().get(name)?.to_str().ok().map(str::to_owned);
            let state = State { etag: told(header::ETAG), modified: told(header::LAST_MODIFIED) };
            Ok(Some((self.document(url, reply).await?, state)))
        })
        .await
    }

    /// The robots.txt of an address's site; `None` where there is none, which lets everybody in.
    ///
    /// # Errors
    /// As `fetch`, and when the server fails: then nobody is let in (RFC 9309, 2.3.1.4).
    pub async fn robots(&self, address: &str) -> Result<Option<Vec<u8>>, ToolFailure> {
        let mut url = parse(address)?;
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        let address = url.to_string();
        self.in_time(&address, async {
            let (url, reply) = self.follow(&address, &[]).await?;
            match reply.status() {
                status if status.is_client_error() => Ok(None),
                status if status.is_success() => {
                    let mut body = self.body(&url, reply).await?;
                    body.truncate(ROBOTS);
                    Ok(Some(body))
                }
                status => Err(ToolFailure::new("network", format!("{url} answered {status}"))),
            }
        })
        .await
    }

    /// Whether the user has allowed this private host.
    pub fn is_own(&self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| self.is_allowed(&url))
    }
}
