//! What every request has to pass, and every answer carries.
//!
//! A page of somebody else's must not reach the viewer through its visitor's browser: names other than our own are refused (DNS
//! rebinding), and so is what another site has sent (cross-site requests); what changes something carries a token besides.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    failure::{Failure, FailureKind},
    random::is_same,
    sessions::{Known, Session},
};

pub const CSRF: HeaderName = HeaderName::from_static("x-larder-csrf");

/// Nothing but our own files; styles in attributes, which the page's components need.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; \
                           font-src 'self'; connect-src 'self'; frame-src 'self' blob:; media-src 'self' blob:; \
                           worker-src 'self' blob:; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Where the viewer is reached.
#[derive(Clone)]
pub struct Site {
    pub port: u16,
    pub is_tls: bool,
    pub is_loopback: bool,
    /// Whether a name is one of the certificate's.
    pub is_named: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl Site {
    fn scheme(&self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }

    fn is_own(&self, host: &str) -> bool {
        let (name, port) = split(host);
        let port = match port {
            Some(port) => port.parse().ok(),
            None => Some(if self.is_tls { 443 } else { 80 }),
        };
        if port != Some(self.port) {
            return false;
        }
        match name.trim_matches(['[', ']']).parse::<IpAddr>() {
            // An address is no name that could be bound anew.
            Ok(address) => !self.is_loopback || address.is_loopback(),
            Err(_) => name.eq_ignore_ascii_case("localhost") && self.is_loopback || (self.is_named)(name),
        }
    }

    /// The cookie of this viewer: another one on this machine has another port, and browsers do not tell ports apart.
    pub fn cookie_name(&self) -> String {
        format!("larder_session_{}", self.port)
    }

    /// A session's cookie; one without a value takes it away.
    pub fn cookie(&self, value: Option<&str>) -> HeaderValue {
        let secure = if self.is_tls { "; Secure" } else { "" };
        let age = if value.is_none() { "; Max-Age=0" } else { "" };
        let (name, value) = (self.cookie_name(), value.unwrap_or_default());
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
        HeaderValue::try_from(cookie).expect("names and hex digits are good in a header")
    }
}

fn split(host: &str) -> (&str, Option<&str>) {
    match host.rfind(':') {
        Some(at) if !host[at..].contains(']') => (&host[..at], Some(&host[at + 1..])),
        _ => (host, None),
    }
}

/// Refuses what does not come from our own page or from a person, and puts the headers on every answer.
pub async fn guard(State((_, site)): State<(App, Site)>, request: Request, next: Next) -> Response {
    let (is_api, path) = (request.uri().path().starts_with("/api/"), request.uri().path().to_owned());
    let mut response = match refuse(&site, &request) {
        Some(failure) => failure.into_response(),
        None => next.run(request).await,
    };
    protect(response.headers_mut(), is_api || path == "/open");
    response
}

fn refuse(site: &Site, request: &Request) -> Option<Failure> {
    let headers = request.headers();
    // Without a name (HTTP/1.0) nobody can tell; a name in the request line counts more than the header (RFC 9112).
    let host = request.uri().authority().map(|authority| authority.as_str());
    let host = host.or_else(|| headers.get(header::HOST)?.to_str().ok());
    let Some(host) = host.filter(|host| site.is_own(host)) else {
        let detail = "the viewer does not answer to this name";
        let failure = Failure::new(StatusCode::MISDIRECTED_REQUEST, FailureKind::Forbidden, "not allowed", detail);
        return Some(failure.hint("open the address that `larder ui` has printed"));
    };
    let is_elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
    if is_elsewhere && request.uri().path().starts_with("/api/") {
        return Some(Failure::forbidden("another site has sent this request"));
    }
    if is_safe(request.method()) {
        return None;
    }
    let own = format!("{}://{host}", site.scheme());
    let is_foreign =
        headers.get(header::ORIGIN).is_some_and(|origin| !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()));
    is_foreign.then(|| Failure::forbidden("another site has sent this request"))
}

fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

fn protect(headers: &mut HeaderMap, is_private: bool) {
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if is_private {
        put(header::CACHE_CONTROL, "no-store");
    }
}

/// Lets only those in who have a session, and only with its token where something is changed.
pub async fn need_session(State((app, site)): State<(App, Site)>, request: Request, next: Next) -> Response {
    let session = match session(&app, &site, request.headers()) {
        Known::Open(session) => session,
        Known::Expired => return expired().into_response(),
        Known::Never => return unauthorized(&app).into_response(),
    };
    if !is_safe(request.method()) && !has_token(&session, request.headers()) {
        let failure = Failure::forbidden("the request does not carry the token of its session");
        return failure.hint("read it from /api/v1/session, and send it as X-Larder-CSRF").into_response();
    }
    next.run(request).await
}

pub fn has_token(session: &Session, headers: &HeaderMap) -> bool {
    headers.get(CSRF).is_some_and(|token| is_same(token.as_bytes(), session.csrf.as_bytes()))
}

/// The cookie's value.
pub fn cookie(site: &Site, headers: &HeaderMap) -> Option<String> {
    let name = site.cookie_name();
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

pub fn session(app: &App, site: &Site, headers: &HeaderMap) -> Known {
    cookie(site, headers).map_or(Known::Never, |cookie| app.sessions.known(&cookie, app.now()))
}

pub fn expired() -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, FailureKind::Expired, "the session has ended", "the session has ended")
        .hint("sign in again, or start `larder ui` again and open the address that it prints")
}

pub fn unauthorized(app: &App) -> Failure {
    let hint = if app.sessions.needs_password() {
        "sign in with the password"
    } else {
        "open the address that `larder ui` has printed; it is good once. Start it again for another"
    };
    let detail = "there is no session";
    Failure::new(StatusCode::UNAUTHORIZED, FailureKind::Unauthorized, "not signed in", detail).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(is_loopback: bool) -> Site {
        Site { port: 8000, is_tls: !is_loopback, is_loopback, is_named: Arc::new(|name| name == "nas.example") }
    }

    #[test]
    fn only_own_names_are_answered_to() {
        let own = site(true);
        for host in ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000"] {
            assert!(own.is_own(host), "{host}");
        }
        for host in
            ["evil.example:8000", "127.0.0.1:8001", "127.0.0.1", "192.168.0.7:8000", "localhost.evil.example:8000", ""]
        {
            assert!(!own.is_own(host), "{host}");
        }
        let open = site(false);
        assert!(open.is_own("nas.example:8000") && open.is_own("192.168.0.7:8000"));
        assert!(!open.is_own("localhost:8000") && !open.is_own("evil.example:8000"));
    }
}
