//! Replies of handlers as answers on the wire.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Response, StatusCode, header};
use serde_json::Value;

use super::body::Answer;
use super::dispatch::respond;
use crate::api::{Payload, Reply};
use crate::fault::FaultKind;
use crate::world::Shared;

/// Adds what the reply needs to the headers, and begins to send its body.
pub fn send(
    reply: Reply,
    mut headers: HeaderMap,
    shared: &Arc<Shared>,
    fault: Option<FaultKind>,
    sent: &Arc<AtomicU64>,
) -> io::Result<Response<Answer>> {
    let kind = match &reply {
        Reply::Json(_) => "application/json",
        Reply::Zip { .. } => "application/zip",
        _ => "application/octet-stream",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    match reply {
        Reply::Json(value) => Ok(respond(StatusCode::OK, headers, json(&value, shared, fault, sent))),
        Reply::NotModified => Ok(respond(StatusCode::NOT_MODIFIED, headers, Answer::whole(Bytes::new(), sent))),
        Reply::Content { result, content, range } => {
            headers.insert("dropbox-api-result", header_safe(&result)?);
            headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            let size = content.size();
            let mut status = StatusCode::OK;
            if let Some(range) = &range {
                let text = format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1));
                headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&text).map_err(io::Error::other)?);
                status = StatusCode::PARTIAL_CONTENT;
            }
            if let Some(rev) = result["rev"].as_str() {
                let etag = format!("W/\"{rev}\"");
                headers.insert(header::ETAG, HeaderValue::from_str(&etag).map_err(io::Error::other)?);
            }
            let body = Answer::content(shared, content, range.unwrap_or(0..size), fault, sent);
            Ok(respond(status, headers, body))
        }
        Reply::Zip { result, plan } => {
            headers.insert("dropbox-api-result", header_safe(&result)?);
            Ok(respond(StatusCode::OK, headers, Answer::zip(shared, plan, fault, sent)))
        }
    }
}

/// Small answers are sent as a whole, unless they are to be cut.
fn json(value: &Value, shared: &Arc<Shared>, fault: Option<FaultKind>, sent: &Arc<AtomicU64>) -> Answer {
    let bytes = Bytes::from(value.to_string());
    let range = 0..bytes.len() as u64;
    match fault {
        Some(FaultKind::ResetBody | FaultKind::Truncate) => {
            Answer::content(shared, Payload::Made(bytes), range, fault, sent)
        }
        _ => Answer::whole(bytes, sent),
    }
}

/// JSON for a header: everything outside of ASCII escaped, beyond the basic plane as a pair.
fn header_safe(value: &Value) -> io::Result<HeaderValue> {
    let mut text = String::new();
    for letter in value.to_string().chars() {
        if letter.is_ascii() && letter != '\u{7f}' {
            text.push(letter);
        } else {
            let mut units = [0; 2];
            letter.encode_utf16(&mut units).iter().for_each(|unit| text += &format!("\\u{unit:04x}"));
        }
    }
    HeaderValue::from_str(&text).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_are_ascii() {
        let text = header_safe(&json!({"name": "ü😀\u{7f}\n"})).unwrap();
        assert_eq!(text, "{\"name\":\"\\u00fc\\ud83d\\ude00\\u007f\\n\"}");
    }
}
