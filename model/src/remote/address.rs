//! What stands behind `--model http…`: the endpoint's address, the model's name, the dialect.
//!
//! `http(s)://host[:port]/v1#NAME[,dialect=D]`. Everything behind `#` is ours and is never sent as
//! part of the address. A path of nothing means `/v1`.

use crate::dialect::{self, DIALECTS, Dialect};
use reqwest::Url;

/// Where a model is, and how its calls are read.
#[derive(Clone)]
pub struct Address {
    base: Url,
    /// The model's name; without one, the server's only model is meant.
    pub model: Option<String>,
    /// Set: tools are described in the prompt and calls are read with this dialect, and the server
    /// is asked for nothing but text.
    pub dialect: Option<&'static dyn Dialect>,
}

/// A mistake in an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("`{address}` is no address of an endpoint ({why}); it looks like http://127.0.0.1:8080/v1#model")]
    Unreadable { address: String, why: String },
    #[error(
        "the address of an endpoint must not hold a name or password: put the key into POLYMATH_API_KEY, or its file into \
         POLYMATH_API_KEY_FILE"
    )]
    Secret,
    #[error("`{option}` behind the model's name is not known; only `dialect=NAME` is")]
    Option { option: String },
    #[error("there is no dialect `{name}`; the dialects are {known}")]
    Dialect { name: String, known: String },
}

impl Address {
    /// Whether a `--model` is meant to be an address.
    pub fn is_one(text: &str) -> bool {
        text.contains("://")
    }

    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
        let unreadable = |why: &str| AddressError::Unreadable { address: without_login(address), why: why.to_owned() };
        let mut base = Url::parse(address).map_err(|e| unreadable(&e.to_string()))?;
        if !["http", "https"].contains(&base.scheme()) {
            return Err(unreadable("only http and https can be spoken"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(AddressError::Secret);
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(if path.is_empty() { "/v1" } else { &path });
        let (mut model, mut dialect) = (None, None);
        for (i, part) in fragment.split(',').map(str::trim).enumerate() {
            match part.split_once('=') {
                Some(("dialect", name)) => dialect = Some(known_dialect(name)?),
                None if i == 0 => model = (!part.is_empty()).then(|| part.to_owned()),
                _ => return Err(AddressError::Option { option: part.to_owned() }),
            }
        }
        Ok(Address { base, model, dialect })
    }

    /// The address of a method of the API: `chat/completions`.
    pub fn api(&self, method: &str) -> Url {
        self.with_path(&format!("{}/{method}", self.base.path()))
    }

    /// The address of what the server offers beside the API: `/props`.
    pub fn beside(&self, path: &str) -> Url {
        let root = self.base.path().strip_suffix("/v1").unwrap_or_default();
        self.with_path(&format!("{root}{path}"))
    }

    fn with_path(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// For messages: without a query, which may hold a key.
    pub fn shown(&self) -> String {
        let mut shown = self.base.clone();
        shown.set_query(None);
        shown.to_string()
    }

    /// Whether the endpoint is on this machine.
    pub fn is_loopback(&self) -> bool {
        match self.base.host_str().unwrap_or_default().trim_matches(['[', ']']) {
            "localhost" => true,
            host => host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        }
    }
}

fn known_dialect(name: &str) -> Result<&'static dyn Dialect, AddressError> {
    let known = || DIALECTS.iter().map(|d| d.name()).collect::<Vec<_>>().join(", ");
    dialect::by_name(name).ok_or_else(|| AddressError::Dialect { name: name.to_owned(), known: known() })
}

/// A text that may hold a password, fit for a message.
fn without_login(address: &str) -> String {
    match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &address[..scheme + 3], &address[at..]),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(text: &str, chat: &str, model: Option<&str>, dialect: Option<&str>) {
        let address = Address::parse(text).unwrap();
        let got = (address.api("chat/completions"), address.model.as_deref(), address.dialect.map(|d| d.name()));
        assert_eq!((got.0.as_str(), got.1, got.2), (chat, model, dialect), "{text}");
    }

    #[test]
    fn addresses_are_read() {
        check("http://h:1/v1#m", "http://h:1/v1/chat/completions", Some("m"), None);
        check("https://h/v1/#org/m:7b", "https://h/v1/chat/completions", Some("org/m:7b"), None);
        check("http://h", "http://h/v1/chat/completions", None, None);
        check("http://h/openai?api-version=3#m", "http://h/openai/chat/completions?api-version=3", Some("m"), None);
        check("http://h#m,dialect=generic", "http://h/v1/chat/completions", Some("m"), Some("generic"));
        check("http://h#dialect=llama", "http://h/v1/chat/completions", None, Some("llama"));
        assert_eq!(Address::parse("http://h/x/v1#m").unwrap().beside("/props").as_str(), "http://h/x/props");
    }

    #[track_caller]
    fn refused(text: &str, says: &str) {
        let error = Address::parse(text).err().unwrap().to_string();
        assert!(error.contains(says) && !error.contains("secret"), "{error}");
    }

    #[test]
    fn mistakes_are_told_without_secrets() {
        refused("ftp://h/v1#m", "only http");
        refused("http://#m", "host");
        refused("http://me:secret@h/v1#m", "POLYMATH_API_KEY");
        refused("http://me:secret@h:port/v1#m", "port");
        refused("http://h/v1#m,dialect=klingon", "the dialects are");
        refused("http://h/v1#m,mode=guided", "mode=guided");
    }
}
