//! `/open`: the address that the program prints.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::Shared;
use crate::{guard, parameters::Params, sessions::Known};

#[derive(Deserialize)]
pub struct Opening {
    token: Option<String>,
}

const USED_UP: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
<meta name=\"color-scheme\" content=\"light dark\">\
<title>Larder</title><body style=\"font: 1rem/1.5 system-ui; max-width: 34rem; margin: 4rem auto; padding: 0 1rem\">\
<h1 style=\"font-size: 1.3rem\">This address is used up</h1>\
<p>The address that <code>larder ui</code> prints opens the pages once, in one browser. \
Start <code>larder ui</code> again and open the new address.</p></body></html>\n";

/// Swaps the token for a session, and leaves the address behind. Whoever has a session already keeps it.
pub async fn get_open(
    State((app, site)): State<Shared>,
    Params(opening): Params<Opening>,
    headers: header::HeaderMap,
) -> Response {
    let cookie = app.sessions.open_by_token(opening.token.as_deref().unwrap_or_default(), app.now());
    if cookie.is_none() && !matches!(guard::session(&app, &site, &headers), Known::Open(_)) {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        return (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, html)], USED_UP).into_response();
    }
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, HeaderValue::from_static("/"))]).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, site.cookie(Some(&cookie)));
    }
    response
}
