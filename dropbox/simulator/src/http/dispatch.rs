//! Which part of the simulator a request is for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Request, Response, StatusCode, header};

use super::api;
use super::authorize;
use super::body::Answer;
use super::request::read_body;
use crate::api::routes::Style;
use crate::control;
use crate::world::Shared;

/// An error ends the connection without an answer.
pub async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Answer>> {
    let path = request.uri().path().to_owned();
    if let Some(route) = path.strip_prefix("/2/") {
        return api::answer(shared, route, request).await;
    }
    match path.as_str() {
        "/oauth2/authorize" => authorize::page(shared, request).await,
        "/oauth2/token" | "/1/oauth2/token" => authorize::token(shared, request).await,
        _ if path.starts_with("/sim/") => control_answer(shared, &path, request).await,
        _ => Ok(plain(StatusCode::NOT_FOUND, "There is nothing at this address.")),
    }
}

async fn control_answer(shared: &Arc<Shared>, path: &str, request: Request<Incoming>) -> io::Result<Response<Answer>> {
    let (parts, body) = request.into_parts();
    let body = read_body(shared, body, Style::Upload).await.unwrap_or_default();
    let (status, value) = control::answer(&mut shared.lock(), parts.method.as_str(), path, &body);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(respond(status, headers, Answer::whole(format!("{value:#}\n").into(), &uncounted())))
}

pub fn plain(status: StatusCode, text: &'static str) -> Response<Answer> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    respond(status, headers, Answer::whole(Bytes::from_static(text.as_bytes()), &uncounted()))
}

/// An answer with the headers that all of Dropbox's have.
pub fn respond(status: StatusCode, headers: HeaderMap, body: Answer) -> Response<Answer> {
    const COMMON: [(&str, &str); 5] = [
        ("server", "envoy"),
        ("x-dropbox-response-origin", "far_remote"),
        ("cache-control", "no-cache"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex, nofollow, noimageindex"),
    ];
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    for (name, value) in COMMON {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

pub fn uncounted() -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(0))
}
