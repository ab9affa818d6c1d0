//! Fetches what the model wants to read, and what the search backends need, over HTTP.
//!
//! Two clients: the guarded one for addresses that models and pages name, which dials public
//! addresses only (the check sits in its resolver, so the address checked is the address dialled);
//! and the trusted one for what the user configured, the allowed hosts and the search services.
//! Proxies of the environment are not used: a proxy would resolve names on its own, past the check.

pub mod address;
pub mod content;
mod dial;
pub mod revisit;
pub mod unpack;

use super::keep;
use content::Kind;
use polymath_chat::ToolFailure;
use reqwest::{
    Client, Response, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderName},
};
use std::{collections::BTreeMap, collections::HashSet, error::Error, net::SocketAddr, sync::OnceLock, time::Duration};
use url::{Host, Url};

/// Bounds on one fetch.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For the connection to stand.
    pub connect: Duration,
    /// For everything together: redirects, headers, body.
    pub total: Duration,
    /// Of the status line and the headers.
    pub head: usize,
    /// Of the body, uncompressed.
    pub bytes: usize,
    pub redirects: usize,
    /// For turning the bytes into text.
    pub read: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(20),
            head: 32 << 10,
            bytes: 8 << 20,
            redirects: 5,
            read: Duration::from_secs(20),
        }
    }
}

/// A document as it came.
#[derive(Debug)]
pub struct Fetched {
    /// After redirects, without the fragment.
    pub url: Url,
    pub kind: Kind,
    pub charset: Option<&'static encoding_rs::Encoding>,
    pub body: Vec<u8>,
    /// What its server said of it.
    pub headers: BTreeMap<String, String>,
}

/// The answer of a search service.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    /// For how long the service wants to be left alone.
    pub retry_after: Option<Duration>,
    pub text: String,
}

pub struct Fetcher {
    /// Built at first use: local corpora need none.
    guarded: OnceLock<Client>,
    trusted: OnceLock<Client>,
    /// `host:port`, lower case, of private hosts that may be reached.
    allow: HashSet<String>,
    limits: Limits,
}

const AGENT: &str = concat!("Mozilla/5.0 (compatible; polymath/", env!("CARGO_PKG_VERSION"), ")");

impl Fetcher {
    /// # Errors
    /// Names the entry of `allow` that is not `host:port`.
    pub fn new(allow: &[String], limits: Limits) -> Result<Self, String> {
        let allow = allow.iter().map(|entry| parse_allowance(entry)).collect::<Result<_, _>>()?;
        Ok(Fetcher { guarded: OnceLock::new(), trusted: OnceLock::new(), allow, limits })
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Fetches a document that a model or a page named.
    ///
    /// # Errors
    /// `arguments` for what is no address, `denied` for addresses that must not be dialled,
    /// `timeout`, `not_found`, `unsupported` for content that can't be read, `network` for the rest.
    pub async fn fetch(&self, address: &str) -> Result<Fetched, ToolFailure> {
        self.in_time(address, async {
            let (url, reply) = self.follow(address, &[]).await?;
            self.document(url, reply).await
        })
        .await
    }

    async fn in_time<T>(
        &self,
        address: &str,
        work: impl Future<Output = Result<T, ToolFailure>>,
    ) -> Result<T, ToolFailure> {
        let total = self.limits.total;
        match tokio::time::timeout(total, work).await {
            Ok(result) => result,
            Err(_) => Err(ToolFailure::new("timeout", format!("{address} sent no complete answer in {total:.0?}"))),
        }
    }

    /// What stands behind all redirects, and where that is.
    async fn follow(&self, address: &str, headers: &[(HeaderName, String)]) -> Result<(Url, Response), ToolFailure> {
        let mut url = parse(address)?;
        for _ in 0..=self.limits.redirects {
            let reply = self.hop(&url, headers).await?;
            if !reply.status().is_redirection() || reply.status() == StatusCode::NOT_MODIFIED {
                return Ok((url, reply));
            }
            let target = reply.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
            let target = target.ok_or_else(|| {
                ToolFailure::new("network", format!("{url} answered {} without saying where to go", reply.status()))
            })?;
            let next = url.join(target).map_err(|e| {
                ToolFailure::new("network", format!("{url} redirects to {target:?}, which is no address: {e}"))
            })?;
            // every hop is checked like the first: schemes and credentials here, the address in `hop`
            url = parse(next.as_str())?;
        }
        Err(ToolFailure::new("network", format!("{address} redirects more than {} times", self.limits.redirects)))
    }

    /// One request, no redirect followed.
    async fn hop(&self, url: &Url, headers: &[(HeaderName, String)]) -> Result<Response, ToolFailure> {
        let client = if self.is_trusted(url)? { self.trusted()? } else { self.guarded()? };
        let request = headers.iter().fold(client.get(url.clone()), |r, (name, value)| r.header(name, value));
        let reply = request.send().await.map_err(|e| self.failure(url, &e))?;
        self.check_head(url, &reply)?;
        Ok(reply)
    }

    /// Whether the user has allowed this address; if not, it can be public as far as it says itself.
    ///
    /// # Errors
    /// `denied`: it is written out and not public, or no port of the web's.
    fn is_trusted(&self, url: &Url) -> Result<bool, ToolFailure> {
        if self.is_allowed(url) {
            return Ok(true);
        }
        // The resolver sees names only: an address written out in the URL is judged here.
        let written = match url.host() {
            Some(Host::Ipv4(v4)) => Some(v4.into()),
            Some(Host::Ipv6(v6)) => Some(v6.into()),
            _ => None,
        };
        let own = address::own()
            .map_err(|e| denied(url, &format!("perhaps this machine, whose addresses are not known ({e})")))?;
        if let Some(reason) = written.and_then(|written| address::refused(written, &own)) {
            return Err(denied(url, &format!("a {reason} address")));
        }
        check_port(url)?;
        Ok(false)
    }

    /// # Errors
    /// `network`: the status line and the headers are larger than the limit.
    fn check_head(&self, url: &Url, reply: &Response) -> Result<(), ToolFailure> {
        let reason = reply.extensions().get::<hyper::ext::ReasonPhrase>().map_or(0, |reason| reason.as_bytes().len());
        let size =
            reason + reply.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
        if size > self.limits.head {
            let message =
                format!("{} sent {} KiB of headers, more than {}", site(url), size >> 10, self.limits.head >> 10);
            return Err(ToolFailure::new("network", message));
        }
        Ok(())
    }

    async fn document(&self, mut url: Url, reply: Response) -> Result<Fetched, ToolFailure> {
        let status = reply.status();
        if status == StatusCode::NOT_FOUND || status == StatusCode::GONE {
            return Err(ToolFailure::new("not_found", format!("there is no page at {url} ({status})")));
        }
        if !status.is_success() {
            return Err(ToolFailure::new("network", format!("{url} answered {status}")));
        }
        let headers = keep::headers(reply.headers());
        let header = reply.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let body = self.body(&url, reply).await?;
        let kind = Kind::of_reply(header.as_deref(), url.path(), &body).map_err(|mime| {
            let message = format!(
                "{url} is {mime}; only web pages, text, Markdown, JSON, CSV, feeds, PDF, DOCX, XLSX and EPUB can be read"
            );
            ToolFailure::new("unsupported", message)
        })?;
        url.set_fragment(None);
        Ok(Fetched { url, kind, charset: content::header_charset(header.as_deref()), body, headers })
    }

    async fn body(&self, url: &Url, mut reply: Response) -> Result<Vec<u8>, ToolFailure> {
        let limit = self.limits.bytes;
        let too_large = || {
            ToolFailure::new(
                "unsupported",
                format!("{url} is larger than {:.1} MiB", limit as f64 / (1u32 << 20) as f64),
            )
        };
        if reply.content_length().is_some_and(|n| n > limit as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(|e| self.failure(url, &e))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Asks a search service that the user configured; redirects are not followed.
    ///
    /// # Errors
    /// `timeout` and `network`; an HTTP error status is no error here.
    pub async fn ask(&self, url: Url, headers: &[(&'static str, &str)]) -> Result<Reply, ToolFailure> {
        let total = self.limits.total;
        let asked = async {
            let request = headers.iter().fold(self.trusted()?.get(url.clone()), |r, (k, v)| r.header(*k, *v));
            let reply = request.send().await.map_err(|e| self.failure(&url, &e))?;
            self.check_head(&url, &reply)?;
            let (status, retry_after) = (reply.status(), retry_after(&reply));
            let charset = header_charset_of(&reply);
            let body = self.body(&url, reply).await?;
            Ok(Reply { status, retry_after, text: content::decode(&body, charset) })
        };
        match tokio::time::timeout(total, asked).await {
            Ok(result) => result,
            Err(_) => {
                Err(ToolFailure::new("timeout", format!("{} sent no complete answer in {total:.0?}", site(&url))))
            }
        }
    }

    fn is_allowed(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        self.allow.contains(&format!("{host}:{port}"))
    }

    fn trusted(&self) -> Result<&Client, ToolFailure> {
        built(&self.trusted, || self.builder())
    }

    fn guarded(&self) -> Result<&Client, ToolFailure> {
        built(&self.guarded, || self.builder().dns_resolver(PublicOnly))
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        Client::builder()
            .user_agent(AGENT)
            .connect_timeout(self.limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .gzip(true)
    }

    fn failure(&self, url: &Url, error: &reqwest::Error) -> ToolFailure {
        if let Some(refused) = causes(error).find_map(|e| e.downcast_ref::<Refused>()) {
            return denied(url, &refused.to_string());
        }
        if error.is_timeout() {
            let message = format!("{} did not answer within {:.0?}", site(url), self.limits.connect);
            return ToolFailure::new("timeout", message);
        }
        // The innermost cause is the one that says something: "connection refused".
        let cause = causes(error).last().map_or_else(|| error.to_string(), |e| e.to_string());
        ToolFailure::new("network", format!("cannot reach {}: {cause}", site(url)))
    }
}

/// The client in `slot`, made now if there is none: with the system's CA certificates, or Mozilla's
/// on machines without any (bare containers), where otherwise not even plain HTTP would work.
fn built(slot: &OnceLock<Client>, builder: impl Fn() -> reqwest::ClientBuilder) -> Result<&Client, ToolFailure> {
    if let Some(client) = slot.get() {
        return Ok(client);
    }
    let client = builder().build().or_else(|_| {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| reqwest::Certificate::from_der(der));
        builder().tls_certs_only(roots.collect::<Result<Vec<_>, _>>()?).build()
    });
    let client = client.map_err(|e| {
        let cause = causes(&e).last().map_or_else(|| e.to_string(), |c| c.to_string());
        ToolFailure::new("network", format!("cannot set up HTTP: {cause}"))
    })?;
    Ok(slot.get_or_init(|| client))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// Scheme, host and port: addresses of search services may carry keys in their query.
fn site(url: &Url) -> String {
    url[..url::Position::BeforePath].to_owned()
}

fn header_charset_of(reply: &Response) -> Option<&'static encoding_rs::Encoding> {
    content::header_charset(reply.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()))
}

/// `Retry-After` in seconds; what gives a date is not read.
fn retry_after(reply: &Response) -> Option<Duration> {
    let seconds = reply.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// # Errors
/// `denied` for a port where something else than the web is served: mail, shells, databases.
fn check_port(url: &Url) -> Result<(), ToolFailure> {
    let port = url.port_or_known_default().unwrap_or_default();
    if address::WEB_PORTS.contains(&port) {
        return Ok(());
    }
    Err(denied(url, &format!("asked for at port {port}, which is not the web's")))
}

fn denied(url: &Url, what: &str) -> ToolFailure {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    let message = format!(
        "{url} was not opened: {host} is {what}, and the browser reaches only the public web \
         (the user can allow it with browser.allow = [\"{host}:{port}\"])"
    );
    ToolFailure::new("denied", message)
}

fn parse(address: &str) -> Result<Url, ToolFailure> {
    let url = Url::parse(address)
        .map_err(|e| ToolFailure::new("arguments", format!("{address:?} is not a web address: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("{address} was not opened: only http and https addresses are, not {}:", url.scheme());
        return Err(ToolFailure::new("denied", message));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = format!("an address at {} was not opened: it carries a user name or password", site_host(&url));
        return Err(ToolFailure::new("denied", message));
    }
    Ok(url)
}

fn site_host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// `host:port`, as URLs write the host.
fn parse_allowance(entry: &str) -> Result<String, String> {
    let wrong = || format!("browser.allow: {entry:?} is not host:port, such as \"wiki.local:8080\"");
    let (host, port) = entry.trim().rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let host = Host::parse(host).map_err(|_| wrong())?;
    Ok(format!("{host}:{port}"))
}

/// A name of the private network.
#[derive(Debug, thiserror::Error)]
#[error("at {address}, a {reason} address")]
struct Refused {
    address: std::net::IpAddr,
    reason: &'static str,
}

/// Resolves as the system does and refuses names with any address that is not public, so that no
/// name can mix a harmless address with a private one.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move { Ok(Box::new(public(name.as_str()).await?.into_iter()) as Addrs) })
    }
}

/// The addresses of a name, all of them public.
async fn public(name: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await?.collect();
    let own = address::own()?;
    for address in &found {
        if let Some(reason) = address::refused(address.ip(), &own) {
            return Err(Refused { address: address.ip(), reason }.into());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn allowances_are_host_and_port() {
        assert_eq!(parse_allowance("Wiki.Local:8080").unwrap(), "wiki.local:8080");
        assert_eq!(parse_allowance("[::1]:80").unwrap(), "[::1]:80");
        assert_eq!(parse_allowance("127.0.0.1:9").unwrap(), "127.0.0.1:9");
        for wrong in ["wiki", "wiki:", ":80", "wiki:99999", "http://wiki:80", "::1:80"] {
            assert!(parse_allowance(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_the_ports_of_the_web_are_asked() {
        let check = |address: &str| check_port(&Url::parse(address).unwrap());
        for port in [0, 21, 22, 23, 25, 110, 143, 445, 3306, 5432, 6379, 9200, 11211, 27017, 65535] {
            let failure = check(&format!("http://example.com:{port}/")).unwrap_err();
            assert_eq!(failure.kind, "denied");
            assert!(failure.message.contains(&format!("port {port}, which is not")), "{}", failure.message);
        }
        for address in
            ["http://example.com/", "https://example.com/", "http://example.com:8080/", "https://a.example:8443/"]
        {
            check(address).unwrap();
        }
    }

    #[tokio::test]
    async fn addresses_are_refused_before_anything_is_dialled() {
        let fetcher = Fetcher::new(&["127.0.0.1:1".into()], Limits::default()).unwrap();
        for (address, kind) in [
            ("file:///etc/passwd", "denied"),
            ("ftp://example.com/x", "denied"),
            ("javascript:alert(1)", "denied"),
            ("http://user:pw@example.com/", "denied"),
            ("http://127.0.0.1:2/", "denied"),
            ("http://2130706433/", "denied"),
            ("http://0x7f.1/", "denied"),
            ("http://0177.0.0.1/", "denied"),
            ("http://[::1]/", "denied"),
            ("http://[::ffff:127.0.0.1]/", "denied"),
            ("http://169.254.169.254/latest/meta-data/", "denied"),
            ("http://1.1.1.1:6379/", "denied"),
            ("https://example.com:22/", "denied"),
            ("http://localhost:1/", "denied"),
            ("not an address", "arguments"),
            ("http://", "arguments"),
        ] {
            let failure = fetcher.fetch(address).await.unwrap_err();
            assert_eq!(failure.kind, kind, "{address}: {}", failure.message);
            assert!(!failure.message.contains("pw@"), "a password was shown");
        }
    }
}
