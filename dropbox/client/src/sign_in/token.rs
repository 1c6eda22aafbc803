//! The token endpoint (RFC 6749): forms in, tokens out.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Class, Error, Refusal, Result};
use crate::http::{Http, Lost, Patience, interrupted};
use crate::secret::Secret;

pub(crate) const ROUTE: &str = "oauth2/token";

const PATIENCE: Duration = Duration::from_secs(60);

/// What the token endpoint answers.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenAnswer {
    access_token: Secret,
    expires_in: Option<u64>,
    refresh_token: Option<Secret>,
    scope: Option<String>,
    account_id: Option<String>,
}

impl TokenAnswer {
    /// Puts what came into credentials and keeps what did not: a renewal brings neither a refresh token nor scopes.
    pub fn renew(self, kept: Credentials, now: SystemTime) -> Credentials {
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let scopes = self.scope.map(|scope| scope.split_whitespace().map(str::to_string).collect());
        Credentials {
            access_token: Some(self.access_token),
            access_seconds: self.expires_in,
            access_ends: self.expires_in.map(|seconds| since_1970 + seconds),
            refresh_token: self.refresh_token.or(kept.refresh_token),
            scopes: scopes.unwrap_or(kept.scopes),
            account_id: self.account_id.or(kept.account_id),
            ..kept
        }
    }
}

/// Renews an access token.
pub(crate) fn refresh(http: &Http, endpoint: &Endpoint, kept: &Credentials, token: &Secret) -> Result<TokenAnswer> {
    let mut form =
        vec![("grant_type", "refresh_token"), ("refresh_token", token.expose()), ("client_id", &kept.app_key)];
    form.extend(kept.app_secret.as_ref().map(|secret| ("client_secret", secret.expose())));
    ask(http, endpoint, &form)
}

/// Sends one form, once.
pub(super) fn ask(http: &Http, endpoint: &Endpoint, form: &[(&str, &str)]) -> Result<TokenAnswer> {
    let lost = |lost: Lost| match lost {
        Lost::Interrupted => interrupted(),
        Lost::NotSent(why) | Lost::NoAnswer(why) | Lost::Silence(why) => unreachable(&why),
    };
    let mut request = Request::new(Method::POST, endpoint.token());
    let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, content_type);
    *request.body_mut() = Some(encode(form).as_bytes().to_vec().into());
    let response = http.send(request, Patience::new(PATIENCE)).map_err(lost)?;
    let status = response.status();
    let headers = response.headers().clone();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let body = http.wait(response.bytes(), Patience::new(PATIENCE)).map_err(lost)?;
    let body = body.map_err(|error| lost(Lost::of_error(&error)))?;
    if !status.is_success() {
        return Err(Error::from_refusal(&Refusal {
            route: ROUTE,
            is_upload: false,
            status: status.as_u16(),
            request_id: header("x-dropbox-request-id"),
            retry_after: header("retry-after"),
            body: &body,
        }));
    }
    // The cause would quote what it did not understand, which may be a token.
    serde_json::from_slice(&body).map_err(|_| unreachable("the answer of the token endpoint cannot be understood"))
}

fn encode(form: &[(&str, &str)]) -> Zeroizing<String> {
    let mut url = Url::parse("form:").expect("a plain address");
    url.query_pairs_mut().extend_pairs(form);
    Zeroizing::new(url.query().unwrap_or_default().to_string())
}

fn unreachable(why: &str) -> Error {
    let what = format!("Dropbox could not be reached to sign in: {why}");
    Error::local(Class::Unreachable, what, "Check the network and try again").at(ROUTE)
}
