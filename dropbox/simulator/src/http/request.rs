//! Requests, read: bodies within their limits and at the speed of the line, arguments from wherever they may stand.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, header};
use serde_json::Value;

use crate::api::arg::Fields;
use crate::api::refusal::Refusal;
use crate::api::routes::{Host, Route, Style};
use crate::oauth::authorize::Form;
use crate::world::Shared;

/// Bodies are read this far beyond the limit, so that the caller hears of it instead of a broken connection.
const DRAIN: u64 = 16 << 20;

/// The largest argument of a call without a body of bytes.
const ARGUMENT: u64 = 16 << 20;

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub enum BodyProblem {
    /// Larger than the API takes, read to its end.
    TooLarge,
    /// So large that it was not read.
    FarTooLarge,
    /// The caller went away.
    Broken,
}

pub async fn read_body(shared: &Arc<Shared>, mut body: Incoming, style: Style) -> Result<Bytes, BodyProblem> {
    let most = if style == Style::Upload { shared.lock().options.limits.body } else { ARGUMENT };
    let mut bytes = BytesMut::new();
    let mut length = 0u64;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyProblem::Broken)?.into_data() else { continue };
        length += data.len() as u64;
        if length > most + DRAIN {
            return Err(BodyProblem::FarTooLarge);
        }
        let until = shared.lock().bandwidth_in(data.len());
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
        if length <= most {
            bytes.extend_from_slice(&data);
        }
    }
    if length > most { Err(BodyProblem::TooLarge) } else { Ok(bytes.freeze()) }
}

/// The argument of a call, from its body, its header or its address.
pub fn read_arg(route: &Route, parts: &Parts, body: &Bytes) -> Result<Fields, Refusal> {
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    match route.style {
        Style::Rpc => {
            if parts.method != Method::POST {
                return Err(Refusal::BadRequest("This function requires the method POST.".into()));
            }
            if body.is_empty() {
                return Fields::new(Value::Null, "request body");
            }
            require_type(&parts.headers, RPC_TYPES)?;
            parse(body, "request body")
        }
        Style::Upload | Style::Download => {
            let is_get = parts.method == Method::GET && route.style == Style::Download;
            if parts.method != Method::POST && !is_get {
                return Err(Refusal::BadRequest("This function requires the method POST.".into()));
            }
            if route.style == Style::Upload {
                require_type(&parts.headers, UPLOAD_TYPES)?;
            } else if parts.headers.contains_key(header::CONTENT_TYPE) {
                require_type(&parts.headers, DOWNLOAD_TYPES)?;
            }
            let place = "HTTP header \"Dropbox-API-Arg\"";
            match (parts.headers.get("dropbox-api-arg"), query.get("arg")) {
                (Some(header), _) => parse(header.as_bytes(), place),
                (None, Some(arg)) => parse(arg.as_bytes(), "URL parameter \"arg\""),
                (None, None) => Err(Refusal::BadRequest(
                    "Must provide HTTP header \"Dropbox-API-Arg\" or URL parameter \"arg\".".into(),
                )),
            }
        }
    }
}

/// The token of a call, from its header or its address.
pub fn bearer(parts: &Parts) -> Option<String> {
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let text = header.map(str::to_owned).or_else(|| query.get("authorization").map(str::to_owned))?;
    text.strip_prefix("Bearer ").map(|token| token.trim().to_owned())
}

/// Whoever comes by one of Dropbox's names has to come by the right one.
pub fn require_host(route: &Route, parts: &Parts) -> Result<(), Refusal> {
    let header = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let host = header.or(parts.uri.host()).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let is_dropbox = [Host::Api, Host::Content, Host::Notify].iter().any(|known| known.name() == host);
    if is_dropbox && host != route.host.name() {
        return Err(Refusal::BadRequest(format!(
            "This function is on the host {}, and was called on {host}.",
            route.host.name()
        )));
    }
    Ok(())
}

/// Whether proxies before the real one would refuse a request for its headers.
pub fn is_head_too_large(headers: &HeaderMap, most: usize) -> bool {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() > most
}

const RPC_TYPES: &[&str] =
    &["application/json", "application/json; charset=utf-8", "text/plain; charset=dropbox-cors-hack"];
const UPLOAD_TYPES: &[&str] = &["application/octet-stream", "text/plain; charset=dropbox-cors-hack"];
const DOWNLOAD_TYPES: &[&str] =
    &["application/octet-stream", "application/octet-stream; charset=utf-8", "text/plain", "text/plain; charset=utf-8"];

fn require_type(headers: &HeaderMap, allowed: &[&str]) -> Result<(), Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if allowed.contains(&kind.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    let allowed: Vec<_> = allowed.iter().map(|kind| format!("\"{kind}\"")).collect();
    Err(Refusal::BadRequest(format!(
        "Bad HTTP \"Content-Type\" header: \"{kind}\". Expecting one of {}.",
        allowed.join(", ")
    )))
}

fn parse(text: &[u8], place: &str) -> Result<Fields, Refusal> {
    let undecoded = || Refusal::BadRequest(format!("{place}: could not decode input as JSON"));
    let value = serde_json::from_slice(text).map_err(|_| undecoded())?;
    Fields::new(value, place)
}
