//! The page where a person lets an app in. Here the answer is given at once, by whom the test has signed in.

use std::collections::BTreeSet;

use super::{Challenge, Code, OAuth};
use crate::clock::Seconds;
use crate::random::Random;

/// How long a code counts.
const CODE_LIFE_SECONDS: Seconds = 600;

/// A form's or a query's fields. A name that stands twice counts once: SDKs send some twice.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// What the page answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// A code that the person copies.
    Code(String),
    /// Back to the app, with the code or with the refusal.
    Redirect(String),
    /// The person said no, and there is nowhere to tell.
    Denied,
}

impl OAuth {
    /// Errors are sentences, shown as a page with status 400.
    pub fn authorize(&mut self, form: &Form, random: &mut Random, now: Seconds) -> Result<Approval, String> {
        let key = form.get("client_id").ok_or("The field client_id is missing.")?;
        let app = self.app(key).ok_or_else(|| format!("There is no app with the key {key}."))?;
        if form.get("response_type") != Some("code") {
            return Err("The field response_type has to be \"code\".".into());
        }
        let redirect_uri = form.get("redirect_uri").map(str::to_owned);
        if let Some(uri) = &redirect_uri
            && !is_loopback(uri)
            && !app.redirect_uris.contains(uri)
        {
            return Err(format!("The redirect_uri {uri} is not registered for the app."));
        }
        let scopes = requested_scopes(form, &app.scopes)?;
        let challenge = challenge(form)?;
        if self.denies {
            return Ok(redirect_uri.map_or(Approval::Denied, |uri| {
                let refusal = [("error", "access_denied"), ("error_description", "The user chose not to give access")];
                Approval::Redirect(with_query(&uri, &refusal, form.get("state")))
            }));
        }
        let code = Code {
            app: key.to_owned(),
            account: self.signed_in,
            challenge,
            redirect_uri: redirect_uri.clone(),
            scopes,
            is_offline: form.get("token_access_type") == Some("offline"),
            expires_at: now + CODE_LIFE_SECONDS,
        };
        let name = random.letters(43);
        self.codes.insert(name.clone(), code);
        Ok(match redirect_uri {
            Some(uri) => Approval::Redirect(with_query(&uri, &[("code", &name)], form.get("state"))),
            None => Approval::Code(name),
        })
    }
}

fn requested_scopes(form: &Form, allowed: &BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    let Some(scope) = form.get("scope") else { return Ok(allowed.clone()) };
    let scopes: BTreeSet<_> = scope.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    match scopes.difference(allowed).next() {
        Some(unknown) => Err(format!("The app does not have the scope {unknown}.")),
        None => Ok(scopes),
    }
}

fn challenge(form: &Form) -> Result<Option<Challenge>, String> {
    let Some(value) = form.get("code_challenge") else { return Ok(None) };
    let is_s256 = match form.get("code_challenge_method") {
        Some("S256") => true,
        Some("plain") | None => false,
        Some(other) => return Err(format!("The code_challenge_method {other} is not known.")),
    };
    Ok(Some(Challenge { is_s256, value: value.to_owned() }))
}

fn is_loopback(uri: &str) -> bool {
    let host = uri.strip_prefix("http://").unwrap_or_default();
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?'])))
}

fn with_query(uri: &str, fields: &[(&str, &str)], state: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields).extend_pairs(state.map(|state| ("state", state)));
    let mark = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{mark}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_needs_no_registration() {
        for good in ["http://localhost", "http://127.0.0.1:8080/back", "http://localhost:1/?x"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in ["https://localhost", "http://localhost.example.com/", "http://127.0.0.1.example.com"] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
