//! `/session`: who is looking.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use larder_model::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shared;
use crate::{
    failure::{Failure, FailureKind},
    guard,
    moment::moment,
    parameters::Body,
    sessions::Known,
};

/// After a wrong password, the next one is looked at no sooner.
const PAUSE: Duration = Duration::from_secs(1);

/// Who is looking.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Session {
    pub authenticated: bool,
    /// What the header `X-Larder-CSRF` has to be; null without a session.
    pub csrf: Option<String>,
    /// Whether one signs in with a password.
    pub needs_password: bool,
    /// There was a session, and it has ended.
    pub expired: bool,
    /// When the session ends unless it is used.
    pub expires: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    password: String,
}

/// The session of this browser
#[utoipa::path(get, path = "/session", tag = "session", responses(
    (status = 200, body = Session),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_session(State((app, site)): State<Shared>, headers: HeaderMap) -> Json<Session> {
    let known = guard::session(&app, &site, &headers);
    let mut session = Session {
        authenticated: false,
        csrf: None,
        needs_password: app.sessions.needs_password(),
        expired: matches!(known, Known::Expired),
        expires: None,
    };
    if let Known::Open(open) = known {
        session.authenticated = true;
        session.expires = moment(Time::new(open.expires(), 0));
        session.csrf = Some(open.csrf);
    }
    Json(session)
}

/// Sign in with the password
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn, responses(
    (status = 204, description = "signed in: the cookie is set"),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn post_session(State((app, site)): State<Shared>, Body(sign_in): Body<SignIn>) -> Result<Response, Failure> {
    if !app.sessions.needs_password() {
        return Err(Failure::forbidden("nobody signs in with a password here")
            .hint("open the address that `larder ui` has printed"));
    }
    // One at a time: many guesses at once take as long as one after the other.
    let turn = app.wrong_passwords.lock().await;
    let Some(cookie) = app.sessions.open_by_password(&sign_in.password, app.now()) else {
        tokio::time::sleep(PAUSE).await;
        drop(turn);
        let detail = "that is not the password";
        return Err(Failure::new(StatusCode::UNAUTHORIZED, FailureKind::Unauthorized, "not signed in", detail));
    };
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, site.cookie(Some(&cookie)))]).into_response())
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "session", responses(
    (status = 204, description = "signed out"),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn delete_session(State((app, site)): State<Shared>, headers: HeaderMap) -> Result<Response, Failure> {
    if let (Known::Open(session), Some(cookie)) =
        (guard::session(&app, &site, &headers), guard::cookie(&site, &headers))
    {
        if !guard::has_token(&session, &headers) {
            return Err(Failure::forbidden("the request does not carry the token of its session"));
        }
        app.sessions.end(&cookie);
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, site.cookie(None))]).into_response())
}
