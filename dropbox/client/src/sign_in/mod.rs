//! Signing in: the address to open, and what to do with the code that comes back. No terminal, no browser.
//!
//! Authorization code with PKCE (RFC 7636, S256), for programs that cannot keep a secret. Without a redirect Dropbox shows
//! the user a code to copy, which also works from a machine without a browser; with [`Redirect`] the browser brings it.
//! See <https://www.dropbox.com/developers/documentation/http/documentation#authorization>.

mod pkce;
mod redirect;
mod scopes;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

pub use redirect::{REDIRECT_PORT, Redirect};
pub use scopes::{BACKUP, RESTORE, STORE};
pub(crate) use token::{ROUTE as TOKEN_ROUTE, TokenAnswer, refresh};

use crate::clock::SystemClock;
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Class, Error, Result};
use crate::http::{Cancel, Http};
use crate::secret::Secret;

/// One attempt to sign in. Its secrets live as long as it does, so the same one has to give the address and take the code.
pub struct SignIn {
    endpoint: Endpoint,
    app_key: String,
    app_secret: Option<Secret>,
    scopes: Option<String>,
    verifier: Secret,
    state: Secret,
    redirect_uri: Option<String>,
}

impl SignIn {
    /// For an app. Without `scopes` Dropbox grants all that the app has; which they are stands in the result.
    pub fn new(endpoint: Endpoint, app_key: &str, app_secret: Option<Secret>, scopes: Option<&[&str]>) -> Result<Self> {
        Ok(Self {
            endpoint,
            app_key: app_key.to_string(),
            app_secret,
            scopes: scopes.map(|scopes| scopes.join(" ")),
            verifier: pkce::random_text()?,
            state: pkce::random_text()?,
            redirect_uri: None,
        })
    }

    /// Has the browser bring the code to a listener on this machine.
    pub fn with_redirect(mut self, redirect: &Redirect) -> Self {
        self.redirect_uri = Some(redirect.uri());
        self
    }

    /// What the user has to open in a browser.
    pub fn address(&self) -> String {
        let mut url = self.endpoint.authorize();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("client_id", &self.app_key).append_pair("response_type", "code");
            query.append_pair("token_access_type", "offline");
            query.append_pair("code_challenge", &pkce::challenge(&self.verifier));
            query.append_pair("code_challenge_method", "S256");
            if let Some(scopes) = &self.scopes {
                query.append_pair("scope", scopes);
            }
            if let Some(uri) = &self.redirect_uri {
                query.append_pair("redirect_uri", uri).append_pair("state", self.state.expose());
            }
        }
        url.into()
    }

    /// Turns the code into credentials. They are kept nowhere yet.
    pub fn finish(&self, code: &str, cancel: Cancel) -> Result<Credentials> {
        let code = code.trim();
        if code.is_empty() {
            return Err(Error::local(Class::Credentials, "There is no code", "Copy the code that Dropbox shows"));
        }
        let http = Http::new(&self.endpoint, cancel, Arc::new(SystemClock::default()))?;
        let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("client_id", &self.app_key)];
        form.push(("code_verifier", self.verifier.expose()));
        form.extend(self.app_secret.as_ref().map(|secret| ("client_secret", secret.expose())));
        form.extend(self.redirect_uri.as_deref().map(|uri| ("redirect_uri", uri)));
        let answer = token::ask(&http, &self.endpoint, &form)?;
        let fresh = Credentials {
            version: Credentials::VERSION,
            app_key: self.app_key.clone(),
            app_secret: self.app_secret.clone(),
            account_id: None,
            scopes: Vec::new(),
            refresh_token: None,
            access_token: None,
            access_ends: None,
            access_seconds: None,
        };
        let credentials = answer.renew(fresh, SystemTime::now());
        match credentials.refresh_token {
            Some(_) => Ok(credentials),
            None => Err(Error::local(Class::Credentials, "Dropbox gave no refresh token", "Sign in again")),
        }
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("app_key", &self.app_key).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
