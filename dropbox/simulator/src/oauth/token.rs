//! The token endpoint: codes and refresh tokens become access tokens.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::authorize::Form;
use super::{Challenge, NewAccess, OAuth};
use crate::clock::Seconds;
use crate::content::sha256;
use crate::drive::Account;
use crate::random::Random;

/// An error of RFC 6749: its code and a description. Always answered with 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError {
    pub code: &'static str,
    pub description: String,
}

/// Who asks, as far as it was proved.
struct Client {
    key: String,
    has_secret: bool,
}

/// What the endpoint needs of the world.
pub struct TokenRequest<'a> {
    pub form: &'a Form,
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    pub now: Seconds,
    pub life: Seconds,
    pub accounts: &'a [Account],
}

fn refuse<T>(code: &'static str, description: &str) -> Result<T, TokenError> {
    Err(TokenError { code, description: description.to_owned() })
}

impl OAuth {
    pub fn token(&mut self, request: &TokenRequest<'_>, random: &mut Random) -> Result<Value, TokenError> {
        let client = self.client(request)?;
        match request.form.get("grant_type") {
            Some("authorization_code") => self.exchange(&client, request, random),
            Some("refresh_token") => self.refresh(&client, request, random),
            Some(other) => refuse("unsupported_grant_type", &format!("unsupported grant_type: {other}")),
            None => refuse("invalid_request", "missing required field \"grant_type\""),
        }
    }

    fn client(&self, request: &TokenRequest<'_>) -> Result<Client, TokenError> {
        let basic = request.authorization.and_then(read_basic);
        let (key, secret) = match &basic {
            Some((key, secret)) => (Some(key.as_str()), Some(secret.as_str())),
            None => (request.form.get("client_id"), request.form.get("client_secret")),
        };
        let Some(key) = key else { return refuse("invalid_request", "missing required field \"client_id\"") };
        let Some(app) = self.app(key) else {
            return refuse("invalid_client", "Invalid client_id or client_secret");
        };
        let secret = secret.filter(|it| !it.is_empty());
        if secret.is_some() && secret != app.secret.as_deref() {
            return refuse("invalid_client", "Invalid client_id or client_secret");
        }
        Ok(Client { key: key.to_owned(), has_secret: secret.is_some() })
    }

    fn exchange(
        &mut self,
        client: &Client,
        request: &TokenRequest<'_>,
        random: &mut Random,
    ) -> Result<Value, TokenError> {
        let Some(name) = request.form.get("code") else {
            return refuse("invalid_request", "missing required field \"code\"");
        };
        // A code counts once, whether or not the exchange succeeds.
        let code = self.codes.remove(name).filter(|it| it.app == client.key && request.now < it.expires_at);
        let Some(code) = code else { return refuse("invalid_grant", "code doesn't exist or has expired") };
        if code.redirect_uri.as_deref() != request.form.get("redirect_uri") {
            return refuse("invalid_grant", "redirect_uri mismatch");
        }
        match (&code.challenge, request.form.get("code_verifier")) {
            (Some(challenge), Some(verifier)) if challenge.fits(verifier) => {}
            (Some(_), _) => return refuse("invalid_grant", "invalid code verifier"),
            (None, _) if client.has_secret => {}
            (None, _) => return refuse("invalid_client", "client_secret or code_verifier is required"),
        }
        let by_pkce = !client.has_secret;
        let refresh =
            code.is_offline.then(|| self.grant(random, &client.key, code.account, code.scopes.clone(), by_pkce));
        let scope = code.scopes.iter().cloned().collect::<Vec<_>>().join(" ");
        let access =
            NewAccess { app: client.key.clone(), account: code.account, scopes: code.scopes, refresh: refresh.clone() };
        let token = self.issue(random, access, request.now + request.life);
        let mut answer = json!({
            "access_token": token, "token_type": "bearer", "expires_in": request.life, "scope": scope,
            "uid": (code.account + 1000).to_string(),
            "account_id": request.accounts.get(code.account).map(|account| account.id.as_str()),
        });
        if let Some(refresh) = refresh {
            answer["refresh_token"] = refresh.into();
        }
        Ok(answer)
    }

    fn refresh(
        &mut self,
        client: &Client,
        request: &TokenRequest<'_>,
        random: &mut Random,
    ) -> Result<Value, TokenError> {
        let Some(name) = request.form.get("refresh_token") else {
            return refuse("invalid_request", "missing required field \"refresh_token\"");
        };
        let grant = self.grants.get(name).filter(|it| !it.is_revoked && it.app == client.key).cloned();
        let Some(grant) = grant else { return refuse("invalid_grant", "refresh token is invalid or revoked") };
        if !grant.by_pkce && !client.has_secret {
            return refuse("invalid_client", "Invalid client_id or client_secret");
        }
        let mut scopes = grant.scopes;
        if let Some(wanted) = request.form.get("scope") {
            let wanted = wanted.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect();
            if !scopes.is_superset(&wanted) {
                return refuse("invalid_scope", "the refresh token does not have all of these scopes");
            }
            scopes = wanted;
        }
        let access =
            NewAccess { app: client.key.clone(), account: grant.account, scopes, refresh: Some(name.to_owned()) };
        let token = self.issue(random, access, request.now + request.life);
        Ok(json!({"access_token": token, "token_type": "bearer", "expires_in": request.life}))
    }
}

impl Challenge {
    fn fits(&self, verifier: &str) -> bool {
        let is_verifier = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        let answer =
            if self.is_s256 { URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())) } else { verifier.to_owned() };
        is_verifier && answer == self.value
    }
}

/// Key and secret of a `Basic` header.
pub fn read_basic(header: &str) -> Option<(String, String)> {
    let text = STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?;
    let (key, secret) = std::str::from_utf8(&text).ok()?.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_answered_by_its_verifier_alone() {
        // From RFC 7636, appendix B.
        let value = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
        let challenge = Challenge { is_s256: true, value };
        assert!(challenge.fits("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!challenge.fits("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx"));
        let plain = Challenge { is_s256: false, value: "short".into() };
        assert!(!plain.fits("short"));
    }
}
