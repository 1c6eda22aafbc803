//! Where Dropbox is: at its own hosts, or all of it below one other address.

use std::fmt;

use reqwest::Url;

use crate::error::{Class, Error, Result};

/// The hosts to call.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: Option<Url>,
}

/// Which of Dropbox's hosts a route is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Api,
    Content,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self::dropbox()
    }
}

impl Endpoint {
    /// Dropbox itself.
    pub fn dropbox() -> Self {
        Self { base: None }
    }

    /// All hosts below another address: `{address}/2/…`, `{address}/oauth2/authorize`, `{address}/oauth2/token`.
    ///
    /// Plain HTTP is taken for loopback only, since every call carries the token.
    pub fn at(address: &str) -> Result<Self> {
        let wrong = |why: &str| {
            let what = format!("The Dropbox endpoint {address:?} {why}");
            Err(Error::local(Class::BadRequest, what, "Give an address like https://host or http://127.0.0.1:8080"))
        };
        let Ok(base) = Url::parse(address.trim_end_matches('/')) else {
            return wrong("is not an address");
        };
        if !base.username().is_empty()
            || base.password().is_some()
            || base.query().is_some()
            || base.fragment().is_some()
        {
            return wrong("has more in it than scheme, host and path");
        }
        match base.scheme() {
            "https" if base.host().is_some() => Ok(Self { base: Some(base) }),
            "http" if is_loopback(&base) => Ok(Self { base: Some(base) }),
            "http" => wrong("would send tokens in plain text to another machine"),
            _ => wrong("is neither https nor http"),
        }
    }

    /// Where the user signs in.
    pub(crate) fn authorize(&self) -> Url {
        self.url("https://www.dropbox.com", "oauth2/authorize")
    }

    /// Where codes and refresh tokens become access tokens.
    pub(crate) fn token(&self) -> Url {
        self.url("https://api.dropboxapi.com", "oauth2/token")
    }

    pub(crate) fn route(&self, host: Host, route: &str) -> Url {
        let real = match host {
            Host::Api => "https://api.dropboxapi.com",
            Host::Content => "https://content.dropboxapi.com",
        };
        self.url(real, &format!("2/{route}"))
    }

    /// Whether no proxy may stand between us and it.
    pub(crate) fn is_loopback(&self) -> bool {
        self.base.as_ref().is_some_and(is_loopback)
    }

    /// Whether no certificates are needed.
    pub(crate) fn is_plain(&self) -> bool {
        self.base.as_ref().is_some_and(|base| base.scheme() == "http")
    }

    fn url(&self, real: &str, path: &str) -> Url {
        let base = self.base.as_ref().map_or(real, |base| base.as_str()).trim_end_matches('/');
        Url::parse(&format!("{base}/{path}")).expect("a base that was parsed and a path of plain characters")
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_ref().map_or("Dropbox", Url::as_str))
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropbox_has_a_host_for_each_purpose() {
        let dropbox = Endpoint::dropbox();
        assert_eq!(dropbox.route(Host::Api, "files/x").as_str(), "https://api.dropboxapi.com/2/files/x");
        assert_eq!(dropbox.route(Host::Content, "files/x").as_str(), "https://content.dropboxapi.com/2/files/x");
        assert_eq!(dropbox.token().as_str(), "https://api.dropboxapi.com/oauth2/token");
        assert_eq!(dropbox.authorize().as_str(), "https://www.dropbox.com/oauth2/authorize");
    }

    #[test]
    fn another_address_has_all_of_them() {
        for address in ["http://127.0.0.1:99/x", "http://127.0.0.1:99/x/"] {
            let other = Endpoint::at(address).unwrap();
            assert_eq!(other.route(Host::Content, "files/x").as_str(), "http://127.0.0.1:99/x/2/files/x");
            assert_eq!(other.token().as_str(), "http://127.0.0.1:99/x/oauth2/token");
            assert!(other.is_loopback());
        }
        assert!(!Endpoint::at("https://example.com").unwrap().is_loopback());
    }

    #[test]
    fn plain_http_to_another_machine_is_refused() {
        for address in ["http://example.com", "http://10.0.0.1:80", "http://localhost.example.com", "ftp://localhost"] {
            assert_eq!(Endpoint::at(address).unwrap_err().class(), Class::BadRequest, "{address}");
        }
        for address in ["http://localhost:1", "http://[::1]:1", "http://127.0.0.2:1", "https://example.com"] {
            assert!(Endpoint::at(address).is_ok(), "{address}");
        }
    }

    #[test]
    fn an_address_with_a_password_or_a_query_is_refused() {
        assert!(Endpoint::at("https://user:word@example.com").is_err());
        assert!(Endpoint::at("https://example.com?a=b").is_err());
        assert!(Endpoint::at("example.com").is_err());
    }
}
